/*
 * inventory_json.c - an inventory in the shape of `ansible-inventory --list`.
 *
 * Decides the shape: a group names its direct hosts and direct children, what is empty is left out,
 * `all` names no hosts, a host without variables is not in _meta (Ansible, cli/inventory.py,
 * json_inventory).  Owns the index of the groups.  Never merges variables: config has done so.
 */
#include "cli/inventory_json.h"

#include "base/map.h"
#include "base/xalloc.h"
#include "config/inventory_read.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct group {
    struct strv hosts, children;
};

static const char ungrouped[] = "ungrouped";

static void
free_group(void *p)
{
    struct group *g = p;

    strv_clear(&g->hosts);
    strv_clear(&g->children);
    free(g);
}

static struct group *
group_of(struct map *groups, const char *name)
{
    struct group *g = map_get(groups, name);

    if (g == NULL) {
        g = xcalloc(1, sizeof(*g));
        map_set(groups, name, g);
    }
    return g;
}

/* ---------------------------------------------------------------- the index */

/* Its own groups; one that has none, or only all, is ungrouped, and no other is. */
static void
place_host(struct map *groups, const struct draft_host *h)
{
    bool placed = false;

    for (size_t i = 0; i < h->groups.count; i++) {
        const char *name = h->groups.items[i];
        if (strcmp(name, "all") == 0 || strcmp(name, ungrouped) == 0) {
            continue;
        }
        strv_add(&group_of(groups, name)->hosts, h->name);
        placed = true;
    }
    if (!placed) {
        strv_add(&group_of(groups, ungrouped)->hosts, h->name);
    }
}

/* all's children: what has no parent, and what the file puts there. */
static void
place_group(struct map *groups, const struct draft_group *g)
{
    group_of(groups, g->name);
    for (size_t i = 0; i < g->parents.count; i++) {
        strv_add(&group_of(groups, g->parents.items[i])->children, g->name);
    }
    if (g->parents.count == 0 && strcmp(g->name, "all") != 0) {
        strv_add(&group_of(groups, "all")->children, g->name);
    }
}

static void
drop_empty_ungrouped(struct map *groups)
{
    struct group *all = group_of(groups, "all");
    size_t kept = 0;

    if (group_of(groups, ungrouped)->hosts.count > 0) {
        return;
    }
    for (size_t i = 0; i < all->children.count; i++) {
        if (strcmp(all->children.items[i], ungrouped) == 0) {
            free(all->children.items[i]);
        } else {
            all->children.items[kept++] = all->children.items[i];
        }
    }
    all->children.count = kept;
    if (all->children.items != NULL) {
        all->children.items[kept] = NULL;
    }
}

static struct map *
index_groups(const struct draft *d, const struct map *selected)
{
    struct map *groups = map_new(free_group);
    const struct draft_group *g;
    const struct draft_host *h;
    void *iter = NULL;

    group_of(groups, "all");
    if (map_get(d->groups, ungrouped) == NULL) {
        strv_add(&group_of(groups, "all")->children, ungrouped); /* Ansible's first child of all */
    }
    while ((g = map_next(d->groups, &iter, NULL)) != NULL) {
        place_group(groups, g);
    }
    iter = NULL;
    while ((h = map_next(d->hosts, &iter, NULL)) != NULL) {
        if (map_get(selected, h->name) != NULL) {
            place_host(groups, h);
        }
    }
    drop_empty_ungrouped(groups);
    return groups;
}

/* ---------------------------------------------------------------- writing */

static void
add_string(struct buf *out, const char *text)
{
    struct value *v = value_text(text);

    value_to_json(v, out);
    value_free(v);
}

/* `"key":["a","b"]`, nothing for an empty list. */
static void
add_list(struct buf *out, const char *key, const struct strv *list, bool *first)
{
    if (list->count == 0) {
        return;
    }
    buf_addf(out, "%s\"%s\":[", *first ? "" : ",", key);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0) {
            buf_addc(out, ',');
        }
        add_string(out, list->items[i]);
    }
    buf_addc(out, ']');
    *first = false;
}

static void
add_hostvars(struct buf *out, const struct inventory *inv, const size_t *hosts, size_t count)
{
    bool first = true;

    buf_adds(out, "{\"_meta\":{\"hostvars\":{");
    for (size_t i = 0; i < count; i++) {
        const struct value *vars = inventory_vars(inv, hosts[i]);
        if (vars->count == 0) {
            continue;
        }
        if (!first) {
            buf_addc(out, ',');
        }
        add_string(out, inventory_host(inv, hosts[i])->name);
        buf_addc(out, ':');
        value_to_json(vars, out);
        first = false;
    }
    buf_adds(out, "}}");
}

static void
add_groups(struct buf *out, const struct map *groups)
{
    const struct group *g;
    const char *name = NULL;
    void *iter = NULL;

    while ((g = map_next(groups, &iter, &name)) != NULL) {
        bool first = true;
        if (g->hosts.count == 0 && g->children.count == 0) {
            continue;
        }
        buf_addc(out, ',');
        add_string(out, name);
        buf_adds(out, ":{");
        add_list(out, "hosts", &g->hosts, &first);
        add_list(out, "children", &g->children, &first);
        buf_addc(out, '}');
    }
    buf_adds(out, "}\n");
}

int
inventory_json(const struct inventory *inv, const size_t *hosts, size_t count, struct buf *out,
               struct err *err)
{
    struct map *selected = map_new(NULL); /* name -> anything */
    struct draft *d = draft_new();
    struct mistakes m = {0};
    int rc = 0;

    for (size_t i = 0; i < count; i++) {
        map_set(selected, inventory_host(inv, hosts[i])->name, selected);
    }
    if (inventory_read_yaml(d, inventory_host(inv, 0)->file, &m) != 0) {
        rc = err_set(err, ERR_CONFIG, "%s", m.errors.items[0]);
    } else {
        struct map *groups = index_groups(d, selected);
        add_hostvars(out, inv, hosts, count);
        add_groups(out, groups);
        map_free(groups);
    }
    if (rc == 0 && out->full) {
        rc = err_set(err, ERR_IO, "the inventory is too large to be written as JSON");
    }
    mistakes_release(&m);
    draft_free(d);
    map_free(selected);
    return rc;
}
