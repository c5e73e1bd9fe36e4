/*
 * scan.c - the sequences a full screen may use, and the parser that holds it to them.
 *
 * Decides what is expected: what ncurses sends for the terminals of our tests, with the modes that
 * we set by hand.  No question to the terminal, no title, no string (OSC, DCS) is.  Owns nothing.
 */
#include "tui/scan.h"

#include "base/escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct csi {
    char leader; /* `?` or 0 */
    char final;
    const char *numbers; /* the only parameters that are fine; NULL: any */
};

/* Parameters are decimal numbers with `;` between them; no intermediate bytes. */
static const struct csi csis[] = {
    {0, '@', NULL},
    {0, 'A', NULL},
    {0, 'B', NULL},
    {0, 'C', NULL},
    {0, 'D', NULL},
    {0, 'E', NULL},
    {0, 'F', NULL},
    {0, 'G', NULL},
    {0, 'H', NULL},
    {0, 'I', NULL},
    {0, 'J', NULL},
    {0, 'K', NULL},
    {0, 'L', NULL},
    {0, 'M', NULL},
    {0, 'P', NULL},
    {0, 'S', NULL},
    {0, 'T', NULL},
    {0, 'X', NULL},
    {0, 'Z', NULL},
    {0, 'b', NULL},
    {0, 'd', NULL},
    {0, 'f', NULL},
    {0, 'g', " 0 3 "},
    {0, 'h', " 4 34 "},
    {0, 'l', " 4 34 "},
    {0, 'r', NULL},
    {0, 'm', NULL},
    {0, 't', " 22 23 0 "},
    {'?', 'h', " 1 5 7 12 25 1000 1002 1006 1034 1049 2004 "},
    {'?', 'l', " 1 3 4 5 7 12 25 1000 1002 1006 1034 1049 2004 "},
    {'?', 'c', " 0 1 8 "}, /* the cursor of the Linux console */
};
/* The byte after ESC of sequences of two. */
static const char escapes[] = "78=>DEHMc";
/* Of a designation of characters: ESC ( B. */
static const char sets[] = "AB0";

void
scan_init(struct scan *s, bool ascii)
{
    memset(s, 0, sizeof(*s));
    s->ascii = ascii;
}

bool
scan_mode(const struct scan *s, int mode)
{
    for (size_t i = 0; i < s->mode_count; i++) {
        if (s->modes[i] == mode) {
            return true;
        }
    }
    return false;
}

static void
set_mode(struct scan *s, int mode, bool on)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->mode_count; i++) {
        if (s->modes[i] != mode) {
            s->modes[kept++] = s->modes[i];
        }
    }
    if (on && kept < SCAN_MODES_MAX) {
        s->modes[kept++] = mode;
    }
    s->mode_count = kept;
}

/* What is in seq is not expected. */
static void
tell(struct scan *s, const char *what)
{
    s->bad++;
    if (s->told_count == SCAN_TOLD_MAX) {
        return;
    }
    char *text = s->told[s->told_count++];
    int at = snprintf(text, SCAN_TEXT_MAX, "byte %llu: %s:", (unsigned long long)s->bytes, what);
    for (size_t i = 0; i < s->len && at > 0 && at < SCAN_TEXT_MAX - 6; i++) {
        const unsigned char byte = (unsigned char)s->seq[i];
        at += byte > 32 && byte < 127 ? snprintf(text + at, 6, " %c", byte)
                                      : snprintf(text + at, 6, " %02x", byte);
    }
}

static bool
is_in(const char *list, long number)
{
    char word[24];

    (void)snprintf(word, sizeof(word), " %ld ", number);
    return strstr(list, word) != NULL;
}

/* Calls for each parameter; false: one is not expected. */
static bool
numbers_are_fine(struct scan *s, const struct csi *row, const char *at)
{
    while (*at != row->final) {
        char *end = NULL;
        const long number = strtol(at, &end, 10);
        if (row->numbers != NULL && (end != at || row->leader != 0) &&
            !is_in(row->numbers, number)) {
            return false;
        }
        if (row->leader == '?' && row->final != 'c') {
            set_mode(s, (int)number, row->final == 'h');
        }
        at = *end == ';' ? end + 1 : end;
        if (at == end && *end != row->final) {
            return false;
        }
    }
    return true;
}

static void
end_csi(struct scan *s)
{
    const char leader = s->seq[2] == '?' ? '?' : 0;
    const char final = s->seq[s->len - 1];

    s->seq[s->len] = '\0';
    for (size_t i = 0; i < sizeof(csis) / sizeof(csis[0]); i++) {
        if (csis[i].leader == leader && csis[i].final == final) {
            if (!numbers_are_fine(s, &csis[i], s->seq + (leader != 0 ? 3 : 2))) {
                tell(s, "parameters");
            }
            return;
        }
    }
    tell(s, "sequence");
}

/* One byte more of a sequence; true: it is whole, or bad. */
static bool
in_sequence(struct scan *s, unsigned char byte)
{
    const char kind = s->len > 1 ? s->seq[1] : 0;

    s->seq[s->len++] = (char)byte;
    if (kind == '[') {
        if (byte >= 0x40 && byte <= 0x7e) {
            end_csi(s);
            return true;
        }
        if (byte >= 0x20 && byte < 0x40 && s->len < SCAN_SEQ_MAX - 1) {
            return false;
        }
        tell(s, "sequence cut off");
        return true;
    }
    if (kind == '(' || kind == ')') {
        if (strchr(sets, byte) == NULL || byte == 0) {
            tell(s, "set of characters");
        }
        return true;
    }
    if (byte == '[' || byte == '(' || byte == ')') {
        return false;
    }
    if (byte == 0 || strchr(escapes, byte) == NULL) {
        tell(s, "escape");
    }
    return true;
}

static bool
is_invisible(unsigned code)
{
    return code < 32 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0xfeff ||
           (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f);
}

/* One byte more of a character; true: it is whole, or bad. */
static bool
in_character(struct scan *s, unsigned char byte)
{
    unsigned code = 0;
    const unsigned char first = s->len > 0 ? (unsigned char)s->seq[0] : byte;
    const size_t want = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    s->seq[s->len++] = (char)byte;
    if (s->len < want && (s->len == 1 || (byte & 0xc0) == 0x80)) {
        return false;
    }
    if (utf8_decode(s->seq, s->len, &code) != s->len) {
        tell(s, "no UTF-8");
    } else if (is_invisible(code)) {
        tell(s, "character that is not seen");
    } else if (s->ascii && code > 126) {
        tell(s, "not ASCII");
    }
    s->last_code = code;
    return true;
}

static void
take(struct scan *s, unsigned char byte)
{
    bool whole = false;

    s->bytes++;
    if (s->len > 0) {
        whole = s->seq[0] == '\033' ? in_sequence(s, byte) : in_character(s, byte);
    } else if (byte == '\033') {
        s->seq[s->len++] = (char)byte;
    } else if (byte >= 32 && byte != 127) {
        whole = in_character(s, byte);
    } else if (byte == 0 || strchr("\b\t\n\r\016\017\030", byte) == NULL) { /* SO, SI, CAN */
        s->seq[s->len++] = (char)byte;
        tell(s, "control");
        whole = true;
    }
    if (!whole) {
        return;
    }
    /* What cut off a character begins something of its own. */
    const bool cut_off = s->len > 1 && s->seq[0] != '\033' && (byte & 0xc0) != 0x80;
    s->len = 0;
    if (cut_off) {
        s->bytes--;
        take(s, byte);
    }
}

void
scan_feed(struct scan *s, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        take(s, (unsigned char)bytes[i]);
    }
}
