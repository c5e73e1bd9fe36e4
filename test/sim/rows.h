/*
 * rows.h - cases and scripts of the tests of the checker, and the words scripts are made of.
 *
 * Steps are local where connections do not matter, so that a script stays short.
 */
#ifndef SIM_ROWS_H
#define SIM_ROWS_H

#include "sim/case.h"

#include <stdbool.h>
#include <stddef.h>

#define GO(h, s) "> start " #h " s" #s ";> run_step " #h ".0 #1 s" #s ";"
#define OK(h) "< step_done " #h ".0 #1;"
#define BAD(h) "< step_done " #h ".0 #1 x1;"
#define OUT(h, s) "> release " #h " s" #s ";"
#define END(code) "> finish v" #code ";"
#define WAIT(ms) "> wait v" #ms ";"
#define NOWAIT "> wait v-1;"
#define TICK(ms) "@" #ms ";< tick;"
#define BEGIN(w) "> wave_begin v" #w ";"
#define OVER(w) "> wave_end v" #w ";"
#define PROBE(h, try)                                                                              \
    "> probe " #h ".0 #" #                                                                         \
    try
#define WELL(h, try) "< probe_passed " #h ".0 #" #try ";"
#define SICK(h, try) "< probe_failed " #h ".0 #" #try ";"
#define PARK(h, s) "> park " #h " s" #s ";"
#define UNPARK(h, s) "> unpark " #h " s" #s ";> run_step " #h ".1 #1 s" #s ";"
#define BACK(h, s, n) "> rollback " #h " s" #s ";> run_step " #h ".0 #" #n " s" #s ";"

struct row {
    void (*set)(struct sim_case *c); /* NULL: the plain case */
    const char *script;
    const char
        *wrong; /* a part of the sentence, or several with `|`; NULL: nothing, and the run ends */
};

/* True when the checker says of each row what it should; else prints those that it does not. */
bool rows_hold(const struct row *rows, size_t count);

/* Cases: each changes the plain one, four hosts a, b, c, d, two workers, one local step. */
void two(struct sim_case *c);
void remote(struct sim_case *c);
void by_zone(struct sim_case *c);
void waves_of_2(struct sim_case *c);
void waves_that_pause(struct sim_case *c);
void budget_of_0(struct sim_case *c);
void budget_that_pauses(struct sim_case *c);
void budget_by_zone(struct sim_case *c);
void with_gate(struct sim_case *c);
void gate_of_2_tries(struct sim_case *c);
void with_bake(struct sim_case *c);
void with_wave_bake(struct sim_case *c);
void watched(struct sim_case *c);
void canary(struct sim_case *c);
void canary_by_hand(struct sim_case *c);
void once(struct sim_case *c);
void throttled(struct sim_case *c);
void with_finally(struct sim_case *c);
void retried(struct sim_case *c);
void timed(struct sim_case *c);
void rolls_back(struct sim_case *c);
void blue_green(struct sim_case *c);
void in_sequence(struct sim_case *c);
void waves_with_budget(struct sim_case *c);
void remote_and_paused(struct sim_case *c);
void finally_once(struct sim_case *c);
void finally_throttled(struct sim_case *c);
void rolls_back_one_by_one(struct sim_case *c);
void ahead(struct sim_case *c);
void ahead_by_one(struct sim_case *c);
void ahead_and_tried_again(struct sim_case *c);
void ahead_of_width_one(struct sim_case *c);
void ahead_of_a_pause(struct sim_case *c);
void ahead_of_a_bake(struct sim_case *c);
void ahead_of_promote(struct sim_case *c);
void ahead_of_nothing(struct sim_case *c);
void ahead_with_budget(struct sim_case *c);
void ahead_with_pauses(struct sim_case *c);
void ahead_with_rollback(struct sim_case *c);
void ahead_with_limits(struct sim_case *c);

#endif
