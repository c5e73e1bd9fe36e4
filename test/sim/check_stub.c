/*
 * check_stub.c - stands where the checker will be: finds nothing wrong.
 */
#include "sim/check.h"

#include <stdlib.h>

struct check *
check_new(const struct sim_case *c, const struct plan *p)
{
    (void)c;
    (void)p;
    return NULL;
}

void
check_free(struct check *k)
{
    (void)k;
}

void
check_fact(struct check *k, int64_t now_ms, const struct fact *fact)
{
    (void)k;
    (void)now_ms;
    (void)fact;
}

void
check_order(struct check *k, int64_t now_ms, const struct order *order)
{
    (void)k;
    (void)now_ms;
    (void)order;
}

void
check_turn(struct check *k, int64_t now_ms)
{
    (void)k;
    (void)now_ms;
}

void
check_end(struct check *k)
{
    (void)k;
}

const char *
check_wrong(const struct check *k)
{
    (void)k;
    return NULL;
}
