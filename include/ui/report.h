/*
 * report.h - one run looked back at: who was in which slot when, and what that comes to.
 *
 * report_begin names the hosts and steps, report_take is told the journal in its order,
 * report_figure works out the rest; then the report can be shown as often as wanted.  Times are
 * milliseconds since the start of the run unless they say otherwise.  Reads no clock and no file.
 */
#ifndef UI_REPORT_H
#define UI_REPORT_H

#include "base/buf.h"
#include "base/spread.h"
#include "base/strv.h"
#include "core/fact.h"
#include "core/order.h"
#include "core/policy.h"
#include "core/rollout.h"
#include "core/summary.h"
#include "ui/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REPORT_STEPS_MAX = 10000,   /* of a list; what the journal says of others is not looked at */
    REPORT_TIMES_MAX = 1 << 20, /* kept of a step; the first ones */
    REPORT_SAID_MAX = 1000,     /* words of the operator that are kept; all are counted */
    REPORT_TEXT_MAX = 64 << 20, /* bytes of a report */
};

/* A run takes less; a damaged journal may say anything.  Sums of such times do not overflow. */
#define REPORT_MS_MAX (INT64_C(300) * 366 * 86400 * 1000)

enum report_state { REPORT_OVER, REPORT_RUNNING, REPORT_DIED };

/* A host held a slot.  With blue_green, a retry or a rollback it may do so more than once. */
struct report_span {
    int32_t host, slot;
    int32_t wave; /* -1: before any was told */
    int64_t begin_ms, end_ms;
    bool rollback;
    bool open; /* nobody saw its end: it goes on, or the run died */
};

struct report_host {
    const char *name;      /* borrowed from names */
    char *reason;          /* owned; "" if none */
    char *rollback_reason; /* owned; "" if none */
    enum outcome outcome;
    enum rollback_state rollback;
    int64_t took_ms; /* in slots, without its rollback; -1: never in one */
    int32_t slot;    /* the last one; -1 */
    int32_t wave;    /* from 0, the last one; -1 */
    /* while the journal is taken */
    int64_t span; /* index of the one that is open; -1 */
    bool rolling;
    bool cut; /* its last connection failed, or was lost */
    struct report_doing {
        int64_t since_ms;      /* -1: nothing of this list is under way */
        int32_t step, attempt; /* the last that was begun in this round; -1: none */
    } doing[STEP_LISTS];
};

struct report_step {
    char *name; /* owned; NULL: not known */
    enum step_list list;
    int32_t number;    /* from 0, in its list */
    int64_t *times_ms; /* owned; of attempts that ran to an end */
    size_t count, cap;
    int64_t ended, skipped, retried, not_ok; /* attempts; not_ok: did not exit 0, or no end known */
    int32_t slowest;                         /* host; -1 */
    int64_t p50_ms, p95_ms, max_ms;
};

struct report_wave {
    int32_t number;             /* from 0; -1: the run told none */
    int64_t begin_ms, end_ms;   /* end -1: it did not come to its end */
    int32_t hosts, ok, bad;     /* bad: failed, unreachable, unknown */
    int64_t sum_ms, longest_ms; /* of its spans, without rollbacks */
    int64_t ideal_ms;
};

struct report_said {
    int64_t at_ms;
    enum verb verb;
    int32_t host; /* -1 */
    int64_t value;
    char *reason; /* owned, or NULL */
};

struct report {
    char *run, *env, *action, *strategy, *release, *halt; /* owned, as is all else; "" if none */
    enum report_state state;
    int64_t started_wall_ms; /* UTC epoch */
    int64_t wall_ms; /* until it ended, or until now, or until the last that is known of it */
    int64_t pid;
    int32_t workers; /* W as it was begun with; 0: one host at a time */
    int exit_code;   /* -1: it has none */
    struct summary totals;
    struct strv names, tags, skip_tags, extra; /* extra: names only */
    struct report_host *hosts;                 /* names.count of them */
    struct report_span *spans;                 /* in the order of their beginnings */
    size_t span_count, span_cap;
    struct report_step *steps; /* in the order of their lists and numbers */
    size_t step_count, step_cap;
    struct report_wave *waves; /* one, number -1, where none were told and a host was started */
    size_t wave_count, wave_cap;
    struct report_said *said;
    size_t said_count, said_cap;
    int64_t said_all;
    struct spread_figures turns, commits; /* count 0: not measured */
    struct strv log;                      /* key lines of debug.log, from their tag on */
    bool log_found;                       /* else they are made from the journal */

    int64_t connects, connects_again, throttled; /* attempts */
    int64_t ahead;                               /* of them, before a slot was free */
    int64_t checks_not_passed;
    int32_t active, active_max;       /* hosts in slots */
    size_t peak;                      /* the span with which active_max was reached */
    int32_t workers_now, workers_max; /* slots that might be taken, >= 1 */
    int64_t workers_since_ms;
    int64_t capacity_ms; /* slots times how long they were there */
    int64_t last_ms;     /* of the journal */

    /* by report_figure */
    int64_t sum_ms;     /* of all spans, rollbacks too: how long one after the other takes */
    int64_t ideal_ms;   /* sum of those of the waves, and of the rollback */
    int64_t between_ms; /* from the end of a wave to the beginning of the next */
    int64_t back_ms;    /* of rollbacks, in slots */
    int64_t rounds;     /* times that W hosts are worked on: ceil(N / W), of each wave */
    int64_t guide_ms;   /* rounds times the median of a host: what the guide reckons with */
    double guide_ratio; /* wall / that; 0 */
    double ratio;       /* wall / ideal; 0: nothing was done */
    double gain;        /* (sum - wall) / sum * 100: the guide's formula */
    double busy;        /* part of the slots' time that was used, in percent */
    int64_t host_p50_ms, host_p95_ms, host_max_ms; /* of hosts that were in a slot; 0: none was */
    int64_t host_mean_ms;
};

/* Make an empty one over these names; texts and what else is known are set by the caller. */
void report_begin(struct report *r, const struct strv *names, int32_t workers, bool sequential);
/* The next step of a list has this name. */
void report_name_step(struct report *r, enum step_list list, const char *name);
/* A time that is no less than 0 and no more than REPORT_MS_MAX. */
int64_t report_ms(int64_t ms);
/* One row of the journal; exactly one of fact and order is not NULL. */
void report_take(struct report *r, int64_t written_ms, const struct fact *fact, const char *reason,
                 const struct order *order);
/* All was taken, and wall_ms and the outcomes of the hosts are set. */
void report_figure(struct report *r);
void report_release(struct report *r); /* a zeroed one is fine */

/* The lines that debug.log must have had, where it has them no more; into r->log. */
void report_make_log(struct report *r);

/* Append it for people, for programs (one object, no line's end), as the guide has it (French). */
void report_text(const struct report *r, struct buf *out);
void report_json(const struct report *r, struct buf *out);
void report_guide(const struct report *r, struct buf *out);

/* report_tables.c: all of report_text but its head. */
void report_tables(const struct report *r, struct buf *out);
/* report_chart.c: a row a slot over time; nothing where no host was in one. */
void report_chart(const struct report *r, struct buf *out);

/* What the run did not do in parallel, or NULL: for the guide's conclusion, in French. */
const char *report_doubt(const struct report *r);
/* Append the name of a step for people: `2 Switch`, `check 1 up`. */
void report_step_name(const struct report_step *s, struct buf *out);

#endif
