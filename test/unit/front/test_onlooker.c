/*
 * test_onlooker.c - a run of another process, as it tells itself over its control socket; and one
 * that lies, stalls, or is not there.
 */
#include "front/onlooker.h"

#include "app/control_place.h"
#include "base/buf.h"
#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN "20261126T050000Z-0123456789abcdef"

enum { JSON_MAX = 1 << 16, TURNS_MAX = 1000 };

/* The other side: a socket that listens, and the one who came. */
struct other {
    char root[64];
    int folder, listener, fd;
    struct event_base *base;
    int news;
};

static void
on_news(void *arg)
{
    struct other *o = arg;

    o->news++;
}

static void
other_open(struct other *o)
{
    char var[80];
    struct err err = {0};

    *o = (struct other){.fd = -1, .base = event_base_new()};
    (void)snprintf(o->root, sizeof(o->root), "/tmp/im-onlooker-XXXXXX");
    assert_non_null(mkdtemp(o->root));
    (void)snprintf(var, sizeof(var), "%s/var", o->root);
    assert_int_equal(mkdir(var, 0700), 0);
    o->folder = control_place_open(var, true, &err);
    assert_true(o->folder >= 0);
    o->listener = control_place_listen(o->folder, RUN, &err);
    assert_true(o->listener >= 0);
}

static void
other_close(struct other *o)
{
    char *command = xasprintf("rm -rf '%s'", o->root);

    if (o->fd >= 0) {
        (void)close(o->fd);
    }
    (void)close(o->listener);
    (void)close(o->folder);
    event_base_free(o->base);
    assert_int_equal(system(command), 0);
    free(command);
}

/* Who connected asked to watch. */
static void
other_accept(struct other *o)
{
    char line[64] = "";

    o->fd = accept(o->listener, NULL, NULL);
    assert_true(o->fd >= 0);
    assert_int_equal(read(o->fd, line, sizeof(line) - 1), 6);
    assert_string_equal(line, "watch\n");
}

static void
other_say(struct other *o, const char *bytes, size_t len)
{
    assert_int_equal(send(o->fd, bytes, len, MSG_NOSIGNAL), len);
}

static void
turn_until_news(struct other *o, int news)
{
    for (int i = 0; i < TURNS_MAX && o->news < news; i++) {
        assert_true(event_base_loop(o->base, EVLOOP_ONCE) >= 0);
    }
    assert_true(o->news >= news);
}

static char *
snapshot_text(int32_t ok, const char *end)
{
    struct snapshot s = snapshot_empty();
    struct buf out;

    buf_init(&out, JSON_MAX);
    s.run = xstrdup(RUN);
    s.env = xstrdup("prod");
    s.action = xstrdup("deploy");
    s.state = xstrdup("running");
    s.totals.count[OUTCOME_OK] = ok;
    snapshot_to_json(&s, &out);
    snapshot_release(&s);
    (void)buf_adds(&out, end);
    char *text = buf_detach(&out);
    buf_release(&out);
    return text;
}

static void
say_snapshot(struct other *o, int32_t ok)
{
    char *text = snapshot_text(ok, "\n");

    other_say(o, text, strlen(text));
    free(text);
}

static struct onlooker *
look_on(struct other *o)
{
    struct err err = {0};
    struct onlooker *look = onlooker_new(o->base, o->root, RUN, on_news, o, &err);

    assert_non_null(look);
    assert_null(onlooker_seen(look));
    assert_string_equal(onlooker_run(look), RUN);
    other_accept(o);
    return look;
}

static void
test_the_newest_snapshot_is_kept_until_the_run_ends(void **state)
{
    struct other o;

    (void)state;
    other_open(&o);
    struct onlooker *look = look_on(&o);
    say_snapshot(&o, 1);
    turn_until_news(&o, 1);
    assert_int_equal(onlooker_seen(look)->totals.count[OUTCOME_OK], 1);
    assert_string_equal(onlooker_seen(look)->action, "deploy");
    say_snapshot(&o, 2);
    say_snapshot(&o, 3);
    turn_until_news(&o, 2);
    assert_int_equal(onlooker_seen(look)->totals.count[OUTCOME_OK], 3);
    assert_false(onlooker_is_over(look));
    (void)close(o.fd);
    o.fd = -1;
    turn_until_news(&o, 3);
    assert_true(onlooker_is_over(look));
    assert_int_equal(onlooker_seen(look)->totals.count[OUTCOME_OK], 3);
    onlooker_free(look);
    other_close(&o);
}

static void
test_a_snapshot_may_come_in_pieces(void **state)
{
    struct other o;
    char *text = snapshot_text(7, "\n");
    const size_t half = strlen(text) / 2;

    (void)state;
    other_open(&o);
    struct onlooker *look = look_on(&o);
    other_say(&o, text, half);
    turn_until_news(&o, 1);
    assert_null(onlooker_seen(look));
    other_say(&o, text + half, strlen(text) - half);
    turn_until_news(&o, 2);
    assert_int_equal(onlooker_seen(look)->totals.count[OUTCOME_OK], 7);
    onlooker_free(look);
    other_close(&o);
    free(text);
}

static void
test_what_is_no_snapshot_ends_it(void **state)
{
    static const char *const lies[] = {"no too many who look on\n", "\n", "[1]\n", "\xff\xfe{\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct other o;
        other_open(&o);
        struct onlooker *look = look_on(&o);
        other_say(&o, lies[i], strlen(lies[i]));
        turn_until_news(&o, 1);
        assert_true(onlooker_is_over(look));
        assert_null(onlooker_seen(look));
        onlooker_free(look);
        other_close(&o);
    }
}

static void
test_a_line_without_end_ends_it_and_takes_no_more_memory(void **state)
{
    struct other o;
    char *bytes = xcalloc(65536, 1);

    (void)state;
    other_open(&o);
    struct onlooker *look = look_on(&o);
    memset(bytes, 'x', 65536);
    for (int i = 0; i < TURNS_MAX && !onlooker_is_over(look); i++) {
        (void)!send(o.fd, bytes, 65536, MSG_NOSIGNAL | MSG_DONTWAIT);
        assert_true(event_base_loop(o.base, EVLOOP_ONCE) >= 0);
    }
    assert_true(onlooker_is_over(look));
    onlooker_free(look);
    other_close(&o);
    free(bytes);
}

/* ---------------------------------------------------------------- verbs */

struct heard {
    int count;
    bool ok;
    char text[128];
};

static void
on_answered(void *arg, bool ok, const char *text)
{
    struct heard *h = arg;

    h->count++;
    h->ok = ok;
    (void)snprintf(h->text, sizeof(h->text), "%s", text);
}

/* Another connection brings a verb; it is answered so (NULL: with its end). */
static void
answer_verb(struct other *o, const char *answer, const char *expected_line)
{
    char line[64] = "";
    const int fd = accept(o->listener, NULL, NULL);

    assert_true(fd >= 0);
    assert_true(read(fd, line, sizeof(line) - 1) > 0);
    assert_string_equal(line, expected_line);
    if (answer != NULL) {
        assert_int_equal(send(fd, answer, strlen(answer), MSG_NOSIGNAL), strlen(answer));
    }
    (void)close(fd);
}

static void
test_a_verb_is_answered_once_whatever_the_answer(void **state)
{
    static const struct {
        const char *answer;
        bool ok;
        const char *text;
    } rows[] = {
        {"ok paused: 3 hosts in flight go on\n", true, "paused: 3 hosts in flight go on"},
        {"no the run is not paused\nok more\n", false, "the run is not paused"},
        {"{\"type\":\"snapshot\"}\n", false, "the run answered what is no answer"},
        {"ok without an end", false, "the run ended without an answer"},
        {NULL, false, "the run ended without an answer"},
    };
    struct other o;
    struct err err = {0};

    (void)state;
    other_open(&o);
    struct onlooker *look = look_on(&o);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct heard h = {0};
        assert_int_equal(onlooker_say(look, "pause", on_answered, &h, &err), 0);
        assert_int_equal(onlooker_say(look, "continue", on_answered, &h, &err), -1);
        answer_verb(&o, rows[i].answer, "pause\n");
        for (int turn = 0; turn < TURNS_MAX && h.count == 0; turn++) {
            assert_true(event_base_loop(o.base, EVLOOP_ONCE) >= 0);
        }
        assert_int_equal(h.count, 1);
        assert_int_equal(h.ok, rows[i].ok);
        assert_string_equal(h.text, rows[i].text);
    }
    struct heard h = {0}; /* what is not answered yet is forgotten with it */
    assert_int_equal(onlooker_say(look, "pause", on_answered, &h, &err), 0);
    onlooker_free(look);
    assert_int_equal(h.count, 0);
    other_close(&o);
}

static void
test_where_nobody_listens_it_is_told(void **state)
{
    struct other o;
    struct err err = {0};

    (void)state;
    other_open(&o);
    assert_null(onlooker_new(o.base, o.root, "another", on_news, &o, &err));
    assert_int_equal(err.kind, ERR_IO);
    assert_null(onlooker_new(o.base, "/nowhere", RUN, on_news, &o, &err));
    onlooker_free(NULL);
    other_close(&o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_newest_snapshot_is_kept_until_the_run_ends),
        cmocka_unit_test(test_a_snapshot_may_come_in_pieces),
        cmocka_unit_test(test_what_is_no_snapshot_ends_it),
        cmocka_unit_test(test_a_line_without_end_ends_it_and_takes_no_more_memory),
        cmocka_unit_test(test_a_verb_is_answered_once_whatever_the_answer),
        cmocka_unit_test(test_where_nobody_listens_it_is_told),
    };

    return cmocka_run_group_tests_name("onlooker", tests, NULL, NULL);
}
