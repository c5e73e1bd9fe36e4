/*
 * test_journal.c - what is written of a run comes back as it was, and fast enough.
 *
 * Facts and orders are made at random from a seed that is printed when a round trip fails.
 */
#include "unit/store/place.h"

#include <inttypes.h>
#include <time.h>

enum { RANDOM_ROWS = 5000 };

struct row {
    int64_t at_ms;
    bool is_fact;
    struct fact fact;
    struct order order;
    char reason[64]; /* "": none */
};

static uint64_t
splitmix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Edges as often as anything else. */
static int64_t
any64(uint64_t *state)
{
    static const int64_t edges[] = {INT64_MIN, -1, 0, 1, INT64_MAX, INT32_MAX, (int64_t)1 << 53};
    const uint64_t r = splitmix(state);

    return r % 2 == 0 ? (int64_t)splitmix(state) : edges[(r >> 8) % 7];
}

static int32_t
any32(uint64_t *state)
{
    static const int32_t edges[] = {INT32_MIN, -1, 0, 1, INT32_MAX};
    const uint64_t r = splitmix(state);

    return r % 2 == 0 ? (int32_t)(uint32_t)splitmix(state) : edges[(r >> 8) % 5];
}

static void
make_row(uint64_t *state, struct row *ret_row)
{
    memset(ret_row, 0, sizeof(*ret_row));
    ret_row->at_ms = any64(state);
    ret_row->is_fact = splitmix(state) % 2 == 0;
    if (!ret_row->is_fact) {
        ret_row->order = (struct order){(enum order_kind)(splitmix(state) % ORDER_KINDS),
                                        any32(state),
                                        any32(state),
                                        any32(state),
                                        any32(state),
                                        any64(state)};
        return;
    }
    ret_row->fact = (struct fact){(enum fact_kind)(splitmix(state) % FACT_KINDS),
                                  any32(state),
                                  any32(state),
                                  any32(state),
                                  (enum cause)(splitmix(state) % CAUSES),
                                  any32(state),
                                  any32(state),
                                  (enum verb)(splitmix(state) % VERBS),
                                  any64(state)};
    for (size_t i = 0, n = splitmix(state) % sizeof(ret_row->reason); i < n; i++)
        ret_row->reason[i] = (char)(1 + splitmix(state) % 255); /* no byte is special */
    ret_row->reason[sizeof(ret_row->reason) - 1] = '\0';
}

static void
same_fact(const struct fact *a, const struct fact *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->host, b->host);
    assert_int_equal(a->step, b->step);
    assert_int_equal(a->attempt, b->attempt);
    assert_int_equal(a->cause, b->cause);
    assert_int_equal(a->exit_code, b->exit_code);
    assert_int_equal(a->signal, b->signal);
    assert_int_equal(a->verb, b->verb);
    assert_true(a->value == b->value);
}

static void
same_order(const struct order *a, const struct order *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->host, b->host);
    assert_int_equal(a->step, b->step);
    assert_int_equal(a->attempt, b->attempt);
    assert_int_equal(a->slot, b->slot);
    assert_true(a->value == b->value);
}

struct walk {
    const struct row *rows;
    size_t count, stop_at;
};

static bool
check_row(void *arg, int64_t at_ms, const struct fact *fact, const char *reason,
          const struct order *order)
{
    struct walk *w = arg;
    const struct row *row = &w->rows[w->count++];

    assert_true(at_ms == row->at_ms);
    assert_true((fact != NULL) == row->is_fact && (order == NULL) == row->is_fact);
    if (fact != NULL) {
        same_fact(fact, &row->fact);
        if (row->reason[0] == '\0')
            assert_null(reason);
        else
            assert_string_equal(reason, row->reason);
    } else if (order != NULL) {
        assert_null(reason);
        same_order(order, &row->order);
    }
    return w->count != w->stop_at;
}

static void
write_row(struct journal *j, const struct row *row)
{
    const int rc = row->is_fact ? journal_fact(j, row->at_ms, &row->fact,
                                               row->reason[0] == '\0' ? NULL : row->reason, NULL)
                                : journal_order(j, row->at_ms, &row->order, NULL);

    assert_int_equal(rc, 0);
}

static void
test_facts_and_orders_come_back_bit_for_bit(void **state)
{
    const struct place *p = *state;
    struct row *rows = calloc(RANDOM_ROWS, sizeof(*rows));
    struct walk walk = {.rows = rows};
    struct store *s = place_open(p);
    struct journal *other = place_begin(s, "other", 1);
    struct journal *j = place_begin(s, "test", 3);
    uint64_t seed = (uint64_t)time(NULL);
    char id[RUN_ID_SIZE];

    print_message("seed %" PRIu64 "\n", seed);
    for (int i = 0; i < RANDOM_ROWS; i++) {
        make_row(&seed, &rows[i]);
        write_row(j, &rows[i]);
        place_fact(other, FACT_TICK, -1, -1); /* another run between them does no harm */
        if (i % 100 == 0)
            place_commit(s);
    }
    place_commit(s);
    snprintf(id, sizeof(id), "%s", journal_run_id(j));
    journal_free(j);
    journal_free(other);
    store_close(s);

    s = store_open(p->db, true, NULL);
    assert_non_null(s);
    assert_int_equal(history_replay(s, id, check_row, &walk, NULL), 0);
    assert_int_equal(walk.count, RANDOM_ROWS);
    walk = (struct walk){.rows = rows, .stop_at = 10};
    assert_int_equal(history_replay(s, id, check_row, &walk, NULL), 0);
    assert_int_equal(walk.count, 10);
    store_close(s);
    free(rows);
}

static bool
ignore_row(void *arg, int64_t at_ms, const struct fact *fact, const char *reason,
           const struct order *order)
{
    (void)arg;
    (void)at_ms;
    (void)fact;
    (void)reason;
    (void)order;
    return true;
}

static void
replay_fails(const struct place *p, const char *id, enum err_kind kind, const char *text)
{
    struct store *s = place_open(p);
    struct err err = {0};

    assert_int_equal(history_replay(s, id, ignore_row, NULL, &err), -1);
    assert_int_equal(err.kind, kind);
    assert_non_null(strstr(err.text, text));
    store_close(s);
}

static void
test_a_damaged_journal_is_not_replayed(void **state)
{
    static const char *const damages[] = {
        "DELETE FROM journal WHERE seq = 2",
        "UPDATE journal SET kind = 99 WHERE seq = 2",
        "UPDATE journal SET type = 2 WHERE seq = 2",
        "UPDATE journal SET cause = -1 WHERE seq = 2",
        "UPDATE journal SET verb = 1000 WHERE seq = 2",
    };
    const struct place *p = *state;
    char id[RUN_ID_SIZE];

    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        struct store *s = place_open(p);
        struct journal *j = place_begin(s, "test", 3);
        for (int k = 0; k < 3; k++)
            place_fact(j, FACT_CONNECTED, k, -1);
        place_commit(s);
        snprintf(id, sizeof(id), "%s", journal_run_id(j));
        journal_free(j);
        store_close(s);
        place_sql(p, damages[i]);
        replay_fails(p, id, ERR_STORE, "row 2 of the journal");
    }
    replay_fails(p, "20200101T000000Z-0", ERR_NO_MATCH, "no run");
}

static void
test_run_ids_tell_the_time_and_never_repeat(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    char ids[200][RUN_ID_SIZE];

    for (int i = 0; i < 200; i++) {
        struct journal *j = place_begin(s, "test", 1);
        snprintf(ids[i], RUN_ID_SIZE, "%s", journal_run_id(j));
        assert_int_equal(strlen(ids[i]), 33);
        assert_memory_equal(ids[i], "20261123T214500Z-", 17);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(ids[i], ids[k]);
        journal_free(j);
    }
    store_close(s);
}

static int64_t
epoch_at(struct store *s, const char *env, int64_t wall_ms)
{
    static const char *const host[] = {"web-1"};
    const struct run_start start = {
        .env = env,
        .action = "deploy",
        .strategy = "rolling",
        .wall_ms = wall_ms,
        .hosts = host,
        .host_count = 1,
    };
    struct journal *j = journal_begin(s, &start, NULL);
    int64_t epoch;

    assert_non_null(j);
    epoch = journal_epoch(j);
    journal_free(j);
    place_commit(s);
    return epoch;
}

static void
test_epochs_only_grow_even_if_the_clock_goes_back(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    assert_int_equal(epoch_at(s, "a", 5000), 5000);
    assert_int_equal(epoch_at(s, "a", 5000), 5001);
    assert_int_equal(epoch_at(s, "a", 1000), 5002);
    assert_int_equal(epoch_at(s, "b", 1000), 1000); /* each environment its own */
    store_close(s);
    s = place_open(p);
    assert_int_equal(epoch_at(s, "a", 1000), 5003);
    assert_int_equal(epoch_at(s, "a", 9000), 9000);
    store_close(s);
}

static void
test_offsets_are_kept_for_a_resume(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 2);
    struct host_list hosts;

    assert_int_equal(journal_offsets(j, 1, 10, 20, NULL), 0);
    assert_int_equal(journal_offsets(j, 1, 5000000000, 30, NULL), 0);
    place_commit(s);
    assert_int_equal(history_hosts(s, journal_run_id(j), &hosts, NULL), 0);
    assert_int_equal(hosts.rows[0].out_bytes, 0);
    assert_true(hosts.rows[1].out_bytes == 5000000000);
    assert_int_equal(hosts.rows[1].err_bytes, 30);
    host_list_release(&hosts);
    journal_free(j);
    store_close(s);
}

/* ---------------------------------------------------------------- cost */

static double
now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Loose on purpose (a test may run under valgrind); the numbers are printed. */
static void
test_a_journal_of_a_hundred_thousand_rows_is_cheap(void **state)
{
    enum { ROWS = 100000, COMMITS = 1000 };
    static double commit_us[COMMITS];
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 6);
    double insert_us = 0;

    for (int c = 0; c < COMMITS; c++) {
        const double start = now_us();
        double middle;
        for (int i = 0; i < ROWS / COMMITS / 2; i++) {
            place_fact(j, FACT_STEP_DONE, i % 6, c);
            place_order(j, ORDER_RUN_STEP, i % 6, c);
        }
        middle = now_us();
        place_commit(s);
        insert_us += middle - start;
        commit_us[c] = now_us() - middle;
    }
    qsort(commit_us, COMMITS, sizeof(commit_us[0]), compare_doubles);
    print_message(
        "insert %.2f us a row (%.0f rows/s); commit of 100 rows: p50 %.3f ms, p99 %.3f ms,"
        " max %.3f ms\n",
        insert_us / ROWS, ROWS / insert_us * 1e6, commit_us[COMMITS / 2] / 1e3,
        commit_us[COMMITS * 99 / 100] / 1e3, commit_us[COMMITS - 1] / 1e3);
    assert_true(insert_us / ROWS < 1000);
    journal_free(j);
    store_close(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_facts_and_orders_come_back_bit_for_bit),
        PLACED(test_a_damaged_journal_is_not_replayed),
        PLACED(test_run_ids_tell_the_time_and_never_repeat),
        PLACED(test_epochs_only_grow_even_if_the_clock_goes_back),
        PLACED(test_offsets_are_kept_for_a_resume),
        PLACED(test_a_journal_of_a_hundred_thousand_rows_is_cheap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
