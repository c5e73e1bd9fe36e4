/*
 * http.h - GETs on the loop: curl's multi interface under libevent.
 *
 * A multi handle of curl remembers the authorities of one ca_file, so there is one for each.
 */
#ifndef PROBE_HTTP_H
#define PROBE_HTTP_H

#include "base/err.h"
#include "probe/attempt.h"
#include "probe/exchange.h"

#include <event2/event.h>
#include <stddef.h>

struct http;
struct http_call;

struct http *http_new(struct event_base *base);
/* Every call must be freed before.  NULL is fine. */
void http_free(struct http *h);

/* See probes_warm. */
int http_warm(struct http *h, const char *ca_file, struct err *err);

/* NULL, and fn is not called, when host and path make no URL. */
struct http_call *
http_start(struct http *h, const struct exchange_order *order, attempt_done *fn, void *arg);
/* NULL is fine; fn is not called any more.  Not from inside fn. */
void http_call_free(struct http_call *c);

/* See exchange_overdue. */
void http_overdue(struct http_call *c, const char *waited, char *ret_text, size_t size);

#endif
