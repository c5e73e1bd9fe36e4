/*
 * contract.c - whether the facts of a run fit its orders, as test/sim/world_host.c has it.
 *
 * Decides what the shell owes the core: one end for each thing that was asked, with its numbers;
 * one `disconnected` for each `disconnect`; what ran over a session ends before it.  A fact of the
 * turn in which an order was given may stand behind it.
 */
#include "chaos/contract.h"

#include "base/xalloc.h"

#include <stdlib.h>

struct ties {
    bool connecting, open, closing, rolling;
    bool lost_due; /* the end of what ran over the session said that it is gone */
    int32_t connect_attempt;
    enum order_kind job; /* ORDER_WAIT: none is under way */
    bool job_local;
    int32_t step, attempt;
};

struct contract {
    const struct plan *plan; /* borrowed */
    struct ties *hosts;      /* owned */
};

struct contract *
contract_new(const struct plan *plan)
{
    struct contract *c = xcalloc(1, sizeof(*c));

    c->plan = plan;
    c->hosts = xcalloc((size_t)plan_host_count(plan), sizeof(*c->hosts));
    for (int32_t i = 0; i < plan_host_count(plan); i++) {
        c->hosts[i].job = ORDER_WAIT;
    }
    return c;
}

void
contract_free(struct contract *c)
{
    free(c->hosts);
    free(c);
}

static bool
is_local(const struct plan *p, const struct ties *t, const struct order *o)
{
    if (o->kind == ORDER_PROBE) {
        return plan_check(p, o->step)->local;
    }
    if (o->kind == ORDER_FINALLY) {
        return plan_finally_step(p, o->step)->local;
    }
    return t->rolling ? plan_rollback_step(p, o->step)->local : plan_step(p, o->step)->local;
}

static const char *
begin_job(const struct contract *c, struct ties *t, const struct order *o)
{
    if (t->job != ORDER_WAIT) {
        return "something is asked while something is under way";
    }
    t->job = o->kind;
    t->job_local = is_local(c->plan, t, o);
    t->step = o->step;
    t->attempt = o->attempt;
    return NULL;
}

const char *
contract_order(struct contract *c, const struct order *o)
{
    struct ties *t = o->host < 0 ? NULL : &c->hosts[o->host];

    switch (o->kind) {
    case ORDER_CONNECT:
        if (t->connecting || t->open || t->closing) {
            return "a connection is asked for where there is one";
        }
        t->connecting = true;
        t->connect_attempt = o->attempt;
        break;
    case ORDER_RUN_STEP:
    case ORDER_FINALLY:
    case ORDER_PROBE:
        return begin_job(c, t, o);
    case ORDER_DISCONNECT:
        if (t->closing) {
            return "disconnect, twice";
        }
        t->closing = true;
        break;
    case ORDER_START:
    case ORDER_ROLLBACK:
        t->rolling = o->kind == ORDER_ROLLBACK;
        break;
    case ORDER_RELEASE:
    case ORDER_PARK:
        return t->job != ORDER_WAIT ? "a host leaves with something under way" : NULL;
    case ORDER_UNPARK:
    case ORDER_OUTCOME:
    case ORDER_WAIT:
    case ORDER_FINISH:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
        break;
    }
    return NULL;
}

static const char *
end_job(struct ties *t, const struct fact *f, enum order_kind job)
{
    if (t->job != job || t->step != f->step || t->attempt != f->attempt) {
        return "an end of what is not under way";
    }
    t->job = ORDER_WAIT;
    if (!t->job_local && t->open && !t->closing &&
        (f->cause == CAUSE_LOST || f->cause == CAUSE_DEADLINE || f->cause == CAUSE_IDLE)) {
        t->open = false;
        t->lost_due = true;
    }
    return NULL;
}

static const char *
end_connecting(struct ties *t, const struct fact *f)
{
    if (!t->connecting || t->connect_attempt != f->attempt) {
        return "an end of connecting that was not asked for";
    }
    t->connecting = false;
    t->open = f->kind == FACT_CONNECTED;
    return NULL;
}

static const char *
end_session(struct ties *t, const struct fact *f)
{
    if (f->kind == FACT_CONNECTION_LOST && t->lost_due) {
        t->lost_due = false;
        return NULL;
    }
    if (f->kind == FACT_DISCONNECTED && !t->closing) {
        return "disconnected, without disconnect";
    }
    if (f->kind == FACT_CONNECTION_LOST && !t->open) {
        return "a session is lost that there was not";
    }
    if (t->job != ORDER_WAIT && !t->job_local) {
        return "a session ends before what runs over it";
    }
    if (t->job == ORDER_PROBE && f->kind == FACT_DISCONNECTED) {
        return "disconnected before the end of a check";
    }
    t->closing = t->closing && f->kind == FACT_CONNECTION_LOST;
    t->open = false;
    t->connecting = t->connecting && f->kind == FACT_CONNECTION_LOST;
    return NULL;
}

const char *
contract_fact(struct contract *c, const struct fact *f)
{
    struct ties *t = f->host < 0 ? NULL : &c->hosts[f->host];

    switch (f->kind) {
    case FACT_CONNECTED:
    case FACT_CONNECT_FAILED:
    case FACT_THROTTLED:
        return end_connecting(t, f);
    case FACT_STEP_SENT:
        return t->job != ORDER_RUN_STEP || t->step != f->step || t->attempt != f->attempt
                   ? "a step is sent that is not under way"
                   : NULL;
    case FACT_STEP_DONE:
    case FACT_STEP_SKIPPED:
    case FACT_STEP_NOT_STARTED:
    case FACT_STEP_UNKNOWN:
        return end_job(t, f, ORDER_RUN_STEP);
    case FACT_PROBE_PASSED:
    case FACT_PROBE_FAILED:
        return end_job(t, f, ORDER_PROBE);
    case FACT_FINALLY_DONE:
        return end_job(t, f, ORDER_FINALLY);
    case FACT_DISCONNECTED:
    case FACT_CONNECTION_LOST:
        return end_session(t, f);
    case FACT_TICK:
    case FACT_VERB:
        break;
    case FACT_RESUMED:
    case FACT_VERDICT:
        return "a fact that nothing tells yet";
    }
    return NULL;
}
