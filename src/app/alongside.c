/*
 * alongside.c - begins a run on a loop, and sees to its end there.
 *
 * Decides when a run is over for who began it: what it came to is told at once, then its sessions
 * have a moment to close, and nobody waits for one that does not.  Owns no loop but that of
 * app_run. Never turns a loop that is somebody else's.
 */
#include "app/alongside.h"

#include "app/narrate.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    CLOSING_MS_MAX = 2000,
    CLOSING_LOOK_MS = 20,
    LOOP_TURN_MS = 3,
};

/* Of two hundred sockets that are ready at once, each with its share of cryptography, the last
 * would wait 40 ms, and so would every timer, signal and step: look again after LOOP_TURN_MS. */
struct event_base *
app_loop_new(void)
{
    const struct timeval longest = {.tv_usec = LOOP_TURN_MS * 1000L};
    struct event_config *config = event_config_new();

    if (config == NULL || event_config_set_max_dispatch_interval(config, &longest, -1, 0) < 0) {
        abort();
    }
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

/* ---------------------------------------------------------------- the end */

void
run_stop(struct run *run)
{
    event_active(run->end_event, EV_TIMEOUT, 0);
}

/* Nothing is started from here on. */
static void
tell_end(struct run *run)
{
    run->end = END_CLOSING;
    stall_watch(NULL);
    newkeys_write(run);
    if (run->err.kind != ERR_NONE) {
        run->end_code = -1;
        return;
    }
    if (!run->finished) {
        run->exit_code = 3; /* the operator would not wait: what may still run is in the journal */
    }
    run->end_code = run->exit_code;
    debuglog_hold(run->debuglog);
    narrate_end(run);
    debuglog_flush(run->debuglog);
    operate_end(run);
    run->close_until_ms = run_now_ms(run) + CLOSING_MS_MAX;
}

static bool
is_closing(const struct run *run)
{
    return run->end_code >= 0 && !run->left && pool_open_count(run->pool) > 0 &&
           run_now_ms(run) < run->close_until_ms;
}

/* The run has ended, was left, or cannot go on; later: a session has closed, or a little time has
 * passed. */
static void
on_end(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval again = {.tv_usec = CLOSING_LOOK_MS * 1000L};
    struct run *run = arg;

    (void)fd;
    (void)what;
    if (run->end == END_OVER) {
        return;
    }
    if (run->end == END_NOT_YET) {
        tell_end(run);
    }
    if (is_closing(run)) {
        (void)evtimer_add(run->end_event, &again);
        return;
    }
    run->end = END_OVER;
    run->inside = true;
    run->over(run->over_arg, run->end_code, run->end_code < 0 ? &run->err : NULL);
    run->inside = false;
}

/* A program that is started later must not be given the limit that a run has raised. */
static void
let_go(struct run *run)
{
    const unsigned before = run->files_before;
    struct rlimit files;

    run_free(run);
    if (before > 0 && getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = before;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

void
app_end(struct run *run)
{
    if (run == NULL) {
        return;
    }
    assert(!run->inside);
    if (run->end == END_NOT_YET) {
        run->left = true;
        tell_end(run);
    }
    if (run->end_code >= 0 && !run->request->unkept) {
        run_prune(run);
    }
    let_go(run);
}

/* ---------------------------------------------------------------- the beginning */

static void
begin(struct run *run)
{
    run->zero_ms += run_now_ms(run);
    run->rollout = rollout_new(run->plan, 0);
    debuglog_hold(run->debuglog);
    narrate_start(run);
    debuglog_flush(run->debuglog);
    files_tell(run);
    operate_begin(run);
    turn_wake(run);
    stall_watch(&run->stall);
}

/* base: NULL: one of its own, and the signals are the run's. */
static struct run *
begin_on(const struct run_request *request, struct event_base *base,
         void (*over)(void *arg, int exit_code, const struct err *err), void *arg, struct err *err)
{
    struct run *run = run_new(request);

    run->base = base;
    run->base_borrowed = base != NULL;
    run->over = over;
    run->over_arg = arg;
    if (run_prepare(run, err) < 0) {
        let_go(run);
        return NULL;
    }
    run->end_event = evtimer_new(run->base, on_end, run);
    begin(run);
    return run;
}

struct run *
app_begin(const struct run_request *request, struct event_base *base,
          void (*over)(void *arg, int exit_code, const struct err *err), void *arg, struct err *err)
{
    assert(base != NULL);
    return begin_on(request, base, over, arg, err);
}

struct outcome_of {
    struct run *run; /* borrowed */
    int rc;
    struct err err;
};

static void
on_own_over(void *arg, int exit_code, const struct err *err)
{
    struct outcome_of *o = arg;

    o->rc = exit_code;
    if (err != NULL) {
        o->err = *err;
    }
    (void)event_base_loopbreak(o->run->base);
}

int
app_run(const struct run_request *request, struct err *err)
{
    struct outcome_of o = {.rc = -1};

    o.run = begin_on(request, NULL, on_own_over, &o, err);
    if (o.run == NULL) {
        return -1;
    }
    (void)event_base_dispatch(o.run->base);
    app_end(o.run);
    if (o.rc < 0) {
        *err = o.err;
    }
    return o.rc;
}

/* ---------------------------------------------------------------- while it goes on */

void
app_interrupt(struct run *run)
{
    listen_interrupt(run, "interrupted");
}

void
app_hangup(struct run *run)
{
    debuglog_reopen(run->debuglog);
}

int
app_say(struct run *run, enum verb verb, const char *host, int32_t number, char **ret_answer,
        struct err *err)
{
    const struct asked_verb asked = {
        .ask = ASK_VERB,
        .verb = verb,
        .host = verb_operand(verb) == OPERAND_HOST ? host : NULL,
        .number = verb_operand(verb) == OPERAND_NUMBER ? number : 0,
    };

    assert((verb_operand(verb) == OPERAND_HOST) == (asked.host != NULL));
    return operate_say(run, &asked, ret_answer, err);
}

const char *
app_refuses(struct run *run, enum verb verb, const char *host)
{
    struct fact f = {.kind = FACT_VERB, .host = -1, .step = -1, .verb = verb};

    for (int32_t i = 0; host != NULL && i < run->host_count && f.host < 0; i++) {
        if (strcmp(run->names[i], host) == 0) {
            f.host = i;
        }
    }
    return run->end != END_NOT_YET ? OPERATE_OVER : operate_refuses(run, &f);
}

void
app_look(const struct run *run, struct snapshot *ret)
{
    look_take(run, ret);
}

void
app_glance(const struct run *run, struct snapshot *ret)
{
    look_glance(run, ret);
}

const char *
app_run_id(const struct run *run)
{
    return journal_run_id(run->journal);
}

bool
app_times(const struct run *run, int32_t host, int64_t *ret_connect_us, int64_t *ret_trip_us)
{
    if (host < 0 || host >= run->host_count) {
        return false;
    }
    *ret_connect_us = run->hosts[host].connect_us;
    *ret_trip_us = run->hosts[host].trip_us;
    return true;
}

void
app_settle(struct run *run)
{
    assert(!run->inside);
    if (run->err.kind != ERR_NONE || !store_dirty(run->store)) {
        return;
    }
    if (store_commit(run->store, &run->err) < 0) {
        run_stop(run);
        return;
    }
    run->committed_ms = run_now_ms(run);
    run->dirty_ms = -1;
}

int
app_tell_mode(const char *root, const char *log_path, const struct settings *settings,
              struct err *err)
{
    char *path = log_path != NULL ? xstrdup(log_path) : xasprintf("%s/debug.log", root);
    struct policy policy = settings->policy;
    struct debuglog *log = debuglog_open(path, err);

    policy.strategy = settings->deployment_strategy;
    if (log != NULL) {
        narrate_mode(log, "", &policy, settings->workers_given);
    }
    debuglog_close(log);
    free(path);
    return log == NULL ? -1 : 0;
}
