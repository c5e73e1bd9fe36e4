/*
 * nodeset.h - many host names as one text, and one text as many: ClusterShell's nodesets.
 *
 * Folding is `nodeset -f`, expanding is `nodeset -e`, both of ClusterShell 1.9.1; where we differ
 * on purpose, docs/compat.md says so.
 */
#ifndef BASE_NODESET_H
#define BASE_NODESET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

#include <stddef.h>

enum {
    NODESET_TEXT_MAX = 1 << 20,   /* bytes of an expression */
    NODESET_NAMES_MAX = 100000,   /* names in a set at any time */
    NODESET_WORK_MAX = 2000000,   /* names made on the way, all together */
    NODESET_NAME_BYTES_MAX = 255, /* of a name */
};

/* Append the folded form of names to out: `db-1,web-[01-03,07]`, in the order of the names'
 * patterns.  Each name stands once.  All of it, or nothing and out is full. */
void nodeset_fold(struct buf *out, const char *const *names, size_t count);

/* What an expression may ask about: each returns 0, or -1 and err. */
struct nodeset_world {
    void *ctx; /* borrowed, given to each */
    /* Append the names of a group; `*` is asked as all. */
    int (*group)(void *ctx, const char *name, struct strv *ret_names, struct err *err);
    /* Every name there is (borrowed until nodeset_expand returns). */
    const struct strv *(*all)(void *ctx);
    /* Is this name, which stands in the expression, one that can be meant? */
    int (*known)(void *ctx, const char *name, struct err *err);
};

/* Names of text: `web[01-03,7]`, `/step`, several brackets a name; `,` adds, `!` takes away, `&`
 * keeps the common ones, `^` those in one of both, from left to right.  With a world, `@group`,
 * `@*` and the wildcards `*` and `?` mean what it says; without (NULL), they are letters.  Fills a
 * list without doubles, in no promised order.  ERR_USAGE, or what the world says. */
int nodeset_expand(const char *text, const struct nodeset_world *world, struct strv *ret_names,
                   struct err *err);

#endif
