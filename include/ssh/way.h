/*
 * way.h - how a slot comes by a socket to its host: dialled, through another host, or by a program.
 *
 *   line -> name -> gate -> dial -> there
 *
 * Any stage may lead to failed; a paced way waits at the gate until way_go, which also takes it
 * back from any later stage to dial once more.  In line nothing is owed to the host's own time
 * limit: a session to the jump host is being made (which has its own limits), or a place among the
 * programs is waited for.  A kind may pass a stage at once.  After `there` the way stays what the
 * socket stands on until way_free; when it breaks, way_words says why.  Internal to ssh/.
 */
#ifndef SSH_WAY_H
#define SSH_WAY_H

#include "base/buf.h"
#include "base/err.h"
#include "core/fact.h"
#include "ssh/pool.h"

#include <stdbool.h>
#include <stdint.h>

struct slot;

enum way_stage { WAY_LINE, WAY_NAME, WAY_GATE, WAY_DIAL, WAY_THERE, WAY_FAILED };

/* What the ways of a pool share: its sessions to jump hosts, and its programs. */
struct ways {
    const struct pool_config *config; /* borrowed */
    struct jumps *jumps;              /* owned */
    struct proxies *proxies;          /* owned; NULL where the pool has no children */
};
/* bury takes a slot of a jump host that is over, to be freed from the loop. */
void ways_init(struct ways *w, const struct pool_config *config,
               void (*bury)(void *arg, struct slot *s), void *arg);
/* After the slots of hosts. */
void ways_release(struct ways *w);

struct way;

/* What each kind has to do.  NULL where it has nothing to do. */
struct way_kind {
    void (*free)(struct way *w);
    /* Begin to end; false: nothing has to be waited for before `words`. */
    bool (*leave)(struct way *w);
    bool (*left)(const struct way *w);
    void (*words)(const struct way *w, struct buf *out);
    /* Of a paced way. */
    void (*go)(struct way *w);
    void (*key)(const struct way *w, struct buf *out);
};

struct way_request {
    struct ways *ways;           /* borrowed */
    const struct target *target; /* borrowed */
    int64_t connect_ms;          /* for name and TCP; 0: no limit */
    int64_t user_timeout_ms;     /* TCP_USER_TIMEOUT; 0: the kernel's */
    void (*changed)(void *arg);  /* the stage; from the loop, never from inside a call here */
    void (*note)(void *arg, const char *text); /* for people; from the loop as well */
    void *arg;                                 /* borrowed */
};

/* The beginning of each kind's own struct. */
struct way {
    const struct way_kind *kind; /* borrowed */
    struct way_request request;
    enum way_stage stage;
    enum way_stage failed_at; /* the stage before WAY_FAILED */
    int fd;                   /* owned until way_take; -1 */
    /* of a way that failed: */
    enum cause cause;
    bool throttled;
    bool is_short; /* of descriptors or ports here */
    char text[ERR_TEXT_MAX];
};

struct way *way_new(const struct way_request *request);
/* The socket's other end goes with it.  NULL is fine. */
void way_free(struct way *w);

/* It connects from this machine by itself, and waits at the gate for way_go. */
bool way_is_paced(const struct way *w);
/* The socket of a way that is there stands on it for as long as it lives.  False: the way has done
 * its work and may be freed once nobody wants to dial again. */
bool way_carries(const struct way *w);
void way_go(struct way *w);
/* Append what tells the server apart that is dialled: "192.0.2.1 22". */
void way_key(const struct way *w, struct buf *out);

/* The socket of a way that is there; the caller's. */
int way_take(struct way *w);

/* The socket is closed and said nothing of why.  True: wait for `changed` until way_left, then ask
 * for the words.  NULL is fine. */
bool way_leave(struct way *w);
bool way_left(const struct way *w);
/* Append why the way broke, if the way knows: "jump bastion-1: connection lost: ...". */
void way_words(const struct way *w, struct buf *out);

/* For the kinds. */
void way_init(struct way *w, const struct way_kind *kind, const struct way_request *request);
void way_reach(struct way *w, enum way_stage stage);
void way_arrive(struct way *w, int fd);
void way_fail(struct way *w, enum cause cause, bool throttled, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

struct way *way_new_straight(const struct way_request *request);
struct way *way_new_jump(const struct way_request *request);  /* jump.c */
struct way *way_new_proxy(const struct way_request *request); /* way_proxy.c */

#endif
