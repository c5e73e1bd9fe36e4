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
    size_t values;       /* variables and memberships, while being built */
};

static const char *const candidates[] = {"hosts.yml", "hosts.yaml", "hosts.ini", "hosts"};
enum { CANDIDATES = sizeof(candidates) / sizeof(candidates[0]) };

static const char ungrouped[] = "ungrouped";
static const char group_priority[] = "ansible_group_priority";

static void
host_release(struct host *h)
{
    free(h->name);
    strv_clear(&h->groups);
    free(h->address);
    free(h->user);
    free(h->key_path);
}

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
        host_release(&inv->hosts[i]);
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

static bool
is_yaml(const char *file)
{
    const size_t len = strlen(file);

    return (len > 4 && strcmp(file + len - 4, ".yml") == 0) ||
           (len > 5 && strcmp(file + len - 5, ".yaml") == 0);
}

static int
check_unbuilt(const char *dir, const char *file, struct mistakes *m)
{
    static const char *const folders[] = {"group_vars", "host_vars"};
    int rc = 0;

    if (!is_yaml(file)) {
        rc = mistakes_not_yet(m, "%s: not yet: inventories other than hosts.yml", file);
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        char *path = xasprintf("%s/%s", dir, folders[i]);
        if (access(path, F_OK) == 0) {
            rc = mistakes_not_yet(m, "%s: not yet: %s", path, folders[i]);
        }
        free(path);
    }
    return rc;
}

/* ---- groups: depth and order */

/* -1: too deep, which a group that is its own descendant is too. */
static int
depth_of(struct draft *d, struct draft_group *g, int budget)
{
    int depth = strcmp(g->name, "all") == 0 ? 0 : 1;

    if (g->depth >= 0) {
        return g->depth;
    }
    if (budget == 0) {
        return -1;
    }
    for (size_t i = 0; i < g->parents.count; i++) {
        const int above = depth_of(d, map_get(d->groups, g->parents.items[i]), budget - 1);
        if (above < 0 || above >= YAML_DEPTH_MAX) {
            return -1;
        }
        if (above + 1 > depth) {
            depth = above + 1;
        }
    }
    g->depth = depth;
    return depth;
}

/* It orders the groups and is nobody's variable, as in Ansible. */
static int
take_priority(struct draft_group *g, struct mistakes *m)
{
    const struct value *p = value_dict_get(g->vars, group_priority);

    if (p == NULL || p->kind == VALUE_INT) {
        g->priority = p == NULL ? g->priority : p->integer;
        return 0;
    }
    return mistakes_add(m, "%s:%d:%d: %s: %s: expected a whole number", p->file, p->line, p->col,
                        g->name, group_priority);
}

static int
work_out_groups(struct draft *d, struct mistakes *m)
{
    struct draft_group *g = NULL;
    void *iter = NULL;
    int rc = 0;

    while ((g = map_next(d->groups, &iter, NULL)) != NULL) {
        if (take_priority(g, m) < 0) {
            rc = -1;
        }
        if (depth_of(d, g, YAML_DEPTH_MAX + 1) < 0) {
            assert(g->file != NULL); /* `all` of our own has no parents */
            return mistakes_add(m,
                                "%s:%d:%d: group %s: is its own descendant, or nested deeper "
                                "than %d",
                                g->file, g->line, g->col, g->name, YAML_DEPTH_MAX);
        }
    }
    return rc;
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
    size_t mark; /* of the host whose groups these are */
};

static void
add_ancestors(struct draft *d, const char *name, struct group_list *list)
{
    struct draft_group *g = map_get(d->groups, name);

    if (g->mark == list->mark) {
        return;
    }
    g->mark = list->mark;
    list->items = xgrow(list->items, list->count, &list->cap, sizeof(struct draft_group *));
    list->items[list->count++] = g;
    for (size_t i = 0; i < g->parents.count; i++) {
        add_ancestors(d, g->parents.items[i], list);
    }
}

/* A host of a group of its own is not ungrouped, whatever the file says (Ansible). */
static void
drop_ungrouped(struct group_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; list->count > 2 && i < list->count; i++) {
        if (strcmp(list->items[i]->name, ungrouped) != 0) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = list->count > 2 ? kept : list->count;
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

static size_t
weight_of(const struct value *v)
{
    size_t weight = 1;

    for (size_t i = 0; i < v->count; i++) {
        weight += weight_of(v->items[i]);
    }
    return weight;
}

/* -1: there would be more than an inventory may hold. */
static int
merge(struct inventory *inv, struct value *into, const struct value *from)
{
    inv->values += weight_of(from);
    if (inv->values > INVENTORY_VALUES_MAX) {
        return -1;
    }
    for (size_t i = 0; i < from->count; i++) {
        if (strcmp(from->keys[i], group_priority) != 0) {
            value_dict_set(into, from->keys[i], value_copy(from->items[i]));
        }
    }
    return into->count > INVENTORY_VARS_MAX ? -1 : 0;
}

static void
find_groups(struct draft *d, const struct draft_host *from, struct group_list *list)
{
    add_ancestors(d, "all", list);
    for (size_t i = 0; i < from->groups.count; i++) {
        add_ancestors(d, from->groups.items[i], list);
    }
    qsort(list->items, list->count, sizeof(struct draft_group *), by_precedence);
    drop_ungrouped(list);
}

/* The host's groups, sorted, and its variables, merged into vars. */
static int
merge_host(struct inventory *inv, struct draft *d, const struct draft_host *from, struct host *h,
           struct value *vars)
{
    struct group_list list = {.mark = inv->count + 1};
    int rc = 0;

    find_groups(d, from, &list);
    inv->values += list.count;
    for (size_t i = 0; i < list.count && rc == 0; i++) {
        const char *name = list.items[i]->name;
        rc = merge(inv, vars, list.items[i]->vars);
        note_member(inv, name, from->name);
        if (strcmp(name, "all") != 0) {
            strv_add(&h->groups, name);
        }
    }
    if (list.count == 1) {
        strv_add(&h->groups, ungrouped);
        note_member(inv, ungrouped, from->name);
    }
    if (rc == 0) {
        rc = merge(inv, vars, from->vars);
    }
    strv_sort(&h->groups);
    free(list.items);
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
    const bool same = !x.full && !y.full && x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
    buf_release(&x);
    buf_release(&y);
    return same;
}

static void
forget_members(struct inventory *inv, const struct map *dropped)
{
    struct strv *list = NULL;
    void *iter = NULL;

    while (map_count(dropped) > 0 && (list = map_next(inv->members, &iter, NULL)) != NULL) {
        size_t kept = 0;
        for (size_t k = 0; k < list->count; k++) {
            if (map_get(dropped, list->items[k]) != NULL) {
                free(list->items[k]);
            } else {
                list->items[kept++] = list->items[k];
            }
        }
        list->count = kept;
        if (list->items != NULL) {
            list->items[kept] = NULL;
        }
    }
}

static char *
machine_of(const struct host *h)
{
    return xasprintf("%s\001%d\001%s", h->address, h->port, h->user == NULL ? "" : h->user);
}

/* 1: h is another name of first, and not needed; 0: it stays; -1: m has the mistake. */
static int
compare_twins(const struct inventory *inv, const struct host *first, const struct host *h,
              struct mistakes *m)
{
    if (first == NULL) {
        return 0;
    }
    if (!same_vars(inv->vars[first - inv->hosts], inv->vars[h - inv->hosts])) {
        return mistakes_add(m, "%s:%d:%d: %s is the same machine as %s, with other variables",
                            h->file, h->line, h->col, h->name, first->name);
    }
    mistakes_warn(m, "%s:%d:%d: %s is the same machine as %s: only %s is used", h->file, h->line,
                  h->col, h->name, first->name, first->name);
    return 1;
}

static int
merge_twins(struct inventory *inv, struct mistakes *m)
{
    struct map *seen = map_new(NULL);    /* machine -> struct host, the first */
    struct map *dropped = map_new(NULL); /* name -> anything */
    size_t kept = 0;
    int rc = 0;

    for (size_t i = 0; i < inv->count; i++) {
        struct host *h = &inv->hosts[i];
        char *machine = machine_of(h);
        const int same = compare_twins(inv, map_get(seen, machine), h, m);
        if (same > 0) {
            map_set(dropped, h->name, inv);
            host_release(h);
            value_free(inv->vars[i]);
        } else {
            inv->hosts[kept] = *h;
            inv->vars[kept] = inv->vars[i];
            if (same == 0) {
                map_set(seen, machine, &inv->hosts[kept]);
            }
            kept++;
            rc = same < 0 ? -1 : rc;
        }
        free(machine);
    }
    inv->count = kept;
    forget_members(inv, dropped);
    map_free(seen);
    map_free(dropped);
    return rc;
}

/* ---- the whole */

static void
list_groups(struct inventory *inv, struct draft *d)
{
    struct draft_group *g = NULL;
    void *iter = NULL;

    while ((g = map_next(d->groups, &iter, NULL)) != NULL) {
        strv_add(&inv->group_names, g->name);
        map_set(inv->members, g->name, xcalloc(1, sizeof(struct strv)));
    }
}

static int
build(struct inventory *inv, const char *root, struct draft *d, struct mistakes *m)
{
    const size_t n = map_count(d->hosts);
    struct map *told = map_new(NULL);
    struct draft_host *from = NULL;
    void *iter = NULL;
    int rc = 0;

    list_groups(inv, d);
    inv->hosts = xcalloc(n, sizeof(*inv->hosts));
    inv->vars = xcalloc(n, sizeof(struct value *));
    while ((from = map_next(d->hosts, &iter, NULL)) != NULL) {
        struct host *h = &inv->hosts[inv->count];
        struct value *vars = value_new(VALUE_DICT);
        *h = (struct host){
            .name = xstrdup(from->name), .file = from->file, .line = from->line, .col = from->col};
        inv->vars[inv->count] = vars;
        const int merged = merge_host(inv, d, from, h, vars);
        inv->count++;
        if (merged < 0) {
            rc = mistakes_add(m,
                              "%s:%d:%d: %s: more than %d variables, or %d values and memberships "
                              "of all hosts together",
                              h->file, h->line, h->col, h->name, INVENTORY_VARS_MAX,
                              INVENTORY_VALUES_MAX);
            break;
        }
        if (inventory_connect(root, vars, h, told, m) < 0) {
            rc = -1;
        }
    }
    if (map_get(inv->members, ungrouped) != NULL && !strv_has(&inv->group_names, ungrouped)) {
        strv_add(&inv->group_names, ungrouped);
    }
    map_free(told);
    return rc;
}

/* Read and build as far as that goes, so that all mistakes are told together. */
static int
read_file(struct inventory *inv, const char *root, const char *file, struct mistakes *m)
{
    struct draft *d = draft_new();
    int rc = inventory_read_yaml(d, file, m);

    if (d->values > INVENTORY_VALUES_MAX || work_out_groups(d, m) < 0 ||
        build(inv, root, d, m) < 0) {
        rc = -1;
    }
    if (rc == 0) {
        rc = merge_twins(inv, m);
    }
    if (rc == 0 && inv->count == 0) {
        rc = mistakes_add(m, "%s: no hosts", file);
    }
    draft_free(d);
    return rc;
}

struct inventory *
inventory_load(const char *root, const char *dir, struct mistakes *m)
{
    struct inventory *inv = NULL;
    char *file = find_file(dir, m);
    int rc = file == NULL ? -1 : check_unbuilt(dir, file, m);

    if (file == NULL || !is_yaml(file)) {
        goto out;
    }
    inv = xcalloc(1, sizeof(*inv));
    inv->members = map_new(free_members);
    if (read_file(inv, root, file, m) < 0) {
        rc = -1;
    }
out:
    free(file);
    if (rc < 0) {
        inventory_free(inv);
        return NULL;
    }
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
