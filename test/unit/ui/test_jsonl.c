/*
 * test_jsonl.c - the event stream for programs: valid JSON, no byte lost, and what docs/events.md
 * says it is.
 */
#include "unit/ui/stage.h"

#include "base/prng.h"

#include <jansson.h>

static const struct sink_options options = {.style = SINK_JSONL, .quiet = true};

/* The objects written so far, a JSON array; every line must be one object. */
static json_t *
objects(struct stage *s)
{
    json_t *list = json_array();
    char *text = xstrdup(stage_text(s, 0));
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        json_error_t error;
        json_t *o = json_loads(line, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
        if (!json_is_object(o)) {
            fail_msg("%s: %s", line, error.text);
        }
        (void)json_array_append_new(list, o);
    }
    free(text);
    return list;
}

static const char *
text_of(const json_t *list, size_t i, const char *key)
{
    return json_string_value(json_object_get(json_array_get(list, i), key));
}

static json_int_t
number_of(const json_t *list, size_t i, const char *key)
{
    const json_t *n = json_object_get(json_array_get(list, i), key);

    return json_is_integer(n) ? json_integer_value(n) : -1000;
}

/* ---------------------------------------------------------------- bytes */

static size_t
decode_base64(const char *text, char *ret_bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = 0;
    int count = 0;
    size_t len = 0;

    assert_int_equal(strlen(text) % 4, 0);
    for (; *text != '\0' && *text != '='; text++) {
        const char *digit = strchr(digits, *text);
        assert_non_null(digit);
        bits = bits << 6 | (unsigned)(digit - digits);
        count += 6;
        if (count >= 8) {
            count -= 8;
            ret_bytes[len++] = (char)(bits >> count & 0xff);
        }
    }
    assert_true(strspn(text, "=") == strlen(text) && strlen(text) <= 2);
    return len;
}

static void
assert_output(const json_t *o, const char *bytes, size_t len)
{
    const json_t *data = json_object_get(o, "data");
    const char *base64 = json_string_value(json_object_get(o, "data_base64"));
    char *got = xcalloc(len + 4, 1);

    assert_string_equal(json_string_value(json_object_get(o, "type")), "output");
    assert_true((data == NULL) != (base64 == NULL));
    if (data != NULL) {
        assert_int_equal(json_string_length(data), len);
        assert_memory_equal(json_string_value(data), bytes, len);
    } else {
        assert_int_equal(decode_base64(base64, got), len);
        assert_memory_equal(got, bytes, len);
    }
    free(got);
}

/* fault 21: jsonl is lossless */
static void
test_every_byte_comes_back_as_it_was(void **state)
{
    enum { RANDOM = 300, BYTES = 40 };
    static char random[RANDOM][BYTES];
    struct prng prng = {.state = 42};
    struct stage s;
    char all[256];

    (void)state;
    stage_files(&s, &options);
    stage_tell(&s, stage_run(stage_hosts, 3));
    for (int i = 0; i < 256; i++) {
        all[i] = (char)i;
        stage_tell(&s, stage_output(0, STREAM_STDOUT, &all[i], 1));
    }
    for (int i = 0; i < 256; i++) { /* pieces that begin and end anywhere */
        stage_tell(&s, stage_output(1, STREAM_STDERR, all + i, (size_t)(256 - i)));
        stage_tell(&s, stage_output(1, STREAM_STDERR, all, (size_t)i));
    }
    for (size_t i = 0; i < RANDOM; i++) { /* nearly UTF-8 */
        for (size_t k = 0; k < BYTES; k++) {
            static const char lead[] =
                "\xc2\xe2\x80\xa8\xef\xbf\xbd\xed\xa0\xf0\x9f\x98\x80\"\\\n\x7fx";
            random[i][k] = lead[prng_below(&prng, sizeof(lead))];
        }
        stage_tell(&s, stage_output(2, STREAM_STDOUT, random[i], i % BYTES));
    }
    json_t *list = objects(&s);
    size_t at = 2;
    for (int i = 0; i < 256; i++) {
        assert_output(json_array_get(list, at++), &all[i], 1);
    }
    for (int i = 0; i < 256; i++) {
        assert_output(json_array_get(list, at++), all + i, (size_t)(256 - i));
        assert_output(json_array_get(list, at++), all, (size_t)i);
    }
    for (size_t i = 0; i < RANDOM; i++) {
        assert_output(json_array_get(list, at++), random[i], i % BYTES);
    }
    assert_int_equal(json_array_size(list), at);
    assert_string_equal(text_of(list, 2, "stream"), "stdout");
    assert_string_equal(text_of(list, 258, "stream"), "stderr");
    json_decref(list);
    stage_close(&s);
}

static void
test_texts_that_are_no_utf8_are_escaped_and_stay_json(void **state)
{
    struct stage s;
    struct event e = stage_end(0, "failed", 3, "\xff\x80 \"quoted\" \\ \n\033[0m");

    (void)state;
    stage_files(&s, &options);
    stage_tell(&s, stage_run(stage_hosts, 3));
    e.step_name = "caf\xc3\xa9\n\"";
    stage_tell(&s, e);
    json_t *list = objects(&s);
    assert_string_equal(text_of(list, 2, "reason"), "\\xff\\x80 \"quoted\" \\\\ \\n\\x1b[0m");
    assert_string_equal(text_of(list, 2, "step_name"), "caf\xc3\xa9\n\"");
    json_decref(list);
    stage_close(&s);
}

/* ---------------------------------------------------------------- fields */

static void
test_fields_that_do_not_apply_are_left_out(void **state)
{
    struct stage s;

    (void)state;
    stage_files(&s, &options);
    stage_tell(&s, stage_run(stage_hosts, 3));
    stage_tell(&s, stage_host(EVENT_HOST_STARTED, 0));
    struct event e = stage_end(1, "untouched", -1, NULL);
    e.slot = -1;
    e.duration_ms = -1;
    stage_tell(&s, e);
    assert_non_null(strstr(stage_text(&s, 0),
                           "{\"type\":\"version\",\"format\":1,\"run\":\"20261124T000000Z-"
                           "0123456789abcdef\"}\n{\"type\":\"run_started\",\"at_ms\":1000,"));
    assert_non_null(strstr(s.text,
                           "\n{\"type\":\"host_started\",\"at_ms\":1000,\"host\":\"web-01\","
                           "\"slot\":0}\n"
                           "{\"type\":\"host_finished\",\"at_ms\":1000,\"host\":\"web-02\","
                           "\"outcome\":\"untouched\"}\n"));
    json_t *list = objects(&s);
    assert_int_equal(json_array_size(json_object_get(json_array_get(list, 1), "hosts")), 3);
    assert_int_equal(number_of(list, 1, "workers"), 3);
    json_decref(list);
    stage_close(&s);
}

static void
test_totals_hold_every_outcome_a_host_can_end_with(void **state)
{
    struct event e = event_make(EVENT_RUN_FINISHED, 5);
    struct stage s;

    (void)state;
    stage_files(&s, &options);
    for (int i = 0; i < OUTCOMES; i++) {
        e.totals.count[i] = i + 10;
    }
    e.exit_code = 3;
    stage_tell(&s, e);
    json_t *list = objects(&s);
    const json_t *totals = json_object_get(json_array_get(list, 0), "totals");
    for (int i = 0; i < OUTCOMES; i++) {
        const json_t *n = json_object_get(totals, outcome_name((enum outcome)i));
        assert_int_equal(n == NULL, i == OUTCOME_RUNNING);
        assert_true(n == NULL || json_integer_value(n) == i + 10);
    }
    assert_int_equal(number_of(list, 0, "exit_code"), 3);
    json_decref(list);
    stage_close(&s);
}

static void
test_people_read_the_summary_on_stderr(void **state)
{
    static const struct sink_options loud = {.style = SINK_JSONL};
    struct event e = event_make(EVENT_RUN_FINISHED, 5);
    struct stage s;

    (void)state;
    stage_files(&s, &loud);
    stage_tell(&s, stage_run(stage_hosts, 3));
    e.exit_code = 0;
    e.duration_ms = 1000;
    stage_tell(&s, e);
    assert_string_equal(stage_text(&s, 1),
                        "untouched 3: web-[01-03]\ndeploy test succeeded in 1.0s\n");
    stage_close(&s);
}

/* ---------------------------------------------------------------- many and slow */

/* With empty lines, which are no objects. */
static void
fill_queue(struct stage *s, size_t len)
{
    char *lines = xcalloc(len, 1);

    memset(lines, '\n', len);
    out_add(s->out, lines, len);
    free(lines);
}

static void
test_no_host_and_ten_thousand(void **state)
{
    char **names = stage_names(10000);
    struct stage s;

    (void)state;
    stage_files(&s, &options);
    stage_tell(&s, stage_run(NULL, 0));
    stage_tell(&s, stage_run((const char *const *)names, 10000));
    json_t *list = objects(&s);
    assert_int_equal(json_array_size(json_object_get(json_array_get(list, 1), "hosts")), 0);
    const json_t *hosts = json_object_get(json_array_get(list, 3), "hosts");
    assert_int_equal(json_array_size(hosts), 10000);
    assert_string_equal(json_string_value(json_array_get(hosts, 9999)), "host-09999");
    json_decref(list);
    stage_close(&s);
    stage_unname(names, 10000);
}

/* Output is dropped and counted; every other event comes, and each line is whole. */
static void
test_a_slow_reader_gets_every_event_but_output(void **state)
{
    const size_t len = 65536;
    char *bytes = xcalloc(len, 1);
    struct stage s = {.master = -1};
    size_t shown = 0;
    json_int_t missed = -1;
    int fds[2];

    (void)state;
    memset(bytes, 'x', len);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    s.fds[0] = fds[1];
    s.fds[1] = memfd_create("stage", MFD_CLOEXEC);
    stage_sink(&s, &options);
    stage_tell(&s, stage_run(stage_hosts, 3));
    for (int i = 0; i < 200; i++) {
        stage_tell(&s, stage_output(0, STREAM_STDOUT, bytes, len));
        out_flush(s.out);
    }
    assert_in_range(out_pending(s.out), OUT_SOFT_BYTES_MAX, OUT_SOFT_BYTES_MAX + 2 * len);
    stage_tell(&s, stage_end(1, "ok", 0, NULL));
    stage_tell(&s, stage_end(0, "ok", 0, NULL));
    s.master = fds[0]; /* read like a terminal: as it comes */
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    json_t *list = objects(&s);
    const size_t count = json_array_size(list);
    for (size_t i = 0; i < count; i++) {
        const char *type = text_of(list, i, "type");
        shown += strcmp(type, "output") == 0;
        if (strcmp(type, "output_truncated") == 0) {
            assert_int_equal(missed, -1);
            assert_string_equal(text_of(list, i, "host"), "web-01");
            missed = number_of(list, i, "bytes");
        }
    }
    assert_in_range(shown, 100, 199);
    assert_int_equal(missed, (json_int_t)((200 - shown) * len));
    assert_string_equal(text_of(list, count - 3, "host"), "web-02");
    assert_string_equal(text_of(list, count - 2, "type"), "output_truncated");
    assert_string_equal(text_of(list, count - 1, "type"), "host_finished");
    json_decref(list);
    stage_close(&s);
    free(bytes);
}

/* Past the hard limit whole lines are dropped: none is cut, and the loss is said on stderr. */
static void
test_a_full_queue_never_cuts_a_line(void **state)
{
    struct event e = event_make(EVENT_MESSAGE, 1);
    char text[1001];
    struct stage s;

    (void)state;
    stage_files(&s, &options);
    fill_queue(&s, OUT_HARD_BYTES_MAX - 3500);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    e.text = text;
    for (int i = 0; i < 5; i++) {
        stage_tell(&s, e);
    }
    stage_tell(&s, event_make(EVENT_WARNING, 1)); /* a short one still fits */
    json_t *list = objects(&s);
    assert_int_equal(json_array_size(list), 4); /* 3 of 5, and the short one */
    assert_string_equal(text_of(list, 3, "type"), "warning");
    json_decref(list);
    sink_close(s.sink);
    s.sink = NULL;
    const char *said = stage_text(&s, 1);
    assert_in_range(strtoull(said, NULL, 10), 2 * 1000, 2 * 1100);
    assert_non_null(strstr(said, " bytes of output dropped: the reader is too slow\n"));
    stage_close(&s);
}

/* ---------------------------------------------------------------- docs/events.md */

/* Names in the first column of the table below `## heading`, each once. */
static json_t *
documented(const char *heading)
{
    FILE *f = fopen("docs/events.md", "re");
    json_t *names = json_object();
    char line[4096];
    bool inside = false;

    assert_non_null(f); /* tests run in the root of the sources */
    while (fgets(line, sizeof(line), f) != NULL) {
        char name[64];
        if (strncmp(line, "## ", 3) == 0) {
            line[strcspn(line, "\n")] = '\0';
            inside = strcmp(line + 3, heading) == 0;
        } else if (inside && sscanf(line, "| `%63[a-z0-9_]` |", name) == 1) {
            assert_null(json_object_get(names, name));
            (void)json_object_set_new(names, name, json_true());
        }
    }
    (void)fclose(f);
    return names;
}

static void
assert_same_names(const json_t *documented_names, const json_t *emitted)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)documented_names, name, value)
    {
        if (json_object_get(emitted, name) == NULL) {
            fail_msg("docs/events.md has '%s', which nothing emits", name);
        }
    }
    json_object_foreach((json_t *)(uintptr_t)emitted, name, value)
    {
        if (json_object_get(documented_names, name) == NULL) {
            fail_msg("'%s' is not in docs/events.md", name);
        }
    }
}

/* Every event there is, with every field set; and one that tells of lost output. */
static void
tell_everything(struct stage *s)
{
    for (int type = 0; type < EVENT_TYPES; type++) {
        struct event e = stage_run(stage_hosts, 3);
        e.type = (enum event_type)type;
        e.host = "web-01";
        e.host_index = 0;
        e.slot = e.wave = e.waves = e.step = e.attempt = e.signal = 1;
        e.step_name = e.outcome = e.reason = e.text = e.log_dir = e.go_on = "x";
        e.list = type == EVENT_GATE           ? LIST_CHECKS
                 : type == EVENT_STEP_STARTED ? LIST_ROLLBACK
                                              : LIST_FINALLY;
        e.totals.rolled_back = e.totals.rollbacks_failed = 1;
        e.exit_code = 1;
        e.duration_ms = 1;
        e.data = "\xff";
        e.len = 1;
        stage_tell(s, e);
    }
    stage_tell(s, stage_output(0, STREAM_STDOUT, "x", 1));
}

static void
lose_output(struct stage *s)
{
    fill_queue(s, OUT_SOFT_BYTES_MAX);
    stage_tell(s, stage_output(0, STREAM_STDOUT, "lost", 4));
    stage_tell(s, stage_end(0, "ok", 0, NULL));
}

static void
test_the_document_names_what_is_emitted_and_nothing_else(void **state)
{
    json_t *events = json_object();
    json_t *fields = json_object();
    struct stage s;

    (void)state;
    stage_files(&s, &options);
    tell_everything(&s);
    lose_output(&s);
    json_t *list = objects(&s);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *key;
        json_t *value;
        (void)json_object_set_new(events, text_of(list, i, "type"), json_true());
        json_object_foreach(json_array_get(list, i), key, value)
        {
            (void)json_object_set_new(fields, key, json_true());
        }
    }
    json_decref(list);
    stage_close(&s);
    json_t *events_documented = documented("Events");
    json_t *fields_documented = documented("Fields");
    assert_true(json_object_size(events_documented) == EVENT_TYPES + 2);
    assert_same_names(events_documented, events);
    assert_same_names(fields_documented, fields);
    json_decref(events_documented);
    json_decref(fields_documented);
    json_decref(events);
    json_decref(fields);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_byte_comes_back_as_it_was),
        cmocka_unit_test(test_texts_that_are_no_utf8_are_escaped_and_stay_json),
        cmocka_unit_test(test_fields_that_do_not_apply_are_left_out),
        cmocka_unit_test(test_totals_hold_every_outcome_a_host_can_end_with),
        cmocka_unit_test(test_people_read_the_summary_on_stderr),
        cmocka_unit_test(test_no_host_and_ten_thousand),
        cmocka_unit_test(test_a_slow_reader_gets_every_event_but_output),
        cmocka_unit_test(test_a_full_queue_never_cuts_a_line),
        cmocka_unit_test(test_the_document_names_what_is_emitted_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
