/*
 * test_history_hosts.c - what is known of hosts over runs: their releases, and the last of several
 * ends.
 */
#include "unit/store/place.h"

/* ---------------------------------------------------------------- hosts over runs */

static void
test_a_host_remembers_its_release_and_the_one_before(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    place_run_one(s, OUTCOME_FAILED, "");
    place_expect_state(s, "web-1", "", "", OUTCOME_FAILED);
    place_run_one(s, OUTCOME_OK, "v1");
    place_expect_state(s, "web-1", "v1", "", OUTCOME_OK);
    place_run_one(s, OUTCOME_OK, "v2");
    place_expect_state(s, "web-1", "v2", "v1", OUTCOME_OK);
    place_run_one(s, OUTCOME_OK, "v2"); /* the same again is no other one */
    place_expect_state(s, "web-1", "v2", "v1", OUTCOME_OK);
    place_run_one(s, OUTCOME_FAILED, "");
    place_expect_state(s, "web-1", "v2", "v1", OUTCOME_FAILED);
    place_run_one(s, OUTCOME_OK, "v1");
    place_expect_state(s, "web-1", "v1", "v2", OUTCOME_OK);
    store_close(s);
}

static void
test_the_release_before_is_kept_with_the_run(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *j;
    struct host_list hosts;

    place_run_one(s, OUTCOME_OK, "v1");
    j = place_begin(s, "test", 1);
    place_end(j, 0, OUTCOME_OK, "v2");
    place_end(j, 0, OUTCOME_FAILED, "");
    assert_int_equal(history_hosts(s, journal_run_id(j), &hosts, NULL), 0);
    assert_string_equal(hosts.rows[0].release_before, "v1");
    host_list_release(&hosts);
    journal_free(j);
    store_close(s);
}

static void
try_release(struct store *s, const char *release)
{
    struct journal *j = place_begin(s, "test", 1);
    const struct host_end end = {.host = 0,
                                 .outcome = OUTCOME_FAILED,
                                 .started_ms = 10,
                                 .finished_ms = 20,
                                 .reason = "",
                                 .release = "",
                                 .tried = release,
                                 .boot_id = ""};

    assert_int_equal(journal_host_end(j, &end, NULL), 0);
    place_finish(s, j, 2);
}

static void
expect_tried(struct store *s, const char *release)
{
    struct host_list hosts;

    assert_int_equal(history_states(s, "test", &hosts, NULL), 0);
    assert_int_equal(hosts.count, 1);
    assert_string_equal(hosts.rows[0].release_tried, release);
    host_list_release(&hosts);
}

static void
test_a_release_that_failed_is_known_until_one_succeeds(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    try_release(s, "v1");
    expect_tried(s, "v1");
    place_run_one(s, OUTCOME_OK, "v2");
    expect_tried(s, "");
    try_release(s, "v3");
    try_release(s, ""); /* an action that makes none says nothing of it */
    expect_tried(s, "v3");
    place_expect_state(s, "web-1", "v2", "", OUTCOME_FAILED);
    place_run_one(s, OUTCOME_OK, "");
    expect_tried(s, "v3");
    place_run_one(s, OUTCOME_OK, "v2");
    expect_tried(s, "");
    store_close(s);
}

static void
test_a_release_that_was_begun_is_known_though_its_run_died(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    place_run_one(s, OUTCOME_OK, "v1");
    place_run_one(s, OUTCOME_OK, "v2");
    struct journal *j = place_begin(s, "test", 1);
    assert_int_equal(journal_host_tries(j, 0, "v3", NULL), 0);
    assert_int_equal(store_commit(s, NULL), 0);
    journal_free(j); /* and no end */
    expect_tried(s, "v3");
    place_run_one(s, OUTCOME_OK, "");
    expect_tried(s, "v3");
    place_run_one(s, OUTCOME_OK, "v3");
    expect_tried(s, "");
    store_close(s);
}

/* ---------------------------------------------------------------- hosts that end more than once */

static void
end_as(struct journal *j, enum outcome outcome, const char *release, const char *tried)
{
    const struct host_end end = {.host = 0,
                                 .outcome = outcome,
                                 .started_ms = 10,
                                 .finished_ms = 20,
                                 .reason = outcome == OUTCOME_OK ? "" : "health check",
                                 .release = release,
                                 .tried = tried,
                                 .boot_id = ""};

    assert_int_equal(journal_host_end(j, &end, NULL), 0);
}

static void
back(struct journal *j, enum rollback_state state, const char *release, const char *tried)
{
    const struct host_back b = {.host = 0,
                                .state = state,
                                .at_ms = 30,
                                .reason = state == ROLLBACK_FAILED ? "exit 3" : "",
                                .release = release,
                                .tried = tried};

    assert_int_equal(journal_host_back(j, &b, NULL), 0);
}

static void
expect_rollback(struct store *s, const char *run, bool live, enum rollback_state state,
                const char *reason)
{
    struct host_list hosts;

    if (live) {
        history_live(s, run);
    }
    assert_int_equal(history_hosts(s, run, &hosts, NULL), 0);
    assert_int_equal(hosts.rows[0].rollback, state);
    assert_string_equal(hosts.rows[0].rollback_reason, reason);
    host_list_release(&hosts);
    assert_int_equal(history_states(s, "test", &hosts, NULL), 0);
    assert_int_equal(hosts.rows[0].rollback, state);
    host_list_release(&hosts);
}

/* It was ok with the new release, and turned out not to be: the last good one is the old one. */
static void
test_a_host_that_fails_late_has_the_state_of_one_that_failed(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    place_run_one(s, OUTCOME_OK, "v0");
    place_run_one(s, OUTCOME_OK, "v1");
    struct journal *j = place_begin(s, "test", 1);
    assert_int_equal(journal_host_tries(j, 0, "v2", NULL), 0);
    end_as(j, OUTCOME_OK, "v2", "");
    place_expect_state(s, "web-1", "v2", "v1", OUTCOME_OK);
    expect_tried(s, "");
    end_as(j, OUTCOME_FAILED, "", "v2");
    place_expect_state(s, "web-1", "v1", "v0", OUTCOME_FAILED);
    expect_tried(s, "v2");
    place_finish(s, j, 2);
    store_close(s);
}

static void
test_a_host_that_is_retried_has_the_state_of_its_last_end(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct host_list hosts;

    place_run_one(s, OUTCOME_OK, "v0");
    place_run_one(s, OUTCOME_OK, "v1");
    struct journal *j = place_begin(s, "test", 1);
    end_as(j, OUTCOME_FAILED, "", "v2");
    place_order(j, ORDER_START, 0, -1);
    assert_int_equal(journal_host_again(j, 0, NULL), 0);
    history_live(s, journal_run_id(j));
    assert_int_equal(history_hosts(s, journal_run_id(j), &hosts, NULL), 0);
    assert_int_equal(hosts.rows[0].outcome, OUTCOME_RUNNING);
    assert_int_equal(hosts.rows[0].finished_ms, -1);
    host_list_release(&hosts);
    place_expect_state(s, "web-1", "v1", "v0", OUTCOME_RUNNING);
    end_as(j, OUTCOME_OK, "v2", "");
    place_expect_state(s, "web-1", "v2", "v1", OUTCOME_OK);
    expect_tried(s, "");
    place_finish(s, j, 0);
    store_close(s);
}

static void
test_a_host_that_is_rolled_back_is_where_it_was(void **state)
{
    static const struct {
        enum outcome outcome;
        const char *release, *tried;
    } rows[] = {{OUTCOME_OK, "v2", ""}, {OUTCOME_FAILED, "", "v2"}, {OUTCOME_UNKNOWN, "", "v2"}};
    const struct place *p = *state;
    struct store *s = place_open(p);

    place_run_one(s, OUTCOME_OK, "v0");
    place_run_one(s, OUTCOME_OK, "v1");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct journal *j = place_begin(s, "test", 1);
        char id[RUN_ID_SIZE];
        place_copy_id(j, id);
        end_as(j, rows[i].outcome, rows[i].release, rows[i].tried);
        back(j, ROLLBACK_RUNNING, "", "v2");
        place_expect_state(s, "web-1", "v1", "v0", rows[i].outcome);
        expect_tried(s, "v2");
        expect_rollback(s, id, false, ROLLBACK_FAILED, "the run was cut off: it may be half done");
        expect_rollback(s, id, true, ROLLBACK_RUNNING, "");
        back(j, ROLLBACK_DONE, "v1", "");
        place_expect_state(s, "web-1", "v1", "v0", rows[i].outcome);
        expect_tried(s, "");
        expect_rollback(s, id, true, ROLLBACK_DONE, "");
        place_finish(s, j, 3);
        expect_rollback(s, id, false, ROLLBACK_DONE, "");
    }
    place_run_one(s, OUTCOME_OK, "v3"); /* and the next run begins from there */
    place_expect_state(s, "web-1", "v3", "v1", OUTCOME_OK);
    store_close(s);
}

static void
test_a_rollback_that_failed_leaves_the_release_as_tried(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct run_list runs;

    place_run_one(s, OUTCOME_OK, "v1");
    struct journal *j = place_begin(s, "test", 1);
    char id[RUN_ID_SIZE];
    place_copy_id(j, id);
    end_as(j, OUTCOME_OK, "v2", "");
    back(j, ROLLBACK_RUNNING, "", "v2");
    back(j, ROLLBACK_FAILED, "", "v2");
    place_expect_state(s, "web-1", "v1", "", OUTCOME_OK);
    expect_tried(s, "v2");
    expect_rollback(s, id, true, ROLLBACK_FAILED, "exit 3");
    assert_int_equal(history_runs(s, "test", 1, &runs, NULL), 0);
    assert_int_equal(runs.rows[0].rolled_back, 0);
    assert_int_equal(runs.rows[0].rollbacks_failed, 1);
    run_list_release(&runs);
    place_finish(s, j, 7);
    assert_int_equal(history_runs(s, "test", 1, &runs, NULL), 0);
    assert_int_equal(runs.rows[0].rollbacks_failed, 1);
    run_list_release(&runs);
    expect_rollback(s, id, false, ROLLBACK_FAILED, "exit 3");
    place_run_one(s, OUTCOME_OK, "v3");
    assert_int_equal(history_runs(s, "test", 1, &runs, NULL), 0);
    assert_int_equal(runs.rows[0].rollbacks_failed, 0);
    run_list_release(&runs);
    store_close(s);
}

/* A host that nothing was known of: what it has after is nothing that is known. */
static void
test_a_host_without_a_past_has_none_after_a_rollback(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 1);

    end_as(j, OUTCOME_OK, "v2", "");
    back(j, ROLLBACK_RUNNING, "", "v2");
    back(j, ROLLBACK_DONE, "", "");
    place_expect_state(s, "web-1", "", "", OUTCOME_OK);
    expect_tried(s, "");
    place_finish(s, j, 3);
    store_close(s);
}

/* It holds no lock: a deployment may be writing beside it. */
static void
test_the_ends_of_a_run_that_changes_nothing_leave_releases_alone(void **state)
{
    static const char *const names[] = {"web-1"};
    const struct run_start start = {.env = "test",
                                    .action = "check",
                                    .strategy = "parallel",
                                    .wall_ms = 1795470300000,
                                    .release = "",
                                    .produces = "",
                                    .plan_json = "{}",
                                    .hosts = names,
                                    .host_count = 1,
                                    .pid = getpid()};
    const struct place *p = *state;
    struct store *s = place_open(p);

    place_run_one(s, OUTCOME_OK, "v1");
    struct journal *j = journal_begin(s, &start, NULL);
    assert_non_null(j);
    end_as(j, OUTCOME_OK, "", "");
    place_run_one(s, OUTCOME_OK, "v2");
    end_as(j, OUTCOME_FAILED, "", "");
    place_expect_state(s, "web-1", "v2", "v1", OUTCOME_FAILED);
    place_finish(s, j, 2);
    store_close(s);
}

static void
test_a_host_never_started_keeps_its_state(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    const struct host_end end = {.host = 0,
                                 .outcome = OUTCOME_SKIPPED,
                                 .started_ms = -1,
                                 .finished_ms = -1,
                                 .reason = "",
                                 .release = "",
                                 .boot_id = ""};
    struct journal *j;

    place_run_one(s, OUTCOME_OK, "v1");
    j = place_begin(s, "test", 1);
    assert_int_equal(journal_host_end(j, &end, NULL), 0);
    place_finish(s, j, 0);
    place_expect_state(s, "web-1", "v1", "", OUTCOME_OK);
    store_close(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_a_host_remembers_its_release_and_the_one_before),
        PLACED(test_the_release_before_is_kept_with_the_run),
        PLACED(test_a_release_that_failed_is_known_until_one_succeeds),
        PLACED(test_a_release_that_was_begun_is_known_though_its_run_died),
        PLACED(test_a_host_that_fails_late_has_the_state_of_one_that_failed),
        PLACED(test_a_host_that_is_retried_has_the_state_of_its_last_end),
        PLACED(test_a_host_that_is_rolled_back_is_where_it_was),
        PLACED(test_a_rollback_that_failed_leaves_the_release_as_tried),
        PLACED(test_a_host_without_a_past_has_none_after_a_rollback),
        PLACED(test_the_ends_of_a_run_that_changes_nothing_leave_releases_alone),
        PLACED(test_a_host_never_started_keeps_its_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
