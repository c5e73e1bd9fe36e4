/*
 * lines.c - see lines.h.
 *
 * Decides nothing.  Owns the file while it is read.
 */
#include "fleet/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
lines_read(const char *path, lines_take_fn *take, void *arg, struct err *err)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    int rc = 0;

    if (file == NULL) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    for (int number = 1; rc == 0 && getline(&line, &cap, file) >= 0; number++) {
        rc = take(arg, line, err);
        if (rc < 0) {
            err_prefix(err, "%s:%d: ", path, number);
        }
    }
    free(line);
    (void)fclose(file);
    return rc;
}
