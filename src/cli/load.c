/*
 * load.c - an environment and an action, read whole: every mistake is told at once.
 *
 * Decides the order of reading.  Owns what it read until loaded_release.  Connects to nothing.
 */
#include "cli/load.h"

#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/place.h"

#include <stdlib.h>

int
load_tell(const struct mistakes *m, struct err *err)
{
    for (size_t i = 0; i < m->warnings.count; i++) {
        fputs("warning: ", stderr);
        cli_print(stderr, m->warnings.items[i]);
        fputc('\n', stderr);
    }
    if ((size_t)m->warned > m->warnings.count) {
        fprintf(stderr, "warning: ... and %zu more\n", (size_t)m->warned - m->warnings.count);
    }
    for (size_t i = 0; i < m->errors.count; i++) {
        cli_print(stderr, m->errors.items[i]);
        fputc('\n', stderr);
    }
    if (m->count == 0) {
        return 0;
    }
    if ((size_t)m->count > m->errors.count) {
        fprintf(stderr, "... and %zu more\n", (size_t)m->count - m->errors.count);
    }
    return err_set(err, m->not_yet ? ERR_NOT_YET : ERR_CONFIG, "%d mistake%s; nothing was started",
                   m->count, m->count == 1 ? "" : "s");
}

static int
find_action(struct loaded *l, const char *root, const char *name, struct mistakes *m,
            struct err *err)
{
    bool found = true;
    char *near = NULL;
    int rc = 0;

    l->action = action_load(root, l->env_dir, name, m, &found, &near);
    if (!found && near != NULL) {
        rc = err_set(err, ERR_NO_MATCH, "no action '%s'; did you mean %s?", name, near);
    } else if (!found) {
        rc = err_set(err, ERR_NO_MATCH, "no action '%s'", name);
    }
    free(near);
    return rc;
}

/* Hosts of both lists, which ascend. */
static void
keep_common(struct loaded *l, const size_t *hosts, size_t count)
{
    size_t kept = 0;
    size_t k = 0;

    for (size_t i = 0; i < l->host_count; i++) {
        while (k < count && hosts[k] < l->hosts[i]) {
            k++;
        }
        if (k < count && hosts[k] == l->hosts[i]) {
            l->hosts[kept++] = hosts[k];
        }
    }
    l->host_count = kept;
}

static int
narrow_to_nodes(struct loaded *l, const struct options *o, struct err *err)
{
    size_t *hosts = NULL;
    size_t count = 0;

    if (inventory_select_nodes(l->inventory, o->nodes, &hosts, &count, err) < 0) {
        return -1;
    }
    keep_common(l, hosts, count);
    free(hosts);
    return l->host_count > 0 ? 0 : err_set(err, ERR_NO_MATCH, "no host is both in -l and in -w");
}

static int
select_hosts(struct loaded *l, const struct options *o, struct err *err)
{
    int rc = 0;

    if (o->limit != NULL) {
        rc = inventory_select(l->inventory, o->limit, &l->hosts, &l->host_count, err);
    } else {
        l->host_count = inventory_count(l->inventory);
        l->hosts = xcalloc(l->host_count, sizeof(*l->hosts));
        for (size_t i = 0; i < l->host_count; i++) {
            l->hosts[i] = i;
        }
    }
    return rc == 0 && o->nodes != NULL ? narrow_to_nodes(l, o, err) : rc;
}

int
load_all(struct loaded *l, const char *root, const char *env, const char *action,
         const struct options *options, struct err *err)
{
    struct mistakes m = {0};
    char *config;
    int rc;

    *l = (struct loaded){0};
    if (place_env(root, env, &l->env_dir, err) != 0) {
        return -1;
    }
    config = xasprintf("%s/config.yml", l->env_dir);
    settings_load(config, &l->settings, &m);
    l->inventory = inventory_load(root, l->env_dir, &m);
    rc = action != NULL ? find_action(l, root, action, &m, err) : 0;
    if (rc == 0) {
        rc = load_tell(&m, err);
    }
    if (rc == 0) {
        rc = select_hosts(l, options, err);
    }
    if (rc == 0 && l->host_count == 0) {
        rc = err_set(err, ERR_NO_MATCH, "%s has no host", env);
    }
    mistakes_release(&m);
    free(config);
    return rc;
}

void
loaded_release(struct loaded *l)
{
    free(l->env_dir);
    settings_release(&l->settings);
    inventory_free(l->inventory);
    action_free(l->action);
    free(l->hosts);
    *l = (struct loaded){0};
}
