/*
 * stats.c - counts, and says in words what they come to.
 */
#include "sim/stats.h"

#include <inttypes.h>
#include <string.h>

void
stats_case(struct stats *s, const struct sim_case *c)
{
    s->hosts += (uint64_t)c->host_count;
    s->strategy[c->policy.strategy]++;
    s->on_failure[c->policy.on_failure]++;
}

void
stats_fact(struct stats *s, const struct rollout *r, const struct fact *f)
{
    s->fact[f->kind]++;
    s->cause[f->cause]++;
    if (f->kind == FACT_VERB) {
        const enum run_state state = rollout_state(r);
        if (rollout_refuses(r, f) == NULL) {
            s->verb_taken[state][f->verb]++;
        } else {
            s->verb_refused[state][f->verb]++;
        }
    }
}

void
stats_end(struct stats *s, const struct rollout *r, const struct check *k, int32_t hosts)
{
    const struct summary sum = rollout_summary(r);

    for (int i = 0; i < OUTCOMES; i++) {
        s->outcome[i] += (uint64_t)sum.count[i];
    }
    for (int32_t i = 0; i < hosts; i++) {
        const struct rollout_host h = rollout_host(r, i);
        s->retried += h.round > 1;
        s->late += h.late;
    }
    for (int i = 0; i < CHECK_METS; i++) {
        s->ahead[i] += check_met(k, (enum check_met)i);
    }
    for (int i = 0; i < CAUSES; i++) {
        s->ahead_cause[i] += check_met_cause(k, (enum cause)i);
    }
    s->rolled_back += (uint64_t)sum.rolled_back;
    s->rollbacks_failed += (uint64_t)sum.rollbacks_failed;
    s->halt[rollout_halt(r)]++;
    s->exit[summary_exit(&sum) % EXITS]++;
}

/* All of it is 64-bit counters. */
void
stats_add(struct stats *to, const struct stats *from)
{
    _Static_assert(sizeof(*to) % sizeof(uint64_t) == 0, "counters alone");
    uint64_t a[sizeof(*to) / sizeof(uint64_t)];
    uint64_t b[sizeof(*to) / sizeof(uint64_t)];

    memcpy(a, to, sizeof(a));
    memcpy(b, from, sizeof(b));
    for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++) {
        a[i] += b[i];
    }
    memcpy(to, a, sizeof(a));
}

/* ---- words */

static const char *
fact_word(int i)
{
    return fact_name((enum fact_kind)i);
}

static const char *
cause_word(int i)
{
    return cause_name((enum cause)i);
}

static const char *
order_word(int i)
{
    return order_name((enum order_kind)i);
}

static const char *
outcome_word(int i)
{
    return outcome_name((enum outcome)i);
}

static const char *
halt_word(int i)
{
    return i == HALT_NONE ? "none" : halt_text((enum halt)i);
}

static const char *
strategy_word(int i)
{
    return strategy_name((enum strategy)i);
}

static const char *
on_failure_word(int i)
{
    return on_failure_name((enum on_failure)i);
}

static const char *
ahead_word(int i)
{
    return check_met_name((enum check_met)i);
}

static const char *
exit_word(int i)
{
    static const char *const words[EXITS] = {"0", "1", "2", "3", "4", "5", "6", "7"};

    return words[i];
}

struct list {
    const char *name;
    const uint64_t *count;
    int length;
    const char *(*word)(int i);
};

enum { LISTS = 10 };

static void
lists_of(const struct stats *s, struct list *ret)
{
    const struct list lists[LISTS] = {
        {"facts", s->fact, FACT_KINDS, fact_word},
        {"orders", s->order, ORDER_KINDS, order_word},
        {"causes", s->cause, CAUSES, cause_word},
        {"outcomes", s->outcome, OUTCOMES, outcome_word},
        {"halts", s->halt, HALTS, halt_word},
        {"strategies", s->strategy, STRATEGIES, strategy_word},
        {"on_failure", s->on_failure, ON_FAILURES, on_failure_word},
        {"exit codes", s->exit, EXITS, exit_word},
        {"sessions ahead", s->ahead, CHECK_METS, ahead_word},
        {"causes ahead", s->ahead_cause, CAUSES, cause_word},
    };

    memcpy(ret, lists, sizeof(lists));
}

void
stats_print(const struct stats *s, FILE *out)
{
    struct list lists[LISTS];

    lists_of(s, lists);
    (void)fprintf(out,
                  "%" PRIu64 " hosts, %" PRIu64 " facts, %" PRIu64 " orders, %" PRId64
                  " h of virtual time; %" PRIu64 " plans refused\n",
                  s->hosts, s->facts, s->orders, s->virtual_ms / 3600000, s->refused);
    (void)fprintf(out,
                  "%" PRIu64 " hosts in another round, %" PRIu64 " rolled back, %" PRIu64
                  " rollbacks failed, %" PRIu64 " late failures\n",
                  s->retried, s->rolled_back, s->rollbacks_failed, s->late);
    for (int i = 0; i < LISTS; i++) {
        (void)fprintf(out, "%s:", lists[i].name);
        for (int k = 0; k < lists[i].length; k++) {
            if (lists[i].count[k] > 0) {
                (void)fprintf(out, "%s %s %" PRIu64, k == 0 ? "" : ",", lists[i].word(k),
                              lists[i].count[k]);
            }
        }
        (void)fprintf(out, "\n");
    }
    for (int v = 0; v < VERBS; v++) {
        (void)fprintf(out, "%s (taken/refused):", verb_name((enum verb)v));
        for (int k = 0; k < RUN_STATES; k++) {
            (void)fprintf(out, " %s %" PRIu64 "/%" PRIu64 "%s", run_state_name((enum run_state)k),
                          s->verb_taken[k][v], s->verb_refused[k][v],
                          k + 1 < RUN_STATES ? "," : "\n");
        }
    }
}

/* ---- what must be met */

/* Nothing can tell or yield these. */
static bool
is_exempt(const char *list, int i)
{
    if (strcmp(list, "causes") == 0) { /* the core's own words */
        return i == CAUSE_GATE || i == CAUSE_ONCE || i == CAUSE_SWITCH || i == CAUSE_HEALTH ||
               i == CAUSE_CANCELLED;
    }
    if (strcmp(list, "causes ahead") == 0) { /* those of connecting alone */
        return i == CAUSE_NONE || (i >= CAUSE_REFUSED && i != CAUSE_LOST);
    }
    if (strcmp(list, "outcomes") == 0) {
        return i == OUTCOME_RUNNING;
    }
    if (strcmp(list, "exit codes") == 0) {
        return i == 1 || i == 5 || i == 6;
    }
    return false;
}

int
stats_missing(const struct stats *s, FILE *out)
{
    struct list lists[LISTS];
    int missing = 0;

    lists_of(s, lists);
    for (int i = 0; i < LISTS; i++) {
        for (int k = 0; k < lists[i].length; k++) {
            if (lists[i].count[k] == 0 && !is_exempt(lists[i].name, k)) {
                (void)fprintf(out, "never met: %s: %s\n", lists[i].name, lists[i].word(k));
                missing++;
            }
        }
    }
    for (int k = 0; k < RUN_STATES; k++) {
        for (int v = 0; v < VERBS; v++) {
            if (s->verb_taken[k][v] + s->verb_refused[k][v] == 0) {
                (void)fprintf(out, "never met: the verb %s while %s\n", verb_name((enum verb)v),
                              run_state_name((enum run_state)k));
                missing++;
            }
        }
    }
    return missing;
}
