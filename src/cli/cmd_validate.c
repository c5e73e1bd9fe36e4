/*
 * cmd_validate.c - reads every file and tells every mistake.
 *
 * Decides which files belong to an environment.  Connects to nothing, writes nothing.
 */
#include "app/preview.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/place.h"
#include "cli/request.h"
#include "cli/script_run.h"

#include <stdlib.h>

/* Add what is not seen yet: files that several environments share are told only once. */
static void
add_unseen(struct mistakes *m, const struct mistakes *mine, struct strv *seen)
{
    size_t fresh = 0, fresh_warnings = 0;

    for (size_t i = 0; i < mine->warnings.count; i++) {
        if (strv_has(seen, mine->warnings.items[i])) {
            continue;
        }
        strv_add(seen, mine->warnings.items[i]);
        fresh_warnings++;
        mistakes_warn(m, "%s", mine->warnings.items[i]);
    }
    for (size_t i = 0; i < mine->errors.count; i++) {
        if (strv_has(seen, mine->errors.items[i])) {
            continue;
        }
        strv_add(seen, mine->errors.items[i]);
        fresh++;
        if (mine->not_yet) {
            mistakes_not_yet(m, "%s", mine->errors.items[i]);
        } else {
            mistakes_add(m, "%s", mine->errors.items[i]);
        }
    }
    if (fresh_warnings > 0) {
        m->warned += mine->warned - (int)mine->warnings.count;
    }
    if (fresh > 0) {
        m->count += mine->count - (int)mine->errors.count; /* those that were counted only */
    }
}

/* How the hosts would be reached: ssh_config and known_hosts, read once the inventory is sound. */
static void
check_reach(const struct cli *c, const char *env, struct loaded *l, struct mistakes *m)
{
    struct err err = {0};

    l->host_count = inventory_count(l->inventory);
    l->hosts = xcalloc(l->host_count, sizeof(*l->hosts));
    for (size_t i = 0; i < l->host_count; i++) {
        l->hosts[i] = i;
    }
    l->action = action_of_script("validate", ":");
    const struct run_request request = request_of(c, env, l, true);
    if (preview_reach(&request, &err) < 0) {
        mistakes_add(m, "%s", err.text);
    }
}

static void
read_hosts(const struct cli *c, const char *env, const char *dir, const struct value *extra,
           struct mistakes *m)
{
    char *config = xasprintf("%s/config.yml", dir);
    struct script_time time = {0};
    const struct inventory_request request = {.root = c->root,
                                              .dir = dir,
                                              .extra = extra,
                                              .vault = c->vault,
                                              .run = script_run,
                                              .run_arg = &time,
                                              .tell_unused = true};
    struct loaded l = {.env_dir = xstrdup(dir)};
    const int before = m->count;

    settings_load(config, &l.settings, m);
    l.inventory = inventory_load(&request, m);
    if (m->count == before && inventory_count(l.inventory) > 0) {
        check_reach(c, env, &l, m);
    }
    loaded_release(&l);
    free(config);
}

static void
validate_env(const struct cli *c, const char *env, const char *dir, const struct value *extra,
             struct mistakes *m, struct strv *seen)
{
    struct strv names = {0};

    read_hosts(c, env, dir, extra, m);
    action_names(c->root, dir, &names);
    for (size_t i = 0; i < names.count; i++) {
        bool found = true;
        char *near = NULL;
        struct mistakes mine = {0};
        action_free(action_load(c->root, dir, names.items[i], &mine, &found, &near));
        add_unseen(m, &mine, seen);
        mistakes_release(&mine);
        free(near);
    }
    strv_clear(&names);
}

int
cmd_validate(struct cli *c, struct err *err)
{
    struct mistakes m = {0};
    struct strv envs = {0};
    struct strv seen = {0};
    struct value *extra = cli_vault(c, err) == NULL ? NULL : load_extra(c, err);
    int rc = extra == NULL ? -1 : 0;

    if (cli_word(c, 0) != NULL) {
        strv_add(&envs, cli_word(c, 0));
    } else {
        place_envs(c->root, &envs);
    }
    if (rc == 0 && envs.count == 0) {
        rc = err_set(err, ERR_NO_MATCH, "no environment in %s/inventory", c->root);
    }
    for (size_t i = 0; rc == 0 && i < envs.count; i++) {
        char *dir = NULL;
        rc = place_env(c->root, envs.items[i], &dir, err);
        if (rc == 0) {
            validate_env(c, envs.items[i], dir, extra, &m, &seen);
        }
        free(dir);
    }
    if (rc == 0 && (rc = load_tell(&m, err)) != 0) {
        err_set(err, m.not_yet ? ERR_NOT_YET : ERR_CONFIG, "%d mistake%s", m.count,
                m.count == 1 ? "" : "s");
    }
    if (rc == 0 && !c->options.quiet) {
        printf("%zu environment%s: no mistakes\n", envs.count, envs.count == 1 ? "" : "s");
    }
    value_free(extra);
    mistakes_release(&m);
    strv_clear(&envs);
    strv_clear(&seen);
    return rc;
}
