/*
 * test_hostile.c - what a server may send, and what is made of it.
 */
#include "unit/probe/rig.h"

#include "base/prng.h"

static struct zygote *zygote;

#define OK "HTTP/1.1 200 OK\r\n"

static const struct row {
    const char *name;
    struct script script;
    int64_t timeout_ms; /* 0: long */
    int accepts;        /* 0: only 200 */
    bool passed;
    const char *text;
} rows[] = {
    {"an answer of known length",
     {.first = OK "Content-Length: 2\r\n\r\nok", .then = THEN_STALL},
     .passed = true,
     .text = "http 200"},
    {"an answer that ends with the connection",
     {.first = OK "\r\nok", .then = THEN_CLOSE},
     .passed = true,
     .text = "http 200"},
    {"no body",
     {.first = OK "Content-Length: 0\r\n\r\n", .then = THEN_STALL},
     .passed = true,
     .text = "http 200"},
    {"chunks",
     {.first = OK "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", .then = THEN_STALL},
     .passed = true,
     .text = "http 200"},
    {"an accepted status",
     {.first = "HTTP/1.1 204 No Content\r\n\r\n", .then = THEN_STALL},
     .accepts = 204,
     .passed = true,
     .text = "http 204"},
    {"200 where another is accepted",
     {.first = OK "Content-Length: 0\r\n\r\n", .then = THEN_STALL},
     .accepts = 204,
     .text = "http 200"},
    {"a wrong status",
     {.first = "HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n", .then = THEN_STALL},
     .text = "http 503"},
    {"a status of HTTP/1.0",
     {.first = "HTTP/1.0 200 ok\r\n\r\n", .then = THEN_CLOSE},
     .passed = true,
     .text = "http 200"},
    {"100 first",
     {.first = "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 0\r\n\r\n", .then = THEN_STALL},
     .passed = true,
     .text = "http 200"},
    {"an endless body",
     {.first = OK "\r\n", .then = THEN_REPEAT, .again = "xxxxxxxxxxxxxxxx"},
     .passed = true,
     .text = "http 200"},
    {"an endless body with a wrong status",
     {.first = "HTTP/1.1 500 x\r\n\r\n", .then = THEN_REPEAT, .again = "xxxxxxxxxxxxxxxx"},
     .text = "http 500"},
    {"a body of more bytes than are read",
     {.first = OK "Content-Length: 9000000000\r\n\r\n",
      .then = THEN_REPEAT,
      .again = "yyyyyyyyyyyyyyy"},
     .passed = true,
     .text = "http 200"},
    {"endless chunks",
     {.first = OK "Transfer-Encoding: chunked\r\n\r\n",
      .then = THEN_REPEAT,
      .again = "4\r\nzzzz\r\n"},
     .passed = true,
     .text = "http 200"},
    {"an endless chunk extension",
     {.first = OK "Transfer-Encoding: chunked\r\n\r\n4;",
      .then = THEN_REPEAT,
      .again = "zzzzzzzzzzzz"},
     .timeout_ms = STEADY_MS,
     .text = "http 200, but the answer did not end in 2s"},
    {"endless trailers",
     {.first = OK "Transfer-Encoding: chunked\r\n\r\n0\r\n",
      .then = THEN_REPEAT,
      .again = "X-Trailer: zzzzzzzzzz\r\n"},
     .text = "http 200, but the answer's header is longer than 65536 bytes"},
    {"endless headers",
     {.first = OK, .then = THEN_REPEAT, .again = "X-A: bbbbbbbbbbbbbbb\r\n"},
     .text = "the answer's header is longer than 65536 bytes"},
    {"an endless header line",
     {.first = OK "X-A: ", .then = THEN_REPEAT, .again = "bbbbbbbbbbbbbbb"},
     .text = "a header line of the answer is too long"},
    {"a flood of 100",
     {.first = "HTTP/1.1 100 Continue\r\n\r\n",
      .then = THEN_REPEAT,
      .again = "HTTP/1.1 100 Continue\r\n\r\n"},
     .text = "the answer's header is longer than 65536 bytes"},
    {"garbage",
     {.first = "\001\002 what?\r\n\r\n", .then = THEN_CLOSE},
     .text = "the answer is not HTTP"},
    {"endless garbage",
     {.first = "x", .then = THEN_REPEAT, .again = "\033]0;evil\a xxxxxxxxxxxx"},
     .text = "the answer is not HTTP"},
    {"the greeting of sshd",
     {.at_once = true, .first = "SSH-2.0-OpenSSH_9.2\r\n", .then = THEN_STALL},
     .text = "the answer is not HTTP"},
    {"a status that is no number",
     {.first = "HTTP/1.1 2x0 OK\r\n\r\n", .then = THEN_CLOSE},
     .text = "the answer is not HTTP"},
    {"nothing", {.first = "", .then = THEN_CLOSE}, .text = "connection closed without an answer"},
    {"a reset",
     {.first = "", .then = THEN_RESET},
     .text = "the connection broke before the answer was whole"},
    {"an end within the status",
     {.first = "HTTP/1.1 20", .then = THEN_CLOSE},
     .text = "connection closed without an answer"},
    {"an end within the header",
     {.first = OK "Content-Le", .then = THEN_CLOSE},
     .text = "the answer was cut short"},
    {"an end after a header line",
     {.first = OK "Content-Length: 0\r\n", .then = THEN_CLOSE},
     .text = "the answer was cut short"},
    {"an end within the body",
     {.first = OK "Content-Length: 9\r\n\r\nok", .then = THEN_CLOSE},
     .text = "http 200, but the answer was cut short"},
    {"an end within a chunk",
     {.first = OK "Transfer-Encoding: chunked\r\n\r\n9\r\nok", .then = THEN_CLOSE},
     .text = "http 200, but the answer was cut short"},
    {"a reset within the body",
     {.first = OK "Content-Length: 9\r\n\r\nok", .then = THEN_RESET},
     .text = "http 200, but the connection broke before the answer was whole"},
    {"a broken body of a wrong status",
     {.first = "HTTP/1.1 502 x\r\nContent-Length: 9\r\n\r\nok", .then = THEN_CLOSE},
     .text = "http 502"},
    {"silence",
     {.first = "", .then = THEN_STALL},
     .timeout_ms = SHORT_MS,
     .text = "no answer in 0.25s"},
    {"silence after 100",
     {.first = "HTTP/1.1 100 Continue\r\n\r\n", .then = THEN_STALL},
     .timeout_ms = SHORT_MS,
     .text = "no answer in 0.25s"},
    {"silence within the header",
     {.first = OK "Content-Le", .then = THEN_STALL},
     .timeout_ms = SHORT_MS,
     .text = "no answer in 0.25s"},
    {"silence after the header",
     {.first = OK "Content-Length: 9\r\n\r\n", .then = THEN_STALL},
     .timeout_ms = STEADY_MS,
     .text = "http 200, but the answer did not end in 2s"},
    {"silence after a wrong status",
     {.first = "HTTP/1.1 503 x\r\nContent-Length: 9\r\n\r\n", .then = THEN_STALL},
     .timeout_ms = STEADY_MS,
     .text = "http 503"},
    {"a length below zero",
     {.first = OK "Content-Length: -1\r\n\r\n", .then = THEN_STALL},
     .text = "the answer is not HTTP"},
    {"a length past all numbers",
     {.first = OK "Content-Length: 99999999999999999999999\r\n\r\n", .then = THEN_CLOSE},
     .passed = true,
     .text = "http 200"},
    {"two lengths",
     {.first = OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nokok", .then = THEN_CLOSE},
     .passed = true,
     .text = "http 200"},
    {"chunks that are none",
     {.first = OK "Transfer-Encoding: chunked\r\n\r\nwhat?\r\n", .then = THEN_STALL},
     .text = "http 200, but the answer's chunks are not HTTP"},
    {"an encoding nobody asked for",
     {.first = OK "Transfer-Encoding: gzip, chunked\r\n\r\n4\r\nwhat\r\n0\r\n\r\n",
      .then = THEN_STALL},
     .passed = true,
     .text = "http 200"},
    {"bytes of NUL in the header",
     {.first = OK "X: a\0b\r\nContent-Length: 0\r\n\r\n",
      .first_len = sizeof(OK "X: a\0b\r\nContent-Length: 0\r\n\r\n") - 1,
      .then = THEN_STALL},
     .text = "the answer is not HTTP"},
    {"a header that names an encoding",
     {.first = OK "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nwhat", .then = THEN_STALL},
     .passed = true,
     .text = "http 200"},
    {"a status of four digits",
     {.first = "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", .then = THEN_CLOSE},
     .text = "the answer is not HTTP"},
    {"HTTP/3 over TCP",
     {.first = "HTTP/3 200 OK\r\nContent-Length: 0\r\n\r\n", .then = THEN_CLOSE},
     .text = "the answer is not HTTP"},
    {"HTTP/2 without being asked",
     {.first = "HTTP/2 200\r\nContent-Length: 0\r\n\r\n", .then = THEN_CLOSE},
     .passed = true,
     .text = "http 200"},
    {"101 nobody asked for",
     {.first = "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      .then = THEN_STALL},
     .timeout_ms = SHORT_MS,
     .text = "no answer in 0.25s"},
    {"a redirect",
     {.first = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
      .then = THEN_STALL},
     .text = "http 302"},
};

static void
test_says_what_a_server_did(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *w = &rows[i];
        struct rig r = rig_new(zygote, "127.0.0.1", &w->script);
        rig_serve(&r);
        const bool passed = rig_ask(
            &r, &(struct probe_request){.kind = PROBE_HTTP,
                                        .address = "127.0.0.1",
                                        .port = r.port,
                                        .path = "/healthz",
                                        .statuses = &w->accepts,
                                        .status_count = w->accepts != 0,
                                        .timeout_ms = w->timeout_ms > 0 ? w->timeout_ms : LONG_MS});
        if (passed != w->passed || strcmp(r.text, w->text) != 0) {
            fail_msg("%s: %s, \"%s\"", w->name, passed ? "passed" : "failed", r.text);
        }
        assert_int_equal(r.accepted, 1);
        rig_free(&r, zygote);
    }
}

/* Bytes of real answers, changed at random: whatever it is, the probe ends, once, with a text. */
static void
test_survives_answers_that_were_damaged(void **state)
{
    enum { ROUNDS = 300 };
    struct script damaged = {.then = THEN_CLOSE};
    struct prng dice = {.state = 7};
    char bytes[256];

    (void)state;
    struct rig r = rig_new(zygote, "127.0.0.1", &damaged);
    rig_serve(&r);
    for (int i = 0; i < ROUNDS; i++) {
        const struct script *from = &rows[prng_below(&dice, sizeof(rows) / sizeof(rows[0]))].script;
        const size_t len = strlen(from->first);
        memcpy(bytes, from->first, len + 1);
        for (uint64_t n = prng_below(&dice, 4); n > 0 && len > 0; n--) {
            bytes[prng_below(&dice, len)] = (char)prng_below(&dice, 256);
        }
        damaged.first = bytes;
        damaged.first_len = len;
        (void)rig_ask(&r, &(struct probe_request){.kind = PROBE_HTTP,
                                                  .address = "127.0.0.1",
                                                  .port = r.port,
                                                  .timeout_ms = LONG_MS});
        assert_true(r.text[0] != '\0');
        rig_drain(&r);
    }
    rig_free(&r, zygote);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_says_what_a_server_did),
        cmocka_unit_test(test_survives_answers_that_were_damaged),
    };
    zygote = zygote_start_with(look_up, NULL);
    assert(zygote != NULL);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    zygote_free(zygote);
    return failed;
}
