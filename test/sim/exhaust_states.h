/*
 * exhaust_states.h - which states were seen, by sums of 64 bits.
 *
 * Two states with one sum would hide one of them: with a million states the chance is below one in
 * thirty million.
 */
#ifndef SIM_EXHAUST_STATES_H
#define SIM_EXHAUST_STATES_H

#include <stdint.h>

struct states;

enum state_seen {
    STATE_NEW,  /* and is open from now on */
    STATE_OPEN, /* it is on the way that leads here */
    STATE_SEEN, /* all that follows it was seen */
};

struct states *states_new(void);
void states_free(struct states *t); /* NULL is fine */
void states_clear(struct states *t);

enum state_seen states_enter(struct states *t, uint64_t sum);
void states_leave(struct states *t, uint64_t sum); /* it is open no more */

#endif
