/*
 * plan_view.h - all that is known of a plan, to be shown or kept.
 */
#ifndef CLI_PLAN_VIEW_H
#define CLI_PLAN_VIEW_H

#include "app/forecast.h"
#include "app/parting.h"
#include "app/predict.h"
#include "app/run.h"
#include "app/worktimes.h"
#include "core/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed where nothing else is said. */
struct plan_view {
    const struct run_request *request;
    bool seed_given;
    const char **names; /* owned: by host of the request */
    size_t *steps;      /* owned: indexes into the action's */
    size_t step_count;
    struct plan *plan;         /* owned */
    struct partings partings;  /* owned: values that have limits and budgets of their own */
    int32_t *slots;            /* owned: predict_slots */
    struct worktimes *times;   /* owned; NULL: the store could not be read */
    char *no_times;            /* owned: why not; or NULL */
    int64_t assume_ms;         /* --assume; -1: by history */
    struct prediction *future; /* owned; NULL: time is not known */
    const char *simulated;     /* --simulate, or NULL */
    struct plan *story_plan;   /* owned: what story is of; or NULL */
    struct forecast *story;    /* owned; NULL: nothing is simulated */
};

/* Fill v for a request.  -1 and what a run would say, or what is wrong with what is simulated;
 * release v in any case. */
int plan_view_make(struct plan_view *v, const struct run_request *request, int64_t assume_ms,
                   const char *simulated, struct err *err);
void plan_view_release(struct plan_view *v);

/* Warn on stderr of what is not known, and why. */
void plan_view_warn(const struct plan_view *v);
/* For people, on stdout. */
void plan_text(const struct plan_view *v);
/* The story alone: what happens, in the order of time; who stays; the exit code. */
void plan_story(const struct plan_view *v);
/* "zone=a" of a scope of plan_scope_of; free() it. */
char *plan_scope_name(const struct plan_view *v, int32_t scope);
/* One JSON object on stdout: docs/plan.md has its keys. */
void plan_json(const struct plan_view *v);

#endif
