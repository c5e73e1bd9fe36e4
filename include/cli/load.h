/*
 * load.h - an environment and an action, read whole: every mistake is told at once.
 */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "base/err.h"
#include "cli/options.h"
#include "config/action.h"
#include "config/inventory.h"
#include "config/mistakes.h"
#include "config/settings.h"

#include <stddef.h>

struct cli;

struct loaded {
    char *env; /* its name, for logs and the store: "_hosts" of a list of hosts; owned, as is
                  everything */
    char *env_dir;
    struct value *extra; /* -e: a dict */
    struct settings settings;
    struct inventory *inventory;
    struct action *action; /* NULL if none was asked for */
    size_t *hosts;
    size_t host_count;
    char *unselected; /* of a plan whose -l or -w mean nobody any more: what is wrong; else NULL */
};

/* Read -e, config.yml, the inventory and, unless action is NULL, the action; print mistakes and
 * warnings on stderr; then select the hosts of -l and -w, of both where both are given.  Without
 * an action env may be a list of hosts: the settings are the defaults.  Release l in any case. */
int load_all(struct loaded *l, struct cli *c, const char *env, const char *action, struct err *err);
/* The same, with mistakes and warnings left in m for the caller to tell. */
int load_quietly(struct loaded *l, struct cli *c, const char *env, const char *action,
                 struct mistakes *m, struct err *err);
void loaded_release(struct loaded *l);

/* What all -e say together: a dict that the caller frees; NULL: err has the mistake.  cli_vault
 * comes first. */
struct value *load_extra(const struct cli *c, struct err *err);
/* Print what is in m on stderr; 0, or -1 and an err that counts them. */
int load_tell(const struct mistakes *m, struct err *err);

#endif
