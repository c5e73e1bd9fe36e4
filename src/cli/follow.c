/*
 * follow.c - a run while it goes on, shown until it is over.
 *
 * Decides where a snapshot comes from: the run's control socket, or once a second the store where
 * there is none.  Owns the terminal while it shows there, and gives it back however it ends.
 */
#include "cli/follow.h"

#include "base/xalloc.h"
#include "cli/link.h"
#include "cli/pane.h"
#include "cli/past.h"
#include "cli/snapshot_read.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND_MS = 1000 };

/* ---------------------------------------------------------------- from the store */

static void
fill_row(const struct cli *c, const struct run_row *row, struct snapshot *s)
{
    const bool over = row->exit_code >= 0;

    *s = snapshot_empty();
    s->at_ms = past_now_ms();
    s->run = xstrdup(row->id);
    s->env = xstrdup(row->env);
    s->action = xstrdup(row->action);
    s->strategy = xstrdup(row->strategy);
    s->mutating = row->mutating;
    s->pid = row->pid;
    s->started_ms = row->started_wall_ms;
    s->state = xstrdup(over ? "over" : past_is_alive(c->root, row) ? "running" : "died");
    s->halt = row->halt == NULL || row->halt[0] == '\0' ? NULL : xstrdup(row->halt);
    s->workers = row->workers > 0 ? row->workers : 1;
    s->host_count = row->host_count;
    for (int i = 0; i < OUTCOMES; i++) {
        s->totals.count[i] = row->outcomes[i];
    }
    s->exit_code = row->exit_code;
}

static void
fill_hosts(const struct host_list *list, struct snapshot *s)
{
    s->hosts = xcalloc(SNAPSHOT_HOSTS_MAX, sizeof(*s->hosts));
    s->failures = xcalloc(SNAPSHOT_FAILURES_MAX, sizeof(*s->failures));
    for (size_t i = 0; i < list->count; i++) {
        const struct host_row *h = &list->rows[i];
        s->active += h->outcome == OUTCOME_RUNNING;
        if (h->outcome == OUTCOME_RUNNING && s->shown < SNAPSHOT_HOSTS_MAX) {
            s->hosts[s->shown++] = (struct snapshot_host){.name = xstrdup(h->name),
                                                          .doing = xstrdup("in flight"),
                                                          .slot = h->slot,
                                                          .since_ms = h->wall_ms};
        } else if (outcome_is_bad(h->outcome) && s->failed < SNAPSHOT_FAILURES_MAX) {
            s->failures[s->failed++] =
                (struct snapshot_failure){.name = xstrdup(h->name),
                                          .outcome = xstrdup(outcome_name(h->outcome)),
                                          .reason = xstrdup(h->reason)};
        }
    }
}

static int
read_store(const struct cli *c, const struct running *r, struct snapshot *ret, struct err *err)
{
    struct store *s = past_open(c->root, err);
    struct run_list runs = {0};
    struct host_list hosts = {0};
    int rc = -1;

    if (s != NULL && history_find(s, r->id, &runs, err) == 0 &&
        history_hosts(s, r->id, &hosts, err) == 0) {
        fill_row(c, &runs.rows[0], ret);
        fill_hosts(&hosts, ret);
        rc = 0;
    }
    host_list_release(&hosts);
    run_list_release(&runs);
    store_close(s);
    return rc;
}

/* ---------------------------------------------------------------- from the run */

/* Whether it is one; a run that refuses to show itself is asked no more. */
static bool
take_line(const char *line, struct snapshot *s)
{
    struct snapshot new;

    if (snapshot_read(line, strlen(line), &new, NULL) != 0) {
        return false;
    }
    snapshot_release(s);
    *s = new;
    return true;
}

int
follow_once(const struct cli *c, const struct running *r, int timeout_ms, struct snapshot *ret,
            struct err *err)
{
    struct link l = {.fd = -1};
    char *line = NULL;
    bool none = false;
    bool heard = false;

    *ret = snapshot_empty();
    if (link_open(&l, c->root, r->id, &none, NULL) == 0) {
        link_ask(&l, "status");
        heard = link_hear(&l, timeout_ms, -1, &line) == HEARD_LINE && take_line(line, ret);
    }
    link_close(&l);
    free(line);
    return heard ? 0 : read_store(c, r, ret, err);
}

/* ---------------------------------------------------------------- following */

struct follow {
    const struct cli *c;     /* borrowed */
    const struct running *r; /* borrowed */
    struct link link;
    struct pane *pane; /* owned */
    struct snapshot now;
};

static bool
is_over(const struct snapshot *s)
{
    return s->exit_code >= 0 || strcmp(s->state, "died") == 0;
}

static void
try_link(struct follow *f)
{
    bool none = false;

    if (link_open(&f->link, f->c->root, f->r->id, &none, NULL) == 0) {
        link_ask(&f->link, "watch");
    }
}

/* One change, or a second. */
static int
wait_linked(struct follow *f)
{
    char *line = NULL;
    const enum heard heard = link_hear(&f->link, SECOND_MS, pane_fd(f->pane), &line);

    if (heard == HEARD_END || (heard == HEARD_LINE && !take_line(line, &f->now))) {
        link_close(&f->link);
    }
    free(line);
    return 0;
}

static int
wait_unlinked(struct follow *f, struct err *err)
{
    struct pollfd p = {.fd = pane_fd(f->pane), .events = POLLIN};
    struct snapshot new;

    if (read_store(f->c, f->r, &new, err) != 0) {
        return -1;
    }
    snapshot_release(&f->now);
    f->now = new;
    if (!is_over(&f->now)) {
        pane_show(f->pane, &f->now, past_now_ms());
        (void)poll(&p, 1, SECOND_MS);
        try_link(f);
    }
    return 0;
}

int
follow_run(const struct cli *c, const struct running *r, struct err *err)
{
    struct follow f = {.c = c, .r = r, .link = {.fd = -1}, .now = snapshot_empty()};
    int rc = 0;

    f.pane = pane_open(c, err);
    if (f.pane == NULL) {
        return -1;
    }
    try_link(&f);
    while (rc == 0 && pane_is_wanted(f.pane) && (f.now.state == NULL || !is_over(&f.now))) {
        rc = f.link.fd >= 0 ? wait_linked(&f) : wait_unlinked(&f, err);
        pane_signals(f.pane);
        if (f.now.state != NULL) {
            pane_show(f.pane, &f.now, past_now_ms());
        }
    }
    pane_close(f.pane, f.now.state == NULL ? NULL : &f.now, past_now_ms());
    link_close(&f.link);
    snapshot_release(&f.now);
    return rc;
}
