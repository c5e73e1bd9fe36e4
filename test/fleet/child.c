/*
 * child.c - fork, exec, reap.
 *
 * Decides the environment of a command and how it is ended with the fleet.  Owns every process the
 * fleet started: orphans too, as their subreaper.  Never touches libssh.
 */
#include "fleet/child.h"

#include "base/strv.h"
#include "base/xalloc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    pid_t pid;   /* leader of a session of its own */
    void *owner; /* borrowed; NULL once disowned */
};

struct children {
    struct child *live; /* owned */
    size_t count;
    size_t cap;
    struct event *reap; /* owned */
    enum confine how;
    child_ended_fn *ended;
};

/* Take pid off the list.  False: an orphan that came to us; *ret_owner is NULL once disowned. */
static bool
forget(struct children *all, pid_t pid, void **ret_owner)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->live[i].pid == pid) {
            *ret_owner = all->live[i].owner;
            all->live[i] = all->live[--all->count];
            return true;
        }
    }
    return false;
}

static void
reap(evutil_socket_t signal_number, short what, void *arg)
{
    struct children *all = arg;
    int status = 0;
    pid_t pid = 0;

    (void)signal_number;
    (void)what;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        void *owner = NULL;
        if (forget(all, pid, &owner) && owner != NULL) {
            all->ended(owner, status);
        }
    }
}

struct children *
children_new(struct event_base *base, enum confine how, child_ended_fn *ended)
{
    struct children *all = xcalloc(1, sizeof(*all));

    all->how = how;
    all->ended = ended;
    all->reap = evsignal_new(base, SIGCHLD, reap, all);
    if (all->reap == NULL || evsignal_add(all->reap, NULL) < 0) {
        abort();
    }
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    return all;
}

/* The fourth field of /proc/PID/stat, after a name that may hold anything. */
static pid_t
parent_of(const char *pid)
{
    char path[64];
    char text[512];

    (void)snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return -1;
    }
    const size_t len = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    text[len] = '\0';
    const char *at = strrchr(text, ')');
    return at != NULL && strlen(at) > 4 ? (pid_t)strtol(at + 4, NULL, 10) : -1;
}

/* Orphans become our children one generation at a time. */
static int
kill_orphans(void)
{
    DIR *dir = opendir("/proc");
    const struct dirent *entry = NULL;
    int killed = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (isdigit((unsigned char)entry->d_name[0]) && parent_of(entry->d_name) == getpid()) {
            (void)kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
            killed++;
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return killed;
}

void
children_free(struct children *all)
{
    if (all == NULL) {
        return;
    }
    event_free(all->reap);
    for (size_t i = 0; i < all->count; i++) {
        (void)kill(-all->live[i].pid, SIGKILL);
    }
    while (kill_orphans() > 0) {
        (void)waitpid(-1, NULL, 0);
    }
    free(all->live);
    free(all);
}

size_t
children_count(const struct children *all)
{
    return all->count;
}

static void
fill_environment(struct strv *v, const struct child_request *r)
{
    strv_take(v, xasprintf("HOME=%s", r->folder));
    strv_take(v, xasprintf("TMPDIR=%s/tmp", r->folder));
    strv_take(v, xasprintf("USER=%s", r->user));
    strv_take(v, xasprintf("LOGNAME=%s", r->user));
    strv_take(v, xasprintf("SSH_CONNECTION=%s", r->client));
    strv_add(v, "SHELL=/bin/sh");
    strv_take(v, xasprintf("PATH=%s/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", r->folder));
}

static void
reset_signals(void)
{
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;

    (void)sigemptyset(&none);
    for (int i = 1; i < NSIG; i++) {
        (void)sigaction(i, &usual, NULL); /* EINVAL for KILL, STOP and libc's own */
    }
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
refuse(const char *what)
{
    (void)dprintf(STDERR_FILENO, "fleet: %s: %s\n", what, strerror(errno));
    _exit(254);
}

/* In the child. */
static void
become(const struct children *all, const struct child_request *r, const int ends[CHILD_FDS],
       char *const *environment)
{
    for (int i = 0; i < CHILD_FDS; i++) {
        if (dup2(ends[i], i) < 0) {
            _exit(254);
        }
    }
    reset_signals();
    (void)setsid();
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* even when the fleet dies of SIGKILL */
    (void)umask(022);
    if (confine_enter(all->how, r->folder) < 0) {
        refuse("the command cannot be confined");
    }
    if (chdir(r->folder) < 0 || (mkdir("tmp", 0700) < 0 && errno != EEXIST && errno != ENOSPC)) {
        refuse(r->folder);
    }
    char sh[] = "sh";
    char flag[] = "-c";
    char *command = xstrdup(r->command);
    char *argv[] = {sh, flag, command, NULL};
    (void)execve("/bin/sh", argv, environment);
    refuse("/bin/sh");
}

static void
close_all(int fds[CHILD_FDS])
{
    for (int i = 0; i < CHILD_FDS; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
        fds[i] = -1;
    }
}

/* ours[CHILD_IN] is written, the others are read; all are close-on-exec. */
static int
make_pipes(int ours[CHILD_FDS], int theirs[CHILD_FDS])
{
    for (int i = 0; i < CHILD_FDS; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) < 0) {
            return -1;
        }
        ours[i] = ends[i == CHILD_IN ? 1 : 0];
        theirs[i] = ends[i == CHILD_IN ? 0 : 1];
        if (fcntl(ours[i], F_SETFL, O_NONBLOCK) < 0) {
            return -1;
        }
    }
    return 0;
}

pid_t
child_start(struct children *all, const struct child_request *request, void *owner,
            int ret_fds[CHILD_FDS])
{
    int ours[CHILD_FDS] = {-1, -1, -1};
    int theirs[CHILD_FDS] = {-1, -1, -1};
    struct strv environment = {0};
    pid_t pid = -1;

    fill_environment(&environment, request);
    if (make_pipes(ours, theirs) == 0) {
        pid = fork();
    }
    if (pid == 0) {
        become(all, request, theirs, environment.items);
    }
    const int why = errno;
    strv_clear(&environment);
    close_all(theirs);
    if (pid < 0) {
        close_all(ours);
        errno = why;
        return -1;
    }
    all->live = xgrow(all->live, all->count, &all->cap, sizeof(*all->live));
    all->live[all->count++] = (struct child){.pid = pid, .owner = owner};
    memcpy(ret_fds, ours, sizeof(ours));
    return pid;
}

void
child_disown(struct children *all, const void *owner)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->live[i].owner == owner) {
            all->live[i].owner = NULL;
        }
    }
}
