/*
 * test_report.c - a run looked back at: the arithmetic, and what a damaged journal cannot do to it.
 */
#include "unit/ui/report_rows.h"

/* ---------------------------------------------------------------- arithmetic */

static void
test_waves_end_one_before_the_other(void **state)
{
    struct report r;

    (void)state;
    make_rolling(&r);
    assert_int_equal(r.wave_count, 3);
    assert_int_equal(r.waves[1].hosts, 2);
    assert_int_equal(r.waves[1].ok, 1);
    assert_int_equal(r.waves[1].bad, 1);
    assert_int_equal(r.ideal_ms, 1000 + 1000 + 1000); /* the longest of each */
    assert_int_equal(r.sum_ms, 1000 + 800 + 1000 + 200 + 1000);
    assert_int_equal(r.between_ms, 100);
    assert_int_equal(r.rounds, 3);
    assert_int_equal(r.host_p50_ms, 1000);
    assert_int_equal(r.host_mean_ms, 800);
    assert_int_equal(r.guide_ms, 3000);
    assert_int_equal(r.capacity_ms, 2 * 3200);
    about(r.ratio, 3200.0 / 3000);
    about(r.gain, (4000.0 - 3200) / 4000 * 100);
    about(r.busy, 4000.0 / 6400 * 100);
    report_release(&r);
}

static void
test_without_waves_the_slots_are_the_bound(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 3, 2, "parallel");
    work(&r, 0, 0, 0, 500, 0);
    work(&r, 1, 1, 0, 700, 0);
    work(&r, 2, 0, 500, 501, 0);
    end(&r, 1010, 0);
    assert_int_equal(r.wave_count, 1);
    assert_int_equal(r.waves[0].number, -1);
    assert_int_equal(r.ideal_ms, (500 + 700 + 501 + 1) / 2); /* rounded up */
    assert_int_equal(r.rounds, 2);
    assert_int_equal(r.active_max, 2);
    report_release(&r);
}

static void
test_one_long_host_is_the_bound_by_itself(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 3, 3, "parallel");
    work(&r, 0, 0, 0, 100, 0);
    work(&r, 1, 1, 0, 100, 0);
    work(&r, 2, 2, 0, 5000, 0);
    end(&r, 5000, 0);
    assert_int_equal(r.ideal_ms, 5000);
    about(r.ratio, 1);
    report_release(&r);
}

static void
test_a_rollback_and_a_retry_count_for_themselves(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 2, 2, "parallel");
    report_name_step(&r, LIST_STEPS, "Work");
    report_name_step(&r, LIST_ROLLBACK, "Back");
    work(&r, 0, 0, 0, 100, 3);
    said(&r, 100, VERB_RETRY, 0, 0);
    work(&r, 0, 0, 100, 200, 0);
    work(&r, 1, 1, 0, 400, 0);
    order(&r, 400, ORDER_ROLLBACK, 1, 0);
    order(&r, 400, ORDER_RUN_STEP, 1, 0);
    fact(&r, 450, FACT_STEP_DONE, 1, 0, 0);
    order(&r, 450, ORDER_RELEASE, 1, 0);
    end(&r, 450, 3);
    assert_int_equal(r.hosts[0].took_ms, 300);
    assert_int_equal(r.hosts[1].took_ms, 400);
    assert_int_equal(r.back_ms, 50);
    assert_int_equal(r.sum_ms, 300 + 400 + 50);
    assert_int_equal(r.ideal_ms, 400 + 50);
    assert_int_equal(r.step_count, 2);
    assert_int_equal(r.steps[0].ended, 3);
    assert_int_equal(r.steps[0].not_ok, 1);
    assert_int_equal(r.steps[1].list, LIST_ROLLBACK);
    assert_int_equal(r.steps[1].max_ms, 50);
    has(&r, report_text, "retry web-01 (by ctl, uid 1000)");
    has(&r, report_text, "rollback 1 Back");
    report_release(&r);
}

static void
test_workers_that_come_and_go_count_while_they_are_there(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 9, 2, "parallel");
    work(&r, 0, 0, 0, 100, 0);
    said(&r, 100, VERB_WORKERS, -1, 5);
    said(&r, 300, VERB_WORKERS, -1, 1);
    end(&r, 400, 3);
    assert_int_equal(r.capacity_ms, 2 * 100 + 5 * 200 + 1 * 100);
    assert_int_equal(r.workers_max, 5);
    report_release(&r);
}

static void
test_steps_have_percentiles_by_nearest_rank(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 20, 20, "parallel");
    for (int32_t i = 0; i < 20; i++)
        work(&r, i, i, 0, 10 + 100 * (i + 1), 0);
    end(&r, 2010, 0);
    assert_int_equal(r.steps[0].count, 20);
    assert_int_equal(r.steps[0].p50_ms, 1000);
    assert_int_equal(r.steps[0].p95_ms, 1900);
    assert_int_equal(r.steps[0].max_ms, 2000);
    assert_int_equal(r.steps[0].slowest, 19);
    report_release(&r);
}

static void
test_a_step_that_ends_late_twice_or_not_at_all_is_not_counted(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "parallel");
    order(&r, 0, ORDER_START, 0, 0);
    order(&r, 0, ORDER_RUN_STEP, 0, 0);
    fact(&r, 5, FACT_STEP_DONE, 0, 1, 0);
    fact(&r, 10, FACT_STEP_DONE, 0, 0, 0);
    fact(&r, 20, FACT_STEP_DONE, 0, 0, 0);
    order(&r, 20, ORDER_RUN_STEP, 0, 1);
    fact(&r, 25, FACT_STEP_SKIPPED, 0, 1, 0);
    order(&r, 30, ORDER_RUN_STEP, 0, 2);
    end(&r, 100, -1);
    assert_int_equal(r.steps[0].ended, 1);
    assert_int_equal(r.steps[0].max_ms, 10);
    assert_int_equal(r.steps[1].ended, 0);
    assert_int_equal(r.steps[1].skipped, 1);
    assert_int_equal(r.steps[2].ended, 0);
    report_release(&r);
}

static void
test_steps_that_nobody_came_to_take_no_row_and_no_times(void **state)
{
    enum { STEPS = 40 };
    struct report r;

    (void)state;
    begin(&r, 1, 1, "parallel");
    for (int i = 0; i < STEPS; i++)
        report_name_step(&r, LIST_STEPS, "Work");
    order(&r, 0, ORDER_START, 0, 0);
    order(&r, 0, ORDER_RUN_STEP, 0, STEPS - 2);
    fact(&r, 10, FACT_STEP_DONE, 0, STEPS - 2, 0);
    order(&r, 10, ORDER_RUN_STEP, 0, STEPS - 1);
    fact(&r, 10, FACT_STEP_SKIPPED, 0, STEPS - 1, 0);
    order(&r, 10, ORDER_RELEASE, 0, 0);
    ends(&r, 0, OUTCOME_OK, "");
    end(&r, 10, 0);
    has(&r, report_text,
        "\nsteps        p50        p95        max    ran   skip  again not ok\n"
        "      0.01s      0.01s      0.01s      1      0      0      0  39 Work\n"
        "          -          -          -      0      1      0      0  40 Work\n");
    report_release(&r);
}

static void
test_what_a_damaged_journal_says_is_passed_over(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 2, 1, "rolling");
    order(&r, 0, ORDER_START, 7, 0);
    order(&r, 0, ORDER_START, -1, 0);
    order(&r, 0, ORDER_RELEASE, 1, 0);
    order(&r, 0, ORDER_RUN_STEP, 0, INT32_MAX);
    order(&r, 0, ORDER_RUN_STEP, 0, -5);
    fact(&r, 0, FACT_STEP_DONE, 0, INT32_MAX, 0);
    wave(&r, 0, ORDER_WAVE_BEGIN, 5);
    wave(&r, 0, ORDER_WAVE_END, -3);
    said(&r, -50, VERB_WORKERS, 77, INT64_MAX);
    order(&r, 10, ORDER_START, 0, -9);
    order(&r, 5, ORDER_RELEASE, 0, -9); /* back in time */
    order(&r, 10, ORDER_START, 0, INT32_MAX - 1);
    end(&r, 5, -1);
    assert_int_equal(r.wave_count, 1);
    assert_int_equal(r.sum_ms, 0);
    free(shown(&r, report_text));
    free(shown(&r, report_json));
    report_release(&r);
}

static void
test_a_run_that_did_nothing_has_no_times(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 2, 3, "rolling");
    end(&r, 0, 3);
    assert_int_equal(r.wave_count, 0);
    about(r.ratio, 0);
    about(r.gain, 0);
    report_make_log(&r);
    shows(&r, report_text,
          "deploy prod  run 20261126T120000Z-0123456789abcdef\n"
          "  result      did not succeed (exit 3) in 0.00s\n"
          "  started     2026-11-26 12:00:00 UTC, process 77\n"
          "  release     1.4.2\n"
          "  strategy    rolling, 3 workers, 0 at once at most\n"
          "\n"
          "hosts 2\n"
          "  untouched   2: web-[01-02]\n");
    has(&r, report_guide, "non confirmée ❌ (aucun serveur traité)");
    report_release(&r);
}

/* The core counts attempts on from round to round: a rollback begins with attempt 2. */
static void
attempt(int64_t at_ms, enum order_kind kind, int32_t step, int32_t number)
{
    const struct order o = {
        .kind = kind, .step = step, .attempt = number, .slot = kind == ORDER_CONNECT ? 0 : -1};

    write_row((struct row){.at_ms = at_ms, .order = o});
}

static void
ended(int64_t at_ms, enum fact_kind kind, int32_t step, int32_t number, int32_t code)
{
    const struct fact f = {.kind = kind, .step = step, .attempt = number, .exit_code = code};

    write_row((struct row){.at_ms = at_ms, .is_fact = true, .fact = f});
}

static void
test_a_round_that_follows_another_begins_nothing_again(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "rolling");
    order(&r, 0, ORDER_START, 0, 0);
    attempt(0, ORDER_CONNECT, -1, 1);
    ended(1, FACT_CONNECTED, -1, 1, 0);
    attempt(2, ORDER_RUN_STEP, 0, 1);
    ended(3, FACT_STEP_DONE, 0, 1, 1);
    attempt(4, ORDER_RUN_STEP, 0, 2); /* this one does */
    ended(5, FACT_STEP_DONE, 0, 2, 0);
    attempt(6, ORDER_FINALLY, 0, 1);
    ended(7, FACT_FINALLY_DONE, 0, 1, 0);
    order(&r, 8, ORDER_RELEASE, 0, 0);
    ended(9, FACT_DISCONNECTED, -1, 1, 0);
    order(&r, 10, ORDER_ROLLBACK, 0, 0);
    attempt(10, ORDER_CONNECT, -1, 2);
    ended(11, FACT_CONNECTED, -1, 2, 0);
    attempt(12, ORDER_RUN_STEP, 0, 2);
    ended(13, FACT_STEP_DONE, 0, 2, 0);
    attempt(14, ORDER_FINALLY, 0, 2);
    ended(15, FACT_FINALLY_DONE, 0, 2, 0);
    order(&r, 16, ORDER_RELEASE, 0, 0);
    take_rows(&r);
    assert_int_equal(r.step_count, 3);
    assert_int_equal(r.steps[0].retried, 1);
    assert_int_equal(r.steps[1].retried, 0);
    assert_int_equal(r.steps[2].retried, 0);
    assert_int_equal(r.connects, 2);
    assert_int_equal(r.connects_again, 0);
    report_release(&r);
}

static void
test_a_connection_is_made_again_after_one_that_failed_or_was_lost(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "rolling");
    order(&r, 0, ORDER_START, 0, 0);
    attempt(0, ORDER_CONNECT, -1, 1);
    ended(1, FACT_CONNECT_FAILED, -1, 1, 0);
    attempt(2, ORDER_CONNECT, -1, 2);
    ended(3, FACT_THROTTLED, -1, 2, 0);
    attempt(4, ORDER_CONNECT, -1, 3);
    ended(5, FACT_CONNECTED, -1, 3, 0);
    ended(6, FACT_CONNECTION_LOST, -1, 3, 0);
    attempt(7, ORDER_CONNECT, -1, 4);
    take_rows(&r);
    assert_int_equal(r.connects, 4);
    assert_int_equal(r.connects_again, 3);
    report_release(&r);
}

static void
test_numbers_of_a_damaged_journal_are_told_as_if_they_were_true(void **state)
{
    static const int64_t odd[] = {INT64_MIN, -1, INT64_C(1) << 58, INT64_MAX};
    struct buf out;
    struct report r;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            begin(&r, 1, 2, "rolling");
            wave(&r, odd[i], ORDER_WAVE_BEGIN, 0);
            order(&r, odd[i], ORDER_START, 0, 0);
            order(&r, odd[i], ORDER_RUN_STEP, 0, 0);
            said(&r, odd[i], VERB_WORKERS, -1, 3);
            fact(&r, odd[k], FACT_STEP_DONE, 0, 0, 0);
            order(&r, odd[k], ORDER_RELEASE, 0, 0);
            order(&r, odd[k], ORDER_START, 0, INT32_MAX);
            order(&r, odd[k], ORDER_RELEASE, 0, INT32_MAX);
            wave(&r, odd[k], ORDER_WAVE_END, 0);
            wave(&r, odd[i], ORDER_WAVE_BEGIN, 1);
            take_rows(&r);
            r.state = REPORT_OVER;
            r.wall_ms = odd[i];
            report_figure(&r);
            buf_init(&out, REPORT_TEXT_MAX);
            report_text(&r, &out);
            report_json(&r, &out);
            report_make_log(&r);
            report_guide(&r, &out);
            assert_true(out.len > 0);
            buf_release(&out);
            report_release(&r);
        }
    }
}

/* Steps that were not run (tags) take no row; of the others the longest are shown, in their order.
 */
static void
test_of_many_steps_the_longest_are_shown(void **state)
{
    struct report r;
    struct buf out;

    (void)state;
    begin(&r, 1, 1, "rolling");
    for (int32_t i = 0; i < 80; i++) {
        report_name_step(&r, LIST_STEPS, "s");
    }
    order(&r, 0, ORDER_START, 0, 0);
    for (int32_t i = 0; i < 40; i++) {
        order(&r, 1000 * i, ORDER_RUN_STEP, 0, 40 + i);
        fact(&r, 1000 * i + (i == 20 ? 999 : i < 10 ? 10 : 20 + i), FACT_STEP_DONE, 0, 40 + i, 0);
    }
    order(&r, 40000, ORDER_RELEASE, 0, 0);
    take_rows(&r);
    r.state = REPORT_OVER;
    r.wall_ms = 40000;
    report_figure(&r);
    buf_init(&out, REPORT_TEXT_MAX);
    report_text(&r, &out);
    assert_null(strstr(out.data, " 50 s\n")); /* i < 10: shorter than the others */
    assert_non_null(strstr(out.data, " 51 s\n"));
    assert_non_null(strstr(out.data, " 61 s\n"));
    assert_non_null(strstr(out.data, " 80 s\n  and 10 steps more\n"));
    buf_release(&out);
    report_release(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_many_steps_the_longest_are_shown),
        cmocka_unit_test(test_a_round_that_follows_another_begins_nothing_again),
        cmocka_unit_test(test_a_connection_is_made_again_after_one_that_failed_or_was_lost),
        cmocka_unit_test(test_numbers_of_a_damaged_journal_are_told_as_if_they_were_true),
        cmocka_unit_test(test_waves_end_one_before_the_other),
        cmocka_unit_test(test_without_waves_the_slots_are_the_bound),
        cmocka_unit_test(test_one_long_host_is_the_bound_by_itself),
        cmocka_unit_test(test_a_rollback_and_a_retry_count_for_themselves),
        cmocka_unit_test(test_workers_that_come_and_go_count_while_they_are_there),
        cmocka_unit_test(test_steps_have_percentiles_by_nearest_rank),
        cmocka_unit_test(test_a_step_that_ends_late_twice_or_not_at_all_is_not_counted),
        cmocka_unit_test(test_steps_that_nobody_came_to_take_no_row_and_no_times),
        cmocka_unit_test(test_what_a_damaged_journal_says_is_passed_over),
        cmocka_unit_test(test_a_run_that_did_nothing_has_no_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
