/*
 * settings.h - config.yml of an environment, decoded and checked: one row a key.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "base/strv.h"
#include "config/mistakes.h"
#include "core/plan.h"
#include "core/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum host_keys { HOST_KEYS_STRICT, HOST_KEYS_ACCEPT_NEW, HOST_KEYS_OFF };

/* Hosts parted by the values of variables: `{zone: 1, rack: 25%}`. */
struct settings_part {
    char *variable; /* owned */
    struct amount limit;
};
struct settings_by {
    struct settings_part parts[PLAN_PARTINGS_MAX];
    int32_t count; /* 0: unset */
};

struct settings {
    enum strategy provisioning_strategy;
    enum strategy deployment_strategy;
    bool workers_given;  /* max_parallel_workers stands in the file ("is absent" otherwise) */
    bool max_fail_given; /* so does max_fail: a budget for actions that do not mutate, too */
    struct policy
        policy; /* strategy not set: it depends on the action; workers, serial, order, ... are */
    struct strv provisioning_tags;
    struct strv deployment_tags;
    struct settings_by max_parallel_by;
    struct settings_by budget_by;
    char *sequence_by; /* owned; NULL: unset */
    int64_t gate_timeout_ms;
    int64_t connect_timeout_ms, auth_timeout_ms, step_timeout_ms, output_idle_timeout_ms;
    enum host_keys host_key_checking;
    bool host_keys_given; /* it stands in the file: ssh_config can only be stricter */
    int32_t connect_rate;
    bool connect_ahead;
    int64_t keepalive_ms;
    int64_t output_memory; /* bytes */
    bool confirm;
    int64_t refresh_ms;
    int32_t log_retention_lines;
};

void settings_defaults(struct settings *ret);
/* Read path over the defaults; a file that does not exist is all defaults. -1 when m has errors. */
int settings_load(const char *path, struct settings *ret, struct mistakes *m);
/* The same of bytes in memory. */
int settings_parse(const char *bytes, size_t len, const char *path, struct settings *ret,
                   struct mistakes *m);
void settings_release(struct settings *s);

/* ---- the table of keys */

/* Row i of the table of keys: name, default (NULL: unset), one line for people.  Returns how many
 * rows there are; an i past them sets nothing. */
size_t settings_row(size_t i, const char **ret_key, const char **ret_preset, const char **ret_doc);
/* The number of a key; that of rows: there is no such one. */
size_t settings_find(const char *key);
/* The key that was probably meant; NULL. */
const char *settings_nearest(const char *key);

/* What a row is about, as docs/config.md has it: "Order and waves". */
enum settings_group {
    GROUP_ROLLOUT,
    GROUP_STEPS,
    GROUP_FAILURES,
    GROUP_HEALTH,
    GROUP_LIMITS,
    GROUP_SHOWING,
};
enum { SETTINGS_GROUPS = GROUP_SHOWING + 1 };
enum settings_group settings_group_of(size_t i);
const char *settings_group_name(enum settings_group group);
/* The values that row i may have, where they are few: NULL-terminated; else NULL. */
const char *const *settings_choices(size_t i);
/* What its values look like, for people: "a number from 0 to 10000". */
void settings_allowed(size_t i, char *ret, size_t size);

struct yaml_node;
/* Whether a value would do for row i; -1: m has the mistake. */
int settings_check_value(size_t i, const struct yaml_node *value, struct mistakes *m);

#endif
