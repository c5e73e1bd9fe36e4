/*
 * screen.c - frames of the full screen: a table of 10,000 hosts of which some change, at two sizes.
 *
 * Bytes are what the terminal is sent.  Floor: the canvas alone, nothing painted.
 */
#include "micro.h"

#include "base/prng.h"
#include "ui/screen_paint.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS = 10000 };

/* What changes between two frames. */
enum kind {
    KIND_CANVAS, /* as KIND_RUN, but not painted */
    KIND_QUIET,  /* the time */
    KIND_RUN, /* and steps of 4 of the hosts that are seen: 100 hosts in 10,000, 10 times a second
               */
    KIND_SCROLL, /* and the table goes on by a row */
    KIND_PAGE,   /* all rows are other ones */
};
enum { KINDS = KIND_PAGE + 1 };

static const char *const names[] = {
    [KIND_CANVAS] = "canvas only", [KIND_QUIET] = "nothing changes",
    [KIND_RUN] = "4 rows change",  [KIND_SCROLL] = "scrolled by a row",
    [KIND_PAGE] = "another page",
};

static const char *const states[] = {"waiting", "connecting", "step 3 of 7", "step 4 of 7", "ok"};
static const unsigned looks[] = {LOOK_DIM, LOOK_BUSY, LOOK_BUSY, LOOK_BUSY, LOOK_OK};

static void
draw_row(struct canvas *c, int row, int host, unsigned state, bool cursor)
{
    const int cols = canvas_cols(c);

    canvas_ornament(c, row, 1, looks[state], ORN_MARK);
    canvas_print(c, row, 3, 20, LOOK_PLAIN, "web-%05d.example.org", host);
    canvas_print(c, row, 24, 15, LOOK_DIM, "10.1.%d.%d", host / 250, host % 250);
    canvas_text(c, row, 41, 14, looks[state], states[state]);
    canvas_print(c, row, 56, cols - 64, LOOK_DIM, "release 2026-11-26-%04d, 3 tries, web prod",
                 host);
    canvas_bar(c, row, cols - 8, 8, looks[state], (int64_t)state, 4);
    if (cursor) {
        canvas_tint(c, row, 0, cols, LOOK_REVERSE);
    }
}

static void
draw(struct canvas *c, int64_t frame, const unsigned char *state, int top)
{
    const int rows = canvas_rows(c), cols = canvas_cols(c);

    canvas_clear(c);
    canvas_fill(c, (struct box){0, 0, 1, cols}, LOOK_TITLE);
    canvas_print(c, 0, 1, cols, LOOK_TITLE, "prod  wave 2/5  %lld.%lld s", (long long)frame / 10,
                 (long long)frame % 10);
    for (int row = 1; row < rows - 1; row++) {
        const int host = (top + row) % HOSTS;
        draw_row(c, row, host, state[host], row == rows / 2);
    }
    canvas_text(c, rows - 1, 1, cols, LOOK_KEY, "Enter details  Space mark  d deploy  q quit");
}

static void
measure(enum kind kind, int rows, int cols, int64_t frames)
{
    static unsigned char state[HOSTS];
    struct err err = {0};
    struct screen_paint *p = screen_paint_open(true, &err);
    struct canvas *c = canvas_new(rows, cols, false);
    struct prng random = {.state = 7};
    char name[80];
    size_t len = 0;
    int64_t bytes = 0;
    int top = 0;

    if (p == NULL) {
        micro_fail(err.text);
    }
    memset(state, 0, sizeof(state));
    screen_paint_resize(p, rows, cols);
    draw(c, 0, state, top);
    screen_paint_canvas(p, c);
    (void)screen_paint_take(p, &len);
    (void)snprintf(name, sizeof(name), "%s, %dx%d", names[kind], cols, rows);
    const struct micro_clock clock = micro_begin();
    for (int64_t frame = 1; frame <= frames; frame++) {
        for (int i = 0; kind != KIND_QUIET && i < 4; i++) {
            const int host = (top + 1 + (int)(prng_next(&random) % (unsigned)(rows - 2))) % HOSTS;
            state[host] = (unsigned char)((state[host] + 1) % 5);
        }
        top += kind == KIND_SCROLL ? 1 : kind == KIND_PAGE ? rows - 2 : 0;
        draw(c, frame, state, top);
        if (kind != KIND_CANVAS) {
            screen_paint_canvas(p, c);
            (void)screen_paint_take(p, &len);
            bytes += (int64_t)len;
        }
    }
    micro_end(&clock, name, frames, bytes);
    screen_paint_free(p);
    canvas_free(c);
}

void
micro_screen(int rounds, int64_t size)
{
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        micro_fail("no locale C.UTF-8");
    }
    (void)setenv("TERM", "xterm-256color", 1);
    for (int i = 0; i < rounds; i++) {
        for (int kind = 0; kind < KINDS; kind++) {
            measure((enum kind)kind, 24, 80, size);
            measure((enum kind)kind, 100, 300, size);
        }
    }
}
