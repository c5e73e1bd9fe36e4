/*
 * hosts.c - addresses to folders.
 *
 * Decides which addresses are hosts and where they live.  Owns the table read from --hosts.  Never
 * makes a folder outside the root: names with `..` or a leading slash are refused when read.
 */
#include "fleet/hosts.h"

#include "base/xalloc.h"
#include "fleet/lines.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct row {
    in_addr_t address; /* network order */
    char *folder;      /* owned, relative */
};

struct hosts {
    char *root; /* owned; NULL: nothing is run */
    bool listed;
    struct row *rows; /* owned */
    size_t count;
    size_t cap;
};

static bool
folder_is_inside(const char *folder)
{
    return folder[0] != '\0' && folder[0] != '/' && folder[0] != '.' &&
           strstr(folder, "..") == NULL;
}

static int
read_line(void *arg, char *line, struct err *err)
{
    struct hosts *h = arg;
    char *rest = NULL;
    const char *address = strtok_r(line, " \t\r\n", &rest);
    const char *folder = strtok_r(NULL, " \t\r\n", &rest);
    struct in_addr in;

    if (address == NULL || address[0] == '#') {
        return 0;
    }
    if (inet_pton(AF_INET, address, &in) != 1 || folder == NULL || !folder_is_inside(folder)) {
        return err_set(err, ERR_CONFIG, "expected `ADDRESS FOLDER`, the folder below the root");
    }
    h->rows = xgrow(h->rows, h->count, &h->cap, sizeof(*h->rows));
    h->rows[h->count++] = (struct row){.address = in.s_addr, .folder = xstrdup(folder)};
    return 0;
}

static int
open_root(struct hosts *h, const char *root, struct err *err)
{
    if (mkdir(root, 0700) < 0 && errno != EEXIST) {
        return err_set(err, ERR_IO, "%s: %s", root, strerror(errno));
    }
    h->root = realpath(root, NULL);
    return h->root != NULL ? 0 : err_set(err, ERR_IO, "%s: %s", root, strerror(errno));
}

struct hosts *
hosts_new(const char *root, const char *file, struct err *err)
{
    struct hosts *h = xcalloc(1, sizeof(*h));

    h->listed = file != NULL;
    if ((root != NULL && open_root(h, root, err) < 0) ||
        (file != NULL && lines_read(file, read_line, h, err) < 0)) {
        hosts_free(h);
        return NULL;
    }
    return h;
}

void
hosts_free(struct hosts *h)
{
    if (h == NULL) {
        return;
    }
    for (size_t i = 0; i < h->count; i++) {
        free(h->rows[i].folder);
    }
    free(h->rows);
    free(h->root);
    free(h);
}

const char *
hosts_root(const struct hosts *h)
{
    return h->root;
}

/* Like mkdir -p below root, whose part of the path is there. */
static int
make_folders(char *path, size_t root_len)
{
    for (char *at = path + root_len + 1;; at++) {
        if (*at != '/' && *at != '\0') {
            continue;
        }
        const char was = *at;
        *at = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST) {
            return -1;
        }
        *at = was;
        if (was == '\0') {
            return 0;
        }
    }
}

char *
hosts_folder(const struct hosts *h, struct in_addr address)
{
    char dotted[INET_ADDRSTRLEN];
    const char *folder = h->listed ? NULL : inet_ntop(AF_INET, &address, dotted, sizeof(dotted));

    for (size_t i = 0; i < h->count && folder == NULL; i++) {
        if (h->rows[i].address == address.s_addr) {
            folder = h->rows[i].folder;
        }
    }
    if (folder == NULL) {
        errno = ENOENT;
        return NULL;
    }
    if (h->root == NULL) {
        return xstrdup("");
    }
    char *path = xasprintf("%s/%s", h->root, folder);
    if (make_folders(path, strlen(h->root)) < 0) {
        free(path);
        return NULL;
    }
    return path;
}

static void
add_address(struct strv *v, in_addr_t address)
{
    char dotted[INET_ADDRSTRLEN];
    const struct in_addr in = {.s_addr = address};

    strv_add(v, inet_ntop(AF_INET, &in, dotted, sizeof(dotted)));
}

/* `127.10.0.1`, or `127.10.0.1-9`: the last byte counts up. */
static int
add_range(struct strv *v, char *word)
{
    char *dash = strchr(word, '-');
    struct in_addr in;
    char *end = NULL;

    if (dash != NULL) {
        *dash = '\0';
    }
    if (inet_pton(AF_INET, word, &in) != 1) {
        return -1;
    }
    const uint32_t first = ntohl(in.s_addr);
    const long last = dash == NULL ? (long)(first & 255) : strtol(dash + 1, &end, 10);
    if (last < (long)(first & 255) || last > 255 || (end != NULL && *end != '\0')) {
        return -1;
    }
    for (uint32_t at = first; at <= ((first & ~255U) | (uint32_t)last); at++) {
        add_address(v, htonl(at));
    }
    return 0;
}

int
hosts_addresses(const struct hosts *h, const char *list, struct strv *ret_addresses,
                struct err *err)
{
    char *copy = xstrdup(list == NULL ? "" : list);
    char *rest = NULL;
    int rc = 0;

    for (size_t i = 0; i < h->count; i++) {
        add_address(ret_addresses, h->rows[i].address);
    }
    for (char *w = strtok_r(copy, ",", &rest); w != NULL; w = strtok_r(NULL, ",", &rest)) {
        if (add_range(ret_addresses, w) < 0) {
            rc = err_set(err, ERR_USAGE,
                         "--addresses: expected 127.10.0.1-9,127.10.1.1, got \"%s\"", list);
            break;
        }
    }
    free(copy);
    return rc;
}
