/*
 * test_browse.c - the address of a server for a browser, and the program that is given it.
 */
#include "front/servers.h"

#include "cli/command.h"
#include "cli/secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/config/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

static int
set_up(void **state)
{
    struct folder *f = xcalloc(1, sizeof(*f));

    folder_make(f);
    folder_text(f, "inventory/test/config.yml", "max_parallel_workers: 3\n");
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    folder_remove(*state);
    free(*state);
    return 0;
}

/* The url of the one server with these variables, or what is wrong; the caller frees it. */
static char *
url_of(const struct folder *f, const char *vars)
{
    struct secrets none = {0};
    struct cli c = {.root = xstrdup(f->path), .secrets = &none};
    struct mistakes m = {0};
    struct loaded l = {0};
    struct err err = {0};
    char *hosts = xasprintf("web: {hosts: {web-1: %s}}\n", vars);

    folder_text(f, "inventory/test/hosts.yml", hosts);
    if (load_quietly(&l, &c, "test", NULL, &m, &err) != 0)
        fail_msg("%s", m.errors.count > 0 ? m.errors.items[0] : err.text);
    char *url = browse_url(&l, c.vault, 0, &err);
    if (url == NULL)
        url = xstrdup(err.text);
    loaded_release(&l);
    mistakes_release(&m);
    vault_free(c.vault);
    free(c.root);
    free(hosts);
    return url;
}

static void
test_the_address_is_the_variable_url_or_made_of_address_and_port(void **state)
{
    static const struct {
        const char *vars, *url;
    } rows[] = {
        {"{}", "http://web-1/"},
        {"{ansible_host: 10.0.0.1}", "http://10.0.0.1/"},
        {"{ansible_host: 10.0.0.1, app_port: 8080}", "http://10.0.0.1:8080/"},
        {"{ansible_host: 10.0.0.1, app_port: '8080'}", "http://10.0.0.1:8080/"},
        {"{app_port: 443}", "https://web-1:443/"},
        {"{app_port: 8443}", "https://web-1:8443/"},
        {"{ansible_host: 'fe80::1', app_port: 80}", "http://[fe80::1]:80/"},
        {"{app_port: '{{ base }}', base: 9000}", "http://web-1:9000/"},
        {"{app_port: null}", "http://web-1/"},
        {"{url: 'https://shop.example/admin?x=1&y=%20#top'}",
         "https://shop.example/admin?x=1&y=%20#top"},
        {"{url: 'http://{{ inventory_hostname }}:{{ app_port }}/', app_port: 81}",
         "http://web-1:81/"},
        {"{url: 'HTTP://x'}", "HTTP://x"},
        {"{url: ''}", "http://web-1/"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *url = url_of(*state, rows[i].vars);
        assert_string_equal(url, rows[i].url);
        free(url);
    }
}

static void
test_what_is_no_address_is_refused(void **state)
{
    static const char no[] = "url: not an address that a browser may be given";
    static const char scheme[] = "url: expected http:// or https:// at its beginning";
    static const char port[] = "app_port: expected a port from 1 to 65535";
    static const struct {
        const char *vars, *why;
    } rows[] = {
        {"{url: 'file:///etc/passwd'}", scheme},
        {"{url: 'javascript:alert(1)'}", scheme},
        {"{url: '--help'}", scheme},
        {"{url: ' http://x'}", scheme},
        {"{url: 'http://'}", no},
        {"{url: 'http:///etc'}", no},
        {"{url: 'http://x/ y'}", no},
        {"{url: \"http://x/\\ny\"}", no},
        {"{url: \"http://x/\\u202ey\"}", no},
        {"{url: 'http://x/%2'}", no},
        {"{url: 'http://x/\"'}", no},
        {"{url: 'http://x/`id`'}", no},
        {"{url: 'http://x/\\'}", no},
        {"{url: 'http://x/<y>'}", no},
        {"{app_port: 0}", port},
        {"{app_port: 65536}", port},
        {"{app_port: -1}", port},
        {"{app_port: 80x}", port},
        {"{app_port: ' 80'}", port},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *url = url_of(*state, rows[i].vars);
        if (strcmp(url, rows[i].why) != 0)
            fail_msg("%s: %s", rows[i].vars, url);
        free(url);
    }
    char *list = url_of(*state, "{url: [1]}");
    assert_non_null(strstr(list, "url"));
    assert_null(strstr(list, "http"));
    free(list);
}

/* RFC 3986: unreserved, gen-delims, sub-delims. */
static void
test_no_byte_but_those_of_an_address_is_let_through(void **state)
{
    static const char fine[] = "-._~:/?#[]@!$&'()*+,;=";
    const struct folder *f = *state;
    struct secrets none = {0};
    struct cli c = {.root = xstrdup(f->path), .secrets = &none};
    struct mistakes m = {0};
    struct loaded l = {0};
    struct err err = {0};

    folder_text(f, "inventory/test/hosts.yml", "web: {hosts: {web-1: {url: 'http://x/Q'}}}\n");
    assert_int_equal(load_quietly(&l, &c, "test", NULL, &m, &err), 0);
    struct value *v = value_dict_get(inventory_vars(l.inventory, 0), "url");
    assert_non_null(v);
    for (int byte = 1; byte < 256; byte++) {
        const bool word = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                          (byte >= 'A' && byte <= 'Z');
        v->text[9] = (char)byte;
        char *url = browse_url(&l, c.vault, 0, &err);
        assert_int_equal(url != NULL, word || (byte < 128 && strchr(fine, byte) != NULL));
        free(url);
    }
    loaded_release(&l);
    mistakes_release(&m);
    vault_free(c.vault);
    free(c.root);
}

static void
test_an_address_is_at_most_2000_bytes_long(void **state)
{
    char *fits = xcalloc(1, 3000);
    char *vars;
    char *url;

    memset(fits, 'a', 2000 - strlen("http://"));
    vars = xasprintf("{url: 'http://%s'}", fits);
    url = url_of(*state, vars);
    assert_int_equal(strlen(url), 2000);
    free(url);
    free(vars);
    vars = xasprintf("{url: 'http://%sa'}", fits);
    url = url_of(*state, vars);
    assert_string_equal(url, "url: longer than 2000 bytes");
    free(url);
    free(vars);
    free(fits);
}

static void
test_the_program_is_that_of_browser_or_xdg_open_on_a_display(void **state)
{
    static const struct {
        const char *browser;
        bool display;
        size_t n;
        const char *words; /* NULL: there is none */
    } rows[] = {
        {NULL, false, 0, NULL},
        {NULL, true, 0, "xdg-open|U"},
        {NULL, true, 1, NULL},
        {"", true, 0, "xdg-open|U"},
        {"firefox", false, 0, "firefox|U"},
        {"firefox", true, 1, "xdg-open|U"},
        {"firefox --new-tab %s", false, 0, "firefox|--new-tab|U"},
        {"a --url=%s/x  b", false, 0, "a|--url=U/x|b"},
        {"a:b c", false, 0, "a|U"},
        {"a:b c", false, 1, "b|c|U"},
        {"a:b c", false, 2, NULL},
        {"a:: :b", false, 1, "b|U"},
        {"  a\tb ", false, 0, "a|b|U"},
        {"a %% %", false, 0, "a|%%|%|U"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct strv words = {0};
        char text[256] = "";
        const bool found = browse_words(rows[i].browser, rows[i].display, rows[i].n, "U", &words);
        assert_int_equal(found, rows[i].words != NULL);
        for (size_t k = 0; k < words.count; k++)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", k == 0 ? "" : "|",
                     words.items[k]);
        assert_string_equal(text, found ? rows[i].words : "");
        strv_clear(&words);
    }
}

/* What a script that stands for the browser was given. */
static void
test_the_browser_is_given_the_url_and_nothing_else(void **state)
{
    const struct folder *f = *state;
    char *script = xasprintf("%s/browser", f->path);
    char *answer = xasprintf("%s/answer", f->path);
    char *body = xasprintf("#!/bin/sh\nprintf '%%s|' \"$@\" >%s.part\nmv %s.part %s\n", answer,
                           answer, answer);
    char *list = xasprintf("im-no-such-browser:%s --tab", script);
    const int watch = inotify_init1(IN_CLOEXEC);
    char text[256] = "";
    struct err err = {0};

    folder_text(f, "browser", body);
    assert_int_equal(chmod(script, 0700), 0);
    assert_true(inotify_add_watch(watch, f->path, IN_MOVED_TO) >= 0);
    setenv("BROWSER", list, 1);
    assert_int_equal(browse_open("http://x/?a=$(id);b", &err), 1);
    while (access(answer, F_OK) != 0) {
        char events[4096];
        assert_true(read(watch, events, sizeof(events)) > 0);
    }
    FILE *file = fopen(answer, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    assert_string_equal(text, "--tab|http://x/?a=$(id);b|");
    fclose(file);
    close(watch);
    free(list);
    free(body);
    free(answer);
    free(script);
}

static void
test_no_browser_is_no_failure_and_one_that_cannot_start_is(void **state)
{
    struct err err = {0};

    (void)state;
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    unsetenv("BROWSER");
    assert_int_equal(browse_open("http://x", &err), 0);
    setenv("BROWSER", "im-no-such-browser", 1);
    assert_int_equal(browse_open("http://x", &err), -1);
    assert_string_equal(err.text, "cannot start im-no-such-browser: No such file or directory");
}

#define PLACED(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_the_address_is_the_variable_url_or_made_of_address_and_port),
        PLACED(test_what_is_no_address_is_refused),
        PLACED(test_no_byte_but_those_of_an_address_is_let_through),
        PLACED(test_an_address_is_at_most_2000_bytes_long),
        cmocka_unit_test(test_the_program_is_that_of_browser_or_xdg_open_on_a_display),
        PLACED(test_the_browser_is_given_the_url_and_nothing_else),
        cmocka_unit_test(test_no_browser_is_no_failure_and_one_that_cannot_start_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
