/*
 * report_json.c - a run looked back at, for programs: one object.
 *
 * Decides the fields (docs/report.md): those that apply, and later only more.  Owns the object
 * while it is made.  Never writes a byte that is not valid UTF-8.
 */
#include "ui/report.h"

#include "ui/json.h"

#include <stdlib.h>

enum { DIGITS = 6 };

static const char *const states[] = {
    [REPORT_OVER] = "over", [REPORT_RUNNING] = "running", [REPORT_DIED] = "died"};
static const char *const lists[] = {[LIST_STEPS] = "step",
                                    [LIST_FINALLY] = "finally",
                                    [LIST_CHECKS] = "check",
                                    [LIST_ROLLBACK] = "rollback"};
_Static_assert(sizeof(lists) / sizeof(lists[0]) == STEP_LISTS, "a word a list");

static void
put_text(json_t *o, const char *key, const char *text)
{
    json_put_text(o, key, text == NULL || text[0] == '\0' ? NULL : text);
}

/* -1: it does not apply. */
static void
put_known(json_t *o, const char *key, int64_t value)
{
    if (value >= 0) {
        json_put_int(o, key, value);
    }
}

static void
put_some(json_t *o, const char *key, int64_t value)
{
    if (value > 0) {
        json_put_int(o, key, value);
    }
}

/* To three decimals. */
static void
put_real(json_t *o, const char *key, double value)
{
    (void)json_object_set_new(o, key, json_real((double)(int64_t)(value * 1000) / 1000));
}

static void
put_texts(json_t *o, const char *key, const struct strv *texts)
{
    json_t *list = json_array();

    for (size_t i = 0; i < texts->count; i++) {
        json_t *one = json_object();
        json_put_text(one, "text", texts->items[i]);
        (void)json_array_append(list, json_object_get(one, "text"));
        json_decref(one);
    }
    if (texts->count > 0) {
        (void)json_object_set(o, key, list);
    }
    json_decref(list);
}

static json_t *
time_of(const struct report *r)
{
    json_t *o = json_object();

    json_put_int(o, "wall_ms", r->wall_ms);
    json_put_int(o, "ideal_ms", r->ideal_ms);
    put_real(o, "ratio", r->ratio);
    json_put_int(o, "guide_ms", r->guide_ms);
    put_real(o, "guide_ratio", r->guide_ratio);
    json_put_int(o, "one_by_one_ms", r->sum_ms);
    put_real(o, "gain_percent", r->gain);
    put_real(o, "slots_busy_percent", r->busy);
    json_put_int(o, "between_waves_ms", r->between_ms);
    put_some(o, "rollback_ms", r->back_ms);
    json_put_int(o, "host_p50_ms", r->host_p50_ms);
    json_put_int(o, "host_p95_ms", r->host_p95_ms);
    json_put_int(o, "host_max_ms", r->host_max_ms);
    json_put_int(o, "host_mean_ms", r->host_mean_ms);
    return o;
}

static json_t *
waves_of(const struct report *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->wave_count; i++) {
        const struct report_wave *w = &r->waves[i];
        json_t *o = json_object();
        put_some(o, "wave", w->number + 1);
        json_put_int(o, "begin_ms", w->begin_ms);
        put_known(o, "end_ms", w->end_ms);
        json_put_int(o, "ideal_ms", w->ideal_ms);
        json_put_int(o, "longest_ms", w->longest_ms);
        json_put_int(o, "hosts", w->hosts);
        json_put_int(o, "ok", w->ok);
        json_put_int(o, "not_ok", w->bad);
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *
steps_of(const struct report *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->step_count; i++) {
        const struct report_step *s = &r->steps[i];
        json_t *o = json_object();
        json_put_text(o, "list", lists[s->list]);
        json_put_int(o, "step", s->number + 1);
        put_text(o, "step_name", s->name);
        json_put_int(o, "ran", s->ended);
        json_put_int(o, "skipped", s->skipped);
        json_put_int(o, "again", s->retried);
        json_put_int(o, "not_ok", s->not_ok);
        if (s->ended > 0) {
            json_put_int(o, "p50_ms", s->p50_ms);
            json_put_int(o, "p95_ms", s->p95_ms);
            json_put_int(o, "max_ms", s->max_ms);
            json_put_text(o, "slowest", r->hosts[s->slowest].name);
        }
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *
span_of(const struct report_span *s)
{
    json_t *o = json_object();

    json_put_int(o, "slot", s->slot);
    put_some(o, "wave", s->wave + 1);
    json_put_int(o, "begin_ms", s->begin_ms);
    if (!s->open) {
        json_put_int(o, "end_ms", s->end_ms);
    }
    if (s->rollback) {
        (void)json_object_set_new(o, "rollback", json_true());
    }
    return o;
}

static json_t *
host_of(const struct report_host *h)
{
    json_t *o = json_object();

    json_put_text(o, "host", h->name);
    json_put_text(o, "outcome", outcome_name(h->outcome));
    put_text(o, "reason", h->reason);
    put_known(o, "duration_ms", h->took_ms);
    if (h->rollback != ROLLBACK_NONE) {
        json_put_text(o, "rollback", rollback_name(h->rollback));
        put_text(o, "rollback_reason", h->rollback_reason);
    }
    (void)json_object_set_new(o, "in_slot", json_array());
    return o;
}

/* In inventory order; each with where it was when. */
static json_t *
hosts_of(const struct report *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->names.count; i++) {
        (void)json_array_append_new(list, host_of(&r->hosts[i]));
    }
    for (size_t i = 0; i < r->span_count; i++) {
        json_t *host = json_array_get(list, (size_t)r->spans[i].host);
        (void)json_array_append_new(json_object_get(host, "in_slot"), span_of(&r->spans[i]));
    }
    return list;
}

static json_t *
connections_of(const struct report *r)
{
    json_t *o = json_object();

    json_put_int(o, "count", r->connects);
    json_put_int(o, "ahead", r->ahead);
    json_put_int(o, "again", r->connects_again);
    json_put_int(o, "throttled", r->throttled);
    return o;
}

static json_t *
spread_of(const struct spread_figures *f)
{
    json_t *o = json_object();

    json_put_int(o, "count", f->count);
    if (f->count > 0) {
        json_put_int(o, "p50_us", f->p50_us);
        json_put_int(o, "p99_us", f->p99_us);
        json_put_int(o, "p999_us", f->p999_us);
        json_put_int(o, "max_us", f->max_us);
    }
    return o;
}

static json_t *
said_of(const struct report *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->said_count; i++) {
        const struct report_said *s = &r->said[i];
        json_t *o = json_object();
        json_put_int(o, "at_ms", s->at_ms);
        json_put_text(o, "verb", verb_name(s->verb));
        if (s->verb == VERB_WORKERS) {
            json_put_int(o, "workers", s->value);
        }
        if (s->host >= 0 && (size_t)s->host < r->names.count) {
            json_put_text(o, "host", r->hosts[s->host].name);
        }
        put_text(o, "reason", s->reason);
        (void)json_array_append_new(list, o);
    }
    return list;
}

static void
put_head(json_t *o, const struct report *r)
{
    json_put_text(o, "type", "report");
    json_put_int(o, "format", 1);
    json_put_text(o, "run", r->run);
    json_put_text(o, "env", r->env);
    json_put_text(o, "action", r->action);
    put_text(o, "release", r->release);
    json_put_text(o, "strategy", r->strategy);
    json_put_int(o, "workers", r->workers);
    json_put_int(o, "active_max", r->active_max);
    json_put_text(o, "state", states[r->state]);
    put_known(o, "exit_code", r->exit_code);
    put_text(o, "halt", r->halt);
    json_put_int(o, "started_ms", r->started_wall_ms);
    json_put_int(o, "duration_ms", r->wall_ms);
    json_put_int(o, "pid", r->pid);
    put_texts(o, "tags", &r->tags);
    put_texts(o, "skip_tags", &r->skip_tags);
    put_texts(o, "variables", &r->extra);
    json_put_int(o, "host_count", (int64_t)r->names.count);
    (void)json_object_set_new(o, "totals", json_totals(&r->totals));
}

void
report_json(const struct report *r, struct buf *out)
{
    json_t *o = json_object();
    json_t *stall = json_object();

    put_head(o, r);
    (void)json_object_set_new(o, "time", time_of(r));
    (void)json_object_set_new(o, "waves", waves_of(r));
    (void)json_object_set_new(o, "steps", steps_of(r));
    (void)json_object_set_new(o, "connections", connections_of(r));
    json_put_int(o, "checks_not_passed", r->checks_not_passed);
    if (r->turns.count > 0) {
        (void)json_object_set_new(stall, "turns", spread_of(&r->turns));
        (void)json_object_set_new(stall, "commits", spread_of(&r->commits));
        (void)json_object_set(o, "stall", stall);
    }
    json_decref(stall);
    (void)json_object_set_new(o, "operator", said_of(r));
    (void)json_object_set_new(o, "hosts", hosts_of(r));
    char *text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    json_decref(o);
    if (text == NULL) {
        abort(); /* out of memory: every text in it is valid UTF-8 */
    }
    buf_adds(out, text);
    free(text);
}
