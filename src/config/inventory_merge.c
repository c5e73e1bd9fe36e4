/*
 * inventory_merge.c - the variables of each host, from all that says something of it.
 *
 * Decides precedence: later layers replace whole, dicts do not merge.  Numbers the names of
 * variables, so that a host costs as much as it has variables and copies none.  Owns the numbers
 * while it runs.
 */
#include "config/inventory_state.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct merger {
    struct inventory *inv;
    const char *root;
    struct mistakes *m;
    struct map *ids;     /* owned: name -> its number and 1 */
    size_t *marks;       /* owned: by number, the host that has it, counted from 1 */
    uint32_t *at;        /* owned: by number, where that host has it */
    size_t cap;          /* of the three */
    uint32_t *extra_ids; /* owned */
    char **keys;         /* owned: of the host at work */
    struct value **items;
    size_t count, room;
    struct map *told;
    struct value *groups;         /* owned: the magic name; NULL until a template needs it */
    const struct value **connect; /* owned: by row of the table */
};

/* ---------------------------------------------------------------- names as numbers */

static void
grow_numbers(struct merger *g)
{
    const size_t cap = g->cap == 0 ? 1024 : g->cap * 2;

    g->marks = xreallocarray(g->marks, cap, sizeof(*g->marks));
    g->at = xreallocarray(g->at, cap, sizeof(*g->at));
    memset(g->marks + g->cap, 0, (cap - g->cap) * sizeof(*g->marks));
    g->cap = cap;
}

static uint32_t
number_of(struct merger *g, const char *name)
{
    struct strv *names = &g->inv->names;
    const uintptr_t known = (uintptr_t)map_get(g->ids, name);

    if (known != 0) {
        return (uint32_t)(known - 1);
    }
    if (names->count == g->cap) {
        grow_numbers(g);
    }
    strv_add(names, name);
    map_set(g->ids, name, (void *)(uintptr_t)names->count); /* its number and 1: never NULL */
    return (uint32_t)(names->count - 1);
}

static uint32_t *
numbers_of(struct merger *g, const struct value *dict)
{
    uint32_t *ids = xcalloc(dict->count, sizeof(*ids));

    for (size_t i = 0; i < dict->count; i++) {
        ids[i] = number_of(g, dict->keys[i]);
    }
    return ids;
}

static void
number_groups(struct merger *g)
{
    struct draft_group *group = NULL;
    void *iter = NULL;

    while ((group = map_next(g->inv->draft->groups, &iter, NULL)) != NULL) {
        group->ids = numbers_of(g, group->vars);
        group->file_ids = group->file_vars == NULL ? NULL : numbers_of(g, group->file_vars);
    }
    g->extra_ids = g->inv->extra == NULL ? NULL : numbers_of(g, g->inv->extra);
}

/* ---------------------------------------------------------------- layers */

static void
add_layer(struct layers *l, const struct value *dict, const uint32_t *ids, const char *what,
          const struct draft_group *group)
{
    if (dict == NULL || dict->count == 0) {
        return;
    }
    l->items = xgrow(l->items, l->count, &l->cap, sizeof(struct layer));
    l->items[l->count++] = (struct layer){dict, ids, what, group};
}

void
inventory_layers(const struct inventory *inv, const struct draft_host *h,
                 const struct group_refs *groups, struct layers *ret)
{
    for (size_t i = 0; i < groups->count; i++) {
        const struct draft_group *g = groups->items[i];
        add_layer(ret, g->vars, g->ids, "group", g);
    }
    for (size_t i = 0; i < groups->count; i++) {
        const struct draft_group *g = groups->items[i];
        add_layer(ret, g->file_vars, g->file_ids, "group_vars", g);
    }
    add_layer(ret, h->vars, NULL, "host", NULL);
    add_layer(ret, h->file_vars, NULL, "host_vars", NULL);
    add_layer(ret, inv->extra, NULL, "-e", NULL);
}

/* ---------------------------------------------------------------- one host */

static void
merge_layer(struct merger *g, const struct layer *l, size_t mark)
{
    const uint32_t *ids = l->dict == g->inv->extra ? g->extra_ids : l->ids;

    if (g->room < g->count + l->dict->count) {
        g->room = (g->count + l->dict->count) * 2;
        g->keys = xreallocarray(g->keys, g->room, sizeof(*g->keys));
        g->items = xreallocarray(g->items, g->room, sizeof(*g->items));
    }
    for (size_t i = 0; i < l->dict->count; i++) {
        const uint32_t id = ids == NULL ? number_of(g, l->dict->keys[i]) : ids[i];
        if (g->marks[id] != mark) {
            g->marks[id] = mark;
            g->at[id] = (uint32_t)g->count;
            g->keys[g->count++] = g->inv->names.items[id];
        }
        g->items[g->at[id]] = l->dict->items[i];
    }
}

static void
take_merged(struct merger *g, struct value *ret)
{
    *ret = (struct value){.kind = VALUE_DICT, .count = g->count, .cap = g->count};
    if (g->count > 0) {
        ret->keys = xmemdup(g->keys, g->count * sizeof(*g->keys));
        ret->items = xmemdup(g->items, g->count * sizeof(*g->items));
    }
}

static int
merge_vars(struct merger *g, const struct group_refs *groups, size_t i)
{
    struct inventory *inv = g->inv;
    const struct draft_host *h = inv->drafts[i];
    struct layers layers = {0};

    g->count = 0;
    inventory_layers(inv, h, groups, &layers);
    for (size_t k = 0; k < layers.count; k++) {
        merge_layer(g, &layers.items[k], i + 1);
    }
    free(layers.items);
    take_merged(g, &inv->vars[i]);
    inv->values += g->count + groups->count;
    if (g->count <= INVENTORY_VARS_MAX && inv->values <= INVENTORY_VALUES_MAX) {
        return 0;
    }
    return mistakes_add(g->m,
                        "%s:%d:%d: %s: more than %d variables, or %d values and memberships of all "
                        "hosts together",
                        h->place.file, h->place.line, h->place.col, h->name, INVENTORY_VARS_MAX,
                        INVENTORY_VALUES_MAX);
}

static int
connect_host(struct merger *g, size_t i)
{
    struct inventory *inv = g->inv;
    const struct connect_request request = {.inv = inv,
                                            .index = i,
                                            .root = g->root,
                                            .values = g->connect,
                                            .vars = &inv->vars[i],
                                            .groups = &g->groups,
                                            .told = g->told,
                                            .m = g->m};

    for (size_t c = 0; c < inventory_connect_count(); c++) {
        g->connect[c] = g->marks[c] == i + 1 ? g->items[g->at[c]] : NULL;
    }
    return inventory_connect(&request, &inv->hosts[i]);
}

static void
name_host(struct inventory *inv, size_t i, const struct group_refs *groups)
{
    const struct draft_host *from = inv->drafts[i];
    struct host *h = &inv->hosts[i];

    *h = (struct host){.name = xstrdup(from->name),
                       .file = from->place.file,
                       .line = from->place.line,
                       .col = from->place.col};
    for (size_t k = 0; k < groups->count; k++) {
        if (groups->items[k] != inv->draft->all) {
            strv_add(&h->groups, groups->items[k]->name);
        }
    }
    strv_sort(&h->groups);
}

static int
merge_host(struct merger *g, size_t i)
{
    struct inventory *inv = g->inv;
    struct group_refs groups = {0};
    int rc;

    inv->drafts[i]->index = i;
    draft_ancestors(inv->draft, inv->drafts[i], &groups);
    name_host(inv, i, &groups);
    inv->count = i + 1;
    rc = merge_vars(g, &groups, i);
    free(groups.items);
    return rc;
}

/* ---------------------------------------------------------------- all */

static void
free_members(void *p)
{
    strv_clear(p);
    free(p);
}

static void
list_groups(struct inventory *inv)
{
    struct draft_group *group = NULL;
    void *iter = NULL;

    inv->members = map_new(free_members);
    while ((group = map_next(inv->draft->groups, &iter, NULL)) != NULL) {
        struct strv *names = xcalloc(1, sizeof(*names));
        struct host_refs hosts = {0};
        draft_members(inv->draft, group, &hosts);
        for (size_t i = 0; i < hosts.count; i++) {
            strv_add(names, hosts.items[i]->name);
        }
        free(hosts.items);
        strv_add(&inv->group_names, group->name);
        map_set(inv->members, group->name, names);
    }
}

struct value *
inventory_groups_value(const struct inventory *inv)
{
    struct value *dict = value_new(VALUE_DICT);

    for (size_t i = 0; i < inv->group_names.count; i++) {
        const struct strv *members = map_get(inv->members, inv->group_names.items[i]);
        struct value *list = value_new(VALUE_LIST);
        for (size_t k = 0; k < members->count; k++) {
            value_list_add(list, value_text(members->items[k]));
        }
        value_dict_add(dict, inv->group_names.items[i], list);
    }
    return dict;
}

static void
merger_release(struct merger *g)
{
    map_free(g->ids);
    map_free(g->told);
    value_free(g->groups);
    free(g->marks);
    free(g->at);
    free(g->extra_ids);
    free(g->keys);
    free(g->items);
    free(g->connect);
}

static int
merge_hosts(struct merger *g, size_t count)
{
    int rc = 0;

    for (size_t i = 0; i < count; i++) {
        if (merge_host(g, i) < 0) {
            return -1;
        }
        if (connect_host(g, i) < 0) {
            rc = -1;
        }
    }
    return rc;
}

int
inventory_merge(struct inventory *inv, const char *root, struct mistakes *m)
{
    struct merger g = {.inv = inv, .root = root, .m = m};
    struct host_refs hosts = {0};
    int rc;

    draft_members(inv->draft, inv->draft->all, &hosts);
    inv->hosts = xcalloc(hosts.count, sizeof(*inv->hosts));
    inv->vars = xcalloc(hosts.count, sizeof(*inv->vars));
    inv->drafts = hosts.items;
    g.ids = map_new(NULL);
    g.told = map_new(NULL);
    g.connect = xcalloc(inventory_connect_count(), sizeof(*g.connect));
    for (size_t c = 0; c < inventory_connect_count(); c++) {
        (void)number_of(&g, inventory_connect_name(c)); /* the first numbers are theirs */
    }
    number_groups(&g);
    list_groups(inv);
    rc = merge_hosts(&g, hosts.count);
    merger_release(&g);
    return rc;
}
