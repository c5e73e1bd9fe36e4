/*
 * show.h - a value of a variable, as it may be seen: the one place where values are printed.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "base/buf.h"
#include "config/value.h"

enum { SHOW_COMPACT = -1 };

/* Append v as JSON, secrets as "********".  indent: the column of a value laid out over several
 * lines with its keys sorted, as ansible-inventory does; SHOW_COMPACT: one line, keys in order. */
void show_json(struct buf *out, const struct value *v, int indent);
/* Append a text as a JSON string. */
void show_string(struct buf *out, const char *text);
/* Append v as Ansible would put it into a text; lists and dicts as JSON.  One line, escaped. */
void show_text(struct buf *out, const struct value *v);

/* The indexes of a dict's keys, sorted; free(). */
size_t *show_sorted(const struct value *dict);

#endif
