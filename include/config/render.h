/*
 * render.h - a step of an action for one host: `{{ }}` replaced, exports put before the script.
 *
 * All is rendered for every host before anything connects, so an undefined variable stops a run
 * that has not begun.  `{{ x }}`, `{{ x.y }}`, `{{ x[0] }}`, filters default, quote, int, lower,
 * upper, join.  Inside run and local a value outside [A-Za-z0-9_./:@%+,=-]* must be `| quote`d.
 */
#ifndef CONFIG_RENDER_H
#define CONFIG_RENDER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "config/action.h"
#include "config/inventory.h"
#include "config/value.h"
#include "config/vault.h"

#include <stdbool.h>
#include <stddef.h>

/* What rendering met that must not be shown. */
struct taint {
    bool tainted;      /* what was rendered since this was false holds a secret */
    struct strv texts; /* owned: of each secret, as it was and as a filter made it; each once */
};

/* What a template sees: first extra (-e), then magic, then the host's own variables. */
struct scope {
    const struct value *extra; /* dict or NULL; borrowed */
    const struct value *magic; /* dict: inventory_hostname, group_names, groups, env, run_id,
                                  release, action, wave */
    const struct value *vars;  /* dict */
    struct vault *vault;       /* opens vaults; NULL: there is no password; borrowed */
    bool mask;                 /* what holds a secret becomes `***`: to be shown, not to be run */
    struct taint *taint;       /* is told of secrets; NULL: nobody asks; borrowed */
};

struct rendered {
    bool skipped; /* its `when` does not hold: nothing below is set */
    char *name;
    char *script; /* run, local, wait_for: complete: set -e, exports, chdir, body (owned) */
    size_t script_len;
    char *guard; /* unless and creates as one script; exit 0: skip the step.  NULL: none (owned) */
    size_t guard_len;
    bool become;       /* as step and host have it; local: never */
    char *become_user; /* NULL: root */
    char *content;     /* template: what it came to (owned) */
    size_t content_len;
    char *src; /* upload, template: an existing path (looked up beside the action, then in the root)
                */
    bool folder; /* upload: src is a folder */
    int port;    /* http, tcp */
    char *path;  /* http: begins with '/' */
    char *host;  /* http: or NULL: the host's address */
    char *ca;    /* http: an existing file; or NULL */
    char *dest;
    char *awaited;       /* wait_for, for people: "port 80", "/path"; else NULL */
    char *error;         /* or NULL; a secret in it is `***` */
    struct strv secrets; /* that stand in script, guard or content: not to be shown (owned) */
};

/* Render one text; context is for messages ("deploy.yml:12:9").  shell: the rule of `| quote`
 * holds. */
int render_text(const char *text, const struct scope *scope, bool shell, const char *context,
                struct buf *out, struct err *err);
/* -1 and err (ERR_CONFIG: "web-01: deploy.yml:12:9: 'app_dir' is undefined"; a missing upload
 * source too; a secret anywhere but in run, local, unless, env, error and a template's file).  A
 * secret becomes a shell variable that is not exported.  scope->taint is not looked at. */
int render_step(const struct action *a, const struct action_step *step, const char *root,
                const struct scope *scope, struct rendered *ret, struct err *err);
/* Whether the step is for this host at all: 1, or 0 where its `when` does not hold.  -1: err says
 * why nobody knows. */
int render_when(const struct action *a, const struct action_step *step, const struct scope *scope,
                struct err *err);
void rendered_release(struct rendered *r); /* wipes what holds secrets */

/* -e K=V (raw bytes, a string) or @file (YAML, which may be encrypted); added to dict. */
int render_extra(struct value *dict, const char *arg, struct vault *vault, struct err *err);

#endif
