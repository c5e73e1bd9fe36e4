/*
 * lock.c - one mutating run per environment at a time.
 *
 * Decides by flock; the text in the file is for people.  Owns the descriptor.  Never waits for a
 * holder, never removes the file (a second one could then be locked beside it).
 */
#include "store/lock.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "store/files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_MAX = 1024, PROBER_TRIES = 100, PROBER_NAP_NS = 1000000 };

struct lock {
    int fd;
    struct lock_holder me;
};

static const struct field {
    const char *name;
    size_t offset;
    size_t size;
} fields[] = {
    {"action ", offsetof(struct lock_holder, what), sizeof(((struct lock_holder *)0)->what)},
    {"holder ", offsetof(struct lock_holder, who), sizeof(((struct lock_holder *)0)->who)},
    {"since ", offsetof(struct lock_holder, since), sizeof(((struct lock_holder *)0)->since)},
    {"run ", offsetof(struct lock_holder, run), sizeof(((struct lock_holder *)0)->run)},
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

/* Copy one line; what does not print becomes '?', so that the text may go to a terminal. */
static void
copy_line(char *to, size_t size, const char *text)
{
    size_t i = 0;

    for (; i + 1 < size && text[i] != '\0' && text[i] != '\n'; i++) {
        to[i] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
    }
    to[i] = '\0';
}

static void
read_holder(int fd, struct lock_holder *ret_holder)
{
    char text[TEXT_MAX];
    const ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

    *ret_holder = (struct lock_holder){0};
    text[len < 0 ? 0 : len] = '\0';
    for (const char *line = text; line != NULL && *line != '\0';) {
        if (strncmp(line, "pid ", 4) == 0) {
            ret_holder->pid = strtoll(line + 4, NULL, 10);
        }
        for (size_t i = 0; i < FIELDS; i++) {
            const size_t n = strlen(fields[i].name);
            if (strncmp(line, fields[i].name, n) == 0) {
                copy_line((char *)ret_holder + fields[i].offset, fields[i].size, line + n);
            }
        }
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
}

static void
write_holder(const struct lock *l)
{
    struct buf text;

    buf_init(&text, TEXT_MAX);
    buf_addf(&text, "pid %" PRId64 "\n", l->me.pid);
    for (size_t i = 0; i < FIELDS; i++) {
        buf_addf(&text, "%s%s\n", fields[i].name, (const char *)&l->me + fields[i].offset);
    }
    /* For people only: the lock holds without it. */
    if (ftruncate(l->fd, 0) == 0) {
        (void)!pwrite(l->fd, text.data, text.len, 0);
    }
    buf_release(&text);
}

static int
open_file(const char *dir, const char *env, bool create, struct err *err)
{
    char *name = xasprintf("%s.lock", env);
    struct stat st;
    int fd = -1;
    int dir_fd = -1;

    if (!files_name_ok(name)) {
        err_set(err, ERR_IO, "the name of the environment cannot be the name of a lock file");
        errno = EINVAL;
        goto out;
    }
    dir_fd = files_dir_open(dir, create, err);
    if (dir_fd < 0) {
        goto out;
    }
    fd = openat(dir_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (create ? O_CREAT : 0),
                0600);
    if (fd < 0) {
        const int saved = errno;
        err_set(err, ERR_IO, "%s/%s: %s", dir, name,
                saved == ELOOP ? "refused: a symbolic link" : strerror(saved));
        errno = saved;
        goto out;
    }
    if (fstat(fd, &st) != 0 || files_check(&st, name, err) != 0) {
        err_prefix(err, "%s/", dir);
        close(fd);
        fd = -1;
        errno = EPERM;
    }
out:
    if (dir_fd >= 0) {
        const int saved = errno;
        close(dir_fd);
        errno = saved;
    }
    free(name);
    return fd;
}

/* 0, or -1 when somebody holds it.  A lock_probe holds it shared for a moment: only that is
 * waited out, for at most a tenth of a second. */
static int
take_flock(int fd)
{
    const struct timespec nap = {.tv_nsec = PROBER_NAP_NS};

    for (int i = 0; i < PROBER_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            return 0;
        }
        if (flock(fd, LOCK_SH | LOCK_NB) != 0) {
            return -1;
        }
        flock(fd, LOCK_UN);
        nanosleep(&nap, NULL);
    }
    return -1;
}

static void
set_locked(const char *env, int fd, struct err *err)
{
    struct lock_holder h;

    read_holder(fd, &h);
    if (h.pid == 0) {
        err_set(err, ERR_LOCKED, "%s is locked by another process", env);
    } else {
        err_set(err, ERR_LOCKED, "%s is locked by pid %" PRId64 " (%s, %s, %s%s%ssince %s)", env,
                h.pid, h.what, h.who, h.run[0] == '\0' ? "" : "run ", h.run,
                h.run[0] == '\0' ? "" : ", ", h.since);
    }
}

static void
fill_me(struct lock_holder *me, const char *what, int64_t wall_ms)
{
    const struct passwd *user = getpwuid(geteuid()); // NOLINT(concurrency-mt-unsafe): one thread
    const time_t seconds = (time_t)(wall_ms / 1000);
    char host[96] = "?";
    char who[sizeof(me->who)];
    struct tm tm;

    if (gethostname(host, sizeof(host)) == 0) {
        host[sizeof(host) - 1] = '\0';
    }
    if (user != NULL) {
        snprintf(who, sizeof(who), "%.60s@%s", user->pw_name, host);
    } else {
        snprintf(who, sizeof(who), "uid %u@%s", geteuid(), host);
    }
    copy_line(me->who, sizeof(me->who), who);
    copy_line(me->what, sizeof(me->what), what);
    if (gmtime_r(&seconds, &tm) != NULL) {
        strftime(me->since, sizeof(me->since), "%Y-%m-%dT%H:%M:%SZ", &tm);
    }
    me->pid = getpid();
}

struct lock *
lock_take(const char *dir, const char *env, const char *what, int64_t wall_ms, struct err *err)
{
    const int fd = open_file(dir, env, true, err);
    struct lock *l;

    if (fd < 0) {
        return NULL;
    }
    if (take_flock(fd) != 0) {
        set_locked(env, fd, err);
        close(fd);
        return NULL;
    }
    l = xcalloc(1, sizeof(*l));
    l->fd = fd;
    fill_me(&l->me, what, wall_ms);
    write_holder(l);
    return l;
}

void
lock_note_run(struct lock *l, const char *run_id)
{
    copy_line(l->me.run, sizeof(l->me.run), run_id);
    write_holder(l);
}

void
lock_free(struct lock *l)
{
    if (l == NULL) {
        return;
    }
    (void)!ftruncate(l->fd, 0);
    /* Said outright: a child may still have a copy of the descriptor. */
    flock(l->fd, LOCK_UN);
    close(l->fd);
    free(l);
}

int
lock_probe(const char *dir, const char *env, struct lock_holder *ret_holder, struct err *err)
{
    struct err why = {0};
    const int fd = open_file(dir, env, false, &why);
    int held;

    if (fd < 0 && errno == ENOENT) {
        return 0;
    }
    if (fd < 0) {
        if (err != NULL) {
            *err = why;
        }
        return -1;
    }
    held = flock(fd, LOCK_SH | LOCK_NB) != 0;
    if (held) {
        read_holder(fd, ret_holder);
    }
    close(fd);
    return held;
}

bool
lock_runs(const char *dir, const char *env, const char *run_id)
{
    struct lock_holder h;

    return lock_probe(dir, env, &h, NULL) == 1 && strcmp(h.run, run_id) == 0 && h.pid > 0 &&
           (kill((pid_t)h.pid, 0) == 0 || errno == EPERM);
}
