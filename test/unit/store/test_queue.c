/*
 * test_queue.c - what is queued waits, over restarts, in its order, for whoever takes it first.
 */
#include "store/queue.h"

#include "unit/store/place.h"

static void
add(struct store *s, const char *env, const char *action, const char *hosts, int64_t wall_ms)
{
    struct strv names = {0};
    struct err err = {0};

    for (const char *rest = hosts; *rest != '\0'; rest += strspn(rest, ",")) {
        const size_t len = strcspn(rest, ",");
        strv_addn(&names, rest, len);
        rest += len;
    }
    if (queued_add(s, env, action, &names, wall_ms, &err) != 0)
        fail_msg("%s", err.text);
    strv_clear(&names);
}

/* "env action host,host; ..." */
static void
holds(struct store *s, const char *expected)
{
    struct queue_list list = {0};
    char text[1024] = "";
    size_t len = 0;

    assert_int_equal(queued_read(s, &list, NULL), 0);
    for (size_t i = 0; i < list.count; i++) {
        const struct queued *q = &list.rows[i];
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s", i > 0 ? "; " : "",
                                q->env, q->action);
        for (size_t k = 0; k < q->hosts.count; k++)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%c%s", k > 0 ? ',' : ' ',
                                    q->hosts.items[k]);
        assert_true(i == 0 || q->id > list.rows[i - 1].id);
    }
    assert_string_equal(text, expected);
    queue_list_release(&list);
}

static int64_t
id_of(struct store *s, size_t at)
{
    struct queue_list list = {0};
    int64_t id;

    assert_int_equal(queued_read(s, &list, NULL), 0);
    assert_true(at < list.count);
    id = list.rows[at].id;
    queue_list_release(&list);
    return id;
}

static void
test_what_is_queued_waits_over_a_restart(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct queue_list list = {0};

    holds(s, "");
    add(s, "prod", "deploy", "web-2,web-1,web-10", 1795470300000);
    add(s, "test", "check", "", 1795470300001);
    add(s, "prod", "deploy", "web-2", 1795470200000); /* a clock that went back */
    store_close(s);
    s = place_open(p);
    holds(s, "prod deploy web-2,web-1,web-10; test check; prod deploy web-2");
    assert_int_equal(queued_read(s, &list, NULL), 0);
    assert_int_equal(list.rows[0].wall_ms, 1795470300000);
    assert_int_equal(list.rows[1].hosts.count, 0);
    queue_list_release(&list);
    queue_list_release(&list);
    store_close(s);
}

static void
test_only_the_first_takes_what_is_queued(void **state)
{
    const struct place *p = *state;
    struct store *one = place_open(p);
    struct store *other = place_open(p);
    bool taken = false;

    add(one, "prod", "deploy", "a,b", 1);
    add(other, "prod", "check", "c", 2);
    const int64_t id = id_of(other, 0);
    assert_int_equal(queued_take(one, id, &taken, NULL), 0);
    assert_true(taken);
    assert_int_equal(queued_take(other, id, &taken, NULL), 0);
    assert_false(taken);
    holds(one, "prod check c");
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM queue_hosts"), 1);
    store_close(one);
    store_close(other);
}

static void
test_what_could_not_start_waits_where_it_was(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct queue_list list = {0};
    bool taken = false;

    add(s, "prod", "deploy", "b,a", 5);
    add(s, "prod", "check", "c", 6);
    assert_int_equal(queued_read(s, &list, NULL), 0);
    assert_int_equal(queued_take(s, list.rows[0].id, &taken, NULL), 0);
    holds(s, "prod check c");
    assert_int_equal(queued_put_back(s, &list.rows[0], NULL), 0);
    holds(s, "prod deploy b,a; prod check c");
    assert_int_equal(id_of(s, 0), list.rows[0].id);
    assert_int_equal(queued_put_back(s, &list.rows[0], NULL), -1); /* it is there */
    queue_list_release(&list);
    store_close(s);
}

static void
test_an_id_is_never_used_again(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    add(s, "prod", "deploy", "a", 1);
    const int64_t id = id_of(s, 0);
    assert_int_equal(queued_remove(s, id, NULL), 0);
    assert_int_equal(queued_remove(s, id, NULL), 0);
    store_close(s);
    s = place_open(p);
    add(s, "prod", "deploy", "a", 1);
    assert_true(id_of(s, 0) > id);
    store_close(s);
}

static void
test_clearing_leaves_nothing(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    assert_int_equal(queued_clear(s, NULL), 0);
    add(s, "prod", "deploy", "a,b", 1);
    add(s, "prod", "deploy", "", 1);
    assert_int_equal(queued_clear(s, NULL), 0);
    holds(s, "");
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM queue_hosts"), 0);
    store_close(s);
}

static void
test_a_full_queue_says_so(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    const struct strv none = {0};
    struct err err = {0};

    store_close(s);
    place_sql(p, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
                 " INSERT INTO queue (wall_ms, env, action) SELECT i, 'e', 'a' FROM n");
    s = place_open(p);
    add(s, "e", "a", "", 1);
    assert_int_equal(queued_add(s, "e", "a", &none, 1, &err), -1);
    assert_int_equal(err.kind, ERR_USAGE);
    assert_string_equal(err.text, "the queue is full: 1000 actions wait");
    assert_int_equal(queued_remove(s, id_of(s, 0), NULL), 0);
    assert_int_equal(queued_add(s, "e", "a", &none, 1, &err), 0);
    store_close(s);
}

static void
test_a_store_that_is_not_there_has_an_empty_queue(void **state)
{
    const struct place *p = *state;
    struct store *s = store_open(p->db, true, NULL);

    assert_non_null(s);
    holds(s, "");
    store_close(s);
}

/* Runs beside it, and forgetting them, leave it alone. */
static void
forget(void *arg, const char *run_id)
{
    (void)arg;
    (void)run_id;
}

static void
test_runs_leave_the_queue_alone(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);

    add(s, "test", "deploy", "web-1", 1);
    place_run_one(s, OUTCOME_OK, "v1");
    place_run_one(s, OUTCOME_OK, "v2");
    assert_int_equal(history_prune(s, "test", 0, forget, NULL, NULL), 0);
    holds(s, "test deploy web-1");
    store_close(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_what_is_queued_waits_over_a_restart),
        PLACED(test_only_the_first_takes_what_is_queued),
        PLACED(test_what_could_not_start_waits_where_it_was),
        PLACED(test_an_id_is_never_used_again),
        PLACED(test_clearing_leaves_nothing),
        PLACED(test_a_full_queue_says_so),
        PLACED(test_a_store_that_is_not_there_has_an_empty_queue),
        PLACED(test_runs_leave_the_queue_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
