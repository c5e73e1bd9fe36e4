/*
 * watched.c - files of an environment, looked at now and then.
 *
 * Decides which files count.  Owns their paths.  Reads none of them.
 */
#include "front/watched.h"

#include "base/xalloc.h"

#include <dirent.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    FILES_MAX = 20000, /* those past it are not looked at */
    DEPTH_MAX = 8,
    LOOK_MAX = 512, /* files looked at each time beside the first ones */
};

static const char *const first[] = {"config.yml", "hosts.yml", "hosts.yaml", "hosts.ini", "hosts"};
enum { FIRST = sizeof(first) / sizeof(first[0]) };

struct file {
    char *path; /* owned */
    bool there;
    int64_t changed_ns, size;
    uint64_t inode;
};

struct watched {
    struct file *files; /* owned; the first FIRST are always looked at */
    size_t count, cap;
    size_t next; /* of the others: where the next look begins */
    int64_t bytes;
};

static struct file
look(const char *path, bool *ret_folder)
{
    struct file f = {0};
    struct stat st;

    *ret_folder = false;
    if (stat(path, &st) == 0) {
        f.there = true;
        f.changed_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        f.size = S_ISREG(st.st_mode) ? (int64_t)st.st_size : 0;
        f.inode = (uint64_t)st.st_ino;
        *ret_folder = S_ISDIR(st.st_mode);
    }
    return f;
}

static void
add(struct watched *w, const char *path, int depth)
{
    bool folder;
    struct file f = look(path, &folder);
    DIR *dir;
    const struct dirent *e;

    if (w->count == FILES_MAX) {
        return;
    }
    f.path = xstrdup(path);
    w->files = xgrow(w->files, w->count, &w->cap, sizeof(*w->files));
    w->files[w->count++] = f;
    w->bytes += f.size;
    dir = folder && depth < DEPTH_MAX ? opendir(path) : NULL;
    while (dir != NULL && (e = readdir(dir)) != NULL) {
        if (e->d_name[0] != '.') {
            char *below = xasprintf("%s/%s", path, e->d_name);
            add(w, below, depth + 1);
            free(below);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
}

struct watched *
watched_new(const char *env_dir)
{
    static const char *const folders[] = {"hosts", "group_vars", "host_vars"};
    struct watched *w = xcalloc(1, sizeof(*w));

    for (size_t i = 0; i < FIRST; i++) {
        char *path = xasprintf("%s/%s", env_dir, first[i]);
        add(w, path, DEPTH_MAX);
        free(path);
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        char *path = xasprintf("%s/%s", env_dir, folders[i]);
        bool folder;
        (void)look(path, &folder);
        if (folder || i > 0) { /* one that is no folder was looked at above */
            add(w, path, 0);
        }
        free(path);
    }
    w->next = FIRST;
    return w;
}

void
watched_free(struct watched *w)
{
    if (w == NULL) {
        return;
    }
    for (size_t i = 0; i < w->count; i++) {
        free(w->files[i].path);
    }
    free(w->files);
    free(w);
}

static bool
is_same(const struct file *f)
{
    bool folder;
    const struct file now = look(f->path, &folder);

    return now.there == f->there && now.changed_ns == f->changed_ns && now.size == f->size &&
           now.inode == f->inode;
}

bool
watched_changed(struct watched *w)
{
    const size_t others = w->count - FIRST;

    for (size_t i = 0; i < FIRST; i++) {
        if (!is_same(&w->files[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < others && i < LOOK_MAX; i++) {
        if (w->next >= w->count) {
            w->next = FIRST;
        }
        if (!is_same(&w->files[w->next])) {
            return true; /* and again at the next look */
        }
        w->next++;
    }
    return false;
}

int64_t
watched_bytes(const struct watched *w)
{
    return w->bytes;
}
