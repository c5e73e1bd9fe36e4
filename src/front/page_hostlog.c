/*
 * page_hostlog.c - what a host said in a run, followed while the run goes on.
 *
 * Decides how long it is worth to look for more.  Owns the reader of the files.
 */
#include "front/follow.h"
#include "front/peek.h"

#include "base/xalloc.h"
#include "cli/past.h"
#include "store/hostlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 200000, BYTES_MAX = 17 << 20 };

struct hostlog_page {
    struct follow follow;          /* first: the two are cast into each other */
    struct hostlog_reader *reader; /* owned; NULL: there is none, and err says why */
    struct err err;
    struct peek peek;
    char *run_id; /* owned */
    char *title;  /* owned */
    bool over;    /* and all was read that it may have said */
};

static int64_t
hostlog_next(void *arg, char *bytes, size_t size, bool *ret_anew, struct err *err)
{
    struct hostlog_page *h = arg;

    (void)ret_anew;
    if (h->reader == NULL) {
        return err_set(err, h->err.kind, "%s", h->err.text);
    }
    return hostlog_reader_next(h->reader, bytes, size, err);
}

/* Whether the run goes on: ours, or that of another process. */
static bool
goes_on(struct hostlog_page *h)
{
    const char *root = front_cli(h->follow.page.front)->root;
    struct run_list runs;
    struct err ignored = {0};
    const bool alive =
        peek_run(&h->peek, root, h->run_id, &runs, &ignored) && past_is_alive(root, runs.rows);

    run_list_release(&runs);
    return alive;
}

static void
hostlog_tick(struct page *p, int64_t wall_ms)
{
    struct hostlog_page *h = (struct hostlog_page *)p;

    if (h->over) {
        if (h->follow.read_once && pager_lines(h->follow.pager) == 0) {
            h->follow.state = "it said nothing";
        }
        return;
    }
    h->over = !goes_on(h); /* looked at first: what is read behind it is all */
    h->follow.state = h->over ? NULL : "the run goes on";
    if (h->over) {
        peek_close(&h->peek);
    }
    follow_tick(p, wall_ms);
}

static void
hostlog_subtitle(struct page *p, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s", ((struct hostlog_page *)p)->title);
}

static void
hostlog_free(struct page *p)
{
    struct hostlog_page *h = (struct hostlog_page *)p;

    follow_release(&h->follow);
    hostlog_reader_free(h->reader);
    peek_close(&h->peek);
    free(h->run_id);
    free(h->title);
    free(h);
}

struct page *
page_hostlog_new(struct front *f, const char *env, const char *run_id, const char *host)
{
    static const struct page_ops ops = {
        .where = AT_TEXT,
        .title = "Log of a host",
        .draw = follow_draw,
        .subtitle = hostlog_subtitle,
        .key = follow_key,
        .act = follow_act,
        .possible = follow_possible,
        .filter = follow_filter,
        .search = follow_search,
        .tick = hostlog_tick,
        .free = hostlog_free,
    };
    const char *root = front_cli(f)->root;
    struct hostlog_page *h = xcalloc(1, sizeof(*h));
    const struct follow_source source = {.next = hostlog_next, .arg = h};
    char *dir = xasprintf("%s/var/log", root);

    follow_init(&h->follow, f, &ops, &source, host, LINES_MAX, BYTES_MAX);
    h->title = xasprintf("%s in run %s of %s", host, run_id, env);
    h->reader = hostlog_reader_new(dir, env, run_id, host, &h->err);
    h->run_id = xstrdup(run_id);
    free(dir);
    return &h->follow.page;
}
