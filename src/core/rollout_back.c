/*
 * rollout_back.c - rolls back what was changed, when the last host in flight has come to its end.
 *
 * Decides which hosts are rolled back, and that the last started is the first.
 */
#include "core/rollout_state.h"

#include "core/planted.h"

#include <assert.h>

bool
back_begin(struct rollout *r)
{
    if (!r->rollback_due || r->active > 0 || r->watch_count > 0 || !ahead_is_gone(r)) {
        return false;
    }
    assert(r->halt != HALT_NONE && r->parked == 0 && !r->rolling_back);
    r->rollback_due = false;
    r->rolling_back = true;
    timers_drop(&r->timers, rollout_timer_run(r));
    queue_clear(&r->queue);
    for (int32_t k = r->start_log.count - 1; k >= 0; k--) {
        const int32_t i = PLANTED(ROLLBACK_FIRST_STARTED) ? r->start_log.count - 1 - k : k;
        struct host_state *h = &r->hosts[r->start_log.items[i]];
        if (h->changed && (!PLANTED(ROLLBACK_OF_FAILED_ONLY) || outcome_is_bad(h->outcome))) {
            h->changed = false; /* a retried host stands in the list twice */
            queue_add(&r->queue, r->start_log.items[i]);
        }
    }
    return true;
}
