/*
 * test_glob.c - wildcards mean what Python's fnmatch takes them for.
 */
#include "base/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *glob, *yes, *no; /* words with a space between */
};

static void
matches(const char *glob, const char *words, bool expected)
{
    struct glob *g = glob_new(glob);
    char *copy = strdup(words);
    char *rest = NULL;

    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (glob_match(g, word) != expected) {
            fail_msg("%s %s %s", glob, expected ? "does not match" : "matches", word);
        }
    }
    free(copy);
    glob_free(g);
}

static void
test_stars_and_question_marks(void **state)
{
    static const struct row rows[] = {
        {"web", "web", "Web webx xweb we"},
        {"*", "a ab .a", ""},
        {"**", "a ab", ""},
        {"?", "a", "ab"},
        {"?*", "a ab", ""},
        {"*?", "a ab", ""},
        {"w*b", "wb web wbb wb-b", "w wbx bw"},
        {"*b*b", "bb abxb bbb", "b ab ba"},
        {"*ab*ab", "abab xabxab ababab", "ab aba abba"},
        {"*a?c*", "abc xaxcx aac", "ac abbc"},
        {"a*a*a*a*b", "aaaab aaaaaaaab", "aaab aaaaaaaa"},
        {"?", "\xc3\xa9 \xff", "\xc3\xa9\xc3\xa9"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        matches(rows[i].glob, rows[i].yes, true);
        matches(rows[i].glob, rows[i].no, false);
    }
}

/* Each answer is fnmatch.fnmatchcase's of Python 3.11. */
static void
test_brackets_with_their_oddities(void **state)
{
    static const struct row rows[] = {
        {"[ab]", "a b", "c ab"},
        {"[!ab]", "c !", "a b"},
        {"[^a]", "^ a", "b"},
        {"[a-c]", "a b c", "d -"},
        {"[c-a]", "", "a b c -"}, /* nothing is left */
        {"[!c-a]", "a c !", ""},  /* anything */
        {"[a-]", "a -", "b"},
        {"[-a]", "a -", "b"},
        {"[!-a]", "b", "- a"},
        {"[]a]", "] a", "b []a]"},
        {"[!]a]", "b", "] a"},
        {"[]-a]", "] ^ _ ` a", "b ["},
        {"[]", "[]", "[ ]"},
        {"[!]", "[!]", "! ["},
        {"[", "[", "a"},
        {"a[b", "a[b", "ab"},
        {"[[]", "[", "a"},
        {"[a-c-e]", "a b c - e", "d"},
        {"[a-cx-z]", "a c x z", "d w -"},
        {"[--0]", "- . / 0", "1"},
        {"[z-a!x]", "a z !", "x"}, /* the range falls out, and what is left is negated */
        {"[z-a!-~]", "b x", "- ~"},
        {"[b-az]", "z", "a b"},
        {"[\\]", "\\", "a"},
        {"[a&&b]", "a b &", "c"},
        {"[[:alpha:]]", ":] a] [] l]", "b] :"},
        {"[\xc3\xa0-\xc3\xbc]", "\xc3\xa9", "e \xc3\xbf"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        matches(rows[i].glob, rows[i].yes, true);
        matches(rows[i].glob, rows[i].no, false);
    }
}

static void
test_an_empty_glob_matches_an_empty_name_only(void **state)
{
    struct glob *g = glob_new("");

    (void)state;
    assert_true(glob_match(g, ""));
    assert_false(glob_match(g, "a"));
    glob_free(g);
    glob_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stars_and_question_marks),
        cmocka_unit_test(test_brackets_with_their_oddities),
        cmocka_unit_test(test_an_empty_glob_matches_an_empty_name_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
