/*
 * local.c - children of the loop: /bin/sh on this machine, for `local` steps and for local hosts.
 *
 * Decides when a child is over and what of its group is killed.  Owns the children, their pipes and
 * the line of those that wait.  Never blocks the loop, never lets a child have a descriptor, a
 * signal setting or an environment of ours.  SIGCHLD belongs to this file: libevent hands it over,
 * and works where a pidfd does not (valgrind, strict containers).
 *
 *   waiting -> running -> (deadline, local_kill) -> termed -> (the grace) -> killed
 *
 * A child that has exited stays a zombie as long as its group may be signalled: the zombie keeps
 * the number from being given to strangers.
 */
#include "proc/local.h"

#include "base/strv.h"
#include "base/xalloc.h"
#include "proc/spawn.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_BYTES_MAX = 65536, CHECK_MS = 50 };

enum phase { PHASE_WAITING, PHASE_RUNNING, PHASE_TERMED, PHASE_KILLED };

struct stream {
    struct local *child; /* borrowed */
    struct event *event; /* owned; NULL: at its end */
    int fd;
};

struct local {
    struct locals *all;        /* borrowed */
    struct local *next, *prev; /* in the list it is in */
    enum phase phase;
    bool exited;     /* it is a zombie, or reaped */
    bool reaped;     /* its number is no longer ours */
    bool group_gone; /* nobody of its group lives: never signal it again */
    bool timed_out;
    bool told_to_end; /* local_kill while it waited */
    bool fed;         /* local_feed: in no line, no limit on open pipes */
    bool survives;    /* KILL did not help: it lives, or somebody holds its pipes */
    pid_t pid;
    int exit_code, signal;
    int64_t timeout_ms;
    char *script;    /* owned; of one that is fed: NULL */
    char *cwd;       /* owned */
    struct strv env; /* the whole environment */
    struct stream streams[2];
    int in;              /* owned: what it reads, of one that is fed; -1 */
    struct event *room;  /* owned: it reads on */
    struct event *timer; /* owned: deadline, grace, drain */
    struct event *check; /* owned: is the group gone? */
    struct local_events events;
    void *arg; /* borrowed */
};

struct list {
    struct local *first, *last;
};

struct locals {
    struct locals_config config;
    struct event *later; /* owned */
    struct event *exits; /* owned: SIGCHLD */
    struct list waiting; /* owned */
    struct list running; /* owned */
    int running_count;
    char bytes[READ_BYTES_MAX];
};

static void
list_add(struct list *l, struct local *c)
{
    c->next = NULL;
    c->prev = l->last;
    if (l->last == NULL) {
        l->first = c;
    } else {
        l->last->next = c;
    }
    l->last = c;
}

static void
list_remove(struct list *l, struct local *c)
{
    if (c->prev == NULL) {
        l->first = c->next;
    } else {
        c->prev->next = c->next;
    }
    if (c->next == NULL) {
        l->last = c->prev;
    } else {
        c->next->prev = c->prev;
    }
}

static void
arm(struct event *e, int64_t ms)
{
    const struct timeval t = {.tv_sec = (time_t)(ms / 1000),
                              .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

    if (event_add(e, &t) < 0) {
        abort(); /* out of memory */
    }
}

/* ---- the end of a child ---- */

static void
stream_close(struct stream *s)
{
    if (s->event != NULL) {
        event_free(s->event);
        s->event = NULL;
        (void)close(s->fd);
    }
}

static void
input_close(struct local *c)
{
    if (c->room != NULL) {
        event_free(c->room);
        c->room = NULL;
    }
    if (c->in >= 0) {
        (void)close(c->in);
        c->in = -1;
    }
}

static void
local_free(struct local *c)
{
    input_close(c);
    stream_close(&c->streams[0]);
    stream_close(&c->streams[1]);
    if (c->timer != NULL) {
        event_free(c->timer);
        event_free(c->check);
    }
    strv_clear(&c->env);
    if (c->script != NULL) {
        explicit_bzero(c->script, strlen(c->script));
        free(c->script);
    }
    free(c->cwd);
    free(c);
}

/* Give the number back; a child that will not die (asleep in the kernel) is left to the system. */
static void
reap(struct local *c)
{
    if (!c->reaped && waitpid(c->pid, NULL, WNOHANG) != 0) {
        c->reaped = true;
    }
}

static void
finish(struct local *c)
{
    struct locals *all = c->all;

    assert(c->phase != PHASE_WAITING);
    if (!c->exited) { /* even KILL has not ended it */
        c->exit_code = -1;
        c->signal = SIGKILL;
    }
    reap(c);
    list_remove(&all->running, c);
    all->running_count -= c->fed ? 0 : 1;
    event_active(all->later, EV_TIMEOUT, 0); /* the next in line */
    c->events.ended(c->arg, c->exit_code, c->signal, c->timed_out);
    local_free(c);
}

/* Whether anybody of the group lives.  The number must be given back to know, since the zombie
 * counts; it cannot come round to strangers unseen between two looks of 50 ms. */
static bool
group_gone(struct local *c)
{
    reap(c);
    if (c->reaped && kill(-c->pid, 0) < 0 && errno == ESRCH) {
        c->group_gone = true;
    }
    return c->group_gone;
}

static void
signal_group(const struct local *c, int number)
{
    if (!c->group_gone) {
        (void)kill(-c->pid, number);
    }
}

/* After each event: is it over?  c may be gone after. */
static void
settle(struct local *c)
{
    const bool drained = c->streams[0].event == NULL && c->streams[1].event == NULL;

    if (!c->exited || (c->phase == PHASE_TERMED && !group_gone(c))) {
        return;
    }
    if (drained) {
        finish(c);
    }
}

static void
terminate(struct local *c)
{
    c->phase = PHASE_TERMED;
    signal_group(c, SIGTERM);
    arm(c->timer, c->all->config.grace_ms);
    if (c->exited) {
        arm(c->check, CHECK_MS);
    }
}

/* ---- what the loop tells ---- */

/* Whether it has exited, and how; it is not reaped by this. */
static bool
has_exited(struct local *c)
{
    siginfo_t info = {0};

    if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
        if (errno != ECHILD) {
            return false;
        }
        c->reaped = true; /* by somebody else: how it ended is lost */
        info = (siginfo_t){.si_code = CLD_KILLED};
        info.si_status = SIGKILL;
    } else if (info.si_pid == 0) {
        return false;
    }
    c->exited = true;
    c->exit_code = info.si_code == CLD_EXITED ? info.si_status : -1;
    c->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
    return true;
}

/* Take note of an exit: what is left of its group or in its pipes gets its time.  c may be gone
 * after. */
static void
note_exit(struct local *c)
{
    if (c->fed) {
        c->events.exited(c->arg, c->exit_code, c->signal);
    } else if (c->phase == PHASE_RUNNING) {
        arm(c->timer, c->all->config.grace_ms);
    }
    if (c->phase == PHASE_TERMED) {
        arm(c->check, CHECK_MS);
    }
    settle(c);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct local *c = arg;

    (void)fd;
    (void)what;
    switch (c->phase) {
    case PHASE_WAITING:
        break;
    case PHASE_RUNNING:
        if (c->exited) { /* somebody in the background holds the pipes: let him */
            finish(c);
        } else if (has_exited(c)) { /* by itself: its signal stands in line behind this timer */
            note_exit(c);
        } else {
            c->timed_out = true;
            terminate(c);
        }
        break;
    case PHASE_TERMED:
        c->phase = PHASE_KILLED;
        signal_group(c, SIGKILL);
        arm(c->timer, c->all->config.grace_ms);
        settle(c);
        break;
    case PHASE_KILLED: /* another user's, asleep in the kernel, or no more of the group */
        c->survives = true;
        finish(c);
        break;
    }
}

static void
on_check(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    settle(arg);
}

/* A signal stands for one child or for several. */
static void
on_exits(evutil_socket_t fd, short what, void *arg)
{
    struct locals *l = arg;

    (void)fd;
    (void)what;
    for (struct local *c = l->running.first, *next; c != NULL; c = next) {
        next = c->next;
        if (!c->exited && has_exited(c)) {
            note_exit(c);
        }
    }
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct stream *s = arg;
    struct local *c = s->child;
    const ssize_t n = read(fd, c->all->bytes, sizeof(c->all->bytes));

    (void)what;
    if (n > 0) {
        c->events.output(c->arg, s == &c->streams[1], c->all->bytes, (size_t)n);
        return;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    stream_close(s);
    settle(c);
}

static void
on_room(evutil_socket_t fd, short what, void *arg)
{
    const struct local *c = arg;

    (void)fd;
    (void)what;
    c->events.room(c->arg);
}

/* ---- the start of a child ---- */

static void
watch_stream(struct local *c, int which, int fd)
{
    struct stream *s = &c->streams[which];

    *s = (struct stream){.child = c, .fd = fd};
    s->event = event_new(c->all->config.base, fd, EV_READ | EV_PERSIST, on_readable, s);
    if (s->event == NULL || event_add(s->event, NULL) < 0) {
        abort(); /* out of memory */
    }
}

static void
watch(struct local *c, const struct spawned *spawned)
{
    struct event_base *base = c->all->config.base;

    c->phase = PHASE_RUNNING;
    c->pid = spawned->pid;
    if (spawned->out >= 0) {
        watch_stream(c, 0, spawned->out);
    }
    watch_stream(c, 1, spawned->errors);
    c->timer = event_new(base, -1, 0, on_timer, c);
    c->check = event_new(base, -1, EV_PERSIST, on_check, c);
    if (c->timer == NULL || c->check == NULL) {
        abort(); /* out of memory */
    }
    if (c->timeout_ms > 0) {
        arm(c->timer, c->timeout_ms);
    }
    list_add(&c->all->running, c);
}

/* As on a host (ssh/frame.c); the script's first line stays the first.  Without a cat in PATH there
 * is no script, and nothing is not done well. */
static const char load[] = "S=$(cat)||exit 127;exec </dev/null;eval \"unset S;$S\"";

static int
start(struct local *c, struct err *err)
{
    struct spawned spawned;
    const int script = spawn_file(c->script, err);

    if (script < 0) {
        return -1;
    }
    const struct spawn_request request = {
        .command = load, .cwd = c->cwd, .env = c->env.items, .in = script};
    const int rc = spawn_shell(&request, &spawned, err);
    (void)close(script);
    if (rc == 0) {
        watch(c, &spawned);
    }
    return rc;
}

/* The first in line begins, or ends before it began. */
static void
begin(struct locals *l, struct local *c)
{
    struct err err;

    list_remove(&l->waiting, c);
    if (c->told_to_end) {
        c->events.failed(c->arg, "stopped before it began");
        local_free(c);
    } else if (start(c, &err) < 0) {
        c->events.failed(c->arg, err.text);
        local_free(c);
    } else {
        l->running_count++;
        c->events.started(c->arg);
    }
}

static void
on_later(evutil_socket_t fd, short what, void *arg)
{
    struct locals *l = arg;

    (void)fd;
    (void)what;
    for (struct local *c = l->waiting.first, *next; c != NULL; c = next) {
        next = c->next;
        if (c->told_to_end || l->running_count < LOCAL_CHILDREN_MAX) {
            begin(l, c);
        }
    }
}

/* ---- for the rest of the house ---- */

struct locals *
locals_new(const struct locals_config *config)
{
    struct event_base *base = config->base;
    struct locals *l = xcalloc(1, sizeof(*l));
    sigset_t child;

    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD); /* blocked by who started us, no end would be heard of */
    (void)sigprocmask(SIG_UNBLOCK, &child, NULL);
    l->config = *config;
    l->later = event_new(base, -1, 0, on_later, l);
    l->exits = evsignal_new(base, SIGCHLD, on_exits, l);
    if (l->later == NULL || l->exits == NULL || event_add(l->exits, NULL) < 0) {
        abort(); /* out of memory */
    }
    return l;
}

/* KILL works at once, or not at all: no more than the grace for all of them. */
static void
kill_and_reap(struct locals *l)
{
    int64_t ms = 0;

    for (struct local *c = l->running.first; c != NULL; c = c->next) {
        signal_group(c, SIGKILL);
    }
    for (struct local *c = l->running.first; c != NULL; c = c->next) {
        reap(c);
        for (; ms < l->config.grace_ms && !c->reaped; ms++) {
            (void)poll(NULL, 0, 1);
            reap(c);
        }
    }
}

void
locals_free(struct locals *l)
{
    if (l == NULL) {
        return;
    }
    kill_and_reap(l);
    for (struct local *c = l->running.first, *next; c != NULL; c = next) {
        next = c->next;
        local_free(c);
    }
    for (struct local *c = l->waiting.first, *next; c != NULL; c = next) {
        next = c->next;
        local_free(c);
    }
    event_free(l->exits);
    event_free(l->later);
    free(l);
}

static bool
has_name(const char *const *env, const char *name)
{
    const size_t len = strlen(name);

    for (; *env != NULL; env++) {
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=') {
            return true;
        }
    }
    return false;
}

/* Services may be started without HOME. */
static const char *
home_by_account(void)
{
    const struct passwd *pw = getpwuid(getuid());

    return pw == NULL ? "/" : pw->pw_dir;
}

/* PATH, HOME and LANG as we have them, unless the caller says otherwise; nothing else of ours,
 * since secrets travel in environments. */
static void
make_env(struct strv *out, const char *const *env)
{
    static const struct {
        const char *name;
        const char *otherwise; /* NULL: the account's */
    } kept[] = {
        {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        {"HOME", NULL},
        {"LANG", "C.UTF-8"},
    };

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        const char *value = getenv(kept[i].name);
        if (has_name(env, kept[i].name)) {
            continue;
        }
        if (value == NULL) {
            value = kept[i].otherwise == NULL ? home_by_account() : kept[i].otherwise;
        }
        strv_take(out, xasprintf("%s=%s", kept[i].name, value));
    }
    for (; *env != NULL; env++) {
        strv_add(out, *env);
    }
}

static struct local *
local_new(struct locals *l, const char *const *env, const struct local_events *events, void *arg)
{
    struct local *c = xcalloc(1, sizeof(*c));

    c->all = l;
    c->in = -1;
    make_env(&c->env, env);
    c->events = *events;
    c->arg = arg;
    return c;
}

struct local *
local_run(struct locals *l, const char *script, const char *cwd, const char *const *env,
          int64_t timeout_ms, const struct local_events *events, void *arg)
{
    struct local *c = local_new(l, env, events, arg);

    c->timeout_ms = timeout_ms;
    /* On the script's own first line, so that the shell counts lines as its author does. */
    c->script = l->config.files == 0
                    ? xstrdup(script)
                    : xasprintf("ulimit -S -n %u 2>/dev/null;%s", l->config.files, script);
    c->cwd = xstrdup(cwd);
    list_add(&l->waiting, c);
    event_active(l->later, EV_TIMEOUT, 0);
    return c;
}

void
local_kill(struct local *c)
{
    switch (c->phase) {
    case PHASE_WAITING:
        c->told_to_end = true;
        event_active(c->all->later, EV_TIMEOUT, 0);
        break;
    case PHASE_RUNNING:
        terminate(c);
        break;
    case PHASE_TERMED:
    case PHASE_KILLED:
        break;
    }
}

/* ---- a child that is fed ---- */

/* Of the child's own environment. */
static const char *
home_of(const struct local *c)
{
    for (size_t i = 0; i < c->env.count; i++) {
        if (strncmp(c->env.items[i], "HOME=", 5) == 0) {
            return c->env.items[i] + 5;
        }
    }
    return "/";
}

static int
start_fed(struct local *c, const char *command, struct err *err)
{
    struct spawned spawned;
    int in[2];

    if (spawn_pipe(in, err) < 0) {
        return -1;
    }
    const struct spawn_request request = {.command = command,
                                          .cwd = home_of(c),
                                          .env = c->env.items,
                                          .in = in[0],
                                          .own_session = true};
    const int rc = spawn_shell(&request, &spawned, err);
    (void)close(in[0]);
    c->in = in[1];
    if (rc < 0) {
        return -1;
    }
    c->room = event_new(c->all->config.base, c->in, EV_WRITE, on_room, c);
    if (c->room == NULL) {
        abort(); /* out of memory */
    }
    watch(c, &spawned);
    return 0;
}

/* With the limit of descriptors that it gets; the caller's. */
static char *
limited(const struct locals *l, const char *command)
{
    return l->config.files == 0
               ? xstrdup(command)
               : xasprintf("ulimit -S -n %u 2>/dev/null;%s", l->config.files, command);
}

struct local *
local_feed(struct locals *l, const char *command, const struct local_events *events, void *arg,
           struct err *err)
{
    static const char *const none[] = {NULL};
    struct local *c = local_new(l, none, events, arg);
    char *whole = limited(l, command);
    const int rc = start_fed(c, whole, err);

    c->fed = true;
    free(whole);
    if (rc < 0) {
        local_free(c);
        return NULL;
    }
    return c;
}

struct local *
local_join(struct locals *l, const char *command, int fd, const struct local_events *events,
           void *arg, struct err *err)
{
    static const char *const none[] = {NULL};
    struct local *c = local_new(l, none, events, arg);
    char *whole = limited(l, command);
    const struct spawn_request request = {
        .command = whole, .cwd = ".", .env = environ, .in = fd, .out = fd, .own_session = true};
    struct spawned spawned;
    const int rc = spawn_shell(&request, &spawned, err);

    c->fed = true;
    free(whole);
    if (rc < 0) {
        local_free(c);
        return NULL;
    }
    watch(c, &spawned);
    return c;
}

size_t
local_write(struct local *c, const char *bytes, size_t len)
{
    ssize_t n = c->in < 0 ? 0 : write(c->in, bytes, len);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        input_close(c); /* it reads no more: how it ends says the rest */
    }
    n = n < 0 ? 0 : n;
    if ((size_t)n < len && c->room != NULL && event_add(c->room, NULL) < 0) {
        abort(); /* out of memory */
    }
    return (size_t)n;
}

void
local_eof(struct local *c)
{
    input_close(c);
}

bool
local_survives(const struct local *c)
{
    return c->survives;
}

bool
local_was_killed(const struct local *c)
{
    return c->phase == PHASE_KILLED;
}

static void
deaf_output(void *arg, int stderr_stream, const char *bytes, size_t len)
{
    (void)arg;
    (void)stderr_stream;
    (void)bytes;
    (void)len;
}

static void
deaf_exited(void *arg, int exit_code, int signal_number)
{
    (void)arg;
    (void)exit_code;
    (void)signal_number;
}

static void
deaf_ended(void *arg, int exit_code, int signal_number, int timed_out)
{
    (void)timed_out;
    deaf_exited(arg, exit_code, signal_number);
}

void
local_drop(struct local *c)
{
    assert(c->fed);
    c->events =
        (struct local_events){.output = deaf_output, .ended = deaf_ended, .exited = deaf_exited};
    input_close(c); /* and so `room` is never called */
    if (c->phase == PHASE_RUNNING && c->exited) {
        finish(c);
    } else {
        local_kill(c);
    }
}
