/*
 * reach_known.c - known_hosts files: which are read for a host, each once.
 *
 * Decides the order of the files.  Owns the index of the run.  Asks nobody about a key.
 */
#include "app/run_state.h"

#include "base/xalloc.h"

#include <stdlib.h>

static int
load(struct run *run, struct err *err)
{
    char *env_file = xasprintf("%s/known_hosts", run->request->env_dir);
    char *user_file = xasprintf("%s/.ssh/known_hosts", run->home);
    const char *const files[] = {env_file, user_file, "/etc/ssh/ssh_known_hosts"};
    int rc = 0;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && rc == 0; i++) {
        rc = hostkeys_load(run->hostkeys, files[i], err);
    }
    free(env_file);
    free(user_file);
    return rc;
}

int
reach_known(struct run *run, struct target *t, const struct sshconfig_options *o, struct err *err)
{
    (void)o;
    if (run->hostkeys == NULL) {
        run->hostkeys = hostkeys_new();
        if (load(run, err) < 0) {
            return -1;
        }
    }
    t->hostkeys = run->hostkeys;
    return 0;
}
