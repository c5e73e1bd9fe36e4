/*
 * settings_by.h - keys of config.yml that part hosts by a variable; for src/config/settings alone.
 */
#ifndef CONFIG_SETTINGS_BY_H
#define CONFIG_SETTINGS_BY_H

#include "config/settings.h"
#include "config/yaml.h"

/* `5` or `20%`: from low (of a share too) to 100 %.  False: it is none. */
bool settings_amount(const struct yaml_node *node, int32_t low, struct amount *ret);

/* `{zone: 1, rack: 25%}`: at most PLAN_PARTINGS_MAX variables, each with an amount from low; what
 * was in *ret is freed.  Null is none.  -1: m has the mistake. */
int settings_by_read(struct mistakes *m, const struct yaml_node *node, const char *key, int32_t low,
                     struct settings_by *ret);
void settings_by_clear(struct settings_by *by);

/* `zone`: the name of one variable, or null; *ret is owned. */
int
settings_variable(struct mistakes *m, const struct yaml_node *node, const char *key, char **ret);

#endif
