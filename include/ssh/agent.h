/*
 * agent.h - the ssh-agents of this run: which keys they hold, and signatures without waiting.
 *
 * libssh waits for its agent inside one call, for ever if need be.  So it is given a number that is
 * no socket, and what it sends and receives there (seam.h) is answered from here: its list of keys
 * from what was asked once before the loop, a signature from the real agent.  One that comes within
 * AGENT_PATIENCE_MS is handed over in the same call.  Else the call fails without having sent
 * anything, the agent is waited for in the loop, and libssh is asked again when the signature is
 * there: that costs one more round trip to the host.
 *
 * An agent that has not answered at its deadline, or is gone, counts as dead for the rest of the
 * run.  It is never forwarded.  Protocol: draft-miller-ssh-agent.
 */
#ifndef SSH_AGENT_H
#define SSH_AGENT_H

#include "base/err.h"
#include "ssh/pubkey.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AGENT_KEYS_MAX = 1024,
    AGENT_PATIENCE_MS = 3, /* the loop may stand still so long for one signature */
    AGENT_LINES = 4,       /* connections, so signatures at once, of an agent */
    AGENT_LIST_MS = 5000,  /* for its list of keys */
    AGENT_SIGN_MS = 15000, /* for a signature: somebody may have to touch something */
};

struct agents; /* by the path of their sockets */

struct agents *agents_new(void);
void agents_free(struct agents *a); /* every login must be gone; NULL is fine */

/* Ask the agent at path for its keys, once; waits up to AGENT_LIST_MS, so only before the loop.
 * Returns how many of them can be used; -1 and ERR_IO: nobody answers there. */
int agents_load(struct agents *a, const char *path, struct err *err);
bool agents_has(const struct agents *a, const char *path, const struct pubkey *key);

/* Take part in a loop, before the first login.  sign_ms: the deadline of a signature. */
void agents_attach(struct agents *a, struct event_base *base, int64_t sign_ms);

/* ---------------------------------------------------------------- one login */

struct agent_login;

enum agent_state {
    AGENT_IDLE,
    AGENT_WAITS,   /* the signature is not there: call libssh again after the wake */
    AGENT_REFUSED, /* it would not sign with the key that the server would take */
    AGENT_DEAD,
};

/* A key to offer, and one that signs for it: two where a certificate is in a file. */
struct agent_offer {
    const struct pubkey *shown;
    const struct pubkey *signs;
};

/* The key number i of the agent; NULL: there are no more.  Certificates are among them. */
const struct pubkey *agents_key(const struct agents *a, const char *path, size_t i);

/* offers are copied, what they point to is borrowed until the login is freed.  wake is called from
 * the loop, never from inside a call. */
struct agent_login *
agent_login_new(struct agents *a, const char *path, const struct agent_offer *offers, size_t count,
                void (*wake)(void *arg), void *arg);
/* Its number must be libssh's no longer.  NULL is fine. */
void agent_login_free(struct agent_login *l);

/* What libssh takes for its agent's socket: one descriptor for all logins, so that none is wanting
 * while many hosts log in at once.  Whose number was asked for last is answered there. */
int agent_login_fd(struct agent_login *l);
enum agent_state agent_login_state(const struct agent_login *l);
/* Go on behind the key that was to sign last: it was refused, or used up.  False: none is left. */
bool agent_login_next(struct agent_login *l);
size_t agent_login_offers(const struct agent_login *l);
/* Why a key that the server would take did not lead in: the agent is dead, or would not sign; ""
 * for no such reason. */
const char *agent_login_trouble(const struct agent_login *l);
bool agent_login_is_dead(const struct agent_login *l);
/* True for the first login that finds it dead. */
bool agent_login_trouble_is_new(struct agent_login *l);

#endif
