/*
 * test_check.c - the checker itself: what is right passes, and one wrong order is named.
 *
 * Each row is a case and a script of facts and orders.  Steps are local where connections do not
 * matter, so that a script stays short.
 */
#include "sim/play.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

struct row {
    void (*set)(struct sim_case *c);
    const char *script;
    const char *wrong; /* a part of the sentence; NULL: nothing is wrong, and the run ends */
};

/* ---- cases: four hosts a, b, c, d; two workers; one local step; nothing else */

static void
plain(struct sim_case *c)
{
    static const char *names[] = {"a", "b", "c", "d", "e"};

    case_room(c, 4);
    for (int32_t i = 0; i < 4; i++) {
        c->names[i] = names[i];
        for (int v = 0; v < PLAN_PARTINGS_MAX; v++) {
            c->parallel_by[v].value_of[i] = c->budget_by[v].value_of[i] = i / 2;
        }
        c->sequence_by.value_of[i] = i % 2;
    }
    c->policy.strategy = STRATEGY_PARALLEL;
    c->policy.workers = 2;
    c->policy.gate_successes = 1;
    c->policy.canary.value = 1;
    c->policy.answerable = true;
    c->steps[0].local = true;
    c->step_count = 1;
    for (int i = 0; i < SIM_CHECKS_MAX; i++) {
        c->checks[i].local = true;
    }
}

static void
two(struct sim_case *c)
{
    c->host_count = 2;
}

static void
remote(struct sim_case *c)
{
    c->host_count = 1;
    c->steps[0].local = false;
    c->policy.retry_delay_ms = 100;
    c->policy.retries_max = 1;
    c->policy.retry_connect = true;
}

static void
by_zone(struct sim_case *c)
{
    c->parallel_by_count = 1;
    c->parallel_by[0].value_count = 2;
    c->parallel_by[0].limit.value = 1;
}

static void
waves_of_2(struct sim_case *c)
{
    c->policy.strategy = STRATEGY_ROLLING;
}

static void
waves_that_pause(struct sim_case *c)
{
    waves_of_2(c);
    c->policy.wave_pause_ms = 500;
}

static void
budget_of_0(struct sim_case *c)
{
    c->policy.has_budget = true;
}

static void
budget_that_pauses(struct sim_case *c)
{
    budget_of_0(c);
    c->policy.on_failure = ON_FAILURE_PAUSE;
}

static void
budget_by_zone(struct sim_case *c)
{
    c->budget_by_count = 1;
    c->budget_by[0].value_count = 2;
    c->policy.workers = 1;
}

static void
with_gate(struct sim_case *c)
{
    c->policy.gate_enabled = true;
    c->check_count = 1;
    c->policy.gate_interval_ms = 10;
    c->host_count = 1;
}

static void
gate_of_2_tries(struct sim_case *c)
{
    with_gate(c);
    c->policy.gate_retries = 1;
}

static void
with_bake(struct sim_case *c)
{
    gate_of_2_tries(c);
    c->policy.host_bake_ms = 25;
}

static void
with_wave_bake(struct sim_case *c)
{
    gate_of_2_tries(c);
    c->policy.strategy = STRATEGY_ROLLING;
    c->policy.wave_bake_ms = 25;
}

static void
watched(struct sim_case *c)
{
    with_gate(c);
    c->host_count = 2;
    c->policy.workers = 1;
}

static void
canary(struct sim_case *c)
{
    c->policy.strategy = STRATEGY_CANARY;
    c->host_count = 2;
}

static void
canary_by_hand(struct sim_case *c)
{
    canary(c);
    c->policy.promote = PROMOTE_MANUAL;
}

static void
once(struct sim_case *c)
{
    c->host_count = 2;
    c->steps[0].run_once = true;
}

static void
throttled(struct sim_case *c)
{
    c->host_count = 2;
    c->steps[0].throttle = 1;
}

static void
with_finally(struct sim_case *c)
{
    c->host_count = 1;
    c->finally_count = 1;
    c->finally_steps[0].local = true;
}

static void
retried(struct sim_case *c)
{
    c->host_count = 1;
    c->steps[0].idempotent = true;
    c->steps[0].retries = 1;
    c->steps[0].delay_ms = 100;
}

static void
timed(struct sim_case *c)
{
    c->policy.run_timeout_ms = 1000;
}

static void
rolls_back(struct sim_case *c)
{
    budget_of_0(c);
    c->policy.on_failure = ON_FAILURE_ROLLBACK;
    c->rollback_steps[0].local = true;
    c->rollback_count = 1;
}

static void
blue_green(struct sim_case *c)
{
    c->policy.strategy = STRATEGY_BLUE_GREEN;
    c->host_count = 2;
    c->step_count = 2;
    c->steps[1].local = c->steps[1].switches = true;
}

static void
in_sequence(struct sim_case *c)
{
    c->sequenced = true;
    c->sequence_by.value_count = 2;
}

/* ---- rows */

static const struct row slots_rows[] = {
    {NULL,
     GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) GO(2, 0) OK(1) OUT(1, 1) GO(3, 1) OK(2) OUT(2, 0) OK(3)
         OUT(3, 1) END(0),
     NULL},
    {NULL, GO(1, 0), "start of host 1: it is the turn of host 0"},
    {NULL, GO(0, 1), "slot 1, the lowest free one is 0"},
    {NULL, GO(0, 0) GO(1, 1) GO(2, 2), "start of host 2: no slot is free"},
    {NULL, GO(0, 0), "start of host 1 is due, and is missing"},
    {NULL, "> start 0 s0;" GO(1, 1), "host 0: run_step is due, and is missing"},
    {NULL, GO(0, 0) GO(1, 1) OK(0), "host 0: release is due, and is missing"},
    {NULL, GO(0, 0) GO(1, 1) "> run_step 0.0 #1 s0", "what is due is nothing"},
    {NULL, GO(0, 0) GO(1, 1) OUT(0, 0), "release of host 0: it is not at its end"},
    {NULL, "> start 0 s0;> run_step 0.0 #2 s0", "attempt 2, not 1"},
    {two, GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) OK(1) OUT(1, 1), "is over, and does not finish"},
    {two, GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) END(3), "finish: 1 hosts are in flight"},
    {two, GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) BAD(1) OUT(1, 1) END(0), "exit code 0, not 2"},
    {two, GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) OK(1) OUT(1, 1) END(0) GO(0, 0), "has finished"},
    {two, GO(0, 0) GO(1, 1) OK(0) OUT(0, 0), "nothing will come any more"},
    {two, GO(0, 0) GO(1, 1) "< step_done 0.0 #2;" OUT(0, 0), "it is not at its end"},
    {two, GO(0, 0) GO(1, 1) "< tick;" WAIT(5), "after a fact that changes nothing"},
    {two, GO(0, 0) GO(1, 1) WAIT(5), "until 5 ms, for nothing"},
    {NULL, BEGIN(0) GO(0, 0), "waves are not told"},
    {by_zone,
     GO(0, 0) GO(2, 1) OK(0) OUT(0, 0) GO(1, 0) OK(1) OUT(1, 0) OK(2) OUT(2, 1) GO(3, 0) OK(3)
         OUT(3, 0) END(0),
     NULL},
    {by_zone, GO(0, 0) GO(1, 1), "start of host 1: it is the turn of host 2"},
    {by_zone, GO(0, 0) GO(2, 1) OK(0) OUT(0, 0) GO(3, 0), "it is the turn of host 1"},
    {in_sequence, BEGIN(0) GO(0, 0) GO(2, 1) OK(0) OUT(0, 0) GO(1, 0), "has not ended"},
    {in_sequence,
     BEGIN(0) GO(0, 0) GO(2, 1) OK(0) OUT(0, 0) OK(2) OUT(2, 1) OVER(0) BEGIN(1) GO(1, 0) GO(3, 1)
         OK(1) OUT(1, 0) OK(3) OUT(3, 1) OVER(1) END(0),
     NULL},
};

static const struct row wave_rows[] = {
    {waves_of_2, GO(0, 0), "the beginning of wave 1 was not told"},
    {waves_of_2, BEGIN(0) GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) GO(2, 0), "has not ended"},
    {waves_of_2,
     BEGIN(0) GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) OK(1) OUT(1, 1) BEGIN(1) GO(2, 0) GO(3, 1),
     "the end of wave 1 was not told"},
    {waves_of_2, BEGIN(0) GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) OVER(0), "1 hosts of it have no"},
    {waves_of_2, BEGIN(0) GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) OK(1) OUT(1, 1) OVER(0),
     "start of host 2 is due"},
    {waves_that_pause,
     BEGIN(0) GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) OK(1) OUT(1, 1) OVER(0) BEGIN(1) GO(2, 0),
     "has not ended"},
    {waves_that_pause, BEGIN(0) GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) OK(1) OUT(1, 1) OVER(0),
     "something is due at 500"},
    {waves_that_pause,
     BEGIN(0) GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) "@7;" OK(1) OUT(1, 1) OVER(0) WAIT(507) TICK(507)
         NOWAIT BEGIN(1) GO(2, 0) GO(3, 1) OK(2) OUT(2, 0) OK(3) OUT(3, 1) OVER(1) END(0),
     NULL},
    {waves_that_pause,
     BEGIN(0) GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) OK(1) OUT(1, 1) OVER(0)
         WAIT(500) "@100;< pause;" WAIT(500),
     "nothing new"},
    {waves_that_pause,
     BEGIN(0) GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) OK(1) OUT(1, 1) OVER(0)
         WAIT(500) "@100;< pause;" NOWAIT "@300;< continue;" WAIT(500),
     "something is due at 700|for nothing"},
    {waves_that_pause,
     BEGIN(0) GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) OK(1) OUT(1, 1) OVER(0)
         WAIT(500) "@100;< pause;" NOWAIT "@300;< continue;" WAIT(700) TICK(700) NOWAIT,
     "start of host 2 is due"},
    {canary, BEGIN(0) GO(0, 0) BAD(0) OUT(0, 0) OVER(0) BEGIN(1) GO(1, 0), "has not ended"},
    {canary, BEGIN(0) GO(0, 0) BAD(0) OUT(0, 0) OVER(0) END(3), NULL},
    {canary_by_hand, BEGIN(0) GO(0, 0) OK(0) OUT(0, 0) OVER(0) BEGIN(1), "has not ended"},
    {canary_by_hand,
     BEGIN(0) GO(0, 0) OK(0) OUT(0, 0) OVER(0) "< promote;" BEGIN(1) GO(1, 0) OK(1) OUT(1, 0)
         OVER(1) END(0),
     NULL},
    {with_wave_bake,
     BEGIN(0) "> start 0 s0;> run_step 0.0 #1 s0;" OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0)
         OVER(0) END(0),
     "finish: the run is not over"},
    {with_wave_bake,
     BEGIN(0) "> start 0 s0;> run_step 0.0 #1 s0;" OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0)
         OVER(0) PROBE(0, 2) ";" WAIT(25) "@20;" SICK(0, 2),
     "for nothing|due at 30"},
    {with_wave_bake,
     BEGIN(0) "> start 0 s0;> run_step 0.0 #1 s0;" OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0)
         OVER(0) PROBE(0, 2) ";" WAIT(25) "@20;" SICK(0, 2) WAIT(30) TICK(30)
             PROBE(0, 3) ";" WAIT(45) TICK(45) NOWAIT "> disconnect 0;< disconnected 0;" END(0),
     NULL},
};

static const struct row halt_rows[] = {
    {budget_of_0, GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) GO(2, 0),
     "start of host 2: the run has a halt"},
    {budget_of_0, GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) OK(1) OUT(1, 1) END(3), NULL},
    {budget_of_0, GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) OK(1) OUT(1, 1) END(2), "exit code 2, not 3"},
    {budget_of_0, GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) END(3), "1 hosts are in flight"},
    {budget_by_zone, GO(0, 0) BAD(0) OUT(0, 0) GO(1, 0), "start of host 1: the run has a halt"},
    {budget_that_pauses, GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) GO(2, 0), "the run is paused"},
    {budget_that_pauses,
     GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) OK(1) OUT(1, 1) "< continue;" GO(2, 0) GO(3, 1) OK(2)
         OUT(2, 0) OK(3) OUT(3, 1) END(2),
     NULL},
    {budget_that_pauses, GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) OK(1) OUT(1, 1) END(3), "not over"},
    {timed, GO(0, 0) GO(1, 1), "something is due at 1000"},
    {timed, GO(0, 0) GO(1, 1) WAIT(1000) TICK(1000) NOWAIT OK(0) OUT(0, 0) GO(2, 0), "has a halt"},
    {NULL, GO(0, 0) GO(1, 1) "< abort;" OK(0) OUT(0, 0) GO(2, 0), "has a halt"},
    {NULL, GO(0, 0) GO(1, 1) "< abort;> disconnect 0 s0;", "nothing asks for it"},
    {NULL, GO(0, 0) GO(1, 1) "< kill;> disconnect 0 s0;", "host 1: disconnect is due"},
    {two,
     GO(0, 0)
         GO(1, 1) "< kill;> disconnect 0 s0;> disconnect 1 s1;< step_unknown 0.0 #1 ckilled;" OUT(
             0, 0) "< step_not_started 1.0 #1 ckilled;" OUT(1, 1) END(3),
     NULL},
    {two,
     GO(0, 0)
         GO(1, 1) "< kill;> disconnect 0 s0;> disconnect 1 s1;< step_unknown 0.0 #1 ckilled;" OUT(
             0, 0) "< step_sent 1.0 #1;< step_not_started 1.0 #1 ckilled;" OUT(1, 1) END(3),
     "exit code 3, not 2"},
    {NULL, GO(0, 0) GO(1, 1) "< pause;" OK(0) OUT(0, 0) GO(2, 0), "the run is paused"},
    {NULL, GO(0, 0) GO(1, 1) "< continue;< promote;" OK(0) OUT(0, 0), "start of host 2 is due"},
    {NULL, GO(0, 0) GO(1, 1) "< workers v1;" OK(0) OUT(0, 0) GO(2, 0), "no slot is free"},
    {NULL, GO(0, 0) GO(1, 1) "< workers v3;", "start of host 2 is due"},
    {NULL, GO(0, 0) GO(1, 1) "< skip 2;" OK(0) OUT(0, 0) GO(2, 0), "it is the turn of host 3"},
    {two, GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) "< retry 0;", "start of host 0 is due"},
    {two, GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) "< retry 0;" GO(0, 0), "attempt 1, not 2"},
    {two,
     GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) "< retry 0;> start 0 s0;> run_step 0.0 #2 s0;"
                                        "< step_done 0.0 #2;" OUT(0, 0) OK(1) OUT(1, 1) END(0),
     NULL},
    {two, GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) "< retry 0;" GO(0, 0), "nothing asks for it"},
};

static const struct row host_rows[] = {
    {remote, "> start 0 s0;> run_step 0.0 #1 s0;", "what is due is connect"},
    {remote, "> start 0 s0;> connect 0 #2 s0;", "attempt 2, not 1"},
    {remote, "> start 0 s0;> connect 0 #1 s0;< connected 0 #1;", "run_step is due"},
    {remote, "> start 0 s0;> connect 0 #1 s0;< connect_failed 0 #1 cauth;" OUT(0, 0) END(4), NULL},
    {remote, "> start 0 s0;> connect 0 #1 s0;< connect_failed 0 #1 cauth;" OUT(0, 0) END(2),
     "exit code 2, not 4"},
    {remote, "> start 0 s0;> connect 0 #1 s0;< connect_failed 0 #1 cconnect;> connect 0 #2 s0;",
     "not before 100"},
    {remote, "> start 0 s0;> connect 0 #1 s0;< connect_failed 0 #1 cconnect;" WAIT(126),
     "something is due at 125"},
    {remote, "> start 0 s0;> connect 0 #1 s0;< connect_failed 0 #1 cconnect;" WAIT(99),
     "for nothing"},
    {remote,
     "> start 0 s0;> connect 0 #1 s0;< connect_failed 0 #1 cconnect;" WAIT(110) TICK(110) NOWAIT
     "> connect 0 #2 s0;< connect_failed 0 #2 cconnect;" WAIT(300),
     "for nothing|release is due"},
    {remote,
     "> start 0 s0;> connect 0 #1 s0;< connected 0 #1;> run_step 0.0 #1 s0;< step_done 0.0 #1;" OUT(
         0, 0),
     "its session is left open"},
    {remote,
     "> start 0 s0;> connect 0 #1 s0;< connected 0 #1;> run_step 0.0 #1 s0;< step_sent 0.0 #1;"
     "< step_unknown 0.0 #1 clost;" OUT(0, 0) END(0),
     "exit code 0, not 2"},
    {remote,
     "> start 0 s0;> connect 0 #1 s0;< connected 0 #1;> run_step 0.0 #1 s0;< step_sent 0.0 #1;"
     "< step_unknown 0.0 #1 clost;> connect 0 #2 s0;",
     "what is due is release"},
    {remote, "> start 0 s0;> connect 0 #1 s0;< abort;", "disconnect is due"},
    {remote,
     "> start 0 s0;> connect 0 #1 s0;< abort;> disconnect 0 s0;< disconnected 0;" OUT(0, 0) END(3),
     NULL},
    {retried, "> start 0 s0;> run_step 0.0 #1 s0;" BAD(0) "> run_step 0.0 #2 s0;",
     "not before 100"},
    {retried,
     "> start 0 s0;> run_step 0.0 #1 s0;" BAD(0) WAIT(100) TICK(100) NOWAIT "> run_step 0.0 #1 s0;",
     "attempt 1, not 2"},
    {retried, "> start 0 s0;> run_step 0.0 #1 s0;" BAD(0) WAIT(100) TICK(100) NOWAIT,
     "run_step was due at 125|run_step is due|was due|due"},
    {retried,
     "> start 0 s0;> run_step 0.0 #1 s0;" BAD(0) WAIT(125) TICK(125) NOWAIT
     "> run_step 0.0 #2 s0;< step_done 0.0 #2 x1;" OUT(0, 0) END(2),
     NULL},
    {retried,
     "> start 0 s0;> run_step 0.0 #1 s0;< step_not_started 0.0 #1 crefused;@0;< tick;"
     "> run_step 0.0 #1 s0;",
     "after a fact that changes nothing|due"},
    {with_finally, GO(0, 0) OK(0) OUT(0, 0), "finally|not at its end"},
    {with_finally, GO(0, 0) OK(0) "> finally 0.0 #2 s0;", "step 0 in round 2, not 0 in 1"},
    {with_finally, GO(0, 0) OK(0) "> finally 0.0 #1 s0;< finally_done 0.0 #1 x1;" OUT(0, 0) END(0),
     "exit code 0, not 2"},
    {once, "> start 0 s0;> start 1 s1;> run_step 1.0 #1 s1;", "is the turn of host 0"},
    {once, GO(0, 0) "> start 1 s1;> run_step 1.0 #1 s1;", "is run a second time"},
    {once, GO(0, 0) "> start 1 s1;" OK(0) OUT(0, 0) OUT(1, 1) END(0), NULL},
    {once, GO(0, 0) "> start 1 s1;" OK(0) OUT(0, 0), "host 1: release is due"},
    {once, GO(0, 0) "> start 1 s1;" BAD(0) OUT(0, 0) OUT(1, 1) END(0), "exit code 0, not 2"},
    {throttled, GO(0, 0) GO(1, 1), "is throttled to 1, and 1 hosts are in it"},
    {throttled, GO(0, 0) "> start 1 s1;" OK(0) OUT(0, 0), "host 1: run_step is due"},
};

static const struct row gate_rows[] = {
    {with_gate, GO(0, 0) OK(0) OUT(0, 0), "not at its end"},
    {with_gate, GO(0, 0) OK(0) PROBE(0, 2) " s0;", "try 2, the last was 0"},
    {with_gate, GO(0, 0) OK(0) PROBE(0, 1) " s0;" SICK(0, 1) PROBE(0, 2) " s0;",
     "what is due is rel"},
    {with_gate, GO(0, 0) OK(0) PROBE(0, 1) " s0;" SICK(0, 1) OUT(0, 0) END(2), NULL},
    {gate_of_2_tries, GO(0, 0) OK(0) PROBE(0, 1) " s0;" SICK(0, 1) OUT(0, 0), "not at its end"},
    {gate_of_2_tries, GO(0, 0) OK(0) PROBE(0, 1) " s0;" SICK(0, 1) PROBE(0, 2) " s0;",
     "not before 10"},
    {with_bake, GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0),
     "not at its end|not before"},
    {with_bake, GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) WAIT(25), "something is due at 10"},
    {with_bake,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) WAIT(10) TICK(10) NOWAIT PROBE(0, 2) " s0;" SICK(
         0, 2) WAIT(20) TICK(20) NOWAIT PROBE(0, 3) " s0;" WELL(0, 3) WAIT(25),
     "for nothing"},
    {with_bake,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) WAIT(10) TICK(10) NOWAIT PROBE(0, 2) " s0;" SICK(
         0, 2) WAIT(20) TICK(20) NOWAIT PROBE(0, 3) " s0;" WELL(0, 3) WAIT(30) TICK(30)
         NOWAIT PROBE(0, 4) " s0;" WELL(0, 4) WAIT(35) TICK(35) NOWAIT PROBE(0, 5) " s0;",
     "what is due is release"},
    {with_bake,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) WAIT(10) TICK(10) NOWAIT PROBE(0, 2) " s0;" SICK(
         0, 2) WAIT(20) TICK(20) NOWAIT PROBE(0, 3) " s0;" WELL(0, 3) WAIT(30) TICK(30)
         NOWAIT PROBE(0, 4) " s0;" WELL(0, 4) WAIT(35) TICK(35) NOWAIT OUT(0, 0) END(0),
     NULL},
    {with_bake,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) WAIT(10) "< abort;" NOWAIT OUT(0, 0) END(0),
     NULL},
    {watched, GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0) GO(1, 0), "due at 50"},
    {watched, GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0) GO(1, 0) PROBE(0, 2) ";",
     "late watch at 0 ms, not before 50"},
    {watched,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0) GO(1, 0) WAIT(50) TICK(50) NOWAIT,
     "late watch was due at 50"},
    {watched,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0) GO(1, 0) WAIT(50) TICK(50)
         NOWAIT PROBE(0, 2) ";" SICK(0, 2),
     "its new outcome was not told"},
    {watched,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0) GO(1, 0) WAIT(50) TICK(50) NOWAIT PROBE(
         0, 2) ";" SICK(0, 2) "> outcome 0;" OK(1) PROBE(1, 1) " s0;" WELL(1, 1) OUT(1, 0) END(2),
     NULL},
    {watched,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0) GO(1, 0) WAIT(50) TICK(50)
         NOWAIT PROBE(0, 2) ";< pause;",
     "host 0: disconnect is due"},
    {watched, GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0) GO(1, 0) "> outcome 0;",
     "it has not changed"},
};

#define PARK(h, s) "> park " #h " s" #s ";"
#define UNPARK(h, s) "> unpark " #h " s" #s ";> run_step " #h ".1 #1 s" #s ";"
#define BACK(h, s, n) "> rollback " #h " s" #s ";> run_step " #h ".0 #" #n " s" #s ";"

static const struct row phase_rows[] = {
    {blue_green, BEGIN(0) GO(0, 0) GO(1, 1) OK(0) "> run_step 0.1 #1 s0;", "what is due is park"},
    {blue_green, BEGIN(0) GO(0, 0) GO(1, 1) OK(0) PARK(0, 0) UNPARK(0, 0), "has not ended"},
    {blue_green, BEGIN(0) GO(0, 0) GO(1, 1) OK(0) PARK(0, 0) OK(1) PARK(1, 1) OVER(0) UNPARK(0, 0),
     "the beginning of wave 2 was not told"},
    {blue_green,
     BEGIN(0) GO(0, 0) GO(1, 1) OK(0) PARK(0, 0) OK(1) PARK(1, 1) OVER(0) BEGIN(1) UNPARK(1, 0),
     "it is the turn of host 0"},
    {blue_green,
     BEGIN(0) GO(0, 0) GO(1, 1) OK(0) PARK(0, 0) OK(1) PARK(1, 1) OVER(0) BEGIN(1) UNPARK(0, 0)
         UNPARK(1, 1) "< step_done 0.1 #1;" OUT(0, 0) "< step_done 1.1 #1;" OUT(1, 1) OVER(1)
             END(0),
     NULL},
    {blue_green,
     BEGIN(0) GO(0, 0) GO(1, 1) OK(0) PARK(0, 0) "< abort;> unpark 0 s0;" OUT(0, 0) OK(1) OUT(1, 1)
         END(0),
     "exit code 0, not 3"},
    {rolls_back, GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) GO(2, 0) BAD(1) OUT(1, 1) OK(2) OUT(2, 0) END(3),
     "finish: the run is not over"},
    {rolls_back, GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) GO(2, 0) BAD(1) OUT(1, 1) BACK(0, 1, 2),
     "rollback of host 0: the run has a halt"},
    {rolls_back,
     GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) GO(2, 0) BAD(1) OUT(1, 1) OK(2) OUT(2, 0) BACK(0, 0, 2),
     "rollback of host 0: it is the turn of host 2"},
    {rolls_back,
     GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) GO(2, 0) BAD(1) OUT(1, 1) OK(2) OUT(2, 0) BACK(2, 0, 1),
     "attempt 1, not 2"},
    {rolls_back,
     GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) GO(2, 0) BAD(1) OUT(1, 1) OK(2) OUT(2, 0) BACK(2, 0, 2)
         BACK(1, 1, 2) "< step_done 2.0 #2 x1;" OUT(2, 0)
             BACK(0, 0, 2) "< step_done 1.0 #2;" OUT(1, 1) "< step_done 0.0 #2;" OUT(0, 0) END(3),
     "exit code 3, not 7"},
    {rolls_back,
     GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) GO(2, 0) BAD(1) OUT(1, 1) OK(2) OUT(2, 0) BACK(2, 0, 2)
         BACK(1, 1, 2) "< abort;"
                       "< step_done 2.0 #2;" OUT(2, 0) BACK(0, 0, 2),
     "rollback of host 0"},
    {rolls_back,
     GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) GO(2, 0) BAD(1) OUT(1, 1) OK(2) OUT(2, 0) BACK(2, 0, 2)
         BACK(1, 1, 2) "< step_done 2.0 #2;" OUT(2, 0)
             BACK(0, 0, 2) "< step_done 1.0 #2;" OUT(1, 1) "< step_done 0.0 #2;" OUT(0, 0) END(3),
     NULL},
    {rolls_back,
     GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) GO(2, 0) "< rollback;" OK(1)
         OUT(1, 1) "< step_skipped 2.0 #1;" OUT(2, 0) BACK(2, 0, 2),
     "it is the turn of host 1"},
};

/* ---- playing them */

/* Some part of the list, with `|` between, is in the sentence. */
static bool
says(const char *sentence, const char *parts)
{
    char *list = xstrdup(parts);
    char *save = NULL;
    bool found = false;

    for (const char *p = strtok_r(list, "|", &save); p != NULL; p = strtok_r(NULL, "|", &save)) {
        found |= strstr(sentence, p) != NULL;
    }
    free(list);
    return found;
}

static bool
play_row(const struct row *row)
{
    struct sim_case c;
    struct err err = {0};
    char text[512];

    case_init(&c);
    plain(&c);
    if (row->set != NULL) {
        row->set(&c);
    }
    struct plan *plan = case_plan(&c, &err);
    if (plan == NULL) {
        fail_msg("%s: %s", row->script, err.text);
    }
    struct check *k = check_new(&c, plan);
    const char *wrong = play(k, row->script, true, text, sizeof(text));
    const bool fine = row->wrong == NULL ? wrong == NULL : wrong != NULL && says(wrong, row->wrong);
    if (!fine) {
        print_error("%s\n    should say: %s\n    says: %s\n", row->script,
                    row->wrong == NULL ? "nothing" : row->wrong, wrong == NULL ? "nothing" : wrong);
    }
    check_free(k);
    plan_free(plan);
    case_release(&c);
    return fine;
}

#define PLAY(rows)                                                                                 \
    do {                                                                                           \
        int bad = 0;                                                                               \
        for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++) {                            \
            bad += !play_row(&(rows)[i]);                                                          \
        }                                                                                          \
        assert_int_equal(bad, 0);                                                                  \
    } while (0)

static void
test_slots_order_and_limits_are_held(void **state)
{
    (void)state;
    PLAY(slots_rows);
}

static void
test_waves_and_what_lies_between_are_held(void **state)
{
    (void)state;
    PLAY(wave_rows);
}

static void
test_budgets_halts_and_verbs_are_held(void **state)
{
    (void)state;
    PLAY(halt_rows);
}

static void
test_connections_steps_and_turns_are_held(void **state)
{
    (void)state;
    PLAY(host_rows);
}

static void
test_gates_bakes_and_the_late_watch_are_held(void **state)
{
    (void)state;
    PLAY(gate_rows);
}

static void
test_the_switch_and_the_rollback_are_held(void **state)
{
    (void)state;
    PLAY(phase_rows);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots_order_and_limits_are_held),
        cmocka_unit_test(test_waves_and_what_lies_between_are_held),
        cmocka_unit_test(test_budgets_halts_and_verbs_are_held),
        cmocka_unit_test(test_connections_steps_and_turns_are_held),
        cmocka_unit_test(test_gates_bakes_and_the_late_watch_are_held),
        cmocka_unit_test(test_the_switch_and_the_rollback_are_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
