/*
 * shell.h - runs the texts of frame.c and upload.c on the shells that are here, through pipes.
 */
#ifndef TEST_SHELL_H
#define TEST_SHELL_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* argv words before `-c command`; busybox is tried where it is installed. */
static const char *const shells[][3] = {{"/bin/dash", NULL}, {"busybox", "sh", NULL}};
enum { SHELLS = 2 };

static inline int
shell_here(int shell)
{
    char command[64];

    (void)snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", shells[shell][0]);
    return system(command) == 0;
}

struct shell_result {
    char out[70000];
    size_t out_len;
    int status; /* of waitpid */
};

/* Give `command` to the shell, input to its stdin, then EOF; stdout and stderr come back together.
 * each `/bin/sh` in the command is taken as the shell under test. */
static inline void
shell_run(int shell, const char *command, const char *input, size_t len, struct shell_result *r)
{
    static const char sh[] = "/bin/sh";
    char words[8192] = "";
    int in[2];
    int out[2];
    size_t sent = 0;

    *r = (struct shell_result){0};
    for (const char *at = command, *next; *at != '\0'; at = next) {
        const char *found = strstr(at, sh);
        const size_t plain = found == NULL ? strlen(at) : (size_t)(found - at);
        const size_t used = strlen(words);
        next = at + plain + (found == NULL ? 0 : strlen(sh));
        (void)snprintf(words + used, sizeof(words) - used, "%.*s%s%s%s", (int)plain, at,
                       found == NULL ? "" : shells[shell][0],
                       found == NULL || shells[shell][1] == NULL ? "" : " ",
                       found == NULL || shells[shell][1] == NULL ? "" : shells[shell][1]);
    }
    if (pipe(in) < 0 || pipe(out) < 0) {
        abort();
    }
    const pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(in[0], 0);
        (void)dup2(out[1], 1);
        (void)dup2(out[1], 2);
        (void)close(in[1]);
        (void)close(out[0]);
        (void)execl("/bin/sh", "sh", "-c", words, (char *)NULL);
        _exit(99);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)fcntl(in[1], F_SETFL, O_NONBLOCK);
    for (int open_in = 1;;) {
        if (open_in && sent == len) {
            (void)close(in[1]);
            open_in = 0;
        }
        struct pollfd p[2] = {{out[0], POLLIN, 0}, {open_in ? in[1] : -1, POLLOUT, 0}};
        (void)poll(p, 2, -1);
        if (p[1].revents != 0) {
            const ssize_t n = write(in[1], input + sent, len - sent);
            sent = n < 0 ? len : sent + (size_t)n;
        }
        if (p[0].revents != 0) {
            const ssize_t n = read(out[0], r->out + r->out_len, sizeof(r->out) - 1 - r->out_len);
            if (n <= 0) {
                if (open_in) {
                    (void)close(in[1]);
                }
                break;
            }
            r->out_len += (size_t)n;
        }
    }
    (void)close(out[0]);
    (void)waitpid(pid, &r->status, 0);
}

#endif
