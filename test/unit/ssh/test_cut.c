/*
 * test_cut.c - a connection to a real sshd is cut at every message of a session, both directions.
 *
 * What the pool tells of each must be one terminal answer, the phase the proxy knows of, and no
 * more than can be known of a step; what was told as not started must never have run, and nothing
 * twice.  CUT_ALL=1: every way of cutting at every place.
 */
#include "cut/life.h"
#include "proc/zygote.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum {
    POINTS_MIN = 200,
    SAMPLE = 7, /* without CUT_ALL, so much of what is not RST */
};

/* ---------------------------------------------------------------- what must hold */

static const char *const place_names[] = {"before", "in the middle of", "after"};
static const char *const way_names[] = {"client", "server"};
static const char *const how_names[] = {"RST", "FIN", "half close"};

static void
blame(int id, const char *what)
{
    const struct life *l = life_at(id);

    print_error("%s %s message %d of the %s (%s, cut=%d eof=%d): %s\n"
                "  %s «%s», cause %d; steps asked %d answered %d: %d %d %d %d «%s»\n",
                how_names[l->plan.how], place_names[l->plan.place], l->plan.message,
                way_names[l->plan.way], cut_phase_name(l->phase), l->was_cut, l->eof_given, what,
                l->end == NULL ? "no end" : l->end, l->text, (int)l->cause, l->asked, l->answered,
                (int)l->answers[0], (int)l->answers[1], (int)l->answers[2], (int)l->answers[3],
                l->step_text);
}

static bool
starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* What is wrong with the end of a session that was cut; NULL: nothing. */
static const char *
judge_end(const struct life *l)
{
    static const struct {
        const char *end;
        const char *said;
        enum cause cause;
    } rows[] = {
        [CUT_IN_VERSION] = {"connect_failed", "kex: throttled: closed before the banner",
                            CAUSE_CONNECT},
        [CUT_IN_KEX] = {"connect_failed", "kex: ", CAUSE_KEX},
        [CUT_IN_AUTH] = {"connect_failed", "auth: ", CAUSE_LOST},
        /* The next step may have been asked for before the end was seen. */
        [CUT_IN_READY] = {"lost", "", CAUSE_NONE},
        [CUT_IN_CHANNEL] = {"lost", "channel: connection lost: ", CAUSE_NONE},
        [CUT_IN_EXEC] = {"lost", "exec: connection lost: ", CAUSE_NONE},
        [CUT_IN_STEP] = {"lost", "connection lost: ", CAUSE_NONE},
        [CUT_IN_STATUS] = {"lost", "", CAUSE_NONE},
    };

    if (l->ends != 1 || l->odd != 0) {
        return "not one end, or a callback too many";
    }
    if (l->asked > LIFE_STEPS) { /* it has asked for the end itself */
        return strcmp(l->end, "disconnected") == 0 ? NULL : "asked to disconnect, told otherwise";
    }
    if (!l->was_cut) {
        return "ended without having been cut";
    }
    if (l->ahead && l->phase > CUT_IN_AUTH) { /* of which channel, the proxy cannot say */
        return strcmp(l->end, "lost") == 0 && strstr(l->text, "connection lost: ") != NULL
                   ? NULL
                   : "not told as lost";
    }
    if (strcmp(l->end, rows[l->phase].end) != 0 || l->cause != rows[l->phase].cause) {
        return "another end";
    }
    if (!starts(l->text, rows[l->phase].said)) {
        return "another phase is named";
    }
    if (l->connected && strstr(l->text, "connection lost: ") == NULL) {
        return "not told as lost";
    }
    return l->throttled == (l->phase == CUT_IN_VERSION) ? NULL : "throttled";
}

/* ... and with what was told of the step under way. */
static const char *
judge_step(const struct life *l)
{
    const int last = l->answered - 1;

    if (l->exit_code != 0) {
        return "a step failed";
    }
    if (l->asked <= LIFE_STEPS && l->asked != l->answered) {
        return "a step without an answer";
    }
    for (int i = 0; i < last; i++) {
        if (l->answers[i] != ANSWER_DONE) {
            return "a step was begun behind one that is not done";
        }
    }
    if (last < 0 || l->asked > LIFE_STEPS || l->ahead) {
        return NULL;
    }
    switch (l->phase) {
    case CUT_IN_CHANNEL:
    case CUT_IN_EXEC:
        return l->answers[last] == ANSWER_NOT_STARTED ? NULL : "it cannot have started";
    case CUT_IN_STEP:
        if (l->answers[last] == ANSWER_DONE) {
            return "done without an exit status";
        }
        return l->eof_given && l->answers[last] != ANSWER_UNKNOWN ? "it may have started" : NULL;
    case CUT_IN_STATUS:
        /* The next one may have been asked for meanwhile. */
        return l->answers[last] == ANSWER_DONE || l->answers[last] == ANSWER_NOT_STARTED
                   ? NULL
                   : "its status was given";
    case CUT_IN_READY:
        return l->answers[last] == ANSWER_NOT_STARTED ? NULL : "it cannot have started";
    case CUT_IN_VERSION:
    case CUT_IN_KEX:
    case CUT_IN_AUTH:
        break;
    }
    return "a step before the connection";
}

/* Run the lives that were planned; how many of them are wrong. */
static int
run_all(void)
{
    int wrong = 0;

    assert_int_equal(lives_run(), 0);
    for (int id = 0; id < lives_count(); id++) {
        const char *end = judge_end(life_at(id));
        const char *step = judge_step(life_at(id));
        if (end != NULL || step != NULL) {
            blame(id, end != NULL ? end : step);
            wrong++;
        }
    }
    return wrong;
}

/* How often the step has run, as its mark says; an upload leaves one file. */
static int
times_run(int id, int step)
{
    char path[LIFE_PATH_MAX];
    struct stat st;

    life_mark(id, step, path);
    if (stat(path, &st) < 0) {
        return 0;
    }
    return step == LIFE_UPLOAD ? 1 : (int)(st.st_size / LIFE_MARK_SIZE);
}

static const char *
lie_about(const struct life *l, int step, int times)
{
    const enum answer answer = step < l->answered ? l->answers[step] : ANSWER_NONE;

    if (times > 1) {
        return "a step ran twice";
    }
    if (answer == ANSWER_DONE) {
        return times == 1 ? NULL : "told as done, and did not run";
    }
    return answer == ANSWER_UNKNOWN || times == 0 ? NULL : "told as not started, and ran";
}

/* What was told as done has run, once; what was told as not started or never asked for has not,
 * however late one looks. */
static int
count_lies(void)
{
    int lies = 0;

    for (int id = 0; id < lives_count(); id++) {
        for (int step = 0; step < LIFE_STEPS; step++) {
            const char *lie = lie_about(life_at(id), step, times_run(id, step));
            if (lie != NULL) {
                blame(id, lie);
                lies++;
            }
        }
    }
    return lies;
}

static int
open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
    return count;
}

/* ---------------------------------------------------------------- the plans */

/* How many messages a whole life has. */
static void
measure(int ret_messages[CUT_WAYS], bool ahead)
{
    const struct cut_plan never = {.message = 0};

    lives_forget();
    lives_plan(&never, ahead);
    if (run_all() > 0) {
        fail();
    }
    assert_int_equal(life_at(0)->answers[LIFE_STEPS - 1], ANSWER_DONE);
    assert_true(ahead || life_at(0)->phase == CUT_IN_STATUS);
    memcpy(ret_messages, life_at(0)->seen, sizeof(life_at(0)->seen));
}

static void
plan_everywhere(const int messages[CUT_WAYS], enum cut_how how, int every)
{
    int n = 0;

    lives_forget();
    for (int way = 0; way < CUT_WAYS; way++) {
        for (int at = 0; at < messages[way] * CUT_PLACES; at++) {
            const struct cut_plan plan = {.way = (enum cut_way)way,
                                          .message = at / CUT_PLACES + 1,
                                          .place = (enum cut_place)(at % CUT_PLACES),
                                          .how = how};
            if (n++ % every == 0) {
                lives_plan(&plan, false);
            }
        }
    }
}

/* At every message, before, in the middle of and after by turns: what is after one is before the
 * next.  everywhere: at each of these places. */
static void
plan_ahead(const int messages[CUT_WAYS], enum cut_how how, bool everywhere)
{
    lives_forget();
    for (int way = 0; way < CUT_WAYS; way++) {
        for (int at = 0; at < messages[way] * CUT_PLACES; at++) {
            const int message = at / CUT_PLACES + 1;
            const struct cut_plan plan = {.way = (enum cut_way)way,
                                          .message = message,
                                          .place = (enum cut_place)(at % CUT_PLACES),
                                          .how = how};
            if (everywhere || at % CUT_PLACES == message % CUT_PLACES) {
                lives_plan(&plan, true);
            }
        }
    }
}

/* How often the lives were cut in each phase, and what was told of steps; returns the sum of cuts.
 */
static int
count_cuts(int ret_phases[CUT_PHASES], int ret_answers[ANSWERS])
{
    int cuts = 0;

    for (int id = 0; id < lives_count(); id++) {
        const struct life *l = life_at(id);
        cuts += l->was_cut;
        ret_phases[l->phase] += l->was_cut;
        for (int i = 0; i < l->answered; i++) {
            ret_answers[l->answers[i]]++;
        }
    }
    return cuts;
}

/* At every one of so many places. */
static void
cut_everywhere(enum cut_how how, int every)
{
    int messages[CUT_WAYS];
    int phases[CUT_PHASES] = {0};
    int answers[ANSWERS] = {0};

    measure(messages, false);
    plan_everywhere(messages, how, every);
    const int before = open_descriptors();
    const int wrong = run_all();
    const int cuts = count_cuts(phases, answers);
    print_message("%s: %d messages of the client, %d of the server, cut %d times\n", how_names[how],
                  messages[CUT_FROM_CLIENT], messages[CUT_FROM_SERVER], cuts);
    for (int i = 0; i < CUT_PHASES; i++) {
        print_message("  %s %d", cut_phase_name((enum cut_phase)i), phases[i]);
        assert_true(phases[i] > 0 || every > 1);
    }
    print_message("\n  steps: done %d, not started %d, unknown %d\n", answers[ANSWER_DONE],
                  answers[ANSWER_NOT_STARTED], answers[ANSWER_UNKNOWN]);
    assert_int_equal(wrong, 0);
    assert_int_equal(count_lies(), 0);
    assert_int_equal(open_descriptors(), before);
    assert_true(cuts >= POINTS_MIN / every);
}

static int
sample(void)
{
    return getenv("CUT_ALL") != NULL ? 1 : SAMPLE;
}

/* fault 8: RST before, in the middle of and after every message, both directions */
static void
test_names_the_phase_when_the_connection_is_reset_at_any_message(void **state)
{
    (void)state;
    cut_everywhere(CUT_RESET, 1);
}

/* fault 8: FIN before, in the middle of and after messages, both directions */
static void
test_names_the_phase_when_the_connection_is_closed_at_any_message(void **state)
{
    (void)state;
    cut_everywhere(CUT_CLOSE, sample());
}

/* fault 8: FIN of the server's half only, while the client may still send */
static void
test_names_the_phase_when_the_server_closes_its_half_at_any_message(void **state)
{
    (void)state;
    cut_everywhere(CUT_HALF, sample());
}

/* fault 18: with the channels of the two next steps, and the shell of the one, sent ahead */
static void
test_nothing_runs_twice_or_unasked_when_it_was_sent_ahead(void **state)
{
    const bool all = getenv("CUT_ALL") != NULL;

    (void)state;
    for (int how = 0; how < (all ? CUT_HOWS : 1); how++) {
        int messages[CUT_WAYS];
        int phases[CUT_PHASES] = {0};
        int answers[ANSWERS] = {0};
        measure(messages, true);
        plan_ahead(messages, (enum cut_how)how, all);
        const int before = open_descriptors();
        const int wrong = run_all();
        const int cuts = count_cuts(phases, answers);
        print_message("%s, ahead: cut %d times; steps: done %d, not started %d, unknown %d\n",
                      how_names[how], cuts, answers[ANSWER_DONE], answers[ANSWER_NOT_STARTED],
                      answers[ANSWER_UNKNOWN]);
        assert_int_equal(wrong, 0);
        assert_int_equal(count_lies(), 0);
        assert_int_equal(open_descriptors(), before);
        assert_true(cuts >= POINTS_MIN / CUT_PLACES);
        assert_true(answers[ANSWER_NOT_STARTED] > 0 && answers[ANSWER_UNKNOWN] > 0);
    }
}

/* ---------------------------------------------------------------- main */

static struct zygote *zygote; /* started before libssh, as main() does */

static int
setup(void **state)
{
    (void)state;
    return lives_start(zygote);
}

static int
teardown(void **state)
{
    (void)state;
    return lives_stop();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_the_phase_when_the_connection_is_reset_at_any_message),
        cmocka_unit_test(test_names_the_phase_when_the_connection_is_closed_at_any_message),
        cmocka_unit_test(test_names_the_phase_when_the_server_closes_its_half_at_any_message),
        cmocka_unit_test(test_nothing_runs_twice_or_unasked_when_it_was_sent_ahead),
    };
    struct err err;

    zygote = zygote_start(&err);
    const int failed = zygote == NULL ? 1 : cmocka_run_group_tests(tests, setup, teardown);
    zygote_free(zygote);
    return failed;
}
