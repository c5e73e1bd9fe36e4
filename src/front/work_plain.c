/*
 * work_plain.c - the run under way in plain lines on stderr, since the screen was left.
 *
 * Decides what is told: waves, failures, what the run says, the summary; not what went well.  Owns
 * the queue of stderr.  Never waits before the run is over.
 */
#include "front/work_state.h"

#include "base/duration.h"
#include "base/escape.h"
#include "ui/closing.h"
#include "ui/phrase.h"

#include <string.h>
#include <unistd.h>

enum { TEXT_BYTES_MAX = 16 << 20, DRAIN_MS = -1 };

static void
say(struct work *w, const char *text)
{
    struct buf line;

    buf_init(&line, TEXT_BYTES_MAX);
    escape_terminal(&line, text, strlen(text));
    (void)buf_addc(&line, '\n');
    out_add(w->plain, line.data, line.len);
    out_flush(w->plain);
    buf_release(&line);
}

static bool
is_bad(const struct event *e)
{
    return e->slot >= 0 && e->outcome != NULL && strcmp(e->outcome, "ok") != 0 &&
           strcmp(e->outcome, "skipped") != 0;
}

static void
add_host(struct buf *out, const struct event *e, const char *words)
{
    char took[32];

    (void)buf_addf(out, "%s %s", e->host, words);
    if (e->duration_ms >= 0) {
        duration_human(e->duration_ms, took, sizeof(took));
        (void)buf_addf(out, " %s", took);
    }
    if (e->reason != NULL && e->reason[0] != '\0') {
        (void)buf_addf(out, ": %s", e->reason);
    }
}

void
plain_event(struct work *w, const struct event *e)
{
    struct buf text;

    buf_init(&text, TEXT_BYTES_MAX);
    if (phrase_add(&text, e, true)) {
        say(w, text.data);
    } else if (e->type == EVENT_HOST_FINISHED && is_bad(e)) {
        add_host(&text, e, e->outcome);
        say(w, text.data);
    } else if (e->type == EVENT_ROLLBACK_FINISHED) {
        add_host(&text, e, is_bad(e) ? "rollback failed" : "rolled back");
        say(w, text.data);
    } else if (e->type == EVENT_RUN_FINISHED) {
        closing_add(&text, feed_board(w->seen->feed), e, false);
        out_add(w->plain, text.data, text.len);
    }
    buf_release(&text);
}

void
work_tell_plain(struct work *w)
{
    struct buf text;

    if (work_run(w) == NULL || w->plain != NULL) {
        return;
    }
    const struct board *b = feed_board(w->seen->feed);
    const int32_t left = b->count[OUTCOME_UNTOUCHED] + b->count[OUTCOME_RUNNING];
    w->plain = out_new(STDERR_FILENO, 0);
    feed_sink(w->seen->feed)->outs[SINK_STDERR] = w->plain; /* the run sees to what waits there */
    buf_init(&text, TEXT_BYTES_MAX);
    (void)buf_addf(&text, "%s %s goes on: %d of %zu hosts are done (run %s)", work_action(w),
                   work_env(w), (int)((int32_t)b->names.count - left), b->names.count,
                   app_run_id(w->run));
    say(w, text.data);
    buf_release(&text);
}

void
plain_end(struct work *w)
{
    if (w->plain == NULL) {
        return;
    }
    if (w->exit_code < 0) { /* our own store failed: there is no summary */
        say(w, w->err.text);
    }
    feed_sink(w->seen->feed)->outs[SINK_STDERR] = NULL;
    out_drain(w->plain, DRAIN_MS);
    out_free(w->plain);
    w->plain = NULL;
}
