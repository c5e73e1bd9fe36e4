/*
 * fleet.h - what every part of the fleet shares: one of each, made by main.
 *
 * All borrowed by connections and channels, which never outlive it.
 */
#ifndef FLEET_FLEET_H
#define FLEET_FLEET_H

#include "fleet/behave.h"
#include "fleet/binds.h"
#include "fleet/child.h"
#include "fleet/confine.h"
#include "fleet/hosts.h"
#include "fleet/keys.h"
#include "fleet/options.h"

#include <event2/event.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/queue.h>

struct conn;
LIST_HEAD(conn_list, conn);
struct filter;
LIST_HEAD(filter_list, filter);

struct counts {
    uint64_t accepted;
    uint64_t logged_in;
    uint64_t refused; /* keys or users */
    uint64_t execs;
    uint64_t throttled;
    uint64_t live; /* connections now */
};

struct fleet {
    struct options options;
    struct event_base *base;       /* owned */
    struct binds *binds;           /* owned */
    struct behaviours *behaviours; /* owned */
    struct hosts *hosts;           /* owned */
    struct keys keys;              /* owned */
    struct children *children;     /* owned */
    struct conn_list conns;        /* owned, each owned */
    struct filter_list filters;    /* owned, each owned */
    struct counts counts;
    FILE *trips;  /* owned; NULL: not asked for */
    FILE *events; /* owned; NULL: nobody asked */
    enum confine confine;
};

#endif
