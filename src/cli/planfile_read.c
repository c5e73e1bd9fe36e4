/*
 * planfile_read.c - a plan that was kept, and what a run is given of it.
 *
 * Decides what contradicts it.  Owns what it read.  Never writes; what has changed since is
 * planfile_compare.c's.
 */
#include "cli/planfile.h"

#include "base/xalloc.h"
#include "cli/planfile_parts.h"
#include "cli/show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- reading */

static const char *
text_of(const struct value *dict, const char *key)
{
    const struct value *v = value_dict_get(dict, key);

    return v != NULL && v->kind == VALUE_TEXT ? v->text : NULL;
}

static int
check_format(const struct planfile *p, struct err *err)
{
    const struct value *format = value_dict_get(p->root, "inventory_manager_plan");

    if (format == NULL || format->kind != VALUE_INT) {
        return err_set(err, ERR_CONFIG, "it is no plan of " CLI_NAME);
    }
    if (format->integer != PLANFILE_FORMAT) {
        return err_set(err, ERR_CONFIG, "it is a plan of another version (%lld): make it anew",
                       (long long)format->integer);
    }
    return 0;
}

static int
read_seed(struct planfile *p, struct err *err)
{
    const struct value *seed = given_member(p->root, "seed", VALUE_TEXT, err);
    char *end = NULL;

    if (seed == NULL) {
        return -1;
    }
    errno = 0;
    p->seed = strtoull(seed->text, &end, 10);
    if (errno != 0 || *end != '\0' || seed->text[0] < '0' || seed->text[0] > '9') {
        return err_set(err, ERR_CONFIG, "seed: expected a number");
    }
    return 0;
}

static int
read_hosts(struct planfile *p, struct err *err)
{
    p->hosts = given_member(p->root, "hosts", VALUE_LIST, err);
    for (size_t i = 0; p->hosts != NULL && i < p->hosts->count; i++) {
        const struct value *h = p->hosts->items[i];
        if (h->kind != VALUE_DICT || text_of(h, "name") == NULL || text_of(h, "vars") == NULL ||
            text_of(h, "gets") == NULL) {
            return err_set(err, ERR_CONFIG, "hosts: number %zu is none", i + 1);
        }
    }
    return p->hosts == NULL ? -1 : 0;
}

static int
read_parts(struct planfile *p, struct err *err)
{
    const struct value *given;

    if (check_format(p, err) != 0 || read_seed(p, err) != 0 || read_hosts(p, err) != 0 ||
        (given = given_member(p->root, "given", VALUE_DICT, err)) == NULL ||
        given_read(given, &p->given, err) != 0 ||
        (p->waves = given_member(p->root, "waves", VALUE_LIST, err)) == NULL ||
        (p->settings = given_member(p->root, "settings", VALUE_DICT, err)) == NULL ||
        (p->action_file = given_member(p->root, "action_file", VALUE_DICT, err)) == NULL ||
        (p->sources = given_member(p->root, "sources", VALUE_DICT, err)) == NULL) {
        return -1;
    }
    p->action = text_of(p->root, "action");
    p->env = text_of(p->root, "env");
    p->limit = text_of(p->root, "limit");
    p->nodes = text_of(p->root, "nodes");
    p->release = text_of(p->root, "release");
    if (p->action == NULL || p->env == NULL) {
        return err_set(err, ERR_CONFIG, "it names no action and environment");
    }
    return 0;
}

struct planfile *
planfile_load(const char *path, struct err *err)
{
    struct planfile *p = xcalloc(1, sizeof(*p));

    p->path = xstrdup(path);
    p->root = given_load(path, err);
    if (p->root != NULL && read_parts(p, err) == 0) {
        return p;
    }
    if (p->root != NULL) {
        err_prefix(err, "%s: ", path);
    }
    planfile_free(p);
    return NULL;
}

void
planfile_free(struct planfile *p)
{
    if (p == NULL) {
        return;
    }
    strv_clear(&p->changes);
    given_release(&p->given);
    value_free(p->root);
    free(p->path);
    free(p);
}

/* ---------------------------------------------------------------- options */

static int
contradicts(const struct planfile *p, const char *option, struct err *err)
{
    return err_set(err, ERR_USAGE,
                   "%s is not what %s was made with: leave it out, or make a new plan", option,
                   p->path);
}

static bool
is_same_text(const char *given, const char *kept)
{
    return given == NULL || (kept != NULL && strcmp(given, kept) == 0);
}

static bool
is_same_list(const struct strv *given, const struct strv *kept)
{
    bool same = given->count == kept->count;

    for (size_t i = 0; same && i < given->count; i++) {
        same = strcmp(given->items[i], kept->items[i]) == 0;
    }
    return same || given->count == 0;
}

static int
check_options(const struct planfile *p, const struct options *o, struct err *err)
{
    const struct {
        bool same;
        const char *option;
    } rows[] = {
        {is_same_text(o->limit, p->limit), "-l"},
        {is_same_text(o->nodes, p->nodes), "-w"},
        {is_same_list(&o->tags, &p->given.tags), "-t"},
        {is_same_list(&o->skip_tags, &p->given.skip_tags), "--skip-tags"},
        {o->forks < 0 || o->forks == p->given.workers, "-f"},
        {!o->has_seed || o->seed == p->seed, "--seed"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!rows[i].same) {
            return contradicts(p, rows[i].option, err);
        }
    }
    return 0;
}

static int
check_extra(const struct planfile *p, struct cli *c, struct err *err)
{
    struct value *mine = cli_vault(c, err) == NULL ? NULL : load_extra(c, err);
    int rc = mine == NULL ? -1 : 0;

    for (size_t i = 0; rc == 0 && i < mine->count; i++) {
        const struct value *kept = value_dict_get(p->given.extra, mine->keys[i]);
        const bool again = strv_has(&p->given.secret, mine->keys[i]);
        if (!again && (kept == NULL || !value_is_same(kept, mine->items[i]))) {
            char *option = xasprintf("-e %.100s", mine->keys[i]);
            rc = contradicts(p, option, err);
            free(option);
        }
    }
    for (size_t i = 0; rc == 0 && i < p->given.secret.count; i++) {
        if (value_dict_get(mine, p->given.secret.items[i]) == NULL) {
            rc = err_set(err, ERR_USAGE, "-e %.100s is to be given again: a plan keeps no secrets",
                         p->given.secret.items[i]);
        }
    }
    value_free(mine);
    return rc;
}

static void
take_list(struct strv *list, const struct strv *kept)
{
    strv_clear(list);
    for (size_t i = 0; i < kept->count; i++) {
        strv_add(list, kept->items[i]);
    }
}

int
planfile_use(const struct planfile *p, struct cli *c, const char *action, const char *env,
             struct err *err)
{
    struct options *o = &c->options;

    if (strcmp(action, p->action) != 0 || strcmp(env, p->env) != 0) {
        return err_set(err, ERR_USAGE, "%s is a plan of %.60s %.60s, not of %.60s %.60s", p->path,
                       p->action, p->env, action, env);
    }
    if (check_options(p, o, err) != 0 || check_extra(p, c, err) != 0) {
        return -1;
    }
    o->limit = p->limit;
    o->nodes = p->nodes;
    o->forks = p->given.workers;
    o->seed = p->seed;
    o->has_seed = true;
    take_list(&o->tags, &p->given.tags);
    take_list(&o->skip_tags, &p->given.skip_tags);
    c->extra = p->given.extra;
    c->planned = true;
    return 0;
}
