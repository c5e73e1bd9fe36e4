/*
 * chart.c - lays out and writes the picture.
 *
 * All places are in tenths of a pixel, as integers: no floating point, so the bytes are the same on
 * every machine.  Colours are told apart by lightness too, and what a colour says stands in the
 * legend or beside it.
 */
#include "strategies/chart.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { /* tenths of a pixel */
       WIDTH = 8800,
       LEFT = 780,
       RIGHT = 7780,
       TOP = 860,
       ROW = 200,
       BAR = 140,
       BAR_MIN = 90, /* a narrower one has no number */
       LETTER = 66,  /* a letter of the small font, about */
};

static const struct {
    const char *name;
    const char *class;
} span_looks[SPAN_KINDS] = {
    [SPAN_CONNECT] = {"connect", "co"}, [SPAN_STEPS] = {"steps", "st"},
    [SPAN_GATE] = {"gate", "ga"},       [SPAN_BAKE] = {"bake", "ba"},
    [SPAN_PARKED] = {"parked", "pa"},   [SPAN_ROLLBACK] = {"rollback", "ro"},
};

static const struct {
    const char *name;
    const char *class;
} band_looks[BAND_KINDS] = {
    [BAND_BAKE] = {"bake", "bb"},
    [BAND_PAUSE] = {"pause", "bp"},
    [BAND_PROMOTE] = {"waits for promote", "bw"},
    [BAND_PAUSED] = {"paused", "bw"},
};

static const char style[] =
    "<style>"
    "text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu "
    "Sans',sans-serif;fill:#24303d}"
    ".h{font-size:15px;font-weight:600}"
    ".k{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#5a6877}"
    ".s{font-size:10px;fill:#5a6877}.m{text-anchor:middle}"
    ".n{font-size:10px;fill:#fff;text-anchor:middle;font-weight:600}"
    ".bg{fill:#fbfcfe;stroke:#cfd7e0}.z{fill:#f1f4f8}.g{stroke:#dfe5ec}"
    ".w{stroke:#5a6877;stroke-dasharray:1 3;stroke-width:1.4}"
    ".co{fill:#a9b8c8}.st{fill:#2f6fc4}.ga{fill:#e0a11b}.ba{fill:#7cc3a2}.pa{fill:#d5dbe3}"
    ".ro{fill:#8a56b0}"
    ".bb{fill:#7cc3a2;opacity:.22}.bp{fill:#8796a8;opacity:.2}.bw{fill:#e0a11b;opacity:.2}"
    ".ok{fill:#1f7a4d}.bad{fill:#b3261e}.dim{fill:#7b8794}.back{fill:#6e3c96}"
    ".o{fill:#fff;stroke:#b3261e}.x{stroke:#b3261e;stroke-width:1.8;stroke-linecap:round}"
    "</style>\n";

/* A place or a length. */
static void
px(struct buf *out, const char *name, int64_t tenths)
{
    (void)buf_addf(out, " %s=\"%" PRId64, name, tenths / 10);
    if (tenths % 10 != 0) {
        (void)buf_addf(out, ".%" PRId64, tenths % 10);
    }
    (void)buf_adds(out, "\"");
}

static void
rect(struct buf *out, const char *class, int64_t x, int64_t y, int64_t w, int64_t h)
{
    (void)buf_addf(out, "<rect class=\"%s\"", class);
    px(out, "x", x);
    px(out, "y", y);
    px(out, "width", w);
    px(out, "height", h);
    (void)buf_adds(out, "/>\n");
}

static void
line(struct buf *out, const char *class, int64_t x1, int64_t y1, int64_t x2, int64_t y2)
{
    (void)buf_addf(out, "<line class=\"%s\"", class);
    px(out, "x1", x1);
    px(out, "y1", y1);
    px(out, "x2", x2);
    px(out, "y2", y2);
    (void)buf_adds(out, "/>\n");
}

static void
escaped(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            (void)buf_adds(out, "&amp;");
            break;
        case '<':
            (void)buf_adds(out, "&lt;");
            break;
        case '>':
            (void)buf_adds(out, "&gt;");
            break;
        default:
            (void)buf_addc(out, *text);
            break;
        }
    }
}

static void
say(struct buf *out, const char *class, int64_t x, int64_t y, const char *text)
{
    (void)buf_adds(out, "<text");
    if (class[0] != '\0') {
        (void)buf_addf(out, " class=\"%s\"", class);
    }
    px(out, "x", x);
    px(out, "y", y);
    (void)buf_adds(out, ">");
    escaped(out, text);
    (void)buf_adds(out, "</text>\n");
}

static int64_t
x_of(const struct chart *ch, int64_t ms)
{
    const int64_t end_ms = ch->trail->end_ms > 0 ? ch->trail->end_ms : 1;

    return LEFT + ms * (RIGHT - LEFT) / end_ms;
}

static int64_t
bottom_of(const struct chart *ch)
{
    return TOP + (int64_t)ch->c->host_count * ROW;
}

/* ---- what stands behind the bars */

static void
draw_rows(struct buf *out, const struct chart *ch)
{
    char name[32];

    for (int32_t host = 0; host < ch->c->host_count; host++) {
        const int64_t y = TOP + (int64_t)host * ROW;
        if (host % 2 == 0) {
            rect(out, "z", 60, y, WIDTH - 120, ROW);
        }
        (void)snprintf(name, sizeof(name), "%s%s%s", world_host_name(host),
                       ch->c->zones > 0 ? " " : "",
                       ch->c->zones > 0 ? world_zone_name(ch->c, host) : "");
        say(out, "", 140, y + 142, name);
    }
}

static void
draw_axis(struct buf *out, const struct chart *ch)
{
    static const int64_t steps_s[] = {5, 10, 20, 30, 60, 120, 300, 600};
    const int64_t end_s = ch->trail->end_ms / 1000;
    int64_t step_s = steps_s[0];
    char text[32];

    for (size_t i = 0; i < sizeof(steps_s) / sizeof(steps_s[0]) && end_s / step_s > 9; i++) {
        step_s = steps_s[i];
    }
    for (int64_t s = 0; s <= end_s; s += step_s) {
        const int64_t x = x_of(ch, s * 1000);
        line(out, "g", x, TOP, x, bottom_of(ch) + 40);
        (void)snprintf(text, sizeof(text), "%" PRId64 " s", s);
        say(out, "s m", x, bottom_of(ch) + 150, text);
    }
}

/* Its name above, where there is room for it. */
static void
draw_bands(struct buf *out, const struct chart *ch)
{
    for (int32_t i = 0; i < ch->trail->band_count; i++) {
        const struct band *b = &ch->trail->bands[i];
        const int64_t x = x_of(ch, b->from_ms);
        const int64_t w = x_of(ch, b->to_ms) - x;
        const char *name = band_looks[b->kind].name;

        rect(out, band_looks[b->kind].class, x, TOP, w, bottom_of(ch) - TOP);
        if (w * 10 >= (int64_t)strlen(name) * LETTER * 8) {
            say(out, "s m", x + w / 2, TOP - 40, name);
        }
    }
}

static void
draw_waves(struct buf *out, const struct chart *ch)
{
    const struct trail *t = ch->trail;
    char text[32];

    for (int32_t wave = 0; wave < t->wave_count; wave++) {
        if (t->wave_begin_ms[wave] >= 0) {
            (void)snprintf(text, sizeof(text), "wave %d", (int)wave + 1);
            say(out, "s", x_of(ch, t->wave_begin_ms[wave]) + 40, TOP - 40, text);
        }
        if (t->wave_end_ms[wave] >= 0 && t->wave_end_ms[wave] < t->end_ms) {
            const int64_t x = x_of(ch, t->wave_end_ms[wave]);
            line(out, "w", x, TOP - 120, x, bottom_of(ch) + 40);
        }
    }
}

/* ---- bars */

static void
draw_spans(struct buf *out, const struct chart *ch)
{
    char number[16];

    for (int32_t i = 0; i < ch->trail->span_count; i++) {
        const struct span *s = &ch->trail->spans[i];
        const int64_t x = x_of(ch, s->from_ms);
        const int64_t w = x_of(ch, s->to_ms) - x;
        const int64_t y = TOP + (int64_t)s->host * ROW + (ROW - BAR) / 2;

        rect(out, span_looks[s->kind].class, x, y, w, BAR);
        if ((s->kind == SPAN_STEPS || s->kind == SPAN_ROLLBACK) && w >= BAR_MIN) {
            (void)snprintf(number, sizeof(number), "%d", (int)s->slot);
            say(out, "n", x + w / 2, y + 107, number);
        }
    }
}

/* Where the way forward ended. */
static int64_t
end_of_forward(const struct trail *t, int32_t host)
{
    int64_t end_ms = 0;

    for (int32_t i = 0; i < t->span_count; i++) {
        const struct span *s = &t->spans[i];
        if (s->host == host && s->kind != SPAN_ROLLBACK && s->to_ms > end_ms) {
            end_ms = s->to_ms;
        }
    }
    return end_ms;
}

static void
draw_cross(struct buf *out, int64_t x, int64_t y)
{
    (void)buf_adds(out, "<circle class=\"o\" r=\"5.5\"");
    px(out, "cx", x);
    px(out, "cy", y);
    (void)buf_adds(out, "/>\n");
    line(out, "x", x - 22, y - 22, x + 22, y + 22);
    line(out, "x", x - 22, y + 22, x + 22, y - 22);
}

/* A cross where it went wrong, and a word at the right edge. */
static void
draw_ends(struct buf *out, const struct chart *ch)
{
    for (int32_t host = 0; host < ch->c->host_count; host++) {
        const struct rollout_host *h = &ch->trail->hosts[host];
        const int64_t y = TOP + (int64_t)host * ROW;
        const bool bad = outcome_is_bad(h->outcome);
        const bool back = h->rollback == ROLLBACK_DONE;
        const char *word = h->outcome == OUTCOME_UNTOUCHED ? "not started"
                           : back                          ? "rolled back"
                                                           : outcome_name(h->outcome);
        const char *class = back ? "back" : bad ? "bad" : h->outcome == OUTCOME_OK ? "ok" : "dim";

        say(out, class, RIGHT + 130, y + 142, word);
        if (bad) {
            draw_cross(out, x_of(ch, end_of_forward(ch->trail, host)), y + ROW / 2);
        }
    }
}

/* ---- the legend: only what is in the picture */

static void
draw_legend(struct buf *out, const struct chart *ch)
{
    const int64_t y = bottom_of(ch) + 250;
    int64_t x = 140;
    bool seen[SPAN_KINDS] = {false};

    for (int32_t i = 0; i < ch->trail->span_count; i++) {
        seen[ch->trail->spans[i].kind] = true;
    }
    for (int kind = 0; kind < SPAN_KINDS; kind++) {
        if (!seen[kind]) {
            continue;
        }
        rect(out, span_looks[kind].class, x, y, 160, 110);
        say(out, "s", x + 210, y + 95, span_looks[kind].name);
        x += 330 + (int64_t)strlen(span_looks[kind].name) * LETTER;
    }
    if (ch->trail->wave_count > 1) {
        line(out, "w", x + 80, y, x + 80, y + 110);
        say(out, "s", x + 210, y + 95, "end of a wave");
        x += 330 + 13 * LETTER;
    }
    say(out, "s", x, y + 95, "number in the bar: worker slot");
}

void
chart_draw(struct buf *out, const struct chart *ch)
{
    const int64_t height = bottom_of(ch) + 480;

    (void)buf_addf(out,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %" PRId64
                   "\" width=\"%d\" height=\"%" PRId64 "\" role=\"img\">\n<title>",
                   WIDTH / 10, height / 10, WIDTH / 10, height / 10);
    escaped(out, ch->title);
    (void)buf_adds(out, "</title>\n");
    (void)buf_adds(out, style);
    rect(out, "bg", 5, 5, WIDTH - 10, height - 10);
    say(out, "h", 140, 280, ch->title);
    say(out, "k", 140, 490, ch->config);
    draw_rows(out, ch);
    draw_axis(out, ch);
    draw_bands(out, ch);
    draw_waves(out, ch);
    draw_spans(out, ch);
    draw_ends(out, ch);
    draw_legend(out, ch);
    (void)buf_adds(out, "</svg>\n");
}
