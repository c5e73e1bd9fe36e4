/*
 * cmd_retry.c - a run once more, for the hosts that it did not bring there.
 *
 * Decides which hosts these are, and what the new run is given.  Owns what it read of the old one.
 * Connects to nothing itself.
 */
#include "app/given.h"
#include "base/nodeset.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_BYTES_MAX = 64 * 1024, RUNS_LOOKED_AT = 50 };

struct old {
    struct run_list runs; /* one */
    struct host_list hosts;
    struct given given;
    struct strv names; /* of the hosts to be tried again */
};

static void
old_release(struct old *o)
{
    run_list_release(&o->runs);
    host_list_release(&o->hosts);
    given_release(&o->given);
    strv_clear(&o->names);
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
read_given(struct store *s, struct old *o, struct err *err)
{
    const char *id = o->runs.rows[0].id;
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
        rc = given_read(given, &o->given, err);
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
read_old(struct store *s, struct old *o, struct err *err)
{
    const struct run_row *run = &o->runs.rows[0];

    if (history_hosts(s, run->id, &o->hosts, err) != 0) {
        return -1;
    }
    if (read_given(s, o, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < o->hosts.count; i++) {
        if (is_to_be_tried(&o->hosts.rows[i])) {
            strv_add(&o->names, o->hosts.rows[i].name);
        }
    }
    return 0;
}

/* exec and copy have no action file to come back to. */
static int
check_old(const struct cli *c, const struct run_row *run, struct err *err)
{
    char result[32];

    past_result(c->root, run, result);
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
check_secrets(struct cli *c, const struct old *o, struct err *err)
{
    struct value *mine = cli_vault(c, err) == NULL ? NULL : load_extra(c, err);
    struct buf names;

    if (mine == NULL) {
        return -1;
    }
    buf_init(&names, ERR_TEXT_MAX / 2);
    for (size_t i = 0; i < o->given.secret.count; i++) {
        const char *name = o->given.secret.items[i];
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
tell_hosts(const struct old *o)
{
    const struct run_row *run = &o->runs.rows[0];
    struct buf folded;

    buf_init(&folded, NAMES_BYTES_MAX);
    nodeset_fold(&folded, (const char *const *)o->names.items, o->names.count);
    fprintf(stderr, "%s ", run->action);
    cli_print(stderr, run->env);
    fprintf(stderr, " once more, for %zu of the %zu hosts of %s: ", o->names.count, o->hosts.count,
            run->id);
    cli_print(stderr, folded.full ? "many" : folded.data);
    fputc('\n', stderr);
    buf_release(&folded);
}

static void
take_list(struct strv *list, const struct strv *kept)
{
    for (size_t i = 0; i < kept->count; i++) {
        strv_add(list, kept->items[i]);
    }
}

static int
run_again(struct cli *c, const struct old *o, struct err *err)
{
    const struct run_row *run = &o->runs.rows[0];

    if (check_secrets(c, o, err) != 0) {
        return -1;
    }
    take_list(&c->options.tags, &o->given.tags);
    take_list(&c->options.skip_tags, &o->given.skip_tags);
    c->options.forks = c->options.forks >= 0 ? c->options.forks : o->given.workers;
    c->extra = o->given.extra;
    c->hosts = &o->names;
    c->hosts_fixed = true;
    if (!c->options.force && run->mutating && strcmp(run->action, "rollback") != 0) {
        c->release = run->release;
    }
    tell_hosts(o);
    const int rc = cli_act(c, run->action, run->env, NULL, err);
    c->hosts = NULL;
    c->extra = NULL;
    c->release = NULL;
    return rc;
}

int
cmd_retry(struct cli *c, struct err *err)
{
    struct store *s = past_open(c->root, err);
    struct old o = {.given.workers = -1};
    int rc = -1;

    if (s != NULL && find_run(s, cli_word(c, 0), &o.runs, err) == 0 &&
        check_old(c, &o.runs.rows[0], err) == 0) {
        rc = read_old(s, &o, err);
    }
    store_close(s); /* the new run opens it to write */
    if (rc == 0 && o.names.count == 0) {
        fprintf(stderr, "nothing is left of run %s: every host is ok or was skipped\n",
                o.runs.rows[0].id);
    } else if (rc == 0) {
        rc = run_again(c, &o, err);
    }
    old_release(&o);
    return rc;
}
