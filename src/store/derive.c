/*
 * derive.c - outcomes of an unfinished run from its journal.
 *
 * Decides what a host without a recorded outcome is: unknown if a step may have run to an end
 * nobody saw, cancelled if it was begun, untouched otherwise.  A probe of the gate leaves nothing
 * open: it changes nothing on a host, and a host between its steps and its finally list is
 * cancelled.  Writes nothing.
 */
#include "store/derive.h"

#include "base/xalloc.h"
#include "core/fact.h"
#include "core/order.h"
#include "store/sql.h"

#include <sqlite3.h>
#include <stdlib.h>

struct entry {
    int64_t at_ms;
    bool is_order;
    int kind;
    int32_t step, attempt, slot;
};

static void
begin_host(struct derived *d, const struct entry *e)
{
    if (!d->begun) {
        d->begun = true;
        d->started_ms = e->at_ms;
    }
}

static void
take_order(struct derived *d, const struct entry *e)
{
    if (e->kind == ORDER_START) {
        d->begun = true;
        d->started_ms = e->at_ms; /* once more where it is retried */
        d->slot = e->slot;
    } else if (e->kind == ORDER_RUN_STEP) {
        begin_host(d, e);
        d->open = true;
        d->step = e->step;
        d->attempt = e->attempt;
    } else if (e->kind == ORDER_FINALLY) {
        begin_host(d, e);
        d->finally_open = true;
        d->finally_step = e->step;
    }
}

static void
take_fact(struct derived *d, const struct entry *e)
{
    const bool this_step = d->open && d->step == e->step && d->attempt == e->attempt;

    if (e->kind == FACT_STEP_UNKNOWN && this_step) {
        d->open = false;
        d->unknown = true;
    } else if ((e->kind == FACT_STEP_DONE || e->kind == FACT_STEP_SKIPPED) && this_step) {
        d->open = false;
        d->unknown = false;
    } else if (e->kind == FACT_STEP_NOT_STARTED && this_step) {
        d->open = false; /* an earlier attempt that may have run stays unknown */
    } else if (e->kind == FACT_FINALLY_DONE && d->finally_step == e->step) {
        d->finally_open = false;
    }
}

static void
take(struct derived *d, const struct entry *e)
{
    if (e->is_order) {
        take_order(d, e);
    } else {
        take_fact(d, e);
    }
}

struct derived *
derive_new(int32_t host_count)
{
    struct derived *hosts = xcalloc((size_t)host_count, sizeof(*hosts));

    for (int32_t i = 0; i < host_count; i++) {
        hosts[i].slot = -1;
    }
    return hosts;
}

void
derive_take(struct derived *hosts, int32_t host_count, int64_t at_ms, const struct fact *fact,
            const struct order *order)
{
    const int32_t host = order != NULL ? order->host : fact->host;
    const struct entry e = {
        .at_ms = at_ms,
        .is_order = order != NULL,
        .kind = order != NULL ? (int)order->kind : (int)fact->kind,
        .step = order != NULL ? order->step : fact->step,
        .attempt = order != NULL ? order->attempt : fact->attempt,
        .slot = order != NULL ? order->slot : -1,
    };

    if (host >= 0 && host < host_count) {
        take(&hosts[host], &e);
    }
}

struct derived *
derive_hosts(struct store *s, int64_t run, int32_t host_count, struct err *err)
{
    static const char sql[] = "SELECT host, type, kind, step, attempt, coalesce(slot, -1), at_ms"
                              " FROM journal WHERE run = ?1 ORDER BY seq";
    struct derived *hosts = derive_new(host_count);
    sqlite3_stmt *stmt = sql_read(s, sql, err);
    int rc = -1;

    if (stmt != NULL) {
        sql_ints(stmt, 1, &run, 1);
    }
    while (stmt != NULL && (rc = sql_row(s, stmt, err)) == 1) {
        const int32_t host = sqlite3_column_int(stmt, 0);
        const struct entry e = {
            .is_order = sqlite3_column_int(stmt, 1) == 1,
            .kind = sqlite3_column_int(stmt, 2),
            .step = sqlite3_column_int(stmt, 3),
            .attempt = sqlite3_column_int(stmt, 4),
            .slot = sqlite3_column_int(stmt, 5),
            .at_ms = sqlite3_column_int64(stmt, 6),
        };
        if (host >= 0 && host < host_count) {
            take(&hosts[host], &e);
        }
    }
    sqlite3_finalize(stmt);
    if (rc == 0) {
        return hosts;
    }
    free(hosts);
    return NULL;
}

enum outcome
derive_outcome(const struct derived *d, bool live)
{
    if (!d->begun) {
        return OUTCOME_UNTOUCHED;
    }
    if (live) {
        return OUTCOME_RUNNING;
    }
    return d->open || d->unknown || d->finally_open ? OUTCOME_UNKNOWN : OUTCOME_CANCELLED;
}
