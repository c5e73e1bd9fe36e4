/*
 * proxy.h - carries one SSH connection, message by message, and cuts it where it is told to.
 *
 * It listens on a loopback port of its own and takes one connection.  The server must speak
 * aes128-gcm@openssh.com, which leaves the length of a packet readable (RFC 5647 7.2), so that each
 * message is known as such, and what it is follows from its length and its place.
 */
#ifndef TEST_CUT_PROXY_H
#define TEST_CUT_PROXY_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

enum cut_way { CUT_FROM_CLIENT, CUT_FROM_SERVER };
enum { CUT_WAYS = CUT_FROM_SERVER + 1 };

enum cut_place { CUT_BEFORE, CUT_MIDDLE, CUT_AFTER };
enum { CUT_PLACES = CUT_AFTER + 1 };

/* What the client is told. */
enum cut_how {
    CUT_RESET, /* RST, in both directions */
    CUT_CLOSE, /* FIN; what it still sends is answered with RST */
    CUT_HALF,  /* FIN; what it still sends is taken and thrown away */
};
enum { CUT_HOWS = CUT_HALF + 1 };

/* Where a client is that has read all it was given. */
enum cut_phase {
    CUT_IN_VERSION,
    CUT_IN_KEX,
    CUT_IN_AUTH,
    CUT_IN_READY,   /* between steps */
    CUT_IN_CHANNEL, /* its channel request is on its way */
    CUT_IN_EXEC,
    CUT_IN_STEP,
    CUT_IN_STATUS, /* and the exit status has been given to it */
};
enum { CUT_PHASES = CUT_IN_STATUS + 1 };

struct cut_plan {
    enum cut_way way;
    int message; /* from 1, the version line included; 0: never */
    enum cut_place place;
    enum cut_how how;
};

struct cut;

/* Aborts when something of the system fails: a test can do nothing without it. */
struct cut *
cut_new(struct event_base *base, const char *server, int server_port, const struct cut_plan *plan);
void cut_free(struct cut *c); /* NULL is fine */
int cut_port(const struct cut *c);
bool cut_is_done(const struct cut *c);
int cut_count(const struct cut *c, enum cut_way way); /* messages seen */
enum cut_phase cut_phase(const struct cut *c);        /* now, or when it was cut */
/* The client's end of file has reached the server, in the step under way: all of it is there. */
bool cut_eof_given(const struct cut *c);
const char *cut_phase_name(enum cut_phase phase);

#endif
