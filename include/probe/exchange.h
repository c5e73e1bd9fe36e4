/*
 * exchange.h - one GET as a curl handle: its options, its limits, what its end means.
 *
 * Whatever a server sends is hostile: header and body are counted and dropped.  Used by http.c.
 */
#ifndef PROBE_EXCHANGE_H
#define PROBE_EXCHANGE_H

#include "probe/attempt.h"
#include "probe/probe.h"

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* All borrowed. */
struct exchange_order {
    const struct probe_request *request;
    const struct sockaddr *address; /* where to connect to */
    int64_t connect_ms;             /* of connecting, TLS included; 0: no limit of its own */
};

struct exchange;

/* Keeps request.  NULL when host and path make no URL. */
struct exchange *exchange_new(const struct exchange_order *order);
/* Only after its handle was taken out of curl's multi handle.  NULL is fine. */
void exchange_free(struct exchange *x);

CURL *exchange_easy(struct exchange *x); /* borrowed */

/* What it means that curl ended with code. */
enum attempt_end exchange_end(struct exchange *x, CURLcode code, char *ret_text, size_t size);

/* What to say when the time of it all is over: waited is "30s". */
void exchange_overdue(struct exchange *x, const char *waited, char *ret_text, size_t size);

/* What every HTTPS handle has in common, so that the authorities read by one are used by all;
 * ca_file NULL: the system's. */
void exchange_set_tls(CURL *easy, const char *ca_file);

#endif
