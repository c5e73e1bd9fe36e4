/*
 * reach.c - how each host is reached: what inventory and ssh_config come to, and sudo.
 *
 * Decides who wins, the inventory before ssh_config, and that no machine is there twice.  All files
 * are read before anything connects; a preview looks at no key and asks no agent.  reach_auth.c has
 * the keys, reach_known.c the known hosts, reach_jump.c the hosts on the way.
 */
#include "app/run_state.h"

#include "base/escape.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "config/become_vars.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { PORT_DEFAULT = 22, NOTE_BYTES_MAX = 2000 };

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

/* ---------------------------------------------------------------- ssh_config */

static void
free_config(void *config)
{
    sshconfig_free(config);
}

static const struct sshconfig *
config_of(struct run *run, const char *file, struct err *err)
{
    const char *key = file == NULL ? "" : file;

    if (run->configs == NULL) {
        run->configs = map_new(free_config);
        run->noted = map_new(NULL);
    }
    struct sshconfig *c = map_get(run->configs, key);
    if (c == NULL) {
        c = sshconfig_load(
            &(struct sshconfig_request){.home = run->home, .user = run->user, .file = file}, err);
        if (c != NULL) {
            map_set(run->configs, key, c);
        }
    }
    return c;
}

/* Hosts share lines.  What stands in a file is made harmless: it goes to a terminal. */
static void
note(struct run *run, const char *text)
{
    struct buf shown;

    if (map_get(run->noted, text) != NULL) {
        return;
    }
    map_set(run->noted, text, run);
    buf_init(&shown, NOTE_BYTES_MAX);
    escape_line(&shown, text, strlen(text));
    strv_add(&run->notes, shown.data);
    buf_release(&shown);
}

int
reach_resolve(struct run *run, const char *file, const struct sshconfig_query *q,
              struct sshconfig_options *ret, struct err *err)
{
    const struct sshconfig *c = config_of(run, file, err);

    *ret = (struct sshconfig_options){0};
    if (c == NULL || sshconfig_resolve(c, q, ret, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < ret->notes.count; i++) {
        note(run, ret->notes.items[i]);
    }
    return 0;
}

/* Keys of ssh_config may be missing, as for ssh; of one that an agent holds the public half is
 * enough. */
static void
note_missing(struct run *run, const struct sshconfig_options *o)
{
    for (size_t i = 0; i < o->identity_files.count; i++) {
        const char *path = o->identity_files.items[i];
        char *public = xasprintf("%s.pub", path);
        if (access(path, F_OK) != 0 && access(public, F_OK) != 0) {
            char *text = xasprintf("IdentityFile %s: there is no such file", path);
            note(run, text);
            free(text);
        }
        free(public);
    }
}

/* Of two words that were said, config.yml's and ssh_config's, the stricter counts: neither a
 * forgotten line in ~/.ssh/config nor one in the project opens what the other keeps shut. */
static enum host_key_checking
checking_of(const struct run *run, enum host_key_checking said)
{
    static const enum host_key_checking settings[] = {
        [HOST_KEYS_STRICT] = HOST_KEY_STRICT,
        [HOST_KEYS_ACCEPT_NEW] = HOST_KEY_ACCEPT_NEW,
        [HOST_KEYS_OFF] = HOST_KEY_OFF,
    };
    const enum host_key_checking ours = settings[run->request->settings->host_key_checking];

    if (said == HOST_KEY_UNSET || !run->request->settings->host_keys_given) {
        return said;
    }
    return said < ours ? said : ours;
}

int
reach_fill(struct run *run, struct target *t, const struct sshconfig_options *o, struct err *err)
{
    t->address = o->hostname;
    t->port = o->port > 0 ? o->port : PORT_DEFAULT;
    t->user = o->user != NULL ? o->user : run->user;
    t->proxy_command = o->proxy_command;
    t->family = o->family;
    t->bind_address = o->bind_address;
    t->connect_timeout_ms = o->connect_timeout_ms;
    t->keepalive_ms = o->alive_interval_ms;
    t->keepalive_misses = o->alive_count;
    t->key_alias = o->host_key_alias;
    t->host_key_algorithms = o->host_key_algorithms;
    t->host_key_exact = o->host_key_exact;
    t->kex = o->kex;
    t->ciphers = o->ciphers;
    t->macs = o->macs;
    t->pubkey_algorithms = o->pubkey_algorithms;
    t->rsa_bits_min = o->rsa_bits_min;
    note_missing(run, o);
    if (reach_known(run, t, o, err) < 0) {
        return -1;
    }
    if (!run->preview) {
        reach_auth(run, t, o);
    }
    t->checking = checking_of(run, o->checking);
    if (o->no_password) {
        t->password = NULL;
    }
    return 0;
}

const char *
reach_address(const struct run_host *h)
{
    return h->target.address != NULL ? h->target.address : h->host->address;
}

/* ---------------------------------------------------------------- hosts */

static int
find_way(struct run *run, struct run_host *h, struct err *err)
{
    if (h->options.proxy_jump != NULL) {
        h->target.jump = reach_jump(run, h->host->ssh_config, h->options.proxy_jump, err);
        if (h->target.jump == NULL) {
            return -1;
        }
    }
    return 0;
}

static int
prepare_host(struct run *run, struct run_host *h, struct err *err)
{
    const struct host *host = h->host;
    const struct sshconfig_query query = {
        .host = host->address,
        .where = host->ssh_where,
        .first = &host->ssh_first,
        .port = host->port,
        .user = host->user,
        .identity = host->key_path,
        .options = &host->ssh_options,
    };

    h->target = (struct target){.name = host->name, .local = host->local};
    if (host->local) {
        return 0;
    }
    /* Who only looks at keys logs in to the hosts on the way, and there alone. */
    if ((run->scan == NULL && !run->preview &&
         ((host->key_path != NULL && reach_key(run, host->key_path, err) < 0) ||
          reach_login(run, h, err) < 0)) ||
        reach_resolve(run, host->ssh_config, &query, &h->options, err) < 0 ||
        reach_fill(run, &h->target, &h->options, err) < 0 || find_way(run, h, err) < 0) {
        err_prefix(err, "%s: ", host->name);
        return -1;
    }
    return 0;
}

/* Two names for one machine, now that all is known: it would be deployed to twice. */
static int
check_twin(struct run *run, struct map *seen, const struct run_host *h, struct err *err)
{
    const struct target *t = &h->target;
    char *machine =
        xasprintf("%s\001%d\001%s\001%p\001%s", t->address, t->port, t->user, (const void *)t->jump,
                  t->proxy_command == NULL ? "" : t->proxy_command);
    const struct run_host *first = map_get(seen, machine);
    int rc = 0;

    if (first != NULL) {
        rc = err_set(err, ERR_CONFIG,
                     "%s is the same machine as %s (%s port %d as %s): leave one of them out",
                     h->host->name, first->host->name, t->address, t->port, t->user);
    } else {
        map_set(seen, machine, &run->hosts[h->index]);
    }
    free(machine);
    return rc;
}

int
reach_prepare(struct run *run, struct err *err)
{
    const struct passwd *pw = getpwuid(getuid());
    struct map *seen = map_new(NULL);
    int rc = 0;

    run->home = home_of();
    run->keyring = keyring_new();
    run->user = xstrdup(pw == NULL ? "root" : pw->pw_name);
    if (plan_is_remote(run->plan)) {
        for (int32_t i = 0; i < run->host_count && rc == 0; i++) {
            rc = prepare_host(run, &run->hosts[i], err);
            if (rc == 0 && !run->hosts[i].host->local) {
                rc = check_twin(run, seen, &run->hosts[i], err);
            }
        }
    }
    map_free(seen);
    return rc < 0 || run->preview ? rc : reach_unlock(run, err);
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
