/*
 * predict.h - how long a run will take if nothing fails.
 *
 * The run is made many times under virtual time (app/forecast.h), each host with a time drawn from
 * what it took before.  Pauses and bakes count; an operator who is to promote is taken to do so at
 * once.
 */
#ifndef APP_PREDICT_H
#define APP_PREDICT_H

#include "app/worktimes.h"

#include <stdint.h>

/* Half of the runs take at most p50, 19 of 20 at most p95. */
struct predicted {
    int64_t p50_ms, p95_ms;
};

struct prediction {
    struct predicted whole;
    struct predicted *waves; /* owned: from a wave's first start to its last outcome */
    int32_t wave_count;
    int32_t runs;     /* that were made */
    int32_t promotes; /* of one run: times the operator is waited for, counted as no time */
};

/* The seed is the request's.  -1 and what the plan says is wrong; release ret in any case. */
int predict(const struct run_request *request, const struct worktimes *w, struct prediction *ret,
            struct err *err);
void prediction_release(struct prediction *p);

/* Which slot each host of the request takes if it starts with its wave; -1: it takes the first that
 * frees.  Where all take equally long; fills host_count of them. */
int predict_slots(const struct run_request *request, int32_t *ret_slots, struct err *err);

/* The plan of a request as forecasts need it: answerable, steps as the action's; with its gate, of
 * one check that stands for all, or without.  NULL and err. */
struct plan *predict_plan(const struct run_request *request, bool checks, struct err *err);

#endif
