/*
 * check_watch.c - the late watch: hosts that are ok and released are probed while the run goes on.
 *
 * Decides when a try is due, what a failed one makes of the host and of the bake of its wave.
 */
#include "sim/check_state.h"

static int64_t
interval(const struct check *k)
{
    return k->c->policy.gate_interval_ms < 1 ? 1 : k->c->policy.gate_interval_ms;
}

bool
check_watch_on(const struct check *k)
{
    return k->checks > 0 && k->halt == HALT_NONE && !k->paused && !k->finished && !check_done(k);
}

bool
check_watched(const struct check *k, const struct check_host *h)
{
    return k->checks > 0 && !h->flying && !h->parked && h->outcome == OUTCOME_OK;
}

static bool
wave_bakes(const struct check *k, const struct check_host *h)
{
    return k->phase == WAVE_BAKES && (h->wave == k->wave || k->switch_step >= 0);
}

void
check_watch_begin(struct check *k, struct check_host *h, int64_t from_ms, int64_t to_ms)
{
    h->watch_from_ms = k->now_ms + from_ms;
    h->watch_to_ms = k->now_ms + to_ms;
    h->watch_set = k->facts;
}

static void
turns_failed(struct check *k, struct check_host *h)
{
    check_outcome(k, h, OUTCOME_FAILED);
    h->must_tell = true;
    check_count(k, h);
}

static void
try_over(struct check *k, struct check_host *h, bool passed)
{
    const bool bakes = wave_bakes(k, h);

    h->watching = false;
    k->watching--;
    h->must_close = h->connected;
    if (passed) {
        h->watch_failed = bakes ? h->watch_failed : 0;
        const int64_t after_ms = bakes ? interval(k) : k->c->policy.gate_interval_ms * 5;
        check_watch_begin(k, h, after_ms, after_ms < 1 ? 1 : after_ms);
        return;
    }
    if (bakes) {
        check_wave_wait(k, k->c->policy.wave_bake_ms); /* from its beginning */
    }
    check_watch_begin(k, h, k->c->policy.gate_interval_ms, interval(k));
    if (++h->watch_failed > k->c->policy.gate_retries) {
        turns_failed(k, h);
    }
}

void
check_watch_fact(struct check *k, int32_t host, const struct fact *f)
{
    struct check_host *h = &k->hosts[host];
    const bool connect = h->open == OPEN_CONNECT;

    h->open = OPEN_NONE;
    if (f->kind == FACT_CONNECTED) {
        h->connected = h->ever_connected = true;
        return;
    }
    if (f->kind == FACT_PROBE_FAILED) {
        check_session(h, k->c->checks[h->check].local, f);
    }
    if (connect || f->kind == FACT_PROBE_FAILED) {
        try_over(k, h, false);
    } else if (h->check + 1 < k->checks) {
        h->check++;
    } else {
        try_over(k, h, true);
    }
}

/* All tries under way are broken off, and judged no more. */
void
check_watch_stop(struct check *k)
{
    for (int32_t i = 0; i < k->host_count && k->watching > 0; i++) {
        struct check_host *h = &k->hosts[i];
        if (h->watching) {
            h->watching = false;
            k->watching--;
            h->must_close = true;
            h->breaking = true;
            k->breaking++;
        }
    }
}

/* Such a try has come to its end. */
void
check_watch_broken(struct check *k, struct check_host *h)
{
    h->breaking = false;
    k->breaking--;
    const int64_t after_ms = wave_bakes(k, h) ? interval(k) : k->c->policy.gate_interval_ms * 5;

    check_watch_begin(k, h, after_ms, after_ms < 1 ? 1 : after_ms);
}

/* The bake of the wave begins: every host of it that is ok is probed at once. */
void
check_watch_bake(struct check *k)
{
    for (int32_t i = 0; i < k->host_count && k->checks > 0; i++) {
        struct check_host *h = &k->hosts[i];
        if (wave_bakes(k, h) && check_watched(k, h)) {
            h->watch_failed = 0;
            if (!h->watching) {
                check_watch_begin(k, h, 0, 0);
            }
        }
    }
}
