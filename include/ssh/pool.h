/*
 * pool.h - SSH sessions by host id, all on one event base; tells what happened, decides nothing.
 *
 * Every call returns at once.  Results come through the callbacks, from the loop, never from inside
 * a call of this header, and nothing may be freed inside them; the app only records them.  Ids are
 * the caller's (host index of a run); a session exists from pool_connect to `disconnected`,
 * `connect_failed` or `lost`, after which the id may be connected again.
 */
#ifndef SSH_POOL_H
#define SSH_POOL_H

#include "base/err.h"
#include "core/fact.h"
#include "ssh/target.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool;
struct zygote;        /* proc/zygote.h: starts name look-ups */
struct locals;        /* proc/local.h: children of the loop */
struct keyring;       /* ssh/keys.h: private keys loaded once, by path */
struct hostkey_shown; /* ssh/hostkey.h */
struct gate;          /* ssh/gate.h */
struct agents;        /* ssh/agent.h: agents that were asked for their keys, by path */

enum step_kind { STEP_SCRIPT, STEP_UPLOAD };

/* What is done on the target with a file that has arrived whole. */
enum unpack {
    UNPACK_NONE, /* renamed to dest */
    UNPACK_TAR,  /* an archive: unpacked beside dest, then put in its place */
};

/* Copied by pool_run as far as needed, except fd, which the pool owns from then on. */
struct step_request {
    enum step_kind kind;
    const char *key;    /* run.step.attempt.host: $0 of the script, bounded [A-Za-z0-9._-] */
    const char *script; /* bytes of /bin/sh, NUL-free; exports and chdir already in it */
    size_t script_len;
    const char
        *guard; /* STEP_SCRIPT, STEP_UPLOAD: a script that, exiting 0, skips it; NULL: none */
    size_t guard_len;
    bool become;             /* through sudo */
    const char *become_user; /* NULL: root */
    int fd;                  /* STEP_UPLOAD: the file, open for reading at 0; else -1 */
    int64_t size;            /* STEP_UPLOAD: bytes to send */
    const char *dest;        /* STEP_UPLOAD: absolute path on the target */
    unsigned mode;           /* STEP_UPLOAD without unpacking */
    enum unpack unpack;      /* STEP_UPLOAD */
    int64_t timeout_ms;      /* 0: none */
    int64_t idle_ms;         /* 0: none */
    /* So many steps will be run over this session after it, as far as is known: their channels may
     * be opened meanwhile, and their shells started.  They may as well never come. */
    int following;
};

/* Texts are for people: phase and cause ("kex: ..."), never the host, which the id tells. */
struct pool_events {
    void (*connected)(void *arg, int32_t id);
    /* throttled: closed before the banner, or reset, and so again when tried once more. */
    void (*connect_failed)(void *arg, int32_t id, enum cause cause, bool throttled,
                           const char *text);
    void (*step_sent)(void *arg, int32_t id);
    /* Bytes after the frame's header; stderr_stream 0 or 1. */
    void (*output)(void *arg, int32_t id, int stderr_stream, const char *bytes, size_t len);
    /* signal 0: exit_code holds. note: "" or a remark for people (background child cut off). */
    void (*step_done)(void *arg, int32_t id, int exit_code, int signal, const char *note);
    void (*step_skipped)(void *arg, int32_t id); /* its guard said so; asked for by a guard only */
    void (*step_not_started)(void *arg, int32_t id, enum cause cause, const char *text);
    void (*step_unknown)(void *arg, int32_t id, enum cause cause, const char *text);
    void (*disconnected)(void *arg, int32_t id);
    void (*lost)(void *arg, int32_t id, const char *text); /* between steps */
    /* A host key accepted without checking, an agent that is dead. */
    void (*warning)(void *arg, int32_t id, const char *text);
    /* A key that no index has was accepted (HOST_KEY_ACCEPT_NEW).  The callee has to see to it
     * before it returns that the next look finds it (hostkeys_add).  NULL: none is accepted. */
    void (*host_key_accepted)(void *arg, int32_t id, const struct hostkey_shown *key,
                              const char *text);
    /* Of pool_scan: the key that was shown. */
    void (*host_key_seen)(void *arg, int32_t id, const struct hostkey_shown *key);
    /* May be NULL.  This machine is out of descriptors or ports, said each time a connection waits
     * for that. */
    void (*short_here)(void *arg, int32_t id, const char *text);
    /* May be NULL.  Every change of state, for debugging: "kex", "host key". */
    void (*trace)(void *arg, int32_t id, const char *from, const char *to);
};

struct pool_config {
    struct event_base *base;         /* borrowed */
    struct zygote *zygote;           /* borrowed */
    struct locals *locals;           /* borrowed; NULL: no host is local */
    const struct hostkeys *hostkeys; /* borrowed */
    struct keyring *keyring;         /* borrowed */
    struct agents *agents;           /* borrowed, attached to base; NULL: none is asked */
    enum host_key_checking checking; /* not UNSET */
    const char *scan_words;     /* borrowed: "keys scan prod", for messages; NULL: keys scan ENV */
    int64_t connect_timeout_ms; /* name, TCP, banner, kex, and each answer; 0: none */
    int64_t auth_timeout_ms;    /* 0: none */
    int64_t keepalive_ms;       /* 0: none; three misses end a connection */
    int64_t stall_ms;     /* 0: none; a step of which nothing more is taken for so long ends */
    int32_t connect_rate; /* new connections a second; 0: as many as come */
    bool retry_throttled; /* try again who was throttled, as pace.h says, before telling */
    uint64_t seed;        /* of the pauses between these */
    struct gate *gate;    /* of pool_new: what is given is ignored */
    int64_t jump_idle_ms; /* of a jump host's session that nobody uses; 0: 5 s */
    struct pool_events events;
    void *arg;
};

struct pool *pool_new(const struct pool_config *config);
/* Closes what is open, without callbacks. */
void pool_free(struct pool *p);

void pool_connect(struct pool *p, int32_t id, const struct target *target);
/* Connect to see the server's key: host_key_seen, then `disconnected`; or connect_failed. */
void pool_scan(struct pool *p, int32_t id, const struct target *target);
/* The session must be connected and idle. */
void pool_run(struct pool *p, int32_t id, const struct step_request *request);
/* Close: `disconnected` follows; a step under way is first told unknown (CAUSE_KILLED) or not
 * started.  On a local host all that the step runs is killed before (proc/local.h: TERM, a grace,
 * KILL), as also when one of its limits has passed; the text says so. */
void pool_disconnect(struct pool *p, int32_t id);
int32_t pool_open_count(const struct pool *p);

#endif
