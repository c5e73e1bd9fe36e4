/*
 * bench.h - drives a rollout by hand: facts in, the exact orders out, as text.
 *
 * For the tests of the scheduler's files; each uses what it needs of it.
 */
#ifndef BENCH_H
#define BENCH_H

#include "base/buf.h"
#include "core/rollout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { BENCH_HOSTS_MAX = 200 };

struct bench {
    struct policy policy;
    struct plan_step steps[8];
    struct plan_step finally_steps[4];
    struct plan_check checks[4];
    struct plan_step rollback_steps[4];
    int32_t step_count, finally_count, check_count, rollback_count;
    struct plan_parting parallel_by[2], budget_by[2], sequence_by; /* variable NULL: none */
    struct plan *plan;
    struct rollout *rollout;
    int64_t now_ms;
    bool waves;      /* show when waves begin and end, too */
    struct buf seen; /* orders since the last look */
};

static inline void
bench_init(struct bench *b, enum strategy strategy, int32_t workers)
{
    memset(b, 0, sizeof(*b));
    b->policy.strategy = strategy;
    b->policy.workers = workers;
    b->policy.has_budget = true;
    b->policy.retry_delay_ms = 1000;
    b->policy.retries_max = 3;
    b->step_count = 1;
    buf_init(&b->seen, 1 << 20);
}

static inline bool
has_slot(enum order_kind k)
{
    return k == ORDER_START || k == ORDER_RELEASE || k == ORDER_PARK || k == ORDER_UNPARK ||
           k == ORDER_ROLLBACK;
}

static inline void
drain(struct bench *b)
{
    struct order o;

    while (rollout_next(b->rollout, &o)) {
        if ((o.kind == ORDER_WAVE_BEGIN || o.kind == ORDER_WAVE_END) && !b->waves) {
            continue;
        }
        buf_addf(&b->seen, "%s%s", b->seen.len > 0 ? " " : "", order_name(o.kind));
        if (o.host >= 0) {
            buf_addf(&b->seen, " %d", (int)o.host);
        }
        if (has_slot(o.kind)) {
            buf_addf(&b->seen, "@%d", (int)o.slot);
        } else if (o.kind == ORDER_RUN_STEP || o.kind == ORDER_PROBE) {
            buf_addf(&b->seen, ":%d.%d", (int)o.step, (int)o.attempt);
        } else if (o.kind == ORDER_FINALLY) {
            buf_addf(&b->seen, ":%d", (int)o.step);
        } else if (o.kind == ORDER_CONNECT && o.slot < 0) {
            buf_adds(&b->seen, " ahead");
        } else if (o.host < 0) {
            buf_addf(&b->seen, " %d", (int)o.value);
        }
        buf_adds(&b->seen, ",");
    }
}

static inline int32_t
count_partings(const struct plan_parting *p)
{
    return (p[0].variable != NULL) + (p[1].variable != NULL);
}

static inline void
bench_start(struct bench *b, int32_t hosts)
{
    static const char *const first[] = {"web-3", "web-1", "web-2", "db-1", "db-2",
                                        "db-3",  "x-1",   "x-2",   "x-3",  "x-4"};
    const char *names[BENCH_HOSTS_MAX];

    assert_true(hosts <= BENCH_HOSTS_MAX);
    for (int32_t i = 0; i < hosts; i++) {
        names[i] = i < 10 ? first[i] : "x-5";
    }
    const struct plan_request request = {
        .policy = &b->policy,
        .host_count = hosts,
        .host_names = names,
        .steps = b->steps,
        .step_count = b->step_count,
        .finally_steps = b->finally_steps,
        .finally_count = b->finally_count,
        .checks = b->checks,
        .check_count = b->check_count,
        .rollback_steps = b->rollback_steps,
        .rollback_count = b->rollback_count,
        .parallel_by = b->parallel_by,
        .parallel_by_count = count_partings(b->parallel_by),
        .budget_by = b->budget_by,
        .budget_by_count = count_partings(b->budget_by),
        .sequence_by = b->sequence_by.variable != NULL ? &b->sequence_by : NULL,
    };
    struct err err;

    b->plan = plan_new(&request, &err);
    assert_non_null(b->plan);
    b->rollout = rollout_new(b->plan, b->now_ms);
    drain(b);
}

static inline void
bench_end(struct bench *b)
{
    rollout_free(b->rollout);
    plan_free(b->plan);
    buf_release(&b->seen);
}

static inline void
expect(struct bench *b, const char *orders)
{
    assert_string_equal(b->seen.data, orders);
    buf_clear(&b->seen);
}

static inline void
tell(struct bench *b, struct fact f)
{
    if (f.kind == FACT_FINALLY_DONE && f.attempt == 0) {
        f.attempt = 1;
    }
    rollout_tell(b->rollout, b->now_ms, &f);
    drain(b);
}

static inline int32_t
or_first(int32_t attempt)
{
    return attempt > 0 ? attempt : 1;
}

/* By the attempt that is under way, or was last; so below. */
static inline void
connected(struct bench *b, int32_t host)
{
    const int32_t attempt = or_first(rollout_host(b->rollout, host).connect_attempt);

    tell(b, (struct fact){.kind = FACT_CONNECTED, .host = host, .attempt = attempt});
}

static inline void
gone(struct bench *b, int32_t host)
{
    tell(b, (struct fact){.kind = FACT_DISCONNECTED, .host = host});
}

static inline void
done(struct bench *b, int32_t host, int32_t step, int32_t code)
{
    const int32_t attempt = or_first(rollout_host(b->rollout, host).attempt);

    tell(b, (struct fact){.kind = FACT_STEP_SENT, .host = host, .step = step, .attempt = attempt});
    tell(b, (struct fact){.kind = FACT_STEP_DONE,
                          .host = host,
                          .step = step,
                          .attempt = attempt,
                          .exit_code = code});
}

static inline void
finally_done(struct bench *b, int32_t host, int32_t step, int32_t code)
{
    tell(b, (struct fact){.kind = FACT_FINALLY_DONE,
                          .host = host,
                          .step = step,
                          .attempt = rollout_host(b->rollout, host).round,
                          .exit_code = code});
}

static inline void
connect_failed(struct bench *b, int32_t host, int32_t attempt, enum cause cause)
{
    tell(b, (struct fact){
                .kind = FACT_CONNECT_FAILED, .host = host, .attempt = attempt, .cause = cause});
}

static inline void
tick(struct bench *b, int64_t now_ms)
{
    b->now_ms = now_ms;
    tell(b, (struct fact){.kind = FACT_TICK, .host = -1});
}

static inline void
whole_host(struct bench *b, int32_t host, int32_t code)
{
    connected(b, host);
    done(b, host, 0, code);
}

/* Between its steps, or ahead of its start. */
static inline void
lost(struct bench *b, int32_t host)
{
    tell(b, (struct fact){.kind = FACT_CONNECTION_LOST, .host = host, .cause = CAUSE_LOST});
}

/* By the attempt that is under way. */
static inline void
throttled(struct bench *b, int32_t host)
{
    const int32_t attempt = rollout_host(b->rollout, host).connect_attempt;

    tell(b, (struct fact){.kind = FACT_THROTTLED, .host = host, .attempt = attempt});
}

static inline void
workers(struct bench *b, int32_t count)
{
    tell(b, (struct fact){.kind = FACT_VERB, .host = -1, .verb = VERB_WORKERS, .value = count});
}

/* A rolling run of waves as large as W, of which as many may be connected ahead. */
static inline void
ahead_init(struct bench *b, int32_t workers)
{
    bench_init(b, STRATEGY_ROLLING, workers);
    b->policy.max_fail.value = 9;
    b->policy.answerable = true;
    b->policy.ahead_max = workers;
}

/* All of a host, to the end of its session: nothing waits for it any more. */
static inline void
past_host(struct bench *b, int32_t host, int32_t code)
{
    whole_host(b, host, code);
    gone(b, host);
}

static inline void
verb(struct bench *b, enum verb v)
{
    tell(b, (struct fact){.kind = FACT_VERB, .host = -1, .verb = v});
}

static inline void
verb_to(struct bench *b, enum verb v, int32_t host)
{
    tell(b, (struct fact){.kind = FACT_VERB, .host = host, .verb = v});
}

static inline void
probed(struct bench *b, int32_t host, int32_t check, int32_t attempt, bool passed, enum cause cause)
{
    tell(b, (struct fact){.kind = passed ? FACT_PROBE_PASSED : FACT_PROBE_FAILED,
                          .host = host,
                          .step = check,
                          .attempt = attempt,
                          .cause = cause});
}

/* The check it is at. */
static inline void
looked(struct bench *b, int32_t host, bool passed)
{
    const struct rollout_host h = rollout_host(b->rollout, host);

    probed(b, host, h.probe_check, h.probe_try, passed, CAUSE_NONE);
}

static inline void
in_state(struct bench *b, enum run_state s, enum halt why)
{
    assert_string_equal(run_state_name(rollout_state(b->rollout)), run_state_name(s));
    assert_string_equal(halt_text(rollout_halt(b->rollout)), halt_text(why));
}

static inline void
ended(struct bench *b, enum outcome outcome, enum cause cause, int32_t host)
{
    const struct rollout_host h = rollout_host(b->rollout, host);

    assert_string_equal(outcome_name(h.outcome), outcome_name(outcome));
    assert_string_equal(cause_name(h.cause), cause_name(cause));
}

/* A gate of one check on the controller, every 100 ms; no try is repeated. */
static inline void
bench_gate(struct bench *b)
{
    b->policy.gate_enabled = true;
    b->policy.gate_successes = 1;
    b->policy.gate_interval_ms = 100;
    b->check_count = 1;
    b->checks[0].local = true;
}

static inline void
watch_init(struct bench *b, enum strategy strategy, int32_t workers)
{
    bench_init(b, strategy, workers);
    b->policy.max_fail.value = 9;
    bench_gate(b);
}

/* To its release, with its session closed. */
static inline void
past_gate(struct bench *b, int32_t host)
{
    whole_host(b, host, 0);
    while (rollout_host(b->rollout, host).finished_ms < 0) {
        looked(b, host, true);
    }
    gone(b, host);
}

#endif
