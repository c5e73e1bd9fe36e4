/*
 * test_rollout_host.c - what facts make of one host: the outcome table, retries, kill, finally.
 *
 * One host, one or two steps; each case is a list of facts and the outcome or the orders they give.
 */
#include "core/rollout.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { FACTS_MAX = 10 };

struct script {
    const char *name;
    const char *orders; /* NULL: whatever they are */
    struct policy policy;
    struct plan_step steps[2];
    struct plan_step finally_steps[2];
    int32_t step_count; /* 0: one */
    int32_t finally_count;
    struct fact facts[FACTS_MAX]; /* up to one without a kind: FACT_CONNECTED of attempt 0 */
    enum outcome outcome;
    enum cause cause;
};

#define CONNECTED(n)                                                                               \
    {                                                                                              \
        .kind = FACT_CONNECTED, .attempt = (n)                                                     \
    }
#define NO_CONNECTION(n, why)                                                                      \
    {                                                                                              \
        .kind = FACT_CONNECT_FAILED, .attempt = (n), .cause = (why)                                \
    }
#define THROTTLED(n)                                                                               \
    {                                                                                              \
        .kind = FACT_THROTTLED, .attempt = (n), .cause = CAUSE_CONNECT                             \
    }
#define SENT(s, n)                                                                                 \
    {                                                                                              \
        .kind = FACT_STEP_SENT, .step = (s), .attempt = (n)                                        \
    }
#define DONE(s, n, code)                                                                           \
    {                                                                                              \
        .kind = FACT_STEP_DONE, .step = (s), .attempt = (n), .exit_code = (code)                   \
    }
#define SIGNALLED(s, n, number)                                                                    \
    {                                                                                              \
        .kind = FACT_STEP_DONE, .step = (s), .attempt = (n), .signal = (number)                    \
    }
#define SKIPPED(s, n)                                                                              \
    {                                                                                              \
        .kind = FACT_STEP_SKIPPED, .step = (s), .attempt = (n)                                     \
    }
#define NOT_STARTED(s, n, why)                                                                     \
    {                                                                                              \
        .kind = FACT_STEP_NOT_STARTED, .step = (s), .attempt = (n), .cause = (why)                 \
    }
#define UNKNOWN(s, n, why)                                                                         \
    {                                                                                              \
        .kind = FACT_STEP_UNKNOWN, .step = (s), .attempt = (n), .cause = (why)                     \
    }
#define FINALLY(s, code, why)                                                                      \
    {                                                                                              \
        .kind = FACT_FINALLY_DONE, .step = (s), .attempt = 1, .exit_code = (code), .cause = (why)  \
    }
#define DISCONNECTED                                                                               \
    {                                                                                              \
        .kind = FACT_DISCONNECTED                                                                  \
    }
#define LOST                                                                                       \
    {                                                                                              \
        .kind = FACT_CONNECTION_LOST, .cause = CAUSE_LOST                                          \
    }
#define KILL                                                                                       \
    {                                                                                              \
        .kind = FACT_VERB, .host = -1, .verb = VERB_KILL                                           \
    }
#define TICK                                                                                       \
    {                                                                                              \
        .kind = FACT_TICK, .host = -1                                                              \
    }

/* Takes the orders due as text; returns the time last waited for. */
static int64_t
take(struct rollout *r, struct buf *seen, int64_t wait_ms)
{
    struct order o;

    while (rollout_next(r, &o)) {
        if (o.kind == ORDER_WAIT) {
            wait_ms = o.value;
        }
        if (o.kind == ORDER_WAIT || o.kind == ORDER_WAVE_BEGIN || o.kind == ORDER_WAVE_END) {
            continue;
        }
        buf_addf(seen, "%s%s", seen->len > 0 ? " " : "", order_name(o.kind));
        if (o.kind == ORDER_RUN_STEP) {
            buf_addf(seen, ":%d.%d", (int)o.step, (int)o.attempt);
        } else if (o.kind == ORDER_FINALLY) {
            buf_addf(seen, ":%d", (int)o.step);
        } else if (o.kind == ORDER_FINISH) {
            buf_addf(seen, ":%d", (int)o.value);
        }
    }
    return wait_ms;
}

static void
tell_all(const struct script *s, struct rollout *r, struct buf *seen)
{
    int64_t now_ms = 0;
    int64_t wait_ms = take(r, seen, -1);

    for (int i = 0; i < FACTS_MAX; i++) {
        const struct fact *f = &s->facts[i];
        if (f->kind == FACT_CONNECTED && f->attempt == 0) {
            break;
        }
        if (f->kind == FACT_TICK) {
            if (wait_ms < 0) {
                fail_msg("%s: fact %d: nothing is waited for", s->name, i + 1);
            }
            now_ms = wait_ms;
        }
        rollout_tell(r, now_ms, f);
        wait_ms = take(r, seen, wait_ms);
    }
}

static void
play(const struct script *s)
{
    static const char *const names[] = {"web-1"};
    const struct plan_request q = {
        .policy = &s->policy,
        .host_count = 1,
        .host_names = names,
        .steps = s->steps,
        .step_count = s->step_count == 0 ? 1 : s->step_count,
        .finally_steps = s->finally_steps,
        .finally_count = s->finally_count,
    };
    struct plan *p = plan_new(&q, NULL);
    struct rollout *r = rollout_new(p, 0);
    struct buf seen;

    buf_init(&seen, 4096);
    tell_all(s, r, &seen);
    const struct rollout_host h = rollout_host(r, 0);
    if (!rollout_finished(r) || h.outcome != s->outcome || h.cause != s->cause) {
        fail_msg("%s: %s, cause %s, %s: %s", s->name, outcome_name(h.outcome), cause_name(h.cause),
                 rollout_finished(r) ? "over" : "not over", seen.data);
    }
    if (s->orders != NULL && strcmp(seen.data, s->orders) != 0) {
        fail_msg("%s:\n  orders %s\n  not    %s", s->name, seen.data, s->orders);
    }
    buf_release(&seen);
    rollout_free(r);
    plan_free(p);
}

#define PLAY(scripts)                                                                              \
    do {                                                                                           \
        for (size_t i = 0; i < sizeof(scripts) / sizeof((scripts)[0]); i++) {                      \
            play(&(scripts)[i]);                                                                   \
        }                                                                                          \
    } while (0)

static void
test_each_cause_gives_the_outcome_of_the_table(void **state)
{
    static const struct script scripts[] = {
        {.name = "done", .facts = {CONNECTED(1), DONE(0, 1, 0)}, .outcome = OUTCOME_OK},
        {.name = "skipped", .facts = {CONNECTED(1), SKIPPED(0, 1)}, .outcome = OUTCOME_OK},
        {.name = "name",
         .facts = {NO_CONNECTION(1, CAUSE_NAME)},
         .outcome = OUTCOME_UNREACHABLE,
         .cause = CAUSE_NAME},
        {.name = "host key",
         .facts = {NO_CONNECTION(1, CAUSE_HOSTKEY)},
         .outcome = OUTCOME_UNREACHABLE,
         .cause = CAUSE_HOSTKEY},
        {.name = "denied",
         .facts = {NO_CONNECTION(1, CAUSE_AUTH)},
         .outcome = OUTCOME_UNREACHABLE,
         .cause = CAUSE_AUTH},
        {.name = "throttled, no retries",
         .facts = {THROTTLED(1)},
         .outcome = OUTCOME_UNREACHABLE,
         .cause = CAUSE_CONNECT},
        {.name = "throttled, twice",
         .policy = {.retries_max = 1},
         .facts = {THROTTLED(1), TICK, THROTTLED(2)},
         .outcome = OUTCOME_UNREACHABLE,
         .cause = CAUSE_CONNECT},
        {.name = "refused, twice",
         .facts = {CONNECTED(1), NOT_STARTED(0, 1, CAUSE_REFUSED), TICK,
                   NOT_STARTED(0, 1, CAUSE_REFUSED)},
         .outcome = OUTCOME_FAILED,
         .cause = CAUSE_REFUSED},
        {.name = "exit code",
         .facts = {CONNECTED(1), SENT(0, 1), DONE(0, 1, 1)},
         .outcome = OUTCOME_FAILED},
        {.name = "signal",
         .facts = {CONNECTED(1), SENT(0, 1), SIGNALLED(0, 1, 9)},
         .outcome = OUTCOME_FAILED},
        {.name = "lost before it was sent",
         .facts = {CONNECTED(1), NOT_STARTED(0, 1, CAUSE_LOST)},
         .outcome = OUTCOME_UNREACHABLE,
         .cause = CAUSE_LOST},
        {.name = "bytes of the frame left, but no shell was there",
         .facts = {CONNECTED(1), SENT(0, 1), NOT_STARTED(0, 1, CAUSE_NO_HEADER)},
         .outcome = OUTCOME_FAILED,
         .cause = CAUSE_NO_HEADER},
        {.name = "lost in the middle of its frame",
         .facts = {CONNECTED(1), SENT(0, 1), NOT_STARTED(0, 1, CAUSE_LOST)},
         .outcome = OUTCOME_UNREACHABLE,
         .cause = CAUSE_LOST},
        {.name = "lost after it was sent",
         .facts = {CONNECTED(1), SENT(0, 1), UNKNOWN(0, 1, CAUSE_LOST)},
         .outcome = OUTCOME_UNKNOWN,
         .cause = CAUSE_LOST},
        {.name = "deadline",
         .facts = {CONNECTED(1), SENT(0, 1), UNKNOWN(0, 1, CAUSE_DEADLINE)},
         .outcome = OUTCOME_UNKNOWN,
         .cause = CAUSE_DEADLINE},
        {.name = "no status",
         .facts = {CONNECTED(1), SENT(0, 1), UNKNOWN(0, 1, CAUSE_NO_STATUS)},
         .outcome = OUTCOME_UNKNOWN,
         .cause = CAUSE_NO_STATUS},
        {.name = "passed over",
         .steps = {{.ignore_errors = true}},
         .facts = {CONNECTED(1), DONE(0, 1, 1)},
         .outcome = OUTCOME_OK},
        {.name = "an unknown end is not passed over",
         .steps = {{.ignore_errors = true}},
         .facts = {CONNECTED(1), UNKNOWN(0, 1, CAUSE_LOST)},
         .outcome = OUTCOME_UNKNOWN,
         .cause = CAUSE_LOST},
    };

    (void)state;
    PLAY(scripts);
}

/* Invariant 8: once a step may have run, only its own end says otherwise. */
static void
test_a_retry_that_never_ran_leaves_the_host_unknown(void **state)
{
    static const struct script scripts[] = {
        {.name = "no connection for the retry",
         .steps = {{.idempotent = true, .retries = 1}},
         .facts = {CONNECTED(1), SENT(0, 1), UNKNOWN(0, 1, CAUSE_LOST), TICK,
                   NO_CONNECTION(2, CAUSE_AUTH)},
         .outcome = OUTCOME_UNKNOWN,
         .cause = CAUSE_AUTH,
         .orders = "start connect run_step:0.1 connect release finish:2"},
        {.name = "the retry was not started",
         .steps = {{.idempotent = true, .retries = 1}},
         .facts = {CONNECTED(1), SENT(0, 1), UNKNOWN(0, 1, CAUSE_NO_STATUS), TICK,
                   NOT_STARTED(0, 2, CAUSE_LOCAL)},
         .outcome = OUTCOME_UNKNOWN,
         .cause = CAUSE_LOCAL},
        {.name = "the retry was lost before it was sent",
         .steps = {{.idempotent = true, .retries = 1}},
         .facts = {CONNECTED(1), SENT(0, 1), UNKNOWN(0, 1, CAUSE_NO_STATUS), TICK,
                   NOT_STARTED(0, 2, CAUSE_LOST)},
         .outcome = OUTCOME_UNKNOWN,
         .cause = CAUSE_LOST},
        {.name = "the retry failed",
         .steps = {{.idempotent = true, .retries = 1}},
         .facts = {CONNECTED(1), SENT(0, 1), UNKNOWN(0, 1, CAUSE_NO_STATUS), TICK, DONE(0, 2, 1)},
         .outcome = OUTCOME_FAILED},
        {.name = "a failure in between",
         .steps = {{.idempotent = true, .retries = 2}},
         .facts = {CONNECTED(1), UNKNOWN(0, 1, CAUSE_NO_STATUS), TICK, DONE(0, 2, 1), TICK,
                   NOT_STARTED(0, 3, CAUSE_LOCAL)},
         .outcome = OUTCOME_FAILED,
         .cause = CAUSE_LOCAL},
        {.name = "the step before is no matter",
         .steps = {{.idempotent = true, .retries = 1}},
         .step_count = 2,
         .facts = {CONNECTED(1), UNKNOWN(0, 1, CAUSE_NO_STATUS), TICK, SKIPPED(0, 2),
                   NOT_STARTED(1, 1, CAUSE_LOCAL)},
         .outcome = OUTCOME_FAILED,
         .cause = CAUSE_LOCAL},
    };

    (void)state;
    PLAY(scripts);
}

static void
test_a_kill_closes_the_session_of_a_host_that_waits(void **state)
{
    static const struct script scripts[] = {
        {.name = "before a retry of the step",
         .policy = {.retry_delay_ms = 10},
         .finally_steps = {{.local = false}},
         .finally_count = 1,
         .facts = {CONNECTED(1), NOT_STARTED(0, 1, CAUSE_REFUSED), KILL, DISCONNECTED,
                   FINALLY(0, 0, CAUSE_LOST)},
         .outcome = OUTCOME_CANCELLED,
         .cause = CAUSE_KILLED,
         .orders = "start connect run_step:0.1 disconnect finally:0 release finish:3"},
        {.name = "a step had been sent",
         .steps = {{.idempotent = true, .retries = 1, .delay_ms = 10}},
         .facts = {CONNECTED(1), DONE(0, 1, 1), KILL},
         .outcome = OUTCOME_UNKNOWN,
         .cause = CAUSE_KILLED,
         .orders = "start connect run_step:0.1 disconnect release finish:2"},
        {.name = "before the next connect",
         .policy = {.retries_max = 1},
         .facts = {THROTTLED(1), KILL},
         .outcome = OUTCOME_CANCELLED,
         .cause = CAUSE_KILLED,
         .orders = "start connect release finish:3"},
        {.name = "while it connects",
         .facts = {KILL, KILL, DISCONNECTED},
         .outcome = OUTCOME_CANCELLED,
         .cause = CAUSE_KILLED,
         .orders = "start connect disconnect release finish:3"},
        {.name = "connected in the same moment",
         .facts = {KILL, CONNECTED(1), DISCONNECTED},
         .outcome = OUTCOME_CANCELLED,
         .cause = CAUSE_KILLED,
         .orders = "start connect disconnect release finish:3"},
        {.name = "the last step ended well all the same",
         .facts = {CONNECTED(1), SENT(0, 1), KILL, DONE(0, 1, 0)},
         .outcome = OUTCOME_OK,
         .orders = "start connect run_step:0.1 disconnect release finish:0"},
        {.name = "while it connects again for finally",
         .finally_steps = {{.local = false}},
         .finally_count = 1,
         .facts = {CONNECTED(1), SENT(0, 1), UNKNOWN(0, 1, CAUSE_LOST), KILL, DISCONNECTED,
                   FINALLY(0, 0, CAUSE_LOST)},
         .outcome = OUTCOME_UNKNOWN,
         .cause = CAUSE_LOST,
         .orders = "start connect run_step:0.1 connect disconnect finally:0 release finish:2"},
    };

    (void)state;
    PLAY(scripts);
}

static void
test_finally_has_a_session_to_run_over(void **state)
{
    static const struct script scripts[] = {
        {.name = "remote after local steps only",
         .steps = {{.local = true}},
         .finally_steps = {{.local = false}},
         .finally_count = 1,
         .facts = {CONNECTED(1), DONE(0, 1, 0), FINALLY(0, 0, CAUSE_NONE)},
         .outcome = OUTCOME_OK,
         .orders = "start connect run_step:0.1 finally:0 disconnect release finish:0"},
        {.name = "one reconnect for all of them",
         .finally_steps = {{.local = false}, {.local = false}},
         .finally_count = 2,
         .facts = {CONNECTED(1), UNKNOWN(0, 1, CAUSE_LOST), CONNECTED(2), FINALLY(0, 0, CAUSE_LOST),
                   FINALLY(1, 0, CAUSE_LOST)},
         .outcome = OUTCOME_UNKNOWN,
         .cause = CAUSE_LOST,
         .orders = "start connect run_step:0.1 connect finally:0 finally:1 release finish:2"},
        {.name = "none for a host that was never reached",
         .finally_steps = {{.local = true}, {.local = false}},
         .finally_count = 2,
         .facts = {NO_CONNECTION(1, CAUSE_AUTH), FINALLY(0, 0, CAUSE_NONE),
                   FINALLY(1, 0, CAUSE_LOST)},
         .outcome = OUTCOME_UNREACHABLE,
         .cause = CAUSE_AUTH,
         .orders = "start connect finally:0 finally:1 release finish:4"},
    };

    (void)state;
    PLAY(scripts);
}

/* The session ends while the host is at work on the controller. */
static void
test_a_local_step_does_not_wait_for_a_new_connection(void **state)
{
    static const struct script scripts[] = {
        {.name = "local steps after the loss",
         .steps = {{.local = true}, {.local = true}},
         .step_count = 2,
         .finally_steps = {{.local = false}},
         .finally_count = 1,
         .facts = {CONNECTED(1), SENT(0, 1), LOST, DONE(0, 1, 0), DONE(1, 1, 0), CONNECTED(2),
                   FINALLY(0, 0, CAUSE_NONE)},
         .outcome = OUTCOME_OK,
         .orders = "start connect run_step:0.1 run_step:1.1 connect finally:0 disconnect release "
                   "finish:0"},
        {.name = "a remote step after the loss",
         .steps = {{.local = true}, {.local = false}},
         .step_count = 2,
         .facts = {CONNECTED(1), LOST, DONE(0, 1, 0), CONNECTED(2), DONE(1, 1, 0)},
         .outcome = OUTCOME_OK,
         .orders = "start connect run_step:0.1 connect run_step:1.1 disconnect release finish:0"},
        {.name = "the first connection is for every step",
         .steps = {{.local = true}, {.local = false}},
         .step_count = 2,
         .facts = {NO_CONNECTION(1, CAUSE_CONNECT)},
         .outcome = OUTCOME_UNREACHABLE,
         .cause = CAUSE_CONNECT,
         .orders = "start connect release finish:4"},
    };

    (void)state;
    PLAY(scripts);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_cause_gives_the_outcome_of_the_table),
        cmocka_unit_test(test_a_retry_that_never_ran_leaves_the_host_unknown),
        cmocka_unit_test(test_a_kill_closes_the_session_of_a_host_that_waits),
        cmocka_unit_test(test_a_local_step_does_not_wait_for_a_new_connection),
        cmocka_unit_test(test_finally_has_a_session_to_run_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
