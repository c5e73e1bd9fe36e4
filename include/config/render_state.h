/*
 * render_state.h - what the files that render a step share.
 *
 * Only render.c and the files render_*.c include this.  All return 0, or -1 and job->err.
 */
#ifndef CONFIG_RENDER_STATE_H
#define CONFIG_RENDER_STATE_H

#include "config/render.h"

enum { RENDER_CONTEXT_MAX = 512 };

/* What one step's rendering needs; borrowed throughout. */
struct render_job {
    const struct action *action;
    const struct action_step *step;
    const char *root;
    const struct scope *scope;        /* with a taint */
    char context[RENDER_CONTEXT_MAX]; /* deploy.yml:12:9 */
    struct err *err;
};

/* ---- render.c: one of the step's own texts; a mistake is told at its own line of the file. */

/* scope->taint->tainted says whether this text holds a secret. */
int render_part(const struct render_job *job, const char *text, bool shell, struct buf *out);
int render_part_text(const struct render_job *job, const char *text, char **ret);
/* The same of the text under key, where no secret may stand. */
int render_open_text(const struct render_job *job, const char *key, const char *text, char **ret);
/* A port, and a name or an address, of the step; else what key wants. */
int render_port(const struct render_job *job, int *ret);
int render_host(const struct render_job *job, char **ret);
/* "deploy.yml:3:5: KEY: expected WANTED"; -1 */
int render_bad_part(const struct render_job *job, const char *key, const char *wanted);
/* The script, complete, becomes the step's; script is left empty. */
int render_take_script(const struct render_job *job, struct buf *script, struct rendered *ret);

/* ---- render_file.c */

int render_upload(const struct render_job *job, struct rendered *ret);
int render_template_file(const struct render_job *job, struct rendered *ret);
/* Where src, the value of key, is: beside the action, else in the root.  *ret is the caller's. */
int render_find(const struct render_job *job, const char *key, const char *src, char **ret);

/* ---- render_wait.c */

int render_wait(const struct render_job *job, struct rendered *ret);

/* ---- render_probe.c: http and tcp */

int render_probe(const struct render_job *job, struct rendered *ret);

#endif
