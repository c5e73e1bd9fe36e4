/*
 * test_forms.c - adding and editing a server, and making an environment: what is refused as one
 * types, what is written, what is told.
 */
#include "unit/front/fake_front.h"

#include "config/edit.h"
#include "ui/form.h"

#include <locale.h>

static struct page *
form(struct front *f, const char *host)
{
    struct page *p = page_edit_server_new(f, host);

    front_push(f, p);
    return p;
}

/* The text of a file below the root; the caller frees it. */
static char *
file_text(const struct front *f, const char *name)
{
    char *path = xasprintf("%s/%s", f->folder.path, name);
    char *text = xcalloc(1, 100000);
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    text[fread(text, 1, 99999, file)] = '\0';
    fclose(file);
    free(path);
    return text;
}

static void
has_text(const struct front *f, const char *name, const char *part)
{
    char *text = file_text(f, name);

    if (strstr(text, part) == NULL)
        fail_msg("not in %s: %s\n%s", name, part, text);
    free(text);
}

static void
test_a_new_server_as_it_is_shown(void **state)
{
    shows(form(*state, NULL), 24, 80, true,
          "\n"
          "  A new server\n"
          "\n"
          "  > name\n"
          "    address    (its name)\n"
          "    port       (ssh_config, or 22)\n"
          "    user       (ssh_config, or you)\n"
          "    key file   (agent, default keys)\n"
          "    variables  (none)\n"
          "    group      (none)\n"
          "\n"
          "  Letters, digits, dots, dashes and underscores; how it is called everywhere.\n"
          "\n");
}

static void
test_a_wrong_name_as_it_is_shown(void **state)
{
    struct page *p = form(*state, NULL);

    type_into(p, "web-9");
    shows(p, 24, 80, false,
          "\n"
          "  A new server\n"
          "\n"
          "  ▶ name       web-9                           ✗ web-9 is there already (inve…\n"
          "    address    (its name)\n"
          "    port       (ssh_config, or 22)\n"
          "    user       (ssh_config, or you)\n"
          "    key file   (agent, default keys)\n"
          "    variables  (none)\n"
          "    group      (none)\n"
          "\n"
          "  Letters, digits, dots, dashes and underscores; how it is called everywhere.\n"
          "  web-9 is there already (inventory/test/hosts.yml:7)\n"
          "\n");
}

static void
test_a_name_that_is_taken_is_refused_as_one_types(void **state)
{
    struct front *f = *state;
    struct page *p = form(f, NULL);

    type_into(p, "web-9");
    sees(p, "web-9 is there already (inventory/test/hosts.yml:7)\n");
    type_into(p, "9");
    assert_false(seen(p, "already"));
    press_in(p, KEYC_BACKSPACE);
    press_in(p, KEYC_ENTER);
    assert_int_equal(f->popped, 0);
    for (int i = 0; i < 5; i++)
        press_in(p, KEYC_BACKSPACE);
    type_into(p, "web");
    sees(p, "web is a group: a server of the same name would be both\n");
}

static void
test_an_address_that_another_has_is_told_and_not_refused(void **state)
{
    struct front *f = *state;
    struct page *p = form(f, NULL);
    static const char told[] = "web-9 has the same address";

    type_into(p, "new");
    press_in(p, KEYC_TAB);
    type_into(p, "10.0.0.9");
    sees(p, told);
    press_in(p, KEYC_TAB);
    type_into(p, "2222");
    assert_false(seen(p, told));
    for (int i = 0; i < 4; i++)
        press_in(p, KEYC_BACKSPACE);
    type_into(p, "22");
    sees(p, told);
    press_in(p, KEYC_ENTER);
    assert_int_equal(f->popped, 1);
}

static void
test_a_new_server_is_written_read_again_and_under_the_cursor(void **state)
{
    struct front *f = *state;
    struct page *p = form(f, NULL);
    struct strv names = {0};

    type_into(p, "new-1");
    press_in(p, KEYC_TAB);
    type_into(p, "10.0.0.77");
    press_in(p, KEYC_TAB);
    press_in(p, KEYC_TAB);
    press_in(p, KEYC_TAB);
    press_in(p, KEYC_TAB);
    type_into(p, "role=cache, weight=3");
    press_in(p, KEYC_TAB);
    type_into(p, "cache");
    press_in(p, KEYC_ENTER);
    assert_string_equal(f->said, "new-1: added to inventory/test/hosts.yml");
    assert_int_equal(f->popped, 1);
    assert_int_equal(inventory_count(f->loaded.inventory), 4);
    has_text(f, "inventory/test/hosts.yml", "10.0.0.77");
    has_text(f, "inventory/test/hosts.yml", "vars: {tier: gold, app_port: 8080}\n");
    front_chosen(f, &names);
    assert_string_equal(joined(&names), " new-1");
    strv_clear(&names);
}

static void
test_a_server_is_edited_with_what_its_file_says(void **state)
{
    struct front *f = *state;
    struct page *p = form(f, "web-10");

    shows(p, 24, 80, true,
          "\n"
          "  Edit a server\n"
          "\n"
          "  > name       web-10                          +\n"
          "    address    10.0.0.10                       +\n"
          "    port       2222                            +\n"
          "    user       (ssh_config, or you)\n"
          "    key file   (agent, default keys)\n"
          "    variables  role=front                      +\n"
          "\n"
          "  Letters, digits, dots, dashes and underscores; how it is called everywhere.\n"
          "\n");
    press_in(p, KEYC_TAB);
    press_in(p, KEYC_TAB);
    for (int i = 0; i < 4; i++)
        press_in(p, KEYC_BACKSPACE);
    type_into(p, "2022");
    press_in(p, KEYC_ENTER);
    assert_string_equal(f->said, "web-10: changed in inventory/test/hosts.yml");
    has_text(f, "inventory/test/hosts.yml",
             "web-10: {ansible_host: 10.0.0.10, ansible_port: 2022, role: front}\n");
}

static void
test_a_renamed_server_keeps_the_cursor(void **state)
{
    struct front *f = *state;
    struct page *p = form(f, "db-1");
    struct strv names = {0};

    type_into(p, "0");
    press_in(p, KEYC_ENTER);
    assert_string_equal(f->said, "db-10: changed in inventory/test/hosts.yml; its earlier runs and "
                                 "state stay with the name db-1");
    front_chosen(f, &names);
    assert_string_equal(joined(&names), " db-10");
    strv_clear(&names);
}

static void
test_what_cannot_be_written_is_told_in_the_form(void **state)
{
    struct front *f = *state;
    struct page *p = form(f, NULL);

    folder_text(&f->folder, "inventory/test/hosts.yml", "{\"web\": {\"hosts\": {\"a\": null}}}\n");
    type_into(p, "new-1");
    press_in(p, KEYC_ENTER);
    assert_int_equal(f->popped, 0);
    sees(p, "hosts.yml");
    press_in(p, KEYC_ESC);
    press_in(p, KEYC_ESC);
    assert_int_equal(f->popped, 1);
}

/* The port of another screen's would be put back to what this form was opened with. */
static void
test_what_another_screen_has_changed_is_not_put_back(void **state)
{
    const struct edit_host theirs = {
        .name = "web-10", .address = "10.0.0.10", .port = "2022", .vars = "role=front"};
    struct front *f = *state;
    struct page *p = form(f, "web-10");
    struct err err = {0};

    assert_int_equal(edit_change_host(f->loaded.env_dir, "web-10", &theirs, &err), 0);
    for (int i = 0; i < 3; i++)
        press_in(p, KEYC_TAB);
    type_into(p, "me");
    press_in(p, KEYC_ENTER);
    assert_int_equal(f->popped, 0);
    sees(p, "somebody else has changed web-10 meanwhile");
    has_text(f, "inventory/test/hosts.yml",
             "web-10: {ansible_host: 10.0.0.10, ansible_port: 2022, role: front}\n");
}

static void
test_a_form_of_another_environment_writes_nothing(void **state)
{
    struct front *f = *state;
    struct page *p = form(f, NULL);

    type_into(p, "new-1");
    free(f->loaded.env);
    f->loaded.env = xstrdup("other");
    press_in(p, KEYC_ENTER);
    assert_int_equal(f->popped, 0);
    sees(p, "Another environment was opened: Esc leaves this form.");
}

static void
test_keys_of_everywhere_are_not_the_forms(void **state)
{
    struct front *f = *state;
    struct page *p = form(f, NULL);
    const struct key interrupt = {.code = KEYC_CHAR, .ch = 'c', .ctrl = true};
    const struct key help = {.code = KEYC_F1};
    const struct key quit = {.code = KEYC_CHAR, .ch = 'q'};

    assert_false(p->ops->key(p, &interrupt));
    assert_false(p->ops->key(p, &help));
    assert_true(p->ops->key(p, &quit));
    press_in(p, KEYC_ESC);
    assert_int_equal(f->popped, 0); /* asked once more */
    press_in(p, KEYC_ESC);
    assert_int_equal(f->popped, 1);
}

static void
test_a_server_that_is_nowhere_has_no_form(void **state)
{
    struct front *f = *state;

    assert_null(page_edit_server_new(f, "nobody"));
    assert_string_equal(f->said, "no such server");
    f->open = false;
    assert_null(page_edit_server_new(f, NULL));
    assert_string_equal(f->said, "no environment is open");
}

static void
test_a_new_environment_has_a_name_that_nobody_has(void **state)
{
    struct front *f = *state;
    struct page *p = page_new_env_new(f);

    front_push(f, p);
    type_into(p, "test");
    sees(p, "inventory/test is there already\n");
    type_into(p, "/x");
    press_in(p, KEYC_ENTER);
    assert_int_equal(f->popped, 0);
    press_in(p, KEYC_BACKSPACE);
    press_in(p, KEYC_BACKSPACE);
    type_into(p, "2");
    shows(p, 12, 80, false,
          "\n"
          "  A new environment\n"
          "\n"
          "  ▶ name  test2                              ✓\n"
          "\n"
          "  A folder of this name is made in inventory/, with a config.yml and a\n"
          "  hosts.yml that say what they are.\n"
          "\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_a_new_server_as_it_is_shown),
        STAGED(test_a_wrong_name_as_it_is_shown),
        STAGED(test_a_name_that_is_taken_is_refused_as_one_types),
        STAGED(test_an_address_that_another_has_is_told_and_not_refused),
        STAGED(test_a_new_server_is_written_read_again_and_under_the_cursor),
        STAGED(test_a_server_is_edited_with_what_its_file_says),
        STAGED(test_a_renamed_server_keeps_the_cursor),
        STAGED(test_what_cannot_be_written_is_told_in_the_form),
        STAGED(test_what_another_screen_has_changed_is_not_put_back),
        STAGED(test_a_form_of_another_environment_writes_nothing),
        STAGED(test_keys_of_everywhere_are_not_the_forms),
        STAGED(test_a_server_that_is_nowhere_has_no_form),
        STAGED(test_a_new_environment_has_a_name_that_nobody_has),
    };
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
