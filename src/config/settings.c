/*
 * settings.c - config.yml: one table row a key.
 *
 * Decides names, ranges and defaults, and which values are promised but not built.  Reads one file.
 */
#include "config/settings.h"

#include "base/duration.h"
#include "base/xalloc.h"
#include "config/nearest.h"
#include "config/settings_by.h"
#include "config/yaml.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct row;
struct reading {
    struct settings *s;
    struct mistakes *m;
};
/* Decode node, which may be NULL for the default text, into the field of the row. */
typedef int decoder(struct reading *r, const struct row *row, const struct yaml_node *node);

struct row {
    const char *key;
    decoder *decode;
    size_t field;             /* offset in struct settings */
    int64_t low, high;        /* of numbers and durations */
    const char *preset;       /* default, as text of YAML */
    const char *const *words; /* of enums */
    enum settings_group group;
    const char *doc;
};

static const char *const strategy_words[] = {"sequential", "parallel",   "rolling", "all_at_once",
                                             "canary",     "blue_green", NULL};
static const char *const order_words[] = {"inventory",      "reverse_inventory", "sorted",
                                          "reverse_sorted", "shuffle",           NULL};
static const char *const failure_words[] = {"stop", "continue", "rollback", "pause", NULL};
static const char *const promote_words[] = {"auto", "manual", NULL};
static const char *const key_words[] = {"strict", "accept-new", "off", NULL};

static void *
field(const struct reading *r, const struct row *row)
{
    return (char *)r->s + row->field;
}

static bool
plain_number(const struct yaml_node *node, int64_t *ret)
{
    const char *t = node->kind == YAML_NODE_SCALAR ? node->text : "";
    const size_t digits = strspn(t, "0123456789");

    if (!digits || t[digits] || node->style != YAML_STYLE_PLAIN || node->tag || digits > 15 ||
        (digits > 1 && *t == '0')) {
        return false;
    }
    *ret = strtoll(t, NULL, 10);
    return true;
}

static int
read_number(struct reading *r, const struct row *row, const struct yaml_node *node)
{
    int64_t n = 0;

    if (!plain_number(node, &n) || n < row->low || n > row->high) {
        return yaml_expected(r->m, node, row->key, "a number from %lld to %lld",
                             (long long)row->low, (long long)row->high);
    }
    *(int32_t *)field(r, row) = (int32_t)n;
    return 0;
}

static int
read_bool(struct reading *r, const struct row *row, const struct yaml_node *node)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    size_t i = 0;

    while (i < 6 && (node->kind != YAML_NODE_SCALAR || node->style != YAML_STYLE_PLAIN ||
                     strcasecmp(node->text, words[i]) != 0)) {
        i++;
    }
    if (i == 6) {
        return yaml_expected(r->m, node, row->key, "true or false");
    }
    *(bool *)field(r, row) = i % 2 == 1;
    return 0;
}

/* ", more than 0" or ", from 100ms to 1h"; "" where all are fine. */
static void
duration_range(const struct row *row, char ret[64])
{
    char low[24];
    char high[24];

    ret[0] = '\0';
    if (row->high > 0) {
        duration_written(row->low, low, sizeof(low));
        duration_written(row->high, high, sizeof(high));
        (void)snprintf(ret, 64, ", from %s to %s", low, high);
    } else if (row->low > 0) {
        (void)snprintf(ret, 64, ", more than 0");
    }
}

static int
read_duration(struct reading *r, const struct row *row, const struct yaml_node *node)
{
    char range[64];
    int64_t ms = 0;

    if (node->kind != YAML_NODE_SCALAR || duration_parse(node->text, &ms) || ms < row->low ||
        (row->high > 0 && ms > row->high)) {
        duration_range(row, range);
        return yaml_expected(r->m, node, row->key, "a duration like 500ms, 30s, 5m, 1h30m%s",
                             range);
    }
    *(int64_t *)field(r, row) = ms;
    return 0;
}

static char *
join_words(const char *const *words)
{
    char *all = xstrdup(words[0]);

    for (size_t i = 1; words[i]; i++) {
        char *more = xasprintf("%s%s%s", all, words[i + 1] ? ", " : " or ", words[i]);
        free(all);
        all = more;
    }
    return all;
}

static int
read_word(struct reading *r, const struct row *row, const struct yaml_node *node)
{
    unsigned i = 0;

    while (row->words[i] &&
           (node->kind != YAML_NODE_SCALAR || strcmp(node->text, row->words[i]) != 0)) {
        i++;
    }
    if (!row->words[i]) {
        char *all = join_words(row->words);
        yaml_expected(r->m, node, row->key, "%s", all);
        free(all);
        return -1;
    }
    *(unsigned *)field(r, row) = i; /* every enum of ours is an unsigned int */
    return 0;
}

static int
read_size(struct reading *r, const struct row *row, const struct yaml_node *node)
{
    const char *t = node->kind == YAML_NODE_SCALAR ? node->text : "";
    const size_t digits = strspn(t, "0123456789");
    static const char units[] = "KMG";
    const char *unit = t[digits] ? strchr(units, t[digits]) : NULL;

    if (!digits || digits > 9 || (t[digits] && (!unit || t[digits + 1]))) {
        return yaml_expected(r->m, node, row->key, "a size like 256M");
    }
    int64_t n = strtoll(t, NULL, 10);
    for (long k = unit ? unit - units + 1 : 0; k > 0; k--) {
        n *= 1024;
    }
    if (n < row->low || n > row->high) {
        return yaml_expected(r->m, node, row->key, "a size from 1M to 64G");
    }
    *(int64_t *)field(r, row) = n;
    return 0;
}

static int
read_serial(struct reading *r, const struct row *row, const struct yaml_node *node)
{
    static const char form[] =
        "a wave size like 5 or 20%, or a list of them (from 1, or 1% to 100%)";
    struct policy *p = &r->s->policy;
    const size_t count = node->kind == YAML_NODE_LIST ? node->count : 1;

    if (yaml_is_null(node)) {
        p->serial_count = 0;
        return 0;
    }
    if (node->kind == YAML_NODE_MAP || count == 0 || count > POLICY_SERIAL_MAX) {
        return yaml_expected(r->m, node, row->key, "%s", form);
    }
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *one = node->kind == YAML_NODE_LIST ? node->items[i] : node;
        if (!settings_amount(one, 1, &p->serial[i])) {
            return yaml_expected(r->m, one, row->key, "%s", form);
        }
    }
    p->serial_count = (int32_t)count;
    return 0;
}

static int
read_budget(struct reading *r, const struct row *row, const struct yaml_node *node)
{
    if (!settings_amount(node, 0, &r->s->policy.max_fail)) {
        return yaml_expected(r->m, node, row->key, "a number of hosts like 2, or 0%% to 100%%");
    }
    r->s->policy.has_budget = true;
    return 0;
}

static int
read_tags(struct reading *r, const struct row *row, const struct yaml_node *node)
{
    struct strv *tags = field(r, row);
    const bool list = node->kind == YAML_NODE_LIST;

    strv_clear(tags);
    for (size_t i = 0; i < (list ? node->count : 1); i++) {
        const struct yaml_node *one = list ? node->items[i] : node;
        if (one->kind != YAML_NODE_SCALAR || one->len == 0 || strpbrk(one->text, ", \t\n")) {
            return yaml_expected(r->m, one, row->key, "tags like [deploy, restart]");
        }
        strv_add(tags, one->text);
    }
    return tags->count ? 0 : yaml_expected(r->m, node, row->key, "at least one tag");
}

static int
read_canary(struct reading *r, const struct row *row, const struct yaml_node *node)
{
    if (!settings_amount(node, 0, &r->s->policy.canary)) {
        return yaml_expected(r->m, node, row->key, "a number of hosts like 1, or 0%% to 100%%");
    }
    return 0;
}

static int
read_by(struct reading *r, const struct row *row, const struct yaml_node *node)
{
    return settings_by_read(r->m, node, row->key, (int32_t)row->low, field(r, row));
}

static int
read_variable(struct reading *r, const struct row *row, const struct yaml_node *node)
{
    return settings_variable(r->m, node, row->key, field(r, row));
}

#define AT(f) .field = offsetof(struct settings, f)
static const struct row rows[] = {
    {"provisioning_strategy", read_word, AT(provisioning_strategy), .preset = "sequential",
     .words = strategy_words, .group = GROUP_ROLLOUT,
     .doc = "strategy of the action provision: sequential, parallel, rolling, all_at_once, canary, "
            "blue_green"},
    {"deployment_strategy", read_word, AT(deployment_strategy), .preset = "rolling",
     .words = strategy_words, .group = GROUP_ROLLOUT,
     .doc = "strategy of every other mutating action: sequential, parallel, rolling, all_at_once, "
            "canary, blue_green"},
    {"max_parallel_workers", read_number, AT(policy.workers), 0, POLICY_WORKERS_MAX, "0",
     .group = GROUP_ROLLOUT, .doc = "worker slots, 0 to 10000; 0: one host at a time"},
    {"provisioning_tags", read_tags, AT(provisioning_tags), .preset = "[all]", .group = GROUP_STEPS,
     .doc = "steps of provision to run; all: no filter"},
    {"deployment_tags", read_tags, AT(deployment_tags), .preset = "[all]", .group = GROUP_STEPS,
     .doc = "steps of every other action to run; all: no filter"},
    {"serial", read_serial, .group = GROUP_ROLLOUT,
     .doc = "wave sizes: 5, 20% or [1, 10%, 50%], the last repeats; unset: worker slots"},
    {"order", read_word, AT(policy.order), .preset = "inventory", .words = order_words,
     .group = GROUP_ROLLOUT,
     .doc = "order of hosts: inventory, sorted, either with reverse_ before, or shuffle"},
    {"max_fail", read_budget, .preset = "0", .group = GROUP_FAILURES,
     .doc = "failed hosts that are borne: 2 or 10%; named: check and exec too"},
    {"max_parallel_by", read_by, AT(max_parallel_by), .low = 1, .group = GROUP_ROLLOUT,
     .doc = "hosts at work for each value of a variable: {zone: 1} or {zone: 25%}"},
    {"sequence_by", read_variable, AT(sequence_by), .group = GROUP_ROLLOUT,
     .doc = "one value of this variable after the other: zone"},
    {"budget_by", read_by, AT(budget_by), .group = GROUP_FAILURES,
     .doc = "failed hosts that are borne for each value of a variable: {zone: 1} or {zone: 10%}"},
    {"on_failure", read_word, AT(policy.on_failure), .preset = "stop", .words = failure_words,
     .group = GROUP_FAILURES,
     .doc = "when more than max_fail fail: stop, continue, rollback or pause"},
    {"canary", read_canary, .preset = "0", .group = GROUP_ROLLOUT,
     .doc = "hosts that go first with the strategy canary: 1 or 10%"},
    {"promote", read_word, AT(policy.promote), .preset = "auto", .words = promote_words,
     .group = GROUP_ROLLOUT,
     .doc = "who lets the others follow the canary: auto, or manual: the operator"},
    {"wave_pause", read_duration, AT(policy.wave_pause_ms), .preset = "0s", .group = GROUP_ROLLOUT,
     .doc = "pause between waves"},
    {"host_bake", read_duration, AT(policy.host_bake_ms), .preset = "0s", .group = GROUP_HEALTH,
     .doc = "how long a host must stay healthy before its slot is free"},
    {"wave_bake", read_duration, AT(policy.wave_bake_ms), .preset = "0s", .group = GROUP_HEALTH,
     .doc = "how long a wave must stay healthy before the next"},
    {"health_check_enabled", read_bool, AT(policy.gate_enabled), .preset = "true",
     .group = GROUP_HEALTH, .doc = "gate after the steps of a host"},
    {"health_check_timeout", read_duration, AT(gate_timeout_ms), 1, .preset = "30s",
     .group = GROUP_HEALTH, .doc = "time for each check of a try"},
    {"health_check_retries", read_number, AT(policy.gate_retries), 0, 1000, "3",
     .group = GROUP_HEALTH, .doc = "further tries of the gate, 0 to 1000"},
    {"health_check_interval", read_duration, AT(policy.gate_interval_ms), .preset = "2s",
     .group = GROUP_HEALTH, .doc = "time between tries of the gate"},
    {"health_check_successes", read_number, AT(policy.gate_successes), 1, 1000, "1",
     .group = GROUP_HEALTH, .doc = "good answers in a row, 1 to 1000"},
    {"auto_retry_enabled", read_bool, AT(policy.retry_connect), .preset = "false",
     .group = GROUP_FAILURES, .doc = "try to connect again when that failed"},
    {"max_retries", read_number, AT(policy.retries_max), 0, 1000, "3", .group = GROUP_FAILURES,
     .doc = "further tries to connect, 0 to 1000"},
    {"retry_delay", read_duration, AT(policy.retry_delay_ms), .preset = "2s",
     .group = GROUP_FAILURES,
     .doc = "before the first further try to connect; doubled each time, at most 1m"},
    {"connect_timeout", read_duration, AT(connect_timeout_ms), .preset = "10s",
     .group = GROUP_LIMITS, .doc = "time to connect; 0: no limit"},
    {"auth_timeout", read_duration, AT(auth_timeout_ms), .preset = "20s", .group = GROUP_LIMITS,
     .doc = "time to authenticate; 0: no limit"},
    {"step_timeout", read_duration, AT(step_timeout_ms), .preset = "30m", .group = GROUP_LIMITS,
     .doc = "time of one step; 0: no limit"},
    {"output_idle_timeout", read_duration, AT(output_idle_timeout_ms), .preset = "0",
     .group = GROUP_LIMITS, .doc = "time a step may be silent; 0: no limit"},
    {"run_timeout", read_duration, AT(policy.run_timeout_ms), .preset = "0", .group = GROUP_LIMITS,
     .doc = "time of the whole run; 0: no limit"},
    {"host_key_checking", read_word, AT(host_key_checking), .preset = "strict", .words = key_words,
     .group = GROUP_LIMITS,
     .doc = "host keys: strict; accept-new: unknown ones are kept; off: and not kept"},
    {"connect_rate", read_number, AT(connect_rate), 0, 100000, "0", .group = GROUP_LIMITS,
     .doc = "new connections a second, 0 to 100000; 0: no limit"},
    {"connect_ahead", read_bool, AT(connect_ahead), .preset = "true", .group = GROUP_ROLLOUT,
     .doc = "connect the next wave while this one finishes"},
    {"keepalive_interval", read_duration, AT(keepalive_ms), .preset = "15s", .group = GROUP_LIMITS,
     .doc = "three misses end a connection; 0: none are sent"},
    {"output_memory", read_size, AT(output_memory), 1 << 20, INT64_C(64) << 30, "256M",
     .group = GROUP_SHOWING, .doc = "output held in memory, all hosts together, 1M to 64G"},
    {"confirm", read_bool, AT(confirm), .preset = "false", .group = GROUP_SHOWING,
     .doc = "ask before a mutating action; --yes answers"},
    {"refresh_interval", read_duration, AT(refresh_ms), 100, 3600000, "1s", .group = GROUP_SHOWING,
     .doc = "full screen: time between two looks at files and runs, 100ms to 1h"},
    {"log_retention_lines", read_number, AT(log_retention_lines), 1, 10000, "100",
     .group = GROUP_SHOWING, .doc = "full screen: live lines kept per host, 1 to 10000"},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const char *const bool_words[] = {"false", "true", NULL};

const char *const *
settings_choices(size_t i)
{
    return rows[i].decode == read_bool ? bool_words : rows[i].words;
}

/* What is decoded by a function of its own says so in words. */
static const char *
form_of(decoder *decode)
{
    static const struct {
        decoder *decode;
        const char *form;
    } forms[] = {
        {read_serial, "an amount from 1 (5, 20%) or a list of them: [1, 10%, 50%]"},
        {read_budget, "an amount from 0: 2, or 0% to 100%"},
        {read_canary, "an amount from 0: 1, or 0% to 100%"},
        {read_tags, "a tag, or a list of them: [deploy, restart]"},
        {read_by, "an amount for up to 4 variables: {zone: 1, rack: 25%}"},
        {read_variable, "the name of a variable"},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (forms[i].decode == decode) {
            return forms[i].form;
        }
    }
    return "";
}

void
settings_allowed(size_t i, char *ret, size_t size)
{
    const struct row *row = &rows[i];
    const char *const *words = settings_choices(i);
    char range[64];

    if (words != NULL) {
        char *all = join_words(words);
        (void)snprintf(ret, size, "%s", all);
        free(all);
    } else if (row->decode == read_number) {
        (void)snprintf(ret, size, "a number from %lld to %lld", (long long)row->low,
                       (long long)row->high);
    } else if (row->decode == read_duration) {
        duration_range(row, range);
        (void)snprintf(ret, size, "a duration like 500ms, 30s, 5m, 1h30m%s", range);
    } else if (row->decode == read_size) {
        (void)snprintf(ret, size, "a size from 1M to 64G");
    } else {
        (void)snprintf(ret, size, "%s", form_of(row->decode));
    }
}

const char *
settings_group_name(enum settings_group group)
{
    static const char *const names[] = {
        [GROUP_ROLLOUT] = "Order and waves",
        [GROUP_STEPS] = "Steps",
        [GROUP_FAILURES] = "Failures",
        [GROUP_HEALTH] = "Health",
        [GROUP_LIMITS] = "Time limits and connections",
        [GROUP_SHOWING] = "Asking and showing",
    };
    _Static_assert(sizeof(names) / sizeof(names[0]) == SETTINGS_GROUPS, "a name a group");

    return names[group];
}

enum settings_group
settings_group_of(size_t i)
{
    return rows[i].group;
}

size_t
settings_row(size_t i, const char **ret_key, const char **ret_preset, const char **ret_doc)
{
    if (i < ROWS) {
        *ret_key = rows[i].key;
        *ret_preset = rows[i].preset;
        *ret_doc = rows[i].doc;
    }
    return ROWS;
}

size_t
settings_find(const char *key)
{
    size_t i = 0;

    while (i < ROWS && strcmp(rows[i].key, key) != 0) {
        i++;
    }
    return i;
}

void
settings_defaults(struct settings *ret)
{
    struct mistakes m = {0};
    struct reading r = {.s = ret, .m = &m};

    *ret = (struct settings){0};
    for (size_t i = 0; i < ROWS; i++) {
        if (!rows[i].preset) {
            continue;
        }
        struct yaml *y = yaml_parse(rows[i].preset, strlen(rows[i].preset), "defaults",
                                    YAML_SMALL_MAX, YAML_REPEAT_ERROR, &m);
        if (!y || rows[i].decode(&r, &rows[i], yaml_root(y))) {
            abort(); /* a default of ours that its own row refuses */
        }
        yaml_close(y);
    }
    mistakes_release(&m);
}

const char *
settings_nearest(const char *key)
{
    const char *names[ROWS];

    for (size_t i = 0; i < ROWS; i++) {
        names[i] = rows[i].key;
    }
    return nearest_word(key, names, ROWS);
}

static int
unknown_key(struct mistakes *m, const struct yaml_node *key)
{
    const char *near = settings_nearest(key->text);
    struct buf shown;

    buf_init(&shown, 1024);
    yaml_show(key, &shown);
    yaml_mistake(m, key, "%s: unknown key%s%s%s", shown.data, near ? " (did you mean " : "",
                 near ? near : "", near ? "?)" : "");
    buf_release(&shown);
    return -1;
}

static int
read_key(struct reading *r, const struct yaml_node *key, const struct yaml_node *value)
{
    const size_t i = settings_find(key->text);

    if (i == ROWS) {
        return unknown_key(r->m, key);
    }
    if (rows[i].decode(r, &rows[i], value)) {
        return -1;
    }
    if (rows[i].field == offsetof(struct settings, policy.workers) &&
        rows[i].decode == read_number) {
        r->s->workers_given = true;
    }
    if (rows[i].field == offsetof(struct settings, host_key_checking) &&
        rows[i].words == key_words) {
        r->s->host_keys_given = true;
    }
    if (rows[i].decode == read_budget) {
        r->s->max_fail_given = true;
    }
    return 0;
}

/* Where a key stands whose value is named, for a mistake that several keys make together; each has
 * been read, and the last one counts. */
static const struct yaml_node *
place_of(const struct yaml_node *root, const char *key)
{
    const struct yaml_node *place = root;

    for (size_t i = 0; i < root->count; i++) {
        place = strcmp(root->keys[i]->text, key) == 0 ? root->keys[i] : place;
    }
    return place;
}

static int
check_strategy(struct reading *r, const struct yaml_node *root, const char *key, enum strategy s)
{
    const struct yaml_node *place = place_of(root, key);

    if (s == STRATEGY_CANARY && r->s->policy.canary.value == 0) {
        return yaml_mistake(r->m, place, "%s: canary needs the key canary: how many hosts go first",
                            key);
    }
    if (s == STRATEGY_BLUE_GREEN && r->s->sequence_by != NULL) {
        return yaml_mistake(
            r->m, place, "%s: blue_green switches all hosts together: not with sequence_by", key);
    }
    return 0;
}

/* What no key says alone.  Who writes `canary: 2` and gets no canary must hear of it before all
 * hosts have the release. */
static int
check_together(struct reading *r, const struct yaml_node *root)
{
    const enum strategy first = r->s->provisioning_strategy;
    const enum strategy other = r->s->deployment_strategy;
    int rc = check_strategy(r, root, "provisioning_strategy", first);

    rc |= check_strategy(r, root, "deployment_strategy", other);
    if (first != STRATEGY_CANARY && other != STRATEGY_CANARY) {
        if (r->s->policy.canary.value > 0) {
            yaml_warn(r->m, place_of(root, "canary"),
                      "canary: says nothing without deployment_strategy: canary");
        }
        if (r->s->policy.promote == PROMOTE_MANUAL) {
            yaml_warn(r->m, place_of(root, "promote"),
                      "promote: says nothing without deployment_strategy: canary");
        }
    }
    return rc;
}

/* A tree over the defaults. */
static int
read_tree(const struct yaml_node *root, struct settings *ret, struct mistakes *m)
{
    struct reading r = {.s = ret, .m = m};
    int rc = 0;

    if (root && !yaml_is_null(root) && root->kind != YAML_NODE_MAP) {
        rc = yaml_expected(m, root, NULL, "keys like `max_parallel_workers: 3`");
    }
    for (size_t i = 0; root && root->kind == YAML_NODE_MAP && i < root->count; i++) {
        if (read_key(&r, root->keys[i], root->items[i])) {
            rc = -1;
        }
    }
    if (rc == 0 && root && root->kind == YAML_NODE_MAP) {
        rc = check_together(&r, root);
    }
    return rc;
}

int
settings_parse(const char *bytes, size_t len, const char *path, struct settings *ret,
               struct mistakes *m)
{
    struct yaml *y = yaml_parse(bytes, len, path, YAML_SMALL_MAX, YAML_REPEAT_LAST, m);

    settings_defaults(ret);
    const int rc = y ? read_tree(yaml_root(y), ret, m) : -1;
    yaml_close(y);
    return rc;
}

int
settings_load(const char *path, struct settings *ret, struct mistakes *m)
{
    settings_defaults(ret);
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        return 0;
    }
    struct yaml *y = yaml_load(path, YAML_SMALL_MAX, YAML_REPEAT_LAST, m);
    const int rc = y ? read_tree(yaml_root(y), ret, m) : -1;
    yaml_close(y);
    return rc;
}

int
settings_check_value(size_t i, const struct yaml_node *value, struct mistakes *m)
{
    struct settings s;
    struct reading r = {.s = &s, .m = m};

    settings_defaults(&s);
    const int rc = rows[i].decode(&r, &rows[i], value);
    settings_release(&s);
    return rc;
}

void
settings_release(struct settings *s)
{
    strv_clear(&s->provisioning_tags);
    strv_clear(&s->deployment_tags);
    settings_by_clear(&s->max_parallel_by);
    settings_by_clear(&s->budget_by);
    free(s->sequence_by);
    s->sequence_by = NULL;
}
