/*
 * hosts.h - hosts of one run as the tables have them, before its journal is asked; for src/store
 * alone.
 */
#ifndef STORE_HOSTS_H
#define STORE_HOSTS_H

#include "base/err.h"
#include "store/derive.h"
#include "store/history.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct run_ref {
    int64_t run, started_wall_ms;
    int32_t host_count;
    bool finished, live;
};

/* ERR_NO_MATCH. */
int hosts_find_run(struct store *s, const char *run_id, struct run_ref *ret_ref, struct err *err);
/* All of them, into an empty list, which is to be released in any case. */
int
hosts_read(struct store *s, const struct run_ref *ref, struct host_list *ret_list, struct err *err);
/* Which hosts have an outcome in the table; free() it.  NULL and err. */
bool *hosts_ended(struct store *s, const struct run_ref *ref, struct err *err);
/* The others have the one that the journal gives. */
void hosts_apply(struct host_list *list, const struct derived *derived, const bool *ended,
                 const struct run_ref *ref);

#endif
