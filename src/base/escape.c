/*
 * escape.c - hostile bytes made visible, and UTF-8 told from noise.
 *
 * Decides what may reach a terminal or a log line.  Owns nothing.
 */
#include "base/escape.h"

#include <string.h>

size_t
utf8_decode(const char *bytes, size_t len, unsigned *ret_code)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *b = (const unsigned char *)bytes;

    if (len == 0) {
        return 0;
    }
    const size_t n = b[0] < 0x80 ? 1 : b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : b[0] >= 0xc2 ? 2 : 0;
    if (n == 0 || n > len || b[0] > 0xf4) {
        return 0;
    }
    unsigned code = n == 1 ? b[0] : b[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        if ((b[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (b[i] & 0x3fU);
    }
    if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        return 0;
    }
    if (ret_code != NULL) {
        *ret_code = code;
    }
    return n;
}

bool
utf8_valid(const char *bytes, size_t len)
{
    while (len > 0) {
        const size_t n = utf8_decode(bytes, len, NULL);
        if (n == 0) {
            return false;
        }
        bytes += n;
        len -= n;
    }
    return true;
}

/* Controls, what reorders or hides text, and what ends a line. */
static bool
harmful(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c ||
           code == 0x180e || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
           code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
           (code >= 0xe0000 && code <= 0xe0fff);
}

static void
add_code(struct buf *out, unsigned code)
{
    if (code == '\n') {
        (void)buf_adds(out, "\\n");
    } else if (code == '\t') {
        (void)buf_adds(out, "\\t");
    } else if (code == '\r') {
        (void)buf_adds(out, "\\r");
    } else if (code < 0x100) {
        (void)buf_addf(out, "\\x%02x", code);
    } else {
        (void)buf_addf(out, code > 0xffff ? "\\U%08x" : "\\u%04x", code);
    }
}

/* How many bytes from the first on stand for themselves: nearly all of them do. */
static size_t
plain_bytes(const char *bytes, size_t len, bool line)
{
    size_t n = 0;

    while (n < len && bytes[n] >= ' ' && bytes[n] < 0x7f && (!line || bytes[n] != '\\')) {
        n++;
    }
    return n;
}

static void
escape(struct buf *out, const char *bytes, size_t len, bool line)
{
    while (len > 0) {
        const size_t plain = plain_bytes(bytes, len, line);
        if (plain > 0 && plain <= out->max - out->len) {
            (void)buf_add(out, bytes, plain);
            bytes += plain;
            len -= plain;
            continue;
        }
        unsigned code = 0;
        const size_t n = utf8_decode(bytes, len, &code);
        if (n == 0) {
            (void)buf_addf(out, "\\x%02x", (unsigned)(unsigned char)*bytes);
        } else if (line && code == '\\') {
            (void)buf_adds(out, "\\\\");
        } else if (harmful(code) && (line || code != '\t')) {
            add_code(out, code);
        } else {
            (void)buf_add(out, bytes, n);
        }
        bytes += n == 0 ? 1 : n;
        len -= n == 0 ? 1 : n;
    }
}

void
escape_line(struct buf *out, const char *bytes, size_t len)
{
    escape(out, bytes, len, true);
}

void
escape_terminal(struct buf *out, const char *bytes, size_t len)
{
    escape(out, bytes, len, false);
}

void
escape_shell(struct buf *out, const char *bytes, size_t len)
{
    (void)buf_addc(out, '\'');
    while (len > 0) {
        const char *quote = memchr(bytes, '\'', len);
        const size_t n = quote == NULL ? len : (size_t)(quote - bytes);
        (void)buf_add(out, bytes, n);
        if (quote == NULL) {
            break;
        }
        (void)buf_adds(out, "'\\''");
        bytes += n + 1;
        len -= n + 1;
    }
    (void)buf_addc(out, '\'');
}

void
utf8_encode(struct buf *out, unsigned code)
{
    const char bytes[4] = {(char)(0xf0 | code >> 18), (char)(0x80 | (code >> 12 & 0x3f)),
                           (char)(0x80 | (code >> 6 & 0x3f)), (char)(0x80 | (code & 0x3f))};

    if (code < 0x80) {
        buf_addc(out, (char)code);
    } else if (code < 0x800) {
        buf_addc(out, (char)(0xc0 | code >> 6));
        buf_add(out, bytes + 3, 1);
    } else if (code < 0x10000) {
        buf_addc(out, (char)(0xe0 | code >> 12));
        buf_add(out, bytes + 2, 2);
    } else {
        buf_add(out, bytes, 4);
    }
}
