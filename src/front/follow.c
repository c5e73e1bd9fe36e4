/*
 * follow.c - what the pages of logs have in common.
 *
 * Decides when the next piece is read.  Owns the lines and the event that reads.  Never reads more
 * than a piece in a turn of the loop.
 */
#include "front/follow.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

static const char anew[] = "\n[from here on it is another file]\n";

static struct follow *
mine(struct page *p)
{
    return (struct follow *)p;
}

static void
read_on(struct follow *f)
{
    static const struct timeval at_once = {0};

    (void)evtimer_add(f->pump, &at_once);
}

static void
on_pump(evutil_socket_t fd, short what, void *arg)
{
    struct follow *f = arg;
    char bytes[FOLLOW_PIECE_BYTES];
    bool is_anew = false;
    int64_t got;

    (void)fd;
    (void)what;
    f->err.kind = ERR_NONE;
    got = f->source.next(f->source.arg, bytes, sizeof(bytes), &is_anew, &f->err);
    if (is_anew && pager_lines(f->pager) > 0) {
        pager_add(f->pager, anew, sizeof(anew) - 1);
    }
    if (got > 0) {
        pager_add(f->pager, bytes, (size_t)got);
        read_on(f);
    } else {
        f->read_once = true;
    }
    front_changed(f->page.front);
}

void
follow_init(struct follow *f, struct front *front, const struct page_ops *ops,
            const struct follow_source *source, const char *what, size_t lines_max,
            size_t bytes_max)
{
    *f = (struct follow){.page = {.ops = ops, .front = front}, .source = *source};
    f->pager = pager_new(lines_max, bytes_max);
    f->pump = evtimer_new(front_base(front), on_pump, f);
    f->what = xstrdup(what);
}

void
follow_release(struct follow *f)
{
    event_free(f->pump);
    pager_free(f->pager);
    free(f->what);
}

void
follow_draw(struct page *p, struct canvas *c, struct box box)
{
    const struct follow *f = mine(p);
    const struct view_log v = {
        .pager = f->pager,
        .what = f->what,
        .state = f->err.kind != ERR_NONE ? f->err.text : f->state,
    };

    view_log_draw(&v, c, box);
}

bool
follow_key(struct page *p, const struct key *k)
{
    return pager_wheel(mine(p)->pager, k);
}

bool
follow_act(struct page *p, enum act act)
{
    struct pager *pager = mine(p)->pager;

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

void
follow_filter(struct page *p, const char *text, bool without)
{
    pager_filter(mine(p)->pager, text, without);
}

bool
follow_possible(struct page *p, enum act act)
{
    return act != ACT_SEARCH_NEXT || pager_search_text(mine(p)->pager)[0] != '\0';
}

void
follow_search(struct page *p, const char *text)
{
    if (!pager_search(mine(p)->pager, text, false) && text[0] != '\0') {
        front_say(p->front, LOOK_WARN, "%s: not found", text);
    }
}

void
follow_tick(struct page *p, int64_t wall_ms)
{
    (void)wall_ms;
    read_on(mine(p));
}
