/*
 * hostlog_parts.c - the files of a host's log, opened safely.
 *
 * Decides their names, and which are refused.  Owns nothing.  Never follows a link.
 */
#include "store/hostlog_parts.h"

#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const suffixes[] = {
    [PART_HEAD] = ".log", [PART_OLD] = ".log.old", [PART_NEW] = ".log.new"};
_Static_assert(sizeof(suffixes) / sizeof(suffixes[0]) == HOSTLOG_PARTS, "name a part");

const char *
hostlog_suffix(enum part part)
{
    return suffixes[part];
}

void
hostlog_part_name(const char *host, enum part part, char ret_name[HOSTLOG_NAME_BYTES])
{
    (void)snprintf(ret_name, HOSTLOG_NAME_BYTES, "%s%s", host, suffixes[part]);
}

int
hostlog_open_run(const char *dir, const char *env, const char *run_id, bool create, struct err *err)
{
    int fd = files_dir_open(dir, create, err);

    for (int level = 0; level < 2 && fd >= 0; level++) {
        const int below = files_dir_below(fd, level == 0 ? env : run_id, create, err);
        const int saved = errno;
        close(fd);
        errno = saved;
        fd = below;
    }
    return fd;
}

int
hostlog_open_part(int dir, const char *name, int flags)
{
    const int fd = openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    struct stat st;

    if (fd < 0) {
        return -1;
    }
    if (fstat(fd, &st) == 0 && files_check(&st, name, NULL) == 0 && st.st_nlink == 1) {
        return fd;
    }
    close(fd);
    errno = EPERM;
    return -1;
}
