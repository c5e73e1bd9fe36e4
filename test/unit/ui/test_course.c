/*
 * test_course.c - order, waves, slots and time of a run, by what events say; and in any order of
 * events the same as counted anew.
 */
#include "unit/ui/stage.h"

#include "base/prng.h"
#include "core/plan.h"
#include "ui/course.h"

enum { HOSTS = 9, SLOTS = 5 };

static const char *const names[HOSTS] = {"web-01", "web-02", "web-03", "web-04", "web-05",
                                         "web-06", "web-07", "web-08", "web-09"};

static struct plan *
plan_of(enum strategy strategy, enum host_order order)
{
    static const struct plan_step steps[2] = {{0}, {.switches = true}};
    const struct policy policy = {.strategy = strategy,
                                  .workers = 3,
                                  .order = order,
                                  .has_budget = true,
                                  .max_fail = {.value = 2}};
    const struct plan_request q = {.policy = &policy,
                                   .host_count = HOSTS,
                                   .host_names = names,
                                   .steps = steps,
                                   .step_count = strategy == STRATEGY_BLUE_GREEN ? 2 : 1};
    struct err err = {0};
    struct plan *p = plan_new(&q, &err);

    assert_string_equal(err.text, "");
    return p;
}

static void
tell(struct course *c, struct event e)
{
    course_event(c, &e);
}

static struct event
run_of(const struct plan *p)
{
    struct event e = stage_run(names, HOSTS);

    e.plan = p;
    e.waves = p != NULL && plan_has_waves(p) ? plan_wave_count(p) : 0;
    return e;
}

static struct event
host_of(enum event_type type, int32_t host, int32_t slot, int64_t at_ms)
{
    struct event e = event_make(type, at_ms);

    e.host = host >= 0 && host < HOSTS ? names[host] : "?";
    e.host_index = host;
    e.slot = slot;
    return e;
}

static struct event
end_of(int32_t host, int32_t slot, const char *outcome, int64_t at_ms)
{
    struct event e = host_of(EVENT_HOST_FINISHED, host, slot, at_ms);

    e.outcome = outcome;
    return e;
}

/* "1/3 done, 0 bad" of every wave. */
static void
waves_are(const struct course *c, const char *expected)
{
    struct buf text;

    buf_init(&text, 4096);
    for (int32_t i = 0; i < c->wave_count; i++) {
        (void)buf_addf(&text, "%s%d/%d-%d", i > 0 ? " " : "", (int)c->waves[i].done,
                       (int)c->waves[i].hosts, (int)c->waves[i].bad);
    }
    assert_string_equal(text.data, expected);
    buf_release(&text);
}

/* Busy slots, the longest first: "2:web-03 0:web-01". */
static void
slots_are(const struct course *c, const char *expected)
{
    struct buf text;
    int32_t before = -1;

    buf_init(&text, 4096);
    for (int32_t s = c->longest; s >= 0; s = c->slots[s].later) {
        assert_int_equal(c->slots[s].earlier, before);
        (void)buf_addf(&text, "%s%d:%s", before >= 0 ? " " : "", (int)s, names[c->slots[s].host]);
        before = s;
    }
    assert_int_equal(c->newest, before);
    assert_string_equal(text.data, expected);
    buf_release(&text);
}

static void
test_the_plan_tells_order_waves_and_budget(void **state)
{
    struct plan *p = plan_of(STRATEGY_ROLLING, HOST_ORDER_REVERSE_INVENTORY);
    struct course c = course_empty();

    (void)state;
    tell(&c, run_of(p));
    assert_int_equal(c.order[0], 8);
    assert_int_equal(c.places[8], 0);
    assert_int_equal(c.wave_of[8], 1);
    assert_int_equal(c.wave_of[0], 3);
    assert_int_equal(c.budget, 2);
    assert_int_equal(c.slot_count, 3);
    waves_are(&c, "0/3-0 0/3-0 0/3-0");
    course_release(&c);
    plan_free(p);
}

static void
test_without_a_plan_hosts_stand_as_they_are_told_and_waves_come_with_them(void **state)
{
    struct course c = course_empty();
    struct event e = run_of(NULL);

    (void)state;
    e.waves = 2;
    tell(&c, e);
    assert_int_equal(c.order[4], 4);
    assert_int_equal(c.budget, -1);
    assert_int_equal(c.wave_of[4], 0);
    e = host_of(EVENT_HOST_STARTED, 4, 0, 2000);
    e.wave = 2;
    tell(&c, e);
    assert_int_equal(c.wave_of[4], 2);
    tell(&c, end_of(4, 0, "ok", 3000));
    waves_are(&c, "0/0-0 1/0-0");
    course_release(&c);
}

static void
test_slots_are_known_by_how_long_they_are_at_it(void **state)
{
    struct plan *p = plan_of(STRATEGY_ROLLING, HOST_ORDER_INVENTORY);
    struct course c = course_empty();

    (void)state;
    tell(&c, run_of(p));
    for (int32_t i = 0; i < 3; i++) {
        tell(&c, host_of(EVENT_HOST_STARTED, i, i, 1000));
    }
    slots_are(&c, "0:web-01 1:web-02 2:web-03");
    tell(&c, host_of(EVENT_STEP_STARTED, 0, 0, 2000));
    slots_are(&c, "1:web-02 2:web-03 0:web-01");
    tell(&c, end_of(2, 2, "ok", 3000));
    slots_are(&c, "1:web-02 0:web-01");
    assert_int_equal(c.busy, 2);
    assert_int_equal(c.slot_count, 3);
    tell(&c, host_of(EVENT_STEP_STARTED, 7, 1, 3000)); /* not in it */
    slots_are(&c, "1:web-02 0:web-01");
    course_release(&c);
    plan_free(p);
}

static void
test_slots_follow_the_workers_once_they_are_idle(void **state)
{
    struct course c = course_empty();
    struct event e = event_make(EVENT_WORKERS, 2000);

    (void)state;
    tell(&c, run_of(NULL));
    e.workers = 100;
    tell(&c, e);
    assert_int_equal(c.slot_count, HOSTS); /* no more than there are hosts */
    tell(&c, host_of(EVENT_HOST_STARTED, 0, 4, 2000));
    e.workers = 1;
    tell(&c, e);
    assert_int_equal(c.slot_count, 5);
    tell(&c, end_of(0, 4, "failed", 3000));
    assert_int_equal(c.slot_count, 1);
    e.workers = 0;
    tell(&c, e);
    assert_int_equal(c.slot_count, 1);
    course_release(&c);
}

static void
test_a_wave_counts_each_host_once_and_anew_when_it_is_retried(void **state)
{
    struct plan *p = plan_of(STRATEGY_ROLLING, HOST_ORDER_INVENTORY);
    struct course c = course_empty();

    (void)state;
    tell(&c, run_of(p));
    tell(&c, host_of(EVENT_HOST_STARTED, 0, 0, 1000));
    tell(&c, end_of(0, 0, "failed", 2000));
    tell(&c, end_of(0, -1, "failed", 2000));
    waves_are(&c, "1/3-1 0/3-0 0/3-0");
    tell(&c, host_of(EVENT_HOST_RETRIED, 0, -1, 2000));
    waves_are(&c, "0/3-0 0/3-0 0/3-0");
    tell(&c, host_of(EVENT_HOST_STARTED, 0, 0, 2000));
    tell(&c, end_of(0, 0, "ok", 3000));
    waves_are(&c, "1/3-0 0/3-0 0/3-0");
    struct event late = host_of(EVENT_HOST_LATE, 0, -1, 4000);
    late.outcome = "failed";
    tell(&c, late);
    waves_are(&c, "1/3-1 0/3-0 0/3-0");
    tell(&c, host_of(EVENT_HOST_SKIPPED, 5, -1, 4000));
    tell(&c, end_of(5, -1, "skipped", 9000));
    tell(&c, end_of(8, -1, "untouched", 9000));
    waves_are(&c, "1/3-1 1/3-0 0/3-0");
    course_release(&c);
    plan_free(p);
}

static void
test_hosts_of_blue_green_are_counted_in_both_waves(void **state)
{
    struct plan *p = plan_of(STRATEGY_BLUE_GREEN, HOST_ORDER_INVENTORY);
    struct course c = course_empty();

    (void)state;
    tell(&c, run_of(p));
    tell(&c, host_of(EVENT_HOST_STARTED, 0, 0, 1000));
    tell(&c, host_of(EVENT_HOST_PARKED, 0, 0, 2000));
    waves_are(&c, "1/9-0 0/9-0");
    assert_int_equal(c.busy, 0);
    tell(&c, host_of(EVENT_HOST_SWITCHING, 0, 1, 3000));
    slots_are(&c, "1:web-01");
    tell(&c, end_of(0, 1, "ok", 4000));
    waves_are(&c, "1/9-0 1/9-0");
    tell(&c, host_of(EVENT_HOST_STARTED, 1, 0, 1000));
    tell(&c, end_of(1, 0, "failed", 4000));
    waves_are(&c, "2/9-1 2/9-1");
    tell(&c, host_of(EVENT_HOST_RETRIED, 1, -1, 5000));
    waves_are(&c, "1/9-0 1/9-0");
    course_release(&c);
    plan_free(p);
}

static void
test_what_is_left_is_promised_first_and_measured_later(void **state)
{
    struct course c = course_empty();

    (void)state;
    tell(&c, run_of(NULL)); /* at 1000 */
    assert_int_equal(course_left_ms(&c, 1000, -1), -1);
    assert_int_equal(course_left_ms(&c, 1000, 90000), 90000);
    assert_int_equal(course_left_ms(&c, 31000, 90000), 60000);
    assert_int_equal(course_left_ms(&c, 101000, 90000), -1); /* the promise is broken */
    for (int32_t i = 0; i < 3; i++) {                        /* a third, in twice the time */
        tell(&c, end_of(i, -1, "ok", 61000));
    }
    assert_int_equal(course_left_ms(&c, 61000, -1), 120000);
    assert_in_range(course_left_ms(&c, 61000, 90000), 89999, 90000); /* 2/3 of it, 1/3 of 30 s */
    tell(&c, end_of(3, -1, "ok", 61000));
    tell(&c, end_of(4, -1, "ok", 61000));
    assert_int_equal(course_left_ms(&c, 61000, 90000), 48000);
    course_release(&c);
}

static void
test_the_time_in_which_it_stands_still_does_not_count(void **state)
{
    struct course c = course_empty();

    (void)state;
    tell(&c, run_of(NULL));
    tell(&c, event_make(EVENT_PAUSED, 11000));
    assert_int_equal(course_left_ms(&c, 99000, 90000), 80000);
    tell(&c, event_make(EVENT_CONTINUED, 101000));
    tell(&c, event_make(EVENT_PROMOTE_WANTED, 101000));
    tell(&c, event_make(EVENT_PROMOTED, 111000));
    assert_int_equal(c.stood_ms, 100000);
    assert_int_equal(course_left_ms(&c, 112000, 90000), 79000);
    course_release(&c);
}

static void
test_steps_that_are_done_are_parts_of_the_whole(void **state)
{
    struct course c = course_empty();
    struct event e = host_of(EVENT_STEP_FINISHED, 0, 0, 2000);

    (void)state;
    tell(&c, run_of(NULL));
    e.list = LIST_STEPS;
    e.step = 1;
    e.step_count = 3;
    tell(&c, e);
    assert_int_equal(c.parts, COURSE_PARTS / 4);
    e.list = LIST_FINALLY;
    e.step = 3;
    tell(&c, e);
    assert_int_equal(c.parts, COURSE_PARTS / 4);
    tell(&c, end_of(0, 0, "ok", 3000));
    tell(&c, e);
    assert_int_equal(c.parts, COURSE_PARTS);
    tell(&c, host_of(EVENT_HOST_STARTED, 0, 0, 4000));
    assert_int_equal(c.parts, 0);
    assert_int_equal(c.hosts_done, 0);
    course_release(&c);
}

/* ---- any events in any order, counted anew */

struct naive {
    int32_t in_slot[SLOTS];
    int64_t since[SLOTS];
    const char *outcome[HOSTS];
};

static void
compare(const struct course *c, const struct naive *n)
{
    int32_t done[3] = {0};
    int32_t bad[3] = {0};
    int32_t busy = 0;
    int32_t seen = 0;
    int64_t since = -1;

    for (int32_t h = 0; h < HOSTS; h++) {
        done[h / 3] += n->outcome[h] != NULL;
        bad[h / 3] += n->outcome[h] != NULL && strcmp(n->outcome[h], "failed") == 0;
    }
    for (int32_t w = 0; w < 3; w++) {
        assert_int_equal(c->waves[w].done, done[w]);
        assert_int_equal(c->waves[w].bad, bad[w]);
    }
    for (int32_t s = 0; s < SLOTS; s++) {
        busy += n->in_slot[s] >= 0;
        assert_int_equal(s < c->slot_count ? c->slots[s].host : -1, n->in_slot[s]);
    }
    assert_int_equal(c->busy, busy);
    for (int32_t s = c->longest; s >= 0; s = c->slots[s].later) {
        assert_true(n->since[s] > since);
        since = n->since[s];
        seen++;
    }
    assert_int_equal(seen, busy);
}

static void
one_event(struct course *c, struct naive *n, struct prng *dice, int64_t at_ms)
{
    static const char *const outcomes[] = {"ok", "failed", "cancelled"};
    const int32_t host = (int32_t)prng_below(dice, HOSTS);
    const int32_t slot = (int32_t)prng_below(dice, SLOTS);
    const char *outcome = outcomes[prng_below(dice, 3)];
    const bool in_it = n->in_slot[slot] == host;

    switch (prng_below(dice, 4)) {
    case 0:
        tell(c, host_of(EVENT_HOST_STARTED, host, slot, at_ms));
        n->in_slot[slot] = host;
        n->since[slot] = at_ms;
        n->outcome[host] = NULL;
        break;
    case 1:
        tell(c, host_of(EVENT_STEP_STARTED, host, slot, at_ms));
        n->since[slot] = in_it ? at_ms : n->since[slot];
        break;
    case 2:
        tell(c, end_of(host, slot, outcome, at_ms));
        n->in_slot[slot] = in_it ? -1 : n->in_slot[slot];
        n->outcome[host] = n->outcome[host] != NULL && strcmp(n->outcome[host], "failed") == 0
                               ? "failed" /* what was bad stays bad until it is started anew */
                               : outcome;
        break;
    default:
        tell(c, host_of(EVENT_HOST_RETRIED, host, -1, at_ms));
        n->outcome[host] = NULL;
        break;
    }
}

static void
test_whatever_comes_the_counts_are_those_counted_anew(void **state)
{
    struct plan *p = plan_of(STRATEGY_ROLLING, HOST_ORDER_INVENTORY);
    struct prng dice = {.state = 7};

    (void)state;
    for (int round = 0; round < 50; round++) {
        struct course c = course_empty();
        struct naive n = {.in_slot = {-1, -1, -1, -1, -1}};
        tell(&c, run_of(p));
        for (int64_t i = 0; i < 200; i++) {
            one_event(&c, &n, &dice, i);
            compare(&c, &n);
        }
        course_release(&c);
    }
    plan_free(p);
}

static void
test_numbers_out_of_range_change_nothing(void **state)
{
    static const int32_t numbers[] = {INT32_MIN, -1, HOSTS, INT32_MAX};
    struct course c = course_empty();

    (void)state;
    tell(&c, host_of(EVENT_HOST_STARTED, 0, 0, 1)); /* before the run */
    tell(&c, run_of(NULL));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (int type = EVENT_WAVE_STARTED; type <= EVENT_MESSAGE; type++) {
            struct event e = host_of((enum event_type)type, numbers[i], 0, 1);
            e.wave = e.step = numbers[i];
            tell(&c, e);
            assert_int_equal(c.busy, 0);
            e.host_index = 0;
            e.slot = numbers[i] == HOSTS ? -1 : numbers[i];
            tell(&c, e);
            assert_int_equal(c.busy, 0);
        }
    }
    course_release(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_plan_tells_order_waves_and_budget),
        cmocka_unit_test(test_without_a_plan_hosts_stand_as_they_are_told_and_waves_come_with_them),
        cmocka_unit_test(test_slots_are_known_by_how_long_they_are_at_it),
        cmocka_unit_test(test_slots_follow_the_workers_once_they_are_idle),
        cmocka_unit_test(test_a_wave_counts_each_host_once_and_anew_when_it_is_retried),
        cmocka_unit_test(test_hosts_of_blue_green_are_counted_in_both_waves),
        cmocka_unit_test(test_what_is_left_is_promised_first_and_measured_later),
        cmocka_unit_test(test_the_time_in_which_it_stands_still_does_not_count),
        cmocka_unit_test(test_steps_that_are_done_are_parts_of_the_whole),
        cmocka_unit_test(test_whatever_comes_the_counts_are_those_counted_anew),
        cmocka_unit_test(test_numbers_out_of_range_change_nothing),
    };

    return cmocka_run_group_tests_name("course", tests, NULL, NULL);
}
