/*
 * json.c - fields of JSON objects that hold what may come from anywhere.
 *
 * Decides how bytes that are no text are told.  Owns nothing.  Never writes a byte that is not
 * valid UTF-8.
 */
#include "ui/json.h"

#include "base/escape.h"

#include <string.h>

void
json_put_text(json_t *object, const char *key, const char *text)
{
    struct buf escaped;

    if (text == NULL) {
        return;
    }
    if (utf8_valid(text, strlen(text))) {
        (void)json_object_set_new(object, key, json_string(text));
        return;
    }
    buf_init(&escaped, 4 * strlen(text) + 1);
    escape_line(&escaped, text, strlen(text));
    (void)json_object_set_new(object, key, json_string(escaped.data));
    buf_release(&escaped);
}

void
json_put_int(json_t *object, const char *key, int64_t value)
{
    (void)json_object_set_new(object, key, json_integer(value));
}

json_t *
json_totals(const struct summary *totals)
{
    json_t *o = json_object();

    for (int i = 0; i < OUTCOMES; i++) {
        if (totals->count[i] > 0) {
            json_put_int(o, outcome_name((enum outcome)i), totals->count[i]);
        }
    }
    if (totals->rolled_back > 0) {
        json_put_int(o, "rolled_back", totals->rolled_back);
    }
    if (totals->rollbacks_failed > 0) {
        json_put_int(o, "rollbacks_failed", totals->rollbacks_failed);
    }
    return o;
}
