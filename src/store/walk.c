/*
 * walk.c - a run read back in pieces.
 *
 * Decides nothing: hosts.c, derive.c and replay.c do.  Owns the list of hosts.  Writes nothing.
 */
#include "store/walk.h"

#include "base/xalloc.h"
#include "store/hosts.h"
#include "store/replay.h"

#include <stdlib.h>

struct walk {
    struct store *store; /* borrowed */
    struct run_ref run;
    struct host_list hosts;  /* owned */
    bool *ended;             /* owned; NULL of a run that is finished, and so is the next */
    struct derived *derived; /* owned */
    int64_t seq;
    replay_fn *fn; /* while a piece is read */
    void *arg;     /* borrowed */
};

void
walk_free(struct walk *w)
{
    if (w == NULL) {
        return;
    }
    host_list_release(&w->hosts);
    free(w->ended);
    free(w->derived);
    free(w);
}

struct walk *
walk_new(struct store *s, const char *run_id, struct err *err)
{
    struct walk *w = xcalloc(1, sizeof(*w));

    w->store = s;
    if (hosts_find_run(s, run_id, &w->run, err) != 0 ||
        hosts_read(s, &w->run, &w->hosts, err) != 0) {
        goto fail;
    }
    if (!w->run.finished) {
        w->ended = hosts_ended(s, &w->run, err);
        if (w->ended == NULL) {
            goto fail;
        }
        w->derived = derive_new(w->run.host_count);
    }
    return w;
fail:
    walk_free(w);
    return NULL;
}

const struct host_list *
walk_hosts(const struct walk *w)
{
    return &w->hosts;
}

static bool
take_row(void *arg, int64_t at_ms, const struct fact *fact, const char *reason,
         const struct order *order)
{
    struct walk *w = arg;

    if (w->derived != NULL) {
        derive_take(w->derived, w->run.host_count, at_ms, fact, order);
    }
    return w->fn == NULL || w->fn(w->arg, at_ms, fact, reason, order);
}

int
walk_more(struct walk *w, int64_t rows_max, replay_fn *fn, void *arg, bool *ret_done,
          struct err *err)
{
    w->fn = fn;
    w->arg = arg;
    if (replay_some(w->store, w->run.run, &w->seq, rows_max, take_row, w, ret_done, err) != 0) {
        return -1;
    }
    if (*ret_done && w->derived != NULL) {
        hosts_apply(&w->hosts, w->derived, w->ended, &w->run);
        free(w->derived);
        w->derived = NULL;
    }
    return 0;
}
