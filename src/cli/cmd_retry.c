/*
 * cmd_retry.c - a run once more, for the hosts that it did not bring there.
 *
 * Decides nothing but what is told.  Owns what was read of the old run.  Connects to nothing
 * itself.
 */
#include "base/nodeset.h"
#include "cli/command.h"
#include "cli/retry.h"

#include <stdio.h>

enum { NAMES_BYTES_MAX = 64 * 1024 };

static void
tell_hosts(const struct retry *r)
{
    const struct run_row *run = &r->runs.rows[0];
    struct buf folded;

    buf_init(&folded, NAMES_BYTES_MAX);
    nodeset_fold(&folded, (const char *const *)r->names.items, r->names.count);
    fprintf(stderr, "%s ", run->action);
    cli_print(stderr, run->env);
    fprintf(stderr, " once more, for %zu of the %zu hosts of %s: ", r->names.count, r->hosts.count,
            run->id);
    cli_print(stderr, folded.full ? "many" : folded.data);
    fputc('\n', stderr);
    buf_release(&folded);
}

static int
run_again(struct cli *c, const struct retry *r, struct err *err)
{
    const struct run_row *run = &r->runs.rows[0];

    if (retry_give(c, r, err) != 0) {
        return -1;
    }
    tell_hosts(r);
    const int rc = cli_act(c, run->action, run->env, NULL, err);
    c->hosts = NULL;
    c->extra = NULL;
    c->release = NULL;
    return rc;
}

int
cmd_retry(struct cli *c, struct err *err)
{
    struct retry r;
    int rc = retry_read(c->root, cli_word(c, 0), &r, err);

    if (rc == 0 && r.names.count == 0) {
        fprintf(stderr, "nothing is left of run %s: every host is ok or was skipped\n",
                r.runs.rows[0].id);
    } else if (rc == 0) {
        rc = run_again(c, &r, err);
    }
    retry_release(&r);
    return rc;
}
