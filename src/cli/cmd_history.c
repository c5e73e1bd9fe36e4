/*
 * cmd_history.c - the runs of an environment or of all, newest first.
 *
 * Decides the columns, and that an environment whose folder is gone still has its history.  Reads
 * only; owns the rows it prints.
 */
#include "base/duration.h"
#include "cli/command.h"
#include "cli/past.h"
#include "cli/place.h"

#include <stdio.h>
#include <stdlib.h>

enum { HISTORY_ROWS_MAX = 50 };

static void
print_row(const char *root, const struct run_row *r)
{
    char when[32];
    char took[32] = "-";
    char result[32];

    past_when(r->started_wall_ms, when);
    if (r->duration_ms >= 0) {
        duration_human(r->duration_ms, took, sizeof(took));
    }
    past_result(root, r, result);
    printf("%s  %s  %s ", r->id, when, r->action);
    cli_print(stdout, r->env);
    printf("  %d host%s  %s  %s", (int)r->host_count, r->host_count == 1 ? "" : "s", took, result);
    for (int i = 0; i < OUTCOMES; i++) {
        if (r->outcomes[i] > 0) {
            printf("  %s %d", outcome_name((enum outcome)i), (int)r->outcomes[i]);
        }
    }
    if (r->rolled_back > 0) {
        printf("  rolled back %d", (int)r->rolled_back);
    }
    if (r->rollbacks_failed > 0) {
        printf("  rollback failed %d", (int)r->rollbacks_failed);
    }
    if (r->halt != NULL && r->halt[0] != '\0') {
        fputs("  ", stdout);
        cli_print(stdout, r->halt);
    }
    putchar('\n');
}

/* No run: of an environment that is there, or of none at all? */
static int
tell_none(const struct cli *c, struct err *err)
{
    char *dir = NULL;

    if (cli_word(c, 0) != NULL && place_env(c->root, cli_word(c, 0), &dir, err) != 0) {
        return -1;
    }
    free(dir);
    fputs("no run yet\n", stderr);
    return 0;
}

int
cmd_history(struct cli *c, struct err *err)
{
    struct store *s = past_open(c->root, err);
    struct run_list runs = {0};
    int rc = -1;

    if (s != NULL) {
        rc = history_runs(s, cli_word(c, 0), HISTORY_ROWS_MAX + 1, &runs, err);
    }
    for (size_t i = 0; rc == 0 && i < runs.count && i < HISTORY_ROWS_MAX; i++) {
        print_row(c->root, &runs.rows[i]);
    }
    if (rc == 0 && runs.count > HISTORY_ROWS_MAX) {
        fprintf(stderr, "only the newest %d are shown\n", HISTORY_ROWS_MAX);
    }
    if (rc == 0 && runs.count == 0) {
        rc = tell_none(c, err);
    }
    run_list_release(&runs);
    store_close(s);
    return rc;
}
