/*
 * early.c - when the sessions of the next wave begin.
 *
 * Decides that they do not compete with the wave under way: while its hosts connect, or are about
 * to be sent a step, handshakes of others would only delay them.  Owns the line of those that wait.
 * Never lets a host whose turn has come wait.
 */
#include "app/run_state.h"

#include "base/xalloc.h"

enum {
    /* Of a host that does not answer, or of steps that follow one another all the time, nobody
     * waits for the end. */
    AHEAD_WAIT_MS = 200,
};

static void
begin(struct run *run, int32_t host)
{
    struct run_host *h = &run->hosts[host];

    if (h->ahead_waits) {
        h->ahead_waits = false;
        h->mark_us = stall_now_us();
        pool_connect(run->pool, host, &h->target);
    }
}

void
early_event(evutil_socket_t fd, short what, void *arg)
{
    struct run *run = arg;

    (void)fd;
    (void)what;
    (void)evtimer_del(run->early_timer);
    for (size_t i = 0; i < run->ahead_count; i++) {
        begin(run, run->ahead[i]);
    }
    run->ahead_count = 0;
}

void
early_connect(struct run *run, int32_t host)
{
    static const struct timeval longest = {.tv_usec = AHEAD_WAIT_MS * 1000L};

    run->ahead = xgrow(run->ahead, run->ahead_count, &run->ahead_cap, sizeof(*run->ahead));
    run->ahead[run->ahead_count++] = host;
    run->hosts[host].ahead_waits = true;
    if (run->opening == 0) {
        event_active(run->early_timer, EV_TIMEOUT, 0);
    } else if (!evtimer_pending(run->early_timer, NULL)) {
        (void)evtimer_add(run->early_timer, &longest);
    }
}

void
early_start(struct run *run, int32_t host)
{
    begin(run, host);
}

void
early_drop(struct run *run, int32_t host)
{
    run->hosts[host].ahead_waits = false;
}

void
early_opening(struct run_host *h)
{
    h->run->opening += !h->opening;
    h->opening = true;
}

void
early_opened(struct run_host *h)
{
    struct run *run = h->run;

    if (!h->opening) {
        return;
    }
    h->opening = false;
    if (--run->opening == 0 && run->ahead_count > 0) {
        event_active(run->early_timer, EV_TIMEOUT, 0);
    }
}
