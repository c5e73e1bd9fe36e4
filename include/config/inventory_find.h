/*
 * inventory_find.h - which files an inventory is made of, and their kinds.
 */
#ifndef CONFIG_INVENTORY_FIND_H
#define CONFIG_INVENTORY_FIND_H

#include "config/inventory_read.h"

/* Read all sources of the environment in r->dir into d, in order.  *ret_source: the file or folder
 * that the inventory is, which the caller frees; NULL: none was found.  -1: m has errors. */
int inventory_find(struct draft *d, const struct inventory_request *r, char **ret_source,
                   bool *ret_folder, struct mistakes *m);

/* The files of it alone, in order, unread. */
int inventory_sources(const char *dir, struct strv *ret_paths, struct mistakes *m);

enum inventory_kind {
    INVENTORY_PROGRAM,
    INVENTORY_VAULT, /* encrypted as a whole */
    INVENTORY_YAML,
    INVENTORY_INI,
    INVENTORY_TOML,
    INVENTORY_UNNAMED, /* YAML if it is a mapping, else INI */
};
/* By its name, and what it begins with. */
enum inventory_kind inventory_kind(const char *path);

/* Run an executable with --list, and with --host for each host if it says nothing of them, and read
 * what it prints.  -1: m has errors. */
int inventory_read_script(struct draft *d, const struct inventory_request *r, const char *path,
                          struct mistakes *m);

#endif
