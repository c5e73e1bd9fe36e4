/*
 * test_simulate.c - what is said to go wrong: reading it, and which hosts it means.
 */
#include "app/simulate.h"
#include "unit/app/rig.h"

static const char inventory[] =
    "all:\n  vars: {ansible_ssh_private_key_file: key, pin: '123'}\n"
    "  hosts:\n    web-01: {zone: a}\n    web-02: {zone: a}\n    web-03: {zone: b}\n"
    "    db-1: {zone: 7}\n";
static const char action[] = "name: act\nsteps:\n  - run: one\n  - run: two\n"
                             "health_check:\n  - run: well\n";

static void
test_words_are_read_as_they_are_documented(void **state)
{
    static const struct {
        const char *text;
        const char *selector;
        unsigned trouble;
        int32_t step;
        int64_t milli, ms;
    } rows[] = {
        {"web-03:fail", "web-03", TROUBLE_FAIL, 0, 0, -1},
        {" web-03 : fail ", "web-03", TROUBLE_FAIL, 0, 0, -1},
        {"web-[01,03]:fail=2", "web-[01,03]", TROUBLE_FAIL, 2, 0, -1},
        {"zone=b:unreachable", "zone=b", TROUBLE_UNREACHABLE, 0, 0, -1},
        {"all:unknown=1", "all", TROUBLE_UNKNOWN, 1, 0, -1},
        {"2001:db8::7:flap", "2001:db8::7", TROUBLE_FLAP, 0, 0, -1},
        {"a:unhealthy,", "a", TROUBLE_UNHEALTHY, 0, 0, -1},
        {",a:late", "a", TROUBLE_LATE, 0, 0, -1},
        {"a:slow", "a", 0, 0, 10000, -1},
        {"a:slow=3x", "a", 0, 0, 3000, -1},
        {"a:slow=0.5x", "a", 0, 0, 500, -1},
        {"a:slow=10m", "a", 0, 0, 0, 600000},
        {"a:slow=0s", "a", 0, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct simulation s;
        struct err err = {0};
        if (simulate_parse(rows[i].text, &s, &err) != 0) {
            fail_msg("%s: %s", rows[i].text, err.text);
        }
        assert_int_equal(s.count, 1);
        assert_string_equal(s.items[0].selector, rows[i].selector);
        assert_int_equal(s.items[0].trouble, rows[i].trouble);
        assert_int_equal(s.items[0].step, rows[i].step);
        assert_int_equal(s.items[0].slow_milli, rows[i].milli);
        assert_int_equal(s.items[0].slow_ms, rows[i].ms);
        simulation_release(&s);
    }
}

static void
test_what_cannot_be_read_is_named(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "--simulate: there is nothing in it"},
        {" , ", "--simulate: there is nothing in it"},
        {"web-03", "--simulate: expected HOSTS:EFFECT like web-03:fail, got 'web-03'"},
        {":fail", "--simulate: expected HOSTS:EFFECT like web-03:fail, got ':fail'"},
        {"a:fial", "--simulate: a: no effect 'fial'; did you mean fail?"},
        {"a:", "--simulate: a: expected fail, unreachable, unknown, unhealthy, late, slow or flap, "
               "got ''"},
        {"a:fail=0", "--simulate: a: fail: expected the number of a step, from 1, got '0'"},
        {"a:fail=x", "--simulate: a: fail: expected the number of a step, from 1, got 'x'"},
        {"a:late=2", "--simulate: a: late takes no value"},
        {"a:slow=", "--simulate: a: slow: expected times like 3x, or a duration like 10m, got ''"},
        {"a:slow=0x", "--simulate: a: slow: expected times like 3x, or a duration like 10m, got "
                      "'0x'"},
        {"a:slow=x",
         "--simulate: a: slow: expected times like 3x, or a duration like 10m, got 'x'"},
        {"a:slow=99999999999999x",
         "--simulate: a: slow: expected times like 3x, or a duration like "
         "10m, got '99999999999999x'"},
        {"a:slow=-1s", "--simulate: a: slow: expected times like 3x, or a duration like 10m, got "
                       "'-1s'"},
        {"b:fail, a:fail=1000000",
         "--simulate: a: fail: expected the number of a step, from 1, got "
         "'1000000'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct simulation s;
        struct err err = {0};
        assert_int_equal(simulate_parse(rows[i].text, &s, &err), -1);
        assert_int_equal(err.kind, ERR_USAGE);
        assert_string_equal(err.text, rows[i].message);
        simulation_release(&s);
    }
}

static void
test_too_much_is_refused(void **state)
{
    struct buf text;
    struct simulation s;

    (void)state;
    buf_init(&text, 2 * SIMULATE_TEXT_MAX);
    for (int i = 0; i <= SIMULATE_ITEMS_MAX; i++) {
        buf_adds(&text, "a:fail,");
    }
    assert_int_equal(simulate_parse(text.data, &s, NULL), -1);
    assert_int_equal(s.count, SIMULATE_ITEMS_MAX);
    simulation_release(&s);
    while (text.len <= SIMULATE_TEXT_MAX) {
        buf_addc(&text, ',');
    }
    assert_int_equal(simulate_parse(text.data, &s, NULL), -1);
    simulation_release(&s);
    buf_release(&text);
}

/* ---------------------------------------------------------------- hosts */

struct bench {
    struct rig rig;
    const char *names[4];
    struct plan *plan;
    struct forecast_host hosts[4];
    struct err err;
};

static void
bench_init(struct bench *b)
{
    struct policy policy;
    size_t *steps = NULL;

    rig_open(&b->rig, inventory, "act", action);
    const size_t count = app_steps(&b->rig.request, &steps);
    app_policy(&b->rig.request, &policy);
    for (size_t i = 0; i < 4; i++) {
        b->names[i] = inventory_host(b->rig.inventory, i)->name;
        b->hosts[i] = (struct forecast_host){.work_ms = 1000, .step = -1};
    }
    b->plan = app_plan(&b->rig.request, &policy, b->names, steps, count, &b->rig.err);
    assert_non_null(b->plan);
    free(steps);
}

static void
bench_end(struct bench *b)
{
    plan_free(b->plan);
    rig_close(&b->rig);
}

static int
apply(struct bench *b, const char *text)
{
    struct simulation s;

    assert_int_equal(simulate_parse(text, &s, NULL), 0);
    b->err = (struct err){0};
    const int rc = simulate_apply(&s, &b->rig.request, b->names, b->plan, b->hosts, &b->err);
    simulation_release(&s);
    return rc;
}

static void
test_each_selector_means_its_hosts(void **state)
{
    static const struct {
        const char *selector;
        const char *hosts; /* a digit each: web-01, web-02, web-03, db-1 */
    } rows[] = {
        {"web-02", "0100"},      {"web-[01,03]", "1010"}, {"web-*", "1110"},
        {"@all!web-03", "1101"}, {"zone=a", "1100"},      {"zone=7", "0001"},
        {" zone = b ", "0010"},  {"all", "1111"},         {"pin=123", "1111"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        bench_init(&b);
        char *text = xasprintf("%s:fail=2", rows[i].selector);
        if (apply(&b, text) != 0) {
            fail_msg("%s: %s", rows[i].selector, b.err.text);
        }
        for (size_t k = 0; k < 4; k++) {
            const bool meant = rows[i].hosts[k] == '1';
            assert_int_equal(b.hosts[k].trouble, meant ? TROUBLE_FAIL : 0);
            assert_int_equal(b.hosts[k].step, meant ? 1 : -1);
        }
        free(text);
        bench_end(&b);
    }
}

static void
test_items_add_up(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    assert_int_equal(apply(&b, "all:slow=2x, web-01:slow=3x, web-02:slow=7s, web-02:fail=1, "
                               "web-02:unknown=2, web-03:slow=999999x, web-03:slow=999999x, "
                               "web-03:slow=999999x"),
                     0);
    assert_int_equal(b.hosts[0].work_ms, 6000);
    assert_int_equal(b.hosts[1].work_ms, 7000);
    assert_int_equal(b.hosts[1].trouble, TROUBLE_FAIL | TROUBLE_UNKNOWN);
    assert_int_equal(b.hosts[1].step, 1);
    assert_int_equal(b.hosts[2].work_ms, POLICY_MS_MAX); /* no time is longer */
    assert_int_equal(b.hosts[3].work_ms, 2000);
    bench_end(&b);
}

static void
test_what_means_nobody_is_named_with_what_was_probably_meant(void **state)
{
    static const struct {
        const char *text, *message;
        enum err_kind kind;
    } rows[] = {
        {"web-33:fail", "--simulate: no host 'web-33'; did you mean web-03?", ERR_NO_MATCH},
        {"mail:fail", "--simulate: no host 'mail'", ERR_NO_MATCH},
        {"web-[03-05]:fail", "--simulate: no host or group matches 'web-04' (did you mean web-01?)",
         ERR_NO_MATCH},
        {"zone=bb:fail", "--simulate: no host of this plan has zone=bb; did you mean zone=b?",
         ERR_NO_MATCH},
        {"zone=xyz:fail", "--simulate: no host of this plan has zone=xyz", ERR_NO_MATCH},
        {"zome=a:fail",
         "--simulate: no host of this plan has a variable 'zome'; did you mean zone?",
         ERR_NO_MATCH},
        {"all:fail=3", "--simulate: all:fail=3: the plan has 2 steps", ERR_USAGE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        bench_init(&b);
        assert_int_equal(apply(&b, rows[i].text), -1);
        assert_string_equal(b.err.text, rows[i].message);
        assert_int_equal(b.err.kind, rows[i].kind);
        bench_end(&b);
    }
}

static void
test_a_host_that_is_not_of_the_plan_is_told_apart_from_one_that_is_nowhere(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    b.rig.request.host_count = 3; /* db-1 was not selected */
    assert_int_equal(apply(&b, "db-1:fail"), -1);
    assert_string_equal(b.err.text, "--simulate: db-1 is no host of this plan");
    assert_int_equal(apply(&b, "db-*:fail"), -1);
    assert_string_equal(b.err.text, "--simulate: none of db-* is in this plan");
    bench_end(&b);
}

static void
test_health_needs_a_gate(void **state)
{
    struct bench b;
    struct policy policy;

    (void)state;
    bench_init(&b);
    assert_int_equal(apply(&b, "web-01:unhealthy"), 0);
    plan_free(b.plan);
    app_policy(&b.rig.request, &policy);
    policy.gate_enabled = false;
    b.plan = app_plan(&b.rig.request, &policy, b.names, (const size_t[]){0, 1}, 2, NULL);
    assert_int_equal(apply(&b, "web-01:late"), -1);
    assert_string_equal(b.err.text, "--simulate: web-01:late: the action has no health check");
    bench_end(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_read_as_they_are_documented),
        cmocka_unit_test(test_what_cannot_be_read_is_named),
        cmocka_unit_test(test_too_much_is_refused),
        cmocka_unit_test(test_each_selector_means_its_hosts),
        cmocka_unit_test(test_items_add_up),
        cmocka_unit_test(test_what_means_nobody_is_named_with_what_was_probably_meant),
        cmocka_unit_test(
            test_a_host_that_is_not_of_the_plan_is_told_apart_from_one_that_is_nowhere),
        cmocka_unit_test(test_health_needs_a_gate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
