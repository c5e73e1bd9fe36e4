/*
 * narrate_step.c - tells of steps and checks, and of what they say.
 *
 * Decides which of them are news: a host that is looked at later, after its release, makes none
 * until it turns.  Owns nothing.
 */
#include "app/narrate.h"

static void
set_step(struct event *e, const struct run *run, const struct run_host *h)
{
    e->step = h->step + 1;
    e->step_count = run_list_count(run, h->list);
    e->step_name = run_step_of(run, h)->name;
    e->list = h->list;
    e->attempt = h->attempt;
}

void
narrate_step(struct run *run, const struct order *o)
{
    const bool probe = o->kind == ORDER_PROBE;
    struct run_host h = run->hosts[o->host];

    if (h.slot < 0) {
        return; /* the late watch */
    }
    h.list = probe                      ? LIST_CHECKS
             : o->kind == ORDER_FINALLY ? LIST_FINALLY
             : h.rolling                ? LIST_ROLLBACK
                                        : LIST_STEPS;
    if (probe && h.try_base < 0) {
        run->hosts[o->host].try_base = o->attempt - 1;
    }
    h.step = o->step;
    h.attempt = o->attempt;
    struct event e =
        narrate_host_event(run, probe ? EVENT_GATE_STARTED : EVENT_STEP_STARTED, o->host);
    set_step(&e, run, &h);
    sink_event(run->request->sink, &e);
}

/* The fact is of the step that this host was last told to run. */
void
narrate_step_end(struct run *run, const struct fact *f, const char *reason)
{
    struct run_host *h = &run->hosts[f->host];
    struct buf text;

    if (h->slot < 0) {
        return;
    }
    const enum outcome outcome = reason_step_outcome(run, h, f);
    buf_init(&text, REASON_BYTES_MAX);
    if (outcome != OUTCOME_OK && outcome != OUTCOME_SKIPPED) {
        reason_add_end(&text, h, f, reason);
    } else if (reason != NULL) {
        (void)buf_adds(&text, reason);
    }
    struct event e =
        narrate_host_event(run, h->list == LIST_CHECKS ? EVENT_GATE : EVENT_STEP_FINISHED, f->host);
    set_step(&e, run, h);
    e.outcome = outcome_name(outcome);
    if (reason_has_ended(f) && f->signal == 0 && outcome != OUTCOME_SKIPPED &&
        !reason_was_asked(h)) {
        e.exit_code = f->exit_code;
    }
    e.signal = f->signal;
    e.reason = text.len == 0 ? NULL : text.data;
    e.duration_ms = run_now_ms(run) - h->step_began_ms;
    sink_event(run->request->sink, &e);
    buf_release(&text);
}

void
narrate_output(struct run *run, struct run_host *h, int stream, const char *bytes, size_t len)
{
    if (h->slot < 0) {
        return;
    }
    struct event e = narrate_host_event(run, EVENT_OUTPUT, h->index);

    set_step(&e, run, h);
    e.stream = stream == 1 ? STREAM_STDERR : STREAM_STDOUT;
    e.data = bytes;
    e.len = len;
    sink_event(run->request->sink, &e);
}
