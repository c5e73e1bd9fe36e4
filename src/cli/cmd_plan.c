/*
 * cmd_plan.c - waves, slots, order and time of an action, as it would run now.
 *
 * Decides which options go together; the plan is the one a run would make.  Connects to nothing,
 * writes nothing but the file of --save.
 */
#include "cli/command.h"
#include "cli/load.h"
#include "cli/plan_view.h"
#include "cli/request.h"

#include <stdlib.h>

static int
show(const struct cli *c, const struct run_request *r, struct err *err)
{
    struct plan_view v;
    int rc = plan_view_make(&v, r, c->options.assume_ms, c->options.simulate, err);

    v.seed_given = c->options.has_seed;
    if (rc == 0) {
        plan_text(&v);
    }
    plan_view_release(&v);
    return rc;
}

int
cmd_plan(struct cli *c, struct err *err)
{
    struct loaded l = {0};
    const char *env = cli_word(c, 1);
    int rc = load_all(&l, c, env, cli_word(c, 0), err);

    if (rc == 0) {
        const struct run_request r = request_of(c, env, &l, false);
        request_tell_tags(c, &l);
        rc = show(c, &r, err);
    }
    loaded_release(&l);
    return rc;
}
