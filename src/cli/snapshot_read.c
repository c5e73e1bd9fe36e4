/*
 * snapshot_read.c - a snapshot of a run from the line of JSON it travels as.
 *
 * Decides what is taken from a run that may be older or newer than this program: what it knows.
 * Owns nothing.
 */
#include "cli/snapshot_read.h"

#include "base/xalloc.h"
#include "config/yaml.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 1000 };

/* NULL: no such field, or no text. */
static char *
text_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);

    return node == NULL || node->kind != YAML_NODE_SCALAR ? NULL : xstrndup(node->text, node->len);
}

static int64_t
number_of(const struct yaml_node *map, const char *key, int64_t none)
{
    const struct yaml_node *node = yaml_get(map, key);

    return node == NULL || node->kind != YAML_NODE_SCALAR ? none : strtoll(node->text, NULL, 10);
}

static int32_t
count_of(const struct yaml_node *map, const char *key, int32_t none)
{
    const int64_t n = number_of(map, key, none);

    return n > INT32_MAX || n < -1 ? none : (int32_t)n;
}

static bool
is_true(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);

    return node != NULL && node->kind == YAML_NODE_SCALAR && strcmp(node->text, "true") == 0;
}

static size_t
length_of(const struct yaml_node *list)
{
    const size_t count = list == NULL || list->kind != YAML_NODE_LIST ? 0 : list->count;

    return count < LIST_MAX ? count : LIST_MAX;
}

static char *
text_or_empty(const struct yaml_node *map, const char *key)
{
    char *text = text_of(map, key);

    return text == NULL ? xstrdup("") : text;
}

static void
read_hosts(const struct yaml_node *list, struct snapshot *s)
{
    s->shown = length_of(list);
    s->hosts = xcalloc(s->shown, sizeof(*s->hosts));
    for (size_t i = 0; i < s->shown; i++) {
        const struct yaml_node *item = list->items[i];
        s->hosts[i] = (struct snapshot_host){.name = text_or_empty(item, "host"),
                                             .doing = text_or_empty(item, "doing"),
                                             .slot = count_of(item, "slot", -1),
                                             .since_ms = number_of(item, "since_ms", 0)};
    }
}

static void
read_failures(const struct yaml_node *list, struct snapshot *s)
{
    s->failed = length_of(list);
    s->failures = xcalloc(s->failed, sizeof(*s->failures));
    for (size_t i = 0; i < s->failed; i++) {
        const struct yaml_node *item = list->items[i];
        s->failures[i] = (struct snapshot_failure){.name = text_or_empty(item, "host"),
                                                   .outcome = text_or_empty(item, "outcome"),
                                                   .reason = text_or_empty(item, "reason")};
    }
}

static void
read_totals(const struct yaml_node *map, struct summary *totals)
{
    for (int i = 0; i < OUTCOMES; i++) {
        totals->count[i] = count_of(map, outcome_name((enum outcome)i), 0);
    }
    totals->rolled_back = count_of(map, "rolled_back", 0);
    totals->rollbacks_failed = count_of(map, "rollbacks_failed", 0);
}

static struct snapshot
read_map(const struct yaml_node *map)
{
    struct snapshot s = {
        .at_ms = number_of(map, "at_ms", 0),
        .run = text_or_empty(map, "run"),
        .env = text_or_empty(map, "env"),
        .action = text_or_empty(map, "action"),
        .strategy = text_or_empty(map, "strategy"),
        .mutating = is_true(map, "mutating"),
        .pid = number_of(map, "pid", 0),
        .started_ms = number_of(map, "started_ms", 0),
        .state = text_or_empty(map, "state"),
        .state_since_ms = number_of(map, "state_since_ms", 0),
        .waits_for = text_of(map, "waits_for"),
        .halt = text_of(map, "halt"),
        .workers = count_of(map, "workers", 0),
        .active = count_of(map, "active", 0),
        .wave = count_of(map, "wave", 0),
        .waves = count_of(map, "waves", 0),
        .wave_due_ms = number_of(map, "wave_due_ms", -1),
        .host_count = count_of(map, "host_count", 0),
        .bad = count_of(map, "bad", 0),
        .budget = count_of(map, "budget", -1),
        .exit_code = count_of(map, "exit_code", -1),
    };

    read_totals(yaml_get(map, "totals"), &s.totals);
    read_hosts(yaml_get(map, "in_flight"), &s);
    read_failures(yaml_get(map, "failures"), &s);
    return s;
}

int
snapshot_read(const char *text, size_t len, struct snapshot *ret, struct err *err)
{
    struct mistakes m = {0};
    struct yaml *y = yaml_parse(text, len, "snapshot", SNAPSHOT_BYTES_MAX, YAML_REPEAT_LAST, &m);
    const struct yaml_node *root = y == NULL ? NULL : yaml_root(y);
    char *type = root == NULL ? NULL : text_of(root, "type");
    int rc = -1;

    if (type == NULL || strcmp(type, "snapshot") != 0) {
        (void)err_set(err, ERR_IO, "the run answered what is no snapshot: %.80s", text);
    } else {
        *ret = read_map(root);
        rc = 0;
    }
    free(type);
    yaml_close(y);
    mistakes_release(&m);
    return rc;
}
