/*
 * test_tags.c - tag filters mean what Ansible means, case by case and against its own words.
 */
#include "core/tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { LIST_MAX = 4 };

/* Lists are words parted by one blank. */
struct list {
    char text[64];
    const char *items[LIST_MAX];
    size_t count;
};

static void
list_init(struct list *l, const char *words)
{
    char *next = NULL;

    l->count = 0;
    assert_true(strlen(words) < sizeof(l->text));
    (void)strcpy(l->text, words);
    for (char *w = strtok_r(l->text, " ", &next); w != NULL; w = strtok_r(NULL, " ", &next)) {
        assert_true(l->count < LIST_MAX);
        l->items[l->count++] = w;
    }
}

static bool
selects(const char *tags, const char *filter, const char *skip)
{
    struct list t, f, s;

    list_init(&t, tags);
    list_init(&f, filter);
    list_init(&s, skip);
    return tags_select(t.items, t.count, f.items, f.count, s.items, s.count);
}

static void
test_a_filter_selects_what_its_table_says(void **state)
{
    static const struct {
        const char *tags, *filter, *skip;
        bool want;
    } cases[] = {
        {"", "", "", true},
        {"a", "", "", true},
        {"never", "", "", false},
        {"never a", "", "", false},
        {"always never", "", "", true},
        {"", "a", "", false},
        {"a b", "b c", "", true},
        {"a", "A", "", false},
        {"a", "ab", "", false},
        {"always", "a", "", true},
        {"never", "a", "", false},
        {"never", "never", "", true},
        {"never a", "a", "", true},
        {"never", "all", "", false},
        {"", "all", "", true},
        {"a", "all b", "", true},
        {"", "tagged", "", false},
        {"a", "tagged", "", true},
        {"never", "tagged", "", false},
        {"never a", "tagged a", "", true},
        {"", "untagged", "", true},
        {"a", "untagged", "", false},
        {"always", "untagged", "", true},
        {"never", "untagged", "", false},
        {"", "tagged untagged", "", true},
        {"a", "tagged untagged", "", true},
        {"", "untagged tagged", "", true},
        {"a", "", "a", false},
        {"a", "a", "a", false},
        {"a b", "a", "b", false},
        {"always", "", "a", true},
        {"always", "", "always", false},
        {"always a", "", "a", false},
        {"a", "", "all", false},
        {"", "", "all", false},
        {"always", "", "all", true},
        {"always", "", "all always", false},
        {"a", "", "tagged", false},
        {"", "", "tagged", true},
        {"", "", "untagged", false},
        {"a", "", "untagged", true},
        {"", "", "tagged untagged", false},
        {"a", "", "tagged untagged", false},
        {"never", "never", "never", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (selects(cases[i].tags, cases[i].filter, cases[i].skip) != cases[i].want) {
            fail_msg("tags [%s] filter [%s] skip [%s]: not %d", cases[i].tags, cases[i].filter,
                     cases[i].skip, (int)cases[i].want);
        }
    }
}

/* ---- ansible/playbook/taggable.py over bit sets: an untagged step has the tag `untagged` alone */

enum { A = 1, B = 2, ALWAYS = 4, NEVER = 8, ALL = 16, TAGGED = 32, UNTAGGED = 64 };

static bool
ansible(unsigned tags, unsigned only, unsigned skip)
{
    const bool none = tags == 0;
    bool run = false;

    tags = none ? UNTAGGED : tags;
    only = only == 0 ? ALL : only;
    run = (tags & ALWAYS) != 0 || ((only & ALL) != 0 && (tags & NEVER) == 0) ||
          (tags & only) != 0 || ((only & TAGGED) != 0 && !none && (tags & NEVER) == 0);
    if ((skip & ALL) != 0) {
        return run && (tags & ALWAYS) != 0 && (skip & ALWAYS) == 0;
    }
    return run && (tags & skip) == 0 && !((skip & TAGGED) != 0 && !none);
}

static size_t
words_of(unsigned bits, const char **ret_words)
{
    static const char *const words[] = {"a", "b", "always", "never", "all", "tagged", "untagged"};
    size_t count = 0;

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if ((bits & 1U << i) != 0) {
            ret_words[count++] = words[i];
        }
    }
    return count;
}

/* Every set of tags with every filter and every skip.  One difference is meant: a step that shares
 * a tag with skip does not run, also beside `all`. */
static void
test_agrees_with_ansible_on_every_combination(void **state)
{
    const char *tag[7], *only[7], *skip[7];

    (void)state;
    for (unsigned t = 0; t < 16; t++) {
        const size_t tags = words_of(t, tag);
        for (unsigned o = 0; o < 128; o++) {
            const size_t onlys = words_of(o, only);
            for (unsigned s = 0; s < 128; s++) {
                const size_t skips = words_of(s, skip);
                const bool want = ansible(t, o, s) && (t & s) == 0;
                assert_int_equal(tags_select(tag, tags, only, onlys, skip, skips), want);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_filter_selects_what_its_table_says),
        cmocka_unit_test(test_agrees_with_ansible_on_every_combination),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
