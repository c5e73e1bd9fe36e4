/*
 * page_run_rig.h - the Run page over a made-up screen and work: who asks what of them is noted.
 *
 * Stands in for front.c and work.c; included by one test program at a time.
 */
#ifndef TEST_PAGE_RUN_RIG_H
#define TEST_PAGE_RUN_RIG_H

#include "front/front.h"
#include "front/work.h"

#include "app/control_place.h"
#include "base/xalloc.h"
#include "store/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN "20261126T050000Z-0123456789abcdef"

enum { HOSTS = 40, ROWS = 30, COLS = 100, SAID = 256, TURNS_MAX = 1000 };

struct run {
    int unused;
};

/* What was asked of it last. */
struct work {
    struct feed *feed;
    struct run run;
    bool runs;
    struct queue_list queue;
    char asked[SAID];
};

struct front {
    struct cli cli;
    struct event_base *base;
    struct work work;
    struct page *page;
    struct page *pushed; /* the last one; owned */
    const char *env;
    char said[SAID];
    void (*answer)(void *arg, bool yes); /* of the question that is open */
    void *answer_arg;
    char seen_log[SAID]; /* what page_hostlog_new was asked for */
    struct canvas *canvas;
};

static const int64_t zero_ms = INT64_C(1795669200000);

/* ---------------------------------------------------------------- made up: front.h */

struct cli *
front_cli(struct front *f)
{
    return &f->cli;
}

struct event_base *
front_base(struct front *f)
{
    return f->base;
}

int64_t
front_wall_ms(const struct front *f)
{
    (void)f;
    return zero_ms + 60000;
}

void
front_changed(struct front *f)
{
    (void)f;
}

void
front_say(struct front *f, unsigned look, const char *fmt, ...)
{
    va_list ap;

    (void)look;
    va_start(ap, fmt);
    (void)vsnprintf(f->said, sizeof(f->said), fmt, ap);
    va_end(ap);
}

void
front_push(struct front *f, struct page *p)
{
    if (f->pushed != NULL) {
        f->pushed->ops->free(f->pushed);
    }
    f->pushed = p;
}

void
front_ask(struct front *f, const char *text, const char *word, void (*answer)(void *arg, bool yes),
          void *arg)
{
    (void)word;
    (void)snprintf(f->said, sizeof(f->said), "%s", text);
    f->answer = answer;
    f->answer_arg = arg;
}

const char *
front_env_name(const struct front *f)
{
    return f->env;
}

struct page *
page_text_new(struct front *f, const char *title, const char *text)
{
    (void)snprintf(f->said, sizeof(f->said), "%s: %s", title, text);
    return NULL;
}

struct page *
page_hostlog_new(struct front *f, const char *env, const char *run_id, const char *host)
{
    (void)snprintf(f->seen_log, sizeof(f->seen_log), "%s %s %s", env, run_id, host);
    return NULL;
}

/* ---------------------------------------------------------------- made up: work.h, alongside.h */

struct work *
front_work(struct front *f)
{
    return &f->work;
}

struct feed *
work_feed(struct work *w)
{
    return w->feed;
}

struct run *
work_run(struct work *w)
{
    return w->runs ? &w->run : NULL;
}

int64_t
work_predicted_ms(const struct work *w)
{
    (void)w;
    return -1;
}

const struct queue_list *
work_queue(struct work *w)
{
    return &w->queue;
}

bool
work_queue_runs(const struct work *w)
{
    (void)w;
    return false;
}

void
work_verb(struct work *w, enum verb verb, const char *host, int32_t number)
{
    (void)snprintf(w->asked, sizeof(w->asked), "%s %s %d", verb_name(verb),
                   host == NULL ? "-" : host, (int)number);
}

const char *
work_question(enum verb verb)
{
    return verb == VERB_ABORT ? "Abort?" : NULL;
}

void
work_propose_retry(struct work *w, const char *run_id)
{
    (void)snprintf(w->asked, sizeof(w->asked), "once more %s", run_id);
}

const char *
app_run_id(const struct run *run)
{
    (void)run;
    return RUN;
}

void
app_glance(const struct run *run, struct snapshot *ret)
{
    (void)run;
    *ret = snapshot_empty();
    ret->state = xstrdup("running");
    ret->workers = 3;
    ret->active = 3;
    ret->host_count = HOSTS;
    ret->wave_due_ms = -1;
}

/* ---------------------------------------------------------------- a run */

static char *names[HOSTS];

static inline void
tell(struct front *f, struct event e)
{
    sink_event(feed_sink(f->work.feed), &e);
}

static inline struct event
of_host(enum event_type type, int32_t host)
{
    struct event e = event_make(type, zero_ms);

    e.host = names[host];
    e.host_index = host;
    e.slot = host;
    return e;
}

static inline void
output(struct front *f, int32_t host, const char *text)
{
    struct event e = of_host(EVENT_OUTPUT, host);

    e.data = text;
    e.len = strlen(text);
    tell(f, e);
}

static inline void
begin_run(struct front *f, int32_t hosts)
{
    struct event e = event_make(EVENT_RUN_STARTED, zero_ms);

    feed_free(f->work.feed);
    f->work.feed = feed_new(100, NULL);
    f->work.runs = true;
    e.run = RUN;
    e.env = "prod";
    e.action = "deploy";
    e.hosts = (const char *const *)names;
    e.host_count = hosts;
    e.workers = 3;
    tell(f, e);
    for (int32_t i = 0; i < 3 && i < hosts; i++) {
        tell(f, of_host(EVENT_HOST_STARTED, i));
    }
    output(f, 0, "hello from the first\n");
    output(f, 1, "hello from the second\n");
}

static inline void
front_make(struct front *f)
{
    *f = (struct front){.base = event_base_new(), .canvas = canvas_new(ROWS, COLS, false)};
    f->page = page_run_new(f);
}

static inline void
front_end(struct front *f)
{
    front_push(f, NULL);
    f->page->ops->free(f->page);
    feed_free(f->work.feed);
    canvas_free(f->canvas);
    event_base_free(f->base);
}

static inline void
shows_not(struct front *f, struct page *p, const char *text, bool shown)
{
    canvas_clear(f->canvas);
    p->ops->draw(p, f->canvas, canvas_box(f->canvas));
    char *seen = canvas_dump(f->canvas);
    if ((strstr(seen, text) != NULL) != shown) {
        print_error("%s \"%s\" in:\n%s", shown ? "no" : "there is", text, seen);
    }
    assert_int_equal(strstr(seen, text) != NULL, shown);
    free(seen);
}

static inline void
shows(struct front *f, const char *text)
{
    shows_not(f, f->page, text, true);
}

static inline bool
act(struct front *f, enum act a)
{
    f->said[0] = f->work.asked[0] = '\0';
    return f->page->ops->act(f->page, a);
}

#endif
