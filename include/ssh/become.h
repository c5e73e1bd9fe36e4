/*
 * become.h - the commands that start a shell on a host, as the session's user or through sudo.
 *
 * What the exec request asks for is one constant (become_opener), whatever is to be run: it reads
 * one line and runs that, so that it can be asked for before it is known what that will be.  The
 * line is a constant but for the name of the user: scripts and passwords follow it.
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

enum { BECOME_USER_MAX = 32, BECOME_PASSWORD_MAX = 1024, BECOME_COMMAND_MAX = 1024 };
enum { BECOME_UNUSED = 97 };

/* Borrowed. */
struct become {
    bool wanted;
    const char *user;     /* NULL: root */
    const char *password; /* NULL: sudo must not ask */
};

/* ERR_USAGE: a name sudo could take for an option or a number, a password that is not one line. */
int become_validate(const struct become *b, struct err *err);

/* The command of every exec request.  It takes the first line of its standard input for a command;
 * without a whole line it runs nothing, and exits with BECOME_UNUSED. */
const char *become_opener(void);

/* Append the command that takes a step in: one line, without its newline. */
void become_command(struct buf *out, const struct become *b, enum step_kind kind);

/* Append what goes to standard input before everything else; nothing without a password. */
void become_lead(struct buf *out, const struct become *b);

/* Append the command that tries the password: the password and a newline, then EOF. */
void become_check(struct buf *out, const struct become *b);

#endif
