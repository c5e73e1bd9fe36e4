/*
 * front.c - the full screen: begins, lets the loop turn, ends.
 *
 * Decides when it is left, and with which exit code.  Owns terminal, loop, signals and the tick;
 * pages are front_pages.c's, keys front_keys.c's.  Never waits while a run is under way.
 */
#include "front/front_state.h"

#include "base/xalloc.h"
#include "cli/pane.h"
#include "cli/past.h"
#include "cli/request.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

enum { TICK_MS = 1000, EXIT_INT = 130, EXIT_TERM = 143 };

/* ---------------------------------------------------------------- what pages share */

struct cli *
front_cli(struct front *f)
{
    return f->cli;
}

struct event_base *
front_base(struct front *f)
{
    return f->base;
}

struct screen *
front_screen(struct front *f)
{
    return f->screen;
}

struct work *
front_work(struct front *f)
{
    return f->work;
}

int64_t
front_wall_ms(const struct front *f)
{
    (void)f;
    return past_now_ms();
}

void
front_changed(struct front *f)
{
    if (f->screen != NULL && !f->gone) {
        screen_changed(f->screen);
    }
}

/* ---------------------------------------------------------------- the end */

void
front_leave(struct front *f, int exit_code)
{
    f->exit_code = exit_code;
    f->left = true;
    (void)event_base_loopbreak(f->base);
}

/* A screen cannot be closed from inside of its own calls. */
void
front_detach(struct front *f)
{
    f->detached = true;
    event_active(f->later, EV_TIMEOUT, 0);
}

static void
detach(struct front *f)
{
    screen_close(f->screen);
    f->screen = NULL;
    work_tell_plain(f->work);
    work_leave_when_over(f->work);
}

/* What is typed is ended first: nobody loses a form to a key that was meant for its run. */
static bool
end_typing(struct front *f)
{
    static const struct key esc = {.code = KEYC_ESC};
    struct page *p = front_top(f);

    if (f->question.kind != ASK_NONE) {
        ask_cancel(f);
    } else if (f->line.kind != LINE_NONE) {
        line_key(f, &esc);
    } else if (p->ops->where == AT_FORM && p->ops->key != NULL) {
        (void)p->ops->key(p, &esc);
    } else {
        return false;
    }
    return true;
}

void
front_interrupt(struct front *f, int exit_code)
{
    if (!work_interrupt(f->work) && !end_typing(f)) {
        front_leave(f, exit_code);
    }
    front_changed(f);
}

static void
on_signal(evutil_socket_t signal, short what, void *arg)
{
    struct front *f = arg;

    (void)what;
    if (signal == SIGHUP) {
        f->gone = true; /* or only a signal: one that is still there is left as it was found */
        screen_close(f->screen);
        f->screen = NULL;
        work_hangup(f->work);
        work_leave_when_over(f->work);
    } else if (signal == SIGINT) {
        front_interrupt(f, EXIT_INT);
    } else if (work_interrupt(f->work)) {
        work_leave_when_over(f->work);
    } else {
        front_leave(f, EXIT_TERM);
    }
}

/* The terminal hung up, and nobody sent a signal for it. */
static void
on_gone(void *arg)
{
    struct front *f = arg;

    f->gone = true;
    work_leave_when_over(f->work);
}

/* ---------------------------------------------------------------- the loop */

static void
rearm(struct front *f)
{
    const struct loaded *l = front_env(f);
    const int64_t ms = l != NULL && l->settings.refresh_ms > 0 ? l->settings.refresh_ms : TICK_MS;
    const struct timeval tv = {.tv_sec = (time_t)(ms / 1000),
                               .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

    (void)evtimer_add(f->tick, &tv);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct front *f = arg;

    (void)fd;
    (void)what;
    if (f->gone || f->detached) {
        return;
    }
    const int64_t now_ms = front_wall_ms(f);
    struct page *p = front_top(f);
    if (now_ms >= f->said_until_ms) {
        f->said[0] = '\0';
    }
    env_tick(f);
    if (p->ops->tick != NULL) {
        p->ops->tick(p, now_ms);
    }
    front_changed(f);
    rearm(f);
}

/* What cannot be done from inside of a page or of the screen. */
static void
on_later(evutil_socket_t fd, short what, void *arg)
{
    struct front *f = arg;

    (void)fd;
    (void)what;
    front_bury(f);
    if (f->detached && f->screen != NULL) {
        detach(f);
    }
}

static void
make_events(struct front *f)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < 3; i++) {
        f->signals[i] = evsignal_new(f->base, signals[i], on_signal, f);
        (void)evsignal_add(f->signals[i], NULL);
    }
    f->tick = evtimer_new(f->base, on_tick, f);
    f->later = evtimer_new(f->base, on_later, f);
}

static int
open_screen(struct front *f, struct err *err)
{
    const struct screen_config config = {
        .base = f->base,
        .color = pane_wants_color(f->cli, true),
        .draw = front_draw,
        .key = front_key,
        .gone = on_gone,
        .arg = f,
    };

    f->screen = screen_open(&config, err);
    return f->screen == NULL ? -1 : 0;
}

struct front *
front_new(struct cli *c)
{
    struct front *f = xcalloc(1, sizeof(*f));

    f->cli = c;
    f->base = app_loop_new();
    make_events(f);
    f->work = work_new(f);
    return f;
}

void
front_free(struct front *f)
{
    screen_close(f->screen);
    f->screen = NULL;
    ask_cancel(f);
    front_free_pages(f);
    work_free(f->work);
    env_close(f);
    line_release(&f->line);
    for (size_t i = 0; i < 3; i++) {
        event_free(f->signals[i]);
    }
    event_free(f->tick);
    event_free(f->later);
    event_base_free(f->base);
    free(f);
}

int
front_main(struct cli *c, struct err *err)
{
    struct front *f;
    int rc = -1;

    if (request_ask(c, err) != 0) {
        return -1;
    }
    (void)setlocale(LC_CTYPE, "");
    f = front_new(c);
    front_go(f, AT_ENVS);
    if (open_screen(f, err) == 0) {
        rearm(f);
        (void)event_base_dispatch(f->base);
        rc = f->exit_code;
    }
    front_free(f);
    return rc;
}
