/*
 * mistakes.c - collects what is wrong in the user's files.
 *
 * Keeps the first MISTAKES_MAX texts and counts the rest.  Never prints.
 */
#include "config/mistakes.h"

#include "base/xalloc.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void
keep(struct strv *list, char *text)
{
    if (list->count < MISTAKES_MAX) {
        strv_take(list, text);
    } else {
        free(text);
    }
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
    keep(&m->errors, xvasprintf(fmt, ap));
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
    keep(&m->errors, xvasprintf(fmt, ap));
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
    keep(&m->warnings, xvasprintf(fmt, ap));
    va_end(ap);
    m->warned++;
}
