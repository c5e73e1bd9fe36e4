/*
 * reach_jump.c - ProxyJump: the hosts on the way, each as a target of its own.
 *
 * Decides what ssh -J decides: each is resolved through the same ssh_config as a host; the last one
 * is reached through those before it, and the first through what ssh_config says of it.  Owns the
 * targets, one for each way that differs.  Connects to nothing.
 */
#include "app/run_state.h"

#include "base/map.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct jump {
    struct target target;
    struct sshconfig_options options; /* of target: owned */
    char *name;                       /* owned: as it is written */
};

/* Those that are being resolved: one that comes again goes in a circle. */
struct chain {
    const char *way;
    const struct chain *up;
    int length;
};

static struct jump *resolve_way(struct run *run, const char *file, const char *jump,
                                const struct chain *up, struct err *err);

void
reach_jump_free(void *arg)
{
    struct jump *j = arg;

    sshconfig_options_release(&j->options);
    free(j->name);
    free(j);
}

/* What makes it another session: where it is, who we are there, the way to it. */
static char *
identity_of(const struct jump *j)
{
    const struct target *t = &j->target;
    char *text = xasprintf("%s\001%d\001%s\001%p\001%s\001%s", t->address, t->port, t->user,
                           (const void *)t->jump, t->proxy_command == NULL ? "" : t->proxy_command,
                           t->key_alias == NULL ? "" : t->key_alias);

    for (size_t i = 0; i < j->options.identity_files.count; i++) {
        char *more = xasprintf("%s\001%s", text, j->options.identity_files.items[i]);
        free(text);
        text = more;
    }
    return text;
}

/* The one that is there already, or this one. */
static struct jump *
share(struct run *run, struct jump *j)
{
    char *identity = identity_of(j);
    struct jump *first = map_get(run->jumps, identity);

    if (first == NULL) {
        map_set(run->jumps, identity, j);
        first = j;
    } else {
        reach_jump_free(j);
    }
    free(identity);
    return first;
}

static int
fill(struct run *run, const char *file, const struct sshconfig_hop *last, const char *before,
     struct jump *j, const struct chain *chain, struct err *err)
{
    struct strv options = {0};

    if (before != NULL) { /* as ssh -J does it: the hosts before win over what its own line says */
        strv_take(&options, xasprintf("ProxyJump %s", before));
    }
    const struct sshconfig_query query = {
        .host = last->host, .port = last->port, .user = last->user, .options = &options};
    int rc = reach_resolve(run, file, &query, &j->options, err);
    if (rc == 0 && j->options.proxy_jump != NULL) {
        const struct jump *up = resolve_way(run, file, j->options.proxy_jump, chain, err);
        j->target.jump = up == NULL ? NULL : &up->target;
        rc = up == NULL ? -1 : 0;
    }
    if (rc == 0) {
        rc = reach_fill(run, &j->target, &j->options, err);
        if (rc < 0) {
            err_prefix(err, "jump host %s: ", j->name);
        }
    }
    strv_clear(&options);
    return rc;
}

static struct jump *
make(struct run *run, const char *file, const char *jump, const struct chain *chain,
     struct err *err)
{
    struct sshconfig_hop hops[SSHCONFIG_HOPS_MAX];
    char *before = xstrdup(jump);
    char *comma = strrchr(before, ',');
    struct jump *made = NULL;
    int count = 0;

    if (sshconfig_hops(jump, hops, &count) < 0) {
        (void)err_set(err, ERR_CONFIG, "ProxyJump: expected hosts like user@host:port");
        free(before);
        return NULL;
    }
    if (comma != NULL) {
        *comma = '\0';
    }
    struct jump *j = xcalloc(1, sizeof(*j));
    j->name = xstrdup(hops[count - 1].host);
    j->target.name = j->name;
    if (fill(run, file, &hops[count - 1], comma == NULL ? NULL : before, j, chain, err) == 0) {
        made = share(run, j);
    } else {
        reach_jump_free(j);
    }
    for (int i = 0; i < count; i++) {
        sshconfig_hop_release(&hops[i]);
    }
    free(before);
    return made;
}

static struct jump *
resolve_way(struct run *run, const char *file, const char *jump, const struct chain *up,
            struct err *err)
{
    char *way = xasprintf("%s\001%s", file == NULL ? "" : file, jump);
    const struct chain here = {.way = way, .up = up, .length = up == NULL ? 1 : up->length + 1};
    struct jump *known = map_get(run->ways, way);
    struct jump *made = known;

    for (const struct chain *c = up; c != NULL && known == NULL; c = c->up) {
        if (strcmp(c->way, way) == 0 || here.length > SSHCONFIG_HOPS_MAX) {
            (void)err_set(err, ERR_CONFIG,
                          "ProxyJump %s: goes in a circle, or through more than %d", jump,
                          SSHCONFIG_HOPS_MAX);
            free(way);
            return NULL;
        }
    }
    if (known == NULL) {
        made = make(run, file, jump, &here, err);
        if (made != NULL) {
            map_set(run->ways, way, made);
        }
    }
    free(way);
    return made;
}

const struct target *
reach_jump(struct run *run, const char *file, const char *jump, struct err *err)
{
    if (run->jumps == NULL) {
        run->jumps = map_new(reach_jump_free);
        run->ways = map_new(NULL);
    }
    const struct jump *j = resolve_way(run, file, jump, NULL, err);
    return j == NULL ? NULL : &j->target;
}
