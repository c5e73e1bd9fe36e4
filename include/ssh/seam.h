/*
 * seam.h - our own send() and recv() under libssh's feet, for the sockets given here.
 *
 * libssh 0.10.6 uses freed memory when the first send of a session fails, and ends a session on
 * EINTR and EAGAIN.  seam.c defines the symbols send and recv; the linker exports them, since
 * libssh.so, on the same command line, needs them, and so libssh binds to ours (test_seam checks
 * it). On a watched socket a failed send pretends to have worked; recv hands over what is still
 * queued, then reports the error.  Other sockets pass straight through.
 */
#ifndef SSH_SEAM_H
#define SSH_SEAM_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Begin with a clean record for fd. */
void seam_watch(int fd);
/* From now on append what comes to heard as well, until it is full; borrowed until seam_tap(fd,
 * NULL) or seam_forget. */
void seam_tap(int fd, struct buf *heard);
/* errno of the last recv that failed, as libssh was told; 0: none has. */
int seam_error(int fd);
/* What is sent and received on a descriptor that is no socket goes to functions, as errno and
 * results of send(2) and recv(2) have it; flags are not looked at. */
struct seam_peer {
    ssize_t (*send)(void *arg, const void *bytes, size_t len);
    ssize_t (*recv)(void *arg, void *bytes, size_t len);
};
/* Both borrowed until seam_forget. */
void seam_serve(int fd, const struct seam_peer *peer, void *arg);
/* From now on recv hands over at most so many bytes at once; 0: as many as are asked for. */
void seam_limit(int fd, size_t max);
/* Until seam_uncork what is sent in small pieces is held, and then goes out as one: a packet of its
 * own for each costs both ends and the network more than its bytes.  Nothing is held on a
 * descriptor that has a peer.  Not known to fd: no effect. */
void seam_cork(int fd);
void seam_uncork(int fd);
/* The socket did not take all that was held: uncork it again once it is writable. */
bool seam_holds(int fd);
/* Must come before the number can be given to another socket. */
void seam_forget(int fd);

/* Whether libssh really calls us: false in a program linked in a way that hides the symbols. */
bool seam_in_place(void);

#endif
