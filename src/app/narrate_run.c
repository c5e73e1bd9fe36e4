/*
 * narrate_run.c - tells of waves, of the state of the run, and of what the operator said.
 *
 * Decides the words; the texts of debug.log are promises to users' scripts: docs/events.md.  What
 * comes of itself (a pause, a bake, a wait for promote) is seen by comparing a turn with the one
 * before.  Owns nothing.
 */
#include "app/narrate.h"

#include "base/duration.h"
#include "base/nodeset.h"
#include "base/xalloc.h"

#include <stdlib.h>

/* ---------------------------------------------------------------- waves */

static void
fold_wave(const struct run *run, int32_t wave, struct buf *out)
{
    const int32_t begin = plan_wave_begin(run->plan, wave);
    const int32_t end = plan_wave_end(run->plan, wave);
    const char **names = xcalloc((size_t)(end - begin), sizeof(*names));

    for (int32_t i = begin; i < end; i++) {
        names[i - begin] = run->names[plan_host_at(run->plan, i)];
    }
    nodeset_fold(out, names, (size_t)(end - begin));
    free(names);
}

static struct event
wave_event(const struct run *run, enum event_type type, int32_t wave)
{
    struct event e = narrate_event(run, type);

    e.wave = wave + 1;
    e.waves = plan_wave_count(run->plan);
    return e;
}

void
narrate_wave_begin(struct run *run, int32_t wave)
{
    struct buf names;

    run->wave_began_ms[wave] = run_now_ms(run);
    buf_init(&names, NAMES_BYTES_MAX);
    fold_wave(run, wave, &names);
    if (!run->sequential) {
        SAY(run, "Wave %d/%d started: %s", (int)wave + 1, (int)plan_wave_count(run->plan),
            names.data);
    }
    struct event e = wave_event(run, EVENT_WAVE_STARTED, wave);
    e.text = names.data;
    sink_event(run->request->sink, &e);
    buf_release(&names);
}

/* In blue_green's first wave it is good to be ready for the switch; by now a host may be past it.
 */
static struct summary
count_wave(const struct run *run, int32_t wave)
{
    const bool prepares = plan_switch_step(run->plan) >= 0 && wave == 0;
    struct summary s = {0};

    for (int32_t i = plan_wave_begin(run->plan, wave); i < plan_wave_end(run->plan, wave); i++) {
        const int32_t host = plan_host_at(run->plan, i);
        const bool ready = prepares && run->hosts[host].prepared;
        s.count[ready ? OUTCOME_OK : rollout_host(run->rollout, host).outcome]++;
    }
    return s;
}

void
narrate_wave_end(struct run *run, int32_t wave)
{
    const int64_t took_ms = run_now_ms(run) - run->wave_began_ms[wave];
    const struct summary totals = count_wave(run, wave);
    const int32_t *n = totals.count;
    char took[32];

    duration_format(took_ms, took, sizeof(took));
    if (!run->sequential) {
        SAY(run, "Wave %d/%d completed in %s: %d ok, %d failed", (int)wave + 1,
            (int)plan_wave_count(run->plan), took, (int)n[OUTCOME_OK],
            (int)(n[OUTCOME_FAILED] + n[OUTCOME_UNREACHABLE] + n[OUTCOME_UNKNOWN]));
    }
    struct event e = wave_event(run, EVENT_WAVE_FINISHED, wave);
    e.duration_ms = took_ms;
    e.totals = totals;
    sink_event(run->request->sink, &e);
}

static void
tell_baking(struct run *run, int32_t wave)
{
    const int64_t bake_ms = run->policy.wave_bake_ms;
    char time[32];

    run->baking = wave;
    duration_written(bake_ms, time, sizeof(time));
    struct event e = narrate_event(run, EVENT_WAVE_BAKING);
    if (plan_has_waves(run->plan)) {
        SAY(run, "Baking: wave %d/%d for %s", (int)wave + 1, (int)plan_wave_count(run->plan), time);
        e.wave = wave + 1;
        e.waves = plan_wave_count(run->plan);
    } else {
        SAY(run, "Baking: all hosts for %s", time);
    }
    e.duration_ms = bake_ms;
    sink_event(run->request->sink, &e);
}

static void
tell_pausing(struct run *run, int32_t wave)
{
    const int64_t pause_ms = run->policy.wave_pause_ms;
    char time[32];

    run->pausing = wave;
    duration_written(pause_ms, time, sizeof(time));
    SAY(run, "Pausing: %s before wave %d/%d", time, (int)wave + 2, (int)plan_wave_count(run->plan));
    struct event e = wave_event(run, EVENT_WAVE_PAUSING, wave + 1);
    e.duration_ms = pause_ms;
    sink_event(run->request->sink, &e);
}

/* Each is told once a wave, however often it begins again. */
static void
tell_wave(struct run *run)
{
    const int32_t wave = rollout_wave(run->rollout);

    if (rollout_wave_due_ms(run->rollout) < 0) {
        return;
    }
    if (rollout_wave_bakes(run->rollout)) {
        if (run->baking != wave) {
            tell_baking(run, wave);
        }
    } else if (run->pausing != wave) {
        tell_pausing(run, wave);
    }
}

/* ---------------------------------------------------------------- the state */

/* The command by which an operator goes on; a list of hosts is spoken to by the run's id. */
static char *
command(const struct run *run, enum verb verb)
{
    const char *env = run->request->env;

    return xasprintf("inventory-manager ctl %s %s",
                     env[0] == '_' ? journal_run_id(run->journal) : env, verb_name(verb));
}

static void
tell(struct run *run, enum event_type type, const char *reason, const char *text)
{
    struct event e = narrate_event(run, type);

    e.reason = reason;
    e.text = text;
    sink_event(run->request->sink, &e);
}

static void
tell_paused(struct run *run, const char *why)
{
    char *how = command(run, VERB_CONTINUE);

    SAY(run, "Paused: %s", why);
    tell(run, EVENT_PAUSED, why, how);
    free(how);
}

static void
tell_promote(struct run *run)
{
    char *how = command(run, VERB_PROMOTE);

    SAY(run, "Waiting for promote: %s", how);
    tell(run, EVENT_PROMOTE_WANTED, NULL, how);
    free(how);
}

static void
tell_halt(struct run *run)
{
    const enum halt halt = rollout_halt(run->rollout);

    if (halt != HALT_NONE && run->halt_told != halt) {
        SAY(run, "Halted: %s", halt_text(halt));
    }
    run->halt_told = halt;
}

void
narrate_turn(struct run *run)
{
    const enum run_state before = run->told;
    const enum run_state now = rollout_state(run->rollout);

    tell_wave(run);
    tell_halt(run);
    run->told = now;
    if (now == before) {
        return;
    }
    if (now == RUN_PAUSED) {
        tell_paused(run, "too many hosts failed");
    } else if (now == RUN_PROMOTING) {
        tell_promote(run);
    }
}

void
narrate_rolling_back(struct run *run)
{
    const char **names = xcalloc((size_t)run->host_count, sizeof(*names));
    size_t count = 0;
    struct buf folded;

    run->back_told = true;
    tell_halt(run);
    for (int32_t i = 0; i < run->host_count; i++) {
        if (run->hosts[i].changed) {
            names[count++] = run->names[i];
        }
    }
    buf_init(&folded, NAMES_BYTES_MAX);
    nodeset_fold(&folded, names, count);
    SAY(run, "Rolling back: %s", folded.data);
    tell(run, EVENT_ROLLING_BACK, NULL, folded.data);
    buf_release(&folded);
    free(names);
}

/* ---------------------------------------------------------------- the operator */

/* Slots that there were not before have their line, as at the beginning. */
static void
tell_workers(struct run *run, int32_t workers, const char *reason)
{
    const int32_t most = workers < run->host_count ? workers : run->host_count;

    run->workers = workers > 0 ? workers : 1;
    SAY(run, "Workers set to %d", (int)workers);
    if (run->sequential && workers > 0) { /* it began with none: its lines have workers from here */
        run->sequential = false;
        SAY(run, "Running in PARALLEL mode with %d workers", (int)workers);
    }
    for (; run->workers_said < most; run->workers_said++) {
        SAY(run, "Worker %d started", (int)run->workers_said);
    }
    struct event e = narrate_event(run, EVENT_WORKERS);
    e.workers = workers;
    e.reason = reason;
    sink_event(run->request->sink, &e);
}

static void
tell_host(struct run *run, enum event_type type, int32_t host, const char *reason)
{
    struct event e = narrate_host_event(run, type, host);

    e.reason = reason;
    sink_event(run->request->sink, &e);
}

void
narrate_verb(struct run *run, const struct fact *f, const char *reason)
{
    const char *who = reason == NULL ? "by the operator" : reason;

    switch (f->verb) {
    case VERB_PAUSE:
        tell_paused(run, who);
        run->told = RUN_PAUSED;
        break;
    case VERB_CONTINUE:
        SAY(run, "Continued");
        tell(run, EVENT_CONTINUED, reason, NULL);
        run->told = RUN_RUNNING;
        break;
    case VERB_PROMOTE:
        SAY(run, "Promoted");
        tell(run, EVENT_PROMOTED, reason, NULL);
        run->told = RUN_RUNNING;
        break;
    case VERB_SKIP:
        SAY(run, "Skipped: %s for %s (by the operator)", run->action->name, run->names[f->host]);
        tell_host(run, EVENT_HOST_SKIPPED, f->host, who);
        break;
    case VERB_RETRY:
        SAY(run, "Retrying: %s for %s", run->action->name, run->names[f->host]);
        tell_host(run, EVENT_HOST_RETRIED, f->host, reason);
        break;
    case VERB_WORKERS:
        tell_workers(run, (int32_t)f->value, reason);
        break;
    case VERB_ABORT:
    case VERB_KILL:
    case VERB_ROLLBACK:
        break; /* what comes of them is told: hosts that are cancelled, killed, rolled back */
    }
}
