/*
 * contract.h - whether the facts of a run fit its orders.
 */
#ifndef CHAOS_CONTRACT_H
#define CHAOS_CONTRACT_H

#include "core/fact.h"
#include "core/order.h"
#include "core/plan.h"

struct contract;

struct contract *contract_new(const struct plan *plan); /* plan is borrowed */
void contract_free(struct contract *c);

/* In the order of the journal.  NULL, or what is wrong. */
const char *contract_order(struct contract *c, const struct order *o);
const char *contract_fact(struct contract *c, const struct fact *f);

#endif
