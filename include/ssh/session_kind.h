/*
 * session_kind.h - what the two kinds of session have in common, and where they differ.
 *
 * session.c passes each call on to the session's kind: session_ssh.c, or session_local.c for the
 * machine we run on.  Who uses a session sees session.h only.  Internal to ssh/.
 */
#ifndef SSH_SESSION_KIND_H
#define SSH_SESSION_KIND_H

#include "ssh/session.h"

/* session.h says what each has to do.  NULL where a kind has nothing to do. */
struct session_kind {
    void (*free)(struct session *s); /* its channel has been dropped */
    bool (*wants_write)(const struct session *s);
    enum session_io (*pump)(struct session *s);
    void (*prepare)(struct session *s);
    bool (*ahead)(struct session *s, int want, const char *command);
    enum session_io (*open)(struct session *s);
    enum session_io (*exec)(struct session *s, const char *command);
    size_t (*room)(const struct session *s);
    int (*write)(struct session *s, const char *bytes, size_t len);
    enum session_io (*eof)(struct session *s);
    void (*drop)(struct session *s);
    bool (*kill)(struct session *s);
};

/* The beginning of each kind's own struct. */
struct session {
    const struct session_kind *kind; /* borrowed */
    int fd;                          /* -1: there is no socket to watch */
    bool has_channel;
    bool was_ahead; /* the channel */
    struct session_exit exit;
    session_data *data;
    void *arg;     /* borrowed */
    char *refusal; /* owned: why the command was denied here; NULL: the server did it */
};

/* libssh's own, of a session that is not local. */
ssh_session session_libssh(const struct session *s);

#endif
