/*
 * main.c - the process: a zygote first, no core files, no surprises from pipes; then the command.
 */
#include "base/err.h"
#include "cli/cli.h"
#include "proc/zygote.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* Secrets are in memory: no core file, no ptrace by others of the same user. */
static void
harden(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* A session is a descriptor: as many as the system lets us have. */
static void
raise_files(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

int
main(int argc, char **argv)
{
    struct err err = {0};
    struct zygote *z;
    int rc;

    harden();
    z = zygote_start(&err);
    if (z == NULL) {
        fprintf(stderr, "inventory-manager: %s\n", err.text);
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_files();
    rc = cli_main(z, argc, argv);
    zygote_free(z);
    return rc;
}
