/*
 * check.c - the checker as others see it: takes facts and orders, keeps the first wrong thing.
 *
 * Sorts them to the files that know; see check_state.h.
 */
#include "sim/check_state.h"

#include "base/xalloc.h"

#include <stdarg.h>
#include <stdlib.h>

void
check_say(struct check *k, const char *fmt, ...)
{
    va_list ap;

    if (k->wrong[0] != '\0') {
        return;
    }
    va_start(ap, fmt);
    (void)vsnprintf(k->wrong, sizeof(k->wrong), fmt, ap);
    va_end(ap);
}

const char *
check_wrong(const struct check *k)
{
    return k->wrong[0] == '\0' ? NULL : k->wrong;
}

struct check *
check_new(const struct sim_case *c, const struct plan *p)
{
    struct check *k = xcalloc(1, sizeof(*k));

    k->c = c;
    k->plan = p;
    k->host_count = c->host_count;
    k->hosts = xcalloc((size_t)c->host_count, sizeof(*k->hosts));
    for (int32_t i = 0; i < c->host_count; i++) {
        k->hosts[i].slot = -1;
    }
    k->counts[OUTCOME_UNTOUCHED] = c->host_count;
    k->wait_ms = -1;
    k->ticked_ms = -1;
    k->begun = k->ended = -1;
    k->ahead_told = -1;
    k->last_host = -1;
    check_plan_make(k);
    if (p != NULL && k->wrong[0] == '\0') {
        check_plan_compare(k);
    }
    k->run_due_ms = c->policy.run_timeout_ms > 0 ? c->policy.run_timeout_ms : -1;
    if (k->wrong[0] == '\0') {
        check_wave_enter(k, 0);
    }
    return k;
}

void
check_free(struct check *k)
{
    if (k == NULL) {
        return;
    }
    check_plan_release(k);
    free(k->hosts);
    free(k->slot_host);
    free(k->roll_list);
    free(k);
}

static void
tick(struct check *k)
{
    k->mute = k->wait_ms < 0 || k->now_ms < k->wait_ms;
    if (k->mute) {
        return; /* early or stale: no order, no change */
    }
    k->ticked_ms = k->now_ms;
    k->ticked = k->facts;
    check_run_tick(k);
    check_bakes_tick(k);
}

void
check_fact(struct check *k, int64_t now_ms, const struct fact *f)
{
    if (k->wrong[0] != '\0') {
        return;
    }
    k->now_ms = now_ms;
    k->facts++;
    k->mute = k->finished;
    k->last_host = -1;
    if (k->finished) {
        return;
    }
    if (f->kind == FACT_TICK) {
        tick(k);
    } else if (f->kind == FACT_VERB) {
        check_verb(k, f);
    } else if (f->host >= 0 && f->host < k->host_count) {
        k->last_host = f->host;
        check_host_fact(k, f->host, f);
    }
    check_pass_on(k);
    check_settle(k);
}

static void
finish(struct check *k, const struct order *o)
{
    CHECK(k, k->active == 0, "finish: %d hosts are in flight", (int)k->active);
    CHECK(k, k->ahead == 0, "finish: %d sessions ahead have not ended", (int)k->ahead);
    CHECK(k, check_over(k), "finish: the run is not over");
    CHECK(k, o->value == check_exit_code(k), "finish: exit code %" PRId64 ", not %d", o->value,
          check_exit_code(k));
    k->finished = true;
    check_watch_stop(k);
}

void
check_order(struct check *k, int64_t now_ms, const struct order *o)
{
    const bool of_run = o->kind == ORDER_WAIT || o->kind == ORDER_FINISH ||
                        o->kind == ORDER_WAVE_BEGIN || o->kind == ORDER_WAVE_END;

    CHECK(k, now_ms == k->now_ms, "%s: at another time than its fact", order_name(o->kind));
    CHECK(k, !k->mute, "%s of host %d: after a fact that changes nothing", order_name(o->kind),
          (int)o->host);
    CHECK(k, of_run ? o->host == -1 : o->host >= 0 && o->host < k->host_count, "%s: host %d",
          order_name(o->kind), (int)o->host);
    CHECK(k, !k->finished || o->kind == ORDER_WAIT || o->kind == ORDER_DISCONNECT,
          "%s of host %d: the run has finished", order_name(o->kind), (int)o->host);
    CHECK(k, !k->begin_told || o->kind == ORDER_START || o->kind == ORDER_UNPARK,
          "%s of host %d: between the beginning of a wave and its first host", order_name(o->kind),
          (int)o->host);
    if (k->wrong[0] != '\0') {
        return;
    }
    if (o->kind == ORDER_WAIT) {
        CHECK(k, o->value != k->wait_ms || (k->ticked == k->facts && o->value >= 0),
              "wait until %" PRId64 " ms: nothing new", o->value);
        CHECK(k, o->value >= -1, "wait until %" PRId64 " ms", o->value);
        k->wait_ms = o->value;
    } else if (o->kind == ORDER_FINISH) {
        finish(k, o);
    } else if (of_run) {
        check_wave_order(k, o);
    } else {
        check_host_order(k, o);
    }
}

enum outcome
check_host_outcome(const struct check *k, int32_t host)
{
    return k->hosts[host].outcome;
}

int32_t
check_bad(const struct check *k)
{
    return k->bad;
}

uint64_t
check_met(const struct check *k, enum check_met met)
{
    return k->met[met];
}

uint64_t
check_met_cause(const struct check *k, enum cause cause)
{
    return k->met_cause[cause];
}
