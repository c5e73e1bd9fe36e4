/*
 * explain.c - a variable of a host, with where it comes from, as text.
 *
 * Decides the words only: what counts, the inventory says; what may be seen, show.c.  Owns nothing.
 */
#include "cli/explain.h"

#include "base/escape.h"
#include "cli/show.h"

#include <stdlib.h>
#include <string.h>

void
explain_path(const char *root, const char *path, struct buf *out)
{
    const size_t len = strlen(root);

    path += strncmp(path, root, len) == 0 && path[len] == '/' ? len + 1 : 0;
    escape_line(out, path, strlen(path));
}

/* "group web, inventory/prod/hosts.yml:3:10", or "-e". */
static void
put_origin(const char *root, const struct origin *o, struct buf *out)
{
    buf_adds(out, o->layer);
    if (o->group != NULL) {
        buf_addf(out, " %s", o->group);
    }
    if (o->value->file != NULL) {
        buf_adds(out, ", ");
        explain_path(root, o->value->file, out);
        buf_addf(out, ":%d:%d", o->value->line, o->value->col);
    }
}

void
explain_variable(const struct inventory *inv, const char *root, size_t host, const char *name,
                 bool all, struct buf *out)
{
    struct origin *origins = NULL;
    const size_t count = inventory_explain(inv, host, name, &origins);
    const size_t shown = all ? count : 1;

    escape_line(out, name, strlen(name));
    for (size_t i = 0; i < shown && i < count; i++) {
        buf_adds(out, i == 0 ? ": " : "    over ");
        show_json(out, origins[i].value, SHOW_COMPACT);
        buf_adds(out, "  (");
        put_origin(root, &origins[i], out);
        buf_adds(out, ")\n");
    }
    free(origins);
}
