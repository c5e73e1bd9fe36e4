/*
 * servers.h - what the pages of servers share: the list, the details, the forms.
 */
#ifndef FRONT_SERVERS_H
#define FRONT_SERVERS_H

#include "base/buf.h"
#include "base/map.h"
#include "base/strv.h"
#include "front/front.h"
#include "front/work.h"
#include "store/history.h"
#include "store/host_runs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* ---- server_past.c: what the store knows of the servers of an environment */

/* How the store's file looked; it is read again only when that has changed. */
struct past_mark {
    struct timespec changed[2]; /* runs.db, runs.db-wal */
    off_t size[2];
};
struct server_past {
    char *env;               /* owned; NULL: nothing was read */
    struct host_list states; /* sorted by name */
    struct map *actions;     /* owned: run id -> action */
    struct past_mark mark;
    int64_t next_ms; /* monotonic: not before; what is slow to read is read seldom */
};

void server_past_release(struct server_past *p);
/* Read it, unless nothing has changed since it was, or that took long and was just done; force:
 * whatever is so.  True: it is new.  -1 is told by err only. */
bool server_past_read(struct server_past *p, const char *root, const char *env, bool force,
                      struct err *err);
const struct host_row *server_past_of(const struct server_past *p, const char *host); /* NULL */
/* The action of its last run; "run" where that run is not kept any more. */
const char *server_past_action(const struct server_past *p, const struct host_row *row);

/* ---- server_live.c: where servers stand in the run under way in this process */

struct server_live {
    const struct feed *feed; /* borrowed: whose names are known; NULL: none */
    char run[RUN_ID_SIZE];
    struct map *hosts; /* owned: name -> its number in the feed, and one */
};

void server_live_release(struct server_live *l);
/* Look which run is under way.  True: another one, or none any more, than last time. */
bool server_live_sync(struct server_live *l, struct front *f);
/* Whether a server is in the run under way of the open environment; *ret_host: its number. */
bool server_live_find(const struct server_live *l, const char *host, int32_t *ret_host);

/* ---- server_text.c: all that is known of a server, to be read */

struct server_facts {
    const struct loaded *loaded; /* borrowed, as all */
    const char *root;
    size_t host;                      /* its number in the inventory */
    const struct host_row *state;     /* or NULL */
    const char *action;               /* of that state */
    const struct host_run_list *runs; /* or NULL: not known */
};
/* Append it: heads at the beginning of a line, what stands below them indented. */
void server_text(const struct server_facts *facts, struct buf *out);
/* The look of a line of it, for pager_color. */
unsigned server_text_look(const char *bytes, size_t len);

/* ---- server_acts.c: what can be done to servers, from the list and from the details */

/* A deletion that was asked for and is answered later. */
struct server_deletion {
    struct front *front; /* borrowed */
    struct strv names;
    size_t done;
    struct strv left;   /* files that stay */
    struct event *next; /* owned: one server a turn of the loop */
    char *env;          /* owned: of the environment that they are of */
};

/* Whether an act is one of servers, or of the queue. */
bool server_takes(enum act act);
/* Do what it means to these servers; at: the one under the cursor; none and NULL are told. */
void server_act(struct server_deletion *d, struct front *f, enum act act, const struct strv *names,
                const char *at);
/* A word of the `:` line: `run NAME`, `workers N`.  False: another. */
bool server_command(struct front *f, const char *word, const char *rest, const struct strv *names);
void server_deletion_release(struct server_deletion *d);

/* ---- page_servers.c */

/* The number of a host in the inventory of the open environment; -1. */
ptrdiff_t server_number(struct front *f, const char *host);
/* What the list knows of the past: borrowed until the loop goes on. */
const struct server_past *page_servers_past(struct front *f);
/* The cursor of the Servers page to a server. */
void page_servers_go(struct front *f, const char *host);

/* ---- page_server.c */

/* The details of a server, if they are what is seen, become those of another name; NULL: are left.
 */
void page_server_follow(struct front *f, const char *was, const char *name);

/* ---- browse.c: a server in the browser */

/* Its address for a browser; NULL and err: there is none that may be opened.  The caller frees it.
 */
char *browse_url(const struct loaded *l, struct vault *vault, size_t host, struct err *err);
/* Words of the program that opens url: of $BROWSER (browser: a list with `:`, `%s` stands for the
 * url, the n-th of them), else xdg-open where there is a display.  False: there is no such program.
 */
bool
browse_words(const char *browser, bool display, size_t n, const char *url, struct strv *ret_words);
/* Open it.  1: a program was started; 0: there is none here; -1 and err. */
int browse_open(const char *url, struct err *err);

#endif
