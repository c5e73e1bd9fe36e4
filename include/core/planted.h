/*
 * planted.h - faults put into the core on purpose, to see whether the simulator finds them.
 *
 * Compiled only with -DPLANTED_FAULTS, for build/planted/test/sim/sim; in every other build
 * PLANTED(x) is false and costs nothing.  A new fault is a row of the list and an `if (PLANTED(X))`
 * where it does its harm; docs/sensitivity.md says which seed finds it.
 */
#ifndef CORE_PLANTED_H
#define CORE_PLANTED_H

#include <stdbool.h>

/* name, what it does */
#define PLANTED_LIST(X)                                                                            \
    X(BUDGET_ONE_MORE, "one bad outcome more than the budget is let pass")                         \
    X(BUDGET_TWICE, "a host that fails again after its retry is counted again")                    \
    X(BUDGET_LATE_FREE, "a host that fails after it was ok is not counted")                        \
    X(SCOPE_IGNORED, "budget_by is never exceeded")                                                \
    X(SCOPE_FIRST_ONLY, "of several budget_by variables only the first counts")                    \
    X(EXCUSE_FOREVER, "continue lifts the budget altogether")                                      \
    X(CONTINUE_HALTS, "on_failure continue halts for a budget")                                    \
    X(HALT_STARTS, "hosts are started after a halt")                                               \
    X(WHOLE_WAVE_PASSES, "a wave that failed whole does not halt the run")                         \
    X(WHOLE_WAVE_OF_ONE, "a wave of one host that failed halts the run")                           \
    X(BREAKER_LATE, "the run halts at the fourth denial in a row")                                 \
    X(BREAKER_ADDS_UP, "denials add up over hosts that could be reached")                          \
    X(PERCENT_ROUNDED_UP, "the percent of a budget is rounded up")                                 \
    X(WAVE_ROUNDED_UP, "the percent of a wave is rounded up")                                      \
    X(SERIAL_BEHIND_CANARY, "serial goes on behind the canary instead of beginning anew")          \
    X(SERIAL_LAST_NOT_REPEATED, "behind the last size of serial all hosts are one wave")           \
    X(SEQUENCE_NOT_GROUPED, "sequence_by cuts waves but does not group hosts")                     \
    X(ORDER_REVERSED, "reverse_sorted starts as sorted does")                                      \
    X(BARRIER_CROSSED, "the next wave opens while one host of this is in flight")                  \
    X(WAVE_BAKE_LOST, "a wave does not bake")                                                      \
    X(WAVE_BAKE_NOT_RESTARTED, "a failed look does not begin the wave's bake again")               \
    X(WAVE_PAUSE_LAST, "there is a pause behind the last wave too")                                \
    X(WAVE_PAUSE_LOST, "there is no pause between waves")                                          \
    X(CANARY_PROMOTES_ITSELF, "promote: manual is not waited for")                                 \
    X(CANARY_NOT_JUDGED, "promote: auto goes on though a canary host failed")                      \
    X(PREPARE_BAKES, "the first wave of blue_green bakes")                                         \
    X(SLOT_LEAKED, "the slot of a released host is not free again")                                \
    X(SLOT_NOT_LOWEST, "a host gets a free slot that is not the lowest")                           \
    X(WIDTH_ONE_MORE, "one slot more than W is taken")                                             \
    X(WIDTH_ZERO_IS_ALL, "W of 0 is no limit")                                                     \
    X(WORKERS_NOT_LOWERED, "workers N does not lower W")                                           \
    X(LIMIT_ONE_MORE, "one host more than max_parallel_by is in flight")                           \
    X(LIMIT_FIRST_ONLY, "of several max_parallel_by variables only the first holds")               \
    X(LIMIT_KEPT_BY_PARKED, "a parked host keeps its place in max_parallel_by")                    \
    X(LIMIT_HOLDS_ALL, "a host that waits for its value is not passed over")                       \
    X(STEP_RETRY_ONE_MORE, "a step is tried once more than retries say")                           \
    X(STEP_RETRY_ANY, "a step that is not idempotent is tried again")                              \
    X(STEP_DELAY_LOST, "a step is tried again without its delay")                                  \
    X(ATTEMPT_REUSED,                                                                              \
      "a step of which nobody knows how it ended is sent again under the same number")             \
    X(ATTEMPT_NOT_COMPARED, "a late fact of an earlier attempt is taken for this one's")           \
    X(ROUND_NOT_COMPARED, "a finally_done of an earlier round is taken for this one's")            \
    X(ROUND_ATTEMPTS_ANEW, "attempts of another round are numbered from 1 again")                  \
    X(RETRY_FROM_FAILED_STEP, "retry goes on at the step that failed")                             \
    X(OK_CODES_IGNORED, "ok_exit_codes are not looked at: 0 is good")                              \
    X(SIGNAL_IS_GOOD, "a step that a signal ended is good")                                        \
    X(UNKNOWN_IGNORED, "ignore_errors passes over an unknown end too")                             \
    X(UNKNOWN_FORGOTTEN, "a later refusal to connect hides that a step may have run")              \
    X(REFUSED_TWICE, "a refused channel is tried again more than once")                            \
    X(FINALLY_AFTER_OK_ONLY, "a bad host does not run its finally list")                           \
    X(FINALLY_STOPS, "the finally list ends at its first failed step")                             \
    X(FINALLY_STAYS_OK, "a failed finally step leaves its host ok")                                \
    X(CONNECT_RETRY_ONE_LESS, "connecting is tried once less than max_retries say")                \
    X(CONNECT_RETRY_ALL, "authentication that was denied is tried again")                          \
    X(CONNECT_RETRY_BARE, "connecting is tried again without auto_retry")                          \
    X(BACKOFF_FLAT, "the time between attempts to connect does not double")                        \
    X(CONNECT_NOT_COMPARED, "a late fact of an earlier connection is taken for this one's")        \
    X(CLOSING_NOT_WAITED_FOR, "a host is asked to connect while it is closing")                    \
    X(SESSION_LEFT_OPEN, "a host that failed is released with its session")                        \
    X(GATE_ONE_TRY_LESS, "the gate is lost one try early")                                         \
    X(GATE_NOT_IN_A_ROW, "health_check_successes need not be in a row")                            \
    X(GATE_FIRST_CHECK_ONLY, "only the first check of the gate is asked")                          \
    X(GATE_INTERVAL_LOST, "tries of the gate follow each other at once")                           \
    X(HOST_BAKE_LOST, "a host does not bake")                                                      \
    X(HOST_BAKE_NOT_RESTARTED, "a failed try does not begin the host's bake again")                \
    X(HOST_BAKE_ONE_MORE, "one try more than retries may fail in a bake")                          \
    X(THROTTLE_ONE_MORE, "one host more than throttle is in the step")                             \
    X(THROTTLE_KEPT_BY_FAILED, "a host that failed in a throttled step keeps its turn")            \
    X(ONCE_BY_EACH, "a run_once step is run by each host")                                         \
    X(ONCE_FAILED_PASSES, "the others pass on though the run_once step failed")                    \
    X(ONCE_NOT_HALTING, "a failed run_once step does not halt the run")                            \
    X(ONCE_NOT_LOWEST, "a run_once step is run by the first that comes, not by the lowest")        \
    X(PAUSE_IGNORED, "pause is accepted and does nothing")                                         \
    X(PAUSE_STARTS, "hosts are started in a paused run")                                           \
    X(PAUSE_CLOCKS_RUN, "bake and pause of a wave do not stand still in a pause")                  \
    X(PAUSE_TIMEOUT_LOST, "run_timeout is forgotten by a pause")                                   \
    X(ABORT_GOES_ON_CONNECTING, "abort lets hosts that only connect go on")                        \
    X(ABORT_KEEPS_BAKING, "abort does not end a bake")                                             \
    X(ABORT_ROLLS_ON, "abort lets further rollbacks begin")                                        \
    X(KILL_MISSES_WAITING, "kill passes over hosts that wait for their next attempt")              \
    X(KILL_ROLLS_BACK, "a rollback that was due begins after kill")                                \
    X(KILL_NEVER_UNKNOWN, "a host that is killed is cancelled, whatever was sent to it")           \
    X(SKIP_STARTS, "a skipped host is started all the same")                                       \
    X(RETRY_LAST, "a retried host waits for those that have not started")                          \
    X(SWITCH_AFTER_HALT, "parked hosts are switched after a halt")                                 \
    X(SWITCH_WITHOUT_BARRIER, "the host in slot 0 does not wait for the switch")                   \
    X(PARKED_WITH_SESSION, "a parked host keeps its session")                                      \
    X(WATCH_ONE_MORE, "more than W hosts are looked at")                                           \
    X(WATCH_TOO_RARE, "hosts are looked at every interval * 6")                                    \
    X(WATCH_NEVER, "hosts that are done are never looked at")                                      \
    X(WATCH_IN_PAUSE, "looks go on in a paused run")                                               \
    X(WATCH_NOT_IN_A_ROW, "failed looks need not be in a row")                                     \
    X(WATCH_ONE_LESS, "a host turns to failed one look early")                                     \
    X(ROLLBACK_FIRST_STARTED, "the first started is rolled back first")                            \
    X(ROLLBACK_OF_LOOKS, "a host on which only looks were run is rolled back")                     \
    X(ROLLBACK_OF_FAILED_ONLY, "only hosts that are bad are rolled back")                          \
    X(ROLLBACK_WITHOUT_GATE, "a rolled back host does not pass the gate")                          \
    X(ROLLBACK_BAKES, "a rolled back host bakes")                                                  \
    X(ROLLBACK_FAILED_IS_3, "a failed rollback does not make exit code 7")                         \
    X(UNREACHABLE_IS_2, "only unreachable hosts make exit code 2")                                 \
    X(AHEAD_ONE_MORE, "one session more is ahead than ahead_max and W allow")                      \
    X(AHEAD_TOO_EARLY, "hosts are connected ahead while one of the wave waits to start")           \
    X(AHEAD_IN_PAUSE, "hosts are connected ahead in a paused run")                                 \
    X(AHEAD_OVER_BARRIER, "hosts are connected ahead over a bake, a pause or a promote")           \
    X(AHEAD_IN_LIMIT, "a host whose value is full is not connected ahead")                         \
    X(AHEAD_LEFT_BY_HALT, "a halt does not close what is ahead")                                   \
    X(AHEAD_LEFT_BY_SKIP, "skip does not close what is ahead")                                     \
    X(AHEAD_NOT_WAITED_FOR, "finish and rollback do not wait for what is ahead")                   \
    X(AHEAD_IS_A_TRY, "an attempt that failed ahead is counted among the tries of its round")      \
    X(AHEAD_ATTEMPT_REUSED, "a host whose session ahead has ended connects with attempt 1 again")  \
    X(AHEAD_REFUSAL_FORGOTTEN, "a host that was refused ahead connects once more")                 \
    X(TICK_MOVES_TIME, "a tick before its time changes the state")                                 \
    X(WAIT_ONLY_LATER, "a wait that becomes shorter is not told")                                  \
    X(TIMEOUT_IGNORED, "run_timeout does not halt the run")

#define PLANTED_ENUM(name, text) PLANT_##name,
enum planted { PLANT_NONE, PLANTED_LIST(PLANTED_ENUM) PLANTED_END };

#ifdef PLANTED_FAULTS
extern enum planted planted; /* the one that is on; set by the simulator alone */
#define PLANTED(x) (planted == PLANT_##x)
#else
#define PLANTED(x) false
#endif

#endif
