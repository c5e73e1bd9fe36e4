/*
 * page_servers.c - the servers of the open environment: seen, filtered, marked, acted upon.
 *
 * Decides when rows are made anew, and which of them are chosen.  Owns the rows, their names, the
 * table with its marks, what the store and the run say of them.  Never waits, never writes.
 */
#include "front/servers.h"

#include "base/nodeset.h"
#include "base/xalloc.h"
#include "config/value.h"
#include "ui/view_servers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FOUND_BYTES_MAX = 16 * 1024, /* of one server's variables that a filter looks through */
    QUEUE_SHOWN = 3,             /* actions of the queue that are named */
    QUEUE_BYTES_MAX = 2000,
    SORT_ROWS_MAX = 1000, /* rows that are sorted again by themselves */
};

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
    char queue[QUEUE_BYTES_MAX];
};

static struct page_servers *
self(struct page *p)
{
    return (struct page_servers *)p;
}

static ptrdiff_t
row_of(const struct page_servers *p, const char *name)
{
    const uintptr_t n = p->index == NULL ? 0 : (uintptr_t)map_get(p->index, name);

    return (ptrdiff_t)n - 1;
}

/* ---------------------------------------------------------------- rows */

static void
fill_row(struct page_servers *p, const struct inventory *inv, size_t i)
{
    const struct host *h = inventory_host(inv, i);
    struct server_row *row = &p->view.rows[i];

    *row = (struct server_row){.name = p->names.items[i],
                               .address = h->address,
                               .port = h->port,
                               .groups = (const char *const *)h->groups.items,
                               .state = "",
                               .release = "",
                               .reason = ""};
    view_servers_address(row);
}

/* What the store says, over the rows. */
static void
lay_past(struct page_servers *p)
{
    for (size_t i = 0; i < p->view.count; i++) {
        struct server_row *row = &p->view.rows[i];
        const struct host_row *s = server_past_of(&p->past, row->name);
        if (s == NULL) {
            row->action = NULL;
            row->state = row->release = row->reason = "";
            continue;
        }
        row->action = server_past_action(&p->past, s);
        row->state = s->state;
        row->release = s->release;
        row->reason = s->reason;
        row->outcome = s->outcome;
        row->wall_ms = s->wall_ms;
    }
}

/* Read the store if it has something new; while a run is under way here, the run tells more. */
static void
read_past(struct page_servers *p, bool force)
{
    struct err err = {0};

    if (p->env == NULL || (work_run(front_work(p->page.front)) != NULL && p->past.env != NULL &&
                           strcmp(p->past.env, p->env) == 0)) {
        return;
    }
    if (server_past_read(&p->past, front_cli(p->page.front)->root, p->env, force, &err)) {
        lay_past(p);
        table_refresh(p->view.table);
    }
    if (err.kind != ERR_NONE) {
        front_say(p->page.front, LOOK_BAD, "%s", err.text);
    }
}

/* Names that are marked, and the one under the cursor: rows change, names stay. */
static void
keep_names(const struct page_servers *p, struct strv *ret_marked, char **ret_at)
{
    size_t at = 0;

    for (size_t i = 0; i < p->view.count; i++) {
        if (table_is_marked(p->view.table, i)) {
            strv_add(ret_marked, p->view.rows[i].name);
        }
    }
    *ret_at = table_at(p->view.table, &at) ? xstrdup(p->view.rows[at].name) : NULL;
}

static void
put_names(struct page_servers *p, const struct strv *marked, const char *at)
{
    for (size_t i = 0; i < marked->count; i++) {
        const ptrdiff_t row = row_of(p, marked->items[i]);
        if (row >= 0) {
            table_mark(p->view.table, (size_t)row, true);
        }
    }
    if (at != NULL && row_of(p, at) >= 0) {
        table_go(p->view.table, (size_t)row_of(p, at));
    }
}

static void
make_rows(struct page_servers *p, const struct inventory *inv)
{
    const size_t count = inv == NULL ? 0 : inventory_count(inv);

    strv_clear(&p->names);
    map_free(p->index);
    p->index = map_new(NULL);
    free(p->view.rows);
    p->view.rows = xcalloc(count, sizeof(*p->view.rows));
    p->view.count = count;
    for (size_t i = 0; i < count; i++) {
        strv_add(&p->names, inventory_host(inv, i)->name);
        map_set(p->index, p->names.items[i], (void *)(uintptr_t)(i + 1));
        fill_row(p, inv, i);
    }
}

/* Make the rows anew where the environment was read again: what they pointed to is gone. */
static void
sync(struct page_servers *p)
{
    struct front *f = p->page.front;
    const struct loaded *l = front_env(f);
    const char *env = l == NULL ? NULL : front_env_name(f);
    struct strv marked = {0};
    char *at = NULL;

    const bool ran = p->live.feed != NULL;
    p->run_ended = (server_live_sync(&p->live, f) && ran) || p->run_ended;
    if (p->made && p->version == front_env_version(f) && (env == NULL) == (p->env == NULL)) {
        return;
    }
    const bool same = env != NULL && p->env != NULL && strcmp(env, p->env) == 0;
    if (same) {
        keep_names(p, &marked, &at);
    }
    free(p->env);
    p->env = env == NULL ? NULL : xstrdup(env);
    p->version = front_env_version(f);
    p->made = true;
    make_rows(p, l == NULL ? NULL : l->inventory);
    if (same) {
        lay_past(p);
    } else {
        server_past_release(&p->past);
        table_filter(p->view.table, NULL, false);
    }
    table_set_count(p->view.table, p->view.count, false);
    put_names(p, &marked, at);
    read_past(p, false);
    strv_clear(&marked);
    free(at);
}

/* ---------------------------------------------------------------- what is asked of a row */

static void
tell_live(const struct page_servers *p, int32_t host, struct server_now *ret)
{
    const struct board *b = feed_board(p->live.feed);
    const struct board_host *h = &b->hosts[host];
    const struct feed_host *more = feed_host(p->live.feed, host);

    ret->outcome = h->outcome;
    ret->action = work_action(front_work(p->page.front));
    if (h->outcome == OUTCOME_RUNNING) {
        ret->busy = true;
        ret->step = h->step;
        ret->step_count = h->step_count;
        snprintf(ret->doing, sizeof(ret->doing), "%s",
                 h->parked              ? "waits for the switch"
                 : more->gate           ? "health check"
                 : h->step_name != NULL ? h->step_name
                                        : "connecting");
        return;
    }
    ret->fresh = h->outcome != OUTCOME_UNTOUCHED;
    ret->wall_ms = more->began_ms >= 0 && more->took_ms >= 0 ? more->began_ms + more->took_ms
                                                             : p->view.wall_ms;
    ret->reason = more->reason;
}

static void
tell_now(void *arg, size_t row, struct server_now *ret)
{
    static const enum server_test tests[] = {[TEST_NONE] = SERVER_UNTESTED,
                                             [TEST_RUNNING] = SERVER_TESTING,
                                             [TEST_OK] = SERVER_TEST_OK,
                                             [TEST_FAILED] = SERVER_TEST_FAILED};
    struct page_servers *p = arg;
    const char *name = p->view.rows[row].name;
    const struct work_test test = work_test_of(front_work(p->page.front), p->env, name);
    int32_t host = 0;

    ret->test = tests[test.state];
    ret->trip_us = test.trip_ms * 1000;
    ret->test_reason = test.reason;
    if (server_live_find(&p->live, name, &host)) {
        tell_live(p, host, ret);
    }
}

static void
put_found(struct buf *out, const char *name, const struct value *v)
{
    char number[32];

    if (v->secret || v->kind == VALUE_LIST || v->kind == VALUE_DICT || v->kind == VALUE_NULL) {
        return;
    }
    (void)buf_adds(out, name);
    (void)buf_addc(out, '=');
    if (v->kind == VALUE_TEXT) {
        (void)buf_add(out, v->text, v->len);
    } else if (v->kind == VALUE_BOOL) {
        (void)buf_adds(out, v->boolean ? "True" : "False");
    } else if (v->kind == VALUE_INT) {
        snprintf(number, sizeof(number), "%" PRId64, v->integer);
        (void)buf_adds(out, number);
    }
    (void)buf_addc(out, '\n');
}

/* Groups and variables: `role=db`.  Secrets are not found. */
static const char *
tell_found(void *arg, size_t row)
{
    struct page_servers *p = arg;
    const struct loaded *l = front_env(p->page.front);
    const struct value *vars = inventory_vars(l->inventory, row);
    const char *const *groups = p->view.rows[row].groups;

    buf_clear(&p->found);
    for (size_t i = 0; groups != NULL && groups[i] != NULL; i++) {
        (void)buf_adds(&p->found, groups[i]);
        (void)buf_addc(&p->found, '\n');
    }
    for (size_t i = 0; i < vars->count; i++) {
        put_found(&p->found, vars->keys[i], vars->items[i]);
    }
    return p->found.data;
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

    sync(p);
    p->view.wall_ms = front_wall_ms(page->front);
    p->view.ascii = screen != NULL && screen_is_ascii(screen);
    p->view.queue = queue_text(p);
    p->view.queue_runs = work_queue_runs(front_work(page->front));
    p->view.nothing = p->env == NULL ? "no environment is open: 1 shows those there are"
                                     : "no server yet: n adds one";
    view_servers_draw(&p->view, c, box);
}

static void
subtitle(struct page *page, char *ret, size_t size)
{
    const char *env = front_env_name(page->front);

    snprintf(ret, size, "%s", env == NULL ? "" : env);
}

static void
tick(struct page *page, int64_t wall_ms)
{
    struct page_servers *p = self(page);

    sync(p);
    p->view.wall_ms = wall_ms;
    read_past(p, p->run_ended); /* the run is over: the store has it all */
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
    sync(self(p));
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

    return p == NULL ? -1 : row_of(p, host);
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
    const ptrdiff_t row = p == NULL ? -1 : row_of(p, host);

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
    sync(p);
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
        front_reload_env(f);
        sync(p);
        read_past(p, true);
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

    sync(p);
    if (table_act(p->view.table, a) || own_act(p, a)) {
        front_changed(page->front);
        return true;
    }
    chosen_names(p, &names);
    char *at = name_at(p) == NULL ? NULL : xstrdup(name_at(p));
    const bool taken = server_act(&p->deletion, page->front, a, &names, at);
    free(at);
    strv_clear(&names);
    return taken;
}

static void
filter(struct page *page, const char *text, bool not )
{
    struct page_servers *p = self(page);

    sync(p);
    table_filter(p->view.table, text, not );
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

    sync(p);
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
    server_live_release(&p->live);
    server_past_release(&p->past);
    table_free(p->view.table);
    map_free(p->index);
    strv_clear(&p->names);
    buf_release(&p->found);
    free(p->view.rows);
    free(p->env);
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
        .filter = filter,
        .command = command,
        .tick = tick,
        .free = release,
    };
    struct page_servers *p = xcalloc(1, sizeof(*p));

    p->page = (struct page){.ops = &ops, .front = f};
    p->view.now = tell_now;
    p->view.found_by = tell_found;
    p->view.arg = p;
    const struct table_source source = view_servers_source(&p->view);
    p->view.table = table_new(&source);
    buf_init(&p->found, FOUND_BYTES_MAX);
    return &p->page;
}
