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

/* A key and what takes its value, or the text of the step that it is; neither: promised, not built
 * yet. */
struct action_rule {
    const char *name;
    int (*take)(struct decoder *d, const struct yaml_node *v, const char *key,
                struct action_step *s);
    size_t text;          /* offset of a template in struct action_step; 0: none */
    const char *nonempty; /* "a script": what the text is, if it may not be empty */
    unsigned kinds;       /* bits of enum action_kind it goes with */
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
/* Take every key of a map by its rule; a mistake is told and passed over.  s: NULL for rules
 * without texts of a step. */
void action_take_keys(struct decoder *d, const struct yaml_node *map,
                      const struct action_rule *rules, size_t count, struct action_step *s);

/* ---- action_step.c */

int action_read_steps(struct decoder *d, const struct yaml_node *v, const char *key,
                      struct action_step **ret_steps, size_t *ret_count);

#endif
