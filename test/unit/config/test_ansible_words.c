/*
 * test_ansible_words.c - words of playbooks are known, and told apart by whether they say what is
 * done.
 */
#include "config/ansible_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_a_word_of_a_playbook_has_a_hint(void **state)
{
    static const struct {
        const char *word;
        const char *hint; /* a part of it */
        bool verb;
    } rows[] = {
        {"shell", "run:", true},
        {"ansible.builtin.shell", "run:", true},
        {"community.docker.docker_container", "no modules", true},
        {"copy", "upload", true},
        {"loop", "shell", false},
        {"hosts", "-l", false},
        {"serial", "config.yml", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool verb = false;
        const char *hint = ansible_words_hint(rows[i].word, &verb);
        assert_non_null(hint);
        assert_non_null(strstr(hint, rows[i].hint));
        assert_int_equal(verb, rows[i].verb);
    }
}

static void
test_another_word_has_none(void **state)
{
    static const char *const words[] = {"", "run", "shel", "SHELL", "a.b", "ansible.builtin."};

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        bool verb = false;
        assert_null(ansible_words_hint(words[i], &verb));
        assert_false(verb);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_of_a_playbook_has_a_hint),
        cmocka_unit_test(test_another_word_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
