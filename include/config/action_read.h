/*
 * action_read.h - what the readers of an action file share: the decoder, and values of one kind.
 *
 * Shared by action.c, action_step.c, action_check.c and action_value.c, and by nobody else.  Each
 * returns 0, or -1 when the decoder's mistakes have one more.
 */
#ifndef CONFIG_ACTION_READ_H
#define CONFIG_ACTION_READ_H

#include "config/action.h"
#include "config/yaml.h"

#include <stddef.h>

/* The list of steps that is read. */
enum action_list { ACTION_IN_STEPS, ACTION_IN_ROLLBACK, ACTION_IN_FINALLY };

struct decoder {
    struct action *a;
    struct mistakes *m;
    const char *bytes; /* borrowed: the file */
    enum action_list list;
    int kinds;   /* seen in the step being read: there must be one */
    int misread; /* keys of it that were told and meant one */
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

enum { ACTION_KEYS_MAX = 25, ACTION_MODE_DEFAULT = 0644 }; /* keys in one table */

/* The rest of a row: a text of the step, and what it is if it may not be empty. */
#define ACTION_TEXT(field, what) NULL, offsetof(struct action_step, field), what

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
/* A list of at most 1,000, each read by read_one, which is given its number from 1. */
int action_read_list(struct decoder *d, const struct yaml_node *v, const char *key,
                     void (*read_one)(struct decoder *d, const struct yaml_node *node,
                                      size_t number, struct action_step *s),
                     struct action_step **ret_steps, size_t *ret_count);
/* Keys that a step and a check share. */
int action_take_script(struct decoder *d, const struct yaml_node *v, const char *key,
                       struct action_step *s);
int action_take_env(struct decoder *d, const struct yaml_node *v, const char *key,
                    struct action_step *s);
int action_take_shell_options(struct decoder *d, const struct yaml_node *v, const char *key,
                              struct action_step *s);
int action_take_when(struct decoder *d, const struct yaml_node *v, const char *key,
                     struct action_step *s);
int action_take_become(struct decoder *d, const struct yaml_node *v, const char *key,
                       struct action_step *s);
/* Tell each key that its table does not give to the step's kind. */
void action_check_keys(struct decoder *d, const struct yaml_node *node,
                       const struct action_rule *rules, size_t count, const struct action_step *s);
/* Tell a become_user without become. */
void
action_check_become(struct decoder *d, const struct yaml_node *node, const struct action_step *s);

/* ---- action_check.c: the list under health_check. */

int action_read_checks(struct decoder *d, const struct yaml_node *v, const char *key,
                       struct action_step **ret_checks, size_t *ret_count);

#endif
