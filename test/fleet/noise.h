/*
 * noise.h - packets nobody asked for: RFC 4253, 11 and RFC 4254, 4 allow them at any time.
 */
#ifndef FLEET_NOISE_H
#define FLEET_NOISE_H

#include "fleet/behave.h"

#include <libssh/libssh.h>

/* Some of them.  Not from a callback of libssh; channels it opens end with the session. */
void noise_make(ssh_session session, enum noise kind);

#endif
