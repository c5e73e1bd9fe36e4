/*
 * plan_head.c - the first lines of a plan, and its waves.
 *
 * Decides the words only.  Owns nothing.
 */
#include "cli/plan_head.h"

#include "base/nodeset.h"
#include "base/xalloc.h"
#include "cli/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAMES_BYTES_MAX = 4 * 1024 * 1024 };

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

void
plan_head(const struct plan *p, const struct run_request *r, bool seed_given)
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

void
plan_wave_line(const struct plan *p, const struct run_request *r, int32_t wave)
{
    const int32_t begin = plan_wave_begin(p, wave);
    const int32_t count = plan_wave_end(p, wave) - begin;
    struct buf folded;

    if (!plan_has_waves(p)) {
        return;
    }
    const char **names = xcalloc((size_t)count, sizeof(*names));
    for (int32_t i = 0; i < count; i++) {
        names[i] = inventory_host(r->inventory, r->hosts[plan_host_at(p, begin + i)])->name;
    }
    buf_init(&folded, NAMES_BYTES_MAX);
    nodeset_fold(&folded, names, (size_t)count);
    printf("wave %d/%d: %s\n", (int)wave + 1, (int)plan_wave_count(p), folded.data);
    buf_release(&folded);
    free(names);
}
