/*
 * inbox.c - a list of facts with their reasons.
 */
#include "app/inbox.h"

#include "base/xalloc.h"

#include <stdlib.h>

enum { REASON_MAX = 2048 };

void
inbox_put(struct inbox *in, const struct fact *fact, const char *reason)
{
    in->letters = xgrow(in->letters, in->count, &in->cap, sizeof(*in->letters));
    in->letters[in->count++] = (struct letter){
        .fact = *fact,
        .reason = reason == NULL || reason[0] == '\0' ? NULL : xstrndup(reason, REASON_MAX),
    };
}

void
inbox_clear(struct inbox *in)
{
    for (size_t i = 0; i < in->count; i++) {
        free(in->letters[i].reason);
    }
    in->count = 0;
}

void
inbox_release(struct inbox *in)
{
    inbox_clear(in);
    free(in->letters);
    *in = (struct inbox){0};
}
