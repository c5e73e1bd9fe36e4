/*
 * front_pages.c - which page is seen: six of the bar, others over them.
 *
 * Decides when a page is made and freed.  A page that is left may still be inside of one of its
 * functions, so it is freed by the loop, later.
 */
#include "front/front_state.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

/* Those of the bar, in its order. */
static struct page *(*const makers[VIEW_PAGES])(struct front *f) = {
    page_envs_new,    page_servers_new,  page_run_new,
    page_history_new, page_settings_new, page_log_new,
};

static int
number_of(enum where where)
{
    int n = 0;

    while (n < VIEW_PAGES && view_page(n) != where) {
        n++;
    }
    assert(n < VIEW_PAGES);
    return n;
}

struct page *
front_page(struct front *f, enum where where)
{
    const int n = number_of(where);

    if (f->bar[n] == NULL) {
        f->bar[n] = makers[n](f);
    }
    return f->bar[n];
}

struct page *
front_top(struct front *f)
{
    return f->over_count > 0 ? f->over[f->over_count - 1] : f->bar[f->at];
}

/* A page fetches when it is shown. */
static void
show(struct front *f)
{
    struct page *p = front_top(f);

    if (f->line.kind != LINE_NONE) {
        line_close(f);
    }
    if (p->ops->tick != NULL) {
        p->ops->tick(p, front_wall_ms(f));
    }
    front_changed(f);
}

static void
drop(struct front *f)
{
    ask_cancel(f); /* who asked may be the one that goes */
    struct page *p = f->over[--f->over_count];

    f->dead = xgrow(f->dead, f->dead_count, &f->dead_cap, sizeof(struct page *));
    f->dead[f->dead_count++] = p;
    event_active(f->later, EV_TIMEOUT, 0);
}

void
front_bury(struct front *f)
{
    while (f->dead_count > 0) {
        struct page *p = f->dead[--f->dead_count];
        p->ops->free(p);
    }
}

void
front_push(struct front *f, struct page *p)
{
    if (p == NULL) {
        return;
    }
    if (f->over_count == FRONT_OVER_MAX) {
        front_say(f, LOOK_WARN, "too many pages are open: Esc goes back");
        p->ops->free(p);
        return;
    }
    f->over[f->over_count++] = p;
    show(f);
}

void
front_pop(struct front *f)
{
    if (f->over_count > 0) {
        drop(f);
        show(f);
    }
}

void
front_go(struct front *f, enum where where)
{
    if (front_page(f, where) == NULL) {
        return;
    }
    ask_cancel(f);
    while (f->over_count > 0) {
        drop(f);
    }
    f->at = number_of(where);
    show(f);
}

void
front_free_pages(struct front *f)
{
    while (f->over_count > 0) {
        drop(f);
    }
    front_bury(f);
    free(f->dead);
    for (int i = 0; i < VIEW_PAGES; i++) {
        if (f->bar[i] != NULL) {
            f->bar[i]->ops->free(f->bar[i]);
        }
        f->bar[i] = NULL;
    }
}
