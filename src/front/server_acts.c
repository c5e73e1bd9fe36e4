/*
 * server_acts.c - what can be done to servers, from the list and from the details alike.
 *
 * Decides which key asks for which action, and what is asked before a server is taken out.  Owns
 * the deletion that waits for its answer.  Actions are work.c's, files are config/edit's.
 */
#include "front/servers.h"

#include "base/nodeset.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "config/edit.h"
#include "core/policy.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DELETE_MAX = 1000, /* servers taken out with one answer */
    FOLDED_BYTES_MAX = 2000,
    LEFT_SHOWN = 5, /* files that stay, by name */
    TEXT_BYTES_MAX = 16 * 1024,
};

static const struct {
    enum act act;
    const char *action;
} actions[] = {
    {ACT_CHECK, "check"},   {ACT_PROVISION, "provision"},      {ACT_DEPLOY, "deploy"},
    {ACT_UPDATE, "update"}, {ACT_ROLLBACK_ACTION, "rollback"},
};

/* ---------------------------------------------------------------- logs, the browser */

/* The newest run of a host: of the one under way, else of the store.  False: told why not. */
static bool
find_run(struct front *f, const char *host, char ret_id[RUN_ID_SIZE])
{
    struct server_live live = {0};
    struct host_run_list runs = {0};
    struct err err = {0};
    int32_t number = 0;
    int rc = -1;

    (void)server_live_sync(&live, f);
    const bool found = server_live_find(&live, host, &number);
    snprintf(ret_id, RUN_ID_SIZE, "%s", live.run);
    server_live_release(&live);
    if (found) {
        return true;
    }
    char *path = xasprintf("%s/var/runs.db", front_cli(f)->root);
    struct store *s = store_open(path, true, &err);
    if (s != NULL) {
        rc = host_runs_read(s, front_env_name(f), host, 1, &runs, &err);
    }
    if (rc == 0 && runs.count > 0) {
        snprintf(ret_id, RUN_ID_SIZE, "%s", runs.rows[0].id);
    } else if (rc == 0) {
        front_say(f, LOOK_WARN, "%s was in none of the last %d runs", host, HOST_RUNS_LOOKED_AT);
    } else {
        front_say(f, LOOK_BAD, "%s", err.text);
    }
    const bool ok = rc == 0 && runs.count > 0;
    host_run_list_release(&runs);
    store_close(s);
    free(path);
    return ok;
}

static void
show_log(struct front *f, const char *host)
{
    char id[RUN_ID_SIZE];

    if (find_run(f, host, id)) {
        front_push(f, page_hostlog_new(f, front_env_name(f), id, host));
    }
}

static void
browse(struct front *f, const char *host)
{
    const ptrdiff_t i = server_number(f, host);
    struct err err = {0};

    if (i < 0) {
        return;
    }
    char *url = browse_url(front_env(f), front_cli(f)->vault, (size_t)i, &err);
    const int rc = url == NULL ? -1 : browse_open(url, &err);
    if (rc < 0) {
        front_say(f, LOOK_BAD, "%s: %s", host, err.text);
    } else if (rc == 0) {
        front_say(f, LOOK_WARN, "%s (no browser here: BROWSER, DISPLAY)", url);
    } else {
        front_say(f, LOOK_OK, "opened %s", url);
    }
    free(url);
}

/* ---------------------------------------------------------------- deleting */

/* Files about a host that are not the inventory's own. */
static void
list_left(const char *env_dir, const char *name, struct strv *ret)
{
    static const char *const ends[] = {"", ".yml", ".yaml", ".json"};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char *path = xasprintf("%s/host_vars/%s%s", env_dir, name, ends[i]);
        if (access(path, F_OK) == 0) {
            strv_add(ret, path);
        }
        free(path);
    }
}

/* "web-[01-09]" */
static char *
fold(const struct strv *names)
{
    struct buf out;

    buf_init(&out, FOLDED_BYTES_MAX);
    nodeset_fold(&out, (const char *const *)names->items, names->count);
    char *text =
        out.full ? xasprintf("%s, ... (%zu)", names->items[0], names->count) : buf_detach(&out);
    buf_release(&out);
    return text;
}

/* Where the servers are named; of several in several files only how many there are. */
static void
put_files(struct front *f, const struct strv *names, struct buf *out)
{
    const struct loaded *l = front_env(f);
    const char *file = NULL;

    for (size_t k = 0; k < names->count; k++) {
        const ptrdiff_t i = server_number(f, names->items[k]);
        const struct host *h = i < 0 ? NULL : inventory_host(l->inventory, (size_t)i);
        if (h == NULL || h->file == file) {
            continue;
        }
        file = h->file;
        explain_path(front_cli(f)->root, file, out);
        buf_addf(out, names->count == 1 ? ":%d is changed.\n" : " is changed.\n", h->line);
    }
}

static void
put_left(struct front *f, const struct strv *names, struct buf *out)
{
    struct strv left = {0};

    for (size_t k = 0; k < names->count; k++) {
        list_left(front_env(f)->env_dir, names->items[k], &left);
    }
    for (size_t i = 0; i < left.count && i < LEFT_SHOWN; i++) {
        explain_path(front_cli(f)->root, left.items[i], out);
        buf_adds(out, " stays.\n");
    }
    if (left.count > LEFT_SHOWN) {
        buf_addf(out, "... and %zu more stay.\n", left.count - LEFT_SHOWN);
    }
    strv_clear(&left);
}

void
server_deletion_release(struct server_deletion *d)
{
    if (d->next != NULL) {
        event_free(d->next);
    }
    strv_clear(&d->names);
    strv_clear(&d->left);
    free(d->env);
    *d = (struct server_deletion){0};
}

static void
finish_deletion(struct server_deletion *d, const struct err *err)
{
    struct front *f = d->front;
    const size_t done = d->done;
    char *only = err == NULL && d->names.count == 1 ? xstrdup(d->names.items[0]) : NULL;
    char *names = fold(&d->names);
    char *stays = d->left.count == 0   ? xstrdup("")
                  : d->left.count == 1 ? xasprintf("; %s stays", d->left.items[0])
                                       : xasprintf("; %zu files about them stay", d->left.count);

    server_deletion_release(d);
    if (done > 0) {
        front_reload_env(f);
    }
    if (only != NULL) {
        page_server_follow(f, only, NULL);
    }
    if (err != NULL) {
        front_say(f, LOOK_BAD, "%s", err->text);
    } else {
        front_say(f, LOOK_OK, "%s: taken out of the inventory%s", names, stays);
    }
    free(stays);
    free(names);
    free(only);
    front_changed(f);
}

/* One server a turn of the loop: each is a file read, written and synced. */
static void
delete_next(int fd, short what, void *arg)
{
    struct server_deletion *d = arg;
    const char *open = front_env_name(d->front);
    struct err err = {0};

    (void)fd;
    (void)what;
    if (open == NULL || strcmp(open, d->env) != 0) {
        err_set(&err, ERR_USAGE, "another environment was opened: %zu of %zu servers are deleted",
                d->done, d->names.count);
        finish_deletion(d, &err);
        return;
    }
    if (edit_remove_host(front_env(d->front)->env_dir, d->names.items[d->done], &d->left, &err) !=
        0) {
        finish_deletion(d, &err);
    } else if (++d->done == d->names.count) {
        finish_deletion(d, NULL);
    } else {
        event_active(d->next, EV_TIMEOUT, 0);
    }
}

static void
answer_deletion(void *arg, bool yes)
{
    struct server_deletion *d = arg;

    if (!yes) {
        server_deletion_release(d);
        return;
    }
    d->next = event_new(front_base(d->front), -1, 0, delete_next, d);
    if (d->next == NULL) {
        abort(); /* no memory */
    }
    event_active(d->next, EV_TIMEOUT, 0);
}

static void
ask_deletion(struct server_deletion *d, struct front *f, const struct strv *names)
{
    struct buf text;

    if (d->next != NULL) {
        front_say(f, LOOK_WARN, "servers are being deleted: wait until that is done");
        return;
    }
    if (names->count > DELETE_MAX) {
        front_say(f, LOOK_WARN, "%zu servers are marked: at most %d are deleted at once",
                  names->count, DELETE_MAX);
        return;
    }
    server_deletion_release(d);
    d->front = f;
    d->env = xstrdup(front_env_name(f));
    for (size_t i = 0; i < names->count; i++) {
        strv_add(&d->names, names->items[i]);
    }
    char *folded = fold(names);
    buf_init(&text, TEXT_BYTES_MAX);
    if (names->count == 1) {
        buf_addf(&text, "Take %s out of the inventory of %s?\n", folded, d->env);
    } else {
        buf_addf(&text, "Take %zu servers out of the inventory of %s?\n%s\n", names->count, d->env,
                 folded);
    }
    put_files(f, names, &text);
    put_left(f, names, &text);
    buf_adds(&text, "Nothing is done on the server; runs and logs stay.");
    front_ask(f, text.data, NULL, answer_deletion, d);
    buf_release(&text);
    free(folded);
}

/* ---------------------------------------------------------------- keys and words */

static void
propose(struct front *f, enum act act, const struct strv *names)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (actions[i].act == act) {
            work_propose(front_work(f), actions[i].action, names);
        }
    }
}

static void
test_one(struct front *f, const char *host)
{
    struct strv names = {0};

    strv_add(&names, host);
    work_test(front_work(f), &names);
    strv_clear(&names);
}

bool
server_takes(enum act act)
{
    return (act >= ACT_CHECK && act <= ACT_TEST) || act == ACT_LOGS || act == ACT_BROWSE ||
           act == ACT_EDIT || act == ACT_DELETE || act == ACT_START_STOP || act == ACT_CLEAR_QUEUE;
}

void
server_act(struct server_deletion *d, struct front *f, enum act act, const struct strv *names,
           const char *at)
{
    if (act == ACT_START_STOP) {
        work_start_stop(front_work(f));
    } else if (act == ACT_CLEAR_QUEUE) {
        work_clear(front_work(f));
    } else if (names->count == 0 || at == NULL) {
        front_say(f, LOOK_WARN, "no server is chosen");
    } else if (act == ACT_RUN_ACTION) {
        front_type(f, "run ");
    } else if (act == ACT_TEST) {
        test_one(f, at);
    } else if (act == ACT_LOGS) {
        show_log(f, at);
    } else if (act == ACT_BROWSE) {
        browse(f, at);
    } else if (act == ACT_EDIT) {
        front_push(f, page_edit_server_new(f, at));
    } else if (act == ACT_DELETE) {
        ask_deletion(d, f, names);
    } else {
        propose(f, act, names);
    }
}

static void
set_workers(struct front *f, const char *rest)
{
    char *end = NULL;
    const long n = strtol(rest, &end, 10);

    if (rest[0] < '0' || rest[0] > '9' || *end != '\0' || n > POLICY_WORKERS_MAX) {
        front_say(f, LOOK_BAD, "workers: expected a number from 0 to %d", POLICY_WORKERS_MAX);
    } else if (work_run(front_work(f)) == NULL) {
        front_say(f, LOOK_WARN,
                  "no run is under way; for those to come: max_parallel_workers in Settings (5)");
    } else {
        work_verb(front_work(f), VERB_WORKERS, NULL, (int32_t)n);
    }
}

bool
server_command(struct front *f, const char *word, const char *rest, const struct strv *names)
{
    if (strcmp(word, "workers") == 0) {
        set_workers(f, rest);
        return true;
    }
    if (strcmp(word, "run") == 0 && rest[0] != '\0') {
        if (names->count == 0) {
            front_say(f, LOOK_WARN, "no server is chosen");
        } else {
            work_propose(front_work(f), rest, names);
        }
        return true;
    }
    return false;
}
