/*
 * inventory_yaml.c - reads hosts.yml: groups with hosts, vars and children, nested as one likes.
 *
 * The shape is that of Ansible's yaml inventory plugin (plugins/inventory/yaml.py), the order of
 * additions included; bodies may be empty.  Every mistake names file:line:col.  Owns nothing of the
 * draft.
 */
#include "config/inventory_read.h"

#include "base/xalloc.h"
#include "config/nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct draft *d;
    struct mistakes *m;
};

static struct place
place_of(const struct yaml_node *node)
{
    return (struct place){.file = node->file, .line = node->line, .col = node->col};
}

static int
wrong_key(const struct reading *r, const struct yaml_node *key, const char *what, const char *text)
{
    const struct place at = place_of(key);

    return name_refuse(r->m, &at, what, key->text, text);
}

/* Ansible reads a text as the one key of a mapping: `hosts: web-01`. */
static bool
is_text(const struct yaml_node *node)
{
    return node->kind == YAML_NODE_SCALAR && value_is_text(node);
}

/* A text too, but not for YAML. */
static bool
is_date(const struct yaml_node *node)
{
    static const char form[] = "dddd-dd-dd";
    size_t i = 0;

    while (i < node->len && i < sizeof(form) - 1 &&
           (form[i] == '-' ? node->text[i] == '-' : isdigit((unsigned char)node->text[i]) != 0)) {
        i++;
    }
    return i == node->len && i == sizeof(form) - 1 && node->style == YAML_STYLE_PLAIN &&
           node->tag == NULL;
}

/* `1:`, `yes:` and `null:` are no names, as for Ansible: what was meant is in doubt. */
static int
check_name(const struct reading *r, const struct yaml_node *key, const char *what)
{
    struct buf shown;

    if (!key->typed && !is_date(key)) {
        return 0;
    }
    buf_init(&shown, 1024);
    yaml_show(key, &shown);
    (void)yaml_mistake(r->m, key,
                       "expected the name of a %s, got %s%s, which is no text in YAML: a name "
                       "like that goes into quotes",
                       what, key->len == 0 ? "nothing" : shown.data,
                       key->tag == NULL ? "" : " with a tag");
    buf_release(&shown);
    return -1;
}

/* What Python calls false, and Ansible no variables: nothing, "", [], {}, 0, no. */
static bool
is_nothing(const struct yaml_node *node)
{
    bool yes = true;

    if (node->kind != YAML_NODE_SCALAR) {
        return node->count == 0;
    }
    if (node->style != YAML_STYLE_PLAIN) {
        return node->len == 0;
    }
    return yaml_is_null(node) || strcmp(node->text, "0") == 0 ||
           (value_reads_bool(node->text, &yes) && !yes);
}

/* ---------------------------------------------------------------- variables */

int
inventory_parse_vars(struct draft *d, struct draft_group *g, struct draft_host *h,
                     const struct yaml_node *map, struct mistakes *m)
{
    int rc = 0;

    if (map->count > INVENTORY_VARS_MAX) {
        return yaml_mistake(m, map, "%s: more than %d variables here",
                            g != NULL ? g->name : h->name, INVENTORY_VARS_MAX);
    }
    for (size_t i = 0; i < map->count && d->values <= INVENTORY_VALUES_MAX; i++) {
        char *name = value_key_of_node(map->keys[i], m);
        struct value *v = name == NULL ? NULL : value_of_node(map->items[i], m);
        if (v == NULL || (g != NULL ? draft_group_var(d, g, name, v, m)
                                    : draft_host_var(d, h, name, v, m)) < 0) {
            rc = -1;
        }
        free(name);
    }
    return rc;
}

static int
read_vars(const struct reading *r, const struct yaml_node *node, struct draft_group *g,
          struct draft_host *h)
{
    if (node->kind != YAML_NODE_MAP) {
        return yaml_expected(r->m, node, g != NULL ? g->name : h->name,
                             "variables, as `name: value`");
    }
    return inventory_parse_vars(r->d, g, h, node, r->m);
}

/* ---------------------------------------------------------------- hosts */

static int
read_host(const struct reading *r, struct draft_group *g, const struct yaml_node *key,
          const struct yaml_node *body)
{
    const struct place at = place_of(key);
    struct strv names = {0};
    char why[128];
    int port = 0;
    int rc = 0;

    if (check_name(r, key, "host") < 0) {
        return -1;
    }
    if (draft_expand(r->d, key->text, &names, &port, why) < 0) {
        rc = wrong_key(r, key, "host", why);
    }
    /* One mistake is enough of a range: its hosts share name and variables. */
    for (size_t i = 0; i < names.count && rc == 0; i++) {
        struct draft_host *h = draft_host(r->d, g, names.items[i], port, &at, r->m);
        if (h == NULL) {
            rc = -1;
        } else if (body != NULL && !is_nothing(body)) {
            rc = read_vars(r, body, NULL, h);
        }
    }
    strv_clear(&names);
    return rc;
}

static int
read_hosts(const struct reading *r, struct draft_group *g, const struct yaml_node *node)
{
    int rc = 0;

    if (is_text(node)) {
        return read_host(r, g, node, NULL);
    }
    if (node->kind != YAML_NODE_MAP) {
        return yaml_expected(r->m, node, "hosts", "host names, each as `name:`");
    }
    for (size_t i = 0; i < node->count && r->d->values <= INVENTORY_VALUES_MAX; i++) {
        if (read_host(r, g, node->keys[i], node->items[i]) < 0) {
            rc = -1;
        }
    }
    return rc;
}

/* ---------------------------------------------------------------- groups */

static struct draft_group *read_group(const struct reading *r, const struct yaml_node *key,
                                      const struct yaml_node *body, int *ret_rc);

static int
read_child(const struct reading *r, struct draft_group *parent, const struct yaml_node *key,
           const struct yaml_node *body)
{
    const struct place at = place_of(key);
    int rc = 0;
    struct draft_group *child = read_group(r, key, body, &rc);

    return child != NULL && draft_child(parent, child, &at, r->m) < 0 ? -1 : rc;
}

static int
read_children(const struct reading *r, struct draft_group *parent, const struct yaml_node *node)
{
    int rc = 0;

    if (is_text(node)) {
        return read_child(r, parent, node, NULL);
    }
    if (node->kind != YAML_NODE_MAP) {
        return yaml_expected(r->m, node, "children", "group names, each as `name:`");
    }
    for (size_t i = 0; i < node->count; i++) {
        if (read_child(r, parent, node->keys[i], node->items[i]) < 0) {
            rc = -1;
        }
    }
    return rc;
}

/* A slip of the pen is a mistake; what is far from every key is skipped, as in Ansible. */
static int
unknown_part(const struct reading *r, const struct draft_group *g, const struct yaml_node *key)
{
    static const char *const parts[] = {"hosts", "vars", "children"};
    const char *near = nearest_word(key->text, parts, sizeof(parts) / sizeof(parts[0]));
    char *why;

    if (near == NULL) {
        yaml_warn(r->m, key,
                  "%.60s: unknown key of group %s is skipped: there are hosts, vars and "
                  "children",
                  key->text, g->name);
        return 0;
    }
    why = xasprintf("unknown key of group %s: did you mean %s?", g->name, near);
    (void)wrong_key(r, key, "", why);
    free(why);
    return -1;
}

static int
read_part(const struct reading *r, struct draft_group *g, const struct yaml_node *key,
          const struct yaml_node *item)
{
    if (strcmp(key->text, "hosts") == 0) {
        return yaml_is_null(item) ? 0 : read_hosts(r, g, item);
    }
    if (strcmp(key->text, "vars") == 0) {
        return yaml_is_null(item) ? 0 : read_vars(r, item, g, NULL);
    }
    if (strcmp(key->text, "children") == 0) {
        return yaml_is_null(item) ? 0 : read_children(r, g, item);
    }
    return unknown_part(r, g, key);
}

/* NULL: the name is refused.  *ret_rc -1: m has errors. */
static struct draft_group *
read_group(const struct reading *r, const struct yaml_node *key, const struct yaml_node *body,
           int *ret_rc)
{
    const struct place at = place_of(key);
    struct draft_group *g =
        check_name(r, key, "group") < 0 ? NULL : draft_group(r->d, key->text, &at, r->m);

    *ret_rc = g == NULL ? -1 : 0;
    if (g == NULL || body == NULL || yaml_is_null(body)) {
        return g;
    }
    if (body->kind != YAML_NODE_MAP) {
        *ret_rc = yaml_expected(r->m, body, key->text, "hosts, vars or children");
        return g;
    }
    for (size_t i = 0; i < body->count; i++) {
        if (read_part(r, g, body->keys[i], body->items[i]) < 0) {
            *ret_rc = -1;
        }
    }
    return g;
}

int
inventory_parse_yaml(struct draft *d, const struct yaml_node *root, struct mistakes *m)
{
    const struct reading r = {.d = d, .m = m};
    const struct yaml_node *plugin = yaml_get(root, "plugin");
    int rc = 0;

    if (root->kind != YAML_NODE_MAP) {
        return yaml_expected(m, root, NULL, "groups, such as `all:`");
    }
    if (plugin != NULL && !is_nothing(plugin)) {
        return yaml_mistake(m, plugin,
                            "inventory plugins are not supported: an executable can "
                            "print the inventory, as `ansible-inventory --list` does");
    }
    for (size_t i = 0; i < root->count; i++) {
        int read = 0;
        (void)read_group(&r, root->keys[i], root->items[i], &read);
        rc = read < 0 ? -1 : rc;
    }
    return rc;
}
