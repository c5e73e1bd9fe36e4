/*
 * work.c - the run under way: begun, spoken to, let go of.
 *
 * Decides when a run can begin, and what follows when one is over.  Owns it, and what is seen of
 * it.  Never waits, but while a run is begun.
 */
#include "front/work_state.h"

#include "base/xalloc.h"
#include "cli/ask.h"
#include "cli/request.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 512 };

/* ---------------------------------------------------------------- what is seen of a run */

static void
seen_free(struct seen *s)
{
    if (s == NULL) {
        return;
    }
    feed_free(s->feed);
    map_free(s->hosts);
    free(s->env);
    free(s->action);
    free(s);
}

static void
note_hosts(struct seen *s)
{
    const struct strv *names = &feed_board(s->feed)->names;

    map_free(s->hosts);
    s->hosts = map_new(NULL);
    for (size_t i = 0; i < names->count; i++) {
        map_set(s->hosts, names->items[i], (void *)(uintptr_t)(i + 1));
    }
}

static void
on_event(void *arg, const struct event *e)
{
    struct work *w = arg;

    if (e->type == EVENT_RUN_STARTED) {
        note_hosts(w->seen);
    }
    if (w->plain != NULL) {
        plain_event(w, e);
    }
    front_changed(w->front);
}

static struct seen *
seen_new(struct work *w, struct errand *e)
{
    struct seen *s = xcalloc(1, sizeof(*s));

    s->budget = (struct budget){.max = request_output_budget(&e->request)};
    s->feed = feed_new(e->loaded.settings.log_retention_lines, &s->budget);
    s->env = xstrdup(e->env);
    s->action = xstrdup(e->action);
    s->predicted_ms = e->has_plan && e->plan.future != NULL ? e->plan.future->whole.p50_ms : -1;
    feed_listen(s->feed, on_event, w);
    return s;
}

/* ---------------------------------------------------------------- the end of a run */

/* "3 ok, 1 failed" */
static void
add_totals(struct buf *out, const struct summary *totals)
{
    (void)buf_addf(out, "%d ok", (int)totals->count[OUTCOME_OK]);
    for (int i = 0; i < OUTCOMES; i++) {
        if (i != OUTCOME_OK && totals->count[i] > 0) {
            (void)buf_addf(out, ", %d %s", (int)totals->count[i], outcome_name((enum outcome)i));
        }
    }
}

static void
say_result(struct work *w)
{
    const struct seen *s = w->seen;
    struct feed_end end;
    struct buf text;

    if (w->exit_code < 0) {
        front_say(w->front, LOOK_BAD, "%s %s: %s", s->action, s->env, w->err.text);
    } else if (feed_end(s->feed, &end)) {
        buf_init(&text, TEXT_BYTES);
        add_totals(&text, &end.totals);
        front_say(w->front, w->exit_code == 0 ? LOOK_OK : LOOK_BAD, "%s %s: %s%s%s", s->action,
                  s->env, text.data, end.reason != NULL ? "; halted: " : "",
                  end.reason != NULL ? end.reason : "");
        buf_release(&text);
    }
}

/* The run is let go of first: what it borrows is freed, and the store is free for the queue. */
static void
on_after(evutil_socket_t fd, short what, void *arg)
{
    struct work *w = arg;
    const bool was_test = w->trial != NULL;

    (void)fd;
    (void)what;
    app_end(w->run);
    w->run = NULL;
    if (was_test) {
        trial_end(w);
    } else {
        say_result(w);
        plain_end(w);
    }
    errand_free(w->errand);
    w->errand = NULL;
    front_changed(w->front);
    if (w->leaves) {
        front_leave(w->front, w->exit_code < 0 ? 1 : w->exit_code);
    } else {
        queue_after(w, was_test || w->exit_code == 0);
    }
}

static void
on_over(void *arg, int exit_code, const struct err *err)
{
    struct work *w = arg;

    w->exit_code = exit_code;
    w->err = err != NULL ? *err : (struct err){0};
    event_active(w->after, EV_TIMEOUT, 0);
}

/* ---------------------------------------------------------------- the beginning of one */

static void
wipe(void *answer)
{
    explicit_bzero(answer, strlen(answer));
    free(answer);
}

/* The terminal is given back for the question.  What was answered is kept for this session: a queue
 * would stop at each action. */
static int
ask_outside(void *arg, const char *prompt, bool again, char **ret, struct err *err)
{
    struct work *w = arg;
    struct screen *s = front_screen(w->front);
    const char *known = again ? NULL : map_get(w->answers, prompt);

    if (known != NULL) {
        *ret = xstrdup(known);
        return 0;
    }
    if (s == NULL) {
        return err_set(err, ERR_USAGE, "nobody can be asked any more: %s", prompt);
    }
    screen_leave(s);
    const int rc = ask_once_more(prompt, again, ret, err);
    screen_enter(s);
    if (rc == 0) {
        map_set(w->answers, prompt, xstrdup(*ret));
    }
    return rc;
}

static bool
begin(struct work *w, struct errand *e)
{
    struct err err = {0};

    assert(w->run == NULL && !e->brief);
    if (front_screen(w->front) != NULL) { /* of many hosts it takes a moment */
        front_say(w->front, LOOK_DIM, "%s %s is made ready ...", e->action, e->env);
        screen_draw_now(front_screen(w->front));
    }
    e->request.ask = ask_outside;
    e->request.ask_arg = w;
    w->errand = e;
    w->run = app_begin(&e->request, front_base(w->front), on_over, w, &err);
    if (w->run == NULL) {
        w->errand = NULL;
        work_tell_mistakes(w, e->action, NULL, &err);
    } else {
        front_say(w->front, LOOK_DIM, "%s %s began", e->action, e->env);
    }
    return w->run != NULL;
}

bool
work_begin_hidden(struct work *w, struct errand *e, struct sink *sink)
{
    e->request.sink = sink;
    if (!begin(w, e)) {
        errand_free(e);
        return false;
    }
    return true;
}

/* What was seen of the run before stays where this one cannot begin. */
bool
work_begin(struct work *w, struct errand *e)
{
    struct seen *before = w->seen;
    struct seen *s = seen_new(w, e);

    w->seen = s; /* events come while it begins */
    e->request.sink = feed_sink(s->feed);
    if (!begin(w, e)) {
        w->seen = before;
        seen_free(s);
        errand_free(e);
        return false;
    }
    seen_free(before);
    front_go(w->front, AT_RUN);
    return true;
}

/* ---------------------------------------------------------------- asked for */

void
work_tell_mistakes(struct work *w, const char *what, const struct mistakes *m,
                   const struct err *err)
{
    if (m != NULL && m->count > 0) {
        char *title = xasprintf("Mistakes: %s cannot be run", what);
        front_show_mistakes(w->front, title, m);
        free(title);
        front_say(w->front, LOOK_BAD, "%s: nothing was started", what);
    } else if (err->text[0] != '\0') {
        char *near = front_near_root(w->front, err->text);
        front_say(w->front, LOOK_BAD, "%s", near);
        free(near);
    }
}

static void
propose(struct work *w, struct errand *e, const char *what, struct mistakes *m, struct err *err)
{
    if (e != NULL && !e->brief && errand_plan(e, err) != 0) {
        errand_free(e);
        e = NULL;
    }
    if (e != NULL) {
        front_push(w->front, page_confirm_new(w->front, e));
    } else {
        work_tell_mistakes(w, what, m, err);
    }
    mistakes_release(m);
}

/* Beside a run nothing large is read, and no program is run: it is looked at when it starts. */
void
work_propose(struct work *w, const char *action, const struct strv *hosts)
{
    struct cli *c = front_cli(w->front);
    const struct wish wish = {.env = front_env_name(w->front), .action = action, .hosts = hosts};
    struct mistakes m = {0};
    struct err err = {0};

    if (wish.env == NULL) {
        front_say(w->front, LOOK_WARN, "no environment is open");
        return;
    }
    if (hosts->count == 0) {
        front_say(w->front, LOOK_WARN, "%s: there is no server", action);
        return;
    }
    struct errand *e =
        w->run != NULL ? errand_brief(c, &wish, &m, &err) : errand_new(c, &wish, &m, &err);
    propose(w, e, action, &m, &err);
}

void
work_propose_retry(struct work *w, const char *run_id)
{
    struct mistakes m = {0};
    struct err err = {0};

    if (w->run != NULL) {
        front_say(w->front, LOOK_WARN,
                  "a run is under way: what another was given is read when it is over");
        return;
    }
    struct errand *e = errand_again(front_cli(w->front), run_id, &m, &err);
    propose(w, e, run_id, &m, &err);
}

/* ---------------------------------------------------------------- verbs */

static void
say_verb(struct work *w, enum verb verb, const char *host, int32_t number)
{
    struct err err = {0};
    char *answer = NULL;

    if (app_say(w->run, verb, host, number, &answer, &err) == 0) {
        front_say(w->front, LOOK_OK, "%s", answer);
    } else {
        front_say(w->front, LOOK_BAD, "%s", err.text);
    }
    free(answer);
    front_changed(w->front);
}

static void
on_answer(void *arg, bool yes)
{
    struct work *w = arg;

    if (yes && work_run(w) != NULL) {
        say_verb(w, w->verb, NULL, 0);
    }
}

/* What cannot be taken back is asked for. */
const char *
work_question(enum verb verb)
{
    switch (verb) {
    case VERB_ABORT:
        return "Abort the run?\nNo new host is started; those in flight run to their end.";
    case VERB_KILL:
        return "Kill the run?\nHosts in flight are cut off: what they were at may be half done.";
    case VERB_ROLLBACK:
        return "Roll back?\nNo new host is started; those that were changed go back.";
    case VERB_PAUSE:
    case VERB_CONTINUE:
    case VERB_PROMOTE:
    case VERB_SKIP:
    case VERB_RETRY:
    case VERB_WORKERS:
        break;
    }
    return NULL;
}

void
work_verb(struct work *w, enum verb verb, const char *host, int32_t number)
{
    const bool named = verb == VERB_SKIP || verb == VERB_RETRY;
    const char *no;

    if (work_run(w) == NULL) {
        front_say(w->front, LOOK_WARN, "no run is under way");
        return;
    }
    if (named && host == NULL) {
        front_say(w->front, LOOK_WARN, "%s: which host?", verb_name(verb));
        return;
    }
    if (work_question(verb) == NULL) {
        say_verb(w, verb, named ? host : NULL, number);
        return;
    }
    no = app_refuses(w->run, verb, NULL);
    if (no != NULL) {
        front_say(w->front, LOOK_BAD, "%s", no);
        return;
    }
    w->verb = verb;
    front_ask(w->front, work_question(verb), NULL, on_answer, w);
}

/* What came of a Ctrl-C, on whatever page one is. */
static void
say_last(struct work *w)
{
    const struct feed *f = work_feed(w);
    const size_t said = work_run(w) == NULL ? 0 : feed_said_count(f);

    if (w->trial != NULL) {
        front_say(w->front, LOOK_WARN, "the test is stopped");
    } else if (said > 0) {
        front_say(w->front, LOOK_WARN, "%s", feed_said(f, said - 1)->text);
    }
}

bool
work_interrupt(struct work *w)
{
    if (w->run == NULL) {
        return false;
    }
    queue_stop(w);
    app_interrupt(w->run);
    say_last(w);
    return true;
}

void
work_hangup(struct work *w)
{
    queue_stop(w);
    if (w->run != NULL) {
        app_hangup(w->run);
    }
}

void
work_leave_when_over(struct work *w)
{
    queue_stop(w);
    w->leaves = true;
    if (w->run == NULL) {
        front_leave(w->front, 0);
    }
}

/* ---------------------------------------------------------------- looked at */

struct feed *
work_feed(struct work *w)
{
    return w->seen == NULL ? NULL : w->seen->feed;
}

struct run *
work_run(struct work *w)
{
    return w->trial == NULL ? w->run : NULL;
}

const char *
work_env(const struct work *w)
{
    return w->seen == NULL ? NULL : w->seen->env;
}

const char *
work_action(const struct work *w)
{
    return w->seen == NULL ? NULL : w->seen->action;
}

int64_t
work_predicted_ms(const struct work *w)
{
    return w->seen == NULL ? -1 : w->seen->predicted_ms;
}

static bool
describe(const struct board_host *h, char *ret, size_t size)
{
    const bool active = board_is_active(h);
    const char *back = h->rollback == ROLLBACK_RUNNING ? "rollback: " : "";

    if (h->outcome == OUTCOME_UNTOUCHED) {
        (void)snprintf(ret, size, "waits");
    } else if (h->parked) {
        (void)snprintf(ret, size, "waits for the switch");
    } else if (active && h->step_name == NULL) {
        (void)snprintf(ret, size, "%sbegins", back);
    } else if (active) {
        (void)snprintf(ret, size, "%sstep %d/%d %s", back, (int)h->step, (int)h->step_count,
                       h->step_name);
    }
    return h->outcome == OUTCOME_UNTOUCHED || h->parked || active;
}

bool
work_progress(struct work *w, const char *env, const char *host, char *ret, size_t size)
{
    const struct seen *s = w->seen;

    if (work_run(w) == NULL || s->hosts == NULL || strcmp(env, s->env) != 0) {
        return false;
    }
    const uintptr_t n = (uintptr_t)map_get(s->hosts, host);
    return n > 0 && describe(&feed_board(s->feed)->hosts[n - 1], ret, size);
}

/* ---------------------------------------------------------------- life */

struct work *
work_new(struct front *f)
{
    struct work *w = xcalloc(1, sizeof(*w));

    w->front = f;
    w->after = event_new(front_base(f), -1, 0, on_after, w);
    w->tests = map_new(free);
    w->answers = map_new(wipe);
    queue_load(w);
    return w;
}

void
work_free(struct work *w)
{
    if (w == NULL) {
        return;
    }
    app_end(w->run);
    plain_end(w);
    trial_free(w->trial);
    errand_free(w->errand);
    seen_free(w->seen);
    map_free(w->tests);
    map_free(w->answers);
    queue_list_release(&w->queue);
    event_free(w->after);
    free(w);
}
