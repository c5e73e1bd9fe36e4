/*
 * view_log.c - a log that is followed, and what its lines look like.
 *
 * Decides by the promised words of debug.log (docs/events.md) how well a line is.  Owns nothing.
 */
#include "ui/view_log.h"

#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- lines of debug.log */

static bool
has(const char *bytes, size_t len, const char *what)
{
    return memmem(bytes, len, what, strlen(what)) != NULL;
}

/* `completed: deploy for web-01 in 1.204s failed: why`: the word behind the time. */
static unsigned
look_of_end(const char *bytes, size_t len)
{
    const char *in = memmem(bytes, len, " in ", 4);
    const char *word = in == NULL ? NULL : memchr(in + 4, ' ', len - (size_t)(in + 4 - bytes));
    const size_t left = word == NULL ? 0 : len - (size_t)(word - bytes);

    if (left >= 3 && memcmp(word, " ok", 3) == 0 && (left == 3 || word[3] == ' ')) {
        return LOOK_OK;
    }
    return left >= 10 && memcmp(word, " cancelled", 10) == 0 ? LOOK_WARN : LOOK_BAD;
}

/* `Wave 1/3 completed in 5.012s: 2 ok, 1 failed` */
static unsigned
look_of_wave(const char *bytes, size_t len)
{
    return has(bytes, len, ", 0 failed") ? LOOK_OK : LOOK_BAD;
}

unsigned
view_log_look(const char *bytes, size_t len)
{
    static const struct {
        const char *text;
        enum look look;
    } rows[] = {
        {"] Warning: ", LOOK_WARN},
        {"] Skipped: ", LOOK_WARN},
        {"] Halted: ", LOOK_BAD},
        {"] Unhealthy: ", LOOK_BAD},
        {"] Rolling back: ", LOOK_WARN},
        {"] Paused", LOOK_WARN},
        {"] Waiting for ", LOOK_WARN},
        {"] Retrying: ", LOOK_WARN},
        {"] Connecting again", LOOK_WARN},
        {" processing: ", LOOK_BUSY},
        {" switching: ", LOOK_BUSY},
        {"] Queueing ", LOOK_DIM},
        {" started", LOOK_DIM},
        {" stopped", LOOK_DIM},
    };
    const char *end = memmem(bytes, len, " completed: ", 12);

    if (end != NULL) {
        return look_of_end(end, len - (size_t)(end - bytes));
    }
    if (has(bytes, len, " completed in ")) {
        return look_of_wave(bytes, len);
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (has(bytes, len, rows[i].text)) {
            return rows[i].look;
        }
    }
    return LOOK_PLAIN;
}

/* ---------------------------------------------------------------- the picture */

/* What is read, what of it, and where one is. */
static void
draw_place(const struct view_log *v, struct canvas *c, struct box line)
{
    const char *filter = pager_filter_text(v->pager);
    const char *search = pager_search_text(v->pager);
    char place[64];
    int col = line.col;
    int left;

    pager_place(v->pager, place);
    left = line.cols - (int)strlen(place) - 2;
    if (left < 0) {
        canvas_text(c, line.row, line.col, line.cols, LOOK_DIM, place);
        return;
    }
    canvas_right(c, line.row, line.col, line.cols, LOOK_DIM, place);
    col += canvas_text(c, line.row, col, left, LOOK_DIM, v->what);
    if (v->state != NULL) {
        col += canvas_print(c, line.row, col, line.col + left - col, LOOK_WARN, "  %s", v->state);
    }
    if (filter[0] == '!') {
        col += canvas_print(c, line.row, col, line.col + left - col, LOOK_HEAD, "  without %s",
                            filter + 1);
    } else if (filter[0] != '\0') {
        col +=
            canvas_print(c, line.row, col, line.col + left - col, LOOK_HEAD, "  only %s", filter);
    }
    if (search[0] != '\0') {
        canvas_print(c, line.row, col, line.col + left - col, LOOK_MATCH, "  /%s", search);
    }
}

void
view_log_draw(const struct view_log *v, struct canvas *c, struct box box)
{
    struct box text = box;

    if (box.rows > 1) {
        text.rows--;
        pager_draw(v->pager, c, text);
        draw_place(v, c, (struct box){box.row + text.rows, box.col, 1, box.cols});
    } else {
        pager_draw(v->pager, c, text);
    }
}
