/*
 * page_text.c - a text to be read: mistakes, help, an action.
 *
 * Decides nothing.  Owns a pager.
 */
#include "front/front.h"

#include "base/xalloc.h"
#include "ui/pager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 20000, BYTES_MAX = 8 << 20 };

struct text_page {
    struct page page;    /* first: the two are cast into each other */
    struct page_ops ops; /* with a title of its own */
    char *title;         /* owned */
    struct pager *pager; /* owned */
};

static struct text_page *
mine(struct page *p)
{
    return (struct text_page *)p;
}

static void
text_draw(struct page *p, struct canvas *c, struct box box)
{
    pager_draw(mine(p)->pager, c, box);
}

static void
text_subtitle(struct page *p, char *ret, size_t size)
{
    char place[64];

    pager_place(mine(p)->pager, place);
    (void)snprintf(ret, size, "%.*s", (int)strcspn(place, ","),
                   place); /* nothing comes behind it */
}

static bool
text_key(struct page *p, const struct key *k)
{
    return pager_wheel(mine(p)->pager, k);
}

static bool
text_act(struct page *p, enum act act)
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

static bool
text_possible(struct page *p, enum act act)
{
    return act != ACT_FOLLOW &&
           (act != ACT_SEARCH_NEXT || pager_search_text(mine(p)->pager)[0] != '\0');
}

static void
text_filter(struct page *p, const char *text, bool without)
{
    pager_filter(mine(p)->pager, text, without);
}

static void
text_search(struct page *p, const char *text)
{
    if (!pager_search(mine(p)->pager, text, false) && text[0] != '\0') {
        front_say(p->front, LOOK_WARN, "%s: not found", text);
    }
}

static void
text_free(struct page *p)
{
    pager_free(mine(p)->pager);
    free(mine(p)->title);
    free(p);
}

struct page *
page_text_new(struct front *f, const char *title, const char *text)
{
    static const struct page_ops ops = {
        .where = AT_TEXT,
        .draw = text_draw,
        .subtitle = text_subtitle,
        .key = text_key,
        .act = text_act,
        .possible = text_possible,
        .filter = text_filter,
        .search = text_search,
        .free = text_free,
    };
    struct text_page *t = xcalloc(1, sizeof(*t));

    t->title = xstrdup(title);
    t->ops = ops;
    t->ops.title = t->title;
    t->page = (struct page){.ops = &t->ops, .front = f};
    t->pager = pager_new(LINES_MAX, BYTES_MAX);
    pager_add(t->pager, text, strlen(text));
    (void)pager_act(t->pager, ACT_TOP);
    return &t->page;
}
