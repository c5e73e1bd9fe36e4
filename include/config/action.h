/*
 * action.h - an action file: its steps as written, checked but not rendered.
 *
 * Looked up in inventory/<env>/actions/, then <root>/conf/actions/, then the installed ones.
 */
#ifndef CONFIG_ACTION_H
#define CONFIG_ACTION_H

#include "base/strv.h"
#include "config/mistakes.h"
#include "core/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last two are checks of the gate, from the controller. */
enum action_kind {
    ACTION_RUN,
    ACTION_UPLOAD,
    ACTION_LOCAL,
    ACTION_TEMPLATE,
    ACTION_WAIT_FOR,
    ACTION_HTTP,
    ACTION_TCP,
};

const char *action_kind_name(enum action_kind kind); /* "run": the key of the step */

/* One line of `when:`; all must hold. */
struct action_condition {
    char *text;
    int line, col;
};

struct action_env {
    char *name;
    char *value; /* template */
};

/* Where one text of a step stands in the file, and each `{` of it. */
struct action_place {
    const char *text; /* borrowed from the step: found by its address */
    int line, col;    /* of the value */
    struct action_spot {
        int line, col;
    } * braces; /* owned; NULL where the file writes them otherwise: an alias, "\x7b" */
    size_t brace_count;
};

struct action_step {
    enum action_kind kind;
    unsigned mode; /* upload, template */
    char *name;    /* for people; default: "<kind> <n>" */
    char *script;  /* run, local: template */
    char *src;     /* upload, template: templates */
    char *dest;
    bool keep_mode; /* copy: not mode, but what the file has */
    char *port;     /* wait_for, http, tcp: templates; wait_for has one of port and path */
    char *path;     /* http: NULL: "/" */
    char *host; /* wait_for a port of this one; http: Host, SNI and certificate; NULL: the host */
    char *ca;   /* http over TLS: template of a path or NULL: who signs, besides the system's */
    int *statuses; /* http: accepted ones; owned */
    size_t status_count;
    bool tls;        /* http: https */
    bool absent;     /* wait_for: until it is gone */
    int64_t wait_ms; /* wait_for: how long it looks; timeout_ms is longer */
    struct strv tags;
    char *chdir; /* template or NULL */
    char *error; /* template or NULL: shown instead of "exit N" */
    struct action_condition *when;
    size_t when_count;
    char *unless;      /* template or NULL: a script that, exiting 0, has the step skipped */
    char *creates;     /* template or NULL: a path that, being there, has it skipped */
    bool become;       /* through sudo */
    char *become_user; /* template or NULL: root */
    struct action_env *env;
    size_t env_count;
    bool set_e;            /* shell_options is not "" */
    bool verbatim;         /* exec, copy: `{{` in the script, in src, is its own */
    int64_t timeout_ms;    /* 0: step_timeout */
    struct plan_step rule; /* local, idempotent, retries, delay, switches, ... */
    int line, col;
    struct action_place *places; /* owned: of the texts that hold a `{` */
    size_t place_count, place_cap;
};

struct action {
    char *name;
    char *description;
    char *file;     /* path it was read from */
    char *dir;      /* its folder: `src` is looked up here first */
    char *produces; /* "" if none */
    bool mutating;
    struct action_step *steps;
    size_t step_count;
    struct action_step *finally_steps;
    size_t finally_count;
    struct action_step *rollback_steps; /* what takes the steps back */
    size_t rollback_count;
    bool no_rollback;           /* `rollback: []`: there is nothing to take back */
    struct action_step *checks; /* of the gate: run, http or tcp */
    size_t check_count;
};

/* NULL: m has errors; ret_found false if there is no such file (then m is untouched and near, if
 * any, is the nearest name there is). */
struct action *action_load(const char *root, const char *env_dir, const char *name,
                           struct mistakes *m, bool *ret_found, char **ret_near);
/* One given file (validate). */
struct action *action_load_file(const char *path, struct mistakes *m);
/* `exec`: one run step with this script as it is, no set -e, not mutating; variables it mentions
 * are exported all the same. */
struct action *action_of_script(const char *name, const char *script);
/* `copy`: one upload step, not mutating.  src as it is, a path from the root or full; dest is a
 * template; a file keeps its mode. */
struct action *action_of_upload(const char *name, const char *src, const char *dest);
void action_free(struct action *a);

/* The place in the file of byte `at` of one of the step's own texts, to the nearest `{`. */
struct action_spot action_place_of(const struct action_step *s, const char *text, size_t at);

/* Names of all actions that can be found, sorted. */
void action_names(const char *root, const char *env_dir, struct strv *ret_names);

#endif
