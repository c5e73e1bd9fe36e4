/*
 * test_check_host.c - the checker holds connections, steps, turns, gates, bakes and the late watch.
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

static const struct row host_rows[] = {
    /* nothing begins while the last session is being closed */
    {remote,
     "> start 0 s0;> connect 0 #1 s0;< connected 0 #1;> run_step 0.0 #1 s0;< step_done 0.0 #1 x1;"
     "> disconnect 0 s0;" OUT(0, 0) END(2),
     NULL},
    {remote_and_paused,
     "> start 0 s0;> connect 0 #1 s0;< connected 0 #1;> run_step 0.0 #1 s0;< step_done 0.0 #1 x1;"
     "> disconnect 0 s0;" OUT(0, 0) "< retry 0;> start 0 s0;> connect 0 #2 s0;",
     "its last session has not ended"},
    {remote_and_paused,
     "> start 0 s0;> connect 0 #1 s0;< connected 0 #1;> run_step 0.0 #1 s0;< step_done 0.0 #1 x1;"
     "> disconnect 0 s0;" OUT(0, 0) "< retry 0;> start 0 s0;< disconnected 0;",
     "host 0: connect is due"},
    {remote_and_paused,
     "> start 0 s0;> connect 0 #1 s0;< connected 0 #1;> run_step 0.0 #1 s0;< step_done 0.0 #1 x1;"
     "> disconnect 0 s0;" OUT(
         0, 0) "< retry 0;> start 0 s0;< disconnected 0;> connect 0 #2 s0;< connected 0 #2;"
               "> run_step 0.0 #2 s0;< step_done 0.0 #2;> disconnect 0 s0;" OUT(
                   0, 0) "< continue;" END(0),
     NULL},
    /* a session that was lost: connect again before a remote step */
    {remote,
     "> start 0 s0;> connect 0 #1 s0;< connected 0 #1;> run_step 0.0 #1 s0;"
     "< step_not_started 0.0 #1 clost;" WAIT(100) TICK(100) NOWAIT "> run_step 0.0 #1 s0;",
     "what is due is connect"},
    {remote,
     "> start 0 s0;> connect 0 #1 s0;< connected 0 #1;> run_step 0.0 #1 s0;"
     "< step_not_started 0.0 #1 clost;" WAIT(100) TICK(100) NOWAIT
     "> connect 0 #2 s0;< connected 0 #2;> run_step 0.0 #2 s0;",
     "attempt 2, not 1"},
    /* the finally list: run_once by whoever comes first, throttle by position */
    {finally_once, GO(0, 0) GO(1, 1) OK(1) "> finally 1.0 #1 s1;" OK(0) "> finally 0.0 #1 s0;",
     "is run a second time|what is due is release"},
    {finally_once,
     GO(0, 0) GO(1, 1) OK(1) "> finally 1.0 #1 s1;" OK(0)
         OUT(0, 0) "< finally_done 1.0 #1;" OUT(1, 1) END(0),
     NULL},
    {finally_throttled, GO(0, 0) GO(1, 1) OK(1) "> finally 1.0 #1 s1;" OK(0) "> finally 0.0 #1 s0;",
     "is throttled to 1, and 1 hosts"},
    {finally_throttled,
     GO(0, 0) GO(1, 1) OK(1) "> finally 1.0 #1 s1;" OK(0) "< finally_done 1.0 #1;" OUT(1, 1),
     "host 0: finally is due"},
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
    /* the last look is broken off before the run finishes, and its end is waited for */
    {watched,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0) GO(1, 0) WAIT(50) TICK(50)
         NOWAIT PROBE(0, 2) ";" BAD(1) OUT(1, 0) END(2),
     "finish: the run is not over"},
    {watched,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0) GO(1, 0) WAIT(50) TICK(50)
         NOWAIT PROBE(0, 2) ";" BAD(1) OUT(1, 0) "> disconnect 0;" WELL(0, 2) END(2),
     "finish: the run is not over"},
    {watched,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0) GO(1, 0) WAIT(50) TICK(50) NOWAIT PROBE(
         0, 2) ";" BAD(1) OUT(1, 0) "> disconnect 0;" SICK(0, 2) "< disconnected 0;" END(2),
     NULL},
    /* what is broken off is judged no more */
    {watched,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) OUT(0, 0) GO(1, 0) WAIT(50) TICK(50)
         NOWAIT PROBE(0, 2) ";< pause;> disconnect 0;" SICK(0, 2) "> outcome 0;",
     "it has not changed"},
    {with_bake,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) WAIT(10) TICK(10)
         NOWAIT PROBE(0, 2) " s0;< abort;" OUT(0, 0),
     "not at its end"},
    {with_bake,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) WAIT(10) TICK(10)
         NOWAIT PROBE(0, 2) " s0;< abort;" SICK(0, 2) OUT(0, 0) END(0),
     NULL},
    {with_bake,
     GO(0, 0) OK(0) PROBE(0, 1) " s0;" WELL(0, 1) WAIT(10) TICK(10)
         NOWAIT PROBE(0, 2) " s0;< kill;> disconnect 0 s0;< disconnected 0;" OUT(0, 0) END(0),
     "exit code 0, not 2"},
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

static void
test_connections_steps_and_turns_are_held(void **state)
{
    (void)state;
    assert_true(rows_hold(host_rows, COUNT(host_rows)));
}

static void
test_gates_bakes_and_the_late_watch_are_held(void **state)
{
    (void)state;
    assert_true(rows_hold(gate_rows, COUNT(gate_rows)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connections_steps_and_turns_are_held),
        cmocka_unit_test(test_gates_bakes_and_the_late_watch_are_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
