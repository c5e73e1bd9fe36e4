/*
 * wrap.c - a text over several lines of a canvas.
 *
 * Decides where a line ends.  Owns nothing.  Looks at no more of a text than is shown.
 */
#include "ui/wrap.h"

#include "base/escape.h"

#include <string.h>

static size_t
skip_spaces(const char *text, size_t len, size_t at)
{
    while (at < len && text[at] == ' ') {
        at++;
    }
    return at;
}

/* How many bytes stand on the first line; at least one character is taken. */
static size_t
first_line(const struct canvas *c, const char *text, size_t len, int width, size_t *ret_next)
{
    size_t at = 0;
    size_t good = 0; /* a line may end here */
    int used = 0;

    while (at < len && text[at] != '\n') {
        const size_t n = utf8_decode(text + at, len - at, NULL);
        const size_t bytes = n > 0 ? n : 1;
        used += canvas_width_of(c, text + at, bytes);
        if (text[at] == ' ') { /* one at the end takes no room */
            good = at;
        } else if (used > width && at > 0) {
            break;
        }
        at += bytes;
        if (text[at - 1] == ',') {
            good = at;
        }
    }
    if (at == len || text[at] == '\n') {
        *ret_next = at < len ? at + 1 : len;
        return at;
    }
    at = good > 0 ? good : at;
    *ret_next = skip_spaces(text, len, at);
    return at;
}

bool
wrap_next(const struct canvas *c, struct wrap *w, const char **ret_line, size_t *ret_len)
{
    size_t next = 0;

    if (w->len == 0 || w->rows_left <= 0) {
        return false;
    }
    *ret_line = w->text;
    if (--w->rows_left == 0) {
        *ret_len = strcspn(w->text, "\n");
        return true;
    }
    *ret_len = first_line(c, w->text, w->len, w->width, &next);
    w->text += next;
    w->len -= next;
    return true;
}

int
wrap_draw(struct canvas *c, struct box box, unsigned look, const char *text)
{
    struct wrap w = {.text = text, .len = strlen(text), .width = box.cols, .rows_left = box.rows};
    const char *line = NULL;
    size_t len = 0;
    int rows = 0;

    while (wrap_next(c, &w, &line, &len)) {
        (void)canvas_bytes(c, box.row + rows, box.col, box.cols, look, line, len);
        rows++;
    }
    return rows;
}
