/*
 * page_servers.h - the rows of the Servers page: shared by server_rows.c, which makes them, and
 * page_servers.c, which lets them be drawn and acted upon.
 */
#ifndef FRONT_PAGE_SERVERS_H
#define FRONT_PAGE_SERVERS_H

#include "front/servers.h"
#include "ui/view_servers.h"

enum { PAGE_SERVERS_QUEUE_BYTES = 2000 };

struct page_servers {
    struct page page; /* first */
    struct view_servers view;
    struct strv names; /* of the rows: they outlive the inventory that named them */
    struct map *index; /* owned: name -> its row, and one */
    char *env;         /* owned: whose rows they are; NULL: nobody's */
    unsigned version;  /* of the environment */
    bool made;         /* rows were ever made */
    struct server_past past;
    struct server_live live;
    bool run_ended; /* one that was under way here: the store has not been asked since */
    struct server_deletion deletion;
    struct buf found; /* of found_by */
    char queue[PAGE_SERVERS_QUEUE_BYTES];
};

/* Table and callbacks of a page that is all zero otherwise. */
void server_rows_init(struct page_servers *p);
void server_rows_release(struct page_servers *p);
/* Make the rows anew where the environment was read again: what they pointed to is gone.  Look
 * which run is under way.  Comes before anything else is asked of them. */
void server_rows_sync(struct page_servers *p);
/* Read the store if it has something new; while a run is under way here, the run tells more. */
void server_rows_read_past(struct page_servers *p, bool force);
/* The row of a server, which is its number in the inventory; -1. */
ptrdiff_t server_rows_find(const struct page_servers *p, const char *name);

#endif
