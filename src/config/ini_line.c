/*
 * ini_line.c - the lines of an INI inventory, and the white space in them, as Python has both.
 *
 * Decides where a line ends and what blank is.  Owns nothing.
 */
#include "config/ini_line.h"

#include "base/escape.h"

/* Bytes of the white space that begins here, as Python's str.strip() knows it; 0: none. */
static size_t
blank_at(const char *text, size_t len)
{
    unsigned code = 0;
    const size_t n = utf8_decode(text, len, &code);
    const bool blank = (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x20) ||
                       code == 0x85 || code == 0xa0 || code == 0x1680 ||
                       (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
                       code == 0x202f || code == 0x205f || code == 0x3000;

    return n > 0 && blank ? n : 0;
}

struct ini_piece
ini_strip(struct ini_piece p)
{
    size_t n;
    size_t end = 0;

    while (p.len > 0 && (n = blank_at(p.text, p.len)) > 0) {
        p.text += n;
        p.len -= n;
    }
    for (size_t i = 0; i < p.len; i += n) {
        n = blank_at(p.text + i, p.len - i);
        end = n > 0 ? end : i + 1;
        n = n > 0 ? n : 1;
    }
    p.len = end;
    return p;
}

size_t
ini_name_len(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && text[n] != ':' && text[n] != ']' && blank_at(text + n, len - n) == 0) {
        n++;
    }
    return n;
}

size_t
ini_line_len(const char *text, size_t len, size_t *ret_break)
{
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '\r' && i + 1 < len && text[i + 1] == '\n') {
            *ret_break = 2;
            return i;
        }
        if ((c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e)) {
            *ret_break = 1;
            return i;
        }
        unsigned code = 0;
        const size_t n = c < 0x80 ? 1 : utf8_decode(text + i, len - i, &code);
        if (code == 0x85 || code == 0x2028 || code == 0x2029) {
            *ret_break = n;
            return i;
        }
    }
    *ret_break = 0;
    return len;
}
