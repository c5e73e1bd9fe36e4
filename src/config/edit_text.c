/*
 * edit_text.c - a text that is changed in places: ranges, lines, indentation.
 *
 * Decides how what is put in ends its lines.  Owns nothing.  Never changes a byte it was not told
 * to.
 */
#include "config/edit_text.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
edit_splice(struct buf *b, size_t start, size_t end, const char *text)
{
    char *rest = xmemdup(b->data + end, b->len - end);
    const size_t len = b->len - end;

    b->len = start;
    (void)buf_adds(b, text);
    (void)buf_add(b, rest, len);
    free(rest);
}

void
edit_cut(struct buf *b, size_t start, size_t end)
{
    edit_splice(b, start, end, "");
}

/* ---------------------------------------------------------------- lines */

static bool
is_end(char c)
{
    return c == '\n' || c == '\r';
}

size_t
edit_line_start(const struct buf *b, size_t at)
{
    while (at > 0 && !is_end(b->data[at - 1])) {
        at--;
    }
    return at;
}

size_t
edit_line_end(const struct buf *b, size_t at)
{
    while (at < b->len && !is_end(b->data[at])) {
        at++;
    }
    return at;
}

size_t
edit_line_next(const struct buf *b, size_t at)
{
    at = edit_line_end(b, at);
    if (at + 1 < b->len && b->data[at] == '\r' && b->data[at + 1] == '\n') {
        return at + 2;
    }
    return at < b->len ? at + 1 : at;
}

int
edit_line_number(const struct buf *b, size_t at)
{
    int line = 1;

    for (size_t i = edit_line_next(b, 0); i <= at && i < b->len; i = edit_line_next(b, i)) {
        line++;
    }
    return line;
}

int
edit_indent_of(const struct buf *b, size_t at)
{
    size_t start = edit_line_start(b, at);

    if (start == 0 && b->len >= 3 && memcmp(b->data, "\xef\xbb\xbf", 3) == 0) {
        start = 3; /* a byte order mark is no column */
    }
    for (size_t i = start; i < at; i++) {
        if (b->data[i] != ' ') {
            return -1;
        }
    }
    return (int)(at - start);
}

/* ---------------------------------------------------------------- putting in */

/* How this line ends; of the last one without an end, as the first one does. */
static const char *
end_of(const struct buf *b, size_t at)
{
    size_t end = edit_line_end(b, at);

    end = end == b->len ? edit_line_end(b, 0) : end;
    if (end < b->len && b->data[end] == '\r') {
        return end + 1 < b->len && b->data[end + 1] == '\n' ? "\r\n" : "\r";
    }
    return "\n";
}

static void
add_lines(struct buf *out, int indent, int step, const char *end, const char *text)
{
    while (*text != '\0') {
        const size_t tabs = strspn(text, "\t");
        const size_t len = strcspn(text, "\n");
        const int blanks = len == 0 ? 0 : indent + (int)tabs * step;
        (void)buf_addf(out, "%*s", blanks, "");
        (void)buf_add(out, text + tabs, len - tabs);
        (void)buf_adds(out, end);
        text += len + (text[len] != '\0');
    }
}

void
edit_put_behind(struct buf *b, size_t at, int indent, int step, const char *text)
{
    const char *end = end_of(b, at);
    const size_t next = edit_line_next(b, at);
    const bool open = next == b->len && next > 0 && !is_end(b->data[next - 1]);
    struct buf lines;

    buf_init(&lines, b->max);
    if (open) { /* the last line has no end, and the last one will have none */
        (void)buf_adds(&lines, end);
    }
    add_lines(&lines, indent, step, end, text);
    if (open) {
        lines.len -= strlen(end);
        lines.data[lines.len] = '\0';
    }
    edit_splice(b, next, next, lines.data);
    buf_release(&lines);
}

void
edit_put_before(struct buf *b, size_t at, int indent, int step, const char *text)
{
    const size_t start = edit_line_start(b, at);
    struct buf lines;

    buf_init(&lines, b->max);
    add_lines(&lines, indent, step, end_of(b, at), text);
    edit_splice(b, start, start, lines.data);
    buf_release(&lines);
}
