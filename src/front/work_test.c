/*
 * work_test.c - logs in and runs `true` on servers, to see whether they can be worked with.
 *
 * Decides what a test is: a run that nobody keeps, as many at once as a scan.  Owns what the tests
 * of this session came to.
 */
#include "front/work_state.h"

#include "app/scan.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* What is kept of one. */
struct kept_test {
    struct work_test test; /* its reason is the next one */
    char reason[ERR_TEXT_MAX];
};

struct trial {
    struct sink sink; /* first: the two are cast into each other */
    struct work *work;
    int32_t ok, bad;
};

/* ---------------------------------------------------------------- what they came to */

static char *
key_of(const char *env, const char *host)
{
    return xasprintf("%s %s", env, host);
}

static struct kept_test *
keep(struct work *w, const char *host)
{
    char *key = key_of(w->errand->env, host);
    struct kept_test *k = map_get(w->tests, key);

    if (k == NULL) {
        k = xcalloc(1, sizeof(*k));
        map_set(w->tests, key, k);
    }
    free(key);
    return k;
}

struct work_test
work_test_of(const struct work *w, const char *env, const char *host)
{
    char *key = key_of(env, host);
    const struct kept_test *k = map_get(w->tests, key);
    struct work_test t = k != NULL ? k->test : (struct work_test){.state = TEST_NONE};

    t.reason = t.state == TEST_FAILED ? k->reason : NULL;
    free(key);
    return t;
}

static void
fail(struct kept_test *k, const char *reason)
{
    k->test = (struct work_test){.state = TEST_FAILED, .connect_us = -1, .trip_us = -1};
    (void)snprintf(k->reason, sizeof(k->reason), "%s", reason);
}

static void
finish(struct trial *t, const struct event *e)
{
    struct kept_test *k = keep(t->work, e->host);
    const bool ok = e->outcome != NULL && strcmp(e->outcome, "ok") == 0;

    t->ok += ok;
    t->bad += !ok;
    if (!ok) {
        fail(k, e->reason != NULL && e->reason[0] != '\0' ? e->reason
                : e->outcome != NULL                      ? e->outcome
                                                          : "");
        return;
    }
    k->test = (struct work_test){.state = TEST_OK};
    (void)app_times(t->work->run, e->host_index, &k->test.connect_us, &k->test.trip_us);
}

static void
trial_event(struct sink *s, const struct event *e)
{
    struct trial *t = (struct trial *)s;

    if (e->type == EVENT_HOST_FINISHED) {
        finish(t, e);
        front_changed(t->work->front);
    }
}

static void
trial_close(struct sink *s)
{
    (void)s;
}

/* ---------------------------------------------------------------- one test */

void
trial_free(struct trial *t)
{
    free(t);
}

/* Those that it did not come to are as they were. */
void
trial_end(struct work *w)
{
    struct trial *t = w->trial;
    const struct errand *e = w->errand;

    w->trial = NULL;
    for (size_t i = 0; i < e->hosts.count; i++) {
        struct kept_test *k = keep(w, e->hosts.items[i]);
        if (k->test.state == TEST_RUNNING) {
            k->test.state = TEST_NONE;
        }
    }
    if (w->exit_code < 0) {
        front_say(w->front, LOOK_BAD, "test: %s", w->err.text);
    } else if (t->bad > 0) {
        front_say(w->front, LOOK_BAD, "test: %d ok, %d not", (int)t->ok, (int)t->bad);
    } else {
        front_say(w->front, LOOK_OK, "test: %d ok", (int)t->ok);
    }
    trial_free(t);
}

/* No budget and no order: each is looked at. */
static void
set_request(struct errand *e)
{
    struct run_request *r = &e->request;
    const int32_t workers = e->loaded.settings.policy.workers;

    r->unkept = true;
    r->max_fail_given = false;
    if (r->workers < 0) {
        r->workers = workers < SCAN_WORKERS ? SCAN_WORKERS : workers;
    }
}

static void
start(struct work *w, struct errand *e)
{
    static const struct sink_ops ops = {.event = trial_event, .close = trial_close};
    struct trial *t = xcalloc(1, sizeof(*t));

    set_request(e);
    t->sink.ops = &ops;
    t->work = w;
    w->trial = t;
    if (!work_begin_hidden(w, e, &t->sink)) {
        w->trial = NULL;
        trial_free(t);
        return;
    }
    for (size_t i = 0; i < e->hosts.count; i++) {
        struct kept_test *k = keep(w, e->hosts.items[i]);
        k->test = (struct work_test){.state = TEST_RUNNING, .connect_us = -1, .trip_us = -1};
    }
    front_say(w->front, LOOK_OK, "testing %zu server%s", e->hosts.count,
              e->hosts.count == 1 ? "" : "s");
}

void
work_test(struct work *w, const struct strv *hosts)
{
    const struct wish wish = {
        .env = front_env_name(w->front), .action = "test", .hosts = hosts, .script = "true"};
    struct mistakes m = {0};
    struct err err = {0};

    if (w->run != NULL) {
        front_say(w->front, LOOK_WARN, "a %s is under way: servers are tested when it is over",
                  w->trial != NULL ? "test" : "run");
        return;
    }
    if (wish.env == NULL || hosts->count == 0) {
        front_say(w->front, LOOK_WARN, "test: there is no server");
        return;
    }
    struct errand *e = errand_new(front_cli(w->front), &wish, &m, &err);
    if (e != NULL) {
        start(w, e);
    } else {
        work_tell_mistakes(w, "test", &m, &err);
    }
    mistakes_release(&m);
    front_changed(w->front);
}
