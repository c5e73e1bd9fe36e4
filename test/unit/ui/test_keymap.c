/*
 * test_keymap.c - the table of keys holds together: no key twice, no act without help, the keys of
 * the guide.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ui/keymap.h"

#include <stdlib.h>
#include <string.h>

static bool
are_one_key(const struct key *a, const struct key *b)
{
    return keymap_is(a, b) || keymap_is(b, a);
}

static void
test_no_key_means_two_things_at_one_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < keymap_count; i++) {
        for (size_t k = i + 1; k < keymap_count; k++) {
            char name[16];
            if ((keymap[i].where & keymap[k].where) == 0 ||
                !are_one_key(&keymap[i].key, &keymap[k].key)) {
                continue;
            }
            key_name(&keymap[i].key, name);
            fail_msg("%s means acts %d and %d at 0x%x", name, (int)keymap[i].act,
                     (int)keymap[k].act, keymap[i].where & keymap[k].where);
        }
    }
}

static void
test_no_word_means_two_things_at_one_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < keymap_count; i++) {
        for (size_t k = i + 1; k < keymap_count; k++) {
            if ((keymap[i].where & keymap[k].where) != 0 && keymap[i].word != NULL &&
                keymap[k].word != NULL && strcmp(keymap[i].word, keymap[k].word) == 0) {
                fail_msg(":%s means acts %d and %d", keymap[i].word, (int)keymap[i].act,
                         (int)keymap[k].act);
            }
        }
    }
}

/* A row without help stands behind one of the same act that has it, at each of its places. */
static bool
has_help(size_t row, unsigned place)
{
    for (size_t i = 0; i < keymap_count; i++) {
        if (keymap[i].act == keymap[row].act && (keymap[i].where & place) != 0 &&
            keymap[i].help != NULL) {
            return true;
        }
    }
    return false;
}

static void
test_every_row_is_at_a_place_and_has_help_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < keymap_count; i++) {
        const struct binding *b = &keymap[i];
        assert_true(b->where != 0 && (b->where & ~(unsigned)AT_ALL) == 0);
        assert_true(b->act > ACT_NONE && (int)b->act < ACTS);
        assert_true(b->key.code != KEYC_NONE || b->word != NULL);
        for (unsigned place = 1; place < AT_ALL; place <<= 1) {
            if ((b->where & place) != 0 && !has_help(i, place)) {
                fail_msg("row %zu, act %d: no help at 0x%x", i, (int)b->act, place);
            }
        }
        if (b->help != NULL) {
            assert_true(b->help[strlen(b->help) - 1] == '.');
        }
        assert_true(b->hint == NULL || strlen(b->hint) <= 12);
        assert_true(b->word == NULL || strlen(b->word) <= 12);
    }
}

static void
test_every_act_can_be_reached(void **state)
{
    (void)state;
    for (int act = ACT_NONE + 1; act < ACTS; act++) {
        bool found = false;
        for (size_t i = 0; i < keymap_count; i++) {
            found = found || (int)keymap[i].act == act;
        }
        if (!found) {
            fail_msg("act %d is of no row", act);
        }
    }
}

/* What the guide names, and where. */
static const struct {
    enum where at;
    struct key key;
    enum act act;
} guide[] = {
    {AT_SERVERS, {.code = KEYC_UP}, ACT_UP},
    {AT_SERVERS, {.code = KEYC_DOWN}, ACT_DOWN},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 'k'}, ACT_UP},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 'j'}, ACT_DOWN},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = ' '}, ACT_MARK},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 'a'}, ACT_MARK_ALL},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 'v'}, ACT_CHECK},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 'p'}, ACT_PROVISION},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 'd'}, ACT_DEPLOY},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 'l'}, ACT_LOGS},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 'r'}, ACT_REFRESH},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 's'}, ACT_START_STOP},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 'x'}, ACT_CLEAR_QUEUE},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 't'}, ACT_TEST},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 'T'}, ACT_TEST_MARKED},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 'o'}, ACT_BROWSE},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = '/'}, ACT_FILTER},
    {AT_SERVERS, {.code = KEYC_PAGE_UP}, ACT_PAGE_UP},
    {AT_SERVERS, {.code = KEYC_PAGE_DOWN}, ACT_PAGE_DOWN},
    {AT_SERVERS, {.code = KEYC_ENTER}, ACT_ENTER},
    {AT_SERVERS, {.code = KEYC_ESC}, ACT_BACK},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = 'q'}, ACT_QUIT},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = '?'}, ACT_HELP},
    {AT_SERVERS, {.code = KEYC_CHAR, .ch = ':'}, ACT_COMMAND},
    {AT_RUN, {.code = KEYC_CHAR, .ch = 'p'}, ACT_PAUSE},
    {AT_RUN, {.code = KEYC_CHAR, .ch = 'c'}, ACT_CONTINUE},
    {AT_RUN, {.code = KEYC_CHAR, .ch = '+'}, ACT_MORE_WORKERS},
    {AT_RUN, {.code = KEYC_CHAR, .ch = '-'}, ACT_FEWER_WORKERS},
    {AT_TEXT, {.code = KEYC_CHAR, .ch = 'q'}, ACT_BACK},
    {AT_LOG, {.code = KEYC_CHAR, .ch = '/'}, ACT_SEARCH},
    {AT_ASK, {.code = KEYC_CHAR, .ch = 'c', .ctrl = true}, ACT_INTERRUPT},
    {AT_FORM, {.code = KEYC_CHAR, .ch = 'z', .ctrl = true}, ACT_SUSPEND},
};

static void
test_the_keys_of_the_guide_are_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(guide) / sizeof(guide[0]); i++) {
        const struct binding *b = keymap_find(guide[i].at, &guide[i].key);
        assert_non_null(b);
        assert_int_equal(b->act, guide[i].act);
    }
}

static void
test_what_is_pasted_or_held_with_another_key_is_no_command(void **state)
{
    (void)state;
    assert_null(
        keymap_find(AT_SERVERS, &(struct key){.code = KEYC_CHAR, .ch = 'd', .pasted = true}));
    assert_null(keymap_find(AT_SERVERS, &(struct key){.code = KEYC_CHAR, .ch = 'd', .alt = true}));
    assert_null(keymap_find(AT_SERVERS, &(struct key){.code = KEYC_CHAR, .ch = 'd', .ctrl = true}));
    assert_null(keymap_find(AT_SERVERS, &(struct key){.code = KEYC_UP, .shift = true}));
    assert_null(keymap_find(AT_SERVERS, &(struct key){.code = KEYC_NONE}));
    assert_null(keymap_find(AT_FORM, &(struct key){.code = KEYC_CHAR, .ch = 'q'}));
    assert_non_null(keymap_find(AT_SERVERS, &(struct key){.code = KEYC_CHAR, .ch = 'D'}));
}

static const struct {
    enum where at;
    const char *word;
    enum act act; /* NONE: it means nothing, or several */
} words[] = {
    {AT_SERVERS, "deploy", ACT_DEPLOY},
    {AT_SERVERS, "dep", ACT_DEPLOY},
    {AT_SERVERS, "de", ACT_NONE}, /* delete, too */
    {AT_SERVERS, "delete", ACT_DELETE},
    {AT_SERVERS, "test", ACT_TEST}, /* testall begins so */
    {AT_SERVERS, "testa", ACT_TEST_MARKED},
    {AT_SERVERS, "pause", ACT_NONE},
    {AT_RUN, "pau", ACT_PAUSE},
    {AT_ENVS, "q", ACT_QUIT},
    {AT_ENVS, "", ACT_NONE},
    {AT_ENVS, "deploys", ACT_NONE},
    {AT_RUN, "workers", ACT_MORE_WORKERS},
};

static void
test_a_word_may_be_cut_to_a_beginning_that_is_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const struct binding *b = keymap_word(words[i].at, words[i].word);
        if ((b == NULL ? ACT_NONE : b->act) != words[i].act) {
            fail_msg(":%s is act %d", words[i].word, b == NULL ? 0 : (int)b->act);
        }
    }
}

static void
test_words_are_those_of_the_place(void **state)
{
    const char *list[100];
    const size_t count = keymap_words(AT_ENVS, list, 100);
    bool opens = false;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        opens = opens || strcmp(list[i], "new") == 0;
        assert_string_not_equal(list[i], "deploy");
    }
    assert_true(opens);
    assert_int_equal(keymap_words(AT_ENVS, list, 2), 2);
}

static void
test_help_tells_each_act_once_with_all_of_its_keys(void **state)
{
    struct buf out;

    (void)state;
    for (unsigned place = 1; place < AT_ALL; place <<= 1) {
        buf_init(&out, 64 * 1024);
        keymap_help((enum where)place, &out);
        assert_false(out.full);
        assert_non_null(strstr(out.data, "Ctrl-C"));
        for (const char *p = out.data; *p != '\0';) {
            const size_t len = strcspn(p, "\n");
            assert_true(len <= 78); /* it fits into 80 columns */
            p += len + (p[len] == '\n');
        }
        buf_release(&out);
    }
    buf_init(&out, 64 * 1024);
    keymap_help(AT_SERVERS, &out);
    assert_non_null(strstr(out.data, "\n  d              :deploy       Deploy to the marked"));
    assert_non_null(strstr(out.data, "\n  Up, k                        Up.\n"));
    assert_null(strstr(out.data, "Start no further host until")); /* of a run */
    const char *quit = strstr(out.data, ":quit");
    assert_non_null(quit);
    assert_null(strstr(quit + 1, ":quit"));
    buf_release(&out);
}

static void
test_every_place_has_a_name(void **state)
{
    (void)state;
    for (unsigned place = 1; place < AT_ALL; place <<= 1) {
        assert_string_not_equal(where_name((enum where)place), "everywhere");
    }
    assert_string_equal(where_name(AT_ALL), "everywhere");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_key_means_two_things_at_one_place),
        cmocka_unit_test(test_no_word_means_two_things_at_one_place),
        cmocka_unit_test(test_every_row_is_at_a_place_and_has_help_there),
        cmocka_unit_test(test_every_act_can_be_reached),
        cmocka_unit_test(test_the_keys_of_the_guide_are_there),
        cmocka_unit_test(test_what_is_pasted_or_held_with_another_key_is_no_command),
        cmocka_unit_test(test_a_word_may_be_cut_to_a_beginning_that_is_unique),
        cmocka_unit_test(test_words_are_those_of_the_place),
        cmocka_unit_test(test_help_tells_each_act_once_with_all_of_its_keys),
        cmocka_unit_test(test_every_place_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
