/*
 * select_nodes.c - which hosts `-w` means: a nodeset on our inventory.
 *
 * Decides what @group, wildcards and a name are there; base/nodeset_expand.c reads the rest. Unlike
 * ClusterShell, a name that is no host of the inventory is an error wherever it stands.  Owns its
 * selection during a call.
 */
#include "config/select.h"

#include "base/nodeset.h"
#include "base/xalloc.h"

#include <stdlib.h>

struct world {
    struct selection selection;
    struct strv names; /* owned: of all hosts, once asked for */
};

static const struct strv *
all_names(void *ctx)
{
    struct world *w = ctx;
    const struct selection *s = &w->selection;

    for (size_t i = w->names.count; i < s->count; i++) {
        strv_add(&w->names, inventory_host(s->inv, i)->name);
    }
    return &w->names;
}

static int
group_names(void *ctx, const char *name, struct strv *ret_names, struct err *err)
{
    struct world *w = ctx;
    const struct picks *members = selection_group(&w->selection, name);
    struct err why = {0};

    if (members == NULL) {
        (void)selection_unknown(&w->selection, name, &why);
        return err_set(err, ERR_NO_MATCH, "@%.200s: %s", name, why.text);
    }
    for (size_t i = 0; i < members->count; i++) {
        strv_add(ret_names, inventory_host(w->selection.inv, members->hosts[i])->name);
    }
    return 0;
}

static int
known(void *ctx, const char *name, struct err *err)
{
    const struct world *w = ctx;

    return selection_host(&w->selection, name) >= 0 ? 0
                                                    : selection_unknown(&w->selection, name, err);
}

int
inventory_select_nodes(const struct inventory *inv, const char *expr, size_t **ret_hosts,
                       size_t *ret_count, struct err *err)
{
    struct world w = {0};
    struct strv names = {0};
    const struct nodeset_world world = {
        .ctx = &w, .group = group_names, .all = all_names, .known = known};

    selection_init(&w.selection, inv);
    int rc = nodeset_expand(expr, &world, &names, err);
    for (size_t i = 0; i < names.count; i++) {
        const ptrdiff_t host = selection_host(&w.selection, names.items[i]);
        if (host >= 0) {
            w.selection.in[host] = true;
        }
    }
    if (rc == 0) {
        rc = selection_take(&w.selection, expr, ret_hosts, ret_count, err);
    }
    selection_release(&w.selection);
    strv_clear(&w.names);
    strv_clear(&names);
    return rc;
}
