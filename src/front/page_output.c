/*
 * page_output.c - what a host of the run that is shown has said and says, on the whole screen.
 *
 * Decides nothing.  Owns the pager.  When another run begins, what was there stays.
 */
#include "front/front.h"
#include "front/work.h"

#include "base/xalloc.h"
#include "ui/echo.h"
#include "ui/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct output_page {
    struct page page;    /* first: the two are cast into each other */
    struct page_ops ops; /* with a title of its own */
    char *title;         /* owned: the host's name */
    char *run;           /* owned: id of the run it is of */
    int32_t host;
    struct echo echo;
};

static struct output_page *
mine(struct page *p)
{
    return (struct output_page *)p;
}

/* The run it is of, if that is still the one that is known. */
static const struct feed *
feed_of(const struct output_page *o)
{
    const struct feed *f = work_feed(front_work(o->page.front));
    const char *run = f == NULL ? NULL : feed_board(f)->run;

    return run != NULL && strcmp(run, o->run) == 0 ? f : NULL;
}

/* Why, where it is known: the list has room for its beginning only. */
static void
draw_nothing(const struct feed *f, int32_t host, struct canvas *c, struct box box)
{
    const struct feed_host *h = f == NULL ? NULL : feed_host(f, host);
    const struct box why = {box.row + 2, box.col + 1, box.rows - 2, box.cols - 2};

    (void)canvas_text(c, box.row, box.col + 1, box.cols - 1, LOOK_DIM, "it has said nothing");
    if (h != NULL && h->reason != NULL && why.rows > 0) {
        (void)wrap_draw(c, why, LOOK_BAD, h->reason);
    }
}

static void
output_draw(struct page *p, struct canvas *c, struct box box)
{
    struct output_page *o = mine(p);
    const struct feed *f = feed_of(o);

    if (f != NULL) {
        echo_take(&o->echo, f, o->host);
    }
    if (pager_lines(o->echo.pager) == 0) {
        draw_nothing(f, o->host, c, box);
    }
    pager_draw(o->echo.pager, c, box);
}

static void
output_subtitle(struct page *p, char *ret, size_t size)
{
    char place[64];

    pager_place(mine(p)->echo.pager, place);
    (void)snprintf(ret, size, "%s", place);
}

static bool
output_key(struct page *p, const struct key *k)
{
    return pager_wheel(mine(p)->echo.pager, k);
}

static bool
output_possible(struct page *p, enum act act)
{
    return act != ACT_SEARCH_NEXT || pager_search_text(mine(p)->echo.pager)[0] != '\0';
}

static bool
output_act(struct page *p, enum act act)
{
    struct pager *pager = mine(p)->echo.pager;

    if (act == ACT_BACK && pager_search_text(pager)[0] != '\0') {
        (void)pager_search(pager, "", false);
        return true;
    }
    if (act == ACT_BACK && pager_filter_text(pager)[0] != '\0') {
        pager_filter(pager, "", false);
        return true;
    }
    return pager_act(pager, act);
}

static void
output_filter(struct page *p, const char *text, bool without)
{
    pager_filter(mine(p)->echo.pager, text, without);
}

/* From the end back: the last of it is nearest. */
static void
output_search(struct page *p, const char *text)
{
    struct pager *pager = mine(p)->echo.pager;

    if (!pager_search(pager, text, pager_follows(pager)) && text[0] != '\0') {
        front_say(p->front, LOOK_WARN, "%s: not found", text);
    }
}

static void
output_free(struct page *p)
{
    struct output_page *o = mine(p);

    echo_release(&o->echo);
    free(o->title);
    free(o->run);
    free(o);
}

struct page *
page_output_new(struct front *f, int32_t host)
{
    static const struct page_ops ops = {
        .where = AT_TEXT,
        .draw = output_draw,
        .subtitle = output_subtitle,
        .key = output_key,
        .act = output_act,
        .possible = output_possible,
        .filter = output_filter,
        .search = output_search,
        .free = output_free,
    };
    const struct feed *feed = work_feed(front_work(f));
    struct output_page *o;

    if (feed == NULL || feed_host(feed, host) == NULL) {
        return NULL;
    }
    o = xcalloc(1, sizeof(*o));
    o->title = xstrdup(feed_board(feed)->names.items[host]);
    o->run = xstrdup(feed_board(feed)->run);
    o->host = host;
    o->ops = ops;
    o->ops.title = o->title;
    o->page = (struct page){.ops = &o->ops, .front = f};
    echo_init(&o->echo);
    return &o->page;
}
