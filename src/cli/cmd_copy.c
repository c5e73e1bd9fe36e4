/*
 * cmd_copy.c - a file or folder to every host.
 *
 * Decides what SRC and DEST mean: SRC is from the current folder, DEST a full path, and one that
 * ends in `/` is the folder SRC goes into under its own name.  Sends nothing itself: an action of
 * one upload does.
 */
#include "base/xalloc.h"
#include "cli/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The full path of src, links and all; NULL and err.  The caller's. */
static char *
full_source(const char *src, struct err *err)
{
    if (src[0] == '\0') {
        (void)err_set(err, ERR_USAGE, "copy: SRC is empty");
        return NULL;
    }
    if (src[0] == '/') {
        return xstrdup(src);
    }
    char *here = getcwd(NULL, 0);
    if (here == NULL) {
        (void)err_set(err, ERR_IO, "copy: no current folder: %s", strerror(errno));
        return NULL;
    }
    char *path = xasprintf("%s%s%s", here, strcmp(here, "/") == 0 ? "" : "/", src);
    free(here);
    return path;
}

/* What src is called where it arrives: `.` has the name of the folder it is.  The caller's. */
static char *
own_name(const char *src, struct err *err)
{
    size_t end = strlen(src);

    while (end > 1 && src[end - 1] == '/') {
        end--;
    }
    char *path = xstrndup(src, end);
    const char *base = strrchr(path, '/') + 1;
    char *real = NULL;
    if (base[0] == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0) {
        real = realpath(path, NULL);
        base = real == NULL ? "" : strrchr(real, '/') + 1;
    }
    char *name = base[0] == '\0' || strstr(base, "{{") != NULL ? NULL : xstrdup(base);
    if (name == NULL) {
        (void)err_set(err, ERR_USAGE, "copy: %s has no name to take along: write it behind DEST",
                      src);
    }
    free(real);
    free(path);
    return name;
}

/* DEST may hold `{{ }}`, as of an upload: what it comes to is looked at for each host. */
static char *
full_dest(const char *dest, const char *src, struct err *err)
{
    const size_t len = strlen(dest);

    if (dest[0] != '/' && strncmp(dest, "{{", 2) != 0) {
        (void)err_set(err, ERR_USAGE,
                      "copy: DEST: expected a full path on the hosts (/srv/app/x), got '%s'", dest);
        return NULL;
    }
    if (dest[len - 1] != '/') {
        return xstrdup(dest);
    }
    char *name = own_name(src, err);
    char *path = name == NULL ? NULL : xasprintf("%s%s", dest, name);
    free(name);
    return path;
}

int
cmd_copy(struct cli *c, struct err *err)
{
    char *src = full_source(cli_word(c, 1), err);
    char *dest = src == NULL ? NULL : full_dest(cli_word(c, 2), src, err);
    int rc = -1;

    if (dest != NULL) {
        rc = cli_act(c, NULL, cli_word(c, 0), action_of_upload("copy", src, dest), err);
    }
    free(src);
    free(dest);
    return rc;
}
