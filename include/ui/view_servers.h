/*
 * view_servers.h - the Servers page as it looks: a table of servers, what is to be said of the one
 * under the cursor, the queue.
 *
 * Draws what its struct says; who fetches it is front/page_servers.c.
 */
#ifndef UI_VIEW_SERVERS_H
#define UI_VIEW_SERVERS_H

#include "core/summary.h"
#include "ui/canvas.h"
#include "ui/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of a server until its files or the store are read again.  All texts borrowed. */
struct server_row {
    const char *name, *address;
    int port;                  /* 0: none is set */
    const char *const *groups; /* NULL-terminated, without all and ungrouped; or NULL */
    /* Over runs; action NULL: none is known. */
    const char *action;
    const char *state, *release;  /* "" none */
    const char *reason;           /* why it did not end well; "" */
    enum outcome outcome;         /* of that action */
    int64_t wall_ms;              /* when it ended, UTC */
    unsigned char by_address[18]; /* view_servers_address fills it: what sorting compares */
};

enum server_test { SERVER_UNTESTED, SERVER_TESTING, SERVER_TEST_OK, SERVER_TEST_FAILED };

/* What may change at any moment; asked for of rows that are seen only (and when sorting by it). */
struct server_now {
    bool busy; /* in the run under way */
    int32_t step, step_count;
    char doing[128];             /* "Upload the release"; "" */
    bool fresh;                  /* it ended in that run: what follows is newer than the row */
    const char *action, *reason; /* borrowed; reason or NULL */
    enum outcome outcome;
    int64_t wall_ms;
    enum server_test test;
    int64_t trip_us;         /* of TEST_OK: one round trip */
    const char *test_reason; /* borrowed; of TEST_FAILED */
};

struct view_servers {
    struct server_row *rows; /* owned by the page */
    size_t count;
    void (*now)(void *arg, size_t row, struct server_now *ret);
    const char *(*found_by)(void *arg, size_t row); /* further text for the filter; NULL: none */
    void *arg;
    struct table *table; /* owned by the page; made with view_servers_source */
    int64_t wall_ms;     /* UTC: for "2m" */
    bool ascii;          /* no character past 126 */
    const char *nothing; /* why there is no row: "no server yet: n adds one" */
    const char *queue;   /* "deploy test-multi 9 servers, ..."; NULL: empty */
    bool queue_runs;
};

/* The columns, cells and order of the table; v is borrowed by it. */
struct table_source view_servers_source(struct view_servers *v);
/* Make by_address of address. */
void view_servers_address(struct server_row *row);
void view_servers_draw(const struct view_servers *v, struct canvas *c, struct box box);

/* "now", "45s", "12m", "3h", "5d"; for people. */
void view_servers_age(int64_t wall_ms, int64_t then_ms, char ret[32]);
/* "2.1 ms", "180 us", "1.3 s". */
void view_servers_trip(int64_t trip_us, char ret[32]);

#endif
