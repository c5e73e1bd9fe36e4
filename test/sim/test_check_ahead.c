/*
 * test_check_ahead.c - the checker holds when hosts are connected ahead of their wave, and what of.
 *
 * Each row is a case and a script of facts and orders: right from end to end, or wrong in one
 * place.  Waves are hosts 0 and 1, 2 and 3.
 */
#include "sim/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* A host starts and connects; starts with a session that is up; runs its step; ends and is closed.
 */
#define CALL(h, s) "> start " #h " s" #s ";> connect " #h " #1 s" #s ";"
#define MET(h, s) "< connected " #h " #1;> run_step " #h ".0 #1 s" #s ";"
#define LEAVES(h, s) "> disconnect " #h " s" #s ";> release " #h " s" #s ";"
#define ENDS(h, s) "< step_done " #h ".0 #1;" LEAVES(h, s)
#define AHEAD(h) "> connect " #h " #1;"
#define CALLED BEGIN(0) CALL(0, 0) CALL(1, 1)
#define FIRST CALLED AHEAD(2) AHEAD(3)
#define UP(h) "< connected " #h " #1;"
#define GONE(h) "< disconnected " #h ";"

static const struct row when_rows[] = {
    {ahead,
     FIRST UP(2) UP(3) MET(0, 0) MET(1, 1) ENDS(0, 0) ENDS(1, 1) OVER(0) BEGIN(1) GO(2, 0) GO(3, 1)
         ENDS(2, 0) ENDS(3, 1) OVER(1) END(0),
     NULL},
    {ahead, CALLED, "connect of host 2 ahead is due, and is missing"},
    {ahead, CALLED AHEAD(2), "connect of host 3 ahead is due, and is missing"},
    {ahead, CALLED AHEAD(3), "connect of host 3 ahead: it is the turn of host 2"},
    {ahead, CALLED "> connect 2 #2;", "attempt 2, not 1"},
    {ahead, CALLED "> connect 2 #1 s2;", "slot 2, it has none"},
    {ahead, CALLED AHEAD(2) AHEAD(2), "a second time in this run"},
    {ahead, BEGIN(0) CALL(0, 0) AHEAD(2), "a host of this wave has not started"},
    {ahead, FIRST UP(2) "> run_step 2.0 #1;", "what is due is nothing"},
    {ahead, FIRST UP(2) "> start 2 s2;", "no slot is free"},
    {ahead, FIRST UP(2) "> disconnect 2;", "nothing asks for it"},
    {ahead, FIRST MET(0, 0) ENDS(0, 0) "> start 2 s0;", "the wave before it has not ended"},
    {ahead, FIRST UP(2) UP(3) MET(0, 0) MET(1, 1) ENDS(0, 0) ENDS(1, 1) OVER(0) AHEAD(3),
     "no wave follows"},
    /* no more than A, nor than W */
    {ahead_by_one, CALLED AHEAD(2) AHEAD(3), "1 sessions are ahead, of 1"},
    {ahead_by_one, CALLED AHEAD(2) "< connect_failed 2 #1 cconnect;",
     "connect of host 3 ahead is due"},
    {ahead_by_one, CALLED AHEAD(2) "< connect_failed 2 #1 cconnect;" AHEAD(2), "a second time"},
    {ahead_by_one, CALLED AHEAD(2) "< skip 2;> disconnect 2;" AHEAD(3), "1 sessions are ahead"},
    {ahead_by_one, CALLED AHEAD(2) "< skip 2;> disconnect 2;" GONE(2),
     "connect of host 3 ahead is due"},
    {ahead_of_width_one, BEGIN(0) CALL(0, 0) AHEAD(2), "a host of this wave has not started"},
    {ahead_of_width_one, BEGIN(0) CALL(0, 0) MET(0, 0) ENDS(0, 0) CALL(1, 0) AHEAD(2) AHEAD(3),
     "1 sessions are ahead, of 1"},
    {ahead_of_width_one,
     BEGIN(0) CALL(0, 0) MET(0, 0) ENDS(0, 0) CALL(1, 0) AHEAD(2) "< workers v2;",
     "connect of host 3 ahead is due"},
    {ahead, FIRST "< workers v1;> disconnect 2;", "nothing asks for it"},
    /* where the next wave does not follow at once, and where nothing needs it */
    {ahead_of_a_pause, CALLED AHEAD(2), "does not follow at once"},
    {ahead_of_a_bake, CALLED AHEAD(2), "does not follow at once"},
    {ahead_of_promote, CALLED AHEAD(2), "the canary waits for promote"},
    {ahead_of_nothing, BEGIN(0) GO(0, 0) GO(1, 1) AHEAD(2), "nothing needs a connection"},
    {waves_of_2, BEGIN(0) GO(0, 0) GO(1, 1) AHEAD(2), "nothing is connected ahead"},
    /* a host that waits for its limit or its retry comes first */
    {ahead_with_limits, BEGIN(0) CALL(0, 0) AHEAD(2), "a host of this wave has not started"},
    {ahead, CALLED AHEAD(2) "> start 3 s2;", "no slot is free"},
    {ahead_by_one,
     CALLED AHEAD(2) "< connect_failed 0 #1 cauth;> release 0 s0;< workers v1;< retry 0;"
                     "< connect_failed 2 #1 cconnect;" AHEAD(3),
     "a host waits for its retry"},
    {ahead_by_one,
     CALLED AHEAD(2) "< connect_failed 0 #1 cauth;> release 0 s0;< pause;"
                     "< connect_failed 2 #1 cconnect;< retry 0;> start 0 s0;> connect 0 #2 s0;"
                     "< continue;",
     "connect of host 3 ahead is due"},
    {ahead_by_one,
     CALLED AHEAD(2) "< connect_failed 0 #1 cauth;> release 0 s0;< pause;"
                     "< connect_failed 2 #1 cconnect;" AHEAD(3),
     "the run is paused"},
};

#define WAITING FIRST MET(0, 0) MET(1, 1) ENDS(0, 0)
#define TURN ENDS(1, 1) OVER(0) BEGIN(1)

static const struct row start_rows[] = {
    {ahead, WAITING UP(2) UP(3) TURN "> start 2 s0;> connect 2 #1 s0;", "what is due is run_step"},
    {ahead, WAITING UP(2) UP(3) TURN "> start 2 s0;> start 3 s1;", "host 2: run_step is due"},
    {ahead, WAITING UP(3) TURN "> start 2 s0;> connect 2 #2 s0;", "what is due is nothing"},
    {ahead, WAITING UP(3) TURN "> start 2 s0;> run_step 2.0 #1 s0;", "what is due is nothing"},
    {ahead, WAITING UP(3) TURN "> start 2 s0;" GO(3, 1) UP(2), "host 2: run_step is due"},
    {ahead,
     WAITING UP(3) TURN "> start 2 s0;" GO(3, 1) MET(2, 0) ENDS(2, 0) ENDS(3, 1) OVER(1) END(0),
     NULL},
    /* to try again does not help */
    {ahead, WAITING UP(3) "< connect_failed 2 #1 cauth;> release 2;", "not at its end"},
    {ahead, WAITING UP(3) "< connect_failed 2 #1 cauth;" TURN "> start 2 s0;> connect 2 #2 s0;",
     "what is due is release"},
    {ahead, WAITING UP(3) "< connect_failed 2 #1 chostkey;" TURN "> start 2 s0;> connect 2 #2 s0;",
     "what is due is release"},
    {ahead,
     WAITING UP(3) "< connect_failed 2 #1 cauth;" TURN "> start 2 s0;" OUT(2, 0) GO(3, 0) ENDS(3, 0)
         OVER(1) END(4),
     NULL},
    {ahead,
     WAITING UP(3) "< connect_failed 2 #1 cauth;" TURN "> start 2 s0;" OUT(2, 0) GO(3, 0) ENDS(3, 0)
         OVER(1) END(0),
     "exit code 0, not 4"},
    /* it is an outcome when its host starts, not when it came */
    {ahead_with_budget, WAITING UP(3) "< connect_failed 2 #1 cauth;> disconnect 3;",
     "nothing asks for it"},
    {ahead_with_budget,
     WAITING UP(3) "< connect_failed 2 #1 cauth;" TURN "> start 2 s0;" OUT(2, 0) GO(3, 0),
     "the run has a halt"},
    {ahead_with_budget, WAITING UP(3) "< connect_failed 2 #1 cauth;" TURN "> start 2 s0;" OUT(2, 0),
     "host 3: disconnect is due"},
    {ahead_with_budget,
     WAITING UP(3) "< connect_failed 2 #1 cauth;" TURN
                   "> start 2 s0;> release 2 s0;> disconnect 3;" GONE(3) END(3),
     NULL},
    {ahead_with_pauses,
     WAITING UP(3) "< connect_failed 2 #1 cauth;" TURN "> start 2 s0;" OUT(2, 0) GO(3, 0),
     "the run is paused"},
    {ahead_with_pauses,
     WAITING UP(3) "< connect_failed 2 #1 cauth;" TURN
                   "> start 2 s0;" OUT(2, 0) "< continue;" GO(3, 0) ENDS(3, 0) OVER(1) END(4),
     NULL},
    /* denials count when their hosts start, and one that starts with its session ends the row */
    {ahead,
     CALLED AHEAD(2) AHEAD(3) "< connect_failed 2 #1 cauth;< connect_failed 0 #1 cauth;" OUT(
         0, 0) "< connect_failed 3 #1 cauth;< connect_failed 1 #1 cauth;" OUT(1, 1) OVER(0)
         BEGIN(1) "> start 2 s0;" OUT(2, 0) "> start 3 s0;",
     "the run has a halt"},
    {ahead,
     CALLED AHEAD(2) AHEAD(3) "< connect_failed 2 #1 cauth;< connect_failed 0 #1 cauth;" OUT(
         0, 0) "< connect_failed 3 #1 cauth;< connect_failed 1 #1 cauth;> disconnect 2;",
     "nothing asks for it"},
    {ahead,
     FIRST UP(2) "< connect_failed 3 #1 cauth;< connect_failed 0 #1 cauth;" OUT(
         0, 0) "< connect_failed 1 #1 cauth;" OUT(1, 1) OVER(0) BEGIN(1)
         GO(2, 0) "> start 3 s1;" OUT(3, 1) ENDS(2, 0) OVER(1) END(4),
     NULL},
    /* any other end: as ever, and it was none of its tries */
    {ahead, WAITING UP(3) "< connect_failed 2 #1 cconnect;" TURN "> start 2 s0;" OUT(2, 0),
     "not at its end"},
    {ahead, WAITING UP(3) "< throttled 2 #1;" TURN "> start 2 s0;" OUT(2, 0), "not at its end"},
    {ahead,
     WAITING UP(2) UP(3) "< connection_lost 2 clost;" TURN "> start 2 s0;> run_step 2.0 #1 s0;",
     "what is due is connect"},
    {ahead, WAITING UP(2) UP(3) "< connection_lost 2 clost;" TURN "> start 2 s0;> connect 2 #1 s0;",
     "attempt 1, not 2"},
    {ahead, WAITING UP(2) UP(3) "< connection_lost 2 clost;" TURN "> start 2 s0;" GO(3, 1),
     "host 2: connect is due"},
    {ahead,
     WAITING UP(3) "< throttled 2 #1;" TURN "> start 2 s0;> connect 2 #2 s0;" GO(3, 1)
         ENDS(3, 1) "< throttled 2 #2;" OUT(2, 0),
     "not at its end"},
    {ahead,
     WAITING UP(3) "< throttled 2 #1;" TURN "> start 2 s0;> connect 2 #2 s0;" GO(3, 1)
         ENDS(3, 1) "< throttled 2 #2;" WAIT(125) TICK(125) NOWAIT
     "> connect 2 #3 s0;< throttled 2 #3;" OUT(2, 0) OVER(1) END(4),
     NULL},
    /* what is under way at the start is one */
    {ahead,
     WAITING UP(3) TURN "> start 2 s0;" GO(3, 1) ENDS(3, 1) "< throttled 2 #1;" WAIT(125) TICK(125)
         NOWAIT "> connect 2 #2 s0;< throttled 2 #2;" OUT(2, 0) OVER(1) END(4),
     NULL},
    {ahead,
     WAITING UP(3) TURN "> start 2 s0;" GO(3, 1) ENDS(3, 1) "< throttled 2 #1;" WAIT(125) TICK(125)
         NOWAIT "> connect 2 #2 s0;< throttled 2 #2;" WAIT(400),
     "for nothing|release is due"},
    {ahead,
     WAITING UP(3) TURN "> start 2 s0;" GO(3, 1)
         ENDS(3, 1) "< connect_failed 2 #1 cconnect;" OUT(2, 0) OVER(1) END(4),
     NULL},
    /* so is the one that is up: of two tries the second is the last */
    {ahead,
     WAITING UP(2) UP(3) TURN GO(2, 0) GO(3, 1) "< step_not_started 2.0 #1 clost;" OUT(2, 0)
         ENDS(3, 1) OVER(1) END(4),
     NULL},
    {ahead_and_tried_again,
     WAITING UP(2) UP(3) TURN GO(2, 0) GO(3, 1) ENDS(3, 1) "< step_not_started 2.0 #1 clost;" WAIT(
         125) TICK(125) NOWAIT "> connect 2 #2 s0;< connect_failed 2 #2 cconnect;" WAIT(400),
     "for nothing|release is due"},
    {ahead_and_tried_again,
     WAITING UP(2) UP(3) TURN GO(2, 0) GO(3, 1)
         ENDS(3, 1) "< step_not_started 2.0 #1 clost;" WAIT(125) TICK(125) NOWAIT
     "> connect 2 #2 s0;< connect_failed 2 #2 cconnect;" OUT(2, 0) OVER(1) END(4),
     NULL},
    /* one that was up and lost was never connected: it is cancelled at once */
    {ahead,
     WAITING UP(2) UP(3) "< connection_lost 2 clost;" TURN
                         "> start 2 s0;> connect 2 #2 s0;" GO(3, 1) "< abort;",
     "host 2: disconnect is due"},
    {ahead, WAITING UP(2) UP(3) TURN GO(2, 0) GO(3, 1) "< abort;> disconnect 2 s0;",
     "nothing asks for it"},
};

static const struct row close_rows[] = {
    {ahead, FIRST UP(2) "< abort;> disconnect 0 s0;> disconnect 1 s1;",
     "host 2: disconnect is due"},
    {ahead, FIRST UP(2) "< abort;> disconnect 0 s0;> disconnect 1 s1;> disconnect 2;",
     "host 3: disconnect is due"},
    {ahead, FIRST UP(2) "< abort;> disconnect 3;", "host 2 is to be closed first"},
    {ahead, WAITING "< abort;> disconnect 2;> disconnect 3;> disconnect 2;", "nothing asks for it"},
    {ahead, WAITING "< abort;> disconnect 2;> disconnect 3;" ENDS(1, 1) OVER(0) END(3),
     "finish: 2 sessions ahead have not ended"},
    {ahead, WAITING "< abort;> disconnect 2;> disconnect 3;" ENDS(1, 1) OVER(0) GONE(3) END(3),
     "finish: 1 sessions ahead have not ended"},
    {ahead, WAITING "< abort;> disconnect 2;> disconnect 3;" ENDS(1, 1) OVER(0) GONE(3) GONE(2),
     "is over, and does not finish"},
    {ahead,
     WAITING "< abort;> disconnect 2;> disconnect 3;" ENDS(1, 1) OVER(0) GONE(3) GONE(2) END(3),
     NULL},
    /* what else is told of one that is being closed changes nothing */
    {ahead,
     WAITING "< abort;> disconnect 2;> disconnect 3;" ENDS(1, 1) OVER(0)
         UP(2) "< connect_failed 3 #1 cauth;" GONE(2) END(3),
     "finish: 1 sessions ahead have not ended"},
    {ahead, FIRST "< kill;> disconnect 0 s0;> disconnect 1 s1;", "host 2: disconnect is due"},
    {ahead, FIRST "< skip 2;", "host 2: disconnect is due"},
    {ahead, FIRST "< skip 3;> disconnect 3;> disconnect 3;", "nothing asks for it"},
    {ahead, FIRST UP(2) "< skip 2;> disconnect 2;> start 2 s2;", "no slot is free"},
    {ahead, WAITING UP(3) "< skip 2;> disconnect 2;" TURN GO(3, 0) ENDS(3, 0) OVER(1) END(0),
     "finish: 1 sessions ahead have not ended"},
    {ahead,
     WAITING UP(3) "< skip 2;> disconnect 2;" TURN GO(3, 0) ENDS(3, 0) OVER(1) GONE(2) END(0),
     NULL},
    {ahead, WAITING "< connect_failed 2 #1 cauth;< skip 2;> disconnect 2;", "nothing asks for it"},
    /* a pause lets it stand */
    {ahead, WAITING UP(2) "< pause;> disconnect 2;", "nothing asks for it"},
    {ahead,
     WAITING UP(2) "< pause;" UP(3) ENDS(1, 1) OVER(0) "< continue;" BEGIN(1) GO(2, 0) GO(3, 1),
     "nothing will come any more"},
    {ahead, WAITING UP(2) "< pause;" UP(3) ENDS(1, 1) OVER(0) BEGIN(1) GO(2, 0),
     "has not ended|the run is paused"},
    /* the first rollback waits for them too */
    {ahead_with_rollback,
     FIRST MET(0, 0) MET(1, 1) "< step_done 0.0 #1 x1;> disconnect 0 s0;> release 0 s0;"
                               "> disconnect 2;> disconnect 3;" ENDS(1, 1) OVER(0) GONE(0) GONE(1)
                                   GONE(2) "> rollback 1 s0;",
     "rollback of host 1: the run has a halt"},
    {ahead_with_rollback,
     FIRST MET(0, 0) MET(1, 1) "< step_done 0.0 #1 x1;> disconnect 0 s0;> release 0 s0;"
                               "> disconnect 2;> disconnect 3;" ENDS(1, 1) OVER(0) GONE(0) GONE(1)
                                   GONE(2) GONE(3),
     "rollback of host 1 is due"},
};

static void
test_who_is_connected_ahead_and_when_is_held(void **state)
{
    (void)state;
    assert_true(rows_hold(when_rows, COUNT(when_rows)));
}

static void
test_what_a_host_starts_with_is_held(void **state)
{
    (void)state;
    assert_true(rows_hold(start_rows, COUNT(start_rows)));
}

static void
test_what_is_ahead_is_closed_and_waited_for(void **state)
{
    (void)state;
    assert_true(rows_hold(close_rows, COUNT(close_rows)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_connected_ahead_and_when_is_held),
        cmocka_unit_test(test_what_a_host_starts_with_is_held),
        cmocka_unit_test(test_what_is_ahead_is_closed_and_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
