/*
 * test_work.c - actions asked for on the screen: shown, started, spoken to, queued, tested, left.
 */
#include "unit/front/desk.h"

#include <sys/mman.h>

/* ---------------------------------------------------------------- shown, started, over */

static void
test_an_action_is_shown_started_and_told_when_it_is_over(void **state)
{
    struct front *f = desk_open();

    (void)state;
    desk_action(f, "hello", "echo hello");
    desk_propose(f, "hello");
    assert_int_equal(f->page->ops->where, AT_CONFIRM);
    desk_sees(f, "hello on 1 host of test?");
    desk_sees(f, "It is a test.");
    desk_sees(f, "rolling, 3 workers, order inventory");
    desk_sees(f, "1, all there are");
    desk_sees(f, "no earlier run of these steps went well here");
    assert_null(work_run(f->work));
    desk_act(f, ACT_ENTER);
    assert_non_null(work_run(f->work));
    assert_int_equal(f->at, AT_RUN);
    assert_string_equal(work_env(f->work), "test");
    assert_string_equal(work_action(f->work), "hello");
    assert_int_equal(work_predicted_ms(f->work), -1);
    desk_turn_until_over(f);
    assert_int_equal(f->look, LOOK_OK);
    desk_said(f, "hello test: 1 ok");
    struct feed_end end;
    assert_true(feed_end(work_feed(f->work), &end));
    assert_int_equal(end.exit_code, 0);
    size_t len;
    assert_memory_equal(feed_output(work_feed(f->work), 0, &len), "hello\n", 6);
    desk_propose(f, "hello");
    desk_sees(f, "about "); /* it is known now how long it takes */
    desk_close(f);
}

static void
test_what_is_shown_can_be_scrolled(void **state)
{
    struct front *f = desk_open();
    struct canvas *c = canvas_new(8, 80, false);

    (void)state;
    desk_action(f, "hello", "true");
    desk_propose(f, "hello");
    f->page->ops->draw(f->page, c, canvas_box(c));
    char *top = canvas_dump(c);
    static const struct {
        enum act act;
        bool top; /* it is where it began */
    } rows[] = {{ACT_DOWN, false},   {ACT_UP, true},      {ACT_UP, true},    {ACT_PAGE_DOWN, false},
                {ACT_PAGE_UP, true}, {ACT_BOTTOM, false}, {ACT_DOWN, false}, {ACT_TOP, true}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        desk_act(f, rows[i].act);
        canvas_clear(c);
        f->page->ops->draw(f->page, c, canvas_box(c));
        char *now = canvas_dump(c);
        assert_int_equal(strcmp(now, top) == 0, rows[i].top);
        free(now);
    }
    assert_false(f->page->ops->act(f->page, ACT_SORT));
    free(top);
    canvas_free(c);
    desk_close(f);
}

static void
test_what_is_wrong_is_told_and_nothing_starts(void **state)
{
    struct front *f = desk_open();

    (void)state;
    desk_propose(f, "helo");
    desk_said(f, "no action 'helo'");
    assert_null(f->page);
    desk_write(f, "inventory/test/actions/bad.yml", "name: bad\nsteps: 3\n");
    desk_propose(f, "bad");
    assert_non_null(f->mistakes);
    assert_non_null(strstr(f->mistakes, "Mistakes: bad cannot be run"));
    assert_non_null(strstr(f->mistakes, "bad.yml:2:8: "));
    desk_action(f, "odd", "echo {{ nothing_of_the_kind }}");
    desk_do(f, "odd", ACT_ENTER); /* found as it begins */
    assert_null(work_run(f->work));
    assert_null(work_feed(f->work));
    desk_said(f, "nothing_of_the_kind");
    assert_int_equal(f->look, LOOK_BAD);
    struct strv none = {0};
    work_propose(f->work, "odd", &none);
    desk_said(f, "there is no server");
    desk_close(f);
}

static void
test_ten_runs_one_after_the_other(void **state)
{
    struct front *f = desk_open();

    (void)state;
    desk_action(f, "hello", "true");
    for (int i = 0; i < 10; i++) {
        desk_do(f, "hello", ACT_ENTER);
        desk_turn_until_over(f);
        desk_said(f, "hello test: 1 ok");
    }
    desk_close(f);
}

static void
test_a_host_is_followed_for_the_servers_page(void **state)
{
    struct front *f = desk_open();
    char text[80] = "";

    (void)state;
    desk_action(f, "wait", "until test -e go; do sleep 0.01; done");
    assert_false(work_progress(f->work, "test", "here", text, sizeof(text)));
    desk_do(f, "wait", ACT_ENTER);
    while (strcmp(text, "step 1/1 Only") != 0) {
        assert_true(work_progress(f->work, "test", "here", text, sizeof(text)));
        desk_turn(f);
    }
    assert_false(work_progress(f->work, "test", "there", text, sizeof(text)));
    assert_false(work_progress(f->work, "other", "here", text, sizeof(text)));
    desk_write(f, "go", "");
    desk_turn_until_over(f);
    assert_false(work_progress(f->work, "test", "here", text, sizeof(text)));
    assert_false(work_interrupt(f->work));
    desk_close(f);
}

/* ---------------------------------------------------------------- verbs */

static void
until_step(struct front *f)
{
    const struct feed_host *h = NULL;

    while (h == NULL || h->step_count == 0) {
        desk_turn(f);
        h = feed_host(work_feed(f->work), 0);
    }
}

static void
test_verbs_are_answered_and_dangerous_ones_ask(void **state)
{
    struct front *f = desk_open();

    (void)state;
    work_verb(f->work, VERB_PAUSE, NULL, 0);
    desk_said(f, "no run is under way");
    desk_action(f, "wait", "until test -e go; do sleep 0.01; done");
    desk_do(f, "wait", ACT_ENTER);
    until_step(f);
    work_verb(f->work, VERB_PAUSE, NULL, 0);
    desk_said(f, "paused: 1 host in flight goes on");
    work_verb(f->work, VERB_PAUSE, NULL, 0);
    desk_said(f, "the run is paused already");
    work_verb(f->work, VERB_CONTINUE, NULL, 0);
    desk_said(f, "continued");
    work_verb(f->work, VERB_SKIP, NULL, 0);
    desk_said(f, "skip: which host?");
    work_verb(f->work, VERB_SKIP, "here", 0);
    desk_said(f, "here: it has been started");
    work_verb(f->work, VERB_WORKERS, NULL, 5);
    desk_said(f, "5 workers from now on");
    work_verb(f->work, VERB_ROLLBACK, NULL, 0);
    desk_said(f, "the action has no rollback list");
    assert_null(f->question);
    work_verb(f->work, VERB_KILL, NULL, 0);
    assert_non_null(strstr(f->question, "Kill the run?"));
    desk_answer(f, false);
    until_step(f);
    assert_non_null(work_run(f->work));
    work_verb(f->work, VERB_KILL, NULL, 0);
    desk_answer(f, true);
    desk_said(f, "killed: 1 host in flight is cut off");
    desk_close(f);
}

/* The question is answered when the run is over already. */
static void
test_an_answer_that_comes_too_late_does_nothing(void **state)
{
    struct front *f = desk_open();

    (void)state;
    desk_action(f, "hello", "true");
    desk_do(f, "hello", ACT_ENTER);
    work_verb(f->work, VERB_ABORT, NULL, 0);
    desk_turn_until_over(f);
    desk_answer(f, true);
    desk_said(f, "hello test: 1 ok");
    desk_close(f);
}

/* ---------------------------------------------------------------- the queue */

static void
test_queued_actions_survive_and_start_only_when_told(void **state)
{
    struct front *f = desk_open();

    (void)state;
    desk_action(f, "one", "echo one >> order");
    desk_action(f, "two", "echo two >> order");
    desk_do(f, "one", ACT_QUEUE);
    desk_said(f, "one test is queued, 1 in all; s starts the queue");
    desk_do(f, "two", ACT_QUEUE);
    work_free(f->work); /* the program is left, and begun anew */
    f->work = work_new(f);
    assert_int_equal(work_queue(f->work)->count, 2);
    assert_string_equal(work_queue(f->work)->rows[0].action, "one");
    assert_null(work_run(f->work));
    work_start_stop(f->work);
    assert_true(work_queue_runs(f->work));
    assert_string_equal(work_action(f->work), "one");
    assert_int_equal(work_queue(f->work)->count, 1); /* taken before it begins */
    desk_turn_until_over(f);
    assert_string_equal(work_action(f->work), "two");
    assert_false(work_queue_runs(f->work));
    assert_int_equal(work_queue(f->work)->count, 0);
    desk_said(f, "the queue is empty");
    work_start_stop(f->work);
    desk_said(f, "nothing is queued");
    desk_close(f);
}

static void
test_the_queue_stops_where_an_action_does_not_end_well(void **state)
{
    struct front *f = desk_open();

    (void)state;
    desk_action(f, "bad", "exit 3");
    desk_action(f, "two", "true");
    desk_do(f, "bad", ACT_QUEUE);
    desk_do(f, "two", ACT_QUEUE);
    work_start_stop(f->work);
    desk_turn_until_over(f);
    desk_said(f, "bad test did not end well (exit 2): the queue stops, 1 waits");
    assert_false(work_queue_runs(f->work));
    assert_int_equal(work_queue(f->work)->count, 1);
    work_start_stop(f->work);
    desk_turn_until_over(f);
    assert_int_equal(work_queue(f->work)->count, 0);
    desk_close(f);
}

static void
test_what_cannot_be_read_stays_in_the_queue(void **state)
{
    struct front *f = desk_open();

    (void)state;
    desk_action(f, "one", "true");
    desk_do(f, "one", ACT_QUEUE);
    desk_action(f, "two", "true");
    desk_do(f, "two", ACT_QUEUE);
    desk_write(f, "inventory/test/actions/one.yml", "name: one\nsteps: 3\n");
    work_start_stop(f->work);
    assert_null(work_run(f->work));
    assert_false(work_queue_runs(f->work));
    assert_non_null(f->mistakes);
    assert_int_equal(work_queue(f->work)->count, 2);
    desk_action(f, "one", "echo {{ nothing_of_the_kind }}"); /* read well, but it cannot begin */
    work_start_stop(f->work);
    assert_null(work_run(f->work));
    assert_false(work_queue_runs(f->work));
    desk_said(f, "nothing_of_the_kind");
    assert_int_equal(work_queue(f->work)->count, 2);
    assert_string_equal(work_queue(f->work)->rows[0].action, "one"); /* where it was */
    desk_action(f, "one", "true");
    work_start_stop(f->work);
    desk_turn_until_over(f);
    desk_said(f, "the queue is empty");
    desk_close(f);
}

static void
test_beside_a_run_an_action_is_only_queued(void **state)
{
    struct front *f = desk_open();

    (void)state;
    desk_action(f, "wait", "until test -e go; do sleep 0.01; done");
    desk_action(f, "two", "true");
    desk_do(f, "wait", ACT_ENTER);
    until_step(f);
    desk_propose(f, "two");
    desk_sees(f, "wait test is under way: this waits for it, and for `s`");
    desk_sees(f, "worked out when it starts");
    desk_act(f, ACT_ENTER);
    desk_said(f, "two test is queued, 1 in all; s starts the queue");
    assert_null(f->page);
    work_start_stop(f->work);
    desk_said(f, "the queue goes on when this is over: 1 waits");
    work_start_stop(f->work);
    desk_said(f, "the queue stops: 1 waits");
    work_start_stop(f->work);
    assert_true(work_interrupt(f->work)); /* who stops the run means what follows, too */
    desk_said(f, "interrupted: no new host is started; 1 in flight runs to its end");
    assert_false(work_queue_runs(f->work));
    desk_propose(f, "two");
    desk_write(f, "go", "");
    desk_turn_until_over(f);
    assert_int_equal(work_queue(f->work)->count, 1);
    desk_act(f, ACT_ENTER); /* it was seen beside a run, which is over: shown again, whole */
    desk_sees(f, "rolling, 3 workers");
    desk_act(f, ACT_ENTER);
    desk_turn_until_over(f);
    desk_said(f, "two test: 1 ok");
    work_clear(f->work);
    assert_non_null(strstr(f->question, "1 action waits, the first is two test"));
    desk_answer(f, false);
    assert_int_equal(work_queue(f->work)->count, 1);
    work_clear(f->work);
    desk_answer(f, true);
    assert_int_equal(work_queue(f->work)->count, 0);
    work_clear(f->work);
    desk_said(f, "nothing is queued");
    desk_close(f);
}

/* ---------------------------------------------------------------- once more */

static char *
newest_run(const struct front *f, size_t *ret_count)
{
    char *path = xasprintf("%s/var/runs.db", f->root);
    struct store *s = store_open(path, true, NULL);
    struct run_list runs = {0};

    assert_int_equal(history_runs(s, "test", 10, &runs, NULL), 0);
    *ret_count = runs.count;
    char *id = runs.count == 0 ? NULL : xstrdup(runs.rows[0].id);
    run_list_release(&runs);
    store_close(s);
    free(path);
    return id;
}

static void
test_a_run_is_given_again_for_what_it_left(void **state)
{
    struct front *f = desk_open();
    size_t count;

    (void)state;
    desk_action(f, "bad", "exit 3");
    desk_do(f, "bad", ACT_ENTER);
    desk_turn_until_over(f);
    char *id = newest_run(f, &count);
    work_propose_retry(f->work, id);
    desk_sees(f, "its hosts that are not there yet");
    desk_act(f, ACT_QUEUE);
    desk_said(f, "a retry is not queued");
    desk_action(f, "bad", "true");
    front_pop(f);
    desk_bury(f);
    work_propose_retry(f->work, id);
    desk_act(f, ACT_ENTER);
    desk_turn_until_over(f);
    desk_said(f, "bad test: 1 ok");
    free(id);
    id = newest_run(f, &count);
    assert_int_equal(count, 2);
    work_propose_retry(f->work, id);
    desk_said(f, "nothing is left of run");
    work_propose_retry(f->work, "nonsense");
    assert_int_equal(f->look, LOOK_BAD);
    assert_null(f->page);
    free(id);
    desk_close(f);
}

/* ---------------------------------------------------------------- tests */

static void
test_servers(struct front *f)
{
    struct strv hosts = {0};

    strv_add(&hosts, "here");
    work_test(f->work, &hosts);
    strv_clear(&hosts);
}

static void
test_a_test_takes_the_time_and_leaves_nothing(void **state)
{
    struct front *f = desk_open();
    struct work_test t = work_test_of(f->work, "test", "here");
    size_t count;

    (void)state;
    assert_int_equal(t.state, TEST_NONE);
    test_servers(f);
    assert_int_equal(work_test_of(f->work, "test", "here").state, TEST_RUNNING);
    assert_null(work_run(f->work)); /* it is none to be looked at */
    desk_action(f, "hello", "true");
    desk_propose(f, "hello");
    desk_sees(f, "test test is under way");
    front_pop(f);
    test_servers(f);
    desk_said(f, "a test is under way");
    desk_turn_until_over(f);
    desk_said(f, "test: 1 ok");
    t = work_test_of(f->work, "test", "here");
    assert_int_equal(t.state, TEST_OK);
    assert_true(t.connect_us >= 0 && t.trip_us > 0);
    assert_null(work_feed(f->work));
    assert_null(newest_run(f, &count));
    char *log = xasprintf("%s/debug.log", f->root);
    assert_int_equal(access(log, F_OK), -1);
    free(log);
    desk_close(f);
}

static void
test_a_test_that_fails_says_why(void **state)
{
    struct front *f = desk_open();
    struct work_test t;

    (void)state;
    desk_write(f, "inventory/test/hosts.yml",
               "all:\n  hosts:\n    here: {ansible_host: 127.0.0.1, ansible_port: 1, "
               "ansible_password: x}\n");
    test_servers(f);
    desk_turn_until_over(f);
    desk_said(f, "test: 0 ok, 1 not");
    t = work_test_of(f->work, "test", "here");
    assert_int_equal(t.state, TEST_FAILED);
    assert_non_null(strstr(t.reason, "refused"));
    desk_write(f, "inventory/test/hosts.yml", "all: 3\n");
    test_servers(f);
    assert_non_null(strstr(f->mistakes, "hosts.yml:1:"));
    desk_close(f);
}

/* ---------------------------------------------------------------- leaving */

static void
test_the_loop_ends_when_the_run_is_over(void **state)
{
    struct front *f = desk_open();

    (void)state;
    desk_action(f, "bad", "exit 3");
    desk_action(f, "two", "true");
    desk_do(f, "two", ACT_QUEUE);
    desk_do(f, "bad", ACT_ENTER);
    work_start_stop(f->work);
    work_leave_when_over(f->work);
    assert_int_equal(f->exit_code, -1);
    desk_turn_until_over(f);
    assert_int_equal(f->exit_code, 2);
    assert_int_equal(work_queue(f->work)->count, 1); /* nobody would see it */
    desk_close(f);
}

static void
test_without_a_run_the_loop_ends_at_once(void **state)
{
    struct front *f = desk_open();

    (void)state;
    work_hangup(f->work);
    work_tell_plain(f->work);
    work_leave_when_over(f->work);
    assert_int_equal(f->exit_code, 0);
    desk_close(f);
}

static void
test_a_screen_that_goes_leaves_the_run_as_a_third_interrupt_does(void **state)
{
    struct front *f = desk_open();

    (void)state;
    desk_action(f, "wait", "until test -e go; do sleep 0.01; done");
    desk_do(f, "wait", ACT_ENTER);
    until_step(f);
    desk_close(f);
}

static void
test_after_the_screen_the_rest_is_told_in_plain_lines(void **state)
{
    struct front *f = desk_open();
    const int saved = dup(STDERR_FILENO);
    const int fd = memfd_create("stderr", MFD_CLOEXEC);
    char text[4096] = "";

    (void)state;
    desk_action(f, "bad", "echo no >&2; exit 3");
    desk_do(f, "bad", ACT_ENTER);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    work_tell_plain(f->work);
    work_leave_when_over(f->work);
    desk_turn_until_over(f);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
    static const char *const parts[] = {
        "bad test goes on: 0 of 1 hosts are done (run ",
        "\nwave 1/1 here\n",
        "\nhere failed ",
        ": step 1/1 Only: exit 3: no\n",
        "1 failed",
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strstr(text, parts[i]) == NULL) {
            fail_msg("«%s» is not in «%s»", parts[i], text);
        }
    }
    close(fd);
    close(saved);
    desk_close(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_action_is_shown_started_and_told_when_it_is_over),
        cmocka_unit_test(test_what_is_shown_can_be_scrolled),
        cmocka_unit_test(test_what_is_wrong_is_told_and_nothing_starts),
        cmocka_unit_test(test_ten_runs_one_after_the_other),
        cmocka_unit_test(test_a_host_is_followed_for_the_servers_page),
        cmocka_unit_test(test_verbs_are_answered_and_dangerous_ones_ask),
        cmocka_unit_test(test_an_answer_that_comes_too_late_does_nothing),
        cmocka_unit_test(test_queued_actions_survive_and_start_only_when_told),
        cmocka_unit_test(test_the_queue_stops_where_an_action_does_not_end_well),
        cmocka_unit_test(test_what_cannot_be_read_stays_in_the_queue),
        cmocka_unit_test(test_beside_a_run_an_action_is_only_queued),
        cmocka_unit_test(test_a_run_is_given_again_for_what_it_left),
        cmocka_unit_test(test_a_test_takes_the_time_and_leaves_nothing),
        cmocka_unit_test(test_a_test_that_fails_says_why),
        cmocka_unit_test(test_the_loop_ends_when_the_run_is_over),
        cmocka_unit_test(test_without_a_run_the_loop_ends_at_once),
        cmocka_unit_test(test_a_screen_that_goes_leaves_the_run_as_a_third_interrupt_does),
        cmocka_unit_test(test_after_the_screen_the_rest_is_told_in_plain_lines),
    };
    struct err err = {0};

    desk_zygote = zygote_start(&err);
    if (desk_zygote == NULL) {
        return 1;
    }
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    (void)signal(SIGPIPE, SIG_IGN);
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    zygote_free(desk_zygote);
    return rc;
}
