/*
 * session_local.c - the machine we run on as a session: each channel is a child that is fed.
 *
 * Decides how the end of a child reads as the end of a channel.  Owns the child of its channel.
 * Never kills by itself: what is left of a step that was not waited for is proc/local.h's.
 */
#include "ssh/session_kind.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct here {
    struct session base;   /* first */
    struct locals *locals; /* borrowed */
    struct local *child;   /* owned; NULL: not begun, or over */
    bool full;             /* it has not read what it was given */
    session_wake *wake;
    void *wake_arg; /* borrowed */
};

static struct here *
here(struct session *s)
{
    return (struct here *)s;
}

static void
on_output(void *arg, int stderr_stream, const char *bytes, size_t len)
{
    const struct here *h = arg;

    h->base.data(h->base.arg, stderr_stream != 0, bytes, len);
    h->wake(h->wake_arg);
}

static void
on_room(void *arg)
{
    struct here *h = arg;

    h->full = false;
    h->wake(h->wake_arg);
}

static void
on_exited(void *arg, int exit_code, int signal)
{
    struct here *h = arg;
    struct session_exit *e = &h->base.exit;

    if (signal == 0) {
        e->has_status = true;
        e->status = (uint32_t)exit_code;
    } else {
        const char *name = sigabbrev_np(signal);
        (void)snprintf(e->signal, sizeof(e->signal), "%s", name == NULL ? "?" : name);
    }
    h->wake(h->wake_arg);
}

static void
on_ended(void *arg, int exit_code, int signal, int timed_out)
{
    struct here *h = arg;

    (void)exit_code;
    (void)signal;
    (void)timed_out;
    h->base.exit.eof = true;
    h->base.exit.survives = local_survives(h->child);
    h->child = NULL;
    h->wake(h->wake_arg);
}

static const struct local_events events = {
    .output = on_output, .room = on_room, .exited = on_exited, .ended = on_ended};

static enum session_io
start(struct session *s, const char *command)
{
    struct here *h = here(s);
    struct err err;

    h->full = false;
    h->child = local_feed(h->locals, command, &events, h, &err);
    if (h->child == NULL) {
        free(s->refusal);
        s->refusal = xstrdup(err.text);
        return SESSION_DENIED;
    }
    return SESSION_OK;
}

static size_t
room(const struct session *s)
{
    const struct here *h = (const struct here *)s;

    return h->child == NULL || h->full ? 0 : SESSION_WRITE_MAX;
}

/* A child that reads no more is no error: how it ends says the rest. */
static int
feed(struct session *s, const char *bytes, size_t len)
{
    struct here *h = here(s);
    const size_t n = local_write(h->child, bytes, len);

    h->full = n < len;
    return (int)n;
}

static enum session_io
end_input(struct session *s)
{
    if (here(s)->child != NULL) {
        local_eof(here(s)->child);
    }
    return SESSION_OK;
}

static bool
end_child(struct session *s)
{
    struct here *h = here(s);

    if (h->child == NULL) {
        return false;
    }
    local_kill(h->child);
    return true;
}

static void
drop(struct session *s)
{
    struct here *h = here(s);

    if (h->child != NULL) {
        local_drop(h->child);
        h->child = NULL;
    }
}

static void
release(struct session *s)
{
    free(s->refusal);
    free(s);
}

static const struct session_kind kind = {
    .free = release,
    .exec = start,
    .room = room,
    .write = feed,
    .eof = end_input,
    .kill = end_child,
    .drop = drop,
};

struct session *
session_new_local(struct locals *locals, session_wake *wake, void *arg)
{
    struct here *h = xcalloc(1, sizeof(*h));

    h->base.kind = &kind;
    h->base.fd = -1;
    h->locals = locals;
    h->wake = wake;
    h->wake_arg = arg;
    return &h->base;
}
