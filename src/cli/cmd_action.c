/*
 * cmd_action.c - provision, deploy, rollback, update, check, run: an action over an environment.
 *
 * Decides the order of what comes before a run: variables, targets, and the question last.  Owns
 * what it loaded and the queues of stdout and stderr.  Connects to nothing itself: app/run does.
 */
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/dryrun.h"
#include "cli/load.h"
#include "cli/pane.h"
#include "cli/planfile.h"
#include "cli/request.h"
#include "cli/rollback.h"
#include "ui/budget.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DRAIN_MS = -1, TAIL_LINES = 10 };

/* ---------------------------------------------------------------- before a run */

static int
ask(const struct cli *c, const struct loaded *l, const char *env, struct err *err)
{
    const struct question q = {.action = l->action->name,
                               .env = env,
                               .hosts = l->host_count,
                               .in = stdin,
                               .out = stderr,
                               .answered = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1};

    if (!l->settings.confirm || !l->action->mutating || c->options.yes) {
        return 0;
    }
    return confirm_ask(&q, err);
}

/* What a slow reader has not read yet waits beside the logs; nothing is made there before it is
 * needed. */
static void
bind_queues(const struct run_request *r, struct budget *budget, struct out *out,
            struct out *err_out)
{
    char *dir = xasprintf("%s/var", r->root);

    out_bind(out, budget, dir);
    if (err_out != out) {
        out_bind(err_out, budget, dir);
    }
    free(dir);
}

static int
show_and_run(const struct cli *c, struct run_request *r, bool exec, struct err *err)
{
    const bool same = out_same(STDOUT_FILENO, STDERR_FILENO);
    struct out *out = out_new(STDOUT_FILENO, 0);
    struct out *err_out = same ? out : out_new(STDERR_FILENO, 0);
    struct budget budget = {.max = request_output_budget(r)};
    const char *term = getenv("TERM");
    const bool live = same && out_is_terminal(out) && term != NULL && strcmp(term, "dumb") != 0;
    const struct sink_options options = {
        .style = c->options.output == OUTPUT_JSONL ? SINK_JSONL
                 : c->options.group                ? SINK_GROUP
                                                   : SINK_PLAIN,
        .exec = exec,
        .looks = !exec && !r->action->mutating,
        .quiet = c->options.quiet,
        .verbose = c->options.verbose,
        .color = pane_wants_color(c, out_is_terminal(out)),
        .live = live && !c->options.quiet,
        .tail = TAIL_LINES,
        .budget = &budget,
    };
    int rc;

    bind_queues(r, &budget, out, err_out);
    r->sink = sink_new(&options, out, err_out);
    rc = app_run(r, err);
    sink_close(r->sink);
    r->sink = NULL;
    out_drain(out, DRAIN_MS);
    if (!same) {
        out_drain(err_out, DRAIN_MS);
        out_free(err_out);
    }
    out_free(out);
    return rc;
}

/* Which hosts, and where each goes back to.  What selects them without a plan selects them with
 * one: so it is seen who would be meant now. */
static int
find_hosts(struct cli *c, const char *env, struct loaded *l, bool back, struct planfile *plan,
           struct targets *t, struct err *err)
{
    if (back && rollback_targets(c, env, l, t, err) != 0) {
        return -1;
    }
    if (plan == NULL) {
        return 0;
    }
    planfile_take_hosts(plan, l);
    c->hosts_fixed = true;
    targets_release(t);
    return back ? rollback_targets(c, env, l, t, err) : 0;
}

static int
run_loaded(struct cli *c, const char *env, struct loaded *l, bool scripted, struct planfile *plan,
           struct err *err)
{
    struct targets targets = {0};
    struct map *sources = NULL;
    struct run_request r;
    int rc = -1;

    if (find_hosts(c, env, l, !scripted && rollback_is_open(l), plan, &targets, err) != 0) {
        goto out;
    }
    if (!c->options.check && request_ask(c, err) != 0) {
        goto out;
    }
    r = request_of(c, env, l, scripted);
    r.releases = (const char *const *)targets.releases;
    r.hosts_in_order = plan != NULL;
    if (plan != NULL &&
        planfile_verify(plan, l, &r, &targets, c->options.force, &sources, err) != 0) {
        goto out;
    }
    r.sources = sources;
    if (c->options.check) {
        rc = dryrun_show(c, &r, err);
        goto out;
    }
    if (ask(c, l, env, err) != 0) {
        goto out;
    }
    rc = show_and_run(c, &r, scripted && l->action->steps[0].kind == ACTION_RUN, err);
out:
    targets_release(&targets);
    map_free(sources);
    return rc;
}

static int
check_output(const struct options *o, struct err *err)
{
    if (o->output != OUTPUT_TEXT && (o->group || o->verbose > 0)) {
        return err_set(err, ERR_USAGE, "%s text for people; -o %s is for programs, and whole",
                       o->group ? "-b groups" : "-v adds",
                       o->output == OUTPUT_JSON ? "json" : "jsonl");
    }
    if (o->output == OUTPUT_JSON && !o->check) {
        return err_set(err, ERR_NOT_YET, "not yet: -o json without --check");
    }
    if (o->force && o->plan == NULL && strcmp(o->words.items[0], "retry") != 0) {
        return err_set(err, ERR_USAGE,
                       "--force goes with --plan: there is nothing to compare with");
    }
    return 0;
}

static int
open_plan(struct cli *c, const char *action, const char *env, struct planfile **ret,
          struct err *err)
{
    if (c->options.plan == NULL) {
        return 0;
    }
    *ret = planfile_load(c->options.plan, err);
    return *ret == NULL ? -1 : planfile_use(*ret, c, action, env, err);
}

int
cli_act(struct cli *c, const char *action_name, const char *env, struct action *script,
        struct err *err)
{
    struct loaded l = {0};
    struct planfile *plan = NULL;
    int rc = check_output(&c->options, err);

    if (rc == 0) {
        rc = open_plan(c, action_name, env, &plan, err);
    }
    if (rc == 0) {
        rc = load_all(&l, c, env, action_name, err);
    }
    if (script != NULL) {
        action_free(l.action);
        l.action = script;
    }
    if (rc == 0) {
        request_tell_tags(c, &l);
        rc = run_loaded(c, l.env, &l, script != NULL, plan, err);
    }
    loaded_release(&l);
    planfile_free(plan);
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
