/*
 * inventory_vars.c - group_vars and host_vars: which files there are, and what they say.
 *
 * Decides as Ansible's host_group_vars plugin and its find_vars_files: `web`, `web.yml`,
 * `web.yaml`, `web.json`, the first that is there; a folder is read whole, sorted, later ones win.
 * Owns nothing.  What is encrypted is opened on the way (vault.h).
 */
#include "config/inventory_read.h"

#include "base/xalloc.h"
#include "config/vault.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    FOLDERS_MAX = 16,  /* in each other */
    FILES_MAX = 10000, /* of one name: links make more of few */
};

static const char *const extensions[] = {"", ".yml", ".yaml", ".json"};
enum { EXTENSIONS = sizeof(extensions) / sizeof(extensions[0]) };

/* One of group_vars and host_vars. */
struct folder {
    char *path;          /* owned */
    struct map *entries; /* owned: name -> struct entry (owned) */
};

struct entry {
    bool used;
};

struct reading {
    struct draft *d;
    struct vault *vault; /* borrowed, or NULL */
    struct mistakes *m;
};

/* ---------------------------------------------------------------- one file */

static struct value *
dict_of(const struct yaml *y, const char *path, struct mistakes *m)
{
    const struct yaml_node *root = yaml_root(y);

    if (root == NULL || yaml_is_null(root) || (root->kind == YAML_NODE_LIST && root->count == 0)) {
        struct value *none = value_new(VALUE_DICT);
        none->file = yaml_intern(path);
        return none;
    }
    if (root->kind != YAML_NODE_MAP) {
        (void)yaml_expected(m, root, NULL, "variables, as `name: value`");
        return NULL;
    }
    return value_of_node(root, m);
}

struct value *
inventory_vars_file(const char *path, struct vault *vault, struct mistakes *m)
{
    struct yaml *y = vault_load_yaml(vault, path, YAML_SMALL_MAX, YAML_REPEAT_LAST, m);
    struct value *dict = y == NULL ? NULL : dict_of(y, path, m);

    yaml_close(y);
    return dict;
}

/* ---------------------------------------------------------------- the files of a name */

static bool
has_extension(const char *name, const char **ret)
{
    const char *dot = strrchr(name, '.');

    *ret = dot == NULL || dot == name ? "" : dot;
    for (size_t i = 0; i < EXTENSIONS; i++) {
        if (strcmp(*ret, extensions[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The names in a folder, sorted.  false: it cannot be read, and m says so. */
static bool
list_folder(const char *path, struct strv *ret, struct mistakes *m)
{
    DIR *dir = opendir(path);
    const struct dirent *e;

    if (dir == NULL) {
        (void)mistakes_add(m, "%s: cannot be opened: %s", path, strerror(errno));
        return false;
    }
    while ((e = readdir(dir)) != NULL) {
        if (e->d_name[0] != '.') {
            strv_add(ret, e->d_name);
        }
    }
    (void)closedir(dir);
    strv_sort(ret);
    return true;
}

/* Append the files of a folder and of those in it; hidden ones and backups are skipped. */
static int
find_in_folder(const char *path, int depth, struct strv *files, struct mistakes *m)
{
    struct strv names = {0};
    int rc = 0;

    if (depth == FOLDERS_MAX) {
        return mistakes_add(m, "%s: more than %d folders in each other", path, FOLDERS_MAX);
    }
    if (!list_folder(path, &names, m)) {
        return -1;
    }
    for (size_t i = 0; i < names.count && rc == 0; i++) {
        const char *name = names.items[i];
        const char *extension;
        const bool known = has_extension(name, &extension);
        char *below = xasprintf("%s/%s", path, name);
        struct stat st;
        if (name[strlen(name) - 1] == '~' || stat(below, &st) < 0) {
            /* as if it were not there */
        } else if (S_ISDIR(st.st_mode)) {
            rc = extension[0] == '\0' ? find_in_folder(below, depth + 1, files, m) : 0;
        } else if (S_ISREG(st.st_mode) && known && files->count == FILES_MAX) {
            rc = mistakes_add(m, "%s: more than %d files", below, FILES_MAX);
        } else if (S_ISREG(st.st_mode) && known) {
            strv_add(files, below);
        }
        free(below);
    }
    strv_clear(&names);
    return rc;
}

static int
find_files(const struct folder *f, const char *name, struct strv *files, struct mistakes *m)
{
    for (size_t i = 0; i < EXTENSIONS; i++) {
        char *file = xasprintf("%s%s", name, extensions[i]);
        struct entry *e = map_get(f->entries, file);
        char *path = e == NULL ? NULL : xasprintf("%s/%s", f->path, file);
        struct stat st;
        int rc = 1;
        if (e != NULL && stat(path, &st) == 0) {
            e->used = true;
            rc = 0;
            if (S_ISDIR(st.st_mode)) {
                rc = find_in_folder(path, 0, files, m);
            } else {
                strv_add(files, path);
            }
        }
        free(path);
        free(file);
        if (rc <= 0) {
            return rc;
        }
    }
    return 0;
}

/* Put the values of from, which is freed, over those of *into. */
static void
overlay(struct value **into, struct value *from)
{
    if (*into == NULL) {
        *into = from;
        return;
    }
    for (size_t i = 0; i < from->count; i++) {
        value_dict_set(*into, from->keys[i], from->items[i]);
        from->items[i] = NULL;
    }
    value_free(from);
}

static int
read_files(const struct reading *r, const struct strv *files, struct value **into)
{
    int rc = 0;

    for (size_t i = 0; i < files->count; i++) {
        struct value *dict = inventory_vars_file(files->items[i], r->vault, r->m);
        if (dict == NULL) {
            rc = -1;
            continue;
        }
        r->d->values += value_weight(dict);
        if (dict->count + (*into == NULL ? 0 : (*into)->count) > INVENTORY_VARS_MAX ||
            r->d->values > INVENTORY_VALUES_MAX) {
            value_free(dict);
            return mistakes_add(r->m, "%s: more than %d variables here, or %d values in all",
                                files->items[i], INVENTORY_VARS_MAX, INVENTORY_VALUES_MAX);
        }
        overlay(into, dict);
    }
    return rc;
}

static int
read_name(const struct reading *r, const struct folder *f, const char *name, struct value **into)
{
    struct strv files = {0};
    int rc = find_files(f, name, &files, r->m);

    if (rc == 0) {
        rc = read_files(r, &files, into);
    }
    strv_clear(&files);
    return rc;
}

/* ---------------------------------------------------------------- the folders */

/* false: there is none, or m says why it cannot be read. */
static bool
open_folder(struct folder *f, const char *dir, const char *name, struct mistakes *m)
{
    struct strv names = {0};
    struct stat st;
    bool good = false;

    f->path = xasprintf("%s/%s", dir, name);
    f->entries = map_new(free);
    if (stat(f->path, &st) == 0) {
        good = S_ISDIR(st.st_mode) && list_folder(f->path, &names, m);
        if (!S_ISDIR(st.st_mode)) {
            mistakes_warn(m, "%s: expected a folder; it is skipped", f->path);
        }
    }
    for (size_t i = 0; i < names.count; i++) {
        map_set(f->entries, names.items[i], xcalloc(1, sizeof(struct entry)));
    }
    strv_clear(&names);
    return good;
}

static void
close_folder(struct folder *f)
{
    map_free(f->entries);
    free(f->path);
}

/* What would be read, if there were such a group or host. */
static void
tell_unused_files(const struct folder *f, const char *what, const struct map *owners,
                  struct mistakes *m)
{
    const struct entry *e;
    const char *name = NULL;
    void *iter = NULL;

    while ((e = map_next(f->entries, &iter, &name)) != NULL) {
        const char *extension;
        const size_t len = strlen(name);
        if (e->used || name[len - 1] == '~' || !has_extension(name, &extension)) {
            continue;
        }
        char *owner = xstrndup(name, len - strlen(extension));
        if (map_get(owners, owner) != NULL || map_get(owners, name) != NULL) {
            mistakes_warn(m, "%s/%s: not read: %s has another file or folder here", f->path, name,
                          owner);
        } else {
            mistakes_warn(m, "%s/%s: not read: there is no %s %s", f->path, name, what, owner);
        }
        free(owner);
    }
}

int
inventory_read_vars(struct draft *d, const char *dir, struct vault *vault, bool tell_unused,
                    struct mistakes *m)
{
    const struct reading r = {.d = d, .vault = vault, .m = m};
    const int before = m->count;
    struct draft_group *g = NULL;
    struct draft_host *h = NULL;
    struct folder f;
    void *iter = NULL;

    if (open_folder(&f, dir, "group_vars", m)) {
        while ((g = map_next(d->groups, &iter, NULL)) != NULL) {
            (void)read_name(&r, &f, g->name, &g->file_vars);
        }
        if (tell_unused) {
            tell_unused_files(&f, "group", d->groups, m);
        }
    }
    close_folder(&f);
    iter = NULL;
    if (open_folder(&f, dir, "host_vars", m)) {
        while ((h = map_next(d->hosts, &iter, NULL)) != NULL) {
            (void)read_name(&r, &f, h->name, &h->file_vars);
        }
        if (tell_unused) {
            tell_unused_files(&f, "host", d->hosts, m);
        }
    }
    close_folder(&f);
    return m->count > before ? -1 : 0;
}
