/*
 * inventory.c - finds the inventory of an environment, merges variables, and answers for hosts.
 *
 * Decides precedence: `all`, other groups by (depth, ansible_group_priority, name), the host's own;
 * later replaces, dicts do not merge (Ansible, "How variables are merged").  Owns hosts and groups.
 * No library reads Ansible's inventories.
 */
#include "config/inventory.h"

#include "base/map.h"
#include "base/xalloc.h"
#include "config/inventory_read.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct inventory {
    struct host *hosts;  /* owned */
    struct value **vars; /* owned: merged, by host */
    size_t count;
    struct strv group_names;
    struct map *members; /* owned: group -> struct strv */
};

static const char *const candidates[] = {"hosts.yml", "hosts.yaml", "hosts.ini", "hosts"};
enum { CANDIDATES = sizeof(candidates) / sizeof(candidates[0]) };

/* Variables that mean something to us, and not yet. */
static const char *const later[] = {
    "ansible_password",       "ansible_ssh_pass",        "ansible_ssh_common_args",
    "ansible_ssh_extra_args", "ansible_become",          "ansible_become_user",
    "ansible_become_method",  "ansible_become_password", "ansible_become_pass",
};

static void
free_members(void *p)
{
    strv_clear(p);
    free(p);
}

void
inventory_free(struct inventory *inv)
{
    if (inv == NULL) {
        return;
    }
    for (size_t i = 0; i < inv->count; i++) {
        struct host *h = &inv->hosts[i];
        free(h->name);
        strv_clear(&h->groups);
        free(h->address);
        free(h->user);
        free(h->key_path);
        value_free(inv->vars[i]);
    }
    free(inv->hosts);
    free(inv->vars);
    strv_clear(&inv->group_names);
    map_free(inv->members);
    free(inv);
}

/* ---- which file */

static char *
find_file(const char *dir, struct mistakes *m)
{
    char *found = NULL;
    struct stat st;

    for (size_t i = 0; i < CANDIDATES; i++) {
        char *path = xasprintf("%s/%s", dir, candidates[i]);
        if (stat(path, &st) < 0) {
            free(path);
        } else if (found != NULL) {
            (void)mistakes_add(m, "%s: there is %s too: keep one inventory", path, found);
            free(path);
            free(found);
            return NULL;
        } else {
            found = path;
        }
    }
    if (found == NULL) {
        (void)mistakes_add(m, "%s: no inventory: hosts.yml is missing", dir);
    }
    return found;
}

static int
check_unbuilt(const char *dir, const char *file, struct mistakes *m)
{
    static const char *const folders[] = {"group_vars", "host_vars"};
    const size_t len = strlen(file);
    const bool yaml = (len > 4 && strcmp(file + len - 4, ".yml") == 0) ||
                      (len > 5 && strcmp(file + len - 5, ".yaml") == 0);
    int rc = 0;

    if (!yaml) {
        rc = mistakes_not_yet(m, "%s: not yet: inventories other than hosts.yml", file);
    }
    for (size_t i = 0; i < 2; i++) {
        char *path = xasprintf("%s/%s", dir, folders[i]);
        if (access(path, F_OK) == 0) {
            rc = mistakes_not_yet(m, "%s: not yet: %s", path, folders[i]);
        }
        free(path);
    }
    return rc;
}

/* ---- groups: depth and order */

static int
depth_of(struct draft *d, struct draft_group *g, int budget)
{
    int depth = strcmp(g->name, "all") == 0 ? 0 : 1;

    if (budget == 0) {
        return -1;
    }
    if (g->depth >= 0) {
        return g->depth;
    }
    for (size_t i = 0; i < g->parents.count; i++) {
        struct draft_group *parent = map_get(d->groups, g->parents.items[i]);
        const int above = depth_of(d, parent, budget - 1);
        if (above < 0) {
            return -1;
        }
        if (above + 1 > depth) {
            depth = above + 1;
        }
    }
    g->depth = depth;
    return depth;
}

static int
work_out_groups(struct draft *d, struct mistakes *m)
{
    struct draft_group *g = NULL;
    void *iter = NULL;

    while ((g = map_next(d->groups, &iter, NULL)) != NULL) {
        if (depth_of(d, g, YAML_DEPTH_MAX) < 0) {
            return g->file == NULL
                       ? mistakes_add(m, "group %s: is its own descendant", g->name)
                       : mistakes_add(
                             m, "%s:%d:%d: group %s: is its own descendant, or nested too deep",
                             g->file, g->line, g->col, g->name);
        }
        const struct value *p = value_dict_get(g->vars, "ansible_group_priority");
        if (p != NULL && p->kind == VALUE_INT) {
            g->priority = p->integer;
        }
    }
    return 0;
}

static int
by_precedence(const void *a, const void *b)
{
    const struct draft_group *x = *(struct draft_group *const *)a;
    const struct draft_group *y = *(struct draft_group *const *)b;

    if (x->depth != y->depth) {
        return x->depth < y->depth ? -1 : 1;
    }
    if (x->priority != y->priority) {
        return x->priority < y->priority ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

struct group_list {
    struct draft_group **items; /* owned array */
    size_t count, cap;
};

static void
add_ancestors(struct draft *d, const char *name, struct group_list *list)
{
    struct draft_group *g = map_get(d->groups, name);

    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] == g) {
            return;
        }
    }
    list->items = xgrow(list->items, list->count, &list->cap, sizeof(struct draft_group *));
    list->items[list->count++] = g;
    for (size_t i = 0; i < g->parents.count; i++) {
        add_ancestors(d, g->parents.items[i], list);
    }
}

static void
note_member(struct inventory *inv, const char *group, const char *host)
{
    struct strv *list = map_get(inv->members, group);

    if (list == NULL) {
        list = xcalloc(1, sizeof(*list));
        map_set(inv->members, group, list);
    }
    strv_add(list, host);
}

static void
merge(struct value *into, const struct value *from)
{
    for (size_t i = 0; i < from->count; i++) {
        value_dict_set(into, from->keys[i], value_copy(from->items[i]));
    }
}

/* The host's groups, sorted, and its variables, merged. */
static struct value *
merge_host(struct inventory *inv, struct draft *d, const struct draft_host *from, struct host *h)
{
    struct value *vars = value_new(VALUE_DICT);
    struct group_list list = {0};

    add_ancestors(d, "all", &list);
    for (size_t i = 0; i < from->groups.count; i++) {
        add_ancestors(d, from->groups.items[i], &list);
    }
    qsort(list.items, list.count, sizeof(struct draft_group *), by_precedence);
    for (size_t i = 0; i < list.count; i++) {
        const char *name = list.items[i]->name;
        merge(vars, list.items[i]->vars);
        note_member(inv, name, from->name);
        if (strcmp(name, "all") != 0) {
            strv_add(&h->groups, name);
        }
    }
    if (list.count == 1) {
        strv_add(&h->groups, "ungrouped");
        note_member(inv, "ungrouped", from->name);
    }
    merge(vars, from->vars);
    strv_sort(&h->groups);
    free(list.items);
    return vars;
}

/* ---- connection variables */

static const struct value *
either(const struct value *vars, const char *name, const char *old_name)
{
    const struct value *v = value_dict_get(vars, name);

    return v != NULL ? v : value_dict_get(vars, old_name);
}

static int
wrong(struct mistakes *m, const struct draft_host *from, const char *name, const struct value *v,
      const char *expected)
{
    return mistakes_add(m, "%s:%d:%d: %s: %s: expected %s", v->file == NULL ? from->file : v->file,
                        v->line, v->col, from->name, name, expected);
}

static int
take_text(const struct draft_host *from, const char *name, const struct value *v, char **ret,
          struct mistakes *m)
{
    if (v == NULL || v->kind == VALUE_NULL) {
        return 0;
    }
    if (v->kind != VALUE_TEXT || v->len == 0 || v->len > 1024 || strpbrk(v->text, "\r\n") != NULL ||
        v->text[0] == '-') {
        return wrong(m, from, name, v, "a name or an address");
    }
    if (strstr(v->text, "{{") != NULL) {
        return wrong(m, from, name, v, "plain text: templates are not yet supported here");
    }
    free(*ret);
    *ret = xstrdup(v->text);
    return 0;
}

static int
take_port(const struct draft_host *from, const struct value *v, int *ret, struct mistakes *m)
{
    if (v == NULL || v->kind == VALUE_NULL) {
        return 0;
    }
    char *end = NULL;
    const int64_t port = v->kind == VALUE_INT    ? v->integer
                         : v->kind == VALUE_TEXT ? strtoll(v->text, &end, 10)
                                                 : 0;
    if (port < 1 || port > 65535 || (end != NULL && (*end != '\0' || end == v->text))) {
        return wrong(m, from, "ansible_port", v, "a number from 1 to 65535");
    }
    *ret = (int)port;
    return 0;
}

static char *
key_file(const char *root, const char *text)
{
    const char *home = getenv("HOME");

    if (text[0] == '/') {
        return xstrdup(text);
    }
    if (strncmp(text, "~/", 2) == 0 && home != NULL) {
        return xasprintf("%s%s", home, text + 1);
    }
    return xasprintf("%s/%s", root, text);
}

static int
check_later(const struct draft_host *from, const struct value *vars, struct mistakes *m)
{
    const struct value *way = value_dict_get(vars, "ansible_connection");
    int rc = 0;

    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        const struct value *v = value_dict_get(vars, later[i]);
        if (v != NULL && v->kind != VALUE_NULL && !(v->kind == VALUE_BOOL && !v->boolean)) {
            rc = mistakes_not_yet(m, "%s:%d:%d: %s: not yet: %s",
                                  v->file == NULL ? from->file : v->file, v->line, v->col,
                                  from->name, later[i]);
        }
    }
    if (way != NULL && (way->kind != VALUE_TEXT || strcmp(way->text, "ssh") != 0)) {
        rc = mistakes_not_yet(m, "%s:%d:%d: %s: not yet: ansible_connection other than ssh",
                              way->file == NULL ? from->file : way->file, way->line, way->col,
                              from->name);
    }
    return rc;
}

static int
take_connection(const char *root, const struct draft_host *from, const struct value *vars,
                struct host *h, struct mistakes *m)
{
    char *key = NULL;
    int rc = check_later(from, vars, m);

    h->address = xstrdup(h->name);
    h->port = 22;
    if (take_text(from, "ansible_host", either(vars, "ansible_host", "ansible_ssh_host"),
                  &h->address, m) < 0 ||
        take_port(from, either(vars, "ansible_port", "ansible_ssh_port"), &h->port, m) < 0 ||
        take_text(from, "ansible_user", either(vars, "ansible_user", "ansible_ssh_user"), &h->user,
                  m) < 0 ||
        take_text(from, "ansible_ssh_private_key_file",
                  either(vars, "ansible_ssh_private_key_file", "ansible_private_key_file"), &key,
                  m) < 0) {
        rc = -1;
    }
    if (key != NULL) {
        h->key_path = key_file(root, key);
        free(key);
    }
    return rc;
}

/* ---- two names for one machine */

static bool
same_vars(const struct value *a, const struct value *b)
{
    struct buf x;
    struct buf y;

    buf_init(&x, 16 << 20);
    buf_init(&y, 16 << 20);
    value_to_json(a, &x);
    value_to_json(b, &y);
    const bool same = x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
    buf_release(&x);
    buf_release(&y);
    return same;
}

static void
drop_host(struct inventory *inv, size_t i)
{
    struct host *h = &inv->hosts[i];
    void *iter = NULL;
    struct strv *list = NULL;

    while ((list = map_next(inv->members, &iter, NULL)) != NULL) {
        size_t n = 0;
        for (size_t k = 0; k < list->count; k++) {
            if (strcmp(list->items[k], h->name) == 0) {
                free(list->items[k]);
            } else {
                list->items[n++] = list->items[k];
            }
        }
        list->count = n;
    }
    free(h->name);
    strv_clear(&h->groups);
    free(h->address);
    free(h->user);
    free(h->key_path);
    value_free(inv->vars[i]);
}

static int
merge_twins(struct inventory *inv, struct mistakes *m)
{
    struct map *seen = map_new(NULL);
    size_t kept = 0;
    int rc = 0;

    for (size_t i = 0; i < inv->count; i++) {
        struct host *h = &inv->hosts[i];
        char *key =
            xasprintf("%s\001%d\001%s", h->address, h->port, h->user == NULL ? "" : h->user);
        const struct host *first = map_get(seen, key);
        bool drop = false;
        if (first != NULL) {
            const size_t at = (size_t)(first - inv->hosts);
            if (same_vars(inv->vars[at], inv->vars[i])) {
                mistakes_warn(m, "%s:%d:%d: %s is the same machine as %s: only %s is used", h->file,
                              h->line, h->col, h->name, first->name, first->name);
                drop = true;
            } else {
                rc = mistakes_add(m, "%s:%d:%d: %s is the same machine as %s, with other variables",
                                  h->file, h->line, h->col, h->name, first->name);
            }
        }
        if (drop) {
            drop_host(inv, i);
        } else {
            inv->hosts[kept] = *h;
            inv->vars[kept] = inv->vars[i];
            if (first == NULL) {
                map_set(seen, key, &inv->hosts[kept]);
            }
            kept++;
        }
        free(key);
    }
    inv->count = kept;
    map_free(seen);
    return rc;
}

/* ---- the whole */

static int
build(struct inventory *inv, const char *root, struct draft *d, struct mistakes *m)
{
    const size_t n = map_count(d->hosts);
    struct draft_host *from = NULL;
    struct draft_group *g = NULL;
    void *iter = NULL;
    int rc = 0;

    while ((g = map_next(d->groups, &iter, NULL)) != NULL) {
        strv_add(&inv->group_names, g->name);
        map_set(inv->members, g->name, xcalloc(1, sizeof(struct strv)));
    }
    inv->hosts = xcalloc(n, sizeof(*inv->hosts));
    inv->vars = xcalloc(n, sizeof(struct value *));
    while ((from = map_next(d->hosts, &iter, NULL)) != NULL) {
        struct host *h = &inv->hosts[inv->count];
        *h = (struct host){
            .name = xstrdup(from->name), .file = from->file, .line = from->line, .col = from->col};
        inv->vars[inv->count] = merge_host(inv, d, from, h);
        if (take_connection(root, from, inv->vars[inv->count], h, m) < 0) {
            rc = -1;
        }
        inv->count++;
    }
    if (map_get(inv->members, "ungrouped") != NULL && !strv_has(&inv->group_names, "ungrouped")) {
        strv_add(&inv->group_names, "ungrouped");
    }
    return rc;
}

struct inventory *
inventory_load(const char *root, const char *dir, struct mistakes *m)
{
    struct inventory *inv = NULL;
    struct draft *d = draft_new();
    char *file = find_file(dir, m);
    int rc = -1;

    if (file == NULL || check_unbuilt(dir, file, m) < 0 || inventory_read_yaml(d, file, m) < 0 ||
        work_out_groups(d, m) < 0) {
        goto out;
    }
    inv = xcalloc(1, sizeof(*inv));
    inv->members = map_new(free_members);
    rc = build(inv, root, d, m);
    if (rc == 0) {
        rc = merge_twins(inv, m);
    }
    if (rc == 0 && inv->count == 0) {
        rc = mistakes_add(m, "%s: no hosts", file);
    }
out:
    if (rc < 0) {
        inventory_free(inv);
        inv = NULL;
    }
    draft_free(d);
    free(file);
    return inv;
}

size_t
inventory_count(const struct inventory *inv)
{
    return inv->count;
}

const struct host *
inventory_host(const struct inventory *inv, size_t i)
{
    assert(i < inv->count);
    return &inv->hosts[i];
}

const struct value *
inventory_vars(const struct inventory *inv, size_t i)
{
    assert(i < inv->count);
    return inv->vars[i];
}

const struct strv *
inventory_groups(const struct inventory *inv)
{
    return &inv->group_names;
}

const struct strv *
inventory_members(const struct inventory *inv, const char *group)
{
    return map_get(inv->members, group);
}
