/*
 * exchange.c - one GET: what curl is told, how much a server may send, what the end means.
 *
 * Decides passed or failed and the words for it.  Owns the easy handle and all it points to.
 * Never lets curl resolve a name, use a proxy, follow a redirect, or keep a connection or a byte.
 */
#include "probe/exchange.h"

#include "base/xalloc.h"
#include "probe/tcp.h"
#include "probe/url.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USER_AGENT "inventory-manager/1"

enum { NOTHING_YET = 0 };

struct exchange {
    const struct probe_request *request; /* borrowed */
    CURL *easy;                          /* owned */
    CURLU *url;                          /* owned */
    struct curl_slist *connect_to;       /* owned */
    struct curl_slist *headers;          /* owned */
    size_t header_bytes;
    bool header_whole; /* of the final answer: curl itself takes half of one for an answer */
    size_t body_bytes;
    char error[CURL_ERROR_SIZE]; /* curl's own words: may hold the host's name */
};

static const struct {
    CURLoption option;
    long value;
} fixed[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_HTTP09_ALLOWED, 0},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_FRESH_CONNECT, 1},
    {CURLOPT_FORBID_REUSE, 1},
    {CURLOPT_DNS_CACHE_TIMEOUT, 0}, /* it would hold each address for a minute, for nothing */
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_HTTP_CONTENT_DECODING, 0},
    {CURLOPT_TCP_NODELAY, 1},
};

static const struct {
    CURLoption option;
    long value;
} fixed_tls[] = {
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_SSL_SESSIONID_CACHE, 0}, /* a resumed session would not show a new certificate */
};

static const struct meaning {
    CURLcode code;
    enum attempt_end end;
    const char *text;
} meanings[] = {
    {CURLE_OPERATION_TIMEDOUT, ATTEMPT_NO_CONNECTION, "connection timed out"},
    {CURLE_GOT_NOTHING, ATTEMPT_FAILED, "connection closed without an answer"},
    {CURLE_PARTIAL_FILE, ATTEMPT_FAILED, "the answer was cut short"},
    {CURLE_RECV_ERROR, ATTEMPT_FAILED, "the connection broke before the answer was whole"},
    {CURLE_SEND_ERROR, ATTEMPT_FAILED, "the connection broke before the answer was whole"},
    {CURLE_UNSUPPORTED_PROTOCOL, ATTEMPT_FAILED, "the answer is not HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, ATTEMPT_FAILED, "the answer is not HTTP"},
    {CURLE_BAD_CONTENT_ENCODING, ATTEMPT_FAILED, "the answer is encoded in a wrong way"},
    {CURLE_OUT_OF_MEMORY, ATTEMPT_FAILED, "a header line of the answer is too long"},
    {CURLE_SSL_CACERT_BADFILE, ATTEMPT_FAILED, "ca_file: cannot be read as certificates in PEM"},
};

/* Of the final answer; NOTHING_YET before its header is whole, whatever came first (1xx). */
static long
status_of(const struct exchange *x)
{
    long status = NOTHING_YET;

    (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    return x->header_whole ? status : NOTHING_YET;
}

/* Line by line: the empty one ends a header. */
static size_t
on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct exchange *x = arg;
    const size_t len = size * count;
    long status = 0;

    x->header_bytes += len;
    if (len <= 2 && len > 0 && bytes[len - 1] == '\n') {
        (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
        x->header_whole = x->header_whole || status >= 200;
    }
    return x->header_bytes <= PROBE_HEADER_BYTES_MAX ? len : 0;
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct exchange *x = arg;

    (void)bytes;
    x->body_bytes += size * count;
    return x->body_bytes <= PROBE_BODY_BYTES_MAX ? size * count : 0;
}

/* Connect to this address whatever the URL says: curl has nothing to look up.  A scope must not be
 * part of the text, since curl would ask getaddrinfo about it. */
static void
connect_to(struct exchange *x, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    char entry[INET6_ADDRSTRLEN + 32];
    CURLcode rc = CURLE_OK;

    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)address;
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
        rc = curl_easy_setopt(x->easy, CURLOPT_ADDRESS_SCOPE, (long)v6->sin6_scope_id);
        (void)snprintf(entry, sizeof(entry), "::[%s]:%d", text, x->request->port);
    } else {
        const struct sockaddr_in *v4 = (const void *)address;
        (void)inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
        (void)snprintf(entry, sizeof(entry), "::%s:%d", text, x->request->port);
    }
    x->connect_to = curl_slist_append(NULL, entry);
    assert(rc == CURLE_OK && x->connect_to != NULL);
    rc = curl_easy_setopt(x->easy, CURLOPT_CONNECT_TO, x->connect_to);
    assert(rc == CURLE_OK);
}

void
exchange_set_tls(CURL *easy, const char *ca_file)
{
    CURLcode rc = CURLE_OK;

    for (size_t i = 0; i < sizeof(fixed_tls) / sizeof(fixed_tls[0]); i++) {
        rc = curl_easy_setopt(easy, fixed_tls[i].option, fixed_tls[i].value);
        assert(rc == CURLE_OK);
    }
    if (ca_file != NULL) {
        rc = curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
        assert(rc == CURLE_OK);
    }
    /* curl keeps what it read only where no folder belongs to it.  A curl that cannot keep it (not
     * on OpenSSL) refuses the second, and is slower. */
    if (ca_file != NULL || curl_version_info(CURLVERSION_NOW)->cainfo != NULL) {
        (void)curl_easy_setopt(easy, CURLOPT_CAPATH, (char *)NULL);
    }
    (void)curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, -1L);
}

/* What is not a number. */
static void
set_rest(struct exchange *x, int64_t connect_ms)
{
    CURL *e = x->easy;
    /* 0 would be curl's own five minutes */
    const long ms = connect_ms > 0 && connect_ms < LONG_MAX ? (long)connect_ms : INT32_MAX;
    const bool set =
        curl_easy_setopt(e, CURLOPT_CURLU, x->url) == CURLE_OK &&
        curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
        curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK && /* the environment's is not used */
        curl_easy_setopt(e, CURLOPT_USERAGENT, USER_AGENT) == CURLE_OK &&
        curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK &&
        curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, ms) == CURLE_OK &&
        curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->error) == CURLE_OK &&
        curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
        curl_easy_setopt(e, CURLOPT_HEADERDATA, x) == CURLE_OK &&
        curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
        curl_easy_setopt(e, CURLOPT_WRITEDATA, x) == CURLE_OK;

    assert(set);
}

struct exchange *
exchange_new(const struct exchange_order *order)
{
    CURLU *url = url_build(order->request);

    if (url == NULL) {
        return NULL;
    }
    struct exchange *x = xcalloc(1, sizeof(*x));
    x->request = order->request;
    x->url = url;
    x->easy = curl_easy_init();
    x->headers = curl_slist_append(NULL, "Connection: close");
    assert(x->easy != NULL && x->headers != NULL);
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        const CURLcode rc = curl_easy_setopt(x->easy, fixed[i].option, fixed[i].value);
        assert(rc == CURLE_OK);
    }
    set_rest(x, order->connect_ms);
    connect_to(x, order->address);
    if (order->request->tls) {
        exchange_set_tls(x->easy, order->request->ca_file);
    }
    return x;
}

void
exchange_free(struct exchange *x)
{
    if (x == NULL) {
        return;
    }
    curl_easy_cleanup(x->easy);
    curl_url_cleanup(x->url);
    curl_slist_free_all(x->connect_to);
    curl_slist_free_all(x->headers);
    free(x);
}

CURL *
exchange_easy(struct exchange *x)
{
    return x->easy;
}

static bool
accepted(const struct probe_request *q, long status)
{
    for (size_t i = 0; i < q->status_count; i++) {
        if (q->statuses[i] == status) {
            return true;
        }
    }
    return q->status_count == 0 && status == 200;
}

/* The rest of text after prefix; NULL when it does not begin so. */
static const char *
after(const char *text, const char *prefix)
{
    const size_t len = strlen(prefix);

    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* curl's words without the host's name: only what OpenSSL or the kernel said. */
static void
tls_text(const struct exchange *x, CURLcode code, char *ret_text, size_t size)
{
    const char *problem = after(x->error, "SSL certificate problem: ");
    const char *routine = strstr(x->error, "SSL routines::");

    if (problem != NULL) {
        (void)snprintf(ret_text, size, "certificate: %s", problem);
    } else if (code == CURLE_PEER_FAILED_VERIFICATION) {
        (void)snprintf(ret_text, size, "certificate: %s",
                       strstr(x->error, "match") != NULL ? "it is for another name"
                                                         : "it is not accepted");
    } else if (routine != NULL) {
        (void)snprintf(ret_text, size, "tls: %s", routine + strlen("SSL routines::"));
    } else {
        (void)snprintf(ret_text, size, "tls: %s",
                       after(x->error, "Recv failure: ") != NULL
                           ? "the connection broke"
                           : "the handshake was not finished");
    }
}

static enum attempt_end
explain(struct exchange *x, CURLcode code, char *ret_text, size_t size)
{
    long error = 0;

    if (strstr(x->error, "chunked-encoding") != NULL) { /* curl has no code for it */
        (void)snprintf(ret_text, size, "the answer's chunks are not HTTP");
        return ATTEMPT_FAILED;
    }
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].code == code) {
            (void)snprintf(ret_text, size, "%s", meanings[i].text);
            return meanings[i].end;
        }
    }
    if (code == CURLE_COULDNT_CONNECT) {
        (void)curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &error);
        tcp_error_text(error != 0 ? (int)error : ECONNREFUSED, ret_text, size);
        return ATTEMPT_NO_CONNECTION;
    }
    if (code == CURLE_WRITE_ERROR) { /* on_header refused */
        (void)snprintf(ret_text, size, "the answer's header is longer than %d bytes",
                       PROBE_HEADER_BYTES_MAX);
    } else if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION) {
        tls_text(x, code, ret_text, size);
    } else {
        (void)snprintf(ret_text, size, "%s", curl_easy_strerror(code));
    }
    return ATTEMPT_FAILED;
}

enum attempt_end
exchange_end(struct exchange *x, CURLcode code, char *ret_text, size_t size)
{
    const long status = status_of(x);
    const bool whole = code == CURLE_OK || x->body_bytes > PROBE_BODY_BYTES_MAX;
    char why[PROBE_TEXT_MAX];

    if (status == NOTHING_YET) {
        return explain(x, code == CURLE_OK ? CURLE_PARTIAL_FILE : code, ret_text, size);
    }
    if (whole || !accepted(x->request, status)) { /* a wrong status needs no more reasons */
        (void)snprintf(ret_text, size, "http %ld", status);
        return accepted(x->request, status) ? ATTEMPT_PASSED : ATTEMPT_FAILED;
    }
    (void)explain(x, code, why, sizeof(why));
    (void)snprintf(ret_text, size, "http %ld, but %s", status, why);
    return ATTEMPT_FAILED;
}

void
exchange_overdue(struct exchange *x, const char *waited, char *ret_text, size_t size)
{
    const long status = status_of(x);

    if (status == NOTHING_YET) {
        (void)snprintf(ret_text, size, "no answer in %s", waited);
    } else if (accepted(x->request, status)) {
        (void)snprintf(ret_text, size, "http %ld, but the answer did not end in %s", status,
                       waited);
    } else {
        (void)snprintf(ret_text, size, "http %ld", status);
    }
}
