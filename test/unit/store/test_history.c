/*
 * test_history.c - status and history: of finished runs, of runs that died, of hosts over runs.
 *
 * A run dies twice here: by closing the store without an end, and by kill -9 in mid-write.
 */
#include "unit/store/place.h"

#include <signal.h>

/* Six hosts, each at another point, and no end. */
static void
die_in_the_middle(const struct place *p, char id[RUN_ID_SIZE])
{
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 6);

    place_copy_id(j, id);
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

    place_copy_id(j, id);
    place_end(j, 0, OUTCOME_OK, "v2");
    place_end(j, 1, OUTCOME_OK, "v2");
    place_end(j, 1, OUTCOME_FAILED, ""); /* a late failure moves it */
    place_end(j, 2, OUTCOME_UNREACHABLE, "");
    place_finish(s, j, 3);
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
        place_finish(s, place_begin(s, i % 2 == 0 ? "even" : "odd", i + 1), 0);
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

    place_copy_id(a, id);
    place_copy_id(a, begin);
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

static void
test_states_show_what_a_dead_run_left_open(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct host_list hosts;
    char id[RUN_ID_SIZE];

    place_run_one(s, OUTCOME_OK, "v1");
    store_close(s);
    die_in_the_middle(p, id);
    s = store_open(p->db, true, NULL);
    place_expect_state(s, "web-1", "v2", "v1", OUTCOME_OK);
    place_expect_state(s, "web-2", "", "", OUTCOME_UNKNOWN);
    place_expect_state(s, "web-3", "", "", OUTCOME_CANCELLED);
    assert_int_equal(history_states(s, "test", &hosts, NULL), 0);
    assert_int_equal(hosts.count, 5); /* web-6 was never begun */
    for (size_t i = 0; i < hosts.count; i++)
        assert_string_equal(hosts.rows[i].run, id);
    host_list_release(&hosts);
    history_live(s, id);
    place_expect_state(s, "web-2", "", "", OUTCOME_RUNNING);
    store_close(s);
    /* A later run has the last word. */
    s = place_open(p);
    {
        struct journal *j = place_begin(s, "test", 2);
        place_end(j, 1, OUTCOME_OK, "v3");
        place_finish(s, j, 0);
    }
    place_expect_state(s, "web-2", "v3", "", OUTCOME_OK);
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

    place_finish(s, place_begin(s, "other", 1), 0);
    journal_free(place_begin(s, "test", 1)); /* not finished: kept */
    for (int i = 0; i < 5; i++) {
        struct journal *j = place_begin(s, "test", 2);
        place_copy_id(j, ids[i]);
        place_fact(j, FACT_CONNECTED, 0, -1);
        place_end(j, 0, OUTCOME_OK, "v1");
        place_finish(s, j, 0);
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
    place_expect_state(s, "web-1", "v1", "", OUTCOME_OK);
    store_close(s);
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM journal"), 3);
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM run_outcomes"), 7);
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM run_hosts"), 8);
}

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

    place_copy_id(j, id);
    assert_int_equal(history_stalls(s, id, got, NULL), 0);
    assert_int_equal(got[STALL_TURNS].count, 0);
    assert_int_equal(journal_stall(j, STALL_TURNS, &told, NULL), 0);
    assert_int_equal(journal_stall(j, STALL_COMMITS, &nothing, NULL), 0);
    place_finish(s, j, 0);
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
        PLACED(test_states_show_what_a_dead_run_left_open),
        PLACED(test_prunes_old_finished_runs_of_one_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
