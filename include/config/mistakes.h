/*
 * mistakes.h - every mistake found in the user's files, told at once.
 *
 * Each is one line "path:line:col: key: expected ..., got ...", whatever bytes it quotes. Warnings
 * are told too, but do not stop.
 */
#ifndef CONFIG_MISTAKES_H
#define CONFIG_MISTAKES_H

#include "base/err.h"
#include "base/strv.h"

#include <stdbool.h>

enum { MISTAKES_MAX = 100 }; /* more are counted only */

struct mistakes {
    struct strv errors;
    struct strv warnings;
    int count;    /* of errors, those past the maximum included */
    int warned;   /* of warnings, likewise */
    bool not_yet; /* all errors so far are promised features: exit 5 */
};

void mistakes_release(struct mistakes *m);
int mistakes_add(struct mistakes *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))); /* -1 */
int mistakes_not_yet(struct mistakes *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))); /* -1 */
void mistakes_warn(struct mistakes *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
