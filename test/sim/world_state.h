/*
 * world_state.h - the state inside a world, shared by its files and by nobody else.
 *
 * world.c keeps the clock, the inbox and ticks; world_host.c one host's session and what runs on
 * it; world_operator.c what the operator says.
 */
#ifndef SIM_WORLD_STATE_H
#define SIM_WORLD_STATE_H

#include "sim/draw.h"
#include "sim/events.h"
#include "sim/world.h"

enum session { SESSION_NONE, SESSION_CONNECTING, SESSION_OPEN, SESSION_CLOSING };
enum job { JOB_NONE, JOB_STEP, JOB_FINALLY, JOB_PROBE };

struct place {
    enum session session;
    enum job job;
    uint32_t session_age; /* what was planned for an earlier one does not happen */
    uint32_t job_age;
    uint32_t closing_age; /* the job that ends when the session is closed */
    int32_t step, attempt;
    bool job_local, job_sent;
    bool rolling; /* steps are those of the rollback list */
    bool closing; /* asked to disconnect, and `disconnected` not told yet */
    bool sick, slow;
};

struct mail {
    struct fact *facts; /* owned */
    size_t count, cap;
};

struct world {
    const struct sim_case *c; /* borrowed */
    struct prng p;
    int64_t now_ms;
    struct place *places; /* owned: by host */
    size_t places_cap;
    struct events events;
    int64_t tick_ms; /* INT64_MAX: none */
    struct mail inbox, taken;
    int64_t turn_ms; /* of what is in the inbox */
    bool thinking;   /* the operator */
    int32_t words;   /* said in a run that waited */
    char broken[120];
};

/* A fact has come: the next turn takes it. */
void world_put(struct world *w, const struct fact *fact);
/* The same, and perhaps once more later, or with wrong numbers. */
void world_say(struct world *w, const struct fact *fact);
void world_plan(struct world *w, int64_t after_ms, enum event_kind kind, uint32_t age,
                const struct fact *fact);
void world_break(struct world *w, int32_t host, const char *what);

/* world_host.c */
void place_happen(struct world *w, const struct event *e);
void place_carry_out(struct world *w, const struct order *o);

/* world_operator.c: one of the case's verbs is due; or the operator has thought about the run. */
void operator_verb(struct world *w, const struct rollout *r, int64_t which);
void operator_speak(struct world *w, const struct rollout *r);

#endif
