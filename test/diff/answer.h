/*
 * answer.h - what the programs that answer for us share: texts and lists as JSON.
 */
#ifndef DIFF_ANSWER_H
#define DIFF_ANSWER_H

#include "base/buf.h"
#include "base/strv.h"
#include "config/value.h"

#include <stddef.h>

static inline void
put_text(struct buf *out, const char *text)
{
    struct value *v = value_text(text);

    value_to_json(v, out);
    value_free(v);
}

/* NULL is an empty list. */
static inline void
put_texts(struct buf *out, const struct strv *list)
{
    buf_addc(out, '[');
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        buf_adds(out, i > 0 ? "," : "");
        put_text(out, list->items[i]);
    }
    buf_addc(out, ']');
}

#endif
