/*
 * reach_auth.c - with what we log in: keys by path, all read before anything connects.
 *
 * A key that cannot be used stops a run that has not begun.  Owns the default keys of the run.
 */
#include "app/run_state.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const default_keys[] = {"id_ed25519", "id_ecdsa", "id_rsa"};

/* The keys ssh would try by itself.  One that is missing is fine; one that cannot be used is said
 * when it is the only one there is. */
static void
load_defaults(struct run *run)
{
    for (size_t i = 0; i < sizeof(default_keys) / sizeof(default_keys[0]); i++) {
        char *path = xasprintf("%s/.ssh/%s", run->home, default_keys[i]);
        struct err err = {0};
        if (access(path, F_OK) != 0) {
            free(path);
        } else if (keyring_load(run->keyring, path, &err) < 0) {
            if (run->default_err.kind == ERR_NONE) {
                run->default_err = err;
            }
            free(path);
        } else {
            strv_take(&run->default_keys, path);
        }
    }
}

static int
need_defaults(const struct run *run, struct err *err)
{
    if (run->default_keys.count > 0) {
        return 0;
    }
    if (run->default_err.kind != ERR_NONE) {
        *err = run->default_err;
        return -1;
    }
    /* Who has an agent expects it to be asked. */
    const char *agent = getenv("SSH_AUTH_SOCK");
    return err_set(err, ERR_CONFIG,
                   "no key: set ansible_ssh_private_key_file, or make ~/.ssh/id_ed25519%s",
                   agent != NULL && agent[0] != '\0' ? " (not yet: agents)" : "");
}

int
reach_auth(struct run *run, struct target *t, const struct sshconfig_options *o, struct err *err)
{
    if (!run->defaults_loaded) {
        run->defaults_loaded = true;
        load_defaults(run);
    }
    for (size_t i = 0; i < o->identity_files.count; i++) {
        if (keyring_load(run->keyring, o->identity_files.items[i], err) < 0) {
            return -1;
        }
    }
    t->key_paths = (const char *const *)(o->identity_files.count > 0 ? o->identity_files.items
                                                                     : run->default_keys.items);
    return o->identity_files.count > 0 ? 0 : need_defaults(run, err);
}
