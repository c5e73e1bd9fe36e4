/*
 * check_fact.c - what each fact makes of its host: connecting, steps, the finally list, sessions.
 *
 * Decides outcomes and what is tried again.  Facts that do not fit what is under way change
 * nothing.
 */
#include "sim/check_state.h"

/* Up to a quarter of it is added as jitter. */
static void
wait_with_jitter(struct check *k, struct check_host *h, int64_t delay_ms)
{
    check_wait(k, h, delay_ms, delay_ms + delay_ms / 4);
}

void
check_session(struct check_host *h, bool local, const struct fact *f)
{
    if (!local && (f->cause == CAUSE_LOST || f->cause == CAUSE_DEADLINE || f->cause == CAUSE_IDLE ||
                   f->cause == CAUSE_KILLED)) {
        h->connected = false;
    }
}

/* The outcome of its round is known; what is left is the finally list. */
void
check_decide(struct check *k, struct check_host *h, enum outcome outcome)
{
    check_leave(k, h, false);
    k->baking -= h->stage == STAGE_BAKE;
    h->result = outcome;
    h->stage = STAGE_FINALLY;
    h->step = 0;
    h->waiting = false;
    if (outcome_is_bad(outcome) && !h->rolling) {
        check_count(k, h);
    }
}

void
check_decide_killed(struct check *k, struct check_host *h)
{
    check_decide(k, h,
                 h->rolling     ? OUTCOME_FAILED
                 : h->ever_sent ? OUTCOME_UNKNOWN
                                : OUTCOME_CANCELLED);
}

/* ---- connecting */

static bool
may_connect_again(const struct check *k, const struct check_host *h, const struct fact *f)
{
    static const bool helps[CAUSES] = {
        [CAUSE_NAME_TEMPORARY] = true,
        [CAUSE_CONNECT] = true,
        [CAUSE_KEX] = true,
        [CAUSE_LOST] = true,
    };
    const bool asked = f->kind == FACT_THROTTLED || (k->c->policy.retry_connect && helps[f->cause]);

    return asked && h->round_connects <= k->c->policy.retries_max;
}

static void
back_off(struct check *k, struct check_host *h)
{
    int64_t delay_ms = k->c->policy.retry_delay_ms;

    for (int32_t i = 1; i < h->round_connects && delay_ms < 60000; i++) {
        delay_ms *= 2;
    }
    wait_with_jitter(k, h, delay_ms < 60000 ? delay_ms : 60000);
}

void
check_connect_failed(struct check *k, struct check_host *h, const struct fact *f)
{
    if (h->stage == STAGE_FINALLY) {
        return; /* its step is ordered all the same */
    }
    if (h->killed) {
        check_decide_killed(k, h);
    } else if (h->stage != STAGE_STEPS) {
        check_try_failed(k, h);
    } else if (may_connect_again(k, h, f)) {
        back_off(k, h);
    } else {
        if (f->cause == CAUSE_AUTH && f->kind == FACT_CONNECT_FAILED && ++k->denials >= 3 &&
            !k->rolling) {
            check_halt(k, HALT_BREAKER);
        }
        check_decide(k, h, h->unsure ? OUTCOME_UNKNOWN : OUTCOME_UNREACHABLE);
    }
}

static void
connect_ended(struct check *k, struct check_host *h, const struct fact *f)
{
    h->open = OPEN_NONE;
    if (f->kind == FACT_CONNECTED) {
        k->denials = 0;
        h->ever_connected = true;
    }
    if (h->breaking) {
        return; /* until it is closed */
    }
    if (h->dropped) {
        h->dropped = false;
        check_decide(k, h, OUTCOME_CANCELLED);
        return;
    }
    if (f->kind != FACT_CONNECTED) {
        check_connect_failed(k, h, f);
        return;
    }
    h->connected = h->was_connected = true;
    if (h->killed && h->stage != STAGE_FINALLY) {
        check_decide_killed(k, h);
    }
}

/* ---- steps */

bool
check_code_fine(const struct plan_step *s, const struct fact *f)
{
    bool listed = false;

    for (size_t i = 0; i < sizeof(s->ok_codes); i++) {
        listed |= s->ok_codes[i] != 0;
    }
    if (f->signal != 0 || f->exit_code < 0 || f->exit_code > 255) {
        return false;
    }
    return listed ? (s->ok_codes[f->exit_code / 8] & 1 << f->exit_code % 8) != 0
                  : f->exit_code == 0;
}

/* A host that comes to the switch in a run that was halted meanwhile is not switched. */
static void
switch_in_halt(struct check *k, struct check_host *h)
{
    if (k->halt != HALT_NONE && !h->rolling && k->wave == 0 && h->step == k->switch_step) {
        check_decide(k, h, OUTCOME_CANCELLED);
    }
}

void
check_step_good(struct check *k, struct check_host *h)
{
    const bool last = h->step + 1 == check_list_count(k, check_list_of(h));

    check_leave(k, h, true);
    h->unsure = h->refused = h->sent_now = h->repeats = false;
    h->retried = 0;
    if (h->killed && (!last || k->checks > 0)) {
        check_decide_killed(k, h);
    } else if (last) {
        check_gate_begin(k, h);
    } else {
        h->step++;
        switch_in_halt(k, h);
    }
}

static void
note_sent(struct check_host *h, const struct plan_step *s)
{
    h->ever_sent = true;
    h->may_differ |= !s->looks && !h->rolling;
}

static void
step_bad(struct check *k, struct check_host *h, const struct plan_step *s, const struct fact *f)
{
    const bool done = f->kind == FACT_STEP_DONE;

    h->unsure = !done;
    if (h->killed) {
        check_decide_killed(k, h);
    } else if (s->idempotent && h->retried < s->retries) {
        h->retried++;
        wait_with_jitter(k, h, s->delay_ms);
    } else if (done && s->ignore_errors) {
        check_step_good(k, h);
    } else {
        check_decide(k, h, done ? OUTCOME_FAILED : OUTCOME_UNKNOWN);
    }
}

static void
not_started(struct check *k, struct check_host *h, const struct fact *f)
{
    h->repeats = true;
    if (h->killed) {
        check_decide_killed(k, h);
    } else if (f->cause == CAUSE_REFUSED && !h->refused) {
        h->refused = true;
        wait_with_jitter(k, h, k->c->policy.retry_delay_ms);
    } else if (f->cause == CAUSE_LOST && may_connect_again(k, h, f)) {
        back_off(k, h);
    } else {
        check_decide(k, h,
                     h->unsure                ? OUTCOME_UNKNOWN
                     : f->cause == CAUSE_LOST ? OUTCOME_UNREACHABLE
                                              : OUTCOME_FAILED);
    }
}

static void
step_fact(struct check *k, struct check_host *h, const struct fact *f)
{
    const struct plan_step *s = check_step_of(k, check_list_of(h), h->step);

    if (f->kind == FACT_STEP_SENT) {
        h->sent_now = h->ever_sent = true;
        return;
    }
    h->open = OPEN_NONE;
    if (f->kind == FACT_STEP_SKIPPED) {
        check_step_good(k, h);
        return;
    }
    if (f->kind == FACT_STEP_NOT_STARTED) {
        check_session(h, s->local, f);
        not_started(k, h, f);
        return;
    }
    note_sent(h, s);
    if (f->kind == FACT_STEP_DONE && check_code_fine(s, f)) {
        check_step_good(k, h);
        return;
    }
    if (f->kind == FACT_STEP_UNKNOWN) {
        check_session(h, s->local, f);
    }
    step_bad(k, h, s, f);
}

/* ---- the finally list */

static void
finally_done(struct check *k, struct check_host *h, const struct fact *f)
{
    const struct plan_step *s = &k->c->finally_steps[h->step];
    const bool fine = f->cause == CAUSE_NONE && check_code_fine(s, f);

    check_session(h, s->local, f);
    check_leave(k, h, true);
    h->open = OPEN_NONE;
    h->step++;
    if (!fine && !s->ignore_errors && h->result == OUTCOME_OK) {
        h->result = OUTCOME_FAILED;
        if (!h->rolling) {
            check_count(k, h);
        }
    }
}

/* ---- sessions */

static void
session_gone(struct check *k, struct check_host *h, const struct fact *f)
{
    h->connected = false;
    if (f->kind != FACT_DISCONNECTED) {
        return;
    }
    h->closing -= h->closing > 0;
    if (h->breaking) {
        h->open = OPEN_NONE;
        check_watch_broken(k, h);
    } else if (h->dropped) {
        h->open = OPEN_NONE;
        h->dropped = false;
        check_decide(k, h, OUTCOME_CANCELLED);
    } else if (h->killed && (h->open == OPEN_CONNECT || h->open == OPEN_PROBE)) {
        h->open = OPEN_NONE;
        if (h->stage != STAGE_FINALLY) {
            check_decide_killed(k, h);
        }
    }
}

/* The answer to the order that is open. */
static bool
fits(const struct check_host *h, const struct fact *f)
{
    switch (f->kind) {
    case FACT_CONNECTED: /* one that is to be closed already is not worth anything */
        return h->open == OPEN_CONNECT && f->attempt == h->connects && h->closing == 0;
    case FACT_CONNECT_FAILED:
    case FACT_THROTTLED:
        return h->open == OPEN_CONNECT && f->attempt == h->connects;
    case FACT_STEP_SENT:
    case FACT_STEP_DONE:
    case FACT_STEP_SKIPPED:
    case FACT_STEP_NOT_STARTED:
    case FACT_STEP_UNKNOWN:
        return h->open == OPEN_STEP && f->step == h->step && f->attempt == h->attempt;
    case FACT_FINALLY_DONE:
        return h->open == OPEN_FINALLY && f->step == h->step && f->attempt == h->round;
    case FACT_PROBE_PASSED:
    case FACT_PROBE_FAILED:
        return h->open == OPEN_PROBE && f->step == h->check && f->attempt == h->probes;
    case FACT_DISCONNECTED:
    case FACT_CONNECTION_LOST:
        return true;
    case FACT_TICK:
    case FACT_VERB:
    case FACT_RESUMED:
    case FACT_VERDICT:
        break;
    }
    return false;
}

static void
probe_fact(struct check *k, struct check_host *h, const struct fact *f)
{
    h->open = OPEN_NONE;
    if (f->kind == FACT_PROBE_FAILED) {
        check_session(h, k->c->checks[h->check].local, f);
    }
    if (h->breaking) {
        return; /* until it is closed */
    }
    if (h->killed) {
        check_decide_killed(k, h);
    } else if (f->kind == FACT_PROBE_FAILED) {
        check_try_failed(k, h);
    } else if (h->check + 1 < k->checks) {
        h->check++;
    } else {
        check_try_passed(k, h);
    }
}

void
check_host_fact(struct check *k, int32_t host, const struct fact *f)
{
    struct check_host *h = &k->hosts[host];

    if (check_ahead_fact(k, h, f) || !fits(h, f)) {
        return;
    }
    if (f->kind == FACT_DISCONNECTED || f->kind == FACT_CONNECTION_LOST) {
        session_gone(k, h, f);
    } else if (h->watching) {
        check_watch_fact(k, host, f);
    } else if (h->open == OPEN_CONNECT) {
        connect_ended(k, h, f);
    } else if (h->open == OPEN_PROBE) {
        probe_fact(k, h, f);
    } else if (h->open == OPEN_FINALLY) {
        finally_done(k, h, f);
    } else {
        step_fact(k, h, f);
    }
}
