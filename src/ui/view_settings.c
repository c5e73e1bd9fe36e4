/*
 * view_settings.c - the Settings page as it looks.
 *
 * Decides what has room: the list above, the key under the cursor below.  Owns nothing.
 */
#include "ui/view_settings.h"

#include "ui/pen.h"
#include "ui/wrap.h"

#include <stdio.h>
#include <string.h>

enum {
    SIGNS = 3, /* the cursor, what is wrong, a space */
    KEY_CELLS = 23,
    VALUE_CELLS = 24,
    LINE_CELLS = 4,
    PANE_ROWS = 6,
    PANE_ROWS_SMALL = 3,
    SMALL_ROWS = 14, /* of the whole: below, the pane is small */
    DOC_ROWS = 2,
};

/* ---------------------------------------------------------------- lines of the list */

static int
pane_rows(struct box box)
{
    const int rows = box.rows < SMALL_ROWS ? PANE_ROWS_SMALL : PANE_ROWS;

    return box.rows > rows + 3 ? rows : 0;
}

/* The head, and a rule above the pane. */
static int
list_rows(struct box box)
{
    const int pane = pane_rows(box);

    return box.rows - 1 - (pane > 0 ? pane + 1 : 0);
}

int
view_settings_page(struct box box)
{
    const int rows = list_rows(box);

    return rows > 1 ? rows : 1;
}

static bool
begins_group(const struct view_settings *v, size_t i)
{
    return i == 0 || strcmp(v->rows[v->shown[i]].group, v->rows[v->shown[i - 1]].group) != 0;
}

/* The line on which a row stands, those of groups counted. */
static size_t
line_of(const struct view_settings *v, size_t at)
{
    size_t line = 0;

    for (size_t i = 0; i <= at && i < v->shown_count; i++) {
        line += (begins_group(v, i) ? 1U : 0U) + (i < at ? 1U : 0U);
    }
    return line;
}

/* Scroll as little as needed; the head of a group is seen with its first row. */
static size_t
scroll(const struct view_settings *v, int rows)
{
    const size_t line = line_of(v, v->at);
    const size_t lines = v->shown_count == 0 ? 0 : line_of(v, v->shown_count - 1) + 1;
    const size_t room = rows > 0 ? (size_t)rows : 1;
    const size_t first = v->shown_count > 0 && begins_group(v, v->at) && room > 1 ? line - 1 : line;
    size_t top = *v->top;

    top = top > first ? first : top;
    top = line >= top + room ? line + 1 - room : top;
    if (lines > 0 && top + room > lines) {
        top = lines > room ? lines - room : 0;
    }
    *v->top = top;
    return top;
}

/* ---------------------------------------------------------------- the list */

static void
draw_value(const struct view_setting *s, struct canvas *c, int row, int col, int width,
           unsigned cursor)
{
    if (s->value != NULL) {
        canvas_text(c, row, col, width, (s->bad ? LOOK_BAD : LOOK_PLAIN | LOOK_BOLD) | cursor,
                    s->value);
    } else {
        canvas_text(c, row, col, width, LOOK_DIM | cursor, s->preset == NULL ? "unset" : s->preset);
    }
}

static void
draw_row(const struct view_settings *v, struct canvas *c, struct box line, size_t i)
{
    const struct view_setting *s = &v->rows[v->shown[i]];
    const unsigned cursor = i == v->at ? LOOK_REVERSE : 0;
    int col = line.col + SIGNS;

    if (cursor != 0) {
        canvas_fill(c, line, cursor);
        canvas_text(c, line.row, line.col, 1, cursor, ">");
    }
    if (s->bad) {
        canvas_ornament(c, line.row, line.col + 1, LOOK_BAD | cursor, ORN_BAD);
    }
    const int end = line.col + line.cols;
    canvas_text(c, line.row, col, KEY_CELLS < end - col ? KEY_CELLS : end - col,
                LOOK_PLAIN | cursor, s->key);
    col += KEY_CELLS + 1;
    draw_value(s, c, line.row, col, VALUE_CELLS < end - col ? VALUE_CELLS : end - col, cursor);
    col += VALUE_CELLS + 1;
    if (s->value != NULL && col + LINE_CELLS < end) {
        char place[16];
        snprintf(place, sizeof(place), "%d", s->line);
        canvas_right(c, line.row, col, LINE_CELLS, LOOK_DIM | cursor, place);
    }
    col += LINE_CELLS + 1;
    if (col < end) {
        canvas_text(c, line.row, col, end - col, LOOK_DIM | cursor, s->doc);
    }
}

static void
draw_head(struct canvas *c, struct box box)
{
    const int col = box.col + SIGNS;

    canvas_text(c, box.row, col, box.cols - SIGNS, LOOK_HEAD, "KEY");
    canvas_text(c, box.row, col + KEY_CELLS + 1, box.cols - SIGNS - KEY_CELLS - 1, LOOK_HEAD,
                "VALUE");
    canvas_text(c, box.row, col + KEY_CELLS + VALUE_CELLS + 3,
                box.cols - SIGNS - KEY_CELLS - VALUE_CELLS - 3, LOOK_HEAD, "LINE MEANING");
}

/* What stands on a line of the list: a row, or (false) the head of the group of the next one. */
static bool
row_on(const struct view_settings *v, size_t line, size_t *ret_at)
{
    size_t now = 0;

    for (size_t i = 0; i < v->shown_count; i++) {
        if (begins_group(v, i)) {
            if (now == line) {
                *ret_at = i;
                return false;
            }
            now++;
        }
        if (now == line) {
            *ret_at = i;
            return true;
        }
        now++;
    }
    *ret_at = v->shown_count;
    return false;
}

static void
draw_list(const struct view_settings *v, struct canvas *c, struct box box)
{
    const size_t top = scroll(v, box.rows);

    for (int k = 0; k < box.rows; k++) {
        const struct box line = {box.row + k, box.col, 1, box.cols};
        size_t i = 0;
        if (row_on(v, top + (size_t)k, &i)) {
            draw_row(v, c, line, i);
        } else if (i < v->shown_count) {
            canvas_text(c, line.row, line.col, line.cols, LOOK_HEAD | LOOK_BOLD,
                        v->rows[v->shown[i]].group);
        }
    }
    if (v->shown_count == 0) {
        canvas_print(c, box.row, box.col + SIGNS, box.cols - SIGNS, LOOK_DIM, "no key fits /%s",
                     v->filter);
    }
}

/* ---------------------------------------------------------------- the key under the cursor */

static int
choices_width(const struct canvas *c, const struct view_setting_edit *e)
{
    int width = 0;

    for (size_t i = 0; e->choices[i] != NULL; i++) {
        width += canvas_width_of(c, e->choices[i], strlen(e->choices[i])) + 2 + (i > 0);
    }
    return width;
}

/* All in a row; where that has no room, the one that is chosen. */
static void
draw_choices(const struct view_setting_edit *e, struct pen *p)
{
    if (choices_width(p->c, e) > pen_room(p)) {
        pen_print(p, LOOK_PLAIN | LOOK_REVERSE, "[%s]", e->choices[e->choice]);
        return;
    }
    for (size_t i = 0; e->choices[i] != NULL; i++) {
        const bool chosen = i == e->choice;
        pen_put(p, LOOK_PLAIN, i > 0 ? " " : "");
        pen_print(p, chosen ? LOOK_PLAIN | LOOK_REVERSE : LOOK_PLAIN, chosen ? "[%s]" : " %s ",
                  e->choices[i]);
    }
}

/* "New value: " and what is typed or chosen; below, whether it would do. */
static void
draw_edit(const struct view_settings *v, struct canvas *c, struct box box)
{
    const struct view_setting_edit *e = v->edit;
    struct pen p = pen_at(c, box, 0);

    pen_put(&p, LOOK_HEAD, "New value: ");
    if (e->choices != NULL) {
        draw_choices(e, &p);
    } else if (pen_room(&p) > 0) {
        canvas_tint(c, p.row, p.col, pen_room(&p), LOOK_PLAIN | LOOK_REVERSE);
        input_draw(e->input, c, p.row, p.col, pen_room(&p), false);
    }
    if (box.rows > 1 && e->wrong != NULL) {
        canvas_ornament(c, box.row + 1, box.col, LOOK_BAD, ORN_BAD);
        canvas_text(c, box.row + 1, box.col + 2, box.cols - 2, LOOK_BAD, e->wrong);
    } else if (box.rows > 1) {
        canvas_print(c, box.row + 1, box.col, box.cols, LOOK_DIM,
                     "Enter writes it to %s%s; Esc leaves it", v->file,
                     e->choices != NULL ? ", Left and Right choose" : "");
    }
}

static void
draw_default(const struct view_settings *v, struct canvas *c, struct box box)
{
    const struct view_setting *s = &v->rows[v->shown[v->at]];

    canvas_print(c, box.row, box.col, box.cols, LOOK_PLAIN, "Default: %s%s",
                 s->preset == NULL ? "unset" : s->preset,
                 s->value == NULL ? "" : ", D goes back to it");
    if (box.rows > 1 && v->mistake != NULL) {
        canvas_ornament(c, box.row + 1, box.col, LOOK_BAD, ORN_BAD);
        if (v->mistake_count > 1) {
            canvas_print(c, box.row + 1, box.col + 2, box.cols - 2, LOOK_BAD, "1 of %zu: %s",
                         v->mistake_count, v->mistake);
        } else {
            canvas_text(c, box.row + 1, box.col + 2, box.cols - 2, LOOK_BAD, v->mistake);
        }
    }
}

static void
draw_title(const struct view_settings *v, const struct view_setting *s, struct canvas *c,
           struct box box)
{
    struct pen p = pen_at(c, box, 0);

    pen_put(&p, LOOK_PLAIN | LOOK_BOLD, s->key);
    if (s->value != NULL) {
        pen_print(&p, LOOK_DIM, "  %s:%d", v->file, s->line);
    } else {
        pen_print(&p, LOOK_DIM, "  not in %s: the default counts", v->file);
    }
}

static void
draw_pane(const struct view_settings *v, struct canvas *c, struct box box)
{
    const struct view_setting *s = &v->rows[v->shown[v->at]];
    const struct box doc = {box.row + 1, box.col, DOC_ROWS, box.cols};
    struct box below = {box.row + 1, box.col, box.rows - 1, box.cols};

    draw_title(v, s, c, box);
    if (box.rows >= PANE_ROWS) {
        (void)wrap_draw(c, doc, LOOK_PLAIN, s->doc);
        canvas_print(c, box.row + 1 + DOC_ROWS, box.col, box.cols, LOOK_PLAIN, "Allowed: %s",
                     v->allowed);
        below.row += DOC_ROWS + 1;
        below.rows -= DOC_ROWS + 1;
    }
    if (v->edit != NULL) {
        draw_edit(v, c, below);
    } else {
        draw_default(v, c, below);
    }
}

/* ---------------------------------------------------------------- all of it */

static void
draw_rule(struct canvas *c, int row, struct box box)
{
    for (int i = 0; i < box.cols; i++) {
        canvas_ornament(c, row, box.col + i, LOOK_DIM, ORN_HLINE);
    }
}

void
view_settings_draw(const struct view_settings *v, struct canvas *c, struct box box)
{
    const int pane = pane_rows(box);
    struct box list = {box.row + 1, box.col, list_rows(box), box.cols};

    if (v->file == NULL) {
        canvas_text(c, box.row + (box.rows > 2), box.col + SIGNS, box.cols - SIGNS, LOOK_PLAIN,
                    "No environment is open: 1 shows them, Enter opens one.");
        return;
    }
    draw_head(c, box);
    draw_list(v, c, list);
    if (pane > 0 && v->shown_count > 0) {
        draw_rule(c, list.row + list.rows, box);
        draw_pane(v, c, (struct box){list.row + list.rows + 1, box.col, pane, box.cols});
    } else if (v->edit != NULL && box.rows > 0) { /* no room for both */
        canvas_fill(c, (struct box){box.row, box.col, 1, box.cols}, LOOK_PLAIN);
        draw_edit(v, c, (struct box){box.row, box.col, 1, box.cols});
    }
}

bool
view_settings_click(const struct view_settings *v, struct box box, int row, size_t *ret_at)
{
    const int line = row - box.row - 1;

    return v->file != NULL && line >= 0 && line < list_rows(box) &&
           row_on(v, *v->top + (size_t)line, ret_at);
}
