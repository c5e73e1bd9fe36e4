/*
 * cmd_exec.c - a command on every host.
 *
 * Decides nothing but the length allowed.  Owns the script until the action has it.
 */
#include "cli/command.h"
#include "cli/script.h"

enum { SCRIPT_BYTES_MAX = 1024 * 1024 };

int
cmd_exec(struct cli *c, struct err *err)
{
    struct buf script;
    int rc;

    buf_init(&script, SCRIPT_BYTES_MAX);
    script_of_words(&script, c->options.words.items + 2, c->options.words.count - 2);
    if (script.len == 0) {
        rc = err_set(err, ERR_USAGE, "the command is empty");
    } else if (script.full) {
        rc = err_set(err, ERR_USAGE, "the command is longer than 1 MiB");
    } else {
        rc = cli_act(c, NULL, cli_word(c, 0), action_of_script("exec", script.data), err);
    }
    buf_release(&script);
    return rc;
}
