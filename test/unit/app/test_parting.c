/*
 * test_parting.c - hosts parted by the values of variables, and the policy of a request.
 */
#include "unit/app/rig.h"

#include "app/parting.h"

#define INVENTORY                                                                                  \
    "all:\n  vars: {base: eu, deep: '{{ base }}-{{ inventory_hostname }}'}\n  children:\n"         \
    "    web:\n      hosts:\n"                                                                     \
    "        web-01: {zone: a, n: 1, flag: true, l: [1], d: {a: 1}, void: , e: '', some: 1}\n"     \
    "        web-02: {zone: b, n: '1', flag: True, l: x, d: x, void: x, e: x}\n"                   \
    "        web-03: {zone: a, n: 1.1, flag: 'True', l: x, d: x, void: x, e: x, some: 1}\n"        \
    "        web-04: {zone: c, n: 01, flag: no, l: x, d: x, void: x, e: x}\n"

static void
open_rig(struct rig *r)
{
    rig_open(r, INVENTORY, "deploy", "name: deploy\nsteps:\n  - run: 'true'\n");
}

static void
set_by(struct settings_by *by, const char *variable, int32_t value, bool percent)
{
    by->parts[by->count].variable = xstrdup(variable);
    by->parts[by->count].limit = (struct amount){.value = value, .percent = percent};
    by->count++;
}

static const char *const names[] = {"web-01", "web-02", "web-03", "web-04"};

/* "0 1 0 2 of 3" */
static void
parts(const struct plan_parting *p, const char *variable, const char *expected)
{
    char text[64] = "";

    assert_string_equal(p->variable, variable);
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d ",
                       (int)p->value_of[i]);
    }
    (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "of %d", (int)p->value_count);
    assert_string_equal(text, expected);
}

static void
test_hosts_of_one_text_are_one_part(void **state)
{
    static const struct {
        const char *variable, *expected;
    } rows[] = {
        {"zone", "0 1 0 2 of 3"}, {"n", "0 0 1 0 of 2"},    {"flag", "0 0 0 1 of 2"},
        {"base", "0 0 0 0 of 1"}, {"deep", "0 1 2 3 of 4"}, {"inventory_hostname", "0 1 2 3 of 4"},
        {"env", "0 0 0 0 of 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        struct partings p;
        open_rig(&r);
        set_by(&r.settings.max_parallel_by, rows[i].variable, 1, false);
        if (partings_fill(&r.request, names, &p, &r.err) < 0) {
            fail_msg("%s: %s", rows[i].variable, r.err.text);
        }
        assert_int_equal(p.parallel_by_count, 1);
        assert_int_equal(p.budget_by_count, 0);
        assert_false(p.has_sequence);
        parts(&p.parallel_by[0], rows[i].variable, rows[i].expected);
        partings_release(&p);
        rig_close(&r);
    }
}

static void
test_every_key_has_its_own_parts_and_extra_variables_win(void **state)
{
    struct rig r;
    struct partings p;

    (void)state;
    open_rig(&r);
    set_by(&r.settings.max_parallel_by, "zone", 1, false);
    set_by(&r.settings.max_parallel_by, "deep", 25, true);
    set_by(&r.settings.budget_by, "base", 2, false);
    r.settings.sequence_by = xstrdup("zone");
    value_dict_set(r.extra, "base", value_text("us"));
    value_dict_set(r.extra, "deep", value_text("{{ zone }}"));
    assert_int_equal(partings_fill(&r.request, names, &p, &r.err), 0);
    assert_int_equal(p.parallel_by_count, 2);
    parts(&p.parallel_by[0], "zone", "0 1 0 2 of 3");
    parts(&p.parallel_by[1], "deep", "0 1 0 2 of 3");
    assert_int_equal(p.parallel_by[1].limit.value, 25);
    assert_true(p.parallel_by[1].limit.percent);
    assert_int_equal(p.budget_by_count, 1);
    parts(&p.budget_by[0], "base", "0 0 0 0 of 1");
    assert_int_equal(p.budget_by[0].limit.value, 2);
    assert_true(p.has_sequence);
    parts(&p.sequence_by, "zone", "0 1 0 2 of 3");
    partings_release(&p);
    rig_close(&r);
}

static void
test_a_host_without_a_value_is_an_error_that_names_it(void **state)
{
    static const struct {
        const char *variable, *text; /* behind the key */
    } rows[] = {
        {"zoen", "zoen: web-[01-04] have no such variable (did you mean zone?)"},
        {"some", "some: web-[02,04] have no such variable"},
        {"release", "release: web-[01-04] have no such variable"},
        {"l", "l: web-01: expected a text, got a list"},
        {"d", "d: web-01: expected a text, got a mapping"},
        {"void", "void: web-01: expected a text, got nothing"},
        {"e", "e: web-01: expected a text, got nothing"},
        {"groups", "groups: web-01: expected a text, got a mapping"},
    };
    static const char *const keys[] = {"max_parallel_by", "budget_by", "sequence_by"};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 3; i++) {
        struct rig r;
        struct partings p;
        const char *variable = rows[i / 3].variable;
        open_rig(&r);
        if (i % 3 == 2) {
            r.settings.sequence_by = xstrdup(variable);
        } else {
            set_by(i % 3 == 0 ? &r.settings.max_parallel_by : &r.settings.budget_by, variable, 1,
                   false);
        }
        char *expected = xasprintf("%s: %s", keys[i % 3], rows[i / 3].text);
        assert_int_equal(partings_fill(&r.request, names, &p, &r.err), -1);
        assert_string_equal(r.err.text, expected);
        assert_int_equal(r.err.kind, ERR_CONFIG);
        partings_release(&p);
        free(expected);
        rig_close(&r);
    }
}

static void
test_one_host_that_lacks_it_is_told_alone(void **state)
{
    struct rig r;
    struct partings p;

    (void)state;
    open_rig(&r);
    set_by(&r.settings.max_parallel_by, "some", 1, false);
    r.hosts[0] = 0;
    r.hosts[1] = 2;
    r.hosts[2] = 3;
    r.request.host_count = 3;
    assert_int_equal(
        partings_fill(&r.request, (const char *const[]){"web-01", "web-03", "web-04"}, &p, &r.err),
        -1);
    assert_string_equal(r.err.text, "max_parallel_by: some: web-04 has no such variable");
    partings_release(&p);
    rig_close(&r);
}

static void
test_a_value_that_cannot_be_rendered_or_is_secret_is_refused(void **state)
{
    struct rig r;
    struct partings p;

    (void)state;
    open_rig(&r);
    r.settings.sequence_by = xstrdup("zone");
    value_dict_set(r.extra, "zone", value_text("{{ nobody }}"));
    assert_int_equal(partings_fill(&r.request, names, &p, &r.err), -1);
    assert_string_equal(r.err.text, "sequence_by: zone: web-01: 'nobody' is undefined");
    partings_release(&p);
    struct value *secret = value_text("a");
    secret->secret = true;
    value_dict_set(r.extra, "zone", secret);
    r.err = (struct err){0};
    assert_int_equal(partings_fill(&r.request, names, &p, &r.err), -1);
    assert_string_equal(r.err.text, "sequence_by: zone: web-01: expected a text, got a secret");
    partings_release(&p);
    rig_close(&r);
}

/* What a config.yml for all actions says of rollback holds where there is something to take back.
 */
static void
test_an_action_that_takes_nothing_back_stops_instead(void **state)
{
    static const struct {
        const char *action;
        enum on_failure expected;
    } rows[] = {
        {"name: x\nsteps: [{run: a}]\n", ON_FAILURE_ROLLBACK},
        {"name: x\nsteps: [{run: a}]\nrollback: [{run: b}]\n", ON_FAILURE_ROLLBACK},
        {"name: x\nsteps: [{run: a}]\nrollback: []\n", ON_FAILURE_STOP},
        {"name: x\nmutating: false\nsteps: [{run: a}]\n", ON_FAILURE_STOP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        struct policy policy;
        rig_open(&r, NULL, "x", rows[i].action);
        r.settings.policy.on_failure = ON_FAILURE_ROLLBACK;
        r.request.answerable = i % 2 == 0;
        app_policy(&r.request, &policy);
        assert_int_equal(policy.on_failure, rows[i].expected);
        assert_int_equal(policy.answerable, i % 2 == 0);
        rig_close(&r);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_of_one_text_are_one_part),
        cmocka_unit_test(test_every_key_has_its_own_parts_and_extra_variables_win),
        cmocka_unit_test(test_a_host_without_a_value_is_an_error_that_names_it),
        cmocka_unit_test(test_one_host_that_lacks_it_is_told_alone),
        cmocka_unit_test(test_a_value_that_cannot_be_rendered_or_is_secret_is_refused),
        cmocka_unit_test(test_an_action_that_takes_nothing_back_stops_instead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
