/*
 * inventory_json.c - an inventory in the shape of `ansible-inventory --list`.
 *
 * Decides the shape: a group names its direct hosts and direct children, what is empty is left out,
 * `all` names no hosts, a host without variables is not in _meta (Ansible, cli/inventory.py,
 * json_inventory).  Owns nothing.  Never merges variables: config has done so.
 */
#include "cli/inventory_json.h"

#include "base/map.h"
#include "base/xalloc.h"
#include "cli/show.h"

#include <stdlib.h>
#include <string.h>

struct list {
    const char **items; /* owned array */
    size_t count;
};

/* Direct hosts that are selected. */
static struct list
hosts_of(const struct inventory *inv, const char *group, const struct map *selected)
{
    struct list list = {0};
    const size_t count = inventory_direct_hosts(inv, group, &list.items);

    for (size_t i = 0; i < count; i++) {
        if (map_get(selected, list.items[i]) != NULL) {
            list.items[list.count++] = list.items[i];
        }
    }
    return list;
}

/* `"key":["a","b"]`, nothing for an empty list. */
static void
add_list(struct buf *out, const char *key, const struct list *list, bool *first)
{
    if (list->count == 0) {
        return;
    }
    buf_addf(out, "%s\"%s\":[", *first ? "" : ",", key);
    for (size_t i = 0; i < list->count; i++) {
        buf_adds(out, i == 0 ? "" : ",");
        show_string(out, list->items[i]);
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
        buf_adds(out, first ? "" : ",");
        show_string(out, inventory_host(inv, hosts[i])->name);
        buf_addc(out, ':');
        show_json(out, vars, SHOW_COMPACT);
        first = false;
    }
    buf_adds(out, "}}");
}

static void
add_group(struct buf *out, const struct inventory *inv, const char *name,
          const struct map *selected)
{
    struct list children = {0};
    struct list hosts = {0};
    bool first = true;

    children.count = inventory_children(inv, name, &children.items);
    if (strcmp(name, "all") != 0) {
        hosts = hosts_of(inv, name, selected);
    }
    if (hosts.count > 0 || children.count > 0) {
        buf_addc(out, ',');
        show_string(out, name);
        buf_adds(out, ":{");
        add_list(out, "hosts", &hosts, &first);
        add_list(out, "children", &children, &first);
        buf_addc(out, '}');
    }
    free(hosts.items);
    free(children.items);
}

static struct map *
selection(const struct inventory *inv, const size_t *hosts, size_t count)
{
    struct map *selected = map_new(NULL); /* name -> anything */

    for (size_t i = 0; i < count; i++) {
        map_set(selected, inventory_host(inv, hosts[i])->name, selected);
    }
    return selected;
}

int
inventory_json(const struct inventory *inv, const size_t *hosts, size_t count, struct buf *out,
               struct err *err)
{
    const struct strv *groups = inventory_groups(inv);
    struct map *selected = selection(inv, hosts, count);

    add_hostvars(out, inv, hosts, count);
    for (size_t i = 0; i < groups->count; i++) {
        add_group(out, inv, groups->items[i], selected);
    }
    buf_adds(out, "}\n");
    map_free(selected);
    return out->full ? err_set(err, ERR_IO, "the inventory is too large to be written as JSON") : 0;
}

/* ---------------------------------------------------------------- the graph */

struct graph {
    const struct graph_request *r;
    struct map *selected; /* owned: name -> anything */
    struct map *indexes;  /* owned: name -> &hosts[i] */
    struct buf *out;
};

static void
begin_line(const struct graph *g, int depth)
{
    for (int i = 0; i < depth; i++) {
        buf_adds(g->out, "  |");
    }
    buf_adds(g->out, depth > 0 ? "--" : "");
}

static void
add_vars(const struct graph *g, const struct value *vars, int depth)
{
    size_t *order = show_sorted(vars);

    for (size_t i = 0; i < vars->count; i++) {
        begin_line(g, depth);
        buf_addf(g->out, "{%s = ", vars->keys[order[i]]);
        show_text(g->out, vars->items[order[i]]);
        buf_adds(g->out, "}\n");
    }
    free(order);
}

static void
graph_hosts(const struct graph *g, const char *name, int depth)
{
    struct list hosts = hosts_of(g->r->inv, name, g->selected);

    for (size_t i = 0; i < hosts.count; i++) {
        const size_t *index = map_get(g->indexes, hosts.items[i]);
        begin_line(g, depth);
        buf_addf(g->out, "%s\n", hosts.items[i]);
        if (g->r->vars) {
            add_vars(g, inventory_vars(g->r->inv, *index), depth + 1);
        }
    }
    free(hosts.items);
}

/* A group below several others is told below each, as in Ansible; the buffer's end ends it. */
static void
graph_group(const struct graph *g, const char *name, int depth)
{
    const char **children = NULL;
    const size_t count = g->out->full ? 0 : inventory_children(g->r->inv, name, &children);

    begin_line(g, depth);
    buf_addf(g->out, "@%s:\n", name);
    for (size_t i = 0; i < count; i++) {
        graph_group(g, children[i], depth + 1);
    }
    free(children);
    if (strcmp(name, "all") != 0) {
        graph_hosts(g, name, depth + 1);
    }
    if (g->r->vars) {
        struct value *vars = inventory_group_vars(g->r->inv, name);
        add_vars(g, vars, depth + 1);
        value_free(vars);
    }
}

int
inventory_graph(const struct graph_request *r, struct buf *out, struct err *err)
{
    struct graph g = {.r = r, .out = out};
    size_t *places;

    if (inventory_members(r->inv, r->group) == NULL) {
        return err_set(err, ERR_NO_MATCH, "no group '%s'", r->group);
    }
    places = xmemdup(r->hosts, r->count * sizeof(*places));
    g.selected = selection(r->inv, r->hosts, r->count);
    g.indexes = map_new(NULL);
    for (size_t i = 0; i < r->count; i++) {
        map_set(g.indexes, inventory_host(r->inv, places[i])->name, &places[i]);
    }
    graph_group(&g, r->group, 0);
    map_free(g.selected);
    map_free(g.indexes);
    free(places);
    return out->full ? err_set(err, ERR_IO, "the graph is too large to be shown") : 0;
}
