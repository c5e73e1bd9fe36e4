/*
 * course.c - how a run goes as a whole, built from events alone.
 *
 * Decides what counts as done of a wave, and how long it still takes.  Owns its arrays.  Slots that
 * are busy are a list, in the order in which they began what they do, so that the one at it for the
 * longest is known without a look at the others.  Never prints.
 */
#include "ui/course.h"

#include "base/xalloc.h"
#include "core/plan.h"

#include <stdlib.h>
#include <string.h>

/* What is counted of a host already: bits of `done`. */
enum { DONE_FIRST = 1 << 0, DONE_LAST = 1 << 1, BAD_FIRST = 1 << 2, BAD_LAST = 1 << 3 };

enum { TELLING_HOSTS = 3 };

struct course_host {
    int32_t parts;
    unsigned done;
};

struct course
course_empty(void)
{
    struct course c = {0};

    course_release(&c);
    return c;
}

void
course_release(struct course *c)
{
    free(c->strategy);
    free(c->order);
    free(c->places);
    free(c->wave_of);
    free(c->waves);
    free(c->slots);
    free(c->hosts);
    memset(c, 0, sizeof(*c));
    c->budget = c->longest = c->newest = -1;
    c->stands_since_ms = -1;
}

/* ---------------------------------------------------------------- slots */

static bool
slot_is_busy(const struct course *c, int32_t slot)
{
    return slot >= 0 && slot < c->slot_count && c->slots[slot].host >= 0;
}

static void
grow_slots(struct course *c, int32_t count)
{
    while (c->slot_count < count && c->slot_count < COURSE_SLOTS_MAX) {
        c->slots = xgrow(c->slots, (size_t)c->slot_count, &c->slot_cap, sizeof(*c->slots));
        c->slots[c->slot_count++] = (struct course_slot){.host = -1, .earlier = -1, .later = -1};
    }
}

/* As many as W says; those behind that are still busy stay until they are not. */
static void
fit_slots(struct course *c)
{
    const int32_t most = c->workers > 0 ? c->workers : 1;
    const int32_t wanted = most < c->host_count ? most : c->host_count;

    grow_slots(c, wanted);
    while (c->slot_count > wanted && !slot_is_busy(c, c->slot_count - 1)) {
        c->slot_count--;
    }
}

static void
unlink_slot(struct course *c, int32_t slot)
{
    const struct course_slot *s = &c->slots[slot];

    if (s->earlier >= 0) {
        c->slots[s->earlier].later = s->later;
    } else {
        c->longest = s->later;
    }
    if (s->later >= 0) {
        c->slots[s->later].earlier = s->earlier;
    } else {
        c->newest = s->earlier;
    }
}

static void
link_newest(struct course *c, int32_t slot)
{
    struct course_slot *s = &c->slots[slot];

    s->earlier = c->newest;
    s->later = -1;
    if (c->newest >= 0) {
        c->slots[c->newest].later = slot;
    } else {
        c->longest = slot;
    }
    c->newest = slot;
}

static void
slot_enter(struct course *c, int32_t slot, int32_t host)
{
    if (slot < 0 || slot >= COURSE_SLOTS_MAX) {
        return;
    }
    grow_slots(c, slot + 1);
    if (slot_is_busy(c, slot)) {
        unlink_slot(c, slot);
        c->busy--;
    }
    c->slots[slot].host = host;
    link_newest(c, slot);
    c->busy++;
}

static void
slot_leave(struct course *c, int32_t slot, int32_t host)
{
    if (!slot_is_busy(c, slot) || c->slots[slot].host != host) {
        return;
    }
    unlink_slot(c, slot);
    c->slots[slot].host = -1;
    c->busy--;
    fit_slots(c);
}

/* It does something else from now on. */
static void
slot_touch(struct course *c, int32_t slot, int32_t host)
{
    if (slot_is_busy(c, slot) && c->slots[slot].host == host) {
        unlink_slot(c, slot);
        link_newest(c, slot);
    }
}

/* ---------------------------------------------------------------- the plan */

static bool
is_in_two_waves(const struct plan *p)
{
    return plan_wave_count(p) == 2 && plan_wave_begin(p, 1) == plan_wave_begin(p, 0);
}

static void
take_plan(struct course *c, const struct plan *p)
{
    for (int32_t i = 0; i < c->host_count; i++) {
        c->order[i] = plan_host_at(p, i);
        c->places[c->order[i]] = i;
    }
    c->budget = plan_budget(p);
    c->in_two = plan_has_waves(p) && is_in_two_waves(p);
    for (int32_t w = 0; w < c->wave_count; w++) {
        c->waves[w].hosts = plan_wave_end(p, w) - plan_wave_begin(p, w);
    }
    for (int32_t h = 0; h < c->host_count && c->wave_count > 0; h++) {
        c->wave_of[h] = plan_wave_of(p, h) + 1;
    }
}

static void
start_run(struct course *c, const struct event *e)
{
    const size_t n = e->host_count > 0 ? (size_t)e->host_count : 0;

    course_release(c);
    c->strategy = e->strategy != NULL ? xstrdup(e->strategy) : NULL;
    c->host_count = (int32_t)n;
    c->order = xcalloc(n, sizeof(*c->order));
    c->places = xcalloc(n, sizeof(*c->places));
    c->wave_of = xcalloc(n, sizeof(*c->wave_of));
    c->hosts = xcalloc(n, sizeof(*c->hosts));
    c->wave_count = e->waves > 0 ? e->waves : 0;
    c->waves = xcalloc((size_t)c->wave_count, sizeof(*c->waves));
    c->workers = e->workers > 0 ? e->workers : 0;
    c->began_ms = e->at_ms;
    for (size_t i = 0; i < n; i++) {
        c->order[i] = c->places[i] = (int32_t)i;
    }
    if (e->plan != NULL && plan_host_count(e->plan) == c->host_count) {
        take_plan(c, e->plan);
    }
    fit_slots(c);
}

/* ---------------------------------------------------------------- what is done */

static struct course_wave *
wave_at(struct course *c, int32_t wave)
{
    return wave >= 1 && wave <= c->wave_count ? &c->waves[wave - 1] : NULL;
}

/* Count a host in its first wave, or in the last of two, once. */
static void
set_done(struct course *c, int32_t host, bool last, bool bad)
{
    struct course_host *h = &c->hosts[host];
    struct course_wave *w = wave_at(c, last ? c->wave_count : c->wave_of[host]);
    const unsigned done = last ? DONE_LAST : DONE_FIRST;
    const unsigned was_bad = last ? BAD_LAST : BAD_FIRST;

    if (w == NULL) {
        return;
    }
    w->done += (h->done & done) == 0;
    w->bad += bad && (h->done & was_bad) == 0;
    h->done |= done | (bad ? was_bad : 0);
}

static void
unset_done(struct course *c, int32_t host)
{
    struct course_host *h = &c->hosts[host];
    struct course_wave *first = wave_at(c, c->wave_of[host]);
    struct course_wave *last = wave_at(c, c->wave_count);

    if (first != NULL && last != NULL) {
        first->done -= (h->done & DONE_FIRST) != 0;
        first->bad -= (h->done & BAD_FIRST) != 0;
        last->done -= (h->done & DONE_LAST) != 0;
        last->bad -= (h->done & BAD_LAST) != 0;
    }
    h->done = 0;
}

static void
set_parts(struct course *c, int32_t host, int32_t parts)
{
    c->parts += parts - c->hosts[host].parts;
    c->hosts_done += (parts == COURSE_PARTS) - (c->hosts[host].parts == COURSE_PARTS);
    c->hosts[host].parts = parts;
}

static void
end_host(struct course *c, int32_t host, const char *outcome)
{
    bool bad = outcome == NULL;

    if (outcome != NULL && strcmp(outcome, outcome_name(OUTCOME_UNTOUCHED)) == 0) {
        return; /* the run has ended without it */
    }
    for (int i = 0; outcome != NULL && i < OUTCOMES; i++) {
        bad = bad || (outcome_is_bad((enum outcome)i) &&
                      strcmp(outcome, outcome_name((enum outcome)i)) == 0);
    }
    set_done(c, host, false, bad);
    if (c->in_two) {
        set_done(c, host, true, bad);
    }
    set_parts(c, host, COURSE_PARTS);
}

static void
begin_host(struct course *c, const struct event *e, int32_t host)
{
    if (c->wave_of[host] == 0 && wave_at(c, e->wave) != NULL) {
        c->wave_of[host] = e->wave; /* no plan was told */
    }
    unset_done(c, host);
    set_parts(c, host, 0);
}

/* The gate is a step more. */
static void
end_step(struct course *c, const struct event *e, int32_t host)
{
    if (e->list == LIST_STEPS && e->step_count > 0 && e->step > 0 && e->step <= e->step_count &&
        c->hosts[host].parts < COURSE_PARTS) {
        set_parts(c, host, (int32_t)((int64_t)COURSE_PARTS * e->step / (e->step_count + 1)));
    }
}

/* ---------------------------------------------------------------- events */

static void
host_event(struct course *c, const struct event *e, int32_t host)
{
    switch (e->type) {
    case EVENT_HOST_STARTED:
        begin_host(c, e, host);
        slot_enter(c, e->slot, host);
        break;
    case EVENT_HOST_SWITCHING:
    case EVENT_ROLLBACK_STARTED:
        slot_enter(c, e->slot, host);
        break;
    case EVENT_STEP_STARTED:
    case EVENT_GATE_STARTED:
        slot_touch(c, e->slot, host);
        break;
    case EVENT_STEP_FINISHED:
        end_step(c, e, host);
        break;
    case EVENT_HOST_PARKED:
        set_done(c, host, false, false);
        slot_leave(c, e->slot, host);
        break;
    case EVENT_HOST_FINISHED:
        end_host(c, host, e->outcome);
        slot_leave(c, e->slot, host);
        break;
    case EVENT_ROLLBACK_FINISHED:
        slot_leave(c, e->slot, host);
        break;
    case EVENT_HOST_LATE:
        end_host(c, host, e->outcome);
        break;
    case EVENT_HOST_SKIPPED:
        end_host(c, host, outcome_name(OUTCOME_SKIPPED));
        break;
    case EVENT_HOST_RETRIED:
        unset_done(c, host);
        set_parts(c, host, 0);
        break;
    case EVENT_RUN_STARTED:
    case EVENT_WAVE_STARTED:
    case EVENT_OUTPUT:
    case EVENT_GATE:
    case EVENT_WAVE_FINISHED:
    case EVENT_WAVE_BAKING:
    case EVENT_WAVE_PAUSING:
    case EVENT_PAUSED:
    case EVENT_CONTINUED:
    case EVENT_PROMOTE_WANTED:
    case EVENT_PROMOTED:
    case EVENT_WORKERS:
    case EVENT_ROLLING_BACK:
    case EVENT_WARNING:
    case EVENT_MESSAGE:
    case EVENT_RUN_FINISHED:
        break;
    }
}

static void
stand(struct course *c, const struct event *e, bool stands)
{
    if (c->stands_since_ms >= 0 && !stands) {
        c->stood_ms += e->at_ms - c->stands_since_ms;
        c->stands_since_ms = -1;
    } else if (c->stands_since_ms < 0 && stands) {
        c->stands_since_ms = e->at_ms;
    }
}

static void
begin_wave(struct course *c, const struct event *e)
{
    struct course_wave *w = wave_at(c, e->wave);

    if (w != NULL) {
        w->begun = true;
        c->wave = e->wave;
    }
}

static void
run_event(struct course *c, const struct event *e)
{
    switch (e->type) {
    case EVENT_RUN_STARTED:
        start_run(c, e);
        break;
    case EVENT_WAVE_STARTED:
        begin_wave(c, e);
        break;
    case EVENT_WAVE_BAKING:
    case EVENT_WAVE_PAUSING:
        c->bakes = e->type == EVENT_WAVE_BAKING;
        break;
    case EVENT_PAUSED:
    case EVENT_PROMOTE_WANTED:
        stand(c, e, true);
        break;
    case EVENT_CONTINUED:
    case EVENT_PROMOTED:
    case EVENT_ROLLING_BACK:
    case EVENT_RUN_FINISHED:
        stand(c, e, false);
        break;
    case EVENT_WORKERS:
        c->workers = e->workers > 0 ? e->workers : 0;
        fit_slots(c);
        break;
    case EVENT_HOST_STARTED:
    case EVENT_STEP_STARTED:
    case EVENT_OUTPUT:
    case EVENT_STEP_FINISHED:
    case EVENT_GATE_STARTED:
    case EVENT_GATE:
    case EVENT_HOST_FINISHED:
    case EVENT_WAVE_FINISHED:
    case EVENT_HOST_PARKED:
    case EVENT_HOST_SWITCHING:
    case EVENT_HOST_LATE:
    case EVENT_HOST_SKIPPED:
    case EVENT_HOST_RETRIED:
    case EVENT_ROLLBACK_STARTED:
    case EVENT_ROLLBACK_FINISHED:
    case EVENT_WARNING:
    case EVENT_MESSAGE:
        break;
    }
}

void
course_event(struct course *c, const struct event *e)
{
    run_event(c, e);
    if (e->type != EVENT_RUN_STARTED && e->host_index >= 0 && e->host_index < c->host_count) {
        host_event(c, e, e->host_index);
    }
}

/* ---------------------------------------------------------------- how long */

int64_t
course_left_ms(const struct course *c, int64_t at_ms, int64_t predicted_ms)
{
    const int64_t whole = (int64_t)c->host_count * COURSE_PARTS;
    const int64_t standing_ms = c->stands_since_ms < 0 ? 0 : at_ms - c->stands_since_ms;
    const int64_t gone_ms = at_ms - c->began_ms - c->stood_ms - standing_ms;
    const int64_t promised_ms = predicted_ms > gone_ms ? predicted_ms - gone_ms : 0;

    if (c->parts == 0 || (c->hosts_done < TELLING_HOSTS && 4 * c->hosts_done < c->host_count)) {
        return promised_ms > 0 ? promised_ms : -1; /* too few tell nothing */
    }
    const double measured_ms = (double)gone_ms / (double)c->parts * (double)(whole - c->parts);
    /* Half of the hosts tell enough. */
    const double trust = 2.0 * c->hosts_done / c->host_count;
    if (predicted_ms < 0 || trust >= 1) {
        return (int64_t)measured_ms;
    }
    return (int64_t)(trust * measured_ms + (1 - trust) * (double)promised_ms);
}
