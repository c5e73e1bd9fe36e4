/*
 * pattern_regex.h - the regular expressions of `-l '~web-\d+'`: Python's, run by PCRE2.
 *
 * An expression is read as Python's re module reads it (Lib/re/_parser.py, 3.11) and written anew
 * for PCRE2, so that nothing only PCRE2 knows slips through ([[:alpha:]], \Q, (*VERB), \h).  Left
 * out: \N{name}.  A match that takes too many steps is an error, never a hang.
 */
#ifndef CONFIG_PATTERN_REGEX_H
#define CONFIG_PATTERN_REGEX_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct pattern_regex;

/* NULL and ERR_USAGE when text is none.  steps_max: of one match (PCRE2's match limit). */
struct pattern_regex *pattern_regex_new(const char *text, uint32_t steps_max, struct err *err);
void pattern_regex_free(struct pattern_regex *r); /* NULL is fine */

/* Does it match at the start of name, as re.match does?  ERR_USAGE past steps_max. */
int pattern_regex_match(const struct pattern_regex *r, const char *name, bool *ret_match,
                        struct err *err);

/* Write PCRE2's form of Python's text to out. */
int pattern_regex_translate(const char *text, struct buf *out, struct err *err);

#endif
