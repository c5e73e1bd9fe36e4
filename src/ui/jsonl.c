/*
 * jsonl.c - one JSON object a line for programs (-o jsonl).
 *
 * Decides which fields an event has: only those that apply.  Owns the board that counts what a slow
 * reader made it drop.  Never writes a byte that is not valid UTF-8; never leaves an event out but
 * `output`, whose bytes are then told by output_truncated.
 */
#include "base/escape.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "ui/board.h"
#include "ui/closing.h"
#include "ui/json.h"
#include "ui/make.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct jsonl {
    struct sink sink; /* first: the two are cast into each other */
    struct sink_options options;
    struct board board;
};

static void
put(struct jsonl *j, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);

    if (text != NULL) {
        const size_t len = strlen(text);
        text[len] = '\n'; /* in place of the NUL: a line is queued whole or not at all */
        out_add(j->sink.outs[SINK_STDOUT], text, len + 1);
    }
    free(text);
    json_decref(object);
}

static void
set_int(json_t *object, const char *key, int64_t value, int64_t none)
{
    if (value != none) {
        json_object_set_new(object, key, json_integer(value));
    }
}

static void
set_data(json_t *object, const char *bytes, size_t len)
{
    char *text;

    if (utf8_valid(bytes, len)) {
        json_object_set_new(object, "data", json_stringn(bytes, len));
        return;
    }
    text = xcalloc(4 * ((len + 2) / 3) + 1, 1);
    base64_encode(bytes, len, text);
    json_object_set_new(object, "data_base64", json_string(text));
    free(text);
}

static json_t *
object_of(const struct event *e, const char *type)
{
    json_t *o = json_object();

    json_object_set_new(o, "type", json_string(type));
    json_object_set_new(o, "at_ms", json_integer(e->at_ms));
    json_put_text(o, "run", e->run);
    return o;
}

/* The field that says so of a step that is not of the action's own. */
static const char *const lists[] = {
    [LIST_FINALLY] = "finally", [LIST_CHECKS] = "check", [LIST_ROLLBACK] = "rollback"};
_Static_assert(sizeof(lists) / sizeof(lists[0]) == STEP_LISTS, "a field a list");

static void
set_fields(json_t *o, const struct event *e)
{
    json_put_text(o, "env", e->env);
    json_put_text(o, "action", e->action);
    json_put_text(o, "strategy", e->strategy);
    json_put_text(o, "host", e->host);
    set_int(o, "slot", e->slot, -1);
    set_int(o, "wave", e->wave, 0);
    set_int(o, "waves", e->waves, 0);
    set_int(o, "workers", e->workers, -1);
    set_int(o, "step", e->step, 0);
    set_int(o, "step_count", e->step_count, 0);
    json_put_text(o, "step_name", e->step_name);
    if (lists[e->list] != NULL) {
        json_object_set_new(o, lists[e->list], json_true());
    }
    set_int(o, "attempt", e->attempt, 0);
    json_put_text(o, "outcome", e->outcome);
    set_int(o, "exit_code", e->exit_code, -1);
    set_int(o, "signal", e->signal, 0);
    json_put_text(o, "reason", e->reason);
    set_int(o, "duration_ms", e->duration_ms, -1);
    json_put_text(o, "text", e->text);
    json_put_text(o, "log_dir", e->log_dir);
    json_put_text(o, "go_on", e->go_on);
}

static json_t *
totals_of(const struct summary *s)
{
    json_t *o = json_object();

    for (int i = 0; i < OUTCOMES; i++) {
        if (i != OUTCOME_RUNNING) {
            json_object_set_new(o, outcome_name((enum outcome)i), json_integer(s->count[i]));
        }
    }
    return o;
}

static void
put_version(struct jsonl *j, const struct event *e)
{
    json_t *o = json_object();

    json_object_set_new(o, "type", json_string("version"));
    json_object_set_new(o, "format", json_integer(1));
    json_put_text(o, "run", e->run);
    put(j, o);
}

/* Say how much of this host's output was dropped before this event. */
static void
put_truncated(struct jsonl *j, struct board_host *h, const struct event *e)
{
    json_t *o;

    if (h == NULL || h->dropped == 0) {
        return;
    }
    o = object_of(e, "output_truncated");
    json_put_text(o, "host", e->host);
    json_object_set_new(o, "bytes", json_integer(h->dropped));
    put(j, o);
    h->dropped = 0;
}

static void
put_output(struct jsonl *j, struct board_host *h, const struct event *e)
{
    json_t *o;

    if (h != NULL && out_full(j->sink.outs[SINK_STDOUT])) {
        h->dropped += (int64_t)e->len;
        return;
    }
    put_truncated(j, h, e);
    o = object_of(e, event_name(e->type));
    set_fields(o, e);
    json_object_set_new(o, "stream", json_string(e->stream == STREAM_STDOUT ? "stdout" : "stderr"));
    set_data(o, e->data, e->len);
    put(j, o);
}

static void
put_hosts(json_t *o, const struct event *e)
{
    json_t *list = json_array();

    for (int32_t i = 0; i < e->host_count; i++) {
        json_array_append_new(list, json_string(e->hosts[i]));
    }
    json_object_set_new(o, "hosts", list);
}

static void
close_run(struct jsonl *j, const struct event *e)
{
    struct buf text;

    if (j->options.quiet) {
        return;
    }
    buf_init(&text, OUT_SOFT_BYTES_MAX);
    closing_add(&text, &j->board, e, j->options.color);
    out_add(j->sink.outs[SINK_STDERR], text.data, text.len);
    buf_release(&text);
}

static void
jsonl_event(struct sink *s, const struct event *e)
{
    struct jsonl *j = (struct jsonl *)s;
    struct board_host *h;
    json_t *o;

    board_event(&j->board, e);
    h = board_at(&j->board, e);
    if (e->type == EVENT_RUN_STARTED) {
        put_version(j, e);
    }
    if (e->type == EVENT_OUTPUT) {
        put_output(j, h, e);
        return;
    }
    put_truncated(j, h, e);
    o = object_of(e, event_name(e->type));
    set_fields(o, e);
    if (e->type == EVENT_RUN_STARTED) {
        put_hosts(o, e);
    }
    if (e->type == EVENT_WAVE_FINISHED || e->type == EVENT_RUN_FINISHED) {
        json_object_set_new(o, "totals", totals_of(&e->totals));
    }
    if (e->type == EVENT_RUN_FINISHED) {
        set_int(o, "rolled_back", e->totals.rolled_back, 0);
        set_int(o, "rollbacks_failed", e->totals.rollbacks_failed, 0);
    }
    put(j, o);
    if (e->type == EVENT_RUN_FINISHED) {
        close_run(j, e);
    }
}

static void
jsonl_close(struct sink *s)
{
    struct jsonl *j = (struct jsonl *)s;

    board_release(&j->board);
    free(j);
}

struct sink *
jsonl_new(const struct sink_options *options, struct out *out, struct out *err_out)
{
    static const struct sink_ops ops = {.event = jsonl_event, .close = jsonl_close};
    struct jsonl *j = xcalloc(1, sizeof(*j));

    j->sink = (struct sink){.ops = &ops, .outs = {out, err_out}};
    j->options = *options;
    return &j->sink;
}
