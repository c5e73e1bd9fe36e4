/*
 * test_settings.c - config.yml: the default, a value and the refusals of every key.
 *
 * A fixture of test/data/config is a pair bad-x.yml and bad-x.err with the exact lines.  Holds
 * conf/defaults.yml and docs/config.md to the table of keys.  Runs in the root.
 */
#include "base/xalloc.h"
#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "folder.h"
#include "mutate.h"
#include "told.h"

enum { KEYS = 38 };

static void
add_by(struct buf *out, const char *what, const struct settings_by *by)
{
    buf_addf(out, "\n%s", what);
    for (int32_t i = 0; i < by->count; i++) {
        buf_addf(out, " %s %d%s", by->parts[i].variable, by->parts[i].limit.value,
                 by->parts[i].limit.percent ? "%" : "");
    }
}

/* Every field as one text, so that two settings can be compared and a difference be read. */
static char *
shown(const struct settings *s)
{
    const struct policy *p = &s->policy;
    struct buf out;

    buf_init(&out, 4096);
    buf_addf(&out, "%s %s workers %d", strategy_name(s->provisioning_strategy),
             strategy_name(s->deployment_strategy), p->workers);
    for (size_t i = 0; i < s->provisioning_tags.count; i++) {
        buf_addf(&out, " +%s", s->provisioning_tags.items[i]);
    }
    for (size_t i = 0; i < s->deployment_tags.count; i++) {
        buf_addf(&out, " -%s", s->deployment_tags.items[i]);
    }
    buf_adds(&out, "\nserial");
    for (int i = 0; i < p->serial_count; i++) {
        buf_addf(&out, " %d%s", p->serial[i].value, p->serial[i].percent ? "%" : "");
    }
    buf_addf(&out, "\n%s %s budget %d %d%s", host_order_name(p->order),
             on_failure_name(p->on_failure), p->has_budget, p->max_fail.value,
             p->max_fail.percent ? "%" : "");
    buf_addf(&out, "\ngate %d %lldms %d %lldms %d", p->gate_enabled, (long long)s->gate_timeout_ms,
             p->gate_retries, (long long)p->gate_interval_ms, p->gate_successes);
    buf_addf(&out, "\nretry %d %d %lldms", p->retry_connect, p->retries_max,
             (long long)p->retry_delay_ms);
    buf_addf(&out, "\nwaves %lld %lld %lld", (long long)p->wave_pause_ms,
             (long long)p->host_bake_ms, (long long)p->wave_bake_ms);
    buf_addf(&out, "\ntimeouts %lld %lld %lld %lld %lld", (long long)s->connect_timeout_ms,
             (long long)s->auth_timeout_ms, (long long)s->step_timeout_ms,
             (long long)s->output_idle_timeout_ms, (long long)p->run_timeout_ms);
    buf_addf(&out, "\nssh keys %u rate %d ahead %d keepalive %lld", s->host_key_checking,
             s->connect_rate, s->connect_ahead, (long long)s->keepalive_ms);
    buf_addf(&out, "\nmemory %lld confirm %d refresh %lld lines %d", (long long)s->output_memory,
             s->confirm, (long long)s->refresh_ms, s->log_retention_lines);
    add_by(&out, "parallel by", &s->max_parallel_by);
    add_by(&out, "budget by", &s->budget_by);
    buf_addf(&out, "\nin turn %s canary %d%s %s", s->sequence_by == NULL ? "-" : s->sequence_by,
             p->canary.value, p->canary.percent ? "%" : "", promote_name(p->promote));
    assert_false(out.full);
    char *text = xstrdup(out.data);
    buf_release(&out);
    return text;
}

static const char defaults[] = "sequential rolling workers 0 +all -all\n"
                               "serial\n"
                               "inventory stop budget 1 0\n"
                               "gate 1 30000ms 3 2000ms 1\n"
                               "retry 0 3 2000ms\n"
                               "waves 0 0 0\n"
                               "timeouts 10000 20000 1800000 0 0\n"
                               "ssh keys 0 rate 0 ahead 1 keepalive 15000\n"
                               "memory 268435456 confirm 0 refresh 1000 lines 100\n"
                               "parallel by\n"
                               "budget by\n"
                               "in turn - canary 0 auto";

static void
shows(const struct settings *s, const char *expected)
{
    char *text = shown(s);

    assert_string_equal(text, expected);
    free(text);
}

/* Read text as config.yml; what is told comes without the folder. */
static int
read_text(const struct folder *f, const char *text, struct settings *s, struct mistakes *m)
{
    char *path = xasprintf("%s/config.yml", f->path);

    folder_text(f, "config.yml", text);
    const int rc = settings_load(path, s, m);
    free(path);
    assert_int_equal(rc == 0, m->count == 0);
    return rc;
}

/* ---------------------------------------------------------------- defaults */

static void
test_without_a_file_everything_is_the_default(void **state)
{
    struct settings s;
    struct mistakes m = {0};

    (void)state;
    assert_int_equal(settings_load("test/data/config/none.yml", &s, &m), 0);
    assert_int_equal(m.count, 0);
    shows(&s, defaults);
    assert_false(s.workers_given);
    assert_false(s.max_fail_given);
    settings_release(&s);
    settings_defaults(&s);
    shows(&s, defaults);
    settings_release(&s);
}

static void
test_an_empty_file_is_all_defaults(void **state)
{
    static const char *const texts[] = {"", "# c\n", "---\n", "~\n", "{}\n", "\xef\xbb\xbf"};
    struct folder f;

    (void)state;
    folder_make(&f);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct settings s;
        struct mistakes m = {0};
        assert_int_equal(read_text(&f, texts[i], &s, &m), 0);
        shows(&s, defaults);
        settings_release(&s);
    }
    folder_remove(&f);
}

/* The lines of keys are those of the table, word for word; generated files stay so. */
static void
test_the_file_of_defaults_has_every_key_and_gives_the_defaults(void **state)
{
    struct settings s;
    struct mistakes m = {0};
    struct buf expected;
    const char *key = "", *preset = "", *doc = "";
    char *text = text_of_file("conf/defaults.yml");
    const char *body = strstr(text, "\n\n");

    (void)state;
    assert_int_equal(settings_row(SIZE_MAX, &key, &preset, &doc), KEYS);
    assert_string_equal(key, ""); /* past the end nothing is set */
    buf_init(&expected, 65536);
    for (size_t i = 0; i < KEYS; i++) {
        (void)settings_row(i, &key, &preset, &doc);
        char *left =
            xasprintf("%s:%s%s", key, preset == NULL ? "" : " ", preset == NULL ? "" : preset);
        buf_addf(&expected, "%-36s # %s\n", left, doc);
        free(left);
    }
    assert_non_null(body);
    assert_string_equal(body + 2, expected.data);
    assert_int_equal(settings_load("conf/defaults.yml", &s, &m), 0);
    assert_int_equal(m.count, 0);
    assert_int_equal(m.warned, 0);
    shows(&s, defaults);
    settings_release(&s);
    buf_release(&expected);
    free(text);
}

/* A row of a table in the manual begins with the key and its default. */
static void
test_the_manual_has_every_key_with_its_default(void **state)
{
    char *text = text_of_file("docs/config.md");
    const char *key = "", *preset = "", *doc = "";

    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        (void)settings_row(i, &key, &preset, &doc);
        char *row = xasprintf("\n| %s | %s | ", key, preset == NULL ? "unset" : preset);
        const char *at = strstr(text, row);
        if (at == NULL) {
            fail_msg("docs/config.md lacks a row '%s'", row + 1);
        }
        free(row);
    }
    free(text);
}

/* ---------------------------------------------------------------- values */

static void
test_every_key_that_is_built_is_read(void **state)
{
    struct settings s;
    struct mistakes m = {0};

    (void)state;
    (void)settings_load("test/data/config/good.yml", &s, &m);
    told(&m, "");
    shows(&s, "all_at_once canary workers 10000 +deploy +restart -never\n"
              "serial 1 10% 50\n"
              "shuffle rollback budget 1 100%\n"
              "gate 0 1ms 1000 1500ms 2\n"
              "retry 1 0 500ms\n"
              "waves 5400000 10000 60000\n"
              "timeouts 0 31536000000 90000 300000 7200000\n"
              "ssh keys 2 rate 50 ahead 0 keepalive 60000\n"
              "memory 67108864 confirm 1 refresh 500 lines 10000\n"
              "parallel by zone 1 rack 25% _a1 100% d 999999999\n"
              "budget by zone 0 rack 0%\n"
              "in turn zone canary 10% manual");
    assert_true(s.workers_given);
    assert_true(s.max_fail_given);
    settings_release(&s);
}

/* One key leaves every other one alone: the text differs from the defaults in one place. */
static void
test_one_key_changes_nothing_else(void **state)
{
    static const struct {
        const char *text, *from, *to;
    } rows[] = {
        {"provisioning_strategy: rolling", "sequential rolling", "rolling rolling"},
        {"deployment_strategy: parallel", "l rolling", "l parallel"},
        {"deployment_strategy: all_at_once", "l rolling", "l all_at_once"},
        {"deployment_strategy: blue_green", "l rolling", "l blue_green"},
        {"provisioning_strategy: blue_green", "sequential r", "blue_green r"},
        {"max_parallel_workers: 7", "workers 0", "workers 7"},
        {"provisioning_tags: one", "+all", "+one"},
        {"deployment_tags: [a, b]", "-all", "-a -b"},
        {"serial: 20%", "serial", "serial 20%"},
        {"serial: [5]", "serial", "serial 5"},
        {"order: reverse_inventory", "inventory stop", "reverse_inventory stop"},
        {"order: sorted", "inventory stop", "sorted stop"},
        {"order: reverse_sorted", "inventory stop", "reverse_sorted stop"},
        {"max_fail: 2", "budget 1 0", "budget 1 2"},
        {"max_fail: 0%", "budget 1 0", "budget 1 0%"},
        {"on_failure: continue", "stop", "continue"},
        {"on_failure: rollback", "stop", "rollback"},
        {"on_failure: pause", "stop", "pause"},
        {"max_parallel_by: {zone: 1}", "parallel by", "parallel by zone 1"},
        {"max_parallel_by: ~", "parallel by", "parallel by"},
        {"max_parallel_by: {a: 1}\nmax_parallel_by: {b: 2}", "parallel by", "parallel by b 2"},
        {"budget_by: {zone: 0%}", "budget by", "budget by zone 0%"},
        {"sequence_by: zone", "in turn -", "in turn zone"},
        {"sequence_by: a\nsequence_by:", "in turn -", "in turn -"},
        {"canary: 1", "canary 0", "canary 1"},
        {"canary: 100%", "canary 0", "canary 100%"},
        {"promote: manual", "auto", "manual"},
        {"host_bake: 3s", "waves 0 0", "waves 0 3000"},
        {"wave_bake: 4s", "waves 0 0 0", "waves 0 0 4000"},
        {"connect_rate: 100000", "rate 0", "rate 100000"},
        {"output_memory: 1M", "memory 268435456", "memory 1048576"},
        {"wave_pause: 1ms", "waves 0", "waves 1"},
        {"health_check_enabled: no", "gate 1", "gate 0"},
        {"health_check_timeout: 1", "30000ms", "1000ms"},
        {"health_check_retries: 0", "30000ms 3", "30000ms 0"},
        {"health_check_interval: 0", "2000ms 1", "0ms 1"},
        {"health_check_successes: 1000", "2000ms 1\n", "2000ms 1000\n"},
        {"auto_retry_enabled: on", "retry 0", "retry 1"},
        {"max_retries: 1000", "retry 0 3", "retry 0 1000"},
        {"retry_delay: 1d", "3 2000ms\nwaves", "3 86400000ms\nwaves"},
        {"connect_timeout: 0s", "timeouts 10000", "timeouts 0"},
        {"auth_timeout: 1m30s", "10000 20000", "10000 90000"},
        {"step_timeout: 0", "1800000", "0"},
        {"output_idle_timeout: 0.001", "1800000 0 0", "1800000 1 0"},
        {"run_timeout: 365d", "1800000 0 0", "1800000 0 31536000000"},
        {"host_key_checking: off", "keys 0", "keys 2"},
        {"connect_ahead: FALSE", "ahead 1", "ahead 0"},
        {"keepalive_interval: 0", "keepalive 15000", "keepalive 0"},
        {"confirm: true", "confirm 0", "confirm 1"},
    };
    struct folder f;

    (void)state;
    folder_make(&f);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings s;
        struct mistakes m = {0};
        const char *at = strstr(defaults, rows[i].from);
        assert_non_null(at);
        char *expected = xasprintf("%.*s%s%s", (int)(at - defaults), defaults, rows[i].to,
                                   at + strlen(rows[i].from));
        (void)read_text(&f, rows[i].text, &s, &m);
        told(&m, "");
        shows(&s, expected);
        assert_int_equal(s.workers_given, strncmp(rows[i].text, "max_parallel_w", 14) == 0);
        assert_int_equal(s.max_fail_given, strncmp(rows[i].text, "max_fail", 8) == 0);
        settings_release(&s);
        free(expected);
    }
    folder_remove(&f);
}

/* What no key says alone: a canary that nobody asked for by its strategy must not be overlooked. */
static void
test_keys_that_do_not_go_together_are_told_with_their_place(void **state)
{
    static const struct {
        const char *text;
        int rc;
        const char *told; /* behind the name of the file; NULL: nothing */
    } rows[] = {
        {"deployment_strategy: canary\ncanary: 2\npromote: manual\n", 0, NULL},
        {"provisioning_strategy: canary\ncanary: 10%\n", 0, NULL},
        {"deployment_strategy: canary\n", -1,
         ":1:1: deployment_strategy: canary needs the key canary: how many hosts go first"},
        {"canary: 0%\nprovisioning_strategy: canary\n", -1,
         ":2:1: provisioning_strategy: canary needs the key canary: how many hosts go first"},
        {"sequence_by: zone\ndeployment_strategy: blue_green\n", -1,
         ":2:1: deployment_strategy: blue_green switches all hosts together: not with sequence_by"},
        {"deployment_strategy: blue_green\n", 0, NULL},
        {"max_fail: 1\ncanary: 2\n", 0,
         ":2:1: canary: says nothing without deployment_strategy: canary"},
        {"promote: manual\n", 0, ":1:1: promote: says nothing without deployment_strategy: canary"},
    };
    struct folder f;

    (void)state;
    folder_make(&f);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings s;
        struct mistakes m = {0};
        char *expected = xasprintf("%s/config.yml%s", f.path, rows[i].told ? rows[i].told : "");
        const struct strv *said = rows[i].rc == 0 ? &m.warnings : &m.errors;
        assert_int_equal(read_text(&f, rows[i].text, &s, &m), rows[i].rc);
        assert_int_equal(m.warnings.count + m.errors.count, rows[i].told == NULL ? 0 : 1);
        if (rows[i].told != NULL) {
            assert_string_equal(said->items[0], expected);
        }
        mistakes_release(&m);
        settings_release(&s);
        free(expected);
    }
    folder_remove(&f);
}

static void
test_as_many_wave_sizes_as_a_plan_bears(void **state)
{
    struct settings s;
    struct mistakes m = {0};
    struct folder f;
    struct buf text;

    (void)state;
    folder_make(&f);
    buf_init(&text, 4096);
    buf_adds(&text, "serial: [1");
    for (int i = 1; i < POLICY_SERIAL_MAX; i++) {
        buf_addf(&text, ", %d", i + 1);
    }
    char *full = xasprintf("%s]\n", text.data);
    char *over = xasprintf("%s, 65]\n", text.data);
    assert_int_equal(read_text(&f, full, &s, &m), 0);
    assert_int_equal(s.policy.serial_count, POLICY_SERIAL_MAX);
    assert_int_equal(s.policy.serial[POLICY_SERIAL_MAX - 1].value, POLICY_SERIAL_MAX);
    settings_release(&s);
    assert_int_equal(read_text(&f, over, &s, &m), -1);
    assert_int_equal(m.count, 1);
    assert_non_null(strstr(m.errors.items[0], ":1:9: serial: expected a wave size"));
    mistakes_release(&m);
    settings_release(&s);
    free(full);
    free(over);
    buf_release(&text);
    folder_remove(&f);
}

/* ---------------------------------------------------------------- refusals */

static void
test_tells_every_mistake_with_its_place(void **state)
{
    static const struct {
        const char *name;
        int count;
    } rows[] = {
        {"bad-values", 35},   {"bad-unknown", 5}, {"bad-syntax", 1}, {"bad-root", 1},
        {"bad-utf8", 1},      {"bad-nul", 1},     {"bad-alias", 1},  {"bad-depth", 1},
        {"bad-documents", 1}, {"bad-laughs", 1},  {"bad-by", 9},     {"bad-by-shape", 3},
        {"bad-by-many", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *path = xasprintf("test/data/config/%s.yml", rows[i].name);
        char *err_path = xasprintf("test/data/config/%s.err", rows[i].name);
        char *expected = text_of_file(err_path);
        struct settings s;
        struct mistakes m = {0};
        assert_int_equal(settings_load(path, &s, &m), -1);
        assert_int_equal(m.count, rows[i].count);
        assert_false(m.not_yet);
        told(&m, expected);
        settings_release(&s);
        free(path);
        free(err_path);
        free(expected);
    }
}

/* A value of every other kind is refused at every key, or it is the default in other words. */
static void
test_no_key_takes_a_value_of_every_kind(void **state)
{
    static const char *const values[] = {
        "[[1]]", "{a: 1}", "\"\\x01\"", "-1", "1.5x", "99999999999999999999", "!!str"};
    struct folder f;
    const char *key = "", *preset = "", *doc = "";

    (void)state;
    folder_make(&f);
    for (size_t i = 0; i < KEYS; i++) {
        (void)settings_row(i, &key, &preset, &doc);
        for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
            struct settings s;
            struct mistakes m = {0};
            char *text = xasprintf("# c\n%s: %s\n", key, values[k]);
            char *place = xasprintf("%s/config.yml:2:", f.path);
            const int rc = read_text(&f, text, &s, &m);
            /* tags are any words, and what is unset may be named with nothing */
            const bool parts = strstr(key, "l_by") != NULL || strstr(key, "t_by") != NULL;
            if (rc == 0 && strstr(key, "_tags") == NULL &&
                !(preset == NULL && strcmp(values[k], "!!str") == 0) &&
                !(parts && strcmp(values[k], "{a: 1}") == 0)) {
                fail_msg("%s is taken", text);
            }
            assert_int_equal(
                m.errors.count == 0 || strncmp(m.errors.items[0], place, strlen(place)) == 0, true);
            mistakes_release(&m);
            settings_release(&s);
            free(place);
            free(text);
        }
    }
    folder_remove(&f);
}

static void
test_a_key_without_one_letter_is_recognized(void **state)
{
    struct folder f;
    const char *key = "", *preset = "", *doc = "";

    (void)state;
    folder_make(&f);
    for (size_t i = 0; i < KEYS; i++) {
        struct settings s;
        struct mistakes m = {0};
        (void)settings_row(i, &key, &preset, &doc);
        char *text = xasprintf("%.1s%s: 1\n", key, key + 2);
        char *expected =
            xasprintf("config.yml:1:1: %.1s%s: unknown key (did you mean %s?)", key, key + 2, key);
        assert_int_equal(read_text(&f, text, &s, &m), -1);
        assert_int_equal(m.count, 1);
        assert_string_equal(folder_strip(&f, m.errors.items[0]), expected);
        mistakes_release(&m);
        settings_release(&s);
        free(text);
        free(expected);
    }
    folder_remove(&f);
}

/* People append with echo >>. */
static void
test_of_a_key_given_twice_the_last_counts_with_a_warning(void **state)
{
    struct settings s;
    struct mistakes m = {0};
    struct folder f;

    (void)state;
    folder_make(&f);
    assert_int_equal(read_text(&f, "max_fail: wrong\norder: sorted\nmax_fail: 3\n", &s, &m), 0);
    assert_int_equal(s.policy.max_fail.value, 3);
    assert_int_equal(m.warned, 1);
    assert_string_equal(folder_strip(&f, m.warnings.items[0]),
                        "config.yml:3:1: max_fail: given twice: line 3 counts, not line 1");
    mistakes_release(&m);
    settings_release(&s);
    folder_remove(&f);
}

static void
test_a_file_that_cannot_be_read_is_no_default(void **state)
{
    struct settings s;
    struct mistakes m = {0};

    (void)state;
    assert_int_equal(settings_load("test/data/config", &s, &m), -1);
    told(&m, "test/data/config: expected a file, got a folder\n");
    settings_release(&s);
    assert_int_equal(settings_load("conf/defaults.yml/config.yml", &s, &m), -1);
    told(&m, "conf/defaults.yml/config.yml: cannot be opened: Not a directory\n");
    settings_release(&s);
}

/* ---------------------------------------------------------------- mutations */

static void
test_mutated_files_are_read_within_bounds_or_refused_with_a_place(void **state)
{
    struct prng p = {.state = 41};
    struct folder f;
    char *seed = text_of_file("test/data/config/good.yml");
    char *text = xcalloc(strlen(seed) + 16, 1);
    int read = 0, wrong = 0;

    (void)state;
    folder_make(&f);
    char *path = xasprintf("%s/config.yml", f.path);
    for (int round = 0; round < 500; round++) {
        size_t len = strlen(seed);
        struct settings s;
        struct mistakes m = {0};
        /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): bytes with a length */
        memcpy(text, seed, len);
        for (uint64_t k = 1 + prng_below(&p, 2); k > 0; k--) {
            len = mutate(&p, text, len);
        }
        folder_put(&f, "config.yml", text, len);
        const int rc = settings_load(path, &s, &m);
        assert_int_equal(rc != 0, m.count > 0);
        for (size_t i = 0; i < m.errors.count; i++) {
            int line = 0, col = 0;
            assert_int_equal(
                sscanf(folder_strip(&f, m.errors.items[i]), "config.yml:%d:%d: ", &line, &col), 2);
            assert_in_range(line, 1, 60);
            assert_in_range(col, 1, len + 1);
        }
        if (rc == 0) {
            assert_in_range(s.policy.workers, 0, POLICY_WORKERS_MAX);
            assert_in_range(s.policy.serial_count, 0, POLICY_SERIAL_MAX);
            assert_in_range(s.policy.gate_successes, 1, 1000);
            assert_in_range(s.auth_timeout_ms, 0, POLICY_MS_MAX);
            assert_true(s.deployment_tags.count > 0);
        }
        read += rc == 0;
        wrong += rc != 0;
        settings_release(&s);
        mistakes_release(&m);
    }
    if (read < 10 || wrong < 100) {
        fail_msg("%d read, %d refused", read, wrong);
    }
    free(path);
    free(text);
    free(seed);
    folder_remove(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_file_everything_is_the_default),
        cmocka_unit_test(test_an_empty_file_is_all_defaults),
        cmocka_unit_test(test_the_file_of_defaults_has_every_key_and_gives_the_defaults),
        cmocka_unit_test(test_the_manual_has_every_key_with_its_default),
        cmocka_unit_test(test_every_key_that_is_built_is_read),
        cmocka_unit_test(test_one_key_changes_nothing_else),
        cmocka_unit_test(test_keys_that_do_not_go_together_are_told_with_their_place),
        cmocka_unit_test(test_as_many_wave_sizes_as_a_plan_bears),
        cmocka_unit_test(test_tells_every_mistake_with_its_place),
        cmocka_unit_test(test_no_key_takes_a_value_of_every_kind),
        cmocka_unit_test(test_a_key_without_one_letter_is_recognized),
        cmocka_unit_test(test_of_a_key_given_twice_the_last_counts_with_a_warning),
        cmocka_unit_test(test_a_file_that_cannot_be_read_is_no_default),
        cmocka_unit_test(test_mutated_files_are_read_within_bounds_or_refused_with_a_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
