/*
 * replay.c - the program, and at the end of each run a second look at it.
 *
 * Linked instead of history_prune, which is called when a run is over: the facts of its journal,
 * told to a new rollout of the same plan, must give the orders of the journal, its exit code and
 * its last state, and what the store tells of the run and its hosts must be what it was.  What does
 * not is told and aborts.  At exit no descriptor and no child is left that was not there at the
 * beginning.  Writes one line for each run to the file that CHAOS_SEEN names.
 */
#include "app/run_state.h"
#include "chaos/contract.h"
#include "store/history.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FDS_MAX = 1024 };

struct second {
    struct rollout *rollout;   /* owned */
    struct contract *contract; /* owned */
    int64_t at_ms, facts, orders;
    int exit_code; /* -1: no end yet */
};

int __real_history_prune(struct store *s, const char *env, size_t keep,
                         void (*fn)(void *arg, const char *run_id), void *arg, struct err *err);
int __wrap_history_prune(struct store *s, const char *env, size_t keep,
                         void (*fn)(void *arg, const char *run_id), void *arg, struct err *err);

static bool fd_before[FDS_MAX];

static void
fail(const struct second *n, const char *what)
{
    (void)fprintf(stderr, "second look: %s (after fact %" PRId64 ", order %" PRId64 ")\n", what,
                  n->facts, n->orders);
    abort();
}

static void
hold(const struct second *n, const char *wrong, int32_t host)
{
    if (wrong != NULL) {
        (void)fprintf(stderr, "second look: host %d: ", (int)host);
        fail(n, wrong);
    }
}

/* The next order that is journaled; false: there is none. */
static bool
next_order(struct second *n, struct order *ret)
{
    while (rollout_next(n->rollout, ret)) {
        if (ret->kind != ORDER_WAIT) {
            return true;
        }
    }
    return false;
}

static bool
is_same(const struct order *a, const struct order *b)
{
    return a->kind == b->kind && a->host == b->host && a->step == b->step &&
           a->attempt == b->attempt && a->slot == b->slot && a->value == b->value;
}

static bool
on_row(void *arg, int64_t at_ms, const struct fact *fact, const char *reason,
       const struct order *order)
{
    struct second *n = arg;
    struct order mine;

    (void)reason;
    if (at_ms < n->at_ms) {
        fail(n, "time goes backwards");
    }
    n->at_ms = at_ms;
    if (fact != NULL) {
        n->facts++;
        if (next_order(n, &mine)) {
            fail(n, "an order is missing in the journal");
        }
        if (fact->kind == FACT_VERB && rollout_refuses(n->rollout, fact) != NULL) {
            fail(n, "a verb that is refused is in the journal");
        }
        hold(n, contract_fact(n->contract, fact), fact->host);
        rollout_tell(n->rollout, at_ms, fact);
        return true;
    }
    n->orders++;
    if (!next_order(n, &mine) || !is_same(&mine, order)) {
        fail(n, "another order follows");
    }
    hold(n, contract_order(n->contract, order), order->host);
    if (order->kind == ORDER_FINISH) {
        n->exit_code = (int)order->value;
    }
    return true;
}

/* ---- what the store tells of it */

static void
compare_host(const struct second *n, int32_t host, const struct host_row *row)
{
    const struct rollout_host r = rollout_host(n->rollout, host);
    const bool bad = outcome_is_bad(r.outcome);

    if (row->outcome != r.outcome || row->rollback != r.rollback || row->cause != r.cause) {
        (void)fprintf(stderr, "%s: %s, rollback %s, %s; in the store %s, %s, %s\n", row->name,
                      outcome_name(r.outcome), rollback_name(r.rollback), cause_name(r.cause),
                      outcome_name(row->outcome), rollback_name(row->rollback),
                      cause_name(row->cause));
        fail(n, "the store tells another end of a host");
    }
    if (bad != (row->reason[0] != '\0') && r.outcome != OUTCOME_CANCELLED &&
        r.outcome != OUTCOME_SKIPPED) {
        (void)fprintf(stderr, "%s: %s: '%s'\n", row->name, outcome_name(r.outcome), row->reason);
        fail(n, "a reason too many, or none");
    }
    if ((r.rollback == ROLLBACK_FAILED) != (row->rollback_reason[0] != '\0')) {
        (void)fprintf(stderr, "%s: rollback %s: '%s'\n", row->name, rollback_name(r.rollback),
                      row->rollback_reason);
        fail(n, "a reason of a rollback too many, or none");
    }
}

static void
compare_store(const struct run *run, const struct second *n)
{
    const struct summary sum = rollout_summary(n->rollout);
    struct host_list hosts = {0};
    struct run_list runs = {0};
    struct err err = {0};

    if (history_hosts(run->store, journal_run_id(run->journal), &hosts, &err) < 0 ||
        history_find(run->store, journal_run_id(run->journal), &runs, &err) < 0) {
        fail(n, err.text);
    }
    for (size_t i = 0; i < hosts.count; i++) {
        compare_host(n, (int32_t)i, &hosts.rows[i]);
    }
    for (int o = 0; o < OUTCOMES; o++) {
        if (runs.rows[0].outcomes[o] != sum.count[o]) {
            fail(n, "the store counts other outcomes");
        }
    }
    if (runs.rows[0].exit_code != run->exit_code || runs.rows[0].rolled_back != sum.rolled_back ||
        runs.rows[0].rollbacks_failed != sum.rollbacks_failed) {
        fail(n, "the store tells another end of the run");
    }
    host_list_release(&hosts);
    run_list_release(&runs);
}

static void
look_again(const struct run *run)
{
    struct second n = {
        .rollout = rollout_new(run->plan, 0), .contract = contract_new(run->plan), .exit_code = -1};
    const char *seen = getenv("CHAOS_SEEN");
    struct err err = {0};
    struct order mine;
    FILE *out = seen == NULL ? NULL : fopen(seen, "a");

    if (history_replay(run->store, journal_run_id(run->journal), on_row, &n, &err) < 0) {
        fail(&n, err.text);
    }
    if (next_order(&n, &mine)) {
        fail(&n, "the last orders are missing in the journal");
    }
    if (run->finished != rollout_finished(n.rollout) ||
        (run->finished && run->exit_code != n.exit_code)) {
        fail(&n, "another exit code");
    }
    if (rollout_digest(n.rollout) != rollout_digest(run->rollout)) {
        fail(&n, "another state");
    }
    if (run->finished) {
        compare_store(run, &n);
    }
    if (out != NULL) {
        (void)fprintf(out, "%s %d %" PRId64 " %" PRId64 "%s\n", journal_run_id(run->journal),
                      run->exit_code, n.facts, n.orders, run->finished ? " finished" : "");
        (void)fclose(out);
    }
    contract_free(n.contract);
    rollout_free(n.rollout);
}

int
__wrap_history_prune(struct store *s, const char *env, size_t keep,
                     void (*fn)(void *arg, const char *run_id), void *arg, struct err *err)
{
    look_again(arg);
    return __real_history_prune(s, env, keep, fn, arg, err);
}

/* ---- what is left at exit */

static void
each_fd(void (*fn)(int fd))
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *e;

    while (dir != NULL && (e = readdir(dir)) != NULL) {
        const int fd = atoi(e->d_name);
        if (e->d_name[0] != '.' && fd != dirfd(dir) && fd < FDS_MAX) {
            fn(fd);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
}

static void
note_fd(int fd)
{
    fd_before[fd] = true;
}

static void
tell_fd(int fd)
{
    char path[64];
    char target[256] = "";

    if (fd_before[fd]) {
        return;
    }
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (readlink(path, target, sizeof(target) - 1) > 0) {
        (void)fprintf(stderr, "second look: descriptor %d is left: %s\n", fd, target);
    }
}

__attribute__((constructor)) static void
at_begin(void)
{
    each_fd(note_fd);
}

__attribute__((destructor)) static void
at_exit_of_all(void)
{
    if (getenv("CHAOS_SEEN") == NULL) {
        return;
    }
    each_fd(tell_fd);
    if (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD) {
        (void)fprintf(stderr, "second look: a child is left\n");
    }
}
