/*
 * inventory_state.h - what an inventory holds.  Private to inventory*.c.
 *
 * Everything that was read stays as it was written, in the draft; the merged variables of a host
 * only point into it.
 */
#ifndef CONFIG_INVENTORY_STATE_H
#define CONFIG_INVENTORY_STATE_H

#include "config/inventory_read.h"

struct inventory {
    struct draft *draft;        /* owned */
    struct value *extra;        /* owned: a copy of -e; NULL: none */
    struct vault *vault;        /* borrowed, and only while it is loaded */
    char *env;                  /* owned: its name, `_hosts` of a list */
    struct host *hosts;         /* owned */
    struct draft_host **drafts; /* owned array: by host, borrowed from draft */
    struct value *vars;         /* owned: by host, a dict whose keys and items are borrowed */
    size_t count;
    size_t *read_order; /* owned: indexes, as inventory_read_order tells */
    struct strv names;  /* of variables: what the keys of vars borrow */
    struct strv group_names;
    struct map *members; /* owned: group -> struct strv (owned) */
    size_t values;       /* variables and memberships, while being built */
};

/* Where values come from, lowest first. */
struct layer {
    const struct value *dict;        /* never NULL; borrowed */
    const uint32_t *ids;             /* of its names, or NULL; borrowed */
    const char *what;                /* "group", "group_vars", "host", "host_vars", "-e" */
    const struct draft_group *group; /* of the first two */
};

struct layers {
    struct layer *items; /* owned array */
    size_t count, cap;
};

/* Append the layers of a host of these groups, which stand in order of precedence: inline all;
 * inline others; group_vars/all; group_vars of the others; host; host_vars; -e (Ansible,
 * vars/manager.py). */
void inventory_layers(const struct inventory *inv, const struct draft_host *h,
                      const struct group_refs *groups, struct layers *ret);

/* Fill hosts, vars, groups and members of an inventory whose draft is reconciled.  -1: m has
 * errors. */
int inventory_merge(struct inventory *inv, const char *root, struct mistakes *m);
/* Drop hosts that are another name of one before them.  -1: m has errors. */
int inventory_merge_twins(struct inventory *inv, struct mistakes *m);
/* Warn of variables that are nearly those of a connection. */
void inventory_tell_slips(const struct inventory *inv, struct mistakes *m);
/* Free the arrays of a merged dict. */
void inventory_vars_release(struct value *merged);
void inventory_host_release(struct host *h);

/* ---- connection variables: inventory_connect.c has their table */

size_t inventory_connect_count(void);
const char *inventory_connect_name(size_t i);

struct connect_request {
    const struct inventory *inv;       /* for magic names of templates */
    size_t index;                      /* of the host */
    const char *root;                  /* for relative key paths */
    const struct value *const *values; /* by row of the table; NULL: not set */
    const struct value *vars;          /* merged */
    struct value **groups;             /* the magic name `groups`: made when first needed */
    struct map *told; /* places of mistakes that are told: a map without values of its own */
    struct mistakes *m;
};

/* Fill address, port, user and key_path of the host.  A mistake is told once for its place, however
 * many hosts share it.  -1: m has errors. */
int inventory_connect(const struct connect_request *request, struct host *h);

#endif
