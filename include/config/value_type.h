/*
 * value_type.h - values whose type is written: `!!int "3"`, `!!float`, `!!bool`, `!!null`.
 */
#ifndef CONFIG_VALUE_TYPE_H
#define CONFIG_VALUE_TYPE_H

#include "config/mistakes.h"
#include "config/value.h"

#include <stdbool.h>

struct yaml_node;

/* Whether a scalar has one of these tags. */
bool value_has_type(const struct yaml_node *scalar);
/* Its value, as PyYAML's SafeConstructor makes it (constructor.py, construct_yaml_int and those
 * beside it).  NULL: the text does not fit, and m says so. */
struct value *value_of_type(const struct yaml_node *scalar, struct mistakes *m);

#endif
