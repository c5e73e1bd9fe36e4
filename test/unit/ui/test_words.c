/*
 * test_words.c - what a filter lets through, and where a searched text is found.
 */
#include "ui/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void
test_a_filter_lets_through_what_has_all_words(void **state)
{
    static const struct {
        const char *filter;
        bool not ;
        const char *text;
        bool fits;
    } rows[] = {
        {"", false, "anything", true},
        {NULL, true, "anything", true},
        {"   ", false, "anything", true},
        {"\"\"", false, "anything", true},
        {"web", false, "deploy WEB-01", true},
        {"Web", false, "deploy WEB-01", false},
        {"WEB", false, "deploy WEB-01", true},
        {"web deploy", false, "deploy web-01", true},
        {"web check", false, "deploy web-01", false},
        {"web", true, "deploy web-01", false},
        {"web db", true, "deploy db-01", false},
        {"web db", true, "deploy app-01", true},
        {"web-1", false, "deploy web-11", true},
        {"\"web-1\"", false, "deploy web-11", false},
        {"\"web-1\"", false, "deploy web-1", true},
        {"\"web-1\"", false, "web-1: failed", true},
        {"\"web-1\"", false, "web-1.", true},
        {"\"web-1\"", false, "web-1.example.org", false},
        {"\"web-1\"", false, "my-web-1", false},
        {"\"web-1\"", false, "web-1-b", false},
        {"\"web-1\"", false, "web-11 then web-1", true},
        {"\"web-1\"", false, "(web-1)", true},
        {"\"web-1\"", false, "web-1\xc3\xa9", false},
        {"\"Worker 3\"", false, "[ORCHESTRATOR] Worker 3 started", true},
        {"\"Worker 3\"", false, "[ORCHESTRATOR] Worker 31 started", false},
        {"\"Worker 3\"", true, "[ORCHESTRATOR] Worker 31 started", true},
        {"\"Worker 3\" ok", false, "Worker 3 completed: deploy for x in 1.0s ok", true},
        {"\"unclosed", false, "an unclosed one", true},
        {"longer than the text", false, "short", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct words w = {0};
        words_set(&w, rows[i].filter, rows[i].not );
        if (words_fit(&w, rows[i].text, strlen(rows[i].text)) != rows[i].fits)
            fail_msg("row %zu: filter %s, text %s", i, rows[i].filter, rows[i].text);
        words_release(&w);
    }
}

static void
test_a_filter_is_shown_as_it_was_typed(void **state)
{
    struct words w = {0};

    (void)state;
    assert_string_equal(words_shown(&w), "");
    words_set(&w, "\"web-1\" ok", false);
    assert_string_equal(words_shown(&w), "\"web-1\" ok");
    words_set(&w, "ok", true);
    assert_string_equal(words_shown(&w), "!ok");
    words_set(&w, words_shown(&w), false); /* its own text */
    assert_string_equal(words_shown(&w), "!ok");
    words_set(&w, " ", true);
    assert_string_equal(words_shown(&w), "");
    words_release(&w);
}

static void
test_a_searched_text_may_have_spaces(void **state)
{
    static const char text[] = "one two\0One two";
    struct word w = {0};
    size_t at = 77;

    (void)state;
    assert_false(word_find(&w, text, sizeof(text) - 1, 0, &at));
    word_set(&w, "e t");
    assert_true(word_find(&w, text, sizeof(text) - 1, 0, &at));
    assert_int_equal(at, 2);
    assert_true(word_find(&w, text, sizeof(text) - 1, 3, &at));
    assert_int_equal(at, 10);
    assert_false(word_find(&w, text, sizeof(text) - 1, 11, &at));
    assert_false(word_find(&w, text, sizeof(text) - 1, 1000, &at));
    word_set(&w, "One");
    assert_true(word_find(&w, text, sizeof(text) - 1, 0, &at));
    assert_int_equal(at, 8);
    word_set(&w, "");
    assert_false(word_find(&w, text, sizeof(text) - 1, 0, &at));
    word_release(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_filter_lets_through_what_has_all_words),
        cmocka_unit_test(test_a_filter_is_shown_as_it_was_typed),
        cmocka_unit_test(test_a_searched_text_may_have_spaces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
