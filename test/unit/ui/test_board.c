/*
 * test_board.c - where hosts stand, by what events say, in any order and with hostile numbers.
 */
#include "unit/ui/stage.h"

#include "ui/board.h"

static void
assert_fold(const struct board *b, enum outcome outcome, const char *expected)
{
    struct buf names;

    buf_init(&names, 1 << 20);
    board_fold(b, outcome, &names);
    assert_string_equal(names.data, expected);
    buf_release(&names);
}

static void
tell(struct board *b, struct event e)
{
    board_event(b, &e);
}

static void
test_a_host_moves_from_untouched_to_its_outcome(void **state)
{
    struct board b = {0};

    (void)state;
    tell(&b, stage_run(stage_hosts, 3));
    assert_int_equal(b.count[OUTCOME_UNTOUCHED], 3);
    tell(&b, stage_host(EVENT_HOST_STARTED, 1));
    tell(&b, stage_step(EVENT_STEP_STARTED, 1, NULL, -1));
    assert_int_equal(b.count[OUTCOME_RUNNING], 1);
    assert_string_equal(b.hosts[1].step_name, "Switch");
    assert_int_equal(b.hosts[1].step, 2);
    tell(&b, stage_end(1, "failed", 3, NULL));
    assert_null(b.hosts[1].step_name);
    assert_int_equal(b.count[OUTCOME_RUNNING], 0);
    assert_int_equal(b.count[OUTCOME_FAILED], 1);
    assert_int_equal(b.count[OUTCOME_UNTOUCHED], 2);
    assert_fold(&b, OUTCOME_UNTOUCHED, "web-[01,03]");
    assert_fold(&b, OUTCOME_FAILED, "web-02");
    assert_fold(&b, OUTCOME_OK, "");
    board_release(&b);
}

static void
test_every_outcome_is_known_by_its_name_and_others_are_unknown(void **state)
{
    struct board b = {0};

    (void)state;
    for (int i = 0; i < OUTCOMES; i++) {
        tell(&b, stage_run(stage_hosts, 1));
        tell(&b, stage_end(0, outcome_name((enum outcome)i), -1, NULL));
        assert_int_equal(b.count[i], 1);
        assert_int_equal(b.hosts[0].outcome, i);
    }
    tell(&b, stage_end(0, "no such outcome", -1, NULL));
    assert_int_equal(b.count[OUTCOME_UNKNOWN], 1);
    tell(&b, stage_end(0, NULL, -1, NULL));
    assert_int_equal(b.count[OUTCOME_UNKNOWN], 1);
    board_release(&b);
}

static void
test_hosts_that_wait_and_hosts_that_go_back_are_counted_apart(void **state)
{
    struct board b = {0};
    struct event e;
    struct buf names;

    (void)state;
    tell(&b, stage_run(stage_hosts, 3));
    for (int32_t i = 0; i < 2; i++) {
        tell(&b, stage_host(EVENT_HOST_STARTED, i));
        tell(&b, stage_host(EVENT_HOST_PARKED, i));
        tell(&b, stage_host(EVENT_HOST_PARKED, i)); /* once more makes no second one */
    }
    assert_int_equal(b.parked, 2);
    assert_int_equal(board_active(&b), 0);
    assert_false(board_is_active(&b.hosts[0]));
    tell(&b, stage_host(EVENT_HOST_SWITCHING, 0));
    assert_int_equal(board_active(&b), 1);
    assert_true(board_is_active(&b.hosts[0]));
    tell(&b, stage_end(0, "ok", 0, NULL));
    tell(&b, stage_end(1, "cancelled", -1, NULL));
    assert_int_equal(b.parked, 0);
    e = stage_host(EVENT_HOST_LATE, 0);
    e.outcome = "failed";
    tell(&b, e);
    assert_int_equal(b.count[OUTCOME_OK], 0);
    assert_int_equal(b.count[OUTCOME_FAILED], 1);
    tell(&b, stage_host(EVENT_ROLLBACK_STARTED, 0));
    tell(&b, stage_host(EVENT_ROLLBACK_STARTED, 1));
    assert_int_equal(board_active(&b), 2);
    e = stage_host(EVENT_ROLLBACK_FINISHED, 0);
    e.outcome = "ok";
    tell(&b, e);
    assert_int_equal(board_active(&b), 1);
    assert_int_equal(b.count[OUTCOME_FAILED], 1); /* the outcome stays */
    buf_init(&names, 1 << 20);
    assert_int_equal(board_fold_rollbacks(&b, ROLLBACK_DONE, &names), 1);
    assert_string_equal(names.data, "web-01");
    assert_int_equal(board_fold_rollbacks(&b, ROLLBACK_FAILED, &names), 0);
    buf_release(&names);
    board_release(&b);
}

static void
test_events_of_no_host_of_the_run_change_nothing(void **state)
{
    static const int32_t indexes[] = {-1, 3, INT32_MAX, INT32_MIN};
    struct board b = {0};
    struct event e = stage_end(0, "ok", 0, NULL);

    (void)state;
    tell(&b, e); /* before any run */
    assert_null(board_at(&b, &e));
    tell(&b, stage_run(stage_hosts, 3));
    for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
        e.host_index = indexes[i];
        assert_null(board_at(&b, &e));
        tell(&b, e);
    }
    assert_int_equal(b.count[OUTCOME_UNTOUCHED], 3);
    assert_int_equal(b.count[OUTCOME_OK], 0);
    board_release(&b);
    board_release(&b);
}

static void
test_a_new_run_forgets_the_old_one_and_may_have_no_host(void **state)
{
    struct board b = {0};

    (void)state;
    tell(&b, stage_run(stage_hosts, 3));
    tell(&b, stage_step(EVENT_STEP_STARTED, 2, NULL, -1));
    tell(&b, stage_end(2, "ok", 0, NULL));
    tell(&b, stage_run(NULL, 0));
    for (int i = 0; i < OUTCOMES; i++) {
        assert_int_equal(b.count[i], 0);
        assert_fold(&b, (enum outcome)i, "");
    }
    board_release(&b);
}

static void
test_ten_thousand_hosts_fold_into_one_name(void **state)
{
    struct board b = {0};
    char **names = stage_names(10000);
    struct event e = stage_host(EVENT_HOST_FINISHED, 0);

    (void)state;
    tell(&b, stage_run((const char *const *)names, 10000));
    e.outcome = "ok";
    for (e.host_index = 0; e.host_index < 9999; e.host_index++) {
        board_event(&b, &e);
    }
    stage_unname(names, 10000); /* the board has copies */
    assert_fold(&b, OUTCOME_OK, "host-[00000-09998]");
    assert_fold(&b, OUTCOME_UNTOUCHED, "host-09999");
    board_release(&b);
}

static void
test_what_the_run_waits_for_is_said_until_it_goes_on(void **state)
{
    static const struct {
        enum event_type type;
        const char *waits;
    } rows[] = {
        {EVENT_PAUSED, "paused"},
        {EVENT_WORKERS, "paused"},
        {EVENT_CONTINUED, NULL},
        {EVENT_WAVE_BAKING, "baking"},
        {EVENT_PROMOTE_WANTED, "waits for promote"},
        {EVENT_PROMOTED, NULL},
        {EVENT_WAVE_PAUSING, "next wave soon"},
        {EVENT_WAVE_STARTED, NULL},
        {EVENT_PAUSED, "paused"},
        {EVENT_ROLLING_BACK, NULL},
    };
    struct board b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct event e = {.type = rows[i].type, .host_index = -1};
        board_event(&b, &e);
        assert_string_equal(b.waits == NULL ? "" : b.waits,
                            rows[i].waits == NULL ? "" : rows[i].waits);
    }
    board_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_host_moves_from_untouched_to_its_outcome),
        cmocka_unit_test(test_every_outcome_is_known_by_its_name_and_others_are_unknown),
        cmocka_unit_test(test_hosts_that_wait_and_hosts_that_go_back_are_counted_apart),
        cmocka_unit_test(test_events_of_no_host_of_the_run_change_nothing),
        cmocka_unit_test(test_a_new_run_forgets_the_old_one_and_may_have_no_host),
        cmocka_unit_test(test_ten_thousand_hosts_fold_into_one_name),
        cmocka_unit_test(test_what_the_run_waits_for_is_said_until_it_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
