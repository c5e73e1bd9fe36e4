/*
 * test_echo.c - a pager that follows what one host of a feed says.
 */
#include "unit/ui/stage.h"

#include "ui/echo.h"

#include <locale.h>

enum { LINES_MAX = 5 };

static void
tell(struct feed *f, struct event e)
{
    sink_event(feed_sink(f), &e);
}

static void
say(struct feed *f, int32_t host, const char *text)
{
    tell(f, stage_output(host, STREAM_STDOUT, text, strlen(text)));
}

static struct feed *
begin(void)
{
    struct feed *f = feed_new(LINES_MAX, NULL);

    tell(f, stage_run(stage_hosts, 3));
    for (int32_t i = 0; i < 3; i++) {
        tell(f, stage_host(EVENT_HOST_STARTED, i));
    }
    return f;
}

/* The lines of the pager, joined by spaces. */
static void
is(struct echo *e, const char *expected)
{
    struct canvas *c = canvas_new(40, 20, false);

    pager_draw(e->pager, c, canvas_box(c));
    char *text = canvas_dump(c);
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '\n') {
        text[--len] = '\0';
    }
    for (char *at = text; *at != '\0'; at++) {
        if (*at == '\n') {
            *at = ' ';
        }
    }
    assert_string_equal(text, expected);
    free(text);
    canvas_free(c);
}

static void
test_what_a_host_says_is_taken_as_it_comes_and_once(void **state)
{
    struct feed *f = begin();
    struct echo e;

    (void)state;
    echo_init(&e);
    echo_take(&e, f, 1);
    is(&e, "");
    say(f, 1, "one\ntw");
    echo_take(&e, f, 1);
    echo_take(&e, f, 1);
    is(&e, "one tw");
    say(f, 0, "other\n");
    say(f, 1, "o\n");
    echo_take(&e, f, 1);
    is(&e, "one two");
    echo_release(&e);
    feed_free(f);
}

static void
test_another_host_is_another_text(void **state)
{
    struct feed *f = begin();
    struct echo e;

    (void)state;
    echo_init(&e);
    say(f, 0, "a\n");
    say(f, 1, "b\n");
    echo_take(&e, f, 0);
    is(&e, "a");
    echo_take(&e, f, 1);
    is(&e, "b");
    echo_take(&e, f, 2);
    is(&e, "");
    echo_take(&e, f, 0);
    is(&e, "a");
    echo_forget(&e);
    is(&e, "");
    echo_take(&e, f, 0);
    is(&e, "a");
    echo_take(&e, f, 99);
    is(&e, "");
    echo_release(&e);
    feed_free(f);
}

static void
test_what_the_feed_forgot_stays_if_it_was_seen_and_no_line_is_made_of_two(void **state)
{
    struct feed *f = begin();
    struct echo e;

    (void)state;
    echo_init(&e);
    for (int i = 0; i < 8; i++) {
        char line[16];
        (void)snprintf(line, sizeof(line), "%d\n", i);
        say(f, 0, line);
        echo_take(&e, f, 0);
    }
    is(&e, "0 1 2 3 4 5 6 7");
    for (int i = 8; i < 30; i++) { /* more than is kept, unseen */
        char line[16];
        (void)snprintf(line, sizeof(line), "%d\n", i);
        say(f, 0, line);
    }
    echo_take(&e, f, 0);
    is(&e, "25 26 27 28 29");
    echo_release(&e);
    feed_free(f);
}

static void
test_a_new_run_begins_anew(void **state)
{
    struct feed *f = begin();
    struct echo e;

    (void)state;
    echo_init(&e);
    say(f, 0, "the first run\n");
    echo_take(&e, f, 0);
    tell(f, stage_run(stage_hosts, 3));
    say(f, 0, "second\n");
    echo_take(&e, f, 0);
    is(&e, "second");
    echo_release(&e);
    feed_free(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_host_says_is_taken_as_it_comes_and_once),
        cmocka_unit_test(test_another_host_is_another_text),
        cmocka_unit_test(test_what_the_feed_forgot_stays_if_it_was_seen_and_no_line_is_made_of_two),
        cmocka_unit_test(test_a_new_run_begins_anew),
    };

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests_name("echo", tests, NULL, NULL);
}
