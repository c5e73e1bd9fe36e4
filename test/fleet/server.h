/*
 * server.h - the listening socket.
 *
 * Loopback only, whatever it is bound to: the socket is tied to the device lo where the kernel
 * allows that, and a client or a dialled address outside 127.0.0.0/8 is dropped anyway.
 */
#ifndef FLEET_SERVER_H
#define FLEET_SERVER_H

#include "base/err.h"

struct fleet;
struct server;

struct server *server_new(struct fleet *fleet, struct err *err);
void server_free(struct server *s); /* NULL is fine */
int server_port(const struct server *s);

#endif
