/*
 * edit_hosts_yaml.h - the places of hosts and groups in a hosts.yml.  Private to edit_hosts_*.c.
 */
#ifndef CONFIG_EDIT_HOSTS_YAML_H
#define CONFIG_EDIT_HOSTS_YAML_H

#include "config/edit_state.h"
#include "config/edit_yaml.h"

enum { WHOLE = -1 };

/* A place that names a host: entry i of the mapping hosts; WHOLE: `hosts: web-01`. */
struct site {
    const struct yaml_node *body;      /* of the group */
    const struct yaml_node *hosts_key; /* of body */
    const struct yaml_node *hosts;
    long entry;
    int port; /* `web-01:22`; 0: none */
};

/* A place that names a group. */
struct spot {
    const struct yaml_node *parent, *key, *body; /* parent: the mapping that key is of */
};

struct walk {
    const struct edit_yaml *y;
    const char *host;   /* looked for; or NULL */
    const char *group;  /* likewise */
    struct site *sites; /* owned */
    size_t site_count, site_cap;
    struct spot *spots; /* owned */
    size_t spot_count, spot_cap;
    struct err *err;
};

/* Find the sites of w->host, or the spots of w->group, in the groups of a mapping (the root).  -1:
 * w->err says which range holds the host.  Release w in any case. */
int edit_walk(struct walk *w, const struct yaml_node *map);
void edit_walk_release(struct walk *w);

/* Append the text of a variable: as it was typed, or in these quotes. */
int edit_var_text(const struct edit_var *v, char quote, struct buf *out, struct err *err);

/* Put a new host where it belongs: edit_kind's add. */
int edit_yaml_add(struct edit_file *f, const struct edit_new *n, bool create, struct err *err);

#endif
