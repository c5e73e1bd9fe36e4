/*
 * execute.c - carries orders out, after they are durable.
 *
 * Renders a step for one host at the moment it is sent: everything was rendered once before the run
 * began, so an error here means that a file changed since.  Decides nothing.
 */
#include "app/asked.h"
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

const struct action_step *
run_step_at(const struct run *run, enum step_list list, int32_t step)
{
    switch (list) {
    case LIST_STEPS:
        return &run->action->steps[run->steps[step]];
    case LIST_FINALLY:
        return &run->action->finally_steps[step];
    case LIST_CHECKS:
        return &run->action->checks[step];
    case LIST_ROLLBACK:
        return &run->action->rollback_steps[step];
    }
    assert(false && "a list");
    return NULL;
}

int32_t
run_list_count(const struct run *run, enum step_list list)
{
    switch (list) {
    case LIST_STEPS:
        return (int32_t)run->step_count;
    case LIST_FINALLY:
        return (int32_t)run->action->finally_count;
    case LIST_CHECKS:
        return plan_check_count(run->plan);
    case LIST_ROLLBACK:
        return (int32_t)run->action->rollback_count;
    }
    assert(false && "a list");
    return 0;
}

const struct action_step *
run_step_of(const struct run *run, const struct run_host *h)
{
    return run_step_at(run, h->list, h->step);
}

/* blue_green: the second wave is what follows the switch. */
int32_t
run_wave_of(const struct run *run, const struct run_host *h, enum step_list list, int32_t step)
{
    const int32_t barrier = plan_switch_step(run->plan);

    if (barrier < 0) {
        return plan_wave_of(run->plan, h->index);
    }
    switch (list) {
    case LIST_STEPS:
        return step >= barrier;
    case LIST_FINALLY:
        return h->switched || run->preview;
    case LIST_CHECKS:
    case LIST_ROLLBACK:
        break;
    }
    return 1;
}

static void
set_magic(struct value *magic, const struct run *run, int32_t host, int32_t wave,
          const char *release)
{
    const struct run_request *q = run->request;

    inventory_magic(q->inventory, q->hosts[host], magic);
    value_dict_set(magic, "wave", value_int(wave + 1));
    if (release[0] != '\0') {
        value_dict_set(magic, "release", value_text(release));
    }
}

void
run_set_magic(struct run *run, int32_t host)
{
    set_magic(run->magic, run, host, plan_wave_of(run->plan, host), run_release(run, host));
}

struct scope
run_scope(const struct run *run, const struct run_host *h)
{
    const struct run_request *q = run->request;

    return (struct scope){
        .extra = q->extra,
        .magic = run->magic,
        .vars = inventory_vars(q->inventory, q->hosts[h->index]),
        .vault = q->vault,
        .mask = run->mask,
    };
}

/* Of a step of this list: in a rollback `release` is the one that the host goes back to, whatever
 * -e says of the one that was made. */
static struct scope
step_scope(struct run *run, const struct run_host *h, enum step_list list, int32_t step)
{
    const bool back = list == LIST_ROLLBACK || h->rolling;
    const int32_t wave = run_wave_of(run, h, list, step);
    struct scope scope = run_scope(run, h);

    if (!back) {
        set_magic(run->magic, run, h->index, wave, run_release(run, h->index));
        return scope;
    }
    if (run->back_magic == NULL) {
        run->back_magic = value_copy(run->magic);
    }
    scope.magic = run->back_magic;
    scope.extra = run->back_extra == NULL ? scope.extra : run->back_extra;
    set_magic(run->back_magic, run, h->index, wave,
              run->back_named ? release_back_of(run, h->index) : "");
    return scope;
}

int
run_hide(struct run *run, const struct strv *secrets, struct err *err)
{
    for (size_t i = 0; i < secrets->count; i++) {
        if (redact_add(run->redact, secrets->items[i], strlen(secrets->items[i])) < 0) {
            return err_set(err, ERR_CONFIG, "the secrets of all steps have more than %d MiB",
                           REDACT_BYTES_MAX >> 20);
        }
    }
    return 0;
}

int
execute_render(struct run *run, const struct run_host *h, enum step_list list, int32_t step,
               struct rendered *ret, struct err *err)
{
    const struct scope scope = step_scope(run, h, list, step);

    if (render_step(run->action, run_step_at(run, list, step), run->request->root, &scope, ret,
                    err) < 0) {
        return -1;
    }
    if (run_hide(run, &ret->secrets, err) < 0) {
        rendered_release(ret);
        return -1;
    }
    return 0;
}

bool
execute_wanted(struct run *run, const struct run_host *h, enum step_list list, int32_t step)
{
    const struct action_step *s = run_step_at(run, list, step);

    if (s->when_count == 0) {
        return true;
    }
    const struct scope scope = step_scope(run, h, list, step);
    struct err err = {0};
    return render_when(run->action, s, &scope, &err) != 0;
}

static int
check_step(struct run *run, struct run_host *h, enum step_list list, int32_t number,
           struct err *err)
{
    const struct action_step *step = run_step_at(run, list, number);
    struct rendered r = {0};
    int rc = execute_render(run, h, list, number, &r, err);

    if (rc == 0 && r.folder && run_bundle(run, r.src, err) == NULL) {
        rc = -1;
    }
    if (rc == 0 && r.src != NULL && !r.folder) {
        rc = sources_note(run, r.src, err);
    }
    if (rc == 0 && r.become) {
        rc = reach_password(run, h, err);
    }
    if (rc == 0 && step->tls && probes_warm(run->probes, r.ca, err) < 0) {
        rc = -1;
    }
    rendered_release(&r);
    return rc;
}

static int
check_list(struct run *run, struct run_host *h, enum step_list list, struct err *err)
{
    if (list == LIST_ROLLBACK && !release_back_known(run, h->index)) {
        return 0; /* it will not be rolled back: release_back_prepare has seen to that */
    }
    for (int32_t i = 0; i < run_list_count(run, list); i++) {
        if (check_step(run, h, list, i, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int
execute_check(struct run *run, struct err *err)
{
    for (int32_t i = 0; i < run->host_count; i++) {
        for (int list = 0; list < STEP_LISTS; list++) {
            if (check_list(run, &run->hosts[i], (enum step_list)list, err) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

int
execute_check_back(struct run *run, struct err *err)
{
    for (int32_t i = 0; i < run->host_count; i++) {
        if (check_list(run, &run->hosts[i], LIST_ROLLBACK, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
open_upload(const struct run *run, const char *path, bool keep_mode, struct step_request *q,
            struct err *err)
{
    struct stat st;

    q->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (q->fd < 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    const bool regular = fstat(q->fd, &st) == 0 && S_ISREG(st.st_mode);
    if (!regular || sources_match(run, path, &st, err) < 0) {
        (void)close(q->fd);
        q->fd = -1;
        return regular ? -1 : err_set(err, ERR_IO, "%s: not a regular file", path);
    }
    q->size = st.st_size;
    q->mode = keep_mode ? st.st_mode & 0777 : q->mode;
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
open_content(const struct run *run, const struct rendered *r, struct step_request *q,
             struct err *err)
{
    struct stat st = {0};

    (void)stat(r->src, &st);
    if (sources_match(run, r->src, &st, err) < 0) {
        return -1;
    }
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

static int64_t
timeout_of(const struct run *run, const struct run_host *h, const struct action_step *step)
{
    const struct settings *s = run->request->settings;

    if (h->list == LIST_CHECKS) {
        return s->gate_timeout_ms;
    }
    return step->timeout_ms > 0 ? step->timeout_ms : s->step_timeout_ms;
}

static int
send_remote(struct run *run, struct run_host *h, const struct action_step *step,
            const struct rendered *r, struct err *err)
{
    const struct settings *s = run->request->settings;
    static const char *const marks[] = {
        [LIST_STEPS] = "", [LIST_FINALLY] = "f", [LIST_CHECKS] = "c", [LIST_ROLLBACK] = "r"};
    _Static_assert(sizeof(marks) / sizeof(marks[0]) == STEP_LISTS, "a mark a list");
    char *key = xasprintf("%s.%s%d.%d.%s", journal_run_id(run->journal), marks[h->list],
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
        .timeout_ms = timeout_of(run, h, step),
        .idle_ms = s->output_idle_timeout_ms,
        .following = following_count(run, h),
    };
    int rc = 0;

    if (step->kind == ACTION_TEMPLATE) {
        rc = open_content(run, r, &q, err);
    } else if (step->kind == ACTION_UPLOAD) {
        rc = r->folder ? open_folder(run, r->src, &q, err)
                       : open_upload(run, r->src, step->keep_mode, &q, err);
    }
    if (rc == 0) {
        early_opening(h);
        pool_run(run->pool, h->index, &q);
    }
    free(key);
    return rc;
}

static void
send_local(struct run *run, struct run_host *h, const struct action_step *step,
           const struct rendered *r)
{
    static const char *const none[] = {NULL};

    h->child = local_run(run->locals, r->script, run->request->root, none, timeout_of(run, h, step),
                         &listen_local, h);
}

static void
send_probe(struct run *run, struct run_host *h, const struct action_step *step,
           const struct rendered *r)
{
    const struct probe_request q = {
        .kind = step->kind == ACTION_TCP ? PROBE_TCP : PROBE_HTTP,
        .address = reach_address(h),
        .port = r->port,
        .tls = step->tls,
        .host = r->host,
        .path = r->path,
        .statuses = step->statuses,
        .status_count = step->status_count,
        .ca_file = r->ca,
        .timeout_ms = timeout_of(run, h, step),
    };

    free(h->asked);
    h->asked = asked_of(step, r, reach_address(h));
    h->probe = probe_start(run->probes, &q, listen_probe, h);
}

static int
send_step(struct run *run, struct run_host *h, const struct action_step *step,
          const struct rendered *r, struct err *err)
{
    switch (step->kind) {
    case ACTION_LOCAL:
        send_local(run, h, step, r);
        return 0;
    case ACTION_HTTP:
    case ACTION_TCP:
        send_probe(run, h, step, r);
        return 0;
    case ACTION_RUN:
    case ACTION_UPLOAD:
    case ACTION_TEMPLATE:
    case ACTION_WAIT_FOR:
        return send_remote(run, h, step, r, err);
    }
    assert(false && "a kind of step");
    return -1;
}

enum step_list
run_list_of(const struct run_host *h, const struct order *o)
{
    return o->kind == ORDER_PROBE     ? LIST_CHECKS
           : o->kind == ORDER_FINALLY ? LIST_FINALLY
           : h->rolling               ? LIST_ROLLBACK
                                      : LIST_STEPS;
}

static void
run_step(struct run *run, const struct order *o)
{
    struct run_host *h = &run->hosts[o->host];
    struct rendered r = {0};
    struct err err = {0};

    h->list = run_list_of(h, o);
    h->step = o->step;
    h->attempt = o->attempt;
    h->tail_len = 0;
    h->step_began_ms = run_now_ms(run);
    free(h->error);
    h->error = NULL;
    const struct action_step *step = run_step_of(run, h);

    int rc = execute_render(run, h, h->list, h->step, &r, &err);
    if (rc == 0 && r.skipped) {
        listen_end_step(h, listen_fact_of(h, FACT_STEP_SKIPPED, CAUSE_NONE), NULL);
    } else if (rc == 0) {
        h->error = r.error == NULL ? NULL : xstrdup(r.error);
        rc = send_step(run, h, step, &r, &err);
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

/* What goes on from here ends with its own fact; `disconnected` always follows. */
static void
disconnect(struct run *run, int32_t host)
{
    struct run_host *h = &run->hosts[host];

    if (h->child != NULL) {
        local_kill(h->child);
    } else if (h->probe != NULL) {
        probe_cancel(h->probe);
        listen_end_step(h, listen_fact_of(h, FACT_STEP_UNKNOWN, CAUSE_KILLED), NULL);
    }
    early_drop(run, host);
    pool_disconnect(run->pool, host);
}

static void
connect_host(struct run *run, const struct order *o)
{
    struct run_host *h = &run->hosts[o->host];

    h->connect_attempt = o->attempt;
    if (o->slot < 0 && rollout_host(run->rollout, o->host).outcome == OUTCOME_UNTOUCHED) {
        early_connect(run, o->host);
        return;
    }
    early_opening(h);
    h->mark_us = stall_now_us();
    pool_connect(run->pool, o->host, &h->target);
}

void
execute(struct run *run, const struct order *o)
{
    switch (o->kind) {
    case ORDER_CONNECT:
        connect_host(run, o);
        break;
    case ORDER_RUN_STEP:
    case ORDER_FINALLY:
    case ORDER_PROBE:
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
        run_stop(run);
        break;
    case ORDER_ROLLBACK:
        run->hosts[o->host].rolling = true;
        break;
    case ORDER_UNPARK:
        run->hosts[o->host].switched = true;
        break;
    case ORDER_START:
        early_start(run, o->host);
        break;
    case ORDER_RELEASE:
    case ORDER_PARK:
    case ORDER_OUTCOME:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
        break; /* bookkeeping: told by narrate.c */
    }
}
