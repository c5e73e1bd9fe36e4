/*
 * glob.h - shell wildcards with the meaning Python's fnmatch gives them.
 *
 * `*`, `?`, `[abc]`, `[a-c]`, `[!a]`; nothing quotes, an open bracket that is never closed is a
 * plain `[`, an empty range matches nothing, letters differ from capitals.  A character is one of
 * UTF-8; a byte that is none counts as one.
 */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>

struct glob;

/* Read text, which is not kept.  Every text is a glob. */
struct glob *glob_new(const char *text);
void glob_free(struct glob *g); /* NULL is fine */

/* The whole of text.  Time: at most the product of both lengths. */
bool glob_match(const struct glob *g, const char *text);

#endif
