/*
 * nearest.c - the distance between two words (optimal string alignment).
 *
 * Decides what "near" is.  Looks at the first 64 bytes; longer words are never near.
 */
#include "config/nearest.h"

#include <string.h>

enum { WORD_MAX = 64 };

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t d[3][WORD_MAX + 1]; /* rows i-2, i-1, i in turn */

    for (size_t j = 0; j <= b_len; j++) {
        d[0][j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = d[i % 3];
        const size_t *above = d[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], d[(i - 2) % 3][j - 2] + 1);
            }
        }
    }
    return d[a_len % 3][b_len];
}

const char *
nearest_word(const char *word, const char *const *words, size_t count)
{
    const size_t len = strlen(word);
    const char *found = NULL;
    size_t best = len / 3 > 1 ? len / 3 + 1 : 2;

    if (len > WORD_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t other = strlen(words[i]);
        if (other > WORD_MAX) {
            continue;
        }
        const size_t d = distance(word, len, words[i], other);
        /* A word of which every letter changed is another word. */
        if (d < best && d < len) {
            best = d;
            found = words[i];
        }
    }
    return found;
}
