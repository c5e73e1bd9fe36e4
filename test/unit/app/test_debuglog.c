/*
 * test_debuglog.c - one record is one line, whatever it holds; the file may be renamed or full.
 */
#include "unit/app/rig.h"
#include "unit/base/hostile.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

struct place {
    char dir[64];
    char path[96];
};

static int
place_make(void **state)
{
    struct place *p = xcalloc(1, sizeof(*p));

    (void)snprintf(p->dir, sizeof(p->dir), "/tmp/im-log-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    (void)snprintf(p->path, sizeof(p->path), "%s/debug.log", p->dir);
    *state = p;
    return 0;
}

static int
place_remove(void **state)
{
    struct place *p = *state;
    const int rc = nftw(p->dir, rig_remove_one, 8, FTW_DEPTH | FTW_PHYS);

    free(p);
    return rc;
}

static struct debuglog *
open_log(const char *path)
{
    struct err err = {0};
    struct debuglog *l = debuglog_open(path, &err);

    if (l == NULL) {
        fail_msg("%s", err.text);
    }
    return l;
}

static char *
read_file(const char *path)
{
    char *text = xcalloc(RIG_TEXT_MAX, 1);
    FILE *f = fopen(path, "re");

    assert_non_null(f);
    assert_true(fread(text, 1, RIG_TEXT_MAX - 1, f) < RIG_TEXT_MAX - 1);
    (void)fclose(f);
    return text;
}

static void
test_no_harmful_byte_reaches_the_log_and_a_record_is_a_line(void **state)
{
    const struct place *p = *state;
    struct debuglog *l = open_log(p->path);
    struct prng prng = {.state = 3};
    const long strings = hostile_strings();
    char bytes[HOSTILE_BYTES_MAX];
    long since = 0;

    for (long n = 0; n < strings; n++) {
        const size_t len = hostile_string(&prng, bytes);
        debuglog_line(l, "ORCHESTRATOR", "", "Warning: %.*s\nx", (int)len, bytes);
        since++;
        if (since < 500 && n + 1 < strings) {
            continue;
        }
        char *text = read_file(p->path);
        const size_t all = strlen(text);
        long lines = 0;
        assert_int_equal(hostile_find(text, all), all);
        assert_null(strchr(text, '\t'));
        for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
            lines++;
        }
        assert_int_equal(lines, since);
        free(text);
        assert_int_equal(truncate(p->path, 0), 0);
        since = 0;
    }
    debuglog_close(l);
}

static void
test_a_line_has_time_tag_text_and_suffix(void **state)
{
    const struct place *p = *state;
    struct debuglog *l = open_log(p->path);
    int year, month, day, hour, minute, second, micro, end = 0;
    struct stat st;

    debuglog_line(l, "ORCHESTRATOR", " run=x", "Worker %d stopped", 3);
    char *text = read_file(p->path);
    assert_int_equal(sscanf(text, "%4d/%2d/%2d %2d:%2d:%2d.%6d%n", &year, &month, &day, &hour,
                            &minute, &second, &micro, &end),
                     7);
    assert_int_equal(end, 26);
    assert_string_equal(text + end, " [ORCHESTRATOR] Worker 3 stopped run=x\n");
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    free(text);
    debuglog_close(l);
    debuglog_close(NULL);
}

/* fault 22: debug.log */
static void
test_a_record_is_one_line_whatever_it_holds(void **state)
{
    const struct place *p = *state;
    struct debuglog *l = open_log(p->path);
    char bytes[256];

    for (int i = 1; i < 256; i++) {
        bytes[i - 1] = (char)i;
    }
    bytes[255] = '\0';
    debuglog_line(l, "T", "", "%s", bytes);
    char *text = read_file(p->path);
    const size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        assert_true((text[i] >= 0x20 && text[i] < 0x7f) || (i == len - 1 && text[i] == '\n'));
    }
    assert_non_null(strstr(text, " [T] \\x01\\x02"));
    free(text);
    debuglog_close(l);
}

/* A wave of 10,000 hosts is one line, and none of its names is lost. */
static void
test_a_long_line_is_whole(void **state)
{
    const struct place *p = *state;
    struct debuglog *l = open_log(p->path);
    char *names = xcalloc(100001, 1);

    memset(names, '\n', 100000); /* each becomes two */
    debuglog_line(l, "T", " end", "%s", names);
    char *text = read_file(p->path);
    assert_int_equal(strlen(text), 26 + strlen(" [T] ") + 200000 + strlen(" end\n"));
    assert_string_equal(text + strlen(text) - 7, "\\n end\n");
    free(text);
    free(names);
    debuglog_close(l);
}

static void
test_a_file_that_was_renamed_or_deleted_is_made_anew(void **state)
{
    const struct place *p = *state;
    struct debuglog *l = open_log(p->path);
    char *old = xasprintf("%s.1", p->path);

    debuglog_line(l, "T", "", "one");
    assert_int_equal(rename(p->path, old), 0);
    debuglog_line(l, "T", "", "two");
    char *text = read_file(p->path);
    assert_non_null(strstr(text, " two\n"));
    assert_null(strstr(text, "one"));
    free(text);
    assert_int_equal(unlink(p->path), 0);
    debuglog_line(l, "T", "", "three");
    debuglog_close(l);
    l = open_log(p->path); /* opened again, it is appended to */
    debuglog_line(l, "T", "", "four");
    text = read_file(p->path);
    assert_non_null(strstr(text, " three\n"));
    assert_non_null(strstr(text, " four\n"));
    free(text);
    text = read_file(old);
    assert_non_null(strstr(text, " one\n"));
    assert_null(strstr(text, "two"));
    free(text);
    free(old);
    debuglog_close(l);
}

static void
test_a_place_that_cannot_be_written_is_an_error_at_once(void **state)
{
    const struct place *p = *state;
    char *missing = xasprintf("%s/no/debug.log", p->dir);
    struct err err = {0};

    assert_null(debuglog_open(missing, &err));
    assert_int_equal(err.kind, ERR_IO);
    assert_non_null(strstr(err.text, missing));
    free(missing);
    assert_null(debuglog_open(p->dir, &err));
    assert_int_equal(symlink("/dev/null", p->path), 0);
    assert_null(debuglog_open(p->path, &err)); /* somebody planted it */
    assert_int_equal(err.kind, ERR_IO);
}

/* A full disk, as far as a process can have one: lines are lost, nothing else happens. */
static void
test_lost_lines_stop_nothing(void **state)
{
    const struct place *p = *state;
    struct debuglog *l = open_log(p->path);
    struct rlimit old;
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    debuglog_line(l, "T", "", "one");
    assert_int_equal(sigaction(SIGXFSZ, &ignore, NULL), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    const struct rlimit none = {.rlim_cur = 1, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    debuglog_line(l, "T", "", "lost");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    debuglog_line(l, "T", "", "two");
    char *text = read_file(p->path);
    assert_null(strstr(text, "lost"));
    assert_non_null(strstr(text, " two\n"));
    free(text);
    debuglog_close(l);
}

/* A disk becomes full in the middle of a write: the record after that is a line all the same. */
static void
test_what_follows_a_torn_line_is_a_line_of_its_own(void **state)
{
    struct place *p = *state;
    struct debuglog *l = open_log(p->path);
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct rlimit old;

    assert_int_equal(sigaction(SIGXFSZ, &ignore, NULL), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    const struct rlimit some = {.rlim_cur = 60, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &some), 0);
    debuglog_hold(l);
    debuglog_line(l, "T", "", "one"); /* 35 bytes */
    debuglog_line(l, "T", "", "torn");
    debuglog_flush(l);
    debuglog_line(l, "T", "", "lost");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    debuglog_line(l, "T", "", "three");
    debuglog_line(l, "T", "", "four");
    char *text = read_file(p->path);
    char *rest = NULL;
    assert_non_null(strstr(strtok_r(text, "\n", &rest), "[T] one"));
    assert_null(strstr(strtok_r(NULL, "\n", &rest), "three"));
    const char *third = strtok_r(NULL, "\n", &rest);
    assert_string_equal(third + strlen("2026/11/26 02:14:00.123456"), " [T] three");
    assert_non_null(strstr(strtok_r(NULL, "\n", &rest), "[T] four"));
    assert_null(strtok_r(NULL, "\n", &rest));
    free(text);
    debuglog_close(l);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        TEST(test_no_harmful_byte_reaches_the_log_and_a_record_is_a_line),
        TEST(test_a_line_has_time_tag_text_and_suffix),
        TEST(test_a_record_is_one_line_whatever_it_holds),
        TEST(test_a_long_line_is_whole),
        TEST(test_a_file_that_was_renamed_or_deleted_is_made_anew),
        TEST(test_a_place_that_cannot_be_written_is_an_error_at_once),
        TEST(test_lost_lines_stop_nothing),
        TEST(test_what_follows_a_torn_line_is_a_line_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
