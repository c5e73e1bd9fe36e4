/*
 * lines.h - bytes of many hosts cut into whole lines; for src/ui.
 *
 * A line that does not end within LINES_BYTES_MAX is handed on in pieces; so is any that does not
 * end with what came, when the budget is used up.
 */
#ifndef UI_LINES_H
#define UI_LINES_H

#include "ui/budget.h"
#include "ui/sink.h"

#include <stddef.h>
#include <stdint.h>

enum { LINES_BYTES_MAX = 64 * 1024 };

/* A line without its newline; the carriage return of \r\n is cut off too. */
typedef void lines_fn(void *arg, int32_t host, enum stream stream, const char *line, size_t len);

struct lines;

struct lines *lines_new(int32_t hosts, struct budget *budget); /* borrowed or NULL */
void lines_free(struct lines *l);                              /* NULL is fine */
void lines_feed(struct lines *l, int32_t host, enum stream stream, const char *bytes, size_t len,
                lines_fn *fn, void *arg);
/* Hand on what is left of both streams of a host. */
void lines_finish(struct lines *l, int32_t host, lines_fn *fn, void *arg);

#endif
