/*
 * test_options.c - the words of the command line, exec's quoting, and exit codes of errors.
 */
#include "cli/exit.h"
#include "cli/options.h"
#include "cli/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static int
parse(const char *line, struct options *ret, struct err *err)
{
    static char copy[256];
    static char name[] = "inventory-manager";
    char *argv[32] = {name};
    char *rest = NULL;
    int argc = 1;

    strncpy(copy, line, sizeof(copy) - 1);
    for (char *w = strtok_r(copy, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest))
        argv[argc++] = w;
    *err = (struct err){0};
    return options_parse(argc, argv, ret, err);
}

static void
test_options_may_stand_anywhere_before_two_dashes(void **state)
{
    struct options o;
    struct err err;
    (void)state;

    assert_int_equal(
        parse("deploy -f 3 prod --limit web -t a,b -e x=1 --skip-tags c --seed 9", &o, &err), 0);
    assert_int_equal(o.words.count, 2);
    assert_string_equal(o.words.items[1], "prod");
    assert_int_equal(o.forks, 3);
    assert_string_equal(o.limit, "web");
    assert_int_equal(o.tags.count, 2);
    assert_true(o.has_seed && o.seed == 9);
    options_release(&o);
    assert_int_equal(parse("exec prod -q -- ls -l -f", &o, &err), 0);
    assert_int_equal(o.words.count, 5);
    assert_true(o.quiet && o.limit == NULL && !o.yes && !o.check);
    assert_int_equal(o.output, OUTPUT_TEXT);
    options_release(&o);
    assert_int_equal(parse("deploy prod -C -o json", &o, &err), 0);
    assert_true(o.check && o.output == OUTPUT_JSON && !o.json);
    options_release(&o);
    assert_int_equal(parse("deploy prod -y", &o, &err), 0);
    assert_true(o.yes);
    options_release(&o);
    assert_int_equal(parse("deploy --yes prod", &o, &err), 0);
    assert_true(o.yes);
    options_release(&o);
}

static void
test_wrong_and_promised_options_are_refused(void **state)
{
    static const struct {
        const char *line;
        enum err_kind kind;
        const char *text;
    } rows[] = {
        {"deploy prod --limti x", ERR_USAGE, "there is no option --limti; did you mean --limit?"},
        {"deploy prod -Z", ERR_USAGE, "there is no option -Z"},
        {"deploy prod -f", ERR_USAGE, "-f needs a value"},
        {"deploy prod -f -1", ERR_USAGE, "--forks: expected a number from 0 to 10000, got \"-1\""},
        {"plan deploy prod --assume soon", ERR_USAGE,
         "--assume: expected a duration like 5m, got \"soon\""},
        {"plan deploy prod --save=", ERR_USAGE, "--save: the name is empty"},
        {"deploy prod --plan=", ERR_USAGE, "--plan: the name is empty"},
        {"--quiet -Zv", ERR_USAGE, "there is no option -Z"},
        {"--limit=web -Vz", ERR_USAGE, "there is no option -V"},
        {"--limti=x", ERR_USAGE, "there is no option --limti; did you mean --limit?"},
        {"--help=3", ERR_USAGE, "--help takes no value"},
        {"--limit", ERR_USAGE, "--limit needs a value"},
        {"--quiet -vf", ERR_USAGE, "-f needs a value"},
        {"--s", ERR_USAGE, "--s is short for several options: --skip-tags, --seed, ..."},
        {"--zzzzzzzzzz", ERR_USAGE, "there is no option --zzzzzzzzzz"},
        {"deploy prod --list-hosts", ERR_USAGE,
         "there is no option --list-hosts: `plan ACTION ENV` shows hosts and steps, -C what each "
         "would get"},
        {"deploy -i hosts prod", ERR_USAGE,
         "there is no option -i: the environment is named: deploy ENV reads inventory/ENV/"},
        {"deploy prod --user=me", ERR_USAGE,
         "there is no option --user: the user is ansible_user (-e ansible_user=me)"},
        {"-p 22", ERR_USAGE,
         "there is no option -p: the port is ansible_port (-e ansible_port=2222)"},
        {"-\xc3\xa9", ERR_USAGE, "there is no option -\\xc3"},
        {"-t ,,", ERR_USAGE, "--tags: there is no tag in it"},
        {"--skip-tags=", ERR_USAGE, "--skip-tags: there is no tag in it"},
        {"--root=", ERR_USAGE, "--root: the name is empty"},
        {"--log-file=", ERR_USAGE, "--log-file: the name is empty"},
        {"--color=red", ERR_USAGE, "--color: expected auto, always or never, got \"red\""},
        {"-f 10001", ERR_USAGE, "--forks: expected a number from 0 to 10000, got \"10001\""},
        {"-f 3x", ERR_USAGE, "--forks: expected a number from 0 to 10000, got \"3x\""},
        {"-f +3", ERR_USAGE, "--forks: expected a number from 0 to 10000, got \"+3\""},
        {"--workers=", ERR_USAGE, "--forks: expected a number from 0 to 10000, got \"\""},
        {"--seed 18446744073709551616", ERR_USAGE,
         "--seed: expected a number from 0 to 18446744073709551615, got "
         "\"18446744073709551616\""},
        {"deploy prod -o Port=22", ERR_USAGE,
         "--output: expected text, json or jsonl; options of ssh are ansible_ssh_common_args: "
         "-e \"ansible_ssh_common_args='-o ...'\""},
        {"report prod --format giude", ERR_USAGE,
         "--format: expected text, json or guide, got \"giude\" (did you mean guide?)"},
        {"deploy prod -o xml", ERR_USAGE, "--output: expected text, json or jsonl, got \"xml\""},
    };
    struct options o;
    struct err err;
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(parse(rows[i].line, &o, &err), -1);
        assert_string_equal(err.text, rows[i].text);
        assert_int_equal(err.kind, rows[i].kind);
        assert_int_equal(exit_of(err.kind), EXIT_USAGE);
        options_release(&o);
    }
}

static void
test_the_widest_numbers_are_read(void **state)
{
    struct options o;
    struct err err;
    (void)state;

    assert_int_equal(parse("-f 10000 --seed 18446744073709551615", &o, &err), 0);
    assert_int_equal(o.forks, 10000);
    assert_true(o.seed == UINT64_MAX);
    options_release(&o);
    assert_int_equal(parse("-f 0 --seed 0 --workers 2", &o, &err), 0);
    assert_int_equal(o.forks, 2);
    assert_true(o.has_seed && o.seed == 0);
    options_release(&o);
    assert_int_equal(parse("deploy", &o, &err), 0);
    assert_int_equal(o.forks, -1);
    assert_false(o.has_seed);
    options_release(&o);
}

/* One letter after a dash, alone and in front of another: read or refused, never a crash, and
 * never without a word. */
static void
test_every_byte_as_an_option_is_read_or_refused(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        for (int n = 0; n < 2; n++) {
            char word[] = {'-', (char)c, n == 0 ? '\0' : '\1', '\0'};
            char name[] = "inventory-manager";
            char *argv[] = {name, word, NULL};
            struct options o;
            struct err err = {0};
            const int rc = options_parse(2, argv, &o, &err);
            assert_true(rc == 0 || err.text[0] != '\0');
            assert_true(rc == 0 || err.kind == ERR_USAGE || err.kind == ERR_NOT_YET);
            options_release(&o);
        }
    }
}

static void
test_help_of_a_command_shows_what_it_takes(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    (void)state;

    assert_non_null(f);
    options_help(f, "l");
    fclose(f);
    assert_non_null(strstr(text, "-l, --limit PATTERN"));
    assert_non_null(strstr(text, "--root DIR"));
    assert_null(strstr(text, "--tags"));
    assert_null(strstr(text, "--quiet"));
    free(text);
    f = open_memstream(&text, &len);
    options_help(f, NULL);
    fclose(f);
    assert_non_null(strstr(text, "--tags"));
    assert_non_null(strstr(text, "--watch"));
    free(text);
}

static void
test_an_option_a_command_does_not_take_is_refused(void **state)
{
    struct options o;
    struct err err;
    (void)state;

    assert_int_equal(parse("history -l web -v", &o, &err), 0);
    assert_int_equal(options_allow(&o, "history", "", &err), -1);
    assert_string_equal(err.text, "history takes no --limit");
    assert_int_equal(options_allow(&o, "history", "l", &err), -1);
    assert_string_equal(err.text, "history takes no --verbose");
    assert_int_equal(options_allow(&o, "deploy", "lv", &err), 0);
    options_release(&o);
}

static void
test_one_word_is_a_script_and_several_are_an_argv(void **state)
{
    char one_script[] = "echo $HOME | wc", echo[] = "echo", ab[] = "a b", its[] = "it's";
    char *one[] = {one_script};
    char *many[] = {echo, ab, its};
    struct buf b;
    (void)state;

    buf_init(&b, 1000);
    script_of_words(&b, one, 1);
    assert_string_equal(b.data, "echo $HOME | wc");
    buf_clear(&b);
    script_of_words(&b, many, 3);
    assert_string_equal(b.data, "'echo' 'a b' 'it'\\''s'");
    buf_release(&b);
}

static void
test_every_kind_of_error_has_its_exit_code(void **state)
{
    (void)state;
    assert_int_equal(exit_of(ERR_CONFIG), 1);
    assert_int_equal(exit_of(ERR_IO), 1);
    assert_int_equal(exit_of(ERR_STORE), 1);
    assert_int_equal(exit_of(ERR_USAGE), 5);
    assert_int_equal(exit_of(ERR_NO_MATCH), 5);
    assert_int_equal(exit_of(ERR_NOT_YET), 5);
    assert_int_equal(exit_of(ERR_LOCKED), 6);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_may_stand_anywhere_before_two_dashes),
        cmocka_unit_test(test_wrong_and_promised_options_are_refused),
        cmocka_unit_test(test_the_widest_numbers_are_read),
        cmocka_unit_test(test_every_byte_as_an_option_is_read_or_refused),
        cmocka_unit_test(test_help_of_a_command_shows_what_it_takes),
        cmocka_unit_test(test_an_option_a_command_does_not_take_is_refused),
        cmocka_unit_test(test_one_word_is_a_script_and_several_are_an_argv),
        cmocka_unit_test(test_every_kind_of_error_has_its_exit_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
