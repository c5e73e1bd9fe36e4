/*
 * show.c - a value of a variable, as it may be seen.
 *
 * Decides what is never shown.  Every command that prints variables prints them here.  Owns
 * nothing.
 */
#include "cli/show.h"

#include "base/escape.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { STEP = 4, TEXT_MAX = 16 << 20 };

static const char hidden[] = "********";

/* What came out of a vault, once values say so. */
static bool
is_secret(const struct value *v)
{
    (void)v;
    return false;
}

static int
by_key(const void *a, const void *b, void *dict)
{
    char *const *keys = ((const struct value *)dict)->keys;

    return strcmp(keys[*(const size_t *)a], keys[*(const size_t *)b]);
}

size_t *
show_sorted(const struct value *dict)
{
    size_t *order = xcalloc(dict->count, sizeof(*order));
    struct value view = *dict;

    for (size_t i = 0; i < dict->count; i++) {
        order[i] = i;
    }
    qsort_r(order, dict->count, sizeof(*order), by_key, &view);
    return order;
}

void
show_string(struct buf *out, const char *text)
{
    struct value *v = value_text(text);

    value_to_json(v, out);
    value_free(v);
}

static void
new_line(struct buf *out, int indent)
{
    buf_addf(out, "\n%*s", indent, "");
}

static void
put_children(struct buf *out, const struct value *v, int indent)
{
    const bool compact = indent == SHOW_COMPACT;
    const bool dict = v->kind == VALUE_DICT;
    const int below = compact ? SHOW_COMPACT : indent + STEP;
    size_t *order = dict && !compact ? show_sorted(v) : NULL;

    buf_addc(out, dict ? '{' : '[');
    for (size_t k = 0; k < v->count; k++) {
        const size_t i = order == NULL ? k : order[k];
        buf_adds(out, k == 0 ? "" : compact ? ", " : ",");
        if (!compact) {
            new_line(out, below);
        }
        if (dict) {
            show_string(out, v->keys[i]);
            buf_adds(out, ": ");
        }
        show_json(out, v->items[i], below);
    }
    if (!compact && v->count > 0) {
        new_line(out, indent);
    }
    buf_addc(out, dict ? '}' : ']');
    free(order);
}

void
show_json(struct buf *out, const struct value *v, int indent)
{
    if (is_secret(v)) {
        show_string(out, hidden);
    } else if (v->kind == VALUE_LIST || v->kind == VALUE_DICT) {
        put_children(out, v, indent);
    } else {
        value_to_json(v, out);
    }
}

void
show_text(struct buf *out, const struct value *v)
{
    struct buf text;

    buf_init(&text, TEXT_MAX);
    if (is_secret(v)) {
        buf_adds(&text, hidden);
    } else if (v->kind == VALUE_NULL) {
        buf_adds(&text, "None");
    } else if (value_to_text(v, &text) < 0) {
        show_json(&text, v, SHOW_COMPACT);
    }
    escape_line(out, text.data, text.len);
    buf_release(&text);
}
