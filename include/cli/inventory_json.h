/*
 * inventory_json.h - an inventory in the shapes of ansible-inventory: --list and --graph.
 */
#ifndef CLI_INVENTORY_JSON_H
#define CLI_INVENTORY_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "config/inventory.h"

#include <stdbool.h>
#include <stddef.h>

/* Append the selected hosts (indexes), with the groups as they are nested.  ERR_IO: out is full. */
int inventory_json(const struct inventory *inv, const size_t *hosts, size_t count, struct buf *out,
                   struct err *err);

/* Append the groups from this one down as a tree, with the selected hosts; vars: and the variables
 * of both.  ERR_NO_MATCH: there is no such group; ERR_IO: out is full. */
struct graph_request {
    const struct inventory *inv;
    const char *group;
    const size_t *hosts; /* selected */
    size_t count;
    bool vars;
};
int inventory_graph(const struct graph_request *request, struct buf *out, struct err *err);

#endif
