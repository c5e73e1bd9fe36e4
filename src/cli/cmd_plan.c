/*
 * cmd_plan.c - waves, slots, order and time of an action, as it would run now.
 *
 * Decides which options go together; the plan is the one a run would make.  Connects to nothing,
 * writes nothing but the file of --save.
 */
#include "cli/command.h"
#include "cli/load.h"
#include "cli/plan_view.h"
#include "cli/planfile.h"
#include "cli/request.h"
#include "cli/rollback.h"

#include <stdio.h>
#include <string.h>

static int
show(const struct cli *c, const struct loaded *l, const struct run_request *r,
     const struct targets *t, struct err *err)
{
    const struct options *o = &c->options;
    struct plan_view v;
    int rc = plan_view_make(&v, r, o->assume_ms, o->simulate, err);

    plan_view_warn(&v);
    v.seed_given = o->has_seed;
    if (rc == 0 && o->save != NULL) {
        rc = planfile_save(o->save, c, l, &v, t, err);
    }
    if (rc == 0 && o->output == OUTPUT_JSON) {
        plan_json(&v);
    } else if (rc == 0) {
        plan_text(&v);
    }
    if (rc == 0 && o->save != NULL) {
        (void)fflush(stdout); /* both may be one pipe: this is the last line */
        fprintf(stderr, CLI_NAME " %s ", l->action->name);
        cli_print(stderr, l->env);
        fputs(" --plan ", stderr);
        cli_print(stderr, o->save);
        fputs(" runs this plan, if nothing has changed by then\n", stderr);
    }
    plan_view_release(&v);
    return rc;
}

/* A plan that is kept names where each host goes back to: with the store as it is now. */
static int
find_targets(const struct cli *c, struct loaded *l, struct targets *t, struct err *err)
{
    if (c->options.save == NULL || !rollback_is_open(l)) {
        return 0;
    }
    return rollback_targets(c, l->env, l, t, err);
}

int
cmd_plan(struct cli *c, struct err *err)
{
    struct loaded l = {0};
    struct targets t = {0};
    const char *env = cli_word(c, 1);

    if (c->options.output == OUTPUT_JSONL) {
        return err_set(err, ERR_USAGE, "a plan is one object: -o json");
    }
    int rc = load_all(&l, c, env, cli_word(c, 0), err);
    if (rc == 0) {
        rc = find_targets(c, &l, &t, err);
    }
    if (rc == 0) {
        struct run_request r = request_of(c, env, &l, false);
        r.releases = (const char *const *)t.releases;
        request_tell_tags(c, &l);
        rc = show(c, &l, &r, &t, err);
    }
    targets_release(&t);
    loaded_release(&l);
    return rc;
}
