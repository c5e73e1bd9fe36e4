/*
 * ini_value.h - what a value of an INI inventory is: Python's literals, else text.
 */
#ifndef CONFIG_INI_VALUE_H
#define CONFIG_INI_VALUE_H

#include "base/strv.h"
#include "config/value.h"

#include <stddef.h>

enum { INI_LINE_MAX = 1 << 20 };                     /* bytes */
enum { INI_DEPTH_MAX = 64, INI_TEXT_MAX = 8 << 20 }; /* lists and dicts in each other; bytes */

/* As ast.literal_eval: numbers, strings, lists, tuples (as lists), dicts, True, False, None; what
 * it cannot read is the text itself.  Without a place.  NULL and *ret_why (static) for what no
 * value of ours can be. */
struct value *ini_value_read(const char *text, size_t len, const char **ret_why);

/* The words of a host line. */
struct ini_words {
    struct strv text;
    size_t *at;  /* owned: the byte of the line at which each begins */
    size_t *end; /* owned: and the one behind it */
    size_t cap, end_cap;
};

/* Split as Python's shlex.split(line, comments=True).  -1 and *ret_why (static).  Release words in
 * any case. */
int ini_words_split(struct ini_words *words, const char *line, size_t len, const char **ret_why);
/* The same, where `#` is a letter like others: Python's shlex.split(line). */
int
ini_words_split_all(struct ini_words *words, const char *line, size_t len, const char **ret_why);
void ini_words_release(struct ini_words *words);

#endif
