/*
 * page_envs.c - the environments: how many servers, what ran last, how they stand.
 *
 * Decides what is fetched when: names and locks with each tick, runs when the store has changed,
 * servers one environment a turn of the loop and never while a run is under way.  Owns the rows.
 */
#include "front/front_state.h"

#include "base/duration.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "cli/past.h"
#include "cli/place.h"
#include "config/edit.h"
#include "store/lock.h"
#include "ui/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    LOCKS_A_TICK = 200,
    RUN_LOOKS_MS = 10000, /* while our own run writes to the store all the time */
    GOES_BYTES_MAX = 16 * 1024,
    COUNTED_BYTES_MAX = 256 * 1024, /* of files: larger ones are read when they are opened */
    COUNT_US = 20000,               /* between two environments: keys come first */
};

static const char no_scripts[] = "an executable inventory is run when it is opened";

enum { COL_NAME, COL_SERVERS, COL_STATE, COL_LAST, COL_WHEN };

static const struct table_column columns[] = {
    [COL_NAME] = {"ENVIRONMENT", 24, false}, [COL_SERVERS] = {"SERVERS", 8, true},
    [COL_STATE] = {"STATE", 22, false},      [COL_LAST] = {"LAST RUN", 0, false},
    [COL_WHEN] = {"WHEN (UTC)", 19, false},
};

struct env_row {
    char *name;      /* owned */
    int64_t servers; /* -1: not counted yet, -2: it cannot be (a program, mistakes) */
    int mistakes;
    int32_t ran_on;          /* hosts of the last run; 0 */
    struct watched *counted; /* owned: its files, as they were counted; NULL: never */
    char last[96];           /* "deploy ok 1m02s" */
    unsigned last_look;      /* of it */
    int64_t last_wall_ms;    /* -1: no run yet */
    int64_t locked_by_pid;   /* -1: nobody; 0: it is not known who */
    char locked_what[64];
};

struct envs {
    struct page page; /* first: the two are cast into each other */
    struct table *table;
    struct env_row *rows; /* owned */
    size_t count;
    struct event *counter; /* owned: counts the servers of one environment a turn */
    size_t lock_next;
    int64_t store_stamp; /* of the file of runs, as it was read */
    int64_t runs_read_ms;
    char *deleting; /* owned: the one that is asked about */
};

static struct envs *
mine(struct page *p)
{
    return (struct envs *)p;
}

static void
row_release(struct env_row *r)
{
    free(r->name);
    watched_free(r->counted);
}

/* ---------------------------------------------------------------- what a row says */

static bool
runs_here(const struct envs *e, const struct env_row *r)
{
    struct work *w = front_work(e->page.front);

    return work_run(w) != NULL && strcmp(work_env(w), r->name) == 0;
}

static unsigned
tell_state(const struct envs *e, const struct env_row *r, char ret[TABLE_CELL_BYTES])
{
    const char *open = front_env_name(e->page.front);
    const bool is_open = open != NULL && strcmp(open, r->name) == 0;

    if (runs_here(e, r)) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "running here");
        return LOOK_BUSY | table_ornament(ORN_BUSY);
    }
    if (r->locked_by_pid > 0) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "%.40s (pid %" PRId64 ")",
                       r->locked_what[0] != '\0' ? r->locked_what : "running", r->locked_by_pid);
        return LOOK_BUSY | table_ornament(ORN_BUSY);
    }
    if (r->locked_by_pid == 0) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "locked");
        return LOOK_WARN | table_ornament(ORN_BUSY);
    }
    if (r->mistakes > 0) {
        (void)snprintf(ret, TABLE_CELL_BYTES, "%d mistake%s", r->mistakes,
                       r->mistakes == 1 ? "" : "s");
        return LOOK_BAD | table_ornament(ORN_BAD);
    }
    (void)snprintf(ret, TABLE_CELL_BYTES, "%s", is_open ? "idle, open" : "idle");
    return is_open ? LOOK_PLAIN : LOOK_DIM;
}

static unsigned
env_cell(void *arg, size_t row, size_t column, char ret[TABLE_CELL_BYTES])
{
    const struct envs *e = arg;
    const struct env_row *r = &e->rows[row];
    char when[32] = "";

    ret[0] = '\0';
    switch (column) {
    case COL_NAME:
        (void)snprintf(ret, TABLE_CELL_BYTES, "%s", r->name);
        return LOOK_PLAIN;
    case COL_SERVERS:
        if (r->servers >= 0) {
            (void)snprintf(ret, TABLE_CELL_BYTES, "%" PRId64, r->servers);
        } else if (r->ran_on > 0) {
            (void)snprintf(ret, TABLE_CELL_BYTES, "~%d", (int)r->ran_on);
        } else {
            (void)snprintf(ret, TABLE_CELL_BYTES, "%s", r->servers == -1 ? "..." : "?");
        }
        return r->servers >= 0 ? LOOK_PLAIN : LOOK_DIM;
    case COL_STATE:
        return tell_state(e, r, ret);
    case COL_LAST:
        (void)snprintf(ret, TABLE_CELL_BYTES, "%s", r->last);
        return r->last_look;
    default:
        if (r->last_wall_ms >= 0) {
            past_when(r->last_wall_ms, when);
        }
        (void)snprintf(ret, TABLE_CELL_BYTES, "%s", when);
        return LOOK_DIM;
    }
}

static int
env_compare(void *arg, size_t column, size_t a, size_t b)
{
    const struct envs *e = arg;
    const struct env_row *x = &e->rows[a];
    const struct env_row *y = &e->rows[b];
    char one[TABLE_CELL_BYTES];
    char other[TABLE_CELL_BYTES];

    if (column == COL_SERVERS) {
        return x->servers < y->servers ? -1 : x->servers > y->servers;
    }
    if (column == COL_WHEN) {
        return x->last_wall_ms < y->last_wall_ms ? -1 : x->last_wall_ms > y->last_wall_ms;
    }
    (void)env_cell(arg, a, column, one);
    (void)env_cell(arg, b, column, other);
    return strcmp(one, other);
}

/* ---------------------------------------------------------------- names */

static bool
are_same(const struct envs *e, const struct strv *names)
{
    bool same = names->count == e->count;

    for (size_t i = 0; same && i < e->count; i++) {
        same = strcmp(names->items[i], e->rows[i].name) == 0;
    }
    return same;
}

/* Rows of names that stay keep what is known of them. */
static void
fetch_names(struct envs *e)
{
    struct strv names = {0};
    struct env_row *rows;
    size_t at = 0;
    size_t cursor = 0;
    const bool has_cursor = table_at(e->table, &cursor);
    char *name = has_cursor ? xstrdup(e->rows[cursor].name) : NULL;

    place_envs(front_cli(e->page.front)->root, &names);
    if (are_same(e, &names)) {
        goto out;
    }
    rows = xcalloc(names.count, sizeof(*rows));
    for (size_t i = 0; i < names.count; i++) {
        while (at < e->count && strcmp(e->rows[at].name, names.items[i]) < 0) {
            row_release(&e->rows[at++]);
        }
        if (at < e->count && strcmp(e->rows[at].name, names.items[i]) == 0) {
            rows[i] = e->rows[at++];
        } else {
            rows[i] = (struct env_row){.name = xstrdup(names.items[i]),
                                       .servers = -1,
                                       .last_wall_ms = -1,
                                       .locked_by_pid = -1};
            e->store_stamp = -1;
        }
    }
    while (at < e->count) {
        row_release(&e->rows[at++]);
    }
    free(e->rows);
    e->rows = rows;
    e->count = names.count;
    table_set_count(e->table, e->count, false);
    for (size_t i = 0; name != NULL && i < e->count; i++) {
        if (strcmp(e->rows[i].name, name) == 0) {
            table_go(e->table, i);
        }
    }
out:
    free(name);
    strv_clear(&names);
}

/* ---------------------------------------------------------------- runs and locks */

static int64_t
stamp_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0
               ? (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec + st.st_size
               : 0;
}

/* Of the file of runs and of the one that it is written through. */
static int64_t
store_stamp(const char *root)
{
    char *db = xasprintf("%s/var/runs.db", root);
    char *wal = xasprintf("%s/var/runs.db-wal", root);
    const int64_t stamp = stamp_of(db) + stamp_of(wal);

    free(db);
    free(wal);
    return stamp;
}

static void
take_run(struct env_row *r, const char *root, const struct run_row *run)
{
    char result[32];
    char took[32] = "";

    past_result(root, run, result);
    if (run->duration_ms >= 0) {
        duration_human(run->duration_ms, took, sizeof(took));
    }
    (void)snprintf(r->last, sizeof(r->last), "%.40s %s%s%s", run->action, result,
                   took[0] != '\0' ? " " : "", took);
    r->last_look = run->exit_code == 0 ? LOOK_OK : run->exit_code > 0 ? LOOK_BAD : LOOK_BUSY;
    r->ran_on = run->host_count;
    r->last_wall_ms = run->started_wall_ms;
}

static void
fetch_runs(struct envs *e, int64_t wall_ms)
{
    const char *root = front_cli(e->page.front)->root;
    const int64_t stamp = store_stamp(root);
    const bool busy = work_run(front_work(e->page.front)) != NULL;
    struct err err = {0};
    struct store *s;

    if (stamp == e->store_stamp || (busy && wall_ms - e->runs_read_ms < RUN_LOOKS_MS)) {
        return;
    }
    e->store_stamp = stamp;
    e->runs_read_ms = wall_ms;
    s = past_open(root, &err);
    for (size_t i = 0; s != NULL && i < e->count; i++) {
        struct run_list runs = {0};
        if (history_runs(s, e->rows[i].name, 1, &runs, &err) == 0 && runs.count > 0) {
            take_run(&e->rows[i], root, &runs.rows[0]);
        }
        run_list_release(&runs);
    }
    store_close(s);
    if (err.kind != ERR_NONE) {
        front_say(e->page.front, LOOK_BAD, "%s", err.text);
    }
}

/* Of many environments some each time. */
static void
fetch_locks(struct envs *e)
{
    char *dir = xasprintf("%s/var", front_cli(e->page.front)->root);

    for (size_t i = 0; i < e->count && i < LOCKS_A_TICK; i++) {
        struct lock_holder holder = {0};
        struct env_row *r = &e->rows[e->lock_next++ % e->count];
        const bool held = lock_probe(dir, r->name, &holder, NULL) == 1;
        r->locked_by_pid = held ? holder.pid : -1;
        (void)snprintf(r->locked_what, sizeof(r->locked_what), "%s", held ? holder.what : "");
    }
    free(dir);
}

/* ---------------------------------------------------------------- servers */

/* What the open one has is known; the others are read, without running a program for it. */
static void
count_servers(struct envs *e, struct env_row *r)
{
    struct front *f = e->page.front;
    const struct loaded *open = front_env(f);
    struct mistakes m = {0};
    struct err err = {0};
    struct loaded l = {0};

    if (open != NULL && strcmp(open->env, r->name) == 0) {
        r->servers = (int64_t)inventory_count(open->inventory);
        r->mistakes = 0;
        return;
    }
    front_cli(f)->no_scripts = no_scripts;
    (void)load_quietly(&l, front_cli(f), r->name, NULL, &m, &err);
    front_cli(f)->no_scripts = NULL;
    r->mistakes = m.count;
    r->servers = l.inventory != NULL ? (int64_t)inventory_count(l.inventory) : -2;
    if (m.count == 1 && strstr(m.errors.items[0], no_scripts) != NULL) {
        r->mistakes = 0; /* how many it has is known when it is opened */
    }
    loaded_release(&l);
    mistakes_release(&m);
}

/* Count one whose files have changed since it was counted; false: there is none. */
static bool
count_one(struct envs *e, struct env_row *r)
{
    char *dir;

    if (r->counted != NULL && !watched_changed(r->counted)) {
        return false;
    }
    dir = xasprintf("%s/inventory/%s", front_cli(e->page.front)->root, r->name);
    watched_free(r->counted);
    r->counted = watched_new(dir);
    free(dir);
    if (watched_bytes(r->counted) > COUNTED_BYTES_MAX) {
        r->servers = -2;
        r->mistakes = 0;
    } else {
        count_servers(e, r);
    }
    front_changed(e->page.front);
    return true;
}

static void
on_count(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval soon = {0, COUNT_US};
    struct envs *e = arg;

    (void)fd;
    (void)what;
    if (work_run(front_work(e->page.front)) != NULL) {
        return;
    }
    for (size_t i = 0; i < e->count; i++) {
        if (count_one(e, &e->rows[i])) {
            (void)evtimer_add(e->counter, &soon);
            return;
        }
    }
}

static void
envs_tick(struct page *p, int64_t wall_ms)
{
    static const struct timeval soon = {0, COUNT_US};
    struct envs *e = mine(p);

    fetch_names(e);
    fetch_runs(e, wall_ms);
    fetch_locks(e);
    table_refresh(e->table);
    (void)evtimer_add(e->counter, &soon);
}

/* ---------------------------------------------------------------- acts */

static bool
open_at(struct envs *e)
{
    size_t row = 0;
    struct front *f = e->page.front;

    if (!table_at(e->table, &row)) {
        return false;
    }
    if (front_open_env(f, e->rows[row].name)) {
        e->rows[row].servers = (int64_t)inventory_count(front_env(f)->inventory);
        e->rows[row].mistakes = 0;
        front_go(f, AT_SERVERS);
    }
    return true;
}

static void
on_delete(void *arg, bool yes)
{
    struct envs *e = arg;
    struct front *f = e->page.front;
    struct err err = {0};
    const char *open = front_env_name(f);

    if (yes && open != NULL && strcmp(open, e->deleting) == 0) {
        env_close(f);
    }
    if (yes && edit_delete_env(front_cli(f)->root, e->deleting, &err) != 0) {
        front_say(f, LOOK_BAD, "%s", err.text);
    } else if (yes) {
        front_say(f, LOOK_OK, "%s is deleted", e->deleting);
    }
    free(e->deleting);
    e->deleting = NULL;
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
    e->deleting = NULL;
    front_ask(e->page.front, text.data, name, on_delete, e);
    e->deleting = xstrdup(name);
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
    const struct env_row *r = &e->rows[row];
    if (runs_here(e, r) || r->locked_by_pid >= 0) {
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
    if (act == ACT_BACK && table_filter_text(e->table)[0] != '\0') {
        table_filter(e->table, "", false);
        return true;
    }
    if (act == ACT_BACK) {
        return true; /* there is nothing behind it */
    }
    return act != ACT_MARK && act != ACT_MARK_ALL && table_act(e->table, act);
}

static bool
envs_key(struct page *p, const struct key *k)
{
    return (k->code == KEYC_CLICK || k->code == KEYC_WHEEL_UP || k->code == KEYC_WHEEL_DOWN) &&
           table_click(mine(p)->table, k);
}

static void
envs_filter(struct page *p, const char *text, bool not )
{
    table_filter(mine(p)->table, text, not );
}

static void
envs_draw(struct page *p, struct canvas *c, struct box box)
{
    struct envs *e = mine(p);

    table_draw(e->table, c, box);
    if (e->count == 0) {
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

    for (size_t i = 0; i < e->count; i++) {
        row_release(&e->rows[i]);
    }
    free(e->rows);
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
    };

    e->page = (struct page){.ops = &ops, .front = f};
    e->store_stamp = -1;
    e->table = table_new(&source);
    e->counter = evtimer_new(front_base(f), on_count, e);
    return &e->page;
}
