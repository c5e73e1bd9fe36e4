/*
 * report_text.c - a run looked back at, for people.
 *
 * Decides what comes first: what it was, how it ended, who was not well and why.  The tables are in
 * report_tables.c.  Owns nothing.  Every text of elsewhere is escaped.
 */
#include "ui/report.h"

#include "base/duration.h"
#include "base/escape.h"
#include "base/nodeset.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    NAMES_BYTES_MAX = 4096, /* of a folded list that is shown */
    ROWS_MAX = 20,          /* reasons, tags */
};

static void
add_escaped(struct buf *out, const char *text)
{
    escape_terminal(out, text, strlen(text));
}

/* All of them, or the first ones where that is too long. */
static void
add_names(struct buf *out, const char *const *names, size_t count)
{
    struct buf folded;

    buf_init(&folded, NAMES_BYTES_MAX);
    nodeset_fold(&folded, names, count);
    if (folded.full) {
        add_escaped(out, names[0]);
        buf_adds(out, " ... ");
        add_escaped(out, names[count - 1]);
        buf_addf(out, " (%zu hosts)", count);
    } else {
        add_escaped(out, folded.data);
    }
    buf_release(&folded);
}

/* ---------------------------------------------------------------- the head */

static void
add_when(struct buf *out, int64_t wall_ms)
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char text[32];

    if (gmtime_r(&seconds, &tm) != NULL &&
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) != 0) {
        buf_adds(out, text);
    }
}

static void
add_end(const struct report *r, struct buf *out)
{
    char took[32];

    duration_human(r->wall_ms, took, sizeof(took));
    buf_adds(out, "  result      ");
    switch (r->state) {
    case REPORT_RUNNING:
        buf_addf(out, "it goes on, since %s", took);
        break;
    case REPORT_DIED:
        buf_addf(out, "it died: the last that is known of it is from %s after its start", took);
        break;
    case REPORT_OVER:
        buf_addf(out, "%s (exit %d) in %s", r->exit_code == 0 ? "succeeded" : "did not succeed",
                 r->exit_code, took);
        break;
    }
    if (r->halt[0] != '\0') {
        buf_adds(out, ": ");
        add_escaped(out, r->halt);
    }
    buf_addc(out, '\n');
}

/* `all` alone is every step: nothing to tell. */
static void
add_list(struct buf *out, const char *title, const struct strv *list)
{
    if (list->count == 1 && strcmp(list->items[0], "all") == 0) {
        return;
    }
    for (size_t i = 0; i < list->count && i < ROWS_MAX; i++) {
        buf_adds(out, i == 0 ? title : ", ");
        add_escaped(out, list->items[i]);
    }
    if (list->count > ROWS_MAX) {
        buf_addf(out, " and %zu more", list->count - ROWS_MAX);
    }
    buf_adds(out, list->count > 0 ? "\n" : "");
}

static void
add_head(const struct report *r, struct buf *out)
{
    add_escaped(out, r->action);
    buf_addc(out, ' ');
    add_escaped(out, r->env);
    buf_addf(out, "  run %s\n", r->run);
    add_end(r, out);
    buf_adds(out, "  started     ");
    add_when(out, r->started_wall_ms);
    buf_addf(out, ", process %" PRId64 "\n", r->pid);
    if (r->release[0] != '\0') {
        buf_adds(out, "  release     ");
        add_escaped(out, r->release);
        buf_addc(out, '\n');
    }
    buf_adds(out, "  strategy    ");
    add_escaped(out, r->strategy);
    if (r->workers == 0) {
        buf_adds(out, ", one host at a time\n");
    } else {
        buf_addf(out, ", %d worker%s, %d at once at most\n", (int)r->workers,
                 r->workers == 1 ? "" : "s", (int)r->active_max);
    }
    add_list(out, "  tags        ", &r->tags);
    add_list(out, "  without     ", &r->skip_tags);
    add_list(out, "  variables   ", &r->extra);
}

/* ---------------------------------------------------------------- outcomes */

static void
add_outcome(const struct report *r, enum outcome o, struct buf *out)
{
    const char **names = xcalloc(r->names.count, sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; i < r->names.count; i++) {
        if (r->hosts[i].outcome == o) {
            names[count++] = r->hosts[i].name;
        }
    }
    if (count > 0) {
        buf_addf(out, "  %-11s %zu: ", outcome_name(o), count);
        add_names(out, names, count);
        buf_addc(out, '\n');
    }
    free(names);
}

static void
add_rollbacks(const struct report *r, enum rollback_state state, const char *word, struct buf *out)
{
    const char **names = xcalloc(r->names.count, sizeof(*names));
    size_t count = 0;

    for (size_t i = 0; i < r->names.count; i++) {
        if (r->hosts[i].rollback == state) {
            names[count++] = r->hosts[i].name;
        }
    }
    if (count > 0) {
        buf_addf(out, "  %-11s %zu: ", word, count);
        add_names(out, names, count);
        buf_addc(out, '\n');
    }
    free(names);
}

static void
add_outcomes(const struct report *r, struct buf *out)
{
    buf_addf(out, "\nhosts %zu\n", r->names.count);
    add_outcome(r, OUTCOME_OK, out);
    add_outcome(r, OUTCOME_RUNNING, out);
    add_outcome(r, OUTCOME_SKIPPED, out);
    add_outcome(r, OUTCOME_UNTOUCHED, out);
    add_outcome(r, OUTCOME_CANCELLED, out);
    add_outcome(r, OUTCOME_UNREACHABLE, out);
    add_outcome(r, OUTCOME_UNKNOWN, out);
    add_outcome(r, OUTCOME_FAILED, out);
    add_rollbacks(r, ROLLBACK_RUNNING, "rolling back", out);
    add_rollbacks(r, ROLLBACK_DONE, "rolled back", out);
    add_rollbacks(r, ROLLBACK_FAILED, "not rolled back", out);
}

/* ---------------------------------------------------------------- why */

struct why {
    const char *word, *reason; /* borrowed */
    const char *name;
};

static int
compare_why(const void *a, const void *b)
{
    const struct why *x = a;
    const struct why *y = b;
    const int by_word = strcmp(x->word, y->word);
    const int by_reason = by_word != 0 ? by_word : strcmp(x->reason, y->reason);

    return by_reason != 0 ? by_reason : strcmp(x->name, y->name);
}

/* One row a reason; *at is moved past its hosts. */
static void
add_why(struct buf *out, const struct why *whys, size_t count, size_t *at)
{
    const size_t from = *at;
    const char **names;

    while (*at < count && strcmp(whys[*at].word, whys[from].word) == 0 &&
           strcmp(whys[*at].reason, whys[from].reason) == 0) {
        ++*at;
    }
    names = xcalloc(*at - from, sizeof(*names));
    for (size_t i = from; i < *at; i++) {
        names[i - from] = whys[i].name;
    }
    buf_adds(out, "  ");
    add_names(out, names, *at - from);
    buf_addf(out, "  %s: ", whys[from].word);
    add_escaped(out, whys[from].reason);
    buf_addc(out, '\n');
    free(names);
}

/* Of untouched hosts only the halt would be told again. */
static size_t
find_whys(const struct report *r, struct why *whys)
{
    size_t count = 0;

    for (size_t i = 0; i < r->names.count; i++) {
        const struct report_host *h = &r->hosts[i];
        if (h->outcome != OUTCOME_OK && h->reason[0] != '\0') {
            whys[count++] = (struct why){outcome_name(h->outcome), h->reason, h->name};
        }
        if (h->rollback == ROLLBACK_FAILED && h->rollback_reason[0] != '\0') {
            whys[count++] = (struct why){"not rolled back", h->rollback_reason, h->name};
        }
    }
    qsort(whys, count, sizeof(*whys), compare_why);
    return count;
}

static void
add_whys(const struct report *r, struct buf *out)
{
    struct why *whys = xcalloc(2 * r->names.count, sizeof(*whys));
    const size_t count = find_whys(r, whys);
    size_t at = 0;

    if (count > 0) {
        buf_adds(out, "\nwhy\n");
    }
    for (int row = 0; at < count && row < ROWS_MAX; row++) {
        add_why(out, whys, count, &at);
    }
    if (at < count) {
        buf_addf(out, "  and %zu hosts more\n", count - at);
    }
    free(whys);
}

void
report_text(const struct report *r, struct buf *out)
{
    add_head(r, out);
    add_outcomes(r, out);
    add_whys(r, out);
    report_tables(r, out);
}
