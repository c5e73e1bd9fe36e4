/*
 * inventory_explain.c - where the value of a variable came from, and what it overrode.
 *
 * Decides nothing: the layers are those of the merge.  Owns nothing.
 */
#include "config/inventory_state.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

size_t
inventory_explain(const struct inventory *inv, size_t i, const char *name, struct origin **ret)
{
    struct group_refs groups = {0};
    struct layers layers = {0};
    size_t count = 0;

    assert(i < inv->count);
    draft_ancestors(inv->draft, inv->drafts[i], &groups);
    inventory_layers(inv, inv->drafts[i], &groups, &layers);
    *ret = xcalloc(layers.count, sizeof(**ret));
    for (size_t k = layers.count; k-- > 0;) {
        const struct layer *l = &layers.items[k];
        const struct value *v = value_dict_get(l->dict, name);
        if (v != NULL) {
            (*ret)[count++] = (struct origin){l->what, l->group == NULL ? NULL : l->group->name, v};
        }
    }
    free(layers.items);
    free(groups.items);
    return count;
}

static void
add_copies(struct value *into, const struct value *from)
{
    for (size_t i = 0; from != NULL && i < from->count; i++) {
        value_dict_set(into, from->keys[i], value_copy(from->items[i]));
    }
}

struct value *
inventory_group_vars(const struct inventory *inv, const char *group)
{
    const struct draft_group *g = map_get(inv->draft->groups, group);
    struct value *dict = value_new(VALUE_DICT);

    assert(g != NULL);
    add_copies(dict, g->vars);
    add_copies(dict, g->file_vars);
    if (g->priority != 1) {
        value_dict_set(dict, "ansible_group_priority", value_int(g->priority));
    }
    return dict;
}
