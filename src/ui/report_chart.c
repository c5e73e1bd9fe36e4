/*
 * report_chart.c - a row a slot over time, in letters.
 *
 * Decides the letters: `|` where a host begins, then how it went; several beginnings in one cell
 * are `#`.  Owns nothing.
 */
#include "ui/report.h"

#include "base/duration.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 20, CELLS = 64 };

struct chart {
    char cells[ROWS_MAX][CELLS + 1];
    int64_t busy_ms[ROWS_MAX];
    int32_t rows;  /* slots that are shown */
    int32_t slots; /* that were used */
    int64_t all_ms;
};

static int
cell_of(const struct chart *c, int64_t at_ms)
{
    const int64_t cell = at_ms <= 0 ? 0 : at_ms * CELLS / c->all_ms;

    return cell >= CELLS ? CELLS - 1 : (int)cell;
}

static char
letter_of(const struct report *r, const struct report_span *s)
{
    const struct report_host *h = &r->hosts[s->host];

    if (s->rollback) {
        return 'r';
    }
    if (s->open && r->state == REPORT_RUNNING) {
        return '>';
    }
    if (h->outcome == OUTCOME_CANCELLED) {
        return 'c';
    }
    return outcome_is_bad(h->outcome) ? 'x' : '=';
}

static void
draw_span(struct chart *c, const struct report *r, const struct report_span *s)
{
    if (s->slot < 0 || s->slot >= c->rows) {
        return;
    }
    char *row = c->cells[s->slot];
    const int from = cell_of(c, s->begin_ms);
    const int to = cell_of(c, s->end_ms > s->begin_ms ? s->end_ms - 1 : s->begin_ms);

    c->busy_ms[s->slot] += s->end_ms - s->begin_ms;
    const char letter = letter_of(r, s);
    for (int i = from + 1; i <= to; i++) {
        row[i] = letter;
    }
    if (row[from] == '|' || row[from] == '#') {
        row[from] = '#';
    } else if (from == to && letter != '=') {
        row[from] = letter;
    } else {
        row[from] = '|';
    }
}

/* The letters that are there; the line fits a terminal. */
static void
add_legend(const struct chart *c, struct buf *out)
{
    static const struct {
        char letter;
        const char *meaning;
    } letters[] = {{'|', "a host begins"}, {'#', "several begin"}, {'=', "ok"},
                   {'x', "not ok"},        {'c', "cancelled"},     {'r', "rolled back"},
                   {'>', "under way"}};
    const char *comma = "\nslots (";

    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        for (int32_t row = 0; row < c->rows; row++) {
            if (strchr(c->cells[row], letters[i].letter) != NULL) {
                buf_addf(out, "%s%c %s", comma, letters[i].letter, letters[i].meaning);
                comma = ", ";
                break;
            }
        }
    }
    buf_adds(out, ")\n");
}

static void
add_rows(const struct chart *c, struct buf *out)
{
    for (int32_t i = 0; i < c->rows; i++) {
        buf_addf(out, "  %4d %s %3d%%\n", (int)i, c->cells[i],
                 (int)(c->busy_ms[i] * 100 / c->all_ms));
    }
    if (c->slots > c->rows) {
        buf_addf(out, "       and %d slots more\n", (int)(c->slots - c->rows));
    }
}

/* Where each wave begins, if the numbers have room. */
static void
add_wave_row(const struct chart *c, const struct report *r, struct buf *out)
{
    char row[CELLS + 16];
    int free_from = 0;

    if (r->wave_count < 2) {
        return;
    }
    memset(row, ' ', sizeof(row));
    for (size_t i = 0; i < r->wave_count; i++) {
        char number[16];
        const int at = cell_of(c, r->waves[i].begin_ms);
        const int len = snprintf(number, sizeof(number), "%zu", i + 1);
        if (at >= free_from) {
            memcpy(row + at, number, (size_t)len);
            free_from = at + len + 1;
        }
    }
    row[free_from - 1] = '\0';
    buf_addf(out, "  wave %s\n", row);
}

static void
add_axis(const struct chart *c, struct buf *out)
{
    char end[32];

    duration_human(c->all_ms, end, sizeof(end));
    buf_addf(out, "       0%*s\n", CELLS - 1, end);
}

void
report_chart(const struct report *r, struct buf *out)
{
    struct chart *c = xcalloc(1, sizeof(*c));

    c->all_ms = r->wall_ms;
    for (size_t i = 0; i < r->span_count; i++) {
        const struct report_span *s = &r->spans[i];
        c->slots = s->slot >= c->slots ? s->slot + 1 : c->slots;
        c->all_ms = s->end_ms > c->all_ms ? s->end_ms : c->all_ms;
    }
    c->rows = c->slots < ROWS_MAX ? c->slots : ROWS_MAX;
    if (c->rows > 0 && c->all_ms > 0) {
        for (int32_t i = 0; i < c->rows; i++) {
            memset(c->cells[i], '.', CELLS);
        }
        for (size_t i = 0; i < r->span_count; i++) {
            draw_span(c, r, &r->spans[i]);
        }
        add_legend(c, out);
        add_wave_row(c, r, out);
        add_rows(c, out);
        add_axis(c, out);
    }
    free(c);
}
