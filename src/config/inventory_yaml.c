/*
 * inventory_yaml.c - reads hosts.yml: groups with hosts, vars and children, nested as one likes.
 *
 * The shape is that of Ansible's yaml inventory plugin; bodies may be empty.  Every mistake names
 * file:line:col.  Owns the draft's contents, not the draft.
 */
#include "config/inventory_read.h"

#include "base/xalloc.h"
#include "config/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
free_group(void *p)
{
    struct draft_group *g = p;

    free(g->name);
    value_free(g->vars);
    strv_clear(&g->parents);
    free(g);
}

static void
free_host(void *p)
{
    struct draft_host *h = p;

    free(h->name);
    value_free(h->vars);
    strv_clear(&h->groups);
    free(h);
}

struct draft *
draft_new(void)
{
    struct draft *d = xcalloc(1, sizeof(*d));

    d->groups = map_new(free_group);
    d->hosts = map_new(free_host);
    (void)draft_group(d, "all", NULL);
    return d;
}

void
draft_free(struct draft *d)
{
    if (d == NULL) {
        return;
    }
    map_free(d->groups);
    map_free(d->hosts);
    free(d);
}

struct draft_group *
draft_group(struct draft *d, const char *name, const struct yaml_node *node)
{
    struct draft_group *g = map_get(d->groups, name);

    if (g == NULL) {
        g = xcalloc(1, sizeof(*g));
        g->name = xstrdup(name);
        g->vars = value_new(VALUE_DICT);
        g->depth = -1;
        g->priority = 1;
        if (node != NULL) {
            g->file = node->file;
            g->line = node->line;
            g->col = node->col;
        }
        map_set(d->groups, name, g);
    }
    return g;
}

struct draft_host *
draft_host(struct draft *d, const char *name, const struct yaml_node *node)
{
    struct draft_host *h = map_get(d->hosts, name);

    if (h == NULL) {
        h = xcalloc(1, sizeof(*h));
        h->name = xstrdup(name);
        h->vars = value_new(VALUE_DICT);
        h->file = node->file;
        h->line = node->line;
        h->col = node->col;
        map_set(d->hosts, name, h);
    }
    return h;
}

/* Record "file:line:col: [WHAT ]KEY: text"; the key may be any bytes of any length. */
static int
wrong_key(struct mistakes *m, const struct yaml_node *key, const char *what, const char *text)
{
    struct buf shown;

    buf_init(&shown, 1024);
    yaml_show(key, &shown);
    (void)yaml_mistake(m, key, "%s%s: %s", what, shown.data, text);
    buf_release(&shown);
    return -1;
}

static size_t
weight_of(const struct yaml_node *node)
{
    size_t weight = 1;

    for (size_t i = 0; node->kind != YAML_NODE_SCALAR && i < node->count; i++) {
        weight += weight_of(node->items[i]);
    }
    return weight;
}

static bool
variable_name(const char *name)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

    return name[0] != '\0' && strspn(name, safe) == strlen(name) &&
           (name[0] < '0' || name[0] > '9');
}

static int
read_vars(struct draft *d, const struct yaml_node *node, const char *what, struct value *vars,
          struct mistakes *m)
{
    int rc = 0;

    if (yaml_is_null(node)) {
        return 0;
    }
    if (node->kind != YAML_NODE_MAP) {
        return yaml_expected(m, node, what, "variables, as `name: value`");
    }
    d->values += weight_of(node);
    if (node->count > INVENTORY_VARS_MAX || d->values > INVENTORY_VALUES_MAX) {
        return yaml_mistake(m, node, "%s: more than %d variables here, or %d values in all", what,
                            INVENTORY_VARS_MAX, INVENTORY_VALUES_MAX);
    }
    for (size_t i = 0; i < node->count; i++) {
        const char *name = node->keys[i]->text;
        if (!variable_name(name)) {
            rc = wrong_key(m, node->keys[i], "",
                           "not a name of a variable ([A-Za-z_][A-Za-z0-9_]*)");
            continue;
        }
        struct value *v = value_of_node(node->items[i], m);
        if (v == NULL) {
            rc = -1;
        } else {
            value_dict_set(vars, name, v);
        }
    }
    return rc;
}

static int
add_host(struct draft *d, struct draft_group *g, const struct yaml_node *key, const char *name,
         const struct yaml_node *body, struct mistakes *m)
{
    if (!host_name_valid(name)) {
        char why[64];
        (void)snprintf(why, sizeof(why), "a name is [A-Za-z0-9_][A-Za-z0-9._-]*, at most %d bytes",
                       HOST_NAME_MAX_BYTES);
        return wrong_key(m, key, "host ", why);
    }
    struct draft_host *h = draft_host(d, name, key);
    if (map_count(d->hosts) > RANGE_HOSTS_MAX) {
        return yaml_mistake(m, key, "more than %d hosts", RANGE_HOSTS_MAX);
    }
    if (!strv_has(&h->groups, g->name)) {
        strv_add(&h->groups, g->name);
    }
    return read_vars(d, body, name, h->vars, m);
}

static int
read_host(struct draft *d, struct draft_group *g, const struct yaml_node *key,
          const struct yaml_node *body, struct mistakes *m)
{
    struct strv names = {0};
    char why[128];
    int rc = 0;

    if (host_range_expand(key->text, &names, why) < 0) {
        rc = wrong_key(m, key, "host ", why);
    }
    /* One mistake is enough of a range: its hosts share name and variables. */
    for (size_t i = 0; i < names.count && rc == 0; i++) {
        rc = add_host(d, g, key, names.items[i], body, m);
    }
    strv_clear(&names);
    return rc;
}

static int
read_hosts(struct draft *d, struct draft_group *g, const struct yaml_node *node, struct mistakes *m)
{
    int rc = 0;

    if (yaml_is_null(node)) {
        return 0;
    }
    if (node->kind != YAML_NODE_MAP) {
        return yaml_expected(m, node, "hosts", "host names, each as `name:`");
    }
    for (size_t i = 0; i < node->count; i++) {
        if (read_host(d, g, node->keys[i], node->items[i], m) < 0) {
            rc = -1;
        }
    }
    return rc;
}

static int read_group(struct draft *d, const char *parent, const struct yaml_node *key,
                      const struct yaml_node *body, struct mistakes *m);

static int
read_children(struct draft *d, const char *parent, const struct yaml_node *node, struct mistakes *m)
{
    int rc = 0;

    if (yaml_is_null(node)) {
        return 0;
    }
    if (node->kind != YAML_NODE_MAP) {
        return yaml_expected(m, node, "children", "group names, each as `name:`");
    }
    for (size_t i = 0; i < node->count; i++) {
        if (read_group(d, parent, node->keys[i], node->items[i], m) < 0) {
            rc = -1;
        }
    }
    return rc;
}

static int
read_part(struct draft *d, struct draft_group *g, const struct yaml_node *key,
          const struct yaml_node *item, struct mistakes *m)
{
    if (strcmp(key->text, "hosts") == 0) {
        return read_hosts(d, g, item, m);
    }
    if (strcmp(key->text, "vars") == 0) {
        return read_vars(d, item, g->name, g->vars, m);
    }
    if (strcmp(key->text, "children") == 0) {
        return read_children(d, g->name, item, m);
    }
    static const char *const parts[] = {"hosts", "vars", "children"};
    const char *near = nearest_word(key->text, parts, sizeof(parts) / sizeof(parts[0]));
    char *why = xasprintf("unknown key of group %s: %s%s%s", g->name,
                          near == NULL ? "there are hosts, vars and children" : "did you mean ",
                          near == NULL ? "" : near, near == NULL ? "" : "?");
    (void)wrong_key(m, key, "", why);
    free(why);
    return -1;
}

static int
read_group(struct draft *d, const char *parent, const struct yaml_node *key,
           const struct yaml_node *body, struct mistakes *m)
{
    int rc = 0;

    if (!host_name_valid(key->text)) {
        return wrong_key(m, key, "group ", "a name is [A-Za-z0-9_][A-Za-z0-9._-]*");
    }
    if (parent != NULL && strcmp(key->text, "all") == 0) {
        return wrong_key(m, key, "group ", "holds every group and is nobody's child");
    }
    struct draft_group *g = draft_group(d, key->text, key);
    if (map_count(d->groups) > INVENTORY_GROUPS_MAX) {
        return yaml_mistake(m, key, "more than %d groups", INVENTORY_GROUPS_MAX);
    }
    if (parent != NULL && !strv_has(&g->parents, parent)) {
        strv_add(&g->parents, parent);
    }
    if (yaml_is_null(body)) {
        return 0;
    }
    if (body->kind != YAML_NODE_MAP) {
        return yaml_expected(m, body, key->text, "hosts, vars or children");
    }
    for (size_t i = 0; i < body->count; i++) {
        if (read_part(d, g, body->keys[i], body->items[i], m) < 0) {
            rc = -1;
        }
    }
    return rc;
}

int
inventory_read_yaml(struct draft *d, const char *path, struct mistakes *m)
{
    struct yaml *y = yaml_load(path, YAML_INVENTORY_MAX, YAML_REPEAT_LAST, m);
    int rc = 0;

    if (y == NULL) {
        return -1;
    }
    const struct yaml_node *root = yaml_root(y);
    if (root == NULL || yaml_is_null(root)) {
        rc = mistakes_add(m, "%s: no hosts: the file is empty", path);
    } else if (root->kind != YAML_NODE_MAP) {
        rc = yaml_expected(m, root, NULL, "groups, such as `all:`");
    } else {
        for (size_t i = 0; i < root->count; i++) {
            if (read_group(d, NULL, root->keys[i], root->items[i], m) < 0) {
                rc = -1;
            }
        }
    }
    yaml_close(y);
    return rc;
}
