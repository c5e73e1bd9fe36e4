/*
 * exec.c - the states of a step: channel, exec, bytes both ways, end.
 *
 * Decides what is known about a step when its channel or the connection ends: done, not started,
 * or unknown (never guessed).  Owns the job of the slot.  Never changes state: slot.c does.
 */
#include "ssh/slot.h"

#include "base/escape.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    TURN_BYTES_MAX = 64 * 1024, /* handed over in one turn: other slots want theirs */
    NOISE_SHOWN = 300,          /* bytes of it in a message */
    STATUS_STRANGE = 255,
};

/* RFC 4254 6.10; numbers of POSIX as Linux has them. */
static const struct {
    const char *name;
    int number;
} signal_names[] = {
    {"ABRT", SIGABRT}, {"ALRM", SIGALRM}, {"BUS", SIGBUS},   {"FPE", SIGFPE},   {"HUP", SIGHUP},
    {"ILL", SIGILL},   {"INT", SIGINT},   {"KILL", SIGKILL}, {"PIPE", SIGPIPE}, {"QUIT", SIGQUIT},
    {"SEGV", SIGSEGV}, {"SYS", SIGSYS},   {"TERM", SIGTERM}, {"TRAP", SIGTRAP}, {"USR1", SIGUSR1},
    {"USR2", SIGUSR2}, {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},
};

static int
signal_number(const char *name)
{
    for (size_t i = 0; i < sizeof(signal_names) / sizeof(signal_names[0]); i++) {
        if (strcmp(signal_names[i].name, name) == 0) {
            return signal_names[i].number;
        }
    }
    return 0;
}

/* ---------------------------------------------------------------- the job */

static int
build(struct slot *s, const struct step_request *r, const char *nonce, struct err *err)
{
    struct slot_job *job = &s->job;

    switch (r->kind) {
    case STEP_SCRIPT: {
        const struct frame_request frame = {
            .nonce = nonce,
            .key = r->key,
            .script = r->script,
            .script_len = r->script_len,
            .preflight = !s->preflighted,
        };
        buf_init(&job->out, FRAME_MAX);
        return frame_build(&job->out, &frame, err);
    }
    case STEP_UPLOAD: {
        const struct upload_request upload = {
            .nonce = nonce, .dest = r->dest, .mode = r->mode, .size = r->size};
        job->upload = upload_new(r->fd, r->size);
        buf_init(&job->out, UPLOAD_HEADER_MAX + TURN_BYTES_MAX);
        return upload_build(&job->out, &upload, err);
    }
    }
    assert(!"a kind outside its enum");
    return -1;
}

void
job_begin(struct slot *s, const struct step_request *r)
{
    struct slot_job *job = &s->job;
    char nonce[FRAME_NONCE_SIZE];
    struct err err;

    assert(!job->active);
    *job = (struct slot_job){
        .active = true, .kind = r->kind, .timeout_ms = r->timeout_ms, .idle_ms = r->idle_ms};
    frame_nonce(nonce);
    frame_head_init(&job->head[0], nonce);
    frame_head_init(&job->head[1], nonce);
    if (build(s, r, nonce, &err) < 0) {
        job->verdict = VERDICT_NOT_STARTED;
        job->cause = CAUSE_LOCAL;
        memcpy(job->text, err.text, sizeof(job->text));
    }
    if (job->timeout_ms > 0) {
        slot_timer_set(s, TIMER_STEP, job->timeout_ms);
    }
}

void
job_release(struct slot_job *job)
{
    buf_release(&job->out);
    upload_free(job->upload);
    frame_head_release(&job->head[0]);
    frame_head_release(&job->head[1]);
    *job = (struct slot_job){0};
}

static void
verdict_set(struct slot *s, enum verdict verdict, enum cause cause, const char *what)
{
    struct slot_job *job = &s->job;

    job->verdict = verdict;
    job->cause = cause;
    (void)snprintf(job->text, sizeof(job->text), "%s%s", slot_state_said(s->state), what);
}

static bool
has_begun(const struct slot_job *job)
{
    return job->head[0].seen || job->head[1].seen;
}

/* What came before the header, for people: the end of it says most. */
static void
verdict_no_header(struct slot *s, enum verdict verdict, const char *what)
{
    struct buf text;

    buf_init(&text, ERR_TEXT_MAX - 256);
    (void)buf_adds(&text, what);
    for (int i = 1; i >= 0; i--) {
        const struct buf *noise = &s->job.head[i].noise;
        size_t len = noise->len;
        while (len > 0 && noise->data[len - 1] == '\n') {
            len--;
        }
        const size_t shown = len < NOISE_SHOWN ? len : NOISE_SHOWN;
        if (shown > 0) {
            (void)buf_addf(&text, "%s ", text.data[text.len - 1] == ':' ? "" : ";");
            escape_line(&text, noise->data + len - shown, shown);
        }
    }
    verdict_set(s, verdict, CAUSE_NO_HEADER, text.data);
    buf_release(&text);
}

static void
verdict_status(struct slot *s, const struct session_exit *e)
{
    struct slot_job *job = &s->job;

    job->verdict = VERDICT_DONE;
    job->exit_code = (int)e->status;
    job->signal = e->has_status ? 0 : signal_number(e->signal);
    (void)snprintf(job->text, sizeof(job->text), "%s",
                   job->upload == NULL ? "" : upload_note(job->upload));
    if (!e->has_status && job->signal == 0) {
        struct buf name;
        buf_init(&name, sizeof(e->signal) * 4);
        escape_line(&name, e->signal, strlen(e->signal));
        job->exit_code = STATUS_STRANGE;
        (void)snprintf(job->text, sizeof(job->text), "ended by signal %s", name.data);
        buf_release(&name);
    } else if (e->has_status && job->exit_code < 0) {
        job->exit_code = STATUS_STRANGE;
        (void)snprintf(job->text, sizeof(job->text), "exit status %u", e->status);
    }
    if (job->cut) {
        (void)snprintf(job->text, sizeof(job->text),
                       "a background process kept the output open; it was cut off");
    }
}

void
job_settle(struct slot *s, enum cause cause, const char *text)
{
    struct slot_job *job = &s->job;
    const struct session_exit none = {0};
    const struct session_exit *e = s->session == NULL ? &none : session_channel_exit(s->session);

    if (job->verdict != VERDICT_NONE) {
        return;
    }
    if ((e->has_status || e->signal[0] != '\0') && has_begun(job)) {
        verdict_status(s, e);
        return;
    }
    /* A frame that is not whole does not run; an upload that is not whole is not renamed. */
    job->verdict = job->handed ? VERDICT_UNKNOWN : VERDICT_NOT_STARTED;
    job->cause = cause;
    (void)snprintf(job->text, sizeof(job->text), "%s", text);
}

void
job_tell(struct slot *s)
{
    const struct pool_events *events = &s->config->events;
    void *arg = s->config->arg;
    struct slot_job job = s->job;
    char text[ERR_TEXT_MAX];

    if (!job.active) {
        return;
    }
    memcpy(text, job.text, sizeof(text));
    job_release(&s->job);
    slot_timer_stop(s, TIMER_STEP);
    slot_timer_stop(s, TIMER_IDLE);
    slot_timer_stop(s, TIMER_DRAIN);
    slot_timer_stop(s, TIMER_DRAIN_MAX);
    switch (job.verdict) {
    case VERDICT_DONE:
        events->step_done(arg, s->id, job.exit_code, job.signal, text);
        break;
    case VERDICT_NOT_STARTED:
        events->step_not_started(arg, s->id, job.cause, text);
        break;
    case VERDICT_UNKNOWN:
        events->step_unknown(arg, s->id, job.cause, text);
        break;
    case VERDICT_NONE:
        assert(!"a step ends with a verdict");
    }
}

/* ---------------------------------------------------------------- states */

enum slot_step
step_ready(struct slot *s)
{
    if (session_pump(s->session) == SESSION_FAIL) {
        return slot_fail_ssh(s, CAUSE_LOST, "connection lost: ");
    }
    if (!s->job.active) {
        return SLOT_WAIT;
    }
    return s->job.verdict == VERDICT_NONE ? SLOT_DONE : SLOT_SKIP;
}

static void
emit(struct slot *s, int stream, const char *bytes, size_t len)
{
    if (len > 0) {
        s->config->events.output(s->config->arg, s->id, stream, bytes, len);
    }
}

/* Called by libssh: note and pass on, nothing else. */
static void
on_data(void *arg, bool is_stderr, const char *bytes, size_t len)
{
    struct slot *s = arg;
    struct frame_head *head = &s->job.head[is_stderr ? 1 : 0];
    const size_t used = frame_head_feed(head, bytes, len);

    s->job.stirred = true;
    if (head->lost && has_begun(&s->job)) { /* the other stream has said what this one did not */
        emit(s, is_stderr ? 1 : 0, head->noise.data, head->noise.len);
        buf_clear(&head->noise);
        head->seen = true;
    }
    if (head->seen) {
        emit(s, is_stderr ? 1 : 0, bytes + used, len - used);
    }
}

enum slot_step
step_open(struct slot *s)
{
    /* The channel belongs to this visit of the state: none is left from an earlier one. */
    if (!session_has_channel(s->session)) {
        session_channel(s->session, on_data, s);
    }
    switch (session_channel_open(s->session)) {
    case SESSION_OK:
        return SLOT_DONE;
    case SESSION_AGAIN:
        return SLOT_WAIT;
    case SESSION_DENIED:
        verdict_set(s, VERDICT_NOT_STARTED, CAUSE_REFUSED, "refused by the server");
        return SLOT_SKIP;
    case SESSION_FAIL:
        break;
    }
    return slot_fail_ssh(s, CAUSE_LOST, "connection lost: ");
}

enum slot_step
step_exec(struct slot *s)
{
    const char *command = s->job.kind == STEP_UPLOAD ? upload_command() : frame_command();

    switch (session_channel_exec(s->session, command)) {
    case SESSION_OK:
        if (s->job.idle_ms > 0) {
            slot_timer_set(s, TIMER_IDLE, s->job.idle_ms);
        }
        return SLOT_DONE;
    case SESSION_AGAIN:
        return SLOT_WAIT;
    case SESSION_DENIED:
        verdict_set(s, VERDICT_NOT_STARTED, CAUSE_REFUSED, "refused by the server");
        return SLOT_SKIP;
    case SESSION_FAIL:
        break;
    }
    return slot_fail_ssh(s, CAUSE_LOST, "connection lost: ");
}

/* Refill from the file when the last of what was read is gone. */
static void
refill(struct slot_job *job)
{
    if (job->out.len == 0 && job->upload != NULL) {
        (void)upload_read(job->upload, &job->out, TURN_BYTES_MAX);
    }
}

/* Hand over what the window takes; false if the channel takes no more. */
static bool
feed(struct slot *s)
{
    struct slot_job *job = &s->job;
    size_t fed = 0;

    while (!job->handed && fed < TURN_BYTES_MAX) {
        const size_t room = session_channel_room(s->session);
        const size_t part = room < job->out.len ? room : job->out.len;
        if (part == 0) {
            break;
        }
        if (!job->sent) {
            job->sent = true;
            s->config->events.step_sent(s->config->arg, s->id);
        }
        const int n = session_channel_write(s->session, job->out.data, part);
        if (n < 0) {
            return false;
        }
        if (n == 0) {
            break; /* a key exchange is under way */
        }
        job->stirred = true;
        fed += (size_t)n;
        buf_drain(&job->out, (size_t)n);
        refill(job);
        job->handed = job->out.len == 0;
    }
    if (fed >= TURN_BYTES_MAX) {
        slot_kick(s);
    }
    if (job->handed && !job->eof_sent) {
        job->eof_sent = session_channel_eof(s->session) == SESSION_OK;
        if (!job->eof_sent && !session_wants_write(s->session)) {
            slot_kick(s); /* AGAIN without a byte pending: nothing else would wake us */
        }
    }
    return true;
}

/* The channel is over: what do we know? */
static void
judge(struct slot *s, const struct session_exit *e)
{
    struct slot_job *job = &s->job;
    const bool ended = e->has_status || e->signal[0] != '\0';

    if (ended && !has_begun(job)) {
        verdict_no_header(s, VERDICT_NOT_STARTED, "ended before the frame began:");
    } else if (ended) {
        /* stderr sent to stdout by an rc file has no header of its own; nothing may be lost. */
        for (int i = 0; i < 2; i++) {
            if (!job->head[i].seen) {
                emit(s, i, job->head[i].noise.data, job->head[i].noise.len);
            }
        }
        verdict_status(s, e);
    } else if (!job->handed) {
        verdict_set(s, VERDICT_NOT_STARTED, CAUSE_LOST, "the channel was closed early");
    } else {
        verdict_set(s, VERDICT_UNKNOWN, CAUSE_NO_STATUS, "closed without an exit status");
    }
    if (ended && has_begun(job)) {
        s->preflighted = true;
    }
}

/* After the exit status: the streams may still bring bytes, or a background child holds them. */
static bool
drained(struct slot *s)
{
    struct slot_job *job = &s->job;
    const unsigned over = 1U << TIMER_DRAIN | 1U << TIMER_DRAIN_MAX;

    if (job->draining && (s->expired & over) != 0) {
        job->cut = true;
        return true;
    }
    if (!job->draining) {
        slot_timer_set(s, TIMER_DRAIN_MAX, DRAIN_MS_MAX);
        slot_timer_set(s, TIMER_DRAIN, DRAIN_MS);
    } else if (job->stirred) {
        slot_timer_set(s, TIMER_DRAIN, DRAIN_MS);
    }
    job->draining = true;
    return false;
}

enum slot_step
step_io(struct slot *s)
{
    struct slot_job *job = &s->job;
    const struct session_exit *e = session_channel_exit(s->session);
    const enum session_io io = session_pump(s->session); /* reading first: see ssh_channel_write */

    if (e->closed || ((e->has_status || e->signal[0] != '\0') && (e->eof || drained(s)))) {
        judge(s, e);
        return SLOT_DONE;
    }
    if (io == SESSION_FAIL) {
        return slot_fail_ssh(s, CAUSE_LOST, "connection lost: ");
    }
    if (job->head[0].lost && !has_begun(job)) {
        verdict_no_header(s, VERDICT_UNKNOWN, "no header in 64 KB of output:");
        return slot_fail(s, CAUSE_NO_HEADER, "closed after 64 KB of output without a header");
    }
    if (!job->draining && !feed(s) && !e->closed) {
        return slot_fail_ssh(s, CAUSE_LOST, "connection lost: ");
    }
    if (e->closed) { /* heard while writing */
        slot_kick(s);
    }
    if (job->stirred && job->idle_ms > 0 && !job->draining) {
        slot_timer_set(s, TIMER_IDLE, job->idle_ms);
    }
    job->stirred = false;
    return SLOT_WAIT;
}

enum slot_step
step_close(struct slot *s)
{
    session_channel_drop(s->session);
    job_tell(s);
    return SLOT_DONE;
}
