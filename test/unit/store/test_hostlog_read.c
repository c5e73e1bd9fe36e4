/*
 * test_hostlog_read.c - a log is read while it grows, whatever its files are called meanwhile.
 */
#include "unit/store/place.h"

#include "store/hostlog.h"

enum { PIECE = 65536 };
#define MIB ((uint64_t)1024 * 1024)

static struct hostlog *
open_log(const struct place *p)
{
    struct hostlog *l = hostlog_new(p->dir, "test", "run-1", NULL);

    assert_non_null(l);
    return l;
}

static struct hostlog_reader *
open_reader(const struct place *p, const char *host)
{
    struct err err = {0};
    struct hostlog_reader *r = hostlog_reader_new(p->dir, "test", "run-1", host, &err);

    if (r == NULL)
        fail_msg("%s", err.text);
    return r;
}

/* Bytes from..to of a stream that tells where one is. */
static void
append_stream(struct hostlog *l, uint64_t from, uint64_t to)
{
    char piece[PIECE];

    for (uint64_t at = from; at < to; at += PIECE) {
        for (uint64_t i = 0; i < PIECE; i += 8) {
            const uint64_t n = (at + i) / 8;
            memcpy(piece + i, &n, 8);
        }
        assert_int_equal(hostlog_append(l, "web-1", piece, PIECE, NULL), 0);
    }
}

/* All there is now, which must go on at `at`; where it goes on then. */
static uint64_t
read_stream(struct hostlog_reader *r, uint64_t at)
{
    char piece[PIECE];
    struct err err = {0};
    int64_t got;

    while ((got = hostlog_reader_next(r, piece, sizeof(piece), &err)) > 0) {
        assert_int_equal(got % 8, 0);
        for (int64_t i = 0; i < got; i += 8, at += 8) {
            uint64_t n;
            memcpy(&n, piece + i, 8);
            assert_int_equal(n, at / 8);
        }
    }
    if (got < 0)
        fail_msg("%s", err.text);
    return at;
}

static void
reads(struct hostlog_reader *r, const char *expected)
{
    char bytes[256];
    const int64_t got = hostlog_reader_next(r, bytes, sizeof(bytes), NULL);

    assert_int_equal(got, strlen(expected));
    assert_memory_equal(bytes, expected, (size_t)got);
}

static void
test_a_log_is_read_from_before_its_first_byte(void **state)
{
    const struct place *p = *state;
    struct hostlog_reader *r = open_reader(p, "web-1");
    struct hostlog *l;

    reads(r, ""); /* not even a folder */
    l = open_log(p);
    reads(r, "");
    hostlog_append(l, "web-1", "one\n", 4, NULL);
    hostlog_append(l, "web-2", "two\n", 4, NULL);
    reads(r, "one\n");
    reads(r, "");
    hostlog_append(l, "web-1", "more\n", 5, NULL);
    assert_int_equal(hostlog_close(l, NULL), 0);
    reads(r, "more\n");
    reads(r, "");
    hostlog_reader_free(r);
    hostlog_reader_free(NULL);
}

static void
test_a_reader_follows_through_all_files(void **state)
{
    const struct place *p = *state;
    struct hostlog *l = open_log(p);
    struct hostlog_reader *r = open_reader(p, "web-1");
    uint64_t at = 0;

    for (uint64_t written = 0; written < 22 * MIB; written += MIB) {
        append_stream(l, written, written + MIB);
        at = read_stream(r, at);
        assert_int_equal(at, written + MIB);
    }
    append_stream(l, 22 * MIB, 22 * MIB + PIECE);
    assert_int_equal(hostlog_close(l, NULL), 0); /* its file is gone, what was in it is not */
    assert_int_equal(read_stream(r, at), 22 * MIB + PIECE);
    hostlog_reader_free(r);
}

static void
test_who_is_at_the_head_when_it_is_closed_reads_the_tail_there(void **state)
{
    const struct place *p = *state;
    struct hostlog *l = open_log(p);
    struct hostlog_reader *r = open_reader(p, "web-1");
    char byte;

    append_stream(l, 0, 10 * MIB);
    assert_int_equal(hostlog_reader_next(r, &byte, 1, NULL), 1);
    assert_int_equal(hostlog_close(l, NULL), 0);
    hostlog_reader_free(r);
    r = open_reader(p, "web-1");
    assert_int_equal(read_stream(r, 0), 10 * MIB);
    assert_int_equal(read_stream(r, 10 * MIB), 10 * MIB);
    hostlog_reader_free(r);
}

static void
test_a_slow_reader_goes_on_with_the_oldest_that_is_left(void **state)
{
    const struct place *p = *state;
    struct hostlog *l = open_log(p);
    struct hostlog_reader *r = open_reader(p, "web-1");
    uint64_t at;

    append_stream(l, 0, 9 * MIB);
    at = read_stream(r, 0);
    assert_int_equal(at, 9 * MIB);
    append_stream(l, 9 * MIB, 21 * MIB); /* 8-12 is gone, 12-16 too; 16-20 is old, 20-21 new */
    for (char piece[PIECE]; at < 12 * MIB; at += PIECE) /* what it holds it reads to its end */
        assert_int_equal(hostlog_reader_next(r, piece, PIECE, NULL), PIECE);
    assert_int_equal(read_stream(r, 16 * MIB), 21 * MIB);
    hostlog_reader_free(r);
    assert_int_equal(hostlog_close(l, NULL), 0);
}

static void
test_what_is_not_ours_is_not_read(void **state)
{
    const struct place *p = *state;
    struct hostlog *l = open_log(p);
    struct hostlog_reader *r = open_reader(p, "web-1");
    struct err err = {0};
    char path[256], byte;

    snprintf(path, sizeof(path), "%s/test/run-1/web-1.log", p->dir);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(hostlog_reader_next(r, &byte, 1, &err), -1);
    assert_int_equal(err.kind, ERR_IO);
    hostlog_reader_free(r);
    assert_null(hostlog_reader_new(p->dir, "test", "run-1", "../run-2/web-1", &err));
    assert_int_equal(err.kind, ERR_NO_MATCH);
    r = hostlog_reader_new(p->dir, "test", "..", "web-1", &err);
    assert_int_equal(hostlog_reader_next(r, &byte, 1, &err), -1);
    hostlog_reader_free(r);
    assert_int_equal(hostlog_close(l, NULL), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_a_log_is_read_from_before_its_first_byte),
        PLACED(test_a_reader_follows_through_all_files),
        PLACED(test_who_is_at_the_head_when_it_is_closed_reads_the_tail_there),
        PLACED(test_a_slow_reader_goes_on_with_the_oldest_that_is_left),
        PLACED(test_what_is_not_ours_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
