/*
 * value.h - a typed value of YAML 1.1 as PyYAML reads it, with the place it came from.
 *
 * `on` true, `0644` 420, `22:22` 1342, `1_000` 1000, `1.10` 1.1; quoted text is always a string.
 * An integer past 64 bits is the text of its digits; more than 63 characters are always text.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "base/buf.h"
#include "config/mistakes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_TEXT,
    VALUE_LIST,
    VALUE_DICT
};

struct value {
    enum value_kind kind;
    bool boolean;
    int64_t integer;
    double real;
    char *text; /* VALUE_TEXT: owned, NUL-terminated, len bytes (never a NUL inside) */
    size_t len;
    bool secret;          /* never shown, never exported; its children say so of themselves */
    bool vault;           /* VALUE_TEXT, secret: text is a vault's; vault_value opens it */
    struct value **items; /* VALUE_LIST and VALUE_DICT: owned */
    char **keys;          /* VALUE_DICT: owned; in order */
    size_t count, cap;
    const char
        *file; /* borrowed, interned for the life of the process; NULL: command line or magic */
    int line, col;
};

struct value *value_new(enum value_kind kind);
struct value *value_bool(bool b);
struct value *value_int(int64_t n);
/* The integer of fewer than 64 digits of base; past 64 bits it is text, as told above. */
struct value *value_integer(bool minus, const char *digits, int base);
struct value *value_text(const char *text);
struct value *value_textn(const char *bytes, size_t len);
struct value *value_copy(const struct value *v);                  /* deep */
bool value_is_same(const struct value *a, const struct value *b); /* deep; vaults unopened */
void value_free(struct value *v);                                 /* wipes secrets; NULL is fine */

struct yaml_node;

/* Whether a plain scalar of this text is true or false. */
bool value_reads_bool(const char *text, bool *ret);
/* The typed value of a node: a node without a tag by the rules above, `!!str` and `!unsafe` as
 * text, `!!int`, `!!float`, `!!bool` and `!!null` as PyYAML constructs them, `!vault` as a vault,
 * unopened.  A key that is no text is known by its text in JSON: `{yes: 1, 0644: 2}` has the keys
 * "true" and "420".  What an encrypted file holds is secret.  NULL: m has errors (a vault that is
 * torn, a text that its tag does not fit; any other tag, of lists and dicts too). */
struct value *value_of_node(const struct yaml_node *node, struct mistakes *m);
/* Whether a scalar is text: neither its form nor its tag makes something else of it. */
bool value_is_text(const struct yaml_node *scalar);
/* What a key is known by in a dict, as told above.  free() it; NULL: m has the mistake. */
char *value_key_of_node(const struct yaml_node *key, struct mistakes *m);

void value_list_add(struct value *list, struct value *item); /* takes over item */
/* The same of a dict that is known not to have the key: does not look. */
void value_dict_add(struct value *dict, const char *key, struct value *v);
void
value_dict_set(struct value *dict, const char *key, struct value *v); /* takes over v, replaces */
struct value *value_dict_get(const struct value *dict, const char *key); /* NULL: absent */

/* Ansible's text of a scalar: True, False, 1.1, empty for null.  -1 for lists, dicts and vaults. */
int value_to_text(const struct value *v, struct buf *out);
/* A scalar as a key: text as it is, else as JSON has it (true, null, 1.5, Infinity), as Python's
 * json.dumps.  -1 for lists, dicts and vaults. */
int value_to_key(const struct value *v, struct buf *out);
/* Any value as JSON (floats as Python's repr).  A vault as Ansible writes it, unopened; any other
 * secret is "***". */
void value_to_json(const struct value *v, struct buf *out);

#endif
