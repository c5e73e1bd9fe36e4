/*
 * test_probe.c - the life of a probe: addresses, look-ups, the line, deadlines, cancelling; and
 * what a request looks like.
 */
#include "unit/probe/rig.h"

#include <pthread.h>

static struct zygote *zygote;
static int threads_made;

/* Stands in front of libc's for every library of this process. */
int
pthread_create(pthread_t *ret_thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
    (void)ret_thread;
    (void)attr;
    (void)fn;
    (void)arg;
    threads_made++;
    return EAGAIN;
}

static const struct script answers_200 = {.first =
                                              "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n"
                                              "Alt-Svc: h2=\":1\"\r\nContent-Length: 2\r\n\r\nok",
                                          .then = THEN_STALL};
static const struct script silent = {.first = "", .then = THEN_STALL};

static struct probe_request
request(enum probe_kind kind, const char *address, int port)
{
    return (struct probe_request){
        .kind = kind, .address = address, .port = port, .path = "/healthz", .timeout_ms = LONG_MS};
}

static void
test_asks_names_and_literals_without_a_thread(void **state)
{
    static const char *const literals[] = {"127.0.0.1", "::1"};
    static const char *const names[] = {"127.0.0.1", "a-name.test", "::1"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct rig r = rig_new(zygote, literals[i / 2], &answers_200);
        if (r.listener < 0) {
            print_message("SKIPPED: this machine has no %s\n", literals[i / 2]);
            rig_free(&r, zygote);
            continue;
        }
        rig_serve(&r);
        for (int kind = PROBE_TCP; kind <= PROBE_HTTP; kind++) {
            const struct probe_request q = request((enum probe_kind)kind, names[i], r.port);
            assert_true(rig_ask(&r, &q));
            assert_string_equal(r.text, kind == PROBE_TCP ? "connected" : "http 200");
        }
        assert_int_equal(r.tasks_most, 1);
        rig_free(&r, zygote);
    }
    assert_int_equal(threads_made, 0);
}

static void
expect_talk(const char *address, const char *host, const char *path, const char *head)
{
    struct rig r = rig_new(zygote, "127.0.0.1", &answers_200);
    struct probe_request q = request(PROBE_HTTP, address, r.port);
    char all[TALK_MAX];

    rig_serve(&r);
    q.host = host;
    q.path = path;
    for (int i = 0; i < 2; i++) { /* the second brings no cookie and is a connection of its own */
        assert_true(rig_ask(&r, &q));
        (void)snprintf(all, sizeof(all),
                       "%s:%d\r\nUser-Agent: inventory-manager/1\r\nAccept: */*\r\n"
                       "Connection: close\r\n\r\n",
                       head, r.port);
        assert_string_equal(r.talk, all);
        assert_int_equal(r.accepted, i + 1);
        rig_drain(&r);
    }
    rig_free(&r, zygote);
}

static void
test_sends_one_plain_request_whatever_the_environment_says(void **state)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(setenv(names[i], "http://user:secret@127.0.0.1:9/", 1), 0);
    }
    expect_talk("127.0.0.1", NULL, "/healthz", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1");
    expect_talk("127.0.0.1", NULL, NULL, "GET / HTTP/1.1\r\nHost: 127.0.0.1");
    expect_talk("name.test", NULL, "/a?b=c", "GET /a?b=c HTTP/1.1\r\nHost: name.test");
    expect_talk("127.0.0.1", "www.example.org", "/../a//b/./c?d=/../e#f",
                "GET /../a//b/./c?d=/../e%23f HTTP/1.1\r\nHost: www.example.org");
    expect_talk("127.0.0.1", "::1", "/a b\r\nX: y\xc3\xa4%",
                "GET /a%20b%0d%0aX:%20y%c3%a4% HTTP/1.1\r\nHost: [::1]");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(unsetenv(names[i]), 0);
    }
}

static void
test_refuses_a_host_that_makes_no_url(void **state)
{
    static const char *const hosts[] = {"",     "a b",       "a/b", "user@a",
                                        "a:80", "a\r\nX: y", "a#b", "a?b"};

    (void)state;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct rig r = rig_new(zygote, "127.0.0.1", &answers_200);
        struct probe_request q = request(PROBE_HTTP, "127.0.0.1", r.port);
        rig_serve(&r);
        q.host = hosts[i];
        assert_false(rig_ask(&r, &q));
        assert_string_equal(r.text, "host, port and path make no URL");
        assert_int_equal(r.accepted, 0);
        rig_free(&r, zygote);
    }
}

static void
test_refused_connections_and_names_say_so(void **state)
{
    static const struct {
        const char *address;
        const char *text;
    } rows[] = {
        {"127.0.0.1", "connection refused"},
        {"a-name.test", "connection refused"},
        {"twice.test", "connection refused (the last of 2 addresses)"},
        {"none.test", "name look-up: Name or\\x1b service not known"},
        {"not a name", "name look-up: not a host name"},
        {"", "name look-up: not a host name"},
    };
    const int port = closed_port();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int kind = PROBE_TCP; kind <= PROBE_HTTP; kind++) {
            struct rig r = rig_new(zygote, NULL, NULL);
            const struct probe_request q = request((enum probe_kind)kind, rows[i].address, port);
            rig_serve(&r);
            assert_false(rig_ask(&r, &q));
            assert_string_equal(r.text, rows[i].text);
            rig_free(&r, zygote);
        }
    }
}

static void
test_tries_every_address_in_order(void **state)
{
    (void)state;
    for (int kind = PROBE_TCP; kind <= PROBE_HTTP; kind++) {
        struct rig r = rig_new(zygote, "127.0.0.1", &answers_200);
        struct probe_request q = request((enum probe_kind)kind, "two.test", r.port);
        rig_serve(&r);
        assert_true(rig_ask(&r, &q)); /* the first refuses */
        struct deaf deaf = deaf_at("127.0.0.2", &r.port);
        q.timeout_ms = 1000;
        assert_true(rig_ask(&r, &q)); /* the first is silent */
        assert_int_equal(r.accepted, 2);
        deaf_free(&deaf);
        rig_free(&r, zygote);
    }
}

static void
test_the_deadline_covers_look_up_and_connect(void **state)
{
    int port = 0;
    struct deaf deaf = deaf_at("127.0.0.1", &port);

    (void)state;
    for (int kind = PROBE_TCP; kind <= PROBE_HTTP; kind++) {
        struct rig r = rig_new(zygote, NULL, NULL);
        struct probe_request q = request((enum probe_kind)kind, "127.0.0.1", port);
        rig_serve(&r);
        q.timeout_ms = SHORT_MS;
        assert_false(rig_ask(&r, &q));
        assert_string_equal(r.text, "no answer in 0.25s");
        q.timeout_ms = 1000;
        assert_false(rig_ask(&r, &q));
        assert_string_equal(r.text, "no answer in 1s");
        q.address = "wait.test";
        assert_false(rig_ask(&r, &q));
        assert_non_null(strstr(r.text, "name look-up: no answer in "));
        rig_free(&r, zygote);
    }
    deaf_free(&deaf);
}

enum { MANY = PROBES_AT_ONCE_MAX + 100 };

static void
test_speaks_to_256_at_once_and_not_to_more(void **state)
{
    struct probe *probes[MANY];

    (void)state;
    struct rig r = rig_new(zygote, "127.0.0.1", &silent);
    const struct probe_request q = request(PROBE_HTTP, "127.0.0.1", r.port);
    rig_serve(&r);
    for (int i = 0; i < MANY; i++) {
        probes[i] = probe_start(r.probes, &q, on_told, &r);
    }
    while (r.accepted < PROBES_AT_ONCE_MAX) {
        (void)event_base_loop(r.base, EVLOOP_ONCE);
    }
    for (int i = 0; i < 50; i++) {
        (void)event_base_loop(r.base, EVLOOP_NONBLOCK);
    }
    assert_int_equal(r.accepted, PROBES_AT_ONCE_MAX);
    r.script = &answers_200;
    for (int i = 0; i < PROBES_AT_ONCE_MAX; i++) {
        probe_cancel(probes[i]); /* each makes room */
    }
    r.left = MANY - PROBES_AT_ONCE_MAX;
    rig_loop(&r);
    assert_int_equal(r.passed, MANY - PROBES_AT_ONCE_MAX);
    rig_free(&r, zygote);
}

static void
on_told_answer_from_now_on(void *arg, bool passed, const char *text)
{
    struct rig *r = arg;

    r->script = &answers_200;
    on_told(arg, passed, text);
}

/* The first 256 lose all their time; who waited for one of them has lost none. */
static void
test_waiting_in_line_costs_no_time(void **state)
{
    (void)state;
    struct rig r = rig_new(zygote, "127.0.0.1", &silent);
    struct probe_request q = request(PROBE_HTTP, "127.0.0.1", r.port);
    rig_serve(&r);
    q.timeout_ms = 4000;
    r.left = MANY;
    for (int i = 0; i < MANY; i++) {
        (void)probe_start(r.probes, &q, on_told_answer_from_now_on, &r);
    }
    rig_loop(&r);
    assert_int_equal(r.told, MANY);
    assert_int_equal(r.passed, MANY - PROBES_AT_ONCE_MAX);
    rig_free(&r, zygote);
}

struct pair {
    struct rig *rig;
    struct probe *other;
    struct pair *twin;
};

static void
on_told_cancel_other(void *arg, bool passed, const char *text)
{
    struct pair *p = arg;

    probe_cancel(p->other);
    on_told(p->rig, passed, text);
}

/* Both are due in one turn of the loop; only one may be told. */
static void
test_a_callback_may_cancel_another_probe_that_is_due(void **state)
{
    (void)state;
    for (int kind = PROBE_TCP; kind <= PROBE_HTTP; kind++) {
        struct rig r = rig_new(zygote, NULL, NULL);
        const struct probe_request q = request((enum probe_kind)kind, "127.0.0.1", closed_port());
        struct pair a = {.rig = &r};
        struct pair b = {.rig = &r};
        rig_serve(&r);
        b.other = probe_start(r.probes, &q, on_told_cancel_other, &a);
        a.other = probe_start(r.probes, &q, on_told_cancel_other, &b);
        r.left = 1;
        rig_loop(&r);
        (void)event_base_loop(r.base, EVLOOP_NONBLOCK);
        assert_int_equal(r.told, 1);
        rig_free(&r, zygote);
    }
}

struct chain {
    struct rig *rig;
    struct probe_request request;
    int left;
};

static void
on_told_start_next(void *arg, bool passed, const char *text)
{
    struct chain *c = arg;

    if (--c->left == 0) {
        on_told(c->rig, passed, text);
    } else {
        (void)probe_start(c->rig->probes, &c->request, on_told_start_next, c);
    }
}

static void
test_a_callback_may_start_the_next_probe(void **state)
{
    (void)state;
    struct rig r = rig_new(zygote, "127.0.0.1", &answers_200);
    struct chain c = {.rig = &r, .request = request(PROBE_HTTP, "127.0.0.1", r.port), .left = 20};
    rig_serve(&r);
    r.left = 1;
    (void)probe_start(r.probes, &c.request, on_told_start_next, &c);
    rig_loop(&r);
    assert_int_equal(r.accepted, 20);
    assert_int_equal(r.passed, 1);
    rig_free(&r, zygote);
}

/* Phases to cancel in: what the server does until then. */
static const struct phase {
    const char *name;
    struct script script;
    const char *address;
    bool at_once, deaf, tls, tcp;
    int line;          /* so many before it */
    const char *until; /* what the server must have heard */
    size_t sent;       /* how much the server must have sent */
} phases[] = {
    {"at once", {.first = "", .then = THEN_STALL}, .address = "127.0.0.1", .at_once = true},
    {"at once, TCP",
     {.first = "", .then = THEN_STALL},
     .address = "127.0.0.1",
     .at_once = true,
     .tcp = true},
    {"in line",
     {.first = "", .then = THEN_STALL},
     .address = "127.0.0.1",
     .line = PROBES_AT_ONCE_MAX},
    {"looking up", {.first = "", .then = THEN_STALL}, .address = "wait.test"},
    {"connecting", {.first = "", .then = THEN_STALL}, .address = "127.0.0.1", .deaf = true},
    {"connecting, TCP",
     {.first = "", .then = THEN_STALL},
     .address = "127.0.0.1",
     .deaf = true,
     .tcp = true},
    {"shaking hands",
     {.first = "", .then = THEN_STALL},
     .address = "127.0.0.1",
     .tls = true,
     .until = "\x16"},
    {"asked", {.first = "", .then = THEN_STALL}, .address = "127.0.0.1", .until = "GET "},
    {"half a header",
     {.first = "HTTP/1.1 200 OK\r\nX", .then = THEN_STALL},
     .address = "a.test",
     .until = "GET "},
    {"half a body",
     {.first = "HTTP/1.1 200 OK\r\n\r\nX", .then = THEN_STALL},
     .address = "a.test",
     .until = "GET "},
};

/* Turns of the loop until the server has heard it, and then until nothing happens any more. */
static void
go_until(struct rig *r, const char *until)
{
    while (until != NULL && (r->talk_len == 0 || strstr(r->talk, until) == NULL)) {
        (void)event_base_loop(r->base, EVLOOP_ONCE);
    }
    for (int i = 0; i < 20; i++) {
        (void)event_base_loop(r->base, EVLOOP_NONBLOCK);
    }
}

static void
never(void *arg, bool passed, const char *text)
{
    (void)arg;
    (void)passed;
    fail_msg("told what was cancelled: %s", text);
}

static void
cancel_in(const struct phase *p, bool free_all)
{
    const int fds = entries("/proc/self/fd");
    struct rig r = rig_new(zygote, p->deaf ? NULL : "127.0.0.1", &p->script);
    struct deaf deaf = {.listener = -1};
    struct probe *before[PROBES_AT_ONCE_MAX];

    if (p->deaf) {
        deaf = deaf_at("127.0.0.1", &r.port);
    }
    rig_serve(&r);
    struct probe_request q = request(p->tcp ? PROBE_TCP : PROBE_HTTP, p->address, r.port);
    q.tls = p->tls;
    for (int i = 0; i < p->line; i++) {
        before[i] = probe_start(r.probes, &q, never, NULL);
    }
    const int events = event_base_get_num_events(r.base, EVENT_BASE_COUNT_ADDED) - p->line;
    struct probe *probe = probe_start(r.probes, &q, never, NULL);
    if (!p->at_once) {
        go_until(&r, p->until);
    }
    if (!free_all) {
        probe_cancel(probe);
        for (int i = 0; i < p->line; i++) {
            probe_cancel(before[i]);
        }
        rig_drain(&r);
        go_until(&r, NULL);
        assert_in_range(event_base_get_num_events(r.base, EVENT_BASE_COUNT_ADDED), 0, events);
    }
    rig_free(&r, zygote);
    if (p->deaf) {
        deaf_free(&deaf);
    }
    assert_int_equal(entries("/proc/self/fd"), fds);
}

static void
test_cancelled_in_any_phase_it_leaves_nothing_behind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        cancel_in(&phases[i], false);
        cancel_in(&phases[i], true);
    }
}

static void
test_probes_that_never_ask_http_never_touch_curl(void **state)
{
    struct rig r = rig_new(zygote, "127.0.0.1", &silent);
    const struct probe_request q = request(PROBE_TCP, "127.0.0.1", r.port);

    (void)state;
    rig_serve(&r);
    assert_true(rig_ask(&r, &q));
    assert_int_equal(event_base_get_num_events(r.base, EVENT_BASE_COUNT_ADDED), 2 + r.open);
    rig_free(&r, zygote);
    probes_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks_names_and_literals_without_a_thread),
        cmocka_unit_test(test_sends_one_plain_request_whatever_the_environment_says),
        cmocka_unit_test(test_refuses_a_host_that_makes_no_url),
        cmocka_unit_test(test_refused_connections_and_names_say_so),
        cmocka_unit_test(test_tries_every_address_in_order),
        cmocka_unit_test(test_the_deadline_covers_look_up_and_connect),
        cmocka_unit_test(test_speaks_to_256_at_once_and_not_to_more),
        cmocka_unit_test(test_waiting_in_line_costs_no_time),
        cmocka_unit_test(test_a_callback_may_cancel_another_probe_that_is_due),
        cmocka_unit_test(test_a_callback_may_start_the_next_probe),
        cmocka_unit_test(test_cancelled_in_any_phase_it_leaves_nothing_behind),
        cmocka_unit_test(test_probes_that_never_ask_http_never_touch_curl),
    };
    zygote = zygote_start_with(look_up, NULL);
    assert(zygote != NULL);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    zygote_free(zygote);
    return failed;
}
