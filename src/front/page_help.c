/*
 * page_help.c - help, made from the key table.
 *
 * Decides its order: what is possible where one is, then everywhere, then the `:` line.
 */
#include "front/front_state.h"

#include "base/xalloc.h"

#include <stdlib.h>

enum { HELP_BYTES_MAX = 64 * 1024 };

struct page *
page_help_new(struct front *f, enum where at)
{
    char *title = xasprintf("Help of %s", where_name(at));
    struct buf text;
    struct page *p;

    buf_init(&text, HELP_BYTES_MAX);
    keymap_help(at, &text);
    command_help(&text);
    p = page_text_new(f, title, text.data);
    buf_release(&text);
    free(title);
    return p;
}
