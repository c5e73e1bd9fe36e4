/*
 * test_pace.c - rate, windows and patience, in virtual time, also against a model of sshd.
 */
#include "base/prng.h"
#include "base/xalloc.h"
#include "ssh/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---------------------------------------------------------------- a model of servers and hosts */

/* MaxStartups 10:30:100 of sshd.c (drop_connection, should_drop_connection): from begin on dropped
 * at random, from full on always. */
enum { BEGIN = 10, RATE = 30, FULL = 100 };

struct model_server {
    int startups;
    int busy_until_ms; /* one core: authentications queue up */
    int dropped;
};

struct model_host {
    struct pace_ticket ticket;
    int server;
    bool broken; /* closes always before the banner */
    bool accepted;
    int64_t answer_ms; /* of what is under way; -1: nothing is */
    int64_t began_ms, ended_ms;
    int dials;
    bool in, lost;
};

struct model {
    struct pace *pace;
    struct prng prng;
    struct model_server servers[256];
    struct model_host *hosts;
    int count, workers;
    int started, over;
    int auth_ms; /* of one, on the server's core */
    int dials;
    int64_t last_ms;
};

static bool
drops(struct model *m, const struct model_server *s)
{
    if (s->startups < BEGIN) {
        return false;
    }
    if (s->startups >= FULL) {
        return true;
    }
    const int p = RATE + (100 - RATE) * (s->startups - BEGIN) / (FULL - BEGIN);
    return (int)prng_below(&m->prng, 100) < p;
}

static void
dial(struct model *m, struct model_host *h, int64_t now_ms)
{
    struct model_server *s = &m->servers[h->server];

    h->dials++;
    m->dials++;
    h->accepted = !h->broken && !drops(m, s);
    if (!h->accepted) {
        s->dropped++;
        h->answer_ms = now_ms + 1;
        return;
    }
    s->startups++;
    s->busy_until_ms = (int)(s->busy_until_ms > now_ms ? s->busy_until_ms : now_ms) + m->auth_ms;
    h->answer_ms = s->busy_until_ms;
}

static void
settle(struct model *m, struct model_host *h, int64_t now_ms)
{
    h->answer_ms = -1;
    if (h->accepted) {
        m->servers[h->server].startups--;
        h->in = true;
        (void)pace_over(m->pace, now_ms, &h->ticket, PACE_IN, true);
    } else if (pace_over(m->pace, now_ms, &h->ticket, PACE_THROTTLED, true)) {
        return;
    } else {
        h->lost = true;
    }
    h->ended_ms = now_ms;
    m->over++;
}

static void
start_hosts(struct model *m, int64_t now_ms)
{
    while (m->started < m->count && m->started - m->over < m->workers) {
        struct model_host *h = &m->hosts[m->started++];
        char key[32];
        (void)snprintf(key, sizeof(key), "host %d", (int)(h - m->hosts));
        h->ticket.arg = h;
        h->answer_ms = -1;
        h->began_ms = now_ms;
        pace_join(m->pace, now_ms, &h->ticket, key);
    }
}

/* A millisecond at a time, until all are over. */
static void
play(struct model *m)
{
    struct pace_ticket *t;
    int64_t now_ms = 0;

    for (; m->over < m->count; now_ms++) {
        assert_true(now_ms < 600000);
        start_hosts(m, now_ms);
        for (int i = 0; i < m->started; i++) {
            if (m->hosts[i].answer_ms >= 0 && m->hosts[i].answer_ms <= now_ms) {
                settle(m, &m->hosts[i], now_ms);
            }
        }
        while ((t = pace_next(m->pace, now_ms)) != NULL) {
            dial(m, t->arg, now_ms);
        }
    }
    m->last_ms = now_ms;
}

static void
model_init(struct model *m, int count, int workers, int per_server, uint64_t seed)
{
    *m = (struct model){.count = count, .workers = workers, .auth_ms = 20};
    m->prng.state = seed * 977 + 1;
    m->pace = pace_new(0, seed);
    m->hosts = xcalloc((size_t)count, sizeof(*m->hosts));
    for (int i = 0; i < count; i++) {
        m->hosts[i].server = i / per_server;
    }
}

static void
model_release(struct model *m)
{
    pace_free(m->pace);
    free(m->hosts);
}

static int
lost(const struct model *m)
{
    int n = 0;

    for (int i = 0; i < m->count; i++) {
        n += m->hosts[i].lost;
    }
    return n;
}

/* ---------------------------------------------------------------- sshd's default */

static void
test_a_default_sshd_of_a_hundred_addresses_loses_nobody_at_a_hundred_at_once(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct model m;
        model_init(&m, 100, 100, 100, seed);
        play(&m);
        assert_int_equal(lost(&m), 0);
        /* The server's own work is 2 s; not much may be lost to waiting, and nobody hammers. */
        assert_true(m.last_ms < 2 * 100 * m.auth_ms + 4000);
        assert_true(m.dials < 4 * m.count);
        model_release(&m);
    }
}

static void
test_neither_does_one_of_a_thousand_addresses_or_sixty_of_sixteen(void **state)
{
    static const int per_server[] = {1000, 100, 16};

    (void)state;
    for (size_t i = 0; i < sizeof(per_server) / sizeof(per_server[0]); i++) {
        for (uint64_t seed = 1; seed <= 10; seed++) {
            struct model m;
            model_init(&m, 1000, 100, per_server[i], seed);
            play(&m);
            assert_int_equal(lost(&m), 0);
            assert_true(m.dials < 3 * m.count);
            /* 20 s of work: no worse than one server after the other, without a pause. */
            assert_true(m.last_ms < m.count * m.auth_ms + 1000);
            model_release(&m);
        }
    }
}

static void
test_a_slow_sshd_is_waited_for(void **state)
{
    struct model m;

    (void)state;
    model_init(&m, 100, 100, 100, 7);
    m.auth_ms = 150;
    play(&m);
    assert_int_equal(lost(&m), 0);
    model_release(&m);
}

/* ---------------------------------------------------------------- the others are not slowed */

static void
test_broken_hosts_slow_nobody_else_and_are_given_up(void **state)
{
    struct model m;
    int broken = 0;

    (void)state;
    model_init(&m, 200, 200, 1, 3);
    for (int i = 0; i < 200; i += 10) {
        m.hosts[i].broken = true;
        broken++;
    }
    play(&m);
    assert_int_equal(lost(&m), broken);
    for (int i = 0; i < 200; i++) {
        const struct model_host *h = &m.hosts[i];
        if (h->broken) {
            assert_int_equal(h->dials, 1 + PACE_FRUITLESS_MAX);
            assert_true(h->ended_ms - h->began_ms < 10000);
        } else {
            assert_int_equal(h->dials, 1);
            assert_int_equal(h->ended_ms, m.auth_ms);
        }
    }
    assert_false(pace_is_guarded(m.pace));
    model_release(&m);
}

static void
test_a_host_that_never_lets_in_is_given_up_though_others_come_in(void **state)
{
    struct model m;

    (void)state;
    model_init(&m, 1000, 100, 1000, 5);
    m.hosts[0].broken = true;
    play(&m);
    assert_int_equal(lost(&m), 1);
    assert_true(m.hosts[0].lost);
    assert_true(m.hosts[0].dials <= 1 + PACE_TRIES_MAX);
    model_release(&m);
}

static void
test_an_address_that_let_us_in_is_no_suspect_any_more(void **state)
{
    struct pace *p = pace_new(0, 1);
    struct pace_ticket t = {0};

    (void)state;
    pace_join(p, 0, &t, "a");
    assert_ptr_equal(pace_next(p, 0), &t);
    assert_true(pace_over(p, 1, &t, PACE_THROTTLED, true));
    assert_int_equal(t.state, PACE_WAITING);
    assert_null(pace_next(p, 1));
    const int64_t wait_ms = pace_wait_ms(p, 1);
    assert_in_range(wait_ms, PACE_REST_MS / 2, PACE_REST_MS);
    assert_ptr_equal(pace_next(p, 1 + wait_ms), &t);
    assert_true(t.in_window);
    assert_false(pace_over(p, 600, &t, PACE_IN, true));
    pace_join(p, 700, &t, "a");
    assert_ptr_equal(pace_next(p, 700), &t);
    assert_false(t.in_window);
    pace_leave(p, &t);
    pace_free(p);
}

static void
test_without_retry_a_throttled_one_is_told_at_once(void **state)
{
    struct pace *p = pace_new(0, 1);
    struct pace_ticket t = {0};

    (void)state;
    pace_join(p, 0, &t, "a");
    assert_ptr_equal(pace_next(p, 0), &t);
    assert_false(pace_over(p, 1, &t, PACE_THROTTLED, false));
    assert_int_equal(t.state, PACE_IDLE);
    pace_free(p);
}

/* ---------------------------------------------------------------- the window */

/* n suspects wait; they may all connect as far as the window goes. */
static int
under_way(struct pace *p, int64_t now_ms)
{
    int n = 0;

    while (pace_next(p, now_ms) != NULL) {
        n++;
    }
    return n;
}

static void
test_the_window_halves_once_for_what_was_sent_before_and_grows_by_one_a_round(void **state)
{
    struct pace *p = pace_new(0, 1);
    struct pace_ticket t[40] = {0};
    char key[16];

    (void)state;
    for (int i = 0; i < 40; i++) {
        (void)snprintf(key, sizeof(key), "%d", i);
        pace_join(p, 0, &t[i], key);
    }
    assert_int_equal(under_way(p, 0), 40); /* nobody has throttled: no window */
    for (int i = 0; i < 40; i++) {
        assert_true(pace_over(p, 1, &t[i], PACE_THROTTLED, true));
    }
    assert_int_equal((int)pace_window(p), PACE_WINDOW_FIRST);
    assert_true(pace_is_guarded(p));
    assert_int_equal(under_way(p, 1000), PACE_WINDOW_FIRST);
    assert_int_equal(pace_wait_ms(p, 1000), -1); /* something must end first */
    for (int i = 0; i < 40; i++) {
        if (t[i].state == PACE_UNDER_WAY) {
            assert_true(pace_over(p, 1001, &t[i], PACE_THROTTLED, true));
        }
    }
    assert_int_equal((int)pace_window(p), PACE_WINDOW_FIRST / 2);
    for (int round = 0; round < 3; round++) {
        const double before = pace_window(p);
        assert_int_equal(under_way(p, 5000), (int)before);
        for (int i = 0; i < 40; i++) {
            if (t[i].state == PACE_UNDER_WAY) {
                assert_false(pace_over(p, 5001, &t[i], PACE_IN, true));
            }
        }
        /* 1/w each time is a little less than one a round. */
        assert_true(pace_window(p) > before + 0.75);
        assert_true(pace_window(p) <= before + 1);
    }
    for (int i = 0; i < 40; i++) {
        pace_leave(p, &t[i]);
    }
    pace_free(p);
}

/* ---------------------------------------------------------------- the rate */

static void
test_no_more_connections_begin_than_the_rate_says(void **state)
{
    static const int rates[] = {1, 7, 100, 1000, 30000};

    (void)state;
    for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
        struct pace *p = pace_new(rates[r], 1);
        struct pace_ticket *t = xcalloc(50000, sizeof(*t));
        int64_t begun = 0;
        for (int i = 0; i < 50000; i++) {
            pace_join(p, 0, &t[i], "a");
        }
        for (int64_t now_ms = 0; now_ms < 1500; now_ms++) {
            const int n = under_way(p, now_ms);
            begun += n;
            assert_true(n <= 1 + 6 * rates[r] / 1000); /* no burst */
            assert_true(begun <= 1 + (now_ms + 1) * rates[r] / 1000 + 1);
        }
        assert_true(begun >= (int64_t)rates[r] * 1490 / 1000);
        pace_free(p);
        free(t);
    }
}

static void
test_time_without_wishes_is_not_saved_up(void **state)
{
    struct pace *p = pace_new(10, 1);
    struct pace_ticket t[20] = {0};

    (void)state;
    for (int i = 0; i < 20; i++) {
        pace_join(p, 60000, &t[i], "a");
    }
    assert_int_equal(under_way(p, 60000), 1);
    assert_int_equal(pace_wait_ms(p, 60000), 100);
    assert_int_equal(under_way(p, 60099), 0);
    assert_int_equal(under_way(p, 60100), 1);
    pace_free(p);
}

static void
test_the_rate_is_lowered_while_servers_throttle_and_comes_back(void **state)
{
    struct pace *p = pace_new(100, 1);
    struct pace_ticket t[64] = {0};
    int64_t now_ms = 0;

    (void)state;
    for (int i = 0; i < 64; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "%d", i);
        pace_join(p, now_ms, &t[i], key);
    }
    for (; !pace_is_guarded(p); now_ms += 10) {
        struct pace_ticket *next = pace_next(p, now_ms);
        assert_non_null(next);
        (void)pace_over(p, now_ms + 1, next, PACE_THROTTLED, false);
    }
    assert_true(pace_is_guarded(p));
    /* In the window now: one that is throttled halves the rate. */
    struct pace_ticket *next = pace_next(p, now_ms);
    assert_non_null(next);
    (void)pace_over(p, now_ms + 1, next, PACE_THROTTLED, false);
    now_ms += 10;
    next = pace_next(p, now_ms);
    assert_non_null(next);
    assert_true(pace_wait_ms(p, now_ms) >= 15);
    (void)pace_over(p, now_ms, next, PACE_IN, false);
    for (int i = 0; i < 64; i++) {
        pace_leave(p, &t[i]);
    }
    for (int i = 0; i < 500; i++) {
        now_ms += 1000;
        struct pace_ticket one = {0};
        pace_join(p, now_ms, &one, "good");
        assert_ptr_equal(pace_next(p, now_ms), &one);
        (void)pace_over(p, now_ms, &one, PACE_IN, false);
    }
    assert_false(pace_is_guarded(p));
    now_ms += 1000;
    pace_join(p, now_ms, &t[0], "good");
    pace_join(p, now_ms, &t[1], "good");
    assert_ptr_equal(pace_next(p, now_ms), &t[0]);
    assert_int_equal(pace_wait_ms(p, now_ms), 10);
    pace_free(p);
}

/* ---------------------------------------------------------------- out of descriptors here */

static void
test_a_want_of_descriptors_waits_for_an_end_or_a_second(void **state)
{
    struct pace *p = pace_new(0, 1);
    struct pace_ticket t = {0};

    (void)state;
    pace_join(p, 0, &t, "a");
    assert_ptr_equal(pace_next(p, 0), &t);
    assert_true(pace_over(p, 0, &t, PACE_SHORT, true));
    assert_int_equal(pace_wait_ms(p, 0), PACE_SHORT_MS);
    assert_null(pace_next(p, 10));
    pace_freed(p);
    assert_ptr_equal(pace_next(p, 10), &t);
    int64_t now_ms = 10;
    int tries = 0;
    while (pace_over(p, now_ms, &t, PACE_SHORT, true)) {
        now_ms += PACE_SHORT_MS;
        assert_ptr_equal(pace_next(p, now_ms), &t);
        tries++;
    }
    assert_int_equal(tries, PACE_SHORT_MAX - 1);
    assert_int_equal((int)pace_window(p), 0); /* no server throttled */
    pace_free(p);
}

static void
test_who_leaves_gives_its_place_back(void **state)
{
    struct pace *p = pace_new(0, 1);
    struct pace_ticket t[3] = {0};

    (void)state;
    for (int i = 0; i < 3; i++) {
        pace_join(p, 0, &t[i], "a");
    }
    pace_leave(p, &t[1]);
    assert_ptr_equal(pace_next(p, 0), &t[0]);
    assert_ptr_equal(pace_next(p, 0), &t[2]);
    assert_null(pace_next(p, 0));
    pace_leave(p, &t[0]);
    pace_leave(p, &t[2]);
    assert_int_equal(pace_wait_ms(p, 0), -1);
    pace_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_a_default_sshd_of_a_hundred_addresses_loses_nobody_at_a_hundred_at_once),
        cmocka_unit_test(test_neither_does_one_of_a_thousand_addresses_or_sixty_of_sixteen),
        cmocka_unit_test(test_a_slow_sshd_is_waited_for),
        cmocka_unit_test(test_broken_hosts_slow_nobody_else_and_are_given_up),
        cmocka_unit_test(test_a_host_that_never_lets_in_is_given_up_though_others_come_in),
        cmocka_unit_test(test_an_address_that_let_us_in_is_no_suspect_any_more),
        cmocka_unit_test(test_without_retry_a_throttled_one_is_told_at_once),
        cmocka_unit_test(
            test_the_window_halves_once_for_what_was_sent_before_and_grows_by_one_a_round),
        cmocka_unit_test(test_no_more_connections_begin_than_the_rate_says),
        cmocka_unit_test(test_time_without_wishes_is_not_saved_up),
        cmocka_unit_test(test_the_rate_is_lowered_while_servers_throttle_and_comes_back),
        cmocka_unit_test(test_a_want_of_descriptors_waits_for_an_end_or_a_second),
        cmocka_unit_test(test_who_leaves_gives_its_place_back),
    };

    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
