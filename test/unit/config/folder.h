/*
 * folder.h - a folder of a test's own under /tmp, filled with files and taken away again.
 *
 * Owns the folder.  Never touches anything outside it.
 */
#ifndef TEST_CONFIG_FOLDER_H
#define TEST_CONFIG_FOLDER_H

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct folder {
    char path[64];
};

static inline void
folder_make(struct folder *f)
{
    (void)snprintf(f->path, sizeof(f->path), "/tmp/test_config.XXXXXX");
    assert_non_null(mkdtemp(f->path));
}

/* Write a file; folders above it are made as needed. */
static inline void
folder_put(const struct folder *f, const char *name, const void *bytes, size_t len)
{
    char *path = xasprintf("%s/%s", f->path, name);

    for (char *slash = strchr(path + strlen(f->path) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static inline void
folder_text(const struct folder *f, const char *name, const char *text)
{
    folder_put(f, name, text, strlen(text));
}

static inline void
folder_remove(const struct folder *f)
{
    char *command = xasprintf("rm -rf '%s'", f->path);
    /* NOLINTNEXTLINE(bugprone-command-processor): a folder of ours */
    assert_int_equal(system(command), 0);
    free(command);
}

/* The text without the folder's path and a slash at its beginning; text itself when not there. */
static inline const char *
folder_strip(const struct folder *f, const char *text)
{
    const size_t len = strlen(f->path);

    return strncmp(text, f->path, len) == 0 && text[len] == '/' ? text + len + 1 : text;
}

#endif
