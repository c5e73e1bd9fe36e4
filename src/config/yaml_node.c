/*
 * yaml_node.c - looks into a node, and words mistakes about it.
 *
 * Decides the form "file:line:col: key: expected ..., got ...".  Owns the file names.
 */
#include "config/yaml.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/xalloc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 60 };

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_NODE_MAP) {
        return NULL;
    }
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0) {
            return map->items[i];
        }
    }
    return NULL;
}

bool
yaml_is_null(const struct yaml_node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

    if (node->kind != YAML_NODE_SCALAR || node->style != YAML_STYLE_PLAIN) {
        return false;
    }
    for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
        if (strcmp(node->text, nulls[i]) == 0) {
            return true;
        }
    }
    return false;
}

void
yaml_show(const struct yaml_node *scalar, struct buf *out)
{
    size_t len = scalar->len;

    if (scalar->secret) {
        buf_adds(out, "***");
        return;
    }
    if (len > SHOWN_MAX) { /* never half a character */
        for (len = SHOWN_MAX; ((unsigned char)scalar->text[len] & 0xc0) == 0x80;) {
            len--;
        }
    }
    escape_line(out, scalar->text, len);
    buf_adds(out, len < scalar->len ? "..." : "");
}

static void
put_got(struct buf *out, const struct yaml_node *node)
{
    if (node->kind == YAML_NODE_LIST) {
        buf_adds(out, "a list");
    } else if (node->kind == YAML_NODE_MAP) {
        buf_adds(out, "a mapping");
    } else if (yaml_is_null(node)) {
        buf_adds(out, "nothing");
    } else {
        buf_addc(out, '"');
        yaml_show(node, out);
        buf_addc(out, '"');
        if (node->style == YAML_STYLE_QUOTED) {
            buf_adds(out, " in quotes");
        }
    }
}

int
yaml_expected(struct mistakes *m, const struct yaml_node *node, const char *key, const char *fmt,
              ...)
{
    struct buf got;
    va_list ap;

    va_start(ap, fmt);
    char *expected = xvasprintf(fmt, ap);
    va_end(ap);
    buf_init(&got, 1024);
    put_got(&got, node);
    mistakes_add(m, "%s:%d:%d: %s%sexpected %s, got %s", node->file, node->line, node->col,
                 key ? key : "", key ? ": " : "", expected, got.data);
    buf_release(&got);
    free(expected);
    return -1;
}

int
yaml_mistake(struct mistakes *m, const struct yaml_node *node, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    mistakes_add(m, "%s:%d:%d: %s", node->file, node->line, node->col, text);
    free(text);
    return -1;
}

int
yaml_not_yet(struct mistakes *m, const struct yaml_node *node, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    mistakes_not_yet(m, "%s:%d:%d: not yet: %s", node->file, node->line, node->col, text);
    free(text);
    return -1;
}

void
yaml_warn(struct mistakes *m, const struct yaml_node *node, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    mistakes_warn(m, "%s:%d:%d: %s", node->file, node->line, node->col, text);
    free(text);
}

const char *
yaml_intern(const char *text)
{
    /* The one thing that lives as long as the process: values outlive the files they came from. */
    static struct strv names;

    for (size_t i = 0; i < names.count; i++) {
        if (strcmp(names.items[i], text) == 0) {
            return names.items[i];
        }
    }
    strv_add(&names, text);
    return names.items[names.count - 1];
}
