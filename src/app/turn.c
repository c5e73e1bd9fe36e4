/*
 * turn.c - the one place where facts become orders.
 *
 * Takes the facts, journals them, tells the core, journals its orders as intents, commits, and only
 * then carries them out.  A turn that yields no order commits nothing: what it journaled goes out
 * with the next one, and a fact lost to a crash is a question asked again, never a wrong answer.
 */
#include "app/run_state.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

enum { DUE_KEPT = 1024 }; /* orders whose room is kept from turn to turn */

int64_t
run_now_ms(const struct run *run)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 - run->zero_ms;
}

int64_t
run_wall_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Commits are grouped: with mail soon after a commit the turn waits for the rest of the 5 ms,
 * unless every host in flight has been heard of, so that nobody else is waited for.  The last host
 * of a wave is such a one: the next wave starts when its end is in. */
void
turn_wake(struct run *run)
{
    const int64_t since_ms = run_now_ms(run) - run->committed_ms;

    if (since_ms >= RUN_COMMIT_MS || run->inbox.count >= (size_t)run->active) {
        event_active(run->turn_event, EV_TIMEOUT, 0);
        return;
    }
    if (!evtimer_pending(run->turn_timer, NULL)) {
        const struct timeval tv = {.tv_usec = (RUN_COMMIT_MS - since_ms) * 1000};
        (void)evtimer_add(run->turn_timer, &tv);
    }
}

/* It ended in this round, or turned out later not to be well. */
static int
journal_end(struct run *run, const struct order *order, struct due_note *note)
{
    const struct rollout_host *r = &note->host;
    const bool ends = order->kind == ORDER_RELEASE;
    const bool ok = r->outcome == OUTCOME_OK;
    struct buf scratch;

    buf_init(&scratch, 4096);
    const char *reason = narrate_reason(run, order->host, &scratch);
    note->reason = reason[0] == '\0' ? NULL : xstrdup(reason);
    const struct host_end end = {
        .host = order->host,
        .outcome = r->outcome,
        .cause = r->cause,
        .exit_code = r->exit_code,
        .signal = r->signal,
        .slot = order->slot,
        .started_ms = ends ? note->round_ms : r->started_ms,
        .finished_ms = ends ? note->at_ms : r->finished_ms,
        .reason = reason,
        .release = ok && run_makes_release(run) ? run_release(run, order->host) : "",
        .tried = outcome_is_bad(r->outcome) && run_tries_release(run)
                     ? run_release(run, order->host)
                     : "",
        .boot_id = "",
    };
    const int rc = journal_host_end(run->journal, &end, &run->err);

    buf_release(&scratch);
    return rc;
}

static int
journal_back(struct run *run, int32_t host, enum rollback_state state, int64_t at_ms)
{
    const bool done = state == ROLLBACK_DONE;
    const struct host_back back = {
        .host = host,
        .state = state,
        .at_ms = at_ms,
        .reason = state == ROLLBACK_FAILED ? narrate_back_reason(run, host) : "",
        .release = done && run_makes_release(run) ? release_back_of(run, host) : "",
        .tried = !done && run_tries_release(run) ? run_release(run, host) : "",
    };

    return journal_host_back(run->journal, &back, &run->err);
}

static int
journal_skipped(struct run *run, int32_t host)
{
    const struct host_end end = {.host = host,
                                 .outcome = OUTCOME_SKIPPED,
                                 .slot = -1,
                                 .started_ms = -1,
                                 .finished_ms = -1,
                                 .reason = "by the operator",
                                 .release = "",
                                 .tried = "",
                                 .boot_id = ""};

    return rollout_host(run->rollout, host).outcome != OUTCOME_SKIPPED
               ? 0
               : journal_host_end(run->journal, &end, &run->err);
}

static int
journal_start(struct run *run, int32_t host, int32_t round)
{
    if (round > 1 && journal_host_again(run->journal, host, &run->err) < 0) {
        return -1;
    }
    return run_tries_release(run) ? journal_host_tries(run->journal, host, run->release, &run->err)
                                  : 0;
}

static int
journal_host(struct run *run, const struct order *order, struct due_note *note)
{
    struct run_host *h = &run->hosts[order->host];

    switch (order->kind) {
    case ORDER_START:
        h->round_ms = note->at_ms;
        note->reason = narrate_begin(run, order->host, &note->host);
        return journal_start(run, order->host, note->host.round);
    case ORDER_ROLLBACK:
        h->round_ms = note->at_ms;
        h->back_begun = true;
        return journal_back(run, order->host, ROLLBACK_RUNNING, note->at_ms);
    case ORDER_RELEASE:
        note->round_ms = h->round_ms;
        return h->back_begun ? journal_back(run, order->host, note->host.rollback, note->at_ms)
                             : journal_end(run, order, note);
    case ORDER_PARK:
        note->round_ms = h->round_ms;
        return 0;
    case ORDER_OUTCOME:
        return journal_end(run, order, note);
    case ORDER_CONNECT:
    case ORDER_RUN_STEP:
    case ORDER_PROBE:
    case ORDER_FINALLY:
    case ORDER_DISCONNECT:
    case ORDER_UNPARK:
    case ORDER_WAIT:
    case ORDER_FINISH:
    case ORDER_WAVE_BEGIN:
    case ORDER_WAVE_END:
        break;
    }
    return 0;
}

/* The turn that ends the run is not among them. */
static int
journal_stalls(struct run *run)
{
    const struct spread_figures turns = stall_turns(&run->stall);
    const struct spread_figures commits = spread_figures(&run->stall.commits);

    if (turns.count == 0) {
        return 0; /* nobody looked */
    }
    return journal_stall(run->journal, STALL_TURNS, &turns, &run->err) < 0
               ? -1
               : journal_stall(run->journal, STALL_COMMITS, &commits, &run->err);
}

static int
journal_due(struct run *run, const struct order *order, struct due_note *note)
{
    if (order->kind == ORDER_WAIT) {
        return 0; /* a replay finds the same timers by itself */
    }
    if (journal_order(run->journal, note->at_ms, order, &run->err) < 0) {
        return -1;
    }
    if (order->kind == ORDER_FINISH) {
        return journal_stalls(run) < 0
                   ? -1
                   : journal_finish(run->journal, note->at_ms, run_wall_ms(), (int)order->value,
                                    halt_text(rollout_halt(run->rollout)), &run->err);
    }
    return order->host < 0 ? 0 : journal_host(run, order, note);
}

static int
take_orders(struct run *run, int64_t now_ms)
{
    struct order order;

    while (rollout_next(run->rollout, &order)) {
        run->due = xgrow(run->due, run->due_count, &run->due_cap, sizeof(*run->due));
        run->due_notes =
            xgrow(run->due_notes, run->due_count, &run->due_notes_cap, sizeof(*run->due_notes));
        struct due_note *note = &run->due_notes[run->due_count];
        *note = (struct due_note){.at_ms = now_ms};
        if (order.host >= 0) {
            note->host = rollout_host(run->rollout, order.host);
        }
        run->due[run->due_count++] = order;
        if (journal_due(run, &order, note) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A verb that the core refuses would change nothing: it is no fact. */
static bool
is_refused(const struct run *run, struct letter *l)
{
    if (l->fact.kind == FACT_VERB) {
        l->refused = operate_refuses(run, &l->fact);
    }
    return l->refused != NULL;
}

/* Orders are taken after each fact: the journal has them in the order in which they follow. */
static int
take_facts(struct run *run, struct inbox *mail, int64_t now_ms)
{
    if (take_orders(run, now_ms) < 0) { /* of the beginning */
        return -1;
    }
    for (size_t i = 0; i < mail->count; i++) {
        struct letter *l = &mail->letters[i];
        if (is_refused(run, l)) {
            continue;
        }
        if (journal_fact(run->journal, now_ms, &l->fact, l->reason, &run->err) < 0) {
            return -1;
        }
        narrate_note(run, &l->fact, l->reason);
        rollout_tell(run->rollout, now_ms, &l->fact);
        if (l->fact.kind == FACT_VERB && l->fact.verb == VERB_SKIP &&
            journal_skipped(run, l->fact.host) < 0) {
            return -1;
        }
        if (take_orders(run, now_ms) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
journal_moved(struct run *run, const struct inbox *mail)
{
    for (size_t i = 0; i < mail->count; i++) {
        const int32_t host = mail->letters[i].fact.host;
        if (host < 0 || !run->hosts[host].moved) {
            continue;
        }
        struct run_host *h = &run->hosts[host];
        h->moved = false;
        if (journal_offsets(run->journal, host, h->bytes[0], h->bytes[1], &run->err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Facts alone can wait for the orders of the next turn, but not for long: the open transaction
 * keeps other runs from writing.  turn_timer brings the turn that commits them. */
static bool
may_wait(struct run *run, int64_t now_ms)
{
    static const struct timeval later = {.tv_usec = RUN_COMMIT_MS * INT64_C(1000)};

    if (!store_dirty(run->store)) {
        return true;
    }
    if (run->dirty_ms < 0) {
        run->dirty_ms = now_ms;
    }
    if (now_ms - run->dirty_ms >= RUN_COMMIT_MS) {
        return false;
    }
    if (!evtimer_pending(run->turn_timer, NULL)) {
        (void)evtimer_add(run->turn_timer, &later);
    }
    return true;
}

void
turn_forget(struct run *run)
{
    for (size_t i = 0; i < run->due_count; i++) {
        free(run->due_notes[i].reason);
    }
    run->due_count = 0;
    if (run->due_cap > DUE_KEPT) { /* of thousands of hosts that began at once */
        free(run->due);
        free(run->due_notes);
        run->due = NULL;
        run->due_notes = NULL;
        run->due_cap = run->due_notes_cap = 0;
    }
}

static int
make_durable(struct run *run, struct inbox *mail, int64_t now_ms)
{
    turn_forget(run);
    if (take_facts(run, mail, now_ms) < 0 || journal_moved(run, mail) < 0) {
        return -1;
    }
    if (run->due_count == 0 && may_wait(run, now_ms)) {
        return 0;
    }
    newkeys_write(run);
    const int64_t begun_us = stall_now_us();
    if (store_commit(run->store, &run->err) < 0) {
        return -1;
    }
    stall_commit(&run->stall, stall_now_us() - begun_us);
    run->committed_ms = run_now_ms(run);
    run->dirty_ms = -1;
    return 0;
}

void
turn_event(struct run *run)
{
    struct inbox mail = run->inbox;

    run->inbox = (struct inbox){0};
    if (make_durable(run, &mail, run_now_ms(run)) < 0) {
        assert(run->err.kind != ERR_NONE);
        run_stop(run);
    } else {
        debuglog_hold(run->debuglog);
        for (size_t i = 0; i < mail.count; i++) {
            if (mail.letters[i].refused == NULL) {
                narrate_fact(run, &mail.letters[i]);
            }
        }
        for (size_t i = 0; i < run->due_count; i++) {
            narrate_order(run, &run->due[i], &run->due_notes[i]);
            execute(run, &run->due[i]);
        }
        narrate_turn(run);
        operate_turn(run, &mail);
        debuglog_flush(run->debuglog);
    }
    inbox_release(&mail);
}
