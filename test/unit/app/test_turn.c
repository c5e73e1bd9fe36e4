/*
 * test_turn.c - what is durable before what: facts before the core hears of them, intents before
 * they are carried out; and what happens when the journal cannot be written.
 */
#include "unit/app/rig.h"

#include <sqlite3.h>

static const char action_text[] = "name: greet\nproduces: greeted\nsteps:\n"
                                  "  - {name: One, run: 'true'}\n"
                                  "  - {name: Two, run: 'true', idempotent: true, retries: 1}\n";

/* ---------------------------------------------------------------- intents */

struct last {
    int32_t host;
    struct order order;
    int orders;
};

static bool
note_order(void *arg, int64_t at_ms, const struct fact *fact, const char *reason,
           const struct order *order)
{
    struct last *l = arg;

    (void)at_ms;
    (void)fact;
    (void)reason;
    if (order != NULL && order->host == l->host &&
        (order->kind == ORDER_CONNECT || order->kind == ORDER_RUN_STEP ||
         order->kind == ORDER_DISCONNECT)) {
        l->order = *order;
        l->orders++;
    }
    return true;
}

/* Another process, as it were, reads the file at the very moment the pool is asked. */
static struct last
read_last_order(const struct rig *r, const struct run *run, int32_t host)
{
    char *db = xasprintf("%s/var/runs.db", r->root);
    struct store *s = store_open(db, true, NULL);
    struct last l = {.host = host};

    assert_non_null(s);
    assert_int_equal(history_replay(s, journal_run_id(run->journal), note_order, &l, NULL), 0);
    store_close(s);
    free(db);
    return l;
}

static void
expect_durable_intent(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    if (host < 0) {
        return;
    }
    const struct last l = read_last_order(r, run, host);
    assert_false(store_dirty(run->store));
    if (step != NULL) {
        assert_int_equal(l.order.kind, ORDER_RUN_STEP);
        assert_int_equal(l.order.step, run->hosts[host].step);
        assert_int_equal(l.order.attempt, run->hosts[host].attempt);
    } else {
        assert_in_set(l.order.kind, ((const unsigned long[]){ORDER_CONNECT, ORDER_DISCONNECT}), 2);
    }
    r->number++;
}

static void
test_nothing_is_sent_before_its_intent_is_durable(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", action_text);
    r.look = expect_durable_intent;
    r.steps[1] = ".x"; /* web-02: tried again */
    assert_int_equal(rig_run(&r), 0);
    assert_int_equal(r.number, 3 + 3 * 2 + 1 + 3); /* connect, steps, one again, disconnect */
    rig_close(&r);
}

/* ---------------------------------------------------------------- facts */

static void
spoil_journal(const struct rig *r)
{
    char *path = xasprintf("%s/var/runs.db", r->root);
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "ALTER TABLE journal RENAME TO gone", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    free(path);
}

/* From the first step on the journal cannot be written; what the core knows then is what it knows
 * at the end. */
static void
spoil_at_the_first_step(struct rig *r, struct run *run, int32_t host,
                        const struct step_request *step)
{
    if (step != NULL && r->number == 0) {
        r->number = rollout_digest(run->rollout);
        spoil_journal(r);
    } else if (host < 0) {
        assert_int_equal(rollout_digest(run->rollout), r->number);
        assert_false(rollout_finished(run->rollout));
    }
}

static void
test_a_fact_that_cannot_be_journaled_is_not_told(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", action_text);
    r.request.host_count = 1;
    r.look = spoil_at_the_first_step;
    assert_int_equal(rig_run(&r), -1); /* the command line makes it exit 1 */
    assert_int_equal(r.err.kind, ERR_STORE);
    assert_string_equal(r.calls.data, "connect web-01\nrun web-01\n"); /* and nothing after */
    assert_null(strstr(r.events.data, "step_finished"));               /* nobody is told either */
    rig_close(&r);
}

/* The same, but the journal is well: the core hears of it.  Else the test above could not fail. */
static void
compare_at_the_end(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    if (step != NULL && r->number == 0) {
        r->number = rollout_digest(run->rollout);
    } else if (host < 0) {
        assert_int_not_equal(rollout_digest(run->rollout), r->number);
    }
}

static void
test_a_fact_that_is_journaled_is_told(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", action_text);
    r.request.host_count = 1;
    r.look = compare_at_the_end;
    assert_int_equal(rig_run(&r), 0);
    rig_close(&r);
}

static void
spoil_while_connecting(struct rig *r, struct run *run, int32_t host,
                       const struct step_request *step)
{
    (void)run;
    (void)host;
    assert_null(step); /* no step leaves without its intent */
    if (r->number++ == 0) {
        spoil_journal(r);
    }
}

static void
test_no_step_leaves_when_its_intent_cannot_be_written(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", action_text);
    r.look = spoil_while_connecting;
    assert_int_equal(rig_run(&r), -1);
    assert_int_equal(r.err.kind, ERR_STORE);
    assert_null(strstr(r.calls.data, "run "));
    rig_close(&r);
}

/* ---------------------------------------------------------------- what is left behind */

static void
test_a_host_that_ended_has_its_row(void **state)
{
    struct host_list hosts;
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", action_text);
    r.connects[0] = "c";
    r.steps[1] = ".xx";
    r.settings.policy.max_fail = (struct amount){.value = 3};
    assert_int_equal(rig_run(&r), 2);
    rig_host(&r, 2, &hosts);
    assert_int_equal(hosts.rows[0].outcome, OUTCOME_UNREACHABLE);
    assert_int_equal(hosts.rows[0].cause, CAUSE_CONNECT);
    assert_string_equal(hosts.rows[0].reason, "connect: 127.0.0.1 port 1: Connection refused");
    assert_int_equal(hosts.rows[1].outcome, OUTCOME_FAILED);
    assert_int_equal(hosts.rows[1].exit_code, 3);
    assert_string_equal(hosts.rows[1].reason, "step 2/2 Two: exit 3: last \033[31mred");
    assert_int_equal(hosts.rows[1].out_bytes, 8);
    assert_int_equal(hosts.rows[1].err_bytes, 44);
    assert_int_equal(hosts.rows[2].outcome, OUTCOME_OK);
    assert_string_equal(hosts.rows[2].state, "greeted");
    assert_string_equal(hosts.rows[2].reason, "");
    host_list_release(&hosts);
    rig_close(&r);
}

static bool
count_wait(void *arg, int64_t at_ms, const struct fact *fact, const char *reason,
           const struct order *order)
{
    int *waits = arg;

    (void)at_ms;
    (void)fact;
    (void)reason;
    *waits += order != NULL && order->kind == ORDER_WAIT;
    return true;
}

static void
expect_no_wait(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    char *db = xasprintf("%s/var/runs.db", r->root);
    struct store *s = store_open(db, true, NULL);
    int waits = 0;

    (void)step;
    if (host < 0) {
        assert_int_equal(history_replay(s, journal_run_id(run->journal), count_wait, &waits, NULL),
                         0);
        assert_int_equal(waits, 0);
        assert_false(store_dirty(run->store)); /* every fact was committed by the end */
    }
    store_close(s);
    free(db);
}

static void
test_timers_are_not_journaled(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", action_text);
    r.settings.policy.retry_connect = true;
    r.settings.policy.retries_max = 1;
    r.settings.policy.retry_delay_ms = 1;
    r.connects[0] = "c";
    r.look = expect_no_wait;
    assert_int_equal(rig_run(&r), 0);
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_sent_before_its_intent_is_durable),
        cmocka_unit_test(test_a_fact_that_cannot_be_journaled_is_not_told),
        cmocka_unit_test(test_a_fact_that_is_journaled_is_told),
        cmocka_unit_test(test_no_step_leaves_when_its_intent_cannot_be_written),
        cmocka_unit_test(test_a_host_that_ended_has_its_row),
        cmocka_unit_test(test_timers_are_not_journaled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
