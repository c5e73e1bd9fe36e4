/*
 * limits.c - the deadline of a run as a sum over all that may happen in it.
 */
#include "sim/limits.h"

#include "core/backoff.h"

enum { WORDS_MAX = 40, SLACK = 4, FACTS_BASE = 20000, FACTS_A_HOST = 1500, FACTS_A_PAIR = 30 };

/* Longest that one thing takes, with the turns before and after it. */
static double
thing_ms(const struct sim_case *c)
{
    return (double)c->slow_ms * 22 + (double)c->stall_ms + (double)c->turn_ms * 2 + 10;
}

static double
connect_ms(const struct sim_case *c)
{
    return (c->policy.retries_max + 2) * (thing_ms(c) + BACKOFF_MS_MAX * 1.25);
}

static double
list_ms(const struct sim_case *c, const struct plan_step *steps, int32_t count)
{
    double sum = 0;

    for (int32_t i = 0; i < count; i++) {
        const double attempts = 2 + steps[i].retries;
        sum += attempts * (2 * thing_ms(c) + connect_ms(c) + (double)steps[i].delay_ms * 1.25 +
                           (double)c->policy.retry_delay_ms * 1.25);
    }
    return sum;
}

static double
gate_ms(const struct sim_case *c)
{
    const double try_ms =
        (c->check_count + 2) * thing_ms(c) + (double)c->policy.gate_interval_ms + 1;

    return (c->policy.gate_retries + 2) * (3 * try_ms + (double)c->policy.host_bake_ms);
}

int64_t
limits_deadline_ms(const struct sim_case *c, const struct plan *p)
{
    const struct policy *o = &c->policy;
    const double rounds = c->host_count + WORDS_MAX + c->verb_count;
    const double once_ms = list_ms(c, c->steps, c->step_count) +
                           list_ms(c, c->rollback_steps, c->rollback_count) + connect_ms(c) * 4 +
                           2 * gate_ms(c) + 2 * list_ms(c, c->finally_steps, c->finally_count);
    const double bakes = (double)plan_wave_count(p) + rounds * (o->gate_retries + 2);
    const double waits_ms = (double)plan_wave_count(p) * (double)o->wave_pause_ms +
                            bakes * ((double)o->wave_bake_ms + thing_ms(c)) +
                            (rounds + plan_wave_count(p)) * ((double)c->operator_ms + thing_ms(c));
    double verbs_ms = 0;

    for (int32_t i = 0; i < c->verb_count; i++) {
        verbs_ms += (double)c->verbs[i].at_ms;
    }
    return (int64_t)(SLACK * (rounds * once_ms + waits_ms + verbs_ms)) + 60000;
}

size_t
limits_facts(const struct sim_case *c)
{
    const size_t hosts = (size_t)c->host_count;
    /* While one host after the other has its turn, all that are done are looked at. */
    const size_t looks = c->check_count > 0 ? hosts * hosts * FACTS_A_PAIR : 0;

    return FACTS_BASE + hosts * FACTS_A_HOST + looks;
}
