/*
 * page_envs.c - the environments: how many servers, how they stand, what ran last.
 *
 * Decides what is fetched when: servers one environment a turn of the loop, and never while a run
 * is under way.  Opens, makes and deletes them.  Owns the rows and their table.
 */
#include "front/env_rows.h"
#include "front/front_state.h"

#include "base/xalloc.h"
#include "cli/past.h"
#include "config/edit.h"
#include "store/lock.h"
#include "ui/clock.h"
#include "ui/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GOES_BYTES_MAX = 16 * 1024,
    COUNT_US = 20000, /* between two environments: keys come first */
    SECOND_MS = 1000,
    DAYS_AGO_MAX = 99,
};

enum { COL_NAME, COL_SERVERS, COL_STATE, COL_LAST, COL_WHEN };

static const struct table_column columns[] = {
    [COL_NAME] = {.name = "ENVIRONMENT", .width = 18},
    [COL_SERVERS] = {.name = "SERVERS", .width = 7, .right = true},
    [COL_STATE] = {.name = "STATE", .width = 20},
    [COL_LAST] = {.name = "LAST RUN"},
    [COL_WHEN] = {.name = "WHEN", .width = 10, .right = true},
};

struct envs {
    struct page page; /* first: the two are cast into each other */
    struct table *table;
    struct env_rows known;
    struct event *counter; /* owned */
    char *deleting;        /* owned: the one that is asked about */
};

static struct envs *
mine(struct page *p)
{
    return (struct envs *)p;
}

/* ---------------------------------------------------------------- what a row says */

static bool
is_open(const struct envs *e, const struct env_row *r)
{
    const char *open = front_env_name(e->page.front);

    return open != NULL && strcmp(open, r->name) == 0;
}

static bool
runs_here(const struct envs *e, const struct env_row *r)
{
    struct work *w = front_work(e->page.front);

    return work_run(w) != NULL && strcmp(work_env(w), r->name) == 0;
}

static int64_t
servers_of(const struct envs *e, const struct env_row *r)
{
    return is_open(e, r) ? (int64_t)inventory_count(front_env(e->page.front)->inventory)
                         : r->servers;
}

static unsigned
tell_servers(const struct envs *e, const struct env_row *r, char ret[TABLE_CELL_BYTES])
{
    const int64_t servers = servers_of(e, r);

    if (servers >= 0) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "%" PRId64, servers);
        return LOOK_PLAIN;
    }
    if (r->ran_on > 0) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "~%d", (int)r->ran_on);
    } else {
        (void)snprintf(ret, TABLE_CELL_BYTES, "%s", servers == SERVERS_UNKNOWN ? "..." : "?");
    }
    return LOOK_DIM;
}

static unsigned
tell_state(const struct envs *e, const struct env_row *r, char ret[TABLE_CELL_BYTES])
{
    if (runs_here(e, r)) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "running here");
        return LOOK_BUSY | table_ornament(ORN_BUSY);
    }
    if (r->locked_by_pid > 0) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "running (%" PRId64 ")", r->locked_by_pid);
        return LOOK_BUSY | table_ornament(ORN_BUSY);
    }
    if (r->locked_by_pid == 0) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "locked");
        return LOOK_WARN | table_ornament(ORN_BUSY);
    }
    if (r->mistakes > 0 && !is_open(e, r)) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "%d mistake%s", r->mistakes,
                       r->mistakes == 1 ? "" : "s");
        return LOOK_BAD | table_ornament(ORN_BAD);
    }
    (void)snprintf(ret, TABLE_CELL_BYTES, "%s", is_open(e, r) ? "idle, open" : "idle");
    return is_open(e, r) ? LOOK_PLAIN : LOOK_DIM;
}

static unsigned
tell_last(const struct env_row *r, char ret[TABLE_CELL_BYTES])
{
    (void)snprintf(ret, TABLE_CELL_BYTES, "%s", r->last);
    if (r->last[0] == '\0' || r->last_exit < 0) {
        return LOOK_PLAIN;
    }
    return r->last_exit == 0 ? LOOK_OK | table_ornament(ORN_OK)
                             : LOOK_BAD | table_ornament(ORN_BAD);
}

/* "5m ago"; what is long past by its day. */
static unsigned
tell_when(const struct envs *e, const struct env_row *r, char ret[TABLE_CELL_BYTES])
{
    const int64_t seconds = (front_wall_ms(e->page.front) - r->ran_wall_ms) / SECOND_MS;
    char when[32];

    if (r->last[0] == '\0' || seconds < 0) {
        ret[0] = '\0';
    } else if (seconds < 60) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "%" PRId64 "s ago", seconds);
    } else if (seconds < 3600) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "%" PRId64 "m ago", seconds / 60);
    } else if (seconds < 86400) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "%" PRId64 "h ago", seconds / 3600);
    } else if (seconds / 86400 <= DAYS_AGO_MAX) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "%" PRId64 "d ago", seconds / 86400);
    } else {
        clock_seconds(r->ran_wall_ms, when);
        (void)snprintf(ret, TABLE_CELL_BYTES, "%.10s", when);
    }
    return LOOK_DIM;
}

static unsigned
env_cell(void *arg, size_t row, size_t column, char ret[TABLE_CELL_BYTES])
{
    const struct envs *e = arg;
    const struct env_row *r = &e->known.rows[row];

    switch (column) {
    case COL_SERVERS:
        return tell_servers(e, r, ret);
    case COL_STATE:
        return tell_state(e, r, ret);
    case COL_LAST:
        return tell_last(r, ret);
    case COL_WHEN:
        return tell_when(e, r, ret);
    default:
        (void)snprintf(ret, TABLE_CELL_BYTES, "%s", r->name);
        return LOOK_PLAIN;
    }
}

static int
env_compare(void *arg, size_t column, size_t a, size_t b)
{
    const struct envs *e = arg;
    const struct env_row *x = &e->known.rows[a];
    const struct env_row *y = &e->known.rows[b];
    char one[TABLE_CELL_BYTES];
    char other[TABLE_CELL_BYTES];

    if (column == COL_SERVERS) {
        const int64_t n = servers_of(e, x);
        const int64_t m = servers_of(e, y);
        return n < m ? -1 : n > m;
    }
    if (column == COL_WHEN) { /* the newest first */
        return x->ran_wall_ms > y->ran_wall_ms ? -1 : x->ran_wall_ms < y->ran_wall_ms;
    }
    (void)env_cell(arg, a, column, one);
    (void)env_cell(arg, b, column, other);
    return strcmp(one, other);
}

/* ---------------------------------------------------------------- fetching */

/* The cursor stays with its name. */
static void
fetch_names(struct envs *e)
{
    size_t row = 0;
    char *name = table_at(e->table, &row) ? xstrdup(e->known.rows[row].name) : NULL;

    if (env_rows_names(&e->known, front_cli(e->page.front)->root)) {
        table_set_count(e->table, e->known.count, false);
        for (size_t i = 0; name != NULL && i < e->known.count; i++) {
            if (strcmp(e->known.rows[i].name, name) == 0) {
                table_go(e->table, i);
            }
        }
    }
    free(name);
}

static void
count_soon(struct envs *e)
{
    static const struct timeval soon = {0, COUNT_US};

    if (work_run(front_work(e->page.front)) == NULL) {
        (void)evtimer_add(e->counter, &soon);
    }
}

static void
on_count(evutil_socket_t fd, short what, void *arg)
{
    struct envs *e = arg;

    (void)fd;
    (void)what;
    if (work_run(front_work(e->page.front)) == NULL &&
        env_rows_count(&e->known, front_cli(e->page.front))) {
        table_refresh(e->table);
        front_changed(e->page.front);
        count_soon(e);
    }
}

static void
envs_tick(struct page *p, int64_t wall_ms)
{
    struct envs *e = mine(p);
    struct err err = {0};
    const char *root = front_cli(p->front)->root;
    const bool busy = work_run(front_work(p->front)) != NULL;

    fetch_names(e);
    if (env_rows_runs(&e->known, root, wall_ms, busy, &err) != 0) {
        front_say(p->front, LOOK_BAD, "%s", err.text);
    }
    env_rows_locks(&e->known, root);
    table_refresh(e->table);
    count_soon(e);
}

/* ---------------------------------------------------------------- acts */

static bool
open_at(struct envs *e)
{
    struct front *f = e->page.front;
    size_t row = 0;

    if (!table_at(e->table, &row)) {
        return false;
    }
    if (front_open_env(f, e->known.rows[row].name)) {
        e->known.rows[row].servers = servers_of(e, &e->known.rows[row]);
        e->known.rows[row].mistakes = 0;
        front_go(f, AT_SERVERS);
    }
    return true;
}

/* A run of this or of another process, now. */
static bool
has_run(const struct envs *e, const char *name)
{
    struct work *w = front_work(e->page.front);
    char *dir = xasprintf("%s/var", front_cli(e->page.front)->root);
    struct lock_holder holder = {0};
    const bool here = work_run(w) != NULL && strcmp(work_env(w), name) == 0;
    const bool has = here || lock_probe(dir, name, &holder, NULL) == 1;

    free(dir);
    return has;
}

static void
on_delete(void *arg, bool yes)
{
    struct envs *e = arg;
    struct front *f = e->page.front;
    struct err err = {0};
    const char *open = front_env_name(f);

    if (!yes) {
        return;
    }
    if (has_run(e, e->deleting)) { /* it may have begun since it was asked */
        front_say(f, LOOK_WARN, "%s: a run is under way", e->deleting);
    } else if (edit_delete_env(front_cli(f)->root, e->deleting, &err) != 0) {
        front_say(f, LOOK_BAD, "%s", err.text);
    } else {
        front_say(f, LOOK_OK, "%s is deleted", e->deleting);
        if (open != NULL && strcmp(open, e->deleting) == 0) {
            env_close(f);
        }
    }
    envs_tick(&e->page, front_wall_ms(f));
}

static void
ask_delete(struct envs *e, const char *name, const struct strv *paths)
{
    struct buf text;

    buf_init(&text, GOES_BYTES_MAX);
    (void)buf_addf(&text, "Delete the environment %s? These files go:\n", name);
    for (size_t i = 0; i < paths->count; i++) {
        (void)buf_addf(&text, "  %s\n", paths->items[i]);
    }
    (void)buf_adds(&text, "Its runs and logs under var/ stay.\n");
    free(e->deleting);
    e->deleting = xstrdup(name);
    front_ask(e->page.front, text.data, name, on_delete, e);
    buf_release(&text);
}

static bool
delete_at(struct envs *e)
{
    struct front *f = e->page.front;
    struct strv paths = {0};
    struct err err = {0};
    size_t row = 0;

    if (!table_at(e->table, &row)) {
        return false;
    }
    const struct env_row *r = &e->known.rows[row];
    if (has_run(e, r->name)) {
        front_say(f, LOOK_WARN, "%s: a run is under way", r->name);
    } else if (edit_list_env(front_cli(f)->root, r->name, &paths, &err) != 0) {
        front_say(f, LOOK_BAD, "%s", err.text);
    } else {
        ask_delete(e, r->name, &paths);
    }
    strv_clear(&paths);
    return true;
}

static bool
show_settings_at(struct envs *e)
{
    size_t row = 0;

    if (!table_at(e->table, &row)) {
        return false;
    }
    front_show_settings(e->page.front, e->known.rows[row].name);
    return true;
}

static bool
envs_act(struct page *p, enum act act)
{
    struct envs *e = mine(p);

    if (act == ACT_ENTER) {
        return open_at(e);
    }
    if (act == ACT_ADD) {
        front_push(p->front, page_new_env_new(p->front));
        return true;
    }
    if (act == ACT_DELETE) {
        return delete_at(e);
    }
    if (act == ACT_EDIT) {
        return show_settings_at(e);
    }
    if (act == ACT_BACK) { /* there is nothing behind it */
        table_filter(e->table, "", false);
        return true;
    }
    return table_act(e->table, act);
}

static bool
envs_key(struct page *p, const struct key *k)
{
    return (k->code == KEYC_CLICK || k->code == KEYC_WHEEL_UP || k->code == KEYC_WHEEL_DOWN) &&
           table_click(mine(p)->table, k);
}

static void
envs_filter(struct page *p, const char *text, bool without)
{
    table_filter(mine(p)->table, text, without);
}

static void
envs_draw(struct page *p, struct canvas *c, struct box box)
{
    struct envs *e = mine(p);

    table_draw(e->table, c, box);
    if (e->known.count == 0) {
        (void)canvas_text(c, box.row + 2, box.col + 3, box.cols - 4, LOOK_PLAIN,
                          "There is no environment yet: n makes one.");
    }
}

static void
envs_subtitle(struct page *p, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s/inventory", front_cli(p->front)->root);
}

static void
envs_free(struct page *p)
{
    struct envs *e = mine(p);

    env_rows_release(&e->known);
    table_free(e->table);
    event_free(e->counter);
    free(e->deleting);
    free(e);
}

struct page *
page_envs_new(struct front *f)
{
    static const struct page_ops ops = {
        .where = AT_ENVS,
        .title = "Environments",
        .draw = envs_draw,
        .subtitle = envs_subtitle,
        .key = envs_key,
        .act = envs_act,
        .filter = envs_filter,
        .tick = envs_tick,
        .free = envs_free,
    };
    struct envs *e = xcalloc(1, sizeof(*e));
    const struct table_source source = {
        .columns = columns,
        .column_count = sizeof(columns) / sizeof(columns[0]),
        .cell = env_cell,
        .compare = env_compare,
        .arg = e,
        .aside = true,
    };

    e->page = (struct page){.ops = &ops, .front = f};
    e->table = table_new(&source);
    e->counter = evtimer_new(front_base(f), on_count, e);
    return &e->page;
}
