/*
 * test_frame.c - frames on real shells, and the search for their first line.
 */
#include "ssh/frame.h"

#include "ssh/become.h"
#include "unit/ssh/shell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char nonce[] = "00112233445566778899aabbccddeeff";

static const char *
command(void)
{
    static struct buf text;

    buf_release(&text);
    buf_init(&text, BECOME_COMMAND_MAX);
    become_command(&text, &(struct become){0}, STEP_SCRIPT);
    return text.data;
}

static void
build(struct buf *out, const char *script)
{
    const struct frame_request r = {.nonce = nonce,
                                    .key = "1.2.3.h",
                                    .script = script,
                                    .script_len = strlen(script),
                                    .preflight = true};
    struct err err;

    buf_init(out, FRAME_MAX);
    assert_int_equal(frame_build(out, &r, &err), 0);
}

static void
run(int shell, const char *script, struct shell_result *r)
{
    struct buf frame;

    build(&frame, script);
    shell_run(shell, command(), frame.data, frame.len, r);
    buf_release(&frame);
}

#define HEADS "SUP1 00112233445566778899aabbccddeeff STARTED\n"

/* fault 29: on dash and on busybox ash, with builtins and cat alone */
static void
test_runs_a_script_and_gives_its_exit_code(void **state)
{
    static const struct {
        const char *script;
        const char *out;
        int code;
    } rows[] = {
        {"echo hi; exit 3", "hi\n", 3},
        {"echo \"it's '\\''$0'\"", "it's '\\''1.2.3.h'\n", 0},
        {"cat; echo \"[${S-unset}]\"", "[unset]\n", 0},
        {"kill -9 $$", "", 137},
        {"printf '%s' 'a\nb\\n'\n\n", "a\nb\\n", 0},
        {"if", NULL, -1},
        {"", "", 0},
    };
    static struct shell_result r;

    (void)state;
    for (int shell = 0; shell < SHELLS; shell++) {
        for (size_t i = 0; shell_here(shell) && i < sizeof(rows) / sizeof(rows[0]); i++) {
            run(shell, rows[i].script, &r);
            assert_memory_equal(r.out, HEADS HEADS, strlen(HEADS HEADS));
            if (rows[i].out == NULL) {
                assert_int_not_equal(WEXITSTATUS(r.status), 0);
                continue;
            }
            if (rows[i].code != 137) { /* some shells say Killed */
                assert_string_equal(r.out + strlen(HEADS HEADS), rows[i].out);
            }
            assert_int_equal(WEXITSTATUS(r.status), rows[i].code);
        }
    }
}

/* Without cat the script cannot be read: that must not look like an empty one that went well. */
/* fault 29: a shell that lacks what a frame needs */
static void
test_a_host_without_cat_fails_the_step(void **state)
{
    static struct shell_result r;
    struct buf frame;

    (void)state;
    build(&frame, "exit 0");
    shell_run(0, "PATH=/nonexistent; exec /bin/sh", frame.data, frame.len, &r);
    assert_int_equal(WEXITSTATUS(r.status), 127);
    assert_non_null(strstr(r.out, "cat"));
    buf_release(&frame);
}

/* fault 8: what arrives of a frame before a cut does not run */
static void
test_never_runs_a_frame_cut_at_any_byte(void **state)
{
    static struct shell_result r;
    struct buf frame;

    (void)state;
    build(&frame, "echo ran'' it\necho ran'' 'twice'\n");
    for (int shell = 0; shell < SHELLS; shell++) {
        /* The last byte is the newline after the closing brace. */
        for (size_t cut = 0; shell_here(shell) && cut < frame.len - 1; cut++) {
            shell_run(shell, command(), frame.data, cut, &r);
            if (strstr(r.out, "ran it") != NULL || strstr(r.out, "STARTED\n") != NULL) {
                fail_msg("%s ran a frame of %zu bytes cut at %zu: %s", shells[shell][0], frame.len,
                         cut, r.out);
            }
        }
    }
    buf_release(&frame);
}

static void
test_refuses_what_a_shell_cannot_be_given(void **state)
{
    static const struct {
        const char *key;
        const char *script;
        size_t len;
        const char *text;
    } rows[] = {
        {"k", "a\0b", 3, "script: a NUL byte cannot be sent to a shell"},
        {"k;reboot", "a", 1, "step key: expected 1 to 128 of A-Z a-z 0-9 . _ -"},
        {"", "a", 1, "step key: expected 1 to 128 of A-Z a-z 0-9 . _ -"},
        {"k", "a", FRAME_SCRIPT_MAX + 1, "script: 1048577 bytes, at most 1048576 are sent"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct frame_request r = {.nonce = nonce,
                                        .key = rows[i].key,
                                        .script = rows[i].script,
                                        .script_len = rows[i].len};
        struct buf out;
        struct err err;
        buf_init(&out, FRAME_MAX);
        assert_int_equal(frame_build(&out, &r, &err), -1);
        assert_string_equal(err.text, rows[i].text);
        buf_release(&out);
    }
}

static void
test_gives_a_new_nonce_each_time(void **state)
{
    char a[FRAME_NONCE_SIZE];
    char b[FRAME_NONCE_SIZE];

    (void)state;
    frame_nonce(a);
    frame_nonce(b);
    assert_int_equal(strlen(a), 32);
    assert_string_not_equal(a, b);
}

/* Each row is fed whole and byte by byte: the cut must not matter. */
/* fault 29: chatty rc files */
static void
test_finds_the_header_behind_noise(void **state)
{
    static const struct {
        const char *stream;
        const char *noise; /* NULL: no header */
        const char *output;
    } rows[] = {
        {HEADS "out\n", "", "out\n"},
        {"motd\nmore" HEADS "SUP1", "motd\nmore", "SUP1"},
        {"SUP1 00112233445566778899aabbccddeeff STARTED 1 2 3\nx", "", "x"},
        {"SUP1 00000000000000000000000000000000 STARTED\n" HEADS "x",
         "SUP1 00000000000000000000000000000000 STARTED\n", "x"},
        {"SUP1 00112233445566778899aabbccddeeff STARTEDX\n", NULL, NULL},
        {"SUP1 00112233445566778899aabbccddeeff STARTED", NULL, NULL},
        {"", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const size_t len = strlen(rows[i].stream);
        for (size_t step = 1; step <= len + 1; step++) {
            struct frame_head h;
            char output[64] = "";
            frame_head_init(&h, nonce);
            for (size_t at = 0; at < len; at += step) {
                const size_t part = len - at < step ? len - at : step;
                const size_t used = frame_head_feed(&h, rows[i].stream + at, part);
                (void)strncat(output, rows[i].stream + at + used, part - used);
            }
            assert_int_equal(h.seen, rows[i].noise != NULL);
            if (h.seen) {
                assert_string_equal(h.noise.data, rows[i].noise);
                assert_string_equal(output, rows[i].output);
            }
            frame_head_release(&h);
        }
    }
}

/* fault 29: an rc file that never ends */
static void
test_gives_up_after_64_kb_of_noise(void **state)
{
    static char noise[FRAME_NOISE_MAX + 1];
    struct frame_head h;

    (void)state;
    memset(noise, 'x', sizeof(noise));
    frame_head_init(&h, nonce);
    assert_int_equal(frame_head_feed(&h, noise, sizeof(noise)), 0);
    assert_true(h.lost);
    assert_int_equal(frame_head_feed(&h, HEADS, strlen(HEADS)), 0);
    assert_false(h.seen);
    frame_head_release(&h);
}

/* ---------------------------------------------------------------- guards */

#define SKIPPED "SUP1 00112233445566778899aabbccddeeff SKIPPED\n"

static void
test_a_guard_that_says_so_skips_the_script(void **state)
{
    static const struct {
        const char *guard;
        const char *out; /* behind the headers */
        int code;
    } rows[] = {
        {"true", SKIPPED, 0},
        {"false", "ran\n", 3},
        {"", SKIPPED, 0},
        {"exit 1", "ran\n", 3},
        {"echo loud; echo louder >&2; false", "ran\n", 3},
        {"cat; [ -z \"$(cat)\" ]", SKIPPED, 0},
        {"test \"it's\" = \"it'\"s\n", SKIPPED, 0},
        {"kill -9 $$", "ran\n", 3},
        {"if", "ran\n", 3}, /* no guard that can be read: the step is not passed over */
    };
    static struct shell_result r;

    (void)state;
    for (int shell = 0; shell < SHELLS; shell++) {
        for (size_t i = 0; shell_here(shell) && i < sizeof(rows) / sizeof(rows[0]); i++) {
            const struct frame_request q = {.nonce = nonce,
                                            .key = "k",
                                            .script = "echo ran; exit 3",
                                            .script_len = 16,
                                            .guard = rows[i].guard,
                                            .guard_len = strlen(rows[i].guard)};
            struct buf frame;
            struct err err;
            buf_init(&frame, FRAME_MAX);
            assert_int_equal(frame_build(&frame, &q, &err), 0);
            shell_run(shell, command(), frame.data, frame.len, &r);
            const char *rest = strstr(r.out, rows[i].out);
            if (rest == NULL || strcmp(rest, rows[i].out) != 0 || strstr(r.out, "loud") != NULL) {
                fail_msg("%s, guard '%s': %s", shells[shell][0], rows[i].guard, r.out);
            }
            assert_int_equal(WEXITSTATUS(r.status), rows[i].code);
            buf_release(&frame);
        }
    }
}

static void
test_the_line_of_a_guard_is_found_however_it_is_cut(void **state)
{
    static const struct {
        const char *bytes;
        bool seen;
        size_t matched; /* what was output after all */
    } rows[] = {
        {SKIPPED, true, sizeof(SKIPPED) - 1},
        {"SUP1 00112233445566778899aabbccddeeff SKIPPED \n", false, sizeof(SKIPPED) - 2},
        {"SUP1 x", false, 5},
        {"hello", false, 0},
        {"SSUP1", false, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const size_t len = strlen(rows[i].bytes);
        for (size_t cut = 0; cut <= len; cut++) {
            struct frame_skip k;
            frame_skip_init(&k, nonce);
            size_t used = frame_skip_feed(&k, rows[i].bytes, cut);
            used += frame_skip_feed(&k, rows[i].bytes + used, len - used);
            assert_int_equal(k.seen, rows[i].seen);
            assert_int_equal(k.over, !rows[i].seen);
            assert_int_equal(k.matched, rows[i].matched);
            assert_int_equal(used, rows[i].matched);
        }
    }
    struct frame_skip none = {0}; /* no guard: the line is output like any other */
    assert_int_equal(frame_skip_feed(&none, SKIPPED, 10), 0);
    assert_true(none.over);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_a_script_and_gives_its_exit_code),
        cmocka_unit_test(test_a_host_without_cat_fails_the_step),
        cmocka_unit_test(test_never_runs_a_frame_cut_at_any_byte),
        cmocka_unit_test(test_refuses_what_a_shell_cannot_be_given),
        cmocka_unit_test(test_gives_a_new_nonce_each_time),
        cmocka_unit_test(test_finds_the_header_behind_noise),
        cmocka_unit_test(test_gives_up_after_64_kb_of_noise),
        cmocka_unit_test(test_a_guard_that_says_so_skips_the_script),
        cmocka_unit_test(test_the_line_of_a_guard_is_found_however_it_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
