/*
 * render_file.c - the files a step sends: where an upload's source is, what a template comes to.
 *
 * Decides which places are looked at and what may be sent.  Reads templates, never uploads.
 */
#include "config/render_state.h"

#include "base/xalloc.h"
#include "config/template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPLATE_FILE_MAX = 64 * 1024 }; /* read in one callback */

/* 1: a file or a folder; 0: nothing there; -1: something else, err is set. */
static int
look_at(const struct render_job *job, const char *key, const char *path)
{
    struct stat st;

    if (stat(path, &st)) {
        return 0;
    }
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
        return err_set(job->err, ERR_CONFIG, "%s: %s: %s is no file and no folder", job->context,
                       key, path);
    }
    if (access(path, R_OK)) {
        return err_set(job->err, ERR_CONFIG, "%s: %s: %s: %s", job->context, key, path,
                       strerror(errno));
    }
    return 1;
}

static bool
is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int
render_find(const struct render_job *job, const char *key, const char *src, char **ret)
{
    char *beside = NULL, *in_root = NULL;
    int found;

    if (src[0] == '\0') {
        return err_set(job->err, ERR_CONFIG, "%s: %s is empty", job->context, key);
    }
    if (src[0] == '/') {
        found = look_at(job, key, src);
        if (found == 0) {
            return err_set(job->err, ERR_CONFIG, "%s: %s: there is no file %s", job->context, key,
                           src);
        }
        *ret = found > 0 ? xstrdup(src) : NULL;
        return found > 0 ? 0 : -1;
    }
    beside = job->action->dir ? xasprintf("%s/%s", job->action->dir, src) : NULL;
    in_root = xasprintf("%s/%s", job->root, src);
    found = beside ? look_at(job, key, beside) : 0;
    if (found > 0) {
        *ret = beside;
        beside = NULL;
        goto out;
    }
    if (found == 0) {
        found = look_at(job, key, in_root);
    }
    if (found > 0) {
        *ret = in_root;
        in_root = NULL;
    } else if (found == 0) {
        err_set(job->err, ERR_CONFIG, "%s: %s: there is no file '%s': looked at %s%s%s",
                job->context, key, src, beside ? beside : "", beside ? " and " : "", in_root);
    }
out:
    free(beside);
    free(in_root);
    return found > 0 ? 0 : -1;
}

/* src and dest of an upload or a template. */
static int
find_both(const struct render_job *job, struct rendered *ret)
{
    char *src = NULL;
    int rc = -1;

    if (job->step->verbatim) {
        src = xstrdup(job->step->src);
    } else if (render_open_text(job, "src", job->step->src, &src)) {
        return -1;
    }
    if (render_open_text(job, "dest", job->step->dest, &ret->dest)) {
        goto out;
    }
    if (ret->dest[0] != '/' || ret->dest[strlen(ret->dest) - 1] == '/') {
        err_set(job->err, ERR_CONFIG, "%s: dest: expected the full path of a file, got '%s'",
                job->context, ret->dest);
        goto out;
    }
    rc = render_find(job, "src", src, &ret->src);
out:
    free(src);
    return rc;
}

int
render_upload(const struct render_job *job, struct rendered *ret)
{
    if (find_both(job, ret)) {
        return -1;
    }
    ret->folder = ret->src && is_folder(ret->src);
    return 0;
}

/* ---------------------------------------------------------------- templates */

static int
cannot_read(const struct render_job *job, const char *path, const char *why)
{
    return err_set(job->err, ERR_CONFIG, "%s: src: %s: %s", job->context, path, why);
}

/* The whole of a small file; the caller's.  NULL and err. */
static char *
read_small(const struct render_job *job, const char *path)
{
    char *bytes = xcalloc(TEMPLATE_FILE_MAX + 2, 1);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    size_t len = 0;
    ssize_t n = fd < 0 ? -1 : 1;

    while (n > 0 && len <= TEMPLATE_FILE_MAX) {
        n = read(fd, bytes + len, TEMPLATE_FILE_MAX + 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0) {
        (void)cannot_read(job, path, strerror(errno));
    } else if (len > TEMPLATE_FILE_MAX) {
        (void)cannot_read(job, path, "a template has at most 64 KB: upload it as it is");
    } else if (memchr(bytes, '\0', len)) {
        (void)cannot_read(job, path, "holds a NUL: upload it as it is");
    }
    const bool bad = n < 0 || len > TEMPLATE_FILE_MAX || memchr(bytes, '\0', len);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (bad) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

/* Line and column of byte `at`, from 1; columns are characters. */
static void
prefix_place(const struct render_job *job, const char *path, const char *text, size_t at)
{
    int line = 1;
    int col = 1;

    for (size_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            line++;
            col = 1;
        } else if (((unsigned char)text[i] & 0xc0U) != 0x80U) {
            col++;
        }
    }
    err_prefix(job->err, "%s:%d:%d", path, line, col);
}

int
render_template_file(const struct render_job *job, struct rendered *ret)
{
    struct buf out;
    size_t at = 0;

    if (find_both(job, ret)) {
        return -1;
    }
    char *text = read_small(job, ret->src);
    if (!text) {
        return -1;
    }
    buf_init(&out, TEMPLATE_TEXT_MAX);
    const int rc = template_render(text, job->scope, false, "", &out, &at, job->err);
    if (rc) {
        prefix_place(job, ret->src, text, at);
    } else {
        ret->content_len = out.len;
        ret->content = buf_detach(&out);
    }
    buf_release(&out);
    free(text);
    return rc;
}
