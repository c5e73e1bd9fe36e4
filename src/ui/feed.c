/*
 * feed.c - a run as its events tell it, kept to be looked at.
 *
 * Decides what is forgotten when memory runs short.  Owns the board, the steps and the last lines
 * of every host, and what the run has said.  Reads no clock, prints nothing, never waits.
 */
#include "ui/feed.h"

#include "base/xalloc.h"
#include "ui/phrase.h"
#include "ui/tape.h"

#include <stdlib.h>
#include <string.h>

enum {
    STEPS_MAX = 400,                      /* of a host; the oldest go first */
    HOST_BYTES_MAX = 4 << 20,             /* of one host's output, however long its lines are */
    HOST_BYTES_MIN = 4 * TAPE_LINE_BYTES, /* that each may have, even past the budget */
    SAID_BYTES_MAX = 16 << 20,            /* while it is made */
};

struct feed {
    struct sink sink; /* first: the two are cast into each other */
    struct board board;
    struct course course;
    struct budget *budget; /* borrowed or NULL */
    int32_t lines_max;
    struct feed_host *hosts; /* owned; as many as the board has */
    struct tape *tapes;      /* owned; the same */
    int32_t *done;           /* owned: hosts that are ok and done and hold output; a ring */
    bool *in_done;           /* owned: by host */
    int32_t done_first, done_count;
    struct feed_said *said; /* owned; a ring of FEED_SAID_MAX */
    size_t said_first, said_count;
    bool is_over;
    struct feed_end end;
    char *reason, *log_dir, *go_on; /* owned: of end */
    void (*listen)(void *arg, const struct event *e);
    void *listen_arg; /* borrowed */
};

/* ---------------------------------------------------------------- output */

/* A host's share of what is left for output, where all want some. */
static size_t
share_of(const struct feed *f)
{
    const int64_t hosts = (int64_t)f->board.names.count;
    const int64_t share = f->budget->max / 100 * BUDGET_KEPT / (hosts > 0 ? hosts : 1);

    return share < HOST_BYTES_MIN   ? (size_t)HOST_BYTES_MIN
           : share > HOST_BYTES_MAX ? (size_t)HOST_BYTES_MAX
                                    : (size_t)share;
}

/* Nobody needs what these said: forget it until len more bytes fit. */
static void
forget_done(struct feed *f, size_t len)
{
    while (f->done_count > 0 && !budget_fits(f->budget, BUDGET_KEPT, len)) {
        const int32_t host = f->done[f->done_first];
        f->done_first = (f->done_first + 1) % (int32_t)f->board.names.count;
        f->done_count--;
        f->in_done[host] = false;
        if (f->board.hosts[host].outcome == OUTCOME_OK) { /* it may go again */
            tape_drop(&f->tapes[host], f->budget);
        }
    }
}

static void
note_done(struct feed *f, int32_t host)
{
    const int32_t count = (int32_t)f->board.names.count;

    if (!f->in_done[host]) {
        f->in_done[host] = true;
        f->done[(f->done_first + f->done_count) % count] = host;
        f->done_count++;
    }
}

static struct tape_max
max_of(struct feed *f, struct tape *t, size_t len)
{
    struct tape_max max = {.lines = f->lines_max, .bytes = HOST_BYTES_MAX};
    const size_t growth = t->cap + len; /* it may double */

    if (!budget_fits(f->budget, BUDGET_KEPT, growth)) {
        forget_done(f, growth);
    }
    if (!budget_fits(f->budget, BUDGET_KEPT, growth)) {
        max.bytes = share_of(f);
        tape_trim(t, f->budget, max);
    }
    return max;
}

static void
take_output(struct feed *f, const struct event *e)
{
    struct tape *t = &f->tapes[e->host_index];

    tape_add(t, f->budget, e->data, e->len, max_of(f, t, e->len < HOST_BYTES_MAX ? e->len : 0));
}

static void
end_output(struct feed *f, int32_t host)
{
    struct tape *t = &f->tapes[host];

    tape_end_line(t, f->budget, max_of(f, t, 1));
}

/* ---------------------------------------------------------------- steps */

static void
release_step(struct feed_step *s)
{
    free(s->name);
    free(s->reason);
}

static void
clear_steps(struct feed_host *h)
{
    for (size_t i = 0; i < h->step_count; i++) {
        release_step(&h->steps[i]);
    }
    h->step_count = 0;
}

/* The one that is under way: steps of one host follow each other, so it is near the end.  A check
 * that is asked again is the same. */
static struct feed_step *
find_step(const struct feed_host *h, const struct event *e)
{
    for (size_t i = h->step_count; i-- > 0;) {
        struct feed_step *s = &h->steps[i];
        if (s->list == e->list && s->step == e->step &&
            (s->attempt == e->attempt || e->list == LIST_CHECKS)) {
            return s;
        }
    }
    return NULL;
}

static struct feed_step *
add_step(struct feed_host *h)
{
    if (h->step_count == STEPS_MAX) {
        struct feed_step oldest = h->steps[0];
        memmove(&h->steps[0], &h->steps[1], (STEPS_MAX - 1) * sizeof(h->steps[0]));
        h->step_count--;
        release_step(&oldest);
    }
    h->steps = xgrow(h->steps, h->step_count, &h->step_cap, sizeof(*h->steps));
    return &h->steps[h->step_count++];
}

static struct feed_step *
begin_step(struct feed_host *h, const struct event *e)
{
    struct feed_step *s = find_step(h, e);

    if (s != NULL) {
        release_step(s);
    } else {
        s = add_step(h);
    }
    memset(s, 0, sizeof(*s));
    s->name = e->step_name == NULL ? NULL : xstrdup(e->step_name);
    s->list = e->list;
    s->step = e->step;
    s->attempt = e->attempt;
    s->exit_code = -1;
    s->began_ms = e->at_ms;
    s->took_ms = -1;
    return s;
}

static const char *
word_of(const char *outcome)
{
    for (int i = 0; outcome != NULL && i < OUTCOMES; i++) {
        if (strcmp(outcome_name((enum outcome)i), outcome) == 0) {
            return outcome_name((enum outcome)i);
        }
    }
    return outcome_name(OUTCOME_UNKNOWN);
}

static char *
copy_of(const char *text)
{
    return text == NULL || text[0] == '\0' ? NULL : xstrndup(text, FEED_LINE_BYTES);
}

static void
end_step(struct feed_host *h, const struct event *e)
{
    struct feed_step *s = find_step(h, e);

    if (s == NULL) {
        s = begin_step(h, e);
    } else {
        free(s->reason);
    }
    s->reason = copy_of(e->reason);
    s->outcome = word_of(e->outcome);
    s->exit_code = e->exit_code;
    s->took_ms = e->duration_ms;
    h->gate = false;
}

/* ---------------------------------------------------------------- hosts */

static void
set_reason(struct feed_host *h, const char *reason)
{
    free(h->reason);
    h->reason = copy_of(reason);
}

static void
enter_slot(struct feed_host *h, const struct event *e)
{
    h->slot = e->slot;
    h->wave = e->wave;
}

static void
start_host(struct feed_host *h, const struct event *e)
{
    enter_slot(h, e);
    clear_steps(h);
    set_reason(h, NULL);
    h->began_ms = e->at_ms;
    h->took_ms = -1;
}

static void
leave_slot(struct feed *f, struct feed_host *h, const struct event *e)
{
    end_output(f, e->host_index);
    h->slot = -1;
    h->gate = false;
}

static void
finish_host(struct feed *f, struct feed_host *h, const struct event *e)
{
    const bool ok = f->board.hosts[e->host_index].outcome == OUTCOME_OK;

    leave_slot(f, h, e);
    h->took_ms = e->duration_ms;
    set_reason(h, ok ? NULL : e->reason);
    if (ok) {
        note_done(f, e->host_index);
    }
}

static void
host_event(struct feed *f, const struct event *e)
{
    struct feed_host *h = &f->hosts[e->host_index];

    switch (e->type) {
    case EVENT_HOST_STARTED:
        start_host(h, e);
        break;
    case EVENT_HOST_SWITCHING:
    case EVENT_ROLLBACK_STARTED:
        enter_slot(h, e);
        break;
    case EVENT_STEP_STARTED:
    case EVENT_GATE_STARTED:
        (void)begin_step(h, e);
        h->gate = e->type == EVENT_GATE_STARTED;
        break;
    case EVENT_STEP_FINISHED:
    case EVENT_GATE:
        end_output(f, e->host_index);
        end_step(h, e);
        break;
    case EVENT_OUTPUT:
        take_output(f, e);
        break;
    case EVENT_HOST_FINISHED:
        finish_host(f, h, e);
        break;
    case EVENT_HOST_PARKED:
        leave_slot(f, h, e);
        break;
    case EVENT_ROLLBACK_FINISHED:
        leave_slot(f, h, e);
        if (e->reason != NULL) {
            set_reason(h, e->reason);
        }
        break;
    case EVENT_HOST_LATE:
        set_reason(h, e->reason);
        break;
    case EVENT_HOST_SKIPPED:
    case EVENT_HOST_RETRIED:
    case EVENT_RUN_STARTED:
    case EVENT_WAVE_STARTED:
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

/* ---------------------------------------------------------------- the run */

static void
forget_run(struct feed *f)
{
    for (size_t i = 0; i < f->board.names.count; i++) {
        clear_steps(&f->hosts[i]);
        free(f->hosts[i].steps);
        free(f->hosts[i].reason);
        tape_release(&f->tapes[i], f->budget);
    }
    for (size_t i = 0; i < f->said_count; i++) {
        free(f->said[(f->said_first + i) % FEED_SAID_MAX].text);
    }
    free(f->hosts);
    free(f->tapes);
    free(f->done);
    free(f->in_done);
    free(f->reason);
    free(f->log_dir);
    free(f->go_on);
    f->hosts = NULL;
    f->tapes = NULL;
    f->done = NULL;
    f->in_done = NULL;
    f->reason = f->log_dir = f->go_on = NULL;
    f->done_first = f->done_count = 0;
    f->said_first = f->said_count = 0;
    f->is_over = false;
}

static void
start_run(struct feed *f)
{
    const size_t count = f->board.names.count;

    f->hosts = xcalloc(count, sizeof(*f->hosts));
    f->tapes = xcalloc(count, sizeof(*f->tapes));
    f->done = xcalloc(count, sizeof(*f->done));
    f->in_done = xcalloc(count, sizeof(*f->in_done));
    for (size_t i = 0; i < count; i++) {
        f->hosts[i] = (struct feed_host){.slot = -1, .began_ms = -1, .took_ms = -1};
    }
}

static void
finish_run(struct feed *f, const struct event *e)
{
    f->is_over = true;
    f->reason = copy_of(e->reason);
    f->log_dir = copy_of(e->log_dir);
    f->go_on = copy_of(e->go_on);
    f->end = (struct feed_end){
        .totals = e->totals,
        .exit_code = e->exit_code,
        .duration_ms = e->duration_ms,
        .reason = f->reason,
        .log_dir = f->log_dir,
        .go_on = f->go_on,
    };
}

static void
keep_said(struct feed *f, const struct event *e)
{
    struct buf text;

    buf_init(&text, SAID_BYTES_MAX);
    if (phrase_add(&text, e, false)) {
        struct feed_said *s = &f->said[(f->said_first + f->said_count) % FEED_SAID_MAX];
        if (f->said_count == FEED_SAID_MAX) {
            free(s->text);
            f->said_first = (f->said_first + 1) % FEED_SAID_MAX;
        } else {
            f->said_count++;
        }
        *s = (struct feed_said){
            .at_ms = e->at_ms,
            .warning = e->type == EVENT_WARNING || e->type == EVENT_HOST_LATE,
            .text = xstrndup(text.data, FEED_LINE_BYTES),
        };
    }
    buf_release(&text);
}

static void
feed_event(struct sink *s, const struct event *e)
{
    struct feed *f = (struct feed *)s;

    if (e->type == EVENT_RUN_STARTED) {
        forget_run(f);
    }
    board_event(&f->board, e);
    course_event(&f->course, e);
    if (e->type == EVENT_RUN_STARTED) {
        start_run(f);
    } else if (e->type == EVENT_RUN_FINISHED) {
        finish_run(f, e);
    } else if (board_at(&f->board, e) != NULL) {
        host_event(f, e);
    }
    keep_said(f, e);
    if (f->listen != NULL) {
        f->listen(f->listen_arg, e);
    }
}

static void
feed_close(struct sink *s)
{
    (void)s;
}

struct feed *
feed_new(int32_t lines_max, struct budget *budget)
{
    static const struct sink_ops ops = {.event = feed_event, .close = feed_close};
    struct feed *f = xcalloc(1, sizeof(*f));

    f->sink.ops = &ops;
    f->course = course_empty();
    f->lines_max = lines_max;
    f->budget = budget;
    f->said = xcalloc(FEED_SAID_MAX, sizeof(*f->said));
    return f;
}

void
feed_free(struct feed *f)
{
    if (f == NULL) {
        return;
    }
    forget_run(f);
    board_release(&f->board);
    course_release(&f->course);
    free(f->said);
    free(f);
}

/* ---------------------------------------------------------------- looked at */

struct sink *
feed_sink(struct feed *f)
{
    return &f->sink;
}

void
feed_listen(struct feed *f, void (*fn)(void *arg, const struct event *e), void *arg)
{
    f->listen = fn;
    f->listen_arg = arg;
}

const struct board *
feed_board(const struct feed *f)
{
    return &f->board;
}

const struct course *
feed_course(const struct feed *f)
{
    return &f->course;
}

static bool
is_host(const struct feed *f, int32_t host)
{
    return host >= 0 && (size_t)host < f->board.names.count;
}

const struct feed_host *
feed_host(const struct feed *f, int32_t host)
{
    return is_host(f, host) ? &f->hosts[host] : NULL;
}

int64_t
feed_output_count(const struct feed *f, int32_t host)
{
    return is_host(f, host) ? f->tapes[host].count : 0;
}

const char *
feed_output(const struct feed *f, int32_t host, size_t *ret_len)
{
    if (!is_host(f, host) || f->tapes[host].len == 0) {
        *ret_len = 0;
        return "";
    }
    *ret_len = f->tapes[host].len;
    return f->tapes[host].bytes + f->tapes[host].start;
}

size_t
feed_said_count(const struct feed *f)
{
    return f->said_count;
}

const struct feed_said *
feed_said(const struct feed *f, size_t i)
{
    return i < f->said_count ? &f->said[(f->said_first + i) % FEED_SAID_MAX] : NULL;
}

bool
feed_end(const struct feed *f, struct feed_end *ret)
{
    if (f->is_over) {
        *ret = f->end;
    }
    return f->is_over;
}
