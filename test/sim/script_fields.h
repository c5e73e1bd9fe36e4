/*
 * script_fields.h - the plain numbers of a case, by name: for the script, and for the shrinker,
 * which puts each back to its simplest value.
 */
#ifndef SIM_SCRIPT_FIELDS_H
#define SIM_SCRIPT_FIELDS_H

#include "sim/case.h"

enum field_kind { FIELD_INT32, FIELD_INT64, FIELD_UINT64, FIELD_BOOL, FIELD_AMOUNT, FIELD_ENUM };

struct field {
    const char *name;
    enum field_kind kind;
    size_t offset;              /* in the case, or in a step */
    const char *(*word)(int i); /* of an enum */
    int words;
};

/* Both end with a row without a name. */
extern const struct field case_fields[];
extern const struct field step_fields[];

/* The number at base + offset; of an amount its value. */
int64_t field_get(const struct field *f, const void *base);
void field_set(const struct field *f, void *base, int64_t value);

#endif
