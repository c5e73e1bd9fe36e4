/*
 * load.c - an environment and an action, read whole: every mistake is told at once.
 *
 * Decides the order of reading.  Owns what it read until loaded_release.  Connects to nothing.
 */
#include "cli/load.h"

#include "base/map.h"
#include "base/nodeset.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/place.h"
#include "cli/script_run.h"
#include "config/render.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_BYTES_MAX = 64 * 1024 };

/* How many there are: each is told, or kept to be. */
static int
count_mistakes(const struct mistakes *m, struct err *err)
{
    if (m->count == 0) {
        return 0;
    }
    return err_set(err, m->not_yet ? ERR_NOT_YET : ERR_CONFIG, "%d mistake%s; nothing was started",
                   m->count, m->count == 1 ? "" : "s");
}

int
load_tell(const struct mistakes *m, struct err *err)
{
    for (size_t i = 0; i < m->warnings.count; i++) {
        fputs("warning: ", stderr);
        cli_print_near(stderr, m->warnings.items[i]);
        fputc('\n', stderr);
    }
    if ((size_t)m->warned > m->warnings.count) {
        fprintf(stderr, "warning: ... and %zu more\n", (size_t)m->warned - m->warnings.count);
    }
    for (size_t i = 0; i < m->errors.count; i++) {
        cli_print_near(stderr, m->errors.items[i]);
        fputc('\n', stderr);
    }
    if ((size_t)m->count > m->errors.count) {
        fprintf(stderr, "... and %zu more\n", (size_t)m->count - m->errors.count);
    }
    return count_mistakes(m, err);
}

/* Those that are shipped are found from the repository, or once they are installed. */
static const char *
none_hint(const char *root, const char *env_dir)
{
    struct strv names = {0};

    action_names(root, env_dir, &names);
    const size_t count = names.count;
    strv_clear(&names);
    return count > 0 ? ""
                     : ": there is none in actions/ of the environment, in conf/actions, or "
                       "in " IM_PREFIX "/share/inventory-manager/actions";
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
        rc = err_set(err, ERR_NO_MATCH, "no action '%s'%s", name, none_hint(root, l->env_dir));
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

static void
warn_gone(const struct strv *names, struct mistakes *m)
{
    struct buf folded;

    if (names->count == 0) {
        return;
    }
    buf_init(&folded, NAMES_BYTES_MAX);
    nodeset_fold(&folded, (const char *const *)names->items, names->count);
    mistakes_warn(m, "not in the inventory any more, and left out: %s",
                  folded.full ? "many hosts" : folded.data);
    buf_release(&folded);
}

/* Those of an earlier run that are still there. */
static int
select_named(struct loaded *l, const struct strv *names, struct mistakes *m, struct err *err)
{
    struct map *wanted = map_new(NULL);
    struct strv gone = {0};

    for (size_t i = 0; i < names->count; i++) {
        map_set(wanted, names->items[i], wanted);
    }
    l->hosts = xcalloc(names->count, sizeof(*l->hosts));
    for (size_t i = 0; i < inventory_count(l->inventory); i++) {
        const char *name = inventory_host(l->inventory, i)->name;
        if (map_get(wanted, name) != NULL) {
            map_remove(wanted, name);
            l->hosts[l->host_count++] = i;
        }
    }
    const char *name;
    void *iter = NULL;
    while (map_next(wanted, &iter, &name) != NULL) {
        strv_add(&gone, name);
    }
    warn_gone(&gone, m);
    strv_clear(&gone);
    map_free(wanted);
    return l->host_count > 0
               ? 0
               : err_set(err, ERR_NO_MATCH, "none of its hosts is in the inventory any more");
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

struct value *
load_extra(const struct cli *c, struct err *err)
{
    struct value *extra = c->extra != NULL ? value_copy(c->extra) : value_new(VALUE_DICT);

    for (size_t i = 0; i < c->options.extra.count; i++) {
        if (render_extra(extra, c->options.extra.items[i], c->vault, err) != 0) {
            value_free(extra);
            return NULL;
        }
    }
    return extra;
}

/* A host that the plan names may be gone. */
static int
select_planned(struct loaded *l, const struct options *o, struct err *err)
{
    struct err mine = {0};

    if (select_hosts(l, o, &mine) == 0) {
        return 0;
    }
    if (mine.kind != ERR_NO_MATCH) {
        *err = mine;
        return -1;
    }
    free(l->hosts);
    l->hosts = NULL;
    l->host_count = 0;
    l->unselected = xstrdup(mine.text);
    return 0;
}

/* A comma makes a list of hosts; what needs an action needs its environment. */
static int
find_place(struct loaded *l, const struct cli *c, const char *env, const char *action,
           struct err *err)
{
    if (action == NULL && strchr(env, ',') != NULL) {
        l->env = xstrdup(PLACE_LIST);
        l->env_dir =
            xasprintf("%s/inventory/%s", c->root, l->env); /* known_hosts, if it is there */
        return 0;
    }
    l->env = xstrdup(env);
    return place_env(c->root, env, &l->env_dir, err);
}

static void
read_inventory(struct loaded *l, const struct cli *c, const char *env, struct mistakes *m)
{
    const bool list = strcmp(env, l->env) != 0;
    struct script_time time = {.refused = c->no_scripts};
    const struct inventory_request request = {.root = c->root,
                                              .dir = list ? NULL : l->env_dir,
                                              .hosts_text = list ? env : NULL,
                                              .extra = l->extra,
                                              .vault = c->vault,
                                              .run = script_run,
                                              .run_arg = &time,
                                              .empty_ok = c->empty_ok};
    char *config = xasprintf("%s/config.yml", l->env_dir);

    if (list) {
        settings_defaults(&l->settings);
    } else {
        settings_load(config, &l->settings, m);
    }
    l->inventory = inventory_load(&request, m);
    free(config);
}

static int
read_all(struct loaded *l, struct cli *c, const char *env, const char *action, struct mistakes *m,
         struct err *err)
{
    *l = (struct loaded){0};
    if (cli_vault(c, err) == NULL || (l->extra = load_extra(c, err)) == NULL ||
        find_place(l, c, env, action, err) != 0) {
        return -1;
    }
    read_inventory(l, c, env, m);
    return action != NULL ? find_action(l, c->root, action, m, err) : 0;
}

static int
pick_hosts(struct loaded *l, const struct cli *c, const char *env, struct mistakes *m,
           struct err *err)
{
    const int rc = c->planned         ? select_planned(l, &c->options, err)
                   : c->hosts != NULL ? select_named(l, c->hosts, m, err)
                                      : select_hosts(l, &c->options, err);

    if (rc == 0 && l->host_count == 0 && !c->planned && !c->empty_ok) {
        return err_set(err, ERR_NO_MATCH, "%s has no host", env);
    }
    return rc;
}

int
load_quietly(struct loaded *l, struct cli *c, const char *env, const char *action,
             struct mistakes *m, struct err *err)
{
    if (read_all(l, c, env, action, m, err) != 0 || count_mistakes(m, err) != 0) {
        return -1;
    }
    return pick_hosts(l, c, env, m, err);
}

int
load_all(struct loaded *l, struct cli *c, const char *env, const char *action, struct err *err)
{
    struct mistakes read = {0};
    struct mistakes picked = {0}; /* warnings only */
    int rc = read_all(l, c, env, action, &read, err);

    if (rc == 0) {
        rc = load_tell(&read, err);
    }
    if (rc == 0) {
        rc = pick_hosts(l, c, env, &picked, err);
        (void)load_tell(&picked, NULL);
    }
    mistakes_release(&read);
    mistakes_release(&picked);
    return rc;
}

void
loaded_release(struct loaded *l)
{
    free(l->env);
    free(l->env_dir);
    value_free(l->extra);
    settings_release(&l->settings);
    inventory_free(l->inventory);
    action_free(l->action);
    free(l->hosts);
    free(l->unselected);
    *l = (struct loaded){0};
}
