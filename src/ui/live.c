/*
 * live.c - the status area below the scrolling lines of a terminal.
 *
 * Decides what fits: a row of counters with a bar, then the hosts in flight.  Owns nothing; rows
 * are cut to the width, so that going up as many rows as were drawn takes them off again.  Never
 * writes: it queues, and draws no frame while bytes are waiting.
 */
#include "ui/live.h"

#include "base/duration.h"
#include "base/escape.h"
#include "ui/cut.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

enum { WIDTH_DEFAULT = 80, ROWS_DEFAULT = 24, ROW_BYTES_MAX = 4096 };

static void
size_of(const struct live *l, const struct out *out, int32_t *ret_width, int32_t *ret_rows)
{
    struct winsize w = {0};

    *ret_width = WIDTH_DEFAULT;
    *ret_rows = ROWS_DEFAULT;
    if (out_is_terminal(out) && ioctl(out_fd(out), TIOCGWINSZ, &w) == 0) {
        *ret_width = w.ws_col > 0 ? w.ws_col : WIDTH_DEFAULT;
        *ret_rows = w.ws_row > 0 ? w.ws_row : ROWS_DEFAULT;
    }
    if (l->fixed_width > 0) {
        *ret_width = l->fixed_width;
    }
}

static void
add_counters(struct buf *row, const struct board *b, int64_t at_ms)
{
    char elapsed[32];

    for (int i = OUTCOME_OK; i < OUTCOMES; i++) {
        if (b->count[i] > 0) {
            buf_addf(row, "  %s %d", outcome_name((enum outcome)i), (int)b->count[i]);
        }
    }
    if (b->parked > 0) {
        buf_addf(row, "  prepared %d", (int)b->parked);
    }
    buf_addf(row, "  active %d", (int)board_active(b));
    if (b->waves > 0 && b->wave > 0) {
        buf_addf(row, "  wave %d/%d", (int)b->wave, (int)b->waves);
    }
    if (b->waits != NULL) {
        buf_addf(row, "  %s", b->waits);
    }
    duration_human(at_ms - b->started_at_ms, elapsed, sizeof(elapsed));
    buf_addf(row, "  %s", elapsed);
}

static void
add_host(struct buf *row, const struct board *b, size_t i, int64_t at_ms)
{
    const struct board_host *h = &b->hosts[i];
    char elapsed[32];

    duration_human(at_ms - h->step_at_ms, elapsed, sizeof(elapsed));
    buf_adds(row, "  ");
    escape_terminal(row, b->names.items[i], strlen(b->names.items[i]));
    if (h->step_name == NULL) {
        buf_addf(row, "  connecting  %s", elapsed);
        return;
    }
    buf_addf(row, "  %d/%d ", (int)h->step, (int)h->step_count);
    escape_terminal(row, h->step_name, strlen(h->step_name));
    buf_addf(row, "  %s", elapsed);
}

/* Put a finished row into the frame, cut so that it never wraps. */
static void
put_row(struct live *l, struct buf *frame, struct buf *row, int32_t width)
{
    const int32_t used = cut_add(frame, row->data, row->len, width - 1);

    buf_adds(frame, "\r\n");
    l->widest = used > l->widest ? used : l->widest;
    l->drawn++;
    buf_clear(row);
}

static void
put_hosts(struct live *l, const struct board *b, int64_t at_ms, struct buf *frame, int32_t width,
          int32_t rows)
{
    const int32_t most = rows - 3 < LIVE_HOSTS_MAX ? rows - 3 : LIVE_HOSTS_MAX;
    struct buf row;
    int32_t shown = 0;

    buf_init(&row, ROW_BYTES_MAX);
    for (size_t i = 0; i < b->names.count && shown < most; i++) {
        if (!board_is_active(&b->hosts[i])) {
            continue;
        }
        add_host(&row, b, i, at_ms);
        put_row(l, frame, &row, width);
        shown++;
    }
    if (shown < board_active(b) && most > 0) {
        buf_addf(&row, "  and %d more", (int)(board_active(b) - shown));
        put_row(l, frame, &row, width);
    }
    buf_release(&row);
}

void
live_erase(struct live *l, struct out *out)
{
    int32_t width = 0;
    int32_t rows = 0;
    int32_t up;
    char text[32];

    if (l->drawn == 0) {
        return;
    }
    size_of(l, out, &width, &rows);
    /* A terminal that became narrower has wrapped what was drawn: count the widest for each. */
    up = l->drawn * (1 + (l->widest > 0 ? (l->widest - 1) / width : 0));
    if (up > rows - 1) {
        up = rows - 1;
    }
    snprintf(text, sizeof(text), "\r\033[%dA\033[J", (int)(up > 0 ? up : 1));
    out_add(out, text, strlen(text));
    l->drawn = 0;
    l->widest = 0;
}

void
live_draw(struct live *l, const struct board *b, int64_t at_ms, struct out *out)
{
    const int64_t total = (int64_t)b->names.count;
    struct buf frame;
    struct buf row;
    int32_t width = 0;
    int32_t rows = 0;

    size_of(l, out, &width, &rows);
    if (b->names.count == 0 || out_wants(out) || rows < 4 || width < 8) {
        return;
    }
    live_erase(l, out);
    buf_init(&frame, (size_t)ROW_BYTES_MAX * (LIVE_HOSTS_MAX + 2));
    buf_init(&row, ROW_BYTES_MAX);
    if (b->action != NULL) {
        buf_addf(&row, "%s %s ", b->action, b->env != NULL ? b->env : "");
    }
    cut_bar(&row, total - b->count[OUTCOME_UNTOUCHED] - b->count[OUTCOME_RUNNING], total);
    add_counters(&row, b, at_ms);
    put_row(l, &frame, &row, width);
    put_hosts(l, b, at_ms, &frame, width, rows);
    out_add(out, frame.data, frame.len);
    buf_release(&row);
    buf_release(&frame);
}
