/*
 * test_hostile.c - whatever hosts say, as output, reason or name of a step, no harmful byte reaches
 * a terminal, plain or grouped; the path is the real one, to a pty.
 */
#include "unit/base/hostile.h"
#include "unit/ui/stage.h"

static void
assert_harmless(struct stage *s)
{
    const char *text = stage_text(s, 0);
    const size_t len = strlen(text); /* a NUL would hide the rest, so the end is looked for */
    const size_t at = hostile_find(text, len);

    if (at < len) {
        fail_msg("byte %02x at %zu: ...%.40s", (unsigned char)text[at], at,
                 text + (at > 20 ? at - 20 : 0));
    }
    if (len > 0) {
        assert_int_equal(text[len - 1], '\n');
    }
}

/* As NUL-terminated texts they end at a NUL; as output they do not. */
static void
tell(struct stage *s, const char *bytes, size_t len)
{
    char text[HOSTILE_BYTES_MAX + 1] = "";
    struct event e = stage_step(EVENT_STEP_FINISHED, 1, "failed", 1);

    memcpy(text, bytes, len);
    stage_tell(s, stage_output(0, STREAM_STDOUT, bytes, len));
    stage_tell(s, stage_output(1, STREAM_STDERR, bytes, len));
    e.reason = text;
    e.step_name = text;
    stage_tell(s, e);
    e = event_make(EVENT_WARNING, 1000);
    e.text = text;
    stage_tell(s, e);
    stage_tell(s, stage_end(1, "failed", 1, text));
}

static void
test_no_harmful_byte_reaches_a_terminal(void **state)
{
    static const struct sink_options styles[] = {
        {.style = SINK_PLAIN, .exec = true, .tail = 10},
        {.style = SINK_PLAIN, .verbose = 1, .tail = 10},
        {.style = SINK_PLAIN, .tail = 10}, /* the end of what a failed step said */
        {.style = SINK_GROUP, .exec = true, .tail = 10},
    };
    const long strings = hostile_strings();

    (void)state;
    for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
        struct prng p = {.state = 7 + i};
        struct stage s;
        char bytes[HOSTILE_BYTES_MAX];
        stage_terminal(&s, &styles[i], 200, 50);
        stage_tell(&s, stage_run(stage_hosts, 3));
        for (int c = 0; c < 256; c++) {
            bytes[0] = (char)c;
            tell(&s, bytes, 1);
        }
        for (long n = 0; n < strings; n++) {
            tell(&s, bytes, hostile_string(&p, bytes));
            if (n % 100 == 0) {
                stage_tell(&s, stage_output(0, STREAM_STDOUT, "\n", 1));
                assert_harmless(&s);
            }
        }
        struct event e = event_make(EVENT_RUN_FINISHED, 1000);
        e.exit_code = 2;
        stage_tell(&s, e);
        assert_harmless(&s);
        stage_close(&s);
    }
}

/* Else the test above shows nothing. */
static void
test_the_judge_finds_each_kind_of_harm(void **state)
{
    static const char *const harmful[] = {
        "\x1b",
        "\a",
        "\r",
        "\x7f",
        "\x9b",
        "\xc2\x9b",
        "\xe2\x80\xae",
        "\xe2\x81\xa6",
        "\xd8\x9c",
        "\xed\xa0\x80",
        "\xc0\x8a",
        "\xe2\x80",
        "\xf3\xa0\x80\x81",
        "\xf4\x90\x80\x80",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
        char text[32];
        const int len = snprintf(text, sizeof(text), "ab%s", harmful[i]);
        assert_int_equal(hostile_find(text, (size_t)len), 2);
    }
    assert_int_equal(hostile_find("a\0b", 3), 1);
    assert_int_equal(hostile_find("a\tb\n\xc3\xa9\xf0\x9f\x98\x80", 10), 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_judge_finds_each_kind_of_harm),
        cmocka_unit_test(test_no_harmful_byte_reaches_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
