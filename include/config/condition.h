/*
 * condition.h - what stands under `when:`, worked out for one host on the controller.
 *
 * Names with .key and [0], 'text', whole numbers, true, false, none, parentheses, `not`, `and`,
 * `or`, `==`, `!=`, `in`, `not in`, `is defined`, `is not defined`; nothing more.  It binds as in
 * Ansible, and the side of `and` and `or` that cannot matter is not looked up.  What is empty, 0 or
 * none is false; a text that reads as true or false must be compared, because Ansible takes any
 * text for true.
 */
#ifndef CONFIG_CONDITION_H
#define CONFIG_CONDITION_H

#include "base/err.h"
#include "config/render.h"

#include <stdbool.h>

enum { CONDITION_DEPTH_MAX = 32 }; /* parentheses in each other */

/* The syntax only.  -1: err says "when: ...". */
int condition_check(const char *text, struct err *err);
/* -1: err says "when: ..." (undefined, or values that cannot be compared). */
int condition_holds(const char *text, const struct scope *scope, bool *ret, struct err *err);

#endif
