/*
 * test_feed.c - what is kept of a run to be looked at, and what is let go when memory runs short.
 */
#include "unit/ui/stage.h"

#include "ui/feed.h"

enum { MANY = 10000, CHECK_TRIES = 5000, MIB = 1 << 20 };

static void
tell(struct feed *f, struct event e)
{
    sink_event(feed_sink(f), &e);
}

static void
say(struct feed *f, int32_t host, const char *text)
{
    tell(f, stage_output(host, STREAM_STDOUT, text, strlen(text)));
}

static struct feed *
begun(int32_t lines_max, struct budget *budget)
{
    struct feed *f = feed_new(lines_max, budget);

    tell(f, stage_run(stage_hosts, 3));
    return f;
}

static void
output_is(const struct feed *f, int32_t host, const char *expected)
{
    size_t len;
    const char *text = feed_output(f, host, &len);

    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);
}

/* ---------------------------------------------------------------- hosts and steps */

static void
test_a_host_is_followed_from_its_start_to_its_end(void **state)
{
    struct feed *f = begun(100, NULL);
    const struct feed_host *h = feed_host(f, 1);

    (void)state;
    assert_int_equal(h->slot, -1);
    assert_int_equal(h->began_ms, -1);
    struct event e = stage_host(EVENT_HOST_STARTED, 1);
    e.wave = 2;
    tell(f, e);
    assert_int_equal(h->slot, 1);
    assert_int_equal(h->wave, 2);
    assert_int_equal(h->began_ms, 1000);
    tell(f, stage_step(EVENT_STEP_STARTED, 1, NULL, -1));
    assert_int_equal(h->step_count, 1);
    assert_string_equal(h->steps[0].name, "Switch");
    assert_null(h->steps[0].outcome);
    assert_int_equal(h->steps[0].took_ms, -1);
    e = stage_step(EVENT_STEP_FINISHED, 1, "failed", 3);
    e.reason = "exit 3";
    tell(f, e);
    assert_int_equal(h->step_count, 1);
    assert_string_equal(h->steps[0].outcome, "failed");
    assert_string_equal(h->steps[0].reason, "exit 3");
    assert_int_equal(h->steps[0].exit_code, 3);
    assert_int_equal(h->steps[0].took_ms, 310);
    tell(f, stage_end(1, "failed", 3, "step 2/5 Switch: exit 3"));
    assert_int_equal(h->slot, -1);
    assert_int_equal(h->took_ms, 1200);
    assert_string_equal(h->reason, "step 2/5 Switch: exit 3");
    assert_int_equal(feed_board(f)->count[OUTCOME_FAILED], 1);
    tell(f, stage_host(EVENT_HOST_STARTED, 1)); /* it goes again */
    assert_int_equal(h->step_count, 0);
    assert_null(h->reason);
    assert_int_equal(h->took_ms, -1);
    feed_free(f);
}

static void
test_each_attempt_of_a_step_is_kept_and_a_check_is_one(void **state)
{
    struct feed *f = begun(100, NULL);
    const struct feed_host *h = feed_host(f, 0);

    (void)state;
    tell(f, stage_host(EVENT_HOST_STARTED, 0));
    for (int attempt = 1; attempt <= 2; attempt++) {
        struct event e = stage_step(EVENT_STEP_STARTED, 0, NULL, -1);
        e.attempt = attempt;
        tell(f, e);
        e = stage_step(EVENT_STEP_FINISHED, 0, attempt == 1 ? "failed" : "ok", attempt == 1);
        e.attempt = attempt;
        tell(f, e);
    }
    assert_int_equal(h->step_count, 2);
    assert_string_equal(h->steps[0].outcome, "failed");
    assert_string_equal(h->steps[1].outcome, "ok");
    for (int attempt = 1; attempt <= CHECK_TRIES; attempt++) {
        struct event e = stage_step(EVENT_GATE_STARTED, 0, NULL, -1);
        e.list = LIST_CHECKS;
        e.attempt = attempt;
        tell(f, e);
        assert_true(h->gate);
        e = stage_step(EVENT_GATE, 0, "failed", 1);
        e.list = LIST_CHECKS;
        e.attempt = attempt;
        tell(f, e);
        assert_false(h->gate);
    }
    assert_int_equal(h->step_count, 3);
    assert_int_equal(h->steps[2].attempt, CHECK_TRIES);
    feed_free(f);
}

/* The last is there, however many there were. */
static void
test_steps_are_bounded(void **state)
{
    struct feed *f = begun(100, NULL);
    const struct feed_host *h = feed_host(f, 0);

    (void)state;
    for (int attempt = 1; attempt <= 2000; attempt++) {
        struct event e = stage_step(EVENT_STEP_STARTED, 0, NULL, -1);
        e.attempt = attempt;
        tell(f, e);
    }
    assert_in_range(h->step_count, 1, 400);
    assert_int_equal(h->steps[h->step_count - 1].attempt, 2000);
    feed_free(f);
}

static void
test_blue_green_and_rollback_move_the_slot(void **state)
{
    struct feed *f = begun(100, NULL);
    const struct feed_host *h = feed_host(f, 2);

    (void)state;
    tell(f, stage_host(EVENT_HOST_STARTED, 2));
    tell(f, stage_host(EVENT_HOST_PARKED, 2));
    assert_int_equal(h->slot, -1);
    tell(f, stage_host(EVENT_HOST_SWITCHING, 2));
    assert_int_equal(h->slot, 2);
    tell(f, stage_end(2, "ok", 0, NULL));
    assert_null(h->reason);
    tell(f, stage_host(EVENT_ROLLBACK_STARTED, 2));
    assert_int_equal(h->slot, 2);
    struct event e = stage_host(EVENT_ROLLBACK_FINISHED, 2);
    e.outcome = "failed";
    e.reason = "no way back";
    tell(f, e);
    assert_int_equal(h->slot, -1);
    assert_string_equal(h->reason, "no way back");
    feed_free(f);
}

/* ---------------------------------------------------------------- output */

static void
test_the_last_lines_of_a_host_are_kept(void **state)
{
    struct feed *f = begun(2, NULL);

    (void)state;
    say(f, 0, "one\ntwo\nthree\nfour");
    output_is(f, 0, "two\nthree\nfour");
    output_is(f, 1, "");
    assert_int_equal(feed_output_count(f, 0), 18);
    tell(f, stage_step(EVENT_STEP_FINISHED, 0, "ok", 0)); /* what comes next is another's */
    say(f, 0, "five");
    output_is(f, 0, "three\nfour\nfive");
    assert_int_equal(feed_output_count(f, 0), 23);
    feed_free(f);
}

static void
test_hosts_that_are_ok_and_done_are_forgotten_first(void **state)
{
    struct budget b = {.max = MIB};
    struct feed *f = begun(1000000, &b);
    char *text = xcalloc(MIB / 8 + 1, 1);

    (void)state;
    memset(text, 'x', MIB / 8);
    for (int i = 0; i < MIB / 8; i += 100) {
        text[i] = '\n';
    }
    for (int32_t host = 0; host < 3; host++) {
        tell(f, stage_host(EVENT_HOST_STARTED, host));
        say(f, host, text);
    }
    say(f, 2, "bad\n");
    tell(f, stage_end(2, "failed", 1, "exit 1"));
    tell(f, stage_end(0, "ok", 0, NULL));
    for (int i = 0; i < 4; i++) {
        say(f, 1, text);
    }
    output_is(f, 0, "");
    assert_int_equal(feed_output_count(f, 0), MIB / 8 + 1); /* its line was ended */
    size_t len;
    (void)feed_output(f, 2, &len);
    assert_int_equal(len, MIB / 8 + 4);
    (void)feed_output(f, 1, &len);
    assert_true(len > (size_t)MIB / 8);
    assert_in_range(b.used, 0, b.max);
    feed_free(f);
    assert_int_equal(b.used, 0);
    free(text);
}

/* Nobody is done, and all say more than there is room for: each has its share. */
static void
test_ten_thousand_hosts_stay_within_their_budget(void **state)
{
    struct budget b = {.max = 256 * (int64_t)MIB};
    struct feed *f = feed_new(100, &b);
    char **names = stage_names(MANY);
    char line[1001];

    (void)state;
    memset(line, 'y', sizeof(line) - 1);
    line[sizeof(line) - 2] = '\n';
    line[sizeof(line) - 1] = '\0';
    tell(f, stage_run((const char *const *)names, MANY));
    for (int round = 0; round < 60; round++) {
        for (int32_t i = 0; i < MANY; i++) {
            struct event e = stage_output(0, STREAM_STDOUT, line, sizeof(line) - 1);
            e.host_index = i;
            sink_event(feed_sink(f), &e);
        }
    }
    assert_in_range(b.used, b.max / 4, b.max);
    for (int32_t i = 0; i < MANY; i += 999) {
        size_t len;
        (void)feed_output(f, i, &len);
        assert_in_range(len, 8 * 1000, 60 * 1000);
        assert_int_equal(feed_output_count(f, i), 60000);
    }
    feed_free(f);
    assert_int_equal(b.used, 0);
    stage_unname(names, MANY);
}

/* ---------------------------------------------------------------- the run */

static void
test_what_the_run_says_is_kept_the_oldest_first_and_bounded(void **state)
{
    struct feed *f = begun(100, NULL);
    char text[32];

    (void)state;
    for (int i = 0; i < FEED_SAID_MAX + 5; i++) {
        struct event e = event_make(EVENT_WARNING, i);
        (void)snprintf(text, sizeof(text), "number %d", i);
        e.text = text;
        tell(f, e);
    }
    assert_int_equal(feed_said_count(f), FEED_SAID_MAX);
    assert_string_equal(feed_said(f, 0)->text, "warning: number 5");
    assert_int_equal(feed_said(f, 0)->at_ms, 5);
    assert_true(feed_said(f, 0)->warning);
    assert_string_equal(feed_said(f, FEED_SAID_MAX - 1)->text, "warning: number 1004");
    assert_null(feed_said(f, FEED_SAID_MAX));
    feed_free(f);
}

static void
test_words_of_the_run_are_those_of_a_plain_one(void **state)
{
    static const struct {
        struct event e;
        const char *text; /* NULL: nothing is said */
    } rows[] = {
        {{.type = EVENT_WAVE_STARTED, .wave = 1, .waves = 3, .text = "web-[01-03]"},
         "wave 1/3 web-[01-03]"},
        {{.type = EVENT_WAVE_FINISHED,
          .wave = 1,
          .waves = 3,
          .duration_ms = 5012,
          .totals.count[OUTCOME_OK] = 2,
          .totals.count[OUTCOME_UNKNOWN] = 1},
         "wave 1/3 completed 5.0s: 2 ok, 1 failed"},
        {{.type = EVENT_WAVE_BAKING, .wave = 1, .waves = 2, .duration_ms = 5000},
         "wave 1/2 bakes for 5s"},
        {{.type = EVENT_WAVE_PAUSING, .wave = 2, .waves = 2, .duration_ms = 5000},
         "wave 2/2 begins in 5s"},
        {{.type = EVENT_PAUSED, .workers = -1, .reason = "by screen, uid 0", .text = "ctl"},
         "paused: by screen, uid 0"},
        {{.type = EVENT_PROMOTE_WANTED, .workers = -1, .text = "ctl"},
         "the canary waits to be promoted"},
        {{.type = EVENT_WORKERS, .workers = 5, .reason = "by screen, uid 0"},
         "workers set to 5: by screen, uid 0"},
        {{.type = EVENT_ROLLING_BACK, .workers = -1, .text = "web-01"}, "rolling back: web-01"},
        {{.type = EVENT_HOST_LATE, .host = "web-01", .reason = "http 503", .outcome = "failed"},
         "web-01 unhealthy after ok: http 503"},
        {{.type = EVENT_HOST_RETRIED, .host = "web-01"}, "web-01 goes again"},
        {{.type = EVENT_MESSAGE, .text = "hello"}, "hello"},
        {{.type = EVENT_STEP_STARTED, .host = "web-01"}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct feed *f = begun(100, NULL);
        tell(f, rows[i].e);
        assert_int_equal(feed_said_count(f), rows[i].text != NULL);
        if (rows[i].text != NULL) {
            assert_string_equal(feed_said(f, 0)->text, rows[i].text);
        }
        feed_free(f);
    }
}

static void
test_the_end_is_kept_and_a_new_run_begins_anew(void **state)
{
    struct feed *f = begun(100, NULL);
    struct feed_end end;

    (void)state;
    assert_false(feed_end(f, &end));
    say(f, 0, "hello\n");
    struct event e = event_make(EVENT_RUN_FINISHED, 2000);
    e.exit_code = 3;
    e.duration_ms = 1000;
    e.reason = "aborted";
    e.go_on = "inventory-manager retry x";
    tell(f, e);
    assert_true(feed_end(f, &end));
    assert_int_equal(end.exit_code, 3);
    assert_string_equal(end.reason, "aborted");
    assert_string_equal(end.go_on, "inventory-manager retry x");
    assert_null(end.log_dir);
    tell(f, stage_run(stage_hosts, 2));
    assert_false(feed_end(f, &end));
    output_is(f, 0, "");
    assert_null(feed_host(f, 2));
    feed_free(f);
    feed_free(NULL);
}

static void
note(void *arg, const struct event *e)
{
    *(enum event_type *)arg = e->type;
}

static void
test_who_listens_hears_of_every_event_once_it_is_taken_in(void **state)
{
    struct feed *f = feed_new(100, NULL);
    enum event_type heard = EVENT_MESSAGE;

    (void)state;
    assert_null(feed_host(f, 0));
    assert_int_equal(feed_output_count(f, 0), 0);
    feed_listen(f, note, &heard);
    tell(f, stage_run(stage_hosts, 3));
    assert_int_equal(heard, EVENT_RUN_STARTED);
    tell(f, stage_host(EVENT_HOST_STARTED, 0));
    assert_int_equal(heard, EVENT_HOST_STARTED);
    feed_listen(f, NULL, NULL);
    tell(f, stage_end(0, "ok", 0, NULL));
    assert_int_equal(heard, EVENT_HOST_STARTED);
    sink_close(feed_sink(f));
    assert_int_equal(feed_board(f)->count[OUTCOME_OK], 1);
    feed_free(f);
}

static void
test_hosts_that_are_none_are_left_out(void **state)
{
    struct feed *f = begun(100, NULL);
    struct event e = stage_output(0, STREAM_STDOUT, "x", 1);

    (void)state;
    e.host_index = 3;
    tell(f, e);
    e.host_index = -1;
    tell(f, e);
    output_is(f, 0, "");
    feed_free(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_host_is_followed_from_its_start_to_its_end),
        cmocka_unit_test(test_each_attempt_of_a_step_is_kept_and_a_check_is_one),
        cmocka_unit_test(test_steps_are_bounded),
        cmocka_unit_test(test_blue_green_and_rollback_move_the_slot),
        cmocka_unit_test(test_the_last_lines_of_a_host_are_kept),
        cmocka_unit_test(test_hosts_that_are_ok_and_done_are_forgotten_first),
        cmocka_unit_test(test_ten_thousand_hosts_stay_within_their_budget),
        cmocka_unit_test(test_what_the_run_says_is_kept_the_oldest_first_and_bounded),
        cmocka_unit_test(test_words_of_the_run_are_those_of_a_plain_one),
        cmocka_unit_test(test_the_end_is_kept_and_a_new_run_begins_anew),
        cmocka_unit_test(test_who_listens_hears_of_every_event_once_it_is_taken_in),
        cmocka_unit_test(test_hosts_that_are_none_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
