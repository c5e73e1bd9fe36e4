/*
 * stage.h - somewhere for a sink to write to, and the events of a small run.
 *
 * A file that nobody waits for holds what was written; a pipe that nobody reads is the slow reader;
 * a terminal is a pty whose other end is ours.  Never sleeps, never asks the clock.
 */
#ifndef UNIT_UI_STAGE_H
#define UNIT_UI_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "ui/sink.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

enum { STAGE_BYTES_MAX = 64 << 20 };

struct stage {
    int fds[2];      /* what the sink writes to: stdout and stderr; one twice for a terminal */
    int master;      /* of a terminal, else -1 */
    struct out *out; /* owned */
    struct out *err_out;
    struct sink *sink;
    char *text; /* owned: what stage_text gave last */
};

static inline void
stage_sink(struct stage *s, const struct sink_options *options)
{
    s->out = out_new(s->fds[0], 0);
    s->err_out = s->fds[0] == s->fds[1] ? s->out : out_new(s->fds[1], 0);
    s->sink = sink_new(options, s->out, s->err_out);
}

static inline void
stage_files(struct stage *s, const struct sink_options *options)
{
    *s = (struct stage){.master = -1};
    for (int i = 0; i < 2; i++) {
        s->fds[i] = memfd_create("stage", MFD_CLOEXEC);
        assert_true(s->fds[i] >= 0);
    }
    stage_sink(s, options);
}

static inline void
stage_terminal(struct stage *s, const struct sink_options *options, unsigned short columns,
               unsigned short rows)
{
    const struct winsize size = {.ws_col = columns, .ws_row = rows};
    struct termios t;

    *s = (struct stage){.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    assert_true(s->master >= 0 && grantpt(s->master) == 0 && unlockpt(s->master) == 0);
    s->fds[0] = s->fds[1] = open(ptsname(s->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(s->fds[0] >= 0);
    assert_int_equal(ioctl(s->fds[0], TIOCSWINSZ, &size), 0);
    assert_int_equal(tcgetattr(s->fds[0], &t), 0);
    cfmakeraw(&t); /* what is read is what was written */
    assert_int_equal(tcsetattr(s->fds[0], TCSANOW, &t), 0);
    assert_int_equal(fcntl(s->master, F_SETFL, O_NONBLOCK), 0);
    stage_sink(s, options);
}

static inline char *
stage_read_file(int fd)
{
    const off_t size = lseek(fd, 0, SEEK_END);
    char *text = xcalloc((size_t)size + 1, 1);

    assert_int_equal(pread(fd, text, (size_t)size, 0), size);
    return text;
}

/* All that has come to the terminal and was not read yet. */
static inline char *
stage_read_terminal(struct stage *s)
{
    struct buf all;
    char piece[4096];

    buf_init(&all, STAGE_BYTES_MAX);
    for (;;) {
        const ssize_t n = read(s->master, piece, sizeof(piece));
        if (n <= 0) {
            if (!out_wants(s->out)) {
                break;
            }
            out_flush(s->out);
            continue;
        }
        assert_int_equal(buf_add(&all, piece, (size_t)n), 0);
    }
    char *detached = buf_detach(&all);
    buf_release(&all);
    return detached;
}

/* What was written to stdout (0) or stderr (1) so far, of a terminal: since the last time. */
static inline const char *
stage_text(struct stage *s, int which)
{
    out_flush(s->out);
    out_flush(s->err_out);
    free(s->text);
    s->text = s->master >= 0 ? stage_read_terminal(s) : stage_read_file(s->fds[which]);
    return s->text;
}

static inline void
stage_close(struct stage *s)
{
    sink_close(s->sink);
    if (s->err_out != s->out) {
        out_free(s->err_out);
    }
    out_free(s->out);
    if (s->fds[0] != s->fds[1]) {
        (void)close(s->fds[1]);
    }
    (void)close(s->fds[0]);
    if (s->master >= 0) {
        (void)close(s->master);
    }
    free(s->text);
}

/* ---------------------------------------------------------------- events */

static const char *const stage_hosts[] = {"web-01", "web-02", "web-03"};

static inline struct event
stage_run(const char *const *hosts, int32_t count)
{
    struct event e = event_make(EVENT_RUN_STARTED, 1000);

    e.run = "20261124T000000Z-0123456789abcdef";
    e.env = "test";
    e.action = "deploy";
    e.hosts = hosts;
    e.host_count = count;
    e.workers = 3;
    e.strategy = "rolling";
    e.step_count = 2;
    return e;
}

static inline struct event
stage_host(enum event_type type, int32_t host)
{
    struct event e = event_make(type, 1000);

    e.host = stage_hosts[host];
    e.host_index = host;
    e.slot = host;
    return e;
}

static inline struct event
stage_step(enum event_type type, int32_t host, const char *outcome, int32_t exit_code)
{
    struct event e = stage_host(type, host);

    e.step = 2;
    e.step_count = 5;
    e.step_name = "Switch";
    e.attempt = 1;
    e.outcome = outcome;
    e.exit_code = exit_code;
    e.duration_ms = outcome == NULL ? -1 : 310;
    return e;
}

static inline struct event
stage_end(int32_t host, const char *outcome, int32_t exit_code, const char *reason)
{
    struct event e = stage_host(EVENT_HOST_FINISHED, host);

    e.outcome = outcome;
    e.exit_code = exit_code;
    e.reason = reason;
    e.duration_ms = 1200;
    return e;
}

static inline struct event
stage_output(int32_t host, enum stream stream, const char *bytes, size_t len)
{
    struct event e = stage_host(EVENT_OUTPUT, host);

    e.stream = stream;
    e.data = bytes;
    e.len = len;
    return e;
}

static inline void
stage_tell(struct stage *s, struct event e)
{
    sink_event(s->sink, &e);
}

/* Names host-0000, host-0001, ...: free them with stage_unname. */
static inline char **
stage_names(int32_t count)
{
    char **names = xcalloc((size_t)count, sizeof(*names));

    for (int32_t i = 0; i < count; i++) {
        names[i] = xasprintf("host-%05d", (int)i);
    }
    return names;
}

static inline void
stage_unname(char **names, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        free(names[i]);
    }
    free(names);
}

#endif
