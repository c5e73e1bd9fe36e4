/*
 * hostcheck.h - what is done about a server's key: which are asked for, and who is let in.
 *
 * Pure; hostcheck.c also has the state that asks (slot.h, step_hostkey).  Internal to ssh/.
 */
#ifndef SSH_HOSTCHECK_H
#define SSH_HOSTCHECK_H

#include "base/buf.h"
#include "ssh/hostkey.h"
#include "ssh/target.h"

enum hostcheck {
    HOSTCHECK_TAKE,
    HOSTCHECK_TAKE_LOUDLY, /* nobody knows it, and nobody asked */
    HOSTCHECK_TAKE_NEW,    /* and it is noted: from now on another one is a changed one */
    HOSTCHECK_REFUSE,
};

/* checking is not UNSET.  A key that is changed or revoked is refused whatever it says. */
enum hostcheck hostcheck_decide(enum hostkey_verdict verdict, enum host_key_checking checking);

/* Append the algorithms of list (NULL: ours) in the order to ask in: as ssh does (sshconnect2.c,
 * order_hostkeyalgs), as they are if the first is of a known type, else those of known types first.
 */
void
hostcheck_order(const char *list, const char *const *known, size_t known_count, struct buf *out);

#endif
