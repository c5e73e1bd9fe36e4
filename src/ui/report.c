/*
 * report.c - takes the journal of a run in, span by span and step by step.
 *
 * Decides when a host is in a slot and when a step is under way, by what the orders and facts say.
 * Owns the report's lists.  Never looks at what the journal does not name: numbers out of range are
 * passed over, as the file may be damaged.
 */
#include "ui/report.h"

#include "base/xalloc.h"

#include <stdlib.h>

/* A round begins: none of its steps has been begun. */
static void
forget_steps(struct report_host *h)
{
    for (int l = 0; l < STEP_LISTS; l++) {
        h->doing[l] = (struct report_doing){.since_ms = -1, .step = -1};
    }
}

void
report_begin(struct report *r, const struct strv *names, int32_t workers, bool sequential)
{
    *r = (struct report){.exit_code = -1, .workers = workers};
    r->hosts = xcalloc(names->count, sizeof(*r->hosts));
    for (size_t i = 0; i < names->count; i++) {
        strv_add(&r->names, names->items[i]);
    }
    for (size_t i = 0; i < names->count; i++) {
        struct report_host *h = &r->hosts[i];
        *h = (struct report_host){.name = r->names.items[i], .took_ms = -1, .slot = -1};
        h->wave = -1;
        h->span = -1;
        forget_steps(h);
    }
    r->workers_now = workers <= 0 || sequential     ? 1
                     : workers > POLICY_WORKERS_MAX ? POLICY_WORKERS_MAX
                                                    : workers;
    r->workers_max = r->workers_now;
}

/* ---------------------------------------------------------------- steps */

/* Where the step stands, or would. */
static size_t
step_place(const struct report *r, enum step_list list, int32_t number)
{
    size_t low = 0;
    size_t high = r->step_count;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        const struct report_step *s = &r->steps[mid];
        if (s->list < list || (s->list == list && s->number < number)) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* NULL: out of range. */
static struct report_step *
step_at(struct report *r, enum step_list list, int32_t number)
{
    if (number < 0 || number >= REPORT_STEPS_MAX) {
        return NULL;
    }
    const size_t at = step_place(r, list, number);

    if (at < r->step_count && r->steps[at].list == list && r->steps[at].number == number) {
        return &r->steps[at];
    }
    r->steps = xgrow(r->steps, r->step_count, &r->step_cap, sizeof(*r->steps));
    for (size_t i = r->step_count; i > at; i--) {
        r->steps[i] = r->steps[i - 1];
    }
    r->step_count++;
    r->steps[at] = (struct report_step){.list = list, .number = number, .slowest = -1};
    return &r->steps[at];
}

void
report_name_step(struct report *r, enum step_list list, const char *name)
{
    int32_t number = 0;
    size_t at = step_place(r, list, 0);

    for (; at < r->step_count && r->steps[at].list == list; at++) {
        number++;
    }
    struct report_step *s = step_at(r, list, number);
    if (s != NULL) {
        s->name = xstrdup(name);
    }
}

static void
begin_step(struct report *r, int64_t at_ms, enum step_list list, const struct order *o)
{
    struct report_doing *d = &r->hosts[o->host].doing[list];
    struct report_step *s = step_at(r, list, o->step);

    if (s == NULL) {
        return;
    }
    s->retried += o->step == d->step && list != LIST_CHECKS;
    *d = (struct report_doing){.since_ms = at_ms, .step = o->step, .attempt = o->attempt};
}

enum ending { END_OK, END_NOT_OK, END_SKIPPED, END_NEVER_BEGAN };

static void
end_step(struct report *r, int64_t at_ms, enum step_list list, const struct fact *f,
         enum ending how)
{
    struct report_doing *d = &r->hosts[f->host].doing[list];
    struct report_step *s = step_at(r, list, f->step);

    if (s == NULL || d->since_ms < 0 || d->step != f->step || d->attempt != f->attempt) {
        return; /* late, or twice */
    }
    const int64_t took_ms = at_ms - d->since_ms;
    d->since_ms = -1;
    s->skipped += how == END_SKIPPED;
    s->not_ok += how == END_NOT_OK;
    if (how == END_SKIPPED || how == END_NEVER_BEGAN || took_ms < 0) {
        return;
    }
    s->ended++;
    if (took_ms > s->max_ms || s->slowest < 0) {
        s->max_ms = took_ms;
        s->slowest = f->host;
    }
    if (s->count < REPORT_TIMES_MAX) {
        s->times_ms = xgrow(s->times_ms, s->count, &s->cap, sizeof(*s->times_ms));
        s->times_ms[s->count++] = took_ms;
    }
}

/* ---------------------------------------------------------------- slots and waves */

static void
begin_span(struct report *r, int64_t at_ms, const struct order *o)
{
    struct report_host *h = &r->hosts[o->host];

    h->rolling = o->kind == ORDER_ROLLBACK;
    h->slot = o->slot >= 0 && o->slot < POLICY_WORKERS_MAX ? o->slot : -1;
    forget_steps(h);
    if (h->span >= 0) {
        return; /* a rollback in the slot that it has */
    }
    h->wave = h->rolling ? h->wave : r->wave_count > 0 ? (int32_t)r->wave_count - 1 : -1;
    h->span = (int64_t)r->span_count;
    r->spans = xgrow(r->spans, r->span_count, &r->span_cap, sizeof(*r->spans));
    r->spans[r->span_count++] = (struct report_span){.host = o->host,
                                                     .slot = h->slot,
                                                     .wave = h->rolling ? -1 : h->wave,
                                                     .begin_ms = at_ms,
                                                     .end_ms = at_ms,
                                                     .rollback = h->rolling,
                                                     .open = true};
    if (++r->active > r->active_max) {
        r->active_max = r->active;
        r->peak = r->span_count - 1;
    }
}

static void
end_span(struct report *r, int64_t at_ms, int32_t host)
{
    struct report_host *h = &r->hosts[host];

    if (h->span < 0) {
        return;
    }
    r->spans[h->span].end_ms = at_ms;
    r->spans[h->span].open = false;
    h->span = -1;
    r->active--;
}

/* Waves come in their order; anything else is passed over. */
static void
begin_wave(struct report *r, int64_t at_ms, int64_t wave)
{
    if (wave != (int64_t)r->wave_count) {
        return;
    }
    r->waves = xgrow(r->waves, r->wave_count, &r->wave_cap, sizeof(*r->waves));
    r->waves[r->wave_count++] =
        (struct report_wave){.number = (int32_t)wave, .begin_ms = at_ms, .end_ms = -1};
}

static void
end_wave(struct report *r, int64_t at_ms, int64_t wave)
{
    if (wave >= 0 && wave < (int64_t)r->wave_count) {
        r->waves[wave].end_ms = at_ms;
    }
}

static void
count_slots(struct report *r, int64_t at_ms)
{
    const int64_t hosts = (int64_t)r->names.count;
    const int64_t slots = r->workers_now < hosts ? r->workers_now : hosts;

    if (at_ms > r->workers_since_ms) {
        r->capacity_ms += slots * (at_ms - r->workers_since_ms);
        r->workers_since_ms = at_ms;
    }
}

/* ---------------------------------------------------------------- rows of the journal */

static void
take_verb(struct report *r, int64_t at_ms, const struct fact *f, const char *reason)
{
    if (f->verb == VERB_WORKERS && f->value >= 0 && f->value <= POLICY_WORKERS_MAX) {
        count_slots(r, at_ms);
        r->workers_now = f->value > 0 ? (int32_t)f->value : 1;
        r->workers_max = r->workers_now > r->workers_max ? r->workers_now : r->workers_max;
    }
    r->said_all++;
    if (r->said_count >= REPORT_SAID_MAX) {
        return;
    }
    r->said = xgrow(r->said, r->said_count, &r->said_cap, sizeof(*r->said));
    r->said[r->said_count++] = (struct report_said){.at_ms = at_ms,
                                                    .verb = f->verb,
                                                    .host = f->host,
                                                    .value = f->value,
                                                    .reason = reason ? xstrdup(reason) : NULL};
}

static enum step_list
list_of(const struct report *r, int32_t host)
{
    return r->hosts[host].rolling ? LIST_ROLLBACK : LIST_STEPS;
}

static void
take_fact(struct report *r, int64_t at_ms, const struct fact *f)
{
    const enum step_list list = list_of(r, f->host);
    const bool well = f->exit_code == 0 && f->signal == 0;

    switch (f->kind) {
    case FACT_STEP_DONE:
        end_step(r, at_ms, list, f, well ? END_OK : END_NOT_OK);
        break;
    case FACT_STEP_UNKNOWN:
        end_step(r, at_ms, list, f, END_NOT_OK);
        break;
    case FACT_STEP_SKIPPED:
        end_step(r, at_ms, list, f, END_SKIPPED);
        break;
    case FACT_STEP_NOT_STARTED:
        end_step(r, at_ms, list, f, END_NEVER_BEGAN);
        break;
    case FACT_FINALLY_DONE:
        end_step(r, at_ms, LIST_FINALLY, f, well && f->cause == CAUSE_NONE ? END_OK : END_NOT_OK);
        break;
    case FACT_PROBE_PASSED:
        end_step(r, at_ms, LIST_CHECKS, f, f->value == 1 ? END_SKIPPED : END_OK);
        break;
    case FACT_PROBE_FAILED:
        r->checks_not_passed++;
        end_step(r, at_ms, LIST_CHECKS, f, END_NOT_OK);
        break;
    case FACT_THROTTLED:
        r->throttled++;
        r->hosts[f->host].cut = true;
        break;
    case FACT_CONNECT_FAILED:
    case FACT_CONNECTION_LOST:
        r->hosts[f->host].cut = true;
        break;
    case FACT_CONNECTED:
    case FACT_STEP_SENT:
    case FACT_TICK:
    case FACT_DISCONNECTED:
    case FACT_VERB:
    case FACT_RESUMED:
    case FACT_VERDICT:
        break;
    }
}

/* Attempts are counted on from round to round: their number does not say that one failed. */
static void
take_connect(struct report *r, const struct order *o)
{
    struct report_host *h = &r->hosts[o->host];

    r->connects++;
    r->connects_again += h->cut;
    r->ahead += o->slot < 0 && h->span < 0;
    h->cut = false;
}

static void
take_order(struct report *r, int64_t at_ms, const struct order *o)
{
    switch (o->kind) {
    case ORDER_START:
    case ORDER_UNPARK:
    case ORDER_ROLLBACK:
        begin_span(r, at_ms, o);
        break;
    case ORDER_RELEASE:
    case ORDER_PARK:
        end_span(r, at_ms, o->host);
        break;
    case ORDER_RUN_STEP:
        begin_step(r, at_ms, list_of(r, o->host), o);
        break;
    case ORDER_FINALLY:
        begin_step(r, at_ms, LIST_FINALLY, o);
        break;
    case ORDER_PROBE:
        begin_step(r, at_ms, LIST_CHECKS, o);
        break;
    case ORDER_CONNECT:
        take_connect(r, o);
        break;
    case ORDER_WAIT:
    case ORDER_DISCONNECT:
    case ORDER_FINISH:
    case ORDER_OUTCOME:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
        break;
    }
}

static bool
has_host(const struct report *r, int32_t host)
{
    return host >= 0 && (size_t)host < r->names.count;
}

int64_t
report_ms(int64_t ms)
{
    return ms < 0 ? 0 : ms > REPORT_MS_MAX ? REPORT_MS_MAX : ms;
}

void
report_take(struct report *r, int64_t written_ms, const struct fact *fact, const char *reason,
            const struct order *order)
{
    const int64_t at_ms = report_ms(written_ms);

    r->last_ms = at_ms > r->last_ms ? at_ms : r->last_ms;
    if (fact != NULL) {
        if (fact->kind == FACT_VERB) {
            take_verb(r, at_ms, fact, reason);
        } else if (has_host(r, fact->host)) {
            take_fact(r, at_ms, fact);
        }
    } else if (order->kind == ORDER_WAVE_BEGIN) {
        begin_wave(r, at_ms, order->value);
    } else if (order->kind == ORDER_WAVE_END) {
        end_wave(r, at_ms, order->value);
    } else if (has_host(r, order->host)) {
        take_order(r, at_ms, order);
    }
}

void
report_release(struct report *r)
{
    char *texts[] = {r->run, r->env, r->action, r->strategy, r->release, r->halt};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        free(texts[i]);
    }
    for (size_t i = 0; i < r->names.count; i++) {
        free(r->hosts[i].reason);
        free(r->hosts[i].rollback_reason);
    }
    for (size_t i = 0; i < r->step_count; i++) {
        free(r->steps[i].name);
        free(r->steps[i].times_ms);
    }
    for (size_t i = 0; i < r->said_count; i++) {
        free(r->said[i].reason);
    }
    free(r->hosts);
    free(r->spans);
    free(r->steps);
    free(r->waves);
    free(r->said);
    strv_clear(&r->names);
    strv_clear(&r->tags);
    strv_clear(&r->skip_tags);
    strv_clear(&r->extra);
    strv_clear(&r->log);
    *r = (struct report){0};
}
