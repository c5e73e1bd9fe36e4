/*
 * wildcard.h - `*` and `?` as OpenSSH's match.c has them (ssh_config(5), PATTERNS).
 *
 * Bytes, not characters; nothing quotes.  Time: at most the product of both lengths.
 */
#ifndef SSH_WILDCARD_H
#define SSH_WILDCARD_H

#include <stdbool.h>

/* The whole of text. */
bool wildcard_match(const char *pattern, const char *text);
/* A list of patterns with commas between them: one of them matches, and none that begins with `!`
 * does.  A list with a pattern of more than 1022 bytes matches nothing, as in match.c.  lower: the
 * list is taken as if it were in lower case. */
bool wildcard_list(const char *list, const char *text, bool lower);

#endif
