/*
 * inventory.h - hosts and groups of an environment, with the variables of each host.
 */
#ifndef CONFIG_INVENTORY_H
#define CONFIG_INVENTORY_H

#include "base/strv.h"
#include "config/mistakes.h"
#include "config/value.h"

#include <stddef.h>
#include <stdint.h>

struct inventory;

struct host {
    char *name; /* strict grammar: [A-Za-z0-9_][A-Za-z0-9._-]{0,252} (also ':' of IPv6 never) */
    struct strv groups; /* every group it is in, all excluded, sorted */
    const char *file;   /* where it was first named (borrowed) */
    int line, col;
    /* Connection, from its variables: */
    char *address;  /* ansible_host, else name */
    int port;       /* ansible_port, else 22 */
    char *user;     /* ansible_user, else NULL: who runs us */
    char *key_path; /* ansible_ssh_private_key_file with ~ expanded, relative to the root; NULL:
                       default keys */
};

/* root: for relative key paths.  dir: inventory/<env>.  NULL when m has errors. */
struct inventory *inventory_load(const char *root, const char *dir, struct mistakes *m);
void inventory_free(struct inventory *inv);

size_t inventory_count(const struct inventory *inv);
const struct host *inventory_host(const struct inventory *inv, size_t i); /* in inventory order */
/* The merged variables of host i (a dict value); does not hold magic names. */
const struct value *inventory_vars(const struct inventory *inv, size_t i);

/* Names of groups in order, and member names. */
const struct strv *inventory_groups(const struct inventory *inv);
const struct strv *
inventory_members(const struct inventory *inv, const char *group); /* NULL: no such group */

/* -l, Ansible's host patterns: `web:&prod:!db-1`, globs, ~regex, web[0], web[1:3], @file (config/
 * pattern.h).  Fills ascending host indexes (owned by the caller, free()).  ERR_NO_MATCH for a name
 * that matches nothing ("no host or group matches 'web-9' (did you mean web-09?)") and when no host
 * is left; ERR_USAGE for what is no pattern. */
int inventory_select(const struct inventory *inv, const char *pattern, size_t **ret_hosts,
                     size_t *ret_count, struct err *err);
/* -w, ClusterShell's nodesets: `web[01-03],@db!db-2` (base/nodeset.h); the same otherwise. */
int inventory_select_nodes(const struct inventory *inv, const char *expr, size_t **ret_hosts,
                           size_t *ret_count, struct err *err);

#endif
