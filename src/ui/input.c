/*
 * input.c - one line that is being typed.
 *
 * Decides what an editing key does.  Owns nothing: the line is its caller's.  The cursor stands
 * between characters, never inside of one.
 */
#include "ui/input.h"

#include "base/escape.h"

#include <string.h>

static bool
goes_on(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Cut to the limit, at a whole character. */
void
input_set(struct input *in, const char *text)
{
    size_t len = strlen(text);

    if (len >= INPUT_BYTES_MAX) {
        len = INPUT_BYTES_MAX - 1;
        while (len > 0 && goes_on(text[len])) {
            len--;
        }
    }
    memcpy(in->text, text, len);
    in->text[len] = '\0';
    in->len = in->at = len;
    in->first = 0;
}

static size_t
before(const struct input *in, size_t at)
{
    size_t prior = at;

    while (prior > 0) {
        prior--;
        if (!goes_on(in->text[prior])) {
            break;
        }
    }
    return prior;
}

static size_t
behind(const struct input *in, size_t at)
{
    if (at >= in->len) {
        return in->len;
    }
    at++;
    while (at < in->len && goes_on(in->text[at])) {
        at++;
    }
    return at;
}

/* Take out what stands from `from` to `to`; the cursor is there then. */
static void
cut(struct input *in, size_t from, size_t to)
{
    memmove(in->text + from, in->text + to, in->len - to + 1);
    in->len -= to - from;
    in->at = from;
    if (in->first > from) {
        in->first = from;
    }
}

static void
insert(struct input *in, uint32_t code)
{
    struct buf b;

    buf_init(&b, 8);
    utf8_encode(&b, code);
    if (utf8_valid(b.data, b.len) && in->len + b.len < INPUT_BYTES_MAX) {
        memmove(in->text + in->at + b.len, in->text + in->at, in->len - in->at + 1);
        memcpy(in->text + in->at, b.data, b.len);
        in->len += b.len;
        in->at += b.len;
    }
    buf_release(&b);
}

/* The beginning of the word before the cursor. */
static size_t
word_before(const struct input *in)
{
    size_t at = in->at;

    while (at > 0 && in->text[at - 1] == ' ') {
        at--;
    }
    while (at > 0 && in->text[at - 1] != ' ') {
        at--;
    }
    return at;
}

static bool
control(struct input *in, uint32_t ch)
{
    switch (ch) {
    case 'a':
        in->at = 0;
        return true;
    case 'e':
        in->at = in->len;
        return true;
    case 'u':
        cut(in, 0, in->at);
        return true;
    case 'k':
        cut(in, in->at, in->len);
        return true;
    case 'w':
        cut(in, word_before(in), in->at);
        return true;
    default:
        return false;
    }
}

bool
input_key(struct input *in, const struct key *k)
{
    if (k->code == KEYC_CHAR && !k->alt) {
        if (k->ctrl) {
            return control(in, k->ch);
        }
        if (k->ch >= ' ') {
            insert(in, k->ch);
        }
        return true;
    }
    if (k->code == KEYC_BACKSPACE) {
        cut(in, before(in, in->at), in->at);
    } else if (k->code == KEYC_DELETE) {
        cut(in, in->at, behind(in, in->at));
    } else if (k->code == KEYC_LEFT) {
        in->at = before(in, in->at);
    } else if (k->code == KEYC_RIGHT) {
        in->at = behind(in, in->at);
    } else if (k->code == KEYC_HOME) {
        in->at = 0;
    } else if (k->code == KEYC_END) {
        in->at = in->len;
    } else {
        return false;
    }
    return true;
}

static int
cells(const struct input *in, const struct canvas *c, size_t from, size_t to, bool hidden)
{
    int count = 0;

    if (!hidden) {
        return canvas_width_of(c, in->text + from, to - from);
    }
    for (size_t at = from; at < to; at = behind(in, at)) {
        count++;
    }
    return count;
}

/* The first character that is shown: as few as possible are left out, and the cursor has a cell. */
static void
scroll(struct input *in, const struct canvas *c, int width, bool hidden)
{
    int left = width - 1;
    size_t at = in->at;

    if (in->first > in->at) {
        in->first = in->at;
    }
    while (at > in->first) {
        const size_t prior = before(in, at);
        left -= cells(in, c, prior, at, hidden);
        if (left < 0) {
            in->first = at;
            break;
        }
        at = prior;
    }
    /* What was scrolled away comes back when there is room again. */
    while (in->first > 0 && cells(in, c, before(in, in->first), in->len, hidden) < width) {
        in->first = before(in, in->first);
    }
}

void
input_draw(struct input *in, struct canvas *c, int row, int col, int width, bool hidden)
{
    int at;

    if (width < 1) {
        return;
    }
    scroll(in, c, width, hidden);
    if (hidden) {
        const int stars = cells(in, c, in->first, in->len, true);
        for (int i = 0; i < stars && i < width; i++) {
            (void)canvas_text(c, row, col + i, 1, LOOK_PLAIN, "*");
        }
    } else {
        (void)canvas_bytes(c, row, col, width, LOOK_PLAIN, in->text + in->first,
                           in->len - in->first);
    }
    at = cells(in, c, in->first, in->at, hidden);
    canvas_cursor(c, row, col + at);
}
