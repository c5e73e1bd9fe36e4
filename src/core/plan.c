/*
 * plan.c - fixes order, waves and budget in numbers.
 *
 * Decides what can never finish and refuses it.  Owns copies of all it was given but names.
 */
#include "core/plan.h"

#include "base/prng.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct plan {
    struct policy policy;
    int32_t host_count;
    int32_t *order;      /* owned: position -> host */
    int32_t *wave_of;    /* owned: host -> wave */
    int32_t *wave_begin; /* owned: wave -> first position; wave_count + 1 of them */
    int32_t wave_count;
    int32_t slot_count;
    int32_t budget;
    struct plan_step *steps; /* owned */
    int32_t step_count;
    struct plan_step *finally_steps; /* owned */
    int32_t finally_count;
    struct plan_check *checks; /* owned */
    int32_t check_count;
    bool remote; /* some step needs a connection */
};

struct named {
    const char *name;
    int32_t host;
};

static int
by_name(const void *a, const void *b)
{
    const struct named *x = a;
    const struct named *y = b;
    const int c = strcmp(x->name, y->name);

    if (c != 0) {
        return c;
    }
    return x->host < y->host ? -1 : x->host > y->host;
}

static void
sort_hosts(struct plan *p, const char *const *names)
{
    const size_t n = (size_t)p->host_count;
    struct named *list = xcalloc(n, sizeof(*list));

    for (size_t i = 0; i < n; i++) {
        list[i] = (struct named){.name = names[i], .host = (int32_t)i};
    }
    qsort(list, n, sizeof(*list), by_name);
    for (size_t i = 0; i < n; i++) {
        p->order[i] = list[i].host;
    }
    free(list);
}

static void
reverse(int32_t *list, int32_t count)
{
    for (int32_t i = 0, j = count - 1; i < j; i++, j--) {
        const int32_t t = list[i];
        list[i] = list[j];
        list[j] = t;
    }
}

/* Fisher-Yates, from the seed. */
static void
shuffle(int32_t *list, int32_t count, uint64_t seed)
{
    struct prng p = {.state = seed};

    for (int32_t i = count - 1; i > 0; i--) {
        const int32_t j = (int32_t)prng_below(&p, (uint64_t)i + 1);
        const int32_t t = list[i];
        list[i] = list[j];
        list[j] = t;
    }
}

static void
arrange(struct plan *p, const char *const *names)
{
    for (int32_t i = 0; i < p->host_count; i++) {
        p->order[i] = i;
    }
    switch (p->policy.order) {
    case HOST_ORDER_INVENTORY:
        break;
    case HOST_ORDER_REVERSE_INVENTORY:
        reverse(p->order, p->host_count);
        break;
    case HOST_ORDER_SORTED:
        sort_hosts(p, names);
        break;
    case HOST_ORDER_REVERSE_SORTED:
        sort_hosts(p, names);
        reverse(p->order, p->host_count);
        break;
    case HOST_ORDER_SHUFFLE:
        shuffle(p->order, p->host_count, p->policy.seed);
        break;
    }
}

/* Size of wave k before it is cut to the hosts that are left. */
static int32_t
wave_size(const struct plan *p, int32_t k)
{
    const struct policy *o = &p->policy;

    if (o->strategy != STRATEGY_ROLLING) {
        return p->host_count;
    }
    if (o->serial_count == 0) {
        return o->workers == 0 ? 1 : o->workers;
    }
    return amount_wave(o->serial[k < o->serial_count ? k : o->serial_count - 1], p->host_count);
}

static void
cut_waves(struct plan *p)
{
    int32_t begin = 0;
    size_t cap = 0;

    while (begin < p->host_count) {
        const int32_t size = wave_size(p, p->wave_count);
        const int32_t end = size < p->host_count - begin ? begin + size : p->host_count;
        p->wave_begin = xgrow(p->wave_begin, (size_t)p->wave_count + 1, &cap, sizeof(int32_t));
        p->wave_begin[p->wave_count] = begin;
        for (int32_t i = begin; i < end; i++) {
            p->wave_of[p->order[i]] = p->wave_count;
        }
        p->wave_count++;
        begin = end;
    }
    p->wave_begin = xreallocarray(p->wave_begin, (size_t)p->wave_count + 1, sizeof(int32_t));
    p->wave_begin[p->wave_count] = p->host_count;
}

static int
check_amounts(const struct policy *o, struct err *err)
{
    if (o->serial_count < 0 || o->serial_count > POLICY_SERIAL_MAX) {
        return err_set(err, ERR_CONFIG, "serial: %d sizes; at most %d fit", (int)o->serial_count,
                       (int)POLICY_SERIAL_MAX);
    }
    for (int32_t i = 0; i < o->serial_count; i++) {
        const struct amount a = o->serial[i];
        if (a.value < 1 || (a.percent && a.value > 100)) {
            return err_set(err, ERR_CONFIG, "serial: a wave of %d%s hosts can never start",
                           (int)a.value, a.percent ? "%" : "");
        }
    }
    if (o->has_budget &&
        (o->max_fail.value < 0 || (o->max_fail.percent && o->max_fail.value > 100))) {
        return err_set(err, ERR_CONFIG, "max_fail: %d%s is out of range", (int)o->max_fail.value,
                       o->max_fail.percent ? "%" : "");
    }
    return 0;
}

/* Deadlines are sums of these with the time of the run: none may be able to overflow. */
static int
check_times(const struct plan_request *q, struct err *err)
{
    const struct policy *o = q->policy;
    const struct {
        const char *name;
        int64_t ms;
    } times[] = {
        {"wave_pause", o->wave_pause_ms},
        {"retry_delay", o->retry_delay_ms},
        {"run_timeout", o->run_timeout_ms},
        {"health_check_interval", o->gate_interval_ms},
    };

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (times[i].ms < 0 || times[i].ms > POLICY_MS_MAX) {
            return err_set(err, ERR_CONFIG, "%s: out of range", times[i].name);
        }
    }
    for (int32_t i = 0; i < q->step_count; i++) {
        if (q->steps[i].delay_ms < 0 || q->steps[i].delay_ms > POLICY_MS_MAX) {
            return err_set(err, ERR_CONFIG, "step %d: delay: out of range", (int)i + 1);
        }
        if (q->steps[i].throttle < 0) {
            return err_set(err, ERR_CONFIG, "step %d: throttle: %d hosts at a time can never start",
                           (int)i + 1, (int)q->steps[i].throttle);
        }
    }
    return 0;
}

static bool
has_gate(const struct plan_request *q)
{
    return q->policy->gate_enabled && q->check_count > 0;
}

/* A gate nobody can pass would fail every host of the run. */
static int
check_gate(const struct plan_request *q, struct err *err)
{
    const struct policy *o = q->policy;

    if (!has_gate(q)) {
        return 0;
    }
    if (o->gate_retries < 0 || o->gate_retries == INT32_MAX) {
        return err_set(err, ERR_CONFIG, "health_check_retries: %d is out of range",
                       (int)o->gate_retries);
    }
    if (o->gate_successes < 1) {
        return err_set(err, ERR_CONFIG, "health_check_successes: %d is out of range",
                       (int)o->gate_successes);
    }
    if (o->gate_successes > o->gate_retries + 1) {
        return err_set(err, ERR_CONFIG,
                       "health_check_successes: %d in a row never come from %d tries"
                       " (1 + health_check_retries)",
                       (int)o->gate_successes, (int)o->gate_retries + 1);
    }
    return 0;
}

static int
check_built(const struct plan_request *q, struct err *err)
{
    const struct policy *o = q->policy;

    if (o->strategy > STRATEGY_ROLLING) {
        return err_set(err, ERR_NOT_YET, "not yet: strategy %s", strategy_name(o->strategy));
    }
    if (o->on_failure > ON_FAILURE_CONTINUE) {
        return err_set(err, ERR_NOT_YET, "not yet: on_failure: %s", on_failure_name(o->on_failure));
    }
    for (int32_t i = 0; i < q->finally_count; i++) {
        const struct plan_step *s = &q->finally_steps[i];
        if (s->run_once || s->throttle != 0) {
            return err_set(err, ERR_NOT_YET, "not yet: %s in the finally list (its step %d)",
                           s->run_once ? "run_once" : "throttle", (int)i + 1);
        }
    }
    return 0;
}

static bool
any_remote(const struct plan_step *steps, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (!steps[i].local) {
            return true;
        }
    }
    return false;
}

static bool
any_remote_check(const struct plan_check *checks, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (!checks[i].local) {
            return true;
        }
    }
    return false;
}

static struct plan_step *
copy_steps(const struct plan_step *steps, int32_t count)
{
    struct plan_step *copy = xmemdup(steps, (size_t)count * sizeof(*steps));
    static const uint8_t none[sizeof(steps->ok_codes)];

    for (int32_t i = 0; i < count; i++) {
        if (memcmp(copy[i].ok_codes, none, sizeof(none)) == 0) {
            copy[i].ok_codes[0] = 1;
        }
    }
    return copy;
}

struct plan *
plan_new(const struct plan_request *q, struct err *err)
{
    const struct policy *o = q->policy;
    const int32_t checks = has_gate(q) ? q->check_count : 0;

    if (q->host_count < 1) {
        (void)err_set(err, ERR_NO_MATCH, "no hosts to work on");
        return NULL;
    }
    if (q->step_count < 1) {
        (void)err_set(err, ERR_NO_MATCH, "no steps to run: the tags select none");
        return NULL;
    }
    if (o->workers < 0 || o->workers > POLICY_WORKERS_MAX) {
        (void)err_set(err, ERR_CONFIG, "workers: %d is out of range", (int)o->workers);
        return NULL;
    }
    if (check_built(q, err) < 0 || check_amounts(o, err) < 0 || check_times(q, err) < 0 ||
        check_gate(q, err) < 0) {
        return NULL;
    }
    struct plan *p = xcalloc(1, sizeof(*p));

    p->policy = *o;
    p->host_count = q->host_count;
    p->order = xcalloc((size_t)q->host_count, sizeof(*p->order));
    p->wave_of = xcalloc((size_t)q->host_count, sizeof(*p->wave_of));
    p->steps = copy_steps(q->steps, q->step_count);
    p->step_count = q->step_count;
    p->finally_steps = copy_steps(q->finally_steps, q->finally_count);
    p->finally_count = q->finally_count;
    p->checks = xmemdup(q->checks, (size_t)checks * sizeof(*p->checks));
    p->check_count = checks;
    p->remote = any_remote(q->steps, q->step_count) ||
                any_remote(q->finally_steps, q->finally_count) || /* it has a session to run over */
                any_remote_check(q->checks, checks);
    p->slot_count = o->strategy == STRATEGY_SEQUENTIAL || o->workers == 0 ? 1 : o->workers;
    if (p->slot_count > p->host_count) {
        p->slot_count = p->host_count;
    }
    p->budget = o->has_budget ? amount_budget(o->max_fail, p->host_count) : -1;
    arrange(p, q->host_names);
    cut_waves(p);
    return p;
}

void
plan_free(struct plan *p)
{
    if (p == NULL) {
        return;
    }
    free(p->order);
    free(p->wave_of);
    free(p->wave_begin);
    free(p->steps);
    free(p->finally_steps);
    free(p->checks);
    free(p);
}

int32_t
plan_host_count(const struct plan *p)
{
    return p->host_count;
}

int32_t
plan_step_count(const struct plan *p)
{
    return p->step_count;
}

int32_t
plan_finally_count(const struct plan *p)
{
    return p->finally_count;
}

const struct plan_step *
plan_step(const struct plan *p, int32_t step)
{
    assert(step >= 0 && step < p->step_count);
    return &p->steps[step];
}

const struct plan_step *
plan_finally_step(const struct plan *p, int32_t step)
{
    assert(step >= 0 && step < p->finally_count);
    return &p->finally_steps[step];
}

int32_t
plan_check_count(const struct plan *p)
{
    return p->check_count;
}

const struct plan_check *
plan_check(const struct plan *p, int32_t check)
{
    assert(check >= 0 && check < p->check_count);
    return &p->checks[check];
}

bool
plan_is_remote(const struct plan *p)
{
    return p->remote;
}

bool
plan_step_accepts(const struct plan_step *s, int32_t exit_code)
{
    if (exit_code < 0 || exit_code > 255) {
        return false;
    }
    return (s->ok_codes[exit_code / 8] >> (exit_code % 8) & 1) != 0;
}

const struct policy *
plan_policy(const struct plan *p)
{
    return &p->policy;
}

int32_t
plan_slot_count(const struct plan *p)
{
    return p->slot_count;
}

int32_t
plan_host_at(const struct plan *p, int32_t position)
{
    assert(position >= 0 && position < p->host_count);
    return p->order[position];
}

bool
plan_has_waves(const struct plan *p)
{
    return p->policy.strategy == STRATEGY_ROLLING;
}

int32_t
plan_wave_count(const struct plan *p)
{
    return p->wave_count;
}

int32_t
plan_rollback_count(const struct plan *p)
{
    (void)p;
    return 0;
}

int32_t
plan_switch_step(const struct plan *p)
{
    (void)p;
    return -1;
}

int32_t
plan_wave_begin(const struct plan *p, int32_t wave)
{
    assert(wave >= 0 && wave < p->wave_count);
    return p->wave_begin[wave];
}

int32_t
plan_wave_end(const struct plan *p, int32_t wave)
{
    assert(wave >= 0 && wave < p->wave_count);
    return p->wave_begin[wave + 1];
}

int32_t
plan_wave_of(const struct plan *p, int32_t host)
{
    assert(host >= 0 && host < p->host_count);
    return p->wave_of[host];
}

int32_t
plan_budget(const struct plan *p)
{
    return p->budget;
}
