/*
 * peek.c - the store of runs, kept open.
 *
 * Decides when it is opened anew.  Owns the connection.  Reads no journal.
 */
#include "front/peek.h"

#include "base/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void
peek_close(struct peek *p)
{
    store_close(p->store);
    *p = (struct peek){0};
}

/* Closed where the file is gone or another one.  False: there is none. */
static bool
is_there(struct peek *p, const char *path)
{
    struct stat st;
    const bool there = stat(path, &st) == 0;

    if (p->store != NULL && (!there || st.st_dev != p->dev || st.st_ino != p->ino)) {
        peek_close(p);
    }
    if (there) {
        p->dev = st.st_dev;
        p->ino = st.st_ino;
    }
    return there;
}

struct store *
peek(struct peek *p, const char *root, bool *ret_changed, struct err *err)
{
    char *path = xasprintf("%s/var/runs.db", root);
    int64_t version = 0;

    err->kind = ERR_NONE;
    *ret_changed = true;
    if (!is_there(p, path)) {
        *ret_changed = false;
        goto out;
    }
    if (p->store == NULL) {
        p->store = store_open(path, true, err);
        p->version = -1;
    }
    if (p->store != NULL && history_version(p->store, &version, err) == 0) {
        *ret_changed = version != p->version;
        p->version = version;
    } else {
        peek_close(p);
    }
out:
    free(path);
    return p->store;
}

bool
peek_run(struct peek *p, const char *root, const char *run_id, struct run_list *ret_runs,
         struct err *err)
{
    bool ignored;
    struct store *s = peek(p, root, &ignored, err);

    *ret_runs = (struct run_list){0};
    return s != NULL && history_recent(s, NULL, run_id, 1, ret_runs, err) == 0 &&
           ret_runs->count > 0;
}
