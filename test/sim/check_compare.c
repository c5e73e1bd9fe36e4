/*
 * check_compare.c - what the plan says of itself must be what the checker has worked out.
 *
 * Asked once, before the run.
 */
#include "sim/check_state.h"

static void
compare_waves(struct check *k)
{
    const struct plan *p = k->plan;

    CHECK(k, plan_wave_count(p) == k->waves, "plan: %d waves, not %d", (int)plan_wave_count(p),
          (int)k->waves);
    CHECK(k, plan_canary_waves(p) == k->canary_waves, "plan: %d waves of the canary, not %d",
          (int)plan_canary_waves(p), (int)k->canary_waves);
    CHECK(k, plan_has_waves(p) == k->told, "plan: waves are %stold", k->told ? "not " : "");
    for (int32_t w = 0; w < k->waves && k->wrong[0] == '\0'; w++) {
        const bool both = k->c->policy.strategy == STRATEGY_BLUE_GREEN;
        const int32_t end = both ? k->host_count : k->wave_begin[w + 1];
        CHECK(k, plan_wave_begin(p, w) == k->wave_begin[w] && plan_wave_end(p, w) == end,
              "plan: wave %d is positions %d to %d, not %d to %d", (int)w,
              (int)plan_wave_begin(p, w), (int)plan_wave_end(p, w), (int)k->wave_begin[w],
              (int)end);
    }
}

static void
compare_host(struct check *k, int32_t host)
{
    const struct plan *p = k->plan;
    const struct check_host *h = &k->hosts[host];

    CHECK(k, plan_host_at(p, h->position) == host && plan_position_of(p, host) == h->position,
          "plan: host %d is at position %d, not %d", (int)host, (int)plan_position_of(p, host),
          (int)h->position);
    CHECK(k, plan_wave_of(p, host) == h->wave, "plan: host %d is in wave %d, not %d", (int)host,
          (int)plan_wave_of(p, host), (int)h->wave);
    for (int32_t i = 0; i < k->budget_vars; i++) {
        const int32_t mine = k->scope_budget[i][k->c->budget_by[i].value_of[host]];
        const int32_t its = plan_scope_budget(p, plan_scope_of(p, host, i));
        CHECK(k, mine == its, "plan: host %d, budget_by %d: budget %d, not %d", (int)host, (int)i,
              (int)its, (int)mine);
    }
    for (int32_t i = 0; i < k->limit_vars; i++) {
        const int32_t mine = k->limit[i][k->c->parallel_by[i].value_of[host]];
        const int32_t its = plan_limit(p, plan_class_limit(p, plan_class_of(p, host), i));
        CHECK(k, mine == its, "plan: host %d, max_parallel_by %d: limit %d, not %d", (int)host,
              (int)i, (int)its, (int)mine);
    }
}

void
check_plan_compare(struct check *k)
{
    const struct plan *p = k->plan;
    const int32_t slots = k->width < k->host_count ? k->width : k->host_count;

    CHECK(k, plan_host_count(p) == k->host_count, "plan: %d hosts, not %d", (int)plan_host_count(p),
          (int)k->host_count);
    CHECK(k, plan_slot_count(p) == slots, "plan: %d slots, not %d", (int)plan_slot_count(p),
          (int)slots);
    CHECK(k, plan_budget(p) == k->budget, "plan: budget %d, not %d", (int)plan_budget(p),
          (int)k->budget);
    CHECK(k, plan_is_remote(p) == k->remote, "plan: %s needs a connection",
          k->remote ? "nothing" : "something");
    CHECK(k, plan_switch_step(p) == k->switch_step, "plan: switch at step %d, not %d",
          (int)plan_switch_step(p), (int)k->switch_step);
    CHECK(k, plan_check_count(p) == k->checks, "plan: %d checks, not %d", (int)plan_check_count(p),
          (int)k->checks);
    CHECK(k, plan_scope_vars(p) == k->budget_vars && plan_limit_vars(p) == k->limit_vars,
          "plan: partings are missing");
    compare_waves(k);
    for (int32_t i = 0; i < k->host_count && k->wrong[0] == '\0'; i++) {
        compare_host(k, i);
    }
}
