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
#include <time.h>

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

void
turn_fail(struct run *run)
{
    (void)event_base_loopbreak(run->base);
}

/* Commits are grouped: with mail soon after a commit the turn waits for the rest of the 5 ms. */
void
turn_wake(struct run *run)
{
    const int64_t since_ms = run_now_ms(run) - run->committed_ms;

    if (since_ms >= RUN_COMMIT_MS) {
        event_active(run->turn_event, EV_TIMEOUT, 0);
        return;
    }
    if (!evtimer_pending(run->turn_timer, NULL)) {
        const struct timeval tv = {.tv_usec = (RUN_COMMIT_MS - since_ms) * 1000};
        (void)evtimer_add(run->turn_timer, &tv);
    }
}

static int
take_facts(struct run *run, const struct inbox *mail, int64_t now_ms)
{
    for (size_t i = 0; i < mail->count; i++) {
        struct letter *l = &mail->letters[i];
        if (l->fact.kind == FACT_VERB) {
            l->refused = operate_refuses(run, &l->fact);
        }
        if (l->refused != NULL) {
            continue; /* it would change nothing: no fact */
        }
        if (journal_fact(run->journal, now_ms, &l->fact, l->reason, &run->err) < 0) {
            return -1;
        }
        narrate_note(run, &l->fact, l->reason);
        rollout_tell(run->rollout, now_ms, &l->fact);
    }
    return 0;
}

static int
journal_release(struct run *run, int32_t host)
{
    const struct rollout_host r = rollout_host(run->rollout, host);
    struct buf scratch;

    buf_init(&scratch, 4096);
    const struct host_end end = {
        .host = host,
        .outcome = r.outcome,
        .cause = r.cause,
        .exit_code = r.exit_code,
        .signal = r.signal,
        .slot = r.slot,
        .started_ms = r.started_ms,
        .finished_ms = r.finished_ms,
        .reason = narrate_reason(run, host, &scratch),
        .release = r.outcome == OUTCOME_OK && run_makes_release(run) ? run_release(run, host) : "",
        .tried = outcome_is_bad(r.outcome) && run_tries_release(run) ? run_release(run, host) : "",
        .boot_id = "",
    };
    const int rc = journal_host_end(run->journal, &end, &run->err);

    buf_release(&scratch);
    return rc;
}

static int
journal_due(struct run *run, const struct order *order, int64_t now_ms)
{
    if (order->kind == ORDER_WAIT) {
        return 0; /* a replay finds the same timers by itself */
    }
    if (journal_order(run->journal, now_ms, order, &run->err) < 0) {
        return -1;
    }
    if (order->kind == ORDER_START && run_tries_release(run)) {
        return journal_host_tries(run->journal, order->host, run->release, &run->err);
    }
    if (order->kind == ORDER_RELEASE) {
        return journal_release(run, order->host);
    }
    if (order->kind == ORDER_FINISH) {
        return journal_finish(run->journal, now_ms, run_wall_ms(), (int)order->value,
                              halt_text(rollout_halt(run->rollout)), &run->err);
    }
    return 0;
}

static int
take_orders(struct run *run, int64_t now_ms)
{
    struct order order;

    run->due_count = 0;
    while (rollout_next(run->rollout, &order)) {
        run->due = xgrow(run->due, run->due_count, &run->due_cap, sizeof(*run->due));
        run->due[run->due_count++] = order;
        if (journal_due(run, &order, now_ms) < 0) {
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

static int
make_durable(struct run *run, struct inbox *mail, int64_t now_ms)
{
    if (take_facts(run, mail, now_ms) < 0 || take_orders(run, now_ms) < 0 ||
        journal_moved(run, mail) < 0) {
        return -1;
    }
    if (run->due_count == 0 && may_wait(run, now_ms)) {
        return 0;
    }
    newkeys_write(run);
    if (store_commit(run->store, &run->err) < 0) {
        return -1;
    }
    run->committed_ms = run_now_ms(run);
    run->dirty_ms = -1;
    return 0;
}

void
turn_event(evutil_socket_t fd, short what, void *arg)
{
    struct run *run = arg;
    struct inbox mail = run->inbox;

    (void)fd;
    (void)what;
    run->inbox = (struct inbox){0};
    if (make_durable(run, &mail, run_now_ms(run)) < 0) {
        assert(run->err.kind != ERR_NONE);
        turn_fail(run);
    } else {
        for (size_t i = 0; i < mail.count; i++) {
            if (mail.letters[i].refused == NULL) {
                narrate_fact(run, &mail.letters[i].fact, mail.letters[i].reason);
            }
        }
        for (size_t i = 0; i < run->due_count; i++) {
            narrate_order(run, &run->due[i]);
            execute(run, &run->due[i]);
        }
        operate_turn(run, &mail);
    }
    inbox_release(&mail);
}
