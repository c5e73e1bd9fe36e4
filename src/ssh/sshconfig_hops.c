/*
 * sshconfig_hops.c - the destinations of a ProxyJump, taken apart.
 *
 * Decides what a destination looks like: `[user@]host[:port]` or `ssh://[user@]host[:port]`, as
 * ssh(1), -J, has it.  Owns nothing.  Never looks anything up but the name of a port.
 */
#include "ssh/sshconfig_state.h"

#include "base/xalloc.h"

#include <ctype.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char scheme[] = "ssh://";

void
sshconfig_hop_release(struct sshconfig_hop *hop)
{
    free(hop->host);
    free(hop->user);
    *hop = (struct sshconfig_hop){0};
}

static int
take_port(const char *text, int *ret)
{
    int64_t port = 0;

    if (sshconfig_number(text, 65535, &port) < 0) {
        const struct servent *service = getservbyname(text, "tcp");
        port = service == NULL ? 0 : ntohs((uint16_t)service->s_port);
    }
    *ret = (int)port;
    return port > 0 ? 0 : -1;
}

/* %41 and + in the user of a URI. */
static int
decode(char *text)
{
    char *out = text;

    for (const char *p = text; *p != '\0'; p++) {
        char hex[3] = {0};
        *out = *p;
        if (*p == '+') {
            *out = ' ';
        } else if (*p == '%') {
            if (!isxdigit((unsigned char)p[1]) || !isxdigit((unsigned char)p[2])) {
                return -1;
            }
            memcpy(hex, p + 1, 2);
            *out = (char)strtol(hex, NULL, 16);
            p += 2;
        }
        out++;
    }
    *out = '\0';
    return 0;
}

/* A name of the DNS: it is not looked at in a destination that is no URI. */
static int
check_domain(char *host)
{
    const size_t len = strlen(host);

    if (!isalnum((unsigned char)host[0])) {
        return -1;
    }
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)host[i];
        if ((!isalnum(c) && strchr(".-_", c) == NULL) || (c == '.' && host[i + 1] == '.')) {
            return -1;
        }
    }
    if (host[len - 1] == '.') {
        host[len - 1] = '\0';
    }
    return 0;
}

/* `host`, `[host]`, with `:port` behind it or not; cuts text.  uri: a slash ends it. */
static int
take_place(char *text, bool uri, struct sshconfig_hop *ret)
{
    char *end = text[0] == '[' ? strchr(text, ']') : text + strcspn(text, ":/");

    if (end == NULL) {
        return -1;
    }
    end += *end == ']';
    const char ended_by = *end;
    if (ended_by != '\0' && ended_by != ':' && (ended_by != '/' || !uri)) {
        return -1;
    }
    *end = '\0';
    char *host = text;
    if (text[0] == '[') {
        end[-1] = '\0';
        host++;
    }
    if (text[0] == '\0' || (uri && (host[0] == '\0' || check_domain(host) < 0))) {
        return -1;
    }
    ret->host = xstrdup(host);
    char *rest = ended_by == '\0' ? end : end + 1;
    char *slash = uri ? strchr(rest, '/') : NULL;
    if (ended_by == '/' && rest[0] != '\0') {
        return -1; /* a path */
    }
    if (slash != NULL) {
        *slash = '\0';
        if (slash[1] != '\0') {
            return -1;
        }
    }
    return ended_by == ':' && (rest[0] != '\0' || slash != NULL) ? take_port(rest, &ret->port) : 0;
}

/* One destination; cuts text. */
static int
take_hop(char *text, struct sshconfig_hop *ret)
{
    const bool uri = strncmp(text, scheme, strlen(scheme)) == 0;

    text += uri ? strlen(scheme) : 0;
    char *at = uri ? strchr(text, '@') : strrchr(text, '@');
    if (at != NULL) {
        *at = '\0';
        if (uri) {
            text[strcspn(text, ";")] = '\0'; /* parameters mean nothing to ssh */
        }
        if (text[0] == '\0' || (uri && decode(text) < 0)) {
            return -1;
        }
        ret->user = xstrdup(text);
        text = at + 1;
    }
    return take_place(text, uri, ret);
}

int
sshconfig_hops(const char *jump, struct sshconfig_hop ret[SSHCONFIG_HOPS_MAX], int *ret_count)
{
    char *copy = xstrdup(jump);
    int rc = 0;

    *ret_count = 0;
    for (char *p = copy; p != NULL && rc == 0;) {
        char *next = strchr(p, ',');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (*ret_count == SSHCONFIG_HOPS_MAX) {
            rc = -1;
            break;
        }
        ret[*ret_count] = (struct sshconfig_hop){0};
        rc = take_hop(p, &ret[(*ret_count)++]);
        p = next;
    }
    free(copy);
    for (int i = 0; rc < 0 && i < *ret_count; i++) {
        sshconfig_hop_release(&ret[i]);
    }
    *ret_count = rc < 0 ? 0 : *ret_count;
    return rc;
}
