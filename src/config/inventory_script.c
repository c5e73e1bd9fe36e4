/*
 * inventory_script.c - an executable inventory: what `--list` and `--host` print.
 *
 * Decides as Ansible's script plugin (plugins/inventory/script.py): JSON only, `_meta.hostvars` or
 * a call for each host, groups as objects or as lists of hosts.  Runs nothing itself.  Owns the
 * output while it reads it.
 */
#include "config/inventory_find.h"

#include "base/xalloc.h"
#include "config/yaml_json.h"

#include <stdlib.h>
#include <string.h>

struct script {
    struct draft *d;
    const struct inventory_request *r;
    const char *path;
    struct mistakes *m;
    struct map *hosts; /* owned: name -> draft_host (borrowed), those it named */
};

/* ---------------------------------------------------------------- running */

/* "path:LINE:COL" of a byte of the output, which nobody can open: said once, by words. */
static int
not_json(const struct script *s, const char *words, const struct buf *out, size_t at)
{
    size_t line = 1, col = 1;

    for (size_t i = 0; i < at && i < out->len; i++) {
        const unsigned char c = (unsigned char)out->data[i];
        line += c == '\n';
        col = c == '\n' ? 1 : col + ((c & 0xc0) != 0x80);
    }
    return mistakes_add(s->m, "%s: %s printed what is not JSON, at line %zu, column %zu", s->path,
                        words, line, col);
}

/* The tree of what the executable prints; NULL: m has the mistake. */
static struct yaml *
run(const struct script *s, const char *const *argv)
{
    char *words = argv[1] == NULL ? xstrdup(argv[0]) : xasprintf("%s %s", argv[0], argv[1]);
    char *label = xasprintf("%s %s", s->path, words);
    struct yaml *y = NULL;
    struct err err = {0};
    struct buf out;
    size_t at = 0;

    buf_init(&out, INVENTORY_OUTPUT_MAX);
    if (s->r->run(s->r->run_arg, s->path, argv, &out, &err) < 0) {
        (void)mistakes_add(s->m, "%s: %s: %s", s->path, words, err.text);
    } else if (out.full) {
        (void)mistakes_add(s->m, "%s: %s printed more than %d MiB", s->path, words,
                           INVENTORY_OUTPUT_MAX >> 20);
    } else if (argv[1] != NULL && out.data[strspn(out.data, " \t\r\n")] == '\0') {
        y = yaml_parse("{}", 2, label, INVENTORY_OUTPUT_MAX, YAML_REPEAT_LAST, s->m);
    } else if (!json_valid(out.data, out.len, &at)) {
        (void)not_json(s, words, &out, at);
    } else {
        y = yaml_parse(out.data, out.len, label, INVENTORY_OUTPUT_MAX, YAML_REPEAT_LAST, s->m);
    }
    if (y != NULL && yaml_root(y)->kind != YAML_NODE_MAP) {
        (void)yaml_expected(s->m, yaml_root(y), NULL, "an object");
        yaml_close(y);
        y = NULL;
    }
    buf_release(&out);
    free(label);
    free(words);
    return y;
}

/* ---------------------------------------------------------------- groups */

/* Hosts are said to be of the executable itself: it is what `inventory_file` names. */
static struct place
place_of(const struct script *s, const struct yaml_node *node)
{
    return (struct place){.file = yaml_intern(s->path), .line = node->line, .col = node->col};
}

static int
add_host(struct script *s, struct draft_group *g, const struct yaml_node *name)
{
    const struct place at = place_of(s, name);
    struct draft_host *h;

    if (name->kind != YAML_NODE_SCALAR || name->style == YAML_STYLE_PLAIN) {
        return yaml_expected(s->m, name, g->name, "the name of a host");
    }
    h = draft_host(s->d, g, name->text, 0, &at, s->m);
    if (h != NULL) {
        map_set(s->hosts, h->name, h);
    }
    return h == NULL ? -1 : 0;
}

static int
read_hosts(struct script *s, struct draft_group *g, const struct yaml_node *list)
{
    int rc = 0;

    if (list->kind != YAML_NODE_LIST) {
        return yaml_expected(s->m, list, g->name, "a list of hosts");
    }
    for (size_t i = 0; i < list->count; i++) {
        rc |= add_host(s, g, list->items[i]);
    }
    return rc;
}

static int
read_group_vars(const struct script *s, struct draft_group *g, const struct yaml_node *vars)
{
    int rc = 0;

    if (vars->kind != YAML_NODE_MAP) {
        return yaml_expected(s->m, vars, g->name, "an object of variables");
    }
    for (size_t i = 0; i < vars->count && rc == 0; i++) {
        struct value *v = value_of_node(vars->items[i], s->m);
        rc = v == NULL ? -1 : draft_group_var(s->d, g, vars->keys[i]->text, v, s->m);
    }
    return rc;
}

static int
read_children(const struct script *s, struct draft_group *g, const struct yaml_node *list)
{
    int rc = 0;

    if (list->kind != YAML_NODE_LIST) {
        return yaml_expected(s->m, list, g->name, "a list of groups");
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *name = list->items[i];
        const struct place at = place_of(s, name);
        struct draft_group *child = NULL;
        if (name->kind != YAML_NODE_SCALAR || name->style == YAML_STYLE_PLAIN) {
            rc = yaml_expected(s->m, name, g->name, "the name of a group");
        } else {
            child = draft_group(s->d, name->text, &at, s->m);
        }
        if (child == NULL || draft_child(g, child, &at, s->m) < 0) {
            rc = -1;
        }
    }
    return rc;
}

/* An object without hosts, vars and children is a host of the group's name, with these variables.
 */
static int
read_group(struct script *s, const struct yaml_node *key, const struct yaml_node *body)
{
    const struct place at = place_of(s, key);
    struct draft_group *g = draft_group(s->d, key->text, &at, s->m);
    const struct yaml_node *hosts = yaml_get(body, "hosts");
    const struct yaml_node *vars = yaml_get(body, "vars");
    const struct yaml_node *children = yaml_get(body, "children");
    int rc = 0;

    if (g == NULL) {
        return -1;
    }
    if (body->kind != YAML_NODE_MAP) {
        return read_hosts(s, g, body);
    }
    if (hosts == NULL && vars == NULL && children == NULL) {
        return add_host(s, g, key) < 0 ? -1 : read_group_vars(s, g, body);
    }
    if (hosts != NULL) {
        rc |= read_hosts(s, g, hosts);
    }
    if (vars != NULL) {
        rc |= read_group_vars(s, g, vars);
    }
    if (children != NULL) {
        rc |= read_children(s, g, children);
    }
    return rc;
}

/* ---------------------------------------------------------------- hosts */

static int
set_host_vars(const struct script *s, struct draft_host *h, const struct yaml_node *vars)
{
    int rc = 0;

    if (vars->kind != YAML_NODE_MAP) {
        return yaml_expected(s->m, vars, h->name, "an object of variables");
    }
    for (size_t i = 0; i < vars->count && rc == 0; i++) {
        struct value *v = value_of_node(vars->items[i], s->m);
        rc = v == NULL ? -1 : draft_host_var(s->d, h, vars->keys[i]->text, v, s->m);
    }
    return rc;
}

static int
ask_host(const struct script *s, struct draft_host *h)
{
    const char *const argv[] = {"--host", h->name, NULL};
    struct yaml *y = run(s, argv);
    int rc = y == NULL ? -1 : set_host_vars(s, h, yaml_root(y));

    yaml_close(y);
    return rc;
}

/* The mapping from host to variables that `_meta` may have; looked up for each host. */
static struct map *
index_of(const struct yaml_node *hostvars)
{
    struct map *index = map_new(NULL);

    for (size_t i = 0; i < hostvars->count; i++) {
        map_set(index, hostvars->keys[i]->text, hostvars->items[i]);
    }
    return index;
}

static int
read_all_hosts(struct script *s, const struct yaml_node *hostvars)
{
    struct map *index = hostvars == NULL ? NULL : index_of(hostvars);
    struct draft_host *h = NULL;
    void *iter = NULL;
    int rc = 0;

    while ((h = map_next(s->hosts, &iter, NULL)) != NULL && rc == 0) {
        const struct yaml_node *vars = index == NULL ? NULL : map_get(index, h->name);
        if (vars != NULL) {
            rc = set_host_vars(s, h, vars);
        } else if (index == NULL) {
            rc = ask_host(s, h);
        }
    }
    map_free(index);
    return rc;
}

static int
read_list(struct script *s, const struct yaml_node *root)
{
    const struct yaml_node *hostvars = yaml_get(yaml_get(root, "_meta"), "hostvars");
    int rc = 0;

    if (hostvars != NULL && hostvars->kind != YAML_NODE_MAP) {
        return yaml_expected(s->m, hostvars, "_meta.hostvars", "an object");
    }
    for (size_t i = 0; i < root->count; i++) {
        if (strcmp(root->keys[i]->text, "_meta") != 0) {
            rc |= read_group(s, root->keys[i], root->items[i]);
        }
    }
    return rc < 0 ? -1 : read_all_hosts(s, hostvars);
}

int
inventory_read_script(struct draft *d, const struct inventory_request *r, const char *path,
                      struct mistakes *m)
{
    static const char *const argv[] = {"--list", NULL};
    struct script s = {.d = d, .r = r, .path = path, .m = m};
    int rc = -1;

    if (r->run == NULL) {
        return mistakes_add(m, "%s: executable inventories are not run here", path);
    }
    struct yaml *y = run(&s, argv);
    if (y != NULL) {
        s.hosts = map_new(NULL);
        rc = read_list(&s, yaml_root(y));
        map_free(s.hosts);
    }
    yaml_close(y);
    return rc;
}
