/*
 * dryrun_json.c - the steps of every host as they would be sent, for programs.
 *
 * Decides the fields; docs/events.md has them.  Owns one object at a time.
 */
#include "cli/dryrun.h"

#include "base/escape.h"
#include "base/hash.h"
#include "base/xalloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A stream of objects, or one array of them. */
struct writer {
    bool array;
    bool begun;
};

static void
put(struct writer *w, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);

    if (text == NULL) {
        abort(); /* out of memory: every text in it is valid UTF-8 */
    }
    if (w->array) {
        fputs(w->begun ? ",\n" : "[\n", stdout);
    }
    fputs(text, stdout);
    if (!w->array) {
        putchar('\n');
    }
    w->begun = true;
    free(text);
    json_decref(object);
}

/* key, or key_base64 where the bytes are no UTF-8. */
static void
set_bytes(json_t *o, const char *key, const char *bytes, size_t len)
{
    if (bytes == NULL) {
        return;
    }
    if (utf8_valid(bytes, len)) {
        json_object_set_new(o, key, json_stringn(bytes, len));
        return;
    }
    char *encoded = xcalloc(4 * ((len + 2) / 3) + 1, 1);
    char *longer = xasprintf("%s_base64", key);
    base64_encode(bytes, len, encoded);
    json_object_set_new(o, longer, json_string(encoded));
    free(longer);
    free(encoded);
}

static void
set_text(json_t *o, const char *key, const char *text)
{
    set_bytes(o, key, text, text == NULL ? 0 : strlen(text));
}

static void
set_int(json_t *o, const char *key, int64_t value, int64_t none)
{
    if (value != none) {
        json_object_set_new(o, key, json_integer(value));
    }
}

static json_t *
object_of(const struct run_request *r, const char *type)
{
    json_t *o = json_object();

    json_object_set_new(o, "type", json_string(type));
    set_text(o, "env", r->env);
    set_text(o, "action", r->action->name);
    return o;
}

static const char *
name_of(const struct run_request *r, int32_t host)
{
    return inventory_host(r->inventory, r->hosts[host])->name;
}

static void
put_plan(struct writer *w, const struct run_request *r, const struct plan *p)
{
    json_t *version = json_object();
    json_t *o = object_of(r, "run_planned");
    json_t *hosts = json_array();

    json_object_set_new(version, "type", json_string("version"));
    json_object_set_new(version, "format", json_integer(1));
    put(w, version);
    for (int32_t at = 0; at < plan_host_count(p); at++) {
        json_array_append_new(hosts, json_string(name_of(r, plan_host_at(p, at))));
    }
    json_object_set_new(o, "hosts", hosts);
    set_text(o, "strategy", strategy_name(plan_policy(p)->strategy));
    set_int(o, "workers", plan_policy(p)->workers, -1);
    set_int(o, "waves", plan_has_waves(p) ? plan_wave_count(p) : 0, 0);
    set_int(o, "step_count", plan_step_count(p), -1);
    put(w, o);
}

static json_t *
login_of(const struct target *t)
{
    json_t *o = json_object();

    set_text(o, "user", t->user);
    set_text(o, "address", t->address);
    set_int(o, "port", t->port, 0);
    return o;
}

/* The hosts on the way, the first one first. */
static void
append_way(json_t *through, const struct target *t)
{
    if (t->jump != NULL) {
        append_way(through, t->jump);
        json_array_append_new(through, login_of(t->jump));
    }
}

static void
put_host(struct writer *w, const struct run_request *r, const struct preview *p, int32_t host)
{
    const struct target *t = preview_target(p, host);

    if (t == NULL) {
        return;
    }
    json_t *o = object_of(r, "host_planned");
    set_text(o, "host", name_of(r, host));
    if (t->local) {
        json_object_set_new(o, "local", json_true());
    } else {
        json_object_update_new(o, login_of(t));
    }
    if (t->jump != NULL) {
        json_t *through = json_array();
        append_way(through, t);
        json_object_set_new(o, "through", through);
    }
    set_text(o, "proxy_command", t->proxy_command);
    put(w, o);
}

static void
set_rules(json_t *o, const struct preview_step *s)
{
    const struct plan_step *rule = &s->step->rule;

    if (s->rendered.become) {
        set_text(o, "become_user",
                 s->rendered.become_user == NULL ? "root" : s->rendered.become_user);
    }
    if (rule->run_once) {
        json_object_set_new(o, "run_once", json_true());
    }
    set_int(o, "throttle", rule->throttle, 0);
    set_int(o, "retries", rule->retries, 0);
    if (rule->ignore_errors) {
        json_object_set_new(o, "ignore_errors", json_true());
    }
    set_int(o, "timeout_ms", s->step->timeout_ms, 0);
}

static void
set_work(json_t *o, const struct preview_step *s)
{
    const struct rendered *r = &s->rendered;
    char mode[8];

    set_bytes(o, "guard", r->guard, r->guard_len);
    set_bytes(o, "script", r->script, r->script_len);
    set_text(o, "wait_for", r->awaited);
    set_text(o, "asked", s->asked);
    set_text(o, "src", r->src);
    set_text(o, "dest", r->dest);
    if (s->bytes >= 0 && s->files < 0) {
        (void)snprintf(mode, sizeof(mode), "%04o", s->mode);
        set_text(o, "mode", mode);
    }
    set_int(o, "bytes", s->bytes, -1);
    set_int(o, "files", s->files, -1);
    set_bytes(o, "content", r->content, r->content_len);
}

static const char *const lists[] = {
    [LIST_FINALLY] = "finally", [LIST_CHECKS] = "check", [LIST_ROLLBACK] = "rollback"};
_Static_assert(sizeof(lists) / sizeof(lists[0]) == STEP_LISTS, "a field a list");

static void
put_step(struct writer *w, const struct run_request *r, const struct plan *p, int32_t host,
         const struct preview_step *s)
{
    json_t *o = object_of(r, "step_planned");

    set_text(o, "host", name_of(r, host));
    if (plan_has_waves(p)) {
        set_int(o, "wave", s->wave + 1, 0);
        set_int(o, "waves", plan_wave_count(p), 0);
    }
    set_int(o, "step", s->number, 0);
    set_int(o, "step_count", s->count, 0);
    set_text(o, "step_name", s->rendered.name == NULL ? s->step->name : s->rendered.name);
    if (lists[s->list] != NULL) {
        json_object_set_new(o, lists[s->list], json_true());
    }
    set_text(o, "kind", action_kind_name(s->step->kind));
    if (s->rendered.skipped) {
        set_text(o, "skipped", "when");
    } else {
        set_rules(o, s);
        set_work(o, s);
    }
    put(w, o);
}

int
dryrun_json(const struct run_request *r, struct preview *p, bool array, struct err *err)
{
    const struct plan *plan = preview_plan(p);
    struct writer w = {.array = array};
    struct preview_step s;

    put_plan(&w, r, plan);
    for (int32_t at = 0; at < plan_host_count(plan) && !ferror(stdout); at++) {
        const int32_t host = plan_host_at(plan, at);
        put_host(&w, r, p, host);
        for (int32_t i = 0; i < preview_count(p, host); i++) {
            if (preview_step(p, host, i, &s, err) < 0) {
                return -1;
            }
            put_step(&w, r, plan, host, &s);
            preview_step_release(&s);
        }
    }
    if (array) {
        fputs("\n]\n", stdout);
    }
    return 0;
}
