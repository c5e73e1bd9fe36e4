/*
 * report_read.c - a run out of the store, as ui/report.h wants it.
 *
 * Decides what is said of a run that lacks something: a plan of an older version names no steps,
 * one that died ends with the last row of its journal.  Owns nothing that lasts.  Reads only.
 */
#include "cli/report_read.h"

#include "app/given.h"
#include "base/xalloc.h"
#include "cli/past.h"
#include "config/value.h"

#include <stdlib.h>
#include <string.h>

static char *
copy(const char *text)
{
    return xstrdup(text == NULL ? "" : text);
}

static bool
take_row(void *arg, int64_t at_ms, const struct fact *fact, const char *reason,
         const struct order *order)
{
    report_take(arg, at_ms, fact, reason, order);
    return true;
}

/* ---------------------------------------------------------------- the plan */

static void
name_steps(struct report *r, const struct value *plan)
{
    static const struct {
        const char *key;
        enum step_list list;
    } rows[] = {{"steps", LIST_STEPS}, {"checks", LIST_CHECKS}, {"rollback", LIST_ROLLBACK}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct value *list = value_dict_get(plan, rows[i].key);
        for (size_t k = 0; list != NULL && list->kind == VALUE_LIST && k < list->count; k++) {
            if (list->items[k]->kind == VALUE_TEXT) {
                report_name_step(r, rows[i].list, list->items[k]->text);
            }
        }
    }
}

static void
take_given(struct report *r, const struct value *given)
{
    const struct value *extra = value_dict_get(given, "extra");
    const struct value *secret = value_dict_get(given, "extra_secret");

    (void)given_texts(given, "tags", &r->tags, NULL);
    (void)given_texts(given, "skip_tags", &r->skip_tags, NULL);
    for (size_t i = 0; extra != NULL && extra->kind == VALUE_DICT && i < extra->count; i++) {
        strv_add(&r->extra, extra->keys[i]);
    }
    if (secret != NULL) {
        (void)given_texts(given, "extra_secret", &r->extra, NULL);
    }
}

/* A plan that cannot be read names nothing; the run is told all the same. */
static int
read_plan(struct store *s, struct report *r, struct err *err)
{
    char *json = NULL;
    struct err ignored = {0};

    if (history_plan(s, r->run, &json, err) != 0) {
        return -1;
    }
    struct value *plan = given_parse(json, strlen(json), r->run, &ignored);
    if (plan != NULL && plan->kind == VALUE_DICT) {
        const struct value *given = value_dict_get(plan, "given");
        name_steps(r, plan);
        if (given != NULL && given->kind == VALUE_DICT) {
            take_given(r, given);
        }
    }
    value_free(plan);
    free(json);
    return 0;
}

/* ---------------------------------------------------------------- the run */

static void
begin(struct report *r, const struct run_row *run, const struct host_list *hosts)
{
    struct strv names = {0};

    for (size_t i = 0; i < hosts->count; i++) {
        strv_add(&names, hosts->rows[i].name);
    }
    report_begin(r, &names, run->workers, strcmp(run->strategy, "sequential") == 0);
    strv_clear(&names);
    for (size_t i = 0; i < hosts->count; i++) {
        struct report_host *h = &r->hosts[i];
        h->reason = copy(hosts->rows[i].reason);
        h->rollback_reason = copy(hosts->rows[i].rollback_reason);
        h->outcome = hosts->rows[i].outcome;
        h->rollback = hosts->rows[i].rollback;
    }
    r->run = copy(run->id);
    r->env = copy(run->env);
    r->action = copy(run->action);
    r->strategy = copy(run->strategy);
    r->release = copy(run->release);
    r->halt = copy(run->halt);
    r->started_wall_ms = run->started_wall_ms;
    r->pid = run->pid;
    r->exit_code = run->exit_code;
    memcpy(r->totals.count, run->outcomes, sizeof(run->outcomes));
    r->totals.rolled_back = run->rolled_back;
    r->totals.rollbacks_failed = run->rollbacks_failed;
}

static void
end(struct report *r, const char *root, const struct run_row *run, int64_t now_wall_ms)
{
    const int64_t since_ms = now_wall_ms - report_ms(run->started_wall_ms);

    if (run->exit_code >= 0) {
        r->state = REPORT_OVER;
        r->wall_ms = run->duration_ms;
    } else if (past_is_alive(root, run)) {
        r->state = REPORT_RUNNING;
        r->wall_ms = since_ms > r->last_ms ? since_ms : r->last_ms;
    } else {
        r->state = REPORT_DIED;
        r->wall_ms = r->last_ms;
    }
    report_figure(r);
}

int
report_read(const char *root, struct store *s, const struct run_row *run, int64_t now_wall_ms,
            struct report *ret, struct err *err)
{
    struct spread_figures stalls[STALL_KINDS];
    struct host_list hosts = {0};
    int rc;

    *ret = (struct report){0};
    if (history_hosts(s, run->id, &hosts, err) != 0) {
        return -1;
    }
    begin(ret, run, &hosts);
    host_list_release(&hosts);
    rc = read_plan(s, ret, err);
    if (rc == 0) {
        rc = history_stalls(s, run->id, stalls, err);
    }
    if (rc == 0) {
        ret->turns = stalls[STALL_TURNS];
        ret->commits = stalls[STALL_COMMITS];
        rc = history_replay(s, run->id, take_row, ret, err);
    }
    if (rc == 0) {
        end(ret, root, run, now_wall_ms);
    }
    return rc;
}
