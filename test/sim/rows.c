/*
 * rows.c - the cases of the tests of the checker, and how a row is played.
 */
#include "sim/rows.h"

#include "sim/play.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
plain(struct sim_case *c)
{
    static const char *names[] = {"a", "b", "c", "d", "e"};

    case_room(c, 4);
    for (int32_t i = 0; i < 4; i++) {
        c->names[i] = names[i];
        for (int v = 0; v < PLAN_PARTINGS_MAX; v++) {
            c->parallel_by[v].value_of[i] = c->budget_by[v].value_of[i] = i / 2;
        }
        c->sequence_by.value_of[i] = i % 2;
    }
    c->policy.strategy = STRATEGY_PARALLEL;
    c->policy.workers = 2;
    c->policy.gate_successes = 1;
    c->policy.canary.value = 1;
    c->policy.answerable = true;
    c->steps[0].local = true;
    c->step_count = 1;
    for (int i = 0; i < SIM_CHECKS_MAX; i++) {
        c->checks[i].local = true;
    }
}

void
two(struct sim_case *c)
{
    c->host_count = 2;
}

void
remote(struct sim_case *c)
{
    c->host_count = 1;
    c->steps[0].local = false;
    c->policy.retry_delay_ms = 100;
    c->policy.retries_max = 1;
    c->policy.retry_connect = true;
}

void
by_zone(struct sim_case *c)
{
    c->parallel_by_count = 1;
    c->parallel_by[0].value_count = 2;
    c->parallel_by[0].limit.value = 1;
}

void
waves_of_2(struct sim_case *c)
{
    c->policy.strategy = STRATEGY_ROLLING;
}

void
waves_that_pause(struct sim_case *c)
{
    waves_of_2(c);
    c->policy.wave_pause_ms = 500;
}

void
budget_of_0(struct sim_case *c)
{
    c->policy.has_budget = true;
}

void
budget_that_pauses(struct sim_case *c)
{
    budget_of_0(c);
    c->policy.on_failure = ON_FAILURE_PAUSE;
}

void
budget_by_zone(struct sim_case *c)
{
    c->budget_by_count = 1;
    c->budget_by[0].value_count = 2;
    c->policy.workers = 1;
}

void
with_gate(struct sim_case *c)
{
    c->policy.gate_enabled = true;
    c->check_count = 1;
    c->policy.gate_interval_ms = 10;
    c->host_count = 1;
}

void
gate_of_2_tries(struct sim_case *c)
{
    with_gate(c);
    c->policy.gate_retries = 1;
}

void
with_bake(struct sim_case *c)
{
    gate_of_2_tries(c);
    c->policy.host_bake_ms = 25;
}

void
with_wave_bake(struct sim_case *c)
{
    gate_of_2_tries(c);
    c->policy.strategy = STRATEGY_ROLLING;
    c->policy.wave_bake_ms = 25;
}

void
watched(struct sim_case *c)
{
    with_gate(c);
    c->host_count = 2;
    c->policy.workers = 1;
}

void
canary(struct sim_case *c)
{
    c->policy.strategy = STRATEGY_CANARY;
    c->host_count = 2;
}

void
canary_by_hand(struct sim_case *c)
{
    canary(c);
    c->policy.promote = PROMOTE_MANUAL;
}

void
once(struct sim_case *c)
{
    c->host_count = 2;
    c->steps[0].run_once = true;
}

void
throttled(struct sim_case *c)
{
    c->host_count = 2;
    c->steps[0].throttle = 1;
}

void
with_finally(struct sim_case *c)
{
    c->host_count = 1;
    c->finally_count = 1;
    c->finally_steps[0].local = true;
}

void
retried(struct sim_case *c)
{
    c->host_count = 1;
    c->steps[0].idempotent = true;
    c->steps[0].retries = 1;
    c->steps[0].delay_ms = 100;
}

void
timed(struct sim_case *c)
{
    c->policy.run_timeout_ms = 1000;
}

void
rolls_back(struct sim_case *c)
{
    budget_of_0(c);
    c->policy.on_failure = ON_FAILURE_ROLLBACK;
    c->rollback_steps[0].local = true;
    c->rollback_count = 1;
}

void
blue_green(struct sim_case *c)
{
    c->policy.strategy = STRATEGY_BLUE_GREEN;
    c->host_count = 2;
    c->step_count = 2;
    c->steps[1].local = c->steps[1].switches = true;
}

void
in_sequence(struct sim_case *c)
{
    c->sequenced = true;
    c->sequence_by.value_count = 2;
}

void
waves_with_budget(struct sim_case *c)
{
    waves_of_2(c);
    c->policy.has_budget = true;
    c->policy.max_fail.value = 4;
}

void
remote_and_paused(struct sim_case *c)
{
    remote(c);
    budget_that_pauses(c);
}

void
finally_once(struct sim_case *c)
{
    with_finally(c);
    c->host_count = 2;
    c->finally_steps[0].run_once = true;
}

void
finally_throttled(struct sim_case *c)
{
    with_finally(c);
    c->host_count = 2;
    c->finally_steps[0].throttle = 1;
}

void
rolls_back_one_by_one(struct sim_case *c)
{
    rolls_back(c);
    c->host_count = 2;
    c->policy.workers = 1;
}

void
ahead(struct sim_case *c)
{
    waves_of_2(c);
    c->steps[0].local = false;
    c->policy.ahead_max = 2;
    c->policy.retry_delay_ms = 100;
    c->policy.retries_max = 1;
}

void
ahead_by_one(struct sim_case *c)
{
    ahead(c);
    c->policy.ahead_max = 1;
}

void
ahead_and_tried_again(struct sim_case *c)
{
    ahead(c);
    c->policy.retry_connect = true;
}

void
ahead_of_width_one(struct sim_case *c)
{
    ahead(c);
    c->policy.workers = 1;
    c->policy.ahead_max = 9;
    c->policy.serial_count = 1;
    c->policy.serial[0].value = 2;
}

void
ahead_of_a_pause(struct sim_case *c)
{
    ahead(c);
    c->policy.wave_pause_ms = 1;
}

void
ahead_of_a_bake(struct sim_case *c)
{
    ahead(c);
    c->policy.wave_bake_ms = 1;
}

void
ahead_of_promote(struct sim_case *c)
{
    ahead(c);
    c->policy.strategy = STRATEGY_CANARY;
    c->policy.canary.value = 2;
    c->policy.promote = PROMOTE_MANUAL;
}

void
ahead_of_nothing(struct sim_case *c)
{
    ahead(c);
    c->steps[0].local = true;
}

void
ahead_with_budget(struct sim_case *c)
{
    ahead(c);
    c->policy.has_budget = true;
}

void
ahead_with_pauses(struct sim_case *c)
{
    ahead_with_budget(c);
    c->policy.on_failure = ON_FAILURE_PAUSE;
}

void
ahead_with_rollback(struct sim_case *c)
{
    ahead(c);
    rolls_back(c);
}

void
ahead_with_limits(struct sim_case *c)
{
    ahead(c);
    by_zone(c);
}

/* ---- playing them */

/* Some part of the list, with `|` between, is in the sentence. */
static bool
says(const char *sentence, const char *parts)
{
    char *list = xstrdup(parts);
    char *save = NULL;
    bool found = false;

    for (const char *p = strtok_r(list, "|", &save); p != NULL; p = strtok_r(NULL, "|", &save)) {
        found |= strstr(sentence, p) != NULL;
    }
    free(list);
    return found;
}

static bool
play_row(const struct row *row)
{
    struct sim_case c;
    struct err err = {0};
    char text[512];

    case_init(&c);
    plain(&c);
    if (row->set != NULL) {
        row->set(&c);
    }
    struct plan *plan = case_plan(&c, &err);
    if (plan == NULL) {
        (void)fprintf(stderr, "%s\n    refused: %s\n", row->script, err.text);
        return false;
    }
    struct check *k = check_new(&c, plan);
    const char *wrong = play(k, row->script, true, text, sizeof(text));
    const bool fine = row->wrong == NULL ? wrong == NULL : wrong != NULL && says(wrong, row->wrong);
    if (!fine) {
        (void)fprintf(stderr, "%s\n    should say: %s\n    says: %s\n", row->script,
                      row->wrong == NULL ? "nothing" : row->wrong,
                      wrong == NULL ? "nothing" : wrong);
    }
    check_free(k);
    plan_free(plan);
    case_release(&c);
    return fine;
}

bool
rows_hold(const struct row *rows, size_t count)
{
    bool hold = true;

    for (size_t i = 0; i < count; i++) {
        hold &= play_row(&rows[i]);
    }
    return hold;
}
