/*
 * preview.c - a run that stops before it begins.
 *
 * Decides nothing: the plan and the steps are a run's own.  Owns the run that never is.  Never
 * connects, never writes.
 */
#include "app/preview.h"

#include "app/run_state.h"
#include "base/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct preview {
    struct run *run; /* owned */
};

struct preview *
preview_new(const struct run_request *request, struct err *err)
{
    struct preview *p = xcalloc(1, sizeof(*p));

    p->run = run_new(request);
    p->run->preview = true;
    if (run_load(p->run, err) < 0) {
        preview_free(p);
        return NULL;
    }
    return p;
}

void
preview_free(struct preview *p)
{
    if (p != NULL) {
        run_free(p->run);
        free(p);
    }
}

const struct plan *
preview_plan(const struct preview *p)
{
    return p->run->plan;
}

/* The checks of a gate belong between the two. */
int32_t
preview_count(const struct preview *p)
{
    return (int32_t)(p->run->step_count + p->run->action->finally_count);
}

static int
measure(const struct run *run, struct preview_step *s, struct err *err)
{
    const struct rendered *r = &s->rendered;
    struct stat st;

    s->bytes = s->files = -1;
    s->mode = s->step->mode;
    if (r->content != NULL) {
        s->bytes = (int64_t)r->content_len;
    } else if (r->folder) {
        const struct bundle *b = bundles_find(run->bundles, r->src);
        if (b == NULL) {
            return err_set(err, ERR_CONFIG, "%s: was no folder before", r->src);
        }
        s->bytes = b->size;
        s->files = b->files;
    } else if (r->src != NULL) {
        if (stat(r->src, &st) < 0) {
            return err_set(err, ERR_CONFIG, "%s: %s", r->src, strerror(errno));
        }
        s->bytes = st.st_size;
        s->mode = s->step->keep_mode ? st.st_mode & 0777 : s->mode;
    }
    return 0;
}

int
preview_step(struct preview *p, int32_t host, int32_t n, struct preview_step *ret, struct err *err)
{
    struct run *run = p->run;
    const int32_t steps = (int32_t)run->step_count;

    *ret = (struct preview_step){.finally = n >= steps};
    ret->number = 1 + (ret->finally ? n - steps : n);
    ret->count = ret->finally ? (int32_t)run->action->finally_count : steps;
    ret->step = run_step_at(run, ret->finally, ret->number - 1);
    if (execute_render(run, &run->hosts[host], ret->step, &ret->rendered, err) < 0) {
        return -1;
    }
    if (measure(run, ret, err) < 0) {
        preview_step_release(ret);
        return -1;
    }
    return 0;
}

void
preview_step_release(struct preview_step *s)
{
    rendered_release(&s->rendered);
}
