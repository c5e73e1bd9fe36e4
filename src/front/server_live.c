/*
 * server_live.c - which servers are in the run under way in this process, and under which number.
 *
 * Decides nothing.  Owns a map of names, made once a run: a look at a server costs the same however
 * many there are.
 */
#include "front/servers.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void
server_live_release(struct server_live *l)
{
    map_free(l->hosts);
    *l = (struct server_live){0};
}

static void
read_names(struct server_live *l)
{
    const struct strv *names = &feed_board(l->feed)->names;

    map_free(l->hosts);
    l->hosts = map_new(NULL);
    for (size_t i = 0; i < names->count; i++) {
        map_set(l->hosts, names->items[i], (void *)(uintptr_t)(i + 1));
    }
}

bool
server_live_sync(struct server_live *l, struct front *f)
{
    struct work *w = front_work(f);
    const char *env = work_env(w);
    const char *open = front_env_name(f);
    const struct feed *feed =
        work_run(w) == NULL || env == NULL || open == NULL || strcmp(env, open) != 0 ? NULL
                                                                                     : work_feed(w);
    const char *run = feed == NULL ? NULL : feed_board(feed)->run;
    const char *id = run == NULL ? "" : run; /* it has not begun */

    if (feed == l->feed && (feed == NULL || strcmp(id, l->run) == 0)) {
        return false;
    }
    l->feed = feed;
    snprintf(l->run, sizeof(l->run), "%s", id);
    if (feed != NULL) {
        read_names(l);
    }
    return true;
}

bool
server_live_find(const struct server_live *l, const char *host, int32_t *ret_host)
{
    const uintptr_t n = l->feed == NULL ? 0 : (uintptr_t)map_get(l->hosts, host);

    if (n == 0) {
        return false;
    }
    *ret_host = (int32_t)(n - 1);
    return true;
}
