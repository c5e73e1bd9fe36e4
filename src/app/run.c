/*
 * run.c - sets a run up, takes it down.
 *
 * Decides the order of beginning: everything that can be wrong is found before anything connects,
 * and the run stands in the store before its first order.  Owns struct run.
 */
#include "app/run_state.h"

#include "app/alongside.h"
#include "app/given.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "store/history.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
    SHOW_BYTES = 64 * 1024, /* queued: written at once, not at the end of a turn */
    STALL_MS =
        60000, /* a disk that is written back may stop a receiver for long, not for a minute */
};

int
app_var_dir(const char *root, char **ret_dir, struct err *err)
{
    char *dir = xasprintf("%s/var", root);
    struct stat st;

    if ((mkdir(dir, 0700) < 0 && errno != EEXIST) || lstat(dir, &st) < 0) {
        (void)err_set(err, ERR_IO, "%s: cannot be made: %s", dir, strerror(errno));
        free(dir);
        return -1;
    }
    if (!S_ISDIR(st.st_mode) || (st.st_mode & S_IWOTH) != 0) {
        (void)err_set(err, ERR_IO, "%s: refused: not a folder, or writable by everybody", dir);
        free(dir);
        return -1;
    }
    *ret_dir = dir;
    return 0;
}

static void
make_hosts(struct run *run)
{
    const struct run_request *q = run->request;

    run->host_count = (int32_t)q->host_count;
    run->hosts = xcalloc(q->host_count, sizeof(*run->hosts));
    run->names = xcalloc(q->host_count, sizeof(*run->names));
    for (size_t i = 0; i < q->host_count; i++) {
        struct run_host *h = &run->hosts[i];
        h->run = run;
        h->index = (int32_t)i;
        h->slot = h->try_base = h->attempt_base = -1;
        h->connect_us = h->trip_us = -1;
        h->host = inventory_host(q->inventory, q->hosts[i]);
        run->names[i] = h->host->name;
    }
}

int
run_plan(struct run *run, struct err *err)
{
    run->plan = app_plan(run->request, &run->policy, run->names, run->steps, run->step_count, err);
    if (run->plan == NULL) {
        return -1;
    }
    run->wave_began_ms = xcalloc((size_t)plan_wave_count(run->plan), sizeof(*run->wave_began_ms));
    run->sequential = run->policy.workers == 0 || run->policy.strategy == STRATEGY_SEQUENTIAL;
    return 0;
}

static struct value *
make_magic(const struct run *run)
{
    struct value *magic = value_new(VALUE_DICT);

    value_dict_set(magic, "env", value_text(run->request->env));
    value_dict_set(magic, "action", value_text(run->action->name));
    value_dict_set(magic, "groups", inventory_groups_value(run->request->inventory));
    value_dict_set(magic, "run_id", value_text("run")); /* until it has one */
    return magic;
}

/* The numbers fixed by the plan, and what was given, for a resume and for retry. */
static char *
plan_json(const struct run *run)
{
    struct value *dict = value_new(VALUE_DICT);
    struct value *order = value_new(VALUE_LIST);
    struct value *steps = value_new(VALUE_LIST);
    struct value *waves = value_new(VALUE_LIST);
    struct value *checks = value_new(VALUE_LIST);
    struct value *back = value_new(VALUE_LIST);
    struct buf text;

    for (int32_t i = 0; i < run->host_count; i++) {
        value_list_add(order, value_int(plan_host_at(run->plan, i)));
    }
    for (int32_t i = 0; i < plan_wave_count(run->plan); i++) {
        value_list_add(waves, value_int(plan_wave_end(run->plan, i)));
    }
    for (size_t i = 0; i < run->step_count; i++) {
        value_list_add(steps, value_text(run->action->steps[run->steps[i]].name));
    }
    for (int32_t i = 0; i < plan_check_count(run->plan); i++) {
        value_list_add(checks, value_text(run->action->checks[i].name));
    }
    value_dict_set(dict, "action_file",
                   value_text(run->action->file == NULL ? "" : run->action->file));
    value_dict_set(dict, "order", order);
    value_dict_set(dict, "wave_ends", waves);
    value_dict_set(dict, "budget", value_int(plan_budget(run->plan)));
    value_dict_set(dict, "steps", steps);
    for (size_t i = 0; i < run->action->rollback_count; i++) {
        value_list_add(back, value_text(run->action->rollback_steps[i].name));
    }
    value_dict_set(dict, "checks", checks);
    value_dict_set(dict, "rollback", back);
    value_dict_set(dict, "switch_step", value_int(plan_switch_step(run->plan)));
    value_dict_set(dict, "host_bake_ms", value_int(run->policy.host_bake_ms));
    value_dict_set(dict, "given", given_value(run->request));
    buf_init(&text, 16 << 20);
    value_to_json(dict, &text);
    value_free(dict);
    char *json = buf_detach(&text);
    buf_release(&text);
    return json;
}

static int
open_files(struct run *run, struct err *err)
{
    const struct run_request *q = run->request;
    char *log = q->unkept             ? xstrdup("/dev/null")
                : q->log_path != NULL ? xstrdup(q->log_path)
                                      : xasprintf("%s/debug.log", q->root);
    char *db = NULL;
    int rc = -1;

    run->debuglog = debuglog_open(log, err);
    if (run->debuglog == NULL ||
        (run->var_dir == NULL && app_var_dir(q->root, &run->var_dir, err) < 0)) {
        goto out;
    }
    if (run->action->mutating) {
        run->lock = lock_take(run->var_dir, q->env, run->action->name, run_wall_ms(), err);
        if (run->lock == NULL) {
            goto out;
        }
    }
    db = xasprintf("%s/runs.db", run->var_dir);
    run->store = q->unkept ? store_memory(err) : store_open(db, false, err);
    rc = run->store == NULL ? -1 : 0;
out:
    free(db);
    free(log);
    return rc;
}

static int
begin_journal(struct run *run, struct err *err)
{
    const struct run_request *q = run->request;
    char *json = plan_json(run);
    char *logs = xasprintf("%s/log", run->var_dir);
    struct lock_holder holder;
    const struct run_start start = {
        .env = q->env,
        .action = run->action->name,
        .strategy = strategy_name(run->policy.strategy),
        .mutating = run->action->mutating,
        .workers = run->policy.workers,
        .wall_ms = run_wall_ms(),
        .seed = q->seed,
        .release = run->release,
        .produces = run->action->produces,
        .plan_json = json,
        .hosts = run->names,
        .host_count = run->host_count,
        .pid = getpid(),
    };
    int rc = -1;

    run->journal = journal_begin(run->store, &start, err);
    if (run->journal == NULL || store_commit(run->store, err) < 0) {
        goto out;
    }
    const char *id = journal_run_id(run->journal);
    value_dict_set(run->magic, "run_id", value_text(id));
    if (run->lock != NULL) {
        lock_note_run(run->lock, id);
    } else if (lock_probe(run->var_dir, q->env, &holder, NULL) == 1) {
        (void)snprintf(run->suffix, sizeof(run->suffix), " run=%s", id);
    }
    run->hostlog = q->unkept ? NULL : hostlog_new(logs, q->env, id, err);
    rc = run->hostlog == NULL && !q->unkept ? -1 : 0;
    if (run->hostlog != NULL) {
        hostlog_limit_files(run->hostlog, run->log_files);
    }
out:
    free(json);
    free(logs);
    return rc;
}

static void
on_wait(evutil_socket_t fd, short what, void *arg)
{
    struct run *run = arg;
    const struct fact tick = {.kind = FACT_TICK, .host = -1, .step = -1};
    const struct timeval again = {.tv_usec = 1000};

    (void)fd;
    (void)what;
    if (run->wait_until_ms < 0) {
        return;
    }
    if (run_now_ms(run) < run->wait_until_ms) {
        (void)evtimer_add(run->wait_event, &again); /* timers may fire a little early */
        return;
    }
    run->wait_until_ms = -1;
    listen_post(run, &tick, NULL);
}

/* What is queued outside a turn leaves within a tenth of a second; a run that has nothing to say is
 * not woken. */
static void
refresh_soon(struct run *run)
{
    static const struct timeval tenth = {.tv_usec = 100000};

    if (run->refresh_event != NULL && !evtimer_pending(run->refresh_event, NULL)) {
        (void)evtimer_add(run->refresh_event, &tenth);
    }
}

static void flush_outs(struct run *run);

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    flush_outs(arg);
}

/* Write what the sink has queued, and wait for a slow reader without waiting. */
static void
flush_outs(struct run *run)
{
    struct sink *sink = run->request->sink;

    for (int i = 0; i < SINK_OUTS && sink != NULL; i++) {
        struct out *o = sink->outs[i];
        if (o == NULL || !out_wants(o)) {
            continue;
        }
        out_flush(o);
        if (!out_wants(o)) {
            continue;
        }
        if (out_fd(o) < 0) { /* it cannot be watched */
            refresh_soon(run);
            continue;
        }
        if (run->out_events[i] == NULL) {
            run->out_events[i] = event_new(run->base, out_fd(o), EV_WRITE, on_writable, run);
        }
        (void)event_add(run->out_events[i], NULL);
    }
}

void
run_show(struct run *run)
{
    const struct sink *sink = run->request->sink;

    for (int i = 0; i < SINK_OUTS && sink != NULL; i++) {
        if (sink->outs[i] != NULL && out_pending(sink->outs[i]) >= SHOW_BYTES) {
            flush_outs(run);
            return;
        }
    }
    refresh_soon(run);
}

static void
on_refresh(evutil_socket_t fd, short what, void *arg)
{
    struct run *run = arg;

    (void)fd;
    (void)what;
    if (sink_refresh(run->request->sink, run_wall_ms())) {
        refresh_soon(run);
    }
    flush_outs(run);
}

void
run_turn(struct run *run)
{
    assert(!run->inside);
    if (run->left || run->err.kind != ERR_NONE) {
        return; /* nothing is begun any more, whatever is heard of */
    }
    run->inside = true;
    turn_event(run);
    run->inside = false;
    flush_outs(run);
    if (run->end == END_CLOSING) {
        run_stop(run); /* it may have been the last session */
    }
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    run_turn(arg);
}

/* Checks from here read their certificates before the loop turns. */
static int
make_base(struct run *run, struct err *err)
{
    bool asks = false;

    if (run->base == NULL && (run->base = app_loop_new()) == NULL) {
        return err_set(err, ERR_IO, "no event loop: %s", strerror(errno));
    }
    for (int32_t i = 0; i < plan_check_count(run->plan); i++) {
        asks = asks || plan_check(run->plan, i)->local;
    }
    if (asks) {
        run->probes =
            probes_new(&(struct probes_config){.base = run->base, .zygote = run->request->zygote});
    }
    return 0;
}

/* The host's own limit comes after, so that the agent is named when it is the agent. */
static void
attach_agents(struct run *run)
{
    const int64_t auth_ms = run->request->settings->auth_timeout_ms;
    const int64_t most_ms = auth_ms * 3 / 4;

    if (run->agents != NULL) {
        agents_attach(run->agents, run->base,
                      auth_ms > 0 && most_ms < AGENT_SIGN_MS ? most_ms : AGENT_SIGN_MS);
    }
}

static enum host_key_checking
checking_of(enum host_keys word)
{
    switch (word) {
    case HOST_KEYS_ACCEPT_NEW:
        return HOST_KEY_ACCEPT_NEW;
    case HOST_KEYS_OFF:
        return HOST_KEY_OFF;
    case HOST_KEYS_STRICT:
        break;
    }
    return HOST_KEY_STRICT;
}

void
run_make_pool(struct run *run, const struct pool_events *events)
{
    const struct settings *s = run->request->settings;

    zygote_attach(run->request->zygote, run->base);
    run->locals = locals_new(&(struct locals_config){
        .base = run->base, .grace_ms = LOCAL_GRACE_MS, .files = run->files_before});
    /* A list of hosts has no name that can be typed (cli/place.h). */
    run->scan_words =
        run->request->env[0] == '_' ? NULL : xasprintf("keys scan %s", run->request->env);
    const struct pool_config config = {
        .base = run->base,
        .zygote = run->request->zygote,
        .locals = run->locals,
        .keyring = run->keyring,
        .agents = run->agents,
        .checking = checking_of(s->host_key_checking),
        .scan_words = run->scan_words,
        .connect_timeout_ms = s->connect_timeout_ms,
        .auth_timeout_ms = s->auth_timeout_ms,
        .keepalive_ms = s->keepalive_ms,
        .stall_ms = STALL_MS,
        .connect_rate = s->connect_rate,
        .retry_throttled = true,
        .seed = run->request->seed,
        .events = *events,
        .arg = run,
    };
    attach_agents(run);
    run->pool = pool_new(&config);
}

static int
make_loop(struct run *run, struct err *err)
{
    run_make_pool(run, &listen_pool);
    run->turn_event = event_new(run->base, -1, 0, on_turn, run);
    run->turn_timer = evtimer_new(run->base, on_turn, run);
    run->wait_event = evtimer_new(run->base, on_wait, run);
    run->early_timer = evtimer_new(run->base, early_event, run);
    run->refresh_event = evtimer_new(run->base, on_refresh, run);
    refresh_soon(run);
    return run->base_borrowed ? 0 : listen_signals(run, err);
}

struct run *
run_new(const struct run_request *q)
{
    struct run *run = xcalloc(1, sizeof(*run));

    run->request = q;
    run->action = q->action;
    run->release = xstrdup("");
    run->redact = redact_new();
    run->wait_until_ms = -1;
    run->committed_ms = -RUN_COMMIT_MS;
    run->dirty_ms = -1;
    app_policy(q, &run->policy);
    run->step_count = app_steps(q, &run->steps);
    make_hosts(run);
    run->magic = make_magic(run);
    run->baking = run->pausing = -1;
    return run;
}

static void
free_events(struct run *run)
{
    struct event *events[] = {run->turn_event,    run->turn_timer,  run->wait_event,
                              run->refresh_event, run->early_timer, run->end_event};

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (events[i] != NULL) {
            event_free(events[i]);
        }
    }
    run->refresh_event = NULL; /* a warning may still be told */
    for (size_t i = 0; i < SINK_OUTS; i++) {
        if (run->out_events[i] != NULL) {
            event_free(run->out_events[i]);
        }
    }
    for (size_t i = 0; i < sizeof(run->signals) / sizeof(run->signals[0]); i++) {
        if (run->signals[i] != NULL) {
            event_free(run->signals[i]);
        }
    }
}

static void
free_hosts(struct run *run)
{
    for (int32_t i = 0; i < run->host_count; i++) {
        reach_forget(&run->hosts[i]);
        sshconfig_options_release(&run->hosts[i].options);
        free(run->hosts[i].reason);
        free(run->hosts[i].ahead_reason);
        free(run->hosts[i].back_reason);
        free(run->hosts[i].error);
        free(run->hosts[i].asked);
        free(run->hosts[i].tail);
        redact_stream_release(&run->hosts[i].streams[0]);
        redact_stream_release(&run->hosts[i].streams[1]);
        if (run->releases != NULL) {
            free(run->releases[i]);
        }
        if (run->targets != NULL) {
            free(run->targets[i]);
        }
    }
    free(run->releases);
    free(run->targets);
    free(run->hosts);
    free((void *)run->names);
}

void
run_free(struct run *run)
{
    operate_free(run);
    pool_free(run->pool);
    agents_free(run->agents);
    locals_free(run->locals);
    probes_free(run->probes);
    if (run->pool != NULL) { /* one that was not begun may stand beside one that was */
        zygote_detach(run->request->zygote);
    }
    free_events(run);
    if (run->base != NULL && !run->base_borrowed) {
        event_base_free(run->base);
    }
    inbox_release(&run->inbox);
    knowns_free(run->knowns);
    newkeys_free(run->newkeys);
    keyring_free(run->keyring);
    map_free(run->cert_lists);
    map_free(run->ways);
    map_free(run->jumps);
    map_free(run->configs);
    map_free(run->noted);
    strv_clear(&run->notes);
    strv_clear(&run->default_keys);
    strv_clear(&run->explicit_keys);
    rollout_free(run->rollout);
    plan_free(run->plan);
    (void)hostlog_close(run->hostlog, NULL);
    journal_free(run->journal);
    store_close(run->store);
    lock_free(run->lock);
    debuglog_close(run->debuglog);
    value_free(run->magic);
    value_free(run->back_magic);
    value_free(run->back_extra);
    redact_free(run->redact);
    free_hosts(run);
    free(run->user);
    free(run->home);
    free(run->scan_words);
    free(run->wave_began_ms);
    free(run->steps);
    free(run->due);
    turn_forget(run);
    free(run->ahead);
    free(run->due_notes);
    free(run->release);
    free(run->back_refusal);
    bundles_free(run->bundles);
    map_free(run->sources);
    free(run->var_dir);
    free(run);
}

static void
drop_logs(void *arg, const char *run_id)
{
    const struct run *run = arg;
    char *logs = xasprintf("%s/log", run->var_dir);

    (void)hostlog_remove(logs, run->request->env, run_id, NULL);
    free(logs);
}

/* How many files a connection takes is known when the way to each host is: where they do not
 * suffice for so many at once, the plan is made anew. */
static int
fit_files(struct run *run, struct err *err)
{
    const int32_t ahead = run->policy.ahead_max;

    if (run->preview) {
        return 0;
    }
    files_fit(run);
    if (run->policy.workers == run->workers_asked && run->policy.ahead_max == ahead) {
        return 0;
    }
    plan_free(run->plan);
    free(run->wave_began_ms);
    run->wave_began_ms = NULL;
    return run_plan(run, err);
}

int
run_load(struct run *run, struct err *err)
{
    if (run_plan(run, err) < 0 || reach_prepare(run, err) < 0 || fit_files(run, err) < 0 ||
        release_prepare(run, err) < 0 || release_back_prepare(run, err) < 0 ||
        make_base(run, err) < 0 || execute_check(run, err) < 0 ||
        (!run->preview && sources_expect(run, err) < 0)) {
        return -1;
    }
    return 0;
}

/* Before the lock was ours another run may have changed what the hosts go back to. */
static int
look_again(struct run *run, struct err *err)
{
    return release_back_prepare(run, err) < 0 ? -1 : execute_check_back(run, err);
}

int
run_prepare(struct run *run, struct err *err)
{
    if (run_load(run, err) < 0 || open_files(run, err) < 0 || look_again(run, err) < 0 ||
        make_loop(run, err) < 0 || operate_open(run, err) < 0 || begin_journal(run, err) < 0) {
        return -1;
    }
    return 0;
}

void
run_prune(struct run *run)
{
    (void)history_prune(run->store, run->request->env, RUNS_KEPT, drop_logs, run, NULL);
}
