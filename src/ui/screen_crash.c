/*
 * screen_crash.c - the terminal put right by a process that is dying.
 *
 * Decides what is done in the handler: only what is safe in one (signal-safety(7)).  Owns the
 * handlers of the signals of a crash, their stack, and stderr's place holder.  Its state cannot but
 * be static: a handler is given nothing.
 */
#include "ui/screen_crash.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STACK_BYTES = 1 << 16, PIECE_BYTES = 512, TAKES_MS = 50 };

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { CRASHES = sizeof(crashes) / sizeof(crashes[0]) };

static struct {
    volatile sig_atomic_t armed;
    pid_t pid; /* who armed it: not a child that does not run anything else yet */
    int fd;
    struct termios found;
    char reset[SCREEN_CRASH_RESET_MAX];
    size_t reset_len;
    int kept, stderr_fd; /* owned while stderr is kept: memory, and where it went before; or -1 */
    struct sigaction before[CRASHES];
    stack_t stack_before;
} state = {.kept = -1, .stderr_fd = -1};

/* The stack that overflowed is none to run on. */
static char stack[STACK_BYTES];

/* ---------------------------------------------------------------- safe in a handler */

/* To the terminal, as long as it takes something now and then; false: it does not. */
static bool
write_whole(const char *bytes, size_t len)
{
    while (len > 0) {
        struct pollfd p = {.fd = state.fd, .events = POLLOUT};
        const ssize_t n = write(state.fd, bytes, len);
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        } else if (n == 0 || (errno != EINTR && errno != EAGAIN) || poll(&p, 1, TAKES_MS) == 0) {
            return false;
        }
    }
    return true;
}

/* Programs that we start have the same stderr: what they write is text, and nothing else. */
static void
tame(char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const unsigned char b = (unsigned char)bytes[i];
        const bool c1 = i > 0 && (unsigned char)bytes[i - 1] == 0xc2 && b >= 0x80 && b < 0xa0;
        if ((b < 0x20 && b != '\n' && b != '\t') || b == 0x7f || c1) {
            bytes[i] = '?';
        }
    }
}

/* What was said to stderr, to the terminal: stderr itself might keep us for ever.  False: it does
 * not take all of it. */
static bool
say_kept(void)
{
    char piece[PIECE_BYTES];
    const off_t len = state.kept < 0 ? 0 : lseek(state.kept, 0, SEEK_CUR);
    bool takes = true;

    for (off_t at = 0; takes && at < len;) {
        const off_t left = len - at;
        const size_t most = left < PIECE_BYTES ? (size_t)left : (size_t)PIECE_BYTES;
        const ssize_t n = pread(state.kept, piece, most, at);
        if (n <= 0) {
            break;
        }
        tame(piece, (size_t)n);
        takes = write_whole(piece, (size_t)n);
        at += n;
    }
    return takes;
}

static void
let_stderr_go(void)
{
    if (state.kept >= 0) {
        (void)dup2(state.stderr_fd, STDERR_FILENO);
        (void)close(state.kept);
        (void)close(state.stderr_fd);
        state.kept = state.stderr_fd = -1;
    }
}

static void
put_terminal_right(void)
{
    if (tcgetpgrp(state.fd) != getpgrp()) {
        return;
    }
    const bool takes = write_whole(state.reset, state.reset_len);
    (void)tcsetattr(state.fd, TCSANOW, &state.found);
    if (!takes || !say_kept()) {
        (void)tcflush(state.fd, TCOFLUSH); /* whoever reads it does not; make room */
        (void)write_whole(state.reset, state.reset_len);
        (void)say_kept();
    }
}

static void
on_crash(int sig)
{
    const int error = errno;

    if (state.armed && state.pid == getpid()) {
        state.armed = 0;
        put_terminal_right();
        let_stderr_go();
    }
    for (size_t i = 0; i < CRASHES; i++) {
        (void)sigaction(crashes[i], &state.before[i], NULL);
    }
    errno = error;
    (void)raise(sig); /* blocked here: it comes when this has returned */
}

/* ---------------------------------------------------------------- arming */

/* stderr may be a file, or another terminal. */
static bool
is_ours(int fd)
{
    unsigned ours = 0, its = 0;

    return ioctl(state.fd, TIOCGDEV, &ours) == 0 && ioctl(fd, TIOCGDEV, &its) == 0 && ours == its;
}

/* Sealed at its size: what is past it is refused, however many programs write. */
static void
keep_stderr(void)
{
    if (!is_ours(STDERR_FILENO)) {
        return;
    }
    const int kept = memfd_create("stderr", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    const int before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (kept < 0 || before < 0 || ftruncate(kept, SCREEN_STDERR_MAX) != 0 ||
        fcntl(kept, F_ADD_SEALS, F_SEAL_GROW) != 0 || dup2(kept, STDERR_FILENO) < 0) {
        (void)close(kept);
        (void)close(before);
        return;
    }
    state.kept = kept;
    state.stderr_fd = before;
}

void
screen_crash_arm(int fd, const struct termios *found, const char *reset, size_t len)
{
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};

    assert(!state.armed && len <= sizeof(state.reset));
    state.pid = getpid();
    state.fd = fd;
    state.found = *found;
    memcpy(state.reset, reset, len);
    state.reset_len = len;
    keep_stderr();
    (void)sigaltstack(&own, &state.stack_before);
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < CRASHES; i++) {
        (void)sigaction(crashes[i], &action, &state.before[i]);
    }
    state.armed = 1;
}

void
screen_crash_disarm(void)
{
    if (!state.armed) {
        return;
    }
    state.armed = 0;
    for (size_t i = 0; i < CRASHES; i++) {
        (void)sigaction(crashes[i], &state.before[i], NULL);
    }
    (void)sigaltstack(&state.stack_before, NULL);
    (void)say_kept();
    let_stderr_go();
}
