/*
 * check_state.h - what the checker knows of a run; shared by check_*.c and by nobody else.
 *
 * A second, plain reading of docs/rollout.md: no queues, no heaps, no timers.  A host knows what it
 * waits for; what must be ordered next is worked out from that each time it is asked for.
 *
 * check_plan.c works out order, waves, budgets and limits; check_fact.c, check_gate.c,
 * check_watch.c and check_verb.c take facts; check_hold.c has hosts wait for each other;
 * check_ahead.c knows sessions that are opened ahead; check_run.c and check_wave.c keep halts and
 * waves; check_want.c says what is due; check_order.c and check_slot.c
 * hold orders against it; check_turn.c looks for what is missing.
 */
#ifndef SIM_CHECK_STATE_H
#define SIM_CHECK_STATE_H

#include "sim/check.h"

#include "core/rollout.h"

#include <inttypes.h>
#include <stdio.h>

enum check_list { LIST_STEPS, LIST_ROLLBACK, LIST_FINALLY };
enum { CHECK_LISTS = LIST_FINALLY + 1, CHECK_VARS_MAX = PLAN_PARTINGS_MAX };

/* The order that waits for its answer. */
enum check_open { OPEN_NONE, OPEN_CONNECT, OPEN_STEP, OPEN_PROBE, OPEN_FINALLY };

/* Where a host with a slot is. */
enum check_stage { STAGE_STEPS, STAGE_GATE, STAGE_BAKE, STAGE_FINALLY };

/* What is due for a host. */
enum check_want {
    WANT_NOTHING,
    WANT_CONNECT,
    WANT_STEP,
    WANT_PROBE,
    WANT_FINALLY,
    WANT_LEAVE,
    WANT_PARK
};

/* What has become of a run_once step. */
enum check_once { ONCE_NOBODY, ONCE_SOMEBODY, ONCE_PASSED, ONCE_LOST };

/* The session that is opened before its host is started, once a run. */
enum check_ahead {
    AHEAD_NEVER,
    AHEAD_CONNECTING,
    AHEAD_UP,
    AHEAD_CLOSING,   /* disconnect is due or was ordered */
    AHEAD_FAILED,    /* to try again does not help: it is the outcome of its host */
    AHEAD_FORGOTTEN, /* failed or lost: its host connects as ever */
    AHEAD_OVER,      /* its host was started, or it was closed */
};

struct check_host {
    int32_t position;
    int32_t wave; /* the first it is in */
    enum outcome outcome;
    bool counted; /* as bad, once a run */

    /* of the run */
    int32_t round;
    int64_t start_number; /* of its last START among all; 0: never */
    bool ever_connected;
    bool ever_sent;  /* some step, in some round */
    bool may_differ; /* a step was sent that may have changed something */
    enum rollback_state rollback;
    bool queued; /* waits for its retry */
    bool parked;
    bool cancelling; /* parked, and cancelled: its finally list is due */
    int32_t connects;
    int32_t tries, probes; /* tries begun, and the number of the last that was ordered */
    int32_t last_attempt[SIM_STEPS_MAX]; /* by step, whatever the list: the highest ordered */

    /* of the round, while it has a slot */
    bool flying;
    bool rolling; /* this round rolls back */
    int32_t slot;
    enum check_stage stage;
    bool killed;
    bool connected, was_connected, reached; /* reached: the one reconnect for finally is spent */
    int32_t round_connects;
    int32_t step;    /* of the list of the round; in finally of that list */
    int32_t attempt; /* next or last of this step; 0: to be chosen */
    int32_t retried; /* times this step was tried again, in this round */
    bool repeats;    /* the next order has the number of the last: it was not started */
    bool unsure, refused, sent_now;
    bool again;          /* a retried host: no wave is over without it */
    bool in_line;        /* waited for its turn when it was killed: it may have got it since */
    bool turn, ordered;  /* at a run_once or throttled step */
    bool ends_ok;        /* its bake was cut short: ok, once the try under way has ended */
    enum outcome result; /* once the finally list begins */

    int32_t check, row, round_tries; /* of the gate */
    bool probed;                     /* a check of this try was ordered */
    int64_t bake_ends_ms;
    int32_t bake_failed;

    /* late watch: a try while it has no slot */
    bool watching, must_tell;
    bool breaking; /* its try was broken off, and has not ended */
    int32_t watch_failed;
    int64_t watch_from_ms, watch_to_ms; /* the next try begins; -1: none is due */
    int64_t watch_set;                  /* number of the fact that set it */

    /* the shell */
    enum check_open open;
    enum check_ahead ahead;
    enum cause ahead_cause;
    bool dropped;    /* cancelled, once its connection under way is closed */
    int32_t closing; /* times disconnect was ordered, and its end has not been told */
    bool must_close; /* it must be ordered in this turn */
    bool waiting;    /* for a time, between these two */
    int64_t from_ms, to_ms;
    int64_t wait_set; /* number of the fact that set it */
};

/* Closed: every host of it has an outcome. */
enum check_wave {
    WAVE_OPEN,
    WAVE_CLOSED,
    WAVE_BAKES,
    WAVE_BAKED,
    WAVE_PROMOTE,
    WAVE_PAUSES,
    WAVE_ALL_OVER,
};

struct check {
    const struct sim_case *c; /* borrowed */
    const struct plan *plan;  /* borrowed */
    struct check_host *hosts; /* owned */
    int32_t host_count;

    /* fixed: check_plan.c */
    int32_t *host_at;    /* owned: by position */
    int32_t *wave_begin; /* owned: waves + 1 */
    int32_t waves, canary_waves;
    bool told; /* waves are */
    bool remote;
    bool restrained[CHECK_LISTS]; /* some step of the list is run_once or throttled */
    int32_t checks;
    int32_t switch_step; /* -1: not blue_green */
    int32_t budget;      /* -1: none */
    int32_t budget_vars, limit_vars;
    int32_t *scope_budget[CHECK_VARS_MAX]; /* owned: by value */
    int32_t *scope_bad[CHECK_VARS_MAX];    /* owned: by value */
    int32_t *limit[CHECK_VARS_MAX];        /* owned: by value */
    int32_t *in_flight[CHECK_VARS_MAX];    /* owned: by value, of max_parallel_by */

    /* slots */
    int32_t width; /* W */
    int32_t active;
    int32_t *slot_host; /* owned: by slot; -1: free */
    int32_t slots;      /* room in it */
    int32_t first_free; /* no slot below is free */

    /* waves */
    enum check_wave phase;
    int32_t wave;
    int32_t wave_left;                /* hosts of it without an outcome, not parked */
    int32_t wave_started;             /* hosts of it, once each */
    int32_t first_untouched;          /* no position below is untouched */
    int32_t ahead, ahead_closing;     /* sessions ahead; those of them that are to be closed */
    int32_t ahead_from;               /* positions below had theirs, or never will */
    int64_t ahead_told;               /* number of the fact that yielded the last; -1 */
    int32_t queued, parked, again;    /* again: retried hosts in flight */
    int64_t wave_due_ms, wave_set_ms; /* end of bake or pause, and since when it is waited for */
    int32_t begun, ended;             /* waves told: numbers of the last; -1 */
    bool wave_failed, wave_excused;   /* it ended badly and the run is paused; it may pass */
    bool reopened;                    /* a retried host: its end may be told again */
    bool begin_told;                  /* WAVE_BEGIN came, its start is next */

    /* halts */
    int32_t bad, budget_now;
    int32_t denials;
    enum halt halt;
    bool by_operator; /* abort, kill or rollback was said */
    bool paused;
    int64_t paused_at_ms;
    int64_t run_due_ms; /* -1: none */
    bool roll_back;     /* asked for */
    bool rolling;
    int32_t *roll_list; /* owned: hosts to be rolled back, last started first */
    int32_t roll_count, roll_left;
    bool roll_stopped; /* no further one */
    bool finished;

    enum check_once once[CHECK_LISTS][SIM_STEPS_MAX];
    int32_t inside[CHECK_LISTS][SIM_STEPS_MAX]; /* hosts that have their turn */

    int32_t watching; /* tries of late watch under way */
    int32_t breaking; /* those broken off, and not ended */
    uint64_t met[CHECK_METS], met_cause[CAUSES];
    int32_t counts[OUTCOMES];
    int32_t rolled_back, rollbacks_failed;
    int64_t starts;
    int64_t now_ms, wait_ms;
    int64_t facts;             /* told so far */
    int64_t ticked_ms, ticked; /* the last tick that was due: when, and its number */
    int32_t baking;            /* hosts in their bake */
    bool mute;                 /* the last one changes nothing */
    int32_t last_host;         /* of the last fact; -1 */
    int32_t overdue;           /* one host whose try of late watch is missing; -1 */
    char wrong[320];           /* empty: nothing is */
};

/* Keep the first sentence. */
void check_say(struct check *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define CHECK(k, holds, ...)                                                                       \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            check_say(k, __VA_ARGS__);                                                             \
        }                                                                                          \
    } while (0)

/* check_plan.c */
void check_plan_make(struct check *k);
void check_plan_release(struct check *k);
void check_plan_compare(struct check *k);

/* check_want.c */
const struct plan_step *check_step_of(const struct check *k, enum check_list list, int32_t step);
int32_t check_list_count(const struct check *k, enum check_list list);
enum check_list check_list_of(const struct check_host *h); /* it is at now */
enum check_want check_wants(const struct check *k, const struct check_host *h);
void check_wait(struct check *k, struct check_host *h, int64_t from_ms, int64_t to_ms);

/* check_hold.c */
bool check_restrained(const struct check *k, const struct check_host *h);
bool check_held(const struct check *k, const struct check_host *h);
bool check_may_hold(const struct check *k, const struct check_host *h);
void check_take_turn(struct check *k, struct check_host *h, int32_t host);
void check_leave(struct check *k, struct check_host *h, bool good); /* its step */
void check_pass_on(struct check *k);

/* check_fact.c */
void check_decide(struct check *k, struct check_host *h, enum outcome outcome);
void check_decide_killed(struct check *k, struct check_host *h);
void check_step_good(struct check *k, struct check_host *h);
void check_connect_failed(struct check *k, struct check_host *h, const struct fact *f);
void check_session(struct check_host *h, bool local, const struct fact *f);
bool check_code_fine(const struct plan_step *s, const struct fact *f);
void check_host_fact(struct check *k, int32_t host, const struct fact *f);

/* check_gate.c */
void check_gate_begin(struct check *k, struct check_host *h);
void check_try_failed(struct check *k, struct check_host *h);
void check_try_passed(struct check *k, struct check_host *h);
void check_bake_end(struct check *k, struct check_host *h);
void check_bakes_tick(struct check *k); /* bakes of hosts that have come to their end */
/* Late watch. */
bool check_watch_on(const struct check *k);
bool check_watched(const struct check *k, const struct check_host *h);
void check_watch_begin(struct check *k, struct check_host *h, int64_t from_ms, int64_t to_ms);
void check_watch_fact(struct check *k, int32_t host, const struct fact *f);
void check_watch_broken(struct check *k, struct check_host *h);
void check_watch_stop(struct check *k); /* all tries are broken off */
void check_watch_bake(struct check *k); /* it begins */

/* check_ahead.c */
int32_t check_next_ahead(const struct check *k); /* the host whose session is due; -1 */
void check_ahead_order(struct check *k, struct check_host *h, const struct order *o);
bool check_ahead_fact(struct check *k, struct check_host *h, const struct fact *f);
void check_ahead_start(struct check *k, struct check_host *h);
void check_ahead_skip(struct check *k, struct check_host *h);
void check_ahead_halt(struct check *k);
void check_ahead_pause(struct check *k);
void check_ahead_closed(struct check *k, const struct check_host *h); /* is about to be */

/* check_verb.c */
void check_verb(struct check *k, const struct fact *f);

/* check_run.c, check_wave.c */
void check_count(struct check *k, struct check_host *h);
void check_halt(struct check *k, enum halt why);
void check_waves(struct check *k); /* go on as far as nothing is left to wait for */
void check_run_tick(struct check *k);
void check_promoted(struct check *k);
void check_wave_continue(struct check *k);
void check_wave_reopen(struct check *k);
void check_wave_wait(struct check *k, int64_t ms); /* for the end of a bake or a pause */
void
check_halt_by_rule(struct check *k, enum halt why); /* and roll back where on_failure says so */
void check_outcome(struct check *k, struct check_host *h, enum outcome outcome);
void check_pause(struct check *k);
void check_unpause(struct check *k);
void check_reset_budget(struct check *k);
void check_pass_untouched(struct check *k); /* first_untouched */
void check_settle(struct check *k);         /* waves go on, or the rollback begins */
void check_wave_enter(struct check *k, int32_t wave);
bool check_done(const struct check *k); /* nothing is left but tries of late watch */
bool check_over(const struct check *k);
int check_exit_code(const struct check *k);
bool check_limits_free(const struct check *k, int32_t host);
/* The next host that must get a slot, or -1; ret_how: START, UNPARK or ROLLBACK. */
int32_t check_next_host(const struct check *k, enum order_kind *ret_how);

/* check_order.c */
const char *check_want_name(enum check_want want);
void check_host_order(struct check *k, const struct order *o);

/* check_slot.c */
void check_slot_order(struct check *k, const struct order *o);
void check_wave_order(struct check *k, const struct order *o);

#endif
