/*
 * planfile.h - a plan in a file: made by `plan --save`, run by `deploy --plan`.
 *
 * JSON; docs/plan.md has its keys.  It holds no secret: of -e only what is none, of variables and
 * scripts only digests in which secrets are `***`.
 */
#ifndef CLI_PLANFILE_H
#define CLI_PLANFILE_H

#include "base/err.h"
#include "base/map.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/plan_view.h"
#include "cli/targets.h"

enum { PLANFILE_FORMAT = 1 };

/* Keep the plan of v, of what l is, in a file (0600) that takes the place of an older one whole or
 * not at all.  t: where each host goes back to, or NULL.  All that a run would send is read for it.
 */
int planfile_save(const char *path, const struct cli *c, const struct loaded *l,
                  const struct plan_view *v, const struct targets *t, struct err *err);

struct planfile;

/* NULL and ERR_CONFIG: it is no plan of ours. */
struct planfile *planfile_load(const char *path, struct err *err);
void planfile_free(struct planfile *p); /* NULL is fine */

/* Make the options of c those of the plan, which c then borrows.  ERR_USAGE: it is a plan of
 * something else, or an option that was given contradicts it. */
int planfile_use(const struct planfile *p, struct cli *c, const char *action, const char *env,
                 struct err *err);

/* Make the hosts of l, selected by the plan's own options, those of the plan, in its order.  What
 * has changed is noted for planfile_verify. */
void planfile_take_hosts(struct planfile *p, struct loaded *l);

/* Compare with the request of a run what the plan says of it, and tell on stderr what has changed.
 * ERR_CONFIG unless nothing has, or force.  *ret_sources: digests for the request; map_free() it.
 */
int planfile_verify(struct planfile *p, const struct loaded *l, const struct run_request *request,
                    const struct targets *t, bool force, struct map **ret_sources, struct err *err);

#endif
