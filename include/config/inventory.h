/*
 * inventory.h - hosts and groups of an environment, with the variables of each host.
 *
 * Read as Ansible reads them: YAML, INI, folders, executables, lists of hosts; group_vars and
 * host_vars; the same precedence, the same order.
 */
#ifndef CONFIG_INVENTORY_H
#define CONFIG_INVENTORY_H

#include "base/buf.h"
#include "base/strv.h"
#include "config/mistakes.h"
#include "config/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INVENTORY_OUTPUT_MAX = 8 << 20 }; /* bytes an executable may print */

struct inventory;
struct vault;

struct host {
    char *name;         /* [A-Za-z0-9_][A-Za-z0-9._-]{0,252}, or an IPv6 address */
    struct strv groups; /* every group it is in, all excluded, sorted */
    const char *file;   /* where it was first named (borrowed); "-": the command line */
    int line, col;
    /* Connection, from its variables: */
    bool local;     /* ansible_connection: this machine, and no SSH; address is for checks then */
    char *address;  /* ansible_host, else name */
    int port;       /* ansible_port, else 0: ssh_config's, or 22 */
    char *user;     /* ansible_user, else NULL: ssh_config's, or who runs us */
    char *key_path; /* ansible_ssh_private_key_file with ~ expanded, relative to the root; NULL:
                       ssh_config's, or the default keys */
    /* Arguments of ssh, as lines of ssh_config. */
    struct strv ssh_first;   /* ansible_ssh_args: before port, user and key */
    struct strv ssh_options; /* ansible_ssh_common_args, then _extra_args: behind them */
    char *ssh_config;        /* of -F, absolute or "none"; NULL: the usual files */
    char *ssh_where; /* "file:line:col" of the first of them that is set; NULL: none is, or -e */
};

/* Bytes that stand for those of a file of the inventory: what it would be if it were written. */
struct inventory_instead {
    const char *path, *bytes;
    size_t len;
};

/* What is to be read.  All borrowed, during the call only. */
struct inventory_request {
    const char *root;          /* for relative key paths */
    const char *dir;           /* inventory/<env>; NULL: hosts_text is given */
    const char *hosts_text;    /* `h1,h2,` instead of a folder, or NULL */
    const struct value *extra; /* -e: a dict, or NULL */
    struct vault *vault;       /* or NULL: no password was given */
    /* Run an executable with these arguments (NULL-terminated) and append what it prints, at most
     * INVENTORY_OUTPUT_MAX bytes.  -1 and err (one line) if it did not end well.  NULL: executables
     * are refused. */
    int (*run)(void *arg, const char *path, const char *const *argv, struct buf *out,
               struct err *err);
    void *run_arg;
    bool empty_ok; /* there may be no host at all */
    const struct inventory_instead *instead;
    size_t instead_count;
    bool tell_unused; /* warn of files of no group or host of it, and of variables that seem to be
                         misspelled */
};

/* NULL when m has errors. */
struct inventory *inventory_load(const struct inventory_request *request, struct mistakes *m);
void inventory_free(struct inventory *inv);

size_t inventory_count(const struct inventory *inv);
const struct host *inventory_host(const struct inventory *inv, size_t i); /* in inventory order */
/* The indexes of all hosts in the order in which the inventory names them first, which is another
 * than that of `all`: inventory_count() of them; borrowed. */
const size_t *inventory_read_order(const struct inventory *inv);
/* The merged variables of host i (a dict value), -e included; does not hold magic names. */
const struct value *inventory_vars(const struct inventory *inv, size_t i);

/* Names of groups in the order Ansible has them: all, ungrouped, then as they were read. */
const struct strv *inventory_groups(const struct inventory *inv);
/* Every host of a group, those of groups below it included, in Ansible's order (`g[0]` is the first
 * of them).  NULL: no such group. */
const struct strv *inventory_members(const struct inventory *inv, const char *group);
/* What stands in the group itself, in order.  Fills borrowed names; empty if there is no such
 * group.  A host dropped as a second name of another is not in it.  free() *ret_names. */
size_t inventory_children(const struct inventory *inv, const char *group, const char ***ret_names);
size_t
inventory_direct_hosts(const struct inventory *inv, const char *group, const char ***ret_names);

/* Set the magic names of host i in dict: inventory_hostname, inventory_hostname_short, group_names,
 * env; inventory_file and inventory_dir (as Ansible: of the source that named it first). */
void inventory_magic(const struct inventory *inv, size_t i, struct value *dict);
/* The magic name `groups`: a dict of each group's hosts.  value_free() it. */
struct value *inventory_groups_value(const struct inventory *inv);

/* One value that a variable of a host was given, the one that counts first. */
struct origin {
    const char *layer;         /* "-e", "host_vars", "host", "group_vars", "group" */
    const char *group;         /* its name, of the last two; else NULL */
    const struct value *value; /* with its file:line:col; borrowed */
};
/* All of them, the winner first.  free() *ret.  0: no such variable. */
size_t
inventory_explain(const struct inventory *inv, size_t i, const char *name, struct origin **ret);
/* The variables a group has of its own: inline, then group_vars over them.  value_free() it. */
struct value *inventory_group_vars(const struct inventory *inv, const char *group);

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
