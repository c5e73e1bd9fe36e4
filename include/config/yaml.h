/*
 * yaml.h - a YAML file as a tree: every node knows its file, line, column and bytes.
 *
 * One document.  Everything has a limit (size, depth, nodes with their aliases expanded), because
 * libyaml has none.  Aliases and `<<` are resolved here; types are not (value.h).  Each mistake is
 * one line "path:line:col: ...".
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "base/buf.h"
#include "config/mistakes.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    YAML_DEPTH_MAX = 64,          /* lists and maps in each other, aliases expanded */
    YAML_NODES_MAX = 300000,      /* aliases count with all they stand for */
    YAML_SMALL_MAX = 4 << 20,     /* bytes of a config.yml, an action, an -e @file */
    YAML_INVENTORY_MAX = 8 << 20, /* bytes of an inventory */
};

enum yaml_kind { YAML_NODE_SCALAR, YAML_NODE_LIST, YAML_NODE_MAP };
enum yaml_style { YAML_STYLE_PLAIN, YAML_STYLE_QUOTED, YAML_STYLE_LITERAL }; /* of scalars */

/* What a key given twice is. */
enum yaml_repeat {
    YAML_REPEAT_ERROR, /* of one text, whatever its type: it is known by its text */
    YAML_REPEAT_LAST   /* the last wins, with a warning that names both lines */
};

struct yaml_node {
    enum yaml_kind kind;
    enum yaml_style style;
    bool flow;         /* list or map written in brackets */
    bool secret;       /* of an encrypted file: no message shows its text or its tag */
    bool alias;        /* stands where `*name` is; its children are those of the anchor */
    bool typed;        /* of a key: it is no text, as a plain `yes`, `1` or `~` (value_is_text) */
    int line, col;     /* from 1; columns are characters */
    size_t start, end; /* bytes [start,end) of the file */
    const char *file;  /* interned for the life of the process */
    const char *tag;   /* "!vault", "tag:yaml.org,2002:str"; NULL: none written; borrowed */
    const char *text;  /* SCALAR: NUL-terminated, len bytes, never a NUL inside; borrowed */
    size_t len;
    struct yaml_node **keys;  /* MAP: count scalars, in order, each once; borrowed */
    struct yaml_node **items; /* LIST: count items; MAP: count values; borrowed */
    size_t count;
};

struct yaml;

/* Read a file.  NULL: m has errors (a file that cannot be read too). */
struct yaml *
yaml_load(const char *path, size_t bytes_max, enum yaml_repeat repeat, struct mistakes *m);
/* The same of bytes in memory; path is for messages. */
struct yaml *yaml_parse(const char *bytes, size_t len, const char *path, size_t bytes_max,
                        enum yaml_repeat repeat, struct mistakes *m);
/* The same of what an encrypted file holds: every node is secret, and yaml_close wipes the tree. */
struct yaml *yaml_parse_secret(const char *bytes, size_t len, const char *path, size_t bytes_max,
                               enum yaml_repeat repeat, struct mistakes *m);
/* Free the tree, every node; NULL is fine.  Not yaml_free: libyaml exports and calls one. */
void yaml_close(struct yaml *y);

const struct yaml_node *yaml_root(const struct yaml *y); /* NULL: nothing but comments */
const char *yaml_bytes(const struct yaml *y, size_t *ret_len);

/* The value of a key; NULL: absent (or map is no map). */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* A plain scalar that YAML reads as null: nothing, ~, null. */
bool yaml_is_null(const struct yaml_node *node);

/* The text of a key or value for a message: one line of at most 60 bytes and "..."; of a secret
 * `***`. */
void yaml_show(const struct yaml_node *scalar, struct buf *out);

/* Record "file:line:col: KEY: expected EXPECTED, got ..."; -1.  key may be NULL. */
int yaml_expected(struct mistakes *m, const struct yaml_node *node, const char *key,
                  const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Record "file:line:col: ..."; -1. */
int yaml_mistake(struct mistakes *m, const struct yaml_node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int yaml_not_yet(struct mistakes *m, const struct yaml_node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4))); /* "file:line:col: not yet: ..." */
void yaml_warn(struct mistakes *m, const struct yaml_node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A copy of text that is never freed, one for each text. */
const char *yaml_intern(const char *text);

#endif
