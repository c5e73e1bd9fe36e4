/*
 * jump.c - LD_PRELOAD: the wall clock jumps a day at each look, forth and back; the monotonic one
 * goes on.
 */
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { DAY_S = 24 * 3600 };

static time_t
jump_s(void)
{
    static atomic_int looks;
    const int look = atomic_fetch_add(&looks, 1);

    return (look % 3 - 1) * DAY_S;
}

int
clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    const int rc = (int)syscall(SYS_clock_gettime, clock, ret_time);

    if (rc == 0 && clock == CLOCK_REALTIME) {
        ret_time->tv_sec += jump_s();
    }
    return rc;
}

time_t
time(time_t *ret_time)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time != NULL) {
        *ret_time = now.tv_sec;
    }
    return now.tv_sec;
}

int
gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    *ret_time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}
