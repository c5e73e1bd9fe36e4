/*
 * test_live.c - the area below the lines: it fits, it goes away as it came, it never waits.
 */
#include "unit/ui/stage.h"

#include "base/escape.h"
#include "ui/live.h"

static void
begin(struct board *b, const char *const *names, int32_t count, int32_t running,
      const char *step_name)
{
    struct event e = stage_run(names, count);

    board_event(b, &e);
    for (int32_t i = 0; i < running; i++) {
        e = stage_host(EVENT_HOST_STARTED, 0);
        e.host_index = i;
        board_event(b, &e);
        e = stage_step(EVENT_STEP_STARTED, 0, NULL, -1);
        e.host_index = i;
        e.step_name = step_name;
        board_event(b, &e);
    }
}

/* Columns of the widest row, as a terminal counts them; no byte of it may move the cursor. */
static int
widest_row(const char *text)
{
    int widest = 0;
    int columns = 0;

    for (size_t len = strlen(text), n; len > 0; text += n, len -= n) {
        unsigned code = 0;
        n = utf8_decode(text, len, &code);
        assert_true(n > 0);
        if (code == '\r') {
            assert_int_equal(text[1], '\n');
            n = 2;
            columns = 0;
            continue;
        }
        assert_true(code >= 0x20 && code != 0x7f);
        columns += code >= 0x1100 ? 2 : 1;
        widest = columns > widest ? columns : widest;
    }
    return widest;
}

static int
count_rows(const char *text)
{
    int rows = 0;

    for (; *text != '\0'; text++) {
        rows += *text == '\n';
    }
    return rows;
}

static void
test_a_frame_fits_every_size_of_terminal(void **state)
{
    static const unsigned short widths[] = {8, 9, 20, 80, 400};
    static const unsigned short heights[] = {4, 5, 13, 14, 24, 1000};
    static const struct sink_options options = {.style = SINK_PLAIN};
    char **names = stage_names(40);

    (void)state;
    for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++) {
        for (size_t h = 0; h < sizeof(heights) / sizeof(heights[0]); h++) {
            struct board b = {0};
            struct live live = {0};
            struct stage s;
            stage_terminal(&s, &options, widths[w], heights[h]);
            begin(&b, (const char *const *)names, 40, 30, "\xe4\xbd\xa0\xe5\xa5\xbd \033[2J\n\xff");
            live_draw(&live, &b, 4000, s.out);
            const char *text = stage_text(&s, 0);
            assert_in_range(widest_row(text), 1, widths[w] - 1);
            assert_in_range(count_rows(text), 2, heights[h] - 1);
            assert_in_range(count_rows(text), 2, LIVE_HOSTS_MAX + 2);
            assert_int_equal(count_rows(text), live.drawn);
            board_release(&b);
            stage_close(&s);
        }
    }
    stage_unname(names, 40);
}

static void
test_a_terminal_too_small_has_no_area(void **state)
{
    static const unsigned short sizes[][2] = {{7, 24}, {80, 3}, {1, 1}};
    static const struct sink_options options = {.style = SINK_PLAIN};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct board b = {0};
        struct live live = {0};
        struct stage s;
        stage_terminal(&s, &options, sizes[i][0], sizes[i][1]);
        begin(&b, stage_hosts, 3, 3, "x");
        live_draw(&live, &b, 4000, s.out);
        assert_false(out_wants(s.out));
        live_erase(&live, s.out);
        assert_false(out_wants(s.out));
        board_release(&b);
        stage_close(&s);
    }
}

static void
test_says_how_far_the_run_is(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN};
    struct board b = {0};
    struct live live = {.fixed_width = 200};
    struct event e;
    struct stage s;

    (void)state;
    stage_terminal(&s, &options, 80, 24);
    live_draw(&live, &b, 4000, s.out); /* no run yet */
    assert_string_equal(stage_text(&s, 0), "");
    begin(&b, stage_hosts, 3, 1, "Switch");
    b.waves = 2;
    b.wave = 1;
    e = stage_host(EVENT_HOST_STARTED, 1);
    board_event(&b, &e);
    e = stage_end(2, "failed", 3, NULL);
    board_event(&b, &e);
    live_draw(&live, &b, 4000, s.out);
    assert_string_equal(stage_text(&s, 0),
                        "deploy test [======>             ] 1/3  failed 1  active 2  wave 1/2  3.0s"
                        "\r\n  web-01  2/5 Switch  3.0s\r\n  web-02  connecting  3.0s\r\n");
    b.waits = "paused";
    live_draw(&live, &b, 3600000, s.out); /* the next frame takes the place of the first */
    const char *next = stage_text(&s, 0);
    assert_int_equal(strncmp(next, "\r\033[3A\033[J", 8), 0);
    assert_non_null(strstr(next, "wave 1/2  paused  "));
    board_release(&b);
    stage_close(&s);
}

static void
test_a_narrower_terminal_is_cleared_of_the_rows_it_wrapped(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN};
    struct winsize size = {.ws_col = 30, .ws_row = 24};
    struct board b = {0};
    struct live live = {0};
    struct stage s;

    (void)state;
    stage_terminal(&s, &options, 80, 24);
    begin(&b, stage_hosts, 3, 1, "Switch");
    live_draw(&live, &b, 4000, s.out);
    assert_int_equal(live.drawn, 2);
    assert_in_range(live.widest, 31, 60); /* each of the two rows may now be two */
    (void)stage_text(&s, 0);
    assert_int_equal(ioctl(s.fds[0], TIOCSWINSZ, &size), 0);
    live_erase(&live, s.out);
    assert_string_equal(stage_text(&s, 0), "\r\033[4A\033[J");
    live_erase(&live, s.out);
    assert_string_equal(stage_text(&s, 0), "");
    board_release(&b);
    stage_close(&s);
}

static void
test_no_frame_is_queued_behind_bytes_that_wait(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN};
    struct board b = {0};
    struct live live = {0};
    struct stage s;

    (void)state;
    stage_terminal(&s, &options, 80, 24);
    begin(&b, stage_hosts, 3, 1, "Switch");
    out_add(s.out, "line\r\n", 6);
    live_draw(&live, &b, 4000, s.out);
    assert_int_equal(out_pending(s.out), 6);
    assert_int_equal(live.drawn, 0);
    board_release(&b);
    stage_close(&s);
}

static void
test_ten_thousand_hosts_are_a_few_rows(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN};
    char **names = stage_names(10000);
    struct board b = {0};
    struct live live = {0};
    struct stage s;

    (void)state;
    stage_terminal(&s, &options, 80, 24);
    begin(&b, (const char *const *)names, 10000, 10000, "Switch");
    live_draw(&live, &b, 4000, s.out);
    const char *text = stage_text(&s, 0);
    assert_int_equal(count_rows(text), LIVE_HOSTS_MAX + 2);
    assert_non_null(strstr(text, "  and 9990 more\r\n"));
    assert_non_null(strstr(text, "] 0/10000"));
    board_release(&b);
    stage_close(&s);
    stage_unname(names, 10000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_frame_fits_every_size_of_terminal),
        cmocka_unit_test(test_a_terminal_too_small_has_no_area),
        cmocka_unit_test(test_says_how_far_the_run_is),
        cmocka_unit_test(test_a_narrower_terminal_is_cleared_of_the_rows_it_wrapped),
        cmocka_unit_test(test_no_frame_is_queued_behind_bytes_that_wait),
        cmocka_unit_test(test_ten_thousand_hosts_are_a_few_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
