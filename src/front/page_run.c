/*
 * page_run.c - the run under way, or the last one of this session; one of another process; the
 * queue.
 *
 * Decides which run is shown, and what the keys ask of it.  Owns the list of its hosts and the
 * output of the one under the cursor.  Asks for what is seen; never waits.
 */
#include "front/front.h"
#include "front/other.h"
#include "front/work.h"

#include "base/nodeset.h"
#include "base/xalloc.h"
#include "core/policy.h"
#include "ui/echo.h"
#include "ui/view_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_BYTES_MAX = 1 << 20, SAID_BYTES_MAX = 8 << 20 };

struct run_page {
    struct page page;        /* first: the two are cast into each other */
    const struct feed *feed; /* borrowed: that table and echo are of; only compared */
    char *run;               /* owned: its id */
    struct table *table;
    struct echo echo;
    bool reads; /* keys go to the output */
    struct snapshot glance;
    struct strv queue; /* texts of the first ones */
    int64_t *queue_ids;
    size_t queue_count;
    struct other *other; /* owned */
    struct box drawn;
};

static struct run_page *
mine(struct page *p)
{
    return (struct run_page *)p;
}

static struct work *
work_of(const struct run_page *r)
{
    return front_work(r->page.front);
}

/* ---------------------------------------------------------------- the run that is shown */

/* NULL: none has begun. */
static const struct feed *
feed_of(const struct run_page *r)
{
    const struct feed *f = work_feed(work_of(r));

    return f != NULL && feed_board(f)->run != NULL ? f : NULL;
}

static unsigned
host_cell(void *arg, size_t row, size_t column, char ret[TABLE_CELL_BYTES])
{
    const struct run_page *r = arg;
    const struct feed *f = feed_of(r);

    return view_run_cell(f, front_wall_ms(r->page.front), feed_course(f)->order[row],
                         (enum view_run_column)column, ret);
}

static int
host_compare(void *arg, size_t column, size_t a, size_t b)
{
    const struct run_page *r = arg;
    const struct feed *f = feed_of(r);
    const int32_t *order = feed_course(f)->order;

    return view_run_compare(f, front_wall_ms(r->page.front), (enum view_run_column)column, order[a],
                            order[b]);
}

/* Another run is another list. */
static void
follow_feed(struct run_page *r)
{
    const struct feed *f = feed_of(r);
    const char *run = f == NULL ? "" : feed_board(f)->run;

    if (f == r->feed && strcmp(run, r->run) == 0) {
        return;
    }
    r->feed = f;
    free(r->run);
    r->run = xstrdup(run);
    r->reads = false;
    echo_forget(&r->echo);
    table_set_count(r->table, 0, false);
    table_filter(r->table, "", false);
    table_set_count(r->table, f == NULL ? 0 : feed_board(f)->names.count, false);
}

/* -1: none. */
static int32_t
host_at(const struct run_page *r)
{
    size_t row = 0;

    return r->feed != NULL && table_at(r->table, &row) ? feed_course(r->feed)->order[row] : -1;
}

static const char *
name_at(const struct run_page *r)
{
    const int32_t host = host_at(r);

    return host < 0 ? NULL : feed_board(r->feed)->names.items[host];
}

/* NULL: it is over, or what is under way is not what is shown. */
static const struct snapshot *
glance(struct run_page *r)
{
    struct run *run = work_run(work_of(r));

    snapshot_release(&r->glance);
    if (run == NULL || r->feed == NULL || strcmp(app_run_id(run), r->run) != 0) {
        return NULL;
    }
    app_glance(run, &r->glance);
    return &r->glance;
}

/* ---------------------------------------------------------------- the queue */

static char *
queued_text(const struct queued *q)
{
    struct buf folded;
    char *text;

    if (q->hosts.count == 0) {
        return xasprintf("%s %s: all hosts", q->action, q->env);
    }
    buf_init(&folded, QUEUE_BYTES_MAX);
    nodeset_fold(&folded, (const char *const *)q->hosts.items, q->hosts.count);
    text = xasprintf("%s %s: %zu host%s, %s", q->action, q->env, q->hosts.count,
                     q->hosts.count == 1 ? "" : "s", folded.data);
    buf_release(&folded);
    return text;
}

/* Folding names is done once an action. */
static void
follow_queue(struct run_page *r)
{
    const struct queue_list *q = work_queue(work_of(r));
    const size_t count = q == NULL ? 0 : q->count;
    const size_t shown = count < VIEW_RUN_QUEUE_SHOWN ? count : VIEW_RUN_QUEUE_SHOWN;
    bool same = shown == r->queue.count;

    r->queue_count = count;
    for (size_t i = 0; same && i < shown; i++) {
        same = q->rows[i].id == r->queue_ids[i];
    }
    if (same) {
        return;
    }
    strv_clear(&r->queue);
    for (size_t i = 0; i < shown; i++) {
        r->queue_ids[i] = q->rows[i].id;
        strv_take(&r->queue, queued_text(&q->rows[i]));
    }
}

/* Another process runs something, and we do not: that is shown.  NULL: no. */
static const struct snapshot *
other_of(struct run_page *r)
{
    return work_run(work_of(r)) == NULL ? other_seen(r->other) : NULL;
}

/* ---------------------------------------------------------------- drawing */

static struct view_run
view_of(struct run_page *r)
{
    struct front *f = r->page.front;

    follow_feed(r);
    follow_queue(r);
    struct view_run v = {
        .now_ms = front_wall_ms(f),
        .feed = r->feed,
        .glance = glance(r),
        .predicted_ms = work_predicted_ms(work_of(r)),
        .hosts = r->table,
        .output = r->echo.pager,
        .host = host_at(r),
        .reads = r->reads,
        .other = other_of(r),
        .other_note = other_note(r->other),
        .queue = (const char *const *)r->queue.items,
        .queue_shown = r->queue.count,
        .queue_count = r->queue_count,
        .queue_runs = work_queue_runs(work_of(r)),
        .env = front_env_name(f),
    };

    if (v.other != NULL) {
        v.feed = NULL; /* what goes on is of more interest than what is over */
    }
    if (v.host >= 0) {
        echo_take(&r->echo, r->feed, v.host);
    }
    return v;
}

static void
run_draw(struct page *p, struct canvas *c, struct box box)
{
    struct run_page *r = mine(p);
    const struct view_run v = view_of(r);

    r->drawn = box;
    view_run_draw(&v, c, box);
}

static void
run_subtitle(struct page *p, char *ret, size_t size)
{
    struct run_page *r = mine(p);
    const struct board *b = feed_of(r) == NULL ? NULL : feed_board(feed_of(r));
    const struct snapshot *o = other_of(r);

    if (o != NULL || b != NULL) {
        (void)snprintf(ret, size, "%s %s", o != NULL ? o->action : b->action,
                       o != NULL ? o->env : b->env);
    }
}

/* ---------------------------------------------------------------- keys and words */

static bool
inside(struct box b, const struct key *k)
{
    return k->row >= b.row && k->row < b.row + b.rows && k->col >= b.col && k->col < b.col + b.cols;
}

static bool
run_key(struct page *p, const struct key *k)
{
    struct run_page *r = mine(p);

    if (k->code != KEYC_CLICK && k->code != KEYC_WHEEL_UP && k->code != KEYC_WHEEL_DOWN) {
        return false;
    }
    const struct view_run v = view_of(r);
    if (v.feed == NULL) {
        return true;
    }
    if (inside(view_run_output_box(&v, r->drawn), k)) {
        r->reads = r->reads || k->code == KEYC_CLICK;
        (void)pager_wheel(r->echo.pager, k);
    } else if (table_click(r->table, k)) {
        r->reads = r->reads && k->code != KEYC_CLICK;
    }
    return true;
}

/* To the run that is shown. */
static void
say(struct run_page *r, enum verb verb, const char *host, int32_t number)
{
    const struct snapshot *o = other_of(r);

    if (o != NULL && o->exit_code < 0) {
        other_verb(r->other, verb, host, number);
    } else {
        work_verb(work_of(r), verb, host, number);
    }
}

static void
say_of_host(struct run_page *r, enum verb verb)
{
    const char *name = other_of(r) != NULL ? NULL : name_at(r);

    if (name == NULL && other_of(r) == NULL) {
        front_say(r->page.front, LOOK_WARN, "no host is under the cursor");
    } else {
        say(r, verb, name, 0);
    }
}

/* The run that is shown is over. */
static bool
is_over(struct run_page *r, struct feed_end *ret)
{
    return r->feed != NULL && work_run(work_of(r)) == NULL && other_of(r) == NULL &&
           feed_end(r->feed, ret);
}

/* A host of a run that goes on; of one that is over, all that are not there yet: asks first. */
static void
go_again(struct run_page *r)
{
    struct feed_end end;

    if (!is_over(r, &end)) {
        say_of_host(r, VERB_RETRY);
    } else if (end.exit_code != 0) {
        work_propose_retry(work_of(r), r->run);
    } else {
        front_say(r->page.front, LOOK_OK, "all its hosts are there: nothing to do again");
    }
}

static void
more_workers(struct run_page *r, int32_t by)
{
    const struct snapshot *o = other_of(r);
    const int32_t now = o != NULL         ? o->workers
                        : r->feed == NULL ? 0
                                          : feed_course(r->feed)->workers;

    if (now + by < 1) {
        front_say(r->page.front, LOOK_WARN, "one worker is the least; p pauses");
    } else {
        say(r, VERB_WORKERS, NULL, now + by);
    }
}

static const struct {
    enum act act;
    enum verb verb;
} verbs[] = {
    {ACT_PAUSE, VERB_PAUSE}, {ACT_CONTINUE, VERB_CONTINUE}, {ACT_PROMOTE, VERB_PROMOTE},
    {ACT_ABORT, VERB_ABORT}, {ACT_KILL, VERB_KILL},         {ACT_ROLL_BACK, VERB_ROLLBACK},
};

static bool
act_verb(struct run_page *r, enum act act)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (verbs[i].act == act) {
            say(r, verbs[i].verb, NULL, 0);
            return true;
        }
    }
    if (act == ACT_RETRY) {
        go_again(r);
        return true;
    }
    if (act == ACT_SKIP) {
        say_of_host(r, VERB_SKIP);
        return true;
    }
    if (act == ACT_MORE_WORKERS || act == ACT_FEWER_WORKERS) {
        more_workers(r, act == ACT_MORE_WORKERS ? 1 : -1);
        return true;
    }
    return false;
}

static bool
act_pages(struct run_page *r, enum act act)
{
    struct front *f = r->page.front;
    const int32_t host = host_at(r);

    if (host < 0) {
        return false;
    }
    if (act == ACT_ENTER || act == ACT_FULL_SCREEN) {
        front_push(f, page_output_new(f, host));
        return true;
    }
    if (act == ACT_LOGS) {
        front_push(f, page_hostlog_new(f, feed_board(r->feed)->env, r->run, name_at(r)));
        return true;
    }
    return false;
}

/* Out of the output; then the filter goes. */
static bool
go_back(struct run_page *r)
{
    if (r->reads && pager_filter_text(r->echo.pager)[0] != '\0') {
        pager_filter(r->echo.pager, "", false);
    } else if (r->reads) {
        r->reads = false;
    } else if (table_filter_text(r->table)[0] != '\0') {
        table_filter(r->table, "", false);
    } else {
        return false;
    }
    return true;
}

static bool
run_act(struct page *p, enum act act)
{
    struct run_page *r = mine(p);

    follow_feed(r);
    if (act_verb(r, act)) {
        return true;
    }
    if (r->feed == NULL || other_of(r) != NULL) {
        return false;
    }
    if (act_pages(r, act)) {
        return true;
    }
    if (act == ACT_LEFT || act == ACT_RIGHT) {
        r->reads = act == ACT_RIGHT;
        return true;
    }
    if (act == ACT_BACK) {
        return go_back(r);
    }
    if (act == ACT_MARK || act == ACT_MARK_ALL) {
        return false;
    }
    return r->reads && act != ACT_SORT && act != ACT_SORT_REVERSE ? pager_act(r->echo.pager, act)
                                                                  : table_act(r->table, act);
}

/* Of the run that goes on, here or elsewhere; NULL: none does. */
static bool
possible_of_run(const struct snapshot *s, enum act act)
{
    const bool goes_on = s != NULL && s->exit_code < 0;
    const char *waits_for = goes_on && s->waits_for != NULL ? s->waits_for : "";

    if (act == ACT_PAUSE) {
        return goes_on && waits_for[0] == '\0' && s->halt == NULL;
    }
    if (act == ACT_CONTINUE || act == ACT_PROMOTE) {
        return strcmp(waits_for, act == ACT_PROMOTE ? "promote" : "continue") == 0;
    }
    return goes_on && (act == ACT_RETRY ? s->bad > 0 : s->halt == NULL);
}

static bool
run_possible(struct page *p, enum act act)
{
    struct run_page *r = mine(p);
    struct feed_end end;

    follow_feed(r);
    const struct snapshot *other = other_of(r);
    if (act == ACT_RETRY && is_over(r, &end)) {
        return end.exit_code != 0;
    }
    if (act == ACT_PAUSE || act == ACT_CONTINUE || act == ACT_PROMOTE || act == ACT_ABORT ||
        act == ACT_RETRY) {
        return possible_of_run(other != NULL ? other : glance(r), act);
    }
    if (act == ACT_LOGS || act == ACT_FULL_SCREEN || act == ACT_FILTER) {
        return other == NULL && r->feed != NULL;
    }
    return true;
}

static void
run_filter(struct page *p, const char *text, bool without)
{
    struct run_page *r = mine(p);

    follow_feed(r);
    if (r->reads) {
        pager_filter(r->echo.pager, text, without);
    } else {
        table_filter(r->table, text, without);
    }
}

/* All that the run has said, with its warnings. */
static void
show_said(struct run_page *r)
{
    struct buf text;

    buf_init(&text, SAID_BYTES_MAX);
    for (size_t i = 0; r->feed != NULL && i < feed_said_count(r->feed); i++) {
        const struct feed_said *s = feed_said(r->feed, i);
        (void)buf_addf(&text, "%s%s\n", s->warning ? "warning: " : "", s->text);
    }
    if (text.len == 0) {
        front_say(r->page.front, LOOK_WARN, "the run has said nothing");
    } else {
        front_push(r->page.front, page_text_new(r->page.front, "Said", text.data));
    }
    buf_release(&text);
}

/* -1: it is no number of workers. */
static int32_t
number_of(const char *text)
{
    char *end = NULL;
    const long n = strtol(text, &end, 10);

    return text[0] < '0' || text[0] > '9' || *end != '\0' || n > POLICY_WORKERS_MAX ? -1
                                                                                    : (int32_t)n;
}

static bool
run_command(struct page *p, const char *word, const char *rest)
{
    struct run_page *r = mine(p);

    follow_feed(r);
    if (strcmp(word, "said") == 0 && rest[0] == '\0') {
        show_said(r);
    } else if (strcmp(word, "workers") == 0 && number_of(rest) >= 0) {
        say(r, VERB_WORKERS, NULL, number_of(rest));
    } else if (strcmp(word, "workers") == 0 && rest[0] != '\0') {
        front_say(p->front, LOOK_WARN, "workers: expected a number from 0 to %d, got %.40s",
                  POLICY_WORKERS_MAX, rest);
    } else if (strcmp(word, "skip") == 0 && rest[0] != '\0') {
        say(r, VERB_SKIP, rest, 0);
    } else if (strcmp(word, "retry") == 0 && rest[0] != '\0') {
        say(r, VERB_RETRY, rest, 0);
    } else {
        return false;
    }
    return true;
}

/* What filter and order make of the hosts changes as they go on. */
static void
run_tick(struct page *p, int64_t wall_ms)
{
    struct run_page *r = mine(p);

    (void)wall_ms;
    follow_feed(r);
    other_look(r->other, r->feed == NULL);
    if (r->feed != NULL) {
        table_refresh(r->table);
    }
    front_changed(p->front);
}

static void
run_free(struct page *p)
{
    struct run_page *r = mine(p);

    other_free(r->other);
    snapshot_release(&r->glance);
    table_free(r->table);
    echo_release(&r->echo);
    strv_clear(&r->queue);
    free(r->queue_ids);
    free(r->run);
    free(r);
}

struct page *
page_run_new(struct front *f)
{
    static const struct page_ops ops = {
        .where = AT_RUN,
        .title = "Run",
        .draw = run_draw,
        .subtitle = run_subtitle,
        .key = run_key,
        .act = run_act,
        .possible = run_possible,
        .filter = run_filter,
        .command = run_command,
        .tick = run_tick,
        .free = run_free,
    };
    struct run_page *r = xcalloc(1, sizeof(*r));
    const struct table_source source = {
        .columns = view_run_columns,
        .column_count = RUN_COLUMNS,
        .cell = host_cell,
        .compare = host_compare,
        .arg = r,
    };

    r->page = (struct page){.ops = &ops, .front = f};
    r->run = xstrdup("");
    r->table = table_new(&source);
    r->queue_ids = xcalloc(VIEW_RUN_QUEUE_SHOWN, sizeof(*r->queue_ids));
    r->glance = snapshot_empty();
    r->other = other_new(f);
    echo_init(&r->echo);
    return &r->page;
}
