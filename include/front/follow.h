/*
 * follow.h - what the pages of logs have in common: a text that comes in pieces and is followed.
 *
 * A piece of at most FOLLOW_PIECE_BYTES is read in a turn of the loop, so that a large log keeps
 * nobody; with each tick it is looked whether there is more.
 */
#ifndef FRONT_FOLLOW_H
#define FRONT_FOLLOW_H

#include "base/err.h"
#include "front/front.h"
#include "ui/view_log.h"

#include <event2/event.h>

enum { FOLLOW_PIECE_BYTES = 64 * 1024 };

/* Where the bytes come from. */
struct follow_source {
    /* The next ones, at most size; 0: there are none yet.  *ret_anew is false before: what came
     * before is of another file.  -1 and err. */
    int64_t (*next)(void *arg, char *bytes, size_t size, bool *ret_anew, struct err *err);
    void *arg; /* borrowed */
};

/* Embedded first in the page's own struct. */
struct follow {
    struct page page;    /* first: the two are cast into each other */
    struct pager *pager; /* owned */
    struct event *pump;  /* owned: reads the next piece */
    struct follow_source source;
    char *what;        /* owned: as view_log's */
    const char *state; /* borrowed: the same */
    struct err err;    /* of the last piece; ERR_NONE: all is well */
    bool read_once;    /* to the end of what there is */
};

/* what: copied. */
void follow_init(struct follow *f, struct front *front, const struct page_ops *ops,
                 const struct follow_source *source, const char *what, size_t lines_max,
                 size_t bytes_max);
void follow_release(struct follow *f);

/* For struct page_ops. */
void follow_draw(struct page *p, struct canvas *c, struct box box);
bool follow_key(struct page *p, const struct key *k);
bool follow_act(struct page *p, enum act act);
bool follow_possible(struct page *p, enum act act);
void follow_filter(struct page *p, const char *text, bool without);
void follow_search(struct page *p, const char *text);
void follow_tick(struct page *p, int64_t wall_ms);

#endif
