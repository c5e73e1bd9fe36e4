/*
 * hostile.h - strings that a host may send to do harm, and an own judge of what may be shown.
 *
 * The judge shares no code with escape.c: it has its own decoder and its own list.
 */
#ifndef UNIT_BASE_HOSTILE_H
#define UNIT_BASE_HOSTILE_H

#include "base/prng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTILE_BYTES_MAX = 48 };

/* How many strings a property test takes; HOSTILE_STRINGS=1000000 is the campaign. */
static inline long
hostile_strings(void)
{
    const char *text = getenv("HOSTILE_STRINGS");

    return text != NULL ? strtol(text, NULL, 10) : getenv("RUNNER") != NULL ? 300 : 20000;
}

/* One string: harmful pieces, halves of them, bytes of chance. */
static inline size_t
hostile_string(struct prng *p, char ret[HOSTILE_BYTES_MAX])
{
    static const char *const pieces[] = {
        "\x1b]52;c;QUJD\x07", "\x1b[2J", "\x1bP",        "\xc2\x9b" "31m", "\xc2\x9d", "\x9b", "\x90",
        "\xe2\x80\xae",       "\xe2\x80\xac", "\xe2\x81\xa6", "\xe2\x80\x8f",   "\xd8\x9c", "\xe2\x80\xa8",
        "\xef\xbb\xbf",       "\xef\xbf\xba", "\xf3\xa0\x80\x81", "\xed\xa0\x80",   "\xc0\x8a", "\xf8\x88",
        "\r",                 "\b\b",     "\v",          "\x7f",           "\\",       "\t",   "%s%n",
        "ok",                 "\xc3\xa9", "\xf0\x9f\x98\x80",
    };
    const size_t want = (size_t)prng_below(p, HOSTILE_BYTES_MAX);
    size_t len = 0;

    while (len < want) {
        const char *piece = pieces[prng_below(p, sizeof(pieces) / sizeof(pieces[0]))];
        const size_t whole = strlen(piece);
        const size_t take = prng_below(p, 4) == 0 ? (size_t)prng_below(p, whole + 1) : whole;
        if (prng_below(p, 3) == 0) {
            ret[len++] = (char)prng_next(p);
        } else if (len + take <= want) {
            memcpy(ret + len, piece, take);
            len += take;
        } else {
            break;
        }
    }
    return len;
}

/* Unicode, by its own tables: controls, what turns the direction of text, what is no character. */
static inline bool
hostile_code_is_harmless(uint32_t c)
{
    static const uint32_t bad[][2] = {
        {0x00, 0x08},     {0x0b, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c},  {0x200e, 0x200f},
        {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},  {0xd800, 0xdfff},
        {0xe0000, 0xe0fff}, {0x110000, UINT32_MAX},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (c >= bad[i][0] && c <= bad[i][1]) {
            return false;
        }
    }
    return true;
}

/* Where the first byte is that must not be shown; len: there is none.  Newline and tab may. */
static inline size_t
hostile_find(const char *text, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    for (size_t at = 0; at < len;) {
        const unsigned char lead = (unsigned char)text[at];
        const size_t size = lead < 0x80           ? 1
                            : (lead & 0xe0) == 0xc0 ? 2
                            : (lead & 0xf0) == 0xe0 ? 3
                            : (lead & 0xf8) == 0xf0 ? 4
                                                    : 0;
        uint32_t code = size == 1 ? lead : lead & (0xffU >> (size + 1));
        if (size == 0 || size > len - at) {
            return at;
        }
        for (size_t i = 1; i < size; i++) {
            const unsigned char next = (unsigned char)text[at + i];
            if ((next & 0xc0) != 0x80) {
                return at;
            }
            code = code << 6 | (next & 0x3f);
        }
        if (code < least[size] || !hostile_code_is_harmless(code)) {
            return at;
        }
        at += size;
    }
    return len;
}

#endif
