/*
 * lookup.c - what runs inside the zygote: one child a look-up, each killed at its deadline.
 *
 * Decides what an error of getaddrinfo means.  Blocks as it likes: nobody waits for this process.
 * Everything it sends is bounded.
 */
#include "proc/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct child {
    pid_t pid; /* 0: free */
    int pipe;
    uint32_t id;
    int64_t deadline_ms;
};

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
lookup_getaddrinfo(const char *name, struct lookup_answer *ret)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    const int rc = getaddrinfo(name, NULL, &hints, &list);

    if (rc != 0) {
        const bool no_name = rc == EAI_NONAME || rc == EAI_NODATA;
        ret->result = no_name ? RESOLVE_NO_NAME : RESOLVE_TEMPORARY;
        (void)snprintf(ret->text, sizeof(ret->text), "%s",
                       rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
        return;
    }
    struct addresses *a = &ret->addresses;
    for (const struct addrinfo *i = list; i != NULL && a->count < RESOLVE_ADDRESSES_MAX;
         i = i->ai_next) {
        if (i->ai_addrlen <= sizeof(a->items[0])) {
            memcpy(&a->items[a->count], i->ai_addr, i->ai_addrlen);
            a->sizes[a->count] = i->ai_addrlen;
            a->count++;
        }
    }
    freeaddrinfo(list);
    ret->result = a->count > 0 ? RESOLVE_OK : RESOLVE_NO_NAME;
}

_Static_assert(sizeof(struct lookup_answer) <= PIPE_BUF, "an answer is written whole");

static void
run_child(int out, lookup_fn fn, const struct lookup_question *q)
{
    struct lookup_answer answer;

    memset(&answer, 0, sizeof(answer));
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    fn(q->name, &answer);
    answer.id = q->id;
    (void)!write(out, &answer, sizeof(answer));
    _exit(0);
}

static void
send_failure(int fd, uint32_t id, enum resolve_result result, const char *text)
{
    struct lookup_answer answer;

    memset(&answer, 0, sizeof(answer));
    answer.id = id;
    answer.result = result;
    (void)snprintf(answer.text, sizeof(answer.text), "%s", text);
    (void)send(fd, &answer, sizeof(answer), MSG_NOSIGNAL);
}

static void
start_child(int fd, struct child *c, lookup_fn fn, const struct lookup_question *q)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0) {
        send_failure(fd, q->id, RESOLVE_TEMPORARY, "the resolver has no pipe");
        return;
    }
    const pid_t pid = fork();
    if (pid == 0) {
        (void)close(fd);
        (void)close(ends[0]);
        run_child(ends[1], fn, q);
    }
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        send_failure(fd, q->id, RESOLVE_TEMPORARY, "the resolver cannot fork");
        return;
    }
    *c = (struct child){
        .pid = pid, .pipe = ends[0], .id = q->id, .deadline_ms = now_ms() + q->timeout_ms};
}

static void
end_child(struct child *c)
{
    (void)kill(c->pid, SIGKILL);
    (void)close(c->pipe);
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR) {}
    c->pid = 0;
}

static void
take_answer(int fd, struct child *c)
{
    struct lookup_answer answer;

    const ssize_t n = read(c->pipe, &answer, sizeof(answer));
    end_child(c); /* before the answer: who has it may count on that */
    if (n == (ssize_t)sizeof(answer)) {
        (void)send(fd, &answer, sizeof(answer), MSG_NOSIGNAL);
    } else {
        send_failure(fd, c->id, RESOLVE_TEMPORARY, "the look-up died");
    }
}

/* False when the other end is gone. */
static bool
take_question(int fd, struct child *children, lookup_fn fn)
{
    struct lookup_question q;
    const ssize_t n = recv(fd, &q, sizeof(q), 0);

    if (n < 0 && errno == EINTR) {
        return true;
    }
    if (n != (ssize_t)sizeof(q)) {
        return false;
    }
    q.name[sizeof(q.name) - 1] = '\0';
    for (int i = 0; i < RESOLVE_PARALLEL_MAX; i++) {
        if (children[i].pid == 0) {
            start_child(fd, &children[i], fn, &q);
            return true;
        }
    }
    send_failure(fd, q.id, RESOLVE_TEMPORARY, "too many look-ups at once");
    return true;
}

/* Milliseconds until the next deadline, -1 for none; look-ups past theirs are ended. */
static int
sweep(int fd, struct child *children)
{
    const int64_t now = now_ms();
    int64_t next = -1;

    for (int i = 0; i < RESOLVE_PARALLEL_MAX; i++) {
        struct child *c = &children[i];
        if (c->pid == 0) {
            continue;
        }
        if (c->deadline_ms <= now) {
            end_child(c);
            send_failure(fd, c->id, RESOLVE_DEADLINE, "no answer in time");
        } else if (next < 0 || c->deadline_ms - now < next) {
            next = c->deadline_ms - now;
        }
    }
    return next > 60000 ? 60000 : (int)next;
}

static void
settle_in(int fd)
{
    (void)setpgid(0, 0); /* Ctrl-C is not for us: we end when the socket closes */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    (void)prctl(PR_SET_NAME, "im-resolver");
    for (int i = 3; i < fd; i++) {
        (void)close(i);
    }
    (void)close_range((unsigned)fd + 1, ~0U, 0);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) { /* a pipe of our user must not stay open because of us */
        (void)dup2(null, 0);
        (void)dup2(null, 1);
        (void)dup2(null, 2);
    }
}

void
lookup_serve(int fd, lookup_fn fn)
{
    struct child children[RESOLVE_PARALLEL_MAX] = {{0}};
    bool open_end = true;

    settle_in(fd);
    while (open_end) {
        struct pollfd polled[RESOLVE_PARALLEL_MAX + 1] = {{.fd = fd, .events = POLLIN}};
        for (int i = 0; i < RESOLVE_PARALLEL_MAX; i++) {
            polled[i + 1] = (struct pollfd){.fd = children[i].pid == 0 ? -1 : children[i].pipe,
                                            .events = POLLIN};
        }
        if (poll(polled, RESOLVE_PARALLEL_MAX + 1, sweep(fd, children)) < 0) {
            continue;
        }
        for (int i = 0; i < RESOLVE_PARALLEL_MAX; i++) {
            if (polled[i + 1].revents != 0 && children[i].pid != 0) {
                take_answer(fd, &children[i]);
            }
        }
        if (polled[0].revents != 0) {
            open_end = take_question(fd, children, fn);
        }
    }
    for (int i = 0; i < RESOLVE_PARALLEL_MAX; i++) {
        if (children[i].pid != 0) {
            end_child(&children[i]);
        }
    }
}
