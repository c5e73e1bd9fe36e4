/*
 * page_chart.c - one run looked back at: slots over time, hosts; down to a host's log.
 *
 * Decides how the run is read: a piece of its journal a turn of the loop, and, while it goes on,
 * anew after thirty times as long as that took.  Owns the report.
 */
#include "front/front.h"
#include "front/work.h"

#include "base/xalloc.h"
#include "cli/past.h"
#include "cli/report_read.h"
#include "ui/clock.h"
#include "ui/view_chart.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PIECE_ROWS = 10000, /* some 5 ms */
    AGAIN_MS_MIN = 1000,
    AGAIN_FACTOR = 30, /* reading takes at most 3 % of the time */
};

/* A run that is being read. */
struct reading {
    struct store *store;            /* owned; NULL: nothing is read */
    struct run_list runs;           /* owned: the run */
    struct report_reading *reading; /* owned */
    int64_t rows, spent_us;
};

struct chart_page {
    struct page page;   /* first: the two are cast into each other */
    char *run_id;       /* owned */
    struct event *pump; /* owned */
    struct reading now;
    struct report report;    /* owned; what view shows */
    struct view_chart *view; /* owned; NULL: nothing was read yet */
    struct err err;          /* why not */
    int64_t again_ms;        /* UTC: when it may be read again */
};

static struct chart_page *
mine(struct page *p)
{
    return (struct chart_page *)p;
}

/* ---------------------------------------------------------------- reading */

static int64_t
clock_us(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
stop_reading(struct chart_page *h)
{
    report_reading_free(h->now.reading);
    run_list_release(&h->now.runs);
    store_close(h->now.store);
    h->now = (struct reading){0};
}

/* Open the store, find the run, read what is not its journal. */
static int
begin_reading(struct chart_page *h)
{
    const char *root = front_cli(h->page.front)->root;
    char *path = xasprintf("%s/var/runs.db", root);
    struct reading *n = &h->now;

    n->store = store_open(path, true, &h->err);
    free(path);
    if (n->store == NULL || history_recent(n->store, NULL, h->run_id, 1, &n->runs, &h->err) != 0) {
        return -1;
    }
    if (n->runs.count == 0) {
        return err_set(&h->err, ERR_NO_MATCH, "run %s is not in the store any more", h->run_id);
    }
    if (past_is_alive(root, n->runs.rows)) {
        history_live(n->store, h->run_id);
    }
    n->reading = report_reading_begin(root, n->store, n->runs.rows, &h->err);
    return n->reading == NULL ? -1 : 0;
}

static void
read_on(struct chart_page *h)
{
    static const struct timeval at_once = {0};

    (void)evtimer_add(h->pump, &at_once);
}

static void
start_reading(struct chart_page *h)
{
    const int64_t began_us = clock_us();

    if (h->now.store != NULL) {
        return;
    }
    h->err.kind = ERR_NONE;
    if (begin_reading(h) != 0) {
        stop_reading(h);
        return;
    }
    h->now.spent_us = clock_us() - began_us;
    read_on(h);
}

/* All is read: it is what the view shows from now on. */
static void
end_reading(struct chart_page *h)
{
    const int64_t began_us = clock_us();
    const int64_t now_ms = front_wall_ms(h->page.front);
    struct report old = h->report;
    int64_t again_ms;

    report_reading_end(h->now.reading, now_ms, &h->report);
    h->now.reading = NULL;
    if (h->view == NULL) {
        h->view = view_chart_new(&h->report);
    } else {
        view_chart_set(h->view, &h->report);
    }
    report_release(&old);
    again_ms = (h->now.spent_us + clock_us() - began_us) * AGAIN_FACTOR / 1000;
    h->again_ms = now_ms + (again_ms > AGAIN_MS_MIN ? again_ms : AGAIN_MS_MIN);
    stop_reading(h);
}

static void
on_pump(evutil_socket_t fd, short what, void *arg)
{
    struct chart_page *h = arg;
    const int64_t began_us = clock_us();
    bool done = false;

    (void)fd;
    (void)what;
    if (report_reading_more(h->now.reading, PIECE_ROWS, &done, &h->err) != 0) {
        stop_reading(h);
    } else if (done) {
        end_reading(h);
    } else {
        h->now.rows += PIECE_ROWS;
        h->now.spent_us += clock_us() - began_us;
        read_on(h);
    }
    front_changed(h->page.front);
}

static void
chart_tick(struct page *p, int64_t wall_ms)
{
    struct chart_page *h = mine(p);

    if (h->view == NULL || (h->report.state == REPORT_RUNNING && wall_ms >= h->again_ms)) {
        start_reading(h);
    }
}

/* ---------------------------------------------------------------- what can be done */

static void
show_log(struct chart_page *h)
{
    struct front *f = h->page.front;
    int32_t host = -1;

    if (h->view == NULL || !view_chart_at(h->view, &host)) {
        return;
    }
    if (h->report.hosts[host].outcome == OUTCOME_UNTOUCHED) {
        front_say(f, LOOK_WARN, "%s was not begun in this run", h->report.names.items[host]);
        return;
    }
    front_push(f, page_hostlog_new(f, h->report.env, h->run_id, h->report.names.items[host]));
}

static bool
chart_act(struct page *p, enum act act)
{
    struct chart_page *h = mine(p);

    if (act == ACT_ENTER || act == ACT_LOGS) {
        show_log(h);
        return true;
    }
    if (act == ACT_RETRY_FAILED) {
        work_propose_retry(front_work(p->front), h->run_id);
        return true;
    }
    if (act == ACT_REFRESH) {
        start_reading(h);
        return false;
    }
    if (h->view == NULL) {
        return false;
    }
    if (act == ACT_BACK && view_chart_filter_text(h->view)[0] != '\0') {
        view_chart_filter(h->view, "", false);
        return true;
    }
    return view_chart_act(h->view, act);
}

static bool
chart_key(struct page *p, const struct key *k)
{
    return (k->code == KEYC_CLICK || k->code == KEYC_WHEEL_UP || k->code == KEYC_WHEEL_DOWN) &&
           mine(p)->view != NULL && view_chart_click(mine(p)->view, k);
}

static void
chart_filter(struct page *p, const char *text, bool without)
{
    if (mine(p)->view != NULL) {
        view_chart_filter(mine(p)->view, text, without);
    }
}

static void
chart_draw(struct page *p, struct canvas *c, struct box box)
{
    const struct chart_page *h = mine(p);

    if (h->view != NULL) {
        view_chart_draw(h->view, c, box);
    } else if (h->err.kind != ERR_NONE) {
        canvas_text(c, box.row + 1, box.col + 2, box.cols - 2, LOOK_BAD, h->err.text);
    } else {
        canvas_print(c, box.row + 1, box.col + 2, box.cols - 2, LOOK_DIM,
                     "reading run %s: %" PRId64 " lines of its journal", h->run_id, h->now.rows);
    }
}

static void
chart_subtitle(struct page *p, char *ret, size_t size)
{
    const struct chart_page *h = mine(p);
    char when[CLOCK_BYTES];

    if (h->view == NULL) {
        (void)snprintf(ret, size, "%s", h->run_id);
        return;
    }
    clock_minutes(h->report.started_wall_ms, when);
    (void)snprintf(ret, size, "%s %s of %s%s", h->report.action, h->report.env, when,
                   h->err.kind != ERR_NONE ? ", cannot be read again" : "");
}

static void
chart_free(struct page *p)
{
    struct chart_page *h = mine(p);

    stop_reading(h);
    event_free(h->pump);
    view_chart_free(h->view);
    report_release(&h->report);
    free(h->run_id);
    free(h);
}

struct page *
page_chart_new(struct front *f, const char *run_id)
{
    static const struct page_ops ops = {
        .where = AT_CHART,
        .title = "One run",
        .draw = chart_draw,
        .subtitle = chart_subtitle,
        .key = chart_key,
        .act = chart_act,
        .filter = chart_filter,
        .tick = chart_tick,
        .free = chart_free,
    };
    struct chart_page *h = xcalloc(1, sizeof(*h));

    h->page = (struct page){.ops = &ops, .front = f};
    h->run_id = xstrdup(run_id);
    h->pump = evtimer_new(front_base(f), on_pump, h);
    return &h->page;
}
