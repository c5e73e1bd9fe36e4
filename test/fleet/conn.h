/*
 * conn.h - one client: key exchange, login, its channels.
 *
 * conn_turn is the only driver: every event ends in it.  It may free the connection.
 */
#ifndef FLEET_CONN_H
#define FLEET_CONN_H

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

#endif
