/*
 * test_key.c - which bytes are which keys; as text, to be read.
 */
#include "ui/key.h"

#include "base/buf.h"
#include "base/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- help */

/* A key as a word: its name, where it was, pasted characters in quotes. */
static void
note(void *arg, const struct key *k)
{
    struct buf *out = arg;
    char name[16];

    key_name(k, name);
    if (out->len > 0) {
        buf_addc(out, ' ');
    }
    buf_addf(out, k->pasted ? "'%s'" : "%s", name);
    if (k->code == KEYC_CLICK || k->code == KEYC_WHEEL_UP || k->code == KEYC_WHEEL_DOWN) {
        buf_addf(out, "@%d,%d", k->row, k->col);
    }
}

enum feeding { AT_ONCE, BYTE_BY_BYTE };

/* What the bytes are; late: nothing came for a while after them. */
static char *
keys_of(const char *bytes, size_t len, enum feeding how, bool late)
{
    struct key_reader r = {0};
    struct buf out;

    buf_init(&out, 1 << 20);
    const size_t piece = how == AT_ONCE ? len : 1;
    for (size_t at = 0; at < len; at += piece) {
        key_feed(&r, bytes + at, piece, note, &out);
        assert_in_range(r.len, 0, KEY_PENDING_MAX - 1);
    }
    if (late) {
        key_timeout(&r, note, &out);
        assert_false(key_waits(&r));
    }
    return out.data;
}

static void
assert_keys(const char *bytes, size_t len, bool late, const char *want)
{
    for (int how = AT_ONCE; how <= BYTE_BY_BYTE; how++) {
        char *got = keys_of(bytes, len, (enum feeding)how, late);
        assert_string_equal(got, want);
        free(got);
    }
}

/* ---------------------------------------------------------------- tables */

static const struct {
    const char *bytes, *want;
} plain[] = {
    {"d", "d"},
    {"dD/!", "d D / !"},
    {" ", "Space"},
    {"\r", "Enter"},
    {"\n", "Enter"},
    {"\t", "Tab"},
    {"\x7f\x08", "Backspace Backspace"},
    {"\x01\x03\x1a", "Ctrl-A Ctrl-C Ctrl-Z"},
    {"\x1c\x1d\x1e\x1f", "Ctrl-\\ Ctrl-] Ctrl-^ Ctrl-_"},
    {"ü日\xf0\x9f\x98\x80", "ü 日 \xf0\x9f\x98\x80"},
    {"\033[A\033[B\033[C\033[D", "Up Down Right Left"},
    {"\033OA\033OB\033OC\033OD", "Up Down Right Left"},
    {"\033[H\033[F\033OH\033OF\033[1~\033[4~\033[7~\033[8~", "Home End Home End Home End Home End"},
    {"\033[2~\033[3~\033[5~\033[6~", "Ins Del PgUp PgDn"},
    {"\033OP\033OQ\033OR\033OS", "F1 F2 F3 F4"},
    {"\033[[A\033[[E", "F1 F5"},
    {"\033[11~\033[15~\033[17~\033[24~", "F1 F5 F6 F12"},
    {"\033[Z", "Shift-Tab"},
    {"\033[1;5A\033[1;2B\033[1;3C\033[3;5~", "Ctrl-Up Shift-Down Alt-Right Ctrl-Del"},
    {"\033[1;5P\033O5P\033[1;2R", "Ctrl-F1 Ctrl-F1 Shift-F3"},
    {"\033d\033\r\033\x7f\033\x03\033ü", "Alt-d Alt-Enter Alt-Backspace Ctrl-Alt-C Alt-ü"},
    {"\033\033[A", "Esc Up"},
    {"\033OM\033Oj\033Ok\033Oq\033Oy\033OX\033OI", "Enter * + 1 9 = Tab"},
    /* what some terminals send of themselves, or when they are told to */
    {"\033[27;5;99~\033[99;5u\033[27u\033[13;2u\033[9;2u\033[100u\033[228u",
     "Ctrl-C Ctrl-C Esc Shift-Enter Shift-Tab d ä"},
    {"\033[97:65;5:1u", "Ctrl-A"},
    /* mouse */
    {"\033[<0;1;1M\033[<0;1;1m", "Click@0,0"},
    {"\033[<0;133;40M", "Click@39,132"},
    {"\033[<64;2;3M\033[<65;2;3M\033[<66;2;3M", "Wheel up@2,1 Wheel down@2,1"},
    {"\033[<16;2;3M", "Ctrl-Click@2,1"},
    {"\033[<1;2;3M\033[<2;2;3M\033[<32;2;3M\033[<35;2;3M\033[<128;2;3M", ""},
    {"\033[<0;0;1M\033[<0;1;0M\033[<0M\033[<M", ""},
    {"\033[<0;99999999999;99999999999M", "Click@999998,999998"},
};

static void
test_knows_keys_by_their_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        assert_keys(plain[i].bytes, strlen(plain[i].bytes), false, plain[i].want);
        assert_keys(plain[i].bytes, strlen(plain[i].bytes), true, plain[i].want);
    }
    assert_keys("\0", 1, false, "Ctrl-Space");
}

static const struct {
    const char *bytes, *before, *after; /* nothing came for a while */
} waiting[] = {
    {"\033", "", "Esc"},      {"x\033", "x", "x Esc"}, {"\033\033", "Esc", "Esc Esc"},
    {"\033[", "", "Alt-["},   {"\033O", "", "Alt-O"},  {"\033P", "", "Alt-P"},
    {"\033]", "", "Alt-]"},   {"\033[1;", "", ""},     {"\033[1;5", "", ""},
    {"\033O5", "", ""},       {"\033[[", "", ""},      {"\033[Mab", "", ""},
    {"\033[<0;1", "", ""},    {"\xe6\x97", "", ""},    {"\xf0", "", ""},
    {"\033\xe6\x97", "", ""},
};

static void
test_waits_where_more_may_come(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++) {
        struct key_reader r = {0};
        struct buf out;
        buf_init(&out, 1000);
        key_feed(&r, waiting[i].bytes, strlen(waiting[i].bytes), note, &out);
        assert_true(key_waits(&r));
        buf_release(&out);
        assert_keys(waiting[i].bytes, strlen(waiting[i].bytes), false, waiting[i].before);
        assert_keys(waiting[i].bytes, strlen(waiting[i].bytes), true, waiting[i].after);
    }
}

/* What is no key is left out, and no part of it is a key. */
static const struct {
    const char *bytes, *want;
} strange[] = {
    {"\xff\xfe\x80q", "q"},
    {"\xc3q", "q"},
    {"\xe6\x97q", "q"},
    {"\xc2\x9bq", "q"},
    {"\xe2\x80\xaeq", "q"},
    {"\033[Iq\033[Oq", "q q"},        /* focus */
    {"\033[24;80Rq", "q"},            /* an answer: where the cursor is */
    {"\033[?62;c\033[>1;2;3cq", "q"}, /* what the terminal is */
    {"\033[?2004;1$yq", "q"},
    {"\033[M !!q", "q"}, /* an old mouse report */
    {"\033[M\xff\xff\xffq", "q"},
    {"\033[99999;1~q", "q"},
    {"\033[57358uq", "q"},
    {"\033[1;2;3;4;5Aq", "q"},
    {"\033[201~q", "q"},
    {"\033[;~\033[~q", "q"},
    {"\033[0uq", "q"},
    {"\033[1<Aq", "q"},
    {"\033[\033[A", "Up"}, /* broken off */
    {"\033[1;\rq", "Enter q"},
    {"\033[12\x7fq", "Backspace q"},
    {"\033O1\rq", "Enter q"},
    {"\033Oaq", "q"},
    {"\033]11;rgb:0000/0000/0000\aq", "q"}, /* an answer: the background */
    {"\033]11;rgb:0000/0000/0000\033\\q", "q"},
    {"\033P1+r544e=78\033\\q", "q"},
    {"\033_Gi=1;OK\033\\q", "q"},
    {"\033]11;dddd\033[Aq", "Up q"}, /* broken off */
    {"\033]52;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\aq",
     "q"},
};

static void
test_leaves_out_what_is_no_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        assert_keys(strange[i].bytes, strlen(strange[i].bytes), false, strange[i].want);
    }
}

static void
test_leaves_out_a_sequence_without_end(void **state)
{
    char bytes[300];

    (void)state;
    memset(bytes, '1', sizeof(bytes));
    bytes[0] = 27;
    bytes[1] = '[';
    bytes[297] = 'A';
    bytes[298] = 'q';
    assert_keys(bytes, 299, false, "q");
    bytes[297] = '\r'; /* broken off late */
    assert_keys(bytes, 299, false, "Enter q");
    bytes[297] = 27;
    bytes[298] = '[';
    bytes[299] = 'A';
    assert_keys(bytes, 300, false, "Up");
    assert_keys(bytes, 290, true, "");
}

static void
test_a_string_without_end_ends_with_time(void **state)
{
    struct key_reader r = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    key_feed(&r, "\033]11;rgb", 8, note, &out);
    assert_true(key_waits(&r));
    key_timeout(&r, note, &out);
    assert_false(key_waits(&r));
    key_feed(&r, "q", 1, note, &out);
    assert_string_equal(out.data, "q");
    key_feed(&r, "\033]11;rgb\033", 9, note, &out);
    key_timeout(&r, note, &out);
    assert_false(key_waits(&r));
    key_feed(&r, "\\", 1, note, &out);
    assert_string_equal(out.data, "q \\");
    buf_release(&out);
}

/* ---------------------------------------------------------------- pasting */

static const struct {
    const char *bytes, *want;
} pasted[] = {
    {"\033[200~d\033[201~d", "'d' d"},
    {"\033[200~\033[201~d", "d"},
    {"\033[200~a\nb\r\nc\td\033[201~", "'a' 'Space' 'b' 'Space' 'c' 'Space' 'd'"},
    {"\033[200~web-1\r\033[201~\r", "'w' 'e' 'b' '-' '1' Enter"}, /* not its last line's end */
    {"\033[200~a\n\033[201~\033[200~b\033[201~", "'a' 'b'"},
    {"\033[200~\x03\x1a\x7f"
     "d\033[201~",
     "'d'"}, /* no control key is pasted */
    {"\033[200~\033[Ad\033[201~", "'[' 'A' 'd'"},
    {"\033[200~\033[20d\033[201~", "'[' '2' '0' 'd'"},
    {"\033[200~\033\033[201~d", "d"},
    {"\033[200~ü\xff\xe2\x80\xae\033[201~", "'ü'"},
    {"\033[200~\xe6\x97\033[201~d", "d"},
};

static void
test_pasted_characters_are_no_commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pasted) / sizeof(pasted[0]); i++) {
        assert_keys(pasted[i].bytes, strlen(pasted[i].bytes), false, pasted[i].want);
    }
}

static void
test_a_paste_that_comes_slowly_is_one(void **state)
{
    struct key_reader r = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    key_feed(&r, "\033[200~d\033[20", 11, note, &out);
    assert_false(key_waits(&r));
    key_timeout(&r, note, &out);
    key_feed(&r, "1~d", 3, note, &out);
    assert_string_equal(out.data, "'d' d");
    buf_release(&out);
}

/* Else a terminal that loses the end of one would be deaf for ever. */
static void
test_a_paste_without_an_end_is_ended_by_a_ctrl_c_that_is_typed(void **state)
{
    struct key_reader r = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    key_feed(&r, "\033[200~d", 7, note, &out);
    key_feed(&r, "\003", 1, note, &out); /* part of the paste */
    key_pause(&r);
    key_feed(&r, "\003e", 2, note, &out); /* this too: it does not come alone */
    key_feed(&r, "\003", 1, note, &out);  /* right behind it */
    key_pause(&r);
    key_feed(&r, "\003", 1, note, &out);
    key_feed(&r, "f\003", 2, note, &out);
    assert_string_equal(out.data, "'d' 'e' f Ctrl-C");
    buf_release(&out);
}

/* ---------------------------------------------------------------- anything */

static void
test_pieces_make_no_difference_whatever_comes(void **state)
{
    static const char alphabet[] = "\033\033\033[[[O~;<M0123A\xe6\x97\xa5\r ]\\\a";
    uint64_t random = 7;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        char bytes[200];
        for (size_t i = 0; i < sizeof(bytes); i++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            const uint32_t n = (uint32_t)(random >> 33);
            bytes[i] = n % 16 == 0 ? (char)(n >> 8) : alphabet[(n >> 8) % (sizeof(alphabet) - 1)];
        }
        char *whole = keys_of(bytes, sizeof(bytes), AT_ONCE, round & 1);
        char *single = keys_of(bytes, sizeof(bytes), BYTE_BY_BYTE, round & 1);
        assert_string_equal(whole, single);
        free(whole);
        free(single);
    }
}

static void
test_a_reader_that_is_cleared_by_a_key_goes_on(void **state)
{
    /* as screen_leave does from within */
    struct key_reader r = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    key_feed(&r, "\033[", 2, note, &out);
    r = (struct key_reader){0};
    key_feed(&r, "A", 1, note, &out);
    assert_string_equal(out.data, "A");
    buf_release(&out);
}

static void
test_names_fit_for_every_key(void **state)
{
    (void)state;
    for (int code = KEYC_NONE; code <= KEYC_CLICK; code++) {
        struct key k = {
            .code = (enum key_code)code, .ch = 0x10ffff, .ctrl = true, .alt = true, .shift = true};
        char name[16];
        key_name(&k, name);
        assert_in_range(strlen(name), 1, 15);
        k.ctrl = k.alt = k.shift = false;
        key_name(&k, name);
        assert_true(code == KEYC_NONE || strlen(name) > 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_knows_keys_by_their_bytes),
        cmocka_unit_test(test_waits_where_more_may_come),
        cmocka_unit_test(test_leaves_out_what_is_no_key),
        cmocka_unit_test(test_leaves_out_a_sequence_without_end),
        cmocka_unit_test(test_a_string_without_end_ends_with_time),
        cmocka_unit_test(test_pasted_characters_are_no_commands),
        cmocka_unit_test(test_a_paste_that_comes_slowly_is_one),
        cmocka_unit_test(test_a_paste_without_an_end_is_ended_by_a_ctrl_c_that_is_typed),
        cmocka_unit_test(test_pieces_make_no_difference_whatever_comes),
        cmocka_unit_test(test_a_reader_that_is_cleared_by_a_key_goes_on),
        cmocka_unit_test(test_names_fit_for_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
