/*
 * world_operator.c - what the operator says: unasked, as the case has it, and where the run waits.
 *
 * The operator sees what `status` shows.  Where the run waits for a word, one that lets it go on
 * comes after a few others at the latest, so that every run ends.
 */
#include "sim/world_state.h"

enum { WORDS_MAX = 40 };

static bool
fits(const struct rollout *r, enum verb verb, int32_t host)
{
    const struct rollout_host h = rollout_host(r, host);

    if (verb == VERB_SKIP) {
        return h.outcome == OUTCOME_UNTOUCHED || h.queued;
    }
    return outcome_is_bad(h.outcome) || h.outcome == OUTCOME_CANCELLED;
}

/* A host that the verb is meant for, from a random one on; any where none is. */
static int32_t
choose_host(struct world *w, const struct rollout *r, enum verb verb)
{
    const int32_t hosts = w->c->host_count;
    const int32_t first = (int32_t)prng_below(&w->p, (uint64_t)hosts);

    for (int32_t i = 0; i < hosts; i++) {
        const int32_t host = (first + i) % hosts;
        if (fits(r, verb, host)) {
            return host;
        }
    }
    return first;
}

static void
say(struct world *w, const struct rollout *r, enum verb verb, int32_t host, int64_t value)
{
    struct fact f = {.kind = FACT_VERB, .host = -1, .step = -1, .verb = verb};

    if (verb == VERB_SKIP || verb == VERB_RETRY) {
        f.host = host >= 0 ? host : choose_host(w, r, verb);
    }
    if (verb == VERB_WORKERS) {
        f.value = value;
    }
    world_put(w, &f);
}

void
operator_verb(struct world *w, const struct rollout *r, int64_t which)
{
    const struct sim_verb *v = &w->c->verbs[which];

    say(w, r, v->verb, v->host, v->value);
}

void
operator_speak(struct world *w, const struct rollout *r)
{
    const enum run_state state = rollout_state(r);
    const struct sim_trouble *t = &w->c->trouble;

    w->thinking = false;
    if (state != RUN_PAUSED && state != RUN_PROMOTING) {
        return;
    }
    w->words++;
    if (w->words > WORDS_MAX) {
        say(w, r, VERB_ABORT, -1, 0); /* enough */
    } else if (draw_chance(&w->p, t->retries)) {
        say(w, r, draw_chance(&w->p, 800) ? VERB_RETRY : VERB_SKIP, -1, 0);
    } else if (draw_chance(&w->p, t->give_up)) {
        say(w, r, (enum verb)DRAW(&w->p, VERB_ABORT, VERB_ABORT, VERB_KILL, VERB_ROLLBACK), -1, 0);
    } else {
        say(w, r, state == RUN_PAUSED ? VERB_CONTINUE : VERB_PROMOTE, -1, 0);
    }
}
