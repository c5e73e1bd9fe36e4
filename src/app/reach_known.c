/*
 * reach_known.c - known_hosts files: which are asked for a host, each read once.
 *
 * Decides the order of the files: the environment's own, then the user's, then the machine's, as
 * ssh has these two.  Owns the index of each file and of each list of files.  Asks nobody about a
 * key.
 */
#include "app/run_state.h"

#include "base/map.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct knowns {
    struct map *files;        /* owned: path -> struct hostkeys */
    struct map *lists;        /* owned: paths -> struct hostkeys that includes them */
    struct hostkeys *env;     /* of files: the environment's */
    char *env_path;           /* owned */
    struct strv user, global; /* owned: where ssh looks if it is told nothing */
};

static void
free_index(void *p)
{
    hostkeys_free(p);
}

/* NULL and err; one that is not there is an empty one.  Owned by k. */
static struct hostkeys *
file_of(struct knowns *k, const char *path, struct err *err)
{
    struct hostkeys *h = map_get(k->files, path);

    if (h != NULL) {
        return h;
    }
    h = hostkeys_new();
    if (hostkeys_load(h, path, err) < 0) {
        hostkeys_free(h);
        return NULL;
    }
    map_set(k->files, path, h);
    return h;
}

static struct knowns *
knowns_new(const struct run *run, struct err *err)
{
    struct knowns *k = xcalloc(1, sizeof(*k));

    k->files = map_new(free_index);
    k->lists = map_new(free_index);
    k->env_path = xasprintf("%s/known_hosts", run->request->env_dir);
    strv_take(&k->user, xasprintf("%s/.ssh/known_hosts", run->home));
    strv_take(&k->user, xasprintf("%s/.ssh/known_hosts2", run->home));
    strv_add(&k->global, "/etc/ssh/ssh_known_hosts");
    strv_add(&k->global, "/etc/ssh/ssh_known_hosts2");
    k->env = file_of(k, k->env_path, err);
    if (k->env == NULL) {
        knowns_free(k);
        return NULL;
    }
    return k;
}

void
knowns_free(struct knowns *k)
{
    if (k == NULL) {
        return;
    }
    map_free(k->lists); /* they borrow from the files */
    map_free(k->files);
    strv_clear(&k->user);
    strv_clear(&k->global);
    free(k->env_path);
    free(k);
}

struct hostkeys *
knowns_env(const struct knowns *k)
{
    return k->env;
}

const char *
knowns_env_path(const struct knowns *k)
{
    return k->env_path;
}

/* ssh's own word for no file at all stands alone. */
static bool
is_none(const struct strv *paths)
{
    return paths->count == 1 && strcasecmp(paths->items[0], "none") == 0;
}

static int
include(struct knowns *k, struct hostkeys *list, const struct strv *paths, struct err *err)
{
    for (size_t i = 0; i < paths->count && !is_none(paths); i++) {
        const struct hostkeys *h = file_of(k, paths->items[i], err);
        if (h == NULL) {
            return -1;
        }
        if (h != k->env) {
            hostkeys_include(list, h);
        }
    }
    return 0;
}

/* A newline cannot be in a path of ssh_config. */
static void
put_paths(struct buf *out, const struct strv *paths)
{
    for (size_t i = 0; i < paths->count; i++) {
        (void)buf_addf(out, "%s\n", paths->items[i]);
    }
    (void)buf_addc(out, '\n');
}

static struct hostkeys *
list_of(struct knowns *k, const struct strv *user, const struct strv *global, struct err *err)
{
    struct hostkeys *list;
    struct buf key;

    buf_init(&key, 1 << 20);
    put_paths(&key, user);
    put_paths(&key, global);
    list = map_get(k->lists, key.data);
    if (list == NULL) {
        list = hostkeys_new();
        hostkeys_include(list, k->env);
        if (include(k, list, user, err) < 0 || include(k, list, global, err) < 0) {
            hostkeys_free(list);
            list = NULL;
        } else {
            map_set(k->lists, key.data, list);
        }
    }
    buf_release(&key);
    return list;
}

int
reach_known(struct run *run, struct target *t, const struct sshconfig_options *o, struct err *err)
{
    if (run->knowns == NULL) {
        run->knowns = knowns_new(run, err);
        if (run->knowns == NULL) {
            return -1;
        }
    }
    struct knowns *k = run->knowns;
    t->hostkeys =
        list_of(k, o->user_known_hosts.count > 0 ? &o->user_known_hosts : &k->user,
                o->global_known_hosts.count > 0 ? &o->global_known_hosts : &k->global, err);
    return t->hostkeys == NULL ? -1 : 0;
}
