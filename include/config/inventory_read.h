/*
 * inventory_read.h - an inventory as it is read: groups and hosts as written, before merging.
 *
 * The shape is that of Ansible's inventory/data.py: the order of groups, children and hosts is the
 * order in which they were added.  Shared by the readers and inventory_*.c, and by nobody else.
 */
#ifndef CONFIG_INVENTORY_READ_H
#define CONFIG_INVENTORY_READ_H

#include "base/map.h"
#include "base/strv.h"
#include "config/inventory.h"
#include "config/yaml.h"

enum {
    HOST_NAME_MAX_BYTES = 253,
    RANGE_HOSTS_MAX = 100000, /* of one range, and of an inventory */
    INVENTORY_GROUPS_MAX = 10000,
    INVENTORY_VARS_MAX = 2000,      /* variables of one host or group */
    INVENTORY_VALUES_MAX = 2000000, /* of all hosts, after merging, lists' items included */
};

/* Where something stands in a file. */
struct place {
    const char *file; /* interned; NULL: made by us */
    int line, col;
};

struct draft_host;
struct draft_group;

struct group_refs {
    struct draft_group **items; /* owned array of borrowed groups */
    size_t count, cap;
};

struct host_refs {
    struct draft_host **items; /* owned array of borrowed hosts */
    size_t count, cap;
};

struct draft_group {
    char *name;              /* owned */
    struct value *vars;      /* owned: dict, inline ones */
    struct value *file_vars; /* owned: dict, of group_vars; NULL: there are none */
    struct group_refs parents, children;
    struct host_refs hosts;   /* direct */
    uint32_t *ids, *file_ids; /* owned: the numbers of the names in vars and file_vars, or NULL */
    int depth;                /* longest way from `all`; -1 while being worked out */
    int64_t priority;         /* ansible_group_priority */
    size_t mark;              /* of the last walk that met it */
    struct place place;       /* where it was first named */
};

struct draft_host {
    char *name;               /* owned */
    struct value *vars;       /* owned: dict, inline ones */
    struct value *file_vars;  /* owned: dict, of host_vars; NULL: there are none */
    struct group_refs groups; /* direct */
    size_t index;             /* in the inventory, once it is built; SIZE_MAX: dropped */
    size_t mark;              /* of the last walk that met it */
    struct place place;
};

struct draft {
    struct map *groups; /* owned: name -> draft_group, `all` and `ungrouped` first */
    struct map *hosts;  /* owned: name -> draft_host, in the order of first naming */
    struct draft_group *all, *ungrouped; /* borrowed from groups */
    size_t values;                       /* read so far, those of a range once a host */
    size_t mark;                         /* of the last walk */
};

struct draft *draft_new(void);
void draft_free(struct draft *d); /* NULL is fine */

/* The group of this name, made if it is not there; NULL: m has the mistake (the name, or one too
 * many). */
struct draft_group *
draft_group(struct draft *d, const char *name, const struct place *at, struct mistakes *m);
/* Add the host to the group, made with this port (0: none) if it is not there, as Ansible does: the
 * port of a host that is there already says nothing.  NULL: m has the mistake. */
struct draft_host *draft_host(struct draft *d, struct draft_group *g, const char *name, int port,
                              const struct place *at, struct mistakes *m);
/* Expand a host pattern (host_pattern_expand); every name counts as a value read, so that a file of
 * ranges comes to an end. */
int draft_expand(struct draft *d, const char *pattern, struct strv *ret_names, int *ret_port,
                 char ret_why[128]);
/* Nothing when it is there already.  -1: m has the mistake (all as a child). */
int draft_child(struct draft_group *parent, struct draft_group *child, const struct place *at,
                struct mistakes *m);

/* Set a variable; takes over v.  That of a host whose name is a group's too becomes the group's, as
 * in Ansible (data.py, set_variable).  -1: m has the mistake. */
int draft_group_var(struct draft *d, struct draft_group *g, const char *name, struct value *v,
                    struct mistakes *m);
int draft_host_var(struct draft *d, struct draft_host *h, const char *name, struct value *v,
                   struct mistakes *m);

/* When all is read: every group below `all`, hosts of no other group in `ungrouped`, depths.  -1: m
 * has the mistake. */
int draft_reconcile(struct draft *d, struct mistakes *m);
/* Append the hosts of g and of all groups below it, in Ansible's order (group.py, get_hosts). */
void draft_members(struct draft *d, struct draft_group *g, struct host_refs *ret);
/* Append the groups of h and those above, in order of precedence, `all` first. */
void draft_ancestors(struct draft *d, const struct draft_host *h, struct group_refs *ret);

/* How much a value counts: itself and all below, and one more each 64 bytes of text. */
size_t value_weight(const struct value *v);

/* Read group_vars and host_vars in dir over what was read before, for the groups and hosts of d.
 * tell_unused: warn of files that belong to none.  -1: m has errors. */
int inventory_read_vars(struct draft *d, const char *dir, struct vault *vault, bool tell_unused,
                        struct mistakes *m);
/* Every file of variables is read here, whatever it is named.  A dict that the caller frees; NULL:
 * m has errors. */
struct value *inventory_vars_file(const char *path, struct vault *vault, struct mistakes *m);

/* ---- the readers: -1: m has errors */

/* Of a tree, and of bytes in memory. */
int inventory_parse_yaml(struct draft *d, const struct yaml_node *root, struct mistakes *m);
int inventory_parse_ini(struct draft *d, const char *bytes, size_t len, const char *path,
                        struct mistakes *m);
/* Set the variables of a mapping: those of g, or of h where g is NULL. */
int inventory_parse_vars(struct draft *d, struct draft_group *g, struct draft_host *h,
                         const struct yaml_node *map, struct mistakes *m);
/* `h1,h2:2222,`: hosts of no group; the place of its messages is "-". */
int inventory_read_list(struct draft *d, const char *text, struct mistakes *m);

/* Expand web[01:50], [a:f], [1:9:2], several per name; -1 and text when it is none or too large. */
int host_range_expand(const char *pattern, struct strv *ret_names, char ret_why[128]);
/* A name or range without its port: web[1:3]:2222, [2001:db8::1]:22; *ret_port 0: none.  The caller
 * frees it. */
char *host_pattern_split(const char *pattern, int *ret_port);
/* Both. */
int
host_pattern_expand(const char *pattern, struct strv *ret_names, int *ret_port, char ret_why[128]);
/* The path that a variable names: `~/` is home, a relative one is from the root.  free() it. */
char *inventory_key_file(const char *root, const char *text);
/* [A-Za-z0-9_][A-Za-z0-9._-]*, at most 253 bytes. */
bool group_name_valid(const char *name);
/* The same, or an IPv6 address. */
bool host_name_valid(const char *name);
/* What to say of a name that is not; for what: "host" or "group". */
int name_refuse(struct mistakes *m, const struct place *at, const char *what, const char *name,
                const char *why);

#endif
