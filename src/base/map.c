/*
 * map.c - strings to pointers on uthash, which keeps the order of insertion by itself.
 *
 * The only user of uthash: its macros trip the analyzers anywhere else.
 */
#include "base/map.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

struct entry {
    char *key;   /* owned */
    void *value; /* the caller's, or owned if the map frees values */
    UT_hash_handle hh;
};

struct map {
    struct entry *head; /* owned, through hh */
    void (*free_value)(void *);
};

struct map *
map_new(void (*free_value)(void *))
{
    struct map *m = xcalloc(1, sizeof(*m));

    m->free_value = free_value;
    return m;
}

/* NOLINTBEGIN(readability-function-size): the nesting is that of uthash's macros */
static struct entry *
find(const struct map *m, const char *key)
{
    struct entry *e = NULL;

    HASH_FIND_STR(m->head, key, e);
    return e;
}

static void
drop_value(const struct map *m, struct entry *e)
{
    if (m->free_value != NULL) {
        m->free_value(e->value);
    }
}

static void
drop(struct map *m, struct entry *e)
{
    HASH_DELETE(hh, m->head, e);
    drop_value(m, e);
    free(e->key);
    free(e);
}

void
map_free(struct map *m)
{
    if (m == NULL) {
        return;
    }
    while (m->head != NULL) {
        drop(m, m->head);
    }
    free(m);
}

void
map_set(struct map *m, const char *key, void *value)
{
    struct entry *e = find(m, key);

    if (e != NULL) {
        drop_value(m, e);
        e->value = value;
        return;
    }
    e = xcalloc(1, sizeof(*e));
    e->key = xstrdup(key);
    e->value = value;
    HASH_ADD_KEYPTR(hh, m->head, e->key, strlen(e->key), e);
}

void *
map_get(const struct map *m, const char *key)
{
    const struct entry *e = find(m, key);

    return e == NULL ? NULL : e->value;
}

void
map_remove(struct map *m, const char *key)
{
    struct entry *e = find(m, key);

    if (e != NULL) {
        drop(m, e);
    }
}

/* NOLINTEND(readability-function-size) */

size_t
map_count(const struct map *m)
{
    return HASH_COUNT(m->head);
}

void *
map_next(const struct map *m, void **iter, const char **ret_key)
{
    struct entry *e = *iter;

    e = e == NULL ? m->head : e->hh.next;
    *iter = e;
    if (e == NULL) {
        return NULL;
    }
    if (ret_key != NULL) {
        *ret_key = e->key;
    }
    return e->value;
}
