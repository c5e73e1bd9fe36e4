/*
 * test_check_run.c - the checker holds slots, waves, budgets, verbs, the switch and the rollback.
 *
 * Each row is a case and a script of facts and orders: right from end to end, or wrong in one
 * place.
 */
#include "sim/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

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
    /* a retry opens the wave again: it is told again, and its bake begins anew */
    {with_wave_bake,
     BEGIN(0) GO(0, 0) BAD(0) OUT(0, 0) OVER(0) WAIT(25) "< retry 0;" NOWAIT "> start 0 s0;",
     "the beginning of wave 1 was not told"},
    {with_wave_bake,
     BEGIN(0) GO(0, 0) BAD(0) OUT(0, 0) OVER(0) WAIT(25) "@20;< retry 0;" NOWAIT BEGIN(
         0) "> start 0 s0;> run_step 0.0 #2 s0;"
            "< step_done 0.0 #2 x1;" OUT(0, 0) OVER(0) WAIT(25),
     "something is due at 45|for nothing"},
    {with_wave_bake,
     BEGIN(0) GO(0, 0) BAD(0) OUT(0, 0) OVER(0) WAIT(25) "@20;< retry 0;" NOWAIT BEGIN(
         0) "> start 0 s0;> run_step 0.0 #2 s0;"
            "< step_done 0.0 #2 x1;" OUT(0, 0) OVER(0) WAIT(45) TICK(45) NOWAIT END(2),
     NULL},
    /* a host is counted once, however often it fails */
    {budget_that_pauses,
     GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) "< retry 0;> start 0 s0;> run_step 0.0 #2 s0;"
                                        "< step_done 0.0 #2 x1;" OUT(0, 0) "< continue;" GO(2, 0)
                                            OK(1) OUT(1, 1) GO(3, 1) OK(2) OUT(2, 0) OK(3) OUT(3, 1)
                                                END(2),
     NULL},
    {budget_that_pauses,
     GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) "< continue;" GO(2, 0) BAD(1) OUT(1, 1) GO(3, 1),
     "start of host 3: the run is paused"},
    {waves_with_budget,
     BEGIN(0) GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) BAD(1) OUT(1, 1) OVER(0) BEGIN(1) GO(2, 0),
     "has not ended"},
    {waves_with_budget, BEGIN(0) GO(0, 0) GO(1, 1) BAD(0) OUT(0, 0) BAD(1) OUT(1, 1) OVER(0) END(3),
     NULL},
    {NULL, GO(0, 0) GO(1, 1) "< kill;> disconnect 0 s0;> disconnect 1 s1;< kill;> disconnect 0 s0;",
     "nothing asks for it"},
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

static const struct row phase_rows[] = {
    /* halted before the switch: parked hosts are cancelled, one that comes there later is too */
    {blue_green, BEGIN(0) GO(0, 0) GO(1, 1) OK(0) PARK(0, 0) "< abort;" OK(1) OUT(1, 1) END(3),
     "unpark of host 0 is due"},
    {blue_green,
     BEGIN(0) GO(0, 0) GO(1, 1) OK(0) PARK(0, 0) "< abort;> unpark 0 s0;"
                                                 "> run_step 0.1 #1 s0;",
     "what is due is release"},
    {blue_green,
     BEGIN(0) GO(0, 0) GO(1, 1) OK(0) PARK(0, 0) "< abort;> unpark 0 s0;" OUT(0, 0) OK(1) OUT(1, 1)
         END(3),
     "the end of wave 1 was not told"},
    {rolls_back,
     GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) GO(2, 0) BAD(1) OUT(1, 1) OK(2) OUT(2, 0) BACK(2, 0, 2)
         BACK(1, 1, 2) "< kill;> disconnect 2 s0;> disconnect 1 s1;"
                       "< step_unknown 2.0 #2 ckilled;< disconnected 2;" OUT(
                           2, 0) "< step_unknown 1.0 #2 ckilled;< disconnected 1;" OUT(1, 1) END(3),
     "exit code 3, not 7"},
    {rolls_back,
     GO(0, 0) GO(1, 1) OK(0) OUT(0, 0) GO(2, 0) BAD(1) OUT(1, 1) "< abort;" OK(2) OUT(2, 0)
         BACK(2, 0, 2),
     "rollback of host 2"},
    {rolls_back_one_by_one,
     GO(0, 0) OK(0) OUT(0, 0) GO(1, 0) BAD(1) OUT(1, 0) BACK(1, 0, 2) BACK(0, 1, 2),
     "rollback of host 0: no slot is free"},
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

static void
test_slots_order_and_limits_are_held(void **state)
{
    (void)state;
    assert_true(rows_hold(slots_rows, COUNT(slots_rows)));
}

static void
test_waves_and_what_lies_between_are_held(void **state)
{
    (void)state;
    assert_true(rows_hold(wave_rows, COUNT(wave_rows)));
}

static void
test_budgets_halts_and_verbs_are_held(void **state)
{
    (void)state;
    assert_true(rows_hold(halt_rows, COUNT(halt_rows)));
}

static void
test_the_switch_and_the_rollback_are_held(void **state)
{
    (void)state;
    assert_true(rows_hold(phase_rows, COUNT(phase_rows)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots_order_and_limits_are_held),
        cmocka_unit_test(test_waves_and_what_lies_between_are_held),
        cmocka_unit_test(test_budgets_halts_and_verbs_are_held),
        cmocka_unit_test(test_the_switch_and_the_rollback_are_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
