/*
 * words.c - words that a text must have, or must not have.
 *
 * Decides what a word is and where one ends.  Owns the words.  Case is folded for ASCII alone:
 * other letters are what they are, byte for byte.
 */
#include "ui/words.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

static char
lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static void
word_make(struct word *w, const char *text, size_t len, bool whole)
{
    *w = (struct word){.text = xstrndup(text, len), .len = len, .fold = true, .whole = whole};
    for (size_t i = 0; i < len; i++) {
        w->fold = w->fold && lower(text[i]) == text[i];
    }
}

void
word_set(struct word *w, const char *text)
{
    word_release(w);
    if (text != NULL && text[0] != '\0') {
        word_make(w, text, strlen(text), false);
    }
}

void
word_release(struct word *w)
{
    free(w->text);
    *w = (struct word){0};
}

/* ---------------------------------------------------------------- finding */

/* What a name is made of, whatever the alphabet. */
static bool
is_name(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           ((unsigned char)c & 0x80) != 0;
}

/* Whether a name goes on over the edge: a dot or a hyphen does so only with a name behind it. */
static bool
goes_on(char next, char behind)
{
    return is_name(next) || ((next == '.' || next == '-') && is_name(behind));
}

static bool
is_whole(const struct word *w, const char *bytes, size_t len, size_t at)
{
    const size_t end = at + w->len;
    const char before = (char)(at > 0 ? bytes[at - 1] : ' ');
    const char before_it = (char)(at > 1 ? bytes[at - 2] : ' ');
    const char next = (char)(end < len ? bytes[end] : ' ');
    const char behind = (char)(end + 1 < len ? bytes[end + 1] : ' ');

    return !goes_on(before, before_it) && !goes_on(next, behind);
}

static bool
is_at(const struct word *w, const char *bytes)
{
    if (!w->fold) {
        return memcmp(bytes, w->text, w->len) == 0;
    }
    for (size_t i = 0; i < w->len; i++) {
        if (lower(bytes[i]) != w->text[i]) {
            return false;
        }
    }
    return true;
}

bool
word_find(const struct word *w, const char *bytes, size_t len, size_t from, size_t *ret_at)
{
    if (w->len == 0) {
        return false;
    }
    for (size_t at = from; at + w->len <= len; at++) {
        if (is_at(w, bytes + at) && (!w->whole || is_whole(w, bytes, len, at))) {
            *ret_at = at;
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- filters */

/* The next word of a text; false: there is none. */
static bool
next_word(const char **text, const char **ret_word, size_t *ret_len, bool *ret_whole)
{
    *text += strspn(*text, " ");
    if (**text == '\0') {
        return false;
    }
    *ret_whole = **text == '"';
    *text += *ret_whole;
    *ret_word = *text;
    *ret_len = strcspn(*text, *ret_whole ? "\"" : " ");
    *text += *ret_len;
    *text += *ret_whole && **text == '"';
    return true;
}

void
words_set(struct words *w, const char *text, bool without)
{
    struct words made = {0};
    const char *rest = text == NULL ? "" : text;
    const char *word;
    size_t len, cap = 0;
    bool whole;

    while (made.count < WORDS_MAX && next_word(&rest, &word, &len, &whole)) {
        if (len > 0) {
            made.list = xgrow(made.list, made.count, &cap, sizeof(*made.list));
            word_make(&made.list[made.count++], word, len, whole);
        }
    }
    if (made.count > 0) {
        made.shown = xasprintf("%s%s", without ? "!" : "", text);
        made.without = without;
    }
    words_release(w); /* text may be its own */
    *w = made;
}

void
words_release(struct words *w)
{
    for (size_t i = 0; i < w->count; i++) {
        word_release(&w->list[i]);
    }
    free(w->list);
    free(w->shown);
    *w = (struct words){0};
}

const char *
words_shown(const struct words *w)
{
    return w->shown == NULL ? "" : w->shown;
}

bool
words_fit(const struct words *w, const char *bytes, size_t len)
{
    size_t ignored;

    for (size_t i = 0; i < w->count; i++) {
        if (word_find(&w->list[i], bytes, len, 0, &ignored) == w->without) {
            return false;
        }
    }
    return true;
}
