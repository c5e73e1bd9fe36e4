/*
 * page_server.c - the details of one server: every variable with its place, its state, its runs.
 *
 * Decides when the text is made anew: what changes all the time stands in the line above it, so
 * that nobody loses his place.  Owns text and pager.  Never waits, never writes.
 */
#include "front/servers.h"

#include "base/xalloc.h"
#include "ui/view_server.h"
#include "ui/view_servers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_BYTES_MAX = 8 << 20,
    LINES_MAX = 200000,
    RUNS_SHOWN = 10,
};

struct page_server {
    struct page page; /* first */
    char *host;       /* owned */
    unsigned version; /* of the environment the text is from */
    bool made;
    bool run_ended; /* one that was under way here, after the text was made */
    struct server_live live;
    struct server_deletion deletion;
    struct view_server view;
};

static struct page_server *
self(struct page *p)
{
    return (struct page_server *)p;
}

/* ---------------------------------------------------------------- the text */

/* The last runs, from the store; empty, and told, where that cannot be read. */
static void
read_runs(struct page_server *p, struct host_run_list *ret)
{
    struct front *f = p->page.front;
    char *path = xasprintf("%s/var/runs.db", front_cli(f)->root);
    struct err err = {0};
    struct store *s = store_open(path, true, &err);

    if (s == NULL || host_runs_read(s, front_env_name(f), p->host, RUNS_SHOWN, ret, &err) != 0) {
        front_say(f, LOOK_BAD, "%s", err.text);
    }
    store_close(s);
    free(path);
}

static void
make_text(struct page_server *p, size_t host, struct buf *out)
{
    const struct server_past *past = page_servers_past(p->page.front);
    const struct host_row *state = server_past_of(past, p->host);
    struct host_run_list runs = {0};

    read_runs(p, &runs);
    const struct server_facts facts = {
        .loaded = front_env(p->page.front),
        .root = front_cli(p->page.front)->root,
        .host = host,
        .state = state,
        .action = state == NULL ? NULL : server_past_action(past, state),
        .runs = &runs,
    };
    server_text(&facts, out);
    host_run_list_release(&runs);
}

static void
sync(struct page_server *p)
{
    struct front *f = p->page.front;
    const bool ran = p->live.feed != NULL;
    struct buf text;

    p->run_ended = (server_live_sync(&p->live, f) && ran) || p->run_ended;
    if (p->made && p->version == front_env_version(f) && !p->run_ended) {
        return;
    }
    const ptrdiff_t host = server_number(f, p->host);
    buf_init(&text, TEXT_BYTES_MAX);
    if (host < 0) {
        (void)buf_adds(&text, "It is not in the inventory any more.\n");
    } else {
        make_text(p, (size_t)host, &text);
    }
    pager_clear(p->view.pager);
    pager_add(p->view.pager, text.data, text.len);
    if (!p->made) {
        (void)pager_act(p->view.pager, ACT_TOP); /* a pager begins at its end */
    }
    buf_release(&text);
    p->made = true;
    p->run_ended = false;
    p->version = front_env_version(f);
}

/* ---------------------------------------------------------------- drawing */

static void
note_test(struct page_server *p, struct view_server_note *ret)
{
    struct front *f = p->page.front;
    const char *env = front_env_name(f);
    struct work_test t = {.state = TEST_NONE};
    char trip[32];

    if (env != NULL) {
        t = work_test_of(front_work(f), env, p->host);
    }
    switch (t.state) {
    case TEST_NONE:
        break;
    case TEST_RUNNING:
        snprintf(ret->text, sizeof(ret->text), "test ...");
        ret->look = LOOK_BUSY;
        break;
    case TEST_OK:
        view_servers_trip(t.trip_us, trip);
        snprintf(ret->text, sizeof(ret->text), "test ok%s%s", t.trip_us < 0 ? "" : ", ",
                 t.trip_us < 0 ? "" : trip);
        ret->look = LOOK_OK;
        break;
    case TEST_FAILED:
        snprintf(ret->text, sizeof(ret->text), "test failed: %s", t.reason == NULL ? "" : t.reason);
        ret->look = LOOK_BAD;
        break;
    }
}

static void
note_run(struct page_server *p, struct view_server_note *ret)
{
    int32_t host = 0;

    if (!server_live_find(&p->live, p->host, &host)) {
        return;
    }
    const struct board_host *h = &feed_board(p->live.feed)->hosts[host];
    const char *action = work_action(front_work(p->page.front));
    if (h->outcome == OUTCOME_RUNNING && h->step_count > 0) {
        snprintf(ret->text, sizeof(ret->text), "%s: step %" PRId32 "/%" PRId32 " %s",
                 action == NULL ? "run" : action, h->step, h->step_count,
                 h->step_name == NULL ? "" : h->step_name);
    } else {
        snprintf(ret->text, sizeof(ret->text), "%s: %s", action == NULL ? "run" : action,
                 outcome_name(h->outcome));
    }
    ret->look = h->outcome == OUTCOME_RUNNING ? LOOK_BUSY
                : outcome_is_bad(h->outcome)  ? LOOK_BAD
                : h->outcome == OUTCOME_OK    ? LOOK_OK
                                              : LOOK_DIM;
}

static void
draw(struct page *page, struct canvas *c, struct box box)
{
    struct page_server *p = self(page);

    sync(p);
    memset(p->view.notes, 0, sizeof(p->view.notes));
    note_run(p, &p->view.notes[0]);
    note_test(p, &p->view.notes[1]);
    view_server_draw(&p->view, c, box);
}

static void
subtitle(struct page *page, char *ret, size_t size)
{
    snprintf(ret, size, "%s", self(page)->host);
}

/* ---------------------------------------------------------------- keys */

static bool
key(struct page *page, const struct key *k)
{
    if (!pager_wheel(self(page)->view.pager, k)) {
        return false;
    }
    front_changed(page->front);
    return true;
}

static bool
act(struct page *page, enum act a)
{
    struct page_server *p = self(page);
    struct strv names = {0};

    sync(p);
    if (pager_act(p->view.pager, a)) {
        front_changed(page->front);
        return true;
    }
    if (a == ACT_REFRESH) {
        front_refresh_env(page->front);
        p->made = false;
        front_changed(page->front);
        return true;
    }
    if (a == ACT_BACK && pager_filter_text(p->view.pager)[0] != '\0') {
        pager_filter(p->view.pager, NULL, false);
        front_changed(page->front);
        return true;
    }
    if (!server_takes(a)) {
        return false;
    }
    if (server_number(page->front, p->host) >= 0) {
        strv_add(&names, p->host);
    }
    server_act(&p->deletion, page->front, a, &names, p->host);
    strv_clear(&names);
    return true;
}

static bool
possible(struct page *page, enum act a)
{
    return a != ACT_FOLLOW &&
           (a != ACT_SEARCH_NEXT || pager_search_text(self(page)->view.pager)[0] != '\0');
}

static void
filter(struct page *page, const char *text, bool without)
{
    sync(self(page));
    pager_filter(self(page)->view.pager, text, without);
    front_changed(page->front);
}

static void
search(struct page *page, const char *text)
{
    sync(self(page));
    if (!pager_search(self(page)->view.pager, text, false) && text[0] != '\0') {
        front_say(page->front, LOOK_WARN, "nowhere: %s", text);
    }
    front_changed(page->front);
}

static bool
command(struct page *page, const char *word, const char *rest)
{
    struct page_server *p = self(page);
    struct strv names = {0};

    if (server_number(page->front, p->host) >= 0) {
        strv_add(&names, p->host);
    }
    const bool taken = server_command(page->front, word, rest, &names);
    strv_clear(&names);
    return taken;
}

static void
tick(struct page *page, int64_t wall_ms)
{
    (void)wall_ms;
    front_changed(page->front); /* the line above the text; its text is made when drawn */
}

void
page_server_follow(struct front *f, const char *was, const char *name)
{
    struct page *top = front_top(f);

    if (top->ops->tick != tick || strcmp(self(top)->host, was) != 0) {
        return; /* another page */
    }
    if (name == NULL) {
        front_pop(f);
        return;
    }
    char *host = xstrdup(name);
    free(self(top)->host);
    self(top)->host = host;
    self(top)->view.name = host;
    self(top)->made = false;
    front_changed(f);
}

/* ---------------------------------------------------------------- life */

static void
release(struct page *page)
{
    struct page_server *p = self(page);

    server_deletion_release(&p->deletion);
    server_live_release(&p->live);
    pager_free(p->view.pager);
    free(p->host);
    free(p);
}

struct page *
page_server_new(struct front *f, const char *host)
{
    static const struct page_ops ops = {
        .where = AT_SERVER,
        .title = "Server",
        .draw = draw,
        .subtitle = subtitle,
        .key = key,
        .act = act,
        .possible = possible,
        .filter = filter,
        .search = search,
        .command = command,
        .tick = tick,
        .free = release,
    };
    struct page_server *p = xcalloc(1, sizeof(*p));

    p->page = (struct page){.ops = &ops, .front = f};
    p->host = xstrdup(host);
    p->view.name = p->host;
    p->view.pager = pager_new(LINES_MAX, TEXT_BYTES_MAX);
    pager_color(p->view.pager, server_text_look);
    return &p->page;
}
