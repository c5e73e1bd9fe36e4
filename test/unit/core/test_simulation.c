/*
 * test_simulation.c - thousands of random rollouts, each checked by its facts and orders alone.
 *
 * SIM_SEEDS=n runs n seeds from SIM_FROM on, SIM_SEED=n that one and says all of it.  A failure
 * names its seed.
 */
#include "unit/core/sim.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

/* What all seeds together must have met, or the generator no longer proves what it says. */
struct reach {
    uint64_t outcomes[OUTCOMES];
    uint64_t exits[8];
    uint64_t halts[HALTS];
    uint64_t facts, probes, gates_lost, onces_lost, turns;
};

static uint64_t
number_of(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static uint64_t
seed_count(void)
{
#ifdef __SANITIZE_ADDRESS__
    const uint64_t seeds = 1500;
#else
    const uint64_t seeds = getenv("RUNNER") == NULL ? 8000 : 200;
#endif

    return number_of("SIM_SEEDS", seeds);
}

static void
note(struct reach *reach, const struct sim *s)
{
    const struct summary sum = rollout_summary(s->rollout);

    for (int i = 0; i < OUTCOMES; i++) {
        reach->outcomes[i] += (uint64_t)sum.count[i];
    }
    reach->exits[summary_exit(&sum)]++;
    reach->halts[rollout_halt(s->rollout)]++;
    reach->facts += s->journal_count;
    reach->turns += s->check.turns;
    for (int32_t i = 0; i < s->c.host_count; i++) {
        reach->gates_lost += s->check.hosts[i].of_others == CAUSE_GATE;
        reach->onces_lost += s->check.hosts[i].of_others == CAUSE_ONCE;
        reach->probes += (uint64_t)s->check.hosts[i].probe_try;
    }
}

/* An assertion of the scheduler ends the program: its seed must be told all the same. */
static char last_words[64];

static void
on_abort(int number)
{
    (void)number;
    (void)!write(STDERR_FILENO, last_words, strlen(last_words));
}

static uint64_t
run_seed(uint64_t seed, bool loud, struct reach *reach)
{
    struct sim s;

    (void)snprintf(last_words, sizeof(last_words), "SIM_SEED=%" PRIu64 "\n", seed);
    sim_seed(&s, seed, loud);
    const uint64_t orders = s.orders;
    const int64_t at_ms = s.world.now_ms;
    char wrong[sizeof(s.check.wrong)];
    (void)memcpy(wrong, s.check.wrong, sizeof(wrong));
    if (s.rollout != NULL && reach != NULL) {
        note(reach, &s);
    }
    sim_release(&s);
    if (wrong[0] != '\0') {
        fail_msg("SIM_SEED=%" PRIu64 ": at %" PRId64 " ms: %s", seed, at_ms, wrong);
    }
    return orders;
}

static void
test_every_run_keeps_the_rules_and_folds_from_its_journal(void **state)
{
    const char *one = getenv("SIM_SEED");
    const uint64_t seeds = one == NULL ? seed_count() : 0;
    const uint64_t from = number_of("SIM_FROM", 1);
    struct reach reach = {0};

    (void)state;
    if (one != NULL) {
        (void)run_seed(strtoull(one, NULL, 10), true, NULL);
        return;
    }
    for (uint64_t seed = from; seed < from + seeds; seed++) {
        (void)run_seed(seed, false, &reach);
    }
    if (seeds < 1000) {
        return; /* too few to meet everything */
    }
    for (int i = OUTCOME_OK; i < OUTCOME_SKIPPED; i++) {
        assert_true(reach.outcomes[i] > 0);
    }
    for (int i = HALT_NONE; i < HALT_CANARY; i++) {
        assert_true(reach.halts[i] > 0);
    }
    assert_true(reach.exits[0] > 0 && reach.exits[2] > 0 && reach.exits[3] > 0);
    assert_true(reach.facts > seeds * 10);
    assert_true(reach.probes > seeds && reach.turns > seeds / 2);
    assert_true(reach.gates_lost > seeds / 10 && reach.onces_lost > seeds / 100);
}

static void
test_the_same_seed_gives_the_same_orders(void **state)
{
    const uint64_t seeds = seed_count() / 10;
    uint64_t last = 0, differ = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        const uint64_t orders = run_seed(seed, false, NULL);
        assert_true(orders == run_seed(seed, false, NULL));
        differ += orders != last;
        last = orders;
    }
    assert_true(differ >= seeds - seeds / 10); /* one host and one step look alike */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_run_keeps_the_rules_and_folds_from_its_journal),
        cmocka_unit_test(test_the_same_seed_gives_the_same_orders),
    };

    (void)signal(SIGABRT, on_abort);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
