/*
 * order.c - names of orders, for the journal and for people.
 */
#include "core/order.h"

#include <assert.h>

static const char *const orders[] = {
    [ORDER_CONNECT] = "connect",
    [ORDER_START] = "start",
    [ORDER_RUN_STEP] = "run_step",
    [ORDER_PROBE] = "probe",
    [ORDER_WAIT] = "wait",
    [ORDER_FINALLY] = "finally",
    [ORDER_DISCONNECT] = "disconnect",
    [ORDER_RELEASE] = "release",
    [ORDER_ROLLBACK] = "rollback",
    [ORDER_FINISH] = "finish",
    [ORDER_PARK] = "park",
    [ORDER_UNPARK] = "unpark",
    [ORDER_OUTCOME] = "outcome",
    [ORDER_WAVE_BEGIN] = "wave_begin",
    [ORDER_WAVE_END] = "wave_end",
};
_Static_assert(sizeof(orders) / sizeof(orders[0]) == ORDER_KINDS, "name an order");

const char *
order_name(enum order_kind k)
{
    assert((unsigned)k < ORDER_KINDS);
    return orders[k];
}
