/*
 * planfile.c - a plan as it is written to a file.
 *
 * Decides what must stay as it is until the plan is run.  Owns the file while it writes.  What is
 * made of it later is planfile_read.c's.
 */
#include "cli/planfile.h"

#include "app/given.h"
#include "app/preview.h"
#include "base/xalloc.h"
#include "cli/past.h"
#include "cli/planfile_parts.h"
#include "cli/show.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = GIVEN_BYTES_MAX };

static void
set_text(struct value *dict, const char *key, const char *text)
{
    if (text != NULL) {
        value_dict_set(dict, key, value_text(text));
    }
}

static struct value *
hosts_of(const struct plan_view *v, struct preview *p, const struct targets *t, struct err *err)
{
    struct value *list = value_new(VALUE_LIST);
    char hex[HASH_SHA256_HEX];

    for (int32_t at = 0; at < plan_host_count(v->plan); at++) {
        const int32_t host = plan_host_at(v->plan, at);
        struct value *one = value_new(VALUE_DICT);
        value_list_add(list, one);
        set_text(one, "name", v->names[host]);
        planfile_vars_digest(v->request, host, hex);
        set_text(one, "vars", hex);
        if (preview_digest(p, host, hex, err) != 0) {
            value_free(list);
            return NULL;
        }
        set_text(one, "gets", hex);
        set_text(one, "release", t == NULL || t->count == 0 ? NULL : t->releases[host]);
    }
    return list;
}

static struct value *
predicted_value(const struct predicted *p)
{
    struct value *dict = value_new(VALUE_DICT);

    value_dict_set(dict, "p50_ms", value_int(p->p50_ms));
    value_dict_set(dict, "p95_ms", value_int(p->p95_ms));
    return dict;
}

static struct value *
future_of(const struct plan_view *v)
{
    struct value *dict = predicted_value(&v->future->whole);
    struct value *waves = value_new(VALUE_LIST);

    for (int32_t i = 0; i < v->future->wave_count; i++) {
        value_list_add(waves, predicted_value(&v->future->waves[i]));
    }
    value_dict_set(dict, "waves", waves);
    value_dict_set(dict, "assumed_ms", value_int(v->assume_ms));
    return dict;
}

static int
add_source(void *arg, const char *path, const char *sha256)
{
    value_dict_set(arg, path, value_text(sha256));
    return 0;
}

static void
add_words(struct value *root, const struct cli *c, const struct plan_view *v)
{
    const struct run_request *r = v->request;
    char *seed = xasprintf("%" PRIu64, r->seed);
    char when[32];

    past_when((int64_t)time(NULL) * 1000, when);
    value_dict_set(root, "inventory_manager_plan", value_int(PLANFILE_FORMAT));
    set_text(root, "program", CLI_VERSION);
    set_text(root, "made", when);
    set_text(root, "action", r->action->name);
    set_text(root, "env", r->env);
    set_text(root, "limit", c->options.limit);
    set_text(root, "nodes", c->options.nodes);
    value_dict_set(root, "given", given_value(r));
    set_text(root, "seed", seed);
    set_text(root, "strategy", strategy_name(plan_policy(v->plan)->strategy));
    free(seed);
}

static struct value *
plan_value(const struct cli *c, const struct loaded *l, const struct plan_view *v,
           struct preview *p, const struct targets *t, struct err *err)
{
    struct value *root = value_new(VALUE_DICT);
    struct value *waves = value_new(VALUE_LIST);
    struct value *sources = value_new(VALUE_DICT);
    struct value *settings = NULL, *action = NULL, *hosts = NULL;
    struct value *named = value_new(VALUE_DICT);

    add_words(root, c, v);
    for (int32_t i = 0; i < plan_wave_count(v->plan); i++) {
        value_list_add(waves, value_int(plan_wave_end(v->plan, i)));
    }
    value_dict_set(root, "waves", waves);
    value_dict_set(root, "sources", named);
    set_text(root, "release", preview_release(p));
    if (v->future != NULL) {
        value_dict_set(root, "predicted", future_of(v));
    }
    settings = planfile_settings(l, err);
    action = settings == NULL ? NULL : planfile_action(l, v->request, err);
    hosts = action == NULL ? NULL : hosts_of(v, p, t, err);
    if (hosts == NULL || preview_sources(p, add_source, sources, err) != 0) {
        value_free(settings);
        value_free(action);
        value_free(hosts);
        value_free(sources);
        value_free(root);
        return NULL;
    }
    for (size_t i = 0; i < sources->count; i++) {
        char *name = planfile_path(v->request, sources->keys[i]);
        set_text(named, name, sources->items[i]->text);
        free(name);
    }
    value_free(sources);
    value_dict_set(root, "settings", settings);
    value_dict_set(root, "action_file", action);
    value_dict_set(root, "hosts", hosts);
    return root;
}

/* ---------------------------------------------------------------- the file */

static int
write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR) {
            return -1;
        }
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int
write_file(const char *path, const char *bytes, size_t len, struct err *err)
{
    char *temp = xasprintf("%s.XXXXXX", path);
    const int fd = mkostemp(temp, O_CLOEXEC);
    int rc = fd < 0 || write_all(fd, bytes, len) < 0 || fsync(fd) < 0 ? -1 : 0;
    int why = errno;

    if (fd >= 0 && close(fd) < 0 && rc == 0) {
        rc = -1;
        why = errno;
    }
    if (rc == 0 && rename(temp, path) < 0) {
        rc = -1;
        why = errno;
    }
    if (rc != 0 && fd >= 0) {
        (void)unlink(temp);
    }
    free(temp);
    return rc == 0 ? 0 : err_set(err, ERR_IO, "%s: cannot be written: %s", path, strerror(why));
}

int
planfile_save(const char *path, const struct cli *c, const struct loaded *l,
              const struct plan_view *v, const struct targets *t, struct err *err)
{
    struct preview *p = preview_new(v->request, err);
    struct value *root = p == NULL ? NULL : plan_value(c, l, v, p, t, err);
    struct buf text;
    int rc = -1;

    buf_init(&text, FILE_BYTES_MAX);
    if (root != NULL) {
        show_json(&text, root, 0);
        buf_addc(&text, '\n');
        rc = text.full ? err_set(err, ERR_IO, "%s: the plan has more than %d MiB", path,
                                 FILE_BYTES_MAX >> 20)
                       : write_file(path, text.data, text.len, err);
    }
    buf_release(&text);
    value_free(root);
    preview_free(p);
    return rc;
}
