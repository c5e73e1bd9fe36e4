/*
 * test_operate.c - an operator speaks to a run: what is answered when, what is a fact, what is
 * told.
 */
#include "unit/app/rig.h"

#include "app/control_place.h"

#include <errno.h>
#include <sys/socket.h>

enum { STEPS = 3, TALKS_MAX = 2, HEARD_MAX = 1 << 20 };

static const char action_text[] = "name: greet\nsteps:\n  - {name: One, run: 'true'}\n";

/* What a client says, and the beginning of the line it then waits for; with `*` it waits for a line
 * that holds the rest. */
struct line {
    const char *say; /* NULL: nothing: the end */
    const char *hear;
};

/* Clients of the run's own process.  Some host must stay at its step until it is killed, or the run
 * wait: or it would be over before it is spoken to. */
struct talk {
    struct rig rig; /* first: look is given it */
    const struct line *lines[TALKS_MAX];
    size_t at[TALKS_MAX];
    int fds[TALKS_MAX];
    struct buf heard[TALKS_MAX]; /* whole lines, and what is none yet */
    size_t taken[TALKS_MAX];     /* of these bytes */
    struct event *timer;
    bool began;
    bool waits; /* begins when the run waits for an operator; else when each host is at its step */
    int steps;
    char wait_text[128];
    int32_t slots_max; /* of the run, if not 0 */
};

static void
speak(struct talk *t, size_t i)
{
    const char *say = t->lines[i][t->at[i]].say;

    if (say != NULL) {
        char *text = xasprintf("%s\n", say);
        assert_int_equal(send(t->fds[i], text, strlen(text), MSG_NOSIGNAL), strlen(text));
        free(text);
    }
}

/* The answer that is expected next, once it is there whole. */
static bool
is_answered(struct talk *t, size_t i)
{
    char *line = t->heard[i].data + t->taken[i];
    char *end = strchr(line, '\n');
    const char *expected = t->lines[i][t->at[i]].hear;

    assert_non_null(end);
    t->taken[i] = (size_t)(end + 1 - t->heard[i].data);
    if (line[0] == '{' && expected[0] != '{' && expected[0] != '*') {
        return false; /* news for a watcher, in between */
    }
    if (expected[0] == '*') {
        const char *found = strstr(line, expected + 1);
        return found != NULL && found < end;
    }
    if (strncmp(line, expected, strlen(expected)) != 0) {
        fail_msg("expected «%s», heard «%.*s»", expected, (int)(end - line), line);
    }
    return true;
}

static void
hear(struct talk *t, size_t i)
{
    char bytes[4096];
    ssize_t n;

    while ((n = recv(t->fds[i], bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
        assert_int_equal(buf_add(&t->heard[i], bytes, (size_t)n), 0);
    }
    while (strchr(t->heard[i].data + t->taken[i], '\n') != NULL &&
           t->lines[i][t->at[i]].say != NULL) {
        if (is_answered(t, i)) {
            t->at[i]++;
            speak(t, i);
        }
    }
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct talk *t = arg;

    (void)fd;
    (void)what;
    for (size_t i = 0; i < TALKS_MAX; i++) {
        if (t->fds[i] >= 0) {
            hear(t, i);
        }
    }
}

static void
begin(struct talk *t)
{
    char *var = xasprintf("%s/var", t->rig.root);
    char *id = NULL;
    const int folder = control_place_open(var, false, NULL);
    char *db = xasprintf("%s/runs.db", var);
    struct store *s = store_open(db, true, NULL);
    struct run_list runs = {0};

    assert_true(folder >= 0);
    assert_int_equal(history_runs(s, "test", 1, &runs, NULL), 0);
    id = runs.rows[0].id;
    for (size_t i = 0; i < TALKS_MAX && t->lines[i] != NULL; i++) {
        t->fds[i] = control_place_connect(folder, id, NULL);
        assert_true(t->fds[i] >= 0);
        speak(t, i);
    }
    run_list_release(&runs);
    store_close(s);
    close(folder);
    free(db);
    free(var);
    t->began = true;
}

static void
look(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    struct talk *t = (struct talk *)(uintptr_t)r;
    static const struct timeval soon = {.tv_usec = 1000};

    if (host < 0) {
        if (t->timer != NULL) {
            event_free(t->timer);
        }
        return;
    }
    if (t->timer == NULL) {
        t->timer = event_new(run->base, -1, EV_PERSIST, on_timer, t);
        (void)event_add(t->timer, &soon);
        if (t->slots_max > 0) {
            run->slots_max = t->slots_max;
        }
    }
    t->steps += step != NULL;
    if (!t->began && !t->waits && t->steps == STEPS) {
        begin(t);
    }
}

static void
on_event(struct sink *s, const struct event *e)
{
    struct talk *t = (struct talk *)((uintptr_t)s - offsetof(struct rig, sink));

    rig_event(s, e);
    if (!t->began && t->waits && (e->type == EVENT_PROMOTE_WANTED || e->type == EVENT_PAUSED)) {
        (void)snprintf(t->wait_text, sizeof(t->wait_text), "%s", e->text);
        begin(t);
    }
}

static void
open_talk(struct talk *t, const struct line *one, const struct line *two)
{
    static const struct sink_ops ops = {.event = on_event};

    *t = (struct talk){.lines = {one, two}, .fds = {-1, -1}};
    rig_open(&t->rig, NULL, "greet", action_text);
    t->rig.look = look;
    t->rig.sink.ops = &ops;
    for (size_t i = 0; i < TALKS_MAX; i++) {
        buf_init(&t->heard[i], HEARD_MAX);
    }
}

/* The exit code; every line was answered. */
static int
run_talk(struct talk *t)
{
    const int rc = rig_run(&t->rig);

    if (rc < 0) {
        fail_msg("%s", t->rig.err.text);
    }
    for (size_t i = 0; i < TALKS_MAX && t->lines[i] != NULL; i++) {
        hear(t, i);
        if (t->lines[i][t->at[i]].say != NULL) {
            fail_msg("no answer to «%s»; heard «%s»", t->lines[i][t->at[i]].say, t->heard[i].data);
        }
    }
    return rc;
}

static void
close_talk(struct talk *t)
{
    for (size_t i = 0; i < TALKS_MAX; i++) {
        if (t->fds[i] >= 0) {
            close(t->fds[i]);
        }
        buf_release(&t->heard[i]);
    }
    rig_close(&t->rig);
}

/* ---------------------------------------------------------------- facts */

struct verbs {
    struct buf text; /* "pause: by ctl, uid 0\n" a verb */
};

static bool
note_verb(void *arg, int64_t at_ms, const struct fact *fact, const char *reason,
          const struct order *order)
{
    struct verbs *v = arg;

    (void)at_ms;
    (void)order;
    if (fact != NULL && fact->kind == FACT_VERB) {
        (void)buf_addf(&v->text, "%s %d %lld: %s\n", verb_name(fact->verb), (int)fact->host,
                       (long long)fact->value, reason);
    }
    return true;
}

static char *
verbs_of(const struct rig *r)
{
    char *db = xasprintf("%s/var/runs.db", r->root);
    struct store *s = store_open(db, true, NULL);
    struct run_list runs = {0};
    struct verbs v;

    buf_init(&v.text, HEARD_MAX);
    assert_int_equal(history_runs(s, "test", 1, &runs, NULL), 0);
    assert_int_equal(history_replay(s, runs.rows[0].id, note_verb, &v, NULL), 0);
    run_list_release(&runs);
    store_close(s);
    free(db);
    char *text = buf_detach(&v.text);
    buf_release(&v.text);
    return text;
}

static void
verbs_are(const struct rig *r, const char *expected)
{
    char *text = verbs_of(r);
    char by[64];
    char *p;

    (void)snprintf(by, sizeof(by), "by ctl, uid %lu", (unsigned long)geteuid());
    while ((p = strstr(text, by)) != NULL) {
        memmove(p + 2, p + strlen(by), strlen(p + strlen(by)) + 1);
        memcpy(p, "me", 2);
    }
    assert_string_equal(text, expected);
    free(text);
}

static void
test_verbs_are_facts_and_refused_ones_are_not(void **state)
{
    static const struct line lines[] = {
        {"continue", "no the run is not paused"},
        {"skip web-0", "no no host 'web-0' in this run; did you mean web-01?"},
        {"skip web-01", "no web-01: it has been started"},
        {"workers many", "no workers: expected a number from 0 to 10000"},
        {"pause", "ok paused: "},
        {"workers 2", "ok 2 workers from now on"},
        {"pause", "no the run is paused already"},
        {"continue", "ok continued"},
        {"kill", "ok killed: 3 hosts in flight are cut off"},
        {NULL, NULL},
    };
    struct talk t;

    (void)state;
    open_talk(&t, lines, NULL);
    t.rig.steps[0] = t.rig.steps[1] = t.rig.steps[2] = "w";
    assert_int_equal(run_talk(&t), 2);
    verbs_are(&t.rig, "pause -1 0: me\nworkers -1 2: me\ncontinue -1 0: me\nkill -1 0: me\n");
    close_talk(&t);
}

/* Both are taken by the same turn: only then is it known who was first. */
static void
test_of_two_who_say_the_same_at_once_one_is_refused(void **state)
{
    static const struct line one[] = {{"pause", ""}, {NULL, NULL}};
    static const struct line two[] = {
        {"pause", ""}, {"continue", "ok continued"}, {"kill", "ok "}, {NULL, NULL}};
    struct talk t;

    (void)state;
    open_talk(&t, one, two);
    t.rig.steps[2] = "w";
    assert_int_equal(run_talk(&t), 2);
    const bool first = strncmp(t.heard[0].data, "ok paused: ", 11) == 0;
    const bool second = strncmp(t.heard[1].data, "ok paused: ", 11) == 0;
    assert_true(first != second);
    const char *loser = first ? t.heard[1].data : t.heard[0].data;
    assert_memory_equal(loser, "no the run is paused already\n", 29);
    verbs_are(&t.rig, "pause -1 0: me\ncontinue -1 0: me\nkill -1 0: me\n");
    close_talk(&t);
}

/* Another process reads the file at the moment the answer is heard. */
static void
test_what_was_answered_is_durable(void **state)
{
    static const struct line lines[] = {{"workers 2", "ok "}, {"kill", "ok "}, {NULL, NULL}};
    struct talk t;

    (void)state;
    open_talk(&t, lines, NULL);
    t.rig.steps[0] = "w";
    t.rig.number = 0;
    assert_int_equal(run_talk(&t), 2);
    verbs_are(&t.rig, "workers -1 2: me\nkill -1 0: me\n");
    close_talk(&t);
}

static void
test_workers_are_as_many_as_files_allow(void **state)
{
    static const struct line lines[] = {
        {"workers 9", "ok 2 workers from now on, not 9: no more connections fit into the "},
        {"workers 1", "ok 1 worker from now on"},
        {"kill", "ok "},
        {NULL, NULL},
    };
    struct talk t;

    (void)state;
    open_talk(&t, lines, NULL);
    t.rig.steps[0] = "w";
    t.slots_max = 2;
    assert_int_equal(run_talk(&t), 2);
    verbs_are(&t.rig, "workers -1 2: me\nworkers -1 1: me\nkill -1 0: me\n");
    close_talk(&t);
}

/* ---------------------------------------------------------------- who looks on */

static void
has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("«%s» is not in «%s»", part, text);
    }
}

static void
test_a_watcher_sees_the_run_to_its_end(void **state)
{
    static const struct line lines[] = {
        {"watch", "*\"ok\":1,\"failed\":1"}, {"kill", "ok "}, {NULL, NULL}};
    struct talk t;

    (void)state;
    open_talk(&t, lines, NULL);
    t.rig.steps[0] = "x";
    t.rig.steps[1] = "w";
    t.rig.settings.policy.on_failure = ON_FAILURE_CONTINUE;
    assert_int_equal(run_talk(&t), 2);
    has(t.heard[0].data, "{\"type\":\"snapshot\",\"format\":1,");
    char *last = t.heard[0].data + t.heard[0].len - 1;
    assert_int_equal(*last, '\n');
    *last = '\0';
    last = strrchr(t.heard[0].data, '\n') + 1;
    has(last, "\"env\":\"test\",\"action\":\"greet\",\"strategy\":\"parallel\",\"mutating\":true");
    has(last, "\"state\":\"over\"");
    has(last, "\"halt\":\"killed\"");
    has(last, "\"host_count\":3,\"totals\":{\"ok\":1,\"failed\":1,\"unknown\":1}");
    has(last, "\"in_flight\":[]");
    has(last, "{\"host\":\"web-01\",\"outcome\":\"failed\",\"reason\":\"step 1/1 One: exit 3: ");
    has(last, "\"exit_code\":2}");
    close_talk(&t);
}

static void
test_status_tells_who_is_in_flight_and_at_what(void **state)
{
    static const struct line lines[] = {
        {"pause", "ok "}, {"status", "{"}, {"kill", "ok "}, {NULL, NULL}};
    struct talk t;

    (void)state;
    open_talk(&t, lines, NULL);
    t.rig.steps[0] = t.rig.steps[1] = t.rig.steps[2] = "w";
    assert_int_equal(run_talk(&t), 2);
    has(t.heard[0].data, "\"state\":\"paused\"");
    has(t.heard[0].data, "\"waits_for\":\"continue\"");
    has(t.heard[0].data, "{\"host\":\"web-01\",\"slot\":0,\"doing\":\"");
    has(t.heard[0].data, "\"totals\":{\"running\":3}");
    close_talk(&t);
}

/* ---------------------------------------------------------------- waiting for people */

static void
test_a_run_that_waits_for_promote_says_how(void **state)
{
    static const struct line lines[] = {
        {"status", "{"}, {"promote", "ok promoted: 2 hosts to go"}, {NULL, NULL}};
    struct talk t;

    (void)state;
    open_talk(&t, lines, NULL);
    t.waits = true;
    t.rig.request.strategy = STRATEGY_CANARY;
    t.rig.settings.policy.canary = (struct amount){.value = 1};
    t.rig.settings.policy.promote = PROMOTE_MANUAL;
    t.rig.request.answerable = true;
    assert_int_equal(run_talk(&t), 0);
    assert_string_equal(t.wait_text, "inventory-manager ctl test promote");
    has(t.heard[0].data, "\"state\":\"promoting\"");
    has(t.heard[0].data, "\"waits_for\":\"promote\"");
    close_talk(&t);
}

static void
test_a_run_that_was_paused_by_failures_says_how_to_go_on(void **state)
{
    static const struct line lines[] = {
        {"retry web-01", "ok web-01 goes again"}, {"continue", ""}, {NULL, NULL}};
    struct talk t;

    (void)state;
    open_talk(&t, lines, NULL);
    t.waits = true;
    t.rig.steps[0] = "x";
    t.rig.settings.policy.on_failure = ON_FAILURE_PAUSE;
    t.rig.request.answerable = true;
    assert_int_equal(run_talk(&t), 0);
    has(t.rig.events.data, "paused: too many hosts failed\n");
    assert_string_equal(t.wait_text, "inventory-manager ctl test continue");
    close_talk(&t);
}

/* ---------------------------------------------------------------- without a socket */

/* A file stands where the folder of the sockets would be. */
static void
spoil_folder(const struct rig *r)
{
    char *var = xasprintf("%s/var", r->root);

    assert_int_equal(mkdir(var, 0700), 0);
    rig_write(r, "var/ctl", "");
    free(var);
}

static void
test_a_run_goes_on_without_a_socket_and_says_so(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", action_text);
    spoil_folder(&r);
    assert_int_equal(rig_run(&r), 0);
    has(r.events.data, "warning: ctl cannot reach this run: ");
    has(r.events.data, "var/ctl: refused: a symbolic link or not a folder");
    rig_close(&r);
}

static void
test_a_plan_that_needs_an_answer_is_refused_without_a_socket(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", action_text);
    spoil_folder(&r);
    r.settings.policy.on_failure = ON_FAILURE_PAUSE;
    r.request.answerable = true;
    assert_int_equal(rig_run(&r), -1);
    assert_int_equal(r.err.kind, ERR_IO);
    has(r.err.text, "on_failure: pause: nobody could answer this run: ");
    assert_string_equal(r.calls.data, ""); /* nothing was connected */
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verbs_are_facts_and_refused_ones_are_not),
        cmocka_unit_test(test_of_two_who_say_the_same_at_once_one_is_refused),
        cmocka_unit_test(test_what_was_answered_is_durable),
        cmocka_unit_test(test_workers_are_as_many_as_files_allow),
        cmocka_unit_test(test_a_watcher_sees_the_run_to_its_end),
        cmocka_unit_test(test_status_tells_who_is_in_flight_and_at_what),
        cmocka_unit_test(test_a_run_that_waits_for_promote_says_how),
        cmocka_unit_test(test_a_run_that_was_paused_by_failures_says_how_to_go_on),
        cmocka_unit_test(test_a_run_goes_on_without_a_socket_and_says_so),
        cmocka_unit_test(test_a_plan_that_needs_an_answer_is_refused_without_a_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
