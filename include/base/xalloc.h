/*
 * xalloc.h - allocation that cannot fail.
 *
 * Out of memory aborts: every durable fact is in the journal before it is believed, so an abort is
 * safe, and no caller has an untested error path.  Free with free().
 */
#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* count * size zeroed bytes; aborts on overflow too.  Never NULL, even for zero bytes. */
void *xcalloc(size_t count, size_t size);

/* Resize to count * size bytes; new bytes are not set. */
void *xreallocarray(void *old, size_t count, size_t size);

/* Make room for one more element: doubles *cap when count has reached it. */
void *xgrow(void *old, size_t count, size_t *cap, size_t size);

char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);
void *xmemdup(const void *bytes, size_t len);
char *xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
