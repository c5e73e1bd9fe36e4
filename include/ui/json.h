/*
 * json.h - fields of JSON objects that hold what may come from anywhere; for src/ui.
 */
#ifndef UI_JSON_H
#define UI_JSON_H

#include "core/summary.h"

#include <jansson.h>
#include <stdint.h>

/* Where it is no UTF-8 it is escaped; NULL: no field. */
void json_put_text(json_t *object, const char *key, const char *text);
void json_put_int(json_t *object, const char *key, int64_t value);

/* Hosts by outcome: those that have one or more; a new object. */
json_t *json_totals(const struct summary *totals);

#endif
