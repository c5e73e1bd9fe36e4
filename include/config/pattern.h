/*
 * pattern.h - Ansible's host patterns, up to the point where an inventory is needed.
 *
 * The answers are those of ansible-core 2.14 (inventory/manager.py); docs/compat.md tells where we
 * differ on purpose.
 */
#ifndef CONFIG_PATTERN_H
#define CONFIG_PATTERN_H

#include "base/err.h"
#include "base/strv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PATTERN_BYTES_MAX = 1 << 20, /* of a pattern, and of an @file */
    PATTERN_TERM_BYTES_MAX = 4096,
    PATTERN_TERMS_MAX = 10000,
    PATTERN_SCANS_MAX = 1000, /* terms that are a glob or a regular expression */
};

/* Split text into terms, white space around each gone: at commas; without a comma at colons, unless
 * all of it is one address (IPv6, web-[1:3]); a term @file becomes the lines of that file, relative
 * to the current folder, empty ones left out.  Appends to ret_terms; ERR_USAGE. */
int pattern_split(const char *text, struct strv *ret_terms, struct err *err);

/* The [1], [-1], [1:3], [1:] at the end of a term. */
struct subscript {
    bool given, range;
    int64_t first, last; /* last: of a range; -1: the end */
};

/* The bytes of term before its subscript; all of them when there is none.  ~regex has none. */
size_t pattern_subscript(const char *term, struct subscript *ret);

/* The part first..last of count things: sets both so that i runs from *ret_from to below *ret_end.
 * -1: there is no such one. */
int subscript_apply(const struct subscript *s, size_t count, size_t *ret_from, size_t *ret_end);

#endif
