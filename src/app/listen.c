/*
 * listen.c - what happens, turned into facts.
 *
 * Callbacks of the pool, of local children and of signals: each only posts a fact with its reason.
 * Output and reasons lose their secrets here, before anything keeps or shows them.  Nothing is
 * decided.
 */
#include "app/run_state.h"

#include "base/xalloc.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
listen_post(struct run *run, const struct fact *fact, const char *reason)
{
    if (reason == NULL || redact_is_empty(run->redact)) {
        inbox_put(&run->inbox, fact, reason);
    } else {
        struct buf shown;
        buf_init(&shown, RUN_OUTPUT_MAX);
        (void)redact_text(run->redact, reason, strlen(reason), &shown);
        inbox_put(&run->inbox, fact, shown.data);
        buf_release(&shown);
    }
    turn_wake(run);
}

void
listen_ask(struct run *run, const struct fact *verb, const char *reason, uint32_t asker)
{
    inbox_put(&run->inbox, verb, reason);
    run->inbox.letters[run->inbox.count - 1].asker = asker;
    turn_wake(run);
}

static struct run_host *
host_of(void *arg, int32_t id)
{
    struct run *run = arg;

    return &run->hosts[id];
}

struct fact
listen_fact_of(const struct run_host *h, enum fact_kind kind, enum cause cause)
{
    const bool connecting =
        kind == FACT_CONNECTED || kind == FACT_CONNECT_FAILED || kind == FACT_THROTTLED;

    return (struct fact){
        .kind = kind,
        .host = h->index,
        .step = h->step,
        .attempt = connecting ? h->connect_attempt : h->attempt,
        .cause = cause,
    };
}

/* The one fact for the end of a finally step tells by its cause whether it ran to an end. */
static struct fact
finally_fact(const struct run_host *h, struct fact fact)
{
    if (fact.kind == FACT_STEP_SKIPPED) {
        const struct plan_step *s = plan_finally_step(h->run->plan, h->step);
        fact.cause = CAUSE_NONE;
        fact.exit_code = 0;
        fact.signal = 0;
        while (fact.exit_code < 255 && !plan_step_accepts(s, fact.exit_code)) {
            fact.exit_code++;
        }
    } else if (fact.kind != FACT_STEP_DONE && fact.cause == CAUSE_NONE) {
        fact.cause = CAUSE_NO_STATUS; /* not CAUSE_LOST, which says that the session is gone */
    }
    fact.kind = FACT_FINALLY_DONE;
    return fact;
}

/* A check is passed or not; the cause says whether the session is still there. */
static struct fact
check_fact(struct fact fact)
{
    const bool good = fact.kind == FACT_STEP_SKIPPED ||
                      (fact.kind == FACT_STEP_DONE && fact.exit_code == 0 && fact.signal == 0);

    fact.value = fact.kind == FACT_STEP_SKIPPED;
    fact.kind = good ? FACT_PROBE_PASSED : FACT_PROBE_FAILED;
    return fact;
}

/* The newest bytes of stderr, to say why a step failed. */
static void
keep_tail(struct run_host *h, const char *bytes, size_t len)
{
    if (h->tail == NULL) {
        h->tail = xcalloc(1, RUN_TAIL_BYTES);
    }
    if (len >= RUN_TAIL_BYTES) {
        bytes += len - RUN_TAIL_BYTES;
        len = RUN_TAIL_BYTES;
        h->tail_len = 0;
    }
    if (h->tail_len + len > RUN_TAIL_BYTES) {
        const size_t drop = h->tail_len + len - RUN_TAIL_BYTES;
        memmove(h->tail, h->tail + drop, h->tail_len - drop);
        h->tail_len -= drop;
    }
    memcpy(h->tail + h->tail_len, bytes, len);
    h->tail_len += len;
}

/* Output without its secrets: to the log and to the screen. */
static void
keep_output(struct run_host *h, int stream, const char *bytes, size_t len)
{
    struct run *run = h->run;
    struct err err = {0};

    if (len == 0) {
        return;
    }
    if (stream == 1) {
        keep_tail(h, bytes, len);
    }
    h->bytes[stream] += (int64_t)len;
    h->moved = true;
    if (run->hostlog != NULL && hostlog_append(run->hostlog, h->host->name, bytes, len, &err) < 0 &&
        !run->log_failed) {
        run->log_failed = true;
        narrate_warning(run, h->host->name, err.text);
    }
    narrate_output(run, h, stream, bytes, len);
    run_show(run);
}

static void
take_output(struct run_host *h, int stream, const char *bytes, size_t len)
{
    struct redact *redact = h->run->redact;
    struct buf shown;

    if (redact_is_empty(redact)) {
        keep_output(h, stream, bytes, len);
        return;
    }
    buf_init(&shown, RUN_OUTPUT_MAX);
    (void)redact_feed(redact, &h->streams[stream], bytes, len, &shown);
    keep_output(h, stream, shown.data, shown.len);
    buf_release(&shown);
}

/* A step is over: what its streams held back was no secret. */
static void
flush_output(struct run_host *h)
{
    struct buf shown;

    for (int stream = 0; stream < RUN_STREAMS && !redact_is_empty(h->run->redact); stream++) {
        buf_init(&shown, RUN_OUTPUT_MAX);
        (void)redact_flush(&h->streams[stream], &shown);
        keep_output(h, stream, shown.data, shown.len);
        buf_release(&shown);
    }
}

void
listen_end_step(struct run_host *h, struct fact fact, const char *reason)
{
    early_opened(h);
    flush_output(h);
    if (h->list == LIST_FINALLY) {
        fact = finally_fact(h, fact);
    } else if (h->list == LIST_CHECKS) {
        fact = check_fact(fact);
    }
    h->child = NULL;
    h->probe = NULL;
    listen_post(h->run, &fact, reason);
}

static void
on_connected(void *arg, int32_t id)
{
    struct run_host *h = host_of(arg, id);
    const struct fact f = listen_fact_of(h, FACT_CONNECTED, CAUSE_NONE);

    h->connect_us = stall_now_us() - h->mark_us;
    listen_post(arg, &f, NULL);
}

static void
on_connect_failed(void *arg, int32_t id, enum cause cause, bool throttled, const char *text)
{
    struct run_host *h = host_of(arg, id);
    const struct fact f =
        listen_fact_of(h, throttled ? FACT_THROTTLED : FACT_CONNECT_FAILED, cause);

    early_opened(h);
    listen_post(arg, &f, text);
}

static void
on_step_sent(void *arg, int32_t id)
{
    struct run_host *h = host_of(arg, id);

    early_opened(h);
    h->mark_us = stall_now_us();
    if (h->list == LIST_STEPS) {
        const struct fact f = listen_fact_of(h, FACT_STEP_SENT, CAUSE_NONE);
        listen_post(arg, &f, NULL);
    }
}

static void
on_output(void *arg, int32_t id, int stderr_stream, const char *bytes, size_t len)
{
    take_output(host_of(arg, id), stderr_stream, bytes, len);
}

static void
on_step_done(void *arg, int32_t id, int exit_code, int signal, const char *note)
{
    struct run_host *h = host_of(arg, id);
    struct fact f = listen_fact_of(h, FACT_STEP_DONE, CAUSE_NONE);

    h->trip_us = stall_now_us() - h->mark_us;
    f.exit_code = exit_code;
    f.signal = signal;
    listen_end_step(h, f, note);
}

static void
on_step_not_started(void *arg, int32_t id, enum cause cause, const char *text)
{
    struct run_host *h = host_of(arg, id);

    listen_end_step(h, listen_fact_of(h, FACT_STEP_NOT_STARTED, cause), text);
}

static void
on_step_unknown(void *arg, int32_t id, enum cause cause, const char *text)
{
    struct run_host *h = host_of(arg, id);

    listen_end_step(h, listen_fact_of(h, FACT_STEP_UNKNOWN, cause), text);
}

static void
on_step_skipped(void *arg, int32_t id)
{
    struct run_host *h = host_of(arg, id);

    listen_end_step(h, listen_fact_of(h, FACT_STEP_SKIPPED, CAUSE_NONE), NULL);
}

static void
on_disconnected(void *arg, int32_t id)
{
    struct run_host *h = host_of(arg, id);
    const struct fact f = listen_fact_of(h, FACT_DISCONNECTED, CAUSE_NONE);

    early_opened(h);
    listen_post(arg, &f, NULL);
}

static void
on_lost(void *arg, int32_t id, const char *text)
{
    const struct fact f = listen_fact_of(host_of(arg, id), FACT_CONNECTION_LOST, CAUSE_LOST);

    listen_post(arg, &f, text);
}

static void
on_warning(void *arg, int32_t id, const char *text)
{
    narrate_warning(arg, host_of(arg, id)->host->name, text);
}

static void
on_host_key_accepted(void *arg, int32_t id, const struct hostkey_shown *key, const char *text)
{
    newkeys_note(arg, key);
    narrate_warning(arg, host_of(arg, id)->host->name, text);
}

static void
on_short_here(void *arg, int32_t id, const char *text)
{
    struct run *run = arg;
    char *said = NULL;

    if (!run->short_said) {
        run->short_said = true;
        said = xasprintf("connections wait, as this machine is short of files or ports: %s", text);
        narrate_warning(run, host_of(arg, id)->host->name, said);
        free(said);
    }
}

const struct pool_events listen_pool = {
    .connected = on_connected,
    .connect_failed = on_connect_failed,
    .step_sent = on_step_sent,
    .output = on_output,
    .step_done = on_step_done,
    .step_skipped = on_step_skipped,
    .step_not_started = on_step_not_started,
    .step_unknown = on_step_unknown,
    .disconnected = on_disconnected,
    .lost = on_lost,
    .warning = on_warning,
    .host_key_accepted = on_host_key_accepted,
    .short_here = on_short_here,
};

static void
on_local_started(void *arg)
{
    const struct run_host *h = arg;

    on_step_sent(h->run, h->index);
}

static void
on_local_output(void *arg, int stderr_stream, const char *bytes, size_t len)
{
    take_output(arg, stderr_stream, bytes, len);
}

static void
on_local_ended(void *arg, int exit_code, int signal, int timed_out)
{
    struct run_host *h = arg;

    struct fact f = listen_fact_of(h, FACT_STEP_DONE, CAUSE_NONE);

    f.exit_code = exit_code;
    f.signal = timed_out && signal == 0 ? SIGKILL : signal;
    listen_end_step(h, f, timed_out ? "killed at its deadline" : NULL);
}

static void
on_local_failed(void *arg, const char *text)
{
    struct run_host *h = arg;

    listen_end_step(h, listen_fact_of(h, FACT_STEP_NOT_STARTED, CAUSE_LOCAL), text);
}

const struct local_events listen_local = {
    .started = on_local_started,
    .output = on_local_output,
    .ended = on_local_ended,
    .failed = on_local_failed,
};

void
listen_probe(void *arg, bool passed, const char *text)
{
    struct run_host *h = arg;
    struct fact f = listen_fact_of(h, FACT_STEP_DONE, CAUSE_NONE);

    f.exit_code = passed ? 0 : 1;
    /* Who reads of a refused connection wants to know which. */
    char *said = passed ? NULL : xasprintf("%s: %s", text, h->asked);
    listen_end_step(h, f, passed ? text : said);
    free(said);
}

void
listen_interrupt(struct run *run, const char *word)
{
    struct fact f = {.kind = FACT_VERB, .host = -1, .step = -1};
    const int active = (int)rollout_active(run->rollout);
    char text[160];

    run->interrupts++;
    if (run->interrupts == 1 && active == 0) {
        (void)snprintf(text, sizeof(text), "%s: no new host is started; none is in flight", word);
        f.verb = VERB_ABORT;
    } else if (run->interrupts == 1) {
        (void)snprintf(text, sizeof(text),
                       "%s: no new host is started; %d in flight %s end (again: kill %s)", word,
                       active, active == 1 ? "runs to its" : "run to their",
                       active == 1 ? "it" : "them");
        f.verb = VERB_ABORT;
    } else if (run->interrupts == 2) {
        (void)snprintf(text, sizeof(text), "killing: %d connection%s closed (again: leave now)",
                       active, active == 1 ? " is" : "s are");
        f.verb = VERB_KILL;
    } else {
        run->left = true;
        run_stop(run);
        return;
    }
    narrate_warning(run, NULL, text);
    listen_post(run, &f, text);
}

static void
on_interrupt(evutil_socket_t number, short what, void *arg)
{
    (void)what;
    listen_interrupt(arg, number == SIGINT ? "interrupted" : "terminated");
}

/* The terminal's end shows as EPIPE or EIO. */
static void
on_hangup(evutil_socket_t number, short what, void *arg)
{
    (void)number;
    (void)what;
    debuglog_reopen(((struct run *)arg)->debuglog);
}

int
listen_signals(struct run *run, struct err *err)
{
    static const struct {
        int number;
        event_callback_fn fn;
    } rows[] = {{SIGINT, on_interrupt}, {SIGTERM, on_interrupt}, {SIGHUP, on_hangup}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        run->signals[i] = evsignal_new(run->base, rows[i].number, rows[i].fn, run);
        if (run->signals[i] == NULL || evsignal_add(run->signals[i], NULL) < 0) {
            return err_set(err, ERR_IO, "signal %d cannot be watched", rows[i].number);
        }
    }
    return 0;
}
