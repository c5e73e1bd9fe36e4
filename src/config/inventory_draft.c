/*
 * inventory_draft.c - groups and hosts as they are read, linked as Ansible links them.
 *
 * Decides what a name, a child and a variable may be, and what holds when all is read: everything
 * is below `all`, `ungrouped` holds what no other group does (Ansible, inventory/data.py).  Owns
 * groups and hosts.  Never reads a file.
 */
#include "config/inventory_read.h"

#include "base/escape.h"
#include "base/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SHOWN_MAX = 60 };

static const char group_priority[] = "ansible_group_priority";

/* ---------------------------------------------------------------- memory */

static void
free_group(void *p)
{
    struct draft_group *g = p;

    free(g->name);
    value_free(g->vars);
    value_free(g->file_vars);
    free(g->parents.items);
    free(g->children.items);
    free(g->hosts.items);
    free(g->ids);
    free(g->file_ids);
    free(g);
}

static void
free_host(void *p)
{
    struct draft_host *h = p;

    free(h->name);
    value_free(h->vars);
    value_free(h->file_vars);
    free(h->groups.items);
    free(h);
}

static struct draft_group *
new_group(struct draft *d, const char *name, const struct place *at)
{
    struct draft_group *g = xcalloc(1, sizeof(*g));

    g->name = xstrdup(name);
    g->vars = value_new(VALUE_DICT);
    g->depth = -1;
    g->priority = 1;
    g->place = *at;
    map_set(d->groups, name, g);
    return g;
}

struct draft *
draft_new(void)
{
    static const struct place nowhere = {0};
    struct draft *d = xcalloc(1, sizeof(*d));

    d->groups = map_new(free_group);
    d->hosts = map_new(free_host);
    d->all = new_group(d, "all", &nowhere);
    d->ungrouped = new_group(d, "ungrouped", &nowhere);
    (void)draft_child(d->all, d->ungrouped, &nowhere, NULL);
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

static void
add_group(struct group_refs *list, struct draft_group *g)
{
    list->items = xgrow(list->items, list->count, &list->cap, sizeof(struct draft_group *));
    list->items[list->count++] = g;
}

static void
add_host(struct host_refs *list, struct draft_host *h)
{
    list->items = xgrow(list->items, list->count, &list->cap, sizeof(struct draft_host *));
    list->items[list->count++] = h;
}

static bool
has_group(const struct group_refs *list, const struct draft_group *g)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] == g) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- names */

int
name_refuse(struct mistakes *m, const struct place *at, const char *what, const char *name,
            const char *why)
{
    size_t len = strlen(name);
    const bool cut = len > NAME_SHOWN_MAX;
    struct buf shown;

    if (cut) { /* never half a character */
        for (len = NAME_SHOWN_MAX; ((unsigned char)name[len] & 0xc0) == 0x80;) {
            len--;
        }
    }
    buf_init(&shown, 1024);
    escape_line(&shown, name, len);
    (void)mistakes_add(m, "%s:%d:%d: %s%s%s%s: %s", at->file, at->line, at->col, what,
                       what[0] == '\0' ? "" : " ", shown.data, cut ? "..." : "", why);
    buf_release(&shown);
    return -1;
}

struct draft_group *
draft_group(struct draft *d, const char *name, const struct place *at, struct mistakes *m)
{
    struct draft_group *g = map_get(d->groups, name);

    if (g != NULL) {
        g->place = g->place.file == NULL ? *at : g->place;
        return g;
    }
    if (!group_name_valid(name)) {
        (void)name_refuse(m, at, "group", name, "a name is [A-Za-z0-9_][A-Za-z0-9._-]*");
        return NULL;
    }
    if (map_count(d->groups) > INVENTORY_GROUPS_MAX) {
        (void)mistakes_add(m, "%s:%d:%d: more than %d groups", at->file, at->line, at->col,
                           INVENTORY_GROUPS_MAX);
        return NULL;
    }
    return new_group(d, name, at);
}

static struct draft_host *
new_host(struct draft *d, const char *name, int port, const struct place *at, struct mistakes *m)
{
    if (!host_name_valid(name)) {
        char *why = xasprintf("a name is [A-Za-z0-9_][A-Za-z0-9._-]*, at most %d bytes",
                              HOST_NAME_MAX_BYTES);
        (void)name_refuse(m, at, "host", name, why);
        free(why);
        return NULL;
    }
    if (map_count(d->hosts) >= RANGE_HOSTS_MAX) {
        (void)mistakes_add(m, "%s:%d:%d: more than %d hosts", at->file, at->line, at->col,
                           RANGE_HOSTS_MAX);
        return NULL;
    }
    struct draft_host *h = xcalloc(1, sizeof(*h));
    h->name = xstrdup(name);
    h->vars = value_new(VALUE_DICT);
    h->place = *at;
    map_set(d->hosts, name, h);
    if (port != 0) {
        struct value *v = value_int(port);
        v->file = at->file;
        v->line = at->line;
        v->col = at->col;
        value_dict_add(h->vars, "ansible_port", v);
    }
    return h;
}

struct draft_host *
draft_host(struct draft *d, struct draft_group *g, const char *name, int port,
           const struct place *at, struct mistakes *m)
{
    struct draft_host *h = map_get(d->hosts, name);

    if (h == NULL) {
        h = new_host(d, name, port, at, m);
    }
    if (h != NULL && !has_group(&h->groups, g)) {
        add_group(&h->groups, g);
        add_host(&g->hosts, h);
    }
    return h;
}

int
draft_child(struct draft_group *parent, struct draft_group *child, const struct place *at,
            struct mistakes *m)
{
    if (strcmp(child->name, "all") == 0) {
        return name_refuse(m, at, "group", child->name, "holds every group and is nobody's child");
    }
    if (strcmp(child->name, "ungrouped") == 0 && strcmp(parent->name, "all") != 0) {
        return name_refuse(m, at, "group", child->name,
                           "holds what no other group does and is a child of all only");
    }
    if (!has_group(&child->parents, parent)) {
        add_group(&child->parents, parent);
        add_group(&parent->children, child);
    }
    return 0;
}

/* ---------------------------------------------------------------- variables */

/* Python's int(): a number's whole part, or the text of a whole number. */
static bool
read_whole(const struct value *v, int64_t *ret)
{
    char *end = NULL;

    if (v->kind == VALUE_INT || v->kind == VALUE_BOOL) {
        *ret = v->kind == VALUE_INT ? v->integer : v->boolean;
        return true;
    }
    if (v->kind == VALUE_FLOAT && fabs(v->real) < 9e15) {
        *ret = (int64_t)v->real;
        return true;
    }
    if (v->kind != VALUE_TEXT || v->len == 0 || v->len > 18) {
        return false;
    }
    *ret = strtoll(v->text, &end, 10);
    return *end == '\0';
}

/* It orders the groups and is nobody's variable, as in Ansible. */
static int
set_priority(struct draft_group *g, struct value *v, struct mistakes *m)
{
    const bool whole = read_whole(v, &g->priority);

    if (!whole) {
        (void)mistakes_add(m, "%s:%d:%d: %s: %s: expected a whole number", v->file, v->line, v->col,
                           g->name, group_priority);
    }
    value_free(v);
    return whole ? 0 : -1;
}

static int
set_var(struct draft *d, struct value *dict, const char *name, struct value *v, struct mistakes *m)
{
    d->values += value_weight(v);
    if (dict->count >= INVENTORY_VARS_MAX || d->values > INVENTORY_VALUES_MAX) {
        (void)mistakes_add(m, "%s:%d:%d: %.60s: more than %d variables here, or %d values in all",
                           v->file, v->line, v->col, name, INVENTORY_VARS_MAX,
                           INVENTORY_VALUES_MAX);
        value_free(v);
        return -1;
    }
    value_dict_set(dict, name, v);
    return 0;
}

int
draft_group_var(struct draft *d, struct draft_group *g, const char *name, struct value *v,
                struct mistakes *m)
{
    if (strcmp(name, group_priority) == 0) {
        return set_priority(g, v, m);
    }
    return set_var(d, g->vars, name, v, m);
}

int
draft_host_var(struct draft *d, struct draft_host *h, const char *name, struct value *v,
               struct mistakes *m)
{
    struct draft_group *same = map_get(d->groups, h->name);

    if (same != NULL) {
        return draft_group_var(d, same, name, v, m);
    }
    return set_var(d, h->vars, name, v, m);
}

/* ---------------------------------------------------------------- when all is read */

/* -1: too deep, which a group that is its own descendant is too. */
static int
depth_of(struct draft_group *g, int budget)
{
    int depth = 0;

    if (g->depth >= 0) {
        return g->depth;
    }
    if (budget == 0) {
        return -1;
    }
    for (size_t i = 0; i < g->parents.count; i++) {
        const int above = depth_of(g->parents.items[i], budget - 1);
        if (above < 0 || above >= YAML_DEPTH_MAX) {
            return -1;
        }
        depth = above + 1 > depth ? above + 1 : depth;
    }
    g->depth = depth;
    return depth;
}

static int
work_out_groups(struct draft *d, struct mistakes *m)
{
    static const struct place nowhere = {0};
    struct draft_group *g = NULL;
    void *iter = NULL;

    while ((g = map_next(d->groups, &iter, NULL)) != NULL) {
        if (g->parents.count == 0 && g != d->all) {
            (void)draft_child(d->all, g, &nowhere, m);
        }
    }
    iter = NULL;
    while ((g = map_next(d->groups, &iter, NULL)) != NULL) {
        if (depth_of(g, YAML_DEPTH_MAX + 1) < 0) {
            assert(g->place.file != NULL); /* what we made ourselves has no parents but all */
            return mistakes_add(m,
                                "%s:%d:%d: group %s: is its own descendant, or nested deeper "
                                "than %d",
                                g->place.file, g->place.line, g->place.col, g->name,
                                YAML_DEPTH_MAX);
        }
    }
    return 0;
}

/* A host of a group of its own is not ungrouped, whatever the file says (Ansible,
 * reconcile_inventory). */
static void
place_host(struct draft *d, struct draft_host *h)
{
    struct group_refs *groups = &h->groups;
    size_t others = 0, kept = 0;

    for (size_t i = 0; i < groups->count; i++) {
        others += groups->items[i] != d->ungrouped && groups->items[i] != d->all;
    }
    if (others == 0 && !has_group(groups, d->ungrouped)) {
        add_group(groups, d->ungrouped);
        add_host(&d->ungrouped->hosts, h);
    }
    for (size_t i = 0; others > 0 && i < groups->count; i++) {
        if (groups->items[i] != d->ungrouped) {
            groups->items[kept++] = groups->items[i];
        }
    }
    groups->count = others > 0 ? kept : groups->count;
}

static void
sift_ungrouped(const struct draft *d)
{
    struct host_refs *hosts = &d->ungrouped->hosts;
    size_t kept = 0;

    for (size_t i = 0; i < hosts->count; i++) {
        if (has_group(&hosts->items[i]->groups, d->ungrouped)) {
            hosts->items[kept++] = hosts->items[i];
        }
    }
    hosts->count = kept;
}

int
draft_reconcile(struct draft *d, struct mistakes *m)
{
    struct draft_host *h = NULL;
    void *iter = NULL;

    if (work_out_groups(d, m) < 0) {
        return -1;
    }
    while ((h = map_next(d->hosts, &iter, NULL)) != NULL) {
        place_host(d, h);
        if (map_get(d->groups, h->name) != NULL) {
            mistakes_warn(m, "%s:%d:%d: %s is both a host and a group", h->place.file,
                          h->place.line, h->place.col, h->name);
        }
    }
    sift_ungrouped(d);
    return 0;
}

/* ---------------------------------------------------------------- walks */

/* Level by level, each in the order of adding (group.py, _walk_relationship). */
void
draft_members(struct draft *d, struct draft_group *g, struct host_refs *ret)
{
    struct group_refs queue = {0};
    const size_t mark = ++d->mark;

    g->mark = mark;
    add_group(&queue, g);
    for (size_t at = 0; at < queue.count; at++) {
        const struct draft_group *now = queue.items[at];
        for (size_t i = 0; i < now->hosts.count; i++) {
            if (now->hosts.items[i]->mark != mark) {
                now->hosts.items[i]->mark = mark;
                add_host(ret, now->hosts.items[i]);
            }
        }
        for (size_t i = 0; i < now->children.count; i++) {
            if (now->children.items[i]->mark != mark) {
                now->children.items[i]->mark = mark;
                add_group(&queue, now->children.items[i]);
            }
        }
    }
    free(queue.items);
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

void
draft_ancestors(struct draft *d, const struct draft_host *h, struct group_refs *ret)
{
    const size_t mark = ++d->mark;

    d->all->mark = mark;
    add_group(ret, d->all);
    for (size_t i = 0; i < h->groups.count; i++) {
        if (h->groups.items[i]->mark != mark) {
            h->groups.items[i]->mark = mark;
            add_group(ret, h->groups.items[i]);
        }
    }
    for (size_t at = 1; at < ret->count; at++) {
        const struct draft_group *now = ret->items[at];
        for (size_t i = 0; i < now->parents.count; i++) {
            if (now->parents.items[i]->mark != mark) {
                now->parents.items[i]->mark = mark;
                add_group(ret, now->parents.items[i]);
            }
        }
    }
    qsort(ret->items, ret->count, sizeof(struct draft_group *), by_precedence);
}

size_t
value_weight(const struct value *v)
{
    size_t weight = 1 + v->len / 64;

    for (size_t i = 0; i < v->count; i++) {
        weight += value_weight(v->items[i]);
    }
    return weight;
}
