/*
 * test_heap.c - the lowest key comes out first, whatever was pushed and popped before.
 */
#include "base/heap.h"

#include "base/prng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

enum { IDS = 40, ROOTS = 3 };

static void
test_equal_keys_come_out_by_id(void **state)
{
    static const int32_t order[] = {3, 0, 4, 2, 1};
    struct heap h;
    int32_t root = HEAP_EMPTY;

    (void)state;
    heap_init(&h, 5);
    for (size_t i = 0; i < 5; i++) {
        heap_push(&h, &root, order[i], 7);
        assert_int_equal(heap_key(&h, order[i]), 7);
    }
    for (int32_t id = 0; id < 5; id++) {
        assert_int_equal(root, id);
        assert_int_equal(heap_pop(&h, &root), id);
    }
    assert_int_equal(root, HEAP_EMPTY);
    heap_release(&h);
    heap_release(&h);
}

static void
test_the_whole_range_of_keys_is_ordered(void **state)
{
    static const int32_t keys[] = {INT32_MAX, 0, INT32_MIN, -1};
    static const int32_t want[] = {2, 3, 1, 0};
    struct heap h;
    int32_t root = HEAP_EMPTY;

    (void)state;
    heap_init(&h, 4);
    for (int32_t id = 0; id < 4; id++) {
        heap_push(&h, &root, id, keys[id]);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(heap_pop(&h, &root), want[i]);
    }
    heap_release(&h);
}

/* What the heaps hold, as plain lists. */
struct model {
    int32_t in[IDS]; /* the root an id is in, -1: none */
    int32_t key[IDS];
};

static int32_t
lowest(const struct model *m, int32_t root)
{
    int32_t best = -1;

    for (int32_t id = 0; id < IDS; id++) {
        if (m->in[id] == root && (best < 0 || m->key[id] < m->key[best])) {
            best = id;
        }
    }
    return best;
}

static void
test_heaps_that_share_their_arrays_each_give_their_lowest(void **state)
{
    struct heap h;

    (void)state;
    heap_init(&h, IDS);
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct prng rng = {.state = seed};
        struct model m;
        int32_t roots[ROOTS] = {HEAP_EMPTY, HEAP_EMPTY, HEAP_EMPTY};
        for (int32_t id = 0; id < IDS; id++) {
            m.in[id] = -1;
        }
        for (int i = 0; i < 200; i++) {
            const int32_t r = (int32_t)prng_below(&rng, ROOTS);
            const int32_t id = (int32_t)prng_below(&rng, IDS);
            if (m.in[id] == -1 && prng_below(&rng, 5) > 0) {
                m.in[id] = r;
                m.key[id] = (int32_t)prng_below(&rng, 25);
                heap_push(&h, &roots[r], id, m.key[id]);
            } else if (roots[r] != HEAP_EMPTY) {
                const int32_t top = heap_pop(&h, &roots[r]);
                assert_int_equal(top, lowest(&m, r));
                m.in[top] = -1;
            }
            assert_int_equal(roots[r], lowest(&m, r));
        }
    }
    heap_release(&h);
}

/* Pushed upwards, every id is a child of the first; pushed downwards, they are one long chain. */
static void
test_a_hundred_thousand_come_out_in_order_without_recursion(void **state)
{
    enum { MANY = 100000 };
    struct heap h;

    (void)state;
    heap_init(&h, MANY);
    for (int up = 0; up < 2; up++) {
        int32_t root = HEAP_EMPTY;
        for (int32_t i = 0; i < MANY; i++) {
            const int32_t id = up == 1 ? i : MANY - 1 - i;
            heap_push(&h, &root, id, id);
        }
        for (int32_t id = 0; id < MANY; id++) {
            assert_int_equal(heap_pop(&h, &root), id);
        }
    }
    heap_release(&h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_keys_come_out_by_id),
        cmocka_unit_test(test_the_whole_range_of_keys_is_ordered),
        cmocka_unit_test(test_heaps_that_share_their_arrays_each_give_their_lowest),
        cmocka_unit_test(test_a_hundred_thousand_come_out_in_order_without_recursion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
