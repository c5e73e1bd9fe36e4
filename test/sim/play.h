/*
 * play.h - facts and orders written by hand, for the tests of the checker.
 *
 * A script is items with `;` between: "< step_done 0.1 #2 x3" is a fact of host 0, step 1, attempt
 * 2, exit code 3; "> start 0 s1" an order with slot 1; "v" is a value, "c" a cause; "@500" moves
 * the clock.  A verb is "< pause" or "< retry 2".
 */
#ifndef SIM_PLAY_H
#define SIM_PLAY_H

#include "sim/check.h"

#include <stddef.h>

/* Have the checker see it all: NULL or the first thing that is wrong, copied to text.  Where ends
 * is set the run must be over then. */
const char *play(struct check *k, const char *script, bool ends, char *text, size_t size);

#endif
