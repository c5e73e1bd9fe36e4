/*
 * err.h - one failure: a kind for policy, a text for people.
 *
 * A function that can fail returns 0 or -1 and takes a struct err last.  The error is set once,
 * where most is known, and names file:line or host, phase and cause.  A NULL err is allowed:
 * the caller does not want the text.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum { ERR_TEXT_MAX = 1024 };

enum err_kind {
    ERR_NONE,
    ERR_USAGE,    /* wrong words on the command line: exit 5 */
    ERR_NO_MATCH, /* no such environment, action or host: exit 5 */
    ERR_NOT_YET,  /* promised, not built yet: exit 5 */
    ERR_CONFIG,   /* a file of the user's is wrong: exit 1 */
    ERR_IO,       /* a file of ours cannot be read or written: exit 1 */
    ERR_STORE,    /* the store refused: exit 1 */
    ERR_LOCKED,   /* another run holds the environment: exit 6 */
};

struct err {
    enum err_kind kind;
    char text[ERR_TEXT_MAX]; /* one line, no trailing newline; cut at the limit, never overrun */
};

/* Set *err (if not NULL) and return -1, so that `return err_set(...)` reads well. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put a prefix before the text that is there, for callers that know the host or the file. */
void err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
