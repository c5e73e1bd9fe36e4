/*
 * planned.h - requests for plans, as the tests of plan.c and its parts make them.
 */
#ifndef TEST_PLANNED_H
#define TEST_PLANNED_H

#include "core/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PLANNED_HOSTS_MAX = 12 };

static const char *const planned_names[PLANNED_HOSTS_MAX] = {
    "web-3", "web-1", "web-10", "db-1", "web-1", "Web-1", "", "a", "b", "c", "d", "e"};
static const struct plan_step planned_step;

static inline struct plan_request
planned_request(const struct policy *policy, int32_t hosts)
{
    return (struct plan_request){
        .policy = policy,
        .host_count = hosts,
        .host_names = planned_names,
        .steps = &planned_step,
        .step_count = 1,
    };
}

/* Refused with an error that has this text in it; and without an error to fill. */
static inline void
planned_refused(const struct plan_request *q, enum err_kind kind, const char *text)
{
    struct err err = {0};

    assert_null(plan_new(q, &err));
    if (strstr(err.text, text) == NULL) {
        print_error("got: %s\nnot: %s\n", err.text, text);
    }
    assert_non_null(strstr(err.text, text));
    assert_int_equal(err.kind, kind);
    assert_null(plan_new(q, NULL));
}

/* Hosts in order, waves apart: "012|34"; from host 10 on letters. */
static inline void
planned_expect(const struct plan *p, const char *want)
{
    char seen[2 * PLANNED_HOSTS_MAX + 1] = "";
    size_t len = 0;

    for (int32_t k = 0; k < plan_wave_count(p); k++) {
        assert_int_equal(plan_wave_begin(p, k), k == 0 ? 0 : plan_wave_end(p, k - 1));
        for (int32_t i = plan_wave_begin(p, k); i < plan_wave_end(p, k); i++) {
            const int32_t host = plan_host_at(p, i);
            assert_int_equal(plan_wave_of(p, host), k);
            assert_int_equal(plan_position_of(p, host), i);
            seen[len++] = (char)(host < 10 ? '0' + host : 'a' + host - 10);
        }
        seen[len++] = '|';
    }
    seen[len - 1] = '\0';
    assert_int_equal(plan_wave_end(p, plan_wave_count(p) - 1), plan_host_count(p));
    assert_string_equal(seen, want);
}

#endif
