/*
 * become.h - the commands that start a shell on a host, as the session's user or through sudo.
 *
 * Each is a constant but for the name of the user: scripts and passwords travel on standard input.
 * With a password sudo may ask for it or not (NOPASSWD, a fresh ticket): what it leaves in the pipe
 * is read past up to a line `#B`, which is right both ways.  A wrong password would have sudo eat
 * the lines that follow, so it is tried once a session with nothing behind it (become_check).
 */
#ifndef SSH_BECOME_H
#define SSH_BECOME_H

#include "base/buf.h"
#include "base/err.h"
#include "ssh/pool.h"

#include <stdbool.h>

enum { BECOME_USER_MAX = 32, BECOME_PASSWORD_MAX = 1024, BECOME_COMMAND_MAX = 512 };

/* Borrowed. */
struct become {
    bool wanted;
    const char *user;     /* NULL: root */
    const char *password; /* NULL: sudo must not ask */
};

/* ERR_USAGE: a name sudo could take for an option or a number, a password that is not one line. */
int become_validate(const struct become *b, struct err *err);

/* Append the command of the ssh exec request (out: BECOME_COMMAND_MAX). */
void become_command(struct buf *out, const struct become *b, enum step_kind kind);

/* Append what goes to standard input before everything else; nothing without a password. */
void become_lead(struct buf *out, const struct become *b);

/* Append the command that tries the password: the password and a newline, then EOF. */
void become_check(struct buf *out, const struct become *b);

#endif
