/*
 * test_walk.c - a run read back in pieces is what it is read back at once; and the runs told
 * without their journals.
 */
#include "store/walk.h"

#include "unit/store/place.h"

/* Six hosts, each at another point, and no end. */
static void
begin_run(const struct place *p, char id[RUN_ID_SIZE], bool finish)
{
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 6);

    place_copy_id(j, id);
    for (int host = 0; host < 5; host++)
        place_order(j, ORDER_START, host, -1);
    place_order(j, ORDER_RUN_STEP, 0, 0);
    place_fact(j, FACT_STEP_DONE, 0, 0);
    place_end(j, 0, OUTCOME_OK, "v2");
    place_order(j, ORDER_RUN_STEP, 1, 0);
    place_fact(j, FACT_STEP_DONE, 1, 0);
    place_order(j, ORDER_RUN_STEP, 1, 1);
    place_order(j, ORDER_RUN_STEP, 2, 0);
    place_fact(j, FACT_STEP_DONE, 2, 0);
    place_order(j, ORDER_FINALLY, 3, 0);
    place_order(j, ORDER_RUN_STEP, 4, 0);
    place_fact(j, FACT_STEP_UNKNOWN, 4, 0);
    if (finish) {
        for (int host = 1; host < 6; host++)
            place_end(j, host, OUTCOME_FAILED, "");
        place_finish(s, j, 2);
    } else {
        place_commit(s);
        journal_free(j);
    }
    store_close(s);
}

struct row {
    int64_t at_ms;
    int kind;
    int32_t host;
    bool order;
};
struct rows {
    struct row list[64];
    size_t count, stop_at;
};

static bool
take(void *arg, int64_t at_ms, const struct fact *fact, const char *reason,
     const struct order *order)
{
    struct rows *r = arg;

    (void)reason;
    assert_true((fact == NULL) != (order == NULL));
    assert_true(r->count < 64);
    r->list[r->count++] = (struct row){at_ms, order != NULL ? (int)order->kind : (int)fact->kind,
                                       order != NULL ? order->host : fact->host, order != NULL};
    return r->count != r->stop_at;
}

static void
same_hosts(const struct host_list *a, const struct host_list *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->rows[i].name, b->rows[i].name);
        assert_string_equal(a->rows[i].reason, b->rows[i].reason);
        assert_string_equal(a->rows[i].release, b->rows[i].release);
        assert_int_equal(a->rows[i].outcome, b->rows[i].outcome);
        assert_int_equal(a->rows[i].slot, b->rows[i].slot);
        assert_int_equal(a->rows[i].started_ms, b->rows[i].started_ms);
        assert_int_equal(a->rows[i].wall_ms, b->rows[i].wall_ms);
    }
}

static void
walks_as_at_once(struct store *s, const char *id, int64_t piece)
{
    struct rows at_once = {0}, pieces = {0};
    struct host_list hosts = {0};
    struct err err = {0};
    struct walk *w = walk_new(s, id, &err);
    bool done = false;
    int calls = 0;

    if (w == NULL)
        fail_msg("%s", err.text);
    assert_int_equal(history_hosts(s, id, &hosts, NULL), 0);
    assert_int_equal(history_replay(s, id, take, &at_once, NULL), 0);
    while (!done) {
        assert_int_equal(walk_more(w, piece, take, &pieces, &done, NULL), 0);
        assert_true(pieces.count <= (size_t)(++calls * piece));
    }
    assert_int_equal(pieces.count, at_once.count);
    assert_memory_equal(pieces.list, at_once.list, at_once.count * sizeof(at_once.list[0]));
    same_hosts(walk_hosts(w), &hosts);
    assert_int_equal(walk_more(w, piece, take, &pieces, &done, NULL), 0); /* and once too often */
    assert_true(done);
    assert_int_equal(pieces.count, at_once.count);
    host_list_release(&hosts);
    walk_free(w);
}

static void
test_pieces_are_the_whole(void **state)
{
    const struct place *p = *state;
    char ids[2][RUN_ID_SIZE];
    struct store *s;

    begin_run(p, ids[0], false);
    begin_run(p, ids[1], true);
    for (int live = 0; live < 2; live++) {
        s = store_open(p->db, true, NULL);
        if (live)
            history_live(s, ids[0]);
        for (int i = 0; i < 2; i++) {
            for (int64_t piece = 1; piece < 20; piece += 3)
                walks_as_at_once(s, ids[i], piece);
        }
        store_close(s);
    }
}

static void
test_a_walk_may_be_stopped(void **state)
{
    const struct place *p = *state;
    struct rows rows = {.stop_at = 3};
    char id[RUN_ID_SIZE];
    struct walk *w;
    struct store *s;
    bool done = false;

    begin_run(p, id, false);
    s = store_open(p->db, true, NULL);
    w = walk_new(s, id, NULL);
    assert_int_equal(walk_more(w, 10, take, &rows, &done, NULL), 0);
    assert_true(done);
    assert_int_equal(rows.count, 3);
    walk_free(w);
    w = walk_new(s, id, NULL); /* and left in the middle */
    assert_int_equal(walk_more(w, 2, NULL, NULL, &done, NULL), 0);
    assert_false(done);
    assert_int_equal(walk_hosts(w)->rows[1].outcome, OUTCOME_UNTOUCHED);
    walk_free(w);
    walk_free(NULL);
    store_close(s);
}

/* Nothing of the store is held: a writer is not kept, and what it wrote is read. */
static void
test_what_is_written_meanwhile_is_read(void **state)
{
    const struct place *p = *state;
    struct store *w_store = place_open(p);
    struct journal *j = place_begin(w_store, "test", 2);
    struct rows rows = {0};
    struct store *s;
    struct walk *w;
    bool done = false;

    place_order(j, ORDER_START, 0, -1);
    place_order(j, ORDER_START, 1, -1);
    place_commit(w_store);
    s = store_open(p->db, true, NULL);
    w = walk_new(s, journal_run_id(j), NULL);
    assert_int_equal(walk_more(w, 1, take, &rows, &done, NULL), 0);
    place_order(j, ORDER_RUN_STEP, 0, 0);
    place_commit(w_store);
    while (!done)
        assert_int_equal(walk_more(w, 1, take, &rows, &done, NULL), 0);
    assert_int_equal(rows.count, 3);
    walk_free(w);
    store_close(s);
    journal_free(j);
    store_close(w_store);
}

static void
test_a_run_that_is_not_there_is_told(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct err err = {0};

    assert_null(walk_new(s, "20261123T214500Z-0000000000000000", &err));
    assert_int_equal(err.kind, ERR_NO_MATCH);
    store_close(s);
}

static void
test_damage_in_a_later_piece_is_told(void **state)
{
    const struct place *p = *state;
    struct err err = {0};
    char id[RUN_ID_SIZE];
    struct store *s;
    struct walk *w;
    bool done = false;

    begin_run(p, id, false);
    place_sql(p, "DELETE FROM journal WHERE seq = 4");
    s = store_open(p->db, true, NULL);
    w = walk_new(s, id, NULL);
    assert_int_equal(walk_more(w, 3, NULL, NULL, &done, NULL), 0);
    assert_false(done);
    assert_int_equal(walk_more(w, 3, NULL, NULL, &done, &err), -1);
    assert_non_null(strstr(err.text, "row 4 of the journal is missing"));
    walk_free(w);
    store_close(s);
}

/* ---------------------------------------------------------------- runs without their journals */

static void
test_recent_runs_are_told_without_a_journal(void **state)
{
    const struct place *p = *state;
    struct run_list at_once = {0}, recent = {0};
    char ids[2][RUN_ID_SIZE];
    struct store *s;

    begin_run(p, ids[0], true);
    begin_run(p, ids[1], false);
    s = place_open(p);
    assert_int_equal(history_recent(s, "test", NULL, 10, &recent, NULL), 0);
    assert_int_equal(history_runs(s, "test", 10, &at_once, NULL), 0);
    assert_int_equal(recent.count, 2);
    assert_memory_equal(recent.rows[1].outcomes, at_once.rows[1].outcomes,
                        sizeof(recent.rows[1].outcomes));
    assert_string_equal(recent.rows[0].id, ids[1]);
    assert_int_equal(recent.rows[0].outcomes[OUTCOME_OK], 1);
    assert_int_equal(recent.rows[0].outcomes[OUTCOME_UNTOUCHED], 5);
    run_list_release(&at_once);
    run_list_release(&recent);
    place_sql(p, "DELETE FROM journal"); /* what is not looked at */
    assert_int_equal(history_recent(s, NULL, NULL, 1, &recent, NULL), 0);
    assert_int_equal(recent.count, 1);
    run_list_release(&recent);
    assert_int_equal(history_recent(s, NULL, ids[0], 10, &recent, NULL), 0);
    assert_int_equal(recent.count, 1);
    assert_string_equal(recent.rows[0].id, ids[0]);
    run_list_release(&recent);
    assert_int_equal(history_recent(s, "other", ids[0], 10, &recent, NULL), 0);
    assert_int_equal(recent.count, 0);
    run_list_release(&recent);
    store_close(s);
}

static void
test_the_version_says_that_somebody_has_written(void **state)
{
    const struct place *p = *state;
    struct store *w = place_open(p);
    struct store *r = store_open(p->db, true, NULL);
    int64_t before = 0, same = 0, after = 0;

    assert_int_equal(history_version(r, &before, NULL), 0);
    assert_int_equal(history_version(r, &same, NULL), 0);
    assert_int_equal(same, before);
    place_run_one(w, OUTCOME_OK, "v1");
    assert_int_equal(history_version(r, &after, NULL), 0);
    assert_int_not_equal(after, before);
    store_close(r);
    store_close(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_pieces_are_the_whole),
        PLACED(test_a_walk_may_be_stopped),
        PLACED(test_what_is_written_meanwhile_is_read),
        PLACED(test_a_run_that_is_not_there_is_told),
        PLACED(test_damage_in_a_later_piece_is_told),
        PLACED(test_recent_runs_are_told_without_a_journal),
        PLACED(test_the_version_says_that_somebody_has_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
