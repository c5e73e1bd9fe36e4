/*
 * render_probe.c - http and tcp checks for one host, and the ports and names that wait_for shares.
 *
 * Decides what a port, a host and a path of a request may look like: nothing that could begin a
 * second header or a second request.  Connects to nothing.
 */
#include "config/render_state.h"

#include "base/xalloc.h"
#include "config/template.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_MAX = 65535, HOST_MAX = 255, PATH_MAX_BYTES = 4096, HTTP = 80, HTTPS = 443 };

int
render_bad_part(const struct render_job *job, const char *key, const char *wanted)
{
    return err_set(job->err, ERR_CONFIG, "%s: %s: expected %s", job->context, key, wanted);
}

int
render_port(const struct render_job *job, int *ret)
{
    char *text = NULL;

    if (render_open_text(job, "port", job->step->port, &text)) {
        return -1;
    }
    const size_t len = strlen(text);
    const long port =
        len > 0 && len <= 5 && strspn(text, "0123456789") == len ? strtol(text, NULL, 10) : 0;
    free(text);
    if (port < 1 || port > PORT_MAX) {
        return render_bad_part(job, "port", "a number from 1 to 65535");
    }
    *ret = (int)port;
    return 0;
}

int
render_host(const struct render_job *job, char **ret)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  ".:_-";
    char *text = NULL;

    if (render_open_text(job, "host", job->step->host, &text)) {
        return -1;
    }
    const size_t len = strlen(text);
    if (len == 0 || len > HOST_MAX || strspn(text, letters) != len || text[0] == '-') {
        free(text);
        return render_bad_part(job, "host", "a name or an address");
    }
    *ret = text;
    return 0;
}

/* RFC 9110, 7.1: the target of a request is visible ASCII; anything else is to be %-encoded. */
static int
make_path(const struct render_job *job, char **ret)
{
    if (!job->step->path) {
        *ret = xstrdup("/");
        return 0;
    }
    if (render_part_text(job, job->step->path, ret)) {
        return -1;
    }
    bool good = (*ret)[0] == '/' && strlen(*ret) <= PATH_MAX_BYTES;
    for (const char *p = *ret; good && *p; p++) {
        good = *p > ' ' && *p < 0x7f && *p != '#';
    }
    return good ? 0 : render_bad_part(job, "path", "'/' and visible letters, others as %20");
}

static int
make_ca(const struct render_job *job, char **ret)
{
    char *text = NULL;

    if (!job->step->ca) {
        return 0;
    }
    if (render_open_text(job, "ca", job->step->ca, &text)) {
        return -1;
    }
    const int rc = render_find(job, "ca", text, ret);
    free(text);
    return rc;
}

/* What a colon is in must be an IPv6 address: the URL would be none, and only the gate would say
 * so.
 */
static int
make_host(const struct render_job *job, char **ret)
{
    struct in6_addr v6;

    if (!job->step->host) {
        return 0;
    }
    if (render_host(job, ret)) {
        return -1;
    }
    return strchr(*ret, ':') && inet_pton(AF_INET6, *ret, &v6) != 1
               ? render_bad_part(job, "host", "a name or an address without a port")
               : 0;
}

int
render_probe(const struct render_job *job, struct rendered *ret)
{
    ret->port = job->step->tls ? HTTPS : HTTP;
    if (job->step->port && render_port(job, &ret->port)) {
        return -1;
    }
    if (job->step->kind == ACTION_TCP) {
        return 0;
    }
    return make_host(job, &ret->host) || make_path(job, &ret->path) || make_ca(job, &ret->ca) ? -1
                                                                                              : 0;
}
