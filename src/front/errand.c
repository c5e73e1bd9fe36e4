/*
 * errand.c - an action that was asked for on the screen, and all that a run of it borrows.
 *
 * Decides nothing that the command line does not decide in the same way (cli/request,
 * cli/rollback, cli/retry).  Owns what it read.  Connects to nothing, prints nothing.
 */
#include "front/errand.h"

#include "base/xalloc.h"
#include "cli/place.h"
#include "cli/request.h"
#include "cli/rollback.h"

#include <stdlib.h>
#include <string.h>

static void
copy_list(struct strv *to, const struct strv *from)
{
    for (size_t i = 0; from != NULL && i < from->count; i++) {
        strv_add(to, from->items[i]);
    }
}

/* c's own -t and --skip-tags stay as they are, whatever this run is given besides. */
static struct errand *
make(struct cli *c)
{
    struct errand *e = xcalloc(1, sizeof(*e));

    e->cli = *c;
    e->cli.options.tags = (struct strv){0};
    e->cli.options.skip_tags = (struct strv){0};
    copy_list(&e->cli.options.tags, &c->options.tags);
    copy_list(&e->cli.options.skip_tags, &c->options.skip_tags);
    e->cli.options.limit = NULL;
    e->cli.options.nodes = NULL;
    e->cli.hosts_fixed = true;
    e->cli.empty_ok = false;
    return e;
}

static struct errand *
make_wished(struct cli *c, const struct wish *w)
{
    struct errand *e = make(c);

    e->env = xstrdup(w->env);
    e->action = xstrdup(w->action);
    copy_list(&e->hosts, w->hosts);
    e->cli.hosts = e->hosts.count > 0 ? &e->hosts : NULL;
    return e;
}

void
errand_free(struct errand *e)
{
    if (e == NULL) {
        return;
    }
    if (e->has_plan) {
        plan_view_release(&e->plan);
    }
    targets_release(&e->targets);
    loaded_release(&e->loaded);
    if (e->is_retry) {
        retry_release(&e->retry);
    }
    strv_clear(&e->cli.options.tags);
    strv_clear(&e->cli.options.skip_tags);
    strv_clear(&e->hosts);
    strv_clear(&e->notes);
    free(e->env);
    free(e->action);
    free(e);
}

/* ---------------------------------------------------------------- reading */

static void
note_tags(struct errand *e, const struct strv *tags)
{
    const char *near;
    const char *unknown = request_unknown_tag(e->loaded.action, tags, &near);

    if (unknown != NULL) {
        strv_take(&e->notes, xasprintf("tag `%s`: no step has it%s%s%s", unknown,
                                       near != NULL ? "; did you mean `" : "",
                                       near != NULL ? near : "", near != NULL ? "`?" : ""));
        e->noted++;
    }
}

/* The request is made of what was loaded. */
static int
ask_for(struct errand *e, struct err *err)
{
    if (!e->is_script && rollback_is_open(&e->loaded) &&
        rollback_targets(&e->cli, e->env, &e->loaded, &e->targets, err) != 0) {
        return -1;
    }
    e->request = request_of(&e->cli, e->env, &e->loaded, e->is_script);
    e->request.releases = (const char *const *)e->targets.releases;
    return 0;
}

static int
load(struct errand *e, const char *script, struct mistakes *m, struct err *err)
{
    e->is_script = script != NULL;
    if (load_quietly(&e->loaded, &e->cli, e->env, e->is_script ? NULL : e->action, m, err) != 0) {
        return -1;
    }
    copy_list(&e->notes, &m->warnings);
    e->noted = (size_t)m->warned;
    if (e->is_script) {
        e->loaded.action = action_of_script(e->action, script);
    } else {
        note_tags(e, &e->cli.options.tags);
        note_tags(e, &e->cli.options.skip_tags);
    }
    return ask_for(e, err);
}

struct errand *
errand_new(struct cli *c, const struct wish *w, struct mistakes *m, struct err *err)
{
    struct errand *e;

    if (cli_vault(c, err) == NULL) { /* c's, which the copy borrows */
        return NULL;
    }
    e = make_wished(c, w);
    if (load(e, w->script, m, err) != 0) {
        errand_free(e);
        return NULL;
    }
    return e;
}

static int
read_again(struct errand *e, const char *run_id, struct mistakes *m, struct err *err)
{
    e->is_retry = true;
    if (retry_read(e->cli.root, run_id, &e->retry, err) != 0) {
        return -1;
    }
    if (e->retry.names.count == 0) {
        return err_set(err, ERR_NO_MATCH,
                       "nothing is left of run %s: every host is ok or was skipped", run_id);
    }
    if (retry_give(&e->cli, &e->retry, err) != 0) {
        return -1;
    }
    e->env = xstrdup(e->retry.runs.rows[0].env);
    e->action = xstrdup(e->retry.runs.rows[0].action);
    copy_list(&e->hosts, &e->retry.names);
    return load(e, NULL, m, err);
}

struct errand *
errand_again(struct cli *c, const char *run_id, struct mistakes *m, struct err *err)
{
    struct errand *e;

    if (cli_vault(c, err) == NULL) {
        return NULL;
    }
    e = make(c);
    if (read_again(e, run_id, m, err) != 0) {
        errand_free(e);
        return NULL;
    }
    return e;
}

struct errand *
errand_brief(struct cli *c, const struct wish *w, struct mistakes *m, struct err *err)
{
    struct errand *e = make_wished(c, w);
    bool found = true;
    char *near = NULL;

    e->brief = true;
    e->loaded.env = xstrdup(w->env);
    settings_defaults(&e->loaded.settings);
    if (place_env(c->root, w->env, &e->loaded.env_dir, err) == 0) {
        e->loaded.action = action_load(c->root, e->loaded.env_dir, w->action, m, &found, &near);
        if (!found) {
            (void)err_set(err, ERR_NO_MATCH, "no action '%s'%s%s%s", w->action,
                          near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                          near != NULL ? "?" : "");
        }
    }
    free(near);
    if (e->loaded.action == NULL) {
        errand_free(e);
        return NULL;
    }
    return e;
}

int
errand_plan(struct errand *e, struct err *err)
{
    e->has_plan = true;
    return plan_view_make(&e->plan, &e->request, -1, NULL, err);
}
