/*
 * test_orders.c - what the engine orders beside steps: rollback, the switch of blue_green, waves,
 * hosts that fail late, and what an operator says; carried out, told word for word, and kept.
 */
#include "unit/app/rig.h"

#define RELEASED                                                                                   \
    "name: deploy\nproduces: deployed\nsteps:\n"                                                   \
    "  - {name: Put, run: 'echo $release'}\n"                                                      \
    "  - {name: Restart, run: 'echo restart', switch: true}\n"                                     \
    "rollback:\n  - {name: Back, run: 'echo back to $release'}\n"

#define GATE "health_check:\n  - {name: Web, http: {port: 80}}\n"

static void
assert_log(const struct rig *r, const char *expected)
{
    char *log = rig_log(r);
    const char *at =
        strstr(log, r->request.workers == 1 ? "Worker 0 started\n" : "Worker 1 started\n");

    assert_non_null(at);
    assert_string_equal(strchr(at, '\n') + 1, expected);
    free(log);
}

static void
assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in:\n%s", part, text);
    }
}

/* The states over runs, a line a host: outcome, release, the one before, tried, state, rollback. */
static void
assert_states(const struct rig *r, const char *expected)
{
    char *db = xasprintf("%s/var/runs.db", r->root);
    struct store *s = store_open(db, true, NULL);
    struct host_list hosts = {0};
    struct buf text;

    assert_non_null(s);
    assert_int_equal(history_states(s, "test", &hosts, NULL), 0);
    buf_init(&text, RIG_TEXT_MAX);
    for (size_t i = 0; i < hosts.count; i++) {
        const struct host_row *h = &hosts.rows[i];
        (void)buf_addf(&text, "%s %s [%s] [%s] [%s] %s %s\n", h->name, outcome_name(h->outcome),
                       h->release, h->release_before, h->release_tried, h->state,
                       rollback_name(h->rollback));
    }
    assert_string_equal(text.data, expected);
    buf_release(&text);
    host_list_release(&hosts);
    store_close(s);
    free(db);
}

static void
release(struct rig *r, const char *name)
{
    value_dict_set(r->extra, "release", value_text(name));
}

/* A run of its own before the one that is looked at: nothing of it is left but what the store
 * knows. */
static void
release_before(struct rig *r, const char *name)
{
    char *log = xasprintf("%s/debug.log", r->root);

    release(r, name);
    assert_int_equal(rig_run(r), 0);
    buf_clear(&r->events);
    buf_clear(&r->calls);
    assert_int_equal(remove(log), 0);
    free(log);
}

/* ---------------------------------------------------------------- rollback */

/* Scripts of the rollback list, as they were sent. */
struct sent {
    struct rig rig; /* first: look is given it */
    struct buf scripts;
};

static void
write_down(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    struct sent *s = (struct sent *)r;

    if (host >= 0 && step != NULL && strstr(step->script, "back to") != NULL) {
        assert_non_null(strstr(step->key, ".r0."));
        (void)buf_addf(&s->scripts, "%s: %s", run->names[host], step->script);
    }
}

static void
open_released(struct sent *s, const char *more)
{
    char *action = xasprintf(RELEASED "%s", more);

    *s = (struct sent){0};
    rig_open(&s->rig, NULL, "deploy", action);
    s->rig.request.strategy = STRATEGY_ROLLING;
    s->rig.request.workers = 2;
    buf_init(&s->scripts, RIG_TEXT_MAX);
    free(action);
}

static void
close_released(struct sent *s)
{
    buf_release(&s->scripts);
    rig_close(&s->rig);
}

static void
test_a_run_that_fails_takes_itself_back(void **state)
{
    struct sent s;
    struct rig *r = &s.rig;

    (void)state;
    open_released(&s, "");
    release_before(r, "one");
    release_before(r, "two");
    r->settings.policy.on_failure = ON_FAILURE_ROLLBACK;
    r->steps[1] = ".x";
    release(r, "three");
    r->look = write_down;
    assert_int_equal(rig_run(r), 3);
    assert_log(r, "Wave 1/2 started: web-[01-02]\n"
                  "Worker 0 processing: deploy for server web-01 (active: 1/2)\n"
                  "Worker 1 processing: deploy for server web-02 (active: 2/2)\n"
                  "Worker 0 completed: deploy for web-01 in T ok\n"
                  "Worker 1 completed: deploy for web-02 in T failed: step 2/2 Restart: exit 3: "
                  "last \\x1b[31mred\n"
                  "Wave 1/2 completed in T: 1 ok, 1 failed\n"
                  "Halted: failure budget spent\n"
                  "Rolling back: web-[01-02]\n"
                  "Worker 0 processing: rollback for server web-02 (active: 1/2)\n"
                  "Worker 1 processing: rollback for server web-01 (active: 2/2)\n"
                  "Worker 0 completed: rollback for web-02 in T ok\n"
                  "Worker 1 completed: rollback for web-01 in T ok\n"
                  "Skipped: deploy for web-03 (failure budget spent)\n"
                  "Worker 0 stopped\n"
                  "Worker 1 stopped\n");
    assert_has(s.scripts.data,
               "web-02: release='two'; export release\nset -e\necho back to $release");
    assert_null(strstr(s.scripts.data, "three"));
    assert_has(r->events.data, "rolling_back\nrollback_started web-02\nrollback_started web-01\n"
                               "step_started web-02 1/1 Back #1\n");
    assert_has(r->events.data, "rollback_finished web-01 ok\n");
    assert_states(r, "web-01 ok [two] [one] [] deployed done\n"
                     "web-02 failed [two] [one] [] deployed done\n"
                     "web-03 ok [two] [one] [] deployed none\n");
    close_released(&s);
}

static void
test_a_rollback_that_fails_says_why_and_leaves_the_release_as_tried(void **state)
{
    struct sent s;
    struct rig *r = &s.rig;

    (void)state;
    open_released(&s, "");
    release_before(r, "one");
    r->settings.policy.on_failure = ON_FAILURE_ROLLBACK;
    r->request.workers = 1;
    r->request.strategy = STRATEGY_PARALLEL;
    r->steps[0] = "..x";
    r->steps[1] = "x";
    release(r, "two");
    assert_int_equal(rig_run(r), 7);
    assert_log(r, "Worker 0 processing: deploy for server web-01 (active: 1/1)\n"
                  "Worker 0 completed: deploy for web-01 in T ok\n"
                  "Worker 0 processing: deploy for server web-02 (active: 1/1)\n"
                  "Worker 0 completed: deploy for web-02 in T failed: step 1/2 Put: exit 3: "
                  "last \\x1b[31mred\n"
                  "Halted: failure budget spent\n"
                  "Rolling back: web-[01-02]\n"
                  "Worker 0 processing: rollback for server web-02 (active: 1/1)\n"
                  "Worker 0 completed: rollback for web-02 in T ok\n"
                  "Worker 0 processing: rollback for server web-01 (active: 1/1)\n"
                  "Worker 0 completed: rollback for web-01 in T failed: rollback 1/1 Back: exit 3: "
                  "last \\x1b[31mred\n"
                  "Skipped: deploy for web-03 (failure budget spent)\n"
                  "Worker 0 stopped\n");
    assert_states(r, "web-01 ok [one] [] [two] deployed failed\n"
                     "web-02 failed [one] [] [] deployed done\n"
                     "web-03 ok [one] [] [] deployed none\n");
    close_released(&s);
}

/* Kill, while a host that is rolled back is being connected to. */
static void
kill_on_the_way_back(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    const struct fact kill = {.kind = FACT_VERB, .host = -1, .step = -1, .verb = VERB_KILL};

    if (host >= 0 && step == NULL && run->hosts[host].rolling && r->number++ == 0) {
        listen_post(run, &kill, NULL);
    }
}

static void
test_a_rollback_that_is_killed_has_its_reason_in_the_store(void **state)
{
    struct sent s;
    struct rig *r = &s.rig;
    struct run_list runs = {0};
    struct host_list hosts = {0};

    (void)state;
    open_released(&s, "");
    release_before(r, "one");
    r->settings.policy.on_failure = ON_FAILURE_ROLLBACK;
    r->request.workers = 1;
    r->steps[0] = "x";
    r->look = kill_on_the_way_back;
    release(r, "two");
    assert_int_equal(rig_run(r), 7);
    char *log = rig_log(r);
    assert_has(log, "completed: rollback for web-01 in T failed: killed, may still run\n");
    free(log);
    char *db = xasprintf("%s/var/runs.db", r->root);
    struct store *store = store_open(db, true, NULL);
    assert_int_equal(history_runs(store, "test", 1, &runs, NULL), 0);
    assert_int_equal(history_hosts(store, runs.rows[0].id, &hosts, NULL), 0);
    assert_int_equal(hosts.rows[0].rollback, ROLLBACK_FAILED);
    assert_string_equal(hosts.rows[0].rollback_reason, "killed, may still run");
    host_list_release(&hosts);
    run_list_release(&runs);
    store_close(store);
    free(db);
    close_released(&s);
}

static void
test_one_host_at_a_time_has_its_own_words(void **state)
{
    struct sent s;
    struct rig *r = &s.rig;

    (void)state;
    open_released(&s, "");
    release_before(r, "one");
    r->settings.policy.on_failure = ON_FAILURE_ROLLBACK;
    r->request.strategy = STRATEGY_SEQUENTIAL;
    r->steps[0] = "x";
    release(r, "two");
    assert_int_equal(rig_run(r), 3);
    char *log = rig_log(r);
    assert_has(log, "Halted: failure budget spent\n"
                    "Rolling back: web-01\n"
                    "Sequential processing: rollback for server web-01\n"
                    "Sequential completed: rollback for web-01 in T ok\n");
    assert_null(strstr(log, "Worker"));
    free(log);
    close_released(&s);
}

static void
test_a_host_with_nothing_to_go_back_to_stops_the_run_before_it_begins(void **state)
{
    static const struct {
        const char *action;
        int expected;
    } rows[] = {
        {RELEASED, -1},
        /* a gate that names it runs in a rollback too */
        {"name: deploy\nsteps: [{run: a}]\nrollback: [{run: b}]\n"
         "health_check: [{run: 'test $release'}]\n",
         -1},
        {"name: deploy\nsteps: [{run: a}]\nrollback: [{run: b, when: release is defined}]\n", -1},
        {"name: deploy\nsteps: [{run: 'a $release'}]\nrollback: [{run: b}]\n", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r;
        rig_open(&r, NULL, "deploy", rows[i].action);
        r.settings.policy.on_failure = ON_FAILURE_ROLLBACK;
        release(&r, "one");
        assert_int_equal(rig_run(&r), rows[i].expected);
        if (rows[i].expected < 0) {
            assert_string_equal(r.err.text, "on_failure: rollback: web-[01-03] have no release to "
                                            "go back to: deploy once with on_failure: stop");
            assert_int_equal(r.err.kind, ERR_CONFIG);
            assert_string_equal(r.calls.data, "");
        }
        rig_close(&r);
    }
}

/* ---------------------------------------------------------------- blue_green */

static void
test_hosts_are_prepared_then_switched(void **state)
{
    struct sent s;
    struct rig *r = &s.rig;

    (void)state;
    open_released(&s, GATE);
    r->request.strategy = STRATEGY_BLUE_GREEN;
    r->request.host_count = 2;
    assert_int_equal(rig_run(r), 0);
    assert_log(r, "Wave 1/2 started: web-[01-02]\n"
                  "Worker 0 processing: deploy for server web-01 (active: 1/2)\n"
                  "Worker 1 processing: deploy for server web-02 (active: 2/2)\n"
                  "Worker 0 prepared: deploy for web-01 in T\n"
                  "Worker 1 prepared: deploy for web-02 in T\n"
                  "Wave 1/2 completed in T: 2 ok, 0 failed\n"
                  "Wave 2/2 started: web-[01-02]\n"
                  "Worker 0 switching: deploy for server web-01 (active: 1/2)\n"
                  "Worker 1 switching: deploy for server web-02 (active: 2/2)\n"
                  "Worker 0 completed: deploy for web-01 in T ok\n"
                  "Worker 1 completed: deploy for web-02 in T ok\n"
                  "Wave 2/2 completed in T: 2 ok, 0 failed\n"
                  "Worker 0 stopped\n"
                  "Worker 1 stopped\n");
    assert_has(r->events.data, "host_parked web-01\n");
    assert_has(r->events.data, "host_switching web-02\n");
    close_released(&s);
}

static void
test_none_is_switched_when_too_many_cannot_be_prepared(void **state)
{
    struct sent s;
    struct rig *r = &s.rig;

    (void)state;
    open_released(&s, "finally:\n  - {name: Last, run: 'true'}\n");
    r->request.strategy = STRATEGY_BLUE_GREEN;
    r->steps[2] = "x";
    assert_int_equal(rig_run(r), 3);
    char *log = rig_log(r);
    assert_null(strstr(log, "switching"));
    assert_has(log, "Wave 1/2 completed in T: 2 ok, 1 failed\n");
    assert_has(log, "completed: deploy for web-01 in T cancelled: not switched\n");
    assert_has(log, "completed: deploy for web-02 in T cancelled: not switched\n");
    assert_null(strstr(r->events.data, "Restart"));
    free(log);
    close_released(&s);
}

/* ---------------------------------------------------------------- waves, and what comes late */

static void
test_a_bake_is_told_once_a_wave(void **state)
{
    struct sent s;
    struct rig *r = &s.rig;

    (void)state;
    open_released(&s, "");
    r->settings.policy.wave_bake_ms = 1;
    assert_int_equal(rig_run(r), 0);
    char *log = rig_log(r);
    assert_has(log, "Wave 1/2 completed in T: 2 ok, 0 failed\nBaking: wave 1/2 for 1ms\n"
                    "Wave 2/2 started: web-03\n");
    assert_has(log, "Wave 2/2 completed in T: 1 ok, 0 failed\nBaking: wave 2/2 for 1ms\n");
    free(log);
    close_released(&s);
    open_released(&s, "");
    r->request.strategy = STRATEGY_PARALLEL;
    r->settings.policy.wave_bake_ms = 1;
    assert_int_equal(rig_run(r), 0);
    log = rig_log(r);
    assert_has(log, "Baking: all hosts for 1ms\n");
    free(log);
    close_released(&s);
}

static void
test_a_host_that_becomes_unhealthy_is_told_and_kept_as_failed(void **state)
{
    struct sent s;
    struct rig *r = &s.rig;

    (void)state;
    open_released(&s, GATE);
    release_before(r, "one");
    r->settings.policy.gate_interval_ms = 1;
    r->settings.policy.gate_retries = 0;
    r->settings.policy.wave_bake_ms = 60000; /* it ends when the run halts */
    r->probes[0] = "..x";                    /* the gate, a look that is good, one that is not */
    release(r, "two");
    assert_int_equal(rig_run(r), 3);
    char *log = rig_log(r);
    assert_has(log, "Baking: wave 1/2 for 1m\n"
                    "Unhealthy: deploy for web-01 after ok: check 1/1 Web: http 503: GET "
                    "http://web-01:80/\n"
                    "Halted: failure budget spent\n"
                    "Skipped: deploy for web-03 (failure budget spent)\n");
    free(log);
    assert_has(r->events.data, "host_late web-01 failed: check 1/1 Web: http 503");
    const char *end = strstr(r->events.data, "host_finished web-02");
    assert_non_null(end);
    assert_null(strstr(end, "gate_started")); /* who looks later makes no line */
    assert_states(r, "web-01 failed [one] [] [two] deployed none\n"
                     "web-02 ok [two] [one] [] deployed none\n"
                     "web-03 ok [one] [] [] deployed none\n");
    close_released(&s);
}

/* ---------------------------------------------------------------- the operator */

/* Verbs, each said when the run is in its state, nothing is in flight (but for the first) and so
 * many hosts are ok. */
struct said {
    struct rig rig; /* first: look is given it */
    const struct line {
        enum run_state when;
        int32_t ok; /* hosts; -1: in the turn of the line before */
        enum verb verb;
        int32_t host;
        int64_t value;
    } * lines;
    size_t count, next;
    bool begun;
};

static void
speak(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval soon = {.tv_usec = 1000};
    struct run *run = arg;
    struct said *s = (struct said *)rig_of(run);

    (void)fd;
    (void)what;
    const struct rollout *ro = run->rollout;
    if (s->next < s->count && run->inbox.count == 0 && /* what was said before has been heard */
        rollout_state(ro) == s->lines[s->next].when &&
        rollout_summary(ro).count[OUTCOME_OK] == s->lines[s->next].ok &&
        (s->next == 0 || rollout_active(ro) == 0)) {
        do {
            const struct line *l = &s->lines[s->next++];
            const struct fact f = {
                .kind = FACT_VERB, .host = l->host, .step = -1, .verb = l->verb, .value = l->value};
            listen_post(run, &f, "by a test");
        } while (s->next < s->count && s->lines[s->next].ok < 0);
    }
    if (s->next < s->count) {
        (void)event_base_once(run->base, -1, EV_TIMEOUT, speak, run, &soon);
    }
}

static void
begin_to_speak(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    struct said *s = (struct said *)r;

    (void)step;
    if (host >= 0 && !s->begun) {
        s->begun = true;
        speak(-1, 0, run);
    }
}

static void
open_said(struct said *s, const struct line *lines, size_t count, const char *action)
{
    *s = (struct said){.lines = lines, .count = count};
    rig_open(&s->rig, NULL, "deploy", action);
    s->rig.request.answerable = true;
    s->rig.look = begin_to_speak;
    s->rig.request.strategy = STRATEGY_ROLLING;
    s->rig.request.workers = 1;
}

static void
test_a_canary_waits_for_promote_and_says_how(void **state)
{
    static const struct line lines[] = {{RUN_PROMOTING, 1, VERB_PROMOTE, -1, 0}};
    struct said s;

    (void)state;
    open_said(&s, lines, 1, "name: deploy\nsteps: [{run: a}]\n");
    s.rig.request.strategy = STRATEGY_CANARY;
    s.rig.settings.policy.canary = (struct amount){.value = 1};
    s.rig.settings.policy.promote = PROMOTE_MANUAL;
    assert_int_equal(rig_run(&s.rig), 0);
    char *log = rig_log(&s.rig);
    assert_has(log, "Wave 1/3 completed in T: 1 ok, 0 failed\n"
                    "Waiting for promote: inventory-manager ctl test promote\n"
                    "Promoted\n"
                    "Wave 2/3 started: web-02\n");
    free(log);
    assert_has(s.rig.events.data, "promote_wanted\npromoted: by a test\n");
    rig_close(&s.rig);
}

static void
test_a_run_without_workers_that_is_given_some_names_them(void **state)
{
    static const struct line lines[] = {{RUN_RUNNING, 0, VERB_PAUSE, -1, 0},
                                        {RUN_PAUSED, 1, VERB_WORKERS, -1, 2},
                                        {RUN_PAUSED, 1, VERB_CONTINUE, -1, 0}};
    struct said s;

    (void)state;
    open_said(&s, lines, 3, "name: deploy\nsteps: [{run: a}]\n");
    s.rig.request.strategy = STRATEGY_PARALLEL;
    s.rig.request.workers = 0;
    assert_int_equal(rig_run(&s.rig), 0);
    char *log = rig_log(&s.rig);
    assert_has(log, "Sequential completed: deploy for web-01 in T ok\n"
                    "Workers set to 2\n"
                    "Running in PARALLEL mode with 2 workers\n"
                    "Worker 0 started\n"
                    "Worker 1 started\n"
                    "Continued\n"
                    "Worker 0 processing: deploy for server web-02 (active: 1/2)\n"
                    "Worker 1 processing: deploy for server web-03 (active: 2/2)\n");
    free(log);
    rig_close(&s.rig);
}

static void
test_a_pause_says_who_and_a_run_that_pauses_itself_why(void **state)
{
    static const struct line lines[] = {{RUN_RUNNING, 0, VERB_PAUSE, -1, 0},
                                        {RUN_PAUSED, 1, VERB_SKIP, 2, 0},
                                        {RUN_PAUSED, 1, VERB_WORKERS, -1, 2},
                                        {RUN_PAUSED, 1, VERB_SKIP, 2, 0} /* refused: no line */,
                                        {RUN_PAUSED, 1, VERB_CONTINUE, -1, 0},
                                        {RUN_PAUSED, 1, VERB_RETRY, 1, 0},
                                        {RUN_PAUSED, 2, VERB_CONTINUE, -1, 0}};
    struct said s;
    struct host_list hosts;

    (void)state;
    open_said(&s, lines, 7, "name: deploy\nsteps: [{run: a}]\n");
    s.rig.settings.policy.on_failure = ON_FAILURE_PAUSE;
    s.rig.steps[1] = "x";
    assert_int_equal(rig_run(&s.rig), 0);
    assert_log(&s.rig, "Wave 1/3 started: web-01\n"
                       "Worker 0 processing: deploy for server web-01 (active: 1/1)\n"
                       "Paused: by a test\n"
                       "Worker 0 completed: deploy for web-01 in T ok\n"
                       "Wave 1/3 completed in T: 1 ok, 0 failed\n"
                       "Skipped: deploy for web-03 (by the operator)\n"
                       "Workers set to 2\n"
                       "Worker 1 started\n"
                       "Continued\n"
                       "Wave 2/3 started: web-02\n"
                       "Worker 0 processing: deploy for server web-02 (active: 1/2)\n"
                       "Worker 0 completed: deploy for web-02 in T failed: step 1/1 run 1: exit 3: "
                       "last \\x1b[31mred\n"
                       "Wave 2/3 completed in T: 0 ok, 1 failed\n"
                       "Paused: too many hosts failed\n"
                       "Retrying: deploy for web-02\n"
                       "Wave 2/3 started: web-02\n"
                       "Worker 0 processing: deploy for server web-02 (active: 1/2)\n"
                       "Worker 0 completed: deploy for web-02 in T ok\n"
                       "Wave 2/3 completed in T: 1 ok, 0 failed\n"
                       "Continued\n"
                       "Worker 0 stopped\n"
                       "Worker 1 stopped\n");
    assert_has(s.rig.events.data, "host_skipped web-03: by a test\n");
    assert_has(s.rig.events.data, "host_finished web-03 skipped: by the operator\n");
    rig_host(&s.rig, 2, &hosts);
    assert_int_equal(hosts.rows[1].outcome, OUTCOME_OK);
    assert_string_equal(hosts.rows[1].reason, "");
    assert_int_equal(hosts.rows[2].outcome, OUTCOME_SKIPPED);
    host_list_release(&hosts);
    rig_close(&s.rig);
}

static void
test_a_rollback_that_cannot_be_is_refused_and_is_no_fact(void **state)
{
    static const struct line lines[] = {{RUN_RUNNING, 0, VERB_PAUSE, -1, 0},
                                        {RUN_PAUSED, 1, VERB_ROLLBACK, -1, 0},
                                        {RUN_PAUSED, 1, VERB_CONTINUE, -1, 0}};
    struct said s;

    (void)state;
    open_said(&s, lines, 3, RELEASED);
    release(&s.rig, "one");
    assert_int_equal(rig_run(&s.rig), 0);
    char *log = rig_log(&s.rig);
    assert_null(strstr(log, "olling back"));
    free(log);
    rig_close(&s.rig);
}

static void
test_an_operator_rolls_back_what_was_done(void **state)
{
    static const struct line lines[] = {{RUN_RUNNING, 0, VERB_PAUSE, -1, 0},
                                        {RUN_PAUSED, 1, VERB_ROLLBACK, -1, 0}};
    struct said s;

    (void)state;
    open_said(&s, lines, 0, RELEASED);
    release_before(&s.rig, "one");
    s.count = 2;
    s.begun = false;
    release(&s.rig, "two");
    assert_int_equal(rig_run(&s.rig), 3);
    char *log = rig_log(&s.rig);
    assert_has(log, "Worker 0 completed: deploy for web-01 in T ok\n"
                    "Wave 1/3 completed in T: 1 ok, 0 failed\n"
                    "Halted: rollback asked for\n"
                    "Rolling back: web-01\n"
                    "Worker 0 processing: rollback for server web-01 (active: 1/1)\n"
                    "Worker 0 completed: rollback for web-01 in T ok\n"
                    "Skipped: deploy for web-02 (rollback asked for)\n");
    free(log);
    rig_close(&s.rig);
}

/* The last that was started is going back when the operator ends it. */
static void
test_who_is_not_rolled_back_is_named(void **state)
{
    static const struct line lines[] = {
        {RUN_RUNNING, 2, VERB_ROLLBACK, -1, 0},
        {RUN_ROLLING_BACK, -1, VERB_ABORT, -1, 0},
    };
    struct said s;

    (void)state;
    open_said(&s, lines, 0, RELEASED);
    release_before(&s.rig, "one");
    s.count = 2;
    s.begun = false;
    s.rig.settings.policy.wave_pause_ms = 300;
    release(&s.rig, "two");
    assert_int_equal(rig_run(&s.rig), 3);
    char *log = rig_log(&s.rig);
    assert_has(log, "Pausing: 300ms before wave 2/3\n");
    assert_has(log, "Worker 0 completed: rollback for web-02 in T ok\n");
    assert_has(log, "Warning: not rolled back: web-01\n");
    free(log);
    rig_close(&s.rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_not_rolled_back_is_named),
        cmocka_unit_test(test_a_run_that_fails_takes_itself_back),
        cmocka_unit_test(test_a_rollback_that_fails_says_why_and_leaves_the_release_as_tried),
        cmocka_unit_test(test_a_rollback_that_is_killed_has_its_reason_in_the_store),
        cmocka_unit_test(test_one_host_at_a_time_has_its_own_words),
        cmocka_unit_test(test_a_host_with_nothing_to_go_back_to_stops_the_run_before_it_begins),
        cmocka_unit_test(test_hosts_are_prepared_then_switched),
        cmocka_unit_test(test_none_is_switched_when_too_many_cannot_be_prepared),
        cmocka_unit_test(test_a_bake_is_told_once_a_wave),
        cmocka_unit_test(test_a_host_that_becomes_unhealthy_is_told_and_kept_as_failed),
        cmocka_unit_test(test_a_canary_waits_for_promote_and_says_how),
        cmocka_unit_test(test_a_run_without_workers_that_is_given_some_names_them),
        cmocka_unit_test(test_a_pause_says_who_and_a_run_that_pauses_itself_why),
        cmocka_unit_test(test_a_rollback_that_cannot_be_is_refused_and_is_no_fact),
        cmocka_unit_test(test_an_operator_rolls_back_what_was_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
