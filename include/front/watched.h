/*
 * watched.h - files of an environment, looked at now and then: have they changed?
 *
 * By time, size and inode of config.yml, of what may be its inventory, of group_vars and host_vars
 * with all below.  A look costs a bounded number of stat(2): the files of variables take turns.
 */
#ifndef FRONT_WATCHED_H
#define FRONT_WATCHED_H

#include <stdbool.h>
#include <stdint.h>

struct watched;

/* As they are now. */
struct watched *watched_new(const char *env_dir);
void watched_free(struct watched *w); /* NULL is fine */
/* Whether any of those looked at this time is another than it was; it is told again until a new one
 * is made. */
bool watched_changed(struct watched *w);
int64_t watched_bytes(const struct watched *w); /* of all files together */

#endif
