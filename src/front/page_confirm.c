/*
 * page_confirm.c - what an action would do, and the word that it shall.
 *
 * Decides what is shown of a plan.  Owns the errand until it is started.  The view draws.
 */
#include "front/work_state.h"

#include "base/duration.h"
#include "base/nodeset.h"
#include "base/xalloc.h"
#include "ui/view_confirm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FOLDED_BYTES = 64 * 1024,
    WAVE_NAMES_BYTES = 512,
    TEXT_BYTES = 256,
    FOOT_ROWS = 2,
    NOTES_MAX = 5,
    TOP_MAX = 1 << 20, /* no page has so many lines */
};

struct confirm_page {
    struct page page;      /* first: the two are cast into each other */
    struct errand *errand; /* owned; NULL: it was started */
    struct view_confirm view;
    struct view_confirm_wave *waves; /* owned, with their names */
    const char **steps;              /* owned; the names are the action's */
    struct strv notes;               /* warnings */
    char *hosts, *tags;              /* owned */
    char order[TEXT_BYTES], pauses[TEXT_BYTES], health[TEXT_BYTES], under_way[TEXT_BYTES];
    int rows; /* it was drawn in last */
};

static struct confirm_page *
mine(struct page *p)
{
    return (struct confirm_page *)p;
}

/* ---------------------------------------------------------------- what is shown */

static char *
fold(const char *const *names, size_t count, size_t bytes_max)
{
    struct buf folded;

    buf_init(&folded, bytes_max);
    nodeset_fold(&folded, names, count);
    if (folded.full) {
        buf_clear(&folded);
        (void)buf_addf(&folded, "%s and %zu more", names[0], count - 1);
    }
    char *text = buf_detach(&folded);
    buf_release(&folded);
    return text;
}

static void
add_list(struct buf *out, const char *before, const struct strv *list)
{
    for (size_t i = 0; i < list->count; i++) {
        (void)buf_addf(out, "%s%s", i == 0 ? before : ", ", list->items[i]);
    }
}

static bool
is_all(const struct strv *tags)
{
    return tags->count == 0 || (tags->count == 1 && strcmp(tags->items[0], "all") == 0);
}

/* "deploy, without slow"; NULL: every step is run. */
static char *
tags_of(const struct run_request *r)
{
    struct buf text;

    if (is_all(r->tags) && r->skip_tags->count == 0) {
        return NULL;
    }
    buf_init(&text, FOLDED_BYTES);
    add_list(&text, "", r->tags);
    add_list(&text, r->tags->count > 0 ? ", without " : "all, without ", r->skip_tags);
    char *tags = buf_detach(&text);
    buf_release(&text);
    return tags;
}

static void
fill_waves(struct confirm_page *c)
{
    const struct plan_view *v = &c->errand->plan;
    const int32_t all = plan_has_waves(v->plan) ? plan_wave_count(v->plan) : 0;
    const int32_t count = all < VIEW_CONFIRM_WAVES_MAX ? all : VIEW_CONFIRM_WAVES_MAX;

    c->view.wave_count = (size_t)all;
    c->waves = xcalloc((size_t)count, sizeof(*c->waves));
    for (int32_t i = 0; i < count; i++) {
        const int32_t begin = plan_wave_begin(v->plan, i);
        const int32_t hosts = plan_wave_end(v->plan, i) - begin;
        const char **names = xcalloc((size_t)hosts, sizeof(*names));
        for (int32_t k = 0; k < hosts; k++) {
            names[k] = v->names[plan_host_at(v->plan, begin + k)];
        }
        c->waves[i] = (struct view_confirm_wave){
            .hosts = hosts,
            .canary = i < plan_canary_waves(v->plan),
            .names = fold(names, (size_t)hosts, WAVE_NAMES_BYTES),
            .p50_ms = v->future != NULL ? v->future->waves[i].p50_ms : -1,
        };
        free(names);
    }
    c->view.waves = count > 0 ? c->waves : NULL;
}

static void
fill_steps(struct confirm_page *c, const size_t *steps, size_t count)
{
    const struct action *a = c->errand->loaded.action;

    c->steps = xcalloc(count, sizeof(*c->steps));
    for (size_t i = 0; i < count; i++) {
        c->steps[i] = a->steps[steps == NULL ? i : steps[i]].name;
    }
    c->view.steps = c->steps;
    c->view.step_count = count;
}

static size_t
add_pause(char *text, size_t size, size_t used, const char *before, int64_t ms, const char *after)
{
    char time[32];

    if (ms <= 0 || used >= size) {
        return used;
    }
    duration_written(ms, time, sizeof(time));
    const int n =
        snprintf(text + used, size - used, "%s%s%s%s", used > 0 ? ", " : "", before, time, after);
    return n < 0 ? used : used + (size_t)n;
}

static void
fill_policy(struct confirm_page *c)
{
    const struct plan *plan = c->errand->plan.plan;
    const struct policy *o = plan_policy(plan);
    size_t used = 0;

    c->view.strategy = strategy_name(o->strategy);
    c->view.workers = o->workers;
    c->view.promote_manual = o->promote == PROMOTE_MANUAL;
    c->view.budget = plan_budget(plan);
    c->view.on_failure = on_failure_name(o->on_failure);
    (void)snprintf(c->order, sizeof(c->order), "%s", host_order_name(o->order));
    if (o->order == HOST_ORDER_SHUFFLE) {
        (void)snprintf(c->order, sizeof(c->order), "shuffle, seed %" PRIu64, o->seed);
    }
    c->view.order = c->order;
    used = add_pause(c->pauses, sizeof(c->pauses), used, "a host bakes ", o->host_bake_ms, "");
    used = add_pause(c->pauses, sizeof(c->pauses), used, "a wave bakes ", o->wave_bake_ms, "");
    used = add_pause(c->pauses, sizeof(c->pauses), used, "", o->wave_pause_ms, " between waves");
    used = add_pause(c->pauses, sizeof(c->pauses), used, "at most ", o->run_timeout_ms, " in all");
    c->view.pauses = used > 0 ? c->pauses : NULL;
}

static void
fill_health(struct confirm_page *c)
{
    const struct errand *e = c->errand;
    const struct policy *o = plan_policy(e->plan.plan);
    char interval[32], timeout[32];

    c->view.checks = plan_check_count(e->plan.plan);
    c->view.tries = 1 + o->gate_retries;
    duration_written(o->gate_interval_ms, interval, sizeof(interval));
    duration_written(e->loaded.settings.gate_timeout_ms, timeout, sizeof(timeout));
    if (c->view.checks > 0) {
        (void)snprintf(c->health, sizeof(c->health), "%s apart, %s each", interval, timeout);
    } else if (e->loaded.action->check_count > 0) {
        (void)snprintf(c->health, sizeof(c->health),
                       "not looked at: health_check_enabled is false");
    }
    c->view.health = c->health[0] != '\0' ? c->health : NULL;
}

static void
fill_time(struct confirm_page *c)
{
    const struct plan_view *v = &c->errand->plan;

    c->view.p50_ms = v->future != NULL ? v->future->whole.p50_ms : -1;
    c->view.p95_ms = v->future != NULL ? v->future->whole.p95_ms : -1;
    c->view.no_history = v->future != NULL     ? NULL
                         : v->no_times != NULL ? v->no_times
                                               : "no earlier run of these steps went well here";
}

static void
fill_plan(struct confirm_page *c)
{
    const struct errand *e = c->errand;

    c->hosts = fold(e->plan.names, e->request.host_count, FOLDED_BYTES);
    c->view.host_count = (int32_t)e->request.host_count;
    c->view.host_all = (int32_t)inventory_count(e->loaded.inventory);
    c->tags = tags_of(&e->request);
    c->view.tags = c->tags;
    fill_policy(c);
    fill_health(c);
    fill_waves(c);
    fill_steps(c, e->plan.steps, e->plan.step_count);
    fill_time(c);
}

/* Only the action was read: the rest is worked out when it starts. */
static void
fill_brief(struct confirm_page *c)
{
    const struct errand *e = c->errand;

    c->hosts = fold((const char *const *)e->hosts.items, e->hosts.count, FOLDED_BYTES);
    c->view.host_count = (int32_t)e->hosts.count;
    c->view.host_all = -1;
    fill_steps(c, NULL, e->loaded.action->step_count);
}

static void
fill_notes(struct confirm_page *c)
{
    const struct errand *e = c->errand;

    for (size_t i = 0; i < e->notes.count && i < NOTES_MAX; i++) {
        strv_take(&c->notes, front_near_root(c->page.front, e->notes.items[i]));
    }
    if (e->noted > NOTES_MAX) {
        strv_take(&c->notes, xasprintf("and %zu more: `inventory-manager validate %s` has them",
                                       e->noted - NOTES_MAX, e->env));
    }
    c->view.warnings = (const char *const *)c->notes.items;
    c->view.warning_count = c->notes.count;
}

static void
fill(struct confirm_page *c)
{
    const struct errand *e = c->errand;
    const struct action *a = e->loaded.action;

    c->view = (struct view_confirm){
        .action = a->name,
        .description = a->description,
        .env = e->env,
        .retry_of = e->is_retry ? e->retry.runs.rows[0].id : NULL,
        .mutating = a->mutating,
        .produces = a->produces,
        .release = e->request.release,
        .budget = -1,
        .p50_ms = -1,
        .p95_ms = -1,
    };
    fill_notes(c);
    if (e->brief) {
        fill_brief(c);
    } else {
        fill_plan(c);
    }
    c->view.hosts = c->hosts;
}

/* ---------------------------------------------------------------- the page */

/* A run may begin or end while this is read. */
static void
note_run(struct confirm_page *c)
{
    struct work *w = front_work(c->page.front);

    c->view.will_queue = w->run != NULL;
    c->view.queued = (int32_t)w->queue.count;
    c->view.under_way = NULL;
    if (w->run != NULL) {
        (void)snprintf(c->under_way, sizeof(c->under_way), "%s %s", w->errand->action,
                       w->errand->env);
        c->view.under_way = c->under_way;
    }
}

static void
confirm_draw(struct page *p, struct canvas *canvas, struct box box)
{
    struct confirm_page *c = mine(p);

    if (c->errand == NULL) {
        return; /* it was started, and this is gone soon */
    }
    note_run(c);
    const int top_max = view_confirm_top_max(&c->view, canvas, box);
    c->view.top = c->view.top > top_max ? top_max : c->view.top;
    c->rows = box.rows;
    view_confirm_draw(&c->view, canvas, box);
}

static void
confirm_subtitle(struct page *p, char *ret, size_t size)
{
    const struct errand *e = mine(p)->errand;

    if (e != NULL) {
        (void)snprintf(ret, size, "%s %s", e->action, e->env);
    }
}

static void
queue(struct confirm_page *c)
{
    struct front *f = c->page.front;
    const struct errand *e = c->errand;

    if (e->is_retry) {
        front_say(f, LOOK_WARN, "a retry is not queued: what it was given is not kept there");
        return;
    }
    queue_put(front_work(f), e->env, e->action, &e->hosts);
    front_pop(f);
}

/* What was read beside a run was not all: once that is over it is read whole, and shown again. */
static void
show_whole(struct confirm_page *c)
{
    struct front *f = c->page.front;
    struct errand *e = c->errand;

    c->errand = NULL;
    front_pop(f);
    work_propose(front_work(f), e->action, &e->hosts);
    errand_free(e);
}

static bool
is_outdated(const struct confirm_page *c)
{
    return c->errand != NULL && c->errand->brief && front_work(c->page.front)->run == NULL;
}

static void
confirm_tick(struct page *p, int64_t wall_ms)
{
    (void)wall_ms;
    if (is_outdated(mine(p))) {
        show_whole(mine(p));
    }
}

static void
start(struct confirm_page *c)
{
    struct front *f = c->page.front;
    struct work *w = front_work(f);
    struct errand *e = c->errand;

    if (w->run != NULL) {
        queue(c);
    } else if (is_outdated(c)) {
        show_whole(c); /* it is to be seen before it starts */
    } else {
        c->errand = NULL;
        front_pop(f);
        (void)work_begin(w, e);
    }
}

static bool
confirm_act(struct page *p, enum act act)
{
    struct confirm_page *c = mine(p);
    const int page = c->rows > FOOT_ROWS + 1 ? c->rows - FOOT_ROWS - 1 : 1;
    const struct {
        enum act act;
        int top;
    } moves[] = {{ACT_UP, c->view.top - 1},
                 {ACT_DOWN, c->view.top + 1},
                 {ACT_PAGE_UP, c->view.top - page},
                 {ACT_PAGE_DOWN, c->view.top + page},
                 {ACT_TOP, 0},
                 {ACT_BOTTOM, TOP_MAX}};

    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        if (moves[i].act == act) {
            c->view.top = moves[i].top < 0 ? 0 : moves[i].top; /* its end is known when drawn */
            return true;
        }
    }
    if (c->errand == NULL || (act != ACT_ENTER && act != ACT_QUEUE)) {
        return false;
    }
    if (act == ACT_ENTER) {
        start(c);
    } else {
        queue(c);
    }
    return true;
}

static void
confirm_free(struct page *p)
{
    struct confirm_page *c = mine(p);
    const size_t waves = c->view.waves == NULL                         ? 0
                         : c->view.wave_count < VIEW_CONFIRM_WAVES_MAX ? c->view.wave_count
                                                                       : VIEW_CONFIRM_WAVES_MAX;

    for (size_t i = 0; i < waves; i++) {
        free((void *)(uintptr_t)c->waves[i].names);
    }
    free(c->waves);
    free((void *)c->steps);
    strv_clear(&c->notes);
    free(c->hosts);
    free(c->tags);
    errand_free(c->errand);
    free(c);
}

struct page *
page_confirm_new(struct front *f, struct errand *e)
{
    static const struct page_ops ops = {
        .where = AT_CONFIRM,
        .title = "Confirm",
        .draw = confirm_draw,
        .subtitle = confirm_subtitle,
        .act = confirm_act,
        .tick = confirm_tick,
        .free = confirm_free,
    };
    struct confirm_page *c = xcalloc(1, sizeof(*c));

    c->page = (struct page){.ops = &ops, .front = f};
    c->errand = e;
    fill(c);
    return &c->page;
}
