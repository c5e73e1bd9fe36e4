/*
 * test_alongside.c - runs on a loop that is somebody else's: how they begin and end there, and what
 * may be said to them meanwhile.
 */
#include "unit/app/rig.h"

#include "app/alongside.h"
#include "app/preview.h"
#include "store/queue.h"

enum { RUNS = 10, STEPS = 3 };

static const char action_text[] = "name: greet\nsteps:\n  - {name: One, run: 'true'}\n";

/* Somebody with a loop, who begins runs on it. */
struct desk {
    struct rig rig; /* first: look is given it */
    struct event_base *base;
    struct run *run;
    void (*busy)(struct desk *d); /* once, when each host has been told its step */
    int steps;
    int overs; /* times that over was called */
    int exit_code;
    struct err err;
};

static void
on_over(void *arg, int exit_code, const struct err *err)
{
    struct desk *d = arg;

    assert_true((exit_code < 0) == (err != NULL));
    d->overs++;
    d->exit_code = exit_code;
    if (err != NULL) {
        d->err = *err;
    }
    (void)event_base_loopbreak(d->base);
}

static void
on_busy(evutil_socket_t fd, short what, void *arg)
{
    struct desk *d = arg;

    (void)fd;
    (void)what;
    d->busy(d);
}

static void
look(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    struct desk *d = (struct desk *)(uintptr_t)r;
    static const struct timeval now = {0};

    (void)run;
    d->steps += host >= 0 && step != NULL;
    if (d->busy != NULL && host >= 0 && step != NULL && d->steps == STEPS) {
        assert_int_equal(event_base_once(d->base, -1, EV_TIMEOUT, on_busy, d, &now), 0);
    }
}

static void
open_desk(struct desk *d)
{
    *d = (struct desk){.exit_code = -2};
    rig_open(&d->rig, NULL, "greet", action_text);
    d->rig.look = look;
    d->base = app_loop_new();
}

static void
close_desk(struct desk *d)
{
    assert_int_equal(event_base_get_num_events(d->base, EVENT_BASE_COUNT_ADDED), 0);
    event_base_free(d->base);
    rig_close(&d->rig);
}

static void
begin(struct desk *d)
{
    d->steps = d->overs = 0;
    d->run = app_begin(&d->rig.request, d->base, on_over, d, &d->rig.err);
    if (d->run == NULL) {
        fail_msg("%s", d->rig.err.text);
    }
}

static void
turn_until_over(struct desk *d)
{
    while (d->overs == 0) {
        assert_int_equal(event_base_loop(d->base, EVLOOP_ONCE), 0);
    }
}

static int
run_one(struct desk *d)
{
    begin(d);
    turn_until_over(d);
    app_end(d->run);
    assert_int_equal(d->overs, 1);
    return d->exit_code;
}

static void
has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("«%s» is not in «%s»", part, text);
    }
}

/* ---------------------------------------------------------------- from beginning to end */

static void
test_ten_runs_follow_each_other_on_one_loop(void **state)
{
    char last[RUN_ID_SIZE] = "";
    struct desk d;

    (void)state;
    open_desk(&d);
    for (int i = 0; i < RUNS; i++) {
        begin(&d);
        assert_string_not_equal(app_run_id(d.run), last);
        (void)snprintf(last, sizeof(last), "%s", app_run_id(d.run));
        turn_until_over(&d);
        app_end(d.run);
        assert_int_equal(d.exit_code, 0);
        assert_int_equal(event_base_get_num_events(d.base, EVENT_BASE_COUNT_ADDED), 0);
    }
    close_desk(&d);
}

/* What is written is that of app_run, to the letter. */
static void
test_a_run_alongside_is_told_as_any_other(void **state)
{
    struct desk d;
    struct rig r;

    (void)state;
    open_desk(&d);
    d.rig.steps[1] = "x";
    const int code = run_one(&d);
    rig_open(&r, NULL, "greet", action_text);
    r.steps[1] = "x";
    assert_int_equal(rig_run(&r), code);
    assert_int_equal(code, 2);
    char *mine = rig_log(&d.rig);
    char *other = rig_log(&r);
    assert_string_equal(mine, other);
    assert_string_equal(d.rig.events.data, r.events.data);
    free(mine);
    free(other);
    rig_close(&r);
    close_desk(&d);
}

static void
test_a_mistake_leaves_the_loop_as_it_was(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d);
    d.rig.request.release = "other"; /* nothing here makes it */
    d.rig.settings.policy.on_failure = ON_FAILURE_ROLLBACK;
    assert_null(app_begin(&d.rig.request, d.base, on_over, &d, &d.rig.err));
    assert_true(d.rig.err.text[0] != '\0');
    assert_int_equal(event_base_get_num_events(d.base, EVENT_BASE_COUNT_ADDED), 0);
    d.rig.request.release = NULL;
    d.rig.settings.policy.on_failure = ON_FAILURE_STOP;
    assert_int_equal(run_one(&d), 0);
    close_desk(&d);
}

static void
lose_store(struct desk *d)
{
    (void)err_set(&d->run->err, ERR_STORE, "disk full");
    run_stop(d->run);
}

static void
test_a_store_that_fails_ends_the_run_with_its_error(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d);
    d.rig.steps[0] = d.rig.steps[1] = d.rig.steps[2] = "w";
    d.busy = lose_store;
    assert_int_equal(run_one(&d), -1);
    assert_string_equal(d.err.text, "disk full");
    assert_null(strstr(d.rig.events.data, "run_finished"));
    close_desk(&d);
}

static void
look_beside(struct desk *d)
{
    struct preview *p = preview_new(&d->rig.request, &d->rig.err);

    assert_non_null(p);
    preview_free(p);
    assert_int_equal(rig_detached, 0); /* the look-ups of the run */
}

static void
test_a_preview_beside_a_run_does_it_no_harm(void **state)
{
    struct desk d;

    (void)state;
    rig_detached = 0;
    open_desk(&d);
    d.busy = look_beside;
    assert_int_equal(run_one(&d), 0);
    assert_int_equal(rig_detached, 1);
    close_desk(&d);
}

/* ---------------------------------------------------------------- leaving early */

static void
stop_looking(struct desk *d)
{
    (void)event_base_loopbreak(d->base);
}

static void
test_a_run_that_is_let_go_of_is_left_as_if_by_a_third_interrupt(void **state)
{
    struct host_list hosts;
    struct desk d;

    (void)state;
    open_desk(&d);
    d.rig.steps[0] = d.rig.steps[1] = d.rig.steps[2] = "w";
    d.busy = stop_looking;
    begin(&d);
    assert_int_equal(event_base_dispatch(d.base), 0);
    assert_int_equal(d.overs, 0);
    app_end(d.run);
    assert_int_equal(d.overs, 0);
    has(d.rig.events.data, "run_finished exit=3");
    rig_host(&d.rig, 0, &hosts);
    assert_int_equal(hosts.rows[0].outcome, OUTCOME_UNKNOWN);
    host_list_release(&hosts);
    close_desk(&d);
}

static void
interrupt_thrice(struct desk *d)
{
    app_interrupt(d->run);
    app_interrupt(d->run);
    app_interrupt(d->run);
}

static void
test_the_third_interrupt_leaves(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d);
    d.rig.steps[0] = d.rig.steps[1] = d.rig.steps[2] = "w";
    d.busy = interrupt_thrice;
    assert_int_equal(run_one(&d), 3);
    has(d.rig.events.data, "warning: interrupted: no new host is started; 3 in flight run to their "
                           "end (again: kill them)\n");
    has(d.rig.events.data, "warning: killing: 3 connections are closed (again: leave now)\n");
    has(d.rig.events.data, "run_finished exit=3");
    close_desk(&d);
}

static void
interrupt_twice(struct desk *d)
{
    app_interrupt(d->run);
    app_interrupt(d->run);
}

static void
test_the_second_interrupt_kills_and_sees_the_end(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d);
    d.rig.steps[0] = d.rig.steps[1] = d.rig.steps[2] = "w";
    d.busy = interrupt_twice;
    assert_int_equal(run_one(&d), 2);
    has(d.rig.events.data, "host_finished web-01 unknown");
    close_desk(&d);
}

/* ---------------------------------------------------------------- verbs */

/* What is said, and the answer or refusal it begins with. */
struct word {
    enum verb verb;
    const char *host;
    int32_t number;
    bool yes;
    const char *answer;
};

static void
say(struct desk *d, const struct word *w)
{
    char *answer = NULL;
    struct err err = {0};
    const char *no = app_refuses(d->run, w->verb, w->host);
    const int rc = app_say(d->run, w->verb, w->host, w->number, &answer, &err);
    const char *said = rc == 0 ? answer : err.text;

    if ((rc == 0) != w->yes || strncmp(said, w->answer, strlen(w->answer)) != 0) {
        fail_msg("expected «%s», got «%s»", w->answer, said);
    }
    assert_true((no == NULL) == w->yes);
    free(answer);
}

static void
say_all(struct desk *d)
{
    static const struct word words[] = {
        {VERB_CONTINUE, NULL, 0, false, "the run is not paused"},
        {VERB_SKIP, "web-0", 0, false, "no host 'web-0' in this run; did you mean web-01?"},
        {VERB_SKIP, "web-01", 0, false, "web-01: it has been started"},
        {VERB_PAUSE, NULL, 0, true, "paused: 3 hosts in flight go on"},
        {VERB_PAUSE, NULL, 0, false, "the run is paused already"},
        {VERB_WORKERS, NULL, 2, true, "2 workers from now on"},
        {VERB_CONTINUE, NULL, 0, true, "continued"},
        {VERB_ROLLBACK, NULL, 0, false, "the action has no rollback list"},
        {VERB_ABORT, NULL, 0, true, "aborted: no new host is started; 3 hosts in flight go on"},
        {VERB_KILL, NULL, 0, true, "killed: 3 hosts in flight are cut off"},
        {VERB_KILL, NULL, 0, false, "the run is being killed already"},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        say(d, &words[i]);
    }
}

static bool
note_verb(void *arg, int64_t at_ms, const struct fact *fact, const char *reason,
          const struct order *order)
{
    (void)at_ms;
    (void)order;
    if (fact != NULL && fact->kind == FACT_VERB) {
        (void)buf_addf(arg, "%s %lld: %s\n", verb_name(fact->verb), (long long)fact->value, reason);
    }
    return true;
}

static void
verbs_are(const struct rig *r, const char *const *expected, size_t count)
{
    char *db = xasprintf("%s/var/runs.db", r->root);
    struct store *s = store_open(db, true, NULL);
    struct run_list runs = {0};
    struct buf text, wanted;

    buf_init(&text, RIG_TEXT_MAX);
    buf_init(&wanted, RIG_TEXT_MAX);
    assert_int_equal(history_runs(s, "test", 1, &runs, NULL), 0);
    assert_int_equal(history_replay(s, runs.rows[0].id, note_verb, &text, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        (void)buf_addf(&wanted, "%s: by screen, uid %lu\n", expected[i], (unsigned long)geteuid());
    }
    assert_string_equal(text.data, wanted.data);
    run_list_release(&runs);
    store_close(s);
    buf_release(&text);
    buf_release(&wanted);
    free(db);
}

static void
test_verbs_pass_the_refusals_the_journal_and_the_words_of_ctl(void **state)
{
    static const char *const expected[] = {"pause 0", "workers 2", "continue 0", "abort 0",
                                           "kill 0"};
    struct desk d;

    (void)state;
    open_desk(&d);
    d.rig.steps[0] = d.rig.steps[1] = d.rig.steps[2] = "w";
    d.busy = say_all;
    assert_int_equal(run_one(&d), 2);
    verbs_are(&d.rig, expected, sizeof(expected) / sizeof(expected[0]));
    has(d.rig.events.data, "warning: killed: 3 hosts in flight are cut off (by screen, uid ");
    close_desk(&d);
}

static void
look_on(struct desk *d)
{
    struct snapshot s;

    app_look(d->run, &s);
    assert_string_equal(s.run, app_run_id(d->run));
    assert_int_equal(s.active, 3);
    snapshot_release(&s);
    say(d, &(struct word){VERB_KILL, NULL, 0, true, "killed"});
}

static void
test_a_run_can_be_looked_at(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d);
    d.rig.steps[0] = d.rig.steps[1] = d.rig.steps[2] = "w";
    d.busy = look_on;
    assert_int_equal(run_one(&d), 2);
    close_desk(&d);
}

static void
test_a_run_that_is_over_refuses_every_verb(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d);
    begin(&d);
    turn_until_over(&d);
    say(&d, &(struct word){VERB_PAUSE, NULL, 0, false, "the run is over"});
    say(&d, &(struct word){VERB_SKIP, "web-01", 0, false, "the run is over"});
    app_end(d.run);
    close_desk(&d);
}

static void
queue_beside(struct desk *d)
{
    const struct strv none = {0};
    char *db = xasprintf("%s/var/runs.db", d->rig.root);
    char *answer = NULL;
    struct store *s;

    assert_int_equal(app_say(d->run, VERB_WORKERS, NULL, 2, &answer, &d->rig.err), 0);
    free(answer);
    assert_true(store_dirty(d->run->store)); /* it waits for the rest of its turn */
    app_settle(d->run);
    s = store_open(db, false, &d->rig.err);
    assert_non_null(s);
    assert_int_equal(queued_add(s, "test", "greet", &none, 1, &d->rig.err), 0);
    store_close(s);
    free(db);
    say(d, &(struct word){VERB_KILL, NULL, 0, true, "killed"});
}

/* One thread can not wait for itself. */
static void
test_somebody_else_in_the_process_can_write_to_the_store(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d);
    d.rig.steps[0] = d.rig.steps[1] = d.rig.steps[2] = "w";
    d.busy = queue_beside;
    assert_int_equal(run_one(&d), 2);
    close_desk(&d);
}

static void
take_times(struct desk *d)
{
    int64_t connect_us, trip_us;

    assert_false(app_times(d->run, 3, &connect_us, &trip_us));
    assert_true(app_times(d->run, 0, &connect_us, &trip_us));
    assert_in_range(connect_us, 0, 60 * 1000 * 1000);
    assert_true(trip_us >= -1 && trip_us < 60 * 1000 * 1000);
}

static void
test_a_run_that_is_not_kept_leaves_nothing(void **state)
{
    struct desk d;
    char *path;

    (void)state;
    open_desk(&d);
    d.rig.request.unkept = true;
    d.rig.steps[1] = "x";
    d.busy = take_times;
    assert_int_equal(run_one(&d), 2);
    has(d.rig.events.data, "host_finished web-02 failed");
    for (size_t i = 0; i < 3; i++) {
        static const char *const names[] = {"debug.log", "var/runs.db", "var/log"};
        path = xasprintf("%s/%s", d.rig.root, names[i]);
        if (access(path, F_OK) == 0) {
            fail_msg("%s is there", names[i]);
        }
        free(path);
    }
    close_desk(&d);
}

/* ---------------------------------------------------------------- debug.log */

static void
rename_log(struct desk *d)
{
    char *from = xasprintf("%s/debug.log", d->rig.root);
    char *to = xasprintf("%s/debug.log.1", d->rig.root);

    assert_int_equal(rename(from, to), 0);
    app_hangup(d->run);
    assert_int_equal(access(from, F_OK), 0);
    free(from);
    free(to);
}

static void
test_debug_log_is_reopened_at_a_hangup(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d);
    d.busy = rename_log;
    assert_int_equal(run_one(&d), 0);
    close_desk(&d);
}

static void
test_the_mode_is_told_as_a_run_would(void **state)
{
    static const struct {
        int32_t workers;
        bool given;
        enum strategy strategy;
        const char *text;
    } rows[] = {
        {3, true, STRATEGY_ROLLING,
         "Max workers set to 3 (0=sequential, >0=parallel)\n"
         "Running in PARALLEL mode with 3 workers\n"},
        {3, true, STRATEGY_SEQUENTIAL,
         "Max workers set to 3 (0=sequential, >0=parallel)\n"
         "Running in SEQUENTIAL mode (strategy is sequential)\n"},
        {0, true, STRATEGY_PARALLEL,
         "Max workers set to 0 (0=sequential, >0=parallel)\n"
         "Running in SEQUENTIAL mode (max_parallel_workers is 0)\n"},
        {0, false, STRATEGY_PARALLEL,
         "Max workers set to 0 (0=sequential, >0=parallel)\n"
         "Running in SEQUENTIAL mode (max_parallel_workers is absent)\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        rig_open(&r, NULL, "greet", action_text);
        r.settings.policy.workers = rows[i].workers;
        r.settings.workers_given = rows[i].given;
        r.settings.deployment_strategy = rows[i].strategy;
        assert_int_equal(app_tell_mode(r.root, NULL, &r.settings, &r.err), 0);
        char *log = rig_log(&r);
        assert_string_equal(log, rows[i].text);
        free(log);
        assert_int_equal(app_tell_mode(r.root, r.root, &r.settings, &r.err), -1);
        rig_close(&r);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ten_runs_follow_each_other_on_one_loop),
        cmocka_unit_test(test_a_run_alongside_is_told_as_any_other),
        cmocka_unit_test(test_a_mistake_leaves_the_loop_as_it_was),
        cmocka_unit_test(test_a_store_that_fails_ends_the_run_with_its_error),
        cmocka_unit_test(test_a_preview_beside_a_run_does_it_no_harm),
        cmocka_unit_test(test_a_run_that_is_let_go_of_is_left_as_if_by_a_third_interrupt),
        cmocka_unit_test(test_the_third_interrupt_leaves),
        cmocka_unit_test(test_the_second_interrupt_kills_and_sees_the_end),
        cmocka_unit_test(test_verbs_pass_the_refusals_the_journal_and_the_words_of_ctl),
        cmocka_unit_test(test_a_run_can_be_looked_at),
        cmocka_unit_test(test_a_run_that_is_over_refuses_every_verb),
        cmocka_unit_test(test_somebody_else_in_the_process_can_write_to_the_store),
        cmocka_unit_test(test_a_run_that_is_not_kept_leaves_nothing),
        cmocka_unit_test(test_debug_log_is_reopened_at_a_hangup),
        cmocka_unit_test(test_the_mode_is_told_as_a_run_would),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
