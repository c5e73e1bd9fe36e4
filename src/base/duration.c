/*
 * duration.c - durations as people write them, milliseconds inside.
 */
#include "base/duration.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const int64_t duration_ms_max = INT64_C(365) * 24 * 3600 * 1000;

static const struct unit {
    const char *name;
    int64_t ms;
} units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
};

/* A decimal number in thousandths, at most ten digits before the point; NULL if there is none or a
 * digit past the thousandth is not zero. */
static const char *
number(const char *p, int64_t *ret_thousandths)
{
    int64_t n = 0;
    int digits = 0;

    for (; *p >= '0' && *p <= '9'; p++, digits++) {
        n = n * 10 + (*p - '0');
        if (digits >= 11) {
            return NULL;
        }
    }
    if (digits == 0) {
        return NULL;
    }
    n *= 1000;
    if (*p == '.') {
        int64_t scale = 100;
        if (p[1] < '0' || p[1] > '9') {
            return NULL;
        }
        for (p++; *p >= '0' && *p <= '9'; p++, scale /= 10) {
            if (scale == 0 && *p != '0') {
                return NULL;
            }
            n += (*p - '0') * scale;
        }
    }
    *ret_thousandths = n;
    return p;
}

static const struct unit *
unit_at(const char *p)
{
    const struct unit *found = NULL;

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        const size_t len = strlen(units[i].name);
        if (strncmp(p, units[i].name, len) == 0 && (found == NULL || len > strlen(found->name))) {
            found = &units[i];
        }
    }
    return found;
}

int
duration_parse(const char *text, int64_t *ret_ms)
{
    int64_t sum_ms = 0;
    int64_t smaller_than = INT64_MAX; /* units come in falling order */
    const char *p = text;
    bool first = true;

    while (first || *p != '\0') {
        int64_t thousandths = 0;
        int64_t ms = 1000;
        p = number(p, &thousandths);
        if (p == NULL) {
            return -1;
        }
        if (!(first && *p == '\0')) {
            const struct unit *u = unit_at(p);
            if (u == NULL || u->ms >= smaller_than) {
                return -1;
            }
            ms = u->ms;
            smaller_than = u->ms;
            p += strlen(u->name);
        }
        if (thousandths / 1000 > duration_ms_max / ms || thousandths * ms % 1000 != 0) {
            return -1;
        }
        sum_ms += thousandths * ms / 1000;
        first = false;
    }
    if (sum_ms > duration_ms_max) {
        return -1;
    }
    *ret_ms = sum_ms;
    return 0;
}

void
duration_format(int64_t ms, char *ret_text, size_t size)
{
    if (ms < 0) {
        ms = 0;
    }
    (void)snprintf(ret_text, size, "%lld.%03llds", (long long)(ms / 1000), (long long)(ms % 1000));
}

void
duration_human(int64_t ms, char *ret_text, size_t size)
{
    const long long s = ms < 0 ? 0 : (long long)(ms / 1000);
    const long long rest = ms < 0 ? 0 : (long long)(ms % 1000);

    if (s < 1) {
        (void)snprintf(ret_text, size, "0.%02llds", rest / 10);
    } else if (s < 60) {
        (void)snprintf(ret_text, size, "%lld.%llds", s, rest / 100);
    } else if (s < 3600) {
        (void)snprintf(ret_text, size, "%lldm%02llds", s / 60, s % 60);
    } else {
        (void)snprintf(ret_text, size, "%lldh%02lldm", s / 3600, s / 60 % 60);
    }
}

void
duration_written(int64_t ms, char *ret_text, size_t size)
{
    static const struct {
        int64_t ms;
        const char *name;
    } parts[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    char text[128] = "";
    size_t len = 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && ms > 0; i++) {
        const int64_t n = ms / parts[i].ms;
        ms %= parts[i].ms;
        if (n > 0) {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%lld%s", (long long)n,
                                    parts[i].name);
        }
    }
    (void)snprintf(ret_text, size, "%s", len == 0 ? "0s" : text);
}
