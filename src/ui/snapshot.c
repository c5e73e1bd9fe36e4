/*
 * snapshot.c - a run at one moment, as JSON.
 *
 * Decides which fields there are: only those that apply.  Owns what a snapshot holds.  Never writes
 * a byte that is not valid UTF-8.
 */
#include "ui/snapshot.h"

#include "ui/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct snapshot
snapshot_empty(void)
{
    return (struct snapshot){.wave_due_ms = -1, .budget = -1, .exit_code = -1};
}

void
snapshot_release(struct snapshot *s)
{
    char *const texts[] = {s->run, s->env, s->action, s->strategy, s->state, s->waits_for, s->halt};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        free(texts[i]);
    }
    for (size_t i = 0; i < s->shown; i++) {
        free(s->hosts[i].name);
        free(s->hosts[i].doing);
    }
    for (size_t i = 0; i < s->failed; i++) {
        free(s->failures[i].name);
        free(s->failures[i].outcome);
        free(s->failures[i].reason);
    }
    free(s->hosts);
    free(s->failures);
    *s = snapshot_empty();
}

static json_t *
hosts_of(const struct snapshot *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->shown; i++) {
        json_t *o = json_object();
        json_put_text(o, "host", s->hosts[i].name);
        json_put_int(o, "slot", s->hosts[i].slot);
        json_put_text(o, "doing", s->hosts[i].doing);
        json_put_int(o, "since_ms", s->hosts[i].since_ms);
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *
failures_of(const struct snapshot *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->failed; i++) {
        json_t *o = json_object();
        json_put_text(o, "host", s->failures[i].name);
        json_put_text(o, "outcome", s->failures[i].outcome);
        json_put_text(o, "reason", s->failures[i].reason);
        (void)json_array_append_new(list, o);
    }
    return list;
}

static void
set_run(json_t *o, const struct snapshot *s)
{
    json_put_text(o, "run", s->run);
    json_put_text(o, "env", s->env);
    json_put_text(o, "action", s->action);
    json_put_text(o, "strategy", s->strategy);
    (void)json_object_set_new(o, "mutating", json_boolean(s->mutating));
    json_put_int(o, "pid", s->pid);
    json_put_int(o, "started_ms", s->started_ms);
    json_put_text(o, "state", s->state);
    json_put_int(o, "state_since_ms", s->state_since_ms);
    json_put_text(o, "waits_for", s->waits_for);
    json_put_text(o, "halt", s->halt);
}

void
snapshot_to_json(const struct snapshot *s, struct buf *out)
{
    json_t *o = json_object();

    json_put_text(o, "type", "snapshot");
    json_put_int(o, "format", 1);
    json_put_int(o, "at_ms", s->at_ms);
    set_run(o, s);
    json_put_int(o, "workers", s->workers);
    json_put_int(o, "active", s->active);
    if (s->waves > 0) {
        json_put_int(o, "wave", s->wave);
        json_put_int(o, "waves", s->waves);
    }
    if (s->wave_due_ms >= 0) {
        json_put_int(o, "wave_due_ms", s->wave_due_ms);
    }
    json_put_int(o, "host_count", s->host_count);
    (void)json_object_set_new(o, "totals", json_totals(&s->totals));
    json_put_int(o, "bad", s->bad);
    if (s->budget >= 0) {
        json_put_int(o, "budget", s->budget);
    }
    (void)json_object_set_new(o, "in_flight", hosts_of(s));
    (void)json_object_set_new(o, "failures", failures_of(s));
    if (s->exit_code >= 0) {
        json_put_int(o, "exit_code", s->exit_code);
    }
    char *text = json_dumps(o, JSON_COMPACT);
    if (text != NULL) {
        (void)buf_adds(out, text);
    }
    free(text);
    json_decref(o);
}
