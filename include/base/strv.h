/*
 * strv.h - a list of strings that grows.
 *
 * Items are owned copies; items[count] is always NULL, so the list can be handed to exec.
 */
#ifndef BASE_STRV_H
#define BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

struct strv {
    char **items; /* owned, each owned; NULL while empty */
    size_t count;
    size_t cap;
};

void strv_add(struct strv *v, const char *text);
void strv_addn(struct strv *v, const char *text, size_t len);
/* Takes over text, which must come from malloc. */
void strv_take(struct strv *v, char *text);
bool strv_has(const struct strv *v, const char *text);
/* Free the items; v is an empty list after. */
void strv_clear(struct strv *v);
/* Byte order. */
void strv_sort(struct strv *v);

#endif
