/*
 * narrate.h - what the files that tell of a run share, and nobody else.
 */
#ifndef APP_NARRATE_H
#define APP_NARRATE_H

#include "app/run_state.h"

#define TAG "ORCHESTRATOR"

/* A line of debug.log. */
#define SAY(run, ...) debuglog_line((run)->debuglog, TAG, (run)->suffix, __VA_ARGS__)

enum {
    NAMES_BYTES_MAX = 16 << 20, /* of a wave: 10,000 hosts of 253 bytes fit */
    PART_BYTES_MAX = 1000,      /* of each text in a reason */
    REASON_BYTES_MAX = 4096,
};

/* ---- narrate.c */

/* How many workers, and the mode they make.  given: the number was said, in config.yml or by -f. */
void
narrate_mode(struct debuglog *log, const char *suffix, const struct policy *policy, bool given);

struct event narrate_event(const struct run *run, enum event_type type);
struct event narrate_host_event(const struct run *run, enum event_type type, int32_t host);

/* ---- narrate_reason.c */

/* A text of the action may be as long as it likes; a reason is to be read. */
void reason_add_some(struct buf *out, const char *text);
/* How a step ended that did not end well; which step it was, the event's fields tell. */
void reason_add_end(struct buf *out, const struct run_host *h, const struct fact *fact,
                    const char *reason);
/* Its end was seen, with an exit code or a signal. */
bool reason_has_ended(const struct fact *f);
/* By an http or tcp check from here, which has no exit code. */
bool reason_was_asked(const struct run_host *h);
/* Of the step that the host was last told to run, by the fact of its end. */
enum outcome
reason_step_outcome(const struct run *run, const struct run_host *h, const struct fact *f);

/* ---- narrate_run.c: waves, and what the operator said */

void narrate_wave_begin(struct run *run, int32_t wave);
void narrate_wave_end(struct run *run, int32_t wave);
void narrate_verb(struct run *run, const struct fact *verb, const char *reason);
/* That hosts are rolled back, before the first of them. */
void narrate_rolling_back(struct run *run);

#endif
