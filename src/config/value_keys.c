/*
 * value_keys.c - keys of a dict that are not all text: which of them Python takes for one.
 *
 * Decides as Python's == and hash of its keys.  Owns the places while a dict is filled.
 */
#include "config/value_keys.h"

#include "base/map.h"

#include <math.h>
#include <stdint.h>

void
value_keys_init(struct value_keys *keys, struct value *dict)
{
    *keys = (struct value_keys){.dict = dict, .places = map_new(NULL)};
}

void
value_keys_release(struct value_keys *keys)
{
    map_free(keys->places);
    *keys = (struct value_keys){0};
}

static void
put_identity(const struct value *key, struct buf *out)
{
    buf_addc(out, key->kind == VALUE_TEXT ? 't' : 'n');
    if (key->kind == VALUE_BOOL) {
        buf_adds(out, key->boolean ? "1" : "0");
    } else if (key->kind == VALUE_FLOAT && fabs(key->real) < 9e15 &&
               key->real == floor(key->real)) {
        buf_addf(out, "%lld", (long long)key->real);
    } else {
        (void)value_to_key(key, out);
    }
}

void
value_keys_put(struct value_keys *keys, const struct value *key, struct value *item)
{
    struct value *dict = keys->dict;
    struct buf identity;
    struct buf text;

    buf_init(&identity, key->len + VALUE_KEY_MAX);
    buf_init(&text, key->len + VALUE_KEY_MAX);
    put_identity(key, &identity);
    buf_addc(&text, 'k');
    (void)value_to_key(key, &text);
    uintptr_t place = (uintptr_t)map_get(keys->places, identity.data);
    place = place ? place : (uintptr_t)map_get(keys->places, text.data);
    if (place) {
        value_free(dict->items[place - 1]);
        dict->items[place - 1] = item;
    } else {
        value_dict_add(dict, text.data + 1, item);
        place = dict->count;
        map_set(keys->places, text.data, (void *)place);
    }
    map_set(keys->places, identity.data, (void *)place);
    buf_release(&identity);
    buf_release(&text);
}
