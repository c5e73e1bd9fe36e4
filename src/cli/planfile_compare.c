/*
 * planfile_compare.c - what has changed since a plan was kept.
 *
 * Decides how a change is named.  Every one is told, not only the first.
 */
#include "cli/planfile.h"

#include "app/preview.h"
#include "base/nodeset.h"
#include "base/xalloc.h"
#include "cli/planfile_parts.h"
#include "cli/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_BYTES_MAX = 64 * 1024, SHOWN_BYTES_MAX = 200 };

static void
note(struct planfile *p, const char *what, const char *name, const char *how)
{
    strv_take(&p->changes, xasprintf("%s: %s%s", what, name, how));
}

/* Hosts of which the same is to be said: one line. */
static void
note_hosts(struct planfile *p, const char *before, const struct strv *names, const char *one,
           const char *many)
{
    struct buf folded;

    if (names->count == 0) {
        return;
    }
    buf_init(&folded, NAMES_BYTES_MAX);
    buf_adds(&folded, before);
    nodeset_fold(&folded, (const char *const *)names->items, names->count);
    note(p, "inventory", folded.full ? "many hosts" : folded.data, names->count == 1 ? one : many);
    buf_release(&folded);
}

static const char *
name_at(const struct planfile *p, size_t i)
{
    return value_dict_get(p->hosts->items[i], "name")->text;
}

static const char *
digest_at(const struct planfile *p, size_t i, const char *key)
{
    return value_dict_get(p->hosts->items[i], key)->text;
}

/* ---------------------------------------------------------------- hosts */

static struct map *
indexes_of(const struct inventory *inv, size_t *numbers)
{
    struct map *m = map_new(NULL);

    for (size_t i = 0; i < inventory_count(inv); i++) {
        numbers[i] = i;
        map_set(m, inventory_host(inv, i)->name, &numbers[i]);
    }
    return m;
}

static void
note_added(struct planfile *p, const struct loaded *l)
{
    struct map *planned = map_new(NULL);
    struct strv added = {0};

    for (size_t i = 0; i < p->hosts->count; i++) {
        map_set(planned, name_at(p, i), p);
    }
    for (size_t i = 0; i < l->host_count; i++) {
        const char *name = inventory_host(l->inventory, l->hosts[i])->name;
        if (map_get(planned, name) == NULL) {
            strv_add(&added, name);
        }
    }
    note_hosts(p, "", &added, " was added", " were added");
    strv_clear(&added);
    map_free(planned);
}

void
planfile_take_hosts(struct planfile *p, struct loaded *l)
{
    size_t *numbers = xcalloc(inventory_count(l->inventory), sizeof(*numbers));
    bool *selected = xcalloc(inventory_count(l->inventory), sizeof(*selected));
    struct map *indexes = indexes_of(l->inventory, numbers);
    struct strv gone = {0}, left_out = {0};
    size_t count = 0;

    if (l->unselected == NULL) {
        note_added(p, l);
    }
    for (size_t i = 0; i < l->host_count; i++) {
        selected[l->hosts[i]] = true;
    }
    free(l->hosts);
    l->hosts = xcalloc(p->hosts->count, sizeof(*l->hosts));
    for (size_t i = 0; i < p->hosts->count; i++) {
        const size_t *at = map_get(indexes, name_at(p, i));
        if (at == NULL) {
            strv_add(&gone, name_at(p, i));
            continue;
        }
        if (!selected[*at] && l->unselected == NULL) {
            strv_add(&left_out, name_at(p, i));
        }
        l->hosts[count++] = *at;
    }
    l->host_count = count;
    note_hosts(p, "", &gone, " is gone", " are gone");
    if (gone.count == 0 && l->unselected != NULL) {
        note(p, "inventory", l->unselected, "");
    }
    note_hosts(p, "", &left_out, " is not selected any more", " are not selected any more");
    strv_clear(&gone);
    strv_clear(&left_out);
    map_free(indexes);
    free(selected);
    free(numbers);
}

/* The host of the request that has this name; they stand in the plan's order. */
static int32_t
next_host(const struct run_request *r, size_t *at, const char *name)
{
    if (*at < r->host_count &&
        strcmp(inventory_host(r->inventory, r->hosts[*at])->name, name) == 0) {
        return (int32_t)(*at)++;
    }
    return -1;
}

static void
compare_vars(struct planfile *p, const struct run_request *r)
{
    struct strv changed = {0};
    char hex[HASH_SHA256_HEX];
    size_t at = 0;

    for (size_t i = 0; i < p->hosts->count; i++) {
        const int32_t host = next_host(r, &at, name_at(p, i));
        if (host < 0) {
            continue;
        }
        planfile_vars_digest(r, host, hex);
        if (strcmp(hex, digest_at(p, i, "vars")) != 0) {
            strv_add(&changed, name_at(p, i));
        }
    }
    note_hosts(p, "variables or groups of ", &changed, " differ", " differ");
    strv_clear(&changed);
}

static void
compare_releases(struct planfile *p, const struct run_request *r, const struct targets *t)
{
    size_t at = 0;

    for (size_t i = 0; t != NULL && t->count > 0 && i < p->hosts->count; i++) {
        const struct value *kept = value_dict_get(p->hosts->items[i], "release");
        const int32_t host = next_host(r, &at, name_at(p, i));
        if (host >= 0 && (kept == NULL || kept->kind != VALUE_TEXT ||
                          strcmp(kept->text, t->releases[host]) != 0)) {
            char *how = xasprintf(" goes back to %s now", t->releases[host]);
            note(p, "release", name_at(p, i), how);
            free(how);
        }
    }
}

/* Only where nothing else explains it: groups of others, a file that a template names. */
static int
compare_gets(struct planfile *p, const struct run_request *r, struct preview *preview,
             struct err *err)
{
    struct strv changed = {0};
    char hex[HASH_SHA256_HEX];
    size_t at = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && p->changes.count == 0 && i < p->hosts->count; i++) {
        const int32_t host = next_host(r, &at, name_at(p, i));
        if (host < 0) {
            continue;
        }
        rc = preview_digest(preview, host, hex, err);
        if (rc == 0 && strcmp(hex, digest_at(p, i, "gets")) != 0) {
            strv_add(&changed, name_at(p, i));
        }
    }
    note_hosts(p, "", &changed, " would get something else", " would get something else");
    strv_clear(&changed);
    return rc;
}

/* ---------------------------------------------------------------- files */

static void
show_value(const struct value *v, char ret[SHOWN_BYTES_MAX])
{
    struct buf text;

    buf_init(&text, NAMES_BYTES_MAX);
    if (v == NULL) {
        buf_adds(&text, "not set");
    } else {
        show_json(&text, v, SHOW_COMPACT);
    }
    (void)snprintf(ret, SHOWN_BYTES_MAX, "%s", text.data);
    buf_release(&text);
}

static void
compare_setting(struct planfile *p, const char *key, const struct value *was,
                const struct value *is)
{
    char before[SHOWN_BYTES_MAX], now[SHOWN_BYTES_MAX];

    if (was != NULL && is != NULL && value_is_same(was, is)) {
        return;
    }
    show_value(was, before);
    show_value(is, now);
    char *how = xasprintf(" was %s, is %s", before, now);
    note(p, "settings", key, how);
    free(how);
}

static int
compare_settings(struct planfile *p, const struct loaded *l, struct err *err)
{
    struct value *now = planfile_settings(l, err);

    if (now == NULL) {
        return -1;
    }
    for (size_t i = 0; i < p->settings->count; i++) {
        const char *key = p->settings->keys[i];
        compare_setting(p, key, p->settings->items[i], value_dict_get(now, key));
    }
    for (size_t i = 0; i < now->count; i++) {
        if (value_dict_get(p->settings, now->keys[i]) == NULL) {
            compare_setting(p, now->keys[i], NULL, now->items[i]);
        }
    }
    value_free(now);
    return 0;
}

static int
compare_action(struct planfile *p, const struct loaded *l, const struct run_request *r,
               struct err *err)
{
    struct value *now = planfile_action(l, r, err);

    if (now == NULL) {
        return -1;
    }
    const char *path = value_dict_get(now, "path")->text;
    const struct value *was = value_dict_get(p->action_file, "path");
    if (was == NULL || !value_is_same(was, value_dict_get(now, "path"))) {
        note(p, "action", path, " is the file now");
    } else if (!value_is_same(p->action_file, now)) {
        note(p, "action", path, " differs");
    }
    value_free(now);
    return 0;
}

struct comparing {
    struct planfile *p;
    const struct run_request *r;
    struct map *now;  /* path -> digest, for the run */
    struct map *seen; /* as the plan names them */
};

static int
compare_source(void *arg, const char *path, const char *sha256)
{
    struct comparing *c = arg;
    char *name = planfile_path(c->r, path);
    const struct value *was = value_dict_get(c->p->sources, name);

    map_set(c->now, path, xstrdup(sha256));
    map_set(c->seen, name, c);
    if (was == NULL) {
        note(c->p, "artifact", name, " is new");
    } else if (was->kind != VALUE_TEXT || strcmp(was->text, sha256) != 0) {
        note(c->p, "artifact", name, " differs");
    }
    free(name);
    return 0;
}

static int
compare_sources(struct planfile *p, const struct run_request *r, const struct preview *preview,
                struct map *now, struct err *err)
{
    struct comparing c = {.p = p, .r = r, .now = now, .seen = map_new(NULL)};
    const int rc = preview_sources(preview, compare_source, &c, err);

    for (size_t i = 0; rc == 0 && i < p->sources->count; i++) {
        if (map_get(c.seen, p->sources->keys[i]) == NULL) {
            note(p, "artifact", p->sources->keys[i], " is not sent any more");
        }
    }
    map_free(c.seen);
    return rc;
}

/* The release follows from what was compared, or from a file that is not sent. */
static void
compare_release(struct planfile *p, const char *release)
{
    if (p->changes.count == 0 && p->release != NULL && strcmp(p->release, release) != 0) {
        note(p, "release", release[0] == '\0' ? "none" : release, " is what it would be now");
    }
}

/* So do the waves; if they differ alone, it is this program that makes others. */
static void
compare_waves(struct planfile *p, const struct plan *plan)
{
    bool same = p->changes.count > 0 || p->waves->count == (size_t)plan_wave_count(plan);

    for (int32_t i = 0; same && p->changes.count == 0 && i < plan_wave_count(plan); i++) {
        const struct value *end = p->waves->items[i];
        same = end->kind == VALUE_INT && end->integer == plan_wave_end(plan, i);
    }
    if (!same) {
        note(p, "waves", "this version of the program", " makes others");
    }
}

static int
compare(struct planfile *p, const struct loaded *l, const struct run_request *r,
        const struct targets *t, struct map *now, struct err *err)
{
    struct preview *preview;
    int rc = -1;

    compare_vars(p, r);
    compare_releases(p, r, t);
    if (compare_settings(p, l, err) != 0 || compare_action(p, l, r, err) != 0) {
        return -1;
    }
    preview = preview_new(r, err);
    if (preview != NULL && compare_sources(p, r, preview, now, err) == 0) {
        compare_release(p, preview_release(preview));
        compare_waves(p, preview_plan(preview));
        rc = compare_gets(p, r, preview, err);
    }
    preview_free(preview);
    return rc;
}

static void
tell_changes(const struct planfile *p)
{
    for (size_t i = 0; i < p->changes.count; i++) {
        cli_print_near(stderr, p->changes.items[i]);
        fputc('\n', stderr);
    }
}

/* What cannot even be planned any more is told with the changes that may be why. */
int
planfile_verify(struct planfile *p, const struct loaded *l, const struct run_request *r,
                const struct targets *t, bool force, struct map **ret_sources, struct err *err)
{
    *ret_sources = map_new(free);
    const int rc = r->host_count == 0 ? err_set(err, ERR_NO_MATCH, "no host of %s is left", p->path)
                                      : compare(p, l, r, t, *ret_sources, err);

    tell_changes(p);
    if (rc != 0 || p->changes.count == 0) {
        return rc;
    }
    if (force) {
        fprintf(stderr, "--force: the hosts and the order are those of the plan, all else is as it "
                        "is now\n");
        return 0;
    }
    return err_set(err, ERR_CONFIG,
                   "%s: %zu thing%s changed since it was made; nothing was started (--force takes "
                   "what is there now)",
                   p->path, p->changes.count, p->changes.count == 1 ? " has" : "s have");
}
