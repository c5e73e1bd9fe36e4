/*
 * worktimes.c - how long each host of a plan works.
 *
 * Decides what stands for a host of which nothing is known: any host of the same runs.  Owns the
 * times.  Reads the store, once.
 */
#include "app/worktimes.h"

#include "base/map.h"
#include "base/xalloc.h"
#include "store/times.h"

#include <assert.h>
#include <stdlib.h>

enum { RUNS_MAX = 20, ROWS_MAX = 20000 };

struct sample {
    int64_t ms;
    int64_t host; /* of the plan; -1: of another */
};

struct worktimes {
    size_t host_count;
    size_t runs;
    struct sample *samples; /* owned: by host, then time, while they are read in any order */
    size_t count, cap;
    size_t *begin;     /* owned: host -> its first sample; host_count + 1 of them */
    int64_t *fleet;    /* owned: every time, ascending */
    struct map *hosts; /* owned, while they are read: name -> where begin has it */
};

static int
by_host(const void *a, const void *b)
{
    const struct sample *x = a;
    const struct sample *y = b;

    if (x->host != y->host) {
        return x->host < y->host ? -1 : 1;
    }
    return x->ms < y->ms ? -1 : x->ms > y->ms;
}

static int
by_time(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void
arrange(struct worktimes *w)
{
    size_t at = 0;

    if (w->count > 0) {
        qsort(w->samples, w->count, sizeof(*w->samples), by_host);
    }
    w->fleet = xcalloc(w->count, sizeof(*w->fleet));
    for (size_t i = 0; i < w->count; i++) {
        w->fleet[i] = w->samples[i].ms;
    }
    qsort(w->fleet, w->count, sizeof(*w->fleet), by_time);
    for (size_t host = 0; host <= w->host_count; host++) {
        while (at < w->count && w->samples[at].host < (int64_t)host) {
            at++;
        }
        w->begin[host] = at;
    }
}

static struct worktimes *
worktimes_new(size_t host_count)
{
    struct worktimes *w = xcalloc(1, sizeof(*w));

    w->host_count = host_count;
    w->begin = xcalloc(host_count + 1, sizeof(*w->begin));
    return w;
}

static void
note(void *arg, const char *host, int64_t ms)
{
    struct worktimes *w = arg;
    const size_t *at = map_get(w->hosts, host);

    w->samples = xgrow(w->samples, w->count, &w->cap, sizeof(*w->samples));
    w->samples[w->count++] =
        (struct sample){.ms = ms, .host = at == NULL ? -1 : (int64_t)(at - w->begin)};
}

struct worktimes *
worktimes_assume(size_t host_count, int64_t ms)
{
    struct worktimes *w = worktimes_new(host_count);

    w->samples = xcalloc(1, sizeof(*w->samples));
    w->samples[w->count++] = (struct sample){.ms = ms, .host = -1};
    arrange(w);
    return w;
}

/* The steps as plan_json has them. */
static char *
steps_json(const struct action *a, const size_t *steps, size_t count)
{
    struct value *list = value_new(VALUE_LIST);
    struct buf text;

    for (size_t i = 0; i < count; i++) {
        value_list_add(list, value_text(a->steps[steps[i]].name));
    }
    buf_init(&text, 16 << 20);
    value_to_json(list, &text);
    value_free(list);
    char *json = buf_detach(&text);
    buf_release(&text);
    return json;
}

struct worktimes *
worktimes_load(const struct run_request *q, const char *const *names, const size_t *steps,
               size_t step_count, struct err *err)
{
    struct worktimes *w = worktimes_new(q->host_count);
    char *path = xasprintf("%s/var/runs.db", q->root);
    char *json = steps_json(q->action, steps, step_count);
    const struct times_query query = {.env = q->env,
                                      .action = q->action->name,
                                      .steps_json = json,
                                      .runs_max = RUNS_MAX,
                                      .rows_max = ROWS_MAX};
    struct store *s = store_open(path, true, err);
    int rc = -1;

    w->hosts = map_new(NULL);
    for (size_t i = 0; i < q->host_count; i++) {
        map_set(w->hosts, names[i], &w->begin[i]);
    }
    if (s != NULL) {
        rc = times_read(s, &query, note, w, &w->runs, err);
    }
    map_free(w->hosts);
    w->hosts = NULL;
    store_close(s);
    free(json);
    free(path);
    if (rc != 0) {
        worktimes_free(w);
        return NULL;
    }
    arrange(w);
    return w;
}

void
worktimes_free(struct worktimes *w)
{
    if (w == NULL) {
        return;
    }
    map_free(w->hosts);
    free(w->samples);
    free(w->begin);
    free(w->fleet);
    free(w);
}

bool
worktimes_known(const struct worktimes *w)
{
    return w->count > 0;
}

size_t
worktimes_runs(const struct worktimes *w)
{
    return w->runs;
}

size_t
worktimes_samples(const struct worktimes *w)
{
    return w->count;
}

static size_t
own_count(const struct worktimes *w, size_t host)
{
    assert(host < w->host_count);
    return w->begin[host + 1] - w->begin[host];
}

size_t
worktimes_own(const struct worktimes *w)
{
    size_t own = 0;

    for (size_t i = 0; i < w->host_count; i++) {
        own += own_count(w, i) > 0;
    }
    return own;
}

bool
worktimes_vary(const struct worktimes *w)
{
    bool vary = false;

    for (size_t i = 0; i < w->host_count && !vary; i++) {
        const size_t own = own_count(w, i);
        vary = own > 1 || (own == 0 && w->count > 1);
    }
    return vary;
}

int64_t
worktimes_draw(const struct worktimes *w, size_t host, struct prng *p)
{
    const size_t own = own_count(w, host);

    if (own > 0) {
        return w->samples[w->begin[host] + prng_below(p, own)].ms;
    }
    return w->fleet[prng_below(p, w->count)];
}

int64_t
worktimes_median(const struct worktimes *w, size_t host)
{
    const size_t own = own_count(w, host);

    return own > 0 ? w->samples[w->begin[host] + own / 2].ms : w->fleet[w->count / 2];
}
