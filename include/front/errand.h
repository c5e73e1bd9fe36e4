/*
 * errand.h - an action that was asked for on the screen, and all that a run of it borrows.
 *
 * Read afresh each time: files may have changed since the environment was opened.
 */
#ifndef FRONT_ERRAND_H
#define FRONT_ERRAND_H

#include "cli/command.h"
#include "cli/load.h"
#include "cli/plan_view.h"
#include "cli/retry.h"
#include "cli/targets.h"

#include <stdbool.h>

/* What is wanted; borrowed. */
struct wish {
    const char *env, *action;
    const struct strv *hosts; /* names; none: all there are */
    const char *script;       /* the action's only step, of the name action; NULL: a file has it */
};

/* All of it may be read; what is not borrowed is owned. */
struct errand {
    struct cli cli; /* a copy: tags of its own, the rest is borrowed */
    char *env, *action;
    struct strv hosts;
    struct retry retry; /* of is_retry */
    bool is_retry;
    bool is_script;
    bool brief; /* only the action's file was read: it can be shown and queued, not run */
    struct loaded loaded;
    struct targets targets;
    struct run_request request; /* borrows from all above; its sink is not set */
    bool has_plan;
    struct plan_view plan;
    struct strv notes; /* warnings, a sentence each: the first of them */
    size_t noted;      /* all there are */
};

/* Read what a run of it needs; runs an executable inventory, unless c->no_scripts.  c is borrowed.
 * NULL, and what is wrong is in m or in err. */
struct errand *errand_new(struct cli *c, const struct wish *w, struct mistakes *m, struct err *err);
/* The same of a run once more, for what it did not bring there. */
struct errand *errand_again(struct cli *c, const char *run_id, struct mistakes *m, struct err *err);
/* Only the action's file. */
struct errand *
errand_brief(struct cli *c, const struct wish *w, struct mistakes *m, struct err *err);
/* Work out waves, slots and how long it takes; once. */
int errand_plan(struct errand *e, struct err *err);
void errand_free(struct errand *e); /* NULL is fine */

#endif
