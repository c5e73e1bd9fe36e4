/*
 * plan_view.c - all that is known of a plan.
 *
 * Decides what stands for times that nobody knows.  Owns what it made.  Connects to nothing; reads
 * the store, writes nothing.
 */
#include "cli/plan_view.h"

#include "app/simulate.h"
#include "base/xalloc.h"
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>

enum { STORY_WORK_MS = 60 * 1000 }; /* of a host of which nothing is known: only the order counts */

static void
name_hosts(struct plan_view *v, const struct run_request *r)
{
    v->names = xcalloc(r->host_count, sizeof(*v->names));
    for (size_t i = 0; i < r->host_count; i++) {
        v->names[i] = inventory_host(r->inventory, r->hosts[i])->name;
    }
}

/* A store that cannot be read takes the times away, not the plan. */
static void
find_times(struct plan_view *v, const struct run_request *r)
{
    struct err err = {0};

    if (v->assume_ms >= 0) {
        v->times = worktimes_assume(r->host_count, v->assume_ms);
        return;
    }
    v->times = worktimes_load(r, v->names, v->steps, v->step_count, &err);
    if (v->times == NULL) {
        v->no_times = xstrdup(err.text);
    }
}

void
plan_view_warn(const struct plan_view *v)
{
    if (v->no_times != NULL) {
        fputs("warning: no history: ", stderr);
        cli_print_near(stderr, v->no_times);
        fputc('\n', stderr);
    }
}

static bool
knows_times(const struct plan_view *v)
{
    return v->times != NULL && worktimes_known(v->times);
}

static int
tell_story(struct plan_view *v, const struct run_request *r, struct err *err)
{
    struct forecast_host *hosts = xcalloc(r->host_count, sizeof(*hosts));
    struct simulation s;
    int rc = simulate_parse(v->simulated, &s, err);

    if (rc == 0) {
        v->story_plan = predict_plan(r, simulate_needs_checks(&s), err);
        rc = v->story_plan == NULL ? -1 : 0;
    }
    for (size_t i = 0; i < r->host_count; i++) {
        hosts[i] = (struct forecast_host){
            .work_ms = knows_times(v) ? worktimes_median(v->times, i) : STORY_WORK_MS, .step = -1};
    }
    if (rc == 0) {
        rc = simulate_apply(&s, r, v->names, v->story_plan, hosts, err);
    }
    if (rc == 0) {
        v->story = xcalloc(1, sizeof(*v->story));
        forecast_run(&(struct forecast_request){.plan = v->story_plan,
                                                .hosts = hosts,
                                                .connect_ms_max = r->settings->connect_timeout_ms,
                                                .story = true},
                     v->story);
        rc = v->story->endless ? err_set(err, ERR_USAGE,
                                         "--simulate: too much happens in this run: fewer hosts "
                                         "(-l), or a longer health_check_interval")
                               : 0;
    }
    simulation_release(&s);
    free(hosts);
    return rc;
}

int
plan_view_make(struct plan_view *v, const struct run_request *r, int64_t assume_ms,
               const char *simulated, struct err *err)
{
    struct policy policy;
    int rc = 0;

    *v = (struct plan_view){.request = r, .assume_ms = assume_ms, .simulated = simulated};
    name_hosts(v, r);
    v->step_count = app_steps(r, &v->steps);
    app_policy(r, &policy);
    v->plan = app_plan(r, &policy, v->names, v->steps, v->step_count, err);
    if (v->plan == NULL) {
        return -1;
    }
    if (partings_fill(r, v->names, &v->partings, err) != 0) {
        return -1;
    }
    v->slots = xcalloc(r->host_count, sizeof(*v->slots));
    rc = predict_slots(r, v->slots, err);
    find_times(v, r);
    if (rc == 0 && knows_times(v)) {
        v->future = xcalloc(1, sizeof(*v->future));
        rc = predict(r, v->times, v->future, err);
    }
    return rc == 0 && simulated != NULL ? tell_story(v, r, err) : rc;
}

/* Values are numbered through, one variable after the other. */
char *
plan_scope_name(const struct plan_view *v, int32_t scope)
{
    const struct partings *p = &v->partings;

    for (int32_t i = 0; i < p->budget_by_count; i++) {
        if (scope < p->budget_by[i].value_count) {
            return xasprintf("%s=%s", p->budget_by[i].variable, p->budget_values[i].items[scope]);
        }
        scope -= p->budget_by[i].value_count;
    }
    return xstrdup("?");
}

void
plan_view_release(struct plan_view *v)
{
    if (v->future != NULL) {
        prediction_release(v->future);
    }
    if (v->story != NULL) {
        forecast_release(v->story);
    }
    free(v->future);
    free(v->story);
    free(v->no_times);
    partings_release(&v->partings);
    plan_free(v->story_plan);
    plan_free(v->plan);
    worktimes_free(v->times);
    free(v->slots);
    free(v->steps);
    free(v->names);
    *v = (struct plan_view){0};
}
