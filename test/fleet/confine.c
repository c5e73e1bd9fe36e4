/*
 * confine.c - Landlock, read-only mounts, and the trial that shows they hold.
 *
 * Decides what a confined command may read and write.  Owns nothing: all of it happens in a child
 * that is about to exec.  Never falls back by itself: a mechanism that fails is an error there.
 */
#include "fleet/confine.h"

#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Later than Debian 12's headers: landlock(7), ABI 3 and 5. */
static const uint64_t access_truncate = UINT64_C(1) << 14;
static const uint64_t access_ioctl_dev = UINT64_C(1) << 15;

static const uint64_t access_read =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

static const char *const readable[] = {"/bin", "/sbin", "/lib",  "/lib64", "/lib32", "/usr",
                                       "/etc", "/opt",  "/proc", "/dev",   NULL};

static const char *const devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                      "/dev/random", "/dev/urandom", NULL};

/* What root keeps: enough for files of its own, nothing that undoes a mount or makes a device. */
static const int kept_capabilities[] = {
    CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID,
    CAP_KILL,  CAP_SETUID,       CAP_SETGID, CAP_NET_BIND_SERVICE};

static long
landlock_abi(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static uint64_t
all_access(long abi)
{
    uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* ABI 1: execute to make_sym */

    if (abi >= 2) {
        all |= LANDLOCK_ACCESS_FS_REFER;
    }
    if (abi >= 3) {
        all |= access_truncate;
    }
    if (abi >= 5) {
        all |= access_ioctl_dev;
    }
    return all;
}

/* A path that is not there needs no rule. */
static int
allow(int ruleset, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = access};

    beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    const long rc =
        syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    (void)close(beneath.parent_fd);
    return rc < 0 ? -1 : 0;
}

static int
enter_landlock(const char *folder)
{
    const long abi = landlock_abi();
    const uint64_t all = all_access(abi);
    const struct landlock_ruleset_attr attr = {.handled_access_fs = all};
    const uint64_t inside =
        all & ~(uint64_t)(LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK);
    const uint64_t write = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;

    if (abi < 1) {
        errno = ENOSYS;
        return -1;
    }
    const int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
    if (ruleset < 0 || allow(ruleset, folder, inside) < 0) {
        return -1;
    }
    for (size_t i = 0; readable[i] != NULL; i++) {
        if (allow(ruleset, readable[i], access_read) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; devices[i] != NULL; i++) {
        if (allow(ruleset, devices[i], all & (write | access_truncate | access_ioctl_dev)) < 0) {
            return -1;
        }
    }
    const long rc = syscall(SYS_landlock_restrict_self, ruleset, 0);
    (void)close(ruleset);
    return rc < 0 ? -1 : 0;
}

static int
write_map(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0) {
        return -1;
    }
    const ssize_t n = write(fd, text, strlen(text));
    (void)close(fd);
    return n < 0 ? -1 : 0;
}

/* As root the mount namespace alone; else one user namespace around it, in which we stay who we
 * are. */
static int
enter_namespace(void)
{
    const unsigned uid = geteuid();
    const unsigned gid = getegid();
    char map[64];

    if (unshare(CLONE_NEWNS) == 0) {
        return 0;
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
        return -1;
    }
    (void)snprintf(map, sizeof(map), "%u %u 1\n", uid, uid);
    if (write_map("/proc/self/uid_map", map) < 0 || write_map("/proc/self/setgroups", "deny") < 0) {
        return -1;
    }
    (void)snprintf(map, sizeof(map), "%u %u 1\n", gid, gid);
    return write_map("/proc/self/gid_map", map);
}

static int
set_mount(const char *path, bool tree, uint64_t set, uint64_t clear)
{
    struct mount_attr attr = {.attr_set = set, .attr_clr = clear};

    return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, tree ? AT_RECURSIVE : 0, &attr,
                        sizeof(attr));
}

static int
bind_self(const char *path)
{
    return mount(path, path, NULL, MS_BIND, NULL);
}

/* Everything read-only, devices too (a device node on a read-only mount can still be written), and
 * the folder and a few harmless devices opened again: each is a mount of its own for that. */
static int
enter_mounts(const char *folder)
{
    const uint64_t shut = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID;

    if (enter_namespace() < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        bind_self(folder) < 0) {
        return -1;
    }
    for (size_t i = 0; devices[i] != NULL; i++) {
        if (bind_self(devices[i]) < 0 && errno != ENOENT) {
            return -1;
        }
    }
    if (set_mount("/", true, shut, 0) < 0 || set_mount(folder, false, 0, MOUNT_ATTR_RDONLY) < 0) {
        return -1;
    }
    for (size_t i = 0; devices[i] != NULL; i++) {
        if (set_mount(devices[i], false, 0, MOUNT_ATTR_NODEV) < 0 && errno != ENOENT) {
            return -1;
        }
    }
    return 0;
}

static bool
is_kept(int capability)
{
    for (size_t i = 0; i < sizeof(kept_capabilities) / sizeof(kept_capabilities[0]); i++) {
        if (kept_capabilities[i] == capability) {
            return true;
        }
    }
    return false;
}

/* Only root gets capabilities from exec; the rest lose them there anyway (capabilities(7)). */
static int
drop_capabilities(void)
{
    for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++) {
        if (!is_kept(i) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0) {
            return -1;
        }
    }
    return 0;
}

int
confine_enter(enum confine how, const char *folder)
{
    if (how == CONFINE_NONE) {
        return 0;
    }
    if ((how & CONFINE_MOUNTS) != 0 && enter_mounts(folder) < 0) {
        return -1;
    }
    if (geteuid() == 0 && drop_capabilities() < 0) {
        return -1;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return -1;
    }
    return (how & CONFINE_LANDLOCK) != 0 ? enter_landlock(folder) : 0;
}

static bool
can_write(const char *folder)
{
    char path[4200];

    (void)snprintf(path, sizeof(path), "%s/trial", folder);
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(path);
    }
    return fd >= 0;
}

/* Did the mechanism, in a child, refuse what it must and allow what it must? */
static bool
holds(enum confine how, const char *inside, const char *outside)
{
    int status = 0;
    const pid_t pid = fork();

    if (pid == 0) {
        const bool good = can_write(outside) && confine_enter(how, inside) == 0 &&
                          can_write(inside) && !can_write(outside);
        _exit(good ? 0 : 1);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

enum confine
confine_probe(enum confine wanted, const char *root)
{
    char *inside = xasprintf("%s/.trial-inside.%d", root, (int)getpid());
    char *outside = xasprintf("%s/.trial-outside.%d", root, (int)getpid());
    enum confine works = CONFINE_NONE;

    if (mkdir(inside, 0700) == 0 && mkdir(outside, 0700) == 0) {
        const bool landlock =
            (wanted & CONFINE_LANDLOCK) != 0 && holds(CONFINE_LANDLOCK, inside, outside);
        const bool mounts =
            (wanted & CONFINE_MOUNTS) != 0 && holds(CONFINE_MOUNTS, inside, outside);
        if (landlock && mounts && holds(CONFINE_BOTH, inside, outside)) {
            works = CONFINE_BOTH;
        } else if (landlock) {
            works = CONFINE_LANDLOCK;
        } else if (mounts) {
            works = CONFINE_MOUNTS;
        }
    }
    (void)rmdir(inside);
    (void)rmdir(outside);
    free(inside);
    free(outside);
    return works;
}

const char *
confine_name(enum confine how)
{
    switch (how) {
    case CONFINE_NONE:
        return "none: commands can write wherever this user can";
    case CONFINE_LANDLOCK:
        return "landlock (chmod and chown outside are not refused)";
    case CONFINE_MOUNTS:
        return "read-only mounts (files outside can be read)";
    case CONFINE_BOTH:
        return "landlock and read-only mounts";
    }
    return "?";
}
