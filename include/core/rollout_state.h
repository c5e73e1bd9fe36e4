/*
 * rollout_state.h - the state inside a rollout, shared by the files of the machine and by nobody
 * else.
 *
 * rollout.c takes facts, gives slots and ends the run; rollout_wave.c moves waves on;
 * rollout_budget.c counts and halts; rollout_verb.c answers the operator; rollout_host.c begins and
 * cuts off a host's rounds, rollout_step.c moves it through its steps, rollout_end.c to its end;
 * rollout_session.c connects and closes; rollout_hold.c makes hosts wait for each other at a step;
 * rollout_gate.c has a host pass its checks, rollout_watch.c looks at it later; rollout_ahead.c
 * connects hosts of the next wave; rollout_back.c rolls back; timers.c keeps deadlines.
 *
 *   untouched -> [connecting <-> backoff] -> [held] -> ordered -> sent -> (ordered ... | step
 * pause) [parked] [probe <-> probe wait] -> finally -> over [-> watch ...]
 */
#ifndef CORE_ROLLOUT_STATE_H
#define CORE_ROLLOUT_STATE_H

#include "base/heap.h"
#include "core/queue.h"
#include "core/rollout.h"

#include <stddef.h>

enum phase {
    PHASE_UNTOUCHED,    /* no slot; those that follow, up to parked, are in one */
    PHASE_CONNECTING,   /* connect is ordered: ends with connected, connect_failed or throttled */
    PHASE_BACKOFF,      /* a timer runs: then connect again */
    PHASE_ORDERED,      /* run_step is ordered, nothing of it sent as far as we know */
    PHASE_SENT,         /* the step may be running on the host */
    PHASE_PAUSE,        /* a timer runs: then the same step again */
    PHASE_HELD,         /* waits for its turn at a run_once or throttled step */
    PHASE_PROBE_REACH,  /* connecting once more, for a check of the gate */
    PHASE_PROBE,        /* a check of the gate is ordered */
    PHASE_PROBE_WAIT,   /* a timer runs: then the next try of the gate, or the end of the bake */
    PHASE_REACH,        /* connecting once more, for a finally step */
    PHASE_FINALLY,      /* a finally step is ordered */
    PHASE_PARKED,       /* no slot, and so on: waits for the switch */
    PHASE_OVER,         /* has its outcome, no slot; watched: a timer runs until the next look */
    PHASE_WATCH_QUEUED, /* over; waits for one of W looks */
    PHASE_WATCH_REACH,  /* over; connecting for a look */
    PHASE_WATCH_PROBE,  /* over; a check is ordered */
    PHASE_WATCH_ENDING, /* over; what was under way is being broken off */
};

/* A session that is connected ahead of the start of its host, which is untouched: what it is at. */
enum ahead {
    AHEAD_NONE,       /* there was none, or its host has been started */
    AHEAD_CONNECTING, /* connect is ordered */
    AHEAD_UP,         /* connected */
    AHEAD_ENDED,      /* gone; the host connects when it is started, if ever */
    AHEAD_REFUSED,    /* it failed so that trying again does not help: told when it is started */
    AHEAD_CLOSING,    /* disconnect is ordered: the host is skipped, or the run has halted */
};

struct host_state {
    enum phase phase;
    enum outcome outcome; /* while in flight: RUNNING, or the bad one it will have */
    enum cause cause;
    enum rollback_state rollback; /* RUNNING: this round is its rollback */
    int32_t exit_code;
    int32_t signal;
    int32_t slot;
    int32_t round; /* 0: untouched */
    int32_t step;  /* of the steps, or of the rollback list */
    int32_t attempt;
    int32_t attempt_base; /* attempts of earlier rounds are up to this */
    int32_t attempt_top;  /* the highest so far */
    int32_t connect_attempt;
    int32_t connect_base;
    int32_t finally_step;
    int32_t probe_try; /* counts on over gates; 0: never one */
    int32_t probe_base;
    int32_t probe_check;
    int32_t probe_row;  /* tries passed in a row */
    int32_t probe_lost; /* tries failed: in this bake, or in a row since */
    int32_t watch_at;   /* in the list of looks under way; -1: none */
    bool connected;
    bool was_connected; /* in this round */
    bool ever_connected;
    bool closing;       /* disconnect is ordered, disconnected not told yet */
    bool close_waits;   /* the phase begins when it is told */
    bool step_was_sent; /* any step, in any round and attempt */
    bool changed;       /* a step that may change something may have run, in any round */
    bool step_unsure;   /* an attempt of this step was sent and its end never seen */
    bool refused_once;  /* this step met a refused channel already */
    bool admitted;      /* has its turn at this run_once or throttled step */
    bool at_end;        /* has a result: at its finally list */
    bool reached_again; /* the one reconnect for finally is spent */
    bool baking;
    bool killed;
    bool counted; /* in bad */
    bool queued;  /* for a retry */
    bool late;
    bool live;            /* in the heap of those at their steps */
    enum ahead ahead : 8; /* in a byte each: a host is two lines of cache */
    uint8_t ahead_cause;  /* why it was refused */
    int64_t bake_ms;      /* until then it must stay healthy */
    int64_t started_ms;
    int64_t finished_ms;
};

/* What a run_once step has come to; a host that ends before its order gives the turn back. */
enum once {
    ONCE_OPEN,    /* nobody has its turn */
    ONCE_TAKEN,   /* a host has its turn and will be ordered to run it */
    ONCE_ORDERED, /* it may be running */
    ONCE_DONE,    /* everybody passes on */
    ONCE_FAILED,  /* nobody does */
};

/* A step over all hosts. */
struct step_state {
    enum once once;
    int32_t inside; /* hosts that have their turn */
    int32_t held;   /* root of those that wait, by position */
};

/* Deadlines of hosts 0..n-1 and of the run itself; a binary heap ordered by time, then id. */
struct timers {
    int32_t *heap;   /* owned: ids */
    int32_t *place;  /* owned: id -> index in heap, -1 when not set */
    int64_t *due_ms; /* owned: by id */
    int32_t count;
};

void timers_init(struct timers *t, int32_t ids);
void timers_release(struct timers *t);
void timers_set(struct timers *t, int32_t id, int64_t due_ms); /* moves one that is set */
void timers_drop(struct timers *t, int32_t id);
/* When this one is due; -1 when it is not set. */
int64_t timers_due_ms(const struct timers *t, int32_t id);
/* Earliest time, -1 when none is set. */
int64_t timers_next_ms(const struct timers *t);
/* Take the earliest id due at now_ms; -1 when none is. */
int32_t timers_pop(struct timers *t, int64_t now_ms);

/* What becomes of the wave under way. */
enum wave_stage {
    WAVE_OPEN,      /* hosts of it may start or are in flight */
    WAVE_CLOSED,    /* all have an outcome; not judged yet */
    WAVE_BAKING,    /* a timer runs */
    WAVE_BAKED,     /* judged again */
    WAVE_PROMOTING, /* the operator is waited for */
    WAVE_PAUSING,   /* a timer runs: then the next wave */
    WAVE_DONE,      /* it was the last */
};

/* Host ids, first in first out. */
struct ring {
    int32_t *items; /* owned */
    int32_t head, count, cap;
};

struct rollout {
    const struct plan *plan; /* borrowed */
    int64_t now_ms;
    struct host_state *hosts; /* owned */
    struct summary summary;
    struct timers timers;

    uint64_t *slots_taken; /* owned: a bit a slot */
    int32_t slots_hint;    /* no slot below is free */
    int32_t width;         /* W now */
    int32_t active;
    struct queue queue;  /* hosts that start next: of the wave, parked, or to be rolled back */
    struct ring retries; /* start before these */

    struct step_state *steps; /* owned: steps, rollback list, finally list */
    struct heap held_heap;    /* by host: those held at steps */
    struct heap end_heap;     /* by host: those held at their finally list */
    struct heap live_heap;    /* by host: those at their steps, by position */
    int32_t live;             /* its root */
    bool holds;               /* some step is run_once or throttled */
    int32_t held;             /* hosts in PHASE_HELD */
    bool look;                /* something a held host may wait for has come */

    int32_t wave;         /* the wave under way */
    int32_t wave_left;    /* hosts of it, and retried ones, without an outcome */
    int32_t wave_started; /* hosts of it */
    int32_t wave_bad;     /* hosts of it whose outcome is bad now */
    int32_t waves_done;
    enum wave_stage stage;
    bool wave_told;    /* wave_begin was ordered */
    bool wave_failed;  /* it was judged so, and the run paused */
    bool wave_excused; /* the operator goes on all the same */
    int32_t parked;

    bool paused;
    int64_t frozen_wave_ms; /* what was left of these timers when it was paused; -1: not set */
    int64_t frozen_run_ms;

    int32_t bad;            /* hosts ever counted */
    int32_t budget;         /* -1: none */
    int32_t *scope_bad;     /* owned: by scope */
    int32_t denials_in_row; /* of authentication, on different hosts */
    enum halt halt;
    bool halt_seen; /* its consequences were drawn */
    bool hurried;   /* by the operator: bakes end */

    int32_t ahead_next;  /* position from which on no host was connected ahead yet */
    int32_t ahead_count; /* sessions, those being closed included */

    bool rollback_due;
    bool rolling_back;
    struct ring start_log; /* every start, in order; only with a rollback list */

    struct ring watch_queue;
    int32_t *watch_now; /* owned: hosts that are being looked at */
    int32_t watch_count, watch_cap;

    bool finished;
    struct order *orders; /* owned: a ring */
    size_t orders_head, orders_count, orders_cap;
    int64_t waiting_ms; /* the wait last ordered */
};

void ring_add(struct ring *q, int32_t item);
int32_t ring_take(struct ring *q); /* it is not empty */

/* ---- rollout.c */

/* Ids of timers that belong to no host. */
int32_t rollout_timer_wave(const struct rollout *r);
int32_t rollout_timer_run(const struct rollout *r);

void rollout_order(struct rollout *r, struct order order);
void rollout_order_host(struct rollout *r, enum order_kind kind, int32_t host);
/* The host leaves its slot, by this order. */
void rollout_slot_give(struct rollout *r, int32_t host, enum order_kind how);
/* The outcome that is told of the host changes. */
void rollout_recount(struct rollout *r, int32_t host, enum outcome from, enum outcome to);

/* ---- rollout_budget.c */

/* No host is started any more; the first reason stands, but a kill tops all others. */
void rollout_stop(struct rollout *r, enum halt why);
/* A failure of the kind that on_failure decides about. */
void rollout_fail(struct rollout *r, enum halt why);
/* Count a bad outcome the moment it is known, and halt if that is too many. */
void rollout_count_bad(struct rollout *r, int32_t host);
bool rollout_host_of_wave(const struct rollout *r, int32_t host);

/* ---- rollout_wave.c */

void wave_enter(struct rollout *r, int32_t wave);
void wave_move(struct rollout *r); /* as far as facts allow */
void wave_timer(struct rollout *r);
void wave_reopen(struct rollout *r); /* one of its hosts, or of an earlier one, goes again */
void wave_promote(struct rollout *r);
void wave_tell_begin(struct rollout *r);
/* When this wave is over and nothing is amiss, the next one opens at once. */
bool wave_next_follows(const struct rollout *r);
/* A look failed at a host of the wave that bakes. */
void wave_bake_again(struct rollout *r);

/* ---- rollout_verb.c */

void verb_tell(struct rollout *r, const struct fact *verb);
void rollout_pause(struct rollout *r);

/* ---- rollout_back.c */

bool back_begin(struct rollout *r); /* true: it has begun */

/* ---- rollout_host.c: each changes the host and orders what comes next. */

void host_start(struct rollout *r, int32_t host, int32_t slot);
void host_unpark(struct rollout *r, int32_t host, int32_t slot);
void host_roll_back(struct rollout *r, int32_t host, int32_t slot);
void host_fact(struct rollout *r, const struct fact *fact);
void host_timer(struct rollout *r, int32_t host);
void host_kill(struct rollout *r, int32_t host);
void host_abort(struct rollout *r, int32_t host);

bool host_rolls_back(const struct host_state *h); /* or did */
/* The step it is at: of the steps, or of the rollback list. */
const struct plan_step *host_rule(const struct rollout *r, const struct host_state *h);
bool host_in_flight(const struct host_state *h);
bool host_at_steps(const struct host_state *h);
/* It has no result yet. */
bool host_undecided(const struct host_state *h);

/* ---- rollout_step.c */

void step_set(struct host_state *h, int32_t step); /* this one is next, in its first attempt */
void step_go(struct rollout *r, int32_t host);     /* go on at the step it is at */
void step_next(struct rollout *r, int32_t host);   /* that one is over, well */
void step_fact(struct rollout *r, const struct fact *fact);

/* ---- rollout_end.c */

/* The host has this result; then its finally list. */
void end_conclude(struct rollout *r, int32_t host, enum outcome outcome, const struct fact *why);
void end_killed(struct rollout *r, int32_t host);
void end_finally(struct rollout *r, int32_t host); /* the next of its finally list, or out */
void end_fact(struct rollout *r, const struct fact *fact);
/* The step could not be tried again: unknown if an earlier attempt of it may have run. */
void end_untried(struct rollout *r, int32_t host, enum outcome outcome, const struct fact *why);

/* ---- rollout_session.c */

/* Nothing begins at a host while its old session is being closed: not on the controller either,
 * since `disconnected` must not be taken for the end of what was begun later.  True: it waits in
 * this phase, and is called again. */
bool session_waits(struct rollout *r, int32_t host, enum phase phase);
void session_connect(struct rollout *r, int32_t host, enum phase phase);
void session_close(struct rollout *r, int32_t host); /* if there is one, or one is coming */
/* A disconnect that breaks off whatever is under way. */
void session_break(struct rollout *r, int32_t host);
void session_fact(struct rollout *r, const struct fact *fact);
/* After these causes the session of what was not local is gone. */
void session_note(struct host_state *h, bool local, enum cause cause);
/* After this cause connecting once more may end better. */
bool session_helps(enum cause cause);
/* Connecting is tried again: then a timer has been set. */
bool session_again(struct rollout *r, int32_t host, enum cause cause, bool throttled);

/* ---- rollout_ahead.c */

/* Connect who may be connected ahead now; behind all that starts by the same fact. */
void ahead_pump(struct rollout *r);
/* The host was started just now: what its session ahead has come to is told it as if it came now.
 * False: it has none, and connects as ever. */
bool ahead_start(struct rollout *r, int32_t host);
void ahead_skip(struct rollout *r, int32_t host); /* close its session, if there is one */
void ahead_halt(struct rollout *r);               /* close all */
bool ahead_is_gone(const struct rollout *r);      /* no session is ahead, none being closed */
bool ahead_is_open(const struct host_state *h);   /* there is one, or one is coming */
/* A fact of a session: false where it is of none ahead. */
bool ahead_fact(struct rollout *r, const struct fact *fact);

/* ---- rollout_hold.c */

void hold_init(struct rollout *r);
/* Whether the host must wait here; then it does, and hold_release wakes it. */
bool hold_step(struct rollout *r, int32_t host);
void hold_enter(struct rollout *r, int32_t host);            /* it comes to its steps */
void hold_ordered(struct rollout *r, int32_t host);          /* run_step was ordered */
void hold_leave(struct rollout *r, int32_t host, bool good); /* the step is over for the host */
void hold_drop(struct rollout *r, int32_t host);             /* a held host waits no more */
void hold_release(struct rollout *r);                        /* wake all whose turn has come */
/* Whether this host runs this step of its finally list; else somebody did, or does. */
bool hold_runs_finally(struct rollout *r, int32_t host);

/* ---- rollout_gate.c */

void gate_begin(struct rollout *r, int32_t host); /* all steps are over; the finally list if none */
void gate_check(struct rollout *r, int32_t host); /* order the check it is at, connecting first */
void gate_timer(struct rollout *r, int32_t host);
void gate_failed_try(struct rollout *r, int32_t host);
void gate_fact(struct rollout *r, const struct fact *fact);
void gate_end_bake(struct rollout *r, int32_t host);
/* Between two tries of one kind. */
int64_t gate_spacing_ms(const struct rollout *r, int32_t times);

/* ---- rollout_watch.c */

void watch_begin(struct rollout *r, int32_t host); /* it was released, and is ok */
void watch_wave(struct rollout *r);                /* its bake begins */
void watch_timer(struct rollout *r, int32_t host);
void watch_fact(struct rollout *r, const struct fact *fact);
void watch_reached(struct rollout *r, int32_t host, bool connected);
void watch_ended(struct rollout *r, int32_t host); /* broken off, and its session is gone */
void watch_pump(struct rollout *r);
void watch_break(struct rollout *r); /* what is under way */
void watch_end(struct rollout *r);   /* for good */

#endif
