/*
 * map.h - strings to pointers.
 *
 * Iterates in the order of insertion.  Keys are copied; values belong to the caller, unless the map
 * was given a function to free them.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>

struct map;

/* free_value may be NULL. */
struct map *map_new(void (*free_value)(void *));
void map_free(struct map *m); /* NULL is fine */

/* Set key; a value that was there is freed (if the map owns its values) and its place is kept. */
void map_set(struct map *m, const char *key, void *value);
void *map_get(const struct map *m, const char *key); /* NULL when absent */
void map_remove(struct map *m, const char *key);
size_t map_count(const struct map *m);

/* Walk: start with *iter = NULL; returns the value and *ret_key (borrowed), NULL at the end.
 * The map must not change during the walk.  Values must not be NULL. */
void *map_next(const struct map *m, void **iter, const char **ret_key);

#endif
