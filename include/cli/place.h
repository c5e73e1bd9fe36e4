/*
 * place.h - where things are found: the root, the environments, the state of runs.
 */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include "base/err.h"
#include "base/strv.h"

/* What runs on a list of hosts are noted under: no environment, but a folder of this name may hold
 * their known_hosts. */
#define PLACE_LIST "_hosts"

/* --root, else $INVENTORY_MANAGER_ROOT, else the nearest folder above with inventory/, else here;
 * absolute, the caller frees it. */
int place_root(const char *flag, char **ret_root, struct err *err);

/* Names of the environments, sorted. */
void place_envs(const char *root, struct strv *ret_names);

/* <root>/inventory/<env>; ERR_NO_MATCH with the nearest name.  The caller frees it. */
int place_env(const char *root, const char *env, char **ret_dir, struct err *err);

#endif
