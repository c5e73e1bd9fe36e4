/*
 * narrate_reason.c - why a step, a host or a rollback did not end well, in words.
 *
 * Decides which fact is the reason: the first bad outcome stands, and so does what led to it.  Owns
 * the reasons of the hosts.  Tells nobody.
 */
#include "app/narrate.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char killed[] = "killed, may still run";

/* The last line of what the step said on stderr. */
static void
add_tail(struct buf *out, const struct run_host *h)
{
    size_t end = h->tail_len;
    size_t begin = 0;

    while (end > 0 && (h->tail[end - 1] == '\n' || h->tail[end - 1] == '\r')) {
        end--;
    }
    for (begin = end; begin > 0 && h->tail[begin - 1] != '\n'; begin--) {}
    if (end > begin) {
        (void)buf_adds(out, ": ");
        (void)buf_add(out, h->tail + begin, end - begin);
    }
}

void
reason_add_some(struct buf *out, const char *text)
{
    (void)buf_add(out, text, strnlen(text, PART_BYTES_MAX));
}

bool
reason_was_asked(const struct run_host *h)
{
    return h->list == LIST_CHECKS && run_step_of(h->run, h)->rule.local;
}

bool
reason_has_ended(const struct fact *f)
{
    const bool may = f->kind == FACT_FINALLY_DONE || f->kind == FACT_PROBE_PASSED ||
                     f->kind == FACT_PROBE_FAILED;

    return f->kind == FACT_STEP_DONE || (may && f->cause == CAUSE_NONE);
}

void
reason_add_end(struct buf *out, const struct run_host *h, const struct fact *fact,
               const char *reason)
{
    const bool ended = reason_has_ended(fact);

    if (h->error != NULL && ended && fact->signal == 0) {
        reason_add_some(out, h->error);
        return;
    }
    if (fact->kind == FACT_STEP_UNKNOWN && fact->cause == CAUSE_KILLED && !h->target.local) {
        (void)buf_adds(out, "killed, may still run: ");
    }
    if (!ended || reason_was_asked(h)) {
        reason_add_some(out, reason == NULL ? cause_name(fact->cause) : reason);
        return;
    }
    if (fact->signal != 0) {
        (void)buf_addf(out, "signal %d", (int)fact->signal);
    } else {
        (void)buf_addf(out, "exit %d", (int)fact->exit_code);
    }
    if (reason != NULL) {
        (void)buf_adds(out, " (");
        reason_add_some(out, reason);
        (void)buf_addc(out, ')');
    }
    add_tail(out, h);
}

static const struct plan_step *
rule_of(const struct run *run, const struct run_host *h)
{
    switch (h->list) {
    case LIST_STEPS:
        return plan_step(run->plan, h->step);
    case LIST_FINALLY:
        return plan_finally_step(run->plan, h->step);
    case LIST_ROLLBACK:
        return plan_rollback_step(run->plan, h->step);
    case LIST_CHECKS:
        break;
    }
    assert(false && "a list of steps");
    return NULL;
}

enum outcome
reason_step_outcome(const struct run *run, const struct run_host *h, const struct fact *f)
{
    if (f->kind == FACT_STEP_UNKNOWN) {
        return OUTCOME_UNKNOWN;
    }
    if (f->kind == FACT_STEP_SKIPPED || (f->kind == FACT_PROBE_PASSED && f->value != 0)) {
        return OUTCOME_SKIPPED;
    }
    if (h->list == LIST_CHECKS) {
        return f->kind == FACT_PROBE_PASSED ? OUTCOME_OK : OUTCOME_FAILED;
    }
    return f->cause == CAUSE_NONE && f->signal == 0 &&
                   plan_step_accepts(rule_of(run, h), f->exit_code)
               ? OUTCOME_OK
               : OUTCOME_FAILED;
}

/* "step 1/3 Switch: " */
static void
add_step(struct buf *out, const struct run *run, const struct run_host *h)
{
    static const char *const words[] = {[LIST_STEPS] = "step",
                                        [LIST_FINALLY] = "finally",
                                        [LIST_CHECKS] = "check",
                                        [LIST_ROLLBACK] = "rollback"};
    _Static_assert(sizeof(words) / sizeof(words[0]) == STEP_LISTS, "a word a list");

    (void)buf_addf(out, "%s %d/%d ", words[h->list], (int)h->step + 1,
                   (int)run_list_count(run, h->list));
    reason_add_some(out, run_step_of(run, h)->name);
    (void)buf_adds(out, ": ");
}

/* Of the gate of this round; who is looked at later is not tried again and again for one end. */
static void
add_tries(struct buf *out, const struct run_host *h, const struct fact *f)
{
    const int32_t tries = h->try_base < 0 || h->slot < 0 ? 0 : f->attempt - h->try_base;

    if (f->kind == FACT_PROBE_FAILED && tries > 1) {
        (void)buf_addf(out, " (%d tries)", (int)tries);
    }
}

/* What the fact says is wrong; NULL: nothing is. */
static char *
text_of(const struct run *run, const struct fact *f, const char *reason)
{
    const struct run_host *h = &run->hosts[f->host];
    struct buf text;

    buf_init(&text, REASON_BYTES_MAX);
    if (f->kind == FACT_CONNECT_FAILED || f->kind == FACT_THROTTLED ||
        f->kind == FACT_CONNECTION_LOST) {
        (void)buf_adds(&text, h->try_base >= 0 ? "gate: " : "");
        (void)buf_adds(&text, reason == NULL ? cause_name(f->cause) : reason);
    } else if (f->kind != FACT_PROBE_PASSED && reason_step_outcome(run, h, f) != OUTCOME_OK) {
        add_step(&text, run, h);
        reason_add_end(&text, h, f, reason);
        add_tries(&text, h, f);
    }
    char *kept = text.len == 0 ? NULL : xstrdup(text.data);
    buf_release(&text);
    return kept;
}

/* In a rollback the outcome stays, and so does its reason.  What fails first is why it failed; but
 * a step that is tried again and is good takes its word back. */
static void
keep_back_reason(struct run *run, const struct fact *f, const char *reason)
{
    struct run_host *h = &run->hosts[f->host];

    if (f->kind == FACT_FINALLY_DONE && h->back_reason != NULL) {
        return;
    }
    free(h->back_reason);
    h->back_reason = text_of(run, f, reason);
}

static void
keep_reason(struct run *run, const struct fact *f, const char *reason)
{
    struct run_host *h = &run->hosts[f->host];
    const enum outcome outcome = rollout_host(run->rollout, f->host).outcome;
    const bool late = h->slot < 0 && outcome == OUTCOME_OK;

    if (h->rolling) {
        keep_back_reason(run, f, reason);
        return;
    }
    if (outcome == OUTCOME_UNTOUCHED) {
        free(h->ahead_reason);
        h->ahead_reason = text_of(run, f, reason);
        return;
    }
    if (outcome != OUTCOME_RUNNING && !late) {
        return; /* the first bad outcome stands, and so does its reason */
    }
    free(h->reason);
    h->reason = text_of(run, f, reason);
}

/* A step that ended, however, may have changed something. */
static void
note_change(struct run *run, const struct fact *f)
{
    struct run_host *h = &run->hosts[f->host];

    if (h->list == LIST_STEPS && !plan_step(run->plan, h->step)->looks) {
        h->changed = true;
    }
}

/* Called before the orders of the same turn are journaled: the reason of a host must be known by
 * the time its end is written. */
void
narrate_note(struct run *run, const struct fact *f, const char *reason)
{
    switch (f->kind) {
    case FACT_STEP_DONE:
    case FACT_STEP_UNKNOWN:
        note_change(run, f);
        keep_reason(run, f, reason);
        break;
    case FACT_CONNECT_FAILED:
    case FACT_THROTTLED:
    case FACT_STEP_NOT_STARTED:
    case FACT_PROBE_PASSED:
    case FACT_PROBE_FAILED:
    case FACT_FINALLY_DONE:
        keep_reason(run, f, reason);
        break;
    case FACT_CONNECTION_LOST:
        if (rollout_host(run->rollout, f->host).outcome == OUTCOME_UNTOUCHED) {
            keep_reason(run, f, reason); /* else the step under way, if any, has said it */
        }
        break;
    case FACT_CONNECTED:
    case FACT_STEP_SENT:
    case FACT_STEP_SKIPPED:
    case FACT_TICK:
    case FACT_DISCONNECTED:
    case FACT_VERB:
    case FACT_RESUMED:
    case FACT_VERDICT:
        break;
    }
}

char *
narrate_begin(struct run *run, int32_t host, const struct rollout_host *now)
{
    struct run_host *h = &run->hosts[host];
    char *ahead = h->ahead_reason;

    free(h->reason);
    h->reason = NULL;
    h->ahead_reason = NULL;
    if (now->outcome == OUTCOME_RUNNING) {
        return ahead;
    }
    if (ahead != NULL) { /* why it failed in no time */
        h->reason = xasprintf("%s (ahead of its start)", ahead);
        free(ahead);
    }
    return NULL;
}

/* One that fails without a word was killed. */
const char *
narrate_back_reason(const struct run *run, int32_t host)
{
    const char *known = run->hosts[host].back_reason;

    return known != NULL ? known : killed;
}

static const char *
why_cancelled(const struct run *run, enum cause cause, struct buf *scratch)
{
    if (cause == CAUSE_SWITCH) {
        return "not switched";
    }
    (void)buf_addf(scratch, "%s before a step was sent", halt_text(rollout_halt(run->rollout)));
    return scratch->data;
}

const char *
narrate_reason(const struct run *run, int32_t host, struct buf *scratch)
{
    const struct rollout_host r = rollout_host(run->rollout, host);
    const struct run_host *h = &run->hosts[host];

    if (r.outcome == OUTCOME_OK) {
        return "";
    }
    if (r.outcome == OUTCOME_UNTOUCHED) {
        return halt_text(rollout_halt(run->rollout));
    }
    if (r.outcome == OUTCOME_SKIPPED) {
        return "by the operator";
    }
    if (r.outcome == OUTCOME_CANCELLED) {
        return why_cancelled(run, r.cause, scratch);
    }
    if (h->reason == NULL) {
        (void)buf_adds(scratch, r.cause == CAUSE_KILLED ? killed : cause_name(r.cause));
        return scratch->data;
    }
    return h->reason;
}
