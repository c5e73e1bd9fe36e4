/*
 * place.c - where things are found: the root, the environments.
 *
 * Decides which folder is meant.  Owns nothing; makes no folder.
 */
#include "cli/place.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "config/nearest.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
holds_inventory(const char *folder)
{
    char *path = xasprintf("%s/inventory", folder);
    const bool holds = is_folder(path);

    free(path);
    return holds;
}

/* Cut folder to its nearest ancestor with inventory/; false, and no change, if there is none. */
static bool
climb(char *folder)
{
    char *path = xstrdup(folder);
    bool found;

    while (!(found = holds_inventory(path)) && path[0] != '\0') {
        *strrchr(path, '/') = '\0';
    }
    if (found) {
        strcpy(folder, path[0] != '\0' ? path : "/"); /* never longer than it was */
    }
    free(path);
    return found;
}

int
place_root(const char *flag, char **ret_root, struct err *err)
{
    const char *given = flag != NULL ? flag : getenv("INVENTORY_MANAGER_ROOT");
    const bool is_given = given != NULL && given[0] != '\0';
    char *path = realpath(is_given ? given : ".", NULL);

    if (path == NULL) {
        return err_set(err, ERR_IO, "%s: %s", is_given ? given : "the current folder",
                       strerror(errno));
    }
    if (is_given && !is_folder(path)) {
        free(path);
        return err_set(err, ERR_IO, "%s: not a folder", given);
    }
    if (!is_given) {
        climb(path);
    }
    *ret_root = path;
    return 0;
}

void
place_envs(const char *root, struct strv *ret_names)
{
    char *path = xasprintf("%s/inventory", root);
    DIR *dir = opendir(path);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char *below = xasprintf("%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, PLACE_LIST) != 0 && is_folder(below)) {
            strv_add(ret_names, entry->d_name);
        }
        free(below);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    free(path);
    strv_sort(ret_names);
}

static int
no_such(const char *env, const char *root, const struct strv *names, struct err *err)
{
    enum { SHOWN_MAX = 8 };
    struct buf list;

    buf_init(&list, 4096);
    for (size_t i = 0; i < names->count && i < SHOWN_MAX; i++) {
        (void)buf_addf(&list, "%s%.60s", i == 0 ? "; there is " : ", ", names->items[i]);
    }
    (void)buf_adds(&list, names->count > SHOWN_MAX ? ", ..." : "");
    err_set(err, ERR_NO_MATCH, "no environment '%s' in %s/inventory%s", env, root, list.data);
    buf_release(&list);
    return -1;
}

int
place_env(const char *root, const char *env, char **ret_dir, struct err *err)
{
    struct strv names = {0};
    const char *near;
    int rc = 0;

    if (strchr(env, ',') != NULL) {
        return err_set(
            err, ERR_USAGE,
            "a list of hosts is no environment: only exec, copy, inventory and keys take one");
    }
    place_envs(root, &names);
    near = nearest_word(env, (const char *const *)names.items, names.count);
    if (strv_has(&names, env)) {
        *ret_dir = xasprintf("%s/inventory/%s", root, env);
    } else if (near != NULL) {
        rc = err_set(err, ERR_NO_MATCH, "no environment '%s' in %s/inventory; did you mean %s?",
                     env, root, near);
    } else {
        rc = no_such(env, root, &names, err);
    }
    strv_clear(&names);
    return rc;
}
