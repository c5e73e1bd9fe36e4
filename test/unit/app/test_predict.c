/*
 * test_predict.c - how long a run will take: by what is assumed, and by what runs took.
 */
#include "app/predict.h"
#include "app/worktimes.h"
#include "unit/app/rig.h"

enum { MINUTE = 60 * 1000 };

static const char plain[] = "name: act\nsteps:\n  - run: one\n  - run: two\n"
                            "health_check:\n  - run: well\n"
                            "finally:\n  - local: 'true'\n";
static const char odd[] = "name: act\nsteps:\n  - run: one\n  - {run: two, run_once: true}\n"
                          "  - {run: three, throttle: 1}\n  - run: four\n";

static int64_t
predicted_ms(struct rig *r, int64_t work_ms)
{
    struct worktimes *w = worktimes_assume(r->request.host_count, work_ms);
    struct prediction p;

    if (predict(&r->request, w, &p, &r->err) != 0) {
        fail_msg("%s", r->err.text);
    }
    const int64_t ms = p.whole.p50_ms;
    assert_int_equal(p.whole.p95_ms, ms);
    prediction_release(&p);
    worktimes_free(w);
    return ms;
}

static void
test_a_time_that_is_assumed_is_that_of_every_host(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "act", plain);
    assert_int_equal(predicted_ms(&r, 5 * MINUTE), 5 * MINUTE);
    r.request.workers = 1;
    assert_int_equal(predicted_ms(&r, 5 * MINUTE), 15 * MINUTE);
    r.request.workers = 2;
    assert_int_equal(predicted_ms(&r, 5 * MINUTE), 10 * MINUTE);
    assert_int_equal(predicted_ms(&r, 0), 0);
    rig_close(&r);
}

static void
test_bakes_and_pauses_count(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "act", plain);
    r.request.strategy = STRATEGY_ROLLING;
    r.request.workers = 1;
    r.settings.policy.host_bake_ms = MINUTE;
    r.settings.policy.wave_bake_ms = 2 * MINUTE;
    r.settings.policy.wave_pause_ms = 3 * MINUTE;
    r.settings.policy.run_timeout_ms = MINUTE; /* told by who shows the time */
    assert_int_equal(predicted_ms(&r, 5 * MINUTE), (3 * (5 + 1 + 2) + 2 * 3) * MINUTE);
    rig_close(&r);
}

/* Four steps, one of which is run once for all: a third each, and one at a time in the third. */
static void
test_steps_that_hosts_wait_at_keep_their_rules(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "act", odd);
    assert_int_equal(predicted_ms(&r, 3 * MINUTE), (1 + 3 + 1) * MINUTE);
    rig_close(&r);
}

static void
test_each_wave_has_a_time(void **state)
{
    struct rig r;
    struct prediction p;
    struct worktimes *w = worktimes_assume(3, MINUTE);

    (void)state;
    rig_open(&r, NULL, "act", plain);
    r.request.strategy = STRATEGY_ROLLING;
    r.request.workers = 2;
    assert_int_equal(predict(&r.request, w, &p, &r.err), 0);
    assert_int_equal(p.wave_count, 2);
    assert_int_equal(p.runs, 1); /* nothing varies */
    assert_int_equal(p.waves[0].p50_ms, MINUTE);
    assert_int_equal(p.waves[1].p95_ms, MINUTE);
    assert_int_equal(p.whole.p50_ms, 2 * MINUTE);
    prediction_release(&p);
    worktimes_free(w);
    rig_close(&r);
}

static void
test_slots_are_those_of_hosts_that_start_with_their_wave(void **state)
{
    struct rig r;
    int32_t slots[3];

    (void)state;
    rig_open(&r, NULL, "act", plain);
    r.request.workers = 2;
    assert_int_equal(predict_slots(&r.request, slots, &r.err), 0);
    assert_int_equal(slots[0], 0);
    assert_int_equal(slots[1], 1);
    assert_int_equal(slots[2], -1);
    rig_close(&r);
}

/* ---------------------------------------------------------------- history */

/* A run of act in which host i took ms[i]. */
static void
put_run(struct rig *r, const char *const *names, const int64_t *ms, int32_t count)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/var", r->root);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof(path), "%s/var/runs.db", r->root);
    struct store *s = store_open(path, false, &r->err);
    const struct run_start start = {.env = "test",
                                    .action = "act",
                                    .strategy = "rolling",
                                    .mutating = true,
                                    .wall_ms = 1795470300000,
                                    .release = "",
                                    .produces = "",
                                    .plan_json = "{\"steps\": [\"run 1\", \"run 2\"]}",
                                    .hosts = names,
                                    .host_count = count,
                                    .pid = getpid()};
    assert_non_null(s);
    struct journal *j = journal_begin(s, &start, &r->err);
    assert_non_null(j);
    for (int32_t i = 0; i < count; i++) {
        const struct host_end end = {.host = i,
                                     .outcome = OUTCOME_OK,
                                     .started_ms = 0,
                                     .finished_ms = ms[i],
                                     .reason = "",
                                     .release = "",
                                     .tried = "",
                                     .boot_id = ""};
        assert_int_equal(journal_host_end(j, &end, &r->err), 0);
    }
    assert_int_equal(journal_finish(j, 9, 1795470309000, 0, "", &r->err), 0);
    assert_int_equal(store_commit(s, &r->err), 0);
    journal_free(j);
    store_close(s);
}

static struct worktimes *
load(struct rig *r)
{
    static const char *const names[] = {"web-01", "web-02", "web-03"};
    static const size_t steps[] = {0, 1};
    struct worktimes *w = worktimes_load(&r->request, names, steps, 2, &r->err);

    if (w == NULL) {
        fail_msg("%s", r->err.text);
    }
    return w;
}

static void
test_a_host_has_its_own_times_or_those_of_the_fleet(void **state)
{
    static const char *const first[] = {"web-01", "web-02", "gone"};
    static const char *const second[] = {"web-01"};
    struct prng p = {.state = 1};
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "act", plain);
    struct worktimes *w = load(&r);
    assert_false(worktimes_known(w)); /* nobody has made a store */
    worktimes_free(w);
    put_run(&r, first, (const int64_t[]){100, 200, 900}, 3);
    put_run(&r, second, (const int64_t[]){300}, 1);
    w = load(&r);
    assert_true(worktimes_known(w));
    assert_true(worktimes_vary(w));
    assert_int_equal(worktimes_runs(w), 2);
    assert_int_equal(worktimes_samples(w), 4);
    assert_int_equal(worktimes_own(w), 2);
    assert_int_equal(worktimes_median(w, 0), 300);
    assert_int_equal(worktimes_median(w, 1), 200);
    assert_int_equal(worktimes_median(w, 2), 300); /* of 100, 200, 300, 900 */
    for (int i = 0; i < 50; i++) {
        const int64_t own = worktimes_draw(w, 0, &p);
        const int64_t other = worktimes_draw(w, 2, &p);
        assert_true(own == 100 || own == 300);
        assert_true(other == 100 || other == 200 || other == 300 || other == 900);
        assert_int_equal(worktimes_draw(w, 1, &p), 200);
    }
    worktimes_free(w);
    rig_close(&r);
}

static void
test_what_varies_has_a_p95_above_its_p50_and_the_same_from_one_seed(void **state)
{
    static const char *const names[] = {"web-01", "web-02", "web-03"};
    struct prediction p[2];
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "act", plain);
    for (int i = 0; i < 10; i++) {
        const int64_t ms = i == 0 ? 9000 : 1000 + i;
        put_run(&r, names, (const int64_t[]){ms, ms, ms}, 3);
    }
    struct worktimes *w = load(&r);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(predict(&r.request, w, &p[i], &r.err), 0);
    }
    assert_in_range(p[0].whole.p50_ms, 1001, 1009);
    assert_int_equal(p[0].whole.p95_ms, 9000);
    assert_int_equal(p[0].whole.p50_ms, p[1].whole.p50_ms);
    assert_int_equal(p[0].waves[0].p95_ms, 9000);
    prediction_release(&p[0]);
    prediction_release(&p[1]);
    worktimes_free(w);
    rig_close(&r);
}

static void
test_a_plan_that_cannot_be_is_told(void **state)
{
    struct worktimes *w = worktimes_assume(3, MINUTE);
    struct prediction p;
    int32_t slots[3];
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "act", plain);
    r.request.strategy = STRATEGY_BLUE_GREEN; /* nothing switches */
    assert_int_equal(predict(&r.request, w, &p, &r.err), -1);
    prediction_release(&p);
    assert_int_equal(predict_slots(&r.request, slots, &r.err), -1);
    assert_null(predict_plan(&r.request, true, &r.err));
    worktimes_free(w);
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_time_that_is_assumed_is_that_of_every_host),
        cmocka_unit_test(test_bakes_and_pauses_count),
        cmocka_unit_test(test_steps_that_hosts_wait_at_keep_their_rules),
        cmocka_unit_test(test_each_wave_has_a_time),
        cmocka_unit_test(test_slots_are_those_of_hosts_that_start_with_their_wave),
        cmocka_unit_test(test_a_host_has_its_own_times_or_those_of_the_fleet),
        cmocka_unit_test(test_what_varies_has_a_p95_above_its_p50_and_the_same_from_one_seed),
        cmocka_unit_test(test_a_plan_that_cannot_be_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
