/*
 * golden.h - a canvas held against the picture that is kept of it, test/unit/ui/golden/NAME.txt.
 *
 * GOLDEN=write in the environment writes them instead: look at the difference before it is
 * committed.
 */
#ifndef UNIT_UI_GOLDEN_H
#define UNIT_UI_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "ui/canvas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GOLDEN_BYTES_MAX = 1 << 20 };

/* "" where there is none. */
static inline char *
golden_read(const char *path)
{
    struct buf text;
    char piece[4096];
    FILE *f = fopen(path, "r");

    buf_init(&text, GOLDEN_BYTES_MAX);
    for (size_t n = 1; f != NULL && n > 0;) {
        n = fread(piece, 1, sizeof(piece), f);
        assert_int_equal(buf_add(&text, piece, n), 0);
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    char *read = buf_detach(&text);
    buf_release(&text);
    return read;
}

static inline void
golden_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

static inline void
golden_is(const struct canvas *c, const char *name)
{
    char *path =
        xasprintf("test/unit/ui/golden/%s-%dx%d.txt", name, canvas_cols(c), canvas_rows(c));
    char *seen = canvas_dump(c);
    const char *mode = getenv("GOLDEN");

    if (mode != NULL && strcmp(mode, "write") == 0) {
        golden_write(path, seen);
    }
    char *kept = golden_read(path);
    if (strcmp(seen, kept) != 0) {
        print_error("%s: not as it is kept (GOLDEN=write writes it):\n%s", path, seen);
    }
    assert_string_equal(seen, kept);
    free(kept);
    free(seen);
    free(path);
}

#endif
