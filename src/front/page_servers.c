/*
 * page_servers.c - the servers of the open environment: seen, filtered, marked, acted upon.
 *
 * Decides which servers a key or a word is about.  Owns the table with its marks, and a deletion
 * that waits for its answer.  Never waits, never writes.
 */
#include "front/page_servers.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUEUE_SHOWN = 3,      /* actions of the queue that are named */
    SORT_ROWS_MAX = 1000, /* rows that are sorted again by themselves */
};

static struct page_servers *
self(struct page *p)
{
    return (struct page_servers *)p;
}

/* ---------------------------------------------------------------- drawing, time */

/* "deploy prod 9 servers, check prod web-1, and 3 more" */
static const char *
queue_text(struct page_servers *p)
{
    const struct queue_list *q = work_queue(front_work(p->page.front));
    size_t len = 0;

    if (q == NULL || q->count == 0) {
        return NULL;
    }
    for (size_t i = 0; i < q->count && i < QUEUE_SHOWN && len < sizeof(p->queue); i++) {
        const struct queued *r = &q->rows[i];
        char *hosts = r->hosts.count == 0   ? xstrdup("all servers")
                      : r->hosts.count == 1 ? xstrdup(r->hosts.items[0])
                                            : xasprintf("%zu servers", r->hosts.count);
        len += (size_t)snprintf(p->queue + len, sizeof(p->queue) - len, "%s%.100s %.100s %.100s",
                                i == 0 ? "" : ", ", r->action, r->env, hosts);
        free(hosts);
    }
    if (q->count > QUEUE_SHOWN && len < sizeof(p->queue)) {
        snprintf(p->queue + len, sizeof(p->queue) - len, ", and %zu more", q->count - QUEUE_SHOWN);
    }
    return p->queue;
}

static void
draw(struct page *page, struct canvas *c, struct box box)
{
    struct page_servers *p = self(page);
    const struct screen *screen = front_screen(page->front);

    server_rows_sync(p);
    p->view.wall_ms = front_wall_ms(page->front);
    p->view.ascii = screen != NULL && screen_is_ascii(screen);
    p->view.queue = queue_text(p);
    p->view.queue_runs = work_queue_runs(front_work(page->front));
    p->view.nothing = p->env == NULL ? "no environment is open: 1 shows those there are"
                                     : "no server yet: n adds one";
    view_servers_draw(&p->view, c, box);
}

/* How a deployment would go, as the guide has it: "rolling, 3 workers". */
static void
subtitle(struct page *page, char *ret, size_t size)
{
    const struct loaded *l = front_env(page->front);

    if (l == NULL) {
        snprintf(ret, size, "%s", "");
        return;
    }
    const int workers = (int)l->settings.policy.workers;
    const char *strategy = strategy_name(l->settings.deployment_strategy);
    if (workers == 0) {
        snprintf(ret, size, "%s, one at a time (no workers)", front_env_name(page->front));
    } else {
        snprintf(ret, size, "%s, %s, %d worker%s", front_env_name(page->front), strategy, workers,
                 workers == 1 ? "" : "s");
    }
}

static void
tick(struct page *page, int64_t wall_ms)
{
    struct page_servers *p = self(page);

    server_rows_sync(p);
    p->view.wall_ms = wall_ms;
    server_rows_read_past(p, p->run_ended); /* the run is over: the store has it all */
    p->run_ended = false;
    if (p->live.feed != NULL && p->view.count <= SORT_ROWS_MAX) {
        table_refresh(p->view.table);
    }
    front_changed(page->front);
}

/* ---------------------------------------------------------------- who is chosen */

static void
marked_names(const struct page_servers *p, struct strv *ret)
{
    for (size_t i = 0; table_marked(p->view.table) > 0 && i < p->view.count; i++) {
        if (table_is_marked(p->view.table, i)) {
            strv_add(ret, p->view.rows[i].name);
        }
    }
}

static const char *
name_at(const struct page_servers *p)
{
    size_t row = 0;

    return table_at(p->view.table, &row) ? p->view.rows[row].name : NULL;
}

static void
chosen_names(const struct page_servers *p, struct strv *ret)
{
    const char *at = name_at(p);

    marked_names(p, ret);
    if (ret->count == 0 && at != NULL) {
        strv_add(ret, at);
    }
}

static struct page_servers *
the_page(struct front *f)
{
    struct page *p = front_page(f, AT_SERVERS);

    if (p == NULL) {
        return NULL;
    }
    server_rows_sync(self(p));
    return self(p);
}

void
front_chosen(struct front *f, struct strv *ret_names)
{
    const struct page_servers *p = the_page(f);

    if (p != NULL) {
        chosen_names(p, ret_names);
    }
}

void
front_marked(struct front *f, struct strv *ret_names)
{
    const struct page_servers *p = the_page(f);

    if (p != NULL) {
        marked_names(p, ret_names);
    }
}

ptrdiff_t
server_number(struct front *f, const char *host)
{
    const struct page_servers *p = the_page(f);

    return p == NULL ? -1 : server_rows_find(p, host);
}

const struct server_past *
page_servers_past(struct front *f)
{
    static const struct server_past none;
    const struct page_servers *p = the_page(f);

    return p == NULL ? &none : &p->past;
}

void
page_servers_go(struct front *f, const char *host)
{
    struct page_servers *p = the_page(f);
    const ptrdiff_t row = p == NULL ? -1 : server_rows_find(p, host);

    if (row < 0) {
        return;
    }
    table_go(p->view.table, (size_t)row);
    size_t at = 0;
    if (!table_at(p->view.table, &at) || at != (size_t)row) { /* the filter hides it */
        table_filter(p->view.table, NULL, false);
        table_go(p->view.table, (size_t)row);
    }
}

/* Mark the servers of a pattern, or not any more; only: those and no others. */
static int
mark_pattern(struct front *f, const char *pattern, bool mark, bool only, struct err *err)
{
    struct page_servers *p = the_page(f);
    size_t *hosts = NULL;
    size_t count = 0;

    if (p == NULL || p->env == NULL) {
        return err_set(err, ERR_USAGE, "no environment is open");
    }
    if (inventory_select(front_env(f)->inventory, pattern, &hosts, &count, err) != 0) {
        return -1;
    }
    for (size_t i = 0; only && i < p->view.count; i++) {
        table_mark(p->view.table, i, false);
    }
    for (size_t i = 0; i < count; i++) {
        table_mark(p->view.table, hosts[i], mark);
    }
    free(hosts);
    front_changed(f);
    return 0;
}

int
front_mark_pattern(struct front *f, const char *pattern, struct err *err)
{
    return mark_pattern(f, pattern, true, false, err);
}

/* ---------------------------------------------------------------- keys and words */

static bool
key(struct page *page, const struct key *k)
{
    struct page_servers *p = self(page);

    if (k->code != KEYC_CLICK && k->code != KEYC_WHEEL_UP && k->code != KEYC_WHEEL_DOWN) {
        return false;
    }
    server_rows_sync(p);
    if (p->view.count == 0 || !table_click(p->view.table, k)) {
        return false;
    }
    front_changed(page->front);
    return true;
}

static void
test_marked(struct page_servers *p)
{
    struct strv names = {0};

    marked_names(p, &names);
    if (names.count == 0) {
        front_say(p->page.front, LOOK_WARN,
                  "no server is marked: Space marks one, a all (t tests the one under the cursor)");
    } else {
        work_test(front_work(p->page.front), &names);
    }
    strv_clear(&names);
}

/* Of the page itself; false: not. */
static bool
own_act(struct page_servers *p, enum act act)
{
    struct front *f = p->page.front;
    const char *at = name_at(p);

    if (act == ACT_ADD) {
        if (p->env == NULL) {
            front_say(f, LOOK_WARN, "no environment is open");
        } else {
            front_push(f, page_edit_server_new(f, NULL));
        }
    } else if (act == ACT_ENTER && at != NULL) {
        front_push(f, page_server_new(f, at));
    } else if (act == ACT_TEST_MARKED) {
        test_marked(p);
    } else if (act == ACT_REFRESH) {
        front_refresh_env(f);
        server_rows_sync(p);
        server_rows_read_past(p, true);
    } else if (act == ACT_BACK && table_filter_text(p->view.table)[0] != '\0') {
        table_filter(p->view.table, NULL, false);
    } else {
        return false;
    }
    return true;
}

static bool
act(struct page *page, enum act a)
{
    struct page_servers *p = self(page);
    struct strv names = {0};

    server_rows_sync(p);
    if (table_act(p->view.table, a) || own_act(p, a)) {
        front_changed(page->front);
        return true;
    }
    if (!server_takes(a)) {
        return false;
    }
    chosen_names(p, &names);
    char *at = name_at(p) == NULL ? NULL : xstrdup(name_at(p));
    server_act(&p->deletion, page->front, a, &names, at);
    free(at);
    strv_clear(&names);
    return true;
}

/* Where there is no server yet, the first one is all that can be done. */
static bool
possible(struct page *page, enum act a)
{
    const struct page_servers *p = self(page);

    return p->view.count > 0 || a == ACT_QUIT || a == ACT_HELP ||
           (a == ACT_ADD && front_env(page->front) != NULL);
}

static void
filter(struct page *page, const char *text, bool without)
{
    struct page_servers *p = self(page);

    server_rows_sync(p);
    table_filter(p->view.table, text, without);
    front_changed(page->front);
}

static const struct {
    const char *word;
    bool mark, only;
} marking[] = {
    {"mark", true, false},
    {"unmark", false, false},
    {"limit", true, true}, /* as -l: these and no others */
};

static bool
command(struct page *page, const char *word, const char *rest)
{
    struct page_servers *p = self(page);
    struct strv names = {0};
    struct err err = {0};

    server_rows_sync(p);
    for (size_t i = 0; i < sizeof(marking) / sizeof(marking[0]); i++) {
        if (strcmp(marking[i].word, word) != 0) {
            continue;
        }
        const char *pattern = rest[0] == '\0' ? "all" : rest;
        if (mark_pattern(page->front, pattern, marking[i].mark && rest[0] != '\0', marking[i].only,
                         &err) != 0) {
            front_say(page->front, LOOK_BAD, "%s", err.text);
        } else {
            front_say(page->front, LOOK_OK, "%zu marked", table_marked(p->view.table));
        }
        return true;
    }
    chosen_names(p, &names);
    const bool taken = server_command(page->front, word, rest, &names);
    strv_clear(&names);
    return taken;
}

/* ---------------------------------------------------------------- life */

static void
release(struct page *page)
{
    struct page_servers *p = self(page);

    server_deletion_release(&p->deletion);
    server_rows_release(p);
    free(p);
}

struct page *
page_servers_new(struct front *f)
{
    static const struct page_ops ops = {
        .where = AT_SERVERS,
        .title = "Servers",
        .draw = draw,
        .subtitle = subtitle,
        .key = key,
        .act = act,
        .possible = possible,
        .filter = filter,
        .command = command,
        .tick = tick,
        .free = release,
    };
    struct page_servers *p = xcalloc(1, sizeof(*p));

    p->page = (struct page){.ops = &ops, .front = f};
    server_rows_init(p);
    return &p->page;
}
