/*
 * fact.c - names of facts, causes and verbs, for the journal and for people.
 */
#include "core/fact.h"

#include <assert.h>

static const char *const facts[] = {
    [FACT_CONNECTED] = "connected",
    [FACT_CONNECT_FAILED] = "connect_failed",
    [FACT_THROTTLED] = "throttled",
    [FACT_STEP_SENT] = "step_sent",
    [FACT_STEP_DONE] = "step_done",
    [FACT_STEP_SKIPPED] = "step_skipped",
    [FACT_STEP_NOT_STARTED] = "step_not_started",
    [FACT_STEP_UNKNOWN] = "step_unknown",
    [FACT_PROBE_PASSED] = "probe_passed",
    [FACT_PROBE_FAILED] = "probe_failed",
    [FACT_TICK] = "tick",
    [FACT_FINALLY_DONE] = "finally_done",
    [FACT_DISCONNECTED] = "disconnected",
    [FACT_CONNECTION_LOST] = "connection_lost",
    [FACT_VERB] = "verb",
    [FACT_RESUMED] = "resumed",
    [FACT_VERDICT] = "verdict",
};
_Static_assert(sizeof(facts) / sizeof(facts[0]) == FACT_KINDS, "name a fact");

static const char *const causes[] = {
    [CAUSE_NONE] = "none",
    [CAUSE_NAME] = "name",
    [CAUSE_NAME_TEMPORARY] = "name (temporary)",
    [CAUSE_CONNECT] = "connect",
    [CAUSE_KEX] = "key exchange",
    [CAUSE_HOSTKEY] = "host key",
    [CAUSE_AUTH] = "authentication",
    [CAUSE_REFUSED] = "refused",
    [CAUSE_LOST] = "connection lost",
    [CAUSE_DEADLINE] = "deadline",
    [CAUSE_IDLE] = "output idle",
    [CAUSE_NO_STATUS] = "no exit status",
    [CAUSE_NO_HEADER] = "did not begin",
    [CAUSE_LOCAL] = "local",
    [CAUSE_KILLED] = "killed",
    [CAUSE_GATE] = "health check",
    [CAUSE_ONCE] = "run_once",
    [CAUSE_SWITCH] = "not switched",
    [CAUSE_HEALTH] = "unhealthy",
    [CAUSE_CANCELLED] = "cancelled",
};
_Static_assert(sizeof(causes) / sizeof(causes[0]) == CAUSES, "name a cause");

static const char *const verbs[] = {
    [VERB_PAUSE] = "pause", [VERB_CONTINUE] = "continue", [VERB_PROMOTE] = "promote",
    [VERB_ABORT] = "abort", [VERB_KILL] = "kill",         [VERB_ROLLBACK] = "rollback",
    [VERB_SKIP] = "skip",   [VERB_RETRY] = "retry",       [VERB_WORKERS] = "workers",
};
_Static_assert(sizeof(verbs) / sizeof(verbs[0]) == VERBS, "name a verb");

const char *
fact_name(enum fact_kind k)
{
    assert((unsigned)k < FACT_KINDS);
    return facts[k];
}

const char *
cause_name(enum cause c)
{
    assert((unsigned)c < CAUSES);
    return causes[c];
}

const char *
verb_name(enum verb v)
{
    assert((unsigned)v < VERBS);
    return verbs[v];
}
