/*
 * guard.h - calls something that may fail an assertion, crash, or not return, and lives on.
 *
 * The simulator must name the seed and shrink it all the same.  What was allocated then is lost.
 */
#ifndef SIM_GUARD_H
#define SIM_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* Once, before all. */
void guard_install(void);

/* False when body did not come back; ret_why then says why.  Not to be nested. */
bool guard_call(void (*body)(void *arg), void *arg, char *ret_why, size_t why_cap);

#endif
