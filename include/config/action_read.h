/*
 * action_read.h - what the readers of an action file share: the decoder, and values of one kind.
 *
 * Shared by action.c, action_step.c and action_value.c, and by nobody else.  Each returns 0, or -1
 * when the decoder's mistakes have one more.
 */
#ifndef CONFIG_ACTION_READ_H
#define CONFIG_ACTION_READ_H

#include "config/action.h"
#include "config/yaml.h"

struct decoder {
    struct action *a;
    struct mistakes *m;
    const char *bytes; /* borrowed: the file */
    bool in_finally;
    int kinds; /* seen in the step being read: there must be one */
};

/* A key and what takes its value; NULL: promised, not built yet. */
struct action_rule {
    const char *name;
    int (*take)(struct decoder *d, const struct yaml_node *v, const char *key,
                struct action_step *s);
    unsigned kinds; /* bits of enum action_kind it goes with */
};

enum { ACTION_KEYS_MAX = 25 }; /* in one table */

/* ---- action_value.c */

int
action_expected(struct decoder *d, const struct yaml_node *v, const char *key, const char *what);
int action_text(struct decoder *d, const struct yaml_node *v, const char *key, char **ret);
/* A text of s that may hold `{{ }}`: its place is noted, its syntax checked. */
int action_template(struct decoder *d, const struct yaml_node *v, const char *key,
                    struct action_step *s, char **ret);
int action_bool(struct decoder *d, const struct yaml_node *v, const char *key, bool *ret);
/* From 0 to max. */
int
action_number(struct decoder *d, const struct yaml_node *v, const char *key, long max, long *ret);
int action_duration(struct decoder *d, const struct yaml_node *v, const char *key, int64_t *ret_ms);
bool action_is_word(const struct yaml_node *v); /* [A-Za-z0-9_.-]+ */
/* NULL: m has the mistake, with the nearest name. */
const struct action_rule *action_find_rule(struct decoder *d, const struct action_rule *rules,
                                           size_t count, const struct yaml_node *key);

/* ---- action_step.c */

int action_read_steps(struct decoder *d, const struct yaml_node *v, const char *key,
                      struct action_step **ret_steps, size_t *ret_count);

#endif
