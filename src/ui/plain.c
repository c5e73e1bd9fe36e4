/*
 * plain.c - lines for people: one an event, results on stdout, messages and the summary on stderr.
 *
 * Decides what is said at which verbosity.  Owns the board, lines not ended yet, the last lines of
 * each host in flight (shown with a failure) and the live area.  Never lets a byte of a host reach
 * a terminal unescaped; never waits.
 */
#include "base/duration.h"
#include "base/escape.h"
#include "base/xalloc.h"
#include "ui/board.h"
#include "ui/closing.h"
#include "ui/group.h"
#include "ui/lines.h"
#include "ui/live.h"
#include "ui/make.h"
#include "ui/phrase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAIL_BYTES_MAX = 2048,
    LINE_BYTES_MAX = 8 * LINES_BYTES_MAX,
    PHRASE_BYTES_MAX = 16 << 20, /* the names of a wave */
};

struct plain {
    struct sink sink; /* first: the two are cast into each other */
    struct sink_options options;
    struct board board;
    struct lines *lines; /* owned; NULL before run_started */
    struct group *group; /* owned; NULL unless -b */
    struct buf *tails;   /* owned; one a host, data is NULL until needed */
    char **check_said;   /* owned, each owned; by host: the failure told last, or NULL */
    int32_t *failed_try; /* owned; by host: the last of this gate, or 0 */
    struct live live;
    struct buf line; /* the line being made */
};

static bool
is_live(const struct plain *p)
{
    return p->options.live && out_is_terminal(p->sink.outs[SINK_STDOUT]);
}

/* Queue the line made and begin a new one. */
static void
say(struct plain *p, int where)
{
    buf_addc(&p->line, '\n');
    if (is_live(p)) {
        live_erase(&p->live, p->sink.outs[SINK_STDOUT]);
    }
    out_add(p->sink.outs[where], p->line.data, p->line.len);
    buf_clear(&p->line);
}

static void
add_text(struct plain *p, const char *text)
{
    if (text != NULL) {
        escape_terminal(&p->line, text, strlen(text));
    }
}

/* ---------------------------------------------------------------- output */

static void
keep_tail(struct plain *p, int32_t host, const char *line, size_t len)
{
    struct buf *tail = &p->tails[host];
    const char *cut;

    if (len > TAIL_BYTES_MAX / 2) {
        len = TAIL_BYTES_MAX / 2;
    }
    if (tail->data == NULL) {
        buf_init(tail, TAIL_BYTES_MAX);
    }
    while (tail->len + len + 1 > TAIL_BYTES_MAX) {
        cut = memchr(tail->data, '\n', tail->len);
        buf_drain(tail, cut != NULL ? (size_t)(cut - tail->data) + 1 : tail->len);
    }
    buf_add(tail, line, len);
    buf_addc(tail, '\n');
}

static void
drop_tail(struct plain *p, int32_t host)
{
    buf_release(&p->tails[host]);
    p->tails[host] = (struct buf){0};
}

/* Where the last `lines` lines of text begin; each ends with a newline. */
static size_t
tail_begin(const struct buf *text, int32_t lines)
{
    size_t at = text->len;

    while (at > 0 && (text->data[at - 1] != '\n' || lines-- > 0)) {
        at--;
    }
    return at;
}

static void
say_tail(struct plain *p, int32_t host)
{
    const struct buf *tail = &p->tails[host];

    if (tail->data == NULL) {
        return;
    }
    const size_t begin = tail_begin(tail, p->options.tail);
    const char *at = tail->data + begin;
    size_t left = tail->len - begin;

    while (at != NULL && left > 0) {
        const char *end = memchr(at, '\n', left);
        const size_t len = end != NULL ? (size_t)(end - at) : left;
        add_text(p, p->board.names.items[host]);
        buf_adds(&p->line, " | ");
        escape_terminal(&p->line, at, len);
        say(p, SINK_STDOUT);
        at += len + (end != NULL);
        left -= len + (end != NULL);
    }
}

/* Whether a line is shown when it comes; else it is only kept for the case of a failure. */
static bool
is_shown(const struct plain *p, enum stream stream)
{
    const struct sink_options *o = &p->options;

    return o->exec || o->verbose > 0 ||
           (o->looks && stream == STREAM_STDOUT && !o->quiet && p->group == NULL);
}

static void
take_line(void *arg, int32_t host, enum stream stream, const char *line, size_t len)
{
    struct plain *p = arg;
    const int where = stream == STREAM_STDOUT ? SINK_STDOUT : SINK_STDERR;

    if (!is_shown(p, stream)) {
        keep_tail(p, host, line, len);
        return;
    }
    if (out_full(p->sink.outs[where])) {
        p->board.hosts[host].dropped += (int64_t)len + 1;
        return;
    }
    buf_adds(&p->line, p->board.names.items[host]);
    buf_adds(&p->line, ": ");
    if (out_is_terminal(p->sink.outs[where])) {
        escape_terminal(&p->line, line, len);
    } else {
        buf_add(&p->line, line, len);
    }
    say(p, where);
}

static void
take_output(struct plain *p, const struct event *e)
{
    if (p->group != NULL) {
        group_keep(p->group, e->host_index, e->data, e->len);
    }
    if (p->group == NULL || !p->options.exec) {
        lines_feed(p->lines, e->host_index, e->stream, e->data, e->len, take_line, p);
    }
}

static void
say_dropped(struct plain *p, const struct event *e)
{
    struct board_host *h = board_at(&p->board, e);

    if (h->dropped == 0) {
        return;
    }
    buf_addf(&p->line, "%s: %lld bytes of output are not shown: the reader is too slow", e->host,
             (long long)h->dropped);
    h->dropped = 0;
    say(p, SINK_STDERR);
}

/* ---------------------------------------------------------------- events of a host */

/* How it ended, for people: the reason, else `exit 3` or `signal 9`; empty for a good end. */
static void
add_end(struct plain *p, const struct event *e)
{
    if (e->reason != NULL && e->reason[0] != '\0') {
        add_text(p, e->reason);
    } else if (e->signal != 0) {
        buf_addf(&p->line, "signal %d", (int)e->signal);
    } else if (e->exit_code > 0) {
        buf_addf(&p->line, "exit %d", (int)e->exit_code);
    }
}

static bool
is_good(const struct event *e)
{
    return e->outcome == NULL || strcmp(e->outcome, "ok") == 0 ||
           strcmp(e->outcome, "skipped") == 0;
}

static void
add_outcome(struct plain *p, const struct event *e)
{
    char took[32];

    closing_paint(&p->line, e->outcome != NULL ? e->outcome : "ok",
                  e->outcome != NULL ? e->outcome : "ok", p->options.color);
    if (e->duration_ms >= 0) {
        duration_human(e->duration_ms, took, sizeof(took));
        buf_addf(&p->line, " %s", took);
    }
    if (!is_good(e) || (e->reason != NULL && e->reason[0] != '\0')) {
        const size_t before = p->line.len;
        buf_adds(&p->line, ": ");
        add_end(p, e);
        if (p->line.len == before + 2) {
            p->line.data[p->line.len = before] = '\0';
        }
    }
}

/* A check that fails as it failed before: told once; the end of the host counts the tries. */
static bool
is_repeated(struct plain *p, const struct event *e)
{
    char **said = &p->check_said[e->host_index];
    char *now = e->list == LIST_CHECKS && !is_good(e)
                    ? xasprintf("%d %s", (int)e->step, e->reason == NULL ? "" : e->reason)
                    : NULL;
    const bool same = now != NULL && *said != NULL && strcmp(now, *said) == 0;

    free(*said);
    *said = now;
    return same && p->options.verbose == 0;
}

/* A host that must stay healthy for a while passes again and again: told once, and once after each
 * failure. */
static bool
is_still_good(struct plain *p, const struct event *e)
{
    int32_t *failed = &p->failed_try[e->host_index];

    if (e->type != EVENT_GATE || p->options.verbose > 0) {
        return false;
    }
    if (!is_good(e)) {
        *failed = e->attempt;
        return false;
    }
    return e->attempt > 1 && e->attempt != *failed + 1;
}

/* A check that does not apply is no news: most hosts have some of the shipped ones. */
static bool
is_told(const struct plain *p, const struct event *e)
{
    const bool passed_over = e->type == EVENT_GATE && e->outcome != NULL &&
                             strcmp(e->outcome, "skipped") == 0 && p->options.verbose == 0;

    return !p->options.exec && !passed_over && !(p->options.quiet && is_good(e));
}

static void
step_finished(struct plain *p, const struct event *e)
{
    lines_finish(p->lines, e->host_index, take_line, p);
    say_dropped(p, e);
    if (!is_still_good(p, e) && !is_repeated(p, e) && is_told(p, e)) {
        add_text(p, e->host);
        buf_addf(&p->line, " %s %d/%d ", step_list_word(e->list), (int)e->step, (int)e->step_count);
        add_text(p, e->step_name);
        buf_addc(&p->line, ' ');
        add_outcome(p, e);
        if (e->attempt > 1) {
            buf_addf(&p->line, " (%s %d)", e->list == LIST_CHECKS ? "try" : "attempt",
                     (int)e->attempt);
        }
        say(p, SINK_STDOUT);
        if (!is_good(e)) {
            say_tail(p, e->host_index);
        }
    }
    drop_tail(p, e->host_index);
}

/* The end of a host of exec: `web-01: exit 3`, `web-01: unreachable: no route`; silent if good. */
static void
exec_finished(struct plain *p, const struct event *e)
{
    const bool named = e->outcome != NULL && strcmp(e->outcome, "failed") != 0;
    size_t from;

    if (is_good(e) || e->slot < 0) {
        return;
    }
    add_text(p, e->host);
    buf_adds(&p->line, ": ");
    from = p->line.len;
    if (e->exit_code > 0 && e->signal == 0) {
        buf_addf(&p->line, "exit %d", (int)e->exit_code);
    } else {
        if (named) {
            add_text(p, e->outcome);
        }
        if (named && ((e->reason != NULL && e->reason[0] != '\0') || e->signal != 0)) {
            buf_adds(&p->line, ": ");
        }
        add_end(p, e);
    }
    if (p->line.len == from) {
        add_text(p, e->outcome);
    }
    if (p->group != NULL) {
        group_end(p->group, e->host_index, p->line.data + from);
    }
    say(p, SINK_STDERR);
}

static void
host_finished(struct plain *p, const struct event *e)
{
    lines_finish(p->lines, e->host_index, take_line, p);
    say_dropped(p, e);
    drop_tail(p, e->host_index);
    if (p->options.exec) {
        exec_finished(p, e);
        return;
    }
    if ((p->options.quiet && is_good(e)) || e->slot < 0) {
        return;
    }
    add_text(p, e->host);
    buf_addc(&p->line, ' ');
    add_outcome(p, e);
    say(p, SINK_STDOUT);
}

/* Lines of a host that are neither a step nor its end: what was said of it, and how long it took.
 */
static void
host_note(struct plain *p, const struct event *e, const char *words, const char *outcome)
{
    char took[32];

    add_text(p, e->host);
    buf_addc(&p->line, ' ');
    closing_paint(&p->line, outcome, words, p->options.color);
    if (e->duration_ms >= 0) {
        duration_human(e->duration_ms, took, sizeof(took));
        buf_addf(&p->line, " %s", took);
    }
    if (e->reason != NULL && e->reason[0] != '\0') {
        buf_adds(&p->line, ": ");
        add_text(p, e->reason);
    }
    say(p, SINK_STDOUT);
}

static void
rollback_finished(struct plain *p, const struct event *e)
{
    lines_finish(p->lines, e->host_index, take_line, p);
    say_dropped(p, e);
    drop_tail(p, e->host_index);
    if (!is_good(e)) {
        host_note(p, e, "rollback failed", "failed");
    } else if (!p->options.quiet) {
        host_note(p, e, "rolled back", "unknown");
    }
}

static void
host_event(struct plain *p, const struct event *e)
{
    const bool told = !p->options.quiet && !p->options.exec;

    if (e->type == EVENT_HOST_STARTED || e->type == EVENT_ROLLBACK_STARTED) {
        p->failed_try[e->host_index] = 0; /* tries count from 1 again */
    }
    if (e->type == EVENT_HOST_LATE) {
        host_note(p, e, phrase_words(e->type), "failed");
    } else if (e->type == EVENT_ROLLBACK_FINISHED) {
        rollback_finished(p, e);
    } else if (e->type == EVENT_HOST_PARKED && told) {
        host_note(p, e, phrase_words(e->type), "ok");
    } else if ((e->type == EVENT_HOST_SKIPPED || e->type == EVENT_HOST_RETRIED) && told) {
        host_note(p, e, phrase_words(e->type), "skipped");
    } else if (e->type == EVENT_ROLLBACK_STARTED && p->options.verbose > 0) {
        buf_addf(&p->line, "%s rollback started in slot %d", e->host, (int)e->slot);
        say(p, SINK_STDOUT);
    } else if (e->type == EVENT_HOST_SWITCHING && p->options.verbose > 0) {
        buf_addf(&p->line, "%s switches in slot %d", e->host, (int)e->slot);
        say(p, SINK_STDOUT);
    } else if (e->type == EVENT_OUTPUT) {
        take_output(p, e);
    } else if (e->type == EVENT_STEP_FINISHED || e->type == EVENT_GATE) {
        step_finished(p, e);
    } else if (e->type == EVENT_HOST_FINISHED) {
        host_finished(p, e);
    } else if (e->type == EVENT_HOST_STARTED && p->options.verbose > 0) {
        buf_addf(&p->line, "%s started in slot %d", e->host, (int)e->slot);
        say(p, SINK_STDOUT);
    }
}

/* ---------------------------------------------------------------- events of the run */

static void
run_started(struct plain *p, const struct event *e)
{
    p->lines = lines_new(e->host_count, p->options.budget);
    p->tails = xcalloc((size_t)e->host_count, sizeof(*p->tails));
    p->check_said = xcalloc((size_t)e->host_count, sizeof(*p->check_said));
    p->failed_try = xcalloc((size_t)e->host_count, sizeof(*p->failed_try));
    if (p->options.style == SINK_GROUP) {
        p->group = group_new(e->host_count, p->options.budget);
    }
    if (p->options.quiet || (p->options.exec && p->options.verbose == 0)) {
        return;
    }
    add_text(p, e->action);
    buf_addc(&p->line, ' ');
    add_text(p, e->env);
    buf_addf(&p->line, ": %d host%s", (int)e->host_count, e->host_count == 1 ? "" : "s");
    if (e->strategy != NULL) {
        buf_addf(&p->line, ", %s", e->strategy);
    }
    if (e->workers == 0) {
        buf_adds(&p->line, ", one host at a time");
    } else if (e->workers > 0) {
        buf_addf(&p->line, ", %d worker%s", (int)e->workers, e->workers == 1 ? "" : "s");
    }
    if (e->waves > 0) {
        buf_addf(&p->line, ", %d wave%s", (int)e->waves, e->waves == 1 ? "" : "s");
    }
    if (e->run != NULL) {
        buf_addf(&p->line, " (run %s)", e->run);
    }
    say(p, SINK_STDERR);
}

/* The run stands still and waits for who reads this. */
static bool
waits(const struct event *e)
{
    return e->type == EVENT_PAUSED || e->type == EVENT_PROMOTE_WANTED;
}

/* Waves are results, what is said to people is not; quiet keeps only what must be heard. */
static void
phrase(struct plain *p, const struct event *e, int where)
{
    const bool wave = where == SINK_STDOUT;
    struct buf text;

    if (p->options.quiet ? wave || !(waits(e) || e->type == EVENT_WARNING)
                         : wave && p->options.exec) {
        return;
    }
    buf_init(&text, PHRASE_BYTES_MAX);
    (void)phrase_add(&text, e, true);
    add_text(p, text.data);
    buf_release(&text);
    say(p, where);
}

/* A file takes it at once; a slow reader may lose groups, which is counted and said. */
static void
take_group(void *arg, const char *text, size_t len)
{
    out_add(arg, text, len);
    out_flush(arg);
}

static void
run_finished(struct plain *p, const struct event *e)
{
    struct out *out = p->sink.outs[SINK_STDOUT];
    struct buf text;

    if (is_live(p)) {
        live_erase(&p->live, out);
    }
    p->options.live = false;
    buf_init(&text, OUT_HARD_BYTES_MAX);
    if (p->group != NULL) {
        group_show(p->group, &p->board, out_is_terminal(out), take_group, out);
    }
    if (!p->options.quiet || e->exit_code != 0) {
        closing_add(&text, &p->board, e, p->options.color);
    }
    out_add(p->sink.outs[SINK_STDERR], text.data, text.len);
    buf_release(&text);
}

static bool
plain_refresh(struct sink *s, int64_t at_ms)
{
    struct plain *p = (struct plain *)s;

    if (!is_live(p)) {
        return false;
    }
    live_draw(&p->live, &p->board, at_ms, s->outs[SINK_STDOUT]);
    return true;
}

static void
plain_event(struct sink *s, const struct event *e)
{
    struct plain *p = (struct plain *)s;
    const bool drawn = p->live.drawn > 0;

    board_event(&p->board, e);
    switch (e->type) {
    case EVENT_RUN_STARTED:
        run_started(p, e);
        break;
    case EVENT_WAVE_STARTED:
    case EVENT_WAVE_FINISHED:
    case EVENT_WAVE_BAKING:
    case EVENT_WAVE_PAUSING:
        phrase(p, e, SINK_STDOUT);
        break;
    case EVENT_HOST_STARTED:
    case EVENT_STEP_STARTED:
    case EVENT_OUTPUT:
    case EVENT_STEP_FINISHED:
    case EVENT_GATE_STARTED:
    case EVENT_GATE:
    case EVENT_HOST_FINISHED:
    case EVENT_HOST_PARKED:
    case EVENT_HOST_SWITCHING:
    case EVENT_HOST_LATE:
    case EVENT_HOST_SKIPPED:
    case EVENT_HOST_RETRIED:
    case EVENT_ROLLBACK_STARTED:
    case EVENT_ROLLBACK_FINISHED:
        if (board_at(&p->board, e) != NULL) {
            host_event(p, e);
        }
        break;
    case EVENT_PAUSED:
    case EVENT_CONTINUED:
    case EVENT_PROMOTE_WANTED:
    case EVENT_PROMOTED:
    case EVENT_WORKERS:
    case EVENT_ROLLING_BACK:
    case EVENT_WARNING:
    case EVENT_MESSAGE:
        phrase(p, e, SINK_STDERR);
        break;
    case EVENT_RUN_FINISHED:
        run_finished(p, e);
        break;
    }
    /* A line took the area away: put it back at once if the terminal keeps up. */
    if (drawn && p->live.drawn == 0 && p->options.live) {
        out_flush(s->outs[SINK_STDOUT]);
        (void)plain_refresh(s, e->at_ms);
    }
}

static void
plain_close(struct sink *s)
{
    struct plain *p = (struct plain *)s;

    if (is_live(p)) {
        live_erase(&p->live, s->outs[SINK_STDOUT]);
    }
    for (size_t i = 0; p->tails != NULL && i < p->board.names.count; i++) {
        buf_release(&p->tails[i]);
        free(p->check_said[i]);
    }
    free(p->check_said);
    free(p->failed_try);
    free(p->tails);
    lines_free(p->lines);
    group_free(p->group);
    board_release(&p->board);
    buf_release(&p->line);
    free(p);
}

struct sink *
plain_new(const struct sink_options *options, struct out *out, struct out *err_out)
{
    static const struct sink_ops ops = {
        .event = plain_event, .refresh = plain_refresh, .close = plain_close};
    struct plain *p = xcalloc(1, sizeof(*p));

    p->sink = (struct sink){.ops = &ops, .outs = {out, err_out}};
    p->options = *options;
    p->live = (struct live){.fixed_width = options->width};
    buf_init(&p->line, LINE_BYTES_MAX);
    return &p->sink;
}
