/*
 * hosts.h - which folder a dialled address stands for.
 *
 * Without a file each 127.x.y.z is a host whose folder has that name; with one, only those listed
 * are.  A folder is made when it is first asked for.  Never leaves the root.
 */
#ifndef FLEET_HOSTS_H
#define FLEET_HOSTS_H

#include "base/err.h"
#include "base/strv.h"

#include <netinet/in.h>

struct hosts;

/* root and file may be NULL (then no folder, then every loopback address).  ERR_CONFIG: a bad line;
 * ERR_IO: root cannot be made. */
struct hosts *hosts_new(const char *root, const char *file, struct err *err);
void hosts_free(struct hosts *h); /* NULL is fine */

/* Borrowed: the root as a full path without links; NULL when there is none. */
const char *hosts_root(const struct hosts *h);

/* The full path of the host's folder, for the caller to free; "" when nothing is run.  NULL: there
 * is no such host, or errno says why its folder cannot be made. */
char *hosts_folder(const struct hosts *h, struct in_addr address);

/* Add the addresses of the file, and those of list (`127.10.0.1-9,127.10.1.1`; NULL is fine). */
int hosts_addresses(const struct hosts *h, const char *list, struct strv *ret_addresses,
                    struct err *err);

#endif
