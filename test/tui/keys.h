/*
 * keys.h - names of keys as the bytes that a terminal sends for them.
 *
 * `Up`, `PgDn`, `F1`, `Enter`, `Esc`, `Tab`, `BTab`, `Space`, `C-c`, `M-x`, or one character.
 */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include "base/err.h"
#include "tui/picture.h"

/* Into p->reply.  by_terminfo: keys without a character are what TERM's entry says (setupterm has
 * been called), not what xterm sends. */
int keys_press(struct picture *p, const char *name, bool by_terminfo, struct err *err);

#endif
