/*
 * inventory_find.c - which files an inventory is made of, and what each of them is.
 *
 * Decides as Ansible's inventory/manager.py: one source, or a folder of them, sorted by name; a
 * program is run, a name without extension is YAML if it can be, then INI.  Owns nothing.
 */
#include "config/inventory_find.h"

#include "base/xalloc.h"
#include "config/vault.h"
#include "config/yaml_bytes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FOLDERS_MAX = 16,  /* in each other */
    FILES_MAX = 10000, /* of a folder and all below: links make more of few */
};

static const char *const candidates[] = {"hosts.yml", "hosts.yaml", "hosts.ini", "hosts"};
enum { CANDIDATES = sizeof(candidates) / sizeof(candidates[0]) };

struct finding {
    struct draft *d;
    const struct inventory_request *r;
    struct mistakes *m;
    int *left;         /* files that may still be read; 0: too many, or too deep, which was told */
    struct strv *list; /* borrowed; not NULL: files are listed here and not read */
};

static char *
find_source(const char *dir, struct mistakes *m)
{
    char *found = NULL;
    struct stat st;

    for (size_t i = 0; i < CANDIDATES; i++) {
        char *path = xasprintf("%s/%s", dir, candidates[i]);
        if (stat(path, &st) < 0) {
            free(path);
        } else if (found != NULL) {
            (void)mistakes_add(m, "%s: there is %s too: keep one inventory", path, found);
            free(path);
            free(found);
            return NULL;
        } else {
            found = path;
        }
    }
    if (found == NULL) {
        (void)mistakes_add(m, "%s: no inventory: expected hosts.yml, hosts.ini or hosts", dir);
    }
    return found;
}

/* ---------------------------------------------------------------- kinds */

static const char *
extension_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');

    return dot == NULL || dot == name ? "" : dot;
}

static bool
is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0) {
            return true;
        }
    }
    return false;
}

/* A file may be run and be no program: on some disks every file is so. */
static bool
is_program(const char *path)
{
    char head[4] = {0};
    const int fd = access(path, X_OK) == 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    ssize_t n;

    if (fd < 0) {
        return false;
    }
    n = read(fd, head, sizeof(head));
    (void)close(fd);
    return (n >= 2 && memcmp(head, "#!", 2) == 0) || (n == 4 && memcmp(head,
                                                                       "\x7f"
                                                                       "ELF",
                                                                       4) == 0);
}

/* Its first line that says something ends with a colon, or is `---`. */
static bool
looks_like_yaml(const char *text)
{
    while (*text != '\0') {
        const size_t len = strcspn(text, "\r\n");
        const size_t blanks = strspn(text, " \t");
        size_t end = len;
        while (end > 0 && strchr(" \t", text[end - 1]) != NULL) {
            end--;
        }
        if (blanks < end && text[blanks] != '#') {
            return strncmp(text, "---", 3) == 0 || text[end - 1] == ':';
        }
        text += len + (text[len] != '\0');
    }
    return false;
}

/* What begins with `#!` and makes no sense as INI was to be run. */
static int
read_ini(const struct finding *f, const struct yaml_bytes *b, const char *path)
{
    struct mistakes mine = {0};

    if (strncmp(b->data, "#!", 2) != 0) {
        return inventory_parse_ini(f->d, b->data, b->len, path, f->m);
    }
    const int rc = inventory_parse_ini(f->d, b->data, b->len, path, &mine);
    mistakes_release(&mine);
    return rc == 0 ? 0
                   : mistakes_add(f->m,
                                  "%s: begins with #! as a program does, and may not be executed: "
                                  "chmod +x",
                                  path);
}

/* The bytes of a file, or those that are to stand for it. */
static int
read_bytes(const struct finding *f, const char *path, struct yaml_bytes *b)
{
    for (size_t i = 0; i < f->r->instead_count; i++) {
        const struct inventory_instead *o = &f->r->instead[i];
        if (strcmp(o->path, path) == 0) {
            b->data = xstrndup(o->bytes, o->len);
            b->len = strlen(b->data);
            return 0;
        }
    }
    return yaml_bytes_read(b, path, YAML_INVENTORY_MAX, f->m);
}

/* Without an extension: YAML if it is a mapping, else INI, as Ansible tries them. */
static int
read_unnamed(const struct finding *f, const char *path)
{
    struct mistakes mine = {0};
    struct yaml_bytes b = {0};
    struct yaml *y = NULL;
    int rc = read_bytes(f, path, &b);

    if (rc < 0) {
        return -1;
    }
    y = yaml_parse(b.data, b.len, path, YAML_INVENTORY_MAX, YAML_REPEAT_LAST, &mine);
    const struct yaml_node *root = y == NULL ? NULL : yaml_root(y);
    if ((root != NULL && root->kind == YAML_NODE_MAP) || (y == NULL && looks_like_yaml(b.data))) {
        for (size_t i = 0; i < mine.warnings.count; i++) {
            mistakes_warn(f->m, "%s", mine.warnings.items[i]);
        }
        for (size_t i = 0; i < mine.errors.count; i++) {
            rc = mistakes_add(f->m, "%s", mine.errors.items[i]);
        }
        rc = rc < 0 ? -1 : inventory_parse_yaml(f->d, root, f->m);
    } else {
        rc = read_ini(f, &b, path);
    }
    mistakes_release(&mine);
    yaml_close(y);
    yaml_bytes_release(&b);
    return rc;
}

enum inventory_kind
inventory_kind(const char *path)
{
    static const char *const yaml[] = {".yml", ".yaml", ".json", NULL};
    const char *extension = extension_of(path);

    if (is_program(path)) {
        return INVENTORY_PROGRAM;
    }
    if (vault_is_file(path)) {
        return INVENTORY_VAULT;
    }
    if (is_one_of(extension, yaml)) {
        return INVENTORY_YAML;
    }
    if (strcmp(extension, ".toml") == 0) {
        return INVENTORY_TOML;
    }
    return extension[0] == '\0' ? INVENTORY_UNNAMED : INVENTORY_INI;
}

static int
read_yaml(const struct finding *f, const char *path)
{
    struct yaml_bytes b = {0};
    struct yaml *y = NULL;
    int rc = read_bytes(f, path, &b);

    if (rc == 0) {
        y = yaml_parse(b.data, b.len, path, YAML_INVENTORY_MAX, YAML_REPEAT_LAST, f->m);
        rc = y == NULL ? -1 : 0;
    }
    const struct yaml_node *root = y == NULL ? NULL : yaml_root(y);
    if (root != NULL && !yaml_is_null(root)) {
        rc = inventory_parse_yaml(f->d, root, f->m);
    }
    yaml_close(y);
    yaml_bytes_release(&b);
    return rc;
}

static int
read_named_ini(const struct finding *f, const char *path)
{
    struct yaml_bytes b = {0};
    int rc = read_bytes(f, path, &b);

    if (rc == 0) {
        rc = inventory_parse_ini(f->d, b.data, b.len, path, f->m);
    }
    yaml_bytes_release(&b);
    return rc;
}

static int
read_file(const struct finding *f, const char *path)
{
    if (f->list != NULL) {
        strv_add(f->list, path);
        return 0;
    }
    switch (inventory_kind(path)) {
    case INVENTORY_PROGRAM:
        return inventory_read_script(f->d, f->r, path, f->m);
    case INVENTORY_VAULT:
        return mistakes_not_yet(f->m,
                                "%s: not yet: an inventory that is encrypted as a whole: what is "
                                "secret may stand in group_vars and host_vars",
                                path);
    case INVENTORY_YAML:
        return read_yaml(f, path);
    case INVENTORY_TOML:
        return mistakes_add(f->m, "%s: inventories in TOML are not supported", path);
    case INVENTORY_UNNAMED:
        return read_unnamed(f, path);
    case INVENTORY_INI:
        return read_named_ini(f, path);
    }
    return 0;
}

/* ---------------------------------------------------------------- folders */

/* INVENTORY_IGNORE_EXTS of Ansible, and what it never reads. */
static bool
is_ignored(const char *name)
{
    static const char *const ends[] = {".pyc", ".pyo", ".swp",  ".bak", "~",    ".rpm",  ".md",
                                       ".txt", ".rst", ".orig", ".ini", ".cfg", ".retry"};
    static const char *const names[] = {"host_vars", "group_vars", "vars_plugins", NULL};
    const size_t len = strlen(name);

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        const size_t n = strlen(ends[i]);
        if (len >= n && strcmp(name + len - n, ends[i]) == 0) {
            return true;
        }
    }
    return name[0] == '.' || is_one_of(name, names);
}

static int read_source(const struct finding *f, const char *path, int depth);

static int
read_folder(const struct finding *f, const char *path, int depth)
{
    DIR *dir = depth == FOLDERS_MAX ? NULL : opendir(path);
    const struct dirent *e;
    struct strv names = {0};
    int rc = 0;

    if (depth == FOLDERS_MAX) {
        *f->left = 0; /* a link that leads back: all others would be followed as deep */
        return mistakes_add(f->m, "%s: more than %d folders in each other", path, FOLDERS_MAX);
    }
    if (dir == NULL) {
        return mistakes_add(f->m, "%s: cannot be opened: %s", path, strerror(errno));
    }
    while ((e = readdir(dir)) != NULL) {
        const size_t len = strlen(e->d_name);
        if (!is_ignored(e->d_name)) {
            strv_add(&names, e->d_name);
        } else if (f->r->tell_unused && len > 4 && strcmp(e->d_name + len - 4, ".ini") == 0) {
            mistakes_warn(f->m, "%s/%s: not read: Ansible skips .ini files in a folder", path,
                          e->d_name);
        }
    }
    (void)closedir(dir);
    strv_sort(&names);
    for (size_t i = 0; i<names.count && * f->left> 0; i++) {
        char *below = xasprintf("%s/%s", path, names.items[i]);
        if (read_source(f, below, depth + 1) < 0) {
            rc = -1;
        }
        free(below);
    }
    strv_clear(&names);
    return rc;
}

static bool
is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int
read_source(const struct finding *f, const char *path, int depth)
{
    if (is_folder(path)) {
        return read_folder(f, path, depth);
    }
    return --*f->left > 0
               ? read_file(f, path)
               : mistakes_add(f->m, "%s: more than %d files in one inventory", path, FILES_MAX);
}

int
inventory_find(struct draft *d, const struct inventory_request *r, char **ret_source,
               bool *ret_folder, struct mistakes *m)
{
    int left = FILES_MAX + 1;
    const struct finding f = {.d = d, .r = r, .m = m, .left = &left};

    *ret_source = find_source(r->dir, m);
    *ret_folder = *ret_source != NULL && is_folder(*ret_source);
    return *ret_source == NULL ? -1 : read_source(&f, *ret_source, 0);
}

int
inventory_sources(const char *dir, struct strv *ret_paths, struct mistakes *m)
{
    const struct inventory_request r = {.dir = dir};
    int left = FILES_MAX + 1;
    const struct finding f = {.r = &r, .m = m, .left = &left, .list = ret_paths};
    char *source = find_source(dir, m);
    const int rc = source == NULL ? -1 : read_source(&f, source, 0);

    free(source);
    return rc;
}
