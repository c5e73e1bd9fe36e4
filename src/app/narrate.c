/*
 * narrate.c - tells debug.log and the screen what happened, after it is durable.
 *
 * The texts of debug.log are promises to users' scripts: docs/events.md.  Decides nothing, owns
 * nothing but counters of the waves.
 */
#include "app/run_state.h"

#include "base/duration.h"
#include "base/nodeset.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAY(run, ...) debuglog_line((run)->debuglog, "ORCHESTRATOR", (run)->suffix, __VA_ARGS__)

enum {
    NAMES_BYTES_MAX = 16 << 20, /* of a wave: 10,000 hosts of 253 bytes fit */
    PART_BYTES_MAX = 1000,      /* of each text in a reason */
    REASON_BYTES_MAX = 4096,
};

static struct event
make_event(const struct run *run, enum event_type type)
{
    struct event e = event_make(type, run_wall_ms());

    e.run = journal_run_id(run->journal);
    e.env = run->request->env;
    e.action = run->action->name;
    return e;
}

static struct event
host_event(const struct run *run, enum event_type type, int32_t host)
{
    struct event e = make_event(run, type);
    const struct rollout_host r = rollout_host(run->rollout, host);

    e.host = run->names[host];
    e.host_index = host;
    e.slot = r.slot;
    if (plan_has_waves(run->plan)) {
        e.wave = plan_wave_of(run->plan, host) + 1;
        e.waves = plan_wave_count(run->plan);
    }
    return e;
}

static void
set_step(struct event *e, const struct run *run, const struct run_host *h)
{
    e->step = h->step + 1;
    e->step_count = run_list_count(run, h->list);
    e->step_name = run_step_of(run, h)->name;
    e->list = h->list;
    e->attempt = h->attempt;
}

static void
fold_wave(const struct run *run, int32_t wave, struct buf *out)
{
    const int32_t begin = plan_wave_begin(run->plan, wave);
    const int32_t end = plan_wave_end(run->plan, wave);
    const char **names = xcalloc((size_t)(end - begin), sizeof(*names));

    for (int32_t i = begin; i < end; i++) {
        names[i - begin] = run->names[plan_host_at(run->plan, i)];
    }
    nodeset_fold(out, names, (size_t)(end - begin));
    free(names);
}

static const char *
why_sequential(const struct run *run)
{
    if (run->policy.strategy == STRATEGY_SEQUENTIAL && run->policy.workers > 0) {
        return "strategy is sequential";
    }
    return run->request->workers >= 0 || run->request->settings->workers_given
               ? "max_parallel_workers is 0"
               : "max_parallel_workers is absent";
}

/* Of ssh_config, under -v. */
static void
tell_notes(struct run *run)
{
    for (size_t i = 0; run->request->verbose && i < run->notes.count; i++) {
        struct event e = make_event(run, EVENT_MESSAGE);
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
    const int32_t slots = plan_slot_count(run->plan);

    SAY(run, "Max workers set to %d (0=sequential, >0=parallel)", (int)run->policy.workers);
    if (run->sequential) {
        SAY(run, "Running in SEQUENTIAL mode (%s)", why_sequential(run));
    } else {
        SAY(run, "Running in PARALLEL mode with %d workers", (int)run->policy.workers);
    }
    for (int32_t i = 0; i < run->host_count; i++) {
        SAY(run, "Queueing action%s: %s for server %s", run->sequential ? "" : " for workers",
            action, run->names[plan_host_at(run->plan, i)]);
    }
    for (int32_t i = 0; i < slots && !run->sequential; i++) {
        SAY(run, "Worker %d started", (int)i);
    }
    struct event e = make_event(run, EVENT_RUN_STARTED);
    e.hosts = run->names;
    e.host_count = run->host_count;
    e.workers = run->policy.workers;
    e.strategy = strategy_name(run->policy.strategy);
    e.waves = plan_has_waves(run->plan) ? plan_wave_count(run->plan) : 0;
    e.step_count = (int32_t)run->step_count;
    sink_event(run->request->sink, &e);
    tell_notes(run);
}

static void
wave_started(struct run *run, int32_t wave)
{
    struct wave_count *w = &run->waves[wave];
    struct buf names;

    w->began_ms = run_now_ms(run);
    w->left = plan_wave_end(run->plan, wave) - plan_wave_begin(run->plan, wave);
    if (!plan_has_waves(run->plan)) {
        return;
    }
    buf_init(&names, NAMES_BYTES_MAX);
    fold_wave(run, wave, &names);
    if (!run->sequential) {
        SAY(run, "Wave %d/%d started: %s", (int)wave + 1, (int)plan_wave_count(run->plan),
            names.data);
    }
    struct event e = make_event(run, EVENT_WAVE_STARTED);
    e.wave = wave + 1;
    e.waves = plan_wave_count(run->plan);
    e.text = names.data;
    sink_event(run->request->sink, &e);
    buf_release(&names);
}

static void
wave_finished(struct run *run, int32_t wave)
{
    const struct wave_count *w = &run->waves[wave];
    const int64_t took_ms = run_now_ms(run) - w->began_ms;
    const int32_t *n = w->totals.count;
    char took[32];

    if (!plan_has_waves(run->plan)) {
        return;
    }
    duration_format(took_ms, took, sizeof(took));
    if (!run->sequential) {
        SAY(run, "Wave %d/%d completed in %s: %d ok, %d failed", (int)wave + 1,
            (int)plan_wave_count(run->plan), took, (int)n[OUTCOME_OK],
            (int)(n[OUTCOME_FAILED] + n[OUTCOME_UNREACHABLE] + n[OUTCOME_UNKNOWN]));
    }
    struct event e = make_event(run, EVENT_WAVE_FINISHED);
    e.wave = wave + 1;
    e.waves = plan_wave_count(run->plan);
    e.duration_ms = took_ms;
    e.totals = w->totals;
    sink_event(run->request->sink, &e);
}

static void
host_started(struct run *run, const struct order *o)
{
    const int32_t wave = plan_wave_of(run->plan, o->host);
    const char *name = run->names[o->host];

    if (run->waves[wave].left == 0) {
        wave_started(run, wave);
    }
    run->active++;
    if (run->sequential) {
        SAY(run, "Sequential processing: %s for server %s", run->action->name, name);
    } else {
        SAY(run, "Worker %d processing: %s for server %s (active: %d/%d)", (int)o->slot,
            run->action->name, name, (int)run->active, (int)run->policy.workers);
    }
    const struct event e = host_event(run, EVENT_HOST_STARTED, o->host);
    sink_event(run->request->sink, &e);
}

static void
host_finished(struct run *run, const struct order *o)
{
    const struct rollout_host r = rollout_host(run->rollout, o->host);
    const int32_t wave = plan_wave_of(run->plan, o->host);
    struct wave_count *w = &run->waves[wave];
    struct buf scratch;
    char took[32];

    buf_init(&scratch, REASON_BYTES_MAX);
    const char *reason = narrate_reason(run, o->host, &scratch);
    const char *colon = reason[0] == '\0' ? "" : ": ";
    duration_format(r.finished_ms - r.started_ms, took, sizeof(took));
    run->active--;
    if (run->sequential) {
        SAY(run, "Sequential completed: %s for %s in %s %s%s%s", run->action->name,
            run->names[o->host], took, outcome_name(r.outcome), colon, reason);
    } else {
        SAY(run, "Worker %d completed: %s for %s in %s %s%s%s", (int)o->slot, run->action->name,
            run->names[o->host], took, outcome_name(r.outcome), colon, reason);
    }
    struct event e = host_event(run, EVENT_HOST_FINISHED, o->host);
    e.outcome = outcome_name(r.outcome);
    e.reason = reason[0] == '\0' ? NULL : reason;
    e.duration_ms = r.finished_ms - r.started_ms;
    e.signal = r.signal;
    e.exit_code = r.outcome == OUTCOME_OK ? 0 : r.exit_code > 0 ? r.exit_code : -1;
    sink_event(run->request->sink, &e);
    buf_release(&scratch);
    w->totals.count[r.outcome]++;
    if (--w->left == 0) {
        wave_finished(run, wave);
    }
}

static void
step_started(struct run *run, const struct order *o, enum event_type type, enum step_list list)
{
    struct run_host h = run->hosts[o->host];
    struct event e = host_event(run, type, o->host);

    h.list = list;
    h.step = o->step;
    h.attempt = o->attempt;
    set_step(&e, run, &h);
    sink_event(run->request->sink, &e);
}

void
narrate_order(struct run *run, const struct order *o)
{
    switch (o->kind) {
    case ORDER_START:
        host_started(run, o);
        break;
    case ORDER_RELEASE:
        host_finished(run, o);
        break;
    case ORDER_RUN_STEP:
        step_started(run, o, EVENT_STEP_STARTED, LIST_STEPS);
        break;
    case ORDER_FINALLY:
        step_started(run, o, EVENT_STEP_STARTED, LIST_FINALLY);
        break;
    case ORDER_PROBE:
        step_started(run, o, EVENT_GATE_STARTED, LIST_CHECKS);
        break;
    case ORDER_CONNECT:
    case ORDER_DISCONNECT:
    case ORDER_ROLLBACK:
    case ORDER_PARK:
    case ORDER_UNPARK:
    case ORDER_OUTCOME:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
    case ORDER_WAIT:
    case ORDER_FINISH:
        break;
    }
}

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

/* A text of the action may be as long as it likes; a reason is to be read. */
static void
add_some(struct buf *out, const char *text)
{
    (void)buf_add(out, text, strnlen(text, PART_BYTES_MAX));
}

/* By an http or tcp check from here, which has no exit code. */
static bool
was_asked(const struct run_host *h)
{
    return h->list == LIST_CHECKS && run_step_of(h->run, h)->rule.local;
}

/* Its end was seen, with an exit code or a signal. */
static bool
has_ended(const struct fact *f)
{
    const bool may = f->kind == FACT_FINALLY_DONE || f->kind == FACT_PROBE_PASSED ||
                     f->kind == FACT_PROBE_FAILED;

    return f->kind == FACT_STEP_DONE || (may && f->cause == CAUSE_NONE);
}

/* How a step ended that did not end well; which step it was, the event's fields tell. */
static void
describe_end(struct buf *out, const struct run_host *h, const struct fact *fact, const char *reason)
{
    const bool ended = has_ended(fact);

    if (h->error != NULL && ended && fact->signal == 0) {
        add_some(out, h->error);
        return;
    }
    if (fact->kind == FACT_STEP_UNKNOWN && fact->cause == CAUSE_KILLED && !h->target.local) {
        (void)buf_adds(out, "killed, may still run: ");
    }
    if (!ended || was_asked(h)) {
        add_some(out, reason == NULL ? cause_name(fact->cause) : reason);
        return;
    }
    if (fact->signal != 0) {
        (void)buf_addf(out, "signal %d", (int)fact->signal);
    } else {
        (void)buf_addf(out, "exit %d", (int)fact->exit_code);
    }
    if (reason != NULL) {
        (void)buf_adds(out, " (");
        add_some(out, reason);
        (void)buf_addc(out, ')');
    }
    add_tail(out, h);
}

static enum outcome
step_outcome(const struct run *run, const struct run_host *h, const struct fact *f)
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
    const struct plan_step *s = h->list == LIST_FINALLY ? plan_finally_step(run->plan, h->step)
                                                        : plan_step(run->plan, h->step);
    return f->cause == CAUSE_NONE && f->signal == 0 && plan_step_accepts(s, f->exit_code)
               ? OUTCOME_OK
               : OUTCOME_FAILED;
}

/* The fact is of the step that this host was last told to run. */
static void
step_finished(struct run *run, const struct fact *f, const char *reason)
{
    struct run_host *h = &run->hosts[f->host];
    const enum outcome outcome = step_outcome(run, h, f);
    struct buf text;

    buf_init(&text, REASON_BYTES_MAX);
    if (outcome != OUTCOME_OK && outcome != OUTCOME_SKIPPED) {
        describe_end(&text, h, f, reason);
    } else if (reason != NULL) {
        (void)buf_adds(&text, reason);
    }
    struct event e =
        host_event(run, h->list == LIST_CHECKS ? EVENT_GATE : EVENT_STEP_FINISHED, f->host);
    set_step(&e, run, h);
    e.outcome = outcome_name(outcome);
    if (has_ended(f) && f->signal == 0 && outcome != OUTCOME_SKIPPED && !was_asked(h)) {
        e.exit_code = f->exit_code;
    }
    e.signal = f->signal;
    e.reason = text.len == 0 ? NULL : text.data;
    e.duration_ms = run_now_ms(run) - h->step_began_ms;
    sink_event(run->request->sink, &e);
    buf_release(&text);
}

/* "step 1/3 Switch: " */
static void
add_step(struct buf *out, const struct run *run, const struct run_host *h)
{
    static const char *const words[] = {
        [LIST_STEPS] = "step", [LIST_FINALLY] = "finally", [LIST_CHECKS] = "check"};

    (void)buf_addf(out, "%s %d/%d ", words[h->list], (int)h->step + 1,
                   (int)run_list_count(run, h->list));
    add_some(out, run_step_of(run, h)->name);
    (void)buf_adds(out, ": ");
}

static void
keep_reason(struct run *run, const struct fact *f, const char *reason)
{
    struct run_host *h = &run->hosts[f->host];
    struct buf text;

    if (rollout_host(run->rollout, f->host).outcome != OUTCOME_RUNNING) {
        return; /* the first bad outcome stands, and so does its reason */
    }
    buf_init(&text, REASON_BYTES_MAX);
    if (f->kind == FACT_CONNECT_FAILED || f->kind == FACT_THROTTLED) {
        (void)buf_adds(&text, rollout_host(run->rollout, f->host).probe_try > 0 ? "gate: " : "");
        (void)buf_adds(&text, reason == NULL ? cause_name(f->cause) : reason);
    } else if (f->kind != FACT_PROBE_PASSED && step_outcome(run, h, f) != OUTCOME_OK) {
        add_step(&text, run, h);
        describe_end(&text, h, f, reason);
        if (f->kind == FACT_PROBE_FAILED && f->attempt > 1) {
            (void)buf_addf(&text, " (%d tries)", (int)f->attempt);
        }
    }
    free(h->reason);
    h->reason = text.len == 0 ? NULL : xstrdup(text.data);
    buf_release(&text);
}

/* Called before the orders of the same turn are journaled: the reason of a host must be known by
 * the time its end is written. */
void
narrate_note(struct run *run, const struct fact *f, const char *reason)
{
    switch (f->kind) {
    case FACT_CONNECT_FAILED:
    case FACT_THROTTLED:
    case FACT_STEP_DONE:
    case FACT_STEP_NOT_STARTED:
    case FACT_STEP_UNKNOWN:
    case FACT_PROBE_PASSED:
    case FACT_PROBE_FAILED:
    case FACT_FINALLY_DONE:
        keep_reason(run, f, reason);
        break;
    case FACT_CONNECTED:
    case FACT_STEP_SENT:
    case FACT_STEP_SKIPPED:
    case FACT_TICK:
    case FACT_DISCONNECTED:
    case FACT_CONNECTION_LOST:
    case FACT_VERB:
    case FACT_RESUMED:
    case FACT_VERDICT:
        break;
    }
}

void
narrate_fact(struct run *run, const struct fact *f, const char *reason)
{
    switch (f->kind) {
    case FACT_STEP_DONE:
    case FACT_STEP_SKIPPED:
    case FACT_STEP_NOT_STARTED:
    case FACT_STEP_UNKNOWN:
    case FACT_PROBE_PASSED:
    case FACT_PROBE_FAILED:
    case FACT_FINALLY_DONE:
        step_finished(run, f, reason);
        break;
    case FACT_CONNECTED:
    case FACT_CONNECT_FAILED:
    case FACT_THROTTLED:
    case FACT_STEP_SENT:
    case FACT_TICK:
    case FACT_DISCONNECTED:
    case FACT_CONNECTION_LOST:
    case FACT_VERB:
    case FACT_RESUMED:
    case FACT_VERDICT:
        break;
    }
}

const char *
narrate_reason(struct run *run, int32_t host, struct buf *scratch)
{
    const struct rollout_host r = rollout_host(run->rollout, host);
    const struct run_host *h = &run->hosts[host];

    if (r.outcome == OUTCOME_OK) {
        return "";
    }
    if (r.outcome == OUTCOME_UNTOUCHED || r.outcome == OUTCOME_SKIPPED) {
        return halt_text(rollout_halt(run->rollout));
    }
    if (r.outcome == OUTCOME_CANCELLED) {
        return "killed before a step was sent";
    }
    if (h->reason == NULL) {
        (void)buf_adds(scratch,
                       r.cause == CAUSE_KILLED ? "killed, may still run" : cause_name(r.cause));
        return scratch->data;
    }
    return h->reason;
}

void
narrate_output(struct run *run, struct run_host *h, int stream, const char *bytes, size_t len)
{
    struct event e = host_event(run, EVENT_OUTPUT, h->index);

    set_step(&e, run, h);
    e.stream = stream == 1 ? STREAM_STDERR : STREAM_STDOUT;
    e.data = bytes;
    e.len = len;
    sink_event(run->request->sink, &e);
}

void
narrate_warning(struct run *run, const char *host, const char *text)
{
    struct event e = make_event(run, EVENT_WARNING);
    struct buf shown;

    buf_init(&shown, RUN_OUTPUT_MAX);
    (void)redact_text(run->redact, text, strlen(text), &shown);
    e.host = host;
    e.text = shown.data;
    e.reason = shown.data;
    SAY(run, "Warning: %s%s%s", host == NULL ? "" : host, host == NULL ? "" : ": ", shown.data);
    sink_event(run->request->sink, &e);
    buf_release(&shown);
}

static void
never_started(struct run *run)
{
    for (int32_t i = 0; i < run->host_count; i++) {
        const int32_t host = plan_host_at(run->plan, i);
        const struct rollout_host r = rollout_host(run->rollout, host);
        if (r.started_ms >= 0) {
            continue;
        }
        const char *why = halt_text(rollout_halt(run->rollout));
        SAY(run, "Skipped: %s for %s (%s)", run->action->name, run->names[host], why);
        struct event e = host_event(run, EVENT_HOST_FINISHED, host);
        e.outcome = outcome_name(r.outcome);
        e.reason = why;
        sink_event(run->request->sink, &e);
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

void
narrate_end(struct run *run)
{
    never_started(run);
    for (int32_t i = 0; i < plan_slot_count(run->plan) && !run->sequential; i++) {
        SAY(run, "Worker %d stopped", (int)i);
    }
    const enum halt halt = rollout_halt(run->rollout);
    char *logs =
        xasprintf("%s/log/%s/%s", run->var_dir, run->request->env, journal_run_id(run->journal));
    char *go_on = go_on_of(run);
    struct event e = make_event(run, EVENT_RUN_FINISHED);

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
