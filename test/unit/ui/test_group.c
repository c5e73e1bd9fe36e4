/*
 * test_group.c - identical output said once; what differs in a byte, an end or a loss is not.
 */
#include "unit/ui/stage.h"

#include "ui/group.h"

static void
add(void *arg, const char *text, size_t len)
{
    (void)buf_add(arg, text, len);
    (void)buf_addc(arg, '|'); /* one call a group */
}

static char *
shown(const struct group *g, const char *const *names, int32_t count, bool escaped)
{
    struct board b = {0};
    const struct event e = stage_run(names, count);
    struct buf text;

    buf_init(&text, STAGE_BYTES_MAX);
    board_event(&b, &e);
    group_show(g, &b, escaped, add, &text);
    board_release(&b);
    char *detached = buf_detach(&text);
    buf_release(&text);
    return detached;
}

static void
assert_shown(const struct group *g, bool escaped, const char *expected)
{
    char *text = shown(g, stage_hosts, 3, escaped);

    assert_string_equal(text, expected);
    free(text);
}

#define HEAD(name) "---------------\n" name "\n---------------\n"

static void
test_groups_stand_in_the_order_of_their_first_host(void **state)
{
    struct group *g = group_new(3, NULL);

    (void)state;
    assert_shown(g, false, ""); /* hosts that said nothing are not told */
    group_keep(g, 2, "6.1", 3);
    group_keep(g, 1, "5.10\n", 5);
    group_keep(g, 0, "6.", 2);
    group_keep(g, 0, "1", 1); /* the pieces it came in do not matter */
    assert_shown(g, false, HEAD("web-[01,03] (2)") "6.1\n|" HEAD("web-02") "5.10\n|");
    group_free(g);
}

static void
test_the_same_bytes_with_another_end_are_another_group(void **state)
{
    struct group *g = group_new(3, NULL);

    (void)state;
    group_keep(g, 0, "x\n", 2);
    group_keep(g, 1, "x\n", 2);
    group_end(g, 1, "exit 2");
    group_end(g, 1, "exit 3"); /* the last one stands */
    group_end(g, 2, "exit 3");
    assert_shown(
        g, false,
        HEAD("web-01") "x\n|" HEAD("web-02") "x\n[exit 3]\n|" HEAD("web-03") "[exit 3]\n|");
    group_free(g);
}

static void
test_the_end_is_never_mistaken_for_output(void **state)
{
    struct group *g = group_new(3, NULL);

    (void)state;
    group_keep(g, 0, "end\0x", 5);
    group_end(g, 1, "end");
    group_keep(g, 1, "x", 1);
    char *text = shown(g, stage_hosts, 3, true);
    assert_null(strstr(text, "(2)"));
    free(text);
    group_free(g);
}

static void
test_bytes_are_escaped_for_a_terminal_and_whole_for_a_pipe(void **state)
{
    struct group *g = group_new(1, NULL);
    char bytes[256];

    (void)state;
    for (int i = 0; i < 256; i++) {
        bytes[i] = (char)i;
    }
    group_keep(g, 0, bytes, sizeof(bytes));
    char *text = shown(g, stage_hosts, 1, true);
    for (const char *p = text; *p != '\0'; p++) {
        assert_true(*p == '\n' || *p == '\t' || (*p >= 0x20 && *p < 0x7f));
    }
    free(text);
    text = shown(g, stage_hosts, 1, false);
    assert_memory_equal(text + strlen(HEAD("web-01")), bytes, sizeof(bytes));
    free(text);
    group_free(g);
}

/* fault 20: output of a group */
static void
test_of_what_is_over_the_limit_beginning_and_end_are_shown_and_the_rest_counted(void **state)
{
    char *bytes = xcalloc(GROUP_HOST_BYTES_MAX, 1);
    struct group *g = group_new(1, NULL);
    long long missing = 0;

    (void)state;
    memset(bytes, 'y', GROUP_HOST_BYTES_MAX);
    memcpy(bytes, "first\n", 6);
    group_keep(g, 0, bytes, GROUP_HOST_BYTES_MAX);
    group_keep(g, 0, "\nlast\n", 6);
    char *text = shown(g, stage_hosts, 1, true);
    assert_non_null(strstr(text, HEAD("web-01") "first\nyyy"));
    assert_non_null(strstr(text, "yyy\nlast\n|"));
    const char *at = strstr(text, "yyy\n... ");
    assert_non_null(at);
    assert_int_equal(sscanf(at + 4, "... %lld bytes left out, see the logs\nyyy", &missing), 1);
    assert_true(missing >= 6 && missing <= GROUP_HOST_BYTES_MAX / 2);
    free(text);
    group_free(g);
    free(bytes);
}

/* Hosts that say little keep all of it; of those that flood each keeps as much as the next. */
static void
test_a_budget_is_shared_fairly(void **state)
{
    enum { HOSTS = 50, QUIET = 1000 };
    struct budget b = {.max = 1 << 20};
    struct group *g = group_new(HOSTS, &b);
    char *bytes = xcalloc(4096, 1);

    (void)state;
    memset(bytes, 'z', 4096);
    for (int round = 0; round < 100; round++) {
        for (int32_t host = 0; host < HOSTS; host++) {
            group_keep(g, host, bytes, host == 0 ? QUIET / 100 : 4096);
            assert_true(b.used <= b.max * 3 / 4 + 8192);
        }
    }
    char **names = stage_names(HOSTS);
    char *text = shown(g, (const char *const *)names, HOSTS, false);
    const char *quiet = strstr(text, "host-00000\n");
    assert_non_null(quiet);
    assert_int_equal(strspn(strchr(quiet, 'z'), "z"), QUIET);
    assert_true(b.used > b.max / 3); /* room is used, not only left */
    free(text);
    stage_unname(names, HOSTS);
    group_free(g);
    assert_int_equal(b.used, 0);
    free(bytes);
}

static void
test_ten_thousand_hosts_and_none(void **state)
{
    char **names = stage_names(10000);
    struct group *g = group_new(0, NULL);

    (void)state;
    char *text = shown(g, NULL, 0, true);
    assert_string_equal(text, "");
    free(text);
    group_free(g);
    group_free(NULL);
    g = group_new(10000, NULL);
    for (int32_t i = 0; i < 10000; i++) {
        group_keep(g, i, i == 5000 ? "odd" : "even", i == 5000 ? 3 : 4);
    }
    text = shown(g, (const char *const *)names, 10000, true);
    assert_string_equal(
        text, HEAD("host-[00000-04999,05001-09999] (9999)") "even\n|" HEAD("host-05000") "odd\n|");
    free(text);
    group_free(g);
    stage_unname(names, 10000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups_stand_in_the_order_of_their_first_host),
        cmocka_unit_test(test_the_same_bytes_with_another_end_are_another_group),
        cmocka_unit_test(test_the_end_is_never_mistaken_for_output),
        cmocka_unit_test(test_bytes_are_escaped_for_a_terminal_and_whole_for_a_pipe),
        cmocka_unit_test(
            test_of_what_is_over_the_limit_beginning_and_end_are_shown_and_the_rest_counted),
        cmocka_unit_test(test_a_budget_is_shared_fairly),
        cmocka_unit_test(test_ten_thousand_hosts_and_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
