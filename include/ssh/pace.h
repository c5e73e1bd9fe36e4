/*
 * pace.h - when a connection may begin: the rate asked for, and less while servers throttle.
 *
 * A ticket is one attempt to connect, from its wish to a session that is authenticated.  Pure: time
 * is the caller's, in milliseconds that never go back, and nothing is called back; gate.h puts it
 * on a loop.
 *
 * What is defended against is sshd's MaxStartups (default 10:30:100): from ten connections on that
 * have not authenticated yet, it drops a new one at random, 30 % of them at first, all at a
 * hundred; and PerSourcePenalties (OpenSSH 9.8), which refuses a source for 15 seconds and more.  A
 * client cannot see which addresses lead to one sshd, so it goes by what happens:
 *
 *  - An address that throttled (closed or reset before the banner) is suspect until it lets us in.
 *    All suspects share one window of connections that are under way, as TCP's congestion window:
 *    it begins at 8, less than ten; is halved, at most once for what was sent off before, by a
 *    connection of its own that is throttled; and grows by one when as many as it has came in.  So
 *    one broken host slows nobody but itself and its like.
 *  - When a quarter of the first attempts of late were throttled, and eight at least, they are no
 *    few broken hosts but a server of many addresses, a bastion or a firewall: then all attempts go
 *    through the window, and the rate, if there is one, is lowered with it.
 *  - Who was throttled rests before the next try: half a second, doubled each time, at most eight,
 *    and of each of these a random half is left out.  Three tries in a row in which no suspect came
 *    in (or nobody, while all go through the window), or twelve in all, and the caller is told; the
 *    core then has its own back-off.  Both together outlast the shortest penalty.
 */
#ifndef SSH_PACE_H
#define SSH_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PACE_WINDOW_FIRST = 8,
    PACE_REST_MS = 500,
    PACE_REST_MS_MAX = 8000,
    PACE_FRUITLESS_MAX = 3, /* tries in a row while nobody like it came in */
    PACE_TRIES_MAX = 12,
    PACE_SHORT_MS = 1000, /* rest when this machine is out of descriptors or ports */
    PACE_SHORT_MAX = 30,  /* tries, when nothing of ours ends */
};

enum pace_end {
    PACE_IN,        /* authenticated */
    PACE_THROTTLED, /* closed or reset before the banner */
    PACE_SHORT,     /* no descriptor or port here: not the host's fault */
    PACE_OTHER,     /* anything else; says nothing */
};

enum pace_state { PACE_IDLE, PACE_WAITING, PACE_UNDER_WAY };

struct pace;

/* Part of whoever connects; zero it to begin.  Private but for state and arg. */
struct pace_ticket {
    enum pace_state state;
    void *arg; /* the owner's */
    char key[128];
    struct pace_ticket *next, *prev; /* in the queue of those that wait */
    int64_t since_ms;                /* it waits, or has been under way, since then */
    int64_t rest_until_ms;
    bool suspect;   /* which queue it waits in, and whether it was a suspect's try */
    bool in_window; /* counts there */
    int tries, fruitless, shorts;
    int64_t came_in; /* of its like when it began */
};

/* rate: new connections a second, 0: as many as come. */
struct pace *pace_new(int32_t rate, uint64_t seed);
void pace_free(struct pace *p); /* NULL is fine; tickets that wait are forgotten */

/* Wait for a turn.  key: the address; what is longer than a ticket's is cut.  It must be idle. */
void pace_join(struct pace *p, int64_t now_ms, struct pace_ticket *t, const char *key);
/* The next whose turn it is now, which is under way then; NULL: none. */
struct pace_ticket *pace_next(struct pace *p, int64_t now_ms);
/* How long until pace_next is worth a call though nothing ends; -1: for ever. */
int64_t pace_wait_ms(const struct pace *p, int64_t now_ms);
/* An attempt under way is over.  True: it waits for another try.  With retry false it never does.
 */
bool
pace_over(struct pace *p, int64_t now_ms, struct pace_ticket *t, enum pace_end end, bool retry);
/* Give up, whatever its state; it is idle then. */
void pace_leave(struct pace *p, struct pace_ticket *t);
/* A session of ours ended: who waits for descriptors may try. */
void pace_freed(struct pace *p);

bool pace_is_guarded(const struct pace *p); /* all go through the window */
double pace_window(const struct pace *p);   /* 0: nobody has throttled yet */

#endif
