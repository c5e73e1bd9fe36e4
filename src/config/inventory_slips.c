/*
 * inventory_slips.c - variables whose names are nearly those of a connection: ansible_prot.
 *
 * Decides which are told: Ansible has more names than we use, so only near ones are, and only as a
 * warning.  Owns nothing.
 */
#include "config/inventory_state.h"

#include "base/xalloc.h"
#include "config/nearest.h"

#include <stdlib.h>
#include <string.h>

static const char prefix[] = "ansible_";
enum { PREFIX = sizeof(prefix) - 1 };

/* What is behind the prefix decides: with it, every name would be near to every other. */
static const char *
near_name(const char *name, const char **names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name + PREFIX, names[i]) == 0) {
            return NULL;
        }
    }
    return nearest_word(name + PREFIX, names, count);
}

static const struct value *
first_of(const struct inventory *inv, const char *name)
{
    const struct value *v = NULL;

    for (size_t i = 0; i < inv->count && v == NULL; i++) {
        v = value_dict_get(&inv->vars[i], name);
    }
    return v;
}

void
inventory_tell_slips(const struct inventory *inv, struct mistakes *m)
{
    const size_t count = inventory_connect_count();
    const char **names = xcalloc(count, sizeof(*names));

    for (size_t i = 0; i < count; i++) {
        names[i] = inventory_connect_name(i) + PREFIX;
    }
    for (size_t i = 0; i < inv->names.count; i++) {
        const char *name = inv->names.items[i];
        const char *near =
            strncmp(name, prefix, PREFIX) == 0 ? near_name(name, names, count) : NULL;
        const struct value *v = near == NULL ? NULL : first_of(inv, name);
        if (v != NULL && v->file != NULL) {
            mistakes_warn(m, "%s:%d:%d: %s: not used here; did you mean %s%s?", v->file, v->line,
                          v->col, name, prefix, near);
        }
    }
    free(names);
}
