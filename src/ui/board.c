/*
 * board.c - where every host of a run stands, built from events alone.
 *
 * Owns copies of the names.  Reads no clock: times are those of the events.  Never prints.
 */
#include "ui/board.h"

#include "base/nodeset.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
board_release(struct board *b)
{
    for (size_t i = 0; i < b->names.count; i++) {
        free(b->hosts[i].step_name);
    }
    free(b->hosts);
    free(b->env);
    free(b->action);
    free(b->run);
    strv_clear(&b->names);
    *b = (struct board){0};
}

static void
start_run(struct board *b, const struct event *e)
{
    board_release(b);
    b->env = e->env != NULL ? xstrdup(e->env) : NULL;
    b->action = e->action != NULL ? xstrdup(e->action) : NULL;
    b->run = e->run != NULL ? xstrdup(e->run) : NULL;
    b->waves = e->waves;
    b->started_at_ms = e->at_ms;
    for (int32_t i = 0; i < e->host_count; i++) {
        strv_add(&b->names, e->hosts[i]);
    }
    b->hosts = xcalloc(b->names.count, sizeof(*b->hosts));
    b->count[OUTCOME_UNTOUCHED] = e->host_count;
}

struct board_host *
board_at(struct board *b, const struct event *e)
{
    if (e->host_index < 0 || (size_t)e->host_index >= b->names.count) {
        return NULL;
    }
    return &b->hosts[e->host_index];
}

static enum outcome
outcome_of(const char *name)
{
    for (int i = 0; name != NULL && i < OUTCOMES; i++) {
        if (strcmp(outcome_name((enum outcome)i), name) == 0) {
            return (enum outcome)i;
        }
    }
    return OUTCOME_UNKNOWN;
}

static void
move(struct board *b, struct board_host *h, enum outcome to)
{
    b->count[h->outcome]--;
    h->outcome = to;
    b->count[to]++;
}

static void
begin_step(struct board_host *h, const struct event *e)
{
    free(h->step_name);
    h->step_name = e->step_name != NULL ? xstrdup(e->step_name) : NULL;
    h->step = e->step;
    h->step_count = e->step_count;
    h->step_at_ms = e->at_ms;
}

static void
set_parked(struct board *b, struct board_host *h, bool parked)
{
    b->parked += parked - h->parked;
    h->parked = parked;
}

static void
set_rollback(struct board *b, struct board_host *h, enum rollback_state state)
{
    b->rolling += (state == ROLLBACK_RUNNING) - (h->rollback == ROLLBACK_RUNNING);
    h->rollback = state;
}

static void
forget_step(struct board_host *h)
{
    free(h->step_name);
    h->step_name = NULL;
}

static void
host_event(struct board *b, struct board_host *h, const struct event *e)
{
    switch (e->type) {
    case EVENT_HOST_STARTED:
        move(b, h, OUTCOME_RUNNING);
        h->step_at_ms = e->at_ms;
        break;
    case EVENT_STEP_STARTED:
    case EVENT_GATE_STARTED:
        begin_step(h, e);
        break;
    case EVENT_HOST_FINISHED:
    case EVENT_HOST_LATE:
        set_parked(b, h, false);
        move(b, h, outcome_of(e->outcome));
        forget_step(h);
        break;
    case EVENT_HOST_SKIPPED:
        if (h->outcome == OUTCOME_UNTOUCHED) { /* one that waited for its retry keeps what it has */
            move(b, h, OUTCOME_SKIPPED);
        }
        break;
    case EVENT_HOST_PARKED:
        set_parked(b, h, true);
        break;
    case EVENT_HOST_SWITCHING:
        set_parked(b, h, false);
        h->step_at_ms = e->at_ms;
        break;
    case EVENT_ROLLBACK_STARTED:
        set_rollback(b, h, ROLLBACK_RUNNING);
        h->step_at_ms = e->at_ms;
        break;
    case EVENT_ROLLBACK_FINISHED:
        set_rollback(b, h, outcome_of(e->outcome) == OUTCOME_OK ? ROLLBACK_DONE : ROLLBACK_FAILED);
        forget_step(h);
        break;
    case EVENT_RUN_STARTED:
    case EVENT_WAVE_STARTED:
    case EVENT_OUTPUT:
    case EVENT_STEP_FINISHED:
    case EVENT_GATE:
    case EVENT_WAVE_FINISHED:
    case EVENT_WAVE_BAKING:
    case EVENT_WAVE_PAUSING:
    case EVENT_HOST_RETRIED:
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

/* What the run as a whole waits for, as far as an event says so. */
static void
note_wait(struct board *b, enum event_type type)
{
    static const struct {
        enum event_type type;
        const char *waits;
    } rows[] = {
        {EVENT_PAUSED, "paused"},      {EVENT_PROMOTE_WANTED, "waits for promote"},
        {EVENT_WAVE_BAKING, "baking"}, {EVENT_WAVE_PAUSING, "next wave soon"},
        {EVENT_CONTINUED, NULL},       {EVENT_PROMOTED, NULL},
        {EVENT_WAVE_STARTED, NULL},    {EVENT_ROLLING_BACK, NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].type == type) {
            b->waits = rows[i].waits;
        }
    }
}

void
board_event(struct board *b, const struct event *e)
{
    struct board_host *h;

    if (e->type == EVENT_RUN_STARTED) {
        start_run(b, e);
    }
    if (e->type == EVENT_WAVE_STARTED) {
        b->wave = e->wave;
    }
    note_wait(b, e->type);
    h = board_at(b, e);
    if (h != NULL) {
        host_event(b, h, e);
    }
}

bool
board_is_active(const struct board_host *h)
{
    return h->rollback == ROLLBACK_RUNNING || (h->outcome == OUTCOME_RUNNING && !h->parked);
}

int32_t
board_active(const struct board *b)
{
    return b->count[OUTCOME_RUNNING] - b->parked + b->rolling;
}

int32_t
board_fold_rollbacks(const struct board *b, enum rollback_state state, struct buf *out)
{
    const char **names = xcalloc(b->names.count, sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; i < b->names.count; i++) {
        if (b->hosts[i].rollback == state) {
            names[count++] = b->names.items[i];
        }
    }
    nodeset_fold(out, names, count);
    free(names);
    return (int32_t)count;
}

void
board_fold(const struct board *b, enum outcome outcome, struct buf *out)
{
    const char **names = xcalloc(b->names.count, sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; i < b->names.count; i++) {
        if (b->hosts[i].outcome == outcome) {
            names[count++] = b->names.items[i];
        }
    }
    nodeset_fold(out, names, count);
    free(names);
}
