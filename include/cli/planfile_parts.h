/*
 * planfile_parts.h - what of a run is compared with its plan, as it is now; for planfile*.c alone.
 */
#ifndef CLI_PLANFILE_PARTS_H
#define CLI_PLANFILE_PARTS_H

#include "app/given.h"
#include "app/run.h"
#include "base/hash.h"
#include "cli/load.h"

/* A plan that was read.  Texts and values are borrowed from root. */
struct planfile {
    char *path;         /* owned */
    struct value *root; /* owned */
    const char *action, *env;
    const char *limit, *nodes, *release; /* or NULL */
    const struct value *hosts, *waves;   /* lists; of hosts each has name, vars and gets */
    const struct value *settings, *action_file, *sources; /* dicts */
    struct given given;                                   /* owned */
    uint64_t seed;
    struct strv changes; /* owned: lines for people */
};

/* The SHA-256 of what the inventory says of a host of the request: variables, without secrets, and
 * groups. */
void planfile_vars_digest(const struct run_request *r, int32_t host, char ret[HASH_SHA256_HEX]);

/* config.yml as a dict: what stands in it, not what it comes to.  NULL and ERR_CONFIG. */
struct value *planfile_settings(const struct loaded *l, struct err *err);

/* A dict: the path of the action's file and its SHA-256. */
struct value *planfile_action(const struct loaded *l, const struct run_request *r, struct err *err);

/* A path as a plan names it: from the root, if it is below; free() it. */
char *planfile_path(const struct run_request *r, const char *path);

#endif
