/*
 * test_report_log.c - the key lines of a run are found in a debug.log of many runs.
 */
#include "cli/report_read.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ID "20261126T120000Z-0123456789abcdef"
#define BEGUN_MS INT64_C(1795694400000) /* 2026-11-26 12:00 UTC */

struct place {
    char root[64];
    FILE *log;
};

static char *
log_path(const struct place *p)
{
    return xasprintf("%s/debug.log", p->root);
}

static int
make_place(void **state)
{
    struct place *p = xcalloc(1, sizeof(*p));

    setenv("TZ", "UTC", 1);
    tzset();
    strcpy(p->root, "/tmp/im-log-XXXXXX");
    assert_non_null(mkdtemp(p->root));
    char *path = log_path(p);
    p->log = fopen(path, "w");
    assert_non_null(p->log);
    free(path);
    *state = p;
    return 0;
}

static int
remove_place(void **state)
{
    struct place *p = *state;
    char *path = log_path(p);

    if (p->log != NULL)
        (void)fclose(p->log);
    (void)unlink(path);
    free(path);
    (void)rmdir(p->root);
    free(p);
    return 0;
}

/* A line, so many milliseconds after the run began. */
static void
line(struct place *p, int64_t after_ms, const char *text)
{
    const int64_t wall_ms = BEGUN_MS + after_ms;
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char when[32];

    assert_non_null(gmtime_r(&seconds, &tm));
    assert_true(strftime(when, sizeof(when), "%Y/%m/%d %H:%M:%S", &tm) > 0);
    fprintf(p->log, "%s.%06d %s\n", when, (int)(wall_ms % 1000 * 1000 + 500), text);
}

/* A run of ten seconds over three hosts. */
static void
begin(struct report *r, int32_t workers)
{
    struct strv names = {0};

    strv_add(&names, "web-01");
    strv_add(&names, "web-02");
    strv_add(&names, "web-03");
    report_begin(r, &names, workers, false);
    strv_clear(&names);
    for (size_t i = 0; i < r->names.count; i++) {
        r->hosts[i].reason = xstrdup("");
        r->hosts[i].rollback_reason = xstrdup("");
    }
    r->run = xstrdup(ID);
    r->action = xstrdup("deploy");
    r->started_wall_ms = BEGUN_MS;
    r->wall_ms = 10000;
    const struct order o = {.kind = ORDER_START, .host = 0, .slot = 0};
    report_take(r, 0, NULL, NULL, &o);
}

static void
finds(struct place *p, int32_t workers, const char *mode, const char *busy)
{
    struct report r;

    (void)fflush(p->log);
    begin(&r, workers);
    report_find_log(p->root, &r);
    assert_int_equal(r.log_found, mode != NULL);
    assert_int_equal(r.log.count, mode != NULL ? 2 : 0);
    if (mode != NULL) {
        assert_string_equal(r.log.items[0], mode);
        assert_string_equal(r.log.items[1], busy);
    }
    report_release(&r);
}

#define MODE3 "[ORCHESTRATOR] Running in PARALLEL mode with 3 workers"

static void
test_the_mode_and_the_busiest_moment_are_found(void **state)
{
    struct place *p = *state;

    line(p, -100, "[ORCHESTRATOR] Running in SEQUENTIAL mode (max_parallel_workers is 0)");
    line(p, 1, MODE3);
    line(p, 2, "[ORCHESTRATOR] Worker 0 processing: deploy for server web-01 (active: 1/3)");
    line(p, 3, "[ORCHESTRATOR] Worker 1 processing: deploy for server web-02 (active: 2/3)");
    line(p, 500, "[ORCHESTRATOR] Worker 1 processing: deploy for server web-03 (active: 2/3)");
    line(p, 20000, "[ORCHESTRATOR] Worker 2 processing: deploy for server web-03 (active: 3/3)");
    finds(p, 3, MODE3,
          "[ORCHESTRATOR] Worker 1 processing: deploy for server web-02 (active: 2/3)");
}

static void
test_a_sequential_run_has_its_own_lines(void **state)
{
    struct place *p = *state;

    line(p, 1, "[ORCHESTRATOR] Running in SEQUENTIAL mode (max_parallel_workers is absent)");
    line(p, 2, "[ORCHESTRATOR] Sequential processing: deploy for server web-01");
    finds(p, 0, "[ORCHESTRATOR] Running in SEQUENTIAL mode (max_parallel_workers is absent)",
          "[ORCHESTRATOR] Sequential processing: deploy for server web-01");
}

static void
test_lines_of_other_runs_actions_and_hosts_are_not_ours(void **state)
{
    struct place *p = *state;

    line(p, 1, "[ORCHESTRATOR] Running in PARALLEL mode with 5 workers");
    line(p, 1, MODE3 " run=20261126T120000Z-ffffffffffffffff");
    line(p, 2, "[ORCHESTRATOR] Worker 4 processing: deploy for server db-01 (active: 5/5)");
    line(p, 2, "[ORCHESTRATOR] Worker 4 processing: update for server web-01 (active: 5/5)");
    line(p, 2, "[OTHER] Worker 4 processing: deploy for server web-01 (active: 5/5)");
    finds(p, 3, NULL, NULL);
    line(p, 3, MODE3);
    line(p, 3, "[ORCHESTRATOR] Worker 0 processing: deploy for server web-01 (active: 1/3)");
    finds(p, 3, MODE3,
          "[ORCHESTRATOR] Worker 0 processing: deploy for server web-01 (active: 1/3)");
}

static void
test_where_lines_are_named_only_those_count(void **state)
{
    struct place *p = *state;

    line(p, 1, MODE3);
    line(p, 1, "[ORCHESTRATOR] Worker 2 processing: deploy for server web-02 (active: 3/3)");
    line(p, 1, MODE3 " run=" ID);
    line(p, 2,
         "[ORCHESTRATOR] Worker 0 processing: deploy for server web-01 (active: 1/3) run=" ID);
    line(p, 3, "[ORCHESTRATOR] Worker 2 processing: deploy for server web-03 (active: 3/3)");
    finds(p, 3, MODE3 " run=" ID,
          "[ORCHESTRATOR] Worker 0 processing: deploy for server web-01 (active: 1/3) run=" ID);
}

static void
fill(struct place *p, int from_s, int to_s)
{
    for (int s = from_s; s < to_s; s++)
        for (int i = 0; i < 5; i++)
            line(p, INT64_C(1000) * s + i,
                 "[ORCHESTRATOR] Worker 1 completed: deploy for web-02 in 1.000s ok");
}

static void
test_a_run_in_the_middle_of_a_long_log_is_found(void **state)
{
    struct place *p = *state;

    fill(p, -20000, 0);
    line(p, 1, MODE3);
    fputs("a line that somebody else wrote\n\n", p->log);
    line(p, 2, "[ORCHESTRATOR] Worker 0 processing: deploy for server web-01 (active: 1/3)");
    fill(p, 1, 20000);
    finds(p, 3, MODE3,
          "[ORCHESTRATOR] Worker 0 processing: deploy for server web-01 (active: 1/3)");
}

static void
test_what_is_no_log_of_ours_is_survived(void **state)
{
    struct place *p = *state;

    for (int i = 0; i < 100000; i++)
        fputs("no stamp at all ", p->log);
    fputc('\n', p->log);
    fputs("2026/11/26 12:00:01.000000 \n2026/11/26 12:00:01.000000 [ORCHESTRATOR] ", p->log);
    fputc('\0', p->log);
    fputs("\n2026/11/26 12:00:01.000000 [ORCHESTRATOR] Worker 0 processing: deploy for server ",
          p->log);
    finds(p, 3, NULL, NULL);
}

static void
test_a_log_that_is_gone_or_a_link_is_not_read(void **state)
{
    struct place *p = *state;
    char *path = log_path(p);

    line(p, 1, MODE3);
    line(p, 2, "[ORCHESTRATOR] Worker 0 processing: deploy for server web-01 (active: 1/3)");
    (void)fflush(p->log);
    char *moved = xasprintf("%s/moved", p->root);
    assert_int_equal(rename(path, moved), 0);
    finds(p, 3, NULL, NULL);
    assert_int_equal(symlink(moved, path), 0);
    finds(p, 3, NULL, NULL);
    assert_int_equal(unlink(moved), 0);
    free(moved);
    free(path);
}

/* It would be read for minutes: this test ends. */
static void
test_a_file_without_lines_is_not_read_to_its_end(void **state)
{
    struct place *p = *state;

    line(p, 1, MODE3);
    line(p, 2, "[ORCHESTRATOR] Worker 0 processing: deploy for server web-01 (active: 1/3)");
    (void)fflush(p->log);
    assert_int_equal(ftruncate(fileno(p->log), (off_t)1 << 37), 0);
    finds(p, 3, MODE3,
          "[ORCHESTRATOR] Worker 0 processing: deploy for server web-01 (active: 1/3)");
}

static void
test_a_run_that_began_at_no_time_has_no_lines(void **state)
{
    static const int64_t odd[] = {INT64_MIN, -1, INT64_MAX};
    struct place *p = *state;

    line(p, 1, MODE3);
    (void)fflush(p->log);
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        struct report r;
        begin(&r, 3);
        r.started_wall_ms = odd[i];
        report_find_log(p->root, &r);
        assert_false(r.log_found);
        report_release(&r);
    }
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_the_mode_and_the_busiest_moment_are_found),
        PLACED(test_a_sequential_run_has_its_own_lines),
        PLACED(test_lines_of_other_runs_actions_and_hosts_are_not_ours),
        PLACED(test_where_lines_are_named_only_those_count),
        PLACED(test_a_run_in_the_middle_of_a_long_log_is_found),
        PLACED(test_what_is_no_log_of_ours_is_survived),
        PLACED(test_a_log_that_is_gone_or_a_link_is_not_read),
        PLACED(test_a_file_without_lines_is_not_read_to_its_end),
        PLACED(test_a_run_that_began_at_no_time_has_no_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
