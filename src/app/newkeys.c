/*
 * newkeys.c - host keys that were accepted in this run (accept-new).
 *
 * Decides when they are written: known to the index at once, in the environment's known_hosts
 * before the next order goes out, all of a turn together.  Owns them until then.  A key that cannot
 * be kept is told once, and holds for this run.
 */
#include "app/run_state.h"

#include "base/xalloc.h"
#include "ssh/hostkey_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct newkeys {
    struct hostkey_shown *keys; /* owned: names and blobs */
    size_t count, cap;
    bool told; /* that one cannot be kept */
};

void
newkeys_note(struct run *run, const struct hostkey_shown *key)
{
    struct newkeys *n = run->newkeys;

    if (n == NULL) {
        n = run->newkeys = xcalloc(1, sizeof(*n));
    }
    hostkeys_add(knowns_env(run->knowns), key);
    n->keys = xgrow(n->keys, n->count, &n->cap, sizeof(*n->keys));
    n->keys[n->count++] = (struct hostkey_shown){
        .name = xstrdup(key->name),
        .port = key->port,
        .type = key->type, /* of hostkey_line.c's table */
        .blob = xmemdup(key->blob, key->blob_len),
        .blob_len = key->blob_len,
    };
}

static void
clear(struct newkeys *n)
{
    for (size_t i = 0; i < n->count; i++) {
        free((void *)(uintptr_t)n->keys[i].name);
        free((void *)(uintptr_t)n->keys[i].blob);
    }
    n->count = 0;
}

void
newkeys_write(struct run *run)
{
    struct newkeys *n = run->newkeys;
    struct stat st;
    struct err err = {0};
    int rc;

    if (n == NULL || n->count == 0) {
        return;
    }
    if (stat(run->request->env_dir, &st) < 0) {
        rc = err_set(&err, ERR_IO, "%s: %s", run->request->env_dir, strerror(errno));
    } else {
        rc = hostkey_write(knowns_env_path(run->knowns), n->keys, n->count, false, NULL, &err);
    }
    clear(n);
    if (rc < 0 && !n->told) {
        n->told = true;
        err_prefix(&err, "new host keys hold for this run only: ");
        narrate_warning(run, NULL, err.text);
    }
}

void
newkeys_free(struct newkeys *n)
{
    if (n != NULL) {
        clear(n);
        free(n->keys);
        free(n);
    }
}
