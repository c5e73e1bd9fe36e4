/*
 * explain.h - a variable of a host, with where it comes from, as text.
 */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include "base/buf.h"
#include "config/inventory.h"

#include <stdbool.h>
#include <stddef.h>

/* Append `name: value  (host_vars, inventory/prod/host_vars/web-1.yml:3:7)`, a line; all: a line
 * more for each value it overrode, `    over ...`.  Paths below root are told from there; secrets
 * are not shown. */
void explain_variable(const struct inventory *inv, const char *root, size_t host, const char *name,
                      bool all, struct buf *out);
/* Append a path as it is told: from the root on, if it is below it; escaped. */
void explain_path(const char *root, const char *path, struct buf *out);

#endif
