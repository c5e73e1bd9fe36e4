/*
 * sink.c - the door between the engine and the ways to show a run.
 *
 * Decides which sink is made.  Owns nothing.  Never formats anything itself.
 */
#include "ui/sink.h"

#include "ui/make.h"

static const char *const names[] = {
    [EVENT_RUN_STARTED] = "run_started",
    [EVENT_WAVE_STARTED] = "wave_started",
    [EVENT_HOST_STARTED] = "host_started",
    [EVENT_STEP_STARTED] = "step_started",
    [EVENT_OUTPUT] = "output",
    [EVENT_STEP_FINISHED] = "step_finished",
    [EVENT_GATE_STARTED] = "gate_started",
    [EVENT_GATE] = "gate",
    [EVENT_HOST_FINISHED] = "host_finished",
    [EVENT_WAVE_FINISHED] = "wave_finished",
    [EVENT_WAVE_BAKING] = "wave_baking",
    [EVENT_WAVE_PAUSING] = "wave_pausing",
    [EVENT_HOST_PARKED] = "host_parked",
    [EVENT_HOST_SWITCHING] = "host_switching",
    [EVENT_HOST_LATE] = "host_late",
    [EVENT_HOST_SKIPPED] = "host_skipped",
    [EVENT_HOST_RETRIED] = "host_retried",
    [EVENT_PAUSED] = "paused",
    [EVENT_CONTINUED] = "continued",
    [EVENT_PROMOTE_WANTED] = "promote_wanted",
    [EVENT_PROMOTED] = "promoted",
    [EVENT_WORKERS] = "workers",
    [EVENT_ROLLING_BACK] = "rolling_back",
    [EVENT_ROLLBACK_STARTED] = "rollback_started",
    [EVENT_ROLLBACK_FINISHED] = "rollback_finished",
    [EVENT_WARNING] = "warning",
    [EVENT_MESSAGE] = "message",
    [EVENT_RUN_FINISHED] = "run_finished",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == EVENT_TYPES, "a name an event");

static const char *const list_words[] = {[LIST_STEPS] = "step",
                                         [LIST_FINALLY] = "finally step",
                                         [LIST_CHECKS] = "check",
                                         [LIST_ROLLBACK] = "rollback step"};
_Static_assert(sizeof(list_words) / sizeof(list_words[0]) == STEP_LISTS, "a word a list");

const char *
step_list_word(enum step_list list)
{
    return list_words[list];
}

const char *
event_name(enum event_type type)
{
    return names[type];
}

struct event
event_make(enum event_type type, int64_t at_ms)
{
    return (struct event){.type = type,
                          .at_ms = at_ms,
                          .host_index = -1,
                          .slot = -1,
                          .exit_code = -1,
                          .duration_ms = -1,
                          .workers = -1};
}

void
sink_event(struct sink *s, const struct event *e)
{
    if (s != NULL) {
        s->ops->event(s, e);
    }
}

bool
sink_refresh(struct sink *s, int64_t at_ms)
{
    return s != NULL && s->ops->refresh != NULL && s->ops->refresh(s, at_ms);
}

void
sink_close(struct sink *s)
{
    if (s == NULL) {
        return;
    }
    struct out *const outs[] = {s->outs[SINK_STDOUT], s->outs[SINK_STDERR]};
    s->ops->close(s);
    for (size_t i = 0; i < sizeof(outs) / sizeof(outs[0]) && outs[i] != NULL; i++) {
        out_tell_dropped(outs[SINK_STDERR], outs[i]);
    }
}

struct sink *
sink_new(const struct sink_options *options, struct out *out, struct out *err_out)
{
    switch (options->style) {
    case SINK_PLAIN:
    case SINK_GROUP:
        break;
    case SINK_JSONL:
        return jsonl_new(options, out, err_out);
    }
    return plain_new(options, out, err_out);
}
