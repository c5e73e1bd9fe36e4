/*
 * files.c - how many connections the system's limit of open files allows.
 *
 * Decides what of the limit is kept back for the store, logs and children, and lowers the number of
 * worker slots to what is left, and that of sessions ahead to what the slots leave: a host that
 * waits in line loses nothing, one whose connection cannot be opened may.  Owns nothing.
 */
#include "app/files.h"

#include "app/control.h"
#include "app/run_state.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>

enum {
    /* store, lock, debug.log, loop, look-ups, what libraries open for a moment; the control socket
     */
    KEPT_BACK = 24 + 2 + CONTROL_CLIENTS,
    OPEN_LOOKED_AT = 1024,
    LOGS_MIN = 4,
    LOGS_PART = 4,   /* a quarter, at most HOSTLOG_FDS */
    CHILD_FILES = 2, /* stdout and stderr of a local step */
};

/* As many as the system lets us have.  Returns how many there were, for children that are not ours
 * to change; 0: not known. */
static unsigned
raise_limit(rlim_t *ret_limit)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
        return 0;
    }
    const rlim_t before = files.rlim_cur;
    files.rlim_cur = files.rlim_max;
    *ret_limit = setrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_max : before;
    return before < UINT_MAX ? (unsigned)before : 0;
}

/* One call for all: poll(2) tells of each that is not open.  It takes no more than the limit. */
static int
open_now(int limit)
{
    const int looked_at = limit < OPEN_LOOKED_AT ? limit : OPEN_LOOKED_AT;
    struct pollfd files[OPEN_LOOKED_AT];
    int count = 0;

    for (int fd = 0; fd < looked_at; fd++) {
        files[fd] = (struct pollfd){.fd = fd};
    }
    if (poll(files, (nfds_t)looked_at, 0) < 0) {
        return 0; /* for want of memory; what is kept back has room for a few */
    }
    for (int fd = 0; fd < looked_at; fd++) {
        count += (files[fd].revents & POLLNVAL) == 0;
    }
    return count;
}

/* What a connection stands on beside its own socket: the other end of a pair, a program's stderr.
 */
static int
files_of_way(const struct run *run)
{
    int most = 0;

    for (int32_t i = 0; i < run->host_count; i++) {
        const struct target *t = &run->hosts[i].target;
        const int files = t->jump != NULL ? 1 : t->proxy_command != NULL ? 2 : 0;
        most = files > most ? files : most;
    }
    return most;
}

/* Beside the session: the child of a local step, or the file of an upload. */
static int
files_of_step(const struct action_step *s)
{
    const bool uploads = s->kind == ACTION_UPLOAD || s->kind == ACTION_TEMPLATE;

    return s->rule.local ? CHILD_FILES : uploads ? 1 : 0;
}

/* Of a worker slot at its worst moment, whichever list it is at. */
static int
files_of_steps(const struct run *run)
{
    int most = 0;

    for (int list = 0; list < STEP_LISTS; list++) {
        for (int32_t i = 0; i < run_list_count(run, (enum step_list)list); i++) {
            const int files = files_of_step(run_step_at(run, (enum step_list)list, i));
            most = files > most ? files : most;
        }
    }
    return most;
}

int
files_share(int room, const struct files_cost *cost, int32_t hosts, struct policy *policy)
{
    const int slots = room / cost->slot > 1 ? room / cost->slot : 1;

    if (policy->workers > slots && hosts > slots) {
        policy->workers = slots;
    }
    const int width = policy->workers > 1 ? policy->workers : 1;
    const int used = width < hosts ? width : hosts;
    const int left = room > used * cost->slot ? (room - used * cost->slot) / cost->ahead : 0;
    const int most = left < used ? left : used;
    policy->ahead_max = policy->ahead_max < most ? policy->ahead_max : most;
    /* An operator may raise the workers later; what is ahead stays. */
    const int rest = (room - policy->ahead_max * cost->ahead) / cost->slot;
    return rest > 1 ? rest : 1;
}

void
files_fit(struct run *run)
{
    const int way = files_of_way(run);
    const struct files_cost cost = {.slot = 1 + way + files_of_steps(run), .ahead = 1 + way};
    rlim_t limit = RLIM_INFINITY;

    run->files_before = raise_limit(&limit);
    run->files_limit = limit > INT_MAX ? INT_MAX : (int)limit;
    const int room = run->files_limit - KEPT_BACK - open_now(run->files_limit);
    int logs = room / LOGS_PART > LOGS_MIN ? room / LOGS_PART : LOGS_MIN;
    logs = logs < HOSTLOG_FDS ? logs : HOSTLOG_FDS;
    run->log_files = logs;
    run->workers_asked = run->policy.workers;
    run->slots_max = files_share(room - logs, &cost, run->host_count, &run->policy);
}

void
files_tell(struct run *run)
{
    char text[160];

    if (run->policy.workers == run->workers_asked) {
        return;
    }
    (void)snprintf(text, sizeof(text),
                   "%d of %d workers: no more connections fit into the %d files that this process "
                   "may open (ulimit -n)",
                   (int)run->policy.workers, (int)run->workers_asked, run->files_limit);
    narrate_warning(run, NULL, text);
}
