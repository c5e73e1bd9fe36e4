/*
 * stall.c - how long a turn of an event loop takes, seen from outside: LD_PRELOAD it.
 *
 * A turn is from one return of epoll_wait to the next call.  What fsync and fdatasync take is told
 * apart.  At exit one line is appended to the file in STALL_OUT: turns, then wall time, CPU time of
 * the thread, and wall time of the turns in which no other process was given the processor (ms: p50
 * p99 p99.9 max, without commits), the commits, what is left open and the most memory ever used.
 *
 *   cc -O2 -shared -fPIC -o stall.so bench/stall.c && LD_PRELOAD=$PWD/stall.so STALL_OUT=x PROGRAM
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { STEP_US = 10, BUCKETS = 200 * 1000 }; /* up to 2 s */

struct spread {
    uint32_t counts[BUCKETS];
    uint64_t total;
    uint64_t max_ns;
};

static struct spread wall, cpu, own, commits;
static uint64_t turn_wall_ns, turn_cpu_ns, turn_commit_ns, turn_commit_cpu_ns;
static long turn_preempted;
static pid_t owner;

static uint64_t
now_ns(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void
add(struct spread *s, uint64_t ns)
{
    const uint64_t bucket = ns / (STEP_US * 1000);

    s->counts[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    s->total++;
    s->max_ns = ns > s->max_ns ? ns : s->max_ns;
}

static double
percentile_ms(const struct spread *s, double part)
{
    const double wanted = (double)s->total * part;
    uint64_t seen = 0;

    for (int i = 0; i < BUCKETS; i++) {
        seen += s->counts[i];
        if (seen > 0 && (double)seen >= wanted) {
            return (double)(i + 1) * STEP_US / 1000.0;
        }
    }
    return 0;
}

/* How often another process was given the processor instead of us. */
static long
preempted(void)
{
    struct rusage used = {0};

    (void)getrusage(RUSAGE_THREAD, &used);
    return used.ru_nivcsw;
}

static void
end_turn(void)
{
    if (owner == getpid()) {
        const uint64_t took_ns = now_ns(CLOCK_MONOTONIC) - turn_wall_ns - turn_commit_ns;
        add(&wall, took_ns);
        if (preempted() == turn_preempted) {
            add(&own, took_ns);
        }
        add(&cpu, now_ns(CLOCK_THREAD_CPUTIME_ID) - turn_cpu_ns - turn_commit_cpu_ns);
    }
}

static void
begin_turn(void)
{
    owner = getpid();
    turn_wall_ns = now_ns(CLOCK_MONOTONIC);
    turn_cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
    turn_commit_ns = turn_commit_cpu_ns = 0;
    turn_preempted = preempted();
}

/* inventory-manager has an epoll_wait of its own, which comes here; others' libraries call
 * epoll_wait. */
int
epoll_pwait(int epfd, struct epoll_event *events, int max, int timeout, const sigset_t *mask)
{
    static int (*real)(int, struct epoll_event *, int, int, const sigset_t *);

    if (real == NULL) {
        *(void **)&real = dlsym(RTLD_NEXT, "epoll_pwait");
    }
    end_turn();
    const int n = real(epfd, events, max, timeout, mask);
    begin_turn();
    return n;
}

int
epoll_wait(int epfd, struct epoll_event *events, int max, int timeout)
{
    return epoll_pwait(epfd, events, max, timeout, NULL);
}

static int
sync_with(const char *name, int fd)
{
    const uint64_t begin_ns = now_ns(CLOCK_MONOTONIC);
    const uint64_t begin_cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
    int (*real)(int);

    *(void **)&real = dlsym(RTLD_NEXT, name);
    const int rc = real(fd);
    const uint64_t took_ns = now_ns(CLOCK_MONOTONIC) - begin_ns;
    turn_commit_ns += took_ns;
    turn_commit_cpu_ns += now_ns(CLOCK_THREAD_CPUTIME_ID) - begin_cpu_ns;
    add(&commits, took_ns);
    return rc;
}

int
fsync(int fd)
{
    return sync_with("fsync", fd);
}

int
fdatasync(int fd)
{
    return sync_with("fdatasync", fd);
}

static int
descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = -3;

    while (dir != NULL && readdir(dir) != NULL) {
        count++;
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return count;
}

static long
peak_kb(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    long kb = 0;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        (void)sscanf(line, "VmHWM: %ld", &kb);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kb;
}

static void
print(FILE *out, const char *name, const struct spread *s)
{
    (void)fprintf(out, " %s=%.2f/%.2f/%.2f/%.2f", name, percentile_ms(s, 0.5),
                  percentile_ms(s, 0.99), percentile_ms(s, 0.999), (double)s->max_ns / 1e6);
}

__attribute__((destructor)) static void
report(void)
{
    const char *path = getenv("STALL_OUT");
    FILE *out = path == NULL || owner != getpid() ? NULL : fopen(path, "ae");

    if (out == NULL) {
        return;
    }
    (void)fprintf(out, "turns=%lu", (unsigned long)wall.total);
    print(out, "wall_ms", &wall);
    print(out, "cpu_ms", &cpu);
    print(out, "own_ms", &own);
    (void)fprintf(out, " commits=%lu", (unsigned long)commits.total);
    print(out, "commit_ms", &commits);
    (void)fprintf(out, " fds=%d peak_kb=%ld\n", descriptors(), peak_kb());
    (void)fclose(out);
}
