/*
 * sim_check.h - every order must be one the rules allow, and none that is due may be missing.
 *
 * Reads facts and orders alone.  The first thing that does not fit is kept as a sentence.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "unit/core/sim_model.h"

/* ---- orders: each must be one the rules allow */

static void
check_host_order(struct check *k, int32_t host)
{
    const char *const *names = k->c->name_list;
    const int32_t last = k->c->host_count - 1;
    const int32_t before = k->last_host;
    bool right = true;

    switch (k->c->policy.order) {
    case HOST_ORDER_INVENTORY:
        right = host == k->position;
        break;
    case HOST_ORDER_REVERSE_INVENTORY:
        right = host == last - k->position;
        break;
    case HOST_ORDER_SORTED:
        right = before < 0 || strcmp(names[before], names[host]) < 0;
        break;
    case HOST_ORDER_REVERSE_SORTED:
        right = before < 0 || strcmp(names[before], names[host]) > 0;
        break;
    case HOST_ORDER_SHUFFLE:
        break; /* a permutation: no host starts twice, and in the end none is missing */
    }
    CHECK(k, right, "start %d: not its turn in the order of hosts", (int)host);
}

static void
check_start(struct check *k, const struct order *o)
{
    struct check_host *h = &k->hosts[o->host];
    const int32_t wave = k->wave_of[k->position];

    CHECK(k, !h->started, "start %d: a second time", (int)o->host);
    CHECK(k, !k->stopped, "start %d: after the run was stopped", (int)o->host);
    CHECK(k, k->open_ms[wave] >= 0 && k->now_ms >= k->open_ms[wave],
          "start %d: wave %d is not open", (int)o->host, (int)wave + 1);
    CHECK(k, k->active < k->width, "start %d: more than %d in flight", (int)o->host, (int)k->width);
    CHECK(k, o->slot >= 0 && o->slot < k->width && o->slot < k->c->host_count, "slot %d",
          (int)o->slot);
    if (k->wrong[0] != '\0') {
        return;
    }
    for (int32_t i = 0; i <= o->slot; i++) {
        CHECK(k, k->slots[i] == (i < o->slot), "start %d: slot %d is %s", (int)o->host, (int)i,
              k->slots[i] ? "taken" : "free and lower");
    }
    check_host_order(k, o->host);
    k->slots[o->slot] = true;
    k->last_host = o->host;
    k->position++;
    k->active++;
    *h = (struct check_host){.started = true,
                             .position = k->position - 1,
                             .slot = o->slot,
                             .attempt = 1,
                             .outcome = OUTCOME_UNTOUCHED,
                             .from_ms = k->now_ms};
    check_pass_on(k);
}

/* A connection is for the first step, or for one that is not local. */
static bool
check_needs(const struct check *k, const struct check_host *h)
{
    return check_remote(k->c) && (!h->was_connected || !k->c->steps[h->step].local);
}

/* The host goes ahead at a step where others may have to wait: it must be its turn. */
static void
check_turn(struct check *k, struct check_host *h, int32_t host)
{
    const struct plan_step *s = &k->c->steps[h->step];

    if (h->turn || !check_restrained(k, h)) {
        return;
    }
    CHECK(k, !s->run_once || k->once[h->step] == ONCE_NOBODY, "host %d: step %d is run twice",
          (int)host, (int)h->step);
    CHECK(k, s->run_once || k->inside[h->step] < s->throttle, "host %d: step %d has %d hosts",
          (int)host, (int)h->step, (int)k->inside[h->step]);
    for (int32_t i = 0; i < k->c->host_count; i++) {
        const struct check_host *other = &k->hosts[i];
        const bool before = other->started && other->position < h->position;
        CHECK(k,
              !before || (s->run_once ? !check_at_steps(other)
                                      : !check_held(k, other) || other->step != h->step),
              "host %d: step %d is the turn of host %d", (int)host, (int)h->step, (int)i);
    }
    k->turns += h->had_to_wait;
    h->turn = true;
    h->had_to_wait = false;
    k->inside[h->step]++;
    if (s->run_once) {
        k->once[h->step] = ONCE_SOMEBODY;
    }
}

/* A host without its turn waits for a reason. */
static bool
check_may_hold(const struct check *k, const struct check_host *h)
{
    const struct plan_step *s = &k->c->steps[h->step];

    if (!check_held(k, h)) {
        return false;
    }
    if (!s->run_once) {
        return k->inside[h->step] >= s->throttle;
    }
    for (int32_t i = 0; i < k->c->host_count; i++) {
        const struct check_host *other = &k->hosts[i];
        if (other->started && other->position < h->position && check_at_steps(other)) {
            return k->once[h->step] == ONCE_NOBODY || k->once[h->step] == ONCE_SOMEBODY;
        }
    }
    return false; /* the lowest of all goes ahead */
}

static void
check_probe(struct check *k, struct check_host *h, const struct order *o)
{
    CHECK(k, h->open == OPEN_NONE && h->gating && !h->killed, "probe %d: out of place",
          (int)o->host);
    CHECK(k, o->step == h->probe_check && o->attempt == h->probe_try, "probe %d: %d.%d, not %d.%d",
          (int)o->host, (int)o->step, (int)o->attempt, (int)h->probe_check, (int)h->probe_try);
    CHECK(k, h->connected || k->c->checks[h->probe_check].local, "probe %d: not connected",
          (int)o->host);
    CHECK(k, k->now_ms >= h->from_ms, "probe %d: too early", (int)o->host);
    h->open = OPEN_PROBE;
    h->waiting = false;
}

static void
check_connect(struct check *k, struct check_host *h, const struct order *o)
{
    const bool more = h->steps_over && h->finally_step < k->c->finally_count;
    const bool reach =
        more && !k->c->finally_steps[h->finally_step].local && h->was_connected && !h->reached;

    CHECK(k, h->open == OPEN_NONE && !h->connected && !h->killed, "connect %d: out of place",
          (int)o->host);
    CHECK(k, !h->steps_over || reach, "connect %d: nothing to connect for", (int)o->host);
    const bool needed = h->gating ? !k->c->checks[h->probe_check].local : check_needs(k, h);
    CHECK(k, h->steps_over || needed, "connect %d: for something local", (int)o->host);
    if (check_at_steps(h) && h->was_connected) {
        check_turn(k, h, o->host);
    }
    CHECK(k, o->attempt == h->connects + 1, "connect %d: attempt %d", (int)o->host,
          (int)o->attempt);
    CHECK(k, h->steps_over || k->now_ms >= h->from_ms, "connect %d: too early", (int)o->host);
    h->open = OPEN_CONNECT;
    h->connects = o->attempt;
    h->waiting = false;
    h->reaching = h->reached = h->steps_over;
}

static void
check_run_step(struct check *k, struct check_host *h, const struct order *o)
{
    CHECK(k, h->open == OPEN_NONE && check_at_steps(h) && !h->killed, "run_step %d: out of place",
          (int)o->host);
    CHECK(k, o->step == h->step && o->attempt == h->attempt, "run_step %d: %d.%d, not %d.%d",
          (int)o->host, (int)o->step, (int)o->attempt, (int)h->step, (int)h->attempt);
    CHECK(k, h->connected || !check_needs(k, h), "run_step %d: not connected", (int)o->host);
    CHECK(k, k->now_ms >= h->from_ms, "run_step %d: too early", (int)o->host);
    check_turn(k, h, o->host);
    h->ordered = h->turn;
    h->open = OPEN_STEP;
    h->sent = h->waiting = false;
}

static void
check_finally(struct check *k, struct check_host *h, const struct order *o)
{
    CHECK(k, h->open == OPEN_NONE && h->steps_over && o->step == h->finally_step,
          "finally %d:%d: out of place", (int)o->host, (int)o->step);
    CHECK(k, h->finally_step < k->c->finally_count, "finally %d: there is none", (int)o->host);
    if (k->wrong[0] == '\0' && !k->c->finally_steps[o->step].local) {
        CHECK(k, h->connected || h->killed || h->reached || !h->was_connected,
              "finally %d: without its reconnect", (int)o->host);
    }
    h->open = OPEN_FINALLY;
}

static void
check_wave_over(struct check *k)
{
    const struct policy *o = &k->c->policy;
    const int32_t w = k->wave++;

    if (k->wave == k->waves) {
        return;
    }
    if (k->wave_size[w] > 1 && k->wave_bad[w] == k->wave_size[w] && o->has_budget &&
        o->on_failure != ON_FAILURE_CONTINUE) {
        k->stopped = true;
    }
    k->open_ms[k->wave] = k->now_ms + o->wave_pause_ms;
}

static void
check_release(struct check *k, struct check_host *h, const struct order *o)
{
    CHECK(k, !h->over && o->slot == h->slot, "release %d@%d: not its slot", (int)o->host,
          (int)o->slot);
    CHECK(k, h->open == OPEN_NONE && h->steps_over && h->finally_step == k->c->finally_count,
          "release %d: not at its end", (int)o->host);
    CHECK(k, !h->connected, "release %d: its session is left open", (int)o->host);
    if (k->wrong[0] != '\0') {
        return;
    }
    if (h->outcome == OUTCOME_UNTOUCHED) {
        h->outcome = OUTCOME_OK;
    }
    h->over = true;
    k->slots[o->slot] = false;
    k->active--;
    k->counts[h->outcome]++;
    if (--k->wave_left[k->wave] == 0) {
        check_wave_over(k);
    }
}

static int
check_exit_code(const struct check *k)
{
    const int32_t sum = k->counts[OUTCOME_OK] + k->counts[OUTCOME_FAILED] +
                        k->counts[OUTCOME_UNREACHABLE] + k->counts[OUTCOME_UNKNOWN];

    if (sum < k->c->host_count) {
        return 3;
    }
    if (k->counts[OUTCOME_FAILED] + k->counts[OUTCOME_UNKNOWN] > 0) {
        return 2;
    }
    return k->counts[OUTCOME_UNREACHABLE] > 0 ? 4 : 0;
}

static void
check_order(struct check *k, const struct order *o)
{
    const bool of_host = o->kind != ORDER_WAIT && o->kind != ORDER_FINISH;
    struct check_host *h = of_host ? &k->hosts[o->host] : NULL;

    if (of_host && o->kind != ORDER_START) {
        CHECK(k, h->started && !h->over, "%s %d: not in flight", order_name(o->kind), (int)o->host);
    }
    CHECK(k, !k->finished || o->kind == ORDER_WAIT, "%s: after the end", order_name(o->kind));
    switch (o->kind) {
    case ORDER_START:
        check_start(k, o);
        break;
    case ORDER_CONNECT:
        check_connect(k, h, o);
        break;
    case ORDER_RUN_STEP:
        check_run_step(k, h, o);
        break;
    case ORDER_PROBE:
        check_probe(k, h, o);
        break;
    case ORDER_FINALLY:
        check_finally(k, h, o);
        break;
    case ORDER_DISCONNECT:
        CHECK(k, h->must_disconnect || h->steps_over, "disconnect %d: in the middle", (int)o->host);
        h->must_disconnect = false;
        h->connected &= h->open != OPEN_NONE;
        break;
    case ORDER_RELEASE:
        check_release(k, h, o);
        break;
    case ORDER_WAIT:
        CHECK(k, o->value != k->wait_ms && o->value >= -1, "wait: nothing new");
        k->wait_ms = o->value;
        break;
    case ORDER_FINISH:
        CHECK(k, k->active == 0, "finish: %d hosts are in flight", (int)k->active);
        CHECK(k, o->value == check_exit_code(k), "finish %d, not %d", (int)o->value,
              check_exit_code(k));
        k->finished = true;
        break;
    case ORDER_ROLLBACK:
    case ORDER_PARK:
    case ORDER_UNPARK:
    case ORDER_OUTCOME:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
        CHECK(k, false, "%s: not built yet", order_name(o->kind));
        break;
    }
}

/* ---- when no order is left: nothing that should have been ordered is missing */

static void
check_settled_host(struct check *k, int32_t host)
{
    const struct check_host *h = &k->hosts[host];

    if (!h->started || h->over) {
        return;
    }
    k->hosts[host].had_to_wait |= check_held(k, h);
    CHECK(k, h->open != OPEN_NONE || h->waiting || check_may_hold(k, h), "host %d is forgotten",
          (int)host);
    CHECK(k, !h->must_disconnect, "host %d: killed, not disconnected", (int)host);
    CHECK(k, !h->waiting || (k->wait_ms >= 0 && k->wait_ms <= h->to_ms),
          "host %d waits to %" PRId64 ", the run to %" PRId64, (int)host, h->to_ms, k->wait_ms);
}

/* After the orders of one fact.  Looks at its host only, at all of them where all may be moved. */
static void
check_settled(struct check *k, const struct fact *f)
{
    const bool left = k->position < k->c->host_count;
    const bool idle = left && !k->stopped && !k->finished && k->active < k->width &&
                      k->wave_of[k->position] == k->wave;

    if (f == NULL || f->host < 0 || k->restrained) {
        for (int32_t i = 0; i < k->c->host_count; i++) {
            check_settled_host(k, i);
        }
    } else if (f->host < k->c->host_count) {
        check_settled_host(k, f->host);
    }
    const bool told = f != NULL && f->kind == FACT_TICK; /* a pause ends with its tick */
    const bool pause = idle && k->c->policy.wave_pause_ms > 0 && k->wait_ms >= 0 &&
                       k->wait_ms <= k->open_ms[k->wave] &&
                       (!told || k->now_ms < k->open_ms[k->wave]);
    CHECK(k, !idle || pause, "a slot is free and a host could start");
    CHECK(k, k->finished == (k->active == 0 && (k->stopped || k->wave == k->waves)),
          k->finished ? "finished too early" : "does not finish");
    CHECK(k, !k->finished || k->wait_ms == -1, "a timer outlives the run");
    CHECK(k,
          k->finished || k->timed_out || k->c->policy.run_timeout_ms == 0 ||
              (k->wait_ms >= 0 && k->wait_ms <= k->c->policy.run_timeout_ms),
          "run_timeout is not waited for");
}

#endif
