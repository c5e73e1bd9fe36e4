/*
 * reach.c - how each host is reached: address, user, keys, known hosts.
 *
 * All files are read before anything connects: a key that cannot be used stops a run that has not
 * begun.  Passphrases are refused by the keyring.
 */
#include "app/run_state.h"

#include "base/xalloc.h"
#include "config/become_vars.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static const char *const default_keys[] = {"id_ed25519", "id_ecdsa", "id_rsa"};

static char *
home_of(void)
{
    const char *home = getenv("HOME");

    if (home != NULL && home[0] == '/') {
        return xstrdup(home);
    }
    const struct passwd *pw = getpwuid(getuid());
    return xstrdup(pw == NULL ? "/" : pw->pw_dir);
}

/* The keys ssh would try by itself.  One that is missing is fine; one that cannot be used is said
 * when it is the only one there is. */
static void
load_defaults(struct run *run, const char *home, struct err *first)
{
    for (size_t i = 0; i < sizeof(default_keys) / sizeof(default_keys[0]); i++) {
        char *path = xasprintf("%s/.ssh/%s", home, default_keys[i]);
        struct err err = {0};
        if (access(path, F_OK) != 0) {
            free(path);
        } else if (keyring_load(run->keyring, path, &err) < 0) {
            if (first->kind == ERR_NONE) {
                *first = err;
            }
            free(path);
        } else {
            strv_take(&run->default_keys, path);
        }
    }
}

static int
need_defaults(const struct run *run, const char *host, const struct err *first, struct err *err)
{
    if (run->default_keys.count > 0) {
        return 0;
    }
    if (first->kind != ERR_NONE) {
        *err = *first;
        err_prefix(err, "%s: ", host);
        return -1;
    }
    /* Who has an agent expects it to be asked. */
    const char *agent = getenv("SSH_AUTH_SOCK");
    return err_set(err, ERR_CONFIG,
                   "%s: no key: set ansible_ssh_private_key_file, or make ~/.ssh/id_ed25519%s",
                   host, agent != NULL && agent[0] != '\0' ? " (not yet: agents)" : "");
}

static int
prepare_host(struct run *run, struct run_host *h, const char *user, const struct err *first,
             struct err *err)
{
    const struct host *host = h->host;

    h->target = (struct target){
        .name = host->name,
        .address = host->address,
        .port = host->port,
        .user = host->user != NULL ? host->user : user,
        .key_paths = h->keys,
    };
    if (host->key_path != NULL) {
        if (keyring_load(run->keyring, host->key_path, err) < 0) {
            err_prefix(err, "%s: ", host->name);
            return -1;
        }
        h->keys[0] = host->key_path;
        return 0;
    }
    for (size_t i = 0; i < run->default_keys.count; i++) {
        h->keys[i] = run->default_keys.items[i];
    }
    return need_defaults(run, host->name, first, err);
}

static int
load_known_hosts(struct run *run, const char *home, struct err *err)
{
    char *env_file = xasprintf("%s/known_hosts", run->request->env_dir);
    char *user_file = xasprintf("%s/.ssh/known_hosts", home);
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
reach_prepare(struct run *run, struct err *err)
{
    char *home = home_of();
    const struct passwd *pw = getpwuid(getuid());
    struct err first = {0};
    int rc = 0;

    run->keyring = keyring_new();
    run->hostkeys = hostkeys_new();
    run->user = xstrdup(pw == NULL ? "root" : pw->pw_name);
    if (plan_is_remote(run->plan)) {
        load_defaults(run, home, &first);
        rc = load_known_hosts(run, home, err);
        for (int32_t i = 0; i < run->host_count && rc == 0; i++) {
            rc = prepare_host(run, &run->hosts[i], run->user, &first, err);
        }
    }
    free(home);
    return rc;
}

/* ---------------------------------------------------------------- sudo */

/* As in Ansible the inventory's word is before the operator's, and an empty one means none. */
static int
find_password(const struct run *run, const struct run_host *h, char **ret, struct err *err)
{
    const struct scope scope = run_scope(run, h);
    const char *given = run->request->become_password;

    if (become_vars_password(&scope, ret, err) < 0) {
        err_prefix(err, "%s: ", h->host->name);
        return -1;
    }
    if (*ret == NULL && given != NULL) {
        if (!become_vars_is_password(given)) {
            return err_set(err, ERR_CONFIG,
                           "IM_BECOME_PASSWORD: expected one line of at most %d bytes",
                           BECOME_VARS_PASSWORD_MAX);
        }
        *ret = xstrdup(given);
    }
    return 0;
}

int
reach_password(struct run *run, struct run_host *h, struct err *err)
{
    if (h->has_password) {
        return 0;
    }
    if (find_password(run, h, &h->become_password, err) < 0) {
        return -1;
    }
    h->has_password = true;
    if (h->become_password == NULL || h->become_password[0] == '\0') {
        return 0;
    }
    h->target.become_password = h->become_password;
    char *items[] = {h->become_password, NULL};
    const struct strv hidden = {.items = items, .count = 1};
    return run_hide(run, &hidden, err);
}

void
reach_forget(struct run_host *h)
{
    if (h->become_password != NULL) {
        explicit_bzero(h->become_password, strlen(h->become_password));
        free(h->become_password);
        h->become_password = NULL;
        h->target.become_password = NULL;
    }
}
