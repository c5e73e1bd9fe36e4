/*
 * check_verb.c - what the operator may say when, and what it does.
 *
 * A verb that is refused changes nothing; one that is told all the same neither.
 */
#include "sim/check_state.h"

enum run_state
check_state(const struct check *k)
{
    if (k->finished) {
        return RUN_OVER;
    }
    if (k->halt == HALT_KILL) {
        return RUN_KILLING;
    }
    if (k->rolling) {
        return RUN_ROLLING_BACK;
    }
    if (k->halt != HALT_NONE) {
        return RUN_DRAINING;
    }
    if (k->paused) {
        return RUN_PAUSED;
    }
    return k->phase == WAVE_PROMOTE ? RUN_PROMOTING : RUN_RUNNING;
}

/* One row a verb: running, promoting, paused, draining, killing, rolling back, over. */
static const char allowed[VERBS][RUN_STATES + 1] = {
    [VERB_PAUSE] = "y------", [VERB_CONTINUE] = "--y----", [VERB_PROMOTE] = "-y-----",
    [VERB_ABORT] = "yyyy-y-", [VERB_KILL] = "yyyy-y-",     [VERB_ROLLBACK] = "yyyy---",
    [VERB_SKIP] = "yyy----",  [VERB_RETRY] = "yyy----",    [VERB_WORKERS] = "yyyy-y-",
};

bool
check_allows(const struct check *k, const struct fact *f)
{
    if ((unsigned)f->verb >= VERBS || allowed[f->verb][check_state(k)] != 'y') {
        return false;
    }
    const bool known = f->host >= 0 && f->host < k->host_count;
    const struct check_host *h = known ? &k->hosts[f->host] : NULL;

    switch (f->verb) {
    case VERB_SKIP:
        return known && (h->outcome == OUTCOME_UNTOUCHED || h->queued);
    case VERB_RETRY:
        return known && !h->flying && !h->queued &&
               (outcome_is_bad(h->outcome) || h->outcome == OUTCOME_CANCELLED);
    case VERB_ROLLBACK:
        return k->c->rollback_count > 0;
    case VERB_WORKERS:
        return k->c->policy.strategy != STRATEGY_SEQUENTIAL && f->value >= 0 &&
               f->value <= POLICY_WORKERS_MAX;
    case VERB_PAUSE:
    case VERB_CONTINUE:
    case VERB_PROMOTE:
    case VERB_ABORT:
    case VERB_KILL:
        break;
    }
    return true;
}

static void
skip(struct check *k, struct check_host *h)
{
    if (h->queued) {
        h->queued = false;
        k->queued--;
        return;
    }
    check_outcome(k, h, OUTCOME_SKIPPED);
    check_ahead_skip(k, h);
    check_pass_untouched(k);
    k->wave_left -= h->wave == k->wave && k->phase == WAVE_OPEN;
}

static void
retry(struct check *k, struct check_host *h)
{
    check_reset_budget(k);
    check_wave_reopen(k);
    h->queued = true;
    k->queued++;
}

/* Nothing was done for it, and nothing will be but its finally list. */
static void
cancel_unsent(struct check *k, struct check_host *h)
{
    if (h->rolling || h->killed || h->dropped || h->stage != STAGE_STEPS || h->ever_connected ||
        h->ever_sent || (h->open != OPEN_NONE && h->open != OPEN_CONNECT)) {
        return;
    }
    if (h->open == OPEN_CONNECT) {
        h->dropped = h->must_close = true;
    } else {
        check_decide(k, h, OUTCOME_CANCELLED);
    }
}

static void
kill_host(struct check *k, struct check_host *h)
{
    if (h->killed) {
        return;
    }
    h->killed = true;
    h->in_line = check_held(k, h); /* it keeps its place there */
    h->must_close = h->closing == 0 && (h->open != OPEN_NONE || h->connected);
    if (h->stage != STAGE_FINALLY && h->open == OPEN_NONE) {
        h->in_line = false;
        check_decide_killed(k, h);
    } else if (h->stage == STAGE_FINALLY) {
        h->waiting = false;
    }
}

static void
end_bake(struct check *k, struct check_host *h)
{
    if (h->stage == STAGE_BAKE) {
        check_bake_end(k, h);
    }
}

static void
each_in_flight(struct check *k, void (*what)(struct check *k, struct check_host *h))
{
    for (int32_t i = 0; i < k->host_count && k->active > 0; i++) {
        struct check_host *h = &k->hosts[k->host_at[i]];
        if (h->flying) {
            what(k, h);
        }
    }
}

static void
stop(struct check *k, enum verb verb)
{
    k->by_operator = true;
    switch (verb) {
    case VERB_ABORT:
        check_halt(k, HALT_ABORT);
        k->roll_back = k->rolling && k->roll_back;
        k->roll_stopped = k->rolling;
        each_in_flight(k, cancel_unsent);
        each_in_flight(k, end_bake);
        break;
    case VERB_KILL:
        check_halt(k, HALT_KILL);
        each_in_flight(k, kill_host);
        break;
    case VERB_ROLLBACK:
        check_halt(k, HALT_ROLLBACK);
        k->roll_back = true;
        each_in_flight(k, cancel_unsent);
        each_in_flight(k, end_bake);
        break;
    case VERB_PAUSE:
    case VERB_CONTINUE:
    case VERB_PROMOTE:
    case VERB_SKIP:
    case VERB_RETRY:
    case VERB_WORKERS:
        break;
    }
}

void
check_verb(struct check *k, const struct fact *f)
{
    if (!check_allows(k, f)) {
        return;
    }
    switch (f->verb) {
    case VERB_PAUSE:
        check_pause(k);
        break;
    case VERB_CONTINUE:
        check_reset_budget(k);
        check_unpause(k);
        check_wave_continue(k);
        break;
    case VERB_PROMOTE:
        check_promoted(k);
        break;
    case VERB_ABORT:
    case VERB_KILL:
    case VERB_ROLLBACK:
        stop(k, f->verb);
        break;
    case VERB_SKIP:
        skip(k, &k->hosts[f->host]);
        break;
    case VERB_RETRY:
        retry(k, &k->hosts[f->host]);
        break;
    case VERB_WORKERS:
        k->width = f->value == 0 ? 1 : (int32_t)f->value;
        break;
    }
}
