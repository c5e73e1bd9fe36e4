/*
 * page.h - one page of the full screen: what front.c needs of it.
 *
 * A page fetches what it shows (config, store, the run), keeps it in the plain structs of a view
 * (ui/view_*.h), and lets the view draw them.  It never draws by itself and never waits.
 */
#ifndef FRONT_PAGE_H
#define FRONT_PAGE_H

#include "ui/canvas.h"
#include "ui/keymap.h"

#include <stdbool.h>
#include <stdint.h>

struct front;
struct page;

struct page_ops {
    enum where where;
    const char *title; /* in the bar of pages */
    /* Draw the body; the bars above and below are front.c's. */
    void (*draw)(struct page *p, struct canvas *c, struct box box);
    /* What stands behind the title in the upper bar: "test-multi", "deploy prod"; NULL: nothing. */
    void (*subtitle)(struct page *p, char *ret, size_t size);
    /* A key before the key table sees it (typing into a field); true: taken.  NULL: none is. */
    bool (*key)(struct page *p, const struct key *k);
    /* What the table said; false: not possible here, which front.c tells. */
    bool (*act)(struct page *p, enum act act);
    /* Whether the bar below shall offer it now; NULL: whatever the table has for the place. */
    bool (*possible)(struct page *p, enum act act);
    /* Of a filter, with each key that is typed, and "" to end it; NULL: nothing can be filtered. */
    void (*filter)(struct page *p, const char *text, bool without);
    /* A text to go to, when it is entered; "": nothing is searched any more.  NULL: cannot be. */
    void (*search)(struct page *p, const char *text);
    /* A word of the `:` line that is of no row of the key table, or that has something behind it
     * (rest; else ""); true: it was ours.  NULL: none is. */
    bool (*command)(struct page *p, const char *word, const char *rest);
    /* Every refresh_interval, and when it is shown: fetch again.  NULL: nothing to fetch. */
    void (*tick)(struct page *p, int64_t wall_ms);
    void (*free)(struct page *p);
};

/* Embedded first in each page's own struct. */
struct page {
    const struct page_ops *ops;
    struct front *front; /* borrowed */
};

#endif
