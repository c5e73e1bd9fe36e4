/*
 * check_ahead.c - sessions of the next wave that are opened while this one finishes.
 *
 * Decides when one must be ordered and for whom, what facts of it mean before its host is started,
 * and what its host starts with.  Such a host has no slot and no order that is open: all that is
 * known of its session is here.
 */
#include "sim/check_state.h"

const char *
check_met_name(enum check_met met)
{
    static const char *const names[CHECK_METS] = {
        [MET_ORDERED] = "ordered",
        [MET_CONNECTED] = "connected",
        [MET_FAILED] = "failed for good",
        [MET_FORGOTTEN] = "failed and forgotten",
        [MET_THROTTLED] = "throttled",
        [MET_LOST] = "lost",
        [MET_PAUSED] = "stood in a pause",
        [MET_CLOSED_BY_HALT] = "closed by a halt",
        [MET_CLOSED_BY_SKIP] = "closed by skip",
        [MET_CLOSED_CONNECTING] = "closed while connecting",
        [MET_TOO_LATE] = "told while closing",
        [MET_STARTED_UP] = "started with it",
        [MET_STARTED_CONNECTING] = "started while connecting",
        [MET_STARTED_FAILED] = "started as failed",
        [MET_STARTED_ANEW] = "started anew",
        [MET_HALTED] = "halted by a start",
        [MET_FINISH_WAITED] = "waited for by finish",
        [MET_ROLLBACK_WAITED] = "waited for by the rollback",
    };

    return names[met];
}

static bool
is_ahead(const struct check_host *h)
{
    return h->ahead == AHEAD_CONNECTING || h->ahead == AHEAD_UP || h->ahead == AHEAD_CLOSING;
}

static int32_t
most(const struct check *k)
{
    return k->c->policy.ahead_max < k->width ? k->c->policy.ahead_max : k->width;
}

/* ---- when, and who */

/* NULL: now; else why not.  What holds for the whole run first. */
static const char *
why_not_now(const struct check *k)
{
    const struct policy *o = &k->c->policy;

    if (o->ahead_max <= 0) {
        return "nothing is connected ahead";
    }
    if (!k->remote) {
        return "nothing needs a connection";
    }
    if (k->switch_step >= 0) {
        return "not with blue_green";
    }
    if (o->wave_bake_ms > 0 || o->wave_pause_ms > 0) {
        return "the next wave does not follow at once";
    }
    if (k->finished || k->halt != HALT_NONE) {
        return "the run has a halt or is over";
    }
    if (k->paused) {
        return "the run is paused";
    }
    if (k->phase != WAVE_OPEN) {
        return "the wave under way is over";
    }
    if (k->wave + 1 >= k->waves) {
        return "no wave follows";
    }
    if (k->canary_waves > 0 && k->wave == k->canary_waves - 1 && o->promote == PROMOTE_MANUAL) {
        return "the canary waits for promote";
    }
    if (k->queued > 0) {
        return "a host waits for its retry";
    }
    return k->first_untouched < k->wave_begin[k->wave + 1] ? "a host of this wave has not started"
                                                           : NULL;
}

/* By position, each once in a run; -1: none is left. */
static int32_t
next_of_wave(const struct check *k)
{
    const int32_t begin = k->wave_begin[k->wave + 1];

    for (int32_t i = k->ahead_from > begin ? k->ahead_from : begin; i < k->wave_begin[k->wave + 2];
         i++) {
        const int32_t host = k->host_at[i];
        if (k->hosts[host].outcome == OUTCOME_UNTOUCHED && k->hosts[host].ahead == AHEAD_NEVER) {
            return host;
        }
    }
    return -1;
}

int32_t
check_next_ahead(const struct check *k)
{
    return why_not_now(k) != NULL || k->ahead >= most(k) ? -1 : next_of_wave(k);
}

void
check_ahead_order(struct check *k, struct check_host *h, const struct order *o)
{
    const char *why = why_not_now(k);
    const int32_t next = why == NULL ? next_of_wave(k) : -1;

    CHECK(k, why == NULL, "connect of host %d ahead: %s", (int)o->host, why);
    CHECK(k, h->ahead == AHEAD_NEVER, "connect of host %d ahead: a second time in this run",
          (int)o->host);
    CHECK(k, k->ahead < most(k), "connect of host %d ahead: %d sessions are ahead, of %d",
          (int)o->host, (int)k->ahead, (int)most(k));
    CHECK(k, next == o->host, "connect of host %d ahead: it is the turn of host %d", (int)o->host,
          (int)next);
    CHECK(k, o->attempt == 1, "connect of host %d ahead: attempt %d, not 1", (int)o->host,
          (int)o->attempt);
    CHECK(k, o->slot == -1, "connect of host %d ahead: slot %d, it has none", (int)o->host,
          (int)o->slot);
    h->ahead = AHEAD_CONNECTING;
    h->connects = 1;
    k->ahead++;
    k->ahead_from = h->position + 1;
    k->ahead_told = k->facts;
    k->met[MET_ORDERED]++;
}

/* ---- facts */

static void
session_ends(struct check *k, struct check_host *h, enum check_ahead how, enum check_met met)
{
    h->ahead = how;
    k->ahead--;
    k->met[met]++;
}

/* Trying again does not help. */
static bool
is_for_good(const struct fact *f)
{
    return f->kind == FACT_CONNECT_FAILED && f->cause != CAUSE_NAME_TEMPORARY &&
           f->cause != CAUSE_CONNECT && f->cause != CAUSE_KEX && f->cause != CAUSE_LOST;
}

static void
attempt_ends(struct check *k, struct check_host *h, const struct fact *f)
{
    if (f->attempt != 1) {
        return;
    }
    if (f->kind == FACT_CONNECTED) {
        h->ahead = AHEAD_UP;
        k->met[MET_CONNECTED]++;
        return;
    }
    h->ahead_cause = f->cause;
    k->met_cause[f->cause] += f->kind == FACT_CONNECT_FAILED;
    if (is_for_good(f)) {
        session_ends(k, h, AHEAD_FAILED, MET_FAILED);
    } else {
        session_ends(k, h, AHEAD_FORGOTTEN,
                     f->kind == FACT_THROTTLED ? MET_THROTTLED : MET_FORGOTTEN);
    }
}

/* Once it is to be closed, nothing but its end counts. */
static void
fact_of_closing(struct check *k, struct check_host *h, const struct fact *f)
{
    if (f->kind != FACT_DISCONNECTED) {
        k->met[MET_TOO_LATE]++;
        return;
    }
    h->closing--;
    k->ahead_closing--;
    k->met[MET_FINISH_WAITED] += k->ahead_closing == 0 && check_done(k);
    k->met[MET_ROLLBACK_WAITED] += k->ahead_closing == 0 && k->roll_back && k->active == 0;
    session_ends(k, h, AHEAD_OVER,
                 h->outcome == OUTCOME_SKIPPED ? MET_CLOSED_BY_SKIP : MET_CLOSED_BY_HALT);
}

/* False: the host has no session ahead, and the fact is for others. */
bool
check_ahead_fact(struct check *k, struct check_host *h, const struct fact *f)
{
    if (!is_ahead(h)) {
        return false;
    }
    if (h->ahead == AHEAD_CLOSING) {
        fact_of_closing(k, h, f);
    } else if (h->ahead == AHEAD_UP && f->kind == FACT_CONNECTION_LOST) {
        session_ends(k, h, AHEAD_FORGOTTEN, MET_LOST);
    } else if (h->ahead == AHEAD_CONNECTING &&
               (f->kind == FACT_CONNECTED || f->kind == FACT_CONNECT_FAILED ||
                f->kind == FACT_THROTTLED)) {
        attempt_ends(k, h, f);
    }
    return true;
}

/* ---- its host starts */

void
check_ahead_start(struct check *k, struct check_host *h)
{
    const struct fact failed = {.kind = FACT_CONNECT_FAILED, .cause = h->ahead_cause};
    const enum check_ahead was = h->ahead;

    h->ahead = was == AHEAD_NEVER ? was : AHEAD_OVER;
    switch (was) {
    case AHEAD_UP: /* as if `connected` came now */
        k->ahead--;
        k->denials = 0;
        h->connected = h->was_connected = h->ever_connected = true;
        h->round_connects = 1;
        k->met[MET_STARTED_UP]++;
        break;
    case AHEAD_CONNECTING:
        k->ahead--;
        h->open = OPEN_CONNECT;
        h->round_connects = 1;
        k->met[MET_STARTED_CONNECTING]++;
        break;
    case AHEAD_FAILED: /* as if that came now */
        k->met[MET_STARTED_FAILED]++;
        check_connect_failed(k, h, &failed);
        k->met[MET_HALTED] += k->halt != HALT_NONE || k->paused;
        break;
    case AHEAD_FORGOTTEN:
        k->met[MET_STARTED_ANEW]++;
        break;
    case AHEAD_NEVER:
    case AHEAD_CLOSING:
    case AHEAD_OVER:
        break;
    }
}

/* ---- closing */

static void
close_it(struct check *k, struct check_host *h)
{
    k->met[MET_CLOSED_CONNECTING] += h->ahead == AHEAD_CONNECTING;
    h->ahead = AHEAD_CLOSING;
    h->must_close = true;
    k->ahead_closing++;
}

void
check_ahead_skip(struct check *k, struct check_host *h)
{
    if (is_ahead(h)) {
        close_it(k, h);
    }
}

void
check_ahead_halt(struct check *k)
{
    for (int32_t i = 0; i < k->host_count && k->ahead > k->ahead_closing; i++) {
        if (is_ahead(&k->hosts[i]) && k->hosts[i].ahead != AHEAD_CLOSING) {
            close_it(k, &k->hosts[i]);
        }
    }
}

/* After a halt the lowest position is closed first. */
void
check_ahead_closed(struct check *k, const struct check_host *h)
{
    if (h->ahead != AHEAD_CLOSING || k->halt == HALT_NONE) {
        return;
    }
    for (int32_t i = 0; i < h->position; i++) {
        const struct check_host *other = &k->hosts[k->host_at[i]];
        CHECK(k, !other->must_close || other->ahead != AHEAD_CLOSING,
              "disconnect of host %d ahead: host %d is to be closed first",
              (int)k->host_at[h->position], (int)k->host_at[i]);
    }
}

void
check_ahead_pause(struct check *k)
{
    k->met[MET_PAUSED] += (uint64_t)(k->ahead - k->ahead_closing);
}
