/*
 * summary.c - from counted outcomes to an exit code.
 */
#include "core/summary.h"

#include "core/planted.h"

#include <assert.h>

static const char *const outcomes[] = {
    [OUTCOME_UNTOUCHED] = "untouched",
    [OUTCOME_RUNNING] = "running",
    [OUTCOME_OK] = "ok",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_UNREACHABLE] = "unreachable",
    [OUTCOME_UNKNOWN] = "unknown",
    [OUTCOME_CANCELLED] = "cancelled",
    [OUTCOME_SKIPPED] = "skipped",
};
_Static_assert(sizeof(outcomes) / sizeof(outcomes[0]) == OUTCOMES, "name an outcome");

const char *
outcome_name(enum outcome o)
{
    assert((unsigned)o < OUTCOMES);
    return outcomes[o];
}

bool
outcome_is_bad(enum outcome o)
{
    return o == OUTCOME_FAILED || o == OUTCOME_UNREACHABLE || o == OUTCOME_UNKNOWN;
}

int
summary_exit(const struct summary *s)
{
    if (s->rollbacks_failed > 0 && !PLANTED(ROLLBACK_FAILED_IS_3)) {
        return 7;
    }
    if (s->count[OUTCOME_UNTOUCHED] > 0 || s->count[OUTCOME_CANCELLED] > 0 || s->rolled_back > 0) {
        return 3;
    }
    if (s->count[OUTCOME_FAILED] > 0 || s->count[OUTCOME_UNKNOWN] > 0) {
        return 2;
    }
    return s->count[OUTCOME_UNREACHABLE] > 0 ? (PLANTED(UNREACHABLE_IS_2) ? 2 : 4) : 0;
}
