/*
 * algorithms.h - lists of algorithms, as OpenSSH understands them and as far as libssh has them.
 */
#ifndef SSH_ALGORITHMS_H
#define SSH_ALGORITHMS_H

#include "base/strv.h"

#include <stdbool.h>

enum algorithms_kind {
    ALGORITHMS_KEX,
    ALGORITHMS_CIPHERS,
    ALGORITHMS_MACS,
    ALGORITHMS_HOST_KEYS, /* without certificates, which are not supported for hosts */
    ALGORITHMS_PUBKEYS,
};
enum { ALGORITHMS_KINDS = ALGORITHMS_PUBKEYS + 1 };

struct algorithms;

/* Ask libssh what it has. */
struct algorithms *algorithms_new(void);
void algorithms_free(struct algorithms *a); /* NULL is fine */

/* What `a,b`, `+a,b`, `-a*` or `^a` comes to (ssh_config(5)), in order, each name once: applied to
 * OpenSSH 9.2's names and defaults, then without what libssh has not.  Names that were asked for
 * and are left out are added to dropped.  The caller's; NULL: nothing is left. */
char *algorithms_list(const struct algorithms *a, enum algorithms_kind kind, const char *text,
                      struct strv *dropped);

/* The ciphers to offer where nothing is said: OpenSSH's own default set, the fastest on this
 * machine's processor first. */
const char *algorithms_ciphers(void);

#endif
