/*
 * watch.c - a snapshot of a run as rows of a terminal, or as one line.
 *
 * Decides what is worth a row: how far the run is, what it waits for, who is in flight, who failed
 * last.  Owns nothing; every text is escaped before it is cut.
 */
#include "ui/watch.h"

#include "base/duration.h"
#include "base/escape.h"
#include "ui/cut.h"

#include <stdio.h>
#include <string.h>

enum { ROW_BYTES_MAX = 8192, ROWS_BEFORE_HOSTS = 4, FAILURES_SHOWN = 5 };

/* The rows of a frame, one at a time. */
struct frame {
    const struct watch_size *size; /* borrowed; and so is out */
    struct buf *out;
    struct buf row;
    int32_t drawn;
};

static void
put_row(struct frame *f, const char *color)
{
    const bool colored = f->size->color && color != NULL;

    if (f->drawn < f->size->rows) {
        (void)buf_adds(f->out, colored ? color : "");
        (void)cut_add(f->out, f->row.data, f->row.len, f->size->width - 1);
        (void)buf_adds(f->out, colored ? "\033[0m\n" : "\n");
        f->drawn++;
    }
    buf_clear(&f->row);
}

static void
add_text(struct buf *row, const char *text)
{
    if (text != NULL) {
        escape_terminal(row, text, strlen(text));
    }
}

/* It is drawn once a second: no parts of one. */
static void
add_since(struct buf *row, int64_t ms)
{
    enum { MINUTE_MS = 60000 };
    char text[32];

    duration_human(ms > 0 ? ms : 0, text, sizeof(text));
    if (ms < MINUTE_MS) {
        (void)snprintf(text, sizeof(text), "%ds", ms > 0 ? (int)(ms / 1000) : 0);
    }
    (void)buf_adds(row, text);
}

static void
add_head(struct buf *row, const struct snapshot *s)
{
    add_text(row, s->action);
    (void)buf_addc(row, ' ');
    add_text(row, s->env);
    (void)buf_addc(row, ' ');
    add_text(row, s->state);
    if (s->waves > 0) {
        (void)buf_addf(row, "  wave %d/%d", (int)s->wave, (int)s->waves);
    }
}

static void
add_counts(struct buf *row, const struct snapshot *s)
{
    for (int i = OUTCOME_OK; i < OUTCOMES; i++) {
        if (s->totals.count[i] > 0) {
            (void)buf_addf(row, "  %s %d", outcome_name((enum outcome)i), (int)s->totals.count[i]);
        }
    }
    if (s->totals.rolled_back > 0) {
        (void)buf_addf(row, "  rolled back %d", (int)s->totals.rolled_back);
    }
    if (s->totals.rollbacks_failed > 0) {
        (void)buf_addf(row, "  rollbacks failed %d", (int)s->totals.rollbacks_failed);
    }
}

static int64_t
done_of(const struct snapshot *s)
{
    return (int64_t)s->host_count - s->totals.count[OUTCOME_UNTOUCHED] -
           s->totals.count[OUTCOME_RUNNING];
}

static void
put_head(struct frame *f, const struct snapshot *s)
{
    add_head(&f->row, s);
    (void)buf_adds(&f->row, "  ");
    add_since(&f->row, f->size->now_ms - s->started_ms);
    (void)buf_adds(&f->row, "  run ");
    add_text(&f->row, s->run);
    put_row(f, "\033[1m");
    cut_bar(&f->row, done_of(s), s->host_count);
    add_counts(&f->row, s);
    (void)buf_addf(&f->row, "  active %d of %d", (int)s->active, (int)s->workers);
    if (s->budget >= 0) {
        (void)buf_addf(&f->row, "  bad %d, budget %d", (int)s->bad, (int)s->budget);
    }
    put_row(f, NULL);
}

/* At most two rows: why it was halted, and what it waits for. */
static void
put_waits(struct frame *f, const struct snapshot *s)
{
    const int64_t due_ms = s->wave_due_ms - f->size->now_ms;

    if (s->halt != NULL) {
        (void)buf_adds(&f->row, "halted: ");
        add_text(&f->row, s->halt);
        put_row(f, "\033[31m");
    }
    if (s->waits_for != NULL) {
        (void)buf_adds(&f->row, "waits for an answer, ");
        add_since(&f->row, f->size->now_ms - s->state_since_ms);
        (void)buf_adds(&f->row, ": inventory-manager ctl ");
        add_text(&f->row, s->env != NULL && s->env[0] == '_' ? s->run : s->env);
        (void)buf_addc(&f->row, ' ');
        add_text(&f->row, s->waits_for);
        put_row(f, "\033[33m");
    } else if (s->wave_due_ms >= 0 && due_ms > 0) {
        (void)buf_adds(&f->row, "the wave is over in ");
        add_since(&f->row, due_ms);
        put_row(f, NULL);
    }
}

static void
put_hosts(struct frame *f, const struct snapshot *s, size_t most)
{
    const size_t shown = s->shown < most ? s->shown : most;

    for (size_t i = 0; i < shown; i++) {
        const struct snapshot_host *h = &s->hosts[i];
        (void)buf_adds(&f->row, "  ");
        add_text(&f->row, h->name);
        (void)buf_adds(&f->row, "  ");
        add_text(&f->row, h->doing);
        (void)buf_adds(&f->row, "  ");
        add_since(&f->row, f->size->now_ms - h->since_ms);
        put_row(f, NULL);
    }
    if ((size_t)s->active > shown) {
        (void)buf_addf(&f->row, "  and %d more in flight", (int)((size_t)s->active - shown));
        put_row(f, NULL);
    }
}

static void
put_failures(struct frame *f, const struct snapshot *s, size_t most)
{
    for (size_t i = 0; i < s->failed && i < most; i++) {
        const struct snapshot_failure *x = &s->failures[i];
        (void)buf_adds(&f->row, "  ");
        add_text(&f->row, x->name);
        (void)buf_adds(&f->row, "  ");
        add_text(&f->row, x->outcome);
        if (x->reason != NULL && x->reason[0] != '\0') {
            (void)buf_adds(&f->row, ": ");
            add_text(&f->row, x->reason);
        }
        put_row(f, "\033[31m");
    }
}

void
watch_rows(const struct snapshot *s, const struct watch_size *size, struct buf *out)
{
    struct frame f = {.size = size, .out = out};
    const int32_t room =
        size->rows - ROWS_BEFORE_HOSTS - 1; /* a row tells how many more there are */
    size_t failures = s->failed < FAILURES_SHOWN ? s->failed : FAILURES_SHOWN;

    if (size->rows < 1 || size->width < 2) {
        return;
    }
    if (room < 2 * (int32_t)failures) {
        failures = room > 0 ? (size_t)room / 2 : 0;
    }
    buf_init(&f.row, ROW_BYTES_MAX);
    put_head(&f, s);
    put_waits(&f, s);
    put_hosts(&f, s, room > (int32_t)failures ? (size_t)room - failures : 0);
    put_failures(&f, s, failures);
    buf_release(&f.row);
}

void
watch_line(const struct snapshot *s, struct buf *out)
{
    add_head(out, s);
    (void)buf_addf(out, "  %lld/%d", (long long)done_of(s), (int)s->host_count);
    add_counts(out, s);
    (void)buf_addf(out, "  active %d", (int)s->active);
    if (s->halt != NULL) {
        (void)buf_adds(out, "  halted: ");
        add_text(out, s->halt);
    }
    if (s->waits_for != NULL) {
        (void)buf_adds(out, "  waits for ");
        add_text(out, s->waits_for);
    }
    if (s->exit_code >= 0) {
        (void)buf_addf(out, "  exit %d", (int)s->exit_code);
    }
}
