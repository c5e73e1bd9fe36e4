/*
 * phrase.c - what is said of a run as a whole, in words for people.
 *
 * Decides the words.  Owns nothing.  Never escapes: what has come from a host is still as it came.
 */
#include "ui/phrase.h"

#include "base/duration.h"

#include <stddef.h>

static const char *const words[EVENT_TYPES] = {
    [EVENT_PAUSED] = "paused",
    [EVENT_CONTINUED] = "continued",
    [EVENT_PROMOTED] = "promoted",
    [EVENT_PROMOTE_WANTED] = "the canary waits to be promoted",
    [EVENT_WORKERS] = "workers",
    [EVENT_ROLLING_BACK] = "rolling back",
    [EVENT_HOST_LATE] = "unhealthy after ok",
    [EVENT_HOST_PARKED] = "prepared",
    [EVENT_HOST_SKIPPED] = "skipped",
    [EVENT_HOST_RETRIED] = "goes again",
};

const char *
phrase_words(enum event_type type)
{
    return words[type];
}

static void
add_reason(struct buf *out, const struct event *e)
{
    if (e->reason != NULL && e->reason[0] != '\0') {
        (void)buf_adds(out, ": ");
        (void)buf_adds(out, e->reason);
    }
}

static void
add_wave(struct buf *out, const struct event *e)
{
    const int32_t *n = e->totals.count;
    char took[32];

    (void)buf_addf(out, "wave %d/%d ", (int)e->wave, (int)e->waves);
    if (e->type == EVENT_WAVE_STARTED) {
        (void)buf_adds(out, e->text == NULL ? "" : e->text);
        return;
    }
    duration_human(e->duration_ms >= 0 ? e->duration_ms : 0, took, sizeof(took));
    (void)buf_addf(out, "completed %s: %d ok, %d failed", took, (int)n[OUTCOME_OK],
                   (int)(n[OUTCOME_FAILED] + n[OUTCOME_UNREACHABLE] + n[OUTCOME_UNKNOWN]));
}

static void
add_wait(struct buf *out, const struct event *e)
{
    char took[32];

    duration_written(e->duration_ms, took, sizeof(took));
    if (e->waves > 0) {
        (void)buf_addf(out, "wave %d/%d ", (int)e->wave, (int)e->waves);
    }
    (void)buf_addf(out, e->type == EVENT_WAVE_BAKING ? "bakes for %s" : "begins in %s", took);
}

/* It stands still, or goes on. */
static void
add_note(struct buf *out, const struct event *e, bool how)
{
    const bool waits = e->type == EVENT_PAUSED || e->type == EVENT_PROMOTE_WANTED;

    (void)buf_adds(out, words[e->type]);
    if (e->workers >= 0) {
        (void)buf_addf(out, " set to %d", (int)e->workers);
    }
    add_reason(out, e);
    if (e->text != NULL && (how || !waits)) {
        (void)buf_adds(out, waits ? "; to go on: " : ": ");
        (void)buf_adds(out, e->text);
        (void)buf_adds(out, waits ? " (or abort)" : "");
    }
}

static void
add_message(struct buf *out, const struct event *e)
{
    if (e->host != NULL) {
        (void)buf_addf(out, "%s: ", e->host);
    }
    if (e->type == EVENT_WARNING) {
        (void)buf_adds(out, "warning: ");
    }
    (void)buf_adds(out, e->text == NULL ? "" : e->text);
}

static void
add_host(struct buf *out, const struct event *e)
{
    (void)buf_addf(out, "%s %s", e->host == NULL ? "" : e->host, words[e->type]);
    add_reason(out, e);
}

bool
phrase_add(struct buf *out, const struct event *e, bool how)
{
    switch (e->type) {
    case EVENT_WAVE_STARTED:
    case EVENT_WAVE_FINISHED:
        add_wave(out, e);
        return true;
    case EVENT_WAVE_BAKING:
    case EVENT_WAVE_PAUSING:
        add_wait(out, e);
        return true;
    case EVENT_PAUSED:
    case EVENT_CONTINUED:
    case EVENT_PROMOTE_WANTED:
    case EVENT_PROMOTED:
    case EVENT_WORKERS:
    case EVENT_ROLLING_BACK:
        add_note(out, e, how);
        return true;
    case EVENT_WARNING:
    case EVENT_MESSAGE:
        add_message(out, e);
        return true;
    case EVENT_HOST_LATE:
    case EVENT_HOST_SKIPPED:
    case EVENT_HOST_RETRIED:
        add_host(out, e);
        return true;
    case EVENT_RUN_STARTED:
    case EVENT_HOST_STARTED:
    case EVENT_STEP_STARTED:
    case EVENT_OUTPUT:
    case EVENT_STEP_FINISHED:
    case EVENT_GATE_STARTED:
    case EVENT_GATE:
    case EVENT_HOST_FINISHED:
    case EVENT_HOST_PARKED:
    case EVENT_HOST_SWITCHING:
    case EVENT_ROLLBACK_STARTED:
    case EVENT_ROLLBACK_FINISHED:
    case EVENT_RUN_FINISHED:
        break;
    }
    return false;
}
