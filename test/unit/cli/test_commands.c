/*
 * test_commands.c - the table of commands, against what was promised.
 */
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* Every command of the interface, and whether it is there. */
static const struct {
    const char *name;
    bool built;
} promised[] = {
    {"provision", true},   {"deploy", true},    {"update", true},   {"rollback", true},
    {"check", true},       {"run", true},       {"exec", true},     {"copy", true},
    {"plan", true},        {"inventory", true}, {"validate", true}, {"status", true},
    {"history", true},     {"report", true},    {"logs", true},     {"ctl", true},
    {"resume", false},     {"retry", true},     {"lock", false},    {"keys", true},
    {"completion", false},
};

static const struct command *
find(const char *name)
{
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static void
test_every_promised_command_has_a_row_and_no_other(void **state)
{
    (void)state;
    assert_int_equal(command_count, sizeof(promised) / sizeof(promised[0]));
    for (size_t i = 0; i < sizeof(promised) / sizeof(promised[0]); i++) {
        const struct command *c = find(promised[i].name);
        assert_non_null(c);
        assert_int_equal(c->run != NULL, promised[i].built);
    }
}

static void
test_a_command_that_is_there_has_help_and_takes_only_options_that_exist(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_count; i++) {
        const struct command *c = &commands[i];
        if (c->run == NULL)
            continue;
        assert_non_null(c->help);
        assert_true(c->words_max == -1 || c->words_max >= c->words_min);
        for (const char *f = c->flags; *f != '\0'; f++) {
            struct options o = {.given = {*f}};
            struct err err = {0};
            /* an unknown letter fails an assertion of options_allow */
            assert_int_equal(options_allow(&o, c->name, c->flags, &err), 0);
            assert_null(strchr(f + 1, *f)); /* named once */
        }
    }
}

/* An option without effect is refused: what is shown of a run concerns only those who run. */
static void
test_only_what_runs_takes_verbose_quiet_color_and_yes(void **state)
{
    static const struct {
        const char *name, *no;
    } rows[] = {
        {"status", "vqKyJeSlto"},
        {"history", "vqKyJeSltoW"},
        {"logs", "vqKyJeSlto"},
        {"plan", "vqKyJbLECPF"},
        {"inventory", "vqKySto"},
        {"validate", "vKyJSlto"},
        {"check", "y"},
        {"exec", "ytT"},
        {"copy", "ytT"},
        {"keys", "tTCbLSvKJEUr"},
        {"retry", "lwtTAPDMJEUr"},
        {"report", "vqKyJeSltWfr"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct command *c = find(rows[i].name);
        for (const char *f = rows[i].no; *f != '\0'; f++) {
            struct options o = {.given = {*f}};
            struct err err = {0};
            assert_int_equal(options_allow(&o, c->name, c->flags, &err), -1);
            assert_int_equal(err.kind, ERR_USAGE);
        }
    }
}

/* The words of an example up to its remark; quotes as in a shell. */
static int
split(char *line, char *words[], int max)
{
    int count = 0;

    for (char *p = line; *p != '\0' && *p != '#' && count < max;) {
        char *to = p;
        bool quoted = false;
        words[count++] = p;
        for (; *p != '\0' && (quoted || *p != ' '); p++) {
            if (*p == '\'') {
                quoted = !quoted;
            } else {
                *to++ = *p;
            }
        }
        p += strspn(p, " ");
        *to = '\0';
    }
    return count;
}

static void
is_taken(const struct command *shown, const char *example, size_t len)
{
    char *line = xstrndup(example, len);
    char *words[32];
    struct options o;
    struct err err = {0};

    words[0] = line; /* the program's name */
    const int count = split(line, words, 32);
    assert_int_equal(options_parse(count, words, &o, &err), 0);
    const struct command *c = find(o.words.items[0]);
    assert_non_null(c);
    assert_ptr_equal(c, shown == NULL ? c : shown);
    assert_int_equal(options_allow(&o, c->name, c->flags, &err), 0);
    assert_in_range(o.words.count - 1, c->words_min, c->words_max < 0 ? 32 : c->words_max);
    options_release(&o);
    free(line);
}

/* What help shows can be typed: each line that begins with the program's name is read. */
static void
test_every_example_of_help_is_taken(void **state)
{
    static const char begin[] = "  inventory-manager ";
    int examples = 0;

    (void)state;
    for (size_t i = 0; i <= command_count; i++) {
        const struct command *c = i < command_count ? &commands[i] : NULL;
        char *text = NULL;
        size_t len = 0;
        if (c != NULL && c->run == NULL) {
            continue;
        }
        FILE *f = open_memstream(&text, &len);
        assert_non_null(f);
        if (c != NULL) {
            help_command(c, f);
        } else {
            help_all(f);
        }
        assert_int_equal(fclose(f), 0);
        for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1) {
            const size_t line = strcspn(at, "\n");
            assert_in_range(line, 0, 96);
            if (strncmp(at, begin, sizeof(begin) - 1) == 0) {
                is_taken(c, at + 2, line - 2);
                examples++;
            }
        }
        free(text);
    }
    assert_in_range(examples, 25, 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_promised_command_has_a_row_and_no_other),
        cmocka_unit_test(test_a_command_that_is_there_has_help_and_takes_only_options_that_exist),
        cmocka_unit_test(test_every_example_of_help_is_taken),
        cmocka_unit_test(test_only_what_runs_takes_verbose_quiet_color_and_yes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
