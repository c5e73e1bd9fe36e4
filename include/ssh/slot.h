/*
 * slot.h - one host's session as a state machine: from a name to an idle session, step by step.
 *
 *   line -> resolve -> pace -> dial -> kex -> hostkey -> auth -> ready
 *   ready <-> open -> exec -> io -> close -> ready
 *   local -> ready
 *
 * Any state may lead to gone; on a local host a step under way is killed before, and where a
 * program was the way its last words are waited for.  The first four wait for the way (way.h).  A
 * server that throttles, and a want of descriptors or ports here, lead from dial and kex back to
 * pace.  slot.c has the table, the driver and the end; connect.c the states before auth.c's
 * (hostcheck.c the host's key), exec.c those after it.  A new state is one row in slot.c and one
 * function.  Only slot.c changes state, and only slot_turn calls the functions of the states;
 * timers and callers set a flag and have the turn run.  Internal to ssh/.
 */
#ifndef SSH_SLOT_H
#define SSH_SLOT_H

#include "ssh/frame.h"
#include "ssh/gate.h"
#include "ssh/pool.h"
#include "ssh/session.h"
#include "ssh/upload.h"
#include "ssh/way.h"

#include <event2/event.h>

enum slot_state {
    SLOT_LINE,
    SLOT_RESOLVE,
    SLOT_PACE,
    SLOT_DIAL,
    SLOT_KEX,
    SLOT_HOSTKEY,
    SLOT_AUTH,
    SLOT_LOCAL,
    SLOT_READY,
    SLOT_OPEN,
    SLOT_EXEC,
    SLOT_IO,
    SLOT_CLOSE,
    SLOT_KILL,
    SLOT_WORDS,
    SLOT_GONE,
};
enum { SLOT_STATES = SLOT_GONE + 1 };

enum slot_step {
    SLOT_WAIT, /* for the socket, a timer or a caller */
    SLOT_DONE, /* to the next state of the table */
    SLOT_SKIP, /* the step is over, the session lives: to close */
    SLOT_FAIL, /* the session is over: to gone */
};

enum slot_timer {
    TIMER_PHASE,     /* of the state: connecting, authentication, open and exec */
    TIMER_STEP,      /* the step's own limit */
    TIMER_IDLE,      /* no output, and nothing taken, for so long */
    TIMER_STALL,     /* nothing was taken of what is to be sent */
    TIMER_DRAIN,     /* exit status has come, the streams have not ended */
    TIMER_DRAIN_MAX, /* and keep on talking */
    TIMER_KEEPALIVE,
};
enum { SLOT_TIMERS = TIMER_KEEPALIVE + 1 };

enum {
    DRAIN_MS = 2000,
    DRAIN_MS_MAX = 10000,
    DRAIN_BULK_BYTES = 64 * 1024,      /* so much in that time was on its way before */
    DRAIN_BYTES_MAX = 8 * 1024 * 1024, /* and no more than this in all */
    KEEPALIVE_MISSES_MAX = 3,
    OPEN_AGAIN_MAX = 3,
};

/* How a step ended; told when the channel is gone. */
enum verdict { VERDICT_NONE, VERDICT_DONE, VERDICT_SKIPPED, VERDICT_NOT_STARTED, VERDICT_UNKNOWN };

/* The step under way; zeroed between steps. */
struct slot_job {
    bool active;
    enum step_kind kind;
    struct buf out;      /* owned: bytes not yet handed over */
    bool checking;       /* the password is being tried: the step itself waits in next_out */
    struct buf next_out; /* owned */
    bool becomes;
    struct upload *upload; /* owned; NULL for a script */
    struct frame_head head[2];
    struct frame_skip skip;
    char nonce[FRAME_NONCE_SIZE];
    int64_t timeout_ms;
    int64_t idle_ms;
    bool sent;   /* step_sent was told */
    bool fed;    /* a byte is with libssh */
    bool handed; /* the last byte is with libssh */
    bool again;  /* the channel was sent ahead and cannot be used: on another, from the beginning */
    bool eof_sent;
    bool draining;
    bool stirred;   /* bytes went or came since the last look */
    bool cut;       /* drain is over: close it */
    bool watched;   /* by TIMER_STALL */
    uint64_t heard; /* bytes of both streams */
    uint64_t heard_at_status, heard_before;
    enum verdict verdict;
    enum cause cause;
    int exit_code;
    int signal;
    char *text; /* owned, of ERR_TEXT_MAX bytes: a reason, or the note of a step that is done;
                   NULL: nothing is to be said */
};

enum { AUTH_PARTIAL_MAX = 4 };

/* How far logging in has come (auth.c). */
struct slot_auth {
    int way;                         /* of auth.c's table */
    int key, cert;                   /* of the target's paths: what is tried */
    bool heard;                      /* the server has said which methods it takes */
    bool waits;                      /* for the agent: the socket is not watched meanwhile */
    int accepted;                    /* partial successes */
    int denials;                     /* by the server */
    ssh_key taken[AUTH_PARTIAL_MAX]; /* borrowed: of those */
    struct agent_login *agent;       /* owned, until it is past */
    bool agent_done, interactive_done, password_done;
    struct session_questions questions;
    /* For the words of a denial. */
    bool password_denied;
    bool asked; /* a question that we have no answer to */
    int keys_denied, first_key, last_key;
    int agent_keys;
    char *question; /* owned; NULL: none */
    char *trouble;  /* owned: the agent's; NULL: none */
};

/* All borrowed. */
struct slot_owner {
    const struct pool_config *config;
    struct ways *ways;
    /* The last act of a turn, before the slot's own last words are told. */
    void (*gone)(void *arg, struct slot *s);
    void *arg;
};

struct slot {
    const struct pool_config *config; /* borrowed */
    struct slot_owner owner;
    const struct target *target; /* borrowed */
    int32_t id;
    enum slot_state state;
    struct way *way;         /* owned */
    struct session *session; /* owned */
    struct event *io;        /* owned: the socket */
    short io_mask;
    struct event *kick; /* owned: run a turn soon */
    struct event *timers[SLOT_TIMERS];
    struct slot_auth auth;
    int following;       /* steps that come after the one under way, or the last one */
    int open_again;      /* so many refusals may be of a channel that came too early */
    bool preflighted;    /* the shell has run one frame */
    bool password_tried; /* and sudo takes it */
    bool connected;      /* was told */
    bool closing;        /* pool_disconnect */
    bool scan;           /* pool_scan: the key is all that is wanted */
    bool turning;
    uint64_t received; /* at the last keepalive */
    int unanswered;    /* keepalives, since something came */
    unsigned expired;  /* timers that fired since the last turn: 1 << enum slot_timer */
    enum cause cause;  /* why it ended */
    bool throttled;
    bool short_here; /* of descriptors or ports: not the host's fault */
    struct pace_ticket ticket;
    char *text; /* owned, of ERR_TEXT_MAX bytes: why it ended; NULL: nothing has gone wrong */
    struct slot_job job;
    /* Of a jump host: what is done with its session instead of steps (bridge.h). */
    struct bridges *bridges; /* borrowed; NULL: a host */
    struct slot *buried;     /* the pool's list of those to free */
};

struct slot *slot_new(const struct slot_owner *owner, int32_t id, const struct target *target);
/* Not from inside a callback of the slot. */
void slot_free(struct slot *s);
/* False if the slot is not idle; then nothing was taken. */
bool slot_run(struct slot *s, const struct step_request *request);
void slot_close(struct slot *s);

/* For the states. */
/* What the target says, else the pool. */
int64_t slot_connect_ms(const struct slot *s); /* 0: no limit */
int64_t slot_keepalive_ms(const struct slot *s);
int slot_keepalive_misses(const struct slot *s);
const struct hostkeys *slot_hostkeys(const struct slot *s);
enum host_key_checking slot_checking(const struct slot *s);
void slot_kick(struct slot *s); /* another turn, from the loop */
void slot_timer_set(struct slot *s, enum slot_timer t, int64_t ms);
void slot_timer_stop(struct slot *s, enum slot_timer t);
/* Note why the session is over ("kex: ..."), without the host; returns SLOT_FAIL. */
enum slot_step slot_fail(struct slot *s, enum cause cause, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with libssh's last error behind the text. */
enum slot_step slot_fail_ssh(struct slot *s, enum cause cause, const char *what);
const char *slot_state_said(enum slot_state state); /* "channel: " */

/* connect.c */
enum slot_step step_way(struct slot *s); /* of line and resolve */
enum slot_step step_pace(struct slot *s);
enum slot_step step_dial(struct slot *s);
enum slot_step step_kex(struct slot *s);
enum slot_step step_local(struct slot *s);
enum slot_step step_words(struct slot *s);

/* hostcheck.c */
enum slot_step step_hostkey(struct slot *s);
/* Append the host key algorithms to ask for, in order. */
void hostcheck_algorithms(const struct slot *s, struct buf *out);

/* auth.c */
enum slot_step step_auth(struct slot *s);
/* Before the session is freed. */
void auth_release(struct slot *s);

/* exec.c */
enum slot_step step_ready(struct slot *s);
enum slot_step step_open(struct slot *s);
enum slot_step step_exec(struct slot *s);
enum slot_step step_io(struct slot *s);
enum slot_step step_close(struct slot *s);
enum slot_step step_kill(struct slot *s);

/* job.c */
/* Take a request in; the slot must be idle. */
void job_begin(struct slot *s, const struct step_request *request);
/* The last byte of what is to be sent is with libssh. */
void job_handed(struct slot_job *job);
/* The frame's header has been seen. */
bool job_has_begun(const struct slot_job *job);
/* Bytes of the channel. */
void job_hear(struct slot *s, bool is_stderr, const char *bytes, size_t len);
/* The channel is over: what do we know?  Leaves VERDICT_NONE when only the password was tried. */
void job_judge(struct slot *s, const struct session_exit *e);
void job_end(struct slot *s, enum verdict verdict, enum cause cause, const char *what);
/* The same, with what was said before any header. */
void job_end_headless(struct slot *s, enum verdict verdict, const char *what);
/* After the password: the step itself. */
void job_go_on(struct slot *s);
/* Nothing was sent on its channel: as if there had been none. */
void job_again(struct slot *s);
/* The session is over while a step is under way: what can be said about the step? */
void job_settle(struct slot *s, enum cause cause, const char *text);
/* Say of a step that is unknown that it was killed, or that this did not help. */
void job_note_killed(struct slot *s, bool survives);
/* Tell its end, free it. */
void job_tell(struct slot *s);
void job_release(struct slot_job *job);

#endif
