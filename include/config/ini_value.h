/*
 * ini_value.h - what a value of an INI inventory is: Python's literals, else text.
 */
#ifndef CONFIG_INI_VALUE_H
#define CONFIG_INI_VALUE_H

#include "config/value.h"

#include <stddef.h>

enum { INI_DEPTH_MAX = 64, INI_TEXT_MAX = 8 << 20 }; /* lists and dicts in each other; bytes */

/* As ast.literal_eval: numbers, strings, lists, tuples (as lists), dicts, True, False, None; what
 * it cannot read is the text itself.  Without a place.  NULL and *ret_why (static) for what no
 * value of ours can be. */
struct value *ini_value_read(const char *text, size_t len, const char **ret_why);

/* The words of a host line as Python's shlex.split(line, comments=True).  -1 and *ret_why. */
struct strv;
int ini_words(const char *line, size_t len, struct strv *ret_words, const char **ret_why);

#endif
