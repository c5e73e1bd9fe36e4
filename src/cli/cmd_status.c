/*
 * cmd_status.c - the last known state of every host, and the runs that are under way.
 *
 * Decides the columns.  Reads only; connects to no host, and to a run only to look.
 */
#include "base/nodeset.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/follow.h"
#include "cli/past.h"
#include "cli/place.h"
#include "cli/running.h"
#include "ui/watch.h"

#include <stdio.h>
#include <stdlib.h>

enum { RUNS_LOOKED_AT = 50, NAMES_BYTES_MAX = 16 << 20, LOOK_MS = 500, LINE_BYTES_MAX = 65536 };

static const char *
or_dash(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "-";
}

/* What the newest run of the environment that changes something has left alone: its state above,
 * if it has one, is from before.  One that goes on has its own line, and may come to them yet. */
static int
print_untouched(const struct cli *c, struct store *s, const char *env, struct err *err)
{
    struct run_list runs = {0};
    struct host_list hosts = {0};
    size_t count = 0;
    size_t k = 0;
    int rc = history_runs(s, env, RUNS_LOOKED_AT, &runs, err);

    while (k < runs.count && !runs.rows[k].mutating) {
        k++;
    }
    if (rc == 0 && k < runs.count && !past_is_alive(c->root, &runs.rows[k])) {
        rc = history_hosts(s, runs.rows[k].id, &hosts, err);
    }
    const char **names = xcalloc(hosts.count + 1, sizeof(*names));
    for (size_t i = 0; i < hosts.count; i++) {
        if (hosts.rows[i].outcome == OUTCOME_UNTOUCHED) {
            names[count++] = hosts.rows[i].name;
        }
    }
    if (count > 0) {
        struct buf folded;
        buf_init(&folded, NAMES_BYTES_MAX);
        nodeset_fold(&folded, names, count);
        printf("untouched by the last run, %s %s: %s\n", runs.rows[k].action, runs.rows[k].id,
               folded.data);
        buf_release(&folded);
    }
    free(names);
    host_list_release(&hosts);
    run_list_release(&runs);
    return rc;
}

/* What the last run did of its own with the host, behind its outcome. */
static const char *
rollback_words(enum rollback_state state)
{
    switch (state) {
    case ROLLBACK_NONE:
        return "";
    case ROLLBACK_RUNNING:
        return "  rolling back";
    case ROLLBACK_DONE:
        return "  rolled back";
    case ROLLBACK_FAILED:
        break;
    }
    return "  rollback failed";
}

/* Runs of env that go on, a line each, as they tell it themselves. */
static int
print_running(const struct cli *c, struct store *s, const char *env, struct err *err)
{
    struct run_list runs = {0};
    int rc = history_runs(s, env, RUNS_LOOKED_AT, &runs, err);

    for (size_t i = 0; rc == 0 && i < runs.count; i++) {
        struct running r;
        struct snapshot now;
        struct buf line;
        if (!past_is_alive(c->root, &runs.rows[i])) {
            continue;
        }
        running_fill(&r, &runs.rows[i]);
        rc = follow_once(c, &r, LOOK_MS, &now, err);
        if (rc == 0) {
            buf_init(&line, LINE_BYTES_MAX);
            watch_line(&now, &line);
            printf("under way: %s  %s\n", line.data, r.id);
            buf_release(&line);
            snapshot_release(&now);
        }
        running_release(&r);
    }
    run_list_release(&runs);
    return rc;
}

/* An environment, or what had runs: its folder may be gone, and a list of hosts has none. */
static int
find_env(const struct cli *c, struct store *s, const char *env, struct err *err)
{
    struct run_list runs = {0};
    struct err why = {0};
    char *dir = NULL;
    int rc = place_env(c->root, env, &dir, &why);

    free(dir);
    if (rc != 0 && history_runs(s, env, 1, &runs, err) == 0) {
        rc = runs.count > 0 ? 0 : err_set(err, why.kind, "%s", why.text);
        run_list_release(&runs);
    }
    return rc;
}

static int
print_env(const struct cli *c, struct store *s, const char *env, struct err *err)
{
    struct host_list hosts = {0};

    if (history_states(s, env, &hosts, err) != 0) {
        return -1;
    }
    cli_print(stdout, env);
    if (hosts.count == 0) {
        puts(": no run yet");
    } else {
        printf(": %zu host%s\n", hosts.count, hosts.count == 1 ? "" : "s");
    }
    for (size_t i = 0; i < hosts.count; i++) {
        const struct host_row *h = &hosts.rows[i];
        char when[32];
        past_when(h->wall_ms, when);
        printf("  %-24s %-11s %-12s %-14s %s", h->name, outcome_name(h->outcome), or_dash(h->state),
               or_dash(h->release), when);
        fputs(rollback_words(h->rollback), stdout);
        if (h->reason != NULL && h->reason[0] != '\0') {
            fputs("  ", stdout);
            cli_print(stdout, h->reason);
        }
        putchar('\n');
    }
    host_list_release(&hosts);
    return print_running(c, s, env, err) == 0 ? print_untouched(c, s, env, err) : -1;
}

static int
watch(const struct cli *c, struct err *err)
{
    const char *env = cli_word(c, 0);
    struct running r = {0};
    int rc = running_find(c, env, &r, err);

    if (rc == 0) {
        fputs("no run", stderr);
        if (env != NULL) {
            fputs(" of ", stderr);
            cli_print(stderr, env);
        }
        fputs(" is under way\n", stderr);
    } else if (rc == 1) {
        rc = follow_run(c, &r, err);
    }
    running_release(&r);
    return rc;
}

int
cmd_status(struct cli *c, struct err *err)
{
    struct strv envs = {0};
    struct store *s;
    int rc = 0;

    if (c->options.watch) {
        return watch(c, err);
    }
    if (cli_word(c, 0) == NULL) {
        place_envs(c->root, &envs);
    } else {
        strv_add(&envs, cli_word(c, 0));
    }
    if (envs.count == 0) {
        fputs("no environment in ", stderr);
        cli_print(stderr, c->root);
        fputs("/inventory\n", stderr);
    }
    s = past_open(c->root, err);
    if (s == NULL) {
        rc = -1;
    } else if (cli_word(c, 0) != NULL) {
        rc = find_env(c, s, cli_word(c, 0), err);
    }
    for (size_t i = 0; rc == 0 && i < envs.count; i++) {
        rc = print_env(c, s, envs.items[i], err);
    }
    store_close(s);
    strv_clear(&envs);
    return rc;
}
