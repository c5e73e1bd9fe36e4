/*
 * derive.h - outcomes of an unfinished run from its journal; for src/store alone.
 *
 * Decides what a host without a recorded outcome is: unknown if a step may have run to an end
 * nobody saw, cancelled if it was begun, untouched otherwise.  Writes nothing.
 */
#ifndef STORE_DERIVE_H
#define STORE_DERIVE_H

#include "base/err.h"
#include "core/fact.h"
#include "core/order.h"
#include "core/summary.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct derived {
    bool begun;        /* it was given a slot or a step */
    bool open;         /* a step may have been sent; its end is not known */
    bool unknown;      /* an attempt of the step had an unknown end, and none has ended since */
    bool finally_open; /* the same for a step of the finally list */
    int32_t step;      /* the step it was at */
    int32_t attempt;
    int32_t finally_step;
    int32_t slot;
    int64_t started_ms;
};

/* One entry a host, of a run of which nothing is known yet; free() them. */
struct derived *derive_new(int32_t host_count);
/* The next row of its journal: exactly one of fact and order is not NULL. */
void derive_take(struct derived *hosts, int32_t host_count, int64_t at_ms, const struct fact *fact,
                 const struct order *order);
/* Walk the journal of a run into one entry a host; free() them.  NULL on failure. */
struct derived *derive_hosts(struct store *s, int64_t run, int32_t host_count, struct err *err);

/* live: the run's process is alive, so what is begun is running. */
enum outcome derive_outcome(const struct derived *d, bool live);

#endif
