/*
 * ini_words.c - the words of a host line, as Python's shlex.split(line) has them, with comments or
 * without.
 *
 * Decides what quotes, backslashes and `#` mean (shlex.py, POSIX mode, split at white space).  A
 * `#` inside a word ends the line too.  Owns nothing.
 */
#include "config/ini_value.h"

#include "base/buf.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct splitter {
    const char *line, *at, *end;
    const char *begin; /* of the word; NULL: between two */
    struct buf word;
    bool quoted; /* the word has quotes: it is one, though empty */
};

static void
finish(struct splitter *s, struct ini_words *words)
{
    if (s->word.len > 0 || s->quoted) {
        words->at = xgrow(words->at, words->text.count, &words->cap, sizeof(*words->at));
        words->at[words->text.count] = (size_t)(s->begin - s->line);
        words->end = xgrow(words->end, words->text.count, &words->end_cap, sizeof(*words->end));
        words->end[words->text.count] = (size_t)(s->at - s->line);
        strv_addn(&words->text, s->word.data, s->word.len);
    }
    buf_clear(&s->word);
    s->quoted = false;
    s->begin = NULL;
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

/* The next part of a word: quoted, escaped, or a byte.  NULL, or what is wrong. */
static const char *
take_part(struct splitter *s)
{
    s->begin = s->begin == NULL ? s->at : s->begin;
    if (*s->at == '\'' || *s->at == '"') {
        return take_quoted(s) < 0 ? "a quote is not closed" : NULL;
    }
    if (*s->at == '\\' && ++s->at == s->end) {
        return "nothing follows the backslash";
    }
    buf_addc(&s->word, *s->at++);
    return NULL;
}

static int
split(struct ini_words *words, const char *line, size_t len, bool comments, const char **ret_why)
{
    struct splitter s = {.line = line, .at = line, .end = line + len};

    *words = (struct ini_words){0};
    *ret_why = NULL;
    buf_init(&s.word, INI_LINE_MAX);
    while (s.at < s.end && (*s.at != '#' || !comments) && *ret_why == NULL) {
        if (strchr(" \t\r\n", *s.at) != NULL) {
            finish(&s, words);
            s.at++;
        } else {
            *ret_why = take_part(&s);
        }
    }
    finish(&s, words);
    buf_release(&s.word);
    return *ret_why == NULL ? 0 : -1;
}

int
ini_words_split(struct ini_words *words, const char *line, size_t len, const char **ret_why)
{
    return split(words, line, len, true, ret_why);
}

int
ini_words_split_all(struct ini_words *words, const char *line, size_t len, const char **ret_why)
{
    return split(words, line, len, false, ret_why);
}

void
ini_words_release(struct ini_words *words)
{
    strv_clear(&words->text);
    free(words->at);
    free(words->end);
    *words = (struct ini_words){0};
}
