/*
 * command.h - the commands: one file each, one row each.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/err.h"
#include "base/strv.h"
#include "cli/options.h"
#include "cli/secrets.h"
#include "config/action.h"
#include "config/value.h"
#include "config/vault.h"
#include "proc/zygote.h"

#include <stdbool.h>
#include <stddef.h>

#define CLI_NAME "inventory-manager"
#define CLI_VERSION "0.1.0"

struct cli {
    struct zygote *zygote;   /* borrowed */
    struct secrets *secrets; /* borrowed */
    struct options options;
    char *root;          /* owned; absolute */
    struct vault *vault; /* owned; NULL: not asked for yet */
    const struct value
        *extra; /* variables under those of -e: of a plan, of an earlier run; or NULL */
    const struct strv *hosts; /* these and no others, instead of -l and -w; or NULL */
    bool hosts_fixed;         /* a plan or an earlier run names them: nobody narrows them further */
    bool planned;             /* -l and -w are those of a plan: it says itself whom they miss */
    bool empty_ok;            /* an environment may have no host: it is only looked at */
    const char *release;      /* that must be made; or NULL */
    const char *no_scripts;   /* why no executable inventory may be run now; or NULL */
};

/* The exit code, or -1 and err. */
typedef int command_fn(struct cli *c, struct err *err);

struct command {
    const char *name;
    const char *usage; /* the words after the name */
    const char *help;
    const char *flags; /* letters of the options it takes (options.c) */
    int words_min;     /* after the name */
    int words_max;     /* -1: any number */
    command_fn *run;   /* NULL: not yet */
};

extern const struct command commands[];
extern const size_t command_count;

/* Word n after the command's name; NULL if there are fewer. */
const char *cli_word(const struct cli *c, size_t n);
/* Whether bytes for f must be escaped. */
bool cli_escapes(FILE *f);
/* Print a text of elsewhere, escaped where f is a terminal. */
void cli_print(FILE *f, const char *text);
/* The same; paths below the current folder, at the beginning and behind `: `, are told from there.
 */
void cli_print_near(FILE *f, const char *text);
/* The vault, its password read the first time that a command asks; NULL and err. */
struct vault *cli_vault(struct cli *c, struct err *err);

/* Run an action over the hosts of an environment: what deploy, run and exec share.  Takes over
 * script's action if given (exec, copy). */
int cli_act(struct cli *c, const char *action_name, const char *env, struct action *script,
            struct err *err);

command_fn cmd_action, cmd_run, cmd_exec, cmd_copy, cmd_plan, cmd_inventory, cmd_validate,
    cmd_status, cmd_history, cmd_logs, cmd_keys, cmd_ctl, cmd_retry, cmd_report;

#endif
