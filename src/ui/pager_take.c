/*
 * pager_take.c - bytes of anybody as lines with looks.
 *
 * Decides where a line ends, what is a color, and what stays as it came.  Owns nothing: the open
 * line is the pager's.  Every state is bounded: a line by PAGER_LINE_BYTES, an escape by
 * PAGER_ESC_BYTES.
 */
#include "ui/pager_state.h"

#include "base/escape.h"

#include <string.h>

enum { TAB_CELLS = 8 };

bool
pager_open_is(const struct pager *p)
{
    return p->open.len > 0 || p->open.cut;
}

/* A character that was cut in two is left out. */
static size_t
whole_characters(const char *bytes, size_t len)
{
    size_t back = 1;

    while (back < 4 && back <= len && ((unsigned char)bytes[len - back] & 0xc0) == 0x80) {
        back++;
    }
    if (back > len || ((unsigned char)bytes[len - back] & 0xc0) != 0xc0) {
        return len;
    }
    return utf8_decode(bytes + len - back, back, NULL) == back ? len : len - back;
}

static void
mark_run(struct pager_open *o)
{
    const uint8_t before = o->run_count > 0 ? o->runs[o->run_count - 1].look : LOOK_PLAIN;

    if (before == o->look || o->len >= PAGER_LINE_BYTES) {
        return;
    }
    if (o->run_count > 0 && o->runs[o->run_count - 1].from == o->len) {
        o->run_count--; /* a color that no byte had */
    }
    o->runs[o->run_count++] = (struct pager_run){.from = (uint16_t)o->len, .look = o->look};
}

static void
begin_anew(struct pager_open *o)
{
    o->len = o->cells = o->run_count = 0;
    o->cut = o->returned = false;
}

/* Bytes that are text, without tabs. */
static void
add_text(struct pager_open *o, const char *bytes, size_t len)
{
    const size_t room = o->cut ? 0 : PAGER_LINE_BYTES - o->len;
    const size_t some = len < room ? len : room;

    if (o->returned) {
        begin_anew(o);
        add_text(o, bytes, len);
        return;
    }
    if (some > 0) {
        mark_run(o);
        memcpy(o->bytes + o->len, bytes, some);
        o->len += some;
        for (size_t i = 0; i < some; i++) {
            o->cells += ((unsigned char)bytes[i] & 0xc0) != 0x80;
        }
    }
    if (some < len && !o->cut) {
        o->cut = true;
        o->len = whole_characters(o->bytes, o->len);
    }
}

static void
add_tab(struct pager_open *o)
{
    static const char spaces[TAB_CELLS + 1] = "        ";

    if (o->returned) {
        begin_anew(o);
    }
    add_text(o, spaces, TAB_CELLS - o->cells % TAB_CELLS);
}

/* ---------------------------------------------------------------- colors */

/* One number of a color; how many of those behind it belong to it. */
static size_t
take_number(struct pager_open *o, const int *numbers, size_t left)
{
    static const struct {
        int first, last;
        enum look look;
    } colors[] = {{31, 31, LOOK_BAD}, {91, 91, LOOK_BAD},   {32, 32, LOOK_OK},
                  {92, 92, LOOK_OK},  {33, 33, LOOK_WARN},  {93, 93, LOOK_WARN},
                  {2, 2, LOOK_DIM},   {30, 39, LOOK_PLAIN}, {90, 97, LOOK_PLAIN}};
    const int n = numbers[0];

    if (n == 0) {
        o->look = LOOK_PLAIN;
    } else if (n == 1) {
        o->look |= LOOK_BOLD;
    } else if (n == 22) {
        o->look = (uint8_t)((o->look & ~LOOK_BOLD) == LOOK_DIM ? LOOK_PLAIN : o->look & ~LOOK_BOLD);
    }
    for (size_t i = 0; i < sizeof(colors) / sizeof(colors[0]); i++) {
        if (n >= colors[i].first && n <= colors[i].last) {
            o->look = (uint8_t)((o->look & LOOK_BOLD) | colors[i].look);
            break;
        }
    }
    if ((n != 38 && n != 48) || left < 2) { /* 38;5;N and 38;2;R;G;B */
        return 0;
    }
    return numbers[1] == 5 ? 2 : numbers[1] == 2 ? 4 : 0;
}

/* What stands between ESC [ and m. */
static void
take_color(struct pager_open *o, const char *text, size_t len)
{
    int numbers[PAGER_ESC_BYTES] = {0};
    size_t count = 1;

    for (size_t i = 0; i < len; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            const int n = numbers[count - 1] * 10 + (text[i] - '0');
            numbers[count - 1] = n > 999 ? 999 : n;
        } else {
            count++;
        }
    }
    for (size_t i = 0; i < count; i++) {
        i += take_number(o, numbers + i, count - i);
    }
}

/* What was held is no color: it is text. */
static void
let_go(struct pager_open *o)
{
    const size_t len = o->held_len;

    o->held_len = 0;
    add_text(o, o->held, len);
}

/* One byte behind an ESC; false: it does not belong to it, and is still to be taken. */
static bool
hold(struct pager_open *o, char byte)
{
    const bool inside = (byte >= '0' && byte <= '9') || byte == ';' || byte == ':';

    if (o->held_len == 1 ? byte == '[' : inside && o->held_len < PAGER_ESC_BYTES) {
        o->held[o->held_len++] = byte;
        return true;
    }
    if (o->held_len >= 2 && (byte == 'm' || byte == 'K')) {
        const size_t len = o->held_len - 2;
        o->held_len = 0;
        if (byte == 'm') {
            take_color(o, o->held + 2, len);
        }
        return true;
    }
    let_go(o);
    return false;
}

/* ---------------------------------------------------------------- bytes */

static void
take_control(struct pager *p, char byte)
{
    struct pager_open *o = &p->open;

    switch (byte) {
    case '\n':
        pager_end_line(p);
        begin_anew(o);
        o->look = LOOK_PLAIN;
        break;
    case '\r':
        o->returned = true;
        break;
    case '\t':
        add_tab(o);
        break;
    default: /* ESC */
        o->held[0] = byte;
        o->held_len = 1;
        break;
    }
}

static bool
is_control(char byte)
{
    return byte == '\n' || byte == '\r' || byte == '\t' || byte == '\x1b';
}

void
pager_take(struct pager *p, const char *bytes, size_t len)
{
    size_t at = 0;

    while (at < len) {
        size_t text = 0;
        if (p->open.held_len > 0) {
            at += hold(&p->open, bytes[at]);
            continue;
        }
        while (at + text < len && !is_control(bytes[at + text])) {
            text++;
        }
        if (text > 0) {
            add_text(&p->open, bytes + at, text);
        }
        at += text;
        if (at < len) {
            take_control(p, bytes[at++]);
        }
    }
}
