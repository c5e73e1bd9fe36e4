/*
 * test_sink.c - what people and programs are shown, and a reader that does not read.
 *
 * Sinks write into pipes; the bytes are read back.
 */
#include "ui/board.h"
#include "ui/live.h"
#include "ui/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 64 * 1024 };

static const char *const names[] = {"web-01", "web-02", "web-03"};

struct rig {
    int out_fds[2], err_fds[2];
    struct out *out, *err;
    struct sink *sink;
    char text[TEXT_MAX], err_text[TEXT_MAX];
};

static void
rig_start(struct rig *r, struct sink_options options)
{
    struct event e = event_make(EVENT_RUN_STARTED, 1000);

    assert_int_equal(pipe2(r->out_fds, O_CLOEXEC), 0);
    assert_int_equal(pipe2(r->err_fds, O_CLOEXEC), 0);
    r->out = out_new(r->out_fds[1], 0);
    r->err = out_new(r->err_fds[1], 0);
    r->sink = sink_new(&options, r->out, r->err);
    e.run = "run-1";
    e.env = "prod";
    e.action = "deploy";
    e.hosts = names;
    e.host_count = 3;
    sink_event(r->sink, &e);
}

static void
slurp(int fd, char *text)
{
    ssize_t n;
    size_t len = 0;

    while ((n = read(fd, text + len, TEXT_MAX - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    close(fd);
}

static void
rig_end(struct rig *r)
{
    sink_close(r->sink);
    assert_true(out_drain(r->out, 0));
    assert_true(out_drain(r->err, 0));
    out_free(r->out);
    out_free(r->err);
    close(r->out_fds[1]);
    close(r->err_fds[1]);
    slurp(r->out_fds[0], r->text);
    slurp(r->err_fds[0], r->err_text);
}

static struct event
host_event(enum event_type type, int32_t host)
{
    struct event e = event_make(type, 2000);

    e.run = "run-1";
    e.host = names[host];
    e.host_index = host;
    e.slot = host;
    e.step = 2;
    e.step_count = 5;
    e.step_name = "Switch";
    return e;
}

static void
tell_output(struct rig *r, int32_t host, enum stream stream, const char *text)
{
    struct event e = host_event(EVENT_OUTPUT, host);

    e.stream = stream;
    e.data = text;
    e.len = strlen(text);
    sink_event(r->sink, &e);
}

static void
tell_end(struct rig *r, enum event_type type, int32_t host, const char *outcome, int32_t exit_code)
{
    struct event e = host_event(type, host);

    e.outcome = outcome;
    e.exit_code = exit_code;
    e.duration_ms = 310;
    sink_event(r->sink, &e);
}

static void
tell_finish(struct rig *r)
{
    struct event e = event_make(EVENT_RUN_FINISHED, 9000);

    e.exit_code = 2;
    e.duration_ms = 8000;
    e.log_dir = "var/log/prod/run-1";
    e.go_on = "inventory-manager deploy prod -l web-03";
    sink_event(r->sink, &e);
}

static void
test_a_step_is_one_line_and_a_failure_shows_its_last_output(void **state)
{
    struct rig r;
    (void)state;

    rig_start(&r, (struct sink_options){.style = SINK_PLAIN, .tail = 10});
    tell_end(&r, EVENT_STEP_FINISHED, 0, "ok", 0);
    tell_output(&r, 1, STREAM_STDERR, "no \033[31mspace\n");
    tell_end(&r, EVENT_STEP_FINISHED, 1, "failed", 3);
    rig_end(&r);
    assert_string_equal(r.text, "web-01 step 2/5 Switch ok 0.31s\n"
                                "web-02 step 2/5 Switch failed 0.31s: exit 3\n"
                                "web-02 | no \\x1b[31mspace\n");
}

static void
test_the_summary_folds_names_and_says_what_goes_on(void **state)
{
    struct rig r;
    (void)state;

    rig_start(&r, (struct sink_options){.style = SINK_PLAIN, .quiet = true});
    tell_end(&r, EVENT_HOST_FINISHED, 0, "ok", -1);
    tell_end(&r, EVENT_HOST_FINISHED, 1, "ok", -1);
    tell_end(&r, EVENT_HOST_FINISHED, 2, "failed", 3);
    tell_finish(&r);
    rig_end(&r);
    assert_non_null(strstr(r.err_text, "ok 2: web-[01-02]\n"));
    assert_non_null(strstr(r.err_text, "failed 1: web-03\n"));
    assert_non_null(strstr(r.err_text, "logs: var/log/prod/run-1\n"));
    assert_non_null(strstr(r.err_text, "to go on: inventory-manager deploy prod -l web-03\n"));
    assert_string_equal(r.text, "web-03 failed 0.31s: exit 3\n");
}

static void
test_exec_gives_raw_lines_to_a_pipe_and_the_exit_to_stderr(void **state)
{
    struct rig r;
    (void)state;

    rig_start(&r, (struct sink_options){.style = SINK_PLAIN, .exec = true});
    tell_output(&r, 0, STREAM_STDOUT, "one\ntw");
    tell_output(&r, 0, STREAM_STDOUT, "o\033\nno newline");
    tell_output(&r, 1, STREAM_STDERR, "oops\n");
    tell_end(&r, EVENT_STEP_FINISHED, 0, "ok", 0);
    tell_end(&r, EVENT_HOST_FINISHED, 0, "ok", -1);
    tell_end(&r, EVENT_HOST_FINISHED, 1, "failed", 3);
    rig_end(&r);
    assert_string_equal(r.text, "web-01: one\nweb-01: two\033\nweb-01: no newline\n");
    assert_string_equal(r.err_text, "web-02: oops\nweb-02: exit 3\n");
}

static void
test_identical_output_is_shown_once(void **state)
{
    struct rig r;
    (void)state;

    rig_start(&r, (struct sink_options){.style = SINK_GROUP, .exec = true, .quiet = true});
    tell_output(&r, 0, STREAM_STDOUT, "6.1\n");
    tell_output(&r, 1, STREAM_STDOUT, "5.10\n");
    tell_output(&r, 2, STREAM_STDOUT, "6.1\n");
    tell_finish(&r);
    rig_end(&r);
    assert_string_equal(r.text, "---------------\nweb-[01,03] (2)\n---------------\n6.1\n"
                                "---------------\nweb-02\n---------------\n5.10\n");
}

static void
test_jsonl_can_be_parsed_back_and_carries_any_bytes(void **state)
{
    const char *line;
    char *rest = NULL;
    json_t *o[4] = {NULL};
    size_t count = 0;
    struct rig r;
    (void)state;

    rig_start(&r, (struct sink_options){.style = SINK_JSONL, .quiet = true});
    tell_output(&r, 0, STREAM_STDOUT, "caf\xc3\xa9\n");
    tell_output(&r, 0, STREAM_STDERR, "\xff\xfe");
    rig_end(&r);
    for (line = strtok_r(r.text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        assert_true(count < 4);
        o[count] = json_loads(line, 0, NULL);
        assert_non_null(o[count++]);
    }
    assert_int_equal(count, 4);
    assert_string_equal(json_string_value(json_object_get(o[0], "type")), "version");
    assert_int_equal(json_integer_value(json_object_get(o[0], "format")), 1);
    assert_string_equal(json_string_value(json_object_get(o[1], "type")), "run_started");
    assert_int_equal(json_integer_value(json_object_get(o[1], "at_ms")), 1000);
    assert_string_equal(json_string_value(json_object_get(o[2], "data")), "caf\xc3\xa9\n");
    assert_string_equal(json_string_value(json_object_get(o[3], "data_base64")), "//4=");
    assert_string_equal(json_string_value(json_object_get(o[3], "stream")), "stderr");
    for (size_t i = 0; i < count; i++)
        json_decref(o[i]);
}

static void
test_output_a_slow_reader_would_not_take_is_counted(void **state)
{
    static char big[1024 * 1024];
    struct event e = host_event(EVENT_OUTPUT, 0);
    const struct sink_options options = {.style = SINK_JSONL, .quiet = true};
    struct rig r;
    char seen[4096];
    size_t before;
    (void)state;

    memset(big, 'x', sizeof(big) - 1);
    rig_start(&r, options);
    e.data = big;
    e.len = sizeof(big) - 1;
    for (int i = 0; i < 12; i++)
        sink_event(r.sink, &e);
    out_flush(r.out); /* returns although nobody reads */
    before = out_pending(r.out);
    assert_true(before >= OUT_SOFT_BYTES_MAX - 64 * 1024 && before < 10 * sizeof(big));
    tell_end(&r, EVENT_HOST_FINISHED, 0, "ok", -1);
    while (out_wants(r.out)) {
        out_flush(r.out);
        ssize_t n = read(r.out_fds[0], seen, sizeof(seen) - 1);
        assert_true(n > 0);
    }
    sink_close(r.sink);
    out_free(r.out);
    out_free(r.err);
    close(r.out_fds[1]);
    close(r.err_fds[1]);
    close(r.err_fds[0]);
    slurp(r.out_fds[0], r.text);
    assert_non_null(strstr(r.text, "\"type\":\"output_truncated\""));
    assert_non_null(strstr(r.text, "\"bytes\":"));
}

static void
test_a_reader_that_left_is_no_error(void **state)
{
    int fds[2];
    struct out *o;
    (void)state;

    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    o = out_new(fds[1], 0);
    close(fds[0]);
    out_add(o, "x", 1);
    out_flush(o);
    assert_true(out_gone(o));
    out_add(o, "y", 1);
    assert_true(out_drain(o, 0));
    out_free(o);
    close(fds[1]);
}

static void
test_the_live_area_fits_the_width_and_drops_frames_while_bytes_wait(void **state)
{
    struct live live = {.fixed_width = 30};
    struct board board = {0};
    struct event e = event_make(EVENT_RUN_STARTED, 1000);
    char text[4096];
    int fds[2];
    struct out *o;
    ssize_t n;
    size_t pending;
    (void)state;

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    o = out_new(fds[1], 0);
    e.hosts = names;
    e.host_count = 3;
    board_event(&board, &e);
    e = host_event(EVENT_HOST_STARTED, 1);
    board_event(&board, &e);
    e = host_event(EVENT_STEP_STARTED, 1);
    board_event(&board, &e);
    live_draw(&live, &board, 5000, o);
    pending = out_pending(o);
    live_draw(&live, &board, 6000, o);
    assert_int_equal(out_pending(o), pending);
    out_flush(o);
    n = read(fds[0], text, sizeof(text) - 1);
    assert_true(n > 0);
    text[n] = '\0';
    assert_non_null(strstr(text, "] 0/3"));
    assert_non_null(strstr(text, "  web-02  2/5 Switch  "));
    for (const char *at = text, *end; (end = strstr(at, "\r\n")) != NULL; at = end + 2)
        assert_true(end - at < 30);
    assert_int_equal(live.drawn, 2);
    live_erase(&live, o);
    out_flush(o);
    n = read(fds[0], text, sizeof(text) - 1);
    assert_true(n > 0);
    text[n] = '\0';
    assert_string_equal(text, "\r\033[2A\033[J");
    board_release(&board);
    out_free(o);
    close(fds[0]);
    close(fds[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_step_is_one_line_and_a_failure_shows_its_last_output),
        cmocka_unit_test(test_the_summary_folds_names_and_says_what_goes_on),
        cmocka_unit_test(test_exec_gives_raw_lines_to_a_pipe_and_the_exit_to_stderr),
        cmocka_unit_test(test_identical_output_is_shown_once),
        cmocka_unit_test(test_jsonl_can_be_parsed_back_and_carries_any_bytes),
        cmocka_unit_test(test_output_a_slow_reader_would_not_take_is_counted),
        cmocka_unit_test(test_a_reader_that_left_is_no_error),
        cmocka_unit_test(test_the_live_area_fits_the_width_and_drops_frames_while_bytes_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
