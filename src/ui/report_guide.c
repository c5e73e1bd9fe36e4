/*
 * report_guide.c - a run looked back at, as the guide to parallel execution wants it documented.
 *
 * Decides the words: those of the guide's template, which is French, and what its checklist comes
 * to.  Owns nothing.
 */
#include "ui/report.h"

#include "base/escape.h"
#include "base/nodeset.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAMES_BYTES_MAX = 400, SECOND_MS = 1000, MINUTE_MS = 60000, HOUR_MS = 3600000 };

static void
add_count(struct buf *out, int64_t n, const char *one, const char *many)
{
    buf_addf(out, "%" PRId64 " %s", n, n < 2 ? one : many);
}

/* `15 minutes`, `1 minute 5 secondes`, `4,2 secondes`, `310 ms`. */
static void
add_duration(struct buf *out, int64_t ms)
{
    if (ms < SECOND_MS) {
        buf_addf(out, "%" PRId64 " ms", ms);
    } else if (ms < MINUTE_MS) {
        buf_addf(out, "%" PRId64, ms / SECOND_MS);
        if (ms % SECOND_MS >= 100) {
            buf_addf(out, ",%" PRId64, ms % SECOND_MS / 100);
        }
        buf_addf(out, " seconde%s", ms / SECOND_MS < 2 ? "" : "s");
    } else if (ms < HOUR_MS) {
        add_count(out, ms / MINUTE_MS, "minute", "minutes");
        if (ms % MINUTE_MS >= SECOND_MS) {
            buf_addc(out, ' ');
            add_count(out, ms % MINUTE_MS / SECOND_MS, "seconde", "secondes");
        }
    } else {
        add_count(out, ms / HOUR_MS, "heure", "heures");
        if (ms % HOUR_MS >= MINUTE_MS) {
            buf_addc(out, ' ');
            add_count(out, ms % HOUR_MS / MINUTE_MS, "minute", "minutes");
        }
    }
}

static void
add_date(struct buf *out, int64_t wall_ms)
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char text[32];

    if (gmtime_r(&seconds, &tm) != NULL && strftime(text, sizeof(text), "%Y-%m-%d", &tm) != 0) {
        buf_adds(out, text);
    }
}

static bool
is_parallel(const struct report *r)
{
    return r->workers > 0 && strcmp(r->strategy, "sequential") != 0;
}

/* ---------------------------------------------------------------- the key lines */

void
report_make_log(struct report *r)
{
    const struct report_span *peak = r->span_count > 0 ? &r->spans[r->peak] : NULL;

    strv_clear(&r->log);
    if (!is_parallel(r)) {
        strv_take(&r->log, xasprintf("[ORCHESTRATOR] Running in SEQUENTIAL mode (%s)",
                                     r->workers == 0 ? "max_parallel_workers is 0"
                                                     : "strategy is sequential"));
        if (r->span_count > 0) {
            strv_take(&r->log, xasprintf("[ORCHESTRATOR] Sequential processing: %s for server %s",
                                         r->action, r->hosts[r->spans[0].host].name));
        }
        return;
    }
    strv_take(&r->log, xasprintf("[ORCHESTRATOR] Running in PARALLEL mode with %d workers",
                                 (int)r->workers));
    if (peak != NULL) {
        strv_take(&r->log,
                  xasprintf("[ORCHESTRATOR] Worker %d processing: %s for server %s (active: %d/%d)",
                            (int)peak->slot, r->action, r->hosts[peak->host].name,
                            (int)r->active_max, (int)r->workers));
    }
}

/* ---------------------------------------------------------------- the conclusion */

const char *
report_doubt(const struct report *r)
{
    if (!is_parallel(r)) {
        return "mode séquentiel";
    }
    if (r->span_count == 0) {
        return "aucun serveur traité";
    }
    if (r->names.count < 2) {
        return "un seul serveur";
    }
    if (r->active_max < 2) {
        return "un seul worker actif à la fois";
    }
    if (r->gain <= 0) {
        return "aucun gain vs séquentiel";
    }
    return NULL;
}

static void
add_not_ok(const struct report *r, struct buf *out)
{
    const char **names = xcalloc(r->names.count, sizeof(*names));
    struct buf folded;
    size_t count = 0;

    for (size_t i = 0; i < r->names.count; i++) {
        const enum outcome o = r->hosts[i].outcome;
        if (o != OUTCOME_OK && o != OUTCOME_SKIPPED && o != OUTCOME_RUNNING) {
            names[count++] = r->hosts[i].name;
        }
    }
    if (count > 0) {
        buf_init(&folded, NAMES_BYTES_MAX);
        nodeset_fold(&folded, names, count);
        buf_addf(out, "; %zu/%zu %s", count, r->names.count,
                 count < 2 ? "serveur n'est pas ok" : "serveurs ne sont pas ok");
        if (!folded.full) {
            buf_adds(out, ": ");
            escape_terminal(out, folded.data, folded.len);
        }
        buf_release(&folded);
    }
    free(names);
}

static void
add_conclusion(const struct report *r, struct buf *out)
{
    const char *doubt = report_doubt(r);

    buf_adds(out, "**Conclusion**: ");
    if (doubt == NULL) {
        buf_adds(out, "Exécution parallèle fonctionnelle ✅");
    } else {
        buf_addf(out, "Exécution parallèle non confirmée ❌ (%s)", doubt);
    }
    if (r->state == REPORT_RUNNING) {
        buf_adds(out, "; encore en cours");
    } else if (r->state == REPORT_DIED) {
        buf_adds(out, "; interrompue avant sa fin");
    }
    add_not_ok(r, out);
    if (r->halt[0] != '\0') {
        buf_adds(out, "; arrêt: ");
        escape_terminal(out, r->halt, strlen(r->halt));
    }
    buf_addc(out, '\n');
}

/* ---------------------------------------------------------------- the whole */

static void
add_results(const struct report *r, struct buf *out)
{
    buf_adds(out, "**Résultats**:\n");
    buf_addf(out, "- Mode: %s\n", is_parallel(r) ? "Parallel ✅" : "Sequential ❌");
    buf_adds(out, "- Temps total: ");
    add_duration(out, r->wall_ms);
    buf_adds(out, "\n- Temps par serveur: ");
    add_duration(out, r->host_p50_ms);
    buf_adds(out, " (médiane)\n");
    buf_addf(out, "- Workers actifs: %d/%d\n", is_parallel(r) ? (int)r->active_max : 0,
             (int)r->workers);
    buf_addf(out, "- Gain vs séquentiel: %" PRId64 "%%\n\n", (int64_t)r->gain);
}

void
report_guide(const struct report *r, struct buf *out)
{
    buf_adds(out, "### Test Parallel Execution - ");
    add_date(out, r->started_wall_ms);
    buf_adds(out, "\n\n**Configuration**:\n- Environment: ");
    escape_terminal(out, r->env, strlen(r->env));
    buf_addf(out, "\n- Servers: %zu\n- Workers: %d\n- Action: ", r->names.count, (int)r->workers);
    escape_terminal(out, r->action, strlen(r->action));
    buf_adds(out, "\n\n");
    add_results(r, out);
    buf_addf(out, "**Logs clés**%s:\n```\n",
             r->log_found ? "" : " (d'après le journal du run, absents de debug.log)");
    for (size_t i = 0; i < r->log.count; i++) {
        escape_terminal(out, r->log.items[i], strlen(r->log.items[i]));
        buf_addc(out, '\n');
    }
    buf_adds(out, "```\n\n");
    add_conclusion(r, out);
}
