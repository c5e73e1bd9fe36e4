/*
 * template.h - `{{ }}` in a text: parsed, looked up, filtered, put in its place.
 *
 * A value that itself holds `{{ }}` is rendered in turn, at most TEMPLATE_DEPTH_MAX deep; one that
 * leads back to itself is an error.  Nothing is guessed: undefined, null and lists are errors.
 */
#ifndef CONFIG_TEMPLATE_H
#define CONFIG_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "config/render.h"
#include "config/value.h"

#include <stdbool.h>
#include <stddef.h>

enum { TEMPLATE_DEPTH_MAX = 16, TEMPLATE_TEXT_MAX = 4 << 20 }; /* bytes of one rendered text */

/* The value of a name: extra before magic before the host's own; NULL when there is none. */
const struct value *template_find(const struct scope *scope, const char *name);

/* Append the text of a scalar, its own `{{ }}` rendered, opened if it is a vault; null is empty.
 * name is for messages. */
int template_value(const struct value *v, const char *name, const struct scope *scope,
                   const char *context, struct buf *out, struct err *err);

/* As render_text; on failure *ret_at is the byte of text where what is wrong begins.  Without a
 * scope only the syntax is checked, as far as that goes without values. */
int template_render(const char *text, const struct scope *scope, bool shell, const char *context,
                    struct buf *out, size_t *ret_at, struct err *err);

/* Check the syntax only: brackets, filters, arguments. */
int template_check(const char *text, const char *context, struct err *err);

/* Whether name is a variable's: [A-Za-z_][A-Za-z0-9_]*. */
bool template_is_name(const char *name, size_t len);
bool template_is_word(char c); /* a byte of such a name */

/* Whether a script may be given a variable of this name: a name, and none of the shell's own, of
 * Ansible's (ansible_*) or of the loader's (LD_*).  In render.c. */
bool template_may_export(const char *name, size_t len);

#endif
