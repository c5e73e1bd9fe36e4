/*
 * pager_draw.c - the lines that are seen, as a picture.
 *
 * Decides what a line looks like: its own colors, else what the owner says of it, and over both
 * what a search has found.  Costs what is visible.  Owns nothing.
 */
#include "ui/pager_state.h"

#include "base/escape.h"

#include <stdio.h>
#include <string.h>

enum { MARGIN_CELLS = 4 /* behind what was found */ };

struct brush {
    const struct pager *p;
    struct canvas *c;
    const struct pager_line *l;
    int row, col, width;     /* what is left of the row */
    uint8_t base;            /* the look of plain text */
    bool hit;                /* the line found last */
    size_t found, found_end; /* what was searched for; both len: no more */
};

/* The byte behind the first `cells` cells; *ret_over: cells of its last character past them. */
static size_t
skip_cells(const struct canvas *c, const struct pager_line *l, int cells, int *ret_over)
{
    size_t at = 0;
    int used = 0;

    while (at < l->len && used < cells) {
        const size_t n = utf8_decode(l->bytes + at, l->len - at, NULL);
        const size_t len = n == 0 ? 1 : n;
        used += canvas_width_of(c, l->bytes + at, len);
        at += len;
    }
    *ret_over = used > cells ? used - cells : 0;
    return at;
}

/* The look at a byte, and where it ends. */
static uint8_t
look_at(const struct brush *b, size_t at, size_t *ret_end)
{
    const struct pager_line *l = b->l;
    uint8_t look = LOOK_PLAIN;
    size_t low = 0;
    size_t high = l->run_count;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (l->runs[mid].from <= at) {
            look = l->runs[mid].look;
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    *ret_end = low < l->run_count ? l->runs[low].from : l->len;
    return look == LOOK_PLAIN ? b->base : look;
}

/* What was searched for, the first that ends behind a byte. */
static void
next_match(struct brush *b, size_t from)
{
    const struct word *w = &b->p->search;

    b->found = b->found_end = b->l->len;
    if (word_find(w, b->l->bytes, b->l->len, from, &b->found)) {
        b->found_end = b->found + w->len;
    }
}

/* What has one look, from a byte on; its length. */
static size_t
draw_part(struct brush *b, size_t at)
{
    size_t end;
    uint8_t look = look_at(b, at, &end);

    if (at >= b->found && at < b->found_end) {
        look = (uint8_t)(LOOK_MATCH | (b->hit ? LOOK_BOLD : 0));
        end = b->found_end;
    } else if (b->found > at && b->found < end) {
        end = b->found;
    }
    const int used = canvas_bytes(b->c, b->row, b->col, b->width, look, b->l->bytes + at, end - at);
    b->col += used;
    b->width -= used;
    return end - at;
}

static void
draw_line(struct brush *b, int left)
{
    const struct pager_line *l = b->l;
    const size_t back = b->p->search.len > 0 ? b->p->search.len - 1 : 0;
    int over;
    size_t at = skip_cells(b->c, l, left, &over);

    over = over < b->width ? over : b->width;
    b->col += over;
    b->width -= over;
    next_match(b, at > back ? at - back : 0); /* it may begin where nothing is seen */
    while (at < l->len && b->width > 0) {
        if (at >= b->found_end) {
            next_match(b, at);
        }
        at += draw_part(b, at);
    }
    if (at < l->len) {
        canvas_ornament(b->c, b->row, b->col - 1, LOOK_PLAIN, ORN_CUT);
    } else if (l->cut && b->width > 0) {
        canvas_ornament(b->c, b->row, b->col, LOOK_PLAIN, ORN_CUT);
    }
}

/* Scroll sideways to what was found, if it is not seen. */
static void
reveal(struct pager *p, const struct canvas *c, int cols)
{
    const struct pager_line l = pager_line_of(p, p->hit);
    size_t at = 0;

    p->reveal = false;
    if (!word_find(&p->search, l.bytes, l.len, 0, &at)) {
        return;
    }
    const int from = canvas_width_of(c, l.bytes, at);
    const int to = from + canvas_width_of(c, l.bytes + at, p->search.len);
    if (to <= cols) {
        p->left = from < p->left ? 0 : p->left;
    } else if (to > p->left + cols) { /* no further than it must: lines begin with what they are */
        p->left = to - cols + MARGIN_CELLS < from ? to - cols + MARGIN_CELLS : from;
    } else if (from < p->left) {
        p->left = from;
    }
}

void
pager_draw(struct pager *p, struct canvas *c, struct box box)
{
    p->box = box;
    if (p->reveal && p->has_hit && p->hit >= p->gone) {
        reveal(p, c, box.cols);
    }
    const size_t count = pager_shown_count(p);
    const size_t top = pager_top(p);

    for (int row = 0; row < box.rows && top + (size_t)row < count && box.cols > 0; row++) {
        const uint64_t number = pager_shown_number(p, top + (size_t)row);
        const struct pager_line l = pager_line_of(p, number);
        const unsigned base = p->look == NULL ? LOOK_PLAIN : p->look(l.bytes, l.len);
        struct brush b = {.p = p,
                          .c = c,
                          .l = &l,
                          .row = box.row + row,
                          .col = box.col,
                          .width = box.cols,
                          .base = (uint8_t)base,
                          .hit = p->has_hit && number == p->hit};
        draw_line(&b, p->left);
    }
}

void
pager_place(const struct pager *p, char ret[64])
{
    const size_t count = pager_shown_count(p);
    const size_t top = pager_top(p);
    const size_t rows = p->box.rows > 0 ? (size_t)p->box.rows : 0;
    const size_t bottom = top + rows < count ? top + rows : count;
    char all[32] = "";
    char aside[16] = "";

    if (p->filter.count > 0) {
        snprintf(all, sizeof(all), " of %zu", pager_lines(p));
    }
    if (p->left > 0) {
        snprintf(aside, sizeof(aside), " +%d", p->left);
    }
    snprintf(ret, 64, "%zu-%zu/%zu%s%s%s", count > 0 ? top + 1 : 0, bottom, count, all, aside,
             p->follow ? ", follows" : "");
}
