/*
 * view_chart_slots.c - a row a slot over time.
 *
 * Decides the letters, which names have room, and which part of the time is seen.  Owns the index
 * of the spans by slot.  Draws the slots that are seen, and of them the spans that are in sight.
 */
#include "base/duration.h"
#include "base/xalloc.h"
#include "ui/pen.h"
#include "ui/view_chart_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PERCENT_CELLS = 5,    /* " 100%" */
    PERCENT_FROM = 50,    /* columns from which there is room for it */
    TICK_CELLS = 16,      /* between two times of the axis */
    LABEL_CELLS_MIN = 5,  /* "slot " */
    NAME_BYTES_MAX = 256, /* of a name cut at its first dot */
    AXIS_ROWS = 2,        /* the legend above, the times below */
};

/* ---------------------------------------------------------------- the index */

static int
compare_spans(const void *a, const void *b, void *arg)
{
    const struct report_span *spans = arg;
    const size_t x = *(const size_t *)a;
    const size_t y = *(const size_t *)b;

    if (spans[x].slot != spans[y].slot) {
        return spans[x].slot < spans[y].slot ? -1 : 1;
    }
    if (spans[x].begin_ms != spans[y].begin_ms) {
        return spans[x].begin_ms < spans[y].begin_ms ? -1 : 1;
    }
    return x < y ? -1 : x > y;
}

void
chart_index_release(struct view_chart *v)
{
    free(v->order);
    free(v->place);
    free(v->first);
    free(v->busy_ms);
    free(v->of_host);
    v->order = v->place = v->first = v->of_host = NULL;
    v->busy_ms = NULL;
}

/* Which spans have a slot, and how many slots there are. */
static size_t
gather_spans(struct view_chart *v)
{
    const struct report *r = v->report;
    size_t count = 0;

    v->slots = 0;
    v->all_ms = r->wall_ms > 0 ? r->wall_ms : 1;
    for (size_t i = 0; i < r->names.count; i++) {
        v->of_host[i] = CHART_NONE;
    }
    for (size_t i = 0; i < r->span_count; i++) {
        const struct report_span *s = &r->spans[i];
        v->place[i] = CHART_NONE;
        v->all_ms = s->end_ms > v->all_ms ? s->end_ms : v->all_ms;
        if (s->slot >= 0) {
            v->order[count++] = i;
            v->of_host[s->host] = i;
            v->slots = (size_t)s->slot >= v->slots ? (size_t)s->slot + 1 : v->slots;
        }
    }
    return count;
}

void
chart_index(struct view_chart *v)
{
    const struct report *r = v->report;
    size_t count, slot = 0;

    chart_index_release(v);
    v->order = xcalloc(r->span_count, sizeof(*v->order));
    v->place = xcalloc(r->span_count, sizeof(*v->place));
    v->of_host = xcalloc(r->names.count, sizeof(*v->of_host));
    count = gather_spans(v);
    qsort_r(v->order, count, sizeof(*v->order), compare_spans, r->spans);
    v->first = xcalloc(v->slots + 1, sizeof(*v->first));
    v->busy_ms = xcalloc(v->slots, sizeof(*v->busy_ms));
    for (size_t i = 0; i < count; i++) {
        const struct report_span *s = &r->spans[v->order[i]];
        while (slot <= (size_t)s->slot) {
            v->first[slot++] = i;
        }
        v->place[v->order[i]] = i;
        v->busy_ms[s->slot] += s->end_ms - s->begin_ms;
    }
    while (slot <= v->slots) {
        v->first[slot++] = count;
    }
}

/* ---------------------------------------------------------------- time and cells */

static int64_t
window_ms(const struct view_chart *v)
{
    const int64_t ms = v->all_ms >> v->zoom;

    return ms > 0 ? ms : 1;
}

static int
cells_of(const struct view_chart *v)
{
    const int rest = v->gantt.cols - v->label - (v->gantt.cols >= PERCENT_FROM ? PERCENT_CELLS : 0);

    return rest < 0 ? 0 : rest > CANVAS_COLS_MAX ? CANVAS_COLS_MAX : rest;
}

/* The cell of a time; it may be out of sight. */
static int64_t
cell_of(const struct view_chart *v, int64_t at_ms)
{
    const int64_t cells = cells_of(v);
    const int64_t past_ms = at_ms - v->from_ms;
    const int64_t window = window_ms(v);

    if (past_ms < 0) {
        return -1;
    }
    if (past_ms >= window) { /* the end of all belongs to the last cell */
        return at_ms == v->all_ms && past_ms == window ? cells - 1 : cells;
    }
    return past_ms * cells / window;
}

/* The cells of a span, both ends; false: it is out of sight. */
static bool
cells_of_span(const struct view_chart *v, const struct report_span *s, int *ret_from, int *ret_to)
{
    const int cells = cells_of(v);
    const int64_t last_ms = s->end_ms > s->begin_ms ? s->end_ms - 1 : s->begin_ms;
    const int64_t from = cell_of(v, s->begin_ms);
    const int64_t to = cell_of(v, last_ms);

    if (to < 0 || from >= cells) {
        return false;
    }
    *ret_from = from < 0 ? 0 : (int)from;
    *ret_to = to >= cells ? cells - 1 : (int)to;
    return true;
}

/* The cursor's slot and time come into sight, once it has moved. */
static void
come_into_sight(struct view_chart *v, int rows)
{
    const int64_t window = window_ms(v);
    const struct report_span *s = v->span != CHART_NONE ? &v->report->spans[v->span] : NULL;

    if (s != NULL && v->moved) {
        const size_t slot = (size_t)s->slot;
        v->top = slot < v->top ? slot : v->top;
        v->top = slot >= v->top + (size_t)rows ? slot - (size_t)rows + 1 : v->top;
        if (s->begin_ms < v->from_ms || s->end_ms > v->from_ms + window) {
            v->from_ms = s->begin_ms + (s->end_ms - s->begin_ms) / 2 - window / 2;
        }
    }
    v->moved = false;
    if (v->top + (size_t)rows > v->slots) {
        v->top = v->slots > (size_t)rows ? v->slots - (size_t)rows : 0;
    }
    if (v->from_ms + window > v->all_ms) {
        v->from_ms = v->all_ms - window;
    }
    if (v->from_ms < 0) {
        v->from_ms = 0;
    }
}

/* ---------------------------------------------------------------- a slot */

static const struct letter {
    const char *meaning;
    unsigned look;
    char letter;
} letters[] = {{"ok", LOOK_OK, '='},
               {"not ok", LOOK_BAD, 'x'},
               {"cancelled", LOOK_WARN, 'c'},
               {"rolled back", LOOK_WARN, 'r'},
               {"under way", LOOK_BUSY, '>'}};

static const struct letter *
letter_of(const struct report *r, const struct report_span *s)
{
    const struct report_host *h = &r->hosts[s->host];

    if (s->rollback) {
        return &letters[3];
    }
    if (s->open && r->state == REPORT_RUNNING) {
        return &letters[4];
    }
    if (h->outcome == OUTCOME_CANCELLED) {
        return &letters[2];
    }
    return &letters[outcome_is_bad(h->outcome) ? 1 : 0];
}

/* The name in the cells behind its beginning, whole or up to its first dot, if it has room. */
static void
draw_name(struct canvas *c, int row, int col, int width, unsigned look, const char *name)
{
    char first[NAME_BYTES_MAX];
    const size_t len = strcspn(name, ".");

    if (canvas_width_of(c, name, strlen(name)) <= width) {
        canvas_text(c, row, col, width, look, name);
        return;
    }
    if (len < sizeof(first) && len > 0) {
        memcpy(first, name, len);
        first[len] = '\0';
        if (canvas_width_of(c, first, len) <= width) {
            canvas_text(c, row, col, width, look, first);
        }
    }
}

/* begun: how many spans begin in each cell of this row. */
static void
draw_span(const struct view_chart *v, struct canvas *c, int row, size_t which, uint8_t *begun)
{
    const struct report_span *s = &v->report->spans[which];
    const struct letter *l = letter_of(v->report, s);
    const unsigned look = l->look | (which == v->span ? LOOK_REVERSE | LOOK_BOLD : 0);
    const int col = v->gantt.col + v->label;
    const char text[2] = {l->letter, '\0'};
    int from = 0, to = 0;

    if (!cells_of_span(v, s, &from, &to)) {
        return;
    }
    for (int i = from; i <= to; i++) {
        if (i > from || begun[from] == 0) {
            canvas_text(c, row, col + i, 1, look, text);
        }
    }
    if (s->begin_ms < v->from_ms) {
        draw_name(c, row, col + from, to - from + 1, look, v->report->names.items[s->host]);
        return;
    }
    if (begun[from] > 0) {
        canvas_text(c, row, col + from, 1, look, "#");
    } else if (to > from || l->letter == '=') {
        canvas_ornament(c, row, col + from, look, ORN_VLINE);
    }
    begun[from] = begun[from] < UINT8_MAX ? begun[from] + 1 : begun[from];
    draw_name(c, row, col + from + 1, to - from, look, v->report->names.items[s->host]);
}

/* Where nobody was; `:` where a wave begins. */
static void
draw_free(const struct view_chart *v, struct canvas *c, int row)
{
    const int cells = cells_of(v);
    const int col = v->gantt.col + v->label;
    const struct report *r = v->report;

    for (int i = 0; i < cells; i++) {
        canvas_text(c, row, col + i, 1, LOOK_DIM, ".");
    }
    for (size_t i = 0; r->wave_count > 1 && i < r->wave_count; i++) {
        const int64_t at = cell_of(v, r->waves[i].begin_ms);
        if (at >= 0 && at < cells) {
            canvas_text(c, row, col + (int)at, 1, LOOK_DIM, ":");
        }
    }
}

/* The first span of a slot that is not before what is seen. */
static size_t
first_in_sight(const struct view_chart *v, size_t slot)
{
    size_t low = v->first[slot];
    size_t high = v->first[slot + 1];

    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (v->report->spans[v->order[mid]].begin_ms < v->from_ms) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low > v->first[slot] ? low - 1 : low; /* the one before may reach into it */
}

static void
draw_slot(const struct view_chart *v, struct canvas *c, int row, size_t slot)
{
    const struct report *r = v->report;
    const int64_t until_ms = v->from_ms + window_ms(v);
    const bool here = v->span != CHART_NONE && (size_t)r->spans[v->span].slot == slot;
    uint8_t begun[CANVAS_COLS_MAX] = {0};
    size_t current = CHART_NONE;

    canvas_print(c, row, v->gantt.col, v->label - 1, here ? LOOK_BOLD : LOOK_HEAD, "%*zu",
                 v->label - 1, slot);
    draw_free(v, c, row);
    for (size_t i = first_in_sight(v, slot); i < v->first[slot + 1]; i++) {
        if (r->spans[v->order[i]].begin_ms > until_ms) {
            break;
        }
        if (v->order[i] == v->span) {
            current = v->span;
        } else {
            draw_span(v, c, row, v->order[i], begun);
        }
    }
    if (current != CHART_NONE) { /* over the others, so that it is always seen */
        draw_span(v, c, row, current, begun);
    }
    if (v->gantt.cols >= PERCENT_FROM) {
        canvas_print(c, row, v->gantt.col + v->label + cells_of(v), PERCENT_CELLS, LOOK_DIM,
                     "%4d%%", (int)(v->busy_ms[slot] * 100 / v->all_ms));
    }
}

/* ---------------------------------------------------------------- around them */

static void
draw_legend(const struct view_chart *v, struct canvas *c, struct box line, size_t rows)
{
    struct pen p = pen_at(c, line, 0);

    if (v->slots > rows) {
        pen_print(&p, LOOK_HEAD, "slots %zu-%zu of %zu", v->top, v->top + rows - 1, v->slots);
    } else {
        pen_put(&p, LOOK_HEAD, "slots");
    }
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        const int cells = (int)strlen(letters[i].meaning) + 4;
        if (pen_room(&p) >= cells) {
            pen_print(&p, letters[i].look, "  %c ", letters[i].letter);
            pen_put(&p, LOOK_DIM, letters[i].meaning);
        }
    }
    if (pen_room(&p) >= 18) {
        pen_put(&p, LOOK_DIM, "  # several begin");
    }
    if (v->zoom > 0 && pen_room(&p) >= 8) {
        char zoom[24];
        (void)snprintf(zoom, sizeof(zoom), "1/%lld of the time", 1LL << v->zoom);
        pen_right(&p, LOOK_HEAD, zoom);
    }
}

/* The numbers of the waves where they begin, if they have room. */
static void
draw_waves(const struct view_chart *v, struct canvas *c, int row)
{
    const int cells = cells_of(v);
    const struct report *r = v->report;
    int free_from = 0;

    canvas_text(c, row, v->gantt.col, v->label - 1, LOOK_HEAD, "wave");
    for (size_t i = 0; i < r->wave_count; i++) {
        char number[24];
        const int len = snprintf(number, sizeof(number), "%zu", i + 1);
        const int64_t at = cell_of(v, r->waves[i].begin_ms);
        if (at >= free_from && at + len <= cells) {
            canvas_text(c, row, v->gantt.col + v->label + (int)at, len, LOOK_HEAD, number);
            free_from = (int)at + len + 1;
        }
    }
}

/* Times since the start of the run. */
static void
draw_axis(const struct view_chart *v, struct canvas *c, int row)
{
    const int cells = cells_of(v);
    const int col = v->gantt.col + v->label;
    const int64_t window = window_ms(v);
    char end[32], text[32];
    int left;

    if (cells == 0) {
        return;
    }
    duration_human(v->from_ms + window, end, sizeof(end));
    left = cells - (int)strlen(end) - 1;
    if (left >= 0) {
        canvas_right(c, row, col, cells, LOOK_DIM, end);
    }
    for (int at = 0; at + TICK_CELLS / 2 <= left; at += TICK_CELLS) {
        duration_human(v->from_ms + window * at / cells, text, sizeof(text));
        canvas_ornament(c, row, col + at, LOOK_DIM, ORN_VLINE);
        canvas_text(c, row, col + at + 1, TICK_CELLS - 2, LOOK_DIM,
                    v->from_ms == 0 && at == 0 ? "0s" : text);
    }
}

int
chart_slots_heads(const struct view_chart *v)
{
    return AXIS_ROWS + (v->report->wave_count > 1);
}

static int
digits_of(size_t n)
{
    int digits = 1;

    for (; n >= 10; n /= 10) {
        digits++;
    }
    return digits;
}

void
chart_slots_draw(struct view_chart *v, struct canvas *c, struct box box)
{
    const int rows = box.rows - chart_slots_heads(v);
    const int digits = digits_of(v->slots) + 1;
    int row = box.row;

    v->gantt = box;
    v->gantt.row = box.row + chart_slots_heads(v) - 1;
    v->gantt.rows = rows;
    v->label = digits > LABEL_CELLS_MIN ? digits : LABEL_CELLS_MIN;
    come_into_sight(v, rows);
    draw_legend(v, c, (struct box){row++, box.col, 1, box.cols}, (size_t)rows);
    if (v->report->wave_count > 1) {
        draw_waves(v, c, row++);
    }
    for (int i = 0; i < rows && v->top + (size_t)i < v->slots; i++) {
        draw_slot(v, c, row++, v->top + (size_t)i);
    }
    draw_axis(v, c, row);
}

size_t
chart_span_at(const struct view_chart *v, int row, int col)
{
    const size_t slot = v->top + (size_t)(row - v->gantt.row);
    const int cell = col - v->gantt.col - v->label;
    size_t found = CHART_NONE;

    if (row < v->gantt.row || row >= v->gantt.row + v->gantt.rows || slot >= v->slots || cell < 0 ||
        cell >= cells_of(v)) {
        return CHART_NONE;
    }
    for (size_t i = first_in_sight(v, slot); i < v->first[slot + 1]; i++) {
        int from = 0, to = 0;
        if (cells_of_span(v, &v->report->spans[v->order[i]], &from, &to) && from <= cell &&
            cell <= to) {
            found = v->order[i];
        }
    }
    return found;
}
