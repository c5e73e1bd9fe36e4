/*
 * given.h - what a run was given on the command line, in a form that can be kept: for retry, and
 * for a plan in a file.
 *
 * Secrets are not kept, only the names of the variables that hold them.
 */
#ifndef APP_GIVEN_H
#define APP_GIVEN_H

#include "app/run.h"

#include <stdint.h>

enum { GIVEN_BYTES_MAX = 8 << 20 }; /* of a file that is read */

struct given {
    struct strv tags, skip_tags; /* owned, as is all; the tags that counted, -t's or config.yml's */
    struct value *extra;         /* -e: a dict */
    struct strv secret;          /* variables of -e that are to be given again */
    int32_t workers;             /* -f; -1: not given */
};

/* A dict for given_read; value_free() it. */
struct value *given_value(const struct run_request *request);

/* What is wrong with a dict that is none of ours is in err (ERR_CONFIG).  Release ret in any case.
 */
int given_read(const struct value *dict, struct given *ret, struct err *err);
void given_release(struct given *g);

/* A JSON text that this program wrote, as a value; what names it in messages.  NULL and ERR_CONFIG.
 */
struct value *given_parse(const char *json, size_t len, const char *what, struct err *err);

/* The same of a file. */
struct value *given_load(const char *path, struct err *err);

/* The member of a dict that must be there and of this kind; NULL and ERR_CONFIG naming it. */
const struct value *
given_member(const struct value *dict, const char *key, enum value_kind kind, struct err *err);
/* The same, as a list of texts: their copies. */
int given_texts(const struct value *dict, const char *key, struct strv *ret, struct err *err);

#endif
