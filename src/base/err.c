/*
 * err.c - fills struct err.
 *
 * Decides nothing, owns nothing, allocates nothing, and never prints: reporting is for app and cli.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
    va_list ap;

    if (err == NULL) {
        return -1;
    }
    err->kind = kind;
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    return -1;
}

void
err_prefix(struct err *err, const char *fmt, ...)
{
    char old[ERR_TEXT_MAX];
    va_list ap;

    if (err == NULL) {
        return;
    }
    memcpy(old, err->text, sizeof(old));
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    const size_t len = strlen(err->text);
    (void)snprintf(err->text + len, sizeof(err->text) - len, "%s", old);
}
