/*
 * retry.c - which hosts of an old run go again, and what the new run is given.
 *
 * Decides both.  Owns what it read of the old run.  Connects to nothing, shows nothing.
 */
#include "cli/retry.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/load.h"
#include "cli/past.h"

#include <stdlib.h>
#include <string.h>

enum { RUNS_LOOKED_AT = 50 };

void
retry_release(struct retry *r)
{
    run_list_release(&r->runs);
    host_list_release(&r->hosts);
    given_release(&r->given);
    strv_clear(&r->names);
}

/* ---------------------------------------------------------------- the old run */

/* The newest run of an environment that changes something; a run by its id or the beginning of it
 * otherwise. */
static int
find_run(struct store *s, const char *word, struct run_list *ret, struct err *err)
{
    struct run_list runs = {0};
    size_t i = 0;

    if (history_runs(s, word, RUNS_LOOKED_AT, &runs, err) != 0) {
        return -1;
    }
    while (i < runs.count && !runs.rows[i].mutating) {
        i++;
    }
    char *id = xstrdup(i < runs.count ? runs.rows[i].id : word);
    run_list_release(&runs);
    const int rc = history_find(s, id, ret, err);
    free(id);
    return rc;
}

/* What the run was given.  A run of an older version has not kept it. */
static int
read_given(struct store *s, struct retry *r, struct err *err)
{
    const char *id = r->runs.rows[0].id;
    char *json = NULL;
    int rc = history_plan(s, id, &json, err);
    struct value *plan = rc != 0 ? NULL : given_parse(json, strlen(json), id, err);
    const struct value *given = plan == NULL ? NULL : value_dict_get(plan, "given");

    if (plan == NULL) {
        rc = -1;
    } else if (given == NULL || given->kind != VALUE_DICT) {
        rc = err_set(err, ERR_CONFIG,
                     "run %s does not tell its options: an older version made it; name the hosts "
                     "with -l",
                     id);
    } else {
        rc = given_read(given, &r->given, err);
    }
    value_free(plan);
    free(json);
    return rc;
}

static bool
is_to_be_tried(const struct host_row *h)
{
    switch (h->outcome) {
    case OUTCOME_UNTOUCHED:
    case OUTCOME_FAILED:
    case OUTCOME_UNREACHABLE:
    case OUTCOME_UNKNOWN:
    case OUTCOME_CANCELLED:
        return true;
    case OUTCOME_OK:
    case OUTCOME_RUNNING:
        return h->rollback != ROLLBACK_NONE; /* it is not on the release, or who knows */
    case OUTCOME_SKIPPED:
        break;
    }
    return false;
}

static int
read_old(struct store *s, struct retry *r, struct err *err)
{
    const struct run_row *run = &r->runs.rows[0];

    if (history_hosts(s, run->id, &r->hosts, err) != 0) {
        return -1;
    }
    if (read_given(s, r, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < r->hosts.count; i++) {
        if (is_to_be_tried(&r->hosts.rows[i])) {
            strv_add(&r->names, r->hosts.rows[i].name);
        }
    }
    return 0;
}

/* exec and copy have no action file to come back to. */
static int
check_old(const char *root, const struct run_row *run, struct err *err)
{
    char result[32];

    past_result(root, run, result);
    if (strcmp(result, "running") == 0) {
        return err_set(err, ERR_USAGE,
                       "run %s is not over; `" CLI_NAME " ctl %s retry HOST` is for "
                       "one that runs",
                       run->id, run->env);
    }
    if (strcmp(run->action, "exec") == 0 || strcmp(run->action, "copy") == 0) {
        return err_set(err, ERR_USAGE, "run %s is of %s, whose words are not kept: give it again",
                       run->id, run->action);
    }
    return 0;
}

/* ---------------------------------------------------------------- the new one */

static int
check_secrets(struct cli *c, const struct retry *r, struct err *err)
{
    struct value *mine = cli_vault(c, err) == NULL ? NULL : load_extra(c, err);
    struct buf names;

    if (mine == NULL) {
        return -1;
    }
    buf_init(&names, ERR_TEXT_MAX / 2);
    for (size_t i = 0; i < r->given.secret.count; i++) {
        const char *name = r->given.secret.items[i];
        if (value_dict_get(mine, name) == NULL) {
            buf_addf(&names, "%s%s", names.len > 0 ? ", " : "", name);
        }
    }
    const int rc = names.len == 0
                       ? 0
                       : err_set(err, ERR_USAGE,
                                 "secrets are not kept: give them again with -e: %s", names.data);
    buf_release(&names);
    value_free(mine);
    return rc;
}

static void
take_list(struct strv *list, const struct strv *kept)
{
    for (size_t i = 0; i < kept->count; i++) {
        strv_add(list, kept->items[i]);
    }
}

int
retry_give(struct cli *c, const struct retry *r, struct err *err)
{
    const struct run_row *run = &r->runs.rows[0];

    if (check_secrets(c, r, err) != 0) {
        return -1;
    }
    take_list(&c->options.tags, &r->given.tags);
    take_list(&c->options.skip_tags, &r->given.skip_tags);
    c->options.forks = c->options.forks >= 0 ? c->options.forks : r->given.workers;
    c->extra = r->given.extra;
    c->hosts = &r->names;
    c->hosts_fixed = true;
    if (!c->options.force && run->mutating && strcmp(run->action, "rollback") != 0) {
        c->release = run->release;
    }
    return 0;
}

int
retry_read(const char *root, const char *word, struct retry *ret, struct err *err)
{
    struct store *s = past_open(root, err);
    int rc = -1;

    *ret = (struct retry){.given.workers = -1};
    if (s != NULL && find_run(s, word, &ret->runs, err) == 0 &&
        check_old(root, &ret->runs.rows[0], err) == 0) {
        rc = read_old(s, ret, err);
    }
    store_close(s); /* the new run opens it to write */
    return rc;
}
