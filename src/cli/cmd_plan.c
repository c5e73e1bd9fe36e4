/*
 * cmd_plan.c - waves, slots and order of an action, as it would run now.
 *
 * Decides only how a plan is printed; the plan is the one a run would make.  Connects to nothing,
 * writes nothing.
 */
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/plan_head.h"
#include "cli/request.h"
#include "core/plan.h"

#include <stdlib.h>

/* The first hosts of a wave take slots in order; the others take the first that frees. */
static void
print_wave(const struct plan *p, const struct run_request *r, const char *const *names,
           int32_t wave)
{
    const int32_t begin = plan_wave_begin(p, wave);
    const int32_t end = plan_wave_end(p, wave);

    plan_wave_line(p, r, wave);
    for (int32_t at = begin; at < end; at++) {
        const char *name = names[plan_host_at(p, at)];
        if (at - begin < plan_slot_count(p)) {
            printf("  %4d  %-24s slot %d\n", (int)at + 1, name, (int)(at - begin));
        } else {
            printf("  %4d  %-24s the first slot that frees\n", (int)at + 1, name);
        }
    }
}

static void
print_body(const struct plan *p, const struct run_request *r, const char *const *names,
           const size_t *steps, size_t step_count)
{
    for (size_t i = 0; i < step_count; i++) {
        printf("  step %zu/%zu ", i + 1, step_count);
        cli_print(stdout, r->action->steps[steps[i]].name);
        putchar('\n');
    }
    for (int32_t i = 0; i < plan_check_count(p); i++) {
        printf("  check %d/%d ", (int)i + 1, (int)plan_check_count(p));
        cli_print(stdout, r->action->checks[i].name);
        putchar('\n');
    }
    for (size_t i = 0; i < r->action->finally_count; i++) {
        printf("  finally step %zu/%zu ", i + 1, r->action->finally_count);
        cli_print(stdout, r->action->finally_steps[i].name);
        putchar('\n');
    }
    for (int32_t wave = 0; wave < plan_wave_count(p); wave++) {
        print_wave(p, r, names, wave);
    }
}

static int
plan_request(const struct run_request *r, bool seed_given, struct err *err)
{
    const char **names = xcalloc(r->host_count, sizeof(*names));
    size_t *steps = NULL;
    const size_t step_count = app_steps(r, &steps);
    struct policy policy;
    struct plan *p;

    app_policy(r, &policy);
    for (size_t i = 0; i < r->host_count; i++) {
        names[i] = inventory_host(r->inventory, r->hosts[i])->name;
    }
    p = app_plan(r, &policy, names, steps, step_count, err);
    if (p != NULL) {
        plan_head(p, r, seed_given);
        print_body(p, r, names, steps, step_count);
    }
    plan_free(p);
    free(steps);
    free(names);
    return p != NULL ? 0 : -1;
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
        rc = plan_request(&r, c->options.has_seed, err);
    }
    loaded_release(&l);
    return rc;
}
