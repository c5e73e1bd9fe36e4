/*
 * dryrun.c - the steps of every host as they would be sent, for people.
 *
 * Decides the layout, and how much of a template's content is shown.  Owns a digest a host while it
 * groups, and no text: hosts are rendered one at a time, so ten thousand need no more memory than
 * one.
 */
#include "cli/dryrun.h"

#include "base/duration.h"
#include "base/escape.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/nodeset.h"
#include "base/xalloc.h"
#include "cli/plan_head.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONTENT_LINES_MAX = 40, /* of a template, unless -v */
    NAMES_BYTES_MAX = 4 * 1024 * 1024,
    NOTES_BYTES_MAX = 1024,
    LOGIN_BYTES_MAX = 16384,
};

/* Where lines go: to stdout, or into a digest to see which hosts are alike. */
struct printer {
    struct hash *hash; /* borrowed; NULL: print */
    bool escapes;
    bool whole; /* -v */
    const struct run_request *request;
    struct preview *preview;
};

/* ---------------------------------------------------------------- lines */

static void
put(const struct printer *p, const char *bytes, size_t len)
{
    struct buf b;

    if (p->hash != NULL) {
        hash_update(p->hash, bytes, len);
    } else if (!p->escapes) {
        (void)fwrite(bytes, 1, len, stdout);
    } else {
        buf_init(&b, 12 * len + 1);
        escape_terminal(&b, bytes, len);
        (void)fwrite(b.data, 1, b.len, stdout);
        buf_release(&b);
    }
}

/* A line of its own without an escaped end. */
static void
end_line(const struct printer *p)
{
    if (p->hash != NULL) {
        hash_update(p->hash, "\n", 1);
    } else {
        (void)putc('\n', stdout);
    }
}

static void __attribute__((format(printf, 2, 3))) say(const struct printer *p, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *line = xvasprintf(fmt, ap);
    va_end(ap);
    put(p, line, strlen(line));
    end_line(p);
    free(line);
}

/* A text of several lines, each behind a bar; lines_max 0: all of it. */
static void
say_block(const struct printer *p, const char *bytes, size_t len, size_t lines_max)
{
    size_t lines = 0;

    for (size_t at = 0; at < len; lines++) {
        const char *line = bytes + at;
        const char *end = memchr(line, '\n', len - at);
        const size_t n = end == NULL ? len - at : (size_t)(end - line);
        at += n + 1;
        if (lines_max == 0 || lines < lines_max) {
            put(p, "      | ", 8);
            put(p, line, n);
            end_line(p);
        }
    }
    if (lines_max > 0 && lines > lines_max) {
        say(p, "      ... %zu more lines; -v shows them", lines - lines_max);
    }
}

/* ---------------------------------------------------------------- a step */

static void
add_notes(struct buf *notes, const struct preview_step *s, bool switches)
{
    const struct plan_step *rule = &s->step->rule;
    char time[32];

    if (s->rendered.become) {
        (void)buf_addf(notes, ", become %s",
                       s->rendered.become_user == NULL ? "root" : s->rendered.become_user);
    }
    if (switches && rule->switches) {
        (void)buf_adds(notes, ", switch");
    }
    if (rule->run_once) {
        (void)buf_adds(notes, ", run_once");
    }
    if (rule->throttle > 0) {
        (void)buf_addf(notes, ", throttle %d", (int)rule->throttle);
    }
    if (rule->retries > 0) {
        (void)buf_addf(notes, ", retries %d", (int)rule->retries);
    }
    if (rule->ignore_errors) {
        (void)buf_adds(notes, ", ignore_errors");
    }
    if (s->step->timeout_ms > 0 && s->step->kind != ACTION_WAIT_FOR) {
        duration_human(s->step->timeout_ms, time, sizeof(time));
        (void)buf_addf(notes, ", timeout %s", time);
    }
}

/* "  step 2/5 Switch: run, become root" */
static void
say_title(const struct printer *p, const struct preview_step *s)
{
    const struct rendered *r = &s->rendered;
    struct buf notes;

    buf_init(&notes, NOTES_BYTES_MAX);
    if (r->skipped) {
        (void)buf_adds(&notes, ", skipped: when");
    } else {
        add_notes(&notes, s, plan_switch_step(preview_plan(p->preview)) >= 0);
    }
    say(p, "  %s %d/%d %s: %s%s", step_list_word(s->list), (int)s->number, (int)s->count,
        r->name == NULL ? s->step->name : r->name, action_kind_name(s->step->kind), notes.data);
    buf_release(&notes);
}

/* "    /src -> /dest, mode 0644, 12 bytes" */
static void
say_sent(const struct printer *p, const struct preview_step *s)
{
    const struct rendered *r = &s->rendered;
    char what[64];

    if (s->files < 0) {
        (void)snprintf(what, sizeof(what), "mode %04o", s->mode);
    } else {
        (void)snprintf(what, sizeof(what), "folder, %" PRId64 " file%s", s->files,
                       s->files == 1 ? "" : "s");
    }
    say(p, "    %s -> %s, %s, %" PRId64 " byte%s", r->src, r->dest, what, s->bytes,
        s->bytes == 1 ? "" : "s");
}

static void
say_waited(const struct printer *p, const struct preview_step *s)
{
    char time[32];

    duration_human(s->step->wait_ms, time, sizeof(time));
    say(p, "    until %s is %s, at most %s", s->rendered.awaited,
        s->step->absent ? "gone" : "there", time);
}

static void
say_step(const struct printer *p, const struct preview_step *s)
{
    const struct rendered *r = &s->rendered;

    say_title(p, s);
    if (r->skipped) {
        return;
    }
    if (r->guard != NULL) {
        say(p, "    skipped where this exits 0:");
        say_block(p, r->guard, r->guard_len, 0);
    }
    switch (s->step->kind) {
    case ACTION_RUN:
    case ACTION_LOCAL:
        if (r->guard != NULL) {
            say(p, "    else:");
        }
        say_block(p, r->script, r->script_len, 0);
        break;
    case ACTION_UPLOAD:
        say_sent(p, s);
        break;
    case ACTION_TEMPLATE:
        say_sent(p, s);
        say_block(p, r->content, r->content_len, p->whole ? 0 : CONTENT_LINES_MAX);
        break;
    case ACTION_WAIT_FOR:
        say_waited(p, s);
        break;
    case ACTION_HTTP:
    case ACTION_TCP:
        say(p, "    %s", s->asked);
        break;
    }
}

/* ---------------------------------------------------------------- hosts */

static const char *
name_of(const struct printer *p, int32_t host)
{
    return inventory_host(p->request->inventory, p->request->hosts[host])->name;
}

/* The hosts on the way, the first one first, as ssh -J has them. */
static void
put_way(const struct target *t, struct buf *out)
{
    if (t->jump != NULL) {
        put_way(t->jump, out);
        (void)buf_addf(out, "%s%s@%s port %d", t->jump->jump == NULL ? ", through " : ", ",
                       t->jump->user, t->jump->address, t->jump->port);
    } else if (t->proxy_command != NULL) {
        (void)buf_addf(out, ", through `%s`", t->proxy_command);
    }
}

/* "  login deploy@192.0.2.7 port 22, through jump@bastion port 22" */
static void
say_login(const struct printer *p, int32_t host)
{
    const struct target *t = preview_target(p->preview, host);
    struct buf text;

    if (t == NULL || t->local) {
        if (t != NULL) {
            say(p, "  this machine");
        }
        return;
    }
    buf_init(&text, LOGIN_BYTES_MAX);
    (void)buf_addf(&text, "%s@%s port %d", t->user, t->address, t->port);
    put_way(t, &text);
    say(p, "  login %s", text.data);
    buf_release(&text);
}

enum { ALL_WAVES = -1 };

/* Of one wave; blue_green's two have other steps of the same hosts. */
static int
say_steps(const struct printer *p, int32_t host, int32_t wave, struct err *err)
{
    const int32_t count = preview_count(p->preview, host);
    struct preview_step s;

    if (count == 0) {
        say(p, "  no step");
    }
    for (int32_t i = 0; i < count; i++) {
        if (preview_step(p->preview, host, i, &s, err) < 0) {
            return -1;
        }
        if (wave == ALL_WAVES || s.wave == wave) {
            say_step(p, &s);
        }
        preview_step_release(&s);
    }
    return 0;
}

/* Each host under the heading of its wave; nobody reads on once the reader has left. */
static int
say_hosts(const struct printer *p, struct err *err)
{
    const struct plan *plan = preview_plan(p->preview);

    for (int32_t wave = 0; wave < plan_wave_count(plan); wave++) {
        plan_wave_line(plan, p->request, wave);
        for (int32_t at = plan_wave_begin(plan, wave); at < plan_wave_end(plan, wave); at++) {
            const int32_t host = plan_host_at(plan, at);
            say(p, "%s:", name_of(p, host));
            say_login(p, host);
            if (say_steps(p, host, wave, err) < 0) {
                return -1;
            }
            if (ferror(stdout)) {
                return 0;
            }
        }
    }
    return 0;
}

/* Hosts whose steps are the same, in the order of the plan. */
struct alike {
    int32_t *hosts; /* owned */
    size_t count, cap;
};

static void
free_alike(void *p)
{
    struct alike *a = p;

    free(a->hosts);
    free(a);
}

static int
find_alike(const struct printer *p, struct map *groups, struct err *err)
{
    const struct plan *plan = preview_plan(p->preview);
    struct printer digest = *p;

    for (int32_t at = 0; at < plan_host_count(plan); at++) {
        const int32_t host = plan_host_at(plan, at);
        char hex[HASH_SHA256_HEX];
        digest.hash = hash_new();
        const int rc = say_steps(&digest, host, ALL_WAVES, err);
        hash_finish(digest.hash, hex);
        hash_free(digest.hash);
        if (rc < 0) {
            return -1;
        }
        struct alike *a = map_get(groups, hex);
        if (a == NULL) {
            a = xcalloc(1, sizeof(*a));
            map_set(groups, hex, a);
        }
        a->hosts = xgrow(a->hosts, a->count, &a->cap, sizeof(*a->hosts));
        a->hosts[a->count++] = host;
    }
    return 0;
}

static void
say_names(const struct printer *p, const struct alike *a)
{
    const char **names = xcalloc(a->count, sizeof(*names));
    struct buf folded;

    for (size_t i = 0; i < a->count; i++) {
        names[i] = name_of(p, a->hosts[i]);
    }
    buf_init(&folded, NAMES_BYTES_MAX);
    nodeset_fold(&folded, names, a->count);
    say(p, "%s (%zu):", folded.data, a->count);
    buf_release(&folded);
    free(names);
}

/* First which are alike, then one of each: no text is kept.  The waves come first, for hosts of
 * several may be alike. */
static int
say_groups(const struct printer *p, struct err *err)
{
    const struct plan *plan = preview_plan(p->preview);
    struct map *groups = map_new(free_alike);
    void *iter = NULL;
    const struct alike *a;
    int rc = find_alike(p, groups, err);

    for (int32_t wave = 0; rc == 0 && wave < plan_wave_count(plan); wave++) {
        plan_wave_line(plan, p->request, wave);
    }
    while (rc == 0 && !ferror(stdout) && (a = map_next(groups, &iter, NULL)) != NULL) {
        say_names(p, a);
        rc = say_steps(p, a->hosts[0], ALL_WAVES, err);
    }
    map_free(groups);
    return rc;
}

static void
say_notes(const struct printer *p)
{
    const struct strv *notes = preview_notes(p->preview);

    for (size_t i = 0; p->whole && i < notes->count; i++) {
        say(p, "%s", notes->items[i]);
    }
}

int
dryrun_show(const struct cli *c, const struct run_request *r, struct err *err)
{
    struct preview *preview = preview_new(r, err);
    const struct printer p = {.escapes = cli_escapes(stdout),
                              .whole = c->options.verbose > 0,
                              .request = r,
                              .preview = preview};
    int rc = 0;

    if (preview == NULL) {
        return -1;
    }
    if (c->options.output != OUTPUT_TEXT) {
        rc = dryrun_json(r, preview, c->options.output == OUTPUT_JSON, err);
    } else if (!c->options.quiet) {
        plan_head(preview_plan(preview), r, c->options.has_seed);
        say_notes(&p);
        rc = c->options.group ? say_groups(&p, err) : say_hosts(&p, err);
        if (rc == 0) {
            (void)fflush(stdout); /* both may be one pipe: this is the last line */
            fputs("nothing was done: this is what would be\n", stderr);
        }
    }
    preview_free(preview);
    return rc;
}
