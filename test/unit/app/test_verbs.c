/*
 * test_verbs.c - lines of the control socket: what is taken, and what is said of the others.
 */
#include "app/verbs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void
test_every_verb_is_read_with_what_stands_behind_it(void **state)
{
    static const struct {
        const char *line;
        enum ask ask;
        enum verb verb;
        const char *host;
        int32_t number;
    } rows[] = {
        {"status", ASK_STATUS, VERB_PAUSE, NULL, 0},
        {"watch", ASK_WATCH, VERB_PAUSE, NULL, 0},
        {"pause", ASK_VERB, VERB_PAUSE, NULL, 0},
        {"continue", ASK_VERB, VERB_CONTINUE, NULL, 0},
        {"promote", ASK_VERB, VERB_PROMOTE, NULL, 0},
        {"abort", ASK_VERB, VERB_ABORT, NULL, 0},
        {"kill", ASK_VERB, VERB_KILL, NULL, 0},
        {"rollback", ASK_VERB, VERB_ROLLBACK, NULL, 0},
        {"skip web-01", ASK_VERB, VERB_SKIP, "web-01", 0},
        {"retry a host of two words", ASK_VERB, VERB_RETRY, "a host of two words", 0},
        {"workers 0", ASK_VERB, VERB_WORKERS, NULL, 0},
        {"workers 10000", ASK_VERB, VERB_WORKERS, NULL, 10000},
        {"workers 007", ASK_VERB, VERB_WORKERS, NULL, 7},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct asked_verb a = {0};
        struct err err = {0};
        assert_int_equal(verbs_read(rows[i].line, strlen(rows[i].line), &a, &err), 0);
        assert_int_equal(a.ask, rows[i].ask);
        assert_int_equal(a.verb, rows[i].verb);
        assert_int_equal(a.number, rows[i].number);
        if (rows[i].host == NULL) {
            assert_null(a.host);
        } else {
            assert_string_equal(a.host, rows[i].host);
        }
    }
}

static void
test_what_is_no_verb_is_told_with_what_was_meant(void **state)
{
    static const char workers[] = "workers: expected a number from 0 to 10000";
    static const struct {
        const char *line, *text;
    } rows[] = {
        {"", "there is no verb ''"},
        {" pause", "there is no verb ''"},
        {"pasue", "there is no verb 'pasue'; did you mean pause?"},
        {"PAUSE", "there is no verb 'PAUSE'"},
        {"pause now", "nothing stands behind pause"},
        {"pause ", "nothing stands behind pause"},
        {"status all", "nothing stands behind status"},
        {"skip", "skip needs the name of a host"},
        {"skip ", "skip needs the name of a host"},
        {"retry", "retry needs the name of a host"},
        {"workers", workers},
        {"workers ", workers},
        {"workers 10001", workers},
        {"workers 100000000000000000000", workers},
        {"workers -1", workers},
        {"workers 1 2", workers},
        {"workers 1x", workers},
        {"a-word-that-is-longer-than-any-verb", "there is no verb "
                                                "'a-word-that-is-longer-than-any-verb'"},
        {"pause\r", "a line of text was expected"},
        {"skip a\tb", "a line of text was expected"},
        {"skip \x7f", "a line of text was expected"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct asked_verb a = {.number = -7};
        struct err err = {0};
        assert_int_equal(verbs_read(rows[i].line, strlen(rows[i].line), &a, &err), -1);
        assert_int_equal(err.kind, ERR_USAGE);
        assert_string_equal(err.text, rows[i].text);
        assert_int_equal(a.number, -7); /* nothing was taken */
    }
}

static void
test_a_line_with_a_nul_is_none(void **state)
{
    struct asked_verb a;
    struct err err = {0};

    (void)state;
    assert_int_equal(verbs_read("pause\0x", 7, &a, &err), -1);
    assert_string_equal(err.text, "a line of text was expected");
}

static void
test_bytes_of_a_wrong_word_are_escaped_and_cut(void **state)
{
    struct asked_verb a;
    struct err err = {0};
    char line[4097];

    (void)state;
    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    line[1] = '\x9b';
    assert_int_equal(verbs_read(line, strlen(line), &a, &err), -1);
    assert_non_null(strstr(err.text, "'x\\x9bxxx"));
    assert_true(strlen(err.text) < 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_verb_is_read_with_what_stands_behind_it),
        cmocka_unit_test(test_what_is_no_verb_is_told_with_what_was_meant),
        cmocka_unit_test(test_a_line_with_a_nul_is_none),
        cmocka_unit_test(test_bytes_of_a_wrong_word_are_escaped_and_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
