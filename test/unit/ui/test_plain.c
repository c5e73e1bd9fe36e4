/*
 * test_plain.c - what people are shown of each event, and that a host's bytes stay bytes.
 */
#include "unit/ui/stage.h"

static struct event
with_reason(struct event e, const char *reason)
{
    e.reason = reason;
    return e;
}

/* A run in which one host does well, one fails, one is never started. */
static void
tell_run(struct stage *s)
{
    struct event e = stage_run(stage_hosts, 3);

    e.waves = 1;
    stage_tell(s, e);
    e = event_make(EVENT_WAVE_STARTED, 1000);
    e.wave = e.waves = 1;
    e.text = "web-[01-03]";
    stage_tell(s, e);
    stage_tell(s, stage_host(EVENT_HOST_STARTED, 0));
    stage_tell(s, stage_step(EVENT_STEP_STARTED, 0, NULL, -1));
    stage_tell(s, stage_output(0, STREAM_STDOUT, "fine\n", 5));
    stage_tell(s, stage_step(EVENT_STEP_FINISHED, 0, "ok", 0));
    stage_tell(s, stage_end(0, "ok", 0, NULL));
    stage_tell(s, stage_host(EVENT_HOST_STARTED, 1));
    stage_tell(s, stage_output(1, STREAM_STDERR, "bad 1\nbad 2\nbad 3", 17));
    e = with_reason(stage_step(EVENT_STEP_FINISHED, 1, "failed", 3), "exit 3: bad 3");
    e.attempt = 2;
    stage_tell(s, e);
    stage_tell(s, stage_end(1, "failed", 3, "step 2/5 Switch: exit 3: bad 3"));
    e = stage_end(2, "untouched", -1, "failure budget spent");
    e.slot = -1;
    e.duration_ms = -1;
    stage_tell(s, e);
    e = event_make(EVENT_WAVE_FINISHED, 2000);
    e.wave = e.waves = 1;
    e.duration_ms = 1000;
    e.totals.count[OUTCOME_OK] = 1;
    e.totals.count[OUTCOME_FAILED] = 1;
    stage_tell(s, e);
    e = event_make(EVENT_WARNING, 2000);
    e.host = "web-01";
    e.text = "host key: accepted";
    stage_tell(s, e);
    e = event_make(EVENT_MESSAGE, 2000);
    e.text = "by the way";
    stage_tell(s, e);
    e = event_make(EVENT_RUN_FINISHED, 2000);
    e.exit_code = 3;
    e.duration_ms = 2000;
    e.reason = "failure budget spent";
    stage_tell(s, e);
}

#define SUMMARY                                                                                    \
    "ok 1: web-01\nuntouched 1: web-03\nfailed 1: web-02\n"                                        \
    "deploy test did not succeed in 2.0s (exit 3): failure budget spent\n"
#define STARTED                                                                                    \
    "deploy test: 3 hosts, rolling, 3 workers, 1 wave (run 20261124T000000Z-0123456789abcdef)\n"
#define WARNED "web-01: warning: host key: accepted\n"
#define FAILED "web-02 step 2/5 Switch failed 0.31s: exit 3: bad 3 (attempt 2)\n"
#define FAILED_HOST "web-02 failed 1.2s: step 2/5 Switch: exit 3: bad 3\n"

static void
test_each_verbosity_says_what_it_should(void **state)
{
    static const struct {
        struct sink_options options;
        const char *out;
        const char *err;
    } rows[] = {
        {{.style = SINK_PLAIN, .tail = 2},
         "wave 1/1 web-[01-03]\nweb-01 step 2/5 Switch ok 0.31s\nweb-01 ok 1.2s\n" FAILED
         "web-02 | bad 2\nweb-02 | bad 3\n" FAILED_HOST "wave 1/1 completed 1.0s: 1 ok, 1 failed\n",
         STARTED WARNED "by the way\n" SUMMARY},
        {{.style = SINK_PLAIN, .quiet = true}, FAILED FAILED_HOST, WARNED SUMMARY},
        {{.style = SINK_PLAIN, .verbose = 1, .tail = 2},
         "wave 1/1 web-[01-03]\nweb-01 started in slot 0\nweb-01: fine\n"
         "web-01 step 2/5 Switch ok 0.31s\nweb-01 ok 1.2s\nweb-02 started in slot 1\n" FAILED
             FAILED_HOST "wave 1/1 completed 1.0s: 1 ok, 1 failed\n",
         STARTED "web-02: bad 1\nweb-02: bad 2\nweb-02: bad 3\n" WARNED "by the way\n" SUMMARY},
        {{.style = SINK_PLAIN, .exec = true},
         "web-01: fine\n",
         "web-02: bad 1\nweb-02: bad 2\nweb-02: bad 3\nweb-02: exit 3\n" WARNED
         "by the way\n" SUMMARY},
        {{.style = SINK_GROUP, .exec = true, .quiet = true},
         "---------------\nweb-01\n---------------\nfine\n"
         "---------------\nweb-02\n---------------\nbad 1\nbad 2\nbad 3\n[exit 3]\n",
         "web-02: exit 3\n" WARNED SUMMARY},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage s;
        stage_files(&s, &rows[i].options);
        tell_run(&s);
        assert_string_equal(stage_text(&s, 0), rows[i].out);
        assert_string_equal(stage_text(&s, 1), rows[i].err);
        stage_close(&s);
    }
}

/* What happens to a run and its hosts beside steps, each once. */
static void
tell_turns(struct stage *s)
{
    static const struct {
        enum event_type type;
        int32_t host;
        int64_t ms;
        const char *outcome, *reason, *text;
    } rows[] = {
        {EVENT_HOST_STARTED, 0, -1, NULL, NULL, NULL},
        {EVENT_HOST_PARKED, 0, 3000, NULL, NULL, NULL},
        {EVENT_HOST_SWITCHING, 0, -1, NULL, NULL, NULL},
        {EVENT_HOST_SKIPPED, 1, -1, NULL, "by ctl", NULL},
        {EVENT_HOST_RETRIED, 1, -1, NULL, NULL, NULL},
        {EVENT_WAVE_BAKING, -1, 300000, NULL, NULL, NULL},
        {EVENT_WAVE_PAUSING, -1, 3600000, NULL, NULL, NULL},
        {EVENT_HOST_LATE, 0, -1, "failed", "check: \033[1m", NULL},
        {EVENT_PAUSED, -1, -1, NULL, "too many hosts failed", "ctl test continue"},
        {EVENT_CONTINUED, -1, -1, NULL, "by ctl", NULL},
        {EVENT_PROMOTE_WANTED, -1, -1, NULL, NULL, "ctl test promote"},
        {EVENT_PROMOTED, -1, -1, NULL, NULL, NULL},
        {EVENT_WORKERS, -1, -1, NULL, NULL, NULL},
        {EVENT_ROLLING_BACK, -1, -1, NULL, NULL, "web-[01-02]"},
        {EVENT_ROLLBACK_STARTED, 0, -1, NULL, NULL, NULL},
        {EVENT_ROLLBACK_FINISHED, 0, 1200, "ok", NULL, NULL},
        {EVENT_ROLLBACK_FINISHED, 1, 310, "failed", "exit 3", NULL},
    };

    stage_tell(s, stage_run(stage_hosts, 3));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct event e = rows[i].host < 0 ? event_make(rows[i].type, 1000)
                                          : stage_host(rows[i].type, rows[i].host);
        e.outcome = rows[i].outcome;
        e.reason = rows[i].reason;
        e.text = rows[i].text;
        e.duration_ms = rows[i].ms;
        e.workers = rows[i].type == EVENT_WORKERS ? 5 : -1;
        e.waves = 3;
        e.wave = 1;
        stage_tell(s, e);
    }
}

static void
test_what_happens_beside_steps_has_a_line(void **state)
{
    static const char waits[] =
        "paused: too many hosts failed; to go on: ctl test continue (or abort)\n"
        "the canary waits to be promoted; to go on: ctl test promote (or abort)\n";
    static const struct {
        struct sink_options options;
        const char *out, *err;
    } rows[] = {
        {{.style = SINK_PLAIN},
         "web-01 prepared 3.0s\nweb-02 skipped: by ctl\nweb-02 goes again\n"
         "wave 1/3 bakes for 5m\nwave 1/3 begins in 1h\nweb-01 unhealthy after ok: check: "
         "\\x1b[1m\n"
         "web-01 rolled back 1.2s\nweb-02 rollback failed 0.31s: exit 3\n",
         "paused: too many hosts failed; to go on: ctl test continue (or abort)\ncontinued: by "
         "ctl\n"
         "the canary waits to be promoted; to go on: ctl test promote (or abort)\npromoted\n"
         "workers set to 5\nrolling back: web-[01-02]\n"},
        {{.style = SINK_PLAIN, .quiet = true},
         "web-01 unhealthy after ok: check: \\x1b[1m\nweb-02 rollback failed 0.31s: exit 3\n",
         waits},
        {{.style = SINK_PLAIN, .verbose = 1},
         "web-01 started in slot 0\nweb-01 prepared 3.0s\nweb-01 switches in slot 0\n"
         "web-02 skipped: by ctl\nweb-02 goes again\n"
         "wave 1/3 bakes for 5m\nwave 1/3 begins in 1h\nweb-01 unhealthy after ok: check: "
         "\\x1b[1m\n"
         "web-01 rollback started in slot 0\n"
         "web-01 rolled back 1.2s\nweb-02 rollback failed 0.31s: exit 3\n",
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage s;
        stage_files(&s, &rows[i].options);
        tell_turns(&s);
        assert_string_equal(stage_text(&s, 0), rows[i].out);
        const char *said = stage_text(&s, 1);
        const char *behind = strchr(said, '\n'); /* the first line is that of the run */
        if (rows[i].err != NULL) {
            assert_string_equal(rows[i].options.quiet ? said : behind + 1, rows[i].err);
        }
        stage_close(&s);
    }
}

/* check: what a host said is told as it comes, once; stderr is kept for a failure. */
static void
test_an_action_that_only_looks_shows_what_its_steps_found(void **state)
{
    static const struct {
        struct sink_options options;
        const char *expected;
    } rows[] = {
        {{.style = SINK_PLAIN, .looks = true, .tail = 9},
         "web-01: deployed yes\nweb-01 step 2/5 Switch failed 0.31s: exit 1\nweb-01 | oops\n"},
        {{.style = SINK_PLAIN, .looks = true, .verbose = 1, .tail = 9},
         "web-01: deployed yes\nweb-01 step 2/5 Switch failed 0.31s: exit 1\n"},
        {{.style = SINK_PLAIN, .looks = true, .quiet = true, .tail = 9},
         "web-01 step 2/5 Switch failed 0.31s: exit 1\nweb-01 | deployed yes\nweb-01 | oops\n"},
        {{.style = SINK_PLAIN, .tail = 9},
         "web-01 step 2/5 Switch failed 0.31s: exit 1\nweb-01 | deployed yes\nweb-01 | oops\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage s;
        stage_files(&s, &rows[i].options);
        stage_tell(&s, stage_run(stage_hosts, 3));
        stage_tell(&s, stage_output(0, STREAM_STDOUT, "deployed yes\n", 13));
        stage_tell(&s, stage_output(0, STREAM_STDERR, "oops\n", 5));
        stage_tell(&s, stage_step(EVENT_STEP_FINISHED, 0, "failed", 1));
        assert_string_equal(stage_text(&s, 0), rows[i].expected);
        stage_close(&s);
    }
}

static void
test_a_check_that_does_not_apply_is_told_with_v_only(void **state)
{
    (void)state;
    for (int verbose = 0; verbose < 2; verbose++) {
        const struct sink_options options = {.style = SINK_PLAIN, .verbose = verbose};
        struct event e = stage_step(EVENT_GATE, 0, "skipped", -1);
        struct stage s;
        stage_files(&s, &options);
        stage_tell(&s, stage_run(stage_hosts, 3));
        e.list = LIST_CHECKS;
        stage_tell(&s, e);
        assert_string_equal(stage_text(&s, 0),
                            verbose ? "web-01 check 2/5 Switch skipped 0.31s\n" : "");
        e.outcome = "ok";
        stage_tell(&s, e);
        assert_non_null(strstr(stage_text(&s, 0), "web-01 check 2/5 Switch ok 0.31s\n"));
        stage_close(&s);
    }
}

static void
test_a_check_that_fails_in_the_same_way_is_told_once(void **state)
{
    static const char *const reasons[] = {"refused", "http 500", "http 500", "http 500"};

    (void)state;
    for (int verbose = 0; verbose < 2; verbose++) {
        const struct sink_options options = {.style = SINK_PLAIN, .verbose = verbose};
        struct event e = stage_step(EVENT_GATE, 0, "failed", -1);
        struct stage s;
        stage_files(&s, &options);
        stage_tell(&s, stage_run(stage_hosts, 3));
        e.list = LIST_CHECKS;
        for (int i = 0; i < 4; i++) {
            e.reason = reasons[i];
            e.attempt = i + 1;
            stage_tell(&s, e);
        }
        assert_string_equal(stage_text(&s, 0),
                            verbose ? "web-01 check 2/5 Switch failed 0.31s: refused\n"
                                      "web-01 check 2/5 Switch failed 0.31s: http 500 (try 2)\n"
                                      "web-01 check 2/5 Switch failed 0.31s: http 500 (try 3)\n"
                                      "web-01 check 2/5 Switch failed 0.31s: http 500 (try 4)\n"
                                    : "web-01 check 2/5 Switch failed 0.31s: refused\n"
                                      "web-01 check 2/5 Switch failed 0.31s: http 500 (try 2)\n");
        stage_close(&s);
    }
}

/* Of a host that must stay healthy for a while. */
static void
test_a_check_that_is_passed_again_and_again_is_told_once(void **state)
{
    static const struct {
        const char *outcomes; /* a letter a try: . or x */
        int verbose;
        const char *tries; /* that are told */
    } rows[] = {
        {".....", 0, "1"},
        {"..x..x..", 0, "13467"},
        {"xx..", 0, "13"},
        {"...", 1, "123"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sink_options options = {.style = SINK_PLAIN, .verbose = rows[i].verbose};
        struct stage s;
        char told[64] = "";
        stage_files(&s, &options);
        stage_tell(&s, stage_run(stage_hosts, 3));
        for (int32_t t = 0; rows[i].outcomes[t] != '\0'; t++) {
            const bool good = rows[i].outcomes[t] == '.';
            struct event e = stage_step(EVENT_GATE, 0, good ? "ok" : "failed", good ? 0 : 1);
            e.list = LIST_CHECKS;
            e.attempt = t + 1;
            const size_t before = strlen(stage_text(&s, 0));
            stage_tell(&s, e);
            if (strlen(stage_text(&s, 0)) > before) {
                told[strlen(told)] = (char)('1' + t);
            }
        }
        assert_string_equal(told, rows[i].tries);
        stage_close(&s);
    }
}

static void
test_no_worker_is_said_as_one_host_at_a_time(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN};
    struct event e = stage_run(stage_hosts, 3);
    struct stage s;

    (void)state;
    stage_files(&s, &options);
    e.workers = 0;
    e.waves = 0;
    stage_tell(&s, e);
    assert_non_null(strstr(stage_text(&s, 1), "3 hosts, rolling, one host at a time (run "));
    stage_close(&s);
}

static void
test_exec_says_once_how_a_host_ended(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN, .exec = true};
    static const struct {
        const char *outcome;
        int32_t exit_code;
        int32_t signal;
        const char *reason;
        const char *expected;
    } rows[] = {
        {"ok", 0, 0, NULL, ""},
        {"skipped", -1, 0, "x", ""},
        {"failed", 3, 0, "step 1/1 exec: exit 3", "web-01: exit 3\n"},
        {"failed", -1, 9, NULL, "web-01: signal 9\n"},
        {"failed", -1, 9, "step 1/1 exec: signal 9", "web-01: step 1/1 exec: signal 9\n"},
        {"failed", -1, 0, NULL, "web-01: failed\n"},
        {"unreachable", -1, 0, "connect: 127.10.0.4 port 22522: Connection refused",
         "web-01: unreachable: connect: 127.10.0.4 port 22522: Connection refused\n"},
        {"unknown", -1, 0, "step 1/1 exec: connection lost: closed by the server",
         "web-01: unknown: step 1/1 exec: connection lost: closed by the server\n"},
        {"unknown", -1, 0, NULL, "web-01: unknown\n"},
        {"cancelled", -1, 0, "", "web-01: cancelled\n"},
        {"failed", -1, 0, "a\033[2J\nb\xff", "web-01: a\\x1b[2J\\nb\\xff\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage s;
        stage_files(&s, &options);
        stage_tell(&s, stage_run(stage_hosts, 3));
        struct event e = stage_end(0, rows[i].outcome, rows[i].exit_code, rows[i].reason);
        e.signal = rows[i].signal;
        stage_tell(&s, e);
        assert_string_equal(stage_text(&s, 1), rows[i].expected);
        assert_string_equal(stage_text(&s, 0), "");
        stage_close(&s);
    }
}

static void
test_a_failed_step_without_reason_has_its_code(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN};
    static const struct {
        const char *outcome;
        int32_t exit_code;
        int32_t signal;
        const char *reason;
        const char *expected;
    } rows[] = {
        {"failed", 3, 0, NULL, "web-01 step 2/5 Switch failed 0.31s: exit 3\n"},
        {"failed", -1, 15, NULL, "web-01 step 2/5 Switch failed 0.31s: signal 15\n"},
        {"failed", -1, 0, "", "web-01 step 2/5 Switch failed 0.31s\n"},
        {"ok", 0, 0, "cut off", "web-01 step 2/5 Switch ok 0.31s: cut off\n"},
        {"ok", 0, 0, NULL, "web-01 step 2/5 Switch ok 0.31s\n"},
        {NULL, -1, 0, NULL, "web-01 step 2/5 Switch ok 0.31s\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage s;
        stage_files(&s, &options);
        stage_tell(&s, stage_run(stage_hosts, 3));
        struct event e = stage_step(EVENT_STEP_FINISHED, 0, rows[i].outcome, rows[i].exit_code);
        e.duration_ms = 310;
        e.signal = rows[i].signal;
        e.reason = rows[i].reason;
        stage_tell(&s, e);
        assert_string_equal(stage_text(&s, 0), rows[i].expected);
        stage_close(&s);
    }
}

static void
test_bytes_of_a_host_reach_a_pipe_raw_and_a_terminal_escaped(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN, .exec = true};
    char bytes[257];
    struct stage s;
    size_t len = 0;

    (void)state;
    for (int i = 0; i < 256; i++) {
        bytes[len] = (char)i;
        len += i != '\n';
    }
    bytes[len++] = '\n';
    stage_files(&s, &options);
    stage_tell(&s, stage_run(stage_hosts, 3));
    stage_tell(&s, stage_output(0, STREAM_STDOUT, bytes, len));
    (void)stage_text(&s, 0);
    assert_memory_equal(s.text, "web-01: ", 8);
    assert_memory_equal(s.text + 8, bytes, len);
    stage_close(&s);

    stage_terminal(&s, &options, 80, 24);
    stage_tell(&s, stage_run(stage_hosts, 3));
    stage_tell(&s, stage_output(0, STREAM_STDOUT, bytes, len));
    for (const char *p = stage_text(&s, 0); *p != '\0'; p++) {
        assert_true(*p == '\n' || *p == '\t' || (*p >= 0x20 && *p < 0x7f));
    }
    assert_non_null(strstr(s.text, "web-01: \\x00\\x01"));
    assert_non_null(strstr(s.text, "\\xfe\\xff\n"));
    stage_close(&s);
}

/* The longest line, of bytes that each become four. */
static void
test_the_longest_line_loses_nothing_by_being_escaped(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN, .exec = true};
    enum { LEN = 64 * 1024 };
    char *bytes = xcalloc(LEN + 1, 1);
    struct stage s;

    (void)state;
    memset(bytes, 0x80, LEN);
    bytes[LEN] = '\n';
    stage_terminal(&s, &options, 80, 24);
    stage_tell(&s, stage_run(stage_hosts, 3));
    stage_tell(&s, stage_output(0, STREAM_STDOUT, bytes, LEN + 1));
    assert_int_equal(strlen(stage_text(&s, 0)), strlen("web-01: \n") + 4 * LEN);
    stage_close(&s);
    free(bytes);
}

/* fault 20: lines kept on the screen */
static void
test_the_lines_kept_for_a_failure_are_bounded(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN, .tail = 1000};
    struct stage s;
    char line[3000];

    (void)state;
    stage_files(&s, &options);
    stage_tell(&s, stage_run(stage_hosts, 3));
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(line, sizeof(line), "line %d\n", i);
        stage_tell(&s, stage_output(0, STREAM_STDOUT, line, strlen(line)));
    }
    memset(line, 'z', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\n';
    stage_tell(&s, stage_output(0, STREAM_STDOUT, line, sizeof(line)));
    stage_tell(&s, stage_output(0, STREAM_STDOUT, "last\n", 5));
    stage_tell(&s, stage_step(EVENT_STEP_FINISHED, 0, "failed", 1));
    const char *text = stage_text(&s, 0);
    assert_in_range(strlen(text), 1500, 4096);
    assert_null(strstr(text, "line 0\n"));
    assert_non_null(strstr(text, "web-01 | line 4999\nweb-01 | zzz"));
    assert_non_null(strstr(text, "zzz\nweb-01 | last\n"));
    stage_tell(&s, stage_step(EVENT_STEP_FINISHED, 0, "failed", 1)); /* they are said once */
    assert_string_equal(strstr(stage_text(&s, 0), "last\n"),
                        "last\nweb-01 step 2/5 Switch failed 0.31s: exit 1\n");
    stage_close(&s);
}

/* Nobody reads: output past the soft limit is dropped, counted and said once; nothing waits. */
static void
test_a_slow_reader_is_told_how_much_it_missed(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN, .exec = true};
    const size_t len = 65536;
    char *line = xcalloc(len, 1);
    struct stage s = {.master = -1};
    int fds[2];

    (void)state;
    memset(line, 'x', len);
    line[len - 1] = '\n';
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    s.fds[0] = fds[1];
    s.fds[1] = memfd_create("stage", MFD_CLOEXEC);
    stage_sink(&s, &options);
    stage_tell(&s, stage_run(stage_hosts, 3));
    for (int i = 0; i < 200; i++) { /* 13 MB */
        stage_tell(&s, stage_output(0, STREAM_STDOUT, line, len));
        out_flush(s.out);
    }
    assert_in_range(out_pending(s.out), OUT_SOFT_BYTES_MAX, OUT_SOFT_BYTES_MAX + 2 * len);
    stage_tell(&s, stage_end(0, "ok", 0, NULL));
    out_flush(s.err_out);
    char *text = stage_read_file(s.fds[1]);
    char expected[128];
    /* What was not queued nor is in the pipe; `web-01: ` is 8 bytes a line. */
    int in_pipe = 0;
    assert_int_equal(ioctl(fds[0], FIONREAD, &in_pipe), 0);
    const size_t shown = (out_pending(s.out) + (size_t)in_pipe) / (len + 8);
    (void)snprintf(expected, sizeof(expected),
                   "web-01: %zu bytes of output are not shown: the reader is too slow\n",
                   (200 - shown) * len);
    assert_string_equal(text, expected);
    free(text);
    (void)close(fds[0]);
    stage_close(&s);
    free(line);
}

static void
test_lines_take_the_live_area_away_and_it_comes_back(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN, .live = true};
    struct stage s;

    (void)state;
    stage_terminal(&s, &options, 80, 24);
    stage_tell(&s, stage_run(stage_hosts, 3));
    (void)stage_text(&s, 0);
    stage_tell(&s, stage_host(EVENT_HOST_STARTED, 0));
    sink_refresh(s.sink, 2000);
    assert_non_null(strstr(stage_text(&s, 0), "  web-01  connecting  1.0s\r\n"));
    stage_tell(&s, stage_step(EVENT_STEP_FINISHED, 0, "ok", 0));
    const char *text = stage_text(&s, 0);
    assert_int_equal(strncmp(text, "\r\033[2A\033[Jweb-01 step", 18), 0);
    assert_non_null(strstr(text, "0.31s\ndeploy test ["));
    struct event e = event_make(EVENT_RUN_FINISHED, 3000);
    e.exit_code = 0;
    stage_tell(&s, e);
    text = stage_text(&s, 0);
    assert_int_equal(strncmp(text, "\r\033[2A\033[J", 8), 0);
    assert_null(strstr(text, "connecting"));
    sink_refresh(s.sink, 4000); /* it is over: nothing is drawn any more */
    assert_string_equal(stage_text(&s, 0), "");
    stage_close(&s);
}

static void
test_a_pipe_has_no_live_area(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN, .live = true, .quiet = true};
    struct stage s;

    (void)state;
    stage_files(&s, &options);
    stage_tell(&s, stage_run(stage_hosts, 3));
    stage_tell(&s, stage_host(EVENT_HOST_STARTED, 0));
    sink_refresh(s.sink, 2000);
    assert_string_equal(stage_text(&s, 0), "");
    stage_close(&s);
}

static void
test_a_run_may_have_no_host_or_never_begin(void **state)
{
    static const struct sink_options options = {.style = SINK_GROUP, .exec = true};
    struct stage s;

    (void)state;
    stage_files(&s, &options);
    stage_close(&s); /* not one event */
    stage_files(&s, &options);
    stage_tell(&s, stage_output(0, STREAM_STDOUT, "x\n", 2)); /* of no run */
    stage_tell(&s, stage_end(0, "ok", 0, NULL));
    stage_tell(&s, stage_run(NULL, 0));
    stage_tell(&s, event_make(EVENT_RUN_FINISHED, 1000));
    assert_string_equal(stage_text(&s, 0), "");
    stage_close(&s);
    sink_event(NULL, NULL);
    sink_refresh(NULL, 0);
    sink_close(NULL);
}

static void
test_ten_thousand_hosts_are_one_line_of_the_summary(void **state)
{
    static const struct sink_options options = {.style = SINK_PLAIN, .quiet = true};
    char **names = stage_names(10000);
    struct stage s;
    struct event e;

    (void)state;
    stage_files(&s, &options);
    stage_tell(&s, stage_run((const char *const *)names, 10000));
    for (int32_t i = 0; i < 10000; i++) {
        e = stage_end(0, "ok", 0, NULL);
        e.host = names[i];
        e.host_index = i;
        stage_tell(&s, e);
    }
    e = event_make(EVENT_RUN_FINISHED, 3000);
    e.exit_code = 1;
    e.duration_ms = 1000;
    stage_tell(&s, e);
    assert_string_equal(stage_text(&s, 1), "ok 10000: host-[00000-09999]\n"
                                           "deploy test did not succeed in 1.0s (exit 1)\n");
    stage_close(&s);
    stage_unname(names, 10000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_verbosity_says_what_it_should),
        cmocka_unit_test(test_what_happens_beside_steps_has_a_line),
        cmocka_unit_test(test_an_action_that_only_looks_shows_what_its_steps_found),
        cmocka_unit_test(test_a_check_that_does_not_apply_is_told_with_v_only),
        cmocka_unit_test(test_a_check_that_fails_in_the_same_way_is_told_once),
        cmocka_unit_test(test_a_check_that_is_passed_again_and_again_is_told_once),
        cmocka_unit_test(test_no_worker_is_said_as_one_host_at_a_time),
        cmocka_unit_test(test_exec_says_once_how_a_host_ended),
        cmocka_unit_test(test_a_failed_step_without_reason_has_its_code),
        cmocka_unit_test(test_bytes_of_a_host_reach_a_pipe_raw_and_a_terminal_escaped),
        cmocka_unit_test(test_the_longest_line_loses_nothing_by_being_escaped),
        cmocka_unit_test(test_the_lines_kept_for_a_failure_are_bounded),
        cmocka_unit_test(test_a_slow_reader_is_told_how_much_it_missed),
        cmocka_unit_test(test_lines_take_the_live_area_away_and_it_comes_back),
        cmocka_unit_test(test_a_pipe_has_no_live_area),
        cmocka_unit_test(test_a_run_may_have_no_host_or_never_begin),
        cmocka_unit_test(test_ten_thousand_hosts_are_one_line_of_the_summary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
