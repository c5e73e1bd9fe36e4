/*
 * rollout_session.c - a host's session: when it is connected, tried again, closed.
 *
 * Decides which failures to connect are tried again, and that a session which is being closed is
 * gone before the next begins.  What a connection was for, the phase tells.
 */
#include "core/rollout_state.h"

#include "core/backoff.h"
#include "core/planted.h"

#include <assert.h>

bool
session_waits(struct rollout *r, int32_t host, enum phase phase)
{
    struct host_state *h = &r->hosts[host];

    h->closing = h->closing && !PLANTED(CLOSING_NOT_WAITED_FOR);
    if (h->closing) {
        h->phase = phase;
        h->close_waits = true;
    }
    return h->closing;
}

void
session_connect(struct rollout *r, int32_t host, enum phase phase)
{
    struct host_state *h = &r->hosts[host];

    assert(!h->connected && !h->closing);
    h->phase = phase;
    h->connect_attempt++;
    rollout_order(r, (struct order){.kind = ORDER_CONNECT,
                                    .host = host,
                                    .step = -1,
                                    .slot = h->slot,
                                    .attempt = h->connect_attempt});
}

void
session_break(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    assert(!h->closing);
    h->connected = false;
    h->closing = true;
    rollout_order_host(r, ORDER_DISCONNECT, host);
}

void
session_close(struct rollout *r, int32_t host)
{
    if (r->hosts[host].connected) {
        session_break(r, host);
    }
}

void
session_note(struct host_state *h, bool local, enum cause cause)
{
    if (!local && (cause == CAUSE_LOST || cause == CAUSE_DEADLINE || cause == CAUSE_IDLE ||
                   cause == CAUSE_KILLED)) {
        h->connected = false;
    }
}

bool
session_helps(enum cause cause)
{
    return cause == CAUSE_NAME_TEMPORARY || cause == CAUSE_CONNECT || cause == CAUSE_KEX ||
           cause == CAUSE_LOST || (PLANTED(CONNECT_RETRY_ALL) && cause == CAUSE_AUTH);
}

bool
session_again(struct rollout *r, int32_t host, enum cause cause, bool throttled)
{
    const struct policy *o = plan_policy(r->plan);
    struct host_state *h = &r->hosts[host];
    const int32_t tries = h->connect_attempt - h->connect_base;

    if (tries > o->retries_max - PLANTED(CONNECT_RETRY_ONE_LESS) ||
        (!throttled &&
         !((o->retry_connect || PLANTED(CONNECT_RETRY_BARE)) && session_helps(cause)))) {
        return false;
    }
    h->phase = PHASE_BACKOFF;
    timers_set(&r->timers, host, r->now_ms + backoff_ms(o->retry_delay_ms, tries, o->seed, host));
    return true;
}

/* ---- facts */

static bool
fits(const struct host_state *h, const struct fact *f)
{
    return (h->phase == PHASE_CONNECTING || h->phase == PHASE_PROBE_REACH ||
            h->phase == PHASE_REACH || h->phase == PHASE_WATCH_REACH) &&
           !h->close_waits && (f->attempt == h->connect_attempt || PLANTED(CONNECT_NOT_COMPARED));
}

static void
on_connected(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (!fits(h, f) || h->closing) {
        return;
    }
    h->connected = true;
    if (h->phase == PHASE_WATCH_REACH) {
        watch_reached(r, f->host, true);
        return;
    }
    h->was_connected = h->ever_connected = true;
    r->denials_in_row *= PLANTED(BREAKER_ADDS_UP);
    if (h->phase == PHASE_REACH) {
        end_finally(r, f->host);
    } else if (h->phase == PHASE_PROBE_REACH) {
        gate_check(r, f->host);
    } else {
        step_go(r, f->host);
    }
}

static void
on_connect_failed(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (!fits(h, f)) {
        return;
    }
    if (h->phase == PHASE_WATCH_REACH) {
        watch_reached(r, f->host, false);
        return;
    }
    if (h->phase == PHASE_REACH) {
        end_finally(r, f->host);
        return;
    }
    if (h->killed) {
        end_killed(r, f->host);
        return;
    }
    if (h->phase == PHASE_PROBE_REACH) {
        gate_failed_try(r, f->host);
        return;
    }
    if (session_again(r, f->host, f->cause, f->kind == FACT_THROTTLED)) {
        return;
    }
    if (f->cause == CAUSE_AUTH && ++r->denials_in_row >= 3 + PLANTED(BREAKER_LATE)) {
        rollout_stop(r, HALT_BREAKER);
    }
    end_untried(r, f->host, OUTCOME_UNREACHABLE, f);
}

/* What waited for the old session to be gone goes on. */
static void
go_on(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    h->close_waits = false;
    if (h->phase == PHASE_CONNECTING) {
        step_go(r, host);
    } else if (h->phase == PHASE_REACH) {
        end_finally(r, host);
    } else {
        assert(h->phase == PHASE_WATCH_QUEUED);
        watch_timer(r, host);
    }
}

/* Of a host that was killed or broken off, the end of the session may be all that is told. */
static void
on_disconnected(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];

    if (!h->closing) {
        return;
    }
    h->closing = false;
    if (h->close_waits) {
        go_on(r, host);
        return;
    }
    switch (h->phase) {
    case PHASE_CONNECTING:
    case PHASE_PROBE_REACH:
    case PHASE_PROBE:
        assert(h->killed);
        end_killed(r, host);
        break;
    case PHASE_REACH:
        end_finally(r, host);
        break;
    case PHASE_WATCH_ENDING:
        watch_ended(r, host);
        break;
    case PHASE_UNTOUCHED:
    case PHASE_BACKOFF:
    case PHASE_ORDERED:
    case PHASE_SENT:
    case PHASE_PAUSE:
    case PHASE_HELD:
    case PHASE_PARKED:
    case PHASE_PROBE_WAIT:
    case PHASE_FINALLY:
    case PHASE_OVER:
    case PHASE_WATCH_QUEUED:
    case PHASE_WATCH_REACH:
    case PHASE_WATCH_PROBE:
        break; /* what was under way ends with its own fact, or nothing was */
    }
}

void
session_fact(struct rollout *r, const struct fact *f)
{
    switch (f->kind) {
    case FACT_CONNECTED:
        on_connected(r, f);
        break;
    case FACT_CONNECT_FAILED:
    case FACT_THROTTLED:
        on_connect_failed(r, f);
        break;
    case FACT_DISCONNECTED:
        on_disconnected(r, f->host);
        break;
    case FACT_CONNECTION_LOST:
        r->hosts[f->host].connected = false;
        break;
    case FACT_STEP_SENT:
    case FACT_STEP_DONE:
    case FACT_STEP_SKIPPED:
    case FACT_STEP_NOT_STARTED:
    case FACT_STEP_UNKNOWN:
    case FACT_PROBE_PASSED:
    case FACT_PROBE_FAILED:
    case FACT_TICK:
    case FACT_FINALLY_DONE:
    case FACT_VERB:
    case FACT_RESUMED:
    case FACT_VERDICT:
        assert(false && "not a fact of a session");
    }
}
