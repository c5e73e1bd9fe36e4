/*
 * inventory.c - reads the inventory of an environment, and answers for its hosts.
 *
 * Decides the order of reading: sources, group_vars and host_vars, merging, connections.  Owns what
 * was read for as long as the inventory lives.  No library reads Ansible's inventories.
 */
#include "config/inventory_state.h"

#include "base/xalloc.h"
#include "config/inventory_find.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

void
inventory_host_release(struct host *h)
{
    free(h->name);
    strv_clear(&h->groups);
    free(h->address);
    free(h->user);
    free(h->key_path);
    strv_clear(&h->ssh_first);
    strv_clear(&h->ssh_options);
    free(h->ssh_config);
    free(h->ssh_where);
}

void
inventory_vars_release(struct value *merged)
{
    free(merged->keys);
    free(merged->items);
}

void
inventory_free(struct inventory *inv)
{
    if (inv == NULL) {
        return;
    }
    for (size_t i = 0; i < inv->count; i++) {
        inventory_host_release(&inv->hosts[i]);
        inventory_vars_release(&inv->vars[i]);
    }
    free(inv->hosts);
    free(inv->drafts);
    free(inv->vars);
    free(inv->read_order);
    strv_clear(&inv->names);
    strv_clear(&inv->group_names);
    map_free(inv->members);
    draft_free(inv->draft);
    value_free(inv->extra);
    free(inv->env);
    free(inv);
}

/* ---------------------------------------------------------------- reading */

/* Of the folder that the inventory is, then of the environment over them: beside the inventory,
 * then beside the play, as Ansible would say. */
static int
read_vars(struct inventory *inv, const struct inventory_request *r, const char *folder,
          struct mistakes *m)
{
    int rc = 0;

    if (folder != NULL) {
        rc = inventory_read_vars(inv->draft, folder, r->vault, r->tell_unused, m);
    }
    if (r->dir != NULL &&
        inventory_read_vars(inv->draft, r->dir, r->vault, r->tell_unused, m) < 0) {
        rc = -1;
    }
    return rc;
}

static bool
too_many(const struct inventory *inv)
{
    return inv->draft->values > INVENTORY_VALUES_MAX;
}

/* Read and build as far as that goes, so that all mistakes are told together. */
static int
read_all(struct inventory *inv, const struct inventory_request *r, struct mistakes *m)
{
    char *source = NULL;
    bool folder = false;
    int rc = r->dir == NULL ? inventory_read_list(inv->draft, r->hosts_text, m)
                            : inventory_find(inv->draft, r, &source, &folder, m);

    if ((r->dir != NULL && source == NULL) || too_many(inv) || draft_reconcile(inv->draft, m) < 0) {
        rc = -1;
        goto out;
    }
    if (read_vars(inv, r, folder ? source : NULL, m) < 0 || too_many(inv)) {
        rc = -1;
    }
    if (too_many(inv) || inventory_merge(inv, r->root, m) < 0) {
        rc = -1;
    }
    if (rc == 0 && r->tell_unused) {
        inventory_tell_slips(inv, m);
    }
    if (rc == 0) {
        rc = inventory_merge_twins(inv, m);
    }
    if (rc == 0 && inv->count == 0 && !r->empty_ok) {
        rc = mistakes_add(m, "%s: no hosts", source == NULL ? r->hosts_text : source);
    }
out:
    free(source);
    return rc;
}

static void
note_read_order(struct inventory *inv)
{
    const struct draft_host *h;
    void *iter = NULL;
    size_t n = 0;

    inv->read_order = xcalloc(inv->count, sizeof(*inv->read_order));
    while ((h = map_next(inv->draft->hosts, &iter, NULL)) != NULL) {
        if (h->index != SIZE_MAX) {
            inv->read_order[n++] = h->index;
        }
    }
    assert(n == inv->count);
}

static char *
env_of(const struct inventory_request *r)
{
    const char *slash = r->dir == NULL ? NULL : strrchr(r->dir, '/');

    if (r->dir == NULL) {
        return xstrdup("_hosts");
    }
    return xstrdup(slash == NULL ? r->dir : slash + 1);
}

struct inventory *
inventory_load(const struct inventory_request *request, struct mistakes *m)
{
    struct inventory *inv = xcalloc(1, sizeof(*inv));

    inv->draft = draft_new();
    inv->env = env_of(request);
    inv->vault = request->vault;
    inv->extra = request->extra == NULL ? NULL : value_copy(request->extra);
    if (read_all(inv, request, m) < 0) {
        inventory_free(inv);
        return NULL;
    }
    note_read_order(inv);
    return inv;
}

/* ---------------------------------------------------------------- answers */

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

const size_t *
inventory_read_order(const struct inventory *inv)
{
    return inv->read_order;
}

const struct value *
inventory_vars(const struct inventory *inv, size_t i)
{
    assert(i < inv->count);
    return &inv->vars[i];
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

size_t
inventory_children(const struct inventory *inv, const char *group, const char ***ret_names)
{
    const struct draft_group *g = map_get(inv->draft->groups, group);
    const size_t count = g == NULL ? 0 : g->children.count;

    *ret_names = xcalloc(count, sizeof(**ret_names));
    for (size_t i = 0; i < count; i++) {
        (*ret_names)[i] = g->children.items[i]->name;
    }
    return count;
}

size_t
inventory_direct_hosts(const struct inventory *inv, const char *group, const char ***ret_names)
{
    const struct draft_group *g = map_get(inv->draft->groups, group);
    size_t count = 0;

    *ret_names = xcalloc(g == NULL ? 0 : g->hosts.count, sizeof(**ret_names));
    for (size_t i = 0; g != NULL && i < g->hosts.count; i++) {
        if (g->hosts.items[i]->index != SIZE_MAX) {
            (*ret_names)[count++] = g->hosts.items[i]->name;
        }
    }
    return count;
}

/* ---------------------------------------------------------------- magic names */

static bool
is_address(const char *name)
{
    struct in6_addr address;

    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

void
inventory_magic(const struct inventory *inv, size_t i, struct value *dict)
{
    const struct host *h = inventory_host(inv, i);
    struct value *groups = value_new(VALUE_LIST);
    const size_t len = is_address(h->name) ? strlen(h->name) : strcspn(h->name, ".");

    for (size_t k = 0; k < h->groups.count; k++) {
        value_list_add(groups, value_text(h->groups.items[k]));
    }
    value_dict_set(dict, "inventory_hostname", value_text(h->name));
    value_dict_set(dict, "inventory_hostname_short", value_textn(h->name, len));
    value_dict_set(dict, "group_names", groups);
    value_dict_set(dict, "env", value_text(inv->env));
    const char *slash = strrchr(h->file, '/');
    if (slash != NULL) {
        value_dict_set(dict, "inventory_file", value_text(h->file));
        value_dict_set(dict, "inventory_dir", value_textn(h->file, (size_t)(slash - h->file)));
    }
}
