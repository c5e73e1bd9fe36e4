/*
 * execute.c - carries orders out, after they are durable.
 *
 * Renders a step for one host at the moment it is sent: everything was rendered once before the run
 * began, so an error here means that a file changed since.  Decides nothing.
 */
#include "app/run_state.h"

#include "base/xalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct action_step *
step_at(const struct run *run, bool finally, int32_t step)
{
    return finally ? &run->action->finally_steps[step] : &run->action->steps[run->steps[step]];
}

const struct action_step *
run_step_of(const struct run *run, const struct run_host *h)
{
    return step_at(run, h->in_finally, h->step);
}

void
run_set_magic(struct run *run, int32_t host)
{
    const struct run_request *q = run->request;
    const char *release = run_release(run, host);

    inventory_magic(q->inventory, q->hosts[host], run->magic);
    value_dict_set(run->magic, "wave", value_int(plan_wave_of(run->plan, host) + 1));
    if (release[0] != '\0') {
        value_dict_set(run->magic, "release", value_text(release));
    }
}

static int
render(struct run *run, const struct run_host *h, const struct action_step *step,
       struct rendered *ret, struct err *err)
{
    const struct run_request *q = run->request;
    const struct scope scope = {
        .extra = q->extra,
        .magic = run->magic,
        .vars = inventory_vars(q->inventory, q->hosts[h->index]),
    };

    run_set_magic(run, h->index);
    return render_step(run->action, step, q->root, &scope, ret, err);
}

static int
check_host(struct run *run, const struct run_host *h, struct err *err)
{
    for (size_t i = 0; i < run->step_count + run->action->finally_count; i++) {
        const bool finally = i >= run->step_count;
        struct rendered r = {0};
        const int32_t k = (int32_t)(finally ? i - run->step_count : i);
        int rc = render(run, h, step_at(run, finally, k), &r, err);
        if (rc == 0 && r.folder && run_bundle(run, r.src, err) == NULL) {
            rc = -1;
        }
        rendered_release(&r);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

int
execute_check(struct run *run, struct err *err)
{
    for (int32_t i = 0; i < run->host_count; i++) {
        if (check_host(run, &run->hosts[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
open_upload(const char *path, struct step_request *q, struct err *err)
{
    struct stat st;

    q->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (q->fd < 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (fstat(q->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        (void)close(q->fd);
        q->fd = -1;
        return err_set(err, ERR_IO, "%s: not a regular file", path);
    }
    q->size = st.st_size;
    return 0;
}

static int
open_folder(const struct run *run, const char *path, struct step_request *q, struct err *err)
{
    const struct bundle *b = bundles_find(run->bundles, path);

    if (b == NULL) { /* to make it now would stop the loop */
        return err_set(err, ERR_IO, "%s: was not a folder when the run began", path);
    }
    q->fd = bundles_open(run->bundles, path, err);
    q->size = b->size;
    q->unpack = UNPACK_TAR;
    return q->fd < 0 ? -1 : 0;
}

/* What a template came to, as a file of no name. */
static int
open_content(const struct rendered *r, struct step_request *q, struct err *err)
{
    q->fd = memfd_create("template", MFD_CLOEXEC);
    const ssize_t n = q->fd < 0 ? -1 : pwrite(q->fd, r->content, r->content_len, 0);
    q->size = (int64_t)r->content_len;
    if (n == q->size) {
        return 0;
    }
    (void)err_set(err, ERR_IO, "%s: %s", r->src, n < 0 ? strerror(errno) : "cut short");
    if (q->fd >= 0) {
        (void)close(q->fd);
    }
    q->fd = -1;
    return -1;
}

static int
send_remote(struct run *run, struct run_host *h, const struct action_step *step,
            const struct rendered *r, struct err *err)
{
    const struct settings *s = run->request->settings;
    char *key = xasprintf("%s.%s%d.%d.%s", journal_run_id(run->journal), h->in_finally ? "f" : "",
                          (int)h->step, (int)h->attempt, h->host->name);
    struct step_request q = {
        .kind = r->dest == NULL ? STEP_SCRIPT : STEP_UPLOAD,
        .key = key,
        .script = r->script,
        .script_len = r->script_len,
        .guard = r->guard,
        .guard_len = r->guard_len,
        .become = r->become,
        .become_user = r->become_user,
        .fd = -1,
        .dest = r->dest,
        .mode = step->mode,
        .timeout_ms = step->timeout_ms > 0 ? step->timeout_ms : s->step_timeout_ms,
        .idle_ms = s->output_idle_timeout_ms,
    };
    int rc = 0;

    if (step->kind == ACTION_TEMPLATE) {
        rc = open_content(r, &q, err);
    } else if (step->kind == ACTION_UPLOAD) {
        rc = r->folder ? open_folder(run, r->src, &q, err) : open_upload(r->src, &q, err);
    }
    if (rc == 0) {
        pool_run(run->pool, h->index, &q);
    }
    free(key);
    return rc;
}

static void
send_local(struct run *run, struct run_host *h, const struct action_step *step,
           const struct rendered *r)
{
    const int64_t timeout_ms =
        step->timeout_ms > 0 ? step->timeout_ms : run->request->settings->step_timeout_ms;
    static const char *const none[] = {NULL};

    h->child =
        local_run(run->locals, r->script, run->request->root, none, timeout_ms, &listen_local, h);
}

static void
run_step(struct run *run, const struct order *o)
{
    struct run_host *h = &run->hosts[o->host];
    struct rendered r = {0};
    struct err err = {0};

    h->in_finally = o->kind == ORDER_FINALLY;
    h->step = o->step;
    h->attempt = o->attempt;
    h->tail_len = 0;
    h->step_began_ms = run_now_ms(run);
    free(h->error);
    h->error = NULL;
    const struct action_step *step = run_step_of(run, h);

    int rc = render(run, h, step, &r, &err);
    if (rc == 0 && r.skipped) {
        listen_end_step(h, listen_fact_of(h, FACT_STEP_SKIPPED, CAUSE_NONE), NULL);
    } else if (rc == 0) {
        h->error = r.error == NULL ? NULL : xstrdup(r.error);
        if (step->kind == ACTION_LOCAL) {
            send_local(run, h, step, &r);
        } else {
            rc = send_remote(run, h, step, &r, &err);
        }
    }
    if (rc < 0) {
        listen_end_step(h, listen_fact_of(h, FACT_STEP_NOT_STARTED, CAUSE_LOCAL), err.text);
    }
    rendered_release(&r);
}

static void
set_wait(struct run *run, int64_t until_ms)
{
    run->wait_until_ms = until_ms;
    (void)evtimer_del(run->wait_event);
    if (until_ms >= 0) {
        const int64_t now_ms = run_now_ms(run);
        const int64_t left_ms = until_ms > now_ms ? until_ms - now_ms : 0;
        const struct timeval tv = {.tv_sec = left_ms / 1000, .tv_usec = left_ms % 1000 * 1000};
        (void)evtimer_add(run->wait_event, &tv);
    }
}

static void
disconnect(struct run *run, int32_t host)
{
    if (run->hosts[host].child != NULL) {
        local_kill(run->hosts[host].child);
    } else {
        pool_disconnect(run->pool, host);
    }
}

void
execute(struct run *run, const struct order *o)
{
    switch (o->kind) {
    case ORDER_CONNECT:
        run->hosts[o->host].connect_attempt = o->attempt;
        pool_connect(run->pool, o->host, &run->hosts[o->host].target);
        break;
    case ORDER_RUN_STEP:
    case ORDER_FINALLY:
        run_step(run, o);
        break;
    case ORDER_WAIT:
        set_wait(run, o->value);
        break;
    case ORDER_DISCONNECT:
        disconnect(run, o->host);
        break;
    case ORDER_FINISH:
        run->finished = true;
        run->exit_code = (int)o->value;
        (void)event_base_loopexit(run->base, NULL);
        break;
    case ORDER_START:
    case ORDER_RELEASE:
        break; /* bookkeeping: told by narrate.c */
    case ORDER_PROBE:
    case ORDER_ROLLBACK:
        assert(false && "the plan refuses gates and rollback");
    }
}
