/*
 * select.h - what -l and -w share: hosts by name, and what is said of a name nobody has.
 */
#ifndef CONFIG_SELECT_H
#define CONFIG_SELECT_H

#include "config/inventory.h"

#include <stdbool.h>
#include <stddef.h>

/* A selection under way. */
struct selection {
    const struct inventory *inv; /* borrowed */
    size_t count;                /* of hosts */
    bool *in;                    /* owned: by host */
    struct map *hosts;           /* owned: name -> its place in `in` */
    struct map *groups;          /* owned: name -> struct picks, owned; filled when asked for */
};

/* Hosts in the order a subscript counts them; one may stand twice. */
struct picks {
    size_t *hosts; /* owned */
    size_t count, cap;
};

void selection_init(struct selection *s, const struct inventory *inv);
void selection_release(struct selection *s);

/* The index of a host, or -1. */
ptrdiff_t selection_host(const struct selection *s, const char *name);
/* The hosts of a group, NULL when there is none of that name; `ungrouped` is always one. */
const struct picks *selection_group(struct selection *s, const char *name);

/* -1, and the nearest name of a host or group. */
int selection_unknown(const struct selection *s, const char *name, struct err *err);

/* The hosts that are in; ERR_NO_MATCH when none is.  text: what was asked, for the message. */
int selection_take(const struct selection *s, const char *text, size_t **ret_hosts,
                   size_t *ret_count, struct err *err);

#endif
