/*
 * xalloc.c - the only place where memory is asked for.
 *
 * Decides that running out is fatal.  Owns nothing.
 */
#include "base/xalloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *
xcalloc(size_t count, size_t size)
{
    void *p = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);

    if (p == NULL) {
        abort();
    }
    return p;
}

void *
xreallocarray(void *old, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        abort();
    }
    void *p = realloc(old, count * size == 0 ? 1 : count * size);

    if (p == NULL) {
        abort();
    }
    return p;
}

void *
xgrow(void *old, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) {
        return old;
    }
    *cap = *cap == 0 ? 8 : *cap * 2;
    return xreallocarray(old, *cap, size);
}

char *
xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

char *
xstrndup(const char *text, size_t len)
{
    const size_t n = strnlen(text, len);
    char *copy = xcalloc(n + 1, 1);

    memcpy(copy, text, n);
    return copy;
}

void *
xmemdup(const void *bytes, size_t len)
{
    void *copy = xcalloc(len, 1);

    if (len > 0) {
        memcpy(copy, bytes, len);
    }
    return copy;
}

char *
xvasprintf(const char *fmt, va_list ap)
{
    va_list again;

    va_copy(again, ap);
    const int len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len < 0) {
        abort();
    }
    char *text = xcalloc((size_t)len + 1, 1);
    (void)vsnprintf(text, (size_t)len + 1, fmt, ap);
    return text;
}

char *
xasprintf(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    return text;
}
