/*
 * key.h - bytes from a terminal as keys.
 *
 * Pure: who reads the terminal feeds bytes, and says when KEY_ESC_MS have passed after the last of
 * them (key_waits), since a lone ESC looks like the beginning of a key.  Knows UTF-8, CSI and SS3
 * keys (ESC [ A and ESC O A) with modifiers, SGR mouse, bracketed paste.  Anything may come: what
 * is no key is left out, nothing grows.
 *
 * What is pasted comes as characters only (`pasted`): the end of a line, and a tab, as one space if
 * more is behind it.  Esc and another key at once are that key with Alt, but for arrows and the
 * like.
 */
#ifndef UI_KEY_H
#define UI_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEY_ESC_MS = 25, KEY_PAUSE_MS = 1000, KEY_PENDING_MAX = 64 };

enum key_code {
    KEYC_NONE,
    KEYC_CHAR, /* ch: a printable character, or of a control key the letter: Ctrl-C is 'c' */
    KEYC_ENTER,
    KEYC_ESC,
    KEYC_TAB,
    KEYC_BACKTAB,
    KEYC_BACKSPACE,
    KEYC_DELETE,
    KEYC_INSERT,
    KEYC_UP,
    KEYC_DOWN,
    KEYC_LEFT,
    KEYC_RIGHT,
    KEYC_HOME,
    KEYC_END,
    KEYC_PAGE_UP,
    KEYC_PAGE_DOWN,
    KEYC_F1, /* f: 1 to 12 are KEYC_F1 + n - 1 */
    KEYC_F12 = KEYC_F1 + 11,
    KEYC_WHEEL_UP,
    KEYC_WHEEL_DOWN,
    KEYC_CLICK, /* row, col: from 0 */
};

struct key {
    enum key_code code;
    uint32_t ch;
    bool ctrl, alt, shift; /* shift: of keys that are no characters */
    bool pasted;           /* a character that was pasted, not typed: never a command */
    int row, col;
};

/* All zero at the beginning. */
struct key_reader {
    unsigned char pending[KEY_PENDING_MAX];
    size_t len;
    bool pasting, broke_line;
    bool paused; /* nothing came for a while */
    enum { KEY_SKIPS_NOTHING, KEY_SKIPS_CSI, KEY_SKIPS_STRING } skips; /* what is no key */
};

/* Take len bytes; fn is called for each key in its order. */
void key_feed(struct key_reader *r, const char *bytes, size_t len,
              void (*fn)(void *arg, const struct key *k), void *arg);
/* Bytes are kept that may be a key, or its beginning. */
bool key_waits(const struct key_reader *r);
/* KEY_ESC_MS have passed: they are what they are. */
void key_timeout(struct key_reader *r, void (*fn)(void *arg, const struct key *k), void *arg);

/* Nothing has come for KEY_PAUSE_MS.  A Ctrl-C that comes alone then is typed: it ends a paste
 * whose end was lost, which would take all keys for its own for ever, and does nothing else. */
void key_pause(struct key_reader *r);

/* The name for people: "Ctrl-C", "PgUp", "Space", "F5", "d". */
void key_name(const struct key *k, char ret[16]);

#endif
