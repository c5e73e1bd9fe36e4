/*
 * agent_wire.h - the connections to one agent: a request goes, an answer comes, or a deadline.
 *
 * Internal to agent.c.  A message is four bytes of length and that many bytes.
 */
#ifndef SSH_AGENT_WIRE_H
#define SSH_AGENT_WIRE_H

#include "base/buf.h"
#include "base/err.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

enum { WIRE_MESSAGE_MAX = 256 * 1024 };

struct wire;

enum wire_job_state {
    WIRE_IDLE,
    WIRE_UNDER_WAY, /* `done` will be called */
    WIRE_DONE,      /* reply is there */
    WIRE_DEAD,      /* the agent is */
};

/* One request.  The caller's; zero it, set request, done and arg. */
struct wire_job {
    TAILQ_ENTRY(wire_job) link;
    struct buf request; /* owned: a whole message */
    struct buf reply;   /* owned: the same */
    enum wire_job_state state;
    void (*done)(void *arg); /* from the loop, or while another request is begun */
    void *arg;               /* borrowed */
    struct wire *wire;       /* borrowed, while under way */
    struct line *line;       /* borrowed; NULL: it waits for one */
    bool again;              /* a connection that the agent had closed is no end */
};

struct wire *wire_new(const char *path);
void wire_free(struct wire *w); /* NULL is fine */

/* Send request, wait for the reply; at most timeout_ms.  -1 and ERR_IO. */
int wire_ask(const char *path, const struct buf *request, struct buf *reply, int timeout_ms,
             struct err *err);

void wire_attach(struct wire *w, struct event_base *base, int64_t deadline_ms);
/* Begin; the state says what has come of it.  Waits some milliseconds, if the agent was quick
 * lately. */
void wire_begin(struct wire *w, struct wire_job *job);
/* Forget a job that is under way; no-op else. */
void wire_cancel(struct wire_job *job);

/* Why it is dead: "the agent at PATH ..."; "" while it lives. */
const char *wire_trouble(const struct wire *w);

#endif
