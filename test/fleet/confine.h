/*
 * confine.h - keeps a command inside its host's folder.
 *
 * Two mechanisms, used together where both work: read-only mounts in a mount namespace of the
 * child's own (as root, else in a user namespace), and Landlock.  Landlock alone does not refuse
 * chmod, chown and time stamps outside (landlock(7), "Current limitations"); mounts alone let
 * everything be read.  What works is found out by trying, not by asking the kernel's version.
 */
#ifndef FLEET_CONFINE_H
#define FLEET_CONFINE_H

#include <stdbool.h>

enum confine { CONFINE_NONE = 0, CONFINE_LANDLOCK = 1, CONFINE_MOUNTS = 2, CONFINE_BOTH = 3 };

/* In a child about to exec: from here on only folder, and /dev/null and the like, can be written.
 * Returns -1 with errno; the child must then not go on. */
int confine_enter(enum confine how, const char *folder);

/* Which of the wanted mechanisms really refuse a write outside and allow one inside: tries each in
 * a child, with two folders made below root and removed after. */
enum confine confine_probe(enum confine wanted, const char *root);

const char *confine_name(enum confine how);

#endif
