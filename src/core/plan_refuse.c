/*
 * plan_refuse.c - says what can never be carried out, or would never end.
 *
 * Decides nothing but that, before anything is made.  Texts name the key as config.yml or the
 * action calls it.  Owns nothing.
 */
#include "core/plan_state.h"

#include <stddef.h>

bool
plan_has_gate(const struct plan_request *q)
{
    return q->policy->gate_enabled && q->check_count > 0;
}

int32_t
plan_find_switch(const struct plan_request *q)
{
    if (q->policy->strategy != STRATEGY_BLUE_GREEN) {
        return -1;
    }
    for (int32_t i = 0; i < q->step_count; i++) {
        if (q->steps[i].switches) {
            return i;
        }
    }
    return -1;
}

static const char *
percent_sign(struct amount a)
{
    return a.percent ? "%" : "";
}

static bool
is_within(struct amount a, int32_t least)
{
    return a.value >= least && !(a.percent && a.value > 100);
}

static int
check_amounts(const struct plan_request *q, struct err *err)
{
    const struct policy *o = q->policy;

    if (o->workers < 0 || o->workers > POLICY_WORKERS_MAX) {
        return err_set(err, ERR_CONFIG, "max_parallel_workers: %d is out of range",
                       (int)o->workers);
    }
    if (o->ahead_max < 0 || o->ahead_max > POLICY_WORKERS_MAX) {
        return err_set(err, ERR_CONFIG, "connect_ahead: %d sessions: out of range",
                       (int)o->ahead_max);
    }
    if (o->serial_count < 0 || o->serial_count > POLICY_SERIAL_MAX) {
        return err_set(err, ERR_CONFIG, "serial: %d sizes; at most %d fit", (int)o->serial_count,
                       (int)POLICY_SERIAL_MAX);
    }
    for (int32_t i = 0; i < o->serial_count; i++) {
        const struct amount a = o->serial[i];
        if (!is_within(a, 1)) {
            return err_set(err, ERR_CONFIG, "serial: a wave of %d%s hosts can never start",
                           (int)a.value, percent_sign(a));
        }
    }
    if (o->has_budget && !is_within(o->max_fail, 0)) {
        return err_set(err, ERR_CONFIG, "max_fail: %d%s is out of range", (int)o->max_fail.value,
                       percent_sign(o->max_fail));
    }
    return 0;
}

/* Deadlines are sums of these with the time of the run: none may be able to overflow. */
static int
check_times(const struct plan_request *q, struct err *err)
{
    const struct policy *o = q->policy;
    const struct {
        const char *name;
        int64_t ms;
    } times[] = {
        {"wave_pause", o->wave_pause_ms},   {"wave_bake", o->wave_bake_ms},
        {"host_bake", o->host_bake_ms},     {"retry_delay", o->retry_delay_ms},
        {"run_timeout", o->run_timeout_ms}, {"health_check_interval", o->gate_interval_ms},
    };

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (times[i].ms < 0 || times[i].ms > POLICY_MS_MAX) {
            return err_set(err, ERR_CONFIG, "%s: out of range", times[i].name);
        }
    }
    return 0;
}

static int
check_steps(const struct plan_request *q, struct err *err)
{
    const struct {
        const char *where;
        const struct plan_step *steps;
        int32_t count;
    } lists[] = {
        {"", q->steps, q->step_count},
        {"finally: ", q->finally_steps, q->finally_count},
        {"rollback: ", q->rollback_steps, q->rollback_count},
    };

    for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
        for (int32_t i = 0; i < lists[k].count; i++) {
            const struct plan_step *s = &lists[k].steps[i];
            if (s->delay_ms < 0 || s->delay_ms > POLICY_MS_MAX) {
                return err_set(err, ERR_CONFIG, "%sstep %d: delay: out of range", lists[k].where,
                               (int)i + 1);
            }
            if (s->throttle < 0) {
                return err_set(err, ERR_CONFIG,
                               "%sstep %d: throttle: %d hosts at a time can never start",
                               lists[k].where, (int)i + 1, (int)s->throttle);
            }
        }
    }
    return 0;
}

/* A gate nobody can pass would fail every host of the run. */
static int
check_gate(const struct plan_request *q, struct err *err)
{
    const struct policy *o = q->policy;

    if (!plan_has_gate(q)) {
        return 0;
    }
    if (o->gate_retries < 0 || o->gate_retries == INT32_MAX) {
        return err_set(err, ERR_CONFIG, "health_check_retries: %d is out of range",
                       (int)o->gate_retries);
    }
    if (o->gate_successes < 1) {
        return err_set(err, ERR_CONFIG, "health_check_successes: %d is out of range",
                       (int)o->gate_successes);
    }
    if (o->gate_successes > o->gate_retries + 1) {
        return err_set(err, ERR_CONFIG,
                       "health_check_successes: %d in a row never come from %d tries"
                       " (1 + health_check_retries)",
                       (int)o->gate_successes, (int)o->gate_retries + 1);
    }
    return 0;
}

static int
check_partings(const struct plan_request *q, struct err *err)
{
    if (q->parallel_by_count < 0 || q->parallel_by_count > PLAN_PARTINGS_MAX) {
        return err_set(err, ERR_CONFIG, "max_parallel_by: %d variables; at most %d fit",
                       (int)q->parallel_by_count, (int)PLAN_PARTINGS_MAX);
    }
    if (q->budget_by_count < 0 || q->budget_by_count > PLAN_PARTINGS_MAX) {
        return err_set(err, ERR_CONFIG, "budget_by: %d variables; at most %d fit",
                       (int)q->budget_by_count, (int)PLAN_PARTINGS_MAX);
    }
    for (int32_t i = 0; i < q->parallel_by_count; i++) {
        const struct plan_parting *by = &q->parallel_by[i];
        if (by->limit.value < 1) {
            return err_set(err, ERR_CONFIG,
                           "max_parallel_by: %s: a limit of %d%s can never start anything",
                           by->variable, (int)by->limit.value, percent_sign(by->limit));
        }
        if (!is_within(by->limit, 1)) {
            return err_set(err, ERR_CONFIG, "max_parallel_by: %s: %d%% is out of range",
                           by->variable, (int)by->limit.value);
        }
    }
    for (int32_t i = 0; i < q->budget_by_count; i++) {
        const struct plan_parting *by = &q->budget_by[i];
        if (!is_within(by->limit, 0)) {
            return err_set(err, ERR_CONFIG, "budget_by: %s: %d%s is out of range", by->variable,
                           (int)by->limit.value, percent_sign(by->limit));
        }
    }
    return 0;
}

static int
check_strategy(const struct plan_request *q, struct err *err)
{
    const struct policy *o = q->policy;

    if (o->strategy == STRATEGY_CANARY && !is_within(o->canary, 1)) {
        return err_set(err, ERR_CONFIG,
                       "canary: how many hosts? Got %d%s: say a number from 1, or 1%% to 100%%",
                       (int)o->canary.value, percent_sign(o->canary));
    }
    if (o->strategy != STRATEGY_BLUE_GREEN) {
        return 0;
    }
    if (q->sequence_by != NULL) {
        return err_set(err, ERR_CONFIG,
                       "sequence_by: %s: not with strategy blue_green, which switches all hosts"
                       " together",
                       q->sequence_by->variable);
    }
    if (plan_find_switch(q) < 0) {
        return err_set(err, ERR_CONFIG,
                       "strategy blue_green: none of the steps to run has switch: true, so"
                       " nothing would switch");
    }
    return 0;
}

static bool
any_run_once(const struct plan_step *steps, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (steps[i].run_once) {
            return true;
        }
    }
    return false;
}

/* A choice that can never come to matter is no reason to refuse: an action without a budget
 * neither pauses nor rolls back because of one. */
static int
check_consequences(const struct plan_request *q, struct err *err)
{
    const struct policy *o = q->policy;
    const bool counts = o->has_budget || q->budget_by_count > 0;
    const bool may_halt = counts || o->strategy == STRATEGY_CANARY ||
                          any_run_once(q->steps, q->step_count) ||
                          any_run_once(q->finally_steps, q->finally_count);

    if (o->on_failure == ON_FAILURE_ROLLBACK && may_halt && q->rollback_count < 1) {
        return err_set(err, ERR_CONFIG,
                       "on_failure: rollback: the action has no rollback list to go back by");
    }
    if (o->answerable) {
        return 0;
    }
    if (o->strategy == STRATEGY_CANARY && o->promote == PROMOTE_MANUAL) {
        return err_set(err, ERR_CONFIG,
                       "promote: manual: nobody can answer: there is no terminal and no control"
                       " socket");
    }
    if (o->on_failure == ON_FAILURE_PAUSE && counts) {
        return err_set(err, ERR_CONFIG,
                       "on_failure: pause: nobody can answer: there is no terminal and no control"
                       " socket");
    }
    return 0;
}

int
plan_refuse(const struct plan_request *q, struct err *err)
{
    static int (*const checks[])(const struct plan_request *, struct err *) = {
        check_amounts,  check_times,    check_steps,        check_gate,
        check_partings, check_strategy, check_consequences,
    };

    if (q->host_count < 1) {
        return err_set(err, ERR_NO_MATCH, "no hosts to work on");
    }
    if (q->step_count < 1) {
        return err_set(err, ERR_NO_MATCH, "no steps to run: the tags select none");
    }
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (checks[i](q, err) < 0) {
            return -1;
        }
    }
    return 0;
}
