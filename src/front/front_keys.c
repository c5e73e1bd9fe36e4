/*
 * front_keys.c - what a key does: a question, the typed line, the page, the key table.
 *
 * Decides who gets a key first, and does what is the same on every page.  Owns nothing.
 */
#include "front/front_state.h"

enum { WHEEL_ROWS = 3 };

/* ---------------------------------------------------------------- acts that are the same
 * everywhere */

static int
page_number(enum act act)
{
    return (int)act - (int)ACT_PAGE_ENVS;
}

static void
go_number(struct front *f, int n)
{
    front_go(f, view_page((n + VIEW_PAGES) % VIEW_PAGES));
}

/* Out of a page over another; else to where one comes from. */
static void
go_back(struct front *f)
{
    if (f->over_count > 0) {
        front_pop(f);
    } else if (view_page(f->at) == AT_SERVERS || front_env(f) == NULL) {
        front_go(f, AT_ENVS);
    } else if (view_page(f->at) != AT_ENVS) {
        front_go(f, AT_SERVERS);
    }
}

static void
quit(struct front *f)
{
    if (work_run(f->work) != NULL) {
        ask_leave(f);
    } else {
        front_leave(f, 0);
    }
}

/* Something is said: who pressed a key wants to know that it was heard. */
static void
refresh(struct front *f)
{
    struct page *p = front_top(f);

    front_refresh_env(f);
    if (p->ops->tick != NULL) {
        p->ops->tick(p, front_wall_ms(f));
    }
    if (f->said[0] == '\0') {
        front_say(f, LOOK_OK, "read again");
    }
}

static void
suspend(struct front *f)
{
    if (f->screen != NULL) {
        screen_suspend(f->screen);
    }
}

static void
redraw(struct front *f)
{
    if (f->screen != NULL) {
        screen_redraw(f->screen);
    }
}

static void
next_page(struct front *f)
{
    go_number(f, f->at + 1);
}

static void
previous_page(struct front *f)
{
    go_number(f, f->at - 1);
}

static void
help(struct front *f)
{
    front_push(f, page_help_new(f, front_top(f)->ops->where));
}

static void
command(struct front *f)
{
    line_open(f, LINE_COMMAND, ":", "");
}

static void
interrupt(struct front *f)
{
    front_interrupt(f, 0); /* a key, not a signal */
}

static void
show_log(struct front *f)
{
    front_go(f, AT_LOG);
}

static void
start_stop(struct front *f)
{
    work_start_stop(f->work);
}

static void
clear_queue(struct front *f)
{
    work_clear(f->work);
}

static void
type_action(struct front *f)
{
    front_type(f, "run ");
}

static const struct {
    enum act act;
    void (*fn)(struct front *f);
} everywhere[] = {
    {ACT_BACK, go_back},
    {ACT_NEXT_PAGE, next_page},
    {ACT_PREVIOUS_PAGE, previous_page},
    {ACT_HELP, help},
    {ACT_COMMAND, command},
    {ACT_QUIT, quit},
    {ACT_INTERRUPT, interrupt},
    {ACT_REDRAW, redraw},
    {ACT_SUSPEND, suspend},
    {ACT_REFRESH, refresh},
    {ACT_LOGS, show_log},
    {ACT_START_STOP, start_stop},
    {ACT_CLEAR_QUEUE, clear_queue},
    {ACT_RUN_ACTION, type_action},
};

static bool
act_everywhere(struct front *f, enum act act)
{
    if (act >= ACT_PAGE_ENVS && act <= ACT_PAGE_LOG) {
        go_number(f, page_number(act));
        return true;
    }
    for (size_t i = 0; i < sizeof(everywhere) / sizeof(everywhere[0]); i++) {
        if (everywhere[i].act == act) {
            everywhere[i].fn(f);
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- an act */

/* A line to type in, if the page has a use for it. */
static bool
opens_line(struct front *f, const struct binding *b)
{
    const struct page *p = front_top(f);
    const char prompt[2] = {b->key.ch == '&' ? '&' : '/', '\0'};

    if (b->act == ACT_FILTER && p->ops->filter != NULL) {
        line_open(f, LINE_FILTER, prompt, "");
        return true;
    }
    if (b->act == ACT_SEARCH && p->ops->search != NULL) {
        line_open(f, LINE_SEARCH, prompt, "");
        return true;
    }
    return false;
}

static bool
is_moving(enum act act)
{
    return act >= ACT_UP && act <= ACT_RIGHT;
}

void
front_act(struct front *f, const struct binding *b)
{
    struct page *p = front_top(f);

    if (!opens_line(f, b) && !(p->ops->act != NULL && p->ops->act(p, b->act)) &&
        !act_everywhere(f, b->act) && !is_moving(b->act)) {
        const char *name = b->word != NULL ? b->word : b->hint;
        front_say(f, LOOK_WARN, "%s%snot possible here", name != NULL ? name : "",
                  name != NULL ? ": " : "");
    }
    front_changed(f);
}

/* ---------------------------------------------------------------- a key */

/* A click on a bar does what stands there. */
static bool
click_bar(struct front *f, const struct key *k)
{
    char subtitle[FRONT_SHORT_MAX];
    char run[FRONT_SHORT_MAX];
    struct view_hint hints[VIEW_HINTS_MAX];
    struct canvas *c;
    struct view_frame frame;
    enum act act = ACT_NONE;

    if (k->code != KEYC_CLICK || f->screen == NULL) {
        return false;
    }
    c = canvas_new(f->rows, f->cols, screen_is_ascii(f->screen));
    front_frame(f, &frame, hints, subtitle, run);
    act = view_frame_click(&frame, c, canvas_box(c), k->row, k->col);
    canvas_free(c);
    if (act == ACT_NONE) {
        return false;
    }
    front_act(f, &(struct binding){.act = act});
    return true;
}

static void
turn_wheel(struct front *f, const struct key *k)
{
    struct page *p = front_top(f);
    const enum act act = k->code == KEYC_WHEEL_UP ? ACT_UP : ACT_DOWN;

    for (int i = 0; i < WHEEL_ROWS && p->ops->act != NULL; i++) {
        (void)p->ops->act(p, act);
    }
}

/* What is never typed: it works in forms, lines and questions, too. */
static bool
is_always(enum act act)
{
    return act == ACT_INTERRUPT || act == ACT_SUSPEND || act == ACT_REDRAW;
}

static void
key_of_page(struct front *f, const struct binding *b, const struct key *k)
{
    struct page *p = front_top(f);

    if (p->ops->key != NULL && p->ops->key(p, k)) {
        return;
    }
    if (k->code == KEYC_WHEEL_UP || k->code == KEYC_WHEEL_DOWN) {
        turn_wheel(f, k);
    } else if (b != NULL) {
        front_act(f, b);
    }
}

void
front_key(void *arg, const struct key *k)
{
    struct front *f = arg;
    const struct binding *b = keymap_find(front_top(f)->ops->where, k);

    if (f->left || f->detached) {
        return;
    }
    f->said[0] = '\0';
    if (b != NULL && is_always(b->act)) {
        (void)act_everywhere(f, b->act);
    } else if (f->question.kind != ASK_NONE) {
        ask_key(f, k);
    } else if (f->line.kind != LINE_NONE) {
        line_key(f, k);
    } else if (!click_bar(f, k)) {
        key_of_page(f, b, k);
    }
    front_changed(f);
}
