/*
 * job.c - one step on its way: what is sent for it, and what can be said of its end.
 *
 * Decides what is known about a step when its channel or the connection ends: done, skipped, not
 * started, or unknown (never guessed).  Owns the job of the slot.  Never touches a channel: exec.c
 * does.
 */
#include "ssh/slot.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "ssh/become.h"

#include <assert.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    NOISE_SHOWN = 300, /* bytes of it in a message */
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

/* Most steps end without a word, and a session that waits holds no room for any. */
static void say(struct slot_job *job, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
say(struct slot_job *job, const char *fmt, ...)
{
    va_list ap;

    if (job->text == NULL) {
        job->text = xcalloc(1, ERR_TEXT_MAX);
    }
    va_start(ap, fmt);
    (void)vsnprintf(job->text, ERR_TEXT_MAX, fmt, ap);
    va_end(ap);
}

static int
build_script(struct slot *s, const struct step_request *r, struct err *err)
{
    const struct frame_request frame = {
        .nonce = s->job.nonce,
        .key = r->key,
        .script = r->script,
        .script_len = r->script_len,
        .guard = r->guard,
        .guard_len = r->guard_len,
        .preflight = !s->preflighted,
    };

    return frame_build(&s->job.out, &frame, err);
}

static int
build_upload(struct slot *s, const struct step_request *r, struct err *err)
{
    const struct upload_request upload = {
        .nonce = s->job.nonce,
        .dest = r->dest,
        .mode = r->mode,
        .size = r->size,
        .unpack = r->unpack,
        .guard = r->guard,
        .guard_len = r->guard_len,
    };

    s->job.upload = upload_new(r->fd, r->size);
    return upload_build(&s->job.out, &upload, err);
}

/* The password is tried before anything stands behind it; the step waits. */
static void
check_password(struct slot_job *job, const struct become *b)
{
    job->checking = true;
    job->next_out = job->out;
    buf_init(&job->out, BECOME_COMMAND_MAX + BECOME_PASSWORD_MAX + 2);
    become_check(&job->out, b);
    (void)buf_addf(&job->out, "\n%s\n", b->password);
}

static int
build(struct slot *s, const struct step_request *r, struct err *err)
{
    struct slot_job *job = &s->job;
    const struct become b = {
        .wanted = r->become, .user = r->become_user, .password = s->target->become_password};
    const bool is_upload = r->kind == STEP_UPLOAD;

    buf_init(&job->out, (is_upload ? UPLOAD_HEADER_MAX + UPLOAD_CHUNK_MAX : FRAME_MAX) +
                            BECOME_COMMAND_MAX + BECOME_PASSWORD_MAX + 8);
    if (become_validate(&b, err) < 0) {
        if (is_upload) {
            (void)close(r->fd);
        }
        return -1;
    }
    become_command(&job->out, &b, r->kind);
    (void)buf_adds(&job->out, "\n");
    become_lead(&job->out, &b);
    if ((is_upload ? build_upload(s, r, err) : build_script(s, r, err)) < 0) {
        return -1;
    }
    job->becomes = b.wanted;
    if (b.wanted && b.password != NULL && !s->password_tried) {
        check_password(job, &b);
    }
    return 0;
}

void
job_begin(struct slot *s, const struct step_request *r)
{
    struct slot_job *job = &s->job;
    struct err err;

    assert(!job->active);
    *job = (struct slot_job){
        .active = true, .kind = r->kind, .timeout_ms = r->timeout_ms, .idle_ms = r->idle_ms};
    frame_nonce(job->nonce);
    frame_head_init(&job->head[0], job->nonce);
    frame_head_init(&job->head[1], job->nonce);
    if (r->guard != NULL) {
        frame_skip_init(&job->skip, job->nonce);
    }
    if (build(s, r, &err) < 0) {
        job->verdict = VERDICT_NOT_STARTED;
        job->cause = CAUSE_LOCAL;
        say(job, "%s", err.text);
    }
    if (job->timeout_ms > 0) {
        slot_timer_set(s, TIMER_STEP, job->timeout_ms);
    }
}

/* A password may be in it. */
static void
wipe(struct buf *b)
{
    if (b->data != NULL) {
        explicit_bzero(b->data, b->cap);
    }
    buf_release(b);
}

/* A step may run for hours: it holds neither the room nor the password meanwhile. */
void
job_handed(struct slot_job *job)
{
    job->handed = true;
    wipe(&job->out);
}

void
job_release(struct slot_job *job)
{
    wipe(&job->out);
    wipe(&job->next_out);
    upload_free(job->upload);
    frame_head_release(&job->head[0]);
    frame_head_release(&job->head[1]);
    free(job->text);
    *job = (struct slot_job){0};
}

void
job_end(struct slot *s, enum verdict verdict, enum cause cause, const char *what)
{
    struct slot_job *job = &s->job;

    job->verdict = verdict;
    job->cause = cause;
    say(job, "%s%s", slot_state_said(s->state), what);
}

bool
job_has_begun(const struct slot_job *job)
{
    return job->head[0].seen || job->head[1].seen;
}

/* What came before the header, for people: the end of it says most. */
void
job_end_headless(struct slot *s, enum verdict verdict, const char *what)
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
    job_end(s, verdict, CAUSE_NO_HEADER, text.data);
    buf_release(&text);
}

static void
verdict_status(struct slot *s, const struct session_exit *e)
{
    struct slot_job *job = &s->job;

    job->verdict = job->skip.seen ? VERDICT_SKIPPED : VERDICT_DONE;
    job->exit_code = (int)e->status;
    job->signal = e->has_status ? 0 : signal_number(e->signal);
    if (job->upload != NULL) {
        say(job, "%s", upload_note(job->upload));
    }
    if (!e->has_status && job->signal == 0) {
        struct buf name;
        buf_init(&name, sizeof(e->signal) * 4);
        escape_line(&name, e->signal, strlen(e->signal));
        job->exit_code = STATUS_STRANGE;
        say(job, "ended by signal %s", name.data);
        buf_release(&name);
    } else if (e->has_status && job->exit_code < 0) {
        job->exit_code = STATUS_STRANGE;
        say(job, "exit status %u", e->status);
    }
    if (job->cut) {
        say(job, "a background process kept the output open; it was cut off");
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
    if ((e->has_status || e->signal[0] != '\0') && job_has_begun(job)) {
        verdict_status(s, e);
        return;
    }
    /* A frame that is not whole does not run; an upload that is not whole is not renamed. */
    job->verdict = job->handed && !job->checking ? VERDICT_UNKNOWN : VERDICT_NOT_STARTED;
    job->cause = cause;
    say(job, "%s", text);
}

void
job_note_killed(struct slot *s, bool survives)
{
    struct slot_job *job = &s->job;

    if (job->verdict == VERDICT_UNKNOWN) {
        const size_t used = strlen(job->text); /* job_settle has said why */
        (void)snprintf(job->text + used, ERR_TEXT_MAX - used, ": %s",
                       survives ? "could not be killed, may still run" : "killed");
    }
}

static void
stop_channel_timers(struct slot *s)
{
    slot_timer_stop(s, TIMER_IDLE);
    slot_timer_stop(s, TIMER_STALL);
    slot_timer_stop(s, TIMER_DRAIN);
    slot_timer_stop(s, TIMER_DRAIN_MAX);
}

static void
reset_heads(struct slot_job *job)
{
    for (int i = 0; i < 2; i++) {
        frame_head_release(&job->head[i]);
        frame_head_init(&job->head[i], job->nonce);
    }
}

void
job_go_on(struct slot *s)
{
    struct slot_job *job = &s->job;

    assert(job->checking && job->verdict == VERDICT_NONE);
    stop_channel_timers(s);
    wipe(&job->out);
    job->out = job->next_out;
    job->next_out = (struct buf){0};
    reset_heads(job);
    job->checking = job->fed = job->handed = job->eof_sent = job->draining = job->cut = false;
    job->watched = false;
}

void
job_again(struct slot *s)
{
    struct slot_job *job = &s->job;

    assert(!job->fed && job->verdict == VERDICT_NONE);
    stop_channel_timers(s);
    reset_heads(job);
    job->again = job->stirred = job->watched = false;
}

void
job_tell(struct slot *s)
{
    const struct pool_events *events = &s->config->events;
    void *arg = s->config->arg;
    const struct slot_job job = s->job;

    if (!job.active) {
        return;
    }
    const char *text = job.text == NULL ? "" : job.text;
    s->job.text = NULL; /* told below */
    job_release(&s->job);
    slot_timer_stop(s, TIMER_STEP);
    stop_channel_timers(s);
    switch (job.verdict) {
    case VERDICT_DONE:
        events->step_done(arg, s->id, job.exit_code, job.signal, text);
        break;
    case VERDICT_SKIPPED:
        events->step_skipped(arg, s->id);
        break;
    case VERDICT_NOT_STARTED:
        events->step_not_started(arg, s->id, job.cause, text);
        break;
    case VERDICT_UNKNOWN:
        events->step_unknown(arg, s->id, job.cause, text);
        break;
    case VERDICT_NONE:
        assert(false && "a step ends with a verdict");
    }
    free(job.text);
}

static void
emit(struct slot *s, int stream, const char *bytes, size_t len)
{
    if (len > 0) {
        s->config->events.output(s->config->arg, s->id, stream, bytes, len);
    }
}

/* Bytes behind the header; on stdout the line of a guard may come first. */
static void
emit_output(struct slot *s, int stream, const char *bytes, size_t len)
{
    struct frame_skip *skip = &s->job.skip;
    size_t used = 0;

    if (stream == 0 && !skip->over && !skip->seen && len > 0) {
        used = frame_skip_feed(skip, bytes, len);
        if (skip->over) {
            emit(s, 0, skip->mark, skip->matched);
        }
    }
    emit(s, stream, bytes + used, len - used);
}

void
job_hear(struct slot *s, bool is_stderr, const char *bytes, size_t len)
{
    struct frame_head *head = &s->job.head[is_stderr ? 1 : 0];
    const size_t used = frame_head_feed(head, bytes, len);

    s->job.stirred = true;
    s->job.heard += len;
    if (head->lost &&
        job_has_begun(&s->job)) { /* the other stream has said what this one did not */
        emit(s, is_stderr ? 1 : 0, head->noise.data, head->noise.len);
        buf_clear(&head->noise);
        head->seen = true;
    }
    if (head->seen) {
        emit_output(s, is_stderr ? 1 : 0, bytes + used, len - used);
    }
}

/* stderr sent to stdout by an rc file has no header of its own, and a line may have begun like a
 * guard's: nothing may be lost. */
static void
emit_rest(struct slot *s)
{
    struct slot_job *job = &s->job;

    for (int i = 0; i < 2; i++) {
        if (!job->head[i].seen) {
            emit(s, i, job->head[i].noise.data, job->head[i].noise.len);
        }
    }
    if (!job->skip.over && !job->skip.seen) {
        emit(s, 0, job->skip.mark, job->skip.matched);
        job->skip.over = true;
    }
}

/* Words of sudo in its own language: of the classic one, with its insults or not, and of sudo-rs.
 */
static bool
was_wrong(const struct slot_job *job)
{
    static const char *const words[] = {"try again", "incorrect password",
                                        "incorrect authentication"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        for (int k = 0; k < 2; k++) {
            const struct buf *noise = &job->head[k].noise;
            if (noise->len > 0 &&
                memmem(noise->data, noise->len, words[i], strlen(words[i])) != NULL) {
                return true;
            }
        }
    }
    return false;
}

static void
judge_password(struct slot *s, const struct session_exit *e)
{
    if (e->has_status && e->status == 0) {
        s->password_tried = true;
        return;
    }
    if (was_wrong(&s->job)) {
        job_end(s, VERDICT_NOT_STARTED, CAUSE_NO_HEADER, "become: wrong password");
        return;
    }
    if (e->has_status || e->signal[0] != '\0') {
        job_end_headless(s, VERDICT_NOT_STARTED, "become:");
        return;
    }
    job_end(s, VERDICT_NOT_STARTED, CAUSE_LOST, "the channel was closed early");
}

/* The shell that waited for the step had ended when the step came to it: it was killed, or has
 * read nothing. */
static bool
came_too_late(const struct slot *s, const struct session_exit *e)
{
    const bool unused = e->has_status && e->status == BECOME_UNUSED;

    return session_channel_was_ahead(s->session) && !job_has_begun(&s->job) &&
           (unused || e->signal[0] != '\0');
}

void
job_judge(struct slot *s, const struct session_exit *e)
{
    struct slot_job *job = &s->job;
    const bool ended = e->has_status || e->signal[0] != '\0';

    if (came_too_late(s, e)) { /* a refused step is tried once more */
        job_end(s, VERDICT_NOT_STARTED, CAUSE_REFUSED, "the shell that waited for it has ended");
    } else if (job->checking) {
        judge_password(s, e);
    } else if (ended && !job_has_begun(job)) {
        job_end_headless(s, VERDICT_NOT_STARTED,
                         job->becomes ? "become:" : "ended before the frame began:");
    } else if (ended) {
        emit_rest(s);
        verdict_status(s, e);
        s->preflighted = true;
    } else if (!job->handed) {
        job_end(s, VERDICT_NOT_STARTED, CAUSE_LOST, "the channel was closed early");
    } else {
        job_end(s, VERDICT_UNKNOWN, CAUSE_NO_STATUS, "closed without an exit status");
    }
}
