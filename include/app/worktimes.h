/*
 * worktimes.h - how long each host of a plan works, by what earlier runs took or as somebody says.
 *
 * Work is a host's time in a slot, without its host_bake.
 */
#ifndef APP_WORKTIMES_H
#define APP_WORKTIMES_H

#include "app/run.h"
#include "base/prng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct worktimes;

/* Every host takes so long. */
struct worktimes *worktimes_assume(size_t host_count, int64_t ms);

/* What the store knows of runs of these steps (app_steps) in this environment, whoever their hosts
 * were; names are those of the request's hosts.  A store that is not there knows nothing.  NULL and
 * ERR_STORE. */
struct worktimes *worktimes_load(const struct run_request *request, const char *const *names,
                                 const size_t *steps, size_t step_count, struct err *err);
void worktimes_free(struct worktimes *w); /* NULL is fine */

bool worktimes_known(const struct worktimes *w);     /* anything at all */
size_t worktimes_runs(const struct worktimes *w);    /* that it is drawn from; 0: assumed */
size_t worktimes_samples(const struct worktimes *w); /* hosts of these runs */
size_t worktimes_own(const struct worktimes *w);     /* hosts of the plan with times of their own */

/* Whether any host may take one of several times. */
bool worktimes_vary(const struct worktimes *w);

/* One of the host's own times, else one of the fleet's; needs worktimes_known. */
int64_t worktimes_draw(const struct worktimes *w, size_t host, struct prng *p);
/* The median of the same; the higher of two. */
int64_t worktimes_median(const struct worktimes *w, size_t host);

#endif
