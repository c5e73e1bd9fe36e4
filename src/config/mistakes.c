/*
 * mistakes.c - collects what is wrong in the user's files.
 *
 * Keeps the first MISTAKES_MAX texts, each one line, and counts the rest.  Never prints.
 */
#include "config/mistakes.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/xalloc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MISTAKE_MAX = 16 * 1024 };

/* What a message quotes is the user's: a key or a value may hold any byte. */
__attribute__((format(printf, 2, 0))) static void
keep(struct strv *list, const char *fmt, va_list ap)
{
    if (list->count >= MISTAKES_MAX) {
        return;
    }
    char *text = xvasprintf(fmt, ap);
    struct buf line;

    buf_init(&line, MISTAKE_MAX);
    escape_terminal(&line, text, strlen(text));
    strv_take(list, buf_detach(&line));
    buf_release(&line);
    free(text);
}

void
mistakes_release(struct mistakes *m)
{
    strv_clear(&m->errors);
    strv_clear(&m->warnings);
    *m = (struct mistakes){0};
}

int
mistakes_add(struct mistakes *m, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    keep(&m->errors, fmt, ap);
    va_end(ap);
    m->count++;
    m->not_yet = false;
    return -1;
}

int
mistakes_not_yet(struct mistakes *m, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    keep(&m->errors, fmt, ap);
    va_end(ap);
    m->not_yet = m->count == 0 || m->not_yet;
    m->count++;
    return -1;
}

void
mistakes_warn(struct mistakes *m, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    keep(&m->warnings, fmt, ap);
    va_end(ap);
    m->warned++;
}
