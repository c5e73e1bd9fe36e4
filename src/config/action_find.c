/*
 * action_find.c - where the action of a name is: the environment, the project, the installation.
 *
 * Decides which file a name stands for.  The first folder that has it wins.
 */
#include "base/xalloc.h"
#include "config/action.h"
#include "config/nearest.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PLACES = 3, NAME_MAX_BYTES = 100 };

static const char suffix[] = ".yml";

static bool
is_name(const char *name, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "_.-";

    return len > 0 && len <= NAME_MAX_BYTES && name[0] != '.' && name[0] != '-' &&
           strspn(name, letters) >= len;
}

static void
places(const char *root, const char *env_dir, char *ret[PLACES])
{
    ret[0] = env_dir ? xasprintf("%s/actions", env_dir) : NULL;
    ret[1] = xasprintf("%s/conf/actions", root);
    ret[2] = xstrdup(IM_PREFIX "/share/inventory-manager/actions");
}

static void
add_names(const char *dir, struct strv *names)
{
    DIR *d = dir ? opendir(dir) : NULL;

    for (const struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        const size_t len = strlen(e->d_name), tail = sizeof(suffix) - 1;
        if (len <= tail || strcmp(e->d_name + len - tail, suffix) != 0 ||
            !is_name(e->d_name, len - tail)) {
            continue;
        }
        char *name = xstrndup(e->d_name, len - tail);
        if (strv_has(names, name)) {
            free(name);
        } else {
            strv_take(names, name);
        }
    }
    if (d) {
        (void)closedir(d);
    }
}

void
action_names(const char *root, const char *env_dir, struct strv *ret_names)
{
    char *dirs[PLACES];

    places(root, env_dir, dirs);
    for (size_t i = 0; i < PLACES; i++) {
        add_names(dirs[i], ret_names);
        free(dirs[i]);
    }
    strv_sort(ret_names);
}

static char *
find_file(const char *root, const char *env_dir, const char *name)
{
    char *dirs[PLACES], *found = NULL;
    struct stat st;

    places(root, env_dir, dirs);
    for (size_t i = 0; i < PLACES; i++) {
        char *path = dirs[i] && !found ? xasprintf("%s/%s%s", dirs[i], name, suffix) : NULL;
        if (path && lstat(path, &st) == 0) {
            found = path;
        } else {
            free(path);
        }
        free(dirs[i]);
    }
    return found;
}

struct action *
action_load(const char *root, const char *env_dir, const char *name, struct mistakes *m,
            bool *ret_found, char **ret_near)
{
    char *path = is_name(name, strlen(name)) ? find_file(root, env_dir, name) : NULL;
    struct action *a = NULL;

    *ret_found = path != NULL;
    *ret_near = NULL;
    if (path) {
        a = action_load_file(path, m);
    } else {
        struct strv names = {0};
        action_names(root, env_dir, &names);
        const char *near = nearest_word(name, (const char *const *)names.items, names.count);
        *ret_near = near ? xstrdup(near) : NULL;
        strv_clear(&names);
    }
    free(path);
    return a;
}
