/*
 * kexgap.h - what we and a server have not in common.
 *
 * libssh 0.10.6 finds out, and then writes "Bad file descriptor" over its error.  Its defaults
 * cannot be asked for, so what the server said is played once more to a second session with the
 * same options, whose error is caught from the log.  Only after a key exchange that failed, about
 * 1 ms.  Internal to ssh/.
 */
#ifndef SSH_KEXGAP_H
#define SSH_KEXGAP_H

#include "base/buf.h"

#include <libssh/libssh.h>
#include <stdbool.h>

enum { KEXGAP_BYTES_MAX = 8 * 1024 }; /* of the server's first words; a usual KEXINIT has 1 KB */

/* Append `no common cipher: the server has "a,b", we have "c"`, escaped and bounded.  heard: what
 * the server has said to ssh from the beginning.  False, and nothing appended: that was not it. */
bool kexgap_find(ssh_session ssh, const struct buf *heard, struct buf *out);

#endif
