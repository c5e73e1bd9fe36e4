/*
 * script_run.c - runs an executable inventory, and words its failures.
 *
 * Decides how long it may take: 30 s a call, 5 minutes together.  What it says on standard error is
 * shown only when it fails, its last lines, escaped.  Owns nothing.
 */
#include "cli/script_run.h"

#include "base/escape.h"
#include "proc/capture.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { ERRORS_KEPT = 64 * 1024, ERRORS_SHOWN = 400 };

static int64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ": the end of what it said", on one line. */
static void
put_errors(const struct buf *errors, struct buf *out)
{
    size_t len = errors->len;
    size_t begin;

    while (len > 0 && strchr(" \t\r\n", errors->data[len - 1]) != NULL) {
        len--;
    }
    begin = len > ERRORS_SHOWN ? len - ERRORS_SHOWN : 0;
    while (begin < len && begin > 0 && ((unsigned char)errors->data[begin] & 0xc0) == 0x80) {
        begin++; /* never half a character */
    }
    if (len > 0) {
        buf_adds(out, begin > 0 ? ": ..." : ": ");
        escape_line(out, errors->data + begin, len - begin);
    }
}

static int
tell(const struct capture *c, struct err *err)
{
    struct buf said;
    int rc = 0;

    buf_init(&said, 4096);
    put_errors(c->errors, &said);
    if (c->timed_out) {
        rc = err_set(err, ERR_CONFIG, "it ran longer than %" PRId64 " s, and was killed%s",
                     c->timeout_ms / 1000, said.data);
    } else if (!c->too_much && c->signal != 0) {
        rc = err_set(err, ERR_CONFIG, "ended by signal %d%s", c->signal, said.data);
    } else if (!c->too_much && c->exit_code != 0) {
        rc = err_set(err, ERR_CONFIG, "exit %d%s", c->exit_code, said.data);
    }
    buf_release(&said);
    return rc;
}

int
script_run(void *arg, const char *path, const char *const *argv, struct buf *out, struct err *err)
{
    struct script_time *spent = arg;
    const int64_t left_ms = SCRIPT_MS_MAX_TOGETHER - spent->used_ms;
    const int64_t begin_ms = now_ms();
    struct buf errors;
    struct capture c = {.path = path,
                        .argv = argv,
                        .timeout_ms = left_ms < SCRIPT_MS_MAX ? left_ms : SCRIPT_MS_MAX,
                        .out = out,
                        .errors = &errors};
    int rc;

    if (spent->refused != NULL) {
        return err_set(err, ERR_CONFIG, "%s", spent->refused);
    }
    if (left_ms <= 0) {
        return err_set(err, ERR_CONFIG, "executables may run %d s together",
                       SCRIPT_MS_MAX_TOGETHER / 1000);
    }
    buf_init(&errors, ERRORS_KEPT);
    rc = capture_run(&c, err);
    if (rc == 0) {
        rc = tell(&c, err);
    }
    buf_release(&errors);
    spent->used_ms += now_ms() - begin_ms;
    return rc;
}
