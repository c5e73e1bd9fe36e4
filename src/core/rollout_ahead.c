/*
 * rollout_ahead.c - connects hosts of the next wave while this one finishes, so that the barrier
 * costs no handshakes.
 *
 * Decides who is connected ahead, and what becomes of such a session until its host is started
 * (docs/rollout.md, "Connecting ahead").  Never runs anything on a host, nor touches a slot.
 */
#include "core/rollout_state.h"

#include "core/planted.h"

#include <assert.h>

bool
ahead_is_open(const struct host_state *h)
{
    return h->ahead == AHEAD_CONNECTING || h->ahead == AHEAD_UP;
}

/* ---- who */

static int32_t
most_ahead(const struct rollout *r)
{
    const int32_t ahead_max = plan_policy(r->plan)->ahead_max;

    return (ahead_max < r->width ? ahead_max : r->width) +
           (ahead_max > 0 && PLANTED(AHEAD_ONE_MORE));
}

/* Whoever has no outcome yet is in flight: nobody is in line for a slot, a limit or a retry. */
static bool
all_started(const struct rollout *r)
{
    return r->wave_left == r->active || PLANTED(AHEAD_TOO_EARLY);
}

static bool
connects_now(const struct rollout *r)
{
    return r->ahead_count < most_ahead(r) && r->stage == WAVE_OPEN && r->halt == HALT_NONE &&
           (!r->paused || PLANTED(AHEAD_IN_PAUSE)) && all_started(r) && plan_is_remote(r->plan) &&
           wave_next_follows(r);
}

static bool
may_be_connected(const struct rollout *r, int32_t host)
{
    return r->hosts[host].phase == PHASE_UNTOUCHED &&
           (queue_has_room(&r->queue, host) || !PLANTED(AHEAD_IN_LIMIT));
}

void
ahead_pump(struct rollout *r)
{
    if (!connects_now(r)) {
        return;
    }
    const int32_t begin = plan_wave_begin(r->plan, r->wave + 1);
    const int32_t end = plan_wave_end(r->plan, r->wave + 1);

    r->ahead_next = r->ahead_next < begin ? begin : r->ahead_next;
    while (r->ahead_next < end && r->ahead_count < most_ahead(r)) {
        const int32_t host = plan_host_at(r->plan, r->ahead_next++);
        if (may_be_connected(r, host)) {
            r->hosts[host].ahead = AHEAD_CONNECTING;
            r->ahead_count++;
            session_connect(r, host, PHASE_UNTOUCHED);
        }
    }
}

/* ---- its host is started, or it is closed */

static void
tell_now(struct rollout *r, int32_t host, enum fact_kind kind)
{
    const struct host_state *h = &r->hosts[host];

    session_fact(r, &(struct fact){.kind = kind,
                                   .host = host,
                                   .step = -1,
                                   .attempt = h->connect_attempt,
                                   .cause = (enum cause)h->ahead_cause});
}

bool
ahead_start(struct rollout *r, int32_t host)
{
    struct host_state *h = &r->hosts[host];
    const enum ahead was = h->ahead;

    assert(was != AHEAD_CLOSING);
    h->ahead = AHEAD_NONE;
    if (was == AHEAD_NONE || was == AHEAD_ENDED) {
        h->connect_base -= was == AHEAD_ENDED && PLANTED(AHEAD_IS_A_TRY);
        h->connect_attempt -= was == AHEAD_ENDED && PLANTED(AHEAD_ATTEMPT_REUSED);
        return false;
    }
    r->ahead_count -= was != AHEAD_REFUSED;
    h->phase = PHASE_CONNECTING;
    h->connect_base = h->connect_attempt - 1; /* it is the first of its round */
    if (was != AHEAD_CONNECTING) {
        tell_now(r, host, was == AHEAD_UP ? FACT_CONNECTED : FACT_CONNECT_FAILED);
    }
    return true;
}

static void
close_one(struct rollout *r, int32_t host)
{
    if (ahead_is_open(&r->hosts[host])) {
        r->hosts[host].ahead = AHEAD_CLOSING;
        session_break(r, host);
    }
}

void
ahead_skip(struct rollout *r, int32_t host)
{
    if (!PLANTED(AHEAD_LEFT_BY_SKIP)) {
        close_one(r, host);
    }
}

/* Those of earlier waves have been started, or are being closed already. */
void
ahead_halt(struct rollout *r)
{
    for (int32_t i = plan_wave_begin(r->plan, r->wave);
         i < r->ahead_next && !PLANTED(AHEAD_LEFT_BY_HALT); i++) {
        close_one(r, plan_host_at(r->plan, i));
    }
}

bool
ahead_is_gone(const struct rollout *r)
{
    return r->ahead_count == 0 || PLANTED(AHEAD_NOT_WAITED_FOR);
}

/* ---- facts */

_Static_assert(CAUSES <= UINT8_MAX, "a cause is kept in a byte");

static void
gone(struct rollout *r, int32_t host, enum ahead as)
{
    assert(r->ahead_count > 0);
    r->ahead_count--;
    r->hosts[host].ahead = as;
}

static void
on_connecting(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];

    if (f->attempt != h->connect_attempt && !PLANTED(CONNECT_NOT_COMPARED)) {
        return;
    }
    if (f->kind == FACT_CONNECTED) {
        h->ahead = AHEAD_UP;
    } else if (f->kind == FACT_THROTTLED ||
               (f->kind == FACT_CONNECT_FAILED &&
                (session_helps(f->cause) || PLANTED(AHEAD_REFUSAL_FORGOTTEN)))) {
        gone(r, f->host, AHEAD_ENDED);
    } else if (f->kind == FACT_CONNECT_FAILED) {
        h->ahead_cause = (uint8_t)f->cause;
        gone(r, f->host, AHEAD_REFUSED);
    }
}

bool
ahead_fact(struct rollout *r, const struct fact *f)
{
    struct host_state *h = &r->hosts[f->host];
    const enum ahead was = h->ahead;

    switch (was) {
    case AHEAD_NONE:
        return false;
    case AHEAD_CONNECTING:
        on_connecting(r, f);
        break;
    case AHEAD_UP:
        if (f->kind == FACT_CONNECTION_LOST) {
            gone(r, f->host, AHEAD_ENDED);
        }
        break;
    case AHEAD_CLOSING:
        if (f->kind == FACT_DISCONNECTED) {
            h->closing = false;
            gone(r, f->host, AHEAD_ENDED);
        }
        break;
    case AHEAD_ENDED:
    case AHEAD_REFUSED:
        break; /* nothing is under way until it starts */
    }
    return true;
}
