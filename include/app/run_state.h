/*
 * run_state.h - one run while it lasts, shared by the files of app/ and by nobody else.
 *
 * run.c sets up and takes down; alongside.c begins and ends it; turn.c is the turn; execute.c
 * carries orders out; listen.c turns what happens into facts; narrate.c and its like tell log and
 * screen; reach.c, release.c and release_back.c prepare; preview.c stops before anything begins.
 */
#ifndef APP_RUN_STATE_H
#define APP_RUN_STATE_H

#include "app/bundle.h"
#include "app/debuglog.h"
#include "app/inbox.h"
#include "app/run.h"
#include "app/stall.h"
#include "app/verbs.h"
#include "base/buf.h"
#include "base/redact.h"
#include "config/render.h"
#include "core/rollout.h"
#include "probe/probe.h"
#include "proc/local.h"
#include "ssh/agent.h"
#include "ssh/hostkey.h"
#include "ssh/keys.h"
#include "ssh/pool.h"
#include "ssh/sshconfig.h"
#include "store/hostlog.h"
#include "store/journal.h"
#include "store/lock.h"
#include "store/store.h"
#include "ui/sink.h"
#include "ui/snapshot.h"

#include <event2/event.h>
#include <sys/stat.h>

enum {
    RUN_TAIL_BYTES = 240,     /* of a host's stderr, to say why a step failed */
    RUN_COMMIT_MS = 5,        /* commits are so far apart where more mail may come */
    RUNS_KEPT = 50,           /* of an environment, with their logs */
    FOLLOWING_MAX = 2,        /* as many channels as are opened ahead */
    RUN_STREAMS = 2,          /* of a step: stdout and stderr */
    RUN_OUTPUT_MAX = 1 << 30, /* bytes of output in one piece */
};

struct run;

/* Of the loop's part in a run. */
enum run_end {
    END_NOT_YET,
    END_CLOSING, /* it is told, and its sessions have their moment to close */
    END_OVER,    /* who began it knows */
};

/* What the host is doing for us now; the core knows the rest. */
struct run_host {
    struct run *run; /* borrowed */
    int32_t index;
    const struct host *host; /* borrowed */
    struct target target;
    struct sshconfig_options options; /* of target: owned */
    char *become_password; /* of target: owned, wiped; NULL: none, or not asked for yet */
    bool has_password;     /* it was asked for */
    char *ssh_password;    /* of target: owned, wiped; NULL: none */
    char *reason;          /* owned: why it failed, or NULL */
    char *ahead_reason;    /* owned: why its session ahead ended; NULL: it did not, or it is told */
    struct local *child;   /* a local step under way, else NULL */
    struct probe *probe;   /* a check from the controller under way, else NULL */
    char *asked;           /* owned: what the last of them asks, or NULL */
    int32_t step;          /* under way or last, of list */
    int32_t attempt;
    int32_t connect_attempt;
    enum step_list list;
    char *error; /* owned: the step's `error:` rendered, or NULL */
    int64_t step_began_ms;
    char *tail; /* owned, RUN_TAIL_BYTES; NULL: it has said nothing on stderr */
    size_t tail_len;
    struct redact_stream streams[RUN_STREAMS]; /* owned: what may yet be a secret's beginning */
    int64_t bytes[RUN_STREAMS];                /* of stdout and stderr that are in the log */
    bool moved;                                /* bytes changed since they were journaled */
    int64_t round_ms;     /* when it began the round whose orders are journaled */
    bool back_begun;      /* its rollback was journaled */
    bool changed;         /* a step that may change something may have run */
    bool rolling;         /* what is carried out for it is its rollback, or was */
    bool prepared;        /* blue_green: it was told to wait for the switch */
    bool switched;        /* blue_green: it went on after the barrier */
    int32_t slot;         /* it is told to be in; -1: none */
    int32_t try_base;     /* tries of the gate in earlier rounds; -1: none in this one yet */
    int32_t attempt_base; /* the same of steps */
    char *back_reason;    /* owned: why its rollback failed, or NULL */
    bool in_flight;       /* it has a slot */
    bool connecting;
    bool ahead_waits;            /* it is to be connected ahead, and stands in line for that */
    bool opening;                /* it is connecting, or a step is on its way to it */
    int64_t since_ms;            /* it is doing what it does */
    int64_t mark_us;             /* it began to connect, or a step was sent */
    int64_t connect_us, trip_us; /* of the last that went well; -1: none did */
};

/* What was known when an order was taken, for when it is told: the host may be further by then. */
struct due_note {
    struct rollout_host host; /* of an order that has one */
    int64_t round_ms;
    int64_t at_ms;
    char *reason; /* owned: of release and outcome why, of start why its session ahead ended, where
                     that is forgotten; or NULL */
};

struct run {
    const struct run_request *request; /* borrowed */
    const struct action *action;       /* borrowed */
    struct policy policy;
    struct plan *plan; /* owned, and so is all below */
    struct rollout *rollout;
    bool preview;    /* nothing is to be done: no connection, no file, no lock */
    bool mask;       /* what is rendered is for people: secrets are `***` */
    bool log_failed; /* said once */
    bool back_named; /* what runs in a rollback names `release` */
    size_t *steps;   /* plan step -> step of the action */
    size_t step_count;
    struct run_host *hosts;
    int32_t host_count;
    const char **names;  /* by host, for lists; the names are the inventory's */
    char *release;       /* "" if none */
    char **releases;     /* by host where they differ, else NULL */
    char **targets;      /* by host: the release a rollback goes to, or NULL; NULL: no list */
    char *back_refusal;  /* why there can be no rollback, or NULL */
    struct value *magic; /* set for one host at a time */
    struct value
        *back_magic; /* the same in a rollback, where release is the target; NULL: none yet */
    struct value *back_extra; /* -e without release; NULL: as the request has it */
    struct redact *redact;    /* every secret that a step was given: in no output and no reason */

    char *var_dir;           /* NULL until something is to be written */
    struct bundles *bundles; /* NULL until a folder is to be sent */
    struct map *sources;     /* files to be sent, by path; NULL: none yet */
    struct store *store;
    struct journal *journal;
    struct lock *lock;
    struct hostlog *hostlog;
    struct debuglog *debuglog;
    char suffix[RUN_ID_SIZE + 8]; /* " run=<id>" beside another run, else "" */
    bool sequential;
    bool defaults_looked; /* default_keys is complete */
    bool base_borrowed;   /* the loop is somebody else's: base is not owned */
    bool inside;          /* a turn, or over, is under way */

    struct event_base *base;
    struct pool *pool;
    struct locals *locals;
    struct probes *probes;   /* NULL: no check asks from here */
    struct knowns *knowns;   /* NULL until a host is reached over SSH */
    struct newkeys *newkeys; /* NULL: none was accepted */
    struct scan *scan; /* borrowed: nobody logs in, only the hosts' keys are looked at; or NULL */
    struct keyring *keyring;
    struct map *configs; /* ssh_config: -F (or "") -> struct sshconfig */
    struct map *jumps;   /* jump hosts: what tells them apart -> struct jump (reach_jump.c) */
    struct map *ways;    /* the same as they are written; borrowed from jumps */
    struct strv notes;   /* for -v: what is not used of ssh_config, each once */
    struct map *noted;
    struct agents *agents;
    struct map *cert_lists;    /* of targets: lists of paths, owned */
    struct strv default_keys;  /* those that are there */
    struct strv explicit_keys; /* that the inventory names */
    struct err key_err;        /* why a key or an agent that nobody insists on cannot be used */
    const char *empty_agent;   /* borrowed: an agent that was asked and showed no key; or NULL */
    char *user;                /* who runs us */
    char *home;                /* their home */
    char *scan_words;          /* "keys scan prod", for messages; NULL: a list of hosts */
    struct inbox inbox;
    struct stall stall;
    struct order *due; /* orders of this turn */
    size_t due_count, due_cap;
    struct due_note *due_notes; /* of each */
    size_t due_notes_cap;
    struct event *turn_event;
    struct event *turn_timer;
    struct event *wait_event;
    struct event *refresh_event;
    struct event *early_timer; /* those that are connected ahead begin */
    int32_t *ahead;            /* hosts in line for that, and some that have left it */
    size_t ahead_count, ahead_cap;
    int32_t opening; /* hosts that are */
    struct event *out_events[SINK_OUTS];
    struct event *signals[4];
    struct event *end_event; /* it has ended, or cannot go on; then: whether all is closed */
    int64_t close_until_ms;
    enum run_end end;
    int end_code; /* for who began it; -1: err */
    void (*over)(void *arg, int exit_code, const struct err *err);
    void *over_arg; /* borrowed */
    int interrupts;
    unsigned files_before; /* limit of open files when we were started; 0: not known */
    int files_limit;       /* now */
    int log_files;         /* of these, for the logs of hosts */
    int64_t zero_ms;       /* CLOCK_MONOTONIC at the start */
    int64_t wait_until_ms; /* -1: none */
    int64_t committed_ms;
    int64_t dirty_ms;       /* facts wait for a commit since then; -1: none do */
    int64_t *wave_began_ms; /* by wave */
    enum run_state told;    /* the state that narrate_run.c has told last */
    enum halt halt_told;
    int32_t baking;       /* the wave whose bake was told last; -1: none */
    int32_t pausing;      /* the same of the pause behind it */
    int32_t workers;      /* W, as told */
    int32_t workers_said; /* of them, that they started */
    int32_t active;
    int32_t workers_asked; /* more than policy.workers where the limit does not allow them */
    int32_t slots_max;     /* that fit into the limit of files; 0: not known */
    enum run_state state;  /* as look.c saw it last */
    struct operate *operate;
    int64_t state_since_ms;
    int32_t failures[SNAPSHOT_FAILURES_MAX]; /* hosts, the newest first */
    int32_t failure_count;
    bool back_told;  /* that hosts are rolled back */
    bool short_said; /* that descriptors or ports ran out */
    bool finished;
    bool left; /* the operator would not wait */
    int exit_code;
    struct err err; /* of the store: the run cannot go on */
};

/* Milliseconds since the start of the run; and the time people have. */
int64_t run_now_ms(const struct run *run);
int64_t run_wall_ms(void);

/* run.c: write of what the sink has queued what can be written without waiting, if it is much. */
void run_show(struct run *run);
/* A turn, now; not from inside one. */
void run_turn(struct run *run);
/* A run that shows, or begins, nothing yet; run_free at any point after it. */
struct run *run_new(const struct run_request *q);
void run_free(struct run *run);
/* Plan, files and every step of every host: what is wrong with a run is found here. */
int run_load(struct run *run, struct err *err);
int run_plan(struct run *run, struct err *err); /* the first part of it */
/* All that is done before a run begins. */
int run_prepare(struct run *run, struct err *err);
void run_prune(struct run *run); /* runs of the environment that are older than RUNS_KEPT */
/* The pool of a run that is loaded, with all that it stands on; run->pool. */
void run_make_pool(struct run *run, const struct pool_events *events);

/* reach.c: how each host is reached: user, keys, known hosts. */
int reach_prepare(struct run *run, struct err *err);
/* What ssh_config says: reads the files of -F (NULL: the usual two) once for all, keeps notes.
 * Release ret in any case. */
int reach_resolve(struct run *run, const char *file, const struct sshconfig_query *q,
                  struct sshconfig_options *ret, struct err *err);
/* All of t that an answer decides, but the way there; t then borrows from o and the run. */
int
reach_fill(struct run *run, struct target *t, const struct sshconfig_options *o, struct err *err);
/* reach_jump.c: the last of the hosts of a ProxyJump, with those before it as its own jump.  One
 * target for one way, whoever asks.  NULL and err. */
const struct target *
reach_jump(struct run *run, const char *file, const char *jump, struct err *err);
void reach_jump_free(void *jump);
/* Where a check from here asks. */
const char *reach_address(const struct run_host *h);
/* reach_auth.c, reach_known.c: fill in their part of t, which then borrows from o and the run.
 * Errors name no host. */
void reach_auth(struct run *run, struct target *t, const struct sshconfig_options *o);
/* The keys that ssh would try by itself are looked at once; what all targets need is unlocked at
 * the end, so that there is one question at most for one passphrase.  -1 and ERR_CONFIG: a target
 * has no way to log in; the error names the host. */
int reach_unlock(struct run *run, struct err *err);
/* A key that the inventory names must be there. */
int reach_key(struct run *run, const char *path, struct err *err);
/* The password of the login, before reach_auth. */
int reach_login(struct run *run, struct run_host *h, struct err *err);
int
reach_known(struct run *run, struct target *t, const struct sshconfig_options *o, struct err *err);
/* reach_known.c, after reach_known: the index of the environment's own file, and its path. */
struct hostkeys *knowns_env(const struct knowns *k);
const char *knowns_env_path(const struct knowns *k);
void knowns_free(struct knowns *k); /* NULL is fine */
/* newkeys.c: a key was accepted; and before the next order goes out, all of them are kept. */
void newkeys_note(struct run *run, const struct hostkey_shown *key);
void newkeys_write(struct run *run);
void newkeys_free(struct newkeys *n); /* NULL is fine */
/* The password for sudo, looked for when the first step of a host needs it: a run without such a
 * step needs no vault. */
int reach_password(struct run *run, struct run_host *h, struct err *err);
void reach_forget(struct run_host *h); /* wipes it */
/* Let no output show it. */
int reach_hide(struct run *run, char *password, struct err *err);
/* A copy of what the operator gave, if anything; -1: it is no password. */
int reach_given(const char *name, const char *given, char **ret, struct err *err);

/* release.c: the release of the run, or of each host. */
int release_prepare(struct run *run, struct err *err);
const char *run_release(const struct run *run, int32_t host);
/* Whether a host that ends ok has the run's release: a step that is run names it.  To record one
 * for an action that does not (provision, update) would move rollback's target. */
bool run_makes_release(const struct run *run);
/* Whether a host that does not end ok may have it: not after a rollback, which is to be repeated
 * until the host is back. */
bool run_tries_release(const struct run *run);
/* Whether any text of the step names `release`, its `when` and `error:` too. */
bool release_is_mentioned(const struct action_step *s);

/* release_back.c: the release that each host goes back to inside this run. */
/* What the store knows now; again once nobody else can write it.  -1 and ERR_CONFIG: on_failure is
 * rollback, and a host has none. */
int release_back_prepare(struct run *run, struct err *err);
/* "": the rollback list does not need one. */
const char *release_back_of(const struct run *run, int32_t host);
/* Whether the rollback list can be rendered for this host. */
bool release_back_known(const struct run *run, int32_t host);
/* Why VERB_ROLLBACK is refused, for people, or NULL: a host has no release to go back to. */
const char *release_refuses_rollback(const struct run *run);

/* The archive of a folder to be sent, made if it is not there yet; NULL and err. */
const struct bundle *run_bundle(struct run *run, const char *folder, struct err *err);

/* sources.c */
/* Remember a file that is to be sent as it is now.  -1 and ERR_CONFIG: it has changed already. */
int sources_note(struct run *run, const char *path, struct err *err);
/* -1 and ERR_CONFIG unless the file is as it was remembered. */
int sources_match(const struct run *run, const char *path, const struct stat *st, struct err *err);
/* Of the bytes of a file; ERR_CONFIG. */
int sources_hash(const char *path, char ret_hex[HASH_SHA256_HEX], struct err *err);
/* Hand every file and folder that is to be sent to fn, with the SHA-256 of what is; it returns
 * other than 0 to stop, which is returned.  -1 and ERR_CONFIG too. */
int sources_each(const struct run *run, int (*fn)(void *arg, const char *path, const char *sha256),
                 void *arg, struct err *err);
/* -1 and ERR_CONFIG unless they are those of the request's sources, where it names any. */
int sources_expect(const struct run *run, struct err *err);

/* execute.c */
/* The magic names that differ by host, as they are before anything is known of a step; the rest was
 * set when the run was made. */
void run_set_magic(struct run *run, int32_t host);
/* The wave in which a step of this list is run. */
int32_t
run_wave_of(const struct run *run, const struct run_host *h, enum step_list list, int32_t step);
/* What a template of this host sees; set the magic names first. */
struct scope run_scope(const struct run *run, const struct run_host *h);
/* Step `step` of a list for one host, as it is sent, or in a preview as it is shown: both pass
 * here, and nowhere else.  Release ret. */
int execute_render(struct run *run, const struct run_host *h, enum step_list list, int32_t step,
                   struct rendered *ret, struct err *err);
/* Its `when` holds, or cannot be said to fail. */
bool execute_wanted(struct run *run, const struct run_host *h, enum step_list list, int32_t step);
/* Steps that will be sent to the host after the one it is at, over the same session, as far as is
 * known; FOLLOWING_MAX stands for more. */
int following_count(struct run *run, const struct run_host *h);
/* The rollback list, for every host that can go back. */
int execute_check_back(struct run *run, struct err *err);
int execute_check(struct run *run, struct err *err); /* render all there is, keep nothing */
void execute(struct run *run, const struct order *order);
/* Step `step` of the plan, of the finally or the rollback list, or a check. */
const struct action_step *run_step_at(const struct run *run, enum step_list list, int32_t step);
/* The list that an order to run a step, or to probe, means. */
enum step_list run_list_of(const struct run_host *h, const struct order *o);
const struct action_step *run_step_of(const struct run *run, const struct run_host *h);
/* How many there are in the list the host is in. */
int32_t run_list_count(const struct run *run, enum step_list list);

/* Remember what must not be shown.  -1: there is too much of it. */
int run_hide(struct run *run, const struct strv *secrets, struct err *err);

/* files.c */
void files_fit(struct run *run);  /* raise the limit of open files, lower the workers to it */
void files_tell(struct run *run); /* that there are fewer of them */

/* early.c: when the sessions of the next wave begin */
void early_event(evutil_socket_t fd, short what, void *arg);
void early_connect(struct run *run, int32_t host); /* connect it, when nobody is in the way */
void early_start(struct run *run, int32_t host);   /* it starts: now, if it still waits */
void early_drop(struct run *run, int32_t host);    /* not at all, if it still waits */
/* A host of the wave under way is connecting, or about to be sent something; and not any more: it
 * was sent, or will not be.  Between the two the host is connected, and its step is ordered soon.
 */
void early_opening(struct run_host *h);
void early_opened(struct run_host *h);

/* listen.c */
extern const struct pool_events listen_pool;
void listen_probe(void *arg, bool passed, const char *text);
extern const struct local_events listen_local;
void listen_post(struct run *run, const struct fact *fact, const char *reason);
/* The same of a verb; operate_turn tells this client what became of it. */
void listen_ask(struct run *run, const struct fact *verb, const char *reason, uint32_t asker);
/* A fact of this kind about what the host is doing now. */
struct fact listen_fact_of(const struct run_host *h, enum fact_kind kind, enum cause cause);
/* The end of a step, of one of the finally list or of a check: these have facts of their own.  What
 * its streams held back is passed on first. */
void listen_end_step(struct run_host *h, struct fact fact, const char *reason);
int listen_signals(struct run *run, struct err *err);
/* word: "interrupted", "terminated". */
void listen_interrupt(struct run *run, const char *word);

/* alongside.c: it has ended, was left, or cannot go on: the loop sees to the rest. */
void run_stop(struct run *run);

/* operate.c: what an operator says to the run, and is told */
/* Make the control socket.  -1 and ERR_IO: there can be none, and the plan needs an answer. */
int operate_open(struct run *run, struct err *err);
void operate_begin(struct run *run); /* the run has its id: it can be found */
#define OPERATE_OVER "the run is over"
/* A verb of who began the run; its answer, as by ctl, is theirs to free.  -1 and why not.  Not from
 * inside a turn. */
int operate_say(struct run *run, const struct asked_verb *a, char **ret_answer, struct err *err);
/* NULL, or why this verb is no fact now, for people. */
const char *operate_refuses(const struct run *run, const struct fact *verb);
void operate_turn(struct run *run, const struct inbox *mail); /* a turn took these in */
void operate_end(struct run *run); /* the run is over: the last words, and the socket is gone */
void operate_free(struct run *run);

/* look.c: where the run stands */
/* Note what a turn did. */
void look_turn(struct run *run, const struct inbox *mail);
void look_take(const struct run *run, struct snapshot *ret); /* release it */
/* The same without hosts and failures: costs as much whatever their number. */
void look_glance(const struct run *run, struct snapshot *ret);

/* turn.c */
void turn_wake(struct run *run);   /* there is mail */
void turn_forget(struct run *run); /* the orders of the last turn */
void turn_event(struct run *run);

/* narrate.c: the run, its hosts */
void narrate_start(struct run *run);
void narrate_order(struct run *run, const struct order *order, const struct due_note *note);
void narrate_fact(struct run *run, const struct letter *letter);
void narrate_turn(struct run *run); /* what the facts and orders of a turn came to */
void narrate_warning(struct run *run, const char *host, const char *text);
void narrate_end(struct run *run);
/* narrate_reason.c */
/* Before the end of a host is journaled, its reason must be known. */
void narrate_note(struct run *run, const struct fact *fact, const char *reason);
/* When a host is started, as the core has it by now.  A failure ahead of it that trying again does
 * not help is its own from here on; the reason of any other is forgotten and returned, for the
 * caller to free; or NULL. */
char *narrate_begin(struct run *run, int32_t host, const struct rollout_host *now);
/* Why host ended as it did, for people; valid until the next call. */
const char *narrate_reason(const struct run *run, int32_t host, struct buf *scratch);
/* Why its rollback failed. */
const char *narrate_back_reason(const struct run *run, int32_t host);
/* narrate_step.c */
void narrate_step(struct run *run, const struct order *order);
void narrate_step_end(struct run *run, const struct fact *fact, const char *reason);
void narrate_output(struct run *run, struct run_host *h, int stream, const char *bytes, size_t len);

#endif
