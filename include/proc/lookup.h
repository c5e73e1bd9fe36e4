/*
 * lookup.h - the inside of the zygote: messages, and the child's own loop.
 *
 * Used by zygote.c and its test only.
 */
#ifndef PROC_LOOKUP_H
#define PROC_LOOKUP_H

#include "proc/zygote.h"

#include <stdint.h>

enum { LOOKUP_NAME_MAX = 256, LOOKUP_TEXT_MAX = 128 };

struct lookup_question {
    uint32_t id;
    int64_t timeout_ms;
    char name[LOOKUP_NAME_MAX];
};

struct lookup_answer {
    uint32_t id;
    enum resolve_result result;
    struct addresses addresses; /* ports not set */
    char text[LOOKUP_TEXT_MAX];
};

/* A blocking look-up, run in a child of its own. */
typedef void (*lookup_fn)(const char *name, struct lookup_answer *ret_answer);

/* getaddrinfo(3), so that names resolve as they do for ssh. */
void lookup_getaddrinfo(const char *name, struct lookup_answer *ret_answer);

/* As zygote_start, with another way of looking up. */
struct zygote *zygote_start_with(lookup_fn fn, struct err *err);

/* The life of the zygote: answer questions on fd until its other end is closed. */
void lookup_serve(int fd, lookup_fn fn);

#endif
