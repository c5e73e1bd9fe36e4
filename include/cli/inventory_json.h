/*
 * inventory_json.h - an inventory in the shape of `ansible-inventory --list`.
 */
#ifndef CLI_INVENTORY_JSON_H
#define CLI_INVENTORY_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "config/inventory.h"

#include <stddef.h>

/* Append the selected hosts (indexes), with the groups as they are nested in the file.  Reads that
 * file once more: ERR_CONFIG if it has changed so that it cannot be read. */
int inventory_json(const struct inventory *inv, const size_t *hosts, size_t count, struct buf *out,
                   struct err *err);

#endif
