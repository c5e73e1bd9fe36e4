/*
 * words.h - words that a text must have, or must not have: filters and searches of the screen.
 *
 * Words are parted by spaces, and each must be found somewhere; case counts only in a word that has
 * a capital.  What stands in double quotes is one word, found only whole: "web-1" is not in web-11,
 * nor in my-web-1 or web-1.example.org.  With `not`, none of them may be found.  Pure.
 */
#ifndef UI_WORDS_H
#define UI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { WORDS_MAX = 32 };

struct word {
    char *text; /* owned; lower case where fold */
    size_t len;
    bool fold;  /* case does not count */
    bool whole; /* no part of a longer name */
};

/* Zeroed: no words. */
struct words {
    char *shown; /* owned: as it is shown, "!" before what must not be found; NULL: no words */
    bool without;
    struct word *list; /* owned */
    size_t count;
};

/* Words past WORDS_MAX are left out; "" or NULL: none. */
void words_set(struct words *w, const char *text, bool without);
void words_release(struct words *w);
const char *words_shown(const struct words *w); /* "" where there are none */
/* Whether a text is to be shown: with no words, each is. */
bool words_fit(const struct words *w, const char *bytes, size_t len);

/* One literal text to search for, spaces and all. */
void word_set(struct word *w, const char *text); /* "" or NULL: nothing, which is nowhere found */
void word_release(struct word *w);
/* The first place from `from` on. */
bool word_find(const struct word *w, const char *bytes, size_t len, size_t from, size_t *ret_at);

#endif
