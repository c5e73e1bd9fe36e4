/*
 * cut.c - rows of a terminal: text cut to its columns, and a bar.
 *
 * Decides how wide a character is taken for.  Owns nothing.
 */
#include "ui/cut.h"

#include "base/escape.h"

enum { BAR_CELLS = 20 };

/* Columns of a character: two from the wide blocks on (too many is harmless, too few is not). */
static int32_t
columns_of(unsigned code)
{
    return code >= 0x1100 ? 2 : 1;
}

int32_t
cut_add(struct buf *out, const char *text, size_t len, int32_t width)
{
    int32_t used = 0;
    size_t at = 0;

    while (at < len) {
        unsigned code = 0;
        const size_t n = utf8_decode(text + at, len - at, &code);
        if (n == 0 || used + columns_of(code) > width) {
            break;
        }
        used += columns_of(code);
        at += n;
    }
    buf_add(out, text, at);
    return used;
}

void
cut_bar(struct buf *row, int64_t done, int64_t total)
{
    const int64_t cells = total > 0 ? done * BAR_CELLS / total : 0;

    buf_addc(row, '[');
    for (int64_t i = 0; i < BAR_CELLS; i++) {
        buf_adds(row, i < cells ? "=" : i == cells && done < total ? ">" : " ");
    }
    buf_addf(row, "] %lld/%lld", (long long)done, (long long)total);
}
