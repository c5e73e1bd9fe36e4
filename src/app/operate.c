/*
 * operate.c - verbs that reach a run over its control socket, and what the operator is told.
 *
 * Decides how each verb is answered, and that one which the core refuses is no fact.  Owns the
 * answers that wait for a commit.  An accepted verb is a fact like any other: journaled, then told
 * (turn.c); its answer is given when it is durable.
 */
#include "app/run_state.h"

#include "app/control.h"
#include "app/verbs.h"
#include "base/escape.h"
#include "base/xalloc.h"
#include "config/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TELL_MS = 200,         /* between two snapshots for who watches */
    NEAR_NAMES_MAX = 2000, /* looked at for the name that was meant */
    NAME_SHOWN = 60,
    ANSWER_BYTES = 512,
    QUESTIONS = CONTROL_CLIENTS + 1, /* of HERE, too */
};

/* Stands for who began the run among the clients of the socket, which count from 1. */
#define HERE UINT32_MAX

/* A client whose verb is not answered yet. */
struct question {
    uint32_t client; /* 0: none */
    int32_t workers; /* asked for */
    char *answer;    /* owned: told when it is durable; NULL: its turn has not come */
};

struct operate {
    struct control *control; /* owned; NULL: there is no socket */
    char *without;           /* owned: why not, until it is said */
    struct event *tell;      /* owned */
    int64_t told_ms;         /* the last snapshot */
    struct question questions[QUESTIONS];
    char *said; /* owned: the answer to HERE; NULL: none */
    bool said_no;
};

/* ---------------------------------------------------------------- what was done, in words */

static const char *
s_of(int n)
{
    return n == 1 ? "" : "s";
}

/* "3 hosts in flight go on"; one, and several, do this. */
static void
add_in_flight(struct buf *out, const struct run *run, const char *one, const char *several)
{
    const int n = (int)rollout_active(run->rollout);

    if (n == 0) {
        (void)buf_adds(out, "no host is in flight");
    } else {
        (void)buf_addf(out, "%d host%s in flight %s", n, s_of(n), n == 1 ? one : several);
    }
}

static void
describe_workers(struct buf *out, const struct run *run, int32_t asked, int32_t given)
{
    (void)buf_addf(out, "%d worker%s from now on", (int)given, s_of((int)given));
    if (given != asked) {
        (void)buf_addf(out,
                       ", not %d: no more connections fit into the %d files that the run may open "
                       "(ulimit -n)",
                       (int)asked, run->files_limit);
    }
}

static void
describe(struct buf *out, const struct run *run, const struct fact *f, int32_t asked)
{
    const struct summary totals = rollout_summary(run->rollout);
    const int to_go = (int)(totals.count[OUTCOME_UNTOUCHED] + totals.count[OUTCOME_RUNNING]);

    switch (f->verb) {
    case VERB_PAUSE:
        (void)buf_adds(out, "paused: ");
        add_in_flight(out, run, "goes on", "go on");
        break;
    case VERB_CONTINUE:
        (void)buf_adds(out, "continued");
        break;
    case VERB_PROMOTE:
        (void)buf_addf(out, "promoted: %d host%s to go", to_go, s_of(to_go));
        break;
    case VERB_ABORT:
        (void)buf_adds(out, "aborted: no new host is started; ");
        add_in_flight(out, run, "goes on", "go on");
        break;
    case VERB_KILL:
        (void)buf_adds(out, "killed: ");
        add_in_flight(out, run, "is cut off", "are cut off");
        break;
    case VERB_ROLLBACK:
        (void)buf_adds(out, "halted, to be rolled back: ");
        add_in_flight(out, run, "ends first", "end first");
        break;
    case VERB_SKIP:
        (void)buf_addf(out, "skipped: %s", run->names[f->host]);
        break;
    case VERB_RETRY:
        (void)buf_addf(out, "%s goes again", run->names[f->host]);
        break;
    case VERB_WORKERS:
        describe_workers(out, run, asked, (int32_t)f->value);
        break;
    }
}

/* ---------------------------------------------------------------- questions */

static void
say(struct run *run, uint32_t client, const char *word, const char *text)
{
    struct operate *o = run->operate;
    struct buf line;

    if (client == HERE) {
        free(o->said);
        o->said = xstrdup(text);
        o->said_no = strcmp(word, "no") == 0;
        return;
    }
    if (o->control == NULL) { /* the run is over, and they know */
        return;
    }
    buf_init(&line, SNAPSHOT_BYTES_MAX);
    (void)buf_addf(&line, "%s ", word);
    escape_line(&line, text, strlen(text));
    control_say(o->control, client, line.data, line.len);
    buf_release(&line);
}

static struct question *
question_of(struct operate *o, uint32_t client)
{
    for (size_t i = 0; i < QUESTIONS; i++) {
        if (o->questions[i].client == client) {
            return &o->questions[i];
        }
    }
    return NULL;
}

/* A client has one question at a time; those of clients that left are there until their turn.
 * False: there is no room. */
static bool
note_question(struct operate *o, uint32_t client, int32_t workers)
{
    struct question *q = question_of(o, 0);

    if (q != NULL) {
        *q = (struct question){.client = client, .workers = workers};
    }
    return q != NULL;
}

static void
drop_question(struct question *q)
{
    free(q->answer);
    *q = (struct question){0};
}

/* What has been taken in is told to who asked, once it is durable; HERE is not kept waiting. */
static void
answer_durable(struct run *run)
{
    struct operate *o = run->operate;

    for (size_t i = 0; i < QUESTIONS; i++) {
        struct question *q = &o->questions[i];
        if (q->answer != NULL && (q->client == HERE || run->dirty_ms < 0)) {
            say(run, q->client, "ok", q->answer);
            drop_question(q);
        }
    }
}

/* Why not; of a host, which. */
static void
say_no(struct run *run, uint32_t client, const struct fact *f, const char *why)
{
    char *text = f->host < 0 ? xstrdup(why) : xasprintf("%s: %s", run->names[f->host], why);

    say(run, client, "no", text);
    free(text);
}

/* As with Ctrl-C it is said at once; of other verbs narrate tells. */
static bool
ends_run(enum verb v)
{
    return v == VERB_ABORT || v == VERB_KILL || v == VERB_ROLLBACK;
}

/* A verb that came by ctl has had its turn. */
static void
answer(struct run *run, const struct letter *l)
{
    struct question *q = question_of(run->operate, l->asker);
    struct buf text;

    if (l->refused != NULL) {
        say_no(run, l->asker, &l->fact, l->refused);
        if (q != NULL) {
            drop_question(q);
        }
        return;
    }
    buf_init(&text, ANSWER_BYTES);
    describe(&text, run, &l->fact, q == NULL ? (int32_t)l->fact.value : q->workers);
    if (q != NULL) {
        q->answer = xstrdup(text.data);
    }
    if (ends_run(l->fact.verb)) {
        (void)buf_addf(&text, " (%s)", l->reason == NULL ? "" : l->reason);
        narrate_warning(run, NULL, text.data);
    }
    buf_release(&text);
}

/* ---------------------------------------------------------------- lines */

/* The index of a host, or -1 and what was probably meant. */
static int32_t
find_host(const struct run *run, const char *name, struct err *err)
{
    const size_t count = (size_t)run->host_count;
    struct buf shown;

    for (int32_t i = 0; i < run->host_count; i++) {
        if (strcmp(run->names[i], name) == 0) {
            return i;
        }
    }
    const char *near =
        nearest_word(name, run->names, count < NEAR_NAMES_MAX ? count : NEAR_NAMES_MAX);
    buf_init(&shown, 4 * NAME_SHOWN + 1);
    escape_line(&shown, name, strnlen(name, NAME_SHOWN));
    (void)err_set(err, ERR_NO_MATCH, "no host '%s' in this run%s%s%s", shown.data,
                  near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                  near != NULL ? "?" : "");
    buf_release(&shown);
    return -1;
}

/* More slots than connections fit into the limit of files would only fail hosts. */
static int32_t
cap_workers(const struct run *run, int32_t asked)
{
    return run->slots_max > 0 && asked > run->slots_max && run->host_count > run->slots_max
               ? run->slots_max
               : asked;
}

const char *
operate_refuses(const struct run *run, const struct fact *verb)
{
    const char *no = rollout_refuses(run->rollout, verb);

    return no == NULL && verb->verb == VERB_ROLLBACK ? release_refuses_rollback(run) : no;
}

static void
ask_verb(struct run *run, uint32_t client, const struct asked_verb *a, const char *way, uid_t uid)
{
    struct fact f = {.kind = FACT_VERB, .host = -1, .step = -1, .verb = a->verb};
    struct err err = {0};
    char reason[64];

    if (a->host != NULL) {
        f.host = find_host(run, a->host, &err);
        if (f.host < 0) {
            say(run, client, "no", err.text);
            return;
        }
    }
    f.value = a->verb == VERB_WORKERS ? cap_workers(run, a->number) : 0;
    const char *why = operate_refuses(run, &f);
    if (why == NULL && !note_question(run->operate, client, a->number)) {
        why = "too many verbs at once";
    }
    if (why != NULL) {
        say_no(run, client, &f, why);
        return;
    }
    (void)snprintf(reason, sizeof(reason), "by %s, uid %lu", way, (unsigned long)uid);
    listen_ask(run, &f, reason, client);
}

int
operate_say(struct run *run, const struct asked_verb *a, char **ret_answer, struct err *err)
{
    struct operate *o = run->operate;

    if (run->end != END_NOT_YET) {
        return err_set(err, ERR_USAGE, "%s", OPERATE_OVER);
    }
    ask_verb(run, HERE, a, "screen", geteuid());
    if (o->said == NULL) {
        run_turn(run);
    }
    char *said = o->said;
    o->said = NULL;
    if (said == NULL) { /* the store failed, or the operator would not wait */
        return err_set(err, ERR_USAGE, "%s", run->left ? OPERATE_OVER : run->err.text);
    }
    if (o->said_no) {
        (void)err_set(err, ERR_USAGE, "%s", said);
        free(said);
        return -1;
    }
    *ret_answer = said;
    return 0;
}

static void
add_snapshot(const struct run *run, struct buf *out)
{
    struct snapshot s;

    buf_init(out, SNAPSHOT_BYTES_MAX);
    look_take(run, &s);
    snapshot_to_json(&s, out);
    snapshot_release(&s);
}

static void
on_line(void *arg, uint32_t client, uid_t uid, const char *line, size_t len)
{
    struct run *run = arg;
    struct asked_verb a;
    struct err err = {0};
    struct buf text;

    if (verbs_read(line, len, &a, &err) != 0) {
        say(run, client, "no", err.text);
        return;
    }
    if (a.ask == ASK_VERB) {
        ask_verb(run, client, &a, "ctl", uid);
        return;
    }
    if (a.ask == ASK_WATCH) {
        control_watch(run->operate->control, client);
    }
    add_snapshot(run, &text);
    control_say(run->operate->control, client, text.data, text.len);
    buf_release(&text);
}

/* ---------------------------------------------------------------- who looks on */

static void
tell_now(struct run *run)
{
    struct operate *o = run->operate;
    struct buf text;

    o->told_ms = run_now_ms(run);
    if (control_is_watched(o->control)) {
        add_snapshot(run, &text);
        control_tell(o->control, text.data, text.len);
        buf_release(&text);
    }
}

static void
on_tell(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    tell_now(arg);
}

/* Something has changed: at once, or TELL_MS after the last time. */
static void
tell_soon(struct run *run)
{
    struct operate *o = run->operate;

    if (evtimer_pending(o->tell, NULL) || !control_is_watched(o->control)) {
        return;
    }
    const int64_t since_ms = run_now_ms(run) - o->told_ms;
    const int64_t left_ms = since_ms < TELL_MS ? TELL_MS - since_ms : 0;
    const struct timeval tv = {.tv_usec = left_ms * 1000};
    (void)evtimer_add(o->tell, &tv);
}

/* ---------------------------------------------------------------- the run */

static int64_t
now_of(void *arg)
{
    return run_now_ms(arg);
}

/* What in the plan cannot go on without a word from somebody; NULL: nothing. */
static const char *
needs_answer(const struct run *run)
{
    const struct policy *p = plan_policy(run->plan);

    if (p->strategy == STRATEGY_CANARY && p->promote == PROMOTE_MANUAL) {
        return "promote: manual";
    }
    return p->on_failure == ON_FAILURE_PAUSE ? "on_failure: pause" : NULL;
}

int
operate_open(struct run *run, struct err *err)
{
    const struct control_config config = {
        .base = run->base, .var_dir = run->var_dir, .now_ms = now_of, .line = on_line, .arg = run};
    struct err why = {0};

    run->operate = xcalloc(1, sizeof(*run->operate));
    run->operate->control = control_new(&config, &why);
    run->operate->tell = evtimer_new(run->base, on_tell, run);
    if (run->operate->control != NULL) {
        return 0;
    }
    if (needs_answer(run) != NULL) {
        return err_set(err, ERR_IO, "%s: nobody could answer this run: %s", needs_answer(run),
                       why.text);
    }
    run->operate->without = xstrdup(why.text);
    return 0;
}

void
operate_begin(struct run *run)
{
    struct operate *o = run->operate;
    struct err err = {0};

    if (o->control != NULL && control_publish(o->control, journal_run_id(run->journal), &err) < 0) {
        o->without = xstrdup(err.text);
    }
    if (o->without != NULL) {
        char *text = xasprintf("ctl cannot reach this run: %s", o->without);
        narrate_warning(run, NULL, text);
        free(text);
    }
}

void
operate_turn(struct run *run, const struct inbox *mail)
{
    look_turn(run, mail);
    if (run->operate == NULL) {
        return;
    }
    for (size_t i = 0; i < mail->count; i++) {
        if (mail->letters[i].asker != 0) {
            answer(run, &mail->letters[i]);
        }
    }
    answer_durable(run);
    if (run->operate->control != NULL) {
        tell_soon(run);
    }
}

void
operate_end(struct run *run)
{
    struct operate *o = run->operate;

    if (o == NULL || o->control == NULL) {
        return;
    }
    for (size_t i = 0; i < QUESTIONS; i++) {
        if (o->questions[i].client != 0) {
            say(run, o->questions[i].client, "no", OPERATE_OVER);
            drop_question(&o->questions[i]);
        }
    }
    tell_now(run);
    control_free(o->control);
    o->control = NULL;
}

void
operate_free(struct run *run)
{
    struct operate *o = run->operate;

    if (o == NULL) {
        return;
    }
    control_free(o->control);
    for (size_t i = 0; i < QUESTIONS; i++) {
        drop_question(&o->questions[i]);
    }
    event_free(o->tell);
    free(o->said);
    free(o->without);
    free(o);
    run->operate = NULL;
}
