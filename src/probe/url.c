/*
 * url.c - the URL of a request, put together by curl's own parser from its parts.
 *
 * Decides which bytes of a path are sent as %xx.  Owns nothing.  Never takes a URL as text: a host
 * with a slash or an @ in it must not become another host.
 */
#include "probe/url.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URL_PART_MAX = 16384 };

/* Bytes that may not stand in a request line, and '#', which would end the path. */
static char *
encode(const char *text, size_t len)
{
    struct buf b;

    buf_init(&b, URL_PART_MAX);
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c > ' ' && c < 0x7f && c != '#') {
            (void)buf_addc(&b, (char)c);
        } else {
            (void)buf_addf(&b, "%%%02x", c);
        }
    }
    char *encoded = b.full ? NULL : buf_detach(&b);
    buf_release(&b);
    return encoded;
}

static bool
set_part(CURLU *url, CURLUPart part, const char *text, size_t len)
{
    char *encoded = encode(text, len);
    const bool done = encoded != NULL && curl_url_set(url, part, encoded, 0) == CURLUE_OK;

    free(encoded);
    return done;
}

static bool
set_path(CURLU *url, const char *path)
{
    const size_t len = strcspn(path, "?");

    return set_part(url, CURLUPART_PATH, path, len) &&
           (path[len] == '\0' ||
            set_part(url, CURLUPART_QUERY, path + len + 1, strlen(path + len + 1)));
}

static bool
set_host(CURLU *url, const char *name)
{
    struct in6_addr v6;
    char bracketed[INET6_ADDRSTRLEN + 2];

    if (inet_pton(AF_INET6, name, &v6) == 1) {
        (void)snprintf(bracketed, sizeof(bracketed), "[%s]", name);
        name = bracketed;
    }
    return name[0] != '\0' && curl_url_set(url, CURLUPART_HOST, name, 0) == CURLUE_OK;
}

CURLU *
url_build(const struct probe_request *q)
{
    CURLU *url = curl_url();
    char port[16];

    assert(url != NULL);
    (void)snprintf(port, sizeof(port), "%d", q->port);
    if (curl_url_set(url, CURLUPART_SCHEME, q->tls ? "https" : "http", 0) == CURLUE_OK &&
        set_host(url, q->host != NULL ? q->host : q->address) &&
        curl_url_set(url, CURLUPART_PORT, port, 0) == CURLUE_OK &&
        set_path(url, q->path != NULL ? q->path : "/")) {
        return url;
    }
    curl_url_cleanup(url);
    return NULL;
}
