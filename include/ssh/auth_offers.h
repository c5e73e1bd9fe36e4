/*
 * auth_offers.h - which keys of the agent a host is shown, and in which order.
 *
 * Those that its key paths name, then all others unless identities_only; each certificate before
 * its key.  What was loaded from a file was tried before, and is left out.
 */
#ifndef SSH_AUTH_OFFERS_H
#define SSH_AUTH_OFFERS_H

#include "ssh/agent.h"
#include "ssh/keys.h"
#include "ssh/target.h"

#include <stddef.h>

struct auth_offers {
    struct agent_offer *items; /* owned; what they point to is the keyring's and the agents' */
    size_t count, cap;
};

/* Add to ret, which begins zeroed. */
void auth_offers_make(struct auth_offers *ret, const struct target *t, const struct keyring *k,
                      const struct agents *a);

#endif
