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

bool
escape_harmful(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c ||
           code == 0x180e || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
           code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
           (code >= 0xe0000 && code <= 0xe0fff);
}

static void
add_hex(struct buf *out, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    const char text[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};

    (void)buf_add(out, text, sizeof(text));
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
        add_hex(out, (unsigned char)code);
    } else {
        (void)buf_addf(out, code > 0xffff ? "\\U%08x" : "\\u%04x", code);
    }
}

/* Bytes at the beginning that stand for themselves: characters are whole, and none is harmful. */
static size_t
plain_run(const char *bytes, size_t len, bool line)
{
    size_t at = 0;

    while (at < len) {
        const unsigned char b = (unsigned char)bytes[at];
        unsigned code = 0;
        if (b >= 0x20 && b < 0x7f && (b != '\\' || !line)) {
            at++;
            continue;
        }
        const size_t n = b < 0x80 ? 0 : utf8_decode(bytes + at, len - at, &code);
        if (n == 0 || escape_harmful(code)) {
            break;
        }
        at += n;
    }
    return at;
}

/* Where there is no room for all of it, characters are whole or not there. */
static void
add_plain(struct buf *out, const char *bytes, size_t len)
{
    if (len <= out->max - out->len) {
        (void)buf_add(out, bytes, len);
        return;
    }
    for (size_t at = 0, n; at < len; at += n) {
        n = utf8_decode(bytes + at, len - at, NULL);
        (void)buf_add(out, bytes + at, n);
    }
}

/* What stands at the beginning and is no plain character; its length. */
static size_t
add_odd(struct buf *out, const char *bytes, size_t len, bool line)
{
    unsigned code = 0;
    const size_t n = utf8_decode(bytes, len, &code);

    if (n == 0) {
        add_hex(out, (unsigned char)*bytes);
        return 1;
    }
    if (code == '\\') {
        (void)buf_adds(out, "\\\\");
    } else if (code == '\t' && !line) {
        (void)buf_addc(out, '\t');
    } else {
        add_code(out, code);
    }
    return n;
}

static void
escape(struct buf *out, const char *bytes, size_t len, bool line)
{
    while (len > 0) {
        size_t n = plain_run(bytes, len, line);
        if (n > 0) {
            add_plain(out, bytes, n);
        } else {
            n = add_odd(out, bytes, len, line);
        }
        bytes += n;
        len -= n;
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
