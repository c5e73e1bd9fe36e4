/*
 * test_lines.c - bytes cut into lines, wherever the pieces they come in begin and end.
 */
#include "unit/ui/stage.h"

#include "ui/lines.h"

/* Every line handed on, as "host stream length text|". */
static void
note(void *arg, int32_t host, enum stream stream, const char *line, size_t len)
{
    struct buf *b = arg;

    (void)buf_addf(b, "%d%c:", (int)host, stream == STREAM_STDOUT ? 'o' : 'e');
    (void)buf_add(b, line, len);
    (void)buf_addc(b, '|');
}

static void
test_a_used_up_budget_cuts_lines_rather_than_holding_them(void **state)
{
    struct budget b = {.max = 100000};
    struct lines *l = lines_new(2, &b);
    struct buf got;

    (void)state;
    buf_init(&got, 1000);
    lines_feed(l, 0, STREAM_STDOUT, "begun", 5, note, &got);
    assert_int_equal(got.len, 0);
    assert_true(b.used > 0);
    budget_take(&b, 95000); /* somebody else */
    lines_feed(l, 1, STREAM_STDOUT, "begun", 5, note, &got);
    lines_feed(l, 0, STREAM_STDOUT, " more", 5, note, &got);
    assert_string_equal(got.data, "1o:begun|0o:begun more|");
    lines_feed(l, 0, STREAM_STDOUT, "whole\n", 6, note, &got);
    assert_string_equal(got.data, "1o:begun|0o:begun more|0o:whole|");
    budget_give(&b, 95000);
    assert_int_equal(b.used, 0);
    lines_free(l);
    buf_release(&got);
}

static void
test_lines_are_the_same_wherever_the_pieces_are_cut(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *expected;
        size_t expected_len;
    } rows[] = {
#define ROW(bytes, expected) {bytes, sizeof(bytes) - 1, expected, sizeof(expected) - 1}
        ROW("", ""),
        ROW("\n", "0o:|"),
        ROW("a\nb\n", "0o:a|0o:b|"),
        ROW("a\r\n\r\n\nb", "0o:a|0o:|0o:|0o:b|"),
        ROW("50%\r100%\r\n", "0o:50%\r100%|"),
        ROW("no end\r", "0o:no end\r|"),
        ROW("\r\r\n", "0o:\r|"),
        ROW("x\0y\n\0\n", "0o:x\0y|0o:\0|"),
        ROW("\xff\xfe\n\x80", "0o:\xff\xfe|0o:\x80|"),
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t cut = 0; cut <= rows[i].len; cut++) {
            struct lines *l = lines_new(1, NULL);
            struct buf b;
            buf_init(&b, 1000);
            lines_feed(l, 0, STREAM_STDOUT, rows[i].bytes, cut, note, &b);
            lines_feed(l, 0, STREAM_STDOUT, rows[i].bytes + cut, rows[i].len - cut, note, &b);
            lines_finish(l, 0, note, &b);
            assert_int_equal(b.len, rows[i].expected_len);
            assert_memory_equal(b.data, rows[i].expected, b.len);
            buf_release(&b);
            lines_free(l);
        }
    }
}

static void
test_hosts_and_streams_are_kept_apart(void **state)
{
    struct lines *l = lines_new(2, NULL);
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    lines_feed(l, 0, STREAM_STDOUT, "a", 1, note, &b);
    lines_feed(l, 0, STREAM_STDERR, "b", 1, note, &b);
    lines_feed(l, 1, STREAM_STDOUT, "c", 1, note, &b);
    lines_feed(l, 0, STREAM_STDOUT, "a\n", 2, note, &b);
    assert_string_equal(b.data, "0o:aa|");
    lines_finish(l, 0, note, &b);
    assert_string_equal(b.data, "0o:aa|0e:b|");
    lines_finish(l, 0, note, &b); /* nothing is left, and the host may begin again */
    lines_feed(l, 0, STREAM_STDERR, "d\n", 2, note, &b);
    assert_string_equal(b.data, "0o:aa|0e:b|0e:d|");
    buf_release(&b);
    lines_free(l); /* what host 1 began is forgotten */
}

struct sizes {
    size_t count, last, sum;
};

static void
add_size(void *arg, int32_t host, enum stream stream, const char *line, size_t len)
{
    struct sizes *s = arg;

    (void)host;
    (void)stream;
    (void)line;
    s->count++;
    s->last = len;
    s->sum += len;
    assert_true(len <= LINES_BYTES_MAX);
}

static void
test_a_line_without_end_is_handed_on_in_pieces(void **state)
{
    static const struct {
        size_t len, count, last; /* of bytes before the newline; pieces; the last one */
    } rows[] = {
        {LINES_BYTES_MAX - 1, 1, LINES_BYTES_MAX - 1},
        {LINES_BYTES_MAX, 1, LINES_BYTES_MAX},
        {LINES_BYTES_MAX + 1, 2, 1},
        {3 * LINES_BYTES_MAX, 3, LINES_BYTES_MAX},
        {3 * LINES_BYTES_MAX + 7, 4, 7},
    };
    static const size_t pieces[] = {1000, LINES_BYTES_MAX, SIZE_MAX};
    char *bytes = xcalloc(4, LINES_BYTES_MAX);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
            struct lines *l = lines_new(1, NULL);
            struct sizes s = {0};
            memset(bytes, '\r', rows[i].len); /* none of them is the one of \r\n, but the last */
            bytes[rows[i].len - 1] = 'x';
            bytes[rows[i].len] = '\n';
            for (size_t at = 0; at < rows[i].len + 1;) {
                const size_t left = rows[i].len + 1 - at;
                const size_t n = left < pieces[k] ? left : pieces[k];
                lines_feed(l, 0, STREAM_STDOUT, bytes + at, n, add_size, &s);
                at += n;
            }
            assert_int_equal(s.count, rows[i].count);
            assert_int_equal(s.last, rows[i].last);
            assert_int_equal(s.sum, rows[i].len);
            lines_free(l);
        }
    }
    free(bytes);
}

static void
test_there_may_be_no_host_and_ten_thousand(void **state)
{
    struct lines *l = lines_new(0, NULL);
    struct sizes s = {0};

    (void)state;
    lines_free(l);
    lines_free(NULL);
    l = lines_new(10000, NULL);
    for (int32_t i = 0; i < 10000; i++) {
        lines_feed(l, i, STREAM_STDERR, "half", 4, add_size, &s);
    }
    assert_int_equal(s.count, 0);
    for (int32_t i = 0; i < 10000; i++) {
        lines_finish(l, i, add_size, &s);
    }
    assert_int_equal(s.count, 10000);
    assert_int_equal(s.sum, 40000);
    lines_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_used_up_budget_cuts_lines_rather_than_holding_them),
        cmocka_unit_test(test_lines_are_the_same_wherever_the_pieces_are_cut),
        cmocka_unit_test(test_hosts_and_streams_are_kept_apart),
        cmocka_unit_test(test_a_line_without_end_is_handed_on_in_pieces),
        cmocka_unit_test(test_there_may_be_no_host_and_ten_thousand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
