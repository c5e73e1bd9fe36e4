/*
 * look.c - where the run stands, for who looks on.
 *
 * Decides what a host in flight is said to be doing.  Owns nothing: its notes are in struct run.
 * Tells nobody: narrate_run.c does.
 */
#include "app/run_state.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DOING_BYTES = 160, STEP_NAME_SHOWN = 80 };

/* ---------------------------------------------------------------- notes of a turn */

static void
note_fact(struct run *run, const struct fact *f, int64_t now_ms)
{
    if (f->kind == FACT_CONNECTED || f->kind == FACT_CONNECT_FAILED || f->kind == FACT_THROTTLED) {
        run->hosts[f->host].connecting = false;
        run->hosts[f->host].since_ms = now_ms;
    }
}

static void
note_failure(struct run *run, int32_t host)
{
    int32_t n = 0;

    if (!outcome_is_bad(rollout_host(run->rollout, host).outcome)) {
        return;
    }
    while (n < run->failure_count && run->failures[n] != host) {
        n++;
    }
    if (n == run->failure_count && n < SNAPSHOT_FAILURES_MAX) {
        run->failure_count++;
    }
    n = n < SNAPSHOT_FAILURES_MAX ? n : SNAPSHOT_FAILURES_MAX - 1;
    memmove(&run->failures[1], &run->failures[0], (size_t)n * sizeof(run->failures[0]));
    run->failures[0] = host;
}

static void
note_order(struct run *run, const struct order *o, int64_t now_ms)
{
    if (o->host < 0) {
        return;
    }
    struct run_host *h = &run->hosts[o->host];

    switch (o->kind) {
    case ORDER_START:
    case ORDER_UNPARK:
    case ORDER_ROLLBACK:
        h->in_flight = true;
        h->since_ms = now_ms;
        break;
    case ORDER_RELEASE:
    case ORDER_PARK:
        h->in_flight = false;
        h->connecting = false;
        note_failure(run, o->host);
        break;
    case ORDER_OUTCOME:
        note_failure(run, o->host);
        break;
    case ORDER_CONNECT:
        h->connecting = true;
        h->since_ms = now_ms;
        break;
    case ORDER_RUN_STEP:
    case ORDER_PROBE:
    case ORDER_FINALLY:
        h->connecting = false;
        h->since_ms = now_ms;
        break;
    case ORDER_WAIT:
    case ORDER_DISCONNECT:
    case ORDER_FINISH:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
        break;
    }
}

/* ---------------------------------------------------------------- since when */

static void
note_state(struct run *run, int64_t now_ms)
{
    const enum run_state state = rollout_state(run->rollout);

    if (state == run->state) {
        return;
    }
    run->state = state;
    run->state_since_ms = now_ms;
}

void
look_turn(struct run *run, const struct inbox *mail)
{
    const int64_t now_ms = run_now_ms(run);

    for (size_t i = 0; i < mail->count; i++) {
        note_fact(run, &mail->letters[i].fact, now_ms);
    }
    for (size_t i = 0; i < run->due_count; i++) {
        note_order(run, &run->due[i], now_ms);
    }
    note_state(run, now_ms);
}

/* ---------------------------------------------------------------- a snapshot */

static void
add_step(struct buf *out, const struct run *run, const struct run_host *h)
{
    if (h->attempt == 0) {
        (void)buf_adds(out, "begins");
        return;
    }
    const char *name = run_step_of(run, h)->name;
    (void)buf_addf(out, "%s %d/%d ", step_list_word(h->list), (int)h->step + 1,
                   (int)run_list_count(run, h->list));
    (void)buf_add(out, name, strnlen(name, STEP_NAME_SHOWN));
}

static char *
doing_of(const struct run *run, const struct run_host *h)
{
    const struct rollout_host r = rollout_host(run->rollout, h->index);
    struct buf text;

    buf_init(&text, DOING_BYTES);
    if (r.rollback == ROLLBACK_RUNNING) {
        (void)buf_adds(&text, "rollback: ");
    }
    if (h->connecting) {
        (void)buf_adds(&text, "connecting");
    } else if (r.held) {
        (void)buf_adds(&text, "waits for its turn at a step");
    } else if (r.baking) {
        (void)buf_adds(&text, "bakes");
    } else {
        add_step(&text, run, h);
    }
    char *doing = buf_detach(&text);
    buf_release(&text);
    return doing;
}

/* A host in flight, to be sorted. */
struct flight {
    int64_t since_ms;
    int32_t host;
};

static int
compare_since(const void *a, const void *b)
{
    const struct flight *x = a;
    const struct flight *y = b;

    if (x->since_ms != y->since_ms) {
        return x->since_ms < y->since_ms ? -1 : 1;
    }
    return x->host < y->host ? -1 : 1;
}

static void
take_hosts(const struct run *run, struct snapshot *s, int64_t zero_wall_ms)
{
    struct flight *flights = xcalloc((size_t)run->host_count, sizeof(*flights));
    size_t count = 0;

    for (int32_t i = 0; i < run->host_count; i++) {
        if (run->hosts[i].in_flight) {
            flights[count++] = (struct flight){run->hosts[i].since_ms, i};
        }
    }
    qsort(flights, count, sizeof(*flights), compare_since);
    s->shown = count < SNAPSHOT_HOSTS_MAX ? count : SNAPSHOT_HOSTS_MAX;
    s->hosts = xcalloc(s->shown, sizeof(*s->hosts));
    for (size_t i = 0; i < s->shown; i++) {
        const int32_t host = flights[i].host;
        s->hosts[i] = (struct snapshot_host){
            .name = xstrdup(run->names[host]),
            .doing = doing_of(run, &run->hosts[host]),
            .slot = rollout_host(run->rollout, host).slot,
            .since_ms = zero_wall_ms + flights[i].since_ms,
        };
    }
    free(flights);
}

static void
take_failures(const struct run *run, struct snapshot *s)
{
    s->failed = (size_t)run->failure_count;
    s->failures = xcalloc(s->failed, sizeof(*s->failures));
    for (size_t i = 0; i < s->failed; i++) {
        const int32_t host = run->failures[i];
        struct buf scratch;
        buf_init(&scratch, SNAPSHOT_TEXT_MAX);
        s->failures[i] = (struct snapshot_failure){
            .name = xstrdup(run->names[host]),
            .outcome = xstrdup(outcome_name(rollout_host(run->rollout, host).outcome)),
            .reason = xstrndup(narrate_reason(run, host, &scratch), SNAPSHOT_TEXT_MAX),
        };
        buf_release(&scratch);
    }
}

static void
take_state(const struct run *run, struct snapshot *s, int64_t zero_wall_ms)
{
    const enum run_state state = rollout_state(run->rollout);
    const enum halt halt = rollout_halt(run->rollout);
    const int64_t due_ms = rollout_wave_due_ms(run->rollout);

    s->state = xstrdup(run_state_name(state));
    s->state_since_ms = zero_wall_ms + run->state_since_ms;
    s->waits_for = state == RUN_PROMOTING ? xstrdup(verb_name(VERB_PROMOTE))
                   : state == RUN_PAUSED  ? xstrdup(verb_name(VERB_CONTINUE))
                                          : NULL;
    s->halt = halt == HALT_NONE ? NULL : xstrdup(halt_text(halt));
    s->wave_due_ms = due_ms < 0 ? -1 : zero_wall_ms + due_ms;
    s->exit_code = run->finished ? run->exit_code : -1;
}

void
look_glance(const struct run *run, struct snapshot *ret)
{
    const int64_t now_ms = run_now_ms(run);
    const int64_t wall_ms = run_wall_ms();
    const bool waves = plan_has_waves(run->plan);

    *ret = (struct snapshot){
        .at_ms = wall_ms,
        .run = xstrdup(journal_run_id(run->journal)),
        .env = xstrdup(run->request->env),
        .action = xstrdup(run->action->name),
        .strategy = xstrdup(strategy_name(run->policy.strategy)),
        .mutating = run->action->mutating,
        .pid = getpid(),
        .started_ms = wall_ms - now_ms,
        .workers = rollout_workers(run->rollout),
        .active = rollout_active(run->rollout),
        .wave = waves ? rollout_wave(run->rollout) + 1 : 0,
        .waves = waves ? plan_wave_count(run->plan) : 0,
        .host_count = run->host_count,
        .totals = rollout_summary(run->rollout),
        .bad = rollout_bad(run->rollout),
        .budget = plan_budget(run->plan),
    };
    take_state(run, ret, wall_ms - now_ms);
}

void
look_take(const struct run *run, struct snapshot *ret)
{
    look_glance(run, ret);
    take_hosts(run, ret, ret->started_ms);
    take_failures(run, ret);
}
