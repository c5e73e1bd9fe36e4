/*
 * budget.h - one account of the memory that output of hosts takes, whoever holds it
 * (output_memory).
 *
 * Each holder asks how full it is and acts by its own threshold, so that what can go elsewhere goes
 * first: a queue writes to a file from half on, what is kept of hosts is trimmed from three
 * quarters on, a line that has not ended is handed on from nine tenths on.  A NULL budget has no
 * end.
 */
#ifndef UI_BUDGET_H
#define UI_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct budget {
    int64_t max;  /* bytes */
    int64_t used; /* may be past max by what a holder cannot do without */
};

enum budget_part { BUDGET_QUEUES = 50, BUDGET_KEPT = 75, BUDGET_LINES = 90 }; /* percent */

/* Whether so many bytes more would stay within that part of it. */
bool budget_fits(const struct budget *b, enum budget_part part, size_t bytes);
void budget_take(struct budget *b, size_t bytes);
void budget_give(struct budget *b, size_t bytes);

#endif
