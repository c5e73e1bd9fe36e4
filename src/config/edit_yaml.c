/*
 * edit_yaml.c - keys of the mappings of a YAML text: set, put in, taken out, in the style they
 * have.
 *
 * Decides which bytes are those of an entry.  What it decides wrongly is found by who reads the
 * text again (edit_compare.h).  Owns the tree.
 */
#include "config/edit_yaml.h"

#include "base/xalloc.h"
#include "config/edit_text.h"
#include "config/edit_vars.h"
#include "config/yaml_json.h"

#include <stdlib.h>
#include <string.h>

enum { STEP = 2, STEP_MAX = 16 };

/* ---------------------------------------------------------------- reading */

/* How far keys below stand right of those above, where that is seen first. */
static int
step_of(const struct yaml_node *node)
{
    int step = 0;

    for (size_t i = 0; node->kind == YAML_NODE_MAP && i < node->count && step == 0; i++) {
        const struct yaml_node *item = node->items[i];
        if (item->kind != YAML_NODE_MAP || item->flow || node->flow || item->count == 0) {
            continue;
        }
        step = item->keys[0]->col - node->keys[i]->col;
        step = step > 0 && step <= STEP_MAX ? step : step_of(item);
    }
    return step;
}

int
edit_yaml_read(struct edit_yaml *y, struct buf *text, const char *path, size_t max, struct err *err)
{
    const size_t first = strspn(text->data, " \t\r\n");
    struct mistakes m = {0};
    int rc = 0;

    *y = (struct edit_yaml){.text = text, .path = path, .step = STEP};
    if ((text->data[first] == '{' || text->data[first] == '[') &&
        json_valid(text->data, text->len, NULL)) {
        return err_set(err, ERR_CONFIG,
                       "%s:1: is JSON, which has no place for comments: change it "
                       "by hand",
                       path);
    }
    y->tree = yaml_parse(text->data, text->len, path, max, YAML_REPEAT_LAST, &m);
    if (y->tree == NULL) {
        rc = err_set(err, ERR_CONFIG, "%s", m.errors.items[0]);
    } else {
        y->root = yaml_root(y->tree);
        y->root = y->root != NULL && yaml_is_null(y->root) ? NULL : y->root;
        const int step = y->root == NULL ? 0 : step_of(y->root);
        y->step = step > 0 ? step : STEP;
    }
    mistakes_release(&m);
    return rc;
}

void
edit_yaml_release(struct edit_yaml *y)
{
    yaml_close(y->tree);
    *y = (struct edit_yaml){0};
}

int
edit_yaml_refuse(const struct edit_yaml *y, const struct yaml_node *at, const char *what,
                 struct err *err)
{
    return err_set(err, ERR_CONFIG, "%s:%d: %s", y->path, at->line, what);
}

int
edit_yaml_refuse_shared(const struct edit_yaml *y, const struct yaml_node *at, struct err *err)
{
    return edit_yaml_refuse(
        y, at, "is used in several places (an anchor, an alias or <<): change it by hand", err);
}

/* ---------------------------------------------------------------- what is where */

static bool
is_outside(const struct yaml_node *parent, const struct yaml_node *key)
{
    return key->start < parent->start || (key->start > parent->end && parent->flow);
}

bool
edit_yaml_is_shared(const struct edit_yaml *y, const struct yaml_node *parent,
                    const struct yaml_node *node)
{
    const bool anchored = node->end > node->start && y->text->data[node->start] == '&';

    return node->alias || (anchored && node->style != YAML_STYLE_QUOTED) ||
           (parent != NULL && is_outside(parent, node));
}

/* No text of its own: `key:`. */
static bool
is_bare(const struct yaml_node *node)
{
    return node->kind == YAML_NODE_SCALAR && node->style == YAML_STYLE_PLAIN && node->len == 0 &&
           node->start == node->end;
}

/* The byte behind the colon of a key; behind the key, where it has none (`{web-01, web-02}`). */
static size_t
behind_colon(const struct edit_yaml *y, const struct yaml_node *key, bool *ret_colon)
{
    size_t at = key->end;

    while (at < y->text->len && (y->text->data[at] == ' ' || y->text->data[at] == '\t')) {
        at++;
    }
    *ret_colon = at < y->text->len && y->text->data[at] == ':';
    return *ret_colon ? at + 1 : key->end;
}

static size_t
end_of_entry(const struct edit_yaml *y, const struct yaml_node *key, const struct yaml_node *item);

/* The byte behind the last one of a node; 0: it has none.  libyaml's own ends are those of the next
 * token where nothing is written. */
static size_t
end_of(const struct edit_yaml *y, const struct yaml_node *node)
{
    size_t end = 0;

    if (is_bare(node)) {
        return 0;
    }
    if (node->kind == YAML_NODE_SCALAR || node->flow || node->alias || node->count == 0) {
        return node->end;
    }
    for (size_t i = 0; i < node->count; i++) {
        const size_t item = node->kind == YAML_NODE_MAP
                                ? end_of_entry(y, node->keys[i], node->items[i])
                                : end_of(y, node->items[i]);
        end = item > end ? item : end;
    }
    return end;
}

static size_t
end_of_entry(const struct edit_yaml *y, const struct yaml_node *key, const struct yaml_node *item)
{
    bool colon = false;
    const size_t own = behind_colon(y, key, &colon);
    const size_t end = end_of(y, item);

    return end > own ? end : own;
}

/* The entry that stands last in the text; false: there is none, or not all are of this mapping. */
static bool
last_entry(const struct yaml_node *map, size_t *ret)
{
    for (size_t i = 0; i < map->count; i++) {
        if (is_outside(map, map->keys[i])) {
            return false;
        }
        *ret = i == 0 || map->keys[i]->start > map->keys[*ret]->start ? i : *ret;
    }
    return map->count > 0;
}

static bool
has_comment(const struct buf *b, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (b->data[i] == '#' && (i == 0 || strchr(" \t\r\n", b->data[i - 1]) != NULL)) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- changes */

char
edit_yaml_quote(const struct edit_yaml *y, const struct yaml_node *scalar)
{
    if (scalar == NULL || scalar->style != YAML_STYLE_QUOTED || scalar->end == scalar->start) {
        return 0;
    }
    return edit_quote(y->text->data[scalar->start]);
}

int
edit_yaml_rename(struct edit_yaml *y, const struct yaml_node *key, const char *name,
                 struct err *err)
{
    struct value *v = value_text(name);
    struct buf text;
    int rc;

    buf_init(&text, YAML_SMALL_MAX);
    rc = edit_flow_text(v, edit_yaml_quote(y, key), &text);
    if (rc < 0 || edit_yaml_is_shared(y, NULL, key) || key->style == YAML_STYLE_LITERAL) {
        rc = edit_yaml_refuse_shared(y, key, err);
    } else {
        edit_splice(y->text, key->start, key->end, text.data);
    }
    value_free(v);
    buf_release(&text);
    return rc;
}

/* A value of several lines, whose key's line stays as it is but for the new value. */
static int
replace_lines(struct edit_yaml *y, const struct yaml_node *key, const struct yaml_node *item,
              size_t colon, const char *text, struct err *err)
{
    const size_t from = edit_line_next(y->text, colon);
    const size_t to = edit_line_next(y->text, end_of(y, item) - 1);

    if (item->start < from || has_comment(y->text, from, to)) {
        return edit_yaml_refuse(y, key, "has a value of several lines: change it by hand", err);
    }
    edit_cut(y->text, from, to);
    edit_splice(y->text, colon, colon, text);
    return 0;
}

int
edit_yaml_replace(struct edit_yaml *y, const struct yaml_node *map, size_t i, const char *text,
                  struct err *err)
{
    const struct yaml_node *key = map->keys[i];
    const struct yaml_node *item = map->items[i];
    bool has_colon = false;
    const size_t colon = behind_colon(y, key, &has_colon);
    char *behind = xasprintf("%s %s", has_colon ? "" : ":", text);
    int rc = 0;

    if (edit_yaml_is_shared(y, map, key) || edit_yaml_is_shared(y, NULL, item)) {
        rc = edit_yaml_refuse_shared(y, key, err);
    } else if (is_bare(item)) {
        edit_splice(y->text, colon, colon, behind);
    } else if (item->kind == YAML_NODE_SCALAR ? item->style == YAML_STYLE_LITERAL : !item->flow) {
        rc = replace_lines(y, key, item, colon, behind, err);
    } else {
        edit_splice(y->text, item->start, item->end, text);
    }
    free(behind);
    return rc;
}

/* With the comma behind it, or else the one before. */
static int
remove_flow(struct edit_yaml *y, const struct yaml_node *key, const struct yaml_node *item,
            struct err *err)
{
    const char *data = y->text->data;
    size_t start = key->start;
    size_t end = end_of_entry(y, key, item);
    const size_t behind = end + strspn(data + end, " \t\r\n");

    if (data[behind] == ',') {
        end = behind + 1;
        end += strspn(data + end, " ");
    } else if (data[behind] == '}') {
        while (start > 0 && strchr(" \t\r\n", data[start - 1]) != NULL) {
            start--;
        }
        start = start > 0 && data[start - 1] == ',' ? start - 1 : key->start;
    } else {
        return edit_yaml_refuse(y, key, "a comment stands between: change it by hand", err);
    }
    if (has_comment(y->text, start, end)) {
        return edit_yaml_refuse(y, key, "a comment stands between: change it by hand", err);
    }
    edit_cut(y->text, start, end);
    return 0;
}

int
edit_yaml_remove(struct edit_yaml *y, const struct yaml_node *map, size_t i, struct err *err)
{
    const struct yaml_node *key = map->keys[i];
    const struct yaml_node *item = map->items[i];

    if (edit_yaml_is_shared(y, map, key) || edit_yaml_is_shared(y, NULL, item)) {
        return edit_yaml_refuse_shared(y, key, err);
    }
    if (map->flow) {
        return remove_flow(y, key, item, err);
    }
    if (edit_indent_of(y->text, key->start) < 0) {
        return edit_yaml_refuse(y, key, "does not begin its line: change it by hand", err);
    }
    edit_cut(y->text, edit_line_start(y->text, key->start),
             edit_line_next(y->text, end_of_entry(y, key, item) - 1));
    return 0;
}

/* ---------------------------------------------------------------- new entries */

static int
insert_last(struct edit_yaml *y, const struct yaml_node *map, const struct edit_entry *entry,
            struct err *err)
{
    size_t last = 0;

    if (!last_entry(map, &last)) {
        return edit_yaml_refuse_shared(y, map, err);
    }
    const struct yaml_node *key = map->keys[last];
    const size_t end = end_of_entry(y, key, map->items[last]);
    const int indent = edit_indent_of(y->text, key->start);
    if (map->flow) {
        char *text = xasprintf(", %s", entry->flow);
        edit_splice(y->text, end, end, text);
        free(text);
        return 0;
    }
    if (indent < 0) {
        return edit_yaml_refuse(y, key, "does not begin its line: change it by hand", err);
    }
    edit_put_behind(y->text, end - 1, indent, y->step, entry->lines);
    return 0;
}

/* The first entry below a key: in the place of what stands for none. */
static int
insert_first(struct edit_yaml *y, const struct yaml_node *parent, const struct yaml_node *key,
             const struct yaml_node *old, const struct edit_entry *entry, struct err *err)
{
    bool has_colon = false;
    const size_t colon = behind_colon(y, key, &has_colon);
    const size_t end = end_of_entry(y, key, old);
    const int indent = edit_indent_of(y->text, key->start);

    if (parent->flow) {
        char *text = xasprintf("%s {%s}", has_colon ? "" : ":", entry->flow);
        edit_splice(y->text, colon, end, text);
        free(text);
        return 0;
    }
    if (indent < 0 || has_comment(y->text, colon, end)) {
        return edit_yaml_refuse(y, key, "cannot be filled so: change it by hand", err);
    }
    edit_cut(y->text, colon, end);
    edit_put_behind(y->text, colon - 1, indent + y->step, y->step, entry->lines);
    return 0;
}

int
edit_yaml_insert(struct edit_yaml *y, const struct yaml_node *parent, const struct yaml_node *key,
                 const struct yaml_node *map, const struct edit_entry *entry, struct err *err)
{
    if (map == NULL && key == NULL) {
        edit_put_behind(y->text, y->text->len, 0, y->step, entry->lines);
        return 0;
    }
    if (map == NULL || edit_yaml_is_shared(y, NULL, map) ||
        (key != NULL && edit_yaml_is_shared(y, parent, key))) {
        return edit_yaml_refuse_shared(y, map == NULL ? key : map, err);
    }
    if (map->kind == YAML_NODE_MAP && map->count > 0) {
        return insert_last(y, map, entry, err);
    }
    if (key == NULL) {
        return edit_yaml_refuse(y, map, "expected keys, each on a line of its own", err);
    }
    return insert_first(y, parent, key, map, entry, err);
}
