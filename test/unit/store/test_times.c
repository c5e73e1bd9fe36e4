/*
 * test_times.c - which runs tell how long a host takes.
 */
#include "unit/store/place.h"

#include "store/times.h"

/* A run of web-1 and web-2: each took from its start to its end `ms`, and twice that. */
static void
put_run(struct store *s, const char *action, const char *plan, int64_t ms, int exit_code)
{
    static const char *const names[] = {"web-1", "web-2"};
    const struct run_start start = {.env = "test",
                                    .action = action,
                                    .strategy = "rolling",
                                    .mutating = true,
                                    .wall_ms = 1795470300000,
                                    .release = "",
                                    .produces = "",
                                    .plan_json = plan,
                                    .hosts = names,
                                    .host_count = 2,
                                    .pid = getpid()};
    struct journal *j = journal_begin(s, &start, NULL);

    assert_non_null(j);
    for (int32_t i = 0; i < 2; i++) {
        const struct host_end end = {.host = i,
                                     .outcome =
                                         i == 1 && exit_code == 2 ? OUTCOME_FAILED : OUTCOME_OK,
                                     .started_ms = 100,
                                     .finished_ms = 100 + ms * (i + 1),
                                     .reason = "",
                                     .release = "",
                                     .tried = "",
                                     .boot_id = ""};
        assert_int_equal(journal_host_end(j, &end, NULL), 0);
    }
    if (exit_code >= 0) {
        assert_int_equal(journal_finish(j, 5000, 1795470305000, exit_code, "", NULL), 0);
    }
    place_commit(s);
    journal_free(j);
}

static void
note(void *arg, const char *host, int64_t ms)
{
    char *text = arg;

    snprintf(text + strlen(text), 1000 - strlen(text), "%s %d, ", host, (int)ms);
}

static void
expect(struct store *s, size_t rows_max, const char *expected, size_t expected_runs)
{
    const struct times_query q = {.env = "test",
                                  .action = "deploy",
                                  .steps_json = "[\"Upload\", \"Switch\"]",
                                  .runs_max = 3,
                                  .rows_max = rows_max};
    char text[1000] = "";
    size_t runs = 99;
    struct err err = {0};

    if (times_read(s, &q, note, text, &runs, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_string_equal(text, expected);
    assert_int_equal(runs, expected_runs);
}

static void
test_only_runs_of_the_same_steps_that_ended_well_count(void **state)
{
    struct store *s = place_open(*state);

    expect(s, 100, "", 0);
    put_run(s, "deploy", "{\"steps\":[\"Upload\",\"Switch\"]}", 10, 0);
    put_run(s, "deploy", "{\"steps\":[\"Upload\"]}", 20, 0);
    put_run(s, "deploy", "{\"steps\":[\"Upload\",\"Switch\"]}", 30, 2);
    put_run(s, "deploy", "{\"steps\":[\"Upload\",\"Switch\"]}", 40, -1);
    put_run(s, "update", "{\"steps\":[\"Upload\",\"Switch\"]}", 50, 0);
    put_run(s, "deploy", "no JSON", 60, 0);
    put_run(s, "deploy", "{}", 70, 0);
    expect(s, 100, "web-1 10, web-2 20, ", 1);
    store_close(s);
}

static void
test_the_newest_come_first_and_no_more_than_are_wanted(void **state)
{
    struct store *s = place_open(*state);

    for (int i = 1; i <= 4; i++) {
        put_run(s, "deploy", "{\"steps\":[\"Upload\",\"Switch\"]}", 10 * (int64_t)i, 0);
    }
    expect(s, 100, "web-1 40, web-2 80, web-1 30, web-2 60, web-1 20, web-2 40, ", 3);
    expect(s, 3, "web-1 40, web-2 80, web-1 30, web-2 60, ", 2);
    expect(s, 1, "web-1 40, web-2 80, ", 1);
    store_close(s);
}

static void
test_the_bake_of_that_run_is_no_part_of_the_work(void **state)
{
    struct store *s = place_open(*state);

    put_run(s, "deploy", "{\"steps\":[\"Upload\",\"Switch\"],\"host_bake_ms\":15}", 10, 0);
    expect(s, 100, "web-1 0, web-2 5, ", 1);
    store_close(s);
}

static void
test_the_plan_of_a_run_is_given_back(void **state)
{
    struct store *s = place_open(*state);
    struct journal *j = place_begin(s, "test", 1);
    struct err err = {0};
    char *json = NULL;

    place_commit(s);
    assert_int_equal(history_plan(s, journal_run_id(j), &json, NULL), 0);
    assert_string_equal(json, "{}");
    free(json);
    assert_int_equal(history_plan(s, "20", &json, &err), -1);
    assert_int_equal(err.kind, ERR_NO_MATCH);
    journal_free(j);
    store_close(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_only_runs_of_the_same_steps_that_ended_well_count,
                                        place_make, place_remove),
        cmocka_unit_test_setup_teardown(test_the_newest_come_first_and_no_more_than_are_wanted,
                                        place_make, place_remove),
        cmocka_unit_test_setup_teardown(test_the_bake_of_that_run_is_no_part_of_the_work,
                                        place_make, place_remove),
        cmocka_unit_test_setup_teardown(test_the_plan_of_a_run_is_given_back, place_make,
                                        place_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
