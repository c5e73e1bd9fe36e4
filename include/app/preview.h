/*
 * preview.h - what a run would do, and nothing of it done.
 *
 * Everything is read, planned and rendered as for a run, ssh_config and known_hosts too, and what
 * is wrong with it is told with the same words; no key is loaded, no agent asked, nothing is
 * connected, locked, journaled or written.
 */
#ifndef APP_PREVIEW_H
#define APP_PREVIEW_H

#include "app/run.h"
#include "base/hash.h"
#include "config/render.h"
#include "core/plan.h"
#include "ssh/target.h"
#include "ui/sink.h"

struct preview;

/* A step as one host would get it. */
struct preview_step {
    const struct action_step *step; /* borrowed */
    enum step_list list;
    int32_t number, count;    /* from 1, as a run counts them */
    int32_t wave;             /* in which it would be run */
    unsigned mode;            /* of a file that would be sent */
    struct rendered rendered; /* owned */
    int64_t bytes;            /* upload, template: what would be sent; else -1 */
    int64_t files;            /* upload of a folder: how many are in it; else -1 */
    char *asked; /* http, tcp: "GET http://10.0.0.1:80/ as NAME, 200 or 307" (owned); else NULL */
};

/* NULL and what app_run would say of the request.  Borrows it. */
struct preview *preview_new(const struct run_request *request, struct err *err);
void preview_free(struct preview *p); /* NULL is fine */

/* Only how the hosts would be reached: -1 and what is wrong with ssh_config or known_hosts. */
int preview_reach(const struct run_request *request, struct err *err);

const struct plan *preview_plan(const struct preview *p);

/* Where a host of the request is, who we are there, and the way: what inventory and ssh_config come
 * to.  NULL: no step goes there. */
const struct target *preview_target(const struct preview *p, int32_t host);
/* What ssh_config says and is not used: for -v. */
const struct strv *preview_notes(const struct preview *p);

/* What a host goes through: steps, the checks of the gate, the finally list; then the rollback list
 * where the host could go back. */
int32_t preview_count(const struct preview *p, int32_t host);
/* Number n of them, from 0, for a host of the request; release it.  -1 and err: a file has changed
 * since preview_new. */
int
preview_step(struct preview *p, int32_t host, int32_t n, struct preview_step *ret, struct err *err);
void preview_step_release(struct preview_step *s);

/* The release that would be made; "" if none, or each host has its own. */
const char *preview_release(const struct preview *p);
/* Hand every file and folder that would be sent to fn, with the SHA-256 of what would be; it
 * returns other than 0 to stop, which is returned.  -1 and err too. */
int
preview_sources(const struct preview *p, int (*fn)(void *arg, const char *path, const char *sha256),
                void *arg, struct err *err);
/* The SHA-256 of all that a host would get, files and secrets apart; the same wherever the root is.
 */
int preview_digest(struct preview *p, int32_t host, char ret_hex[HASH_SHA256_HEX], struct err *err);

#endif
