/*
 * screen.c - the life of the full screen: when it has the terminal, when it draws, who gets keys.
 *
 * Decides the pace of frames, and what signals do.  Owns the terminal while it is open.  Never
 * waits for it, but to give it back.
 */
#include "ui/screen.h"

#include "base/xalloc.h"
#include "ui/screen_crash.h"
#include "ui/screen_paint.h"
#include "ui/screen_tty.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_FRAME_MS = 10,  /* between two frames that answer keys */
    AWAY_LOOK_MS = 500, /* whether we are in front again */
    SUSPEND_WAIT_MS = 100,
};

/*
 *          enter                      TSTP, somebody else in front
 *   LEFT --------> (in front?) -> ON ------------------------------> AWAY
 *     ^               |           |  <------------------------------  |
 *     |               +-> AWAY    |   CONT, or looked: in front again |
 *     +---------- leave ----------+-----------------------------------+
 *   any --- hung up, forget ---> GONE
 *
 * ON: the modes are ours, bytes are read, frames are drawn, a crash puts the terminal right.
 * AWAY: wanted, but not ours to touch.  LEFT: given back.  GONE: never again.
 */
enum screen_state { SCREEN_LEFT, SCREEN_AWAY, SCREEN_ON, SCREEN_GONE };

struct screen {
    struct screen_config config;
    enum screen_state state;
    struct screen_tty *tty;     /* owned */
    struct screen_paint *paint; /* owned */
    struct canvas *canvas;      /* owned */
    struct key_reader keys;
    bool changed; /* since the last frame */
    bool resized; /* the terminal may have another size */
    bool drawing;
    int64_t frame_ms;                           /* when the last one was drawn */
    int64_t bytes_ms;                           /* when something was typed last */
    struct event *frame, *esc, *look;           /* owned */
    struct event *stopped, *continued, *window; /* owned: signals */
    struct sigaction ttin, ttou;                /* what they did before */
};

static void
in_ms(struct event *ev, int64_t ms)
{
    const int64_t wait_ms = ms > 0 ? ms : 0;
    const struct timeval tv = {.tv_sec = wait_ms / 1000, .tv_usec = (wait_ms % 1000) * 1000};

    (void)event_add(ev, &tv);
}

/* ---------------------------------------------------------------- frames */

static void
fit_size(struct screen *s)
{
    int rows = 0, cols = 0;

    s->resized = false;
    screen_tty_size(s->tty, &rows, &cols);
    canvas_resize(s->canvas, rows, cols);
    screen_paint_resize(s->paint, canvas_rows(s->canvas), canvas_cols(s->canvas));
}

static void
put_painted(struct screen *s)
{
    size_t len = 0;
    const char *bytes = screen_paint_take(s->paint, &len);

    screen_tty_put(s->tty, bytes, len);
}

/* A frame, unless the terminal has not taken the last one: then as soon as it has. */
static void
draw(struct screen *s)
{
    if (s->state != SCREEN_ON || s->drawing || screen_tty_pending(s->tty) > 0) {
        return;
    }
    s->drawing = true;
    if (s->resized) {
        fit_size(s);
    }
    s->changed = false;
    s->frame_ms = screen_tty_clock_ms();
    (void)event_del(s->frame);
    canvas_clear(s->canvas);
    s->config.draw(s->config.arg, s->canvas);
    s->drawing = false;
    if (s->state == SCREEN_ON) {
        screen_paint_canvas(s->paint, s->canvas);
        put_painted(s);
    }
}

/* A frame when `pace_ms` have passed after the last one. */
static void
draw_soon(struct screen *s, int pace_ms)
{
    if (s->state == SCREEN_ON && screen_tty_pending(s->tty) == 0) {
        in_ms(s->frame, s->frame_ms + pace_ms - screen_tty_clock_ms());
    }
}

static void
on_frame(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    draw(arg);
}

static void
on_drained(void *arg)
{
    struct screen *s = arg;

    if (s->changed) {
        draw_soon(s, SCREEN_FRAME_MS);
    }
}

void
screen_changed(struct screen *s)
{
    s->changed = true;
    if (!event_pending(s->frame, EV_TIMEOUT, NULL)) {
        draw_soon(s, SCREEN_FRAME_MS);
    }
}

void
screen_draw_now(struct screen *s)
{
    s->changed = true;
    draw(s);
}

void
screen_redraw(struct screen *s)
{
    screen_paint_forget(s->paint);
    screen_draw_now(s);
}

/* ---------------------------------------------------------------- keys */

static void
on_key(void *arg, const struct key *k)
{
    struct screen *s = arg;

    s->config.key(s->config.arg, k);
}

static void
answer_keys(struct screen *s)
{
    if (!s->changed) {
        return;
    }
    if (screen_tty_clock_ms() - s->frame_ms >= KEY_FRAME_MS) {
        draw(s);
    } else {
        draw_soon(s, KEY_FRAME_MS);
    }
}

static void
on_bytes(void *arg, const char *bytes, size_t len)
{
    struct screen *s = arg;
    const int64_t now_ms = screen_tty_clock_ms();

    if (now_ms - s->bytes_ms >= KEY_PAUSE_MS) {
        key_pause(&s->keys);
    }
    s->bytes_ms = now_ms;
    key_feed(&s->keys, bytes, len, on_key, s);
    if (key_waits(&s->keys)) {
        in_ms(s->esc, KEY_ESC_MS);
    } else {
        (void)event_del(s->esc);
    }
    answer_keys(s);
}

static void
on_esc(evutil_socket_t fd, short what, void *arg)
{
    struct screen *s = arg;

    (void)fd;
    (void)what;
    key_timeout(&s->keys, on_key, s);
    answer_keys(s);
}

/* ---------------------------------------------------------------- having the terminal */

static void
end_timers(struct screen *s)
{
    (void)event_del(s->frame);
    (void)event_del(s->esc);
    (void)event_del(s->look);
    s->keys = (struct key_reader){0};
}

/* The terminal is another's: touch nothing of it, and look now and then whether that is over. */
static void
go_away(struct screen *s)
{
    size_t len = 0;

    end_timers(s);
    screen_tty_listen(s->tty, false);
    screen_tty_drop(s->tty);
    screen_crash_disarm();
    screen_paint_end(s->paint);
    (void)screen_paint_take(s->paint, &len); /* nobody is to see that */
    s->state = SCREEN_AWAY;
    in_ms(s->look, AWAY_LOOK_MS);
}

static void
go_on(struct screen *s)
{
    const char *reset = screen_paint_reset(s->paint);
    const char *modes = screen_paint_modes(s->paint);

    if (!screen_tty_in_front(s->tty)) {
        s->state = SCREEN_AWAY;
        in_ms(s->look, AWAY_LOOK_MS);
        return;
    }
    if (!screen_tty_remember(s->tty)) {
        s->state = SCREEN_AWAY; /* on_gone comes */
        return;
    }
    screen_crash_arm(screen_tty_fd(s->tty), screen_tty_found(s->tty), reset, strlen(reset));
    screen_tty_raw(s->tty);
    s->state = SCREEN_ON;
    s->resized = true;
    s->frame_ms = 0;
    screen_tty_put(s->tty, modes, strlen(modes));
    screen_tty_listen(s->tty, true);
    s->changed = true;
    draw_soon(s, 0);
}

/* Give it back. */
static void
go_off(struct screen *s, int wait_ms)
{
    const char *off = screen_paint_modes_off(s->paint);
    const char *reset = screen_paint_reset(s->paint);

    if (!screen_tty_in_front(s->tty)) {
        go_away(s);
        return;
    }
    end_timers(s);
    screen_tty_listen(s->tty, false);
    screen_tty_put(s->tty, off, strlen(off));
    screen_paint_end(s->paint);
    put_painted(s);
    screen_tty_flush(s->tty, wait_ms, reset, strlen(reset));
    screen_tty_restore(s->tty);
    screen_crash_disarm();
    s->state = SCREEN_AWAY;
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
    struct screen *s = arg;

    (void)fd;
    (void)what;
    if (s->state == SCREEN_AWAY) {
        go_on(s);
    }
}

static void
on_away(void *arg)
{
    go_away(arg);
}

void
screen_forget(struct screen *s)
{
    if (s->state == SCREEN_GONE) {
        return;
    }
    end_timers(s);
    screen_tty_listen(s->tty, false);
    screen_tty_drop(s->tty);
    screen_crash_disarm();
    s->state = SCREEN_GONE;
}

static void
on_gone(void *arg)
{
    struct screen *s = arg;
    const bool known = s->state == SCREEN_GONE;

    screen_forget(s);
    if (!known && s->config.gone != NULL) {
        s->config.gone(s->config.arg);
    }
}

void
screen_leave(struct screen *s)
{
    if (s->state == SCREEN_ON) {
        go_off(s, SCREEN_LEAVE_MS);
    }
    if (s->state == SCREEN_AWAY) {
        (void)event_del(s->look);
        s->state = SCREEN_LEFT;
    }
}

void
screen_enter(struct screen *s)
{
    if (s->state == SCREEN_LEFT) {
        go_on(s);
    }
}

/* ---------------------------------------------------------------- signals */

void
screen_suspend(struct screen *s)
{
    (void)s;
    (void)kill(0, SIGTSTP); /* all of the job, as the terminal does it; we stop in on_stop */
}

/* Stop as if the signal had never been caught; back when we are to go on. */
static void
stop_here(struct screen *s)
{
    struct sigaction own, usual = {.sa_handler = SIG_DFL};

    (void)event_del(s->continued); /* else it would be met once more in the loop */
    (void)sigemptyset(&usual.sa_mask);
    (void)sigaction(SIGTSTP, &usual, &own);
    (void)raise(SIGTSTP);
    (void)sigaction(SIGTSTP, &own, NULL);
    (void)event_add(s->continued, NULL);
}

static void
on_stop(evutil_socket_t sig, short what, void *arg)
{
    struct screen *s = arg;

    (void)sig;
    (void)what;
    if (s->state == SCREEN_ON) {
        go_off(s, SUSPEND_WAIT_MS);
    }
    stop_here(s);
    if (s->state == SCREEN_AWAY) {
        go_on(s);
    }
}

/* After SIGSTOP, which nobody sees coming, all of it is another's. */
static void
on_continue(evutil_socket_t sig, short what, void *arg)
{
    struct screen *s = arg;

    (void)sig;
    (void)what;
    if (s->state == SCREEN_ON) {
        go_away(s);
    }
    if (s->state == SCREEN_AWAY) {
        go_on(s);
    }
}

static void
on_resize(evutil_socket_t sig, short what, void *arg)
{
    struct screen *s = arg;

    (void)sig;
    (void)what;
    s->resized = true;
    screen_changed(s);
}

static void
ignore(int sig, struct sigaction *ret_before)
{
    struct sigaction action = {.sa_handler = SIG_IGN};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(sig, &action, ret_before);
}

/* ---------------------------------------------------------------- life */

static struct event *
must(struct event *ev)
{
    if (ev == NULL) {
        abort(); /* memory: as xalloc does */
    }
    return ev;
}

static void
make_events(struct screen *s)
{
    struct event_base *base = s->config.base;

    s->frame = must(event_new(base, -1, 0, on_frame, s));
    s->esc = must(event_new(base, -1, 0, on_esc, s));
    s->look = must(event_new(base, -1, 0, on_look, s));
    s->stopped = must(evsignal_new(base, SIGTSTP, on_stop, s));
    s->continued = must(evsignal_new(base, SIGCONT, on_continue, s));
    s->window = must(evsignal_new(base, SIGWINCH, on_resize, s));
}

static void
free_event(struct event *ev)
{
    if (ev != NULL) {
        event_free(ev);
    }
}

static void
free_screen(struct screen *s)
{
    free_event(s->frame);
    free_event(s->esc);
    free_event(s->look);
    free_event(s->stopped);
    free_event(s->continued);
    free_event(s->window);
    screen_paint_free(s->paint);
    screen_tty_free(s->tty);
    canvas_free(s->canvas);
    free(s);
}

struct screen *
screen_open(const struct screen_config *config, struct err *err)
{
    struct screen *s = xcalloc(1, sizeof(*s));
    const struct screen_tty_hooks hooks = {on_bytes, on_drained, on_away, on_gone, s};

    s->config = *config;
    s->tty = screen_tty_open(config->base, &hooks, err);
    if (s->tty == NULL) {
        free_screen(s);
        return NULL;
    }
    s->paint = screen_paint_open(config->color, err);
    if (s->paint == NULL) {
        free_screen(s);
        return NULL;
    }
    s->canvas =
        canvas_new(1, 1, screen_paint_is_ascii(s->paint)); /* fit_size, at the first frame */
    make_events(s);
    (void)event_add(s->stopped, NULL);
    (void)event_add(s->continued, NULL);
    (void)event_add(s->window, NULL);
    ignore(SIGTTIN, &s->ttin);
    ignore(SIGTTOU, &s->ttou);
    go_on(s);
    return s;
}

void
screen_close(struct screen *s)
{
    if (s == NULL) {
        return;
    }
    screen_leave(s);
    (void)sigaction(SIGTTIN, &s->ttin, NULL);
    (void)sigaction(SIGTTOU, &s->ttou, NULL);
    free_screen(s);
}

bool
screen_is_ascii(const struct screen *s)
{
    return screen_paint_is_ascii(s->paint);
}
