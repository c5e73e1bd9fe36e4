/*
 * edit_yaml.h - keys of the mappings of a YAML text: set, put in, taken out.  Private to edit*.c.
 *
 * Each function changes the text once; the tree is that of the text before, and must be read anew.
 * Block and flow style are kept.  -1 and err, which names file:line, where it cannot be done so
 * (anchors, aliases, `<<`, texts of several lines); the text is as it was then.
 */
#ifndef CONFIG_EDIT_YAML_H
#define CONFIG_EDIT_YAML_H

#include "base/buf.h"
#include "base/err.h"
#include "config/value.h"
#include "config/yaml.h"

#include <stdbool.h>
#include <stddef.h>

struct edit_yaml {
    struct buf *text;             /* borrowed */
    const char *path;             /* borrowed; for messages */
    struct yaml *tree;            /* owned: of the text */
    const struct yaml_node *root; /* NULL: nothing but comments */
    int step;                     /* blanks of a level */
};

/* Read the text.  -1: it is no YAML, or JSON.  Release y in any case. */
int edit_yaml_read(struct edit_yaml *y, struct buf *text, const char *path, size_t max,
                   struct err *err);
void edit_yaml_release(struct edit_yaml *y);

/* "path:line: what": -1. */
int edit_yaml_refuse(const struct edit_yaml *y, const struct yaml_node *at, const char *what,
                     struct err *err);
/* The same of what is used in several places. */
int edit_yaml_refuse_shared(const struct edit_yaml *y, const struct yaml_node *at, struct err *err);
/* It is used in more than one place (an anchor, an alias), or came from elsewhere (`<<`): parent is
 * the mapping it is a key of, or NULL. */
bool edit_yaml_is_shared(const struct edit_yaml *y, const struct yaml_node *parent,
                         const struct yaml_node *node);

/* The quote that a scalar is written in; 0: none, or NULL. */
char edit_yaml_quote(const struct edit_yaml *y, const struct yaml_node *scalar);

/* The key anew, in the quotes it has. */
int edit_yaml_rename(struct edit_yaml *y, const struct yaml_node *key, const char *name,
                     struct err *err);
/* The value of entry i anew.  text: as YAML in brackets has it. */
int edit_yaml_replace(struct edit_yaml *y, const struct yaml_node *map, size_t i, const char *text,
                      struct err *err);
int edit_yaml_remove(struct edit_yaml *y, const struct yaml_node *map, size_t i, struct err *err);
/* A new entry behind the others of map, which is the value of a key of parent; both NULL: it is the
 * root, which may be NULL too.  map may be a scalar that the entry takes the place of: nothing, ~,
 * "".  lines: the entry in block style, a line each, ended by \n, a tab for a level; flow: the same
 * in brackets, without them. */
struct edit_entry {
    const char *lines, *flow;
};
int
edit_yaml_insert(struct edit_yaml *y, const struct yaml_node *parent, const struct yaml_node *key,
                 const struct yaml_node *map, const struct edit_entry *entry, struct err *err);

#endif
