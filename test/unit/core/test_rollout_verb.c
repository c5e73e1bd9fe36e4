/*
 * The table of docs/rollout.md, "Verbs", walked whole: every state of a run, every verb.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/core/bench.h"

enum { HOSTS = 4 };

/* Waves of one canary host, then two at a time; the first of them must be promoted. */
static void
init(struct bench *b)
{
    bench_init(b, STRATEGY_CANARY, 2);
    b->policy.canary = (struct amount){.value = 1};
    b->policy.promote = PROMOTE_MANUAL;
    b->policy.answerable = true;
    b->policy.max_fail = (struct amount){.value = 3};
    b->policy.on_failure = ON_FAILURE_STOP;
    b->rollback_count = 1;
    bench_start(b, HOSTS);
}

static void
end_of_first(struct bench *b)
{
    whole_host(b, 0, 0);
    tell(b, (struct fact){.kind = FACT_DISCONNECTED, .host = 0});
}

/* The shortest way to each state. */
static void
reach(struct bench *b, enum run_state state)
{
    init(b);
    switch (state) {
    case RUN_RUNNING:
        break;
    case RUN_PROMOTING:
        end_of_first(b);
        break;
    case RUN_PAUSED:
        verb(b, VERB_PAUSE);
        break;
    case RUN_DRAINING:
        connected(b, 0);
        verb(b, VERB_ABORT);
        break;
    case RUN_KILLING:
        connected(b, 0);
        verb(b, VERB_KILL);
        break;
    case RUN_ROLLING_BACK:
        end_of_first(b);
        verb(b, VERB_ROLLBACK);
        break;
    case RUN_OVER:
        verb(b, VERB_ABORT);
        tell(b, (struct fact){.kind = FACT_DISCONNECTED, .host = 0});
        break;
    }
    assert_string_equal(run_state_name(rollout_state(b->rollout)), run_state_name(state));
}

/* y: taken.  A letter: the state that follows, where it is another. */
static const char *const table[VERBS] = {
    /*                  running promoting paused draining killing rolling-back over */
    [VERB_PAUSE] = "P------", [VERB_CONTINUE] = "--R----", [VERB_PROMOTE] = "-R-----",
    [VERB_ABORT] = "OOOy-y-", [VERB_KILL] = "OOOK-O-",     [VERB_ROLLBACK] = "OBOy---",
    [VERB_SKIP] = "yyy----",  [VERB_RETRY] = "-------",    [VERB_WORKERS] = "yyyy-y-",
};

static char
letter(enum run_state s)
{
    return "RMPDKBO"[s];
}

static struct fact
fact_of(enum verb v)
{
    return (struct fact){.kind = FACT_VERB, .verb = v, .host = 3, .value = 3};
}

static void
test_every_verb_has_its_answer_in_every_state(void **state)
{
    (void)state;
    for (int v = 0; v < VERBS; v++) {
        for (int s = 0; s < RUN_STATES; s++) {
            struct bench b;
            const struct fact f = fact_of((enum verb)v);
            const bool taken = table[v][s] != '-';

            reach(&b, (enum run_state)s);
            const uint64_t before = rollout_digest(b.rollout);
            const char *no = rollout_refuses(b.rollout, &f);
            if ((no == NULL) != taken) {
                fail_msg("%s while %s: %s", verb_name((enum verb)v),
                         run_state_name((enum run_state)s), no == NULL ? "taken" : no);
            }
            tell(&b, f);
            if (!taken && rollout_digest(b.rollout) != before) {
                fail_msg("%s while %s: refused, and changed something", verb_name((enum verb)v),
                         run_state_name((enum run_state)s));
            }
            bench_end(&b);
        }
    }
}

/* Hosts that can be cancelled at once end the run at once; others drain. */
static void
test_a_verb_that_is_taken_leads_to_its_state(void **state)
{
    (void)state;
    for (int v = 0; v < VERBS; v++) {
        for (int s = 0; s < RUN_STATES; s++) {
            struct bench b;
            const char want = table[v][s];

            if (want == '-') {
                continue;
            }
            reach(&b, (enum run_state)s);
            tell(&b, fact_of((enum verb)v));
            tell(&b, (struct fact){.kind = FACT_DISCONNECTED, .host = 0});
            const char got = letter(rollout_state(b.rollout));
            if (got != (want == 'y' ? letter((enum run_state)s) : want)) {
                fail_msg("%s while %s: now %s", verb_name((enum verb)v),
                         run_state_name((enum run_state)s),
                         run_state_name(rollout_state(b.rollout)));
            }
            bench_end(&b);
        }
    }
}

static void
refuses(struct bench *b, enum verb v, int32_t host, const char *why)
{
    const struct fact f = {.kind = FACT_VERB, .verb = v, .host = host};
    const char *no = rollout_refuses(b->rollout, &f);

    assert_string_equal(no == NULL ? "" : no, why);
}

static void
test_skip_and_retry_look_at_the_host(void **state)
{
    struct bench b;

    (void)state;
    init(&b);
    refuses(&b, VERB_SKIP, 0, "it has been started");
    refuses(&b, VERB_RETRY, 0, "it is under way");
    refuses(&b, VERB_RETRY, 1, "it has not been started");
    refuses(&b, VERB_RETRY, -1, "no such host");
    refuses(&b, VERB_SKIP, HOSTS, "no such host");
    tell(&b, (struct fact){.kind = FACT_VERB, .verb = VERB_SKIP, .host = 3});
    refuses(&b, VERB_SKIP, 3, "it is skipped already");
    refuses(&b, VERB_RETRY, 3, "it did not fail");
    whole_host(&b, 0, 1);
    refuses(&b, VERB_SKIP, 0, "it is over");
    refuses(&b, VERB_RETRY, 0, "");
    verb(&b, VERB_PROMOTE);
    tell(&b, (struct fact){.kind = FACT_VERB, .verb = VERB_RETRY, .host = 0});
    refuses(&b, VERB_RETRY, 0, "it waits for its retry already");
    tell(&b, (struct fact){.kind = FACT_VERB, .verb = VERB_SKIP, .host = 0});
    refuses(&b, VERB_RETRY, 0, "");
    bench_end(&b);
}

static void
test_what_a_plan_cannot_do_is_refused(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_SEQUENTIAL, 0);
    bench_start(&b, 2);
    refuses(&b, VERB_ROLLBACK, -1, "the action has no rollback list");
    refuses(&b, VERB_WORKERS, -1, "the strategy is sequential: one host at a time");
    refuses(&b, (enum verb)VERBS, -1, "no such verb");
    bench_end(&b);
    bench_init(&b, STRATEGY_PARALLEL, 1);
    bench_start(&b, 2);
    const struct fact many = {.kind = FACT_VERB, .verb = VERB_WORKERS, .value = 10001};
    const struct fact few = {.kind = FACT_VERB, .verb = VERB_WORKERS, .value = -1};
    assert_string_equal(rollout_refuses(b.rollout, &many), "workers: 0 to 10000");
    assert_string_equal(rollout_refuses(b.rollout, &few), "workers: 0 to 10000");
    const struct fact most = {.kind = FACT_VERB, .verb = VERB_WORKERS, .value = 10000};
    assert_null(rollout_refuses(b.rollout, &most));
    bench_end(&b);
}

static void
test_more_workers_start_more_hosts_and_fewer_take_none_away(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 1);
    bench_start(&b, 4);
    expect(&b, "start 0@0, connect 0,");
    tell(&b, (struct fact){.kind = FACT_VERB, .verb = VERB_WORKERS, .value = 3});
    expect(&b, "start 1@1, connect 1, start 2@2, connect 2,");
    assert_int_equal(rollout_workers(b.rollout), 3);
    tell(&b, (struct fact){.kind = FACT_VERB, .verb = VERB_WORKERS, .value = 0});
    assert_int_equal(rollout_workers(b.rollout), 1);
    whole_host(&b, 0, 0);
    whole_host(&b, 1, 0);
    assert_int_equal(rollout_active(b.rollout), 1);
    buf_clear(&b.seen);
    whole_host(&b, 2, 0);
    expect(&b, "run_step 2:0.1, disconnect 2, release 2@2, start 3@0, connect 3,");
    bench_end(&b);
}

static void
test_a_pause_stops_starts_and_the_clock_of_waves_not_hosts(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_ROLLING, 1);
    b.policy.wave_pause_ms = 100;
    b.policy.run_timeout_ms = 1000;
    bench_start(&b, 2);
    whole_host(&b, 0, 0);
    buf_clear(&b.seen);
    b.now_ms = 40;
    verb(&b, VERB_PAUSE);
    expect(&b, "wait -1,");
    b.now_ms = 5000;
    verb(&b, VERB_CONTINUE);
    expect(&b, "wait 5060,");
    tick(&b, 5060);
    expect(&b, "start 1@0, connect 1, wait 5960,");
    verb(&b, VERB_PAUSE);
    whole_host(&b, 1, 0);
    assert_int_equal(rollout_state(b.rollout), RUN_PAUSED); /* a paused run does not end */
    verb(&b, VERB_CONTINUE);
    assert_int_equal(rollout_state(b.rollout), RUN_OVER);
    bench_end(&b);
}

static void
test_a_retry_goes_first_in_a_pause_too_and_excuses_the_budget(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 1);
    b.policy.on_failure = ON_FAILURE_PAUSE;
    b.policy.answerable = true;
    bench_start(&b, 3);
    whole_host(&b, 0, 1);
    tell(&b, (struct fact){.kind = FACT_DISCONNECTED, .host = 0});
    assert_int_equal(rollout_state(b.rollout), RUN_PAUSED);
    buf_clear(&b.seen);
    tell(&b, (struct fact){.kind = FACT_VERB, .verb = VERB_RETRY, .host = 0});
    expect(&b, "start 0@0, connect 0,");
    assert_int_equal(rollout_host(b.rollout, 0).round, 2);
    tell(&b, (struct fact){.kind = FACT_CONNECTED, .host = 0, .attempt = 2});
    tell(&b, (struct fact){.kind = FACT_STEP_DONE, .host = 0, .attempt = 2, .exit_code = 1});
    expect(&b, "run_step 0:0.2, disconnect 0, release 0@0,"); /* counted once: no new reason */
    assert_int_equal(rollout_bad(b.rollout), 1);
    verb(&b, VERB_CONTINUE);
    expect(&b, "start 1@0, connect 1,");
    whole_host(&b, 1, 1); /* one more than was excused */
    assert_int_equal(rollout_state(b.rollout), RUN_PAUSED);
    bench_end(&b);
}

static void
test_a_skipped_host_is_counted_as_such_and_is_no_failure(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, STRATEGY_PARALLEL, 1);
    bench_start(&b, 2);
    tell(&b, (struct fact){.kind = FACT_VERB, .verb = VERB_SKIP, .host = 1});
    ended(&b, OUTCOME_SKIPPED, CAUSE_NONE, 1);
    assert_int_equal(rollout_summary(b.rollout).count[OUTCOME_SKIPPED], 1);
    assert_int_equal(rollout_summary(b.rollout).count[OUTCOME_UNTOUCHED], 0);
    buf_clear(&b.seen);
    past_host(&b, 0, 0);
    expect(&b, "run_step 0:0.1, disconnect 0, release 0@0, finish 0,");
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_verb_has_its_answer_in_every_state),
        cmocka_unit_test(test_a_verb_that_is_taken_leads_to_its_state),
        cmocka_unit_test(test_skip_and_retry_look_at_the_host),
        cmocka_unit_test(test_what_a_plan_cannot_do_is_refused),
        cmocka_unit_test(test_more_workers_start_more_hosts_and_fewer_take_none_away),
        cmocka_unit_test(test_a_pause_stops_starts_and_the_clock_of_waves_not_hosts),
        cmocka_unit_test(test_a_retry_goes_first_in_a_pause_too_and_excuses_the_budget),
        cmocka_unit_test(test_a_skipped_host_is_counted_as_such_and_is_no_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
