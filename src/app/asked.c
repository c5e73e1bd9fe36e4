/*
 * asked.c - what a check from the controller asks, in words for people.
 *
 * Decides the words that -C and a failed check share.  Owns nothing.  Never asks.
 */
#include "app/asked.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

char *
asked_of(const struct action_step *step, const struct rendered *r, const char *address)
{
    const bool v6 = strchr(address, ':') != NULL;
    char *where = xasprintf("%s%s%s:%d", v6 ? "[" : "", address, v6 ? "]" : "", r->port);
    char *text = step->kind == ACTION_TCP
                     ? xasprintf("connect to %s", where)
                     : xasprintf("GET %s://%s%s%s%s", step->tls ? "https" : "http", where, r->path,
                                 r->host == NULL ? "" : " as ", r->host == NULL ? "" : r->host);

    free(where);
    return text;
}
