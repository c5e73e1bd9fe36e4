/*
 * narrate.c - tells debug.log and the screen what happened, after it is durable.
 *
 * The texts of debug.log are promises to users' scripts: docs/events.md.  Here are the run and its
 * hosts; narrate_run.c has waves and the operator, narrate_step.c steps, narrate_reason.c why.
 * Decides nothing.
 */
#include "app/narrate.h"

#include "base/duration.h"
#include "base/nodeset.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct event
narrate_event(const struct run *run, enum event_type type)
{
    struct event e = event_make(type, run_wall_ms());

    e.run = journal_run_id(run->journal);
    e.env = run->request->env;
    e.action = run->action->name;
    return e;
}

struct event
narrate_host_event(const struct run *run, enum event_type type, int32_t host)
{
    const struct run_host *h = &run->hosts[host];
    struct event e = narrate_event(run, type);

    e.host = run->names[host];
    e.host_index = host;
    e.slot = h->slot;
    if (plan_has_waves(run->plan)) {
        e.waves = plan_wave_count(run->plan);
        e.wave = h->switched ? e.waves : plan_wave_of(run->plan, host) + 1;
    }
    return e;
}

void
narrate_mode(struct debuglog *log, const char *suffix, const struct policy *policy, bool given)
{
    const int workers = (int)policy->workers;
    const char *why = workers > 0 ? "strategy is sequential"
                      : given     ? "max_parallel_workers is 0"
                                  : "max_parallel_workers is absent";

    debuglog_line(log, TAG, suffix, "Max workers set to %d (0=sequential, >0=parallel)", workers);
    if (workers == 0 || policy->strategy == STRATEGY_SEQUENTIAL) {
        debuglog_line(log, TAG, suffix, "Running in SEQUENTIAL mode (%s)", why);
    } else {
        debuglog_line(log, TAG, suffix, "Running in PARALLEL mode with %d workers", workers);
    }
}

/* Of ssh_config, under -v. */
static void
tell_notes(struct run *run)
{
    for (size_t i = 0; run->request->verbose && i < run->notes.count; i++) {
        struct event e = narrate_event(run, EVENT_MESSAGE);
        e.text = run->notes.items[i];
        e.reason = e.text;
        SAY(run, "Note: %s", e.text);
        sink_event(run->request->sink, &e);
    }
}

void
narrate_start(struct run *run)
{
    const char *action = run->action->name;

    run->workers = run->policy.workers;
    narrate_mode(run->debuglog, run->suffix, &run->policy,
                 run->request->workers >= 0 || run->request->settings->workers_given);
    for (int32_t i = 0; i < run->host_count; i++) {
        SAY(run, "Queueing action%s: %s for server %s", run->sequential ? "" : " for workers",
            action, run->names[plan_host_at(run->plan, i)]);
    }
    for (; run->workers_said < plan_slot_count(run->plan) && !run->sequential;
         run->workers_said++) {
        SAY(run, "Worker %d started", (int)run->workers_said);
    }
    struct event e = narrate_event(run, EVENT_RUN_STARTED);
    e.hosts = run->names;
    e.host_count = run->host_count;
    e.workers = run->policy.workers;
    e.strategy = strategy_name(run->policy.strategy);
    e.waves = plan_has_waves(run->plan) ? plan_wave_count(run->plan) : 0;
    e.step_count = (int32_t)run->step_count;
    e.plan = run->plan;
    sink_event(run->request->sink, &e);
    tell_notes(run);
}

/* ---------------------------------------------------------------- hosts */

static void
host_enters(struct run *run, const struct order *o)
{
    struct run_host *h = &run->hosts[o->host];

    h->slot = o->slot;
    h->try_base = h->attempt_base = -1;
    run->active++;
}

static void
host_started(struct run *run, const struct order *o, const struct due_note *note)
{
    host_enters(run, o);
    if (run->sequential) {
        SAY(run, "Sequential processing: %s for server %s", run->action->name, run->names[o->host]);
    } else {
        SAY(run, "Worker %d processing: %s for server %s (active: %d/%d)", (int)o->slot,
            run->action->name, run->names[o->host], (int)run->active, (int)run->workers);
    }
    if (note->reason != NULL) {
        SAY(run, "Connecting again: %s for server %s (ahead of its start: %s)", run->action->name,
            run->names[o->host], note->reason);
    }
    const struct event e = narrate_host_event(run, EVENT_HOST_STARTED, o->host);
    sink_event(run->request->sink, &e);
}

static void
host_finished(struct run *run, const struct order *o, const struct due_note *note)
{
    const struct rollout_host *r = &note->host;
    const int64_t took_ms = note->at_ms - note->round_ms;
    const char *reason = note->reason == NULL ? "" : note->reason;
    const char *colon = note->reason == NULL ? "" : ": ";
    char took[32];

    duration_format(took_ms, took, sizeof(took));
    if (run->sequential) {
        SAY(run, "Sequential completed: %s for %s in %s %s%s%s", run->action->name,
            run->names[o->host], took, outcome_name(r->outcome), colon, reason);
    } else {
        SAY(run, "Worker %d completed: %s for %s in %s %s%s%s", (int)o->slot, run->action->name,
            run->names[o->host], took, outcome_name(r->outcome), colon, reason);
    }
    struct event e = narrate_host_event(run, EVENT_HOST_FINISHED, o->host);
    e.outcome = outcome_name(r->outcome);
    e.reason = note->reason;
    e.duration_ms = took_ms;
    e.signal = r->signal;
    e.exit_code = r->outcome == OUTCOME_OK ? 0 : r->exit_code > 0 ? r->exit_code : -1;
    sink_event(run->request->sink, &e);
}

static void
rollback_started(struct run *run, const struct order *o)
{
    if (!run->back_told) {
        narrate_rolling_back(run);
    }
    host_enters(run, o);
    if (run->sequential) {
        SAY(run, "Sequential processing: rollback for server %s", run->names[o->host]);
    } else {
        SAY(run, "Worker %d processing: rollback for server %s (active: %d/%d)", (int)o->slot,
            run->names[o->host], (int)run->active, (int)run->workers);
    }
    const struct event e = narrate_host_event(run, EVENT_ROLLBACK_STARTED, o->host);
    sink_event(run->request->sink, &e);
}

static void
rollback_finished(struct run *run, const struct order *o, const struct due_note *note)
{
    const bool ok = note->host.rollback == ROLLBACK_DONE;
    const char *word = outcome_name(ok ? OUTCOME_OK : OUTCOME_FAILED);
    const char *reason = ok ? "" : narrate_back_reason(run, o->host);
    const char *colon = ok ? "" : ": ";
    const int64_t took_ms = note->at_ms - note->round_ms;
    char took[32];

    duration_format(took_ms, took, sizeof(took));
    if (run->sequential) {
        SAY(run, "Sequential completed: rollback for %s in %s %s%s%s", run->names[o->host], took,
            word, colon, reason);
    } else {
        SAY(run, "Worker %d completed: rollback for %s in %s %s%s%s", (int)o->slot,
            run->names[o->host], took, word, colon, reason);
    }
    struct event e = narrate_host_event(run, EVENT_ROLLBACK_FINISHED, o->host);
    e.outcome = word;
    e.reason = ok ? NULL : reason;
    e.duration_ms = took_ms;
    sink_event(run->request->sink, &e);
}

static void
host_leaves(struct run *run, const struct order *o, const struct due_note *note)
{
    struct run_host *h = &run->hosts[o->host];

    run->active--;
    if (h->rolling) {
        rollback_finished(run, o, note);
    } else {
        host_finished(run, o, note);
    }
    h->slot = -1;
}

static void
host_parked(struct run *run, const struct order *o, const struct due_note *note)
{
    const int64_t took_ms = note->at_ms - note->round_ms;
    char took[32];

    duration_format(took_ms, took, sizeof(took));
    if (run->sequential) {
        SAY(run, "Sequential prepared: %s for %s in %s", run->action->name, run->names[o->host],
            took);
    } else {
        SAY(run, "Worker %d prepared: %s for %s in %s", (int)o->slot, run->action->name,
            run->names[o->host], took);
    }
    struct event e = narrate_host_event(run, EVENT_HOST_PARKED, o->host);
    e.duration_ms = took_ms;
    sink_event(run->request->sink, &e);
    run->active--;
    run->hosts[o->host].prepared = true;
    run->hosts[o->host].slot = -1;
}

/* One that is not to be switched any more takes a slot for its end alone. */
static void
host_switching(struct run *run, const struct order *o, const struct due_note *note)
{
    host_enters(run, o);
    if (note->host.outcome != OUTCOME_RUNNING) {
        return;
    }
    if (run->sequential) {
        SAY(run, "Sequential switching: %s for server %s", run->action->name, run->names[o->host]);
    } else {
        SAY(run, "Worker %d switching: %s for server %s (active: %d/%d)", (int)o->slot,
            run->action->name, run->names[o->host], (int)run->active, (int)run->workers);
    }
    struct event e = narrate_host_event(run, EVENT_HOST_SWITCHING, o->host);
    e.wave = plan_wave_count(run->plan);
    sink_event(run->request->sink, &e);
}

static void
host_late(struct run *run, int32_t host, const struct due_note *note)
{
    SAY(run, "Unhealthy: %s for %s after ok: %s", run->action->name, run->names[host],
        note->reason == NULL ? "" : note->reason);
    struct event e = narrate_host_event(run, EVENT_HOST_LATE, host);
    e.outcome = outcome_name(OUTCOME_FAILED);
    e.reason = note->reason;
    sink_event(run->request->sink, &e);
}

void
narrate_order(struct run *run, const struct order *o, const struct due_note *note)
{
    switch (o->kind) {
    case ORDER_START:
        host_started(run, o, note);
        break;
    case ORDER_RELEASE:
        host_leaves(run, o, note);
        break;
    case ORDER_PARK:
        host_parked(run, o, note);
        break;
    case ORDER_UNPARK:
        host_switching(run, o, note);
        break;
    case ORDER_ROLLBACK:
        rollback_started(run, o);
        break;
    case ORDER_OUTCOME:
        host_late(run, o->host, note);
        break;
    case ORDER_RUN_STEP:
    case ORDER_FINALLY:
    case ORDER_PROBE:
        narrate_step(run, o);
        break;
    case ORDER_WAVE_BEGIN:
        narrate_wave_begin(run, (int32_t)o->value);
        break;
    case ORDER_WAVE_END:
        narrate_wave_end(run, (int32_t)o->value);
        break;
    case ORDER_CONNECT:
    case ORDER_DISCONNECT:
    case ORDER_WAIT:
    case ORDER_FINISH:
        break;
    }
}

void
narrate_fact(struct run *run, const struct letter *l)
{
    if (l->refused != NULL) {
        return;
    }
    switch (l->fact.kind) {
    case FACT_STEP_DONE:
    case FACT_STEP_SKIPPED:
    case FACT_STEP_NOT_STARTED:
    case FACT_STEP_UNKNOWN:
    case FACT_PROBE_PASSED:
    case FACT_PROBE_FAILED:
    case FACT_FINALLY_DONE:
        narrate_step_end(run, &l->fact, l->reason);
        break;
    case FACT_VERB:
        narrate_verb(run, &l->fact, l->reason);
        break;
    case FACT_CONNECTED:
    case FACT_CONNECT_FAILED:
    case FACT_THROTTLED:
    case FACT_STEP_SENT:
    case FACT_TICK:
    case FACT_DISCONNECTED:
    case FACT_CONNECTION_LOST:
    case FACT_RESUMED:
    case FACT_VERDICT:
        break;
    }
}

void
narrate_warning(struct run *run, const char *host, const char *text)
{
    struct event e = narrate_event(run, EVENT_WARNING);
    struct buf shown;

    buf_init(&shown, RUN_OUTPUT_MAX);
    (void)redact_text(run->redact, text, strlen(text), &shown);
    e.host = host;
    e.text = shown.data;
    e.reason = shown.data;
    SAY(run, "Warning: %s%s%s", host == NULL ? "" : host, host == NULL ? "" : ": ", shown.data);
    sink_event(run->request->sink, &e);
    run_show(run);
    buf_release(&shown);
}

/* ---------------------------------------------------------------- the end */

static void
never_started(struct run *run)
{
    for (int32_t i = 0; i < run->host_count; i++) {
        const int32_t host = plan_host_at(run->plan, i);
        const struct rollout_host r = rollout_host(run->rollout, host);
        struct buf scratch;
        if (r.started_ms >= 0) {
            continue;
        }
        buf_init(&scratch, REASON_BYTES_MAX);
        const char *why = narrate_reason(run, host, &scratch);
        if (r.outcome != OUTCOME_SKIPPED) { /* those have had their line */
            SAY(run, "Skipped: %s for %s (%s)", run->action->name, run->names[host], why);
        }
        struct event e = narrate_host_event(run, EVENT_HOST_FINISHED, host);
        e.outcome = outcome_name(r.outcome);
        e.reason = why;
        sink_event(run->request->sink, &e);
        buf_release(&scratch);
    }
}

/* The command that goes on where hosts are left; NULL: none does.  exec and copy have no file to
 * come back to; free() it. */
static char *
go_on_of(const struct run *run)
{
    return run->exit_code == 3 && run->action->file != NULL
               ? xasprintf("inventory-manager retry %s", journal_run_id(run->journal))
               : NULL;
}

/* A rollback was due: it was asked for, or on_failure says so of this halt. */
static bool
rollback_was_due(const struct run *run)
{
    const enum halt halt = rollout_halt(run->rollout);
    const bool failed =
        halt == HALT_BUDGET || halt == HALT_WAVE || halt == HALT_CANARY || halt == HALT_ONCE;

    return run->back_told || halt == HALT_ROLLBACK ||
           (failed && run->policy.on_failure == ON_FAILURE_ROLLBACK);
}

/* An operator may end a rollback half way, or before it begins: who is left with what the run did
 * must not be worked out from two lists. */
static void
not_rolled_back(struct run *run)
{
    const char **names = xcalloc((size_t)run->host_count, sizeof(*names));
    size_t count = 0;
    struct buf text;

    for (int32_t i = 0; i < run->host_count && rollback_was_due(run); i++) {
        const enum rollback_state state = rollout_host(run->rollout, i).rollback;
        if (run->hosts[i].changed && state == ROLLBACK_NONE) {
            names[count++] = run->names[i];
        }
    }
    if (count > 0) {
        buf_init(&text, NAMES_BYTES_MAX);
        (void)buf_adds(&text, "not rolled back: ");
        nodeset_fold(&text, names, count);
        narrate_warning(run, NULL, text.data);
        buf_release(&text);
    }
    free(names);
}

void
narrate_end(struct run *run)
{
    never_started(run);
    not_rolled_back(run);
    for (int32_t i = 0; i < run->workers_said; i++) {
        SAY(run, "Worker %d stopped", (int)i);
    }
    const enum halt halt = rollout_halt(run->rollout);
    char *logs =
        xasprintf("%s/log/%s/%s", run->var_dir, run->request->env, journal_run_id(run->journal));
    char *go_on = go_on_of(run);
    struct event e = narrate_event(run, EVENT_RUN_FINISHED);

    e.totals = rollout_summary(run->rollout);
    e.exit_code = run->exit_code;
    e.duration_ms = run_now_ms(run);
    e.reason = halt == HALT_NONE ? NULL : halt_text(halt);
    e.log_dir = logs;
    e.go_on = go_on;
    sink_event(run->request->sink, &e);
    free(go_on);
    free(logs);
}
