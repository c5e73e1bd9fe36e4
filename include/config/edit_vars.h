/*
 * edit_vars.h - variables as one types them in a line: `a=1, b=two, c=[1, 2]`.  Private to edit*.c.
 *
 * A value is written as in a list or mapping of YAML in brackets.
 */
#ifndef CONFIG_EDIT_VARS_H
#define CONFIG_EDIT_VARS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "config/value.h"

#include <stdbool.h>
#include <stddef.h>

struct edit_vars {
    struct value *dict; /* owned; NULL: nothing was read */
    struct strv texts;  /* of the values, in the order of the dict */
};

/* -1 and err: what is wrong with it.  Release ret in any case. */
int edit_vars_read(const char *text, struct edit_vars *ret, struct err *err);
void edit_vars_release(struct edit_vars *v);

/* Append those of the dict that can be written in a line, but what `other` says is told elsewhere.
 * What is not written here (vaults, long ones) edit_vars_shows says no to. */
void edit_vars_write(const struct value *dict, bool (*other)(const char *name), struct buf *out);
bool edit_vars_shows(const struct value *dict, size_t i, bool (*other)(const char *name));

/* The value of a text of YAML in brackets; NULL: it is none. */
struct value *edit_flow_value(const char *text, size_t len);
/* The byte if it is a quote, else 0. */
char edit_quote(char c);
/* Append a text of YAML that reads as this value, in brackets or without; -1: there is none in one
 * line.  quote: the quote to take if there is a choice; 0: none. */
int edit_flow_text(const struct value *v, char quote, struct buf *out);

/* The names of a variable that says how to reach a host, by the field that has it (EDIT_ADDRESS to
 * EDIT_KEY_FILE). */
struct edit_field {
    const char *counts, *other; /* where both are set, the first counts (inventory_connect.c) */
    const char *fresh;          /* the one of them that is written where none stands */
};
const struct edit_field *edit_field(int field);
bool edit_is_field(const char *name);

#endif
