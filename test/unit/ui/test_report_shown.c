/*
 * test_report_shown.c - a run looked back at: text, chart, JSON and the guide, to the letter.
 */
#include "unit/ui/report_rows.h"

#include <jansson.h>

/* ---------------------------------------------------------------- text */

static void
test_the_text_of_a_rolling_run(void **state)
{
    struct report r;

    (void)state;
    make_rolling(&r);
    strv_add(&r.tags, "all");
    strv_add(&r.extra, "release");
    shows(&r, report_text,
          "deploy prod  run 20261126T120000Z-0123456789abcdef\n"
          "  result      did not succeed (exit 2) in 3.2s\n"
          "  started     2026-11-26 12:00:00 UTC, process 77\n"
          "  release     1.4.2\n"
          "  strategy    rolling, 2 workers, 2 at once at most\n"
          "  variables   release\n"
          "\n"
          "hosts 5\n"
          "  ok          4: web-[01-03,05]\n"
          "  failed      1: web-04\n"
          "\n"
          "why\n"
          "  web-04  failed: step 1/1 Work: exit 3\n"
          "\n"
          "waves     begin        end       took      ideal  hosts     ok not ok\n"
          "     1      0.00s       1.0s       1.0s       1.0s      2      2      0  web-[01-02]\n"
          "     2       1.1s       2.1s       1.0s       1.0s      2      1      1  web-[03-04]\n"
          "     3       2.1s       3.1s       1.0s       1.0s      1      1      0  web-05\n"
          "\n"
          "time\n"
          "  wall           3.2s  slots busy 62.5%\n"
          "  ideal          3.0s  at best, wave by wave: wall is 1.067 times that\n"
          "  guide          3.0s  3 x the median of a host: wall is 1.067 times that\n"
          "  one by one     4.0s  all hosts, one after the other: gain 20.0%\n"
          "  between       0.10s  from wave to wave: pauses, bakes, questions\n"
          "  a host         1.0s  median; p95 1.0s, longest 1.0s\n"
          "\n"
          "slots (| a host begins, = ok, x not ok)\n"
          "  wave 1                     2                   3\n"
          "     0 |===================..|===================|===================..  93%\n"
          "     1 |===============......|xxx......................................  31%\n"
          "       0                                                           3.2s\n"
          "\n"
          "slowest hosts\n"
          "       1.0s  slot 0     ok           web-01\n"
          "       1.0s  slot 0     ok           web-03\n"
          "       1.0s  slot 0     ok           web-05\n"
          "      0.80s  slot 1     ok           web-02\n"
          "      0.20s  slot 1     failed       web-04\n"
          "\n"
          "steps        p50        p95        max    ran   skip  again not ok\n"
          "      0.99s      0.99s      0.99s      5      0      0      1  1 Work (longest on "
          "web-01)\n"
          "\n"
          "connections 5\n"
          "\n"
          "loop (how long each of its turns kept the others waiting)\n"
          "  turns          120  p50 0.02 ms  p99 1.50 ms  p99.9 2.34 ms  max 12.34 ms\n"
          "  commits         12  p50 0.40 ms  p99 0.90 ms  p99.9 0.90 ms  max 0.90 ms\n");
    report_release(&r);
}

static void
test_waves_hosts_and_reasons_are_cut_not_the_sums(void **state)
{
    enum { HOSTS = 10000 };
    struct report r;

    (void)state;
    begin(&r, HOSTS, 1, "rolling");
    for (int32_t i = 0; i < HOSTS; i++) {
        char reason[64];
        wave(&r, 10 * i, ORDER_WAVE_BEGIN, i);
        work(&r, i, 0, 10 * i, 10, 3);
        snprintf(reason, sizeof(reason), "step 1/1 Work: exit 3: line %d", (int)i);
        ends(&r, i, OUTCOME_FAILED, reason);
        wave(&r, 10 * i + 10, ORDER_WAVE_END, i);
    }
    end(&r, 10 * HOSTS, 2);
    char *text = shown(&r, report_text);
    assert_true(strlen(text) < 20000);
    assert_non_null(strstr(text, "and 9980 waves more\n"));
    assert_non_null(strstr(text, "and 9980 hosts more\n"));
    assert_non_null(strstr(text, "failed      10000: web-"));
    free(text);
    report_release(&r);
}

static void
test_equal_reasons_are_one_row(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 4, 4, "parallel");
    for (int32_t i = 0; i < 4; i++) {
        work(&r, i, i, 0, 10, 3);
        ends(&r, i, OUTCOME_UNREACHABLE, i == 2 ? "auth: denied" : "connect: refused");
    }
    end(&r, 10, 4);
    has(&r, report_text,
        "\nwhy\n  web-03  unreachable: auth: denied\n  web-[01-02,04]  unreachable: connect: "
        "refused\n");
    report_release(&r);
}

static void
test_texts_of_elsewhere_are_harmless(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "parallel");
    report_name_step(&r, LIST_STEPS, "\033[2Jwipe\xff");
    work(&r, 0, 0, 0, 10, 3);
    ends(&r, 0, OUTCOME_FAILED, "exit 3: \033]0;x\a\nweb-09  failed: forged");
    free(r.halt);
    r.halt = xstrdup("\033c```\n# x");
    strv_add(&r.extra, "\033[31m");
    end(&r, 10, 2);
    report_make_log(&r);
    void (*const all[])(const struct report *, struct buf *) = {report_text, report_json,
                                                                report_guide};
    for (size_t i = 0; i < 3; i++) {
        char *text = shown(&r, all[i]);
        assert_null(strchr(text, '\033'));
        assert_null(strchr(text, '\a'));
        assert_null(strchr(text, '\xff'));
        assert_null(strstr(text, "\nweb-09"));
        assert_null(strstr(text, "\n# x"));
        free(text);
    }
    report_release(&r);
}

/* ---------------------------------------------------------------- the chart */

static void
test_the_chart_has_a_row_a_slot_and_its_letters(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 5, 3, "parallel");
    work(&r, 0, 0, 0, 3200, 0);
    work(&r, 1, 0, 3200, 3200, 3);
    work(&r, 2, 1, 0, 1600, 0);
    ends(&r, 2, OUTCOME_CANCELLED, "");
    order(&r, 1600, ORDER_START, 3, 1);
    order(&r, 0, ORDER_ROLLBACK, 4, 2);
    order(&r, 800, ORDER_RELEASE, 4, 2);
    ends(&r, 3, OUTCOME_RUNNING, "");
    end(&r, 6400, -1);
    r.state = REPORT_RUNNING;
    shows(&r, report_chart,
          "\nslots (| a host begins, = ok, x not ok, c cancelled, r rolled back, > under way)\n"
          "     0 |===============================|xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 100%\n"
          "     1 |ccccccccccccccc|>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>> 100%\n"
          "     2 |rrrrrrr........................................................  12%\n"
          "       0                                                           6.4s\n");
    report_release(&r);
}

static void
test_what_a_run_that_died_left_open_is_not_under_way(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "parallel");
    order(&r, 0, ORDER_START, 0, 0);
    ends(&r, 0, OUTCOME_UNKNOWN, "the run was cut off: step 1 may have run");
    end(&r, 6400, -1);
    has(&r, report_chart, "\nslots (| a host begins, x not ok)\n");
    has(&r, report_chart, "     0 |xxx");
    report_release(&r);
}

static void
test_many_hosts_in_one_cell_and_many_slots_are_said(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 130, 50, "parallel");
    for (int32_t i = 0; i < 80; i++)
        work(&r, i, 0, 10 * i, 10, 0);
    for (int32_t i = 80; i < 130; i++)
        work(&r, i, i - 80, 800, 200, 0);
    end(&r, 1000, 0);
    has(&r, report_chart, "     0 ##");
    has(&r, report_chart, "     1 ..");
    has(&r, report_chart, "and 30 slots more\n");
    report_release(&r);
}

static void
test_there_is_no_chart_of_nothing(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "parallel");
    end(&r, 100, 0);
    shows(&r, report_chart, "");
    report_release(&r);
}

/* ---------------------------------------------------------------- JSON */

static int64_t
int_at(const json_t *o, const char *a, const char *b)
{
    return json_integer_value(json_object_get(json_object_get(o, a), b));
}

static void
test_the_json_is_one_object_with_the_same_facts(void **state)
{
    struct report r;

    (void)state;
    make_rolling(&r);
    char *text = shown(&r, report_json);
    json_t *o = json_loads(text, 0, NULL);
    assert_non_null(o);
    assert_string_equal(json_string_value(json_object_get(o, "type")), "report");
    assert_string_equal(json_string_value(json_object_get(o, "state")), "over");
    assert_int_equal(json_integer_value(json_object_get(o, "exit_code")), 2);
    assert_int_equal(int_at(o, "totals", "ok"), 4);
    assert_int_equal(int_at(o, "time", "wall_ms"), 3200);
    assert_int_equal(int_at(o, "time", "ideal_ms"), 3000);
    about(json_real_value(json_object_get(json_object_get(o, "time"), "ratio")), 1.066);
    const json_t *turns = json_object_get(json_object_get(o, "stall"), "turns");
    assert_int_equal(json_integer_value(json_object_get(turns, "p999_us")), 2345);
    const json_t *waves = json_object_get(o, "waves");
    assert_int_equal(json_array_size(waves), 3);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(waves, 2), "wave")), 3);
    const json_t *host = json_array_get(json_object_get(o, "hosts"), 3);
    assert_string_equal(json_string_value(json_object_get(host, "host")), "web-04");
    assert_string_equal(json_string_value(json_object_get(host, "outcome")), "failed");
    assert_int_equal(json_integer_value(json_object_get(host, "duration_ms")), 200);
    const json_t *span = json_array_get(json_object_get(host, "in_slot"), 0);
    assert_int_equal(json_integer_value(json_object_get(span, "begin_ms")), 1100);
    assert_int_equal(json_integer_value(json_object_get(span, "wave")), 2);
    json_decref(o);
    free(text);
    report_release(&r);
}

static void
test_fields_that_do_not_apply_are_left_out(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 1, 1, "parallel");
    order(&r, 0, ORDER_START, 0, 0);
    end(&r, 100, -1);
    char *text = shown(&r, report_json);
    static const char *const none[] = {"exit_code", "halt\"", "stall",   "tags",
                                       "variables", "end_ms", "\"wave\""};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_null(strstr(text, none[i]));
    assert_non_null(strstr(text, "\"state\":\"died\""));
    free(text);
    report_release(&r);
}

/* ---------------------------------------------------------------- the guide */

static void
test_the_guide_is_its_template_filled_in(void **state)
{
    struct report r;

    (void)state;
    begin(&r, 9, 3, "rolling");
    for (int32_t i = 0; i < 9; i++) {
        if (i % 3 == 0)
            wave(&r, i / 3 * 300000, ORDER_WAVE_BEGIN, i / 3);
        order(&r, i / 3 * 300000, ORDER_START, i, i % 3);
        ends(&r, i, OUTCOME_OK, "");
        if (i % 3 == 2) {
            for (int32_t k = i - 2; k <= i; k++)
                order(&r, i / 3 * 300000 + 300000, ORDER_RELEASE, k, k % 3);
            wave(&r, i / 3 * 300000 + 300000, ORDER_WAVE_END, i / 3);
        }
    }
    end(&r, 900000, 0);
    report_make_log(&r);
    r.log_found = true;
    shows(&r, report_guide,
          "### Test Parallel Execution - 2026-11-26\n"
          "\n"
          "**Configuration**:\n"
          "- Environment: prod\n"
          "- Servers: 9\n"
          "- Workers: 3\n"
          "- Action: deploy\n"
          "\n"
          "**Résultats**:\n"
          "- Mode: Parallel ✅\n"
          "- Temps total: 15 minutes\n"
          "- Temps par serveur: 5 minutes (médiane)\n"
          "- Workers actifs: 3/3\n"
          "- Gain vs séquentiel: 66%\n"
          "\n"
          "**Logs clés**:\n"
          "```\n"
          "[ORCHESTRATOR] Running in PARALLEL mode with 3 workers\n"
          "[ORCHESTRATOR] Worker 2 processing: deploy for server web-03 (active: 3/3)\n"
          "```\n"
          "\n"
          "**Conclusion**: Exécution parallèle fonctionnelle ✅\n");
    report_release(&r);
}

static void
test_one_after_the_other_is_not_parallel(void **state)
{
    static const struct {
        int32_t workers;
        const char *strategy, *part;
    } rows[] = {
        {0, "rolling", "- Mode: Sequential ❌\n"},
        {0, "rolling", "- Workers actifs: 0/0\n"},
        {0, "rolling", "[ORCHESTRATOR] Running in SEQUENTIAL mode (max_parallel_workers is 0)\n"},
        {0, "rolling", "[ORCHESTRATOR] Sequential processing: deploy for server web-01\n"},
        {0, "rolling", "non confirmée ❌ (mode séquentiel)\n"},
        {3, "sequential", "- Mode: Sequential ❌\n"},
        {3, "sequential", "SEQUENTIAL mode (strategy is sequential)\n"},
        {1, "parallel", "non confirmée ❌ (un seul worker actif à la fois)\n"},
        {1, "parallel", "**Logs clés** (d'après le journal du run, absents de debug.log):\n"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct report r;
        begin(&r, 2, rows[i].workers, rows[i].strategy);
        work(&r, 0, 0, 0, 100, 0);
        work(&r, 1, 0, 100, 100, 0);
        end(&r, 200, 0);
        report_make_log(&r);
        has(&r, report_guide, rows[i].part);
        report_release(&r);
    }
}

static void
test_the_conclusion_says_what_went_wrong(void **state)
{
    struct report r;

    (void)state;
    make_rolling(&r);
    free(r.halt);
    r.halt = xstrdup("failure budget spent");
    report_make_log(&r);
    has(&r, report_guide,
        "**Conclusion**: Exécution parallèle fonctionnelle ✅; 1/5 serveur n'est pas ok: web-04; "
        "arrêt: failure budget spent\n");
    r.state = REPORT_RUNNING;
    has(&r, report_guide, "; encore en cours;");
    r.state = REPORT_DIED;
    has(&r, report_guide, "; interrompue avant sa fin;");
    report_release(&r);
}

static void
test_times_are_told_as_the_guide_tells_them(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "0 ms"},
        {310, "310 ms"},
        {1000, "1 seconde"},
        {1500, "1,5 seconde"},
        {2000, "2 secondes"},
        {5012, "5 secondes"},
        {59990, "59,9 secondes"},
        {60000, "1 minute"},
        {61000, "1 minute 1 seconde"},
        {905000, "15 minutes 5 secondes"},
        {INT64_C(2700000), "45 minutes"},
        {INT64_C(3600000), "1 heure"},
        {INT64_C(7800000), "2 heures 10 minutes"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct report r;
        begin(&r, 2, 2, "parallel");
        end(&r, rows[i].ms, 0);
        char *line = xasprintf("- Temps total: %s\n", rows[i].text);
        has(&r, report_guide, line);
        free(line);
        report_release(&r);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_text_of_a_rolling_run),
        cmocka_unit_test(test_waves_hosts_and_reasons_are_cut_not_the_sums),
        cmocka_unit_test(test_equal_reasons_are_one_row),
        cmocka_unit_test(test_texts_of_elsewhere_are_harmless),
        cmocka_unit_test(test_the_chart_has_a_row_a_slot_and_its_letters),
        cmocka_unit_test(test_what_a_run_that_died_left_open_is_not_under_way),
        cmocka_unit_test(test_many_hosts_in_one_cell_and_many_slots_are_said),
        cmocka_unit_test(test_there_is_no_chart_of_nothing),
        cmocka_unit_test(test_the_json_is_one_object_with_the_same_facts),
        cmocka_unit_test(test_fields_that_do_not_apply_are_left_out),
        cmocka_unit_test(test_the_guide_is_its_template_filled_in),
        cmocka_unit_test(test_one_after_the_other_is_not_parallel),
        cmocka_unit_test(test_the_conclusion_says_what_went_wrong),
        cmocka_unit_test(test_times_are_told_as_the_guide_tells_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
