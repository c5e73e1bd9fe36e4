/*
 * say.h - facts and orders as text, one a line.
 */
#ifndef SIM_SAY_H
#define SIM_SAY_H

#include "core/fact.h"
#include "core/order.h"

#include <stdio.h>

/* "at 120 step_done host 3 step 0 attempt 1 exit 3"; script_read reads it again. */
void say_fact(FILE *out, int64_t at_ms, const struct fact *f);

/* "      -> run_step host 3 slot 0 step 0 attempt 1" */
void say_order(FILE *out, const struct order *o);

#endif
