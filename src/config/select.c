/*
 * select.c - which hosts `-l` means: names and globs of hosts and groups.
 *
 * Decides nothing else of Ansible's pattern language yet and refuses the rest.  Owns nothing.
 */
#include "config/inventory.h"

#include "base/map.h"
#include "base/xalloc.h"
#include "config/nearest.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct selection {
    const struct inventory *inv;
    struct map *indexes; /* owned: host name -> &wanted[i] */
    bool *wanted;        /* owned: by host */
};

static void
want(struct selection *s, const char *name)
{
    bool *w = map_get(s->indexes, name);

    if (w != NULL) {
        *w = true;
    }
}

static bool
want_group(struct selection *s, const char *group)
{
    const struct strv *members = inventory_members(s->inv, group);

    for (size_t i = 0; members != NULL && i < members->count; i++) {
        want(s, members->items[i]);
    }
    return members != NULL;
}

static bool
want_matching(struct selection *s, const char *glob)
{
    const struct strv *groups = inventory_groups(s->inv);
    bool found = false;

    for (size_t i = 0; i < groups->count; i++) {
        if (fnmatch(glob, groups->items[i], 0) == 0) {
            found = want_group(s, groups->items[i]) || found;
        }
    }
    for (size_t i = 0; i < inventory_count(s->inv); i++) {
        if (fnmatch(glob, inventory_host(s->inv, i)->name, 0) == 0) {
            s->wanted[i] = true;
            found = true;
        }
    }
    return found;
}

static int
no_match(const struct selection *s, const char *part, struct err *err)
{
    const struct strv *groups = inventory_groups(s->inv);
    const size_t hosts = inventory_count(s->inv);
    const char **words = xcalloc(hosts + groups->count, sizeof(*words));

    for (size_t i = 0; i < hosts; i++) {
        words[i] = inventory_host(s->inv, i)->name;
    }
    for (size_t i = 0; i < groups->count; i++) {
        words[hosts + i] = groups->items[i];
    }
    const char *near = nearest_word(part, words, hosts + groups->count);
    (void)err_set(err, ERR_NO_MATCH,
                  near == NULL ? "no host or group matches '%s'"
                               : "no host or group matches '%s' (did you mean %s?)",
                  part, near);
    free((void *)words);
    return -1;
}

static int
want_part(struct selection *s, const char *part, struct err *err)
{
    if (strchr("&!~@", part[0]) != NULL || strchr(part, '[') != NULL) {
        return err_set(err, ERR_NOT_YET, "not yet: pattern '%s' (names and globs work)", part);
    }
    bool *one = map_get(s->indexes, part);
    bool found = want_group(s, part);
    if (one != NULL) {
        *one = true;
        found = true;
    }
    if (!found && strpbrk(part, "*?") != NULL) {
        found = want_matching(s, part);
    }
    return found ? 0 : no_match(s, part, err);
}

static int
want_all_parts(struct selection *s, const char *pattern, struct err *err)
{
    char *copy = xstrdup(pattern);
    char *rest = NULL;
    int rc = 0;
    int parts = 0;

    for (char *part = strtok_r(copy, ",: ", &rest); part != NULL && rc == 0;
         part = strtok_r(NULL, ",: ", &rest)) {
        rc = want_part(s, part, err);
        parts++;
    }
    free(copy);
    return rc == 0 && parts == 0 ? err_set(err, ERR_NO_MATCH, "an empty pattern matches no host")
                                 : rc;
}

/* Nothing is a mistake of the one who asked, never "all is done". */
static int
take_hosts(size_t *hosts, size_t count, const char *pattern, size_t **ret_hosts, size_t *ret_count,
           struct err *err)
{
    if (count == 0) {
        free(hosts);
        return err_set(err, ERR_NO_MATCH, "'%s' matches only groups without hosts", pattern);
    }
    *ret_hosts = hosts;
    *ret_count = count;
    return 0;
}

int
inventory_select(const struct inventory *inv, const char *pattern, size_t **ret_hosts,
                 size_t *ret_count, struct err *err)
{
    const size_t n = inventory_count(inv);
    struct selection s = {.inv = inv, .indexes = map_new(NULL), .wanted = xcalloc(n, sizeof(bool))};

    for (size_t i = 0; i < n; i++) {
        map_set(s.indexes, inventory_host(inv, i)->name, &s.wanted[i]);
    }
    int rc = want_all_parts(&s, pattern, err);
    if (rc == 0) {
        size_t *hosts = xcalloc(n, sizeof(*hosts));
        size_t count = 0;
        for (size_t i = 0; i < n; i++) {
            if (s.wanted[i]) {
                hosts[count++] = i;
            }
        }
        rc = take_hosts(hosts, count, pattern, ret_hosts, ret_count, err);
    }
    map_free(s.indexes);
    free(s.wanted);
    return rc;
}
