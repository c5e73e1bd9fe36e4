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
#include "store/walk.h"

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

struct report_reading {
    const char *root; /* borrowed, as are the next two */
    struct store *store;
    const struct run_row *run;
    struct walk *walk; /* owned */
    struct report report;
};

static void
begin(struct report *r, const struct run_row *run, const struct host_list *hosts)
{
    struct strv names = {0};

    for (size_t i = 0; i < hosts->count; i++) {
        strv_add(&names, hosts->rows[i].name);
    }
    report_begin(r, &names, run->workers, strcmp(run->strategy, "sequential") == 0);
    strv_clear(&names);
    r->run = copy(run->id);
    r->env = copy(run->env);
    r->action = copy(run->action);
    r->strategy = copy(run->strategy);
    r->release = copy(run->release);
    r->halt = copy(run->halt);
    r->started_wall_ms = run->started_wall_ms;
    r->pid = run->pid;
    r->exit_code = run->exit_code;
}

/* How each host ended, and how many ended how. */
static void
take_hosts(struct report *r, const struct run_row *run, const struct host_list *hosts)
{
    int32_t count[OUTCOMES] = {0};

    r->totals.rolled_back = r->totals.rollbacks_failed = 0;
    for (size_t i = 0; i < hosts->count; i++) {
        struct report_host *h = &r->hosts[i];
        h->reason = copy(hosts->rows[i].reason);
        h->rollback_reason = copy(hosts->rows[i].rollback_reason);
        h->outcome = hosts->rows[i].outcome;
        h->rollback = hosts->rows[i].rollback;
        count[h->outcome]++;
        r->totals.rolled_back += h->rollback == ROLLBACK_DONE;
        r->totals.rollbacks_failed += h->rollback == ROLLBACK_FAILED;
    }
    if (run->exit_code >= 0) {
        memcpy(count, run->outcomes, sizeof(count));
        r->totals.rolled_back = run->rolled_back;
        r->totals.rollbacks_failed = run->rollbacks_failed;
    }
    memcpy(r->totals.count, count, sizeof(count));
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

void
report_reading_free(struct report_reading *r)
{
    if (r == NULL) {
        return;
    }
    walk_free(r->walk);
    report_release(&r->report);
    free(r);
}

struct report_reading *
report_reading_begin(const char *root, struct store *s, const struct run_row *run, struct err *err)
{
    struct report_reading *r = xcalloc(1, sizeof(*r));
    struct spread_figures stalls[STALL_KINDS];

    r->root = root;
    r->store = s;
    r->run = run;
    r->walk = walk_new(s, run->id, err);
    if (r->walk == NULL) {
        goto fail;
    }
    begin(&r->report, run, walk_hosts(r->walk));
    if (read_plan(s, &r->report, err) != 0 || history_stalls(s, run->id, stalls, err) != 0) {
        goto fail;
    }
    r->report.turns = stalls[STALL_TURNS];
    r->report.commits = stalls[STALL_COMMITS];
    return r;
fail:
    report_reading_free(r);
    return NULL;
}

int
report_reading_more(struct report_reading *r, int64_t rows_max, bool *ret_done, struct err *err)
{
    return walk_more(r->walk, rows_max, take_row, &r->report, ret_done, err);
}

void
report_reading_end(struct report_reading *r, int64_t now_wall_ms, struct report *ret)
{
    take_hosts(&r->report, r->run, walk_hosts(r->walk));
    end(&r->report, r->root, r->run, now_wall_ms);
    *ret = r->report;
    r->report = (struct report){0};
    report_reading_free(r);
}

int
report_read(const char *root, struct store *s, const struct run_row *run, int64_t now_wall_ms,
            struct report *ret, struct err *err)
{
    struct report_reading *r = report_reading_begin(root, s, run, err);
    bool done;

    *ret = (struct report){0};
    if (r == NULL) {
        return -1;
    }
    if (report_reading_more(r, INT64_MAX, &done, err) != 0) {
        report_reading_free(r);
        return -1;
    }
    report_reading_end(r, now_wall_ms, ret);
    return 0;
}
