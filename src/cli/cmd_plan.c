/*
 * cmd_plan.c - waves, slots and order of an action, as it would run now.
 *
 * Decides only how a plan is printed; the plan is the one a run would make.  Connects to nothing,
 * writes nothing.
 */
#include "base/nodeset.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/request.h"
#include "core/plan.h"

#include <inttypes.h>
#include <stdlib.h>

enum { NAMES_BYTES_MAX = 4 * 1024 * 1024 };

static void
print_names(const struct plan *p, const char *const *names, int32_t begin, int32_t end)
{
    const char **some = xcalloc((size_t)(end - begin), sizeof(*some));
    struct buf folded;

    for (int32_t at = begin; at < end; at++) {
        some[at - begin] = names[plan_host_at(p, at)];
    }
    buf_init(&folded, NAMES_BYTES_MAX);
    nodeset_fold(&folded, some, (size_t)(end - begin));
    puts(folded.data);
    buf_release(&folded);
    free(some);
}

/* The first hosts of a wave take slots in order; the others take the first that frees. */
static void
print_wave(const struct plan *p, const char *const *names, int32_t wave)
{
    const int32_t begin = plan_wave_begin(p, wave);
    const int32_t end = plan_wave_end(p, wave);

    if (plan_has_waves(p)) {
        printf("wave %d/%d: ", (int)wave + 1, (int)plan_wave_count(p));
        print_names(p, names, begin, end);
    }
    for (int32_t at = begin; at < end; at++) {
        const char *name = names[plan_host_at(p, at)];
        if (at - begin < plan_slot_count(p)) {
            printf("  %4d  %-24s slot %d\n", (int)at + 1, name, (int)(at - begin));
        } else {
            printf("  %4d  %-24s the first slot that frees\n", (int)at + 1, name);
        }
    }
}

/* Only a shuffle depends on it: of another order there is nothing to repeat. */
static void
print_seed(const struct policy *policy, bool given)
{
    if (policy->order != HOST_ORDER_SHUFFLE) {
        return;
    }
    printf("order shuffle, seed %" PRIu64, policy->seed);
    if (!given) {
        printf(" (drawn for this plan; a run keeps this order with --seed %" PRIu64 ")",
               policy->seed);
    }
    putchar('\n');
}

static void
print_head(const struct plan *p, const struct run_request *r, bool seed_given)
{
    const struct policy *policy = plan_policy(p);

    printf("%s ", r->action->name);
    cli_print(stdout, r->env);
    printf(": %d host%s, %s, ", (int)plan_host_count(p), plan_host_count(p) == 1 ? "" : "s",
           strategy_name(policy->strategy));
    if (policy->workers == 0) {
        printf("one host at a time");
    } else {
        printf("%d worker%s", (int)policy->workers, policy->workers == 1 ? "" : "s");
    }
    if (plan_budget(p) >= 0) {
        printf(", failure budget %d\n", (int)plan_budget(p));
    } else {
        printf(", no failure budget\n");
    }
    print_seed(policy, seed_given);
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
    for (int32_t wave = 0; wave < plan_wave_count(p); wave++) {
        print_wave(p, names, wave);
    }
}

static int
plan_request(const struct run_request *r, bool seed_given, struct err *err)
{
    const char **names = xcalloc(r->host_count, sizeof(*names));
    struct plan_step *rules;
    size_t *steps = NULL;
    const size_t step_count = app_steps(r, &steps);
    struct policy policy;
    struct plan_request request;
    struct plan *p;

    for (size_t i = 0; i < r->host_count; i++) {
        names[i] = inventory_host(r->inventory, r->hosts[i])->name;
    }
    rules = xcalloc(step_count, sizeof(*rules));
    for (size_t i = 0; i < step_count; i++) {
        rules[i] = r->action->steps[steps[i]].rule;
    }
    app_policy(r, &policy);
    request = (struct plan_request){.policy = &policy,
                                    .host_count = (int32_t)r->host_count,
                                    .host_names = names,
                                    .steps = rules,
                                    .step_count = (int32_t)step_count};
    p = plan_new(&request, err);
    if (p != NULL) {
        print_head(p, r, seed_given);
        print_body(p, r, names, steps, step_count);
    }
    plan_free(p);
    free(rules);
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
