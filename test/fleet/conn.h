/*
 * conn.h - one client: key exchange, login, its channels.
 *
 * conn_turn is the only driver: every event ends in it.  It may free the connection.
 */
#ifndef FLEET_CONN_H
#define FLEET_CONN_H

#include "fleet/behave.h"

#include <netinet/in.h>

struct fleet;
struct conn;

/* Takes over fd, an accepted socket. */
void conn_start(struct fleet *fleet, int fd, struct in_addr dialled, const char *client);
void conn_free(struct conn *c);

/* Pump the session, act on what came, wait for the next event.  c may be gone afterwards. */
void conn_turn(struct conn *c);

/* Called from libssh's callbacks: another round is due. */
void conn_again(struct conn *c);
/* There is more to do, but others want their turn. */
void conn_soon(struct conn *c);

/* Words of ours are about to leave that are the first of a command. */
void conn_first_words(const struct conn *c);
/* Into the file of --events, if there is one. */
void conn_tell(const struct conn *c, const char *what);

/* NULL: a good host. */
const struct behave *conn_behave(const struct conn *c);
/* Does something happen to the connection at this phase? */
bool conn_minds(const struct conn *c, enum phase phase);
/* The phase has come: let it happen, once. */
void conn_reach(struct conn *c, enum phase phase);

#endif
