/*
 * reach.c - how each host is reached: address, user, keys, known hosts, sudo.
 *
 * All files are read before anything connects.  reach_auth.c has the keys, reach_known.c the
 * known hosts.
 */
#include "app/run_state.h"

#include "base/xalloc.h"
#include "config/become_vars.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

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

int
reach_given(const char *name, const char *given, char **ret, struct err *err)
{
    if (given == NULL) {
        return 0;
    }
    if (!become_vars_is_password(given)) {
        return err_set(err, ERR_CONFIG, "%s: expected one line of at most %d bytes", name,
                       BECOME_VARS_PASSWORD_MAX);
    }
    *ret = xstrdup(given);
    return 0;
}

int
reach_hide(struct run *run, char *password, struct err *err)
{
    char *items[] = {password, NULL};
    const struct strv hidden = {.items = items, .count = 1};

    return run_hide(run, &hidden, err);
}

static int
prepare_host(struct run *run, struct run_host *h, struct err *err)
{
    const struct host *host = h->host;

    h->target = (struct target){
        .name = host->name,
        .local = host->local,
        .address = host->address,
        .port = host->port,
        .user = host->user != NULL ? host->user : run->user,
    };
    if (host->local) {
        return 0;
    }
    if (host->key_path != NULL) {
        strv_add(&h->options.identity_files, host->key_path);
    }
    if (run->scan == NULL &&
        ((host->key_path != NULL && reach_key(run, host->key_path, err) < 0) ||
         reach_login(run, h, err) < 0 || reach_auth(run, &h->target, &h->options, err) < 0)) {
        err_prefix(err, "%s: ", host->name);
        return -1;
    }
    return reach_known(run, &h->target, &h->options, err);
}

int
reach_prepare(struct run *run, struct err *err)
{
    const struct passwd *pw = getpwuid(getuid());
    int rc = 0;

    run->home = home_of();
    run->keyring = keyring_new();
    run->user = xstrdup(pw == NULL ? "root" : pw->pw_name);
    if (plan_is_remote(run->plan)) {
        for (int32_t i = 0; i < run->host_count && rc == 0; i++) {
            rc = prepare_host(run, &run->hosts[i], err);
        }
    }
    return rc < 0 || run->scan != NULL ? rc : reach_unlock(run, err);
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
    return *ret == NULL ? reach_given("IM_BECOME_PASSWORD", given, ret, err) : 0;
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
    return reach_hide(run, h->become_password, err);
}

static void
wipe(char **secret)
{
    if (*secret != NULL) {
        explicit_bzero(*secret, strlen(*secret));
        free(*secret);
        *secret = NULL;
    }
}

void
reach_forget(struct run_host *h)
{
    wipe(&h->become_password);
    wipe(&h->ssh_password);
    h->target.become_password = NULL;
    h->target.password = NULL;
}
