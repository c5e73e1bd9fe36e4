/*
 * keygen.h - ssh-keygen as the oracle: one process a question, its answer as text.
 */
#ifndef TEST_KEYGEN_H
#define TEST_KEYGEN_H

#include "base/buf.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Append its stdout to out (may be NULL); returns its exit status, -1 if it is not installed. */
static inline int
keygen_run(const char *const argv[], struct buf *out)
{
    posix_spawn_file_actions_t actions;
    char *args[16];
    char bytes[4096];
    int ends[2];
    int status = 0;
    pid_t pid;
    ssize_t n;

    for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
        args[i] = NULL;
        if (i == 0 || args[i - 1] != NULL) {
            memcpy(&args[i], &argv[i], sizeof(args[i])); /* posix_spawn(3) does not change them */
        }
    }
    if (pipe2(ends, O_CLOEXEC) < 0) {
        abort();
    }
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    (void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    const int error = posix_spawnp(&pid, args[0], &actions, NULL, args, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    while (error == 0 && (n = read(ends[0], bytes, sizeof(bytes))) > 0) {
        if (out != NULL) {
            (void)buf_add(out, bytes, (size_t)n);
        }
    }
    (void)close(ends[0]);
    if (error != 0 || waitpid(pid, &status, 0) != pid) {
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* Says so on stderr when it is not: a test that is passed over must be seen. */
static inline bool
keygen_here(void)
{
    static const char *const argv[] = {"ssh-keygen", "-F", "-", "-f", "/dev/null", NULL};

    if (keygen_run(argv, NULL) >= 0) {
        return true;
    }
    (void)fprintf(stderr, "SKIPPED: ssh-keygen is not installed, nothing was compared with it\n");
    return false;
}

#endif
