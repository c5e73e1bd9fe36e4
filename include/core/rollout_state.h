/*
 * rollout_state.h - the state inside a rollout, shared by the files of the machine and by nobody
 * else.
 *
 * rollout.c takes facts and keeps slots, waves and budget; rollout_host.c moves one host through
 * its phases; rollout_hold.c makes hosts wait for each other at a step; rollout_gate.c has a host
 * pass its checks; timers.c keeps deadlines.
 *
 *   untouched -> [connecting <-> backoff] -> [held] -> ordered -> sent -> (ordered ... | step
 * pause) [probe <-> probe wait] -> finally -> over
 */
#ifndef CORE_ROLLOUT_STATE_H
#define CORE_ROLLOUT_STATE_H

#include "core/rollout.h"

#include <stddef.h>

enum phase {
    PHASE_UNTOUCHED,   /* no slot */
    PHASE_CONNECTING,  /* connect is ordered: ends with connected, connect_failed or throttled */
    PHASE_BACKOFF,     /* a timer runs: then connect again */
    PHASE_ORDERED,     /* run_step is ordered, nothing of it sent as far as we know */
    PHASE_SENT,        /* the step may be running on the host */
    PHASE_PAUSE,       /* a timer runs: then the same step again */
    PHASE_HELD,        /* waits for its turn at a run_once or throttled step */
    PHASE_PROBE_REACH, /* connecting once more, for a check of the gate */
    PHASE_PROBE,       /* a check of the gate is ordered */
    PHASE_PROBE_WAIT,  /* a timer runs: then the next try of the gate */
    PHASE_REACH,       /* connecting once more, for a finally step */
    PHASE_FINALLY,     /* a finally step is ordered */
    PHASE_OVER,        /* has its outcome, no slot */
};

struct host_state {
    enum phase phase;
    enum outcome outcome; /* while in flight: RUNNING, or the bad one it will have */
    enum cause cause;
    int32_t exit_code;
    int32_t signal;
    int32_t slot;
    int32_t step;
    int32_t attempt; /* of the step */
    int32_t connect_attempt;
    int32_t finally_step;
    bool connected;
    bool was_connected;
    bool step_was_sent; /* any step, in any attempt */
    bool step_unsure;   /* an attempt of this step was sent and its end never seen */
    bool refused_once;  /* this step met a refused channel already */
    bool admitted;      /* has its turn at this run_once or throttled step */
    int32_t probe_try;  /* of the gate, from 1; 0: not there yet */
    int32_t probe_check;
    int32_t probe_row;  /* tries passed in a row */
    bool reached_again; /* the one reconnect for finally is spent */
    bool killed;
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

struct rollout {
    const struct plan *plan; /* borrowed */
    int64_t now_ms;
    struct host_state *hosts; /* owned */
    struct step_state *steps; /* owned: by step */
    struct summary summary;
    struct timers timers;

    uint64_t *slots_taken; /* owned: a bit a slot */
    int32_t slots_hint;    /* no slot below is free */
    int32_t active;

    int32_t next_position; /* of the host that starts next */
    int32_t first_live;    /* no position below has a host in flight */
    int32_t held;          /* hosts in PHASE_HELD */
    bool look;             /* something a held host may wait for has come */
    int32_t wave;          /* the wave being started */
    int32_t wave_left;     /* hosts of it without an outcome */
    int32_t wave_bad;
    int32_t waves_done;
    bool wave_open; /* its barrier is up: hosts of it may start */

    int32_t bad;            /* failed + unreachable + unknown */
    int32_t denials_in_row; /* of authentication, on different hosts */
    enum halt halt;
    bool finished;

    struct order *orders; /* owned: a ring */
    size_t orders_head, orders_count, orders_cap;
    int64_t waiting_ms; /* the wait last ordered */
};

/* Ids of timers that belong to no host. */
int32_t rollout_timer_wave(const struct rollout *r);
int32_t rollout_timer_run(const struct rollout *r);

void rollout_order(struct rollout *r, struct order order);
/* No host is started any more; the first reason stands, but a kill tops an abort. */
void rollout_stop(struct rollout *r, enum halt why);
/* Count a bad outcome the moment it is known, and halt if that is too many. */
void rollout_count_bad(struct rollout *r);
/* The host has left its slot. */
void rollout_host_over(struct rollout *r, int32_t host);

/* rollout_host.c: each changes the host and orders what comes next. */
void host_start(struct rollout *r, int32_t host, int32_t slot);
void host_fact(struct rollout *r, const struct fact *fact);
void host_timer(struct rollout *r, int32_t host);
void host_kill(struct rollout *r, int32_t host);

/* For rollout_hold.c and rollout_gate.c. */
void host_order_connect(struct rollout *r, int32_t host);
void host_step(struct rollout *r, int32_t host);
void host_next_step(struct rollout *r, int32_t host);
void host_finally(struct rollout *r, int32_t host);
void host_conclude(struct rollout *r, int32_t host, enum outcome outcome, const struct fact *why);
void host_conclude_killed(struct rollout *r, int32_t host);
/* After these causes the session of what was not local is gone. */
void host_note_session(struct host_state *h, bool local, enum cause cause);

/* rollout_hold.c: whether the host must wait here; then it does, and hold_release wakes it. */
bool hold_step(struct rollout *r, int32_t host);
void hold_ordered(struct rollout *r, int32_t host);          /* run_step was ordered */
void hold_leave(struct rollout *r, int32_t host, bool good); /* the step is over for the host */
void hold_drop(struct rollout *r, int32_t host);             /* a held host waits no more */
void hold_release(struct rollout *r);                        /* wake all whose turn has come */

/* rollout_gate.c */
void gate_begin(struct rollout *r, int32_t host); /* all steps are over; the finally list if none */
void gate_check(struct rollout *r, int32_t host); /* order the check it is at, connecting first */
void gate_next_try(struct rollout *r, int32_t host);
void gate_failed_try(struct rollout *r, int32_t host);
void gate_fact(struct rollout *r, const struct fact *fact);

#endif
