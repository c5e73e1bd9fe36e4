/*
 * inventory_list.c - `h1,h2:2222,`: a list of hosts instead of an inventory.
 *
 * Decides as Ansible's host_list plugin: names with an optional port, no ranges, all ungrouped.
 * Owns nothing.
 */
#include "config/inventory_read.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

static int
add(struct draft *d, const char *word, const struct place *at, struct mistakes *m)
{
    int port = 0;
    char *name = host_pattern_split(word, &port);
    const bool known = map_get(d->hosts, name) != NULL;
    int rc = 0;

    if (!known && draft_host(d, d->ungrouped, name, port, at, m) == NULL) {
        rc = -1;
    }
    free(name);
    return rc;
}

int
inventory_read_list(struct draft *d, const char *text, struct mistakes *m)
{
    struct place at = {.file = yaml_intern("hosts"), .line = 1, .col = 1};
    int rc = 0;

    for (const char *p = text; *p != '\0';) {
        const size_t len = strcspn(p, ",");
        const size_t blanks = strspn(p, " \t");
        size_t end = len;
        while (end > blanks && strchr(" \t", p[end - 1]) != NULL) {
            end--;
        }
        if (blanks < end) {
            char *word = xstrndup(p + blanks, end - blanks);
            at.col = (int)(p - text) + (int)blanks + 1;
            rc = add(d, word, &at, m) < 0 ? -1 : rc;
            free(word);
        }
        p += len + (p[len] == ',');
    }
    return rc;
}
