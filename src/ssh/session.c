/*
 * session.c - hands each call to the kind of the session.
 *
 * Decides what is to be done where a kind has nothing to do.  Owns nothing of its own.  Calls
 * neither libssh nor the system.
 */
#include "ssh/session_kind.h"

#include <assert.h>

void
session_free(struct session *s)
{
    if (s != NULL) {
        session_channel_drop(s);
        s->kind->free(s);
    }
}

int
session_fd(const struct session *s)
{
    return s->fd;
}

bool
session_wants_write(const struct session *s)
{
    return s->kind->wants_write != NULL && s->kind->wants_write(s);
}

enum session_io
session_pump(struct session *s)
{
    return s->kind->pump == NULL ? SESSION_OK : s->kind->pump(s);
}

bool
session_has_channel(const struct session *s)
{
    return s->has_channel;
}

void
session_channel(struct session *s, session_data *fn, void *arg)
{
    assert(!s->has_channel);
    s->has_channel = true;
    s->was_ahead = false;
    s->exit = (struct session_exit){0};
    s->data = fn;
    s->arg = arg;
    if (s->kind->prepare != NULL) {
        s->kind->prepare(s);
    }
}

bool
session_channel_was_ahead(const struct session *s)
{
    return s->was_ahead;
}

bool
session_ahead(struct session *s, int want, const char *command)
{
    return s->kind->ahead != NULL && s->kind->ahead(s, want, command);
}

enum session_io
session_channel_open(struct session *s)
{
    return s->kind->open == NULL ? SESSION_OK : s->kind->open(s);
}

enum session_io
session_channel_exec(struct session *s, const char *command)
{
    return s->kind->exec(s, command);
}

const char *
session_refusal(const struct session *s)
{
    return s->refusal != NULL ? s->refusal : "refused by the server";
}

size_t
session_channel_room(const struct session *s)
{
    const size_t room = s->kind->room(s);

    return room < SESSION_WRITE_MAX ? room : SESSION_WRITE_MAX;
}

int
session_channel_write(struct session *s, const char *bytes, size_t len)
{
    assert(len <= SESSION_WRITE_MAX);
    return s->kind->write(s, bytes, len);
}

enum session_io
session_channel_eof(struct session *s)
{
    return s->kind->eof(s);
}

const struct session_exit *
session_channel_exit(const struct session *s)
{
    return &s->exit;
}

bool
session_channel_kill(struct session *s)
{
    return s->has_channel && s->kind->kill != NULL && s->kind->kill(s);
}

void
session_channel_drop(struct session *s)
{
    if (s->has_channel) {
        s->kind->drop(s);
        s->has_channel = false;
    }
}
