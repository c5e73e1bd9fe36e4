/*
 * told.h - the mistakes of a test as one text, and the text that is expected of them.
 *
 * Decides nothing.  Owns nothing: what is returned is the caller's.
 */
#ifndef TEST_CONFIG_TOLD_H
#define TEST_CONFIG_TOLD_H

#include "base/buf.h"
#include "base/xalloc.h"
#include "config/mistakes.h"

#include <stdio.h>
#include <stdlib.h>

/* The lines of a list, each with its end. */
static inline char *
lines_of(const struct strv *list)
{
    struct buf text;

    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < list->count; i++) {
        assert_int_equal(buf_addf(&text, "%s\n", list->items[i]), 0);
    }
    char *copy = xstrdup(text.data);
    buf_release(&text);
    return copy;
}

/* Every error is told, in these lines; m is empty after. */
static inline void
told(struct mistakes *m, const char *expected)
{
    char *got = lines_of(&m->errors);

    assert_string_equal(got, expected);
    free(got);
    mistakes_release(m);
}

/* The whole of a small text file, found from the root of the repository. */
static inline char *
text_of_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = xcalloc(1, 65536);

    if (f == NULL) {
        fail_msg("%s cannot be opened", path);
    }
    const size_t len = fread(text, 1, 65535, f);
    assert_true(len > 0 && len < 65535);
    assert_int_equal(fclose(f), 0);
    return text;
}

#endif
