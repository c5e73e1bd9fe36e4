/*
 * screen_session.h - a screen on a pty: a shell that has it as a job, and who looks at the
 * terminal.
 *
 * Three processes: the test, which holds the pty's other end; a shell, which leads the session,
 * says what becomes of its job, and puts it in front again when it is told to; the job, a small
 * program with a screen.  What they say to each other is in shared memory, and a byte in a pipe
 * whenever something has changed, so that nobody sleeps.
 */
#ifndef SCREEN_SESSION_H
#define SCREEN_SESSION_H

#include "ui/screen.h"

#include "terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

struct shared {
    atomic_int frames;   /* drawn by the job */
    atomic_int changes;  /* the job has asked for a frame for */
    atomic_int gap_us;   /* the longest that a turn of its loop was late */
    atomic_int close_us; /* how long screen_close took */
    atomic_int pace_us;  /* the shortest time between two frames that answer no key */
    atomic_int gone;     /* the job was told that the terminal hung up */
    atomic_int stops;    /* how often it was stopped */
    atomic_int job;      /* its process */
    atomic_int status;   /* of waitpid; -1 while it runs */
    atomic_int other;    /* what a test wants to know */
    struct termios stopped_with, ended_with; /* the terminal's modes at those times */
};

struct session {
    int master, news, orders; /* owned: the pty; what has changed; to the shell */
    pid_t shell;
    struct termios before;
    struct terminal term;
    struct shared *shared;
};

static inline int64_t
session_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---------------------------------------------------------------- the job */

struct job {
    struct shared *shared;
    int news;
    struct event_base *base;
    struct screen *screen;
    struct event *tick;
    char typed[200];
    int64_t tick_us, frame_us;
    bool answers; /* the frame to come answers a key */
    bool noisy;   /* every cell changes in each frame */
};

static inline void
job_tell(const struct job *j)
{
    (void)!write(j->news, "!", 1);
}

static inline void
job_draw(void *arg, struct canvas *c)
{
    struct job *j = arg;
    const int64_t now_us = session_us();
    const int frame = atomic_fetch_add(&j->shared->frames, 1) + 1;
    const int last = canvas_rows(c) - 1;

    for (int row = 0; j->noisy && row < last; row++) {
        for (int col = 0; col < canvas_cols(c); col++) {
            const char letter[2] = {(char)('!' + (row * 31 + col * 17 + frame * 7) % 90), '\0'};
            canvas_text(c, row, col, 1, (unsigned)(row + col + frame) % LOOKS, letter);
        }
    }
    canvas_print(c, 0, 0, canvas_cols(c), LOOK_TITLE, "size %d %d, typed:%s", canvas_rows(c),
                 canvas_cols(c), j->typed);
    canvas_print(c, last, 0, canvas_cols(c), LOOK_PLAIN, "change %d.", j->shared->changes);
    if (frame > 1 && !j->answers && now_us - j->frame_us < j->shared->pace_us) {
        j->shared->pace_us = (int)(now_us - j->frame_us);
    }
    /* The last time that is surely before this frame: we may have been kept since it began. */
    j->frame_us = j->tick_us;
    j->answers = false;
    job_tell(j);
}

static inline void
job_overflow(volatile char *above)
{
    volatile char here[4096];

    here[0] = *above;
    if (here[0] != 'x') { /* it never is */
        job_overflow(here);
    }
    *above = here[0];
}

/* Every millisecond: how late it is, is what anything else in this loop would have waited. */
static inline void
job_tick(evutil_socket_t fd, short what, void *arg)
{
    struct job *j = arg;
    const struct timeval soon = {.tv_usec = 1000};
    const int64_t now_us = session_us();

    (void)fd;
    (void)what;
    if (j->tick_us > 0 && now_us - j->tick_us - 1000 > j->shared->gap_us) {
        j->shared->gap_us = (int)(now_us - j->tick_us - 1000);
    }
    j->tick_us = now_us;
    atomic_fetch_add(&j->shared->changes, 1);
    screen_changed(j->screen);
    (void)event_add(j->tick, &soon);
    job_tell(j);
}

static inline void
job_key(void *arg, const struct key *k)
{
    struct job *j = arg;
    char name[16];
    const size_t len = strlen(j->typed);

    key_name(k, name);
    (void)snprintf(j->typed + len, sizeof(j->typed) - len, " %s", name);
    if (k->code == KEYC_CHAR && k->ctrl && k->ch == 'z') {
        screen_suspend(j->screen);
        return;
    }
    if (k->code == KEYC_CHAR) {
        switch (k->ch) {
        case 'q':
            (void)event_base_loopbreak(j->base);
            return;
        case 'L':
            screen_leave(j->screen);
            j->shared->other++;
            job_tell(j);
            return;
        case 'R':
            screen_redraw(j->screen);
            return;
        case 'T':
            j->noisy = j->answers = true;
            job_tick(-1, 0, j);
            return;
        case 'S':
            (void)event_del(j->tick);
            break;
        case 'A':
            (void)fprintf(stderr, "why it died\033[2J\n");
            abort();
        case 'B':
            (void)raise(SIGBUS);
            break;
        case 'F':
            (void)raise(SIGFPE);
            break;
        case 'O':
            job_overflow(name);
            break;
        default:
            break;
        }
    }
    j->answers = true;
    screen_changed(j->screen);
}

static inline void
job_gone(void *arg)
{
    struct job *j = arg;

    j->shared->gone++;
    (void)event_base_loopbreak(j->base);
}

static inline void
job_enter(evutil_socket_t sig, short what, void *arg)
{
    struct job *j = arg;

    (void)sig;
    (void)what;
    screen_enter(j->screen);
}

static inline int
job_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
    return count;
}

/* The program: a screen until `q`; 0, or what is wrong. */
static inline int
job_main(struct shared *shared, int news)
{
    struct job j = {.shared = shared, .news = news, .base = event_base_new()};
    const int descriptors = job_descriptors();
    struct err err = {0};
    struct sigaction now;

    shared->pace_us = 1 << 30;
    j.tick = event_new(j.base, -1, 0, job_tick, &j);
    struct event *enter = evsignal_new(j.base, SIGUSR1, job_enter, &j);
    (void)event_add(enter, NULL);
    (void)signal(SIGHUP, SIG_IGN); /* the run goes on */
    const struct screen_config config = {j.base, true, job_draw, job_key, job_gone, &j};
    j.screen = screen_open(&config, &err);
    if (j.screen == NULL) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    (void)event_base_dispatch(j.base);
    const int64_t began_us = session_us();
    screen_close(j.screen);
    shared->close_us = (int)(session_us() - began_us);
    event_free(enter);
    event_free(j.tick);
    static const int signals[] = {SIGTTIN, SIGTTOU, SIGTSTP, SIGCONT, SIGWINCH, SIGSEGV, SIGABRT};
    for (size_t i = 0; i < 5; i++) {
        if (sigaction(signals[i], NULL, &now) != 0 || now.sa_handler != SIG_DFL) {
            return 3;
        }
    }
    /* the base keeps two, for signals */
    if (job_descriptors() > descriptors + 2) {
        return 4;
    }
    event_base_free(j.base);
    return 0;
}

/* ---------------------------------------------------------------- the shell */

static inline void
shell_put_in_front(int tty, pid_t group)
{
    (void)tcsetpgrp(tty, group);
}

static inline void
shell_obey(int tty, struct shared *shared, char order)
{
    if (order == 'f') {
        shell_put_in_front(tty, shared->job);
    }
    if (order == 'f' || order == 'b') {
        (void)kill(-shared->job, SIGCONT);
    }
}

static inline void
shell_main(int tty, struct shared *shared, int news, int orders,
           int (*program)(struct shared *, int))
{
    static const int cmockas[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    int status = 0;
    char order = 0;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
    for (size_t i = 0; i < sizeof(cmockas) / sizeof(cmockas[0]); i++) {
        (void)signal(cmockas[i], SIG_DFL);
    }
    (void)signal(SIGTTOU, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    const pid_t job = fork();
    if (job == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)setpgid(0, 0);
        (void)tcsetpgrp(tty, getpid());
        (void)signal(SIGTTOU, SIG_DFL);
        (void)close(orders);
        if (tty != STDERR_FILENO) {
            (void)close(tty);
        }
        const int code = program(shared, news);
        exit(code); /* not _exit: who looks for leaks, does it then */
    }
    (void)setpgid(job, job);
    shared->job = job;
    for (;;) {
        if (waitpid(job, &status, WUNTRACED) < 0) {
            break;
        }
        if (!WIFSTOPPED(status)) {
            (void)tcgetattr(tty, &shared->ended_with);
            shared->status = status;
            (void)!write(news, "!", 1);
            break;
        }
        (void)tcgetattr(tty, &shared->stopped_with);
        shell_put_in_front(tty, getpid());
        shared->stops++;
        (void)!write(news, "!", 1);
        if (read(orders, &order, 1) != 1) {
            (void)kill(-job, SIGKILL);
            continue;
        }
        shell_obey(tty, shared, order);
        if (order == 'b' && read(orders, &order, 1) == 1) { /* not waited for in between */
            shell_obey(tty, shared, order);
        }
    }
    (void)tcsetpgrp(tty, getpid());
    (void)!read(orders, &order,
                1); /* the terminal hangs up when the shell ends: stay for the test */
    _exit(0);
}

/* ---------------------------------------------------------------- the test's side */

static inline void
session_size(struct session *s, int rows, int cols)
{
    const struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    assert_int_equal(ioctl(s->master, TIOCSWINSZ, &size), 0);
}

/* keep_stderr: the job's stderr is the test's, else the terminal. */
static inline void
session_open(struct session *s, int rows, int cols, bool keep_stderr,
             int (*program)(struct shared *, int))
{
    int news[2], orders[2];

    *s = (struct session){.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    assert_true(s->master >= 0 && grantpt(s->master) == 0 && unlockpt(s->master) == 0);
    assert_int_equal(pipe2(news, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(pipe2(orders, O_CLOEXEC), 0);
    s->shared =
        mmap(NULL, sizeof(*s->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(s->shared != MAP_FAILED);
    s->shared->status = -1;
    terminal_init(&s->term, rows, cols, true);
    session_size(s, rows, cols);
    /* as nobody's terminal is by itself */
    const int slave = open(ptsname(s->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(slave >= 0);
    assert_int_equal(tcgetattr(slave, &s->before), 0);
    s->before.c_cc[VINTR] = 7;
    s->before.c_lflag &= ~(tcflag_t)ECHOK;
    assert_int_equal(tcsetattr(slave, TCSANOW, &s->before), 0);
    assert_int_equal(tcgetattr(slave, &s->before), 0);
    s->shell = fork();
    assert_true(s->shell >= 0);
    if (s->shell == 0) {
        (void)close(s->master);
        (void)close(news[0]);
        (void)close(orders[1]);
        (void)setsid();
        (void)ioctl(slave, TIOCSCTTY, 0);
        (void)dup2(slave, STDIN_FILENO);
        if (!keep_stderr) {
            (void)dup2(slave, STDERR_FILENO);
        }
        shell_main(slave, s->shared, news[1], orders[0], program);
    }
    (void)close(slave);
    (void)close(news[1]);
    (void)close(orders[0]);
    s->news = news[0];
    s->orders = orders[1];
}

/* Let what happens happen: the terminal's bytes are taken if it reads, and news. */
static inline void
session_turn(struct session *s, bool reads, int64_t end_us)
{
    struct pollfd p[2] = {{.fd = s->news, .events = POLLIN},
                          {.fd = reads ? s->master : -1, .events = POLLIN}};
    char bytes[8192];
    const int64_t left_ms = (end_us - session_us()) / 1000;

    if (left_ms <= 0) {
        fail_msg("it did not come; stops %d, status %x, frames %d, complaint %s", s->shared->stops,
                 (unsigned)s->shared->status, s->shared->frames, s->term.complaint);
    }
    (void)poll(p, 2, (int)left_ms);
    if (p[0].revents != 0) {
        (void)!read(s->news, bytes, sizeof(bytes));
    }
    if (p[1].revents != 0) {
        const ssize_t n = read(s->master, bytes, sizeof(bytes));
        terminal_take(&s->term, bytes, n > 0 ? (size_t)n : 0);
        assert_string_equal(s->term.complaint, "");
    }
}

/* Until text is seen. */
static inline void
session_see(struct session *s, const char *text)
{
    const int64_t end_us = session_us() + (int64_t)PATIENCE_MS * 1000;

    while (!terminal_shows(&s->term, text)) {
        session_turn(s, true, end_us);
    }
}

/* Until a figure has reached a value; reads: the terminal goes on meanwhile. */
static inline void
session_count(struct session *s, const atomic_int *figure, int value, bool reads)
{
    const int64_t end_us = session_us() + (int64_t)(PATIENCE_MS + 2 * value) * 1000;

    while (*figure < value) {
        session_turn(s, reads, end_us);
    }
}

static inline void
session_type(struct session *s, const char *bytes)
{
    assert_int_equal(write(s->master, bytes, strlen(bytes)), strlen(bytes));
}

static inline void
session_order(struct session *s, char order)
{
    assert_int_equal(write(s->orders, &order, 1), 1);
}

static inline bool
session_same_modes(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

/* The terminal is as it was found, once it has taken what it was sent. */
static inline void
session_assert_found(struct session *s, const struct termios *modes)
{
    const int64_t end_us = session_us() + (int64_t)PATIENCE_MS * 1000;

    assert_true(session_same_modes(modes, &s->before));
    while (s->term.alternate || s->term.mouse || s->term.sgr_mouse || s->term.paste ||
           s->term.cursor_hidden) {
        session_turn(s, true, end_us);
    }
    assert_int_equal(s->term.pen.attributes, 0);
    assert_int_equal(s->term.pen.fore, -1);
    assert_int_equal(s->term.pen.back, -1);
}

static inline bool
session_is_raw(struct session *s)
{
    struct termios now;

    assert_int_equal(tcgetattr(s->master, &now), 0);
    return (now.c_lflag & (ICANON | ECHO | ISIG)) == 0;
}

static inline void
session_end(struct session *s)
{
    (void)close(s->orders);
    if (s->shared->status == -1) {
        (void)kill(s->shared->job, SIGKILL);
    }
    (void)waitpid(s->shell, NULL, 0);
    (void)close(s->master);
    (void)close(s->news);
    (void)munmap(s->shared, sizeof(*s->shared));
    terminal_release(&s->term);
}

/* Until the job has ended, with this code. */
static inline void
session_exits(struct session *s, int code)
{
    const int64_t end_us = session_us() + (int64_t)PATIENCE_MS * 1000;

    while (s->shared->status == -1) {
        session_turn(s, true, end_us);
    }
    assert_true(WIFEXITED(s->shared->status));
    assert_int_equal(WEXITSTATUS(s->shared->status), code);
}

#endif
