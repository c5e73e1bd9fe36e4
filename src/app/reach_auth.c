/*
 * reach_auth.c - with what we log in: keys, certificates, agents, the password.
 *
 * Decides which files are looked at, as ssh does, and that each host has some way in.  All is read
 * before anything connects.  Owns nothing: the run does.
 */
#include "app/run_state.h"

#include "base/map.h"
#include "base/xalloc.h"
#include "config/become_vars.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In the order of ssh (readconf.c, fill_default_options; `ssh -G`), without those that no server
 * takes any more.  Of an _sk key the public half counts, for an agent. */
static const char *const default_names[] = {"id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519",
                                            "id_ed25519_sk"};

/* Something that nobody insists on: told only if there is no other way. */
static void
note(struct run *run, const struct err *why)
{
    if (run->key_err.kind == ERR_NONE) {
        run->key_err = *why;
    }
}

static void
look_at(struct run *run, const char *path)
{
    enum keyring_found found;
    struct err err = {0};

    if (keyring_look(run->keyring, path, &found, &err) < 0) {
        note(run, &err);
    }
}

static void
look_at_defaults(struct run *run)
{
    for (size_t i = 0; i < sizeof(default_names) / sizeof(default_names[0]); i++) {
        char *path = xasprintf("%s/.ssh/%s", run->home, default_names[i]);
        if (access(path, F_OK) == 0) {
            look_at(run, path);
            strv_take(&run->default_keys, path);
        } else {
            free(path);
        }
    }
}

/* ---------------------------------------------------------------- the inventory's own */

int
reach_key(struct run *run, const char *path, struct err *err)
{
    enum keyring_found found;

    if (strv_has(&run->explicit_keys, path)) {
        return 0;
    }
    if (keyring_look(run->keyring, path, &found, err) < 0) {
        return -1;
    }
    if (found == KEYRING_MISSING) {
        return err_set(err, ERR_IO, "key %s: there is no such file", path);
    }
    strv_add(&run->explicit_keys, path);
    return 0;
}

/* An empty password means none. */
int
reach_login(struct run *run, struct run_host *h, struct err *err)
{
    run_set_magic(run, h->index);
    const struct scope scope = run_scope(run, h);

    if (become_vars_login(&scope, &h->ssh_password, err) < 0) {
        return -1;
    }
    if (h->ssh_password == NULL &&
        reach_given("IM_SSH_PASSWORD", run->request->ssh_password, &h->ssh_password, err) < 0) {
        return -1;
    }
    if (h->ssh_password == NULL || h->ssh_password[0] == '\0') {
        return 0;
    }
    h->target.password = h->ssh_password;
    return reach_hide(run, h->ssh_password, err);
}

/* ---------------------------------------------------------------- a target */

static void
free_list(void *arg)
{
    strv_clear(arg);
    free(arg);
}

static void
add_cert(struct run *run, struct strv *list, const char *path)
{
    struct err err = {0};

    if (strv_has(list, path) || access(path, F_OK) != 0) {
        return;
    }
    if (keyring_load_cert(run->keyring, path, &err) < 0) {
        note(run, &err);
    } else {
        strv_add(list, path);
    }
}

/* Those that are named, then `<key>-cert.pub` beside each key; targets with the same share a list.
 */
static const char *const *
certificates(struct run *run, const struct sshconfig_options *o, const char *const *key_paths)
{
    struct strv *list = xcalloc(1, sizeof(*list));
    struct buf name;

    for (size_t i = 0; i < o->certificate_files.count; i++) {
        add_cert(run, list, o->certificate_files.items[i]);
    }
    for (size_t i = 0; key_paths != NULL && key_paths[i] != NULL; i++) {
        char *path = xasprintf("%s-cert.pub", key_paths[i]);
        add_cert(run, list, path);
        free(path);
    }
    if (list->count == 0) {
        free_list(list);
        return NULL;
    }
    buf_init(&name, 1 << 20);
    for (size_t i = 0; i < list->count; i++) {
        (void)buf_addf(&name, "%s\n", list->items[i]);
    }
    if (run->cert_lists == NULL) {
        run->cert_lists = map_new(free_list);
    }
    struct strv *known = map_get(run->cert_lists, name.data);
    if (known == NULL) {
        map_set(run->cert_lists, name.data, list);
        known = list;
    } else {
        free_list(list);
    }
    buf_release(&name);
    return (const char *const *)known->items;
}

/* NULL: no agent is asked, or it holds nothing of use. */
static const char *
agent_of(struct run *run, const struct sshconfig_options *o)
{
    const char *path = o->identity_agent;
    struct err err = {0};

    if (path == NULL || strcmp(path, "SSH_AUTH_SOCK") == 0) {
        path = getenv("SSH_AUTH_SOCK");
    }
    if (path == NULL || path[0] == '\0' || strcmp(path, "none") == 0) {
        return NULL;
    }
    if (run->agents == NULL) {
        run->agents = agents_new();
    }
    const int count = agents_load(run->agents, path, &err);
    if (count < 0) {
        note(run, &err);
    }
    if (count == 0) {
        run->empty_agent = path;
    }
    return count > 0 ? path : NULL;
}

void
reach_auth(struct run *run, struct target *t, const struct sshconfig_options *o)
{
    if (!run->defaults_looked) {
        run->defaults_looked = true;
        look_at_defaults(run);
    }
    for (size_t i = 0; i < o->identity_files.count; i++) {
        look_at(run, o->identity_files.items[i]);
    }
    t->key_paths = (const char *const *)(o->identity_files.count > 0 || o->no_identity
                                             ? o->identity_files.items
                                             : run->default_keys.items);
    t->certificate_paths = certificates(run, o, t->key_paths);
    t->agent = agent_of(run, o);
    t->identities_only = o->identities_only;
}
