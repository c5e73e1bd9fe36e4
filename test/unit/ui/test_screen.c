/*
 * test_screen.c - a screen on a terminal of its own: frames and keys, the terminal as it was found
 * however it ends, and a terminal that nobody reads.
 */
#include "screen_session.h"

#include <locale.h>

/* ---------------------------------------------------------------- frames and keys */

static void
test_shows_frames_and_answers_keys(void **state)
{
    struct session s;

    (void)state;
    session_open(&s, 24, 80, true, job_main);
    session_see(&s, "size 24 80, typed:");
    assert_true(s.term.alternate && s.term.mouse && s.term.sgr_mouse && s.term.paste);
    assert_true(s.term.cursor_hidden);
    assert_true(session_is_raw(&s));
    session_type(&s, "x");
    session_see(&s, "typed: x");
    session_type(&s, "\033[A\033OB\003");
    session_see(&s, "typed: x Up Down Ctrl-C");
    session_type(&s, "\033"); /* alone: a key, but only when nothing follows */
    session_see(&s, "Ctrl-C Esc");
    session_type(&s, "\033[<0;5;6M\033[200~y\033[201~");
    session_see(&s, "Esc Click y");
    session_type(&s, "q");
    session_exits(&s, 0);
    session_assert_found(&s, &s.shared->ended_with);
    session_end(&s);
}

static void
test_draws_ten_frames_a_second_at_most(void **state)
{
    struct session s;

    (void)state;
    session_open(&s, 10, 40, true, job_main);
    session_see(&s, "size 10 40");
    session_type(&s, "T");
    session_count(&s, &s.shared->frames, 6, true);
    session_type(&s, "Sq");
    session_exits(&s, 0);
    assert_in_range(s.shared->pace_us, 99000, 10000000);
    assert_true(s.shared->changes > 2 * s.shared->frames); /* it was asked for as many */
    session_end(&s);
}

static void
test_takes_any_size_of_the_window(void **state)
{
    static const int sizes[][2] = {{1, 1}, {50, 132}, {1, 300}, {200, 2}, {24, 80}};
    struct session s;

    (void)state;
    session_open(&s, 24, 80, true, job_main);
    session_see(&s, "size 24 80");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const int rows = sizes[i][0], cols = sizes[i][1];
        char want[40];
        terminal_release(&s.term);
        terminal_init(&s.term, rows, cols, true);
        session_size(&s, rows, cols);
        (void)snprintf(want, sizeof(want), "size %d %d", rows, cols);
        session_see(&s, cols > 20 && rows > 1 ? want : cols > 20 ? "change 0." : "…");
    }
    session_type(&s, "q");
    session_exits(&s, 0);
    session_end(&s);
}

static void
test_draws_all_of_it_when_it_is_asked_to(void **state)
{
    struct session s;

    (void)state;
    session_open(&s, 10, 60, true, job_main);
    session_see(&s, "change 0.");
    terminal_release(&s.term);
    terminal_init(&s.term, 10, 60, true);
    session_type(&s, "R");
    session_see(&s, "typed: R");
    session_see(&s, "change 0.");
    session_type(&s, "q");
    session_exits(&s, 0);
    session_end(&s);
}

/* ---------------------------------------------------------------- away and back */

static void
test_gives_the_terminal_back_for_a_while(void **state)
{
    struct session s;
    struct termios now;

    (void)state;
    session_open(&s, 24, 80, true, job_main);
    session_see(&s, "typed:");
    session_type(&s, "L");
    session_count(&s, &s.shared->other, 1, true);
    assert_int_equal(tcgetattr(s.master, &now), 0);
    session_assert_found(&s, &now);
    assert_int_equal(kill(s.shared->job, SIGUSR1), 0);
    session_type(&s, "x");
    session_see(&s, "typed: L x");
    assert_true(s.term.alternate && s.term.mouse && s.term.paste && s.term.cursor_hidden);
    assert_true(session_is_raw(&s));
    session_type(&s, "Lq"); /* behind L, what is typed is for who comes next */
    session_count(&s, &s.shared->other, 2, true);
    assert_int_equal(kill(s.shared->job, SIGTERM), 0);
    session_count(&s, &s.shared->status, 0, true);
    session_assert_found(&s, &s.shared->ended_with);
    session_end(&s);
}

static void
test_ctrl_z_stops_it_and_fg_brings_it_back(void **state)
{
    struct session s;

    (void)state;
    session_open(&s, 24, 80, true, job_main);
    session_see(&s, "typed:");
    for (int round = 1; round <= 3; round++) {
        session_type(&s, "\032");
        session_count(&s, &s.shared->stops, round, true);
        session_assert_found(&s, &s.shared->stopped_with);
        terminal_release(&s.term);
        terminal_init(&s.term, 30, 90, true);
        session_size(&s, 30, 90); /* while it does not look */
        session_order(&s, 'f');
        session_see(&s, "size 30 90, typed: Ctrl-Z");
        assert_true(s.term.alternate && s.term.mouse && s.term.paste && s.term.cursor_hidden);
        assert_int_equal(s.term.entered, 1); /* once, not twice, a time */
        assert_true(session_is_raw(&s));
    }
    session_type(&s, "q");
    session_exits(&s, 0);
    session_assert_found(&s, &s.shared->ended_with);
    session_end(&s);
}

static void
test_touches_nothing_in_the_background(void **state)
{
    struct session s;
    struct termios now;

    (void)state;
    session_open(&s, 24, 80, true, job_main);
    session_see(&s, "typed:");
    session_type(&s, "\032");
    session_count(&s, &s.shared->stops, 1, true);
    session_assert_found(&s, &s.shared->stopped_with);
    session_order(&s, 'b');
    assert_int_equal(kill(s.shared->job, SIGUSR1), 0); /* it runs, and may want what it likes */
    assert_int_equal(kill(s.shared->job, SIGWINCH), 0);
    session_type(&s, "ls\n"); /* to the shell */
    assert_int_equal(tcgetattr(s.master, &now), 0);
    assert_true(session_same_modes(&now, &s.before));
    assert_false(s.term.alternate);
    session_order(&s, 'f');
    session_see(&s, "size 24 80, typed: Ctrl-Z");
    assert_true(s.term.alternate && session_is_raw(&s));
    session_type(&s, "q");
    session_exits(&s, 0);
    session_assert_found(&s, &s.shared->ended_with);
    session_end(&s);
}

static void
test_ends_in_the_background_without_touching_the_terminal(void **state)
{
    struct session s;

    (void)state;
    session_open(&s, 24, 80, true, job_main);
    session_see(&s, "typed:");
    session_type(&s, "\032");
    session_count(&s, &s.shared->stops, 1, true);
    session_order(&s, 'b');
    assert_int_equal(kill(s.shared->job, SIGTERM), 0);
    session_order(&s, '-');
    session_count(&s, &s.shared->status, 0, true);
    session_assert_found(&s, &s.shared->ended_with);
    session_end(&s);
}

static void
test_is_drawn_anew_after_a_stop_it_did_not_see_coming(void **state)
{
    struct session s;

    (void)state;
    session_open(&s, 24, 80, true, job_main);
    session_see(&s, "typed:");
    assert_int_equal(kill(s.shared->job, SIGSTOP), 0);
    session_count(&s, &s.shared->stops, 1, true);
    terminal_release(&s.term);
    terminal_init(&s.term, 24, 80, true);
    session_order(&s, 'f');
    session_see(&s, "size 24 80, typed:");
    assert_true(s.term.alternate && s.term.mouse && s.term.paste && s.term.cursor_hidden);
    session_type(&s, "q");
    session_exits(&s, 0);
    session_assert_found(&s, &s.shared->ended_with);
    session_end(&s);
}

/* ---------------------------------------------------------------- ends */

static const struct {
    const char *key;
    int signal;
} crashes[] = {{"A", SIGABRT}, {"B", SIGBUS}, {"F", SIGFPE}, {"O", SIGSEGV}};

static void
test_a_crash_leaves_the_terminal_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        struct session s;
#if defined(__SANITIZE_ADDRESS__)
        if (crashes[i].signal != SIGABRT) {
            continue; /* the sanitizer ends it in its own way */
        }
#endif
        session_open(&s, 24, 80, false, job_main);
        session_see(&s, "typed:");
        session_type(&s, crashes[i].key);
        session_count(&s, &s.shared->status, 0, true);
        assert_true(WIFSIGNALED(s.shared->status));
        assert_int_equal(WTERMSIG(s.shared->status), crashes[i].signal);
        session_assert_found(&s, &s.shared->ended_with);
        if (crashes[i].signal == SIGABRT) { /* what it said is seen, and is text only */
            session_see(&s, "why it died?[2J");
        }
        session_end(&s);
    }
}

static int
job_asserts(struct shared *shared, int news)
{
    (void)news;
    shared->other = 1;
    struct err err = {0};
    struct event_base *base = event_base_new();
    const struct screen_config config = {base, true, job_draw, job_key, NULL, NULL};
    (void)setenv("TERM", "dumb", 1);
    if (screen_open(&config, &err) != NULL || err.kind != ERR_USAGE) {
        return 5;
    }
    event_base_free(base);
    return 0;
}

static void
test_refuses_a_terminal_of_no_use_and_leaves_it(void **state)
{
    struct session s;

    (void)state;
    session_open(&s, 24, 80, true, job_asserts);
    session_exits(&s, 0);
    session_assert_found(&s, &s.shared->ended_with);
    session_end(&s);
}

static void
test_refuses_to_be_without_a_terminal(void **state)
{
    int status = 0;
    const pid_t child = fork();

    (void)state;
    if (child == 0) {
        struct err err = {0};
        struct event_base *base = event_base_new();
        const struct screen_config config = {base, true, job_draw, job_key, NULL, NULL};
        (void)setsid();
        const bool refused = screen_open(&config, &err) == NULL && err.kind == ERR_USAGE &&
                             strstr(err.text, "needs a terminal: /dev/tty: ") != NULL;
        event_base_free(base);
        screen_close(NULL);
        _exit(refused ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
test_says_when_the_terminal_has_hung_up(void **state)
{
    struct session s;

    (void)state;
    session_open(&s, 24, 80, true, job_main);
    session_see(&s, "typed:");
    (void)close(s.master);
    s.master = open("/dev/null", O_RDWR | O_CLOEXEC);
    session_count(&s, &s.shared->status, 0, false);
    assert_int_equal(s.shared->gone, 1);
    assert_true(WIFEXITED(s.shared->status) && WEXITSTATUS(s.shared->status) == 0);
    session_end(&s);
}

/* ---------------------------------------------------------------- a terminal that is not read */

static void
test_a_terminal_that_is_not_read_keeps_nobody(void **state)
{
    const char *asked = getenv("SCREEN_STALL_MS"); /* 20000 for the campaign */
    const int changes = asked == NULL ? 200 : (int)strtol(asked, NULL, 10);
    struct session s;

    (void)state;
    session_open(&s, 100, 300, true, job_main);
    session_see(&s, "size 100 300");
    session_type(&s, "T");
    session_count(&s, &s.shared->changes, 50, false);
    const int frames = s.shared->frames;
    session_count(&s, &s.shared->changes, 50 + changes, false);
    const int later = s.shared->frames, gap_us = s.shared->gap_us, now = s.shared->changes;
    assert_in_range(later - frames, 0, 1); /* dropped: one may have been about to be drawn */
    session_type(&s, "x");                 /* keys come, and are waiting to be shown */
    session_type(&s, "S");
    session_see(&s, "typed: T x S");
    session_see(&s, "change ");
    char last[40];
    (void)snprintf(last, sizeof(last), "change %d.", s.shared->changes);
    session_see(&s, last);
    print_message("not read for %d changes: %d frames, longest gap of the loop %d us\n", now - 50,
                  later, gap_us);
    session_type(&s, "q");
    session_exits(&s, 0);
    session_assert_found(&s, &s.shared->ended_with);
    session_end(&s);
}

static void
test_is_left_right_though_it_is_not_read(void **state)
{
    struct session s;

    (void)state;
    session_open(&s, 100, 300, true, job_main);
    session_see(&s, "size 100 300");
    session_type(&s, "T");
    session_count(&s, &s.shared->changes, 200, false);
    session_type(&s, "q");
    session_count(&s, &s.shared->status, 0, false);
    assert_true(WIFEXITED(s.shared->status) && WEXITSTATUS(s.shared->status) == 0);
    print_message("screen_close took %d us\n", s.shared->close_us);
    session_assert_found(&s, &s.shared->ended_with); /* reads now */
    session_end(&s);
}

static void
test_a_crash_puts_right_what_is_not_read(void **state)
{
    struct session s;

    (void)state;
    session_open(&s, 100, 300, false, job_main);
    session_see(&s, "size 100 300");
    session_type(&s, "T");
    session_count(&s, &s.shared->changes, 200, false);
    session_type(&s, "A");
    session_count(&s, &s.shared->status, 0, false);
    assert_true(WIFSIGNALED(s.shared->status));
    session_assert_found(&s, &s.shared->ended_with);
    session_see(&s, "why it died");
    session_end(&s);
}

int
main(void)
{
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL || setenv("TERM", "xterm-256color", 1) != 0) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shows_frames_and_answers_keys),
        cmocka_unit_test(test_draws_ten_frames_a_second_at_most),
        cmocka_unit_test(test_takes_any_size_of_the_window),
        cmocka_unit_test(test_draws_all_of_it_when_it_is_asked_to),
        cmocka_unit_test(test_gives_the_terminal_back_for_a_while),
        cmocka_unit_test(test_ctrl_z_stops_it_and_fg_brings_it_back),
        cmocka_unit_test(test_touches_nothing_in_the_background),
        cmocka_unit_test(test_ends_in_the_background_without_touching_the_terminal),
        cmocka_unit_test(test_is_drawn_anew_after_a_stop_it_did_not_see_coming),
        cmocka_unit_test(test_a_crash_leaves_the_terminal_as_it_was),
        cmocka_unit_test(test_refuses_a_terminal_of_no_use_and_leaves_it),
        cmocka_unit_test(test_refuses_to_be_without_a_terminal),
        cmocka_unit_test(test_says_when_the_terminal_has_hung_up),
        cmocka_unit_test(test_a_terminal_that_is_not_read_keeps_nobody),
        cmocka_unit_test(test_is_left_right_though_it_is_not_read),
        cmocka_unit_test(test_a_crash_puts_right_what_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
