/*
 * work_queue.c - actions that wait to be started, by somebody.
 *
 * Decides when the next one starts: when the queue was started, and the one before ended well.
 * Owns the list as it was read last; the store has it for good.  Never starts by itself.
 */
#include "front/work_state.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- the store */

/* A run under way in this process may have begun to write. */
static struct store *
open_store(struct work *w, bool to_write, struct err *err)
{
    char *path = xasprintf("%s/var/runs.db", front_cli(w->front)->root);

    if (to_write && w->run != NULL) {
        app_settle(w->run);
    }
    struct store *s = store_open(path, !to_write, err);
    free(path);
    return s;
}

static int
read_list(struct work *w, struct store *s, struct err *err)
{
    struct queue_list list = {0};

    if (queued_read(s, &list, err) != 0) {
        return -1;
    }
    queue_list_release(&w->queue);
    w->queue = list;
    return 0;
}

/* A message that stands is not said over. */
static void
queue_read_again(struct work *w)
{
    struct err ignored = {0};
    struct store *s = open_store(w, false, &ignored);

    if (s != NULL) {
        (void)read_list(w, s, &ignored);
    }
    store_close(s);
}

void
queue_load(struct work *w)
{
    struct err err = {0};
    struct store *s = open_store(w, false, &err);

    if (s == NULL || read_list(w, s, &err) != 0) {
        front_say(w->front, LOOK_BAD, "the queue cannot be read: %s", err.text);
    }
    store_close(s);
}

void
queue_put(struct work *w, const char *env, const char *action, const struct strv *hosts)
{
    struct err err = {0};
    struct store *s = open_store(w, true, &err);

    if (s == NULL || queued_add(s, env, action, hosts, front_wall_ms(w->front), &err) != 0 ||
        read_list(w, s, &err) != 0) {
        front_say(w->front, LOOK_BAD, "not queued: %s", err.text);
    } else {
        front_say(w->front, LOOK_OK, "%s %s is queued, %zu in all%s", action, env, w->queue.count,
                  w->queue_runs ? "" : "; s starts the queue");
    }
    store_close(s);
    front_changed(w->front);
}

/* 1: it is ours to start; 0: somebody else took it, or there is none; the rest is read anew. */
static int
take(struct work *w, int64_t id, struct err *err)
{
    struct store *s = open_store(w, true, err);
    bool taken = false;
    int rc = -1;

    if (s != NULL && queued_take(s, id, &taken, err) == 0 && read_list(w, s, err) == 0) {
        rc = taken;
    }
    store_close(s);
    return rc;
}

static void
on_clear(void *arg, bool yes)
{
    struct work *w = arg;
    struct err err = {0};

    if (!yes) {
        return;
    }
    struct store *s = open_store(w, true, &err);
    if (s == NULL || queued_clear(s, &err) != 0 || read_list(w, s, &err) != 0) {
        front_say(w->front, LOOK_BAD, "%s", err.text);
    } else {
        front_say(w->front, LOOK_OK, "the queue is empty");
    }
    store_close(s);
    w->queue_runs = false;
    front_changed(w->front);
}

/* ---------------------------------------------------------------- one after the other */

static struct errand *
read_errand(struct work *w, const struct queued *q)
{
    const struct wish wish = {.env = q->env, .action = q->action, .hosts = &q->hosts};
    struct mistakes m = {0};
    struct err err = {0};
    struct errand *e = errand_new(front_cli(w->front), &wish, &m, &err);

    if (e != NULL && errand_plan(e, &err) != 0) {
        errand_free(e);
        e = NULL;
    }
    if (e == NULL) {
        work_tell_mistakes(w, q->action, &m, &err);
    }
    mistakes_release(&m);
    return e;
}

/* It did not begin: a mistake, or another holds the lock.  It was told why. */
static void
put_back(struct work *w, const struct queued *q)
{
    struct err err = {0};
    struct store *s = open_store(w, true, &err);

    if (s == NULL || queued_put_back(s, q, &err) != 0 || read_list(w, s, &err) != 0) {
        front_say(w->front, LOOK_BAD, "%s %s is not in the queue any more: %s", q->action, q->env,
                  err.text);
    }
    store_close(s);
}

/* Taken out before it begins: one that dies meanwhile is not begun twice.  What cannot begin stays,
 * and stops the queue: it can be mended. */
static void
start_first(struct work *w)
{
    struct queued q = w->queue.rows[0];
    struct errand *e = read_errand(w, &q);
    struct err err = {0};

    w->queue.count--;
    memmove(w->queue.rows, w->queue.rows + 1, w->queue.count * sizeof(q));
    const int rc = e == NULL ? -1 : take(w, q.id, &err);
    if (rc < 0 && e != NULL) {
        front_say(w->front, LOOK_BAD, "%s", err.text);
    }
    if (rc <= 0) {
        errand_free(e);
    } else if (!work_begin(w, e)) {
        put_back(w, &q);
    }
    if (rc < 0) {
        queue_read_again(w);
    }
    if (rc != 0 && w->run == NULL) {
        w->queue_runs = false;
    }
    queued_release(&q);
}

/* Somebody else may have taken the first meanwhile: then it is the next one's turn. */
static void
start_next(struct work *w)
{
    queue_load(w);
    while (w->run == NULL && w->queue_runs && w->queue.count > 0) {
        start_first(w);
    }
    if (w->run == NULL && w->queue_runs) {
        w->queue_runs = false;
        front_say(w->front, LOOK_OK, "the queue is empty");
    }
    front_changed(w->front);
}

void
queue_after(struct work *w, bool well)
{
    if (!w->queue_runs) {
        return;
    }
    if (well) {
        start_next(w);
        return;
    }
    w->queue_runs = false;
    front_say(w->front, LOOK_BAD, "%s %s did not end well (exit %d): the queue stops, %zu wait%s",
              work_action(w), work_env(w), w->exit_code < 0 ? 1 : w->exit_code, w->queue.count,
              w->queue.count == 1 ? "s" : "");
}

void
queue_stop(struct work *w)
{
    w->queue_runs = false;
}

void
work_start_stop(struct work *w)
{
    if (w->queue_runs) {
        w->queue_runs = false;
        front_say(w->front, LOOK_OK, "the queue stops: %zu wait%s", w->queue.count,
                  w->queue.count == 1 ? "s" : "");
        return;
    }
    queue_load(w);
    if (w->queue.count == 0) {
        front_say(w->front, LOOK_WARN, "nothing is queued");
        return;
    }
    w->queue_runs = true;
    if (w->run != NULL) {
        front_say(w->front, LOOK_OK, "the queue goes on when this is over: %zu wait%s",
                  w->queue.count, w->queue.count == 1 ? "s" : "");
    } else {
        start_next(w);
    }
    front_changed(w->front);
}

void
work_clear(struct work *w)
{
    char *text;

    queue_load(w);
    if (w->queue.count == 0) {
        front_say(w->front, LOOK_WARN, "nothing is queued");
        return;
    }
    text = xasprintf("Empty the queue?\n%zu action%s, the first is %s %s.", w->queue.count,
                     w->queue.count == 1 ? " waits" : "s wait", w->queue.rows[0].action,
                     w->queue.rows[0].env);
    front_ask(w->front, text, NULL, on_clear, w);
    free(text);
}

const struct queue_list *
work_queue(struct work *w)
{
    return &w->queue;
}

bool
work_queue_runs(const struct work *w)
{
    return w->queue_runs;
}
