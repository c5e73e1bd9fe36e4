/*
 * simulate.h - what is said to go wrong: `web-03:fail, zone=b:slow=3x`.
 *
 *     ITEM     = SELECTOR ":" EFFECT          items are parted by commas; blanks around them fall
 * away SELECTOR = a host | a nodeset (web-[01-03], @group, web-*) | VARIABLE=VALUE | all EFFECT   =
 * fail[=STEP] | unknown[=STEP] | flap[=STEP] | unreachable | unhealthy | late | slow[=3x | =10m]
 * STEP: its number from 1
 *
 * Items of one host add up, two of slow too; of two steps the later counts.
 */
#ifndef APP_SIMULATE_H
#define APP_SIMULATE_H

#include "app/forecast.h"
#include "app/run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIMULATE_TEXT_MAX = 64 * 1024, SIMULATE_ITEMS_MAX = 1000, SIMULATE_SLOW_TIMES = 10 };

struct simulate_item {
    char *selector;     /* owned */
    char *effect;       /* owned: as it was written */
    unsigned trouble;   /* of enum trouble; 0: slow */
    int32_t step;       /* from 1; 0: not said */
    int64_t slow_milli; /* times 1000 the time; 0: not that */
    int64_t slow_ms;    /* this time instead of its own; -1: not that */
};

struct simulation {
    struct simulate_item *items; /* owned */
    size_t count, cap;
};

/* ERR_USAGE names the word, and the nearest that there is.  Release ret in any case. */
int simulate_parse(const char *text, struct simulation *ret, struct err *err);
void simulation_release(struct simulation *s);

/* Change hosts, of the request and with these names, as is said.  ERR_USAGE, ERR_NO_MATCH: a
 * selector that is none of these hosts; a step or a gate that plan has not. */
int simulate_apply(const struct simulation *s, const struct run_request *request,
                   const char *const *names, const struct plan *plan, struct forecast_host *hosts,
                   struct err *err);

/* Whether any of it speaks of health: then the checks matter. */
bool simulate_needs_checks(const struct simulation *s);

#endif
