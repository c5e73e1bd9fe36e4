/*
 * page_history.c - the runs of the open environment, or of all where none is open.
 *
 * Decides when they are read again: when somebody has written to the store, and while one goes on
 * that it is not too often.  Owns the list.  Reads no journal.
 */
#include "front/front.h"
#include "front/peek.h"
#include "front/work.h"

#include "base/xalloc.h"
#include "cli/past.h"
#include "ui/view_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS_MAX = 500 };

struct history_page {
    struct page page; /* first: the two are cast into each other */
    struct peek peek;
    struct run_list list;  /* owned: what the rows borrow from */
    struct view_run *runs; /* owned */
    struct view_history view;
    char *env; /* owned: whose runs are read; NULL: of all */
    bool read; /* they were, at all */
    bool goes_on;
    struct err err;
};

static struct history_page *
mine(struct page *p)
{
    return (struct history_page *)p;
}

/* ---------------------------------------------------------------- reading */

static struct view_run
view_of(const char *root, const struct run_row *r, int64_t wall_ms)
{
    struct view_run v = {.id = r->id,
                         .env = r->env,
                         .action = r->action,
                         .strategy = r->strategy,
                         .release = r->release,
                         .halt = r->halt,
                         .started_wall_ms = r->started_wall_ms,
                         .took_ms = r->duration_ms,
                         .hosts = r->host_count,
                         .exit_code = r->exit_code};

    memcpy(v.outcomes, r->outcomes, sizeof(v.outcomes));
    if (r->exit_code < 0 && past_is_alive(root, r)) {
        v.state = VIEW_RUN_RUNNING;
        v.took_ms = wall_ms > r->started_wall_ms ? wall_ms - r->started_wall_ms : 0;
    } else if (r->exit_code < 0) {
        v.state = VIEW_RUN_DIED;
    }
    return v;
}

/* The same runs in the same places: what is known of them may be new. */
static bool
same_runs(const struct run_list *a, const struct run_list *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; same && i < a->count; i++) {
        same = strcmp(a->rows[i].id, b->rows[i].id) == 0;
    }
    return same;
}

/* The rows are those of list, which is taken over; the cursor stays at its run. */
static void
take_list(struct history_page *h, struct run_list *list, int64_t wall_ms)
{
    const char *root = front_cli(h->page.front)->root;
    const bool same = same_runs(&h->list, list);
    char at_id[RUN_ID_SIZE] = "";
    size_t at = 0;

    if (table_at(h->view.table, &at) && at < h->list.count) {
        memcpy(at_id, h->list.rows[at].id, sizeof(at_id));
    }
    run_list_release(&h->list);
    h->list = *list;
    *list = (struct run_list){0};
    h->runs = xreallocarray(h->runs, h->list.count + 1, sizeof(*h->runs));
    h->goes_on = false;
    for (size_t i = 0; i < h->list.count; i++) {
        h->runs[i] = view_of(root, &h->list.rows[i], wall_ms);
        h->goes_on = h->goes_on || h->runs[i].state == VIEW_RUN_RUNNING;
    }
    h->view.runs = h->runs;
    h->view.count = h->list.count;
    table_set_count(h->view.table, h->list.count, same);
    for (size_t i = 0; !same && i < h->list.count; i++) {
        if (strcmp(h->list.rows[i].id, at_id) == 0) {
            table_go(h->view.table, i);
        }
    }
}

static bool
is_other_env(const struct history_page *h, const char *env)
{
    return (env == NULL) != (h->env == NULL) || (env != NULL && strcmp(env, h->env) != 0);
}

static void
history_tick(struct page *p, int64_t wall_ms)
{
    struct history_page *h = mine(p);
    const char *env = front_env_name(p->front);
    bool changed = false;
    struct store *s = peek(&h->peek, front_cli(p->front)->root, &changed, &h->err);
    struct run_list list = {0};

    if (is_other_env(h, env)) {
        free(h->env);
        h->env = env == NULL ? NULL : xstrdup(env);
        changed = true;
    }
    if (!changed && h->read && !h->goes_on) {
        return;
    }
    if (s != NULL && history_recent(s, h->env, NULL, RUNS_MAX, &list, &h->err) != 0) {
        list = (struct run_list){0};
    }
    h->read = true;
    h->view.env = h->env;
    h->view.trouble = h->err.kind != ERR_NONE ? h->err.text : NULL;
    take_list(h, &list, wall_ms);
    front_changed(p->front);
}

/* ---------------------------------------------------------------- what can be done */

/* The run under the cursor, or NULL. */
static const struct run_row *
run_at(const struct history_page *h)
{
    size_t row = 0;

    return table_at(h->view.table, &row) && row < h->list.count ? &h->list.rows[row] : NULL;
}

static bool
history_act(struct page *p, enum act act)
{
    struct history_page *h = mine(p);
    const struct run_row *run = run_at(h);

    if ((act == ACT_ENTER || act == ACT_RETRY_FAILED) && run == NULL) {
        front_say(p->front, LOOK_WARN, "there is no run here");
        return true;
    }
    if (act == ACT_ENTER) {
        front_push(p->front, page_chart_new(p->front, run->id));
        return true;
    }
    if (act == ACT_RETRY_FAILED) {
        work_propose_retry(front_work(p->front), run->id);
        return true;
    }
    if (act == ACT_BACK && table_filter_text(h->view.table)[0] != '\0') {
        table_filter(h->view.table, "", false);
        return true;
    }
    if (act == ACT_REFRESH) {
        h->read = false;
        return false; /* the tick follows */
    }
    return act != ACT_MARK && table_act(h->view.table, act);
}

static bool
history_key(struct page *p, const struct key *k)
{
    return (k->code == KEYC_CLICK || k->code == KEYC_WHEEL_UP || k->code == KEYC_WHEEL_DOWN) &&
           table_click(mine(p)->view.table, k);
}

static void
history_filter(struct page *p, const char *text, bool without)
{
    table_filter(mine(p)->view.table, text, without);
}

static void
history_draw(struct page *p, struct canvas *c, struct box box)
{
    view_history_draw(&mine(p)->view, c, box);
}

static void
history_subtitle(struct page *p, char *ret, size_t size)
{
    const char *env = mine(p)->env;

    (void)snprintf(ret, size, "%s", env == NULL ? "of all environments" : env);
}

static void
history_free(struct page *p)
{
    struct history_page *h = mine(p);

    peek_close(&h->peek);
    table_free(h->view.table);
    run_list_release(&h->list);
    free(h->runs);
    free(h->env);
    free(h);
}

struct page *
page_history_new(struct front *f)
{
    static const struct page_ops ops = {
        .where = AT_HISTORY,
        .title = "History",
        .draw = history_draw,
        .subtitle = history_subtitle,
        .key = history_key,
        .act = history_act,
        .filter = history_filter,
        .tick = history_tick,
        .free = history_free,
    };
    struct history_page *h = xcalloc(1, sizeof(*h));

    h->page = (struct page){.ops = &ops, .front = f};
    h->view.table = view_history_table(&h->view);
    return &h->page;
}
