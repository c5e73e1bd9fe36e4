/*
 * server_rows.c - the rows of the Servers page: what the inventory, the store and the run say.
 *
 * Decides when rows are made anew, and what of a server a filter finds.  Owns rows, names and what
 * the store said.  Never draws; a look at one row costs the same however many there are.
 */
#include "front/page_servers.h"

#include "base/xalloc.h"
#include "config/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FOUND_BYTES_MAX = 16 * 1024, /* of one server's variables that a filter looks through */
    LIVE_HOSTS_MAX = 2000,       /* of a run of ours whose journal is read for states, too */
};

ptrdiff_t
server_rows_find(const struct page_servers *p, const char *name)
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

/* Not while a run is under way here, which tells more than the store; but once, when another
 * environment was opened, unless that is the one of a large run: its journal would be read. */
static bool
may_read(const struct page_servers *p)
{
    const bool known = p->past.env != NULL && p->env != NULL && strcmp(p->past.env, p->env) == 0;

    if (p->env == NULL || work_run(front_work(p->page.front)) == NULL) {
        return p->env != NULL;
    }
    return !known &&
           (p->live.feed == NULL || feed_board(p->live.feed)->names.count <= LIVE_HOSTS_MAX);
}

void
server_rows_read_past(struct page_servers *p, bool force)
{
    struct err err = {0};

    if (!may_read(p)) {
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
keep_names(const struct page_servers *p, struct strv *ret_marked, char **ret_at, size_t *ret_row)
{
    for (size_t i = 0; i < p->view.count; i++) {
        if (table_is_marked(p->view.table, i)) {
            strv_add(ret_marked, p->view.rows[i].name);
        }
    }
    *ret_at = table_at(p->view.table, ret_row) ? xstrdup(p->view.rows[*ret_row].name) : NULL;
}

static void
put_names(struct page_servers *p, const struct strv *marked, const char *at, size_t row_before)
{
    for (size_t i = 0; i < marked->count; i++) {
        const ptrdiff_t row = server_rows_find(p, marked->items[i]);
        if (row >= 0) {
            table_mark(p->view.table, (size_t)row, true);
        }
    }
    if (at == NULL || p->view.count == 0) {
        return;
    }
    const ptrdiff_t found = server_rows_find(p, at);
    const size_t last = p->view.count - 1;
    const size_t near = row_before < last ? row_before : last; /* it is gone: who took its place */
    table_go(p->view.table, found >= 0 ? (size_t)found : near);
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

void
server_rows_sync(struct page_servers *p)
{
    struct front *f = p->page.front;
    const struct loaded *l = front_env(f);
    const char *env = l == NULL ? NULL : front_env_name(f);
    struct strv marked = {0};
    size_t row = 0;
    char *at = NULL;

    const bool ran = p->live.feed != NULL;
    p->run_ended = (server_live_sync(&p->live, f) && ran) || p->run_ended;
    if (p->made && p->version == front_env_version(f) && (env == NULL) == (p->env == NULL)) {
        return;
    }
    const bool same = env != NULL && p->env != NULL && strcmp(env, p->env) == 0;
    if (same) {
        keep_names(p, &marked, &at, &row);
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
    }
    table_set_count(p->view.table, p->view.count, false);
    if (!same) {
        table_filter(p->view.table, NULL, false); /* it looks at rows: behind their count */
    }
    put_names(p, &marked, at, row);
    server_rows_read_past(p, false);
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
    ret->trip_us = test.trip_us;
    ret->test_reason = test.reason;
    if (server_live_find(&p->live, name, &host)) {
        tell_live(p, host, ret);
    }
}

/* By hand: a filter looks at every number of every server with each key. */
static void
put_number(struct buf *out, int64_t number)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t n = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    if (number < 0) {
        digits[--at] = '-';
    }
    (void)buf_add(out, digits + at, sizeof(digits) - at);
}

static void
put_found(struct buf *out, const char *name, const struct value *v)
{
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
        put_number(out, v->integer);
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

/* ---------------------------------------------------------------- life */

void
server_rows_init(struct page_servers *p)
{
    p->view.now = tell_now;
    p->view.found_by = tell_found;
    p->view.arg = p;
    const struct table_source source = view_servers_source(&p->view);
    p->view.table = table_new(&source);
    buf_init(&p->found, FOUND_BYTES_MAX);
}

void
server_rows_release(struct page_servers *p)
{
    server_live_release(&p->live);
    server_past_release(&p->past);
    table_free(p->view.table);
    map_free(p->index);
    strv_clear(&p->names);
    buf_release(&p->found);
    free(p->view.rows);
    free(p->env);
}
