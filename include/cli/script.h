/*
 * script.h - the words after `exec ENV --` as one script.
 */
#ifndef CLI_SCRIPT_H
#define CLI_SCRIPT_H

#include "base/buf.h"

#include <stddef.h>

/* Append: one word is a script, verbatim; several are one argv, each quoted for /bin/sh. */
void script_of_words(struct buf *out, char *const *words, size_t count);

#endif
