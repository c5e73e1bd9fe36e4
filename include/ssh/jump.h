/*
 * jump.h - sessions to jump hosts: one a hop, shared by all who are reached through it.
 *
 * A hop is a target that others name as their `jump` (pointer identity).  Its session is a slot
 * like any other, with its own limits; it begins with the first who needs it and is closed when
 * nobody has for JUMP_IDLE_MS.  When it fails, each who waits is told once, naming the hop; who
 * comes within the next seconds is told the same without another try: JUMP_HOLD_MS, or
 * JUMP_DENIED_MS if it does not want us, since asking again may lock the account.  Of those only
 * one is told CAUSE_AUTH, the others CAUSE_REFUSED: one denial counts once.  Internal to ssh/.
 */
#ifndef SSH_JUMP_H
#define SSH_JUMP_H

#include "ssh/way.h"

enum {
    JUMP_DEPTH_MAX = 8, /* hops between us and a host */
    JUMP_IDLE_MS = 5000,
    JUMP_HOLD_MS = 1000,
    JUMP_DENIED_MS = 60000,
};

struct jumps; /* all hops of a pool */

struct jumps *jumps_new(struct ways *ways, void (*bury)(void *arg, struct slot *s), void *arg);
/* After the slots of hosts; NULL is fine. */
void jumps_free(struct jumps *j);

#endif
