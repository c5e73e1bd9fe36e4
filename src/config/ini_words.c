/*
 * ini_words.c - the words of a host line, as Python's shlex.split(line, comments=True).
 *
 * Decides what quotes, backslashes and `#` mean (shlex.py, POSIX mode, split at white space).  A
 * `#` inside a word ends the line too.  Owns nothing.
 */
#include "config/ini_value.h"

#include "base/buf.h"
#include "base/strv.h"

#include <string.h>

enum { LINE_MAX_BYTES = 1 << 20 };

struct splitter {
    const char *at, *end;
    struct buf word;
    bool quoted; /* the word has quotes: it is one, though empty */
};

static void
finish(struct splitter *s, struct strv *words)
{
    if (s->word.len > 0 || s->quoted) {
        strv_addn(words, s->word.data, s->word.len);
    }
    buf_clear(&s->word);
    s->quoted = false;
}

/* From the opening quote past the closing one; inside "..." a backslash escapes `"` and itself. */
static int
take_quoted(struct splitter *s)
{
    const char quote = *s->at++;

    s->quoted = true;
    for (; s->at < s->end && *s->at != quote; s->at++) {
        if (quote == '"' && *s->at == '\\') {
            if (++s->at == s->end) {
                return -1;
            }
            if (*s->at != '"' && *s->at != '\\') {
                buf_addc(&s->word, '\\');
            }
        }
        buf_addc(&s->word, *s->at);
    }
    return s->at++ < s->end ? 0 : -1;
}

int
ini_words(const char *line, size_t len, struct strv *ret_words, const char **ret_why)
{
    struct splitter s = {.at = line, .end = line + len};

    *ret_why = NULL;
    buf_init(&s.word, LINE_MAX_BYTES);
    while (s.at < s.end && *s.at != '#' && *ret_why == NULL) {
        if (strchr(" \t\r\n", *s.at) != NULL) {
            finish(&s, ret_words);
            s.at++;
        } else if (*s.at == '\'' || *s.at == '"') {
            *ret_why = take_quoted(&s) < 0 ? "a quote is not closed" : NULL;
        } else if (*s.at == '\\') {
            *ret_why = ++s.at == s.end ? "nothing follows the backslash" : NULL;
            if (*ret_why == NULL) {
                buf_addc(&s.word, *s.at++);
            }
        } else {
            buf_addc(&s.word, *s.at++);
        }
    }
    finish(&s, ret_words);
    buf_release(&s.word);
    return *ret_why == NULL ? 0 : -1;
}
