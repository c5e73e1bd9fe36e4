/*
 * run.h - one run of an action over hosts, from the first check to the exit code.
 *
 * The only meeting place of config, core, ssh, store and ui.  Before anything connects every step
 * is rendered for every host, keys are loaded and the lock is taken, so that a mistake stops a run
 * that has not begun.
 */
#ifndef APP_RUN_H
#define APP_RUN_H

#include "base/err.h"
#include "base/strv.h"
#include "config/action.h"
#include "config/inventory.h"
#include "config/settings.h"
#include "config/value.h"
#include "config/vault.h"
#include "core/plan.h"
#include "core/policy.h"
#include "proc/zygote.h"
#include "ui/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map;

/* All borrowed until app_run returns. */
struct run_request {
    struct zygote *zygote;
    const char *root;    /* absolute */
    const char *env;     /* name */
    const char *env_dir; /* <root>/inventory/<env> */
    const struct settings *settings;
    const struct inventory *inventory;
    const size_t *hosts; /* indexes into the inventory, ascending */
    size_t host_count;
    const struct action *action;
    enum strategy strategy;
    int32_t workers;     /* -f; -1: as the settings say */
    bool max_fail_given; /* config.yml names max_fail: a budget for actions that do not mutate, too
                          */
    const struct strv *tags;
    const struct strv *skip_tags;
    struct value *extra;         /* -e: a dict, or NULL */
    struct vault *vault;         /* NULL: there is no password */
    const char *become_password; /* for hosts whose inventory says none; or NULL */
    const char *ssh_password;    /* the same */
    const char *key_passphrase;  /* of keys; or NULL */
    /* Ask at the terminal, without an echo; the answer is the caller's, who wipes it.  NULL: nobody
     * can be asked.  again: the last answer to this prompt was not it. */
    int (*ask)(void *arg, const char *prompt, bool again, char **ret, struct err *err);
    void *ask_arg;
    bool answerable; /* an operator can promote and continue: a control socket, or a terminal */
    bool verbose;    /* tell what ssh_config says and is not used */
    uint64_t seed;
    /* The hosts stand in the order in which they start: `order` of the settings does not count. */
    bool hosts_in_order;
    const struct map *sources; /* what is sent must be this: path -> SHA-256; NULL: whatever */
    const char *release; /* that it must make, if it makes one and not each host its own; NULL:
                            whatever */
    const char *const *releases; /* by host (rollback: each its own), or NULL */
    const char *log_path;        /* --log-file, or NULL: <root>/debug.log */
    bool unkept;       /* it is in no history, no log and no debug.log: only the sink hears of it */
    struct sink *sink; /* NULL: nobody is shown anything; its queues are flushed by the loop */
};

/* The exit code of the run, or -1 and err when it could not be begun or our own store failed. */
int app_run(const struct run_request *request, struct err *err);

/* The policy of a request: settings, -f, the action's kind. */
void app_policy(const struct run_request *request, struct policy *ret_policy);

/* Indexes of the steps that the tags select; the caller frees *ret_steps. */
size_t app_steps(const struct run_request *request, size_t **ret_steps);

/* The plan of a request with these steps (app_steps); names are the hosts' in its order.  NULL and
 * err. */
struct plan *
app_plan(const struct run_request *request, const struct policy *policy, const char *const *names,
         const size_t *steps, size_t step_count, struct err *err);

/* Where run-time state lives: <root>/var, made (0700) if missing. */
int app_var_dir(const char *root, char **ret_dir, struct err *err);

#endif
