/*
 * escape.h - makes hostile bytes harmless.
 *
 * Everything from a remote host passes here before it reaches a terminal or debug.log: control
 * bytes, C1, DEL, invalid UTF-8, bidi controls (U+202A-E, U+2066-9, U+200E/F, U+061C), line and
 * paragraph separators become visible escapes (\n, \t, \x1b, \u202e); a backslash is doubled.
 * One record stays one line.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Append bytes to out, escaped; stops silently when out is full. */
void escape_line(struct buf *out, const char *bytes, size_t len);

/* The same for a terminal, where a backslash is left alone and a tab is a tab. */
void escape_terminal(struct buf *out, const char *bytes, size_t len);

/* Whether a character never reaches a terminal as it is: controls, what reorders or hides text, and
 * what ends a line. */
bool escape_harmful(unsigned code);

/* Append text in single quotes for /bin/sh: each quote as '\''.  Any byte but NUL. */
void escape_shell(struct buf *out, const char *bytes, size_t len);

/* Length of the valid UTF-8 sequence at bytes (1-4), 0 if invalid (RFC 3629: no surrogates, no
 * overlong forms, nothing past U+10FFFF).  *ret_code may be NULL. */
size_t utf8_decode(const char *bytes, size_t len, unsigned *ret_code);
bool utf8_valid(const char *bytes, size_t len);
/* Append the sequence of a code point up to U+10FFFF, a surrogate's too, which nothing reads. */
void utf8_encode(struct buf *out, unsigned code);

#endif
