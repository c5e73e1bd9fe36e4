/*
 * closing.c - the last lines of a run, for people.
 *
 * Decides the order: what went well first, what needs a look last, then what to do next.  Owns
 * nothing, prints nothing, never decides an exit code.
 */
#include "ui/closing.h"

#include "base/duration.h"
#include "base/escape.h"

#include <string.h>

static const char *
color_of(const char *outcome)
{
    if (strcmp(outcome, "ok") == 0) {
        return "\033[32m";
    }
    if (strcmp(outcome, "failed") == 0 || strcmp(outcome, "unreachable") == 0) {
        return "\033[31m";
    }
    return "\033[33m";
}

void
closing_paint(struct buf *out, const char *outcome, const char *text, bool color)
{
    if (color) {
        buf_adds(out, color_of(outcome));
    }
    escape_terminal(out, text, strlen(text));
    if (color) {
        buf_adds(out, "\033[0m");
    }
}

static void
add_names(struct buf *out, const struct board *b, bool color)
{
    static const enum outcome order[] = {OUTCOME_OK,        OUTCOME_SKIPPED,     OUTCOME_UNTOUCHED,
                                         OUTCOME_CANCELLED, OUTCOME_UNREACHABLE, OUTCOME_UNKNOWN,
                                         OUTCOME_FAILED};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (b->count[order[i]] == 0) {
            continue;
        }
        closing_paint(out, outcome_name(order[i]), outcome_name(order[i]), color);
        buf_addf(out, " %d: ", (int)b->count[order[i]]);
        board_fold(b, order[i], out);
        buf_addc(out, '\n');
    }
}

static void
add_rollbacks(struct buf *out, const struct board *b, bool color)
{
    static const struct {
        enum rollback_state state;
        const char *text, *color; /* of an outcome */
    } rows[] = {{ROLLBACK_DONE, "rolled back", "unknown"},
                {ROLLBACK_FAILED, "rollback failed", "failed"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf names;
        buf_init(&names, OUT_HARD_BYTES_MAX);
        const int32_t count = board_fold_rollbacks(b, rows[i].state, &names);
        if (count > 0) {
            closing_paint(out, rows[i].color, rows[i].text, color);
            buf_addf(out, " %d: ", (int)count);
            buf_add(out, names.data, names.len);
            buf_addc(out, '\n');
        }
        buf_release(&names);
    }
}

void
closing_add(struct buf *out, const struct board *b, const struct event *e, bool color)
{
    char elapsed[32];

    add_names(out, b, color);
    add_rollbacks(out, b, color);
    duration_human(e->duration_ms >= 0 ? e->duration_ms : 0, elapsed, sizeof(elapsed));
    if (b->action != NULL) {
        buf_addf(out, "%s %s ", b->action, b->env != NULL ? b->env : "");
    }
    closing_paint(out, e->exit_code == 0 ? "ok" : "failed",
                  e->exit_code == 0 ? "succeeded" : "did not succeed", color);
    buf_addf(out, " in %s", elapsed);
    if (e->exit_code > 0) {
        buf_addf(out, " (exit %d)", (int)e->exit_code);
    }
    if (e->reason != NULL && e->reason[0] != '\0') {
        buf_adds(out, ": ");
        escape_terminal(out, e->reason, strlen(e->reason));
    }
    buf_addc(out, '\n');
    if (e->log_dir != NULL) {
        buf_addf(out, "logs: %s\n", e->log_dir);
    }
    if (e->go_on != NULL) {
        buf_addf(out, "to go on: %s\n", e->go_on);
    }
}
