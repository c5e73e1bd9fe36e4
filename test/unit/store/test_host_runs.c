/*
 * test_host_runs.c - the runs of one host, and the actions of the runs of an environment.
 */
#include "store/host_runs.h"

#include "unit/store/place.h"

static struct host_run_list
read_runs(const struct place *p, const char *host, size_t max)
{
    struct host_run_list list = {0};
    struct store *s = store_open(p->db, true, NULL);
    struct err err = {0};

    assert_non_null(s);
    if (host_runs_read(s, "test", host, max, &list, &err) != 0)
        fail_msg("%s", err.text);
    store_close(s);
    return list;
}

static void
test_the_newest_run_of_a_host_is_first(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    place_run_one(s, OUTCOME_OK, "v1");
    place_run_one(s, OUTCOME_FAILED, "");
    store_close(s);
    struct host_run_list list = read_runs(p, "web-1", 10);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.rows[0].outcome, OUTCOME_FAILED);
    assert_string_equal(list.rows[0].reason, "because");
    assert_string_equal(list.rows[0].action, "deploy");
    assert_int_equal(list.rows[0].took_ms, 190);
    assert_true(list.rows[0].ended && list.rows[0].finished && list.rows[0].mutating);
    assert_int_equal(list.rows[1].outcome, OUTCOME_OK);
    assert_string_equal(list.rows[1].release, "v1");
    host_run_list_release(&list);
}

static void
test_runs_without_the_host_are_left_out_and_no_more_than_asked_for_come(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    place_run_one(s, OUTCOME_OK, "v1");
    place_run_one(s, OUTCOME_OK, "v2");
    store_close(s);
    struct host_run_list list = read_runs(p, "web-2", 10);
    assert_int_equal(list.count, 0);
    host_run_list_release(&list);
    list = read_runs(p, "web-1", 1);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.rows[0].release, "v2");
    host_run_list_release(&list);
}

static void
test_a_run_that_goes_on_has_no_end_yet(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 2);

    place_end(j, 0, OUTCOME_OK, "v2");
    place_commit(s);
    struct host_run_list list = read_runs(p, "web-2", 10);
    assert_int_equal(list.count, 1);
    assert_false(list.rows[0].ended);
    assert_false(list.rows[0].finished);
    assert_int_equal(list.rows[0].took_ms, -1);
    host_run_list_release(&list);
    list = read_runs(p, "web-1", 10);
    assert_true(list.rows[0].ended);
    assert_false(list.rows[0].finished);
    host_run_list_release(&list);
    journal_free(j);
    store_close(s);
}

static void
test_only_the_newest_runs_are_looked_at(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    for (int i = 0; i < HOST_RUNS_LOOKED_AT + 5; i++)
        place_run_one(s, OUTCOME_OK, "v1");
    store_close(s);
    struct host_run_list list = read_runs(p, "web-1", 1000);
    assert_int_equal(list.count, HOST_RUNS_LOOKED_AT);
    host_run_list_release(&list);
}

static void
test_the_actions_of_runs_are_found_by_their_ids(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct map *actions = NULL;

    place_run_one(s, OUTCOME_OK, "v1");
    struct host_run_list list = read_runs(p, "web-1", 1);
    assert_int_equal(host_runs_actions(s, "test", &actions, NULL), 0);
    assert_string_equal(map_get(actions, list.rows[0].id), "deploy");
    map_free(actions);
    assert_int_equal(host_runs_actions(s, "other", &actions, NULL), 0);
    assert_int_equal(map_count(actions), 0);
    map_free(actions);
    host_run_list_release(&list);
    store_close(s);
}

static void
test_a_store_that_is_not_there_has_no_runs(void **state)
{
    struct host_run_list list = read_runs(*state, "web-1", 10);

    assert_int_equal(list.count, 0);
    host_run_list_release(&list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_the_newest_run_of_a_host_is_first),
        PLACED(test_runs_without_the_host_are_left_out_and_no_more_than_asked_for_come),
        PLACED(test_a_run_that_goes_on_has_no_end_yet),
        PLACED(test_only_the_newest_runs_are_looked_at),
        PLACED(test_the_actions_of_runs_are_found_by_their_ids),
        PLACED(test_a_store_that_is_not_there_has_no_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
