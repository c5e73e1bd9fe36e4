/*
 * main.c - the process: no secrets in the environment, then a zygote, then the command.
 *
 * Decides the order of beginning: what must be true of every child comes before the first fork.
 * Owns the zygote.  No core files, no surprises from pipes or from a closed stdout.
 */
#include "base/err.h"
#include "cli/cli.h"
#include "cli/secrets.h"
#include "front/front.h"
#include "proc/zygote.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Secrets are in memory: no core file, no ptrace by others of the same user. */
static void
harden(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Where one of 0-2 is closed, a file opened later would get its number, and our messages. */
static int
fill_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) {
            return -1;
        }
    }
    return 0;
}

int
main(int argc, char **argv)
{
    struct secrets secrets;
    struct err err = {0};
    struct zygote *z;
    int rc;

    secrets_take(&secrets);
    harden();
    if (fill_standard() != 0) {
        return 1;
    }
    z = zygote_start(&err);
    if (z == NULL) {
        fprintf(stderr, "inventory-manager: %s\n", err.text);
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    rc = cli_main(z, &secrets, argc, argv, front_main);
    zygote_free(z);
    secrets_release(&secrets);
    return rc;
}
