/*
 * test_view_run.c - the Run page as it looks while runs go on, wait, fail, end, and where there is
 * none.
 *
 * A run is told by its events, as the engine tells them; nothing is asked of a clock.
 */
#include "unit/ui/golden.h"

#include "core/plan.h"
#include "ui/sink.h"
#include "ui/view_run.h"

#include <locale.h>
#include <time.h>

enum { HOSTS_MAX = 10000, LINES_MAX = 100 };

/* 2026-11-26 05:00:00 UTC; times of a scene are seconds since. */
static const int64_t zero_ms = INT64_C(1795669200000);
#define SECOND_MS INT64_C(1000)

struct scene {
    char **names;
    int32_t count;
    struct plan *plan;
    struct feed *feed;
    struct table *table;
    struct pager *pager;
    struct snapshot glance;
    struct view_run view;
    int64_t now_ms;
    int32_t asked; /* cells of the table */
};

static unsigned
cell(void *arg, size_t row, size_t column, char ret[TABLE_CELL_BYTES])
{
    struct scene *s = arg;

    s->asked++;
    return view_run_cell(s->feed, s->now_ms, feed_course(s->feed)->order[row],
                         (enum view_run_column)column, ret);
}

static int
compare(void *arg, size_t column, size_t a, size_t b)
{
    struct scene *s = arg;
    const int32_t *order = feed_course(s->feed)->order;

    return view_run_compare(s->feed, s->now_ms, (enum view_run_column)column, order[a], order[b]);
}

static void
tell(struct scene *s, struct event e)
{
    sink_event(feed_sink(s->feed), &e);
}

static struct plan *
plan_of(struct scene *s, enum strategy strategy, int32_t workers)
{
    static const struct plan_step step;
    const struct policy policy = {
        .strategy = strategy, .workers = workers, .has_budget = true, .max_fail = {.value = 2}};
    const struct plan_request q = {.policy = &policy,
                                   .host_count = s->count,
                                   .host_names = (const char *const *)s->names,
                                   .steps = &step,
                                   .step_count = 1};
    struct err err = {0};
    struct plan *p = plan_new(&q, &err);

    assert_string_equal(err.text, "");
    return p;
}

static void
begin_run(struct scene *s, enum strategy strategy, int32_t workers)
{
    struct event e = event_make(EVENT_RUN_STARTED, zero_ms);

    s->plan = plan_of(s, strategy, workers);
    e.run = "20261126T050000Z-0123456789abcdef";
    e.env = "prod";
    e.action = "deploy";
    e.hosts = (const char *const *)s->names;
    e.host_count = s->count;
    e.workers = workers;
    e.strategy = strategy_name(strategy);
    e.waves = plan_has_waves(s->plan) ? plan_wave_count(s->plan) : 0;
    e.step_count = 5;
    e.plan = s->plan;
    tell(s, e);
    table_set_count(s->table, (size_t)s->count, false);
}

static void
open_scene(struct scene *s, int32_t hosts)
{
    struct table_source source = {.columns = view_run_columns,
                                  .column_count = RUN_COLUMNS,
                                  .cell = cell,
                                  .compare = compare,
                                  .arg = s};

    *s = (struct scene){.count = hosts, .now_ms = zero_ms};
    s->names = xcalloc((size_t)hosts, sizeof(*s->names));
    for (int32_t i = 0; i < hosts; i++) {
        s->names[i] = xasprintf(hosts < 100 ? "web-%02d" : "web-%05d", (int)i + 1);
    }
    s->feed = feed_new(LINES_MAX, NULL);
    s->table = table_new(&source);
    s->pager = pager_new(LINES_MAX, 1 << 20);
    s->glance = snapshot_empty();
    s->view = (struct view_run){.feed = s->feed,
                                .glance = &s->glance,
                                .predicted_ms = -1,
                                .hosts = s->table,
                                .output = s->pager,
                                .env = "prod"};
}

static void
close_scene(struct scene *s)
{
    snapshot_release(&s->glance);
    pager_free(s->pager);
    table_free(s->table);
    feed_free(s->feed);
    plan_free(s->plan);
    for (int32_t i = 0; i < s->count; i++) {
        free(s->names[i]);
    }
    free(s->names);
}

static struct event
host_event(struct scene *s, enum event_type type, int32_t host, int32_t slot, int64_t at_s)
{
    struct event e = event_make(type, zero_ms + at_s * SECOND_MS);

    e.host = s->names[host];
    e.host_index = host;
    e.slot = slot;
    e.wave = plan_has_waves(s->plan) ? plan_wave_of(s->plan, host) + 1 : 0;
    return e;
}

static void
start_host(struct scene *s, int32_t host, int32_t slot, int64_t at_s)
{
    tell(s, host_event(s, EVENT_HOST_STARTED, host, slot, at_s));
}

static struct event
step_event(struct scene *s, enum event_type type, int32_t host, int32_t slot, int32_t step,
           int64_t at_s)
{
    static const char *const names[] = {"Provisioned?", "Upload the release", "Unpack", "Switch",
                                        "Restart"};
    struct event e = host_event(s, type, host, slot, at_s);

    e.list = LIST_STEPS;
    e.step = step;
    e.step_count = 5;
    e.step_name = names[step - 1];
    e.attempt = 1;
    return e;
}

static void
start_step(struct scene *s, int32_t host, int32_t slot, int32_t step, int64_t at_s)
{
    tell(s, step_event(s, EVENT_STEP_STARTED, host, slot, step, at_s));
}

static void
end_step(struct scene *s, int32_t host, int32_t slot, int32_t step, const char *outcome,
         int64_t at_s)
{
    struct event e = step_event(s, EVENT_STEP_FINISHED, host, slot, step, at_s);

    e.outcome = outcome;
    e.exit_code = strcmp(outcome, "failed") == 0 ? 1 : 0;
    e.duration_ms = 1250;
    tell(s, e);
}

static void
end_host(struct scene *s, int32_t host, int32_t slot, const char *outcome, const char *reason,
         int64_t at_s)
{
    struct event e = host_event(s, EVENT_HOST_FINISHED, host, slot, at_s);

    e.outcome = outcome;
    e.reason = reason;
    e.duration_ms = 21500;
    tell(s, e);
}

static void
say(struct scene *s, int32_t host, const char *text)
{
    struct event e = host_event(s, EVENT_OUTPUT, host, 0, 0);

    e.data = text;
    e.len = strlen(text);
    tell(s, e);
    pager_add(s->pager, text, strlen(text));
}

static void
set_state(struct scene *s, enum run_state state, int64_t since_s)
{
    free(s->glance.state);
    s->glance.state = xstrdup(run_state_name(state));
    s->glance.state_since_ms = zero_ms + since_s * SECOND_MS;
}

static void
take_glance(struct scene *s)
{
    set_state(s, RUN_RUNNING, 0);
    s->glance.workers = feed_course(s->feed)->workers;
    s->glance.active = feed_course(s->feed)->busy;
    s->glance.budget = 2;
    s->glance.wave_due_ms = -1;
    memcpy(s->glance.totals.count, feed_board(s->feed)->count, sizeof(s->glance.totals.count));
}

/* Three waves of three; the first is over, of the second one host is ok, one failed and two are in
 * flight. */
static void
play(struct scene *s)
{
    struct event wave = event_make(EVENT_WAVE_STARTED, zero_ms + 22000);

    begin_run(s, STRATEGY_ROLLING, 3);
    wave.wave = 1;
    wave.waves = 3;
    wave.text = "web-[01-03]";
    tell(s, wave);
    for (int32_t i = 0; i < 3; i++) {
        start_host(s, i, i, 0);
        end_host(s, i, i, "ok", NULL, 21 + i % 2);
    }
    wave.wave = 2;
    wave.text = "web-[04-06]";
    tell(s, wave);
    for (int32_t i = 3; i < 6; i++) {
        start_host(s, i, i - 3, 22);
        start_step(s, i, i - 3, 1, 22);
        end_step(s, i, i - 3, 1, "ok", 23);
    }
    start_step(s, 5, 2, 2, 23);
    start_step(s, 3, 0, 2, 23);
    end_step(s, 3, 0, 2, "ok", 31);
    start_step(s, 3, 0, 3, 31);
    end_step(s, 3, 0, 3, "skipped", 31);
    start_step(s, 3, 0, 4, 31);
    start_step(s, 4, 1, 2, 23);
    end_step(s, 4, 1, 2, "failed", 30);
    end_host(s, 4, 1, "failed", "step 2 Upload the release: no space left on device", 30);
    say(s, 3, "uploading app-1.2.3.tar.gz\n  45.1 MiB of 45.1 MiB\nsha256 ok\n");
    say(s, 3, "\033[31mred\033[0m and \033[2Jhostile \xff\xfe bytes\nswitching");
    s->now_ms = zero_ms + 36 * SECOND_MS;
    s->view.now_ms = s->now_ms;
    s->view.host = 3;
    s->view.predicted_ms = 70000;
    table_go(s->table, 3);
    take_glance(s);
    s->glance.bad = 1;
}

static void
picture(struct scene *s, int rows, int cols, bool ascii, const char *name)
{
    struct canvas *c = canvas_new(rows, cols, ascii);

    view_run_draw(&s->view, c, canvas_box(c));
    golden_is(c, name);
    canvas_free(c);
}

static void
test_a_run_is_shown_with_slots_hosts_steps_and_output(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, 9);
    play(&s);
    picture(&s, 21, 80, false, "run");
    picture(&s, 21, 80, true, "run-ascii");
    picture(&s, 27, 100, false, "run");
    picture(&s, 97, 300, false, "run");
    close_scene(&s);
}

static void
test_the_output_grows_when_keys_go_to_it(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, 9);
    play(&s);
    s.view.reads = true;
    picture(&s, 21, 80, false, "run-reads");
    picture(&s, 14, 80, false, "run-reads");
    close_scene(&s);
}

/* The first line, by state. */
static void
test_every_state_says_what_goes_on_and_which_key_does_it(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, 9);
    play(&s);
    set_state(&s, RUN_PAUSED, 30);
    picture(&s, 3, 80, false, "run-paused");
    set_state(&s, RUN_PROMOTING, 20);
    picture(&s, 3, 80, false, "run-promoting");
    s.glance.halt = xstrdup("failure budget spent");
    set_state(&s, RUN_DRAINING, 20);
    picture(&s, 3, 80, false, "run-draining");
    set_state(&s, RUN_KILLING, 20);
    picture(&s, 3, 80, false, "run-killing");
    set_state(&s, RUN_ROLLING_BACK, 20);
    s.glance.totals.rolled_back = 2;
    picture(&s, 3, 80, false, "run-rolling-back");
    set_state(&s, RUN_RUNNING, 20);
    s.glance.wave_due_ms = s.now_ms + 40000;
    tell(&s, event_make(EVENT_WAVE_BAKING, s.now_ms));
    picture(&s, 3, 80, false, "run-baking");
    tell(&s, event_make(EVENT_WAVE_PAUSING, s.now_ms));
    s.view.queue_count = 2;
    picture(&s, 3, 80, false, "run-pausing");
    close_scene(&s);
}

static struct event
end_of_run(int32_t exit_code, const char *reason, const char *go_on)
{
    struct event e = event_make(EVENT_RUN_FINISHED, zero_ms + 60000);

    e.exit_code = exit_code;
    e.reason = reason;
    e.go_on = go_on;
    e.duration_ms = 60000;
    e.log_dir = "var/log/prod/20261126T050000Z-0123456789abcdef";
    return e;
}

static void
test_a_run_that_is_over_says_how_and_what_goes_on(void **state)
{
    struct scene s;
    struct event e =
        end_of_run(3, "failure budget spent", "inventory-manager retry 20261126T050000Z");

    (void)state;
    open_scene(&s, 9);
    play(&s);
    end_host(&s, 3, 0, "cancelled", "by the operator", 40);
    end_host(&s, 5, 2, "unreachable", "connect: no route to host", 40);
    for (int32_t i = 6; i < 9; i++) {
        end_host(&s, i, -1, "untouched", NULL, 60);
    }
    memcpy(e.totals.count, feed_board(s.feed)->count, sizeof(e.totals.count));
    tell(&s, e);
    s.view.glance = NULL;
    s.view.host = 5;
    pager_clear(s.pager);
    table_sort(s.table, RUN_COLUMN_STATE, false);
    picture(&s, 21, 80, false, "run-over");
    close_scene(&s);
}

static void
test_a_run_that_went_well_says_so(void **state)
{
    struct scene s;
    struct event e = end_of_run(0, NULL, NULL);

    (void)state;
    open_scene(&s, 2);
    begin_run(&s, STRATEGY_PARALLEL, 2);
    for (int32_t i = 0; i < 2; i++) {
        start_host(&s, i, i, 0);
        end_host(&s, i, i, "ok", NULL, 21);
    }
    memcpy(e.totals.count, feed_board(s.feed)->count, sizeof(e.totals.count));
    tell(&s, e);
    s.now_ms = s.view.now_ms = zero_ms + 61000;
    s.view.glance = NULL;
    picture(&s, 10, 80, false, "run-well");
    close_scene(&s);
}

static void
test_a_host_tells_its_gate_its_bake_its_retry_and_its_way_back(void **state)
{
    static const struct {
        enum event_type type;
        enum step_list list;
        int32_t attempt;
        const char *outcome;
        const char *expected;
    } rows[] = {
        {EVENT_STEP_STARTED, LIST_STEPS, 1, NULL, "1/2 x"},
        {EVENT_STEP_STARTED, LIST_STEPS, 3, NULL, "1/2 x, try 3"},
        {EVENT_GATE_STARTED, LIST_CHECKS, 2, NULL, "check 1/2 x, try 2"},
        {EVENT_STEP_STARTED, LIST_FINALLY, 1, NULL, "finally 1/2 x"},
        {EVENT_STEP_STARTED, LIST_ROLLBACK, 1, NULL, "back 1/2 x"},
    };
    struct scene s;
    char text[VIEW_RUN_TEXT];

    (void)state;
    open_scene(&s, 1);
    begin_run(&s, STRATEGY_PARALLEL, 1);
    view_run_doing(s.feed, 0, text, sizeof(text));
    assert_string_equal(text, "");
    view_run_doing(s.feed, 99, text, sizeof(text));
    assert_string_equal(text, "");
    start_host(&s, 0, 0, 0);
    view_run_doing(s.feed, 0, text, sizeof(text));
    assert_string_equal(text, "connects");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct event e = host_event(&s, rows[i].type, 0, 0, 1);
        e.list = rows[i].list;
        e.step = 1;
        e.step_count = 2;
        e.step_name = "x";
        e.attempt = rows[i].attempt;
        tell(&s, e);
        view_run_doing(s.feed, 0, text, sizeof(text));
        assert_string_equal(text, rows[i].expected);
    }
    struct event gate = host_event(&s, EVENT_GATE_STARTED, 0, 0, 1);
    gate.list = LIST_CHECKS;
    gate.step = gate.step_count = 2;
    gate.step_name = "http";
    gate.attempt = 1;
    tell(&s, gate);
    gate.type = EVENT_GATE;
    gate.outcome = "ok";
    gate.duration_ms = 3;
    tell(&s, gate);
    view_run_doing(s.feed, 0, text, sizeof(text));
    assert_string_equal(text, "healthy, bakes");
    tell(&s, host_event(&s, EVENT_HOST_PARKED, 0, 0, 2));
    view_run_doing(s.feed, 0, text, sizeof(text));
    assert_string_equal(text, "waits for the switch");
    close_scene(&s);
}

static void
test_without_a_run_the_page_says_what_to_do_and_shows_the_queue(void **state)
{
    static const char *const queue[] = {"deploy prod: web-[01-03]", "check test: all hosts"};
    struct view_run v = {.now_ms = zero_ms, .host = -1, .predicted_ms = -1};
    struct scene s = {.view = v};

    (void)state;
    picture(&s, 10, 80, false, "run-none");
    s.view.env = "prod";
    s.view.queue = queue;
    s.view.queue_shown = 2;
    s.view.queue_count = 7;
    picture(&s, 12, 80, true, "run-queue");
    s.view.queue_runs = true;
    picture(&s, 12, 80, false, "run-queue-runs");
}

static void
seen_from_outside(struct snapshot *o)
{
    o->state = xstrdup("running");
    o->run = xstrdup("20261126T050000Z-0123456789abcdef");
    o->host_count = 9;
    o->started_ms = zero_ms - 60000;
    o->totals.count[OUTCOME_OK] = 2;
    o->totals.count[OUTCOME_FAILED] = 1;
    o->totals.count[OUTCOME_RUNNING] = 3;
    o->totals.count[OUTCOME_UNTOUCHED] = 3;
    o->wave = 2;
    o->waves = 3;
    o->workers = o->active = 3;
    o->bad = 1;
    o->budget = 2;
    o->hosts = xcalloc(2, sizeof(*o->hosts));
    o->hosts[o->shown++] =
        (struct snapshot_host){xstrdup("web-04"), xstrdup("step 4/5 Switch"), 0, zero_ms - 12000};
    o->hosts[o->shown++] =
        (struct snapshot_host){xstrdup("web-05"), xstrdup("connecting"), 1, zero_ms - 2000};
    o->failures = xcalloc(1, sizeof(*o->failures));
    o->failures[o->failed++] =
        (struct snapshot_failure){xstrdup("web-02"), xstrdup("failed"), xstrdup("exit 3")};
}

static void
test_a_run_of_another_process_is_told_and_shown_if_it_is_seen(void **state)
{
    struct snapshot other = snapshot_empty();
    struct scene s = {.view = {.now_ms = zero_ms, .host = -1, .other = &other}};

    (void)state;
    other.action = xstrdup("deploy");
    other.env = xstrdup("prod");
    other.pid = 4711;
    s.view.other_note = "its socket does not answer";
    picture(&s, 10, 80, false, "run-other");
    seen_from_outside(&other);
    picture(&s, 16, 80, false, "run-other-seen");
    snapshot_release(&other);
}

static void
test_many_slots_are_a_grid_and_what_has_no_room_is_counted(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, HOSTS_MAX);
    begin_run(&s, STRATEGY_PARALLEL, 1000);
    for (int32_t i = 0; i < 1000; i++) {
        start_host(&s, i, i, 0);
    }
    for (int32_t i = 0; i < 700; i++) {
        start_step(&s, i, i, 1 + i % 5, 1 + i / 50);
    }
    end_host(&s, 3, 3, "ok", NULL, 14);
    s.now_ms = s.view.now_ms = zero_ms + 75000;
    take_glance(&s);
    picture(&s, 27, 100, false, "run-many");
    picture(&s, 97, 300, false, "run-many");
    close_scene(&s);
}

/* However many hosts there are, cells are asked of those that are seen. */
static void
test_a_frame_asks_for_the_rows_that_are_seen(void **state)
{
    struct canvas *c = canvas_new(97, 300, false);
    struct scene s;

    (void)state;
    open_scene(&s, HOSTS_MAX);
    begin_run(&s, STRATEGY_PARALLEL, 10);
    table_act(s.table, ACT_BOTTOM);
    s.asked = 0;
    view_run_draw(&s.view, c, canvas_box(c));
    assert_in_range(s.asked, 1, 97 * RUN_COLUMNS);
    canvas_free(c);
    close_scene(&s);
}

static void
test_hosts_are_sorted_by_what_is_under_way_and_then_by_what_went_wrong(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, 9);
    play(&s);
    assert_true(view_run_compare(s.feed, s.now_ms, RUN_COLUMN_STATE, 3, 4) < 0);
    assert_true(view_run_compare(s.feed, s.now_ms, RUN_COLUMN_STATE, 4, 0) < 0);
    assert_true(view_run_compare(s.feed, s.now_ms, RUN_COLUMN_STATE, 8, 0) < 0);
    assert_true(view_run_compare(s.feed, s.now_ms, RUN_COLUMN_SLOT, 5, 0) < 0);
    assert_true(view_run_compare(s.feed, s.now_ms, RUN_COLUMN_WAVE, 0, 8) < 0);
    assert_true(view_run_compare(s.feed, s.now_ms, RUN_COLUMN_TIME, 8, 0) < 0);
    assert_true(view_run_compare(s.feed, s.now_ms, RUN_COLUMN_HOST, 0, 8) < 0);
    assert_int_equal(view_run_compare(s.feed, s.now_ms, RUN_COLUMN_STATE, 0, 1), 0);
    close_scene(&s);
}

static void
nothing_outside(struct scene *s, struct box box)
{
    struct canvas *c = canvas_new(60, 200, false);

    view_run_draw(&s->view, c, box);
    for (int row = 0; row < 60; row++) {
        for (int col = 0; col < 200; col++) {
            const bool inside = row >= box.row && row < box.row + box.rows && col >= box.col &&
                                col < box.col + box.cols;
            if (!inside && canvas_row(c, row)[col].code != ' ') {
                fail_msg("%dx%d: row %d, column %d", box.cols, box.rows, row, col);
            }
        }
    }
    canvas_free(c);
}

static void
test_nothing_is_drawn_outside_of_the_box(void **state)
{
    struct scene s;

    (void)state;
    open_scene(&s, 9);
    play(&s);
    for (int rows = 0; rows < 50; rows += 2) {
        for (int cols = 0; cols < 190; cols += 9) {
            s.view.reads = (rows + cols) % 2 == 0;
            nothing_outside(&s, (struct box){.row = 2, .col = 3, .rows = rows, .cols = cols});
        }
    }
    close_scene(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_is_shown_with_slots_hosts_steps_and_output),
        cmocka_unit_test(test_the_output_grows_when_keys_go_to_it),
        cmocka_unit_test(test_every_state_says_what_goes_on_and_which_key_does_it),
        cmocka_unit_test(test_a_run_that_is_over_says_how_and_what_goes_on),
        cmocka_unit_test(test_a_run_that_went_well_says_so),
        cmocka_unit_test(test_a_host_tells_its_gate_its_bake_its_retry_and_its_way_back),
        cmocka_unit_test(test_without_a_run_the_page_says_what_to_do_and_shows_the_queue),
        cmocka_unit_test(test_a_run_of_another_process_is_told_and_shown_if_it_is_seen),
        cmocka_unit_test(test_many_slots_are_a_grid_and_what_has_no_room_is_counted),
        cmocka_unit_test(test_a_frame_asks_for_the_rows_that_are_seen),
        cmocka_unit_test(test_hosts_are_sorted_by_what_is_under_way_and_then_by_what_went_wrong),
        cmocka_unit_test(test_nothing_is_drawn_outside_of_the_box),
    };

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests_name("view_run", tests, NULL, NULL);
}
