/*
 * test_queue.c - the first host that has room is given, whatever waits, starts and ends beside it.
 */
#include "core/queue.h"

#include "planned.h"

#include "base/prng.h"
#include "base/xalloc.h"

#include <stdlib.h>

enum { HOSTS_MAX = 60, SEEDS = 3000, MOVES = 300 };

static const struct policy parallel = {.strategy = STRATEGY_PARALLEL};

static void
test_without_limits_hosts_come_as_they_were_added(void **state)
{
    static const int32_t order[] = {2, 0, 3, 1};
    const struct plan_request request = planned_request(&parallel, 4);
    struct plan *p = plan_new(&request, NULL);
    struct queue q;

    (void)state;
    queue_init(&q, p);
    assert_int_equal(queue_next(&q), -1);
    for (int32_t i = 0; i < 4; i++) {
        queue_add(&q, order[i]);
    }
    assert_int_equal(queue_waiting(&q), 4);
    for (int32_t i = 0; i < 4; i++) {
        assert_int_equal(queue_next(&q), order[i]);
        assert_int_equal(queue_next(&q), order[i]);
        assert_true(queue_waits(&q, order[i]));
        queue_take(&q, order[i]);
        assert_false(queue_waits(&q, order[i]));
    }
    assert_int_equal(queue_next(&q), -1);
    assert_int_equal(queue_waiting(&q), 0);
    queue_give(&q, 0);
    q.added = INT32_MAX; /* as after many rounds: where nobody waits, ranks begin anew */
    queue_add(&q, 0);
    assert_int_equal(queue_next(&q), 0);
    queue_release(&q);
    queue_release(&q);
    plan_free(p);
}

/* Zones a a b a, one at a time: the second and fourth are passed over. */
static void
test_a_host_whose_value_is_full_is_passed_over_until_there_is_room(void **state)
{
    static const int32_t zones[] = {0, 0, 1, 0};
    const struct plan_parting zone = {"zone", zones, 2, {1, false}};
    struct plan_request request = planned_request(&parallel, 4);
    struct queue q;

    (void)state;
    request.parallel_by = &zone;
    request.parallel_by_count = 1;
    struct plan *p = plan_new(&request, NULL);
    queue_init(&q, p);
    for (int32_t i = 0; i < 4; i++) {
        queue_add(&q, i);
    }
    assert_int_equal(queue_next(&q), 0);
    queue_take(&q, 0);
    assert_false(queue_has_room(&q, 1));
    assert_true(queue_has_room(&q, 2));
    assert_int_equal(queue_next(&q), 2);
    queue_take(&q, 2);
    assert_int_equal(queue_next(&q), -1);
    assert_int_equal(queue_waiting(&q), 2);
    queue_give(&q, 2);
    assert_int_equal(queue_next(&q), -1);
    queue_give(&q, 0);
    assert_int_equal(queue_next(&q), 1);
    queue_drop(&q, 1);
    assert_int_equal(queue_next(&q), 3);
    queue_take(&q, 1); /* a retry, say: it stands in no line */
    assert_int_equal(queue_next(&q), -1);
    queue_clear(&q);
    queue_give(&q, 1);
    assert_int_equal(queue_next(&q), -1);
    queue_add(&q, 1);
    assert_int_equal(queue_next(&q), 1);
    queue_release(&q);
    plan_free(p);
}

/* The same, by looking at everything every time. */
struct model {
    int32_t vars;
    struct plan_parting by[PLAN_PARTINGS_MAX];
    int32_t values[PLAN_PARTINGS_MAX][HOSTS_MAX];
    int32_t hosts;
    bool in_flight[HOSTS_MAX];
    bool dropped[HOSTS_MAX]; /* and not cleared since */
    int32_t line[HOSTS_MAX]; /* who waits, in order */
    int32_t waiting;
};

static bool
model_has_room(const struct model *m, int32_t host)
{
    for (int32_t v = 0; v < m->vars; v++) {
        int32_t inside = 0;
        for (int32_t i = 0; i < m->hosts; i++) {
            inside += m->in_flight[i] && m->values[v][i] == m->values[v][host];
        }
        if (inside >= m->by[v].limit.value) {
            return false;
        }
    }
    return true;
}

static int32_t
model_next(const struct model *m)
{
    for (int32_t i = 0; i < m->waiting; i++) {
        if (model_has_room(m, m->line[i])) {
            return m->line[i];
        }
    }
    return -1;
}

static bool
model_remove(struct model *m, int32_t host)
{
    for (int32_t i = 0; i < m->waiting; i++) {
        if (m->line[i] == host) {
            memmove(&m->line[i], &m->line[i + 1],
                    (size_t)(m->waiting - i - 1) * sizeof(m->line[0]));
            m->waiting--;
            return true;
        }
    }
    return false;
}

static bool
model_waits(const struct model *m, int32_t host)
{
    struct model copy = *m;

    return model_remove(&copy, host);
}

static struct plan *
model_make(struct model *m, struct prng *rng)
{
    struct plan_request request;

    *m = (struct model){
        .vars = (int32_t)prng_below(rng, PLAN_PARTINGS_MAX),
        .hosts = 1 + (int32_t)prng_below(rng, prng_below(rng, 2) == 0 ? 8 : HOSTS_MAX),
    };
    for (int32_t v = 0; v < m->vars; v++) {
        const uint64_t count = 1 + prng_below(rng, prng_below(rng, 2) == 0 ? 3 : 15);
        for (int32_t i = 0; i < m->hosts; i++) {
            m->values[v][i] = (int32_t)prng_below(rng, count);
        }
        m->by[v] = (struct plan_parting){
            "x", m->values[v], (int32_t)count, {1 + (int32_t)prng_below(rng, 3), false}};
    }
    request = planned_request(&parallel, m->hosts);
    request.parallel_by = m->by;
    request.parallel_by_count = m->vars;
    return plan_new(&request, NULL);
}

/* One thing that may happen to a host, where it may happen. */
static void
move(struct queue *q, struct model *m, struct prng *rng)
{
    const int32_t host = (int32_t)prng_below(rng, (uint64_t)m->hosts);
    const uint64_t dice = prng_below(rng, 100);
    const int32_t next = dice < 40 ? queue_next(q) : -1;

    if (next >= 0) {
        queue_take(q, next);
        assert_true(model_remove(m, next));
        m->in_flight[next] = true;
    } else if (dice < 75 && m->in_flight[host]) {
        queue_give(q, host);
        m->in_flight[host] = false;
    } else if (dice < 90 && !m->in_flight[host] && !m->dropped[host] && !model_waits(m, host)) {
        queue_add(q, host);
        m->line[m->waiting++] = host;
    } else if (dice < 93 && model_waits(m, host)) {
        queue_drop(q, host);
        m->dropped[host] = model_remove(m, host);
    } else if (dice < 98 && !m->in_flight[host] && !model_waits(m, host) &&
               model_has_room(m, host)) {
        queue_take(q, host); /* a retry */
        m->in_flight[host] = true;
    } else if (dice == 99) {
        queue_clear(q);
        m->waiting = 0;
        memset(m->dropped, 0, sizeof(m->dropped));
    }
}

static void
test_the_first_of_all_that_have_room_is_given(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct prng rng = {.state = seed};
        static struct model m;
        struct plan *p = model_make(&m, &rng);
        struct queue q;
        queue_init(&q, p);
        for (int i = 0; i < MOVES; i++) {
            move(&q, &m, &rng);
            const int32_t host = (int32_t)prng_below(&rng, (uint64_t)m.hosts);
            assert_int_equal(queue_has_room(&q, host), model_has_room(&m, host));
            assert_int_equal(queue_waits(&q, host), model_waits(&m, host));
            assert_int_equal(queue_waiting(&q), m.waiting);
            /* Looking moves what is parked: not after every move, so that it is seen unlooked. */
            if (prng_below(&rng, 3) == 0 && queue_next(&q) != model_next(&m)) {
                fail_msg("seed %d, move %d: %d, not %d", (int)seed, i, (int)queue_next(&q),
                         (int)model_next(&m));
            }
        }
        queue_release(&q);
        plan_free(p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_limits_hosts_come_as_they_were_added),
        cmocka_unit_test(test_a_host_whose_value_is_full_is_passed_over_until_there_is_room),
        cmocka_unit_test(test_the_first_of_all_that_have_room_is_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
