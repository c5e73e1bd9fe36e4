/*
 * test_page_past.c - the pages of runs and logs, driven without a terminal: a real store, real
 * files, a real loop; what they ask of the front is written down.
 */
#include "front/front.h"
#include "front/peek.h"
#include "front/work.h"

#include "base/xalloc.h"
#include "cli/command.h"
#include "store/hostlog.h"
#include "ui/canvas.h"

#include "unit/store/place.h"

#include <locale.h>
#include <time.h>

enum { ROWS = 24, COLS = 100 };

/* ---------------------------------------------------------------- a front */

struct front {
    struct cli cli;
    struct event_base *base;
    const char *env;
    int64_t wall_ms;
    struct page *pushed; /* the last one */
    char said[512];
    char retried[64];
    int changes;
};

struct cli *
front_cli(struct front *f)
{
    return &f->cli;
}

struct event_base *
front_base(struct front *f)
{
    return f->base;
}

int64_t
front_wall_ms(const struct front *f)
{
    return f->wall_ms;
}

void
front_changed(struct front *f)
{
    f->changes++;
}

void
front_say(struct front *f, unsigned look, const char *fmt, ...)
{
    va_list ap;

    (void)look;
    va_start(ap, fmt);
    (void)vsnprintf(f->said, sizeof(f->said), fmt, ap);
    va_end(ap);
}

void
front_push(struct front *f, struct page *p)
{
    assert_null(f->pushed);
    f->pushed = p;
}

const char *
front_env_name(const struct front *f)
{
    return f->env;
}

struct work *
front_work(struct front *f)
{
    return (struct work *)f;
}

void
work_propose_retry(struct work *w, const char *run_id)
{
    struct front *f = (struct front *)w;

    (void)snprintf(f->retried, sizeof(f->retried), "%s", run_id);
}

/* ---------------------------------------------------------------- a root */

struct stage {
    struct front front;
    struct place *place; /* its folder is the root */
    char db[96], log[96];
};

static int
stage_make(void **state)
{
    struct stage *s = xcalloc(1, sizeof(*s));
    void *place = NULL;

    place_make(&place);
    s->place = place;
    s->front.base = event_base_new();
    s->front.cli.root = s->place->dir;
    s->front.wall_ms = 1795470300000 + 9000;
    snprintf(s->db, sizeof(s->db), "%s/var", s->place->dir);
    assert_int_equal(mkdir(s->db, 0700), 0);
    snprintf(s->db, sizeof(s->db), "%s/var/runs.db", s->place->dir);
    snprintf(s->log, sizeof(s->log), "%s/debug.log", s->place->dir);
    snprintf(s->place->db, sizeof(s->place->db), "%s", s->db);
    *state = s;
    return 0;
}

static int
stage_clean(void **state)
{
    struct stage *s = *state;
    void *place = s->place;
    int rc;

    event_base_free(s->front.base);
    rc = place_remove(&place);
    free(s);
    return rc;
}

#define STAGED(f) cmocka_unit_test_setup_teardown(f, stage_make, stage_clean)

/* A run of these hosts, two of them not ok. */
static void
make_run(const struct stage *s, const char *env, int32_t hosts, char id[RUN_ID_SIZE])
{
    struct store *store = place_open(s->place);
    struct journal *j = place_begin(store, env, hosts);

    place_copy_id(j, id);
    for (int32_t h = 0; h < hosts; h++) {
        place_order(j, ORDER_START, h, -1);
        place_order(j, ORDER_RUN_STEP, h, 0);
        place_fact(j, FACT_STEP_DONE, h, 0);
        place_order(j, ORDER_RELEASE, h, -1);
        if (h != 1) /* the second never comes to an end */
            place_end(j, h, h == 0 ? OUTCOME_FAILED : OUTCOME_OK, "v2");
    }
    place_finish(store, j, 2);
    store_close(store);
}

static void
run_loop(struct stage *s)
{
    (void)event_base_loop(s->front.base, EVLOOP_NONBLOCK);
}

/* Turns of the loop until a page shows a text; it must not take more of them than this. */
static void
until_shows(struct stage *s, struct page *p, const char *text, int turns)
{
    struct canvas *c = canvas_new(ROWS, COLS, true);
    char *seen = NULL;

    for (int i = 0; i <= turns; i++) {
        free(seen);
        canvas_clear(c);
        p->ops->draw(p, c, canvas_box(c));
        seen = canvas_dump(c);
        if (strstr(seen, text) != NULL)
            break;
        run_loop(s);
    }
    if (strstr(seen, text) == NULL)
        fail_msg("'%s' is not shown:\n%s", text, seen);
    free(seen);
    canvas_free(c);
}

static void
shows(struct stage *s, struct page *p, const char *text)
{
    until_shows(s, p, text, 0);
}

static void
shows_not(struct page *p, const char *text)
{
    struct canvas *c = canvas_new(ROWS, COLS, true);
    char *seen;

    p->ops->draw(p, c, canvas_box(c));
    seen = canvas_dump(c);
    if (strstr(seen, text) != NULL)
        fail_msg("'%s' is shown:\n%s", text, seen);
    free(seen);
    canvas_free(c);
}

static void
subtitle_is(struct page *p, const char *expected)
{
    char text[160] = "";

    p->ops->subtitle(p, text, sizeof(text));
    assert_string_equal(text, expected);
}

static void
leave(struct page *p)
{
    p->ops->free(p);
}

/* ---------------------------------------------------------------- history */

static void
test_the_runs_of_the_open_environment_are_listed(void **state)
{
    struct stage *s = *state;
    char ids[3][RUN_ID_SIZE];
    struct page *p = page_history_new(&s->front);

    p->ops->tick(p, s->front.wall_ms);
    shows(s, p, "There was no run yet.");
    subtitle_is(p, "of all environments");
    make_run(s, "prod", 3, ids[0]);
    make_run(s, "test", 2, ids[1]);
    p->ops->tick(p, s->front.wall_ms);
    shows(s, p, "prod");
    shows(s, p, "1-2 of 2");
    s->front.env = "test";
    p->ops->tick(p, s->front.wall_ms);
    subtitle_is(p, "test");
    shows(s, p, "1-1 of 1");
    shows_not(p, "prod");
    s->front.env = "none";
    p->ops->tick(p, s->front.wall_ms);
    shows(s, p, "none has had no run yet.");
    leave(p);
}

static void
test_the_cursor_stays_on_its_run_when_another_comes(void **state)
{
    struct stage *s = *state;
    char ids[3][RUN_ID_SIZE];
    struct page *p = page_history_new(&s->front);

    make_run(s, "prod", 3, ids[0]);
    make_run(s, "prod", 2, ids[1]);
    p->ops->tick(p, s->front.wall_ms);
    assert_true(p->ops->act(p, ACT_DOWN));
    make_run(s, "prod", 4, ids[2]);
    p->ops->tick(p, s->front.wall_ms);
    assert_true(p->ops->act(p, ACT_RETRY_FAILED));
    assert_string_equal(s->front.retried, ids[0]);
    assert_true(p->ops->act(p, ACT_TOP));
    assert_true(p->ops->act(p, ACT_RETRY_FAILED));
    assert_string_equal(s->front.retried, ids[2]);
    leave(p);
}

static void
test_nothing_is_read_when_nobody_has_written(void **state)
{
    struct stage *s = *state;
    char id[RUN_ID_SIZE];
    struct page *p = page_history_new(&s->front);
    int changes;

    make_run(s, "prod", 3, id);
    p->ops->tick(p, s->front.wall_ms);
    changes = s->front.changes;
    p->ops->tick(p, s->front.wall_ms + 1000);
    p->ops->tick(p, s->front.wall_ms + 2000);
    assert_int_equal(s->front.changes, changes);
    assert_false(p->ops->act(p, ACT_REFRESH)); /* asked for */
    p->ops->tick(p, s->front.wall_ms + 3000);
    assert_true(s->front.changes > changes);
    leave(p);
}

static void
test_a_filter_is_ended_before_the_page_is_left(void **state)
{
    struct stage *s = *state;
    char id[RUN_ID_SIZE];
    struct page *p = page_history_new(&s->front);

    make_run(s, "prod", 3, id);
    p->ops->tick(p, s->front.wall_ms);
    p->ops->filter(p, "staging", false);
    assert_true(p->ops->act(p, ACT_ENTER));
    assert_string_equal(s->front.said, "there is no run here");
    assert_true(p->ops->act(p, ACT_BACK));
    shows(s, p, "1-1 of 1");
    assert_false(p->ops->act(p, ACT_BACK));
    assert_false(p->ops->act(p, ACT_MARK));
    leave(p);
}

/* ---------------------------------------------------------------- one run */

static void
test_a_run_is_opened_down_to_what_a_host_said(void **state)
{
    struct stage *s = *state;
    char id[RUN_ID_SIZE], dir[128], title[160];
    struct page *p = page_history_new(&s->front);
    struct page *chart, *log;
    struct hostlog *l;

    make_run(s, "prod", 3, id);
    snprintf(dir, sizeof(dir), "%s/var/log", s->place->dir);
    l = hostlog_new(dir, "prod", id, NULL);
    hostlog_append(l, "web-3", "hello\n\x1b[31mbad\x1b[0m\n", 19, NULL);
    hostlog_close(l, NULL);
    p->ops->tick(p, s->front.wall_ms);
    assert_true(p->ops->act(p, ACT_ENTER));
    chart = s->front.pushed;
    s->front.pushed = NULL;
    subtitle_is(chart, id);
    chart->ops->tick(chart, s->front.wall_ms);
    shows(s, chart, "reading run");
    until_shows(s, chart, "deploy prod", 5);
    subtitle_is(chart, "deploy prod of 2026-11-23 21:45");
    shows(s, chart, "web-1");
    assert_true(chart->ops->act(chart, ACT_DOWN));
    assert_true(chart->ops->act(chart, ACT_ENTER));
    assert_string_equal(s->front.said, "web-2 was not begun in this run");
    assert_true(chart->ops->act(chart, ACT_BOTTOM));
    assert_true(chart->ops->act(chart, ACT_LOGS));
    log = s->front.pushed;
    log->ops->tick(log, s->front.wall_ms);
    until_shows(s, log, "hello\nbad\n", 5);
    shows(s, log, "1-2/2");
    snprintf(title, sizeof(title), "web-3 in run %s of prod", id);
    subtitle_is(log, title);
    leave(log);
    assert_true(chart->ops->act(chart, ACT_RETRY_FAILED));
    assert_string_equal(s->front.retried, id);
    chart->ops->filter(chart, "failed", false);
    shows(s, chart, "1-1 of 1 (3)");
    assert_true(chart->ops->act(chart, ACT_BACK));
    assert_false(chart->ops->act(chart, ACT_BACK));
    leave(chart);
    leave(p);
}

static void
test_a_run_that_is_gone_is_told(void **state)
{
    struct stage *s = *state;
    char id[RUN_ID_SIZE];
    struct page *p = page_chart_new(&s->front, "20261123T214500Z-0000000000000000");

    p->ops->tick(p, s->front.wall_ms);
    shows(s, p, "is not in the store any more");
    assert_false(p->ops->act(p, ACT_DOWN));
    assert_true(p->ops->act(p, ACT_ENTER));
    leave(p);
    make_run(s, "prod", 3, id);
    p = page_chart_new(&s->front, id); /* left while it is read */
    p->ops->tick(p, s->front.wall_ms);
    leave(p);
    run_loop(s);
}

/* It is our own process that runs it, and it is not over. */
static void
test_a_run_that_goes_on_is_read_again_now_and_then(void **state)
{
    struct stage *s = *state;
    struct store *store;
    struct journal *j;
    struct page *p;
    char id[RUN_ID_SIZE];

    store = place_open(s->place);
    j = place_begin(store, "prod", 2);
    place_copy_id(j, id);
    place_order(j, ORDER_START, 0, -1);
    place_commit(store);
    place_sql(s->place, "UPDATE runs SET mutating = 0"); /* so that its pid says that it lives */
    p = page_chart_new(&s->front, id);
    p->ops->tick(p, s->front.wall_ms);
    until_shows(s, p, "it goes on", 5);
    shows(s, p, "1 running 1 untouched");
    place_order(j, ORDER_START, 1, -1);
    place_commit(store);
    p->ops->tick(p, s->front.wall_ms + 10); /* too early */
    run_loop(s);
    shows(s, p, "1 running 1 untouched");
    s->front.wall_ms += 60000;
    p->ops->tick(p, s->front.wall_ms);
    until_shows(s, p, "2 running", 5);
    place_finish(store, j, 0);
    s->front.wall_ms += 60000;
    p->ops->tick(p, s->front.wall_ms);
    until_shows(s, p, "ok (exit 0)", 5);
    leave(p);
    store_close(store);
}

/* ---------------------------------------------------------------- logs */

static void
append(const struct stage *s, const char *text)
{
    FILE *f = fopen(s->log, "a");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void
test_the_log_is_followed_and_filtered(void **state)
{
    struct stage *s = *state;
    struct page *p = page_log_new(&s->front);

    p->ops->tick(p, s->front.wall_ms);
    until_shows(s, p, "there is none yet", 3);
    append(s, "t [ORCHESTRATOR] Worker 3 completed: deploy for web-1 in 1.0s ok\n"
              "t [ORCHESTRATOR] Worker 31 completed: deploy for web-11 in 1.0s ok\n");
    p->ops->tick(p, s->front.wall_ms);
    until_shows(s, p, "Worker 31", 3);
    assert_true(p->ops->command(p, "worker", "3"));
    shows(s, p, "Worker 3 ");
    shows_not(p, "Worker 31");
    assert_true(p->ops->command(p, "host", "web-11"));
    shows(s, p, "Worker 31");
    shows_not(p, "Worker 3 ");
    assert_true(p->ops->command(p, "host", ""));
    shows(s, p, "Worker 3 ");
    assert_true(p->ops->command(p, "worker", "x"));
    assert_string_equal(s->front.said, ":worker takes a number: `:worker 3`");
    assert_true(p->ops->command(p, "host", "a b"));
    assert_string_equal(s->front.said, ":host takes one name: `:host web-01`");
    assert_false(p->ops->command(p, "other", "x"));
    p->ops->search(p, "nowhere");
    assert_string_equal(s->front.said, "nowhere: not found");
    p->ops->search(p, "completed");
    assert_true(p->ops->act(p, ACT_BACK)); /* the search */
    assert_false(p->ops->act(p, ACT_BACK));
    unlink(s->log);
    append(s, "a new one\n");
    p->ops->tick(p, s->front.wall_ms);
    until_shows(s, p, "[from here on it is another file]\na new one", 3);
    leave(p);
}

/* A turn of the loop reads a piece, not all. */
static void
test_a_large_log_is_read_in_pieces(void **state)
{
    struct stage *s = *state;
    struct page *p = page_log_new(&s->front);
    FILE *f = fopen(s->log, "w");
    int turns = 0;

    for (int i = 0; i < 40000; i++)
        fprintf(f, "a line of a log that is rather long, number %d\n", i);
    fclose(f);
    p->ops->tick(p, s->front.wall_ms);
    while (s->front.changes == 0 || turns < 8) { /* 256 KB in pieces of 64 */
        run_loop(s);
        turns++;
    }
    assert_in_range(s->front.changes, 4, 6);
    shows(s, p, "number 39999");
    leave(p);
}

static void
test_the_log_of_a_host_is_followed_while_the_run_goes_on(void **state)
{
    struct stage *s = *state;
    struct store *store = place_open(s->place);
    struct journal *j = place_begin(store, "prod", 2);
    char id[RUN_ID_SIZE], dir[128];
    struct hostlog *l;
    struct page *p;

    place_copy_id(j, id);
    place_commit(store);
    place_sql(s->place, "UPDATE runs SET mutating = 0");
    snprintf(dir, sizeof(dir), "%s/var/log", s->place->dir);
    p = page_hostlog_new(&s->front, "prod", id, "web-1");
    p->ops->tick(p, s->front.wall_ms);
    until_shows(s, p, "the run goes on", 3);
    l = hostlog_new(dir, "prod", id, NULL);
    hostlog_append(l, "web-1", "one\n", 4, NULL);
    p->ops->tick(p, s->front.wall_ms);
    until_shows(s, p, "one\n", 3);
    hostlog_append(l, "web-1", "two\n", 4, NULL);
    place_finish(store, j, 0);
    store_close(store);
    p->ops->tick(p, s->front.wall_ms); /* it is over: the rest is read once more */
    until_shows(s, p, "one\ntwo\n", 3);
    shows_not(p, "the run goes on");
    hostlog_close(l, NULL);
    leave(p);

    p = page_hostlog_new(&s->front, "prod", id, "web-2");
    p->ops->tick(p, s->front.wall_ms);
    run_loop(s);
    p->ops->tick(p, s->front.wall_ms);
    shows(s, p, "it said nothing");
    leave(p);
    p = page_hostlog_new(&s->front, "prod", id, "../web-2");
    p->ops->tick(p, s->front.wall_ms);
    until_shows(s, p, "not a name of a host", 3);
    leave(p);
}

/* ---------------------------------------------------------------- the store */

static void
test_a_store_that_was_replaced_is_opened_anew(void **state)
{
    struct stage *s = *state;
    struct peek look = {0};
    struct run_list runs = {0};
    struct err err;
    char ids[2][RUN_ID_SIZE], path[128];
    bool changed = true;

    assert_null(peek(&look, s->place->dir, &changed, &err));
    assert_false(changed);
    assert_int_equal(err.kind, ERR_NONE);
    make_run(s, "prod", 2, ids[0]);
    assert_non_null(peek(&look, s->place->dir, &changed, &err));
    assert_true(changed);
    assert_non_null(peek(&look, s->place->dir, &changed, &err));
    assert_false(changed);
    snprintf(path, sizeof(path), "%s.old", s->db);
    assert_int_equal(rename(s->db, path), 0);
    snprintf(path, sizeof(path), "%s-wal", s->db);
    (void)unlink(path);
    snprintf(path, sizeof(path), "%s-shm", s->db);
    (void)unlink(path);
    make_run(s, "prod", 2, ids[1]);
    assert_true(peek_run(&look, s->place->dir, ids[1], &runs, &err));
    run_list_release(&runs);
    assert_false(peek_run(&look, s->place->dir, ids[0], &runs, &err));
    run_list_release(&runs);
    peek_close(&look);
    peek_close(&look);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_the_runs_of_the_open_environment_are_listed),
        STAGED(test_the_cursor_stays_on_its_run_when_another_comes),
        STAGED(test_nothing_is_read_when_nobody_has_written),
        STAGED(test_a_filter_is_ended_before_the_page_is_left),
        STAGED(test_a_run_is_opened_down_to_what_a_host_said),
        STAGED(test_a_run_that_is_gone_is_told),
        STAGED(test_a_run_that_goes_on_is_read_again_now_and_then),
        STAGED(test_the_log_is_followed_and_filtered),
        STAGED(test_a_large_log_is_read_in_pieces),
        STAGED(test_the_log_of_a_host_is_followed_while_the_run_goes_on),
        STAGED(test_a_store_that_was_replaced_is_opened_anew),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
