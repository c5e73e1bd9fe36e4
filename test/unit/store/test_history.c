/*
 * test_history.c - status and history: of finished runs, of runs that died, of hosts over runs.
 *
 * A run dies twice here: by closing the store without an end, and by kill -9 in mid-write.
 */
#include "unit/store/place.h"

#include <signal.h>

static void
copy_id(const struct journal *j, char id[RUN_ID_SIZE])
{
    snprintf(id, RUN_ID_SIZE, "%s", journal_run_id(j));
}

static void
finish(struct store *s, struct journal *j, int exit_code)
{
    assert_int_equal(journal_finish(j, 4200, 1795470304200, exit_code, "", NULL), 0);
    place_commit(s);
    journal_free(j);
}

/* Six hosts, each at another point, and no end. */
static void
die_in_the_middle(const struct place *p, char id[RUN_ID_SIZE])
{
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 6);

    copy_id(j, id);
    for (int host = 0; host < 5; host++)
        place_order(j, ORDER_START, host, -1);
    place_order(j, ORDER_RUN_STEP, 0, 0); /* web-1: ends ok */
    place_fact(j, FACT_STEP_DONE, 0, 0);
    place_end(j, 0, OUTCOME_OK, "v2");
    place_order(j, ORDER_RUN_STEP, 1, 0); /* web-2: in its second step */
    place_fact(j, FACT_STEP_DONE, 1, 0);
    place_order(j, ORDER_RUN_STEP, 1, 1);
    place_fact(j, FACT_STEP_SENT, 1, 1);
    place_order(j, ORDER_RUN_STEP, 2, 0); /* web-3: between two steps */
    place_fact(j, FACT_STEP_DONE, 2, 0);
    place_order(j, ORDER_RUN_STEP, 3, 0); /* web-4: sent, lost */
    place_fact(j, FACT_STEP_UNKNOWN, 3, 0);
    /* web-5: only connecting; web-6: nothing */
    place_commit(s);
    place_order(j, ORDER_START, 5, -1); /* not committed: never happened */
    journal_free(j);
    store_close(s);
}

static void
test_a_run_that_died_is_told_from_its_journal(void **state)
{
    static const enum outcome expected[] = {OUTCOME_OK,      OUTCOME_UNKNOWN,   OUTCOME_CANCELLED,
                                            OUTCOME_UNKNOWN, OUTCOME_CANCELLED, OUTCOME_UNTOUCHED};
    const struct place *p = *state;
    struct host_list hosts;
    struct run_list runs;
    char id[RUN_ID_SIZE];
    struct store *s;

    die_in_the_middle(p, id);
    s = store_open(p->db, true, NULL);
    assert_int_equal(history_hosts(s, id, &hosts, NULL), 0);
    assert_int_equal(hosts.count, 6);
    for (int i = 0; i < 6; i++)
        assert_int_equal(hosts.rows[i].outcome, expected[i]);
    assert_string_equal(hosts.rows[0].release, "v2");
    assert_string_equal(hosts.rows[0].state, "deployed");
    assert_string_equal(hosts.rows[1].reason, "the run was cut off: step 2 may have run");
    assert_string_equal(hosts.rows[3].reason, "the run was cut off: step 1 may have run");
    assert_string_equal(hosts.rows[5].reason, "");
    assert_int_equal(hosts.rows[1].slot, 1);
    assert_int_equal(hosts.rows[1].started_ms, 51);
    assert_int_equal(hosts.rows[5].started_ms, -1);
    host_list_release(&hosts);

    assert_int_equal(history_runs(s, "test", 5, &runs, NULL), 0);
    assert_int_equal(runs.count, 1);
    assert_int_equal(runs.rows[0].exit_code, -1);
    assert_int_equal(runs.rows[0].duration_ms, -1);
    assert_int_equal(runs.rows[0].outcomes[OUTCOME_UNKNOWN], 2);
    assert_int_equal(runs.rows[0].outcomes[OUTCOME_CANCELLED], 2);
    assert_int_equal(runs.rows[0].outcomes[OUTCOME_OK], 1);
    assert_int_equal(runs.rows[0].outcomes[OUTCOME_UNTOUCHED], 1);
    run_list_release(&runs);
    store_close(s);
}

static void
test_a_run_that_lives_has_running_hosts(void **state)
{
    const struct place *p = *state;
    struct host_list hosts;
    char id[RUN_ID_SIZE];
    struct store *s;

    die_in_the_middle(p, id);
    s = store_open(p->db, true, NULL);
    history_live(s, id);
    assert_int_equal(history_hosts(s, id, &hosts, NULL), 0);
    assert_int_equal(hosts.rows[0].outcome, OUTCOME_OK);
    for (int i = 1; i < 5; i++)
        assert_int_equal(hosts.rows[i].outcome, OUTCOME_RUNNING);
    assert_int_equal(hosts.rows[5].outcome, OUTCOME_UNTOUCHED);
    host_list_release(&hosts);
    store_close(s);
}

static enum outcome
outcome_after(const struct place *p, void (*write)(struct journal *j))
{
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 1);
    struct host_list hosts;
    enum outcome outcome;

    place_order(j, ORDER_START, 0, -1);
    write(j);
    assert_int_equal(history_hosts(s, journal_run_id(j), &hosts, NULL), 0);
    outcome = hosts.rows[0].outcome;
    host_list_release(&hosts);
    journal_free(j);
    store_close(s);
    return outcome;
}

static void
write_retry_done(struct journal *j)
{
    place_order(j, ORDER_RUN_STEP, 0, 0);
    place_fact(j, FACT_STEP_UNKNOWN, 0, 0);
    place_order(j, ORDER_RUN_STEP, 0, 0);
    place_fact(j, FACT_STEP_DONE, 0, 0);
}

static void
write_not_started(struct journal *j)
{
    place_order(j, ORDER_RUN_STEP, 0, 0);
    place_fact(j, FACT_STEP_NOT_STARTED, 0, 0);
}

static void
write_other_end(struct journal *j)
{
    place_order(j, ORDER_RUN_STEP, 0, 1);
    place_fact(j, FACT_STEP_DONE, 0, 0); /* late: of the step before */
}

static void
write_finally_open(struct journal *j)
{
    place_order(j, ORDER_RUN_STEP, 0, 0);
    place_fact(j, FACT_STEP_DONE, 0, 0);
    place_order(j, ORDER_FINALLY, 0, 0);
}

static void
write_finally_done(struct journal *j)
{
    write_finally_open(j);
    place_fact(j, FACT_FINALLY_DONE, 0, 0);
}

static void
write_unknown_and_finally(struct journal *j)
{
    place_order(j, ORDER_RUN_STEP, 0, 0);
    place_fact(j, FACT_STEP_UNKNOWN, 0, 0);
    place_order(j, ORDER_FINALLY, 0, 0);
    place_fact(j, FACT_FINALLY_DONE, 0, 0);
}

static void
test_only_the_end_of_the_same_step_ends_a_step(void **state)
{
    const struct place *p = *state;

    assert_int_equal(outcome_after(p, write_retry_done), OUTCOME_CANCELLED);
    assert_int_equal(outcome_after(p, write_not_started), OUTCOME_CANCELLED);
    assert_int_equal(outcome_after(p, write_other_end), OUTCOME_UNKNOWN);
    assert_int_equal(outcome_after(p, write_finally_open), OUTCOME_UNKNOWN);
    assert_int_equal(outcome_after(p, write_finally_done), OUTCOME_CANCELLED);
    assert_int_equal(outcome_after(p, write_unknown_and_finally), OUTCOME_UNKNOWN);
}

/* ---------------------------------------------------------------- kill -9 */

/* Turn n: host n % 6 is given step n, and what it did before ends.  After each commit n is told. */
static void
write_until_killed(const struct place *p, int out)
{
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 6);

    for (int host = 0; host < 6; host++)
        place_order(j, ORDER_START, host, -1);
    for (int n = 0;; n++) {
        if (n >= 6)
            place_fact(j, FACT_STEP_DONE, n % 6, n - 6);
        place_order(j, ORDER_RUN_STEP, n % 6, n);
        if (store_commit(s, NULL) != 0 || write(out, &n, sizeof(n)) != sizeof(n))
            _exit(1);
    }
}

struct killed {
    int64_t rows, last_step;
};

static bool
check_killed(void *arg, int64_t at_ms, const struct fact *fact, const char *reason,
             const struct order *order)
{
    struct killed *k = arg;

    (void)at_ms;
    (void)reason;
    k->rows++;
    if (order != NULL && order->kind == ORDER_RUN_STEP) {
        assert_int_equal(order->step, k->last_step + 1);
        k->last_step = order->step;
    }
    if (fact != NULL)
        assert_int_equal(fact->step, k->last_step - 5);
    return true;
}

static void
check_after_kill(const struct place *p, int told)
{
    struct killed k = {.last_step = -1};
    struct store *s = place_open(p);
    struct run_list runs;
    struct host_list hosts;

    assert_int_equal(history_runs(s, NULL, 1, &runs, NULL), 0);
    assert_int_equal(runs.count, 1);
    assert_int_equal(history_replay(s, runs.rows[0].id, check_killed, &k, NULL), 0);
    /* All that was told, at most the one turn more whose telling was cut off. */
    assert_in_range(k.last_step, told, told + 1);
    assert_int_equal(k.rows, 6 + (k.last_step + 1) + (k.last_step + 1 - 6));
    assert_int_equal(history_hosts(s, runs.rows[0].id, &hosts, NULL), 0);
    for (size_t i = 0; i < hosts.count; i++)
        assert_int_equal(hosts.rows[i].outcome, OUTCOME_UNKNOWN);
    host_list_release(&hosts);
    run_list_release(&runs);
    store_close(s);
}

static void
test_kill_in_mid_write_loses_nothing_that_was_committed(void **state)
{
    const struct place *p = *state;

    for (int round = 0; round < 12; round++) {
        int pipe_fd[2], n = -1, status;
        pid_t pid;
        assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0)
            write_until_killed(p, pipe_fd[1]);
        close(pipe_fd[1]);
        while (n < 20 + round * 7)
            assert_int_equal(read(pipe_fd[0], &n, sizeof(n)), sizeof(n));
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        while (read(pipe_fd[0], &n, sizeof(n)) == sizeof(n))
            ;
        close(pipe_fd[0]);
        check_after_kill(p, n);
    }
}

/* ---------------------------------------------------------------- finished runs */

static void
test_a_finished_run_is_told_with_its_counts(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 4);
    struct host_list hosts;
    struct run_list runs;
    char id[RUN_ID_SIZE];

    copy_id(j, id);
    place_end(j, 0, OUTCOME_OK, "v2");
    place_end(j, 1, OUTCOME_OK, "v2");
    place_end(j, 1, OUTCOME_FAILED, ""); /* a late failure moves it */
    place_end(j, 2, OUTCOME_UNREACHABLE, "");
    finish(s, j, 3);
    assert_int_equal(history_runs(s, "test", 5, &runs, NULL), 0);
    assert_string_equal(runs.rows[0].id, id);
    assert_string_equal(runs.rows[0].env, "test");
    assert_string_equal(runs.rows[0].action, "deploy");
    assert_string_equal(runs.rows[0].strategy, "rolling");
    assert_string_equal(runs.rows[0].release, "v2");
    assert_int_equal(runs.rows[0].workers, 3);
    assert_int_equal(runs.rows[0].host_count, 4);
    assert_int_equal(runs.rows[0].duration_ms, 4200);
    assert_int_equal(runs.rows[0].exit_code, 3);
    assert_int_equal(runs.rows[0].pid, getpid());
    assert_true(runs.rows[0].mutating);
    assert_int_equal(runs.rows[0].outcomes[OUTCOME_OK], 1);
    assert_int_equal(runs.rows[0].outcomes[OUTCOME_FAILED], 1);
    assert_int_equal(runs.rows[0].outcomes[OUTCOME_UNREACHABLE], 1);
    assert_int_equal(runs.rows[0].outcomes[OUTCOME_UNTOUCHED], 1);
    run_list_release(&runs);

    assert_int_equal(history_hosts(s, id, &hosts, NULL), 0);
    assert_string_equal(hosts.rows[1].name, "web-2");
    assert_int_equal(hosts.rows[1].exit_code, 3);
    assert_string_equal(hosts.rows[1].reason, "because");
    assert_string_equal(hosts.rows[1].boot_id, "b00t");
    assert_int_equal(hosts.rows[2].cause, CAUSE_AUTH);
    assert_int_equal(hosts.rows[3].outcome, OUTCOME_UNTOUCHED);
    host_list_release(&hosts);
    store_close(s);
}

static void
test_runs_are_listed_newest_first_and_by_environment(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct run_list runs;

    for (int i = 0; i < 6; i++)
        finish(s, place_begin(s, i % 2 == 0 ? "even" : "odd", i + 1), 0);
    assert_int_equal(history_runs(s, NULL, 4, &runs, NULL), 0);
    assert_int_equal(runs.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(runs.rows[i].host_count, 6 - (int)i);
    run_list_release(&runs);
    assert_int_equal(history_runs(s, "odd", 10, &runs, NULL), 0);
    assert_int_equal(runs.count, 3);
    run_list_release(&runs);
    assert_int_equal(history_runs(s, "none", 10, &runs, NULL), 0);
    assert_int_equal(runs.count, 0);
    store_close(s);
}

static void
test_a_run_is_found_by_a_unique_beginning(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *a = place_begin(s, "test", 1);
    struct journal *b = place_begin(s, "test", 1);
    char id[RUN_ID_SIZE], begin[RUN_ID_SIZE];
    struct err err = {0};
    struct run_list runs;
    size_t same = 0;

    copy_id(a, id);
    copy_id(a, begin);
    while (journal_run_id(a)[same] == journal_run_id(b)[same])
        same++;
    begin[same + 1] = '\0';
    assert_int_equal(history_find(s, begin, &runs, NULL), 0);
    assert_string_equal(runs.rows[0].id, id);
    run_list_release(&runs);
    assert_int_equal(history_find(s, id, &runs, NULL), 0);
    run_list_release(&runs);
    begin[same] = '\0';
    assert_int_equal(history_find(s, begin, &runs, &err), -1);
    assert_int_equal(err.kind, ERR_NO_MATCH);
    assert_non_null(strstr(err.text, "several"));
    assert_int_equal(history_find(s, "", &runs, &err), -1);
    assert_int_equal(history_find(s, "%", &runs, &err), -1);
    assert_int_equal(err.kind, ERR_NO_MATCH);
    journal_free(a);
    journal_free(b);
    store_close(s);
}

/* ---------------------------------------------------------------- hosts over runs */

static void
expect_state(struct store *s, const char *host, const char *release, const char *before,
             enum outcome outcome)
{
    struct host_list hosts;
    bool seen = false;

    assert_int_equal(history_states(s, "test", &hosts, NULL), 0);
    for (size_t i = 0; i < hosts.count; i++) {
        const struct host_row *h = &hosts.rows[i];
        if (strcmp(h->name, host) != 0)
            continue;
        seen = true;
        assert_string_equal(h->release, release);
        assert_string_equal(h->release_before, before);
        assert_int_equal(h->outcome, outcome);
        assert_string_equal(h->state, release[0] == '\0' ? "" : "deployed");
    }
    assert_true(seen);
    host_list_release(&hosts);
}

static void
run_one(struct store *s, enum outcome outcome, const char *release)
{
    struct journal *j = place_begin(s, "test", 1);

    place_end(j, 0, outcome, release);
    finish(s, j, 0);
}

static void
test_a_host_remembers_its_release_and_the_one_before(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    run_one(s, OUTCOME_FAILED, "");
    expect_state(s, "web-1", "", "", OUTCOME_FAILED);
    run_one(s, OUTCOME_OK, "v1");
    expect_state(s, "web-1", "v1", "", OUTCOME_OK);
    run_one(s, OUTCOME_OK, "v2");
    expect_state(s, "web-1", "v2", "v1", OUTCOME_OK);
    run_one(s, OUTCOME_OK, "v2"); /* the same again is no other one */
    expect_state(s, "web-1", "v2", "v1", OUTCOME_OK);
    run_one(s, OUTCOME_FAILED, "");
    expect_state(s, "web-1", "v2", "v1", OUTCOME_FAILED);
    run_one(s, OUTCOME_OK, "v1");
    expect_state(s, "web-1", "v1", "v2", OUTCOME_OK);
    store_close(s);
}

static void
test_the_release_before_is_kept_with_the_run(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *j;
    struct host_list hosts;

    run_one(s, OUTCOME_OK, "v1");
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
    finish(s, j, 2);
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
    run_one(s, OUTCOME_OK, "v2");
    expect_tried(s, "");
    try_release(s, "v3");
    try_release(s, ""); /* an action that makes none says nothing of it */
    expect_tried(s, "v3");
    expect_state(s, "web-1", "v2", "", OUTCOME_FAILED);
    run_one(s, OUTCOME_OK, "");
    expect_tried(s, "v3");
    run_one(s, OUTCOME_OK, "v2");
    expect_tried(s, "");
    store_close(s);
}

static void
test_a_release_that_was_begun_is_known_though_its_run_died(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    run_one(s, OUTCOME_OK, "v1");
    run_one(s, OUTCOME_OK, "v2");
    struct journal *j = place_begin(s, "test", 1);
    assert_int_equal(journal_host_tries(j, 0, "v3", NULL), 0);
    assert_int_equal(store_commit(s, NULL), 0);
    journal_free(j); /* and no end */
    expect_tried(s, "v3");
    run_one(s, OUTCOME_OK, "");
    expect_tried(s, "v3");
    run_one(s, OUTCOME_OK, "v3");
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

    run_one(s, OUTCOME_OK, "v0");
    run_one(s, OUTCOME_OK, "v1");
    struct journal *j = place_begin(s, "test", 1);
    assert_int_equal(journal_host_tries(j, 0, "v2", NULL), 0);
    end_as(j, OUTCOME_OK, "v2", "");
    expect_state(s, "web-1", "v2", "v1", OUTCOME_OK);
    expect_tried(s, "");
    end_as(j, OUTCOME_FAILED, "", "v2");
    expect_state(s, "web-1", "v1", "v0", OUTCOME_FAILED);
    expect_tried(s, "v2");
    finish(s, j, 2);
    store_close(s);
}

static void
test_a_host_that_is_retried_has_the_state_of_its_last_end(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct host_list hosts;

    run_one(s, OUTCOME_OK, "v0");
    run_one(s, OUTCOME_OK, "v1");
    struct journal *j = place_begin(s, "test", 1);
    end_as(j, OUTCOME_FAILED, "", "v2");
    place_order(j, ORDER_START, 0, -1);
    assert_int_equal(journal_host_again(j, 0, NULL), 0);
    history_live(s, journal_run_id(j));
    assert_int_equal(history_hosts(s, journal_run_id(j), &hosts, NULL), 0);
    assert_int_equal(hosts.rows[0].outcome, OUTCOME_RUNNING);
    assert_int_equal(hosts.rows[0].finished_ms, -1);
    host_list_release(&hosts);
    expect_state(s, "web-1", "v1", "v0", OUTCOME_RUNNING);
    end_as(j, OUTCOME_OK, "v2", "");
    expect_state(s, "web-1", "v2", "v1", OUTCOME_OK);
    expect_tried(s, "");
    finish(s, j, 0);
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

    run_one(s, OUTCOME_OK, "v0");
    run_one(s, OUTCOME_OK, "v1");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct journal *j = place_begin(s, "test", 1);
        char id[RUN_ID_SIZE];
        copy_id(j, id);
        end_as(j, rows[i].outcome, rows[i].release, rows[i].tried);
        back(j, ROLLBACK_RUNNING, "", "v2");
        expect_state(s, "web-1", "v1", "v0", rows[i].outcome);
        expect_tried(s, "v2");
        expect_rollback(s, id, false, ROLLBACK_FAILED, "the run was cut off: it may be half done");
        expect_rollback(s, id, true, ROLLBACK_RUNNING, "");
        back(j, ROLLBACK_DONE, "v1", "");
        expect_state(s, "web-1", "v1", "v0", rows[i].outcome);
        expect_tried(s, "");
        expect_rollback(s, id, true, ROLLBACK_DONE, "");
        finish(s, j, 3);
        expect_rollback(s, id, false, ROLLBACK_DONE, "");
    }
    run_one(s, OUTCOME_OK, "v3"); /* and the next run begins from there */
    expect_state(s, "web-1", "v3", "v1", OUTCOME_OK);
    store_close(s);
}

static void
test_a_rollback_that_failed_leaves_the_release_as_tried(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct run_list runs;

    run_one(s, OUTCOME_OK, "v1");
    struct journal *j = place_begin(s, "test", 1);
    char id[RUN_ID_SIZE];
    copy_id(j, id);
    end_as(j, OUTCOME_OK, "v2", "");
    back(j, ROLLBACK_RUNNING, "", "v2");
    back(j, ROLLBACK_FAILED, "", "v2");
    expect_state(s, "web-1", "v1", "", OUTCOME_OK);
    expect_tried(s, "v2");
    expect_rollback(s, id, true, ROLLBACK_FAILED, "exit 3");
    assert_int_equal(history_runs(s, "test", 1, &runs, NULL), 0);
    assert_int_equal(runs.rows[0].rolled_back, 0);
    assert_int_equal(runs.rows[0].rollbacks_failed, 1);
    run_list_release(&runs);
    finish(s, j, 7);
    assert_int_equal(history_runs(s, "test", 1, &runs, NULL), 0);
    assert_int_equal(runs.rows[0].rollbacks_failed, 1);
    run_list_release(&runs);
    expect_rollback(s, id, false, ROLLBACK_FAILED, "exit 3");
    run_one(s, OUTCOME_OK, "v3");
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
    expect_state(s, "web-1", "", "", OUTCOME_OK);
    expect_tried(s, "");
    finish(s, j, 3);
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

    run_one(s, OUTCOME_OK, "v1");
    struct journal *j = journal_begin(s, &start, NULL);
    assert_non_null(j);
    end_as(j, OUTCOME_OK, "", "");
    run_one(s, OUTCOME_OK, "v2");
    end_as(j, OUTCOME_FAILED, "", "");
    expect_state(s, "web-1", "v2", "v1", OUTCOME_FAILED);
    finish(s, j, 2);
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

    run_one(s, OUTCOME_OK, "v1");
    j = place_begin(s, "test", 1);
    assert_int_equal(journal_host_end(j, &end, NULL), 0);
    finish(s, j, 0);
    expect_state(s, "web-1", "v1", "", OUTCOME_OK);
    store_close(s);
}

static void
test_states_show_what_a_dead_run_left_open(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct host_list hosts;
    char id[RUN_ID_SIZE];

    run_one(s, OUTCOME_OK, "v1");
    store_close(s);
    die_in_the_middle(p, id);
    s = store_open(p->db, true, NULL);
    expect_state(s, "web-1", "v2", "v1", OUTCOME_OK);
    expect_state(s, "web-2", "", "", OUTCOME_UNKNOWN);
    expect_state(s, "web-3", "", "", OUTCOME_CANCELLED);
    assert_int_equal(history_states(s, "test", &hosts, NULL), 0);
    assert_int_equal(hosts.count, 5); /* web-6 was never begun */
    for (size_t i = 0; i < hosts.count; i++)
        assert_string_equal(hosts.rows[i].run, id);
    host_list_release(&hosts);
    history_live(s, id);
    expect_state(s, "web-2", "", "", OUTCOME_RUNNING);
    store_close(s);
    /* A later run has the last word. */
    s = place_open(p);
    {
        struct journal *j = place_begin(s, "test", 2);
        place_end(j, 1, OUTCOME_OK, "v3");
        finish(s, j, 0);
    }
    expect_state(s, "web-2", "v3", "", OUTCOME_OK);
    store_close(s);
}

/* ---------------------------------------------------------------- pruning */

struct dropped {
    char ids[8][RUN_ID_SIZE];
    int count;
};

static void
note_dropped(void *arg, const char *run_id)
{
    struct dropped *d = arg;

    snprintf(d->ids[d->count++], RUN_ID_SIZE, "%s", run_id);
}

static void
test_prunes_old_finished_runs_of_one_environment(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct dropped dropped = {0};
    char ids[5][RUN_ID_SIZE];
    struct host_list hosts;
    struct run_list runs;

    finish(s, place_begin(s, "other", 1), 0);
    journal_free(place_begin(s, "test", 1)); /* not finished: kept */
    for (int i = 0; i < 5; i++) {
        struct journal *j = place_begin(s, "test", 2);
        copy_id(j, ids[i]);
        place_fact(j, FACT_CONNECTED, 0, -1);
        place_end(j, 0, OUTCOME_OK, "v1");
        finish(s, j, 0);
    }
    assert_int_equal(history_prune(s, "test", 3, note_dropped, &dropped, NULL), 0);
    assert_false(store_dirty(s));
    assert_int_equal(dropped.count, 2);
    assert_string_equal(dropped.ids[0], ids[1]);
    assert_string_equal(dropped.ids[1], ids[0]);
    assert_int_equal(history_runs(s, NULL, 20, &runs, NULL), 0);
    assert_int_equal(runs.count, 5);
    run_list_release(&runs);
    assert_int_equal(history_hosts(s, ids[0], &hosts, NULL), -1);
    expect_state(s, "web-1", "v1", "", OUTCOME_OK);
    store_close(s);
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM journal"), 3);
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM run_outcomes"), 7);
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM run_hosts"), 8);
}

#define PLACED(f) cmocka_unit_test_setup_teardown(f, place_make, place_remove)

static void
test_stalls_are_kept_with_the_run_and_only_where_they_were_measured(void **state)
{
    static const struct spread_figures told = {
        .count = 900, .p50_us = 12, .p99_us = 300, .p999_us = 4000, .max_us = 9000};
    static const struct spread_figures nothing = {0};
    const struct place *p = *state;
    struct spread_figures got[STALL_KINDS];
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 1);
    char id[RUN_ID_SIZE];

    copy_id(j, id);
    assert_int_equal(history_stalls(s, id, got, NULL), 0);
    assert_int_equal(got[STALL_TURNS].count, 0);
    assert_int_equal(journal_stall(j, STALL_TURNS, &told, NULL), 0);
    assert_int_equal(journal_stall(j, STALL_COMMITS, &nothing, NULL), 0);
    finish(s, j, 0);
    assert_int_equal(history_stalls(s, id, got, NULL), 0);
    assert_memory_equal(&got[STALL_TURNS], &told, sizeof(told));
    assert_int_equal(got[STALL_COMMITS].count, 0);
    assert_int_equal(history_stalls(s, "20260101T000000Z-0000000000000000", got, NULL), 0);
    assert_int_equal(got[STALL_TURNS].count, 0);
    store_close(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_a_run_that_died_is_told_from_its_journal),
        PLACED(test_stalls_are_kept_with_the_run_and_only_where_they_were_measured),
        PLACED(test_a_run_that_lives_has_running_hosts),
        PLACED(test_only_the_end_of_the_same_step_ends_a_step),
        PLACED(test_kill_in_mid_write_loses_nothing_that_was_committed),
        PLACED(test_a_finished_run_is_told_with_its_counts),
        PLACED(test_runs_are_listed_newest_first_and_by_environment),
        PLACED(test_a_run_is_found_by_a_unique_beginning),
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
        PLACED(test_states_show_what_a_dead_run_left_open),
        PLACED(test_prunes_old_finished_runs_of_one_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
