/*
 * stall.c - how long each turn of the loop keeps whoever is ready from being heard.
 *
 * Owns the only variable of this program that is neither a constant nor somebody's: who is
 * watched, since epoll_wait(2) is called from libevent with nothing of ours in its arguments.
 * There is one loop and one thread.  Never allocates.
 */
#include "app/stall.h"

#include <stddef.h>
#include <sys/epoll.h>
#include <time.h>

static struct stall *watched; /* borrowed; NULL: nobody */

int64_t
stall_now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void
stall_watch(struct stall *s)
{
    watched = s;
    if (s != NULL) {
        s->began_us = stall_now_us();
    }
}

void
stall_commit(struct stall *s, int64_t us)
{
    spread_add(&s->commits, us);
    s->commit_us += us;
}

void
stall_wait_begins(struct stall *s, int64_t now_us)
{
    if (s->began_us >= 0) {
        spread_add(&s->turns, now_us - s->began_us - s->commit_us);
    }
    s->began_us = -1;
}

void
stall_wait_ends(struct stall *s, int64_t now_us)
{
    s->began_us = now_us;
    s->commit_us = 0;
}

struct spread_figures
stall_turns(const struct stall *s)
{
    return spread_figures(&s->turns);
}

/* In place of that of the C library, for libevent.  The same: epoll_pwait(2) without a mask. */
int
epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
    struct stall *s = watched;

    if (s == NULL) {
        return epoll_pwait(fd, events, max, timeout_ms, NULL);
    }
    stall_wait_begins(s, stall_now_us());
    const int n = epoll_pwait(fd, events, max, timeout_ms, NULL);
    stall_wait_ends(s, stall_now_us());
    return n;
}
