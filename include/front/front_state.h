/*
 * front_state.h - the struct behind front.h; for front*.c alone.
 */
#ifndef FRONT_FRONT_STATE_H
#define FRONT_FRONT_STATE_H

#include "front/front.h"
#include "front/watched.h"
#include "front/work.h"
#include "ui/input.h"
#include "ui/view_frame.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    FRONT_OVER_MAX = 16, /* pages over a page of the bar */
    FRONT_TEXT_MAX = 1024,
    FRONT_SAID_MS = 8000,
    FRONT_HISTORY_MAX = 100,
};

/* What the typed line is for. */
enum line_kind { LINE_NONE, LINE_COMMAND, LINE_FILTER, LINE_SEARCH };
enum { LINE_KINDS = LINE_SEARCH + 1 };

struct line {
    enum line_kind kind;
    char prompt[2];
    struct input input;
    struct strv history[LINE_KINDS]; /* the oldest first */
    size_t history_at;               /* its count: the new line */
};

enum question_kind { ASK_NONE, ASK_KEY, ASK_WORD, ASK_LEAVE };

struct question {
    enum question_kind kind;
    char *text; /* owned */
    char *word; /* owned; of ASK_WORD */
    struct input typed;
    void (*answer)(void *arg, bool yes);
    void *arg; /* borrowed */
};

/* The environment that is open. */
struct opened {
    bool open;
    struct loaded loaded;
    unsigned version;
    struct watched *watched; /* owned; its files; NULL before one is open */
    bool stale;              /* they have changed, and could not be read yet */
    bool told_stale;
};

struct front {
    struct cli *cli; /* borrowed */
    struct event_base *base;
    struct screen *screen; /* owned; NULL: it was given back */
    struct event *signals[3], *tick;
    struct event *later; /* what cannot be done from inside of a page or of the screen */
    struct work *work;
    struct page *bar[VIEW_PAGES];      /* owned; NULL: never seen */
    int at;                            /* which of them is seen, or below what is seen */
    struct page *over[FRONT_OVER_MAX]; /* owned */
    size_t over_count;
    struct page **dead; /* owned, each owned: they were left and wait to be freed */
    size_t dead_count, dead_cap;
    struct opened env;
    struct line line;
    struct question question;
    char said[FRONT_TEXT_MAX];
    unsigned said_look;
    int64_t said_until_ms; /* on the clock of front_wall_ms */
    int rows, cols;        /* that were drawn last */
    bool gone;             /* the terminal is: nothing is drawn any more */
    bool detached;         /* it was given back, and the run goes on */
    bool left;             /* the loop ends: keys that were typed behind it mean nothing */
    int exit_code;
};

/* ---- front.c */
/* All but a page and the terminal. */
struct front *front_new(struct cli *c);
void front_free(struct front *f);
/* Give the terminal back, and leave when the run under way is over, telling it in plain lines. */
void front_detach(struct front *f);
/* Ctrl-C, however it came. */
void front_interrupt(struct front *f, int exit_code);

/* ---- front_pages.c */
void front_free_pages(struct front *f);
void front_bury(struct front *f); /* free those that were left */

/* ---- front_keys.c */
void front_key(void *arg, const struct key *k);
/* What a row of the key table or a word means here. */
void front_act(struct front *f, const struct binding *b);

/* ---- front_draw.c */
void front_draw(void *arg, struct canvas *c);
/* What stands around the page now; hints: room for VIEW_HINTS_MAX. */
void front_frame(struct front *f, struct view_frame *ret, struct view_hint *hints, char *subtitle,
                 char *run);
enum { FRONT_SHORT_MAX = 160 }; /* bytes of subtitle and run */

/* ---- front_line.c */
void line_open(struct front *f, enum line_kind kind, const char *prompt, const char *text);
void line_key(struct front *f, const struct key *k);
void line_close(struct front *f);
void line_release(struct line *l);

/* ---- front_command.c */
void command_run(struct front *f, const char *text);
/* All that could stand where the last word of text does, sorted; returns where that word begins. */
size_t command_complete(struct front *f, const char *text, struct strv *ret);
/* What the `:` line knows beside the words of the key table; for help. */
void command_help(struct buf *out);

/* ---- front_ask.c */
void ask_key(struct front *f, const struct key *k);
void ask_draw(struct front *f, struct canvas *c, struct box box);
void ask_cancel(struct front *f);
/* A run is under way: stay, let it go on, or abort? */
void ask_leave(struct front *f);

/* ---- front_env.c */
void env_tick(struct front *f);
void env_close(struct front *f);

#endif
