/*
 * fact.h - what happened, as the core is told it.
 *
 * A fact is journaled before the core hears of it; replaying the facts gives the same rollout.
 * Hosts are indexes into the plan, steps indexes into the plan's step list, attempts count from 1.
 * The text for people (a reason) travels beside a fact, never through the core.
 */
#ifndef CORE_FACT_H
#define CORE_FACT_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers are stored in the journal: never renumber, only add at the end. */
enum fact_kind {
    FACT_CONNECTED,        /* host, attempt */
    FACT_CONNECT_FAILED,   /* host, attempt, cause */
    FACT_THROTTLED,        /* host, attempt: closed before its banner */
    FACT_STEP_SENT,        /* host, step, attempt: first byte of the frame is with libssh */
    FACT_STEP_DONE,        /* host, step, attempt, exit_code or signal */
    FACT_STEP_SKIPPED,     /* host, step, attempt: when, unless, creates */
    FACT_STEP_NOT_STARTED, /* host, step, attempt, cause */
    FACT_STEP_UNKNOWN,     /* host, step, attempt, cause */
    FACT_PROBE_PASSED,     /* host, step = check, attempt = try; value 1: skipped by its when */
    FACT_PROBE_FAILED,     /* the same, and cause where the check did not run to its end */
    FACT_TICK,             /* a time given by ORDER_WAIT has come */
    FACT_FINALLY_DONE,     /* host, step of the finally list, exit_code; cause if it did not run */
    FACT_DISCONNECTED,     /* host: closed because we asked */
    FACT_CONNECTION_LOST,  /* host, cause: between steps */
    FACT_VERB,             /* verb, and host or value where the verb has one */
    FACT_RESUMED,          /* value = epoch; a later controller took over */
    FACT_VERDICT,          /* host, step, attempt: what a probe on the target said; value */
};
enum { FACT_KINDS = FACT_VERDICT + 1 };

enum cause {
    CAUSE_NONE,
    CAUSE_NAME,           /* the name does not exist */
    CAUSE_NAME_TEMPORARY, /* the resolver failed or took too long */
    CAUSE_CONNECT,        /* refused, no route, deadline, no banner */
    CAUSE_KEX,            /* key exchange: deadline, nothing in common */
    CAUSE_HOSTKEY,        /* unknown, changed, revoked */
    CAUSE_AUTH,           /* denied */
    CAUSE_REFUSED,        /* channel or exec refused */
    CAUSE_LOST,           /* the connection ended */
    CAUSE_DEADLINE,       /* step_timeout */
    CAUSE_IDLE,           /* output_idle_timeout */
    CAUSE_NO_STATUS,      /* closed without an exit status */
    CAUSE_NO_HEADER,      /* ended before the frame began */
    CAUSE_LOCAL,          /* something of ours: a file, a template, a child */
    CAUSE_KILLED,         /* closed by the operator */
    CAUSE_GATE,           /* the checks of the gate were not passed */
    CAUSE_ONCE,           /* a run_once step ended badly on the host that ran it for all */
    CAUSE_SWITCH,         /* blue_green: the run was halted before its switch */
    CAUSE_HEALTH,         /* it was ok, and became unhealthy while the run went on */
    CAUSE_CANCELLED,      /* the run was aborted before anything was done for it */
};
enum { CAUSES = CAUSE_CANCELLED + 1 };

enum verb {
    VERB_PAUSE,
    VERB_CONTINUE,
    VERB_PROMOTE,
    VERB_ABORT,
    VERB_KILL,
    VERB_ROLLBACK,
    VERB_SKIP,
    VERB_RETRY,
    VERB_WORKERS,
};
enum { VERBS = VERB_WORKERS + 1 };

struct fact {
    enum fact_kind kind;
    int32_t host; /* -1 where it does not apply; so for step */
    int32_t step;
    int32_t attempt;
    enum cause cause;
    int32_t exit_code;
    int32_t signal; /* 0: none; otherwise the step ended by this signal of POSIX */
    enum verb verb;
    int64_t value;
};

const char *fact_name(enum fact_kind k); /* "step_done" */
const char *cause_name(enum cause c);    /* "host key" */
const char *verb_name(enum verb v);

#endif
