/*
 * probe.h - asks a host, from the controller, whether it is healthy: over TCP, HTTP or HTTPS.
 *
 * Everything happens on one event loop: it is never blocked and no thread is ever made (names are
 * looked up by the zygote, curl only ever sees addresses).  A probe is one try; who wants more
 * starts more.  Each try makes its own connection, follows no redirect and keeps nothing.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "base/err.h"
#include "proc/zygote.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PROBES_AT_ONCE_MAX = 256,       /* look-ups and connections under way; more wait in line */
    PROBE_HEADER_BYTES_MAX = 65536, /* of all header lines of a try; more: failed */
    PROBE_BODY_BYTES_MAX = 65536,   /* then the try ends, and the status counts */
    PROBE_CA_FILES_MAX = 32,        /* different ca_file kept in memory; more work too, slower */
    PROBE_TEXT_MAX = 160,           /* bytes of a text */
};

enum probe_kind { PROBE_TCP, PROBE_HTTP };

struct probe_request { /* copied by probe_start */
    enum probe_kind kind;
    const char *address; /* a literal address or a name */
    int port;
    bool tls;            /* HTTP: https */
    const char *host;    /* HTTP: Host header, SNI and the name the certificate must have, without a
                          * port; NULL: address */
    const char *path;    /* HTTP: "/healthz?full=1"; NULL: "/".  A byte that may not stand in a
                          * request line is sent as %xx. */
    const int *statuses; /* HTTP: accepted; none: 200 */
    size_t status_count;
    const char *ca_file; /* HTTP over TLS: PEM; NULL: the system's */
    int64_t timeout_ms;  /* of the whole try, look-up included; more than 0 */
};

struct probes_config {
    struct event_base *base; /* borrowed */
    struct zygote *zygote;   /* borrowed; attached to base */
};

struct probes; /* all probes of one loop */
struct probe;  /* one try */

/* Cheap: curl is not touched before the first HTTP probe. */
struct probes *probes_new(const struct probes_config *config);

/* End what is under way, without callbacks.  Call it before zygote_detach, and not from inside a
 * callback.  NULL is fine. */
void probes_free(struct probes *p);

/* Read the certificate authorities before the loop runs: done by the first probe it would hold the
 * loop for tens of milliseconds.  ca_file NULL: the system's.  Call it once for each file that will
 * be used; a file read once is not read again.  ERR_CONFIG when it cannot be used. */
int probes_warm(struct probes *p, const char *ca_file, struct err *err);

/* Start a try, or put it in line when PROBES_AT_ONCE_MAX are under way; timeout_ms begins when it
 * leaves the line (the zygote's own line, of look-ups, counts).  Several addresses are tried in
 * order, each for its share of the time.
 *
 * done is called once, from the loop, never from inside this call; the probe is gone then.  TCP
 * passes when connected; HTTP when the answer has an accepted status and is whole (or longer than
 * PROBE_BODY_BYTES_MAX).  text is for people: one line, escaped, at most PROBE_TEXT_MAX bytes,
 * never with the host's name: "http 503", "connection refused", "no answer in 30s",
 * "certificate: ...".  It is borrowed for the call. */
struct probe *probe_start(struct probes *p, const struct probe_request *request,
                          void (*done)(void *arg, bool passed, const char *text), void *arg);

/* done will not be called.  Valid only before it was. */
void probe_cancel(struct probe *p);

#endif
