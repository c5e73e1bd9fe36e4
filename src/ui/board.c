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
    h = board_at(b, e);
    if (h == NULL) {
        return;
    }
    if (e->type == EVENT_HOST_STARTED) {
        move(b, h, OUTCOME_RUNNING);
        h->step_at_ms = e->at_ms;
    } else if (e->type == EVENT_STEP_STARTED || e->type == EVENT_GATE_STARTED) {
        begin_step(h, e);
    } else if (e->type == EVENT_HOST_FINISHED) {
        move(b, h, outcome_of(e->outcome));
        free(h->step_name);
        h->step_name = NULL;
    }
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
