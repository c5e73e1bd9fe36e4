/*
 * action.c - whole action files: their own keys, where they end up, how they are freed.
 *
 * Decides what may stand in an action file beside its steps (action_step.c); what is promised for
 * later is refused as "not yet", never ignored.  Owns the struct action it makes.
 */
#include "config/action.h"

#include "base/xalloc.h"
#include "config/action_place.h"
#include "config/action_read.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- keys of an action */

static int
top_name(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    char *written = NULL;

    (void)s;
    if (action_text(d, v, key, &written)) {
        return -1;
    }
    if (strcmp(written, d->a->name) != 0) {
        yaml_mistake(d->m, v, "name: expected the name of the file, %s, got \"%.60s\"", d->a->name,
                     written);
    }
    free(written);
    return 0;
}

static int
top_description(struct decoder *d, const struct yaml_node *v, const char *key,
                struct action_step *s)
{
    (void)s;
    return action_text(d, v, key, &d->a->description);
}

static int
top_mutating(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    (void)s;
    return action_bool(d, v, key, &d->a->mutating);
}

static int
top_produces(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    (void)s;
    if (!action_is_word(v) || yaml_is_null(v)) {
        return action_expected(d, v, key, "a word of letters, digits, '_', '.' and '-'");
    }
    return action_text(d, v, key, &d->a->produces);
}

static int
top_steps(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    (void)s;
    d->list = ACTION_IN_STEPS;
    return action_read_steps(d, v, key, &d->a->steps, &d->a->step_count);
}

static int
top_finally(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    (void)s;
    d->list = ACTION_IN_FINALLY;
    return action_read_steps(d, v, key, &d->a->finally_steps, &d->a->finally_count);
}

/* An empty list is a word too: nothing can be taken back, or nothing need be. */
static int
top_rollback(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    (void)s;
    d->list = ACTION_IN_ROLLBACK;
    d->a->no_rollback = v->kind == YAML_NODE_LIST && v->count == 0;
    return d->a->no_rollback
               ? 0
               : action_read_steps(d, v, key, &d->a->rollback_steps, &d->a->rollback_count);
}

static int
top_health_check(struct decoder *d, const struct yaml_node *v, const char *key,
                 struct action_step *s)
{
    (void)s;
    return action_read_checks(d, v, key, &d->a->checks, &d->a->check_count);
}

static const struct action_rule top_keys[] = {
    {"name", top_name, 0, NULL, 0},
    {"description", top_description, 0, NULL, 0},
    {"mutating", top_mutating, 0, NULL, 0},
    {"produces", top_produces, 0, NULL, 0},
    {"steps", top_steps, 0, NULL, 0},
    {"finally", top_finally, 0, NULL, 0},
    {"health_check", top_health_check, 0, NULL, 0},
    {"rollback", top_rollback, 0, NULL, 0},
};
enum { TOP_KEYS = sizeof(top_keys) / sizeof(top_keys[0]) };
_Static_assert(TOP_KEYS == 8, "the keys of docs/actions.md");

static void
read_top(struct decoder *d, const struct yaml_node *root)
{
    action_take_keys(d, root, top_keys, TOP_KEYS, NULL);
    if (!yaml_get(root, "name")) {
        yaml_mistake(d->m, root, "name is missing: expected `name: %s`", d->a->name);
    }
    if (!yaml_get(root, "steps")) {
        yaml_mistake(d->m, root, "steps is missing");
    }
}

/* ---------------------------------------------------------------- whole actions */

static struct action *
new_action(const char *path)
{
    struct action *a = xcalloc(1, sizeof(*a));
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');

    a->file = xstrdup(path);
    a->dir = slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
    a->name = xstrndup(base, dot ? (size_t)(dot - base) : strlen(base));
    a->description = xstrdup("");
    a->produces = xstrdup("");
    a->mutating = true;
    return a;
}

struct action *
action_load_file(const char *path, struct mistakes *m)
{
    const int before = m->count;
    struct yaml *y = yaml_load(path, YAML_SMALL_MAX, YAML_REPEAT_ERROR, m);
    struct decoder d = {.m = m};

    if (!y) {
        return NULL;
    }
    size_t len = 0;
    d.a = new_action(path);
    d.bytes = yaml_bytes(y, &len);
    const struct yaml_node *root = yaml_root(y);
    if (root && root->kind == YAML_NODE_MAP) {
        read_top(&d, root);
    } else {
        mistakes_add(m, "%s:1:1: expected an action: `name: %s` and `steps:`", path, d.a->name);
    }
    yaml_close(y);
    if (m->count == before) {
        return d.a;
    }
    action_free(d.a);
    return NULL;
}

/* Of one step, which is not in a file. */
static struct action *
action_of_step(const char *name, const struct action_step *step)
{
    struct action *a = xcalloc(1, sizeof(*a));

    a->name = xstrdup(name);
    a->description = xstrdup("");
    a->produces = xstrdup("");
    a->steps = xmemdup(step, sizeof(*step));
    a->steps[0].name = xstrdup(name);
    a->steps[0].verbatim = true;
    a->step_count = 1;
    return a;
}

struct action *
action_of_script(const char *name, const char *script)
{
    const struct action_step step = {.kind = ACTION_RUN, .script = xstrdup(script)};

    return action_of_step(name, &step);
}

struct action *
action_of_upload(const char *name, const char *src, const char *dest)
{
    const struct action_step step = {
        .kind = ACTION_UPLOAD, .src = xstrdup(src), .dest = xstrdup(dest), .keep_mode = true};

    return action_of_step(name, &step);
}

static void
free_steps(struct action_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct action_step *s = &steps[i];
        for (size_t e = 0; e < s->env_count; e++) {
            free(s->env[e].name);
            free(s->env[e].value);
        }
        free(s->env);
        free(s->name);
        free(s->script);
        free(s->src);
        free(s->dest);
        free(s->chdir);
        free(s->error);
        free(s->port);
        free(s->path);
        free(s->host);
        free(s->ca);
        free(s->statuses);
        for (size_t w = 0; w < s->when_count; w++) {
            free(s->when[w].text);
        }
        free(s->when);
        free(s->unless);
        free(s->creates);
        free(s->become_user);
        strv_clear(&s->tags);
        action_place_release(s);
    }
    free(steps);
}

void
action_free(struct action *a)
{
    if (!a) {
        return;
    }
    free_steps(a->steps, a->step_count);
    free_steps(a->finally_steps, a->finally_count);
    free_steps(a->rollback_steps, a->rollback_count);
    free_steps(a->checks, a->check_count);
    free(a->name);
    free(a->description);
    free(a->file);
    free(a->dir);
    free(a->produces);
    free(a);
}
