/*
 * settings_by.c - keys of config.yml that part hosts by a variable: amounts, and names of
 * variables.
 *
 * Decides how such a value is written.  Owns the names it read.  Never looks at a host: whether
 * each has the variable is found when a plan is made.
 */
#include "config/settings_by.h"

#include "base/xalloc.h"
#include "config/template.h"

#include <stdlib.h>
#include <string.h>

bool
settings_amount(const struct yaml_node *node, int32_t low, struct amount *ret)
{
    const char *t = node->kind == YAML_NODE_SCALAR ? node->text : "";
    const size_t digits = strspn(t, "0123456789");
    const bool percent = digits && strcmp(t + digits, "%") == 0;

    if (!digits || digits > 9 || (t[digits] && !percent)) {
        return false;
    }
    if (!percent && node->style != YAML_STYLE_PLAIN) {
        return false;
    }
    *ret = (struct amount){.value = (int32_t)strtol(t, NULL, 10), .percent = percent};
    return ret->value >= low && (!percent || ret->value <= 100);
}

void
settings_by_clear(struct settings_by *by)
{
    for (int32_t i = 0; i < by->count; i++) {
        free(by->parts[i].variable);
    }
    *by = (struct settings_by){0};
}

static bool
is_variable(const struct yaml_node *node)
{
    return node->kind == YAML_NODE_SCALAR && template_is_name(node->text, node->len);
}

static int
read_limit(struct mistakes *m, const struct yaml_node *node, const char *key, int32_t low,
           struct settings_part *part)
{
    if (settings_amount(node, low, &part->limit)) {
        return 0;
    }
    char *place = xasprintf("%s: %s", key, part->variable);
    (void)yaml_expected(m, node, place, "a number of hosts from %d, or %d%% to 100%%", (int)low,
                        (int)low);
    free(place);
    return -1;
}

int
settings_by_read(struct mistakes *m, const struct yaml_node *node, const char *key, int32_t low,
                 struct settings_by *ret)
{
    int rc = 0;

    settings_by_clear(ret);
    if (yaml_is_null(node)) {
        return 0;
    }
    if (node->kind != YAML_NODE_MAP || node->count == 0) {
        return yaml_expected(m, node, key,
                             "a variable and an amount, like {zone: %d} or {zone: 25%%}",
                             low == 0 ? 2 : 1);
    }
    if (node->count > PLAN_PARTINGS_MAX) {
        return yaml_mistake(m, node, "%s: %zu variables: at most %d", key, node->count,
                            (int)PLAN_PARTINGS_MAX);
    }
    for (size_t i = 0; i < node->count; i++) {
        struct settings_part *part = &ret->parts[ret->count];
        if (!is_variable(node->keys[i])) {
            rc = yaml_expected(m, node->keys[i], key, "the name of a variable");
            continue;
        }
        part->variable = xstrdup(node->keys[i]->text);
        ret->count++;
        rc = read_limit(m, node->items[i], key, low, part) < 0 ? -1 : rc;
    }
    return rc;
}

int
settings_variable(struct mistakes *m, const struct yaml_node *node, const char *key, char **ret)
{
    free(*ret);
    *ret = NULL;
    if (yaml_is_null(node)) {
        return 0;
    }
    if (!is_variable(node)) {
        return yaml_expected(m, node, key, "the name of a variable, like zone");
    }
    *ret = xstrdup(node->text);
    return 0;
}
