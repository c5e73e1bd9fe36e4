/*
 * binds.h - one ssh_bind for each host key and choice of algorithms.
 *
 * Made when first asked for, with key files beside the fleet's own (`<host-key>.ecdsa`).
 */
#ifndef FLEET_BINDS_H
#define FLEET_BINDS_H

#include "base/err.h"
#include "fleet/behave.h"

#include <libssh/server.h>

struct binds;

/* Makes the plain one.  host_key is borrowed. */
struct binds *binds_new(const char *host_key, struct err *err);
void binds_free(struct binds *b); /* NULL is fine */

/* behave NULL: the plain one.  NULL with err if a key cannot be made. */
ssh_bind binds_get(struct binds *b, const struct behave *behave, struct err *err);

#endif
