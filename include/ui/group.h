/*
 * group.h - identical output of many hosts shown once, under their folded names; for src/ui.
 */
#ifndef UI_GROUP_H
#define UI_GROUP_H

#include "ui/board.h"
#include "ui/kept.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GROUP_HOST_BYTES_MAX = 1024 * 1024,
};

struct group;

/* budget: borrowed, or NULL; where it does not suffice the hosts that said most keep less. */
struct group *group_new(int32_t hosts, struct budget *budget);
void group_free(struct group *g); /* NULL is fine */
/* Keep output of a host, its beginning and its end; what is left out is counted and told there. */
void group_keep(struct group *g, int32_t host, const char *bytes, size_t len);
/* Say how a host ended where that is worth saying ("exit 3"); it is part of what is compared. */
void group_end(struct group *g, int32_t host, const char *text);
/* Hand every group to fn, each whole, in the order of its first host; escaped: for a terminal. */
void group_show(const struct group *g, const struct board *b, bool escaped,
                void (*fn)(void *arg, const char *text, size_t len), void *arg);

#endif
