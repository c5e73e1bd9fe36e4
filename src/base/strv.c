/*
 * strv.c - lists of strings, always ended by NULL.
 */
#include "base/strv.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
strv_take(struct strv *v, char *text)
{
    v->items = xgrow(v->items, v->count + 1, &v->cap, sizeof(*v->items));
    v->items[v->count++] = text;
    v->items[v->count] = NULL;
}

void
strv_add(struct strv *v, const char *text)
{
    strv_take(v, xstrdup(text));
}

void
strv_addn(struct strv *v, const char *text, size_t len)
{
    strv_take(v, xstrndup(text, len));
}

bool
strv_has(const struct strv *v, const char *text)
{
    for (size_t i = 0; i < v->count; i++) {
        if (strcmp(v->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

void
strv_clear(struct strv *v)
{
    for (size_t i = 0; i < v->count; i++) {
        free(v->items[i]);
    }
    free(v->items);
    *v = (struct strv){0};
}

static int
by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void
strv_sort(struct strv *v)
{
    if (v->count > 1) {
        qsort(v->items, v->count, sizeof(*v->items), by_bytes);
    }
}
