/*
 * cmd_action.c - provision, deploy, rollback, update, check, run: an action over an environment.
 *
 * Decides strategy, tags, and for rollback each host's own target.  Owns what it loaded and the
 * queues of stdout and stderr.  Connects to nothing itself: app/run does.
 */
#include "app/run.h"
#include "base/nodeset.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/load.h"
#include "config/render.h"
#include "store/history.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { DRAIN_MS = -1, TAIL_LINES = 10 };

struct targets {
    char **releases; /* owned; by host of the request */
    size_t count;
};

static void
targets_release(struct targets *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->releases[i]);
    free(t->releases);
    *t = (struct targets){0};
}

static const char *
release_before(const struct host_list *states, const char *name)
{
    for (size_t i = 0; i < states->count; i++)
        if (strcmp(states->rows[i].name, name) == 0)
            return states->rows[i].release_before;
    return NULL;
}

/* Each host's own target; a host without one stops the run before it begins. */
static int
fill_targets(struct targets *t, const struct loaded *l, const struct host_list *states,
             struct err *err)
{
    const char **without = xcalloc(l->host_count, sizeof(*without));
    size_t count = 0;
    int rc = 0;

    t->releases = xcalloc(l->host_count, sizeof(*t->releases));
    t->count = l->host_count;
    for (size_t i = 0; i < l->host_count; i++) {
        const char *name = inventory_host(l->inventory, l->hosts[i])->name;
        const char *release = release_before(states, name);
        if (release == NULL || release[0] == '\0')
            without[count++] = name;
        else
            t->releases[i] = xstrdup(release);
    }
    if (count > 0) {
        struct buf names;
        buf_init(&names, ERR_TEXT_MAX / 2);
        nodeset_fold(&names, without, count);
        rc = err_set(err, ERR_CONFIG,
                     "no earlier release is known for %s; name one: -e release=...", names.data);
        buf_release(&names);
    }
    free(without);
    return rc;
}

static int
find_targets(struct targets *t, const struct cli *c, const char *env, const struct loaded *l,
             struct err *err)
{
    char *path = xasprintf("%s/var/runs.db", c->root);
    struct store *s = store_open(path, true, err);
    struct host_list states = {0};
    int rc = -1;

    if (s != NULL && history_states(s, env, &states, err) == 0)
        rc = fill_targets(t, l, &states, err);
    host_list_release(&states);
    store_close(s);
    free(path);
    return rc;
}

/* ---------------------------------------------------------------- one run */

static int
ask(const struct cli *c, const struct loaded *l, const char *env, struct err *err)
{
    char answer[16] = "";

    if (!l->settings.confirm || !l->action->mutating || c->options.yes)
        return 0;
    if (isatty(STDIN_FILENO) != 1)
        return err_set(err, ERR_USAGE, "config.yml says confirm: answer with -y");
    fprintf(stderr, "%s on %zu host%s of %s? [y/N] ", l->action->name, l->host_count,
            l->host_count == 1 ? "" : "s", env);
    if (fgets(answer, sizeof(answer), stdin) == NULL || (answer[0] != 'y' && answer[0] != 'Y'))
        return err_set(err, ERR_USAGE, "not confirmed; nothing was started");
    return 0;
}

static enum strategy
strategy_of(const struct loaded *l, bool exec)
{
    if (exec || !l->action->mutating)
        return STRATEGY_PARALLEL;
    return strcmp(l->action->name, "provision") == 0 ? l->settings.provisioning_strategy
                                                     : l->settings.deployment_strategy;
}

static const struct strv *
tags_of(const struct cli *c, const struct loaded *l, bool exec)
{
    if (exec || c->options.tags.count > 0)
        return &c->options.tags;
    return strcmp(l->action->name, "provision") == 0 ? &l->settings.provisioning_tags
                                                     : &l->settings.deployment_tags;
}

static int
read_extra(const struct cli *c, struct value **ret_extra, struct err *err)
{
    *ret_extra = value_new(VALUE_DICT);
    for (size_t i = 0; i < c->options.extra.count; i++)
        if (render_extra(*ret_extra, c->options.extra.items[i], err) != 0)
            return -1;
    return 0;
}

static bool
wants_color(const struct cli *c, bool terminal)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (c->options.color != COLOR_AUTO)
        return c->options.color == COLOR_ALWAYS;
    return terminal && (no_color == NULL || no_color[0] == '\0') && term != NULL &&
           strcmp(term, "dumb") != 0;
}

static int
show_and_run(const struct cli *c, struct run_request *r, bool exec, struct err *err)
{
    const bool same = out_same(STDOUT_FILENO, STDERR_FILENO);
    struct out *out = out_new(STDOUT_FILENO, 0);
    struct out *err_out = same ? out : out_new(STDERR_FILENO, 0);
    const char *term = getenv("TERM");
    const bool live = same && out_is_terminal(out) && term != NULL && strcmp(term, "dumb") != 0;
    const struct sink_options options = {
        .style = c->options.jsonl   ? SINK_JSONL
                 : c->options.group ? SINK_GROUP
                                    : SINK_PLAIN,
        .exec = exec,
        .quiet = c->options.quiet,
        .verbose = c->options.verbose,
        .color = wants_color(c, out_is_terminal(out)),
        .live = live && !c->options.quiet,
        .tail = TAIL_LINES,
    };
    int rc;

    r->sink = sink_new(&options, out, err_out);
    rc = app_run(r, err);
    out_drain(out, DRAIN_MS);
    if (!same)
        out_drain(err_out, DRAIN_MS);
    if (!same)
        out_free(err_out);
    out_free(out);
    return rc;
}

static int
run_loaded(struct cli *c, const char *env, const struct loaded *l, bool exec, struct err *err)
{
    struct targets targets = {0};
    struct value *extra = NULL;
    struct run_request r = {.zygote = c->zygote,
                            .root = c->root,
                            .env = env,
                            .env_dir = l->env_dir,
                            .settings = &l->settings,
                            .inventory = l->inventory,
                            .hosts = l->hosts,
                            .host_count = l->host_count,
                            .action = l->action,
                            .strategy = strategy_of(l, exec),
                            .workers = c->options.forks,
                            .max_fail_given = l->settings.max_fail_given,
                            .tags = tags_of(c, l, exec),
                            .skip_tags = &c->options.skip_tags,
                            .seed = c->options.seed,
                            .log_path = c->options.log_file};
    int rc = -1;

    if (!c->options.has_seed && getrandom(&r.seed, sizeof(r.seed), 0) != (ssize_t)sizeof(r.seed))
        r.seed = (uint64_t)getpid();
    if (ask(c, l, env, err) != 0 || read_extra(c, &extra, err) != 0)
        goto out;
    r.extra = extra;
    if (!exec && strcmp(l->action->name, "rollback") == 0 &&
        value_dict_get(extra, "release") == NULL) {
        if (find_targets(&targets, c, env, l, err) != 0)
            goto out;
        r.releases = (const char *const *)targets.releases;
    }
    rc = show_and_run(c, &r, exec, err);
out:
    targets_release(&targets);
    value_free(extra);
    return rc;
}

int
cli_act(struct cli *c, const char *action_name, const char *env, struct action *script,
        struct err *err)
{
    struct loaded l = {0};
    int rc;

    if (c->options.jsonl && c->options.group) {
        action_free(script);
        return err_set(err, ERR_USAGE, "-b groups text for people; -o jsonl is for programs");
    }
    rc = load_all(&l, c->root, env, action_name, c->options.limit, err);
    if (script != NULL)
        l.action = script;
    if (rc == 0)
        rc = run_loaded(c, env, &l, script != NULL, err);
    loaded_release(&l);
    return rc;
}

int
cmd_action(struct cli *c, struct err *err)
{
    return cli_act(c, c->options.words.items[0], cli_word(c, 0), NULL, err);
}

int
cmd_run(struct cli *c, struct err *err)
{
    return cli_act(c, cli_word(c, 0), cli_word(c, 1), NULL, err);
}
