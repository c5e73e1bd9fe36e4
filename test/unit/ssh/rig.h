/*
 * rig.h - a pool with its callbacks recorded as lines of text, one a callback.
 */
#ifndef TEST_RIG_H
#define TEST_RIG_H

#include "base/buf.h"
#include "core/fact.h"
#include "proc/zygote.h"
#include "ssh/hostkey.h"
#include "ssh/keys.h"
#include "ssh/pool.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>

struct rig {
    struct event_base *base;
    struct zygote *zygote; /* borrowed */
    struct locals *locals; /* borrowed; NULL: no local hosts */
    struct hostkeys *hostkeys;
    struct keyring *keyring; /* borrowed */
    struct pool *pool;
    struct buf log;
    struct buf output[2];
    char text[1024]; /* of the last callback that had one */
    int waiting;     /* callbacks of `kind` to wait for */
    const char *kind;
};

static inline void
rig_note(struct rig *r, const char *kind, const char *rest)
{
    (void)buf_addf(&r->log, "%s%s%s\n", kind, rest[0] == '\0' ? "" : " ", rest);
    if (r->kind != NULL && strcmp(kind, r->kind) == 0 && --r->waiting == 0) {
        (void)event_base_loopbreak(r->base);
    }
}

static inline void
rig_cause(struct rig *r, const char *kind, enum cause cause, const char *more, const char *text)
{
    char rest[64];

    (void)snprintf(r->text, sizeof(r->text), "%s", text);
    (void)snprintf(rest, sizeof(rest), "%d%s", (int)cause, more);
    rig_note(r, kind, rest);
}

static inline void
on_connected(void *arg, int32_t id)
{
    (void)id;
    rig_note(arg, "connected", "");
}

static inline void
on_connect_failed(void *arg, int32_t id, enum cause cause, bool throttled, const char *text)
{
    (void)id;
    rig_cause(arg, "connect_failed", cause, throttled ? " throttled" : "", text);
}

static inline void
on_step_sent(void *arg, int32_t id)
{
    (void)id;
    rig_note(arg, "step_sent", "");
}

static inline void
on_output(void *arg, int32_t id, int stderr_stream, const char *bytes, size_t len)
{
    struct rig *r = arg;

    (void)id;
    (void)buf_add(&r->output[stderr_stream], bytes, len);
    rig_note(r, "output", ""); /* dropped from the log by rig_log: cut at any place */
}

static inline void
on_step_done(void *arg, int32_t id, int exit_code, int sig, const char *note)
{
    struct rig *r = arg;
    char rest[64];

    (void)id;
    (void)snprintf(r->text, sizeof(r->text), "%s", note);
    (void)snprintf(rest, sizeof(rest), "%d %d", exit_code, sig);
    rig_note(r, "step_done", rest);
}

static inline void
on_step_not_started(void *arg, int32_t id, enum cause cause, const char *text)
{
    (void)id;
    rig_cause(arg, "step_not_started", cause, "", text);
}

static inline void
on_step_unknown(void *arg, int32_t id, enum cause cause, const char *text)
{
    (void)id;
    rig_cause(arg, "step_unknown", cause, "", text);
}

static inline void
on_disconnected(void *arg, int32_t id)
{
    (void)id;
    rig_note(arg, "disconnected", "");
}

static inline void
on_lost(void *arg, int32_t id, const char *text)
{
    (void)id;
    (void)text;
    rig_note(arg, "lost", "");
}

static inline void
on_warning(void *arg, int32_t id, const char *text)
{
    (void)arg;
    (void)id;
    (void)text;
}

static inline void
on_short_here(void *arg, int32_t id, const char *text)
{
    (void)id;
    rig_cause(arg, "short_here", CAUSE_CONNECT, "", text);
}

static inline struct pool_config
rig_config(struct rig *r)
{
    return (struct pool_config){
        .base = r->base,
        .zygote = r->zygote,
        .locals = r->locals,
        .hostkeys = r->hostkeys,
        .keyring = r->keyring,
        .checking = HOST_KEY_OFF,
        .connect_timeout_ms = 60000,
        .auth_timeout_ms = 60000,
        .events = {.connected = on_connected,
                   .connect_failed = on_connect_failed,
                   .step_sent = on_step_sent,
                   .output = on_output,
                   .step_done = on_step_done,
                   .step_not_started = on_step_not_started,
                   .step_unknown = on_step_unknown,
                   .disconnected = on_disconnected,
                   .lost = on_lost,
                   .warning = on_warning,
                   .short_here = on_short_here},
        .arg = r,
    };
}

/* The log without its output lines. */
static inline const char *
rig_log(struct rig *r)
{
    char *at;

    while ((at = strstr(r->log.data, "output\n")) != NULL) {
        memmove(at, at + 7, strlen(at + 7) + 1);
    }
    return r->log.data;
}

/* base and zygote must be set: a zygote joins one loop for good. */
static inline void
rig_open(struct rig *r)
{
    r->hostkeys = hostkeys_new();
    buf_init(&r->log, 1 << 20);
    buf_init(&r->output[0], 1 << 24);
    buf_init(&r->output[1], 1 << 24);
}

static inline void
rig_close(struct rig *r)
{
    pool_free(r->pool);
    hostkeys_free(r->hostkeys);
    buf_release(&r->log);
    buf_release(&r->output[0]);
    buf_release(&r->output[1]);
}

static inline void
rig_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)event_base_loopbreak(((struct rig *)arg)->base);
}

/* Run the loop until count callbacks of the kind have come; false after a minute. */
static inline bool
rig_wait(struct rig *r, const char *kind, int count)
{
    const struct timeval limit = {.tv_sec = 60};

    struct event *late = evtimer_new(r->base, rig_late, r);

    r->kind = kind;
    r->waiting = count;
    (void)evtimer_add(late, &limit);
    (void)event_base_loop(r->base, 0);
    event_free(late);
    r->kind = NULL;
    return r->waiting <= 0;
}

/* Ask for a script. */
static inline void
rig_run(struct rig *r, int32_t id, const char *script)
{
    const struct step_request q = {.kind = STEP_SCRIPT,
                                   .key = "1.0.1.0",
                                   .script = script,
                                   .script_len = strlen(script),
                                   .fd = -1};

    pool_run(r->pool, id, &q);
}

static inline void
rig_beat(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

/* So many turns of the loop through connecting host 0 and one step; where nothing is left to happen
 * a beat counts as one. */
static inline void
rig_advance(struct rig *r, int turns)
{
    const struct timeval tenth = {.tv_usec = 100000};
    struct event *beat = event_new(r->base, -1, EV_PERSIST, rig_beat, NULL);
    bool asked = false;

    (void)event_add(beat, &tenth);
    for (int i = 0; i < turns && strstr(r->log.data, "step_done") == NULL; i++) {
        if (!asked && strstr(r->log.data, "connected") != NULL) {
            rig_run(r, 0, "exit 0");
            asked = true;
        }
        (void)event_base_loop(r->base, EVLOOP_ONCE);
    }
    event_free(beat);
}

#endif
