/*
 * view_ask.c - a question over a page.
 *
 * Decides how wide it is, and what is left out where there is little room.  Owns nothing.
 */
#include "ui/view_ask.h"

#include "base/xalloc.h"
#include "ui/wrap.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH_MAX = 76, WIDTH_MIN = 30, MARGIN = 4, LINES_MAX = 500 };

struct line {
    const char *text; /* borrowed */
    size_t len;
};

static size_t
break_lines(const struct canvas *c, const char *text, int width, struct line ret[LINES_MAX + 1])
{
    struct wrap w = {.text = text, .len = strlen(text), .width = width, .rows_left = LINES_MAX};
    size_t count = 0;

    while (wrap_next(c, &w, &ret[count].text, &ret[count].len)) {
        count++;
    }
    return count;
}

static int
wanted_width(const struct view_ask *v, const struct canvas *c)
{
    int width = WIDTH_MIN;
    int choices = 0;

    for (const char *p = v->text; *p != '\0';) {
        const size_t len = strcspn(p, "\n");
        const int w = canvas_width_of(c, p, len);
        width = w > width ? w : width;
        p += len + (p[len] == '\n');
    }
    for (size_t i = 0; i < v->choice_count; i++) {
        choices += (int)strlen(v->choices[i].key) + (int)strlen(v->choices[i].text) + 4;
    }
    return choices > width ? choices : width;
}

static void
draw_choices(const struct view_ask *v, struct canvas *c, struct box in, int row)
{
    int col = in.col + 1;
    const int end = in.col + in.cols;

    for (size_t i = 0; i < v->choice_count && col < end; i++) {
        col += canvas_text(c, row, col, end - col, LOOK_KEY | LOOK_BOLD, v->choices[i].key) + 1;
        if (col < end) {
            col += canvas_text(c, row, col, end - col, LOOK_PLAIN, v->choices[i].text) + 3;
        }
    }
}

static void
draw_word(const struct view_ask *v, struct canvas *c, struct box in, int row)
{
    const int used =
        canvas_print(c, row, in.col + 1, in.cols - 2, LOOK_HEAD, "Type %s to go on: ", v->word);

    if (used + 2 < in.cols) {
        input_draw(v->typed, c, row, in.col + 1 + used, in.cols - used - 2, false);
    }
}

static void
draw_lines(struct canvas *c, struct box in, const struct line *lines, size_t count, int room)
{
    size_t shown = room > 0 ? (size_t)room : 0;

    if (count > shown && shown > 0) {
        shown--;
        (void)canvas_print(c, in.row + (int)shown, in.col + 1, in.cols - 2, LOOK_DIM,
                           "... and %zu lines more", count - shown);
    }
    for (size_t i = 0; i < shown && i < count; i++) {
        (void)canvas_bytes(c, in.row + (int)i, in.col + 1, in.cols - 2,
                           i == 0 ? LOOK_PLAIN | LOOK_BOLD : LOOK_PLAIN, lines[i].text,
                           lines[i].len);
    }
}

void
view_ask_draw(const struct view_ask *v, struct canvas *c, struct box box)
{
    struct line *lines = xcalloc(LINES_MAX + 1, sizeof(*lines));
    const int most = box.cols - MARGIN < WIDTH_MAX ? box.cols - MARGIN : WIDTH_MAX;
    int width = wanted_width(v, c);

    width = width > most ? most : width;
    width = width < 1 ? 1 : width;
    const size_t count = break_lines(c, v->text, width, lines);
    const int below = v->word != NULL ? 3 : 2; /* an empty line, the word, the choices */
    int rows = (int)count + below + 2;
    rows = rows > box.rows ? box.rows : rows;
    struct box frame = {box.row + (box.rows - rows) / 2, box.col + (box.cols - width - MARGIN) / 2,
                        rows, width + MARGIN};
    frame.col = frame.col < box.col ? box.col : frame.col;
    canvas_fill(c, frame, LOOK_PLAIN);
    const struct box in = canvas_frame(c, frame, LOOK_WARN, "");
    draw_lines(c, in, lines, count, in.rows - below);
    if (v->word != NULL) {
        draw_word(v, c, in, in.row + in.rows - 2);
    }
    draw_choices(v, c, in, in.row + in.rows - 1);
    free(lines);
}
