/*
 * preview.c - a run that stops before it begins.
 *
 * Decides nothing: the plan and the steps are a run's own.  Owns the run that never is.  Never
 * connects, never writes.
 */
#include "app/preview.h"

#include "app/asked.h"
#include "app/run_state.h"
#include "base/xalloc.h"

#include <assert.h>
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
    p->run->mask = true; /* not before: `***` would pass where a secret does not */
    return p;
}

int
preview_reach(const struct run_request *request, struct err *err)
{
    struct run *run = run_new(request);

    run->preview = true;
    const int rc = run_plan(run, err) < 0 ? -1 : reach_prepare(run, err);
    run_free(run);
    return rc;
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

const struct target *
preview_target(const struct preview *p, int32_t host)
{
    const struct target *t = &p->run->hosts[host].target;

    return t->address == NULL && !t->local ? NULL : t;
}

const struct strv *
preview_notes(const struct preview *p)
{
    return &p->run->notes;
}

static const enum step_list lists[] = {LIST_STEPS, LIST_CHECKS, LIST_FINALLY,
                                       LIST_ROLLBACK}; /* in this order */
_Static_assert(sizeof(lists) / sizeof(lists[0]) == STEP_LISTS, "each list once");

static int32_t
count_of(const struct run *run, int32_t host, enum step_list list)
{
    return list == LIST_ROLLBACK && !release_back_known(run, host) ? 0 : run_list_count(run, list);
}

int32_t
preview_count(const struct preview *p, int32_t host)
{
    int32_t count = 0;

    for (size_t i = 0; i < STEP_LISTS; i++) {
        count += count_of(p->run, host, lists[i]);
    }
    return count;
}

static char *
describe_probe(const struct action_step *step, const struct rendered *r, const char *address)
{
    char *asked = asked_of(step, r, address);
    struct buf text;

    buf_init(&text, 16384);
    (void)buf_adds(&text, asked);
    for (size_t i = 0; i < step->status_count; i++) {
        (void)buf_addf(&text, "%s%d", i == 0 ? ", " : " or ", step->statuses[i]);
    }
    if (step->kind == ACTION_HTTP && step->status_count == 0) {
        (void)buf_adds(&text, ", 200");
    }
    free(asked);
    char *detached = buf_detach(&text);
    buf_release(&text);
    return detached;
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
    size_t at = 0;

    for (; at + 1 < STEP_LISTS && n >= count_of(run, host, lists[at]); at++) {
        n -= count_of(run, host, lists[at]);
    }
    *ret = (struct preview_step){
        .list = lists[at],
        .number = n + 1,
        .count = run_list_count(run, lists[at]),
        .wave = run_wave_of(run, &run->hosts[host], lists[at], n),
    };
    ret->step = run_step_at(run, ret->list, n);
    if (execute_render(run, &run->hosts[host], ret->list, n, &ret->rendered, err) < 0) {
        return -1;
    }
    if (!ret->rendered.skipped &&
        (ret->step->kind == ACTION_HTTP || ret->step->kind == ACTION_TCP)) {
        ret->asked = describe_probe(ret->step, &ret->rendered, reach_address(&run->hosts[host]));
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
    free(s->asked);
    s->asked = NULL;
    rendered_release(&s->rendered);
}

const char *
preview_release(const struct preview *p)
{
    return p->run->release;
}

int
preview_sources(const struct preview *p, int (*fn)(void *arg, const char *path, const char *sha256),
                void *arg, struct err *err)
{
    return sources_each(p->run, fn, arg, err);
}

static void
add_bytes(struct hash *h, const char *bytes, size_t len)
{
    const uint64_t size = bytes == NULL ? UINT64_MAX : len; /* so that no two lists are one text */

    hash_update(h, &size, sizeof(size));
    if (bytes != NULL) {
        hash_update(h, bytes, len);
    }
}

static void
add_text(struct hash *h, const char *text)
{
    add_bytes(h, text, text == NULL ? 0 : strlen(text));
}

static void
add_step(struct hash *h, const struct preview_step *s)
{
    const struct rendered *r = &s->rendered;
    const int32_t numbers[] = {(int32_t)s->list, s->number, r->skipped, r->become,
                               (int32_t)s->mode};

    hash_update(h, numbers, sizeof(numbers));
    add_bytes(h, r->script, r->script_len);
    add_bytes(h, r->guard, r->guard_len);
    add_bytes(h, r->content, r->content_len);
    add_text(h, r->become_user);
    add_text(h, r->dest);
    add_text(h, r->awaited);
    add_text(h, s->asked);
}

int
preview_digest(struct preview *p, int32_t host, char ret_hex[HASH_SHA256_HEX], struct err *err)
{
    const struct target *t = preview_target(p, host);
    struct hash *h = hash_new();
    struct preview_step s;
    int rc = 0;

    add_text(h, t == NULL ? NULL : t->address);
    add_text(h, t == NULL ? NULL : t->user);
    hash_update(h, t == NULL ? "-" : t->local ? "l" : "s", 1);
    hash_update(h, &(const int32_t){t == NULL ? 0 : t->port}, sizeof(int32_t));
    for (int32_t i = 0; i < preview_count(p, host) && rc == 0; i++) {
        rc = preview_step(p, host, i, &s, err);
        if (rc == 0) {
            add_step(h, &s);
            preview_step_release(&s);
        }
    }
    hash_finish(h, ret_hex);
    hash_free(h);
    return rc;
}
