/*
 * plan.c - a rollout fixed in numbers: puts them together once, and answers from then on.
 *
 * Owns copies of all it was given but names.  What cannot be is refused by plan_refuse.c.
 */
#include "core/plan_state.h"

#include "core/planted.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

static void
take_steps(struct plan *p, const struct plan_request *q)
{
    p->steps = copy_steps(q->steps, q->step_count);
    p->step_count = q->step_count;
    p->switch_step = plan_find_switch(q);
    p->finally_steps = copy_steps(q->finally_steps, q->finally_count);
    p->finally_count = q->finally_count;
    p->rollback_steps = copy_steps(q->rollback_steps, q->rollback_count);
    p->rollback_count = q->rollback_count;
    p->check_count = plan_has_gate(q) ? q->check_count : 0;
    p->checks = xmemdup(q->checks, (size_t)p->check_count * sizeof(*p->checks));
    p->remote = any_remote(p->steps, p->step_count) ||
                any_remote(p->finally_steps, p->finally_count) || /* has a session to run over */
                any_remote(p->rollback_steps, p->rollback_count) ||
                any_remote_check(p->checks, p->check_count);
}

struct plan *
plan_new(const struct plan_request *q, struct err *err)
{
    const struct policy *o = q->policy;

    if (plan_refuse(q, err) < 0) {
        return NULL;
    }
    struct plan *p = xcalloc(1, sizeof(*p));

    p->policy = *o;
    p->host_count = q->host_count;
    p->slot_count = o->strategy == STRATEGY_SEQUENTIAL || o->workers == 0
                        ? (PLANTED(WIDTH_ZERO_IS_ALL) ? p->host_count : 1)
                        : o->workers;
    if (p->slot_count > p->host_count) {
        p->slot_count = p->host_count;
    }
    p->budget = o->has_budget ? amount_budget(o->max_fail, p->host_count) : -1;
    take_steps(p, q);
    plan_arrange(p, q);
    plan_cut_waves(p, q->sequence_by);
    plan_make_limits(p, q);
    plan_make_scopes(p, q);
    return p;
}

void
plan_free(struct plan *p)
{
    if (p == NULL) {
        return;
    }
    free(p->order);
    free(p->position);
    free(p->wave_begin);
    free(p->limits.limit);
    free(p->limits.class_of);
    free(p->limits.class_limits);
    free(p->scopes.budget);
    free(p->scopes.scope_of);
    free(p->steps);
    free(p->finally_steps);
    free(p->rollback_steps);
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

int32_t
plan_rollback_count(const struct plan *p)
{
    return p->rollback_count;
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

const struct plan_step *
plan_rollback_step(const struct plan *p, int32_t step)
{
    assert(step >= 0 && step < p->rollback_count);
    return &p->rollback_steps[step];
}

int32_t
plan_switch_step(const struct plan *p)
{
    return p->switch_step;
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

int32_t
plan_position_of(const struct plan *p, int32_t host)
{
    assert(host >= 0 && host < p->host_count);
    return p->position[host];
}

bool
plan_has_waves(const struct plan *p)
{
    return p->waves_told;
}

int32_t
plan_wave_count(const struct plan *p)
{
    return p->wave_count;
}

int32_t
plan_wave_begin(const struct plan *p, int32_t wave)
{
    assert(wave >= 0 && wave < p->wave_count);
    return p->wave_begin == NULL ? 0 : p->wave_begin[wave];
}

int32_t
plan_wave_end(const struct plan *p, int32_t wave)
{
    assert(wave >= 0 && wave < p->wave_count);
    return p->wave_begin == NULL ? p->host_count : p->wave_begin[wave + 1];
}

/* The last wave that begins at or before the host: found, not kept, for that is 4 bytes a host. */
int32_t
plan_wave_of(const struct plan *p, int32_t host)
{
    const int32_t position = plan_position_of(p, host);
    int32_t low = 0;
    int32_t high = p->wave_begin == NULL ? 0 : p->wave_count - 1;

    while (low < high) {
        const int32_t middle = low + (high - low + 1) / 2;
        if (p->wave_begin[middle] <= position) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

int32_t
plan_canary_waves(const struct plan *p)
{
    return p->canary_waves;
}

int32_t
plan_budget(const struct plan *p)
{
    return p->budget;
}

int32_t
plan_scope_count(const struct plan *p)
{
    return p->scopes.count;
}

int32_t
plan_scope_vars(const struct plan *p)
{
    return p->scopes.vars;
}

int32_t
plan_scope_of(const struct plan *p, int32_t host, int32_t i)
{
    assert(host >= 0 && host < p->host_count && i >= 0 && i < p->scopes.vars);
    return p->scopes.scope_of[(size_t)host * (size_t)p->scopes.vars + (size_t)i];
}

int32_t
plan_scope_budget(const struct plan *p, int32_t scope)
{
    assert(scope >= 0 && scope < p->scopes.count);
    return p->scopes.budget[scope];
}

int32_t
plan_limit_count(const struct plan *p)
{
    return p->limits.count;
}

int32_t
plan_limit_vars(const struct plan *p)
{
    return p->limits.vars;
}

int32_t
plan_limit(const struct plan *p, int32_t limit)
{
    assert(limit >= 0 && limit < p->limits.count);
    return p->limits.limit[limit];
}

int32_t
plan_class_count(const struct plan *p)
{
    return p->limits.class_count;
}

int32_t
plan_class_of(const struct plan *p, int32_t host)
{
    assert(host >= 0 && host < p->host_count);
    return p->limits.class_of == NULL ? 0 : p->limits.class_of[host];
}

int32_t
plan_class_limit(const struct plan *p, int32_t host_class, int32_t i)
{
    assert(host_class >= 0 && host_class < p->limits.class_count);
    assert(i >= 0 && i < p->limits.vars);
    return p->limits.class_limits[(size_t)host_class * (size_t)p->limits.vars + (size_t)i];
}
