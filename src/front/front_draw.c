/*
 * front_draw.c - what is seen: the page, the bars around it, a question over it.
 *
 * Decides what the bars say.  Owns the message.  Views draw.
 */
#include "front/front_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
front_say(struct front *f, unsigned look, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(f->said, sizeof(f->said), fmt, ap);
    va_end(ap);
    f->said_look = look;
    f->said_until_ms = front_wall_ms(f) + FRONT_SAID_MS;
    front_changed(f);
}

/* "deploy prod 4/9", and what waits behind it. */
static void
tell_run(struct front *f, char *ret, size_t size)
{
    const struct feed *feed = work_feed(f->work);
    const struct board *b = feed == NULL ? NULL : feed_board(feed);
    const struct queue_list *queue = work_queue(f->work);
    const size_t queued = queue == NULL ? 0 : queue->count;
    int used = 0;

    ret[0] = '\0';
    if (work_run(f->work) != NULL && b != NULL) {
        const int32_t left = b->count[OUTCOME_UNTOUCHED] + b->count[OUTCOME_RUNNING];
        used = snprintf(ret, size, "%.40s %.60s %d/%zu", work_action(f->work), work_env(f->work),
                        (int)((int32_t)b->names.count - left), b->names.count);
    }
    if (queued > 0 && used >= 0 && (size_t)used < size) {
        (void)snprintf(ret + used, size - (size_t)used, "%s%zu queued", used > 0 ? ", " : "",
                       queued);
    }
}

/* What can be done here and now: the table's hints, without those of no use as things stand. */
static size_t
hints_of(struct front *f, struct view_hint *hints)
{
    struct page *p = front_top(f);
    const struct queue_list *queue = work_queue(f->work);
    const bool queued = (queue != NULL && queue->count > 0) || work_queue_runs(f->work);
    const size_t all = view_hints(p->ops->where, hints);
    size_t count = 0;

    for (size_t i = 0; i < all; i++) {
        const enum act act = hints[i].act;
        if ((act != ACT_START_STOP || queued) &&
            (p->ops->possible == NULL || p->ops->possible(p, act))) {
            hints[count++] = hints[i];
        }
    }
    return count;
}

void
front_frame(struct front *f, struct view_frame *ret, struct view_hint *hints, char *subtitle,
            char *run)
{
    struct page *p = front_top(f);
    const char *env = front_env_name(f);

    subtitle[0] = '\0';
    if (p->ops->subtitle != NULL) {
        p->ops->subtitle(p, subtitle, FRONT_SHORT_MAX);
    }
    tell_run(f, run, FRONT_SHORT_MAX);
    *ret = (struct view_frame){
        .current = f->at,
        .title = p->ops->title,
        .subtitle = subtitle,
        .env = env == NULL ? "" : env,
        .run = run,
        .message = f->said,
        .message_look = f->said_look,
        .hints = hints,
        .hint_count = hints_of(f, hints),
        .prompt = f->line.kind == LINE_NONE ? NULL : f->line.prompt,
        .input = &f->line.input,
    };
}

void
front_draw(void *arg, struct canvas *c)
{
    struct front *f = arg;
    struct page *p = front_top(f);
    const struct box all = canvas_box(c);
    const struct box body = view_frame_body(all);
    struct view_hint hints[VIEW_HINTS_MAX];
    char subtitle[FRONT_SHORT_MAX];
    char run[FRONT_SHORT_MAX];
    struct view_frame frame;

    f->rows = all.rows;
    f->cols = all.cols;
    if (body.rows > 0) {
        p->ops->draw(p, c, body);
    }
    if (f->line.kind != LINE_NONE || f->question.kind != ASK_NONE) {
        canvas_cursor(c, -1, 0); /* it is where one types */
    }
    front_frame(f, &frame, hints, subtitle, run);
    view_frame_draw(&frame, c, all);
    ask_draw(f, c, all);
}
