/*
 * key.c - what bytes of a terminal mean as keys.
 *
 * Decides where a key ends, and what it is.  Owns what is not decided yet, in its reader.  Never
 * reads, never waits, and takes no byte of something longer that is no key for a key of its own.
 */
#include "ui/key.h"

#include "base/escape.h"

#include <stdio.h>
#include <string.h>

enum {
    CTRL_C = 0x03,
    ESC = 0x1b,
    CSI_NUMBERS_MAX = 4,
    NUMBER_MAX = 99999,
    X10_MOUSE_BYTES = 6, /* ESC [ M and three more */
};

/* Of SGR mouse reports. */
enum { MOUSE_BUTTONS = 3, MOUSE_MOTION = 32, MOUSE_WHEEL = 64, MOUSE_FURTHER = 128 };

static const char paste_end[] = "\033[201~";

/* Behind ESC [ or ESC O. */
static const struct {
    char final;
    enum key_code code;
} letters[] = {
    {'A', KEYC_UP},     {'B', KEYC_DOWN},   {'C', KEYC_RIGHT},   {'D', KEYC_LEFT},
    {'H', KEYC_HOME},   {'F', KEYC_END},    {'Z', KEYC_BACKTAB}, {'P', KEYC_F1},
    {'Q', KEYC_F1 + 1}, {'R', KEYC_F1 + 2}, {'S', KEYC_F1 + 3},
};

/* The number of ESC [ number ~. */
static const struct {
    int number;
    enum key_code code;
} numbers[] = {
    {1, KEYC_HOME},    {2, KEYC_INSERT},    {3, KEYC_DELETE},   {4, KEYC_END},
    {5, KEYC_PAGE_UP}, {6, KEYC_PAGE_DOWN}, {7, KEYC_HOME},     {8, KEYC_END},
    {11, KEYC_F1},     {12, KEYC_F1 + 1},   {13, KEYC_F1 + 2},  {14, KEYC_F1 + 3},
    {15, KEYC_F1 + 4}, {17, KEYC_F1 + 5},   {18, KEYC_F1 + 6},  {19, KEYC_F1 + 7},
    {20, KEYC_F1 + 8}, {21, KEYC_F1 + 9},   {23, KEYC_F1 + 10}, {24, KEYC_F12},
};

/* ---------------------------------------------------------------- characters */

/* A byte below 0x20, or DEL. */
static void
control_key(struct key *k, unsigned char b)
{
    if (b == '\r' || b == '\n') {
        k->code = KEYC_ENTER;
    } else if (b == '\t') {
        k->code = KEYC_TAB;
    } else if (b == 0x7f || b == 0x08) {
        k->code = KEYC_BACKSPACE;
    } else if (b == ESC) {
        k->code = KEYC_ESC;
    } else {
        k->code = KEYC_CHAR;
        k->ctrl = true;
        k->ch = b == 0 ? ' ' : b <= 26 ? b + ('a' - 1U) : b + 0x40U;
    }
}

/* Whether bytes may become a character when more of them come. */
static bool
is_beginning(const unsigned char *b, size_t len)
{
    const size_t want = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;

    if (b[0] < 0xc2 || b[0] > 0xf4 || len >= want) {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if ((b[i] & 0xc0) != 0x80) {
            return false;
        }
    }
    return true;
}

/* A character or control byte; returns the bytes taken, 0: more must come. */
static size_t
take_char(const unsigned char *b, size_t len, bool late, struct key *k)
{
    unsigned code = 0;

    if (b[0] < 0x20 || b[0] == 0x7f) {
        control_key(k, b[0]);
        return 1;
    }
    const size_t n = utf8_decode((const char *)b, len, &code);
    if (n == 0) {
        return is_beginning(b, len) && !late ? 0 : 1;
    }
    if (!escape_harmful(code)) {
        k->code = KEYC_CHAR;
        k->ch = code;
    }
    return n;
}

/* Within a paste: characters only.  The end of a line is a space, if more is behind it. */
static size_t
take_pasted(struct key_reader *r, struct key *k)
{
    const size_t most = sizeof(paste_end) - 1;

    if (r->pending[0] == ESC) {
        if (memcmp(r->pending, paste_end, r->len < most ? r->len : most) != 0) {
            return 1;
        }
        if (r->len < most) {
            return 0;
        }
        r->pasting = r->broke_line = false;
        return most;
    }
    const size_t n = take_char(r->pending, r->len, false, k);
    if (k->code == KEYC_ENTER || k->code == KEYC_TAB) {
        r->broke_line = true;
    }
    if (k->code != KEYC_CHAR || k->ctrl) {
        *k = (struct key){0};
        return n;
    }
    k->pasted = true;
    if (r->broke_line) { /* a key of no bytes; the character is met again */
        r->broke_line = false;
        k->ch = ' ';
        return 0;
    }
    return n;
}

/* ---------------------------------------------------------------- control sequences */

struct csi {
    char private; /* one of < = > ?, or NUL */
    char final;
    int numbers[CSI_NUMBERS_MAX]; /* 0: not given */
};

/* What stands between the introducer and the final byte; false: nothing that keys have. */
static bool
csi_read(const unsigned char *b, size_t len, struct csi *ret)
{
    int at = 0;
    bool skipping = false; /* behind a colon, the details of a number */

    *ret = (struct csi){.final = (char)b[len - 1]};
    for (size_t i = 0; i + 1 < len; i++) {
        if (b[i] >= '0' && b[i] <= '9') {
            int *n = &ret->numbers[at];
            *n = skipping || *n > NUMBER_MAX ? *n : *n * 10 + (b[i] - '0');
        } else if (b[i] == ';') {
            skipping = false;
            if (++at == CSI_NUMBERS_MAX) {
                return false;
            }
        } else if (b[i] == ':') {
            skipping = true;
        } else if (i == 0 && strchr("<=>?", b[i]) != NULL) {
            ret->private = (char)b[i];
        } else {
            return false;
        }
    }
    return true;
}

/* xterm: 1 more than the sum of shift 1, alt 2, ctrl 4. */
static void
set_modifiers(struct key *k, int number)
{
    const unsigned bits = number > 0 ? (unsigned)number - 1 : 0;

    k->shift = k->code != KEYC_CHAR && (bits & 1) != 0;
    k->alt = (bits & 2) != 0;
    k->ctrl = (bits & 4) != 0;
}

static void
key_by_letter(const struct csi *c, struct key *k)
{
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (letters[i].final == c->final && c->numbers[0] <= 1) { /* else it answers a question */
            k->code = letters[i].code;
            set_modifiers(k, c->numbers[1]);
        }
    }
}

static void
key_by_number(const struct csi *c, struct key *k)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i].number == c->numbers[0]) {
            k->code = numbers[i].code;
            set_modifiers(k, c->numbers[1]);
        }
    }
}

/* A character told by its number: modifyOtherKeys of xterm, `CSI u` of others. */
static void
key_by_character(int code, int modifiers, struct key *k)
{
    if (code <= 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xf8ff)) {
        return; /* keys that have no name here */
    }
    if (code < 0x20 || code == 0x7f) {
        control_key(k, (unsigned char)code);
        if (k->code == KEYC_CHAR) {
            return;
        }
    } else if (!escape_harmful((unsigned)code)) {
        k->code = KEYC_CHAR;
        k->ch = (unsigned)code;
    }
    set_modifiers(k, modifiers);
    if (k->code == KEYC_TAB && k->shift) {
        k->code = KEYC_BACKTAB;
    }
}

static void
key_by_mouse(const struct csi *c, struct key *k)
{
    const int b = c->numbers[0];
    const int kind = b & (MOUSE_FURTHER | MOUSE_WHEEL | MOUSE_MOTION | MOUSE_BUTTONS);

    if (c->final != 'M' || c->numbers[1] < 1 || c->numbers[2] < 1) {
        return;
    }
    if (kind == 0) {
        k->code = KEYC_CLICK;
    } else if (kind == MOUSE_WHEEL) {
        k->code = KEYC_WHEEL_UP;
    } else if (kind == MOUSE_WHEEL + 1) {
        k->code = KEYC_WHEEL_DOWN;
    } else {
        return;
    }
    set_modifiers(k, (b >> 2 & 7) + 1);
    k->col = c->numbers[1] - 1;
    k->row = c->numbers[2] - 1;
}

static void
csi_key(struct key_reader *r, const struct csi *c, struct key *k)
{
    if (c->private == '<') {
        key_by_mouse(c, k);
    } else if (c->private != '\0') {
        return;
    } else if (c->final == '~' && c->numbers[0] == 200) {
        r->pasting = true;
        r->broke_line = false;
    } else if (c->final == '~' && c->numbers[0] == 27) {
        key_by_character(c->numbers[2], c->numbers[1], k);
    } else if (c->final == '~') {
        key_by_number(c, k);
    } else if (c->final == 'u') {
        key_by_character(c->numbers[0], c->numbers[1], k);
    } else {
        key_by_letter(c, k);
    }
}

/* What is behind ESC [, from b[2] on. */
static size_t
take_csi(struct key_reader *r, bool late, struct key *k)
{
    const unsigned char *b = r->pending;
    const size_t len = r->len;
    struct csi c;

    if (len > 2 && b[2] == '[') { /* F1 to F5 of the Linux console */
        if (len > 3 && b[3] >= 'A' && b[3] <= 'E') {
            k->code = (enum key_code)(KEYC_F1 + (b[3] - 'A'));
        }
        return len > 3 ? 4 : late ? len : 0;
    }
    if (len > 2 && b[2] == 'M') { /* an old mouse report: anything may be in it */
        return len >= X10_MOUSE_BYTES ? X10_MOUSE_BYTES : late ? len : 0;
    }
    for (size_t i = 2; i < len; i++) {
        if (b[i] < 0x20 || b[i] > 0x7e) {
            return i; /* broken off */
        }
        if (b[i] >= 0x40) {
            if (csi_read(b + 2, i - 1, &c)) {
                csi_key(r, &c, k);
            }
            return i + 1;
        }
    }
    if (late && len == 2) {
        *k = (struct key){.code = KEYC_CHAR, .ch = '[', .alt = true};
    }
    return late ? len : 0;
}

/* Keys of the keypad that are characters. */
static void
key_by_keypad(char final, struct key *k)
{
    static const char keys[] = "*+,-./0123456789";

    if (final >= 'j' && final <= 'y') {
        k->code = KEYC_CHAR;
        k->ch = (unsigned char)keys[final - 'j'];
    } else if (final == 'M') {
        k->code = KEYC_ENTER;
    } else if (final == 'I') {
        k->code = KEYC_TAB;
    } else if (final == 'X') {
        k->code = KEYC_CHAR;
        k->ch = '=';
    }
}

/* What is behind ESC O; some put modifiers there. */
static size_t
take_ss3(const struct key_reader *r, bool late, struct key *k)
{
    const unsigned char *b = r->pending;
    struct csi c;
    size_t i = 2;

    while (i < r->len && ((b[i] >= '0' && b[i] <= '9') || b[i] == ';')) {
        i++;
    }
    if (i == r->len) {
        if (late && i == 2) {
            *k = (struct key){.code = KEYC_CHAR, .ch = 'O', .alt = true};
        }
        return late ? i : 0;
    }
    if (b[i] < 0x40 || b[i] > 0x7e) {
        return i;
    }
    if (csi_read(b + 2, i - 1, &c)) {
        if (c.numbers[1] == 0) {
            c.numbers[1] = c.numbers[0];
            c.numbers[0] = 1;
        }
        key_by_letter(&c, k);
        if (k->code == KEYC_NONE) {
            key_by_keypad(c.final, k);
        }
    }
    return i + 1;
}

/* ---------------------------------------------------------------- what is no key */

/* The rest of a sequence that was too long; of a string (a terminal's answer), up to its end. */
static size_t
take_rest(struct key_reader *r)
{
    for (size_t i = 0; i < r->len; i++) {
        const unsigned char b = r->pending[i];
        if (b == ESC || (r->skips == KEY_SKIPS_CSI && b < 0x20)) {
            if (r->skips == KEY_SKIPS_STRING && i + 1 == r->len) {
                return i; /* ESC \ may end it */
            }
            const bool ends = r->skips == KEY_SKIPS_STRING && r->pending[i + 1] == '\\';
            r->skips = KEY_SKIPS_NOTHING;
            return ends ? i + 2 : i;
        }
        if (r->skips == KEY_SKIPS_CSI ? b >= 0x40 && b <= 0x7e : b == '\a') {
            r->skips = KEY_SKIPS_NOTHING;
            return i + 1;
        }
    }
    return r->len;
}

static size_t
take_escape(struct key_reader *r, bool late, struct key *k)
{
    const unsigned char *b = r->pending;

    if (r->len == 1) {
        k->code = late ? KEYC_ESC : KEYC_NONE;
        return late ? 1 : 0;
    }
    if (b[1] == '[') {
        return take_csi(r, late, k);
    }
    if (b[1] == 'O') {
        return take_ss3(r, late, k);
    }
    if (b[1] == ESC) { /* each for itself: Esc and an arrow, not Alt and the arrow */
        k->code = KEYC_ESC;
        return 1;
    }
    if (strchr("]PX^_", b[1]) != NULL && b[1] != '\0' && !(late && r->len == 2)) {
        r->skips = r->len > 2 ? KEY_SKIPS_STRING : KEY_SKIPS_NOTHING;
        return r->len > 2 ? 2 : 0;
    }
    const size_t n = take_char(b + 1, r->len - 1, late, k);
    k->alt = k->code != KEYC_NONE;
    return n == 0 ? 0 : n + 1;
}

/* ---------------------------------------------------------------- the reader */

/* Take what is decided at the beginning; returns how many bytes that is. */
static size_t
take(struct key_reader *r, bool late, struct key *k)
{
    if (r->pasting) {
        return take_pasted(r, k);
    }
    if (r->skips != KEY_SKIPS_NOTHING) {
        return take_rest(r);
    }
    return r->pending[0] == ESC ? take_escape(r, late, k) : take_char(r->pending, r->len, late, k);
}

static void
take_all(struct key_reader *r, bool late, void (*fn)(void *arg, const struct key *k), void *arg)
{
    bool more = true;

    while (more && r->len > 0) {
        struct key k = {0};
        const int skipped = (int)r->skips;
        const size_t n = take(r, late, &k);
        r->len -= n;
        memmove(r->pending, r->pending + n, r->len);
        more = n > 0 || k.code != KEYC_NONE || (int)r->skips != skipped;
        if (k.code != KEYC_NONE) {
            fn(arg, &k);
        }
    }
}

void
key_feed(struct key_reader *r, const char *bytes, size_t len,
         void (*fn)(void *arg, const struct key *k), void *arg)
{
    const bool typed = r->paused && len == 1 && bytes[0] == CTRL_C;

    r->paused = false;
    if (r->pasting && typed) {
        *r = (struct key_reader){0};
        return;
    }
    while (len > 0) {
        const size_t room = sizeof(r->pending) - r->len;
        const size_t n = len < room ? len : room;
        memcpy(r->pending + r->len, bytes, n);
        r->len += n;
        bytes += n;
        len -= n;
        take_all(r, false, fn, arg);
        if (r->len == sizeof(r->pending)) { /* no key is as long as that */
            r->len = 0;
            r->skips = KEY_SKIPS_CSI;
        }
    }
}

void
key_pause(struct key_reader *r)
{
    r->paused = true;
}

bool
key_waits(const struct key_reader *r)
{
    return !r->pasting && (r->len > 0 || r->skips != KEY_SKIPS_NOTHING);
}

void
key_timeout(struct key_reader *r, void (*fn)(void *arg, const struct key *k), void *arg)
{
    if (r->skips != KEY_SKIPS_NOTHING) { /* what was kept of it is no key */
        r->skips = KEY_SKIPS_NOTHING;
        r->len = 0;
    }
    take_all(r, true, fn, arg);
}

/* ---------------------------------------------------------------- names */

static const char *const names[] = {
    [KEYC_NONE] = "",          [KEYC_ENTER] = "Enter",       [KEYC_ESC] = "Esc",
    [KEYC_TAB] = "Tab",        [KEYC_BACKTAB] = "Shift-Tab", [KEYC_BACKSPACE] = "Backspace",
    [KEYC_DELETE] = "Del",     [KEYC_INSERT] = "Ins",        [KEYC_UP] = "Up",
    [KEYC_DOWN] = "Down",      [KEYC_LEFT] = "Left",         [KEYC_RIGHT] = "Right",
    [KEYC_HOME] = "Home",      [KEYC_END] = "End",           [KEYC_PAGE_UP] = "PgUp",
    [KEYC_PAGE_DOWN] = "PgDn", [KEYC_WHEEL_UP] = "Wheel up", [KEYC_WHEEL_DOWN] = "Wheel down",
    [KEYC_CLICK] = "Click",
};

static void
character_name(const struct key *k, char *ret, size_t size)
{
    struct buf text;

    if (k->ch == ' ') {
        (void)snprintf(ret, size, "Space");
        return;
    }
    buf_init(&text, size);
    utf8_encode(&text, k->ctrl && k->ch >= 'a' && k->ch <= 'z' ? k->ch - ('a' - 'A') : k->ch);
    (void)snprintf(ret, size, "%s", text.data);
    buf_release(&text);
}

void
key_name(const struct key *k, char ret[16])
{
    char name[16] = "", all[40];

    if (k->code == KEYC_CHAR) {
        character_name(k, name, sizeof(name));
    } else if (k->code >= KEYC_F1 && k->code <= KEYC_F12) {
        (void)snprintf(name, sizeof(name), "F%d", (int)(k->code - KEYC_F1) + 1);
    } else {
        (void)snprintf(name, sizeof(name), "%s", names[k->code]);
    }
    (void)snprintf(all, sizeof(all), "%s%s%s%s", k->ctrl ? "Ctrl-" : "", k->alt ? "Alt-" : "",
                   k->shift && k->code != KEYC_BACKTAB ? "Shift-" : "", name);
    (void)snprintf(ret, 16, "%.15s", all);
}
