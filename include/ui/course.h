/*
 * course.h - how a run goes as a whole, built from events alone: its order, its waves, its slots.
 *
 * Beside board.h, which has where each host stands.  Nothing here costs more for many hosts than
 * for few, run_started apart: a frame asks for what it shows.  Reads no clock; times are UTC.
 */
#ifndef UI_COURSE_H
#define UI_COURSE_H

#include "ui/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct course_wave {
    int32_t hosts;
    int32_t done; /* of them: have an outcome; of blue_green's first: are prepared, too */
    int32_t bad;  /* of those */
    bool begun;
};

struct course_host; /* what is counted of one */
struct course_slot {
    int32_t host;           /* -1: nobody is in it */
    int32_t earlier, later; /* slots that began what they do before and after it; -1 */
};

/* All fields may be read; pointers are owned. */
struct course {
    char *strategy; /* NULL: not told */
    int32_t host_count;
    int32_t *order;            /* by position: the host that starts there; host_count of them */
    int32_t *places;           /* by host: its position */
    int32_t *wave_of;          /* by host: its first wave, from 1; 0: there are none */
    struct course_wave *waves; /* wave_count of them */
    int32_t wave_count;        /* 0: the strategy has none */
    int32_t wave;              /* under way, or the last, from 1; 0: none yet */
    bool in_two;               /* blue_green: every host is in both waves */
    bool bakes;                /* the last that was told of a wave: it bakes; else it is the pause
                                  before the next one */
    int32_t budget;            /* bad outcomes allowed; -1: no budget */
    int32_t workers;           /* W; 0: one host at a time */
    struct course_slot *slots; /* slot_count of them, idle ones too */
    int32_t slot_count, busy;
    size_t slot_cap;
    int32_t longest, newest; /* slots: busy with one thing for the longest time; -1 */
    struct course_host *hosts;
    int64_t parts;           /* done of all hosts, COURSE_PARTS each */
    int32_t hosts_done;      /* have an outcome */
    int64_t began_ms;        /* UTC */
    int64_t stood_ms;        /* it stood still for so long: paused, waiting for promote */
    int64_t stands_since_ms; /* -1: it does not stand still */
};

enum { COURSE_PARTS = 1000, COURSE_SLOTS_MAX = 10000 };

struct course course_empty(void);
void course_release(struct course *c); /* it is empty again */
void course_event(struct course *c, const struct event *e);

/* How long it still takes at at_ms, if it goes on like this: what was predicted for the whole
 * (predicted_ms; -1: nothing was) gives way to what is measured.  -1: nobody knows yet. */
int64_t course_left_ms(const struct course *c, int64_t at_ms, int64_t predicted_ms);

#endif
