/*
 * narrate_step.c - tells of steps and checks, and of what they say.
 *
 * Decides which of them are news: a host that is looked at later, after its release, makes none
 * until it turns.  Owns nothing.
 */
#include "app/narrate.h"

/* The core counts attempts on over retries and a rollback; people are told those of the round. */
static int32_t
attempt_of(const struct run_host *h)
{
    switch (h->list) {
    case LIST_STEPS:
    case LIST_ROLLBACK:
        return h->attempt - h->attempt_base;
    case LIST_CHECKS:
        return h->attempt - h->try_base;
    case LIST_FINALLY:
        break;
    }
    return 1;
}

static void
set_step(struct event *e, const struct run *run, const struct run_host *h)
{
    e->step = h->step + 1;
    e->step_count = run_list_count(run, h->list);
    e->step_name = run_step_of(run, h)->name;
    e->list = h->list;
    e->attempt = attempt_of(h);
}

static void
note_base(struct run_host *h, const struct order *o)
{
    if (o->kind == ORDER_PROBE && h->try_base < 0) {
        h->try_base = o->attempt - 1;
    }
    if (o->kind == ORDER_RUN_STEP && h->attempt_base < 0) {
        h->attempt_base = o->attempt - 1;
    }
}

void
narrate_step(struct run *run, const struct order *o)
{
    struct run_host *h = &run->hosts[o->host];

    if (h->slot < 0) {
        return; /* the late watch */
    }
    note_base(h, o);
    struct run_host soon = *h; /* execute makes it so */
    soon.list = run_list_of(h, o);
    soon.step = o->step;
    soon.attempt = o->attempt;
    struct event e = narrate_host_event(
        run, o->kind == ORDER_PROBE ? EVENT_GATE_STARTED : EVENT_STEP_STARTED, o->host);
    set_step(&e, run, &soon);
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
