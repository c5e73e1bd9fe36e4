/*
 * view_confirm.h - what an action would do, shown before somebody says that it shall.
 *
 * Pure: page_confirm.c fills the struct from a plan; texts are borrowed and anybody's (the canvas
 * escapes them).  Where a text is not known it is NULL, a number -1: its line is left out.
 */
#ifndef UI_VIEW_CONFIRM_H
#define UI_VIEW_CONFIRM_H

#include "ui/canvas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Waves that need to be filled in: nobody scrolls further; wave_count says how many there are. */
enum { VIEW_CONFIRM_WAVES_MAX = 200 };

struct view_confirm_wave {
    int32_t hosts;
    bool canary;
    const char *names; /* folded: "web-[01-03]" */
    int64_t p50_ms;    /* what it takes, by history; -1: nobody knows */
};

struct view_confirm {
    const char *action, *description, *env;
    const char *retry_of; /* the run whose hosts go again; NULL: no retry */
    bool mutating;
    const char *produces;         /* "deployed"; NULL or "": nothing is recorded */
    const char *release;          /* NULL: not known, or each host its own */
    int32_t host_count, host_all; /* host_all: of the environment; -1: not known */
    const char *hosts;            /* folded */
    const char *strategy;         /* "rolling"; NULL: nothing is known of a plan yet */
    int32_t workers;              /* 0: one host at a time */
    const char *order;            /* "inventory", "shuffle, seed 42" */
    const char *const *steps;     /* names, in their order */
    size_t step_count;
    const char *tags; /* what selects the steps: "deploy, without slow"; NULL: nothing does */
    const struct view_confirm_wave *waves; /* the first of them; NULL: the strategy has none */
    size_t wave_count;                     /* all there are; 0: none */
    bool promote_manual;                   /* the canary waits for somebody's word */
    int32_t budget;                        /* bad hosts that are allowed; -1: no budget */
    const char *on_failure;                /* "stop" */
    const char *pauses;     /* "host bake 5s, wave bake 1m, 10s between waves"; NULL: none */
    int32_t checks;         /* of the gate; 0: there is none */
    int32_t tries;          /* of each, at most */
    const char *health;     /* more of it: "2s apart, 30s each", or why there is none; or NULL */
    int64_t p50_ms, p95_ms; /* -1: no history */
    const char *no_history; /* why not: "never run here"; or NULL */
    const char *const *warnings; /* a sentence each */
    size_t warning_count;
    bool will_queue;       /* Enter queues: a run is under way */
    const char *under_way; /* that run: "deploy prod"; or NULL */
    int32_t queued;        /* actions that wait already */
    int top;               /* lines scrolled down; more than there are is the last ones */
};

void view_confirm_draw(const struct view_confirm *v, struct canvas *c, struct box box);
/* The greatest top that shows something new in a box: 0 if all fits. */
int view_confirm_top_max(const struct view_confirm *v, const struct canvas *c, struct box box);

#endif
