/*
 * test_early.c - hosts of the next wave are connected while this one finishes: what is asked of the
 * pool and when, and what is told of it.
 */
#include "unit/app/rig.h"

static const char one_step[] = "name: greet\nsteps:\n  - {name: One, run: 'true'}\n";
/* Long enough for what is ahead to end before its wave begins. */
static const char many_steps[] =
    "name: greet\nsteps:\n  - {name: One, run: 'true'}\n  - {name: Two, run: 'true'}\n"
    "  - {name: Three, run: 'true'}\n  - {name: Four, run: 'true'}\n"
    "  - {name: Five, run: 'true'}\n  - {name: Six, run: 'true'}\n";

/* web-01 and web-02, then web-03. */
static void
open_waves(struct rig *r, const char *action)
{
    rig_open(r, NULL, "greet", action);
    r->request.strategy = STRATEGY_ROLLING;
    r->request.workers = 2;
}

/* The lines of one text that have a word in them. */
static char *
lines_with(char *text, const char *word)
{
    char *rest = NULL;
    struct buf found;

    buf_init(&found, RIG_TEXT_MAX);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strstr(line, word) != NULL) {
            (void)buf_addf(&found, "%s\n", line);
        }
    }
    free(text);
    char *detached = buf_detach(&found);
    buf_release(&found);
    return detached;
}

static void
assert_lines_of_web_03(const struct rig *r, const char *expected)
{
    char *lines = lines_with(rig_log(r), "web-03");

    assert_string_equal(lines, expected);
    free(lines);
}

static void
assert_before(const char *text, const char *first, const char *second)
{
    const char *a = strstr(text, first);
    const char *b = strstr(text, second);

    if (a == NULL || b == NULL || a >= b) {
        fail_msg("«%s» does not come before «%s» in:\n%s", first, second, text);
    }
}

static void
test_the_next_wave_is_connected_before_this_one_ends_and_nothing_else_changes(void **state)
{
    char *logs[2];

    (void)state;
    for (int ahead = 0; ahead < 2; ahead++) {
        struct rig r;
        open_waves(&r, many_steps);
        r.settings.connect_ahead = ahead != 0;
        assert_int_equal(rig_run(&r), 0);
        if (ahead) {
            assert_before(r.calls.data, "run web-01", "connect web-03");
            assert_before(r.calls.data, "run web-02", "connect web-03");
            assert_before(r.calls.data, "connect web-03", "disconnect web-01");
        } else {
            assert_before(r.calls.data, "disconnect web-01", "connect web-03");
        }
        assert_before(r.calls.data, "disconnect web-02", "run web-03");
        logs[ahead] = lines_with(rig_log(&r), "web-03");
        rig_close(&r);
    }
    assert_string_equal(logs[0], logs[1]);
    assert_string_equal(logs[1], "Queueing action for workers: greet for server web-03\n"
                                 "Wave 2/2 started: web-03\n"
                                 "Worker 0 processing: greet for server web-03 (active: 1/2)\n"
                                 "Worker 0 completed: greet for web-03 in T ok\n");
    free(logs[0]);
    free(logs[1]);
}

/* With one step the failure comes in the turn in which its host starts, with six long before. */
static void
test_a_denial_ahead_is_told_once_when_its_host_starts(void **state)
{
    static const char *const actions[] = {one_step, many_steps};

    (void)state;
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        struct host_list hosts;
        struct rig r;
        open_waves(&r, actions[i]);
        r.connects[2] = "a";
        assert_int_equal(rig_run(&r), 4);
        char *why = xasprintf("auth: key not accepted%s", i == 0 ? "" : " (ahead of its start)");
        char *expected = xasprintf("Queueing action for workers: greet for server web-03\n"
                                   "Wave 2/2 started: web-03\n"
                                   "Worker 0 processing: greet for server web-03 (active: 1/2)\n"
                                   "Worker 0 completed: greet for web-03 in T unreachable: %s\n",
                                   why);
        assert_lines_of_web_03(&r, expected);
        free(expected);
        expected = xasprintf("host_started web-03\nhost_finished web-03 unreachable: %s\n", why);
        char *events = lines_with(xstrdup(r.events.data), "web-03");
        assert_string_equal(events, expected);
        free(events);
        free(expected);
        rig_host(&r, 2, &hosts);
        assert_string_equal(hosts.rows[2].reason, why);
        free(why);
        host_list_release(&hosts);
        rig_close(&r);
    }
}

static void
test_what_is_made_again_has_a_line_of_the_log_alone(void **state)
{
    static const struct {
        const char *letters;
        const char *why;
    } rows[] = {
        {"c", "connect: 127.0.0.1 port 1: Connection refused"},
        {"t", "connect: 127.0.0.1 port 1: Connection refused"},
        {"L", "connection lost: closed by the server"},
    };
    char expected[512];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        open_waves(&r, many_steps);
        r.connects[2] = rows[i].letters;
        assert_int_equal(rig_run(&r), 0);
        (void)snprintf(expected, sizeof(expected),
                       "Queueing action for workers: greet for server web-03\n"
                       "Wave 2/2 started: web-03\n"
                       "Worker 0 processing: greet for server web-03 (active: 1/2)\n"
                       "Connecting again: greet for server web-03 (ahead of its start: %s)\n"
                       "Worker 0 completed: greet for web-03 in T ok\n",
                       rows[i].why);
        assert_lines_of_web_03(&r, expected);
        assert_null(strstr(r.events.data, rows[i].why));
        rig_close(&r);
    }
}

/* That of its own connection, not of the one ahead. */
static void
test_a_host_that_fails_after_all_says_why_it_did(void **state)
{
    struct rig r;

    (void)state;
    open_waves(&r, many_steps);
    r.connects[2] = "La";
    assert_int_equal(rig_run(&r), 4);
    char *log = rig_log(&r);
    assert_non_null(strstr(log, "Connecting again: greet for server web-03"));
    assert_non_null(
        strstr(log, "completed: greet for web-03 in T unreachable: auth: key not accepted\n"));
    free(log);
    rig_close(&r);
}

static void
test_a_halt_closes_what_is_ahead_and_leaves_its_hosts_untouched(void **state)
{
    static const char *const ends[] = {"C", "a", "c", "L"};

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct host_list hosts;
        struct rig r;
        open_waves(&r, many_steps);
        r.connects[2] = ends[i];
        r.steps[0] = ".....x";
        assert_int_equal(rig_run(&r), 3);
        assert_lines_of_web_03(&r, "Queueing action for workers: greet for server web-03\n"
                                   "Skipped: greet for web-03 (failure budget spent)\n");
        assert_true((strstr(r.calls.data, "disconnect web-03") != NULL) == (*ends[i] == 'C'));
        rig_host(&r, 2, &hosts);
        assert_int_equal(hosts.rows[2].outcome, OUTCOME_UNTOUCHED);
        host_list_release(&hosts);
        rig_close(&r);
    }
}

/* web-01 does not answer before web-03 is connected ahead. */
static void
answer_late(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    if (host == 2 && step == NULL && r->number == 0) {
        r->number = 1;
        listen_pool.connect_failed(run, 0, CAUSE_CONNECT, false, "connect: no answer in time");
    }
}

static void
test_a_host_that_does_not_answer_holds_nobody_up(void **state)
{
    struct rig r;

    (void)state;
    open_waves(&r, one_step);
    r.settings.policy.max_fail.value = 3;
    r.connects[0] = "-";
    r.look = answer_late;
    assert_int_equal(rig_run(&r), 4);
    assert_int_equal(r.number, 1);
    rig_close(&r);
}

/* web-01 does not answer, so web-03 stands in line to be connected ahead when this is said. */
static void
say_while_it_waits(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    if (host == 1 && step == NULL) {
        const bool skips = r->number == VERB_SKIP;
        const struct fact f = {
            .kind = FACT_VERB, .host = skips ? 2 : -1, .step = -1, .verb = (enum verb)r->number};
        listen_post(run, &f, "by ctl");
    } else if (host == 1) {
        listen_pool.connect_failed(run, 0, CAUSE_CONNECT, false, "connect: no answer in time");
    }
}

static void
test_who_still_waits_is_never_connected_after_a_skip_or_an_abort(void **state)
{
    static const enum verb verbs[] = {VERB_SKIP, VERB_ABORT, VERB_KILL};

    (void)state;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        struct host_list hosts;
        struct rig r;
        open_waves(&r, one_step);
        r.settings.policy.max_fail.value = 3;
        r.connects[0] = "-";
        r.number = verbs[i];
        r.look = say_while_it_waits;
        assert_int_not_equal(rig_run(&r), 0);
        assert_non_null(strstr(r.calls.data, "disconnect web-03"));
        assert_null(strstr(r.calls.data, "\nconnect web-03"));
        rig_host(&r, 2, &hosts);
        assert_int_equal(hosts.rows[2].outcome,
                         verbs[i] == VERB_SKIP ? OUTCOME_SKIPPED : OUTCOME_UNTOUCHED);
        host_list_release(&hosts);
        rig_close(&r);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_the_next_wave_is_connected_before_this_one_ends_and_nothing_else_changes),
        cmocka_unit_test(test_a_denial_ahead_is_told_once_when_its_host_starts),
        cmocka_unit_test(test_what_is_made_again_has_a_line_of_the_log_alone),
        cmocka_unit_test(test_a_host_that_fails_after_all_says_why_it_did),
        cmocka_unit_test(test_a_halt_closes_what_is_ahead_and_leaves_its_hosts_untouched),
        cmocka_unit_test(test_a_host_that_does_not_answer_holds_nobody_up),
        cmocka_unit_test(test_who_still_waits_is_never_connected_after_a_skip_or_an_abort),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
