/*
 * agents.h - a real ssh-agent behind a child that answers for it as it is told: quick, slow, silent,
 * drops, garbage, refuses, hangup.
 *
 * The list of keys always comes at once; it is requests to sign that meet trouble.
 */
#ifndef TEST_AGENTS_H
#define TEST_AGENTS_H

#include "unit/ssh/keygen.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct agent_rig {
    char path[100]; /* to be asked */
    char real[100];
    pid_t agent, proxy;
};

static inline bool
agent_here(void)
{
    static const char *const argv[] = {"ssh-agent", "-h", NULL};

    if (keygen_run(argv, NULL) >= 0) {
        return true;
    }
    (void)fprintf(stderr, "SKIPPED: ssh-agent is not installed, no agent was asked\n");
    return false;
}

static inline int
agent_socket(const char *path, bool listens)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    if (fd < 0 || (listens ? bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 64) < 0
                           : connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)) {
        return -1;
    }
    return fd;
}

/* One whole message; 0 at the end. */
static inline size_t
agent_read(int fd, unsigned char *bytes, size_t max)
{
    size_t have = 0;
    size_t want = 4;

    while (have < want) {
        const ssize_t n = read(fd, bytes + have, want - have);
        if (n <= 0) {
            return 0;
        }
        have += (size_t)n;
        if (have == 4) {
            want = 4 + ((size_t)bytes[2] << 8 | bytes[3]);
            if (want > max) {
                return 0;
            }
        }
    }
    return have;
}

static inline void
agent_serve(const char *real, const char *how, int client)
{
    static unsigned char bytes[65536 + 4];
    static const unsigned char refusal[] = {0, 0, 0, 1, 5};
    static const unsigned char garbage[] = {0xff, 0xff, 0xff, 0xff};
    const int agent = agent_socket(real, false);
    size_t len;

    while ((len = agent_read(client, bytes, sizeof(bytes))) > 0) {
        const bool signs = bytes[4] == 13;
        if (signs && strcmp(how, "silent") == 0) {
            (void)pause();
        }
        if (signs && strcmp(how, "refuses") == 0) {
            (void)!write(client, refusal, sizeof(refusal));
            continue;
        }
        (void)!write(agent, bytes, len);
        len = agent_read(agent, bytes, sizeof(bytes));
        if (signs && strcmp(how, "slow") == 0) {
            (void)usleep(20000);
        }
        if (signs && strcmp(how, "garbage") == 0) {
            static const unsigned char more[65536];
            (void)!write(client, garbage, sizeof(garbage));
            for (int i = 0; i < 8 && write(client, more, sizeof(more)) > 0; i++) {}
            continue;
        }
        for (size_t i = 0; signs && strcmp(how, "drops") == 0 && i < len; i++) {
            (void)!write(client, bytes + i, 1);
            (void)usleep(50000);
        }
        (void)!write(client, bytes, len);
        if (signs && strcmp(how, "hangup") == 0) {
            break; /* between two requests: no harm */
        }
    }
    _exit(0);
}

static inline pid_t
agent_proxy(const char *path, const char *real, const char *how)
{
    const int listener = agent_socket(path, true);
    const pid_t pid = fork();

    if (pid != 0) {
        (void)close(listener);
        return pid;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGCHLD, SIG_IGN);
    for (;;) {
        const int fd = accept(listener, NULL, NULL);
        if (fd >= 0 && fork() == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            (void)close(listener);
            agent_serve(real, how, fd);
        }
        (void)close(fd);
    }
}

/* key_paths: what it holds. */
static inline void
agent_start(struct agent_rig *a, const char *folder, const char *how,
            const char *const *key_paths)
{
    static int number;

    number++;
    (void)snprintf(a->real, sizeof(a->real), "%s/real.%d", folder, number);
    (void)snprintf(a->path, sizeof(a->path), "%s/agent.%d", folder, number);
    a->agent = fork();
    if (a->agent == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(open("/dev/null", O_RDWR), 1);
        (void)execlp("ssh-agent", "ssh-agent", "-D", "-a", a->real, (char *)NULL);
        _exit(127);
    }
    int fd;
    while ((fd = agent_socket(a->real, false)) < 0) { /* it is about to listen */
        (void)usleep(1000);
    }
    (void)close(fd);
    (void)setenv("SSH_AUTH_SOCK", a->real, 1);
    for (size_t i = 0; key_paths[i] != NULL; i++) {
        const char *const argv[] = {"ssh-add", "-q", key_paths[i], NULL};
        if (keygen_run(argv, NULL) != 0) {
            abort();
        }
    }
    (void)unsetenv("SSH_AUTH_SOCK");
    a->proxy = agent_proxy(a->path, a->real, how);
}

/* Nobody answers any more, and nobody listens. */
static inline void
agent_stop(const struct agent_rig *a)
{
    (void)kill(a->proxy, SIGKILL);
    (void)kill(a->agent, SIGKILL);
    (void)waitpid(a->proxy, NULL, 0);
    (void)waitpid(a->agent, NULL, 0);
    (void)unlink(a->path);
}

#endif
