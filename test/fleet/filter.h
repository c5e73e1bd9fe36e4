/*
 * filter.h - stands between the client's socket and libssh, for hosts that misbehave below SSH.
 *
 * libssh gets one end of a socket pair; bytes go both ways through here, where they can be held,
 * cut, slowed and added to.  What happens up to the exchange of keys is seen and done here
 * (plain.h); later phases are told by filter_act.  Only hosts that are good and near have none.
 */
#ifndef FLEET_FILTER_H
#define FLEET_FILTER_H

#include "fleet/behave.h"

struct fleet;
struct filter;

/* Does this host need one? */
bool filter_is_needed(const struct behave *b);

/* Takes over fd; returns the end for libssh in *ret_fd.  behave is copied.  Ends by itself when the
 * client is gone and filter_release was called. */
struct filter *filter_new(struct fleet *fleet, int fd, const struct behave *behave, int *ret_fd);

/* All that libssh has written goes out, then this happens.  From libssh's callbacks too. */
void filter_act(struct filter *f, enum act act);

/* Round trips the client has made so far, with --rtt-ms. */
int filter_trips(const struct filter *f);

/* libssh's end is closed or about to be; NULL is fine. */
void filter_release(struct filter *f);
/* With the fleet: close everything. */
void filter_free(struct filter *f);

#endif
