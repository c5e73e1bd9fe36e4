/*
 * cut.h - rows of a terminal: text cut to its columns, and a bar; for src/ui.
 */
#ifndef UI_CUT_H
#define UI_CUT_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

/* Append text cut to width columns; the columns used. */
int32_t cut_add(struct buf *out, const char *text, size_t len, int32_t width);
/* Append `[===>    ] 4/9`. */
void cut_bar(struct buf *row, int64_t done, int64_t total);

#endif
