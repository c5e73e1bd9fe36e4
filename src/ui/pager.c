/*
 * pager.c - lines that are kept, and which of them are looked at.
 *
 * Decides what is dropped, what a filter leaves, and where one is in it.  Owns the lines.  Bytes
 * become lines in pager_take.c, lines a picture in pager_draw.c.
 */
#include "ui/pager.h"

#include "base/xalloc.h"
#include "ui/pager_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHEEL_LINES = 3 };

struct pager *
pager_new(size_t lines_max, size_t bytes_max)
{
    struct pager *p = xcalloc(1, sizeof(*p));

    p->lines_max = lines_max > 0 ? lines_max : 1;
    p->bytes_max = bytes_max;
    p->follow = true;
    return p;
}

/* ---------------------------------------------------------------- lines */

static void
drop_first(struct pager *p)
{
    struct pager_line *l = &p->lines[p->first++];

    p->bytes -= l->len + l->run_count * sizeof(*l->runs);
    free(l->block);
    p->gone++;
    if (p->shown.first < p->shown.end && p->shown.numbers[p->shown.first] < p->gone) {
        p->shown.first++;
    }
}

/* Make room at the end: what is free at the beginning first. */
static void
make_room(struct pager *p)
{
    if (p->end == p->cap && p->first > p->cap / 2) {
        memmove(p->lines, p->lines + p->first, (p->end - p->first) * sizeof(*p->lines));
        p->end -= p->first;
        p->first = 0;
    }
    p->lines = xgrow(p->lines, p->end, &p->cap, sizeof(*p->lines));
}

static void
shown_add(struct pager_shown *s, uint64_t number)
{
    if (s->end == s->cap && s->first > s->cap / 2) {
        memmove(s->numbers, s->numbers + s->first, (s->end - s->first) * sizeof(*s->numbers));
        s->end -= s->first;
        s->first = 0;
    }
    s->numbers = xgrow(s->numbers, s->end, &s->cap, sizeof(*s->numbers));
    s->numbers[s->end++] = number;
}

static void
drop_too_many(struct pager *p)
{
    while (p->first < p->end && (pager_lines(p) > p->lines_max || p->bytes > p->bytes_max)) {
        drop_first(p);
    }
}

void
pager_end_line(struct pager *p)
{
    const struct pager_open *o = &p->open;
    const size_t runs = o->run_count * sizeof(o->runs[0]);
    struct pager_line *l;

    make_room(p);
    l = &p->lines[p->end++];
    *l = (struct pager_line){.len = o->len, .run_count = o->run_count, .cut = o->cut};
    l->block = xcalloc(1, runs + o->len);
    memcpy(l->block, o->runs, runs);
    memcpy((char *)l->block + runs, o->bytes, o->len);
    l->runs = l->block;
    l->bytes = (const char *)l->block + runs;
    p->bytes += runs + o->len;
    if (p->filter.count > 0 && words_fit(&p->filter, l->bytes, l->len)) {
        shown_add(&p->shown, p->gone + (p->end - p->first) - 1);
    }
    while (p->end - p->first > p->lines_max || (p->bytes > p->bytes_max && p->first < p->end)) {
        drop_first(p);
    }
}

void
pager_add(struct pager *p, const char *bytes, size_t len)
{
    pager_take(p, bytes, len);
    drop_too_many(p);
}

void
pager_clear(struct pager *p)
{
    while (p->first < p->end) {
        drop_first(p);
    }
    memset(&p->open, 0, sizeof(p->open));
    p->has_hit = false;
    p->left = 0;
}

void
pager_free(struct pager *p)
{
    if (p == NULL) {
        return;
    }
    pager_clear(p);
    words_release(&p->filter);
    word_release(&p->search);
    free(p->search_text);
    free(p->shown.numbers);
    free(p->lines);
    free(p);
}

size_t
pager_lines(const struct pager *p)
{
    return p->end - p->first + pager_open_is(p);
}

void
pager_color(struct pager *p, unsigned (*look)(const char *bytes, size_t len))
{
    p->look = look;
}

struct pager_line
pager_line_of(const struct pager *p, uint64_t number)
{
    const size_t at = p->first + (size_t)(number - p->gone);
    const struct pager_open *o = &p->open;

    if (at < p->end) {
        return p->lines[at];
    }
    return (struct pager_line){.bytes = o->bytes,
                               .len = o->len,
                               .runs = o->runs,
                               .run_count = o->run_count,
                               .cut = o->cut};
}

/* ---------------------------------------------------------------- which are shown */

static bool
open_is_shown(const struct pager *p)
{
    return pager_open_is(p) && words_fit(&p->filter, p->open.bytes, p->open.len);
}

size_t
pager_shown_count(const struct pager *p)
{
    if (p->filter.count == 0) {
        return pager_lines(p);
    }
    return p->shown.end - p->shown.first + open_is_shown(p);
}

uint64_t
pager_shown_number(const struct pager *p, size_t at)
{
    if (p->filter.count == 0) {
        return p->gone + at;
    }
    if (p->shown.first + at < p->shown.end) {
        return p->shown.numbers[p->shown.first + at];
    }
    return p->gone + (p->end - p->first); /* the open one */
}

size_t
pager_shown_from(const struct pager *p, uint64_t number)
{
    size_t low = 0;
    size_t high = pager_shown_count(p);

    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (pager_shown_number(p, mid) < number) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

void
pager_filter(struct pager *p, const char *text, bool without)
{
    words_set(&p->filter, text, without);
    p->shown.first = p->shown.end = 0;
    for (size_t i = p->first; p->filter.count > 0 && i < p->end; i++) {
        if (words_fit(&p->filter, p->lines[i].bytes, p->lines[i].len)) {
            shown_add(&p->shown, p->gone + (i - p->first));
        }
    }
}

const char *
pager_filter_text(const struct pager *p)
{
    return words_shown(&p->filter);
}

/* ---------------------------------------------------------------- where one is */

static size_t
rows_of(const struct pager *p)
{
    return p->box.rows > 0 ? (size_t)p->box.rows : 1;
}

/* The uppermost line when the end is seen. */
static size_t
last_top(const struct pager *p)
{
    const size_t count = pager_shown_count(p);

    return count > rows_of(p) ? count - rows_of(p) : 0;
}

size_t
pager_top(const struct pager *p)
{
    const size_t last = last_top(p);
    const size_t top = p->follow ? last : pager_shown_from(p, p->top);

    return top < last ? top : last;
}

static void
go(struct pager *p, size_t top)
{
    const size_t last = last_top(p);

    p->top = pager_shown_number(p, top < last ? top : last);
}

static void
scroll_up(struct pager *p, size_t lines)
{
    const size_t top = pager_top(p);

    go(p, top > lines ? top - lines : 0);
    p->follow = p->follow && last_top(p) == 0;
}

static void
scroll_down(struct pager *p, size_t lines)
{
    const size_t top = pager_top(p) + lines;

    go(p, top);
    p->follow = top >= last_top(p);
}

bool
pager_follows(const struct pager *p)
{
    return p->follow;
}

static void
toggle_follow(struct pager *p)
{
    if (p->follow) {
        go(p, last_top(p));
    }
    p->follow = !p->follow;
}

static void
scroll_right(struct pager *p)
{
    p->left += p->box.cols / 2 + 1;
    if (p->left > PAGER_LINE_BYTES * 4) { /* a byte is at most that wide */
        p->left = PAGER_LINE_BYTES * 4;
    }
}

static void
scroll_left(struct pager *p)
{
    const int half = p->box.cols / 2 + 1;

    p->left = p->left > half ? p->left - half : 0;
}

/* ---------------------------------------------------------------- searching */

static void
go_to_hit(struct pager *p, size_t at)
{
    const size_t top = pager_top(p);
    const size_t above = rows_of(p) / 3;

    p->hit = pager_shown_number(p, at);
    p->has_hit = p->reveal = true;
    p->follow = false;
    if (at < top || at >= top + rows_of(p)) {
        go(p, at > above ? at - above : 0);
    } else {
        go(p, top);
    }
}

/* The nearest line with it, `from` itself too, round the end. */
static bool
find(struct pager *p, size_t from, bool backwards)
{
    const size_t count = pager_shown_count(p);

    for (size_t i = 0; i < count; i++) {
        const size_t at = backwards ? (from + count - i) % count : (from + i) % count;
        const struct pager_line l = pager_line_of(p, pager_shown_number(p, at));
        size_t ignored;
        if (word_find(&p->search, l.bytes, l.len, 0, &ignored)) {
            go_to_hit(p, at);
            return true;
        }
    }
    return false;
}

/* Where the search goes on: behind the last hit, if that is still seen. */
static bool
find_next(struct pager *p, bool backwards)
{
    const size_t count = pager_shown_count(p);
    const size_t top = pager_top(p);
    const size_t bottom = top + rows_of(p) < count ? top + rows_of(p) : count;
    const size_t hit = p->has_hit ? pager_shown_from(p, p->hit) : count;

    if (count == 0) {
        return false;
    }
    if (hit >= top && hit < bottom) {
        return find(p, backwards ? (hit + count - 1) % count : (hit + 1) % count, backwards);
    }
    return find(p, backwards ? bottom - 1 : top, backwards);
}

bool
pager_search(struct pager *p, const char *text, bool backwards)
{
    if (text == NULL || text[0] == '\0') {
        word_set(&p->search, NULL);
        free(p->search_text);
        p->search_text = NULL;
        p->has_hit = false;
        return true;
    }
    if (strcmp(pager_search_text(p), text) != 0) {
        word_set(&p->search, text);
        free(p->search_text);
        p->search_text = xstrdup(text);
        p->has_hit = false;
    }
    return find_next(p, backwards);
}

const char *
pager_search_text(const struct pager *p)
{
    return p->search_text == NULL ? "" : p->search_text;
}

/* ---------------------------------------------------------------- acts */

bool
pager_act(struct pager *p, enum act act)
{
    const size_t page = rows_of(p) > 1 ? rows_of(p) - 1 : 1;

    if (act == ACT_UP || act == ACT_PAGE_UP) {
        scroll_up(p, act == ACT_UP ? 1 : page);
    } else if (act == ACT_DOWN || act == ACT_PAGE_DOWN) {
        scroll_down(p, act == ACT_DOWN ? 1 : page);
    } else if (act == ACT_TOP) {
        scroll_up(p, pager_shown_count(p));
    } else if (act == ACT_BOTTOM) {
        p->follow = true;
    } else if (act == ACT_LEFT) {
        scroll_left(p);
    } else if (act == ACT_RIGHT) {
        scroll_right(p);
    } else if (act == ACT_FOLLOW) {
        toggle_follow(p);
    } else if (act == ACT_SEARCH_NEXT || act == ACT_SEARCH_PREVIOUS) {
        (void)find_next(p, act == ACT_SEARCH_PREVIOUS);
    } else {
        return false;
    }
    return true;
}

bool
pager_wheel(struct pager *p, const struct key *k)
{
    const bool inside = k->row >= p->box.row && k->row < p->box.row + p->box.rows &&
                        k->col >= p->box.col && k->col < p->box.col + p->box.cols;

    if (!inside || (k->code != KEYC_WHEEL_UP && k->code != KEYC_WHEEL_DOWN)) {
        return false;
    }
    if (k->code == KEYC_WHEEL_UP) {
        scroll_up(p, WHEEL_LINES);
    } else {
        scroll_down(p, WHEEL_LINES);
    }
    return true;
}
