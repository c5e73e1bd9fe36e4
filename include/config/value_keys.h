/*
 * value_keys.h - keys of a dict that are not all text: which of them Python takes for one.
 *
 * 1, 1.0 and true are one key, "1" is another; a dict of ours knows both as the text "1", so the
 * later of the two counts.
 */
#ifndef CONFIG_VALUE_KEYS_H
#define CONFIG_VALUE_KEYS_H

#include "config/value.h"

enum { VALUE_KEY_MAX = 400 }; /* bytes of a number, a boolean or null as a key */

struct map;

/* A dict that is being filled. */
struct value_keys {
    struct value *dict; /* borrowed */
    struct map *places; /* owned: what a key is for Python, and in the dict -> its place and 1 */
};

void value_keys_init(struct value_keys *keys, struct value *dict); /* dict is empty */
void value_keys_release(struct value_keys *keys);
/* Set the item of a key, a scalar that is no vault; the key that was first stays (value_to_key).
 * Takes over item. */
void value_keys_put(struct value_keys *keys, const struct value *key, struct value *item);

#endif
