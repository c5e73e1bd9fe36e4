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
void settings_release(struct settings *s);

/* Row i of the table of keys: name, default (NULL: unset), one line for people.  Returns how many
 * rows there are; an i past them sets nothing. */
size_t settings_row(size_t i, const char **ret_key, const char **ret_preset, const char **ret_doc);

#endif
