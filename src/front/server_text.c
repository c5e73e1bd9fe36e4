/*
 * server_text.c - all that is known of a server, as lines to be read.
 *
 * Decides what is told, and in which order.  Owns nothing.  Secrets are not in it (cli/show.h); the
 * texts of files are escaped here where they are put on one line, and by the pager's canvas.
 */
#include "front/servers.h"

#include "base/duration.h"
#include "base/escape.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "cli/past.h"
#include "cli/show.h"
#include "ui/canvas.h"
#include "ui/clock.h"

#include <stdlib.h>
#include <string.h>

static void
put(struct buf *out, const char *name, const char *text)
{
    buf_addf(out, "  %-12s ", name);
    escape_line(out, text, strlen(text));
    buf_addc(out, '\n');
}

/* ---------------------------------------------------------------- connection, groups */

static void
put_args(struct buf *out, const struct strv *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        put(out, "ssh option", lines->items[i]);
    }
}

static void
put_place(struct buf *out, const struct server_facts *f, const struct host *h)
{
    buf_addf(out, "  %-12s ", "named in");
    if (strcmp(h->file, "-") == 0) {
        buf_adds(out, "the command line\n");
        return;
    }
    explain_path(f->root, h->file, out);
    buf_addf(out, ":%d:%d\n", h->line, h->col);
}

static void
put_connection(struct buf *out, const struct server_facts *f, const struct host *h)
{
    char port[16];

    buf_adds(out, "Connection\n");
    if (h->local) {
        put(out, "local", "this machine: no SSH");
    }
    put(out, "address", h->address);
    snprintf(port, sizeof(port), "%d", h->port);
    put(out, "port", h->port > 0 ? port : "(ssh_config, or 22)");
    put(out, "user", h->user != NULL ? h->user : "(ssh_config, or who runs this)");
    put(out, "key file", h->key_path != NULL ? h->key_path : "(ssh_config, agent, default keys)");
    put_args(out, &h->ssh_first);
    put_args(out, &h->ssh_options);
    if (h->ssh_config != NULL) {
        put(out, "ssh_config", h->ssh_config);
    }
    if (h->ssh_where != NULL) {
        buf_addf(out, "  %-12s ", "set in");
        explain_path(f->root, h->ssh_where, out);
        buf_addc(out, '\n');
    }
    put_place(out, f, h);
    buf_adds(out, "  This is what the inventory says.  With ssh_config, jump hosts included:\n    "
                  "" CLI_NAME " check ");
    escape_line(out, f->loaded->env, strlen(f->loaded->env));
    buf_addf(out, " -l %s -C\n", h->name);
}

static void
put_groups(struct buf *out, const struct host *h)
{
    buf_adds(out, "\nGroups\n  ");
    for (size_t i = 0; i < h->groups.count; i++) {
        buf_adds(out, i == 0 ? "" : ", ");
        escape_line(out, h->groups.items[i], strlen(h->groups.items[i]));
    }
    buf_adds(out, h->groups.count == 0 ? "none\n" : "\n");
}

/* ---------------------------------------------------------------- state, runs */

static void
put_state(struct buf *out, const struct server_facts *f)
{
    const struct host_row *s = f->state;
    char when[32];

    buf_adds(out, "\nState\n");
    if (s == NULL) {
        buf_adds(out, "  nothing was ever done to it from here\n");
        return;
    }
    put(out, "state", s->state[0] != '\0' ? s->state : "(none)");
    put(out, "release", s->release[0] != '\0' ? s->release : "(none)");
    if (s->release_before[0] != '\0') {
        put(out, "before it", s->release_before);
    }
    if (s->release_tried[0] != '\0') {
        put(out, "tried since", s->release_tried);
    }
    clock_seconds(s->wall_ms, when);
    buf_addf(out, "  %-12s %s %s, %s\n", "last action", f->action, outcome_name(s->outcome), when);
    if (s->reason[0] != '\0') {
        put(out, "reason", s->reason);
    }
    if (s->rollback != ROLLBACK_NONE) {
        put(out, "rollback", rollback_name(s->rollback));
    }
}

static void
put_run(struct buf *out, const struct host_run *r)
{
    char when[32];
    char took[32] = "";

    clock_seconds(r->started_wall_ms, when);
    if (r->took_ms >= 0) {
        duration_human(r->took_ms, took, sizeof(took));
    }
    buf_addf(out, "  %s  %-10s ", when, r->action);
    buf_addf(out, "%-11s %8s  %s", r->ended ? outcome_name(r->outcome) : "no end yet", took, r->id);
    if (r->rollback != ROLLBACK_NONE) {
        buf_addf(out, "  rollback %s", rollback_name(r->rollback));
    }
    if (r->reason[0] != '\0') {
        buf_adds(out, "\n    ");
        escape_line(out, r->reason, strlen(r->reason));
    }
    buf_addc(out, '\n');
}

static void
put_runs(struct buf *out, const struct server_facts *f)
{
    if (f->runs == NULL) {
        return;
    }
    buf_addf(out, "\nLast runs (of the newest %d)\n", HOST_RUNS_LOOKED_AT);
    for (size_t i = 0; i < f->runs->count; i++) {
        put_run(out, &f->runs->rows[i]);
    }
    if (f->runs->count == 0) {
        buf_adds(out, "  none\n");
    }
}

/* ---------------------------------------------------------------- all of it */

static void
put_variables(struct buf *out, const struct server_facts *f)
{
    const struct value *vars = inventory_vars(f->loaded->inventory, f->host);
    size_t *order = show_sorted(vars);

    buf_addf(out, "\nVariables (%zu)\n", vars->count);
    for (size_t i = 0; i < vars->count; i++) {
        buf_adds(out, "  ");
        explain_variable(f->loaded->inventory, f->root, f->host, vars->keys[order[i]], true, out);
    }
    if (vars->count == 0) {
        buf_adds(out, "  none\n");
    }
    free(order);
}

void
server_text(const struct server_facts *f, struct buf *out)
{
    const struct host *h = inventory_host(f->loaded->inventory, f->host);

    put_connection(out, f, h);
    put_groups(out, h);
    put_state(out, f);
    put_runs(out, f);
    put_variables(out, f);
}

unsigned
server_text_look(const char *bytes, size_t len)
{
    static const char over[] = "    over ";
    const size_t n = sizeof(over) - 1;

    if (len > 0 && bytes[0] != ' ') {
        return LOOK_HEAD | LOOK_BOLD;
    }
    return len > n && memcmp(bytes, over, n) == 0 ? LOOK_DIM : LOOK_PLAIN;
}
