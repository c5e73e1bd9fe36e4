/*
 * sink.h - what the engine tells the user's side: events in, text or JSON lines out.
 *
 * The engine makes one struct event for everything that happens, in order, and hands it to one
 * sink; which one is made (plain, grouped, jsonl, with or without the live area) is the command
 * line's business.  No call of a sink waits: bytes go to the queues of out.h.
 */
#ifndef UI_SINK_H
#define UI_SINK_H

#include "core/summary.h"
#include "ui/out.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_type {
    EVENT_RUN_STARTED,   /* hosts, host_count, workers, strategy, waves, step_count, plan */
    EVENT_WAVE_STARTED,  /* wave, waves, text: names folded */
    EVENT_HOST_STARTED,  /* host, slot, wave */
    EVENT_STEP_STARTED,  /* host, slot, step, step_count, step_name, attempt */
    EVENT_OUTPUT,        /* host, stream, data, len; step where known */
    EVENT_STEP_FINISHED, /* the same with outcome, exit_code, signal, reason, duration_ms */
    EVENT_GATE_STARTED,  /* as STEP_STARTED: a check of the gate is asked; attempt: the try */
    EVENT_GATE,          /* as STEP_FINISHED: outcome ok, failed or skipped */
    EVENT_HOST_FINISHED, /* host, outcome, ...; once for every host of the run, also for those never
                            started: outcome "untouched" or "skipped", slot -1, duration_ms -1;
                            once more each time it is retried */
    EVENT_WAVE_FINISHED, /* wave, waves, duration_ms, totals of the wave */
    EVENT_WAVE_BAKING,   /* wave, waves, duration_ms: how long */
    EVENT_WAVE_PAUSING,  /* wave that comes next, waves, duration_ms: in how long */
    EVENT_HOST_PARKED,   /* host, slot, duration_ms: blue_green: it waits for the switch */
    EVENT_HOST_SWITCHING,    /* host, slot: it goes on */
    EVENT_HOST_LATE,         /* host, outcome, reason: it was ok and is no more */
    EVENT_HOST_SKIPPED,      /* host, reason: by the operator */
    EVENT_HOST_RETRIED,      /* host: by the operator; it will be started again */
    EVENT_PAUSED,            /* reason; text: the command that goes on */
    EVENT_CONTINUED,         /* reason */
    EVENT_PROMOTE_WANTED,    /* text: the command that promotes */
    EVENT_PROMOTED,          /* reason */
    EVENT_WORKERS,           /* workers, reason */
    EVENT_ROLLING_BACK,      /* text: the hosts, folded */
    EVENT_ROLLBACK_STARTED,  /* host, slot; its steps follow, of list rollback */
    EVENT_ROLLBACK_FINISHED, /* host, slot, outcome ok or failed, reason, duration_ms */
    EVENT_WARNING,           /* text; host where it applies */
    EVENT_MESSAGE,           /* text */
    EVENT_RUN_FINISHED, /* totals (rolled back too), exit_code, duration_ms, reason (halt), log_dir,
                           go_on */
};
enum { EVENT_TYPES = EVENT_RUN_FINISHED + 1 };

enum stream { STREAM_STDOUT, STREAM_STDERR };

struct plan;

/* Which of the action's lists a step is of. */
enum step_list { LIST_STEPS, LIST_FINALLY, LIST_CHECKS, LIST_ROLLBACK };
enum { STEP_LISTS = LIST_ROLLBACK + 1 };
/* "step", "finally step", "check", "rollback step" */
const char *step_list_word(enum step_list list);

/* Everything is borrowed for the call.  Make it with event_make, then set what applies. */
struct event {
    enum event_type type;
    int64_t at_ms;         /* UTC epoch */
    const char *run;       /* id; or NULL */
    const char *env;       /* or NULL */
    const char *action;    /* or NULL */
    const char *host;      /* name, or NULL */
    int32_t host_index;    /* index into hosts of run_started; -1 without host */
    int32_t slot;          /* -1: none */
    int32_t wave;          /* from 1; 0: none */
    int32_t waves;         /* 0: the strategy has none */
    int32_t step;          /* from 1; 0: none */
    int32_t step_count;    /* 0: not told */
    const char *step_name; /* or NULL */
    enum step_list list;   /* the one that step is of */
    int32_t attempt;       /* from 1; 0: none */
    const char *outcome;   /* "ok", "failed", "skipped", ...; or NULL */
    int32_t exit_code;     /* -1: none */
    int32_t signal;        /* 0: none */
    const char *reason;    /* for people, from here or from the host (not escaped); or NULL */
    int64_t duration_ms;   /* -1: none */
    enum stream stream;
    const char *data; /* raw bytes */
    size_t len;
    const char *text;         /* or NULL */
    const char *const *hosts; /* of run_started: names by host_index */
    int32_t host_count;
    int32_t workers; /* W; -1: not told */
    const char *strategy;
    const struct plan *plan; /* of run_started: borrowed for the call; or NULL */
    struct summary totals;
    const char *log_dir; /* of run_finished: where the logs of the hosts are, or NULL */
    const char *go_on;   /* of run_finished: the command that goes on, or NULL */
};

/* All fields empty (-1, 0, NULL as said above). */
struct event event_make(enum event_type type, int64_t at_ms);
const char *event_name(enum event_type type); /* "run_started" */

struct sink;

struct sink_ops {
    void (*event)(struct sink *s, const struct event *e);
    /* Draw the live area; false: there is none, do not ask again.  NULL: never. */
    bool (*refresh)(struct sink *s, int64_t at_ms);
    void (*close)(struct sink *s); /* queue the rest, free everything but queues */
};

/* outs[0] is stdout, outs[1] stderr; where both are one terminal or pipe, both are one queue. */
enum { SINK_STDOUT, SINK_STDERR, SINK_OUTS };

struct sink {
    const struct sink_ops *ops;
    struct out *outs[SINK_OUTS]; /* borrowed */
};

/* Tell what happened; run_started is first, run_finished last (both may be missing when a run could
 * not begin).  A NULL sink is told nothing. */
void sink_event(struct sink *s, const struct event *e);
/* Every refresh_interval for as long as it is true, with the time; does nothing while bytes are
 * waiting (drops the frame). */
bool sink_refresh(struct sink *s, int64_t at_ms);
/* Tell the sink that nothing more comes: it queues what is left, says what a full queue threw away,
 * and is freed; then drain the queues. */
void sink_close(struct sink *s); /* NULL is fine */

/* How to show a run. */
enum sink_style { SINK_PLAIN, SINK_JSONL, SINK_GROUP };

struct sink_options {
    enum sink_style style;
    bool exec;   /* output is the result: `host: line` */
    bool looks;  /* an action that only looks: what steps say on stdout is a result too */
    bool quiet;  /* only failures and the summary */
    int verbose; /* 1: output of steps too */
    bool color;
    bool live;    /* a live area below, if stdout and stderr are one terminal */
    int32_t tail; /* last lines of a step's output shown with its failure */
    struct budget
        *budget;   /* borrowed: memory for output of hosts, the queues' too; NULL: no limit */
    int32_t width; /* 0: ask the terminal; else a fixed one, for tests */
};

/* A sink of this style over the two queues, which must outlive it.  Never NULL. */
struct sink *sink_new(const struct sink_options *options, struct out *out, struct out *err_out);

#endif
