/*
 * guard.c - assertions, signals and a clock of processor time end in one jump.
 *
 * Stands in for libc's __assert_fail, so that the text of the assertion becomes the sentence.
 */
#include "sim/guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum { STUCK_SECONDS = 20 };

static struct {
    sigjmp_buf back;
    volatile sig_atomic_t inside;
    volatile uint32_t calls;
    volatile uint32_t calls_seen;
    char why[256];
} guard;

void __assert_fail(const char *expression, const char *file, unsigned line, const char *function)
    __attribute__((noreturn));

void
__assert_fail(const char *expression, const char *file, unsigned line, const char *function)
{
    (void)snprintf(guard.why, sizeof(guard.why), "assertion: %s (%s:%u, %s)", expression, file,
                   line, function);
    if (!guard.inside) {
        (void)fprintf(stderr, "%s\n", guard.why);
        abort();
    }
    siglongjmp(guard.back, 1);
}

static void
on_crash(int number)
{
    if (!guard.inside) {
        (void)signal(number, SIG_DFL);
        (void)raise(number);
        return;
    }
    (void)snprintf(guard.why, sizeof(guard.why), "crashed: signal %d", number);
    siglongjmp(guard.back, 1);
}

/* Processor time has passed; if the same call is still under way, it will not end. */
static void
on_clock(int number)
{
    (void)number;
    if (!guard.inside || guard.calls != guard.calls_seen) {
        guard.calls_seen = guard.calls;
        return;
    }
    (void)snprintf(guard.why, sizeof(guard.why), "does not return");
    siglongjmp(guard.back, 1);
}

void
guard_install(void)
{
    const struct itimerval every = {.it_interval.tv_sec = STUCK_SECONDS,
                                    .it_value.tv_sec = STUCK_SECONDS};
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL};
    struct sigaction on = {.sa_handler = on_crash, .sa_flags = SA_NODEFER};

    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        (void)sigaction(crashes[i], &on, NULL);
    }
    on.sa_handler = on_clock;
    (void)sigaction(SIGVTALRM, &on, NULL);
    (void)setitimer(ITIMER_VIRTUAL, &every, NULL);
}

bool
guard_call(void (*body)(void *arg), void *arg, char *ret_why, size_t why_cap)
{
    guard.calls++;
    if (sigsetjmp(guard.back, 0) != 0) {
        guard.inside = 0;
        (void)snprintf(ret_why, why_cap, "%s", guard.why);
        return false;
    }
    guard.inside = 1;
    body(arg);
    guard.inside = 0;
    return true;
}
