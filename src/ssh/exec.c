/*
 * exec.c - the states of a step: channel, exec, bytes both ways, close, kill.
 *
 * Decides when bytes are moved and when a channel is over; what its end means job.c knows.  Owns
 * nothing.  Never changes state: slot.c does.
 */
#include "ssh/slot.h"

#include "ssh/become.h"
#include "ssh/bridge.h"

#include <assert.h>

enum { TURN_BYTES_MAX = UPLOAD_CHUNK_MAX }; /* handed over in one turn: other slots want theirs */

/* The channels of the steps that follow.  The shell of the next one is only asked for when the
 * step under way has all its bytes: it must not be in its way. */
static void
send_ahead(struct slot *s)
{
    const struct slot_job *job = &s->job;
    const int steps = s->following + (job->checking ? 1 : 0);
    const int want = !job->active ? 0 : steps < SESSION_AHEAD_MAX ? steps : SESSION_AHEAD_MAX;
    const bool shell = !job->active || job->handed;

    if (session_ahead(s->session, want, shell ? become_opener() : NULL)) {
        slot_kick(s);
    }
}

/* Nothing was sent on it, so nobody has to know. */
static bool
is_useless(const struct slot *s)
{
    const struct session_exit *e = session_channel_exit(s->session);

    return session_channel_was_ahead(s->session) && !s->job.fed &&
           (e->closed || e->eof || e->has_status || e->signal[0] != '\0');
}

static enum slot_step
on_another(struct slot *s)
{
    s->job.again = true;
    return SLOT_SKIP;
}

/* The answer to open or exec.  A server forgets a channel only when it has looked at all that came
 * with our close, and has sent its own: where it takes one at a time, the next may come too early.
 */
static enum slot_step
refused(struct slot *s)
{
    if (session_channel_was_ahead(s->session)) {
        return on_another(s);
    }
    if (s->state == SLOT_OPEN && s->open_again > 0) {
        s->open_again--;
        return on_another(s);
    }
    job_end(s, VERDICT_NOT_STARTED, CAUSE_REFUSED, session_refusal(s->session));
    return SLOT_SKIP;
}

enum slot_step
step_ready(struct slot *s)
{
    const enum session_io io =
        s->bridges != NULL ? bridges_serve(s->bridges) : session_pump(s->session);

    if (io == SESSION_FAIL) {
        return slot_fail_ssh(s, CAUSE_LOST, "connection lost: ");
    }
    if (!s->job.active) {
        send_ahead(s);
        return SLOT_WAIT;
    }
    return s->job.verdict == VERDICT_NONE ? SLOT_DONE : SLOT_SKIP;
}

/* Called by libssh: note and pass on, nothing else. */
static void
on_data(void *arg, bool is_stderr, const char *bytes, size_t len)
{
    job_hear(arg, is_stderr, bytes, len);
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
        return refused(s);
    case SESSION_FAIL:
        break;
    }
    return slot_fail_ssh(s, CAUSE_LOST, "connection lost: ");
}

enum slot_step
step_exec(struct slot *s)
{
    switch (session_channel_exec(s->session, become_opener())) {
    case SESSION_OK:
        if (s->job.idle_ms > 0) {
            slot_timer_set(s, TIMER_IDLE, s->job.idle_ms);
        }
        return SLOT_DONE;
    case SESSION_AGAIN:
        if (is_useless(s)) {
            return on_another(s);
        }
        send_ahead(s);
        return SLOT_WAIT;
    case SESSION_DENIED:
        return refused(s);
    case SESSION_FAIL:
        break;
    }
    return slot_fail_ssh(s, CAUSE_LOST, "connection lost: ");
}

/* Refill from the file when the last of what was read is gone. */
static void
refill(struct slot_job *job)
{
    if (job->out.len == 0 && job->upload != NULL && !job->checking) {
        (void)upload_read(job->upload, &job->out, TURN_BYTES_MAX);
    }
}

/* While bytes are left to be handed over, some must be taken within the limit; keepalives may be
 * answered all the while, so nothing else would end it. */
static void
watch_stall(struct slot *s, bool moved)
{
    struct slot_job *job = &s->job;
    const bool left = !job->handed && job->out.len > 0;

    if (!left || s->config->stall_ms <= 0) {
        slot_timer_stop(s, TIMER_STALL);
        job->watched = false;
    } else if (moved || !job->watched) {
        slot_timer_set(s, TIMER_STALL, s->config->stall_ms);
        job->watched = true;
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
        if (!job->sent && !job->checking) {
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
        job->stirred = job->fed = true;
        fed += (size_t)n;
        buf_drain(&job->out, (size_t)n);
        refill(job);
        if (job->out.len == 0) {
            job_handed(job);
        }
    }
    watch_stall(s, fed > 0);
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

/* What was on its way when the status came: much of it in every period, and no more in all than
 * windows, pipes and sockets hold.  We may be slow at reading it, with a thousand hosts that flood;
 * a child that goes on talking is neither. */
static bool
has_backlog(struct slot_job *job)
{
    const uint64_t came = job->heard - job->heard_before;

    job->heard_before = job->heard;
    return came >= DRAIN_BULK_BYTES && job->heard - job->heard_at_status <= DRAIN_BYTES_MAX;
}

/* After the exit status: the streams may still bring bytes, or a background child holds them. */
static bool
drained(struct slot *s)
{
    struct slot_job *job = &s->job;

    if (!job->draining) {
        job->draining = true;
        job->heard_at_status = job->heard_before = job->heard;
        slot_timer_set(s, TIMER_DRAIN_MAX, DRAIN_MS_MAX);
        slot_timer_set(s, TIMER_DRAIN, DRAIN_MS);
        return false;
    }
    /* Silence is none if bytes were only waiting to be read, as they were just now. */
    const bool silent = (s->expired & (1U << TIMER_DRAIN)) != 0 && !job->stirred;
    const bool long_enough = (s->expired & (1U << TIMER_DRAIN_MAX)) != 0;
    if (silent || (long_enough && !has_backlog(job))) {
        job->cut = true;
        return true;
    }
    if (long_enough) {
        slot_timer_set(s, TIMER_DRAIN_MAX, DRAIN_MS_MAX);
    }
    if (job->stirred) {
        slot_timer_set(s, TIMER_DRAIN, DRAIN_MS);
    }
    return false;
}

enum slot_step
step_io(struct slot *s)
{
    struct slot_job *job = &s->job;
    const struct session_exit *e = session_channel_exit(s->session);
    const enum session_io io = session_pump(s->session); /* reading first: see ssh_channel_write */

    if (is_useless(s) && io != SESSION_FAIL) {
        return on_another(s);
    }
    if (e->closed || ((e->has_status || e->signal[0] != '\0') && (e->eof || drained(s)))) {
        job_judge(s, e);
        return SLOT_DONE;
    }
    if (io == SESSION_FAIL) {
        return slot_fail_ssh(s, CAUSE_LOST, "connection lost: ");
    }
    if (job->head[0].lost && !job_has_begun(job)) {
        job_end_headless(s, job->checking ? VERDICT_NOT_STARTED : VERDICT_UNKNOWN,
                         "no header in 64 KB of output:");
        return slot_fail(s, CAUSE_NO_HEADER, "closed after 64 KB of output without a header");
    }
    if (!job->draining && !feed(s) && !e->closed) {
        return slot_fail_ssh(s, CAUSE_LOST, "connection lost: ");
    }
    if (e->closed) { /* heard while writing */
        slot_kick(s);
    }
    send_ahead(s);
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
    s->open_again = s->job.fed ? OPEN_AGAIN_MAX : s->open_again;
    if (s->job.again) {
        job_again(s);
    } else if (s->job.active && s->job.verdict == VERDICT_NONE) {
        job_go_on(s); /* the password was right */
    } else {
        job_tell(s);
    }
    return SLOT_DONE;
}

enum slot_step
step_kill(struct slot *s)
{
    const struct session_exit *e = session_channel_exit(s->session);

    if (!e->eof) {
        return SLOT_WAIT;
    }
    job_note_killed(s, e->survives);
    return SLOT_DONE;
}
