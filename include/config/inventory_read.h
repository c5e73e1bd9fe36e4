/*
 * inventory_read.h - an inventory as it is read: groups and hosts as written, before merging.
 *
 * Shared by the readers and inventory.c, and by nobody else.
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

struct draft_group {
    char *name;          /* owned */
    struct value *vars;  /* owned: dict */
    struct strv parents; /* names */
    int depth;           /* longest way from `all`; -1 while being worked out */
    int64_t priority;    /* ansible_group_priority */
    size_t mark;         /* the host, counted from 1, that was last found in it */
    const char *file;    /* where it was first named; NULL: `all` made by us */
    int line, col;
};

struct draft_host {
    char *name;         /* owned */
    struct value *vars; /* owned: dict, inline ones */
    struct strv groups; /* direct */
    const char *file;   /* interned */
    int line, col;
};

struct draft {
    struct map *groups; /* owned: name -> draft_group, `all` first */
    struct map *hosts;  /* owned: name -> draft_host, in the order of first naming */
    size_t values;      /* read so far, those of a range once a host */
};

struct draft *draft_new(void);
void draft_free(struct draft *d); /* NULL is fine */
/* The group or host of this name, made if it is not there. */
struct draft_group *draft_group(struct draft *d, const char *name, const struct yaml_node *node);
struct draft_host *draft_host(struct draft *d, const char *name, const struct yaml_node *node);

/* Read hosts.yml; -1: m has errors. */
int inventory_read_yaml(struct draft *d, const char *path, struct mistakes *m);

/* Fill address, port, user and key_path of h from its merged variables.  A mistake is told once for
 * its place (told: a map without values of its own), however many hosts share it.  -1: m has
 * errors. */
int inventory_connect(const char *root, const struct value *vars, struct host *h, struct map *told,
                      struct mistakes *m);

/* Expand web[01:50], [a:f], [1:9:2], several per name; -1 and text when it is none or too large. */
int host_range_expand(const char *pattern, struct strv *ret_names, char ret_why[128]);
/* [A-Za-z0-9_][A-Za-z0-9._-]*, at most 253 bytes. */
bool host_name_valid(const char *name);

#endif
