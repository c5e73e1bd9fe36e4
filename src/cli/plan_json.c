/*
 * plan_json.c - a plan for programs: one JSON object.
 *
 * Decides the keys; docs/plan.md has them.  Owns the object while it is made.
 */
#include "cli/plan_view.h"

#include "base/xalloc.h"
#include "cli/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { JSON_BYTES_MAX = 256 << 20 };

static void
set_int(struct value *dict, const char *key, int64_t n)
{
    value_dict_set(dict, key, value_int(n));
}

static void
set_text(struct value *dict, const char *key, const char *text)
{
    value_dict_set(dict, key, value_text(text));
}

static void
set_predicted(struct value *dict, const struct predicted *p)
{
    set_int(dict, "p50_ms", p->p50_ms);
    set_int(dict, "p95_ms", p->p95_ms);
}

static struct value *
steps_of(const struct plan_view *v)
{
    struct value *list = value_new(VALUE_LIST);

    for (size_t i = 0; i < v->step_count; i++) {
        value_list_add(list, value_text(v->request->action->steps[v->steps[i]].name));
    }
    return list;
}

static struct value *
hosts_of(const struct plan_view *v)
{
    struct value *list = value_new(VALUE_LIST);

    for (int32_t at = 0; at < plan_host_count(v->plan); at++) {
        const int32_t host = plan_host_at(v->plan, at);
        struct value *one = value_new(VALUE_DICT);
        set_text(one, "host", v->names[host]);
        set_int(one, "wave", plan_wave_of(v->plan, host) + 1);
        if (v->slots[host] >= 0) {
            set_int(one, "slot", v->slots[host]);
        }
        value_list_add(list, one);
    }
    return list;
}

static struct value *
waves_of(const struct plan_view *v)
{
    struct value *list = value_new(VALUE_LIST);

    for (int32_t i = 0; i < plan_wave_count(v->plan); i++) {
        struct value *one = value_new(VALUE_DICT);
        set_int(one, "hosts", plan_wave_end(v->plan, i) - plan_wave_begin(v->plan, i));
        if (v->future != NULL) {
            set_predicted(one, &v->future->waves[i]);
        }
        value_list_add(list, one);
    }
    return list;
}

static struct value *
time_of(const struct plan_view *v)
{
    struct value *dict = value_new(VALUE_DICT);

    set_predicted(dict, &v->future->whole);
    if (v->assume_ms >= 0) {
        set_int(dict, "assumed_ms", v->assume_ms);
    } else {
        set_int(dict, "runs", (int64_t)worktimes_runs(v->times));
        set_int(dict, "hosts", (int64_t)worktimes_samples(v->times));
    }
    set_int(dict, "promotes", v->future->promotes);
    return dict;
}

/* ---------------------------------------------------------------- the story */

static const char *const kinds[] = {
    [FORECAST_WAVE_BEGIN] = "wave_started",
    [FORECAST_WAVE_END] = "wave_finished",
    [FORECAST_AGAIN] = "try_failed",
    [FORECAST_BAD] = "host_finished",
    [FORECAST_LATE] = "host_failed_late",
    [FORECAST_CANCELLED] = "host_finished",
    [FORECAST_EXCEEDED] = "budget_exceeded",
    [FORECAST_HALT] = "halted",
    [FORECAST_PAUSED] = "paused",
    [FORECAST_PROMOTED] = "promoted",
    [FORECAST_ROLLBACK] = "rollback_started",
    [FORECAST_ROLLED_BACK] = "rolled_back",
    [FORECAST_ROLLBACK_FAILED] = "rollback_failed",
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == FORECAST_ROLLBACK_FAILED + 1, "name each");

static struct value *
event_of(const struct plan_view *v, const struct forecast_event *e)
{
    struct value *dict = value_new(VALUE_DICT);

    set_int(dict, "at_ms", e->at_ms);
    set_text(dict, "type", kinds[e->kind]);
    if (e->host >= 0) {
        set_text(dict, "host", v->names[e->host]);
        set_text(dict, "outcome", outcome_name(e->seen.outcome));
    }
    if (e->kind == FORECAST_WAVE_BEGIN || e->kind == FORECAST_WAVE_END) {
        set_int(dict, "wave", e->value + 1);
    }
    if (e->kind == FORECAST_WAVE_END) {
        set_int(dict, "ok", e->ok);
        set_int(dict, "not_ok", e->bad);
    }
    if (e->kind == FORECAST_HALT) {
        set_text(dict, "reason", halt_text((enum halt)e->value));
    }
    if (e->scope >= 0) {
        char *scope = plan_scope_name(v, e->scope);
        set_text(dict, "scope", scope);
        free(scope);
    }
    return dict;
}

static struct value *
ends_of(const struct plan_view *v)
{
    struct value *dict = value_new(VALUE_DICT);

    for (int32_t at = 0; at < v->story->host_count; at++) {
        const int32_t host = plan_host_at(v->story_plan, at);
        const struct forecast_span *s = &v->story->hosts[host];
        struct value *one = value_new(VALUE_DICT);
        set_text(one, "outcome", outcome_name(s->last.outcome));
        if (s->begin_ms >= 0) {
            set_int(one, "begin_ms", s->begin_ms);
            set_int(one, "end_ms", s->end_ms);
            set_int(one, "slot", s->slot);
        }
        if (s->last.rollback != ROLLBACK_NONE) {
            set_text(one, "rollback", rollback_name(s->last.rollback));
        }
        value_dict_add(dict, v->names[host], one);
    }
    return dict;
}

static struct value *
story_of(const struct plan_view *v)
{
    struct value *dict = value_new(VALUE_DICT);
    struct value *events = value_new(VALUE_LIST);

    for (size_t i = 0; i < v->story->event_count; i++) {
        value_list_add(events, event_of(v, &v->story->events[i]));
    }
    set_text(dict, "if", v->simulated);
    set_int(dict, "total_ms", v->story->total_ms);
    set_text(dict, "state", run_state_name(v->story->state));
    if (v->story->exit_code >= 0) {
        set_int(dict, "exit_code", v->story->exit_code);
    }
    set_text(dict, "halt", halt_text(v->story->halt));
    value_dict_set(dict, "events", events);
    value_dict_set(dict, "hosts", ends_of(v));
    return dict;
}

void
plan_json(const struct plan_view *v)
{
    const struct policy *o = plan_policy(v->plan);
    struct value *root = value_new(VALUE_DICT);
    char *seed = xasprintf("%" PRIu64, o->seed);
    struct buf text;

    set_int(root, "format", 1);
    set_text(root, "action", v->request->action->name);
    set_text(root, "env", v->request->env);
    set_text(root, "strategy", strategy_name(o->strategy));
    set_int(root, "workers", o->workers);
    set_int(root, "budget", plan_budget(v->plan));
    set_text(root, "on_failure", on_failure_name(o->on_failure));
    set_text(root, "seed", seed);
    value_dict_set(root, "steps", steps_of(v));
    value_dict_set(root, "hosts", hosts_of(v));
    value_dict_set(root, "waves", waves_of(v));
    if (v->future != NULL) {
        value_dict_set(root, "time", time_of(v));
    }
    if (v->story != NULL) {
        value_dict_set(root, "simulated", story_of(v));
    }
    buf_init(&text, JSON_BYTES_MAX);
    show_json(&text, root, SHOW_COMPACT);
    puts(text.data);
    buf_release(&text);
    value_free(root);
    free(seed);
}
