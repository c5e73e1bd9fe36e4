/*
 * bundle.h - folders to be uploaded, each as one archive made before anything connects.
 *
 * GNU tar, which busybox, GNU and BSD tar read: entries sorted by bytes, owner 0, modes without
 * set-id bits, times to the second (web servers make their ETag of them).  So the same folder gives
 * the same bytes, and its SHA-256 names the release.  The archive is a file without a name below
 * var/: one for all hosts, gone with the process.
 *
 * Links are kept unless they lead out of the folder; hard links become files; devices, sockets and
 * FIFOs are refused.
 */
#ifndef APP_BUNDLE_H
#define APP_BUNDLE_H

#include "base/err.h"
#include "base/hash.h"

#include <stdint.h>

enum { BUNDLE_DEPTH_MAX = 64, BUNDLE_PATH_MAX = 4096 };

struct bundles; /* archives by path of their folder */

/* temp_dir: where the archives are; borrowed.  NULL: they are measured and not kept. */
struct bundles *bundles_new(const char *temp_dir);
void bundles_free(struct bundles *b); /* NULL is fine */

struct bundle {
    int64_t size;  /* bytes */
    int64_t files; /* in the folder: files and links */
    char sha256[HASH_SHA256_HEX];
};

/* The archive of a folder, made when it is first asked for; borrowed.  NULL and ERR_CONFIG (what
 * cannot be sent, with its path) or ERR_IO. */
const struct bundle *bundles_get(struct bundles *b, const char *folder, struct err *err);

/* The same of one that was made; NULL if none was.  b may be NULL. */
const struct bundle *bundles_find(const struct bundles *b, const char *folder);

/* Call fn for each that was made, in the order in which they were; it returns other than 0 to stop,
 * which is returned. */
int bundles_each(const struct bundles *b,
                 int (*fn)(void *arg, const char *folder, const struct bundle *bundle), void *arg);

/* A descriptor of its own at the first byte, of one that was made; -1 and ERR_IO. */
int bundles_open(const struct bundles *b, const char *folder, struct err *err);

#endif
