/*
 * test_edit_setting.c - a key of config.yml set and taken out; all else stays byte for byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/edit.h"
#include "config/edit_file.h"
#include "config/settings.h"
#include "folder.h"
#include "told.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <unistd.h>

struct row {
    const char *before, *key, *value, *after; /* before NULL: no file; after NULL: refused */
    const char *wrong;
};

static void
check_row(const struct row *r)
{
    struct folder f;
    struct err err = {0};

    folder_make(&f);
    char *path = xasprintf("%s/config.yml", f.path);
    if (r->before != NULL) {
        folder_text(&f, "config.yml", r->before);
    }
    const int rc = edit_setting(path, r->key, r->value, &err);
    assert_string_equal(folder_strip(&f, err.text), r->wrong == NULL ? "" : r->wrong);
    assert_int_equal(rc, r->wrong == NULL ? 0 : -1);
    const char *expected = r->wrong == NULL ? r->after : r->before;
    if (expected == NULL) {
        assert_int_equal(access(path, F_OK), -1);
    } else {
        FILE *file = fopen(path, "rb");
        char text[4096];
        assert_non_null(file);
        text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
        assert_int_equal(fclose(file), 0);
        assert_string_equal(text, expected);
    }
    free(path);
    folder_remove(&f);
}

#define W "max_parallel_workers"

static void
test_a_key_is_set_and_taken_out(void **state)
{
    static const char canary[] =
        "deployment_strategy: canary needs the key canary: how many hosts go first";
    char *whole_canary = xasprintf("config.yml:1:1: %s", canary);
    const struct row rows[] = {
        {NULL, W, "3", W ": 3\n", NULL},
        {NULL, W, NULL, NULL, NULL},
        {"", W, " 3 ", W ": 3\n", NULL},
        {"# ours\n" W ": 1   # few\nconfirm: true\n", W, "3",
         "# ours\n" W ": 3   # few\nconfirm: true\n", NULL},
        {"# " W ": 3\nconfirm: true", W, "3", "# " W ": 3\nconfirm: true\n" W ": 3", NULL},
        {"# only\n", W, "3", "# only\n" W ": 3\n", NULL},
        {"---\nconfirm: no\n", W, "3", "---\nconfirm: no\n" W ": 3\n", NULL},
        /* given twice: the last counts */
        {W ": 1\nconfirm: true\n" W ": 2 # x\n", W, "3", W ": 1\nconfirm: true\n" W ": 3 # x\n",
         NULL},
        {W ": 1\nconfirm: true\n" W ": 2 # x\n", W, NULL, "confirm: true\n", NULL},
        {"a\r\n", W, "3", NULL, "config.yml:1: expected keys like `max_parallel_workers: 3`"},
        {"confirm: true\r\n# c\r\n", W, "3", "confirm: true\r\n" W ": 3\r\n# c\r\n", NULL},
        {W ":\n", "serial", "[1, 10%]", W ":\nserial: [1, 10%]\n", NULL},
        {"serial:\n  - 1\n  - 2\nconfirm: true\n", "serial", "5", "serial: 5\nconfirm: true\n",
         NULL},
        {"serial: # waves\n- 1\n- 2\nconfirm: true\n", "serial", "[1]",
         "serial: [1] # waves\nconfirm: true\n", NULL},
        {"serial:\n  - 1 # one\n  - 2\n", "serial", "5", NULL,
         "config.yml:1: has a value of several lines: change it by hand"},
        {"max_parallel_by: {zone: 1}\n", "max_parallel_by", "{zone: 2, rack: 10%}",
         "max_parallel_by: {zone: 2, rack: 10%}\n", NULL},
        {"serial: # none\n", "serial", "20%", "serial: 20% # none\n", NULL},
        {"{confirm: true, " W ": 1}\n", W, "3", "{confirm: true, " W ": 3}\n", NULL},
        {"{confirm: true}\n", W, "3", "{confirm: true, " W ": 3}\n", NULL},
        {"{\"confirm\": true}\n", W, "3", NULL,
         "config.yml:1: is JSON, which has no place for comments: change it by hand"},
        {"a: &x 1\n" W ": *x\n", W, "3", NULL,
         "config.yml:2: is used in several places (an anchor, an alias or <<): change it by hand"},
        /* mistakes that are there may stay, none may come */
        {"confirm: maybe\n", W, "3", "confirm: maybe\n" W ": 3\n", NULL},
        {"confirm: maybe\n", "confirm", "true", "confirm: true\n", NULL},
        {"confirm: maybe\nwrong: 1\n", "confirm", NULL, "wrong: 1\n", NULL},
        {"", "deployment_strategy", "canary", NULL,
         "canary needs the key canary: how many hosts go first"},
        {"canary: 1\n", "deployment_strategy", "canary", "canary: 1\ndeployment_strategy: canary\n",
         NULL},
        {"deployment_strategy: canary\ncanary: 1\n", "canary", NULL, NULL, whole_canary},
        {"\tx\n", W, "3", NULL,
         "config.yml:1:1: not YAML: found character that cannot start any token, while scanning "
         "for the next token (a tab? Lines begin with blanks; a value that begins with @, % or ` "
         "needs quotes)"},
        /* values */
        {"", W, "x", NULL, "expected a number from 0 to 10000, got \"x\""},
        {"", W, "\"3\"", NULL, "expected a number from 0 to 10000, got \"3\" in quotes"},
        {"", W, "1} #", NULL, "no value of YAML: with , : # or { in it, in quotes"},
        {"", W, "1, b: 2", NULL, "no value of YAML: with , : # or { in it, in quotes"},
        {"", W, "  ", NULL, "a value is needed"},
        {"", W, "1\n2", NULL, "a control character in it"},
        {"", W, "*x", NULL, "no value of YAML for one line"},
        {"", "max_paralel_workers", "1", NULL,
         "max_paralel_workers: unknown key (did you mean max_parallel_workers?)"},
        {"", "max_paralel_workers", NULL, NULL,
         "max_paralel_workers: unknown key (did you mean max_parallel_workers?)"},
        {"", "refresh_interval", "10ms", NULL,
         "expected a duration like 500ms, 30s, 5m, 1h30m, from 100ms to 1h, got \"10ms\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_row(&rows[i]);
    }
    free(whole_canary);
}

/* Whatever the table has as default, or as one of few choices, can be typed. */
static void
test_every_default_and_choice_can_be_typed(void **state)
{
    const char *key = "", *preset = NULL, *doc = "";
    const size_t count = settings_row(SIZE_MAX, &key, &preset, &doc);
    char allowed[256];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct err err = {0};
        (void)settings_row(i, &key, &preset, &doc);
        if (preset != NULL) {
            assert_int_equal(edit_check_setting(key, preset, &err), 0);
        }
        const char *const *words = settings_choices(i);
        for (size_t k = 0; words != NULL && words[k] != NULL; k++) {
            assert_int_equal(edit_check_setting(key, words[k], &err), 0);
        }
        settings_allowed(i, allowed, sizeof(allowed));
        assert_true(strlen(allowed) > 5);
        assert_true(strlen(settings_group_name(settings_group_of(i))) > 0);
    }
}

static void
test_all_keys_are_read_with_their_lines_and_what_is_wrong(void **state)
{
    const char *key, *preset, *doc;
    const size_t count = settings_row(SIZE_MAX, &key, &preset, &doc);
    struct edit_setting *all = xcalloc(count, sizeof(*all));
    struct mistakes m = {0};
    struct folder f;

    (void)state;
    folder_make(&f);
    folder_text(&f, "config.yml",
                "# x\nconfirm: maybe\nserial:\n  - 1\n  - 10%\n" W ": 2\n" W ": 3 # last\n");
    char *path = xasprintf("%s/config.yml", f.path);
    edit_settings_read(path, all, &m);
    assert_int_equal(m.count, 1);
    const struct edit_setting *s = &all[settings_find(W)];
    assert_string_equal(s->text, "3");
    assert_int_equal(s->line, 7);
    assert_false(s->bad);
    s = &all[settings_find("confirm")];
    assert_string_equal(s->text, "maybe");
    assert_true(s->bad);
    assert_string_equal(all[settings_find("serial")].text, "[1, \"10%\"]");
    assert_null(all[settings_find("canary")].text);
    edit_settings_release(all);
    char *text = edit_setting_text(path, W);
    assert_string_equal(text, "3");
    free(text);
    assert_null(edit_setting_text(path, "order"));
    assert_null(edit_setting_text("/nowhere/config.yml", W));
    mistakes_release(&m);
    free(path);
    free(all);
    folder_remove(&f);
}

static void
test_mode_and_link_stay(void **state)
{
    struct folder f;
    struct stat st;
    struct err err = {0};

    (void)state;
    folder_make(&f);
    folder_text(&f, "real.yml", "confirm: true\n");
    char *real = xasprintf("%s/real.yml", f.path);
    char *link = xasprintf("%s/config.yml", f.path);
    assert_int_equal(chmod(real, 0640), 0);
    assert_int_equal(symlink("real.yml", link), 0);
    assert_int_equal(edit_setting(link, W, "3", &err), 0);
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(real, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    char *text = edit_setting_text(real, W);
    assert_string_equal(text, "3");
    free(text);
    free(real);
    free(link);
    folder_remove(&f);
}

static struct edit_file
opened(const struct folder *f, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", f->path, name);
    struct edit_file file;

    folder_text(f, name, text);
    assert_int_equal(edit_file_read(&file, path, 1 << 20, false, NULL), 0);
    assert_false(edit_file_changed(&file));
    (void)buf_adds(&file.now, "more\n");
    free(path);
    return file;
}

static void
holds(const char *path, const char *expected)
{
    char *text = text_of_file(path);

    assert_string_equal(text, expected);
    free(text);
}

static void
test_what_somebody_else_wrote_meanwhile_is_not_taken_away(void **state)
{
    struct folder f;
    struct err err = {0};

    (void)state;
    folder_make(&f);
    struct edit_file file = opened(&f, "a.yml", "x: 1\n");
    folder_text(&f, "a.yml", "x: 2\n");
    assert_int_equal(edit_file_write(&file, &err), -1);
    assert_string_equal(folder_strip(&f, err.text), "a.yml: was changed meanwhile: read it again");
    holds(file.path, "x: 2\n");
    folder_text(&f, "a.yml", "x: 1\n");
    assert_int_equal(edit_file_write(&file, &err), 0);
    holds(file.path, "x: 1\nmore\n");
    edit_file_release(&file);
    folder_remove(&f);
}

static void
test_of_several_files_all_are_written_or_none(void **state)
{
    struct folder f;
    struct err err = {0};

    (void)state;
    folder_make(&f);
    struct edit_file files[] = {opened(&f, "a.yml", "a\n"), opened(&f, "b.yml", "b\n")};
    folder_text(&f, "b.yml", "other\n");
    assert_int_equal(edit_file_write_all(files, 2, &err), -1);
    holds(files[0].path, "a\n");
    holds(files[1].path, "other\n");
    folder_text(&f, "b.yml", "b\n");
    assert_int_equal(edit_file_write_all(files, 2, &err), 0);
    holds(files[0].path, "a\nmore\n");
    holds(files[1].path, "b\nmore\n");
    edit_file_release(&files[0]);
    edit_file_release(&files[1]);
    folder_remove(&f);
}

static void
test_a_file_of_two_names_is_not_parted(void **state)
{
    struct folder f;
    struct err err = {0};

    (void)state;
    folder_make(&f);
    struct edit_file file = opened(&f, "a.yml", "x: 1\n");
    char *other = xasprintf("%s/b.yml", f.path);
    assert_int_equal(link(file.path, other), 0);
    assert_int_equal(edit_file_write(&file, &err), -1);
    assert_non_null(strstr(err.text, "a.yml: the file has 2 names (hard links)"));
    holds(file.path, "x: 1\n");
    holds(other, "x: 1\n");
    assert_int_equal(unlink(other), 0);
    assert_int_equal(edit_file_write(&file, &err), 0);
    holds(file.path, "x: 1\nmore\n");
    free(other);
    edit_file_release(&file);
    folder_remove(&f);
}

/* As the kernel has it: version 2; then tag, rights and id of each. */
static const unsigned char read_by_one[] = {
    2, 0,   0,   0,   1,   0,   6,  0, 255, 255, 255, 255, 2,   0,   4,
    0, 210, 4,   0,   0,   4,   0,  0, 0,   255, 255, 255, 255, 16,  0,
    4, 0,   255, 255, 255, 255, 32, 0, 0,   0,   255, 255, 255, 255,
};

/* With the bits of the mode alone the group would read what one user may. */
static void
test_who_may_read_it_besides_may_still_and_nobody_else(void **state)
{
    static const char acl[] = "system.posix_acl_access";
    static const char presets[] = "system.posix_acl_default";
    unsigned char now[256];
    struct folder f;
    struct err err = {0};

    (void)state;
    folder_make(&f);
    struct edit_file file = opened(&f, "a.yml", "x: 1\n");
    struct edit_file plain = opened(&f, "b.yml", "x: 1\n");
    if (setxattr(file.path, acl, read_by_one, sizeof(read_by_one), 0) == 0) {
        assert_int_equal(setxattr(f.path, presets, read_by_one, sizeof(read_by_one), 0), 0);
        assert_int_equal(edit_file_write(&file, &err), 0);
        assert_int_equal(getxattr(file.path, acl, now, sizeof(now)), sizeof(read_by_one));
        assert_memory_equal(now, read_by_one, sizeof(read_by_one));
        assert_int_equal(edit_file_write(&plain, &err), 0);
        assert_int_equal(getxattr(plain.path, acl, now, sizeof(now)), -1);
    }
    edit_file_release(&plain);
    edit_file_release(&file);
    folder_remove(&f);
}

static void
test_two_screens_do_not_write_at_the_same_time(void **state)
{
    struct folder f;
    struct err err = {0};

    (void)state;
    folder_make(&f);
    struct edit_file file = opened(&f, "a.yml", "x: 1\n");
    const int other = open(f.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(other, LOCK_EX), 0);
    assert_int_equal(edit_file_write(&file, &err), -1);
    assert_non_null(strstr(err.text, "another screen is writing here"));
    holds(file.path, "x: 1\n");
    assert_int_equal(close(other), 0);
    assert_int_equal(edit_file_write(&file, &err), 0);
    edit_file_release(&file);
    folder_remove(&f);
}

static void
test_a_new_file_takes_no_place_of_another(void **state)
{
    struct folder f;
    struct err err = {0};
    struct edit_file file;

    (void)state;
    folder_make(&f);
    char *path = xasprintf("%s/config.yml", f.path);
    assert_int_equal(edit_file_read(&file, path, 1 << 20, true, &err), 0);
    assert_true(file.is_new);
    (void)buf_adds(&file.now, "x: 1\n");
    folder_text(&f, "config.yml", "theirs\n");
    assert_int_equal(edit_file_write(&file, &err), -1);
    assert_non_null(strstr(err.text, "was made meanwhile"));
    holds(path, "theirs\n");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(edit_file_write(&file, &err), -1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(edit_file_write(&file, &err), 0);
    holds(path, "x: 1\n");
    free(path);
    edit_file_release(&file);
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_is_set_and_taken_out),
        cmocka_unit_test(test_every_default_and_choice_can_be_typed),
        cmocka_unit_test(test_all_keys_are_read_with_their_lines_and_what_is_wrong),
        cmocka_unit_test(test_mode_and_link_stay),
        cmocka_unit_test(test_what_somebody_else_wrote_meanwhile_is_not_taken_away),
        cmocka_unit_test(test_of_several_files_all_are_written_or_none),
        cmocka_unit_test(test_a_file_of_two_names_is_not_parted),
        cmocka_unit_test(test_who_may_read_it_besides_may_still_and_nobody_else),
        cmocka_unit_test(test_two_screens_do_not_write_at_the_same_time),
        cmocka_unit_test(test_a_new_file_takes_no_place_of_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
