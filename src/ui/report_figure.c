/*
 * report_figure.c - what the spans and steps of a run come to.
 *
 * Decides the arithmetic: the bound below which no schedule of the same hosts' times gets (a wave
 * ends before the next begins), the gain as the guide has it, and percentiles by nearest rank.
 */
#include "ui/report.h"

#include "base/xalloc.h"

#include <stdlib.h>

static int
compare_ms(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The smallest of them that so many percent do not exceed; they are sorted. */
static int64_t
percentile(const int64_t *sorted_ms, size_t count, size_t percent)
{
    return count == 0 ? 0 : sorted_ms[(count * percent + 99) / 100 - 1];
}

/* max(sum / W, longest), rounded up: list scheduling cannot be better. */
static int64_t
bound(int64_t sum_ms, int64_t longest_ms, int32_t workers)
{
    const int64_t even_ms = (sum_ms + workers - 1) / workers;

    return even_ms > longest_ms ? even_ms : longest_ms;
}

/* A run that told no waves has one: from its first host to its last. */
static void
add_only_wave(struct report *r)
{
    struct report_wave w = {.number = -1, .end_ms = -1};
    bool begun = false;
    bool open = false;

    for (size_t i = 0; i < r->span_count; i++) {
        const struct report_span *s = &r->spans[i];
        if (s->rollback) {
            continue;
        }
        w.begin_ms = begun ? w.begin_ms : s->begin_ms;
        w.end_ms = s->end_ms > w.end_ms ? s->end_ms : w.end_ms;
        open = open || s->open;
        begun = true;
    }
    if (begun) {
        w.end_ms = open ? -1 : w.end_ms;
        r->waves = xgrow(r->waves, r->wave_count, &r->wave_cap, sizeof(*r->waves));
        r->waves[r->wave_count++] = w;
    }
}

static void
add_host_to_wave(struct report_wave *w, const struct report_host *h)
{
    w->hosts++;
    w->ok += h->outcome == OUTCOME_OK;
    w->bad += outcome_is_bad(h->outcome);
}

/* Each host counts once a wave, however often it was in a slot there. */
static void
add_spans(struct report *r)
{
    int32_t *seen = xcalloc(r->names.count, sizeof(*seen)); /* 1 + the wave it was counted in */
    int64_t longest_back_ms = 0;

    for (size_t i = 0; i < r->span_count; i++) {
        struct report_span *s = &r->spans[i];
        struct report_host *h = &r->hosts[s->host];
        s->end_ms = s->open ? r->wall_ms : s->end_ms;
        s->end_ms = s->end_ms < s->begin_ms ? s->begin_ms : s->end_ms;
        const int64_t took_ms = s->end_ms - s->begin_ms;
        r->sum_ms += took_ms;
        if (s->rollback) {
            r->back_ms += took_ms;
            longest_back_ms = took_ms > longest_back_ms ? took_ms : longest_back_ms;
            continue;
        }
        const int32_t at = s->wave < 0 ? 0 : s->wave;
        struct report_wave *w = &r->waves[at];
        w->sum_ms += took_ms;
        w->longest_ms = took_ms > w->longest_ms ? took_ms : w->longest_ms;
        h->took_ms = (h->took_ms < 0 ? 0 : h->took_ms) + took_ms;
        if (seen[s->host] != at + 1) {
            seen[s->host] = at + 1;
            add_host_to_wave(w, h);
        }
    }
    r->ideal_ms = bound(r->back_ms, longest_back_ms, r->workers_max);
    free(seen);
}

static void
add_waves(struct report *r)
{
    for (size_t i = 0; i < r->wave_count; i++) {
        struct report_wave *w = &r->waves[i];
        w->ideal_ms = bound(w->sum_ms, w->longest_ms, r->workers_max);
        r->ideal_ms += w->ideal_ms;
        r->rounds += (w->hosts + r->workers_max - 1) / r->workers_max;
        if (i > 0 && r->waves[i - 1].end_ms >= 0) {
            r->between_ms += w->begin_ms - r->waves[i - 1].end_ms;
        }
    }
}

static void
add_hosts(struct report *r)
{
    int64_t *took_ms = xcalloc(r->names.count, sizeof(*took_ms));
    int64_t sum_ms = 0;
    size_t count = 0;

    for (size_t i = 0; i < r->names.count; i++) {
        if (r->hosts[i].took_ms >= 0) {
            sum_ms += r->hosts[i].took_ms;
            took_ms[count++] = r->hosts[i].took_ms;
        }
    }
    qsort(took_ms, count, sizeof(*took_ms), compare_ms);
    r->host_p50_ms = percentile(took_ms, count, 50);
    r->host_p95_ms = percentile(took_ms, count, 95);
    r->host_max_ms = percentile(took_ms, count, 100);
    r->host_mean_ms = count == 0 ? 0 : sum_ms / (int64_t)count;
    free(took_ms);
}

static void
add_steps(struct report *r)
{
    for (size_t i = 0; i < r->step_count; i++) {
        struct report_step *s = &r->steps[i];
        if (s->count > 0) {
            qsort(s->times_ms, s->count, sizeof(*s->times_ms), compare_ms);
        }
        s->p50_ms = percentile(s->times_ms, s->count, 50);
        s->p95_ms = percentile(s->times_ms, s->count, 95);
    }
}

static void
count_capacity(struct report *r)
{
    const int64_t hosts = (int64_t)r->names.count;
    const int64_t slots = r->workers_now < hosts ? r->workers_now : hosts;

    if (r->wall_ms > r->workers_since_ms) {
        r->capacity_ms += slots * (r->wall_ms - r->workers_since_ms);
    }
}

void
report_figure(struct report *r)
{
    r->wall_ms = report_ms(r->wall_ms);
    if (r->wave_count == 0) {
        add_only_wave(r);
    }
    add_spans(r);
    add_waves(r);
    add_hosts(r);
    add_steps(r);
    count_capacity(r);
    r->guide_ms = r->rounds * r->host_p50_ms;
    r->guide_ratio = r->guide_ms > 0 ? (double)r->wall_ms / (double)r->guide_ms : 0;
    r->ratio = r->ideal_ms > 0 ? (double)r->wall_ms / (double)r->ideal_ms : 0;
    r->gain = r->sum_ms > 0 ? (double)(r->sum_ms - r->wall_ms) / (double)r->sum_ms * 100 : 0;
    r->busy = r->capacity_ms > 0 ? (double)r->sum_ms / (double)r->capacity_ms * 100 : 0;
}
