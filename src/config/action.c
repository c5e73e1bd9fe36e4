/*
 * action.c - action files decoded: one row a key, every mistake told with its place.
 *
 * Decides what may stand in an action file of this version; what is promised for later is refused
 * as "not yet", never ignored.  Owns the struct action it makes.  Renders nothing.
 */
#include "config/action.h"

#include "base/duration.h"
#include "base/xalloc.h"
#include "config/action_place.h"
#include "config/nearest.h"
#include "config/template.h"
#include "config/yaml.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 1000, RETRIES_MAX = 1000, EXIT_CODE_MAX = 255, MODE_MAX = 07777 };
enum { MODE_DEFAULT = 0644, KEYS_MAX = 25 };

struct decoder {
    struct action *a;
    struct mistakes *m;
    const char *bytes; /* borrowed: the file */
    bool in_finally;
    int kinds; /* seen in the step being read: there must be one */
};

/* A key and what takes its value; NULL: promised, not built yet. */
struct key_rule {
    const char *name;
    int (*take)(struct decoder *d, const struct yaml_node *v, const char *key,
                struct action_step *s);
    unsigned kinds; /* bits of enum action_kind it goes with */
};

enum { ANY_KIND = 1U << ACTION_RUN | 1U << ACTION_UPLOAD | 1U << ACTION_LOCAL };
enum {
    SCRIPTS = 1U << ACTION_RUN | 1U << ACTION_LOCAL,
    REMOTE = 1U << ACTION_RUN | 1U << ACTION_UPLOAD,
};

static const char *const kind_names[] = {
    [ACTION_RUN] = "run", [ACTION_UPLOAD] = "upload", [ACTION_LOCAL] = "local"};
_Static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == ACTION_LOCAL + 1, "a name a kind");

/* ---------------------------------------------------------------- scalars */

static int
expected(struct decoder *d, const struct yaml_node *v, const char *key, const char *what)
{
    (void)yaml_expected(d->m, v, key, "%s", what);
    return -1;
}

static int
take_text(struct decoder *d, const struct yaml_node *v, const char *key, char **ret)
{
    if (v->kind != YAML_NODE_SCALAR || yaml_is_null(v)) {
        return expected(d, v, key, "a text");
    }
    free(*ret);
    *ret = xstrndup(v->text, v->len);
    return 0;
}

/* Tell every mistake of a template, each at its own line. */
static int
check_template(struct decoder *d, const struct yaml_node *v, const char *key,
               const struct action_step *s, const char *text)
{
    size_t from = 0;
    int found = 0;

    while (found < MISTAKES_MAX) {
        struct buf out;
        struct err err = {0};
        size_t at = 0;
        buf_init(&out, TEMPLATE_TEXT_MAX);
        const int rc = template_render(text + from, NULL, false, key, &out, &at, &err);
        buf_release(&out);
        if (rc == 0) {
            break;
        }
        at += from;
        const struct action_spot spot = action_place_of(s, text, at);
        mistakes_add(d->m, "%s:%d:%d: %s", v->file, spot.line, spot.col, err.text);
        found++;
        const char *end = strncmp(text + at, "{{", 2) == 0 ? strstr(text + at, "}}") : text + at;
        if (!end || !*end) {
            break;
        }
        from = (size_t)(end - text) + strnlen(end, 2);
    }
    return found ? -1 : 0;
}

static int
take_template(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s,
              char **ret)
{
    if (take_text(d, v, key, ret)) {
        return -1;
    }
    action_place_note(s, *ret, v, d->bytes);
    return check_template(d, v, key, s, *ret);
}

static int
take_bool(struct decoder *d, const struct yaml_node *v, const char *key, bool *ret)
{
    static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
                                      "YES",  "on",   "On",   "ON"};
    static const char *const no[] = {"false", "False", "FALSE", "no", "No",
                                     "NO",    "off",   "Off",   "OFF"};

    if (v->kind != YAML_NODE_SCALAR || v->style != YAML_STYLE_PLAIN) {
        return expected(d, v, key, "true or false");
    }
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (strcmp(v->text, yes[i]) == 0 || strcmp(v->text, no[i]) == 0) {
            *ret = strcmp(v->text, yes[i]) == 0;
            return 0;
        }
    }
    return expected(d, v, key, "true or false");
}

static int
take_number(struct decoder *d, const struct yaml_node *v, const char *key, long max, long *ret)
{
    char what[64];
    char *end = NULL;
    long n = -1;

    (void)snprintf(what, sizeof(what), "a number from 0 to %ld", max);
    errno = 0;
    if (v->kind == YAML_NODE_SCALAR && v->style == YAML_STYLE_PLAIN && v->len > 0 &&
        strspn(v->text, "0123456789") == v->len) {
        n = strtol(v->text, &end, 10);
    }
    if (n < 0 || n > max || errno != 0) {
        return expected(d, v, key, what);
    }
    *ret = n;
    return 0;
}

static int
take_duration(struct decoder *d, const struct yaml_node *v, const char *key, int64_t *ret_ms)
{
    if (v->kind != YAML_NODE_SCALAR || duration_parse(v->text, ret_ms)) {
        return expected(d, v, key, "a duration such as 500ms, 30s or 1h30m");
    }
    return 0;
}

/* ---------------------------------------------------------------- keys of a step */

static int
step_name(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    return take_template(d, v, key, s, &s->name);
}

static int
step_script(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    s->kind = strcmp(key, "local") == 0 ? ACTION_LOCAL : ACTION_RUN;
    s->rule.local = s->kind == ACTION_LOCAL;
    d->kinds++;
    if (take_template(d, v, key, s, &s->script)) {
        return -1;
    }
    return s->script[0] ? 0 : expected(d, v, key, "a script");
}

static int
upload_mode(struct decoder *d, const struct yaml_node *v, unsigned *ret)
{
    char *end = NULL;
    long mode = -1;

    if (v->kind == YAML_NODE_SCALAR && v->len > 0 && strspn(v->text, "01234567") == v->len) {
        mode = strtol(v->text, &end, 8);
    }
    if (mode < 0 || mode > MODE_MAX) {
        return expected(d, v, "mode", "octal digits such as \"0644\"");
    }
    *ret = (unsigned)mode;
    return 0;
}

static int
step_upload(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    static const char *const names[] = {"src", "dest", "mode"};

    s->kind = ACTION_UPLOAD;
    d->kinds++;
    if (v->kind != YAML_NODE_MAP) {
        return expected(d, v, key, "{src: ..., dest: ...}");
    }
    for (size_t i = 0; i < v->count; i++) {
        const char *name = v->keys[i]->text;
        if (strcmp(name, "src") == 0) {
            take_template(d, v->items[i], name, s, &s->src);
        } else if (strcmp(name, "dest") == 0) {
            take_template(d, v->items[i], name, s, &s->dest);
        } else if (strcmp(name, "mode") == 0) {
            upload_mode(d, v->items[i], &s->mode);
        } else {
            const char *near = nearest_word(name, names, 3);
            yaml_mistake(d->m, v->keys[i], "%s: unknown key of upload: did you mean %s?", name,
                         near ? near : "src, dest or mode");
        }
    }
    if (!yaml_get(v, "src")) {
        yaml_mistake(d->m, v, "upload: src is missing");
    }
    if (!yaml_get(v, "dest")) {
        yaml_mistake(d->m, v, "upload: dest is missing");
    }
    return 0;
}

static bool
is_tag(const struct yaml_node *v)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "_.-";

    return v->kind == YAML_NODE_SCALAR && v->len > 0 && strspn(v->text, letters) == v->len;
}

static int
step_tags(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    const bool one = v->kind == YAML_NODE_SCALAR;

    if (v->kind == YAML_NODE_MAP || (one && yaml_is_null(v))) {
        return expected(d, v, key, "a list of words");
    }
    for (size_t i = 0; i < (one ? 1 : v->count); i++) {
        const struct yaml_node *tag = one ? v : v->items[i];
        if (is_tag(tag)) {
            strv_add(&s->tags, tag->text);
        } else {
            expected(d, tag, key, "a word of letters, digits, '_', '.' and '-'");
        }
    }
    return 0;
}

static int
step_error(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    return take_template(d, v, key, s, &s->error);
}

static int
step_chdir(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    return take_template(d, v, key, s, &s->chdir);
}

static int
step_env(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    if (v->kind != YAML_NODE_MAP) {
        return expected(d, v, key, "NAME: value pairs");
    }
    s->env = xcalloc(v->count, sizeof(*s->env));
    for (size_t i = 0; i < v->count; i++) {
        const struct yaml_node *name = v->keys[i];
        struct action_env *e = &s->env[s->env_count];
        if (!template_may_export(name->text, name->len)) {
            yaml_mistake(d->m, name, "env: '%.60s' cannot be given to a script", name->text);
            continue;
        }
        char *value = NULL;
        if (yaml_is_null(v->items[i])) {
            value = xstrdup("");
        } else {
            take_template(d, v->items[i], name->text, s, &value);
        }
        if (value) {
            *e = (struct action_env){.name = xstrdup(name->text), .value = value};
        }
        s->env_count += value != NULL;
    }
    return 0;
}

static int
step_shell_options(struct decoder *d, const struct yaml_node *v, const char *key,
                   struct action_step *s)
{
    if (v->kind != YAML_NODE_SCALAR || yaml_is_null(v) || v->len > 0) {
        return expected(d, v, key, "\"\" (no set -e)");
    }
    s->set_e = false;
    return 0;
}

static int
step_unless(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    if (take_template(d, v, key, s, &s->unless)) {
        return -1;
    }
    return s->unless[0] ? 0 : expected(d, v, key, "a script");
}

static int
step_creates(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    if (take_template(d, v, key, s, &s->creates)) {
        return -1;
    }
    return s->creates[0] ? 0 : expected(d, v, key, "a path");
}

static int
step_become(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    return take_bool(d, v, key, &s->become);
}

static int
step_become_user(struct decoder *d, const struct yaml_node *v, const char *key,
                 struct action_step *s)
{
    if (take_template(d, v, key, s, &s->become_user)) {
        return -1;
    }
    return s->become_user[0] ? 0 : expected(d, v, key, "the name of a user");
}

static int
step_run_once(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    if (d->in_finally) {
        return yaml_not_yet(d->m, v, "%s under finally", key);
    }
    return take_bool(d, v, key, &s->rule.run_once);
}

static int
step_throttle(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    long n;

    if (d->in_finally) {
        return yaml_not_yet(d->m, v, "%s under finally", key);
    }
    if (take_number(d, v, key, POLICY_WORKERS_MAX, &n)) {
        return -1;
    }
    s->rule.throttle = (int32_t)n;
    return n > 0 ? 0 : expected(d, v, key, "a number of hosts from 1");
}

static int
step_timeout(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    if (take_duration(d, v, key, &s->timeout_ms)) {
        return -1;
    }
    return s->timeout_ms > 0 ? 0 : expected(d, v, key, "a duration of more than 0");
}

static int
step_delay(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    return take_duration(d, v, key, &s->rule.delay_ms);
}

static int
step_idempotent(struct decoder *d, const struct yaml_node *v, const char *key,
                struct action_step *s)
{
    return take_bool(d, v, key, &s->rule.idempotent);
}

static int
step_ignore_errors(struct decoder *d, const struct yaml_node *v, const char *key,
                   struct action_step *s)
{
    return take_bool(d, v, key, &s->rule.ignore_errors);
}

static int
step_retries(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    long n;

    if (take_number(d, v, key, RETRIES_MAX, &n)) {
        return -1;
    }
    s->rule.retries = (int32_t)n;
    return 0;
}

static int
step_ok_exit_codes(struct decoder *d, const struct yaml_node *v, const char *key,
                   struct action_step *s)
{
    const bool one = v->kind == YAML_NODE_SCALAR;

    if (v->kind == YAML_NODE_MAP || (!one && v->count == 0)) {
        return expected(d, v, key, "a list of numbers");
    }
    for (size_t i = 0; i < (one ? 1 : v->count); i++) {
        long code;
        if (take_number(d, one ? v : v->items[i], key, EXIT_CODE_MAX, &code) == 0) {
            s->rule.ok_codes[code / 8] |= (uint8_t)(1U << (code % 8));
        }
    }
    return 0;
}

static const struct key_rule step_keys[] = {
    {"name", step_name, ANY_KIND},
    {"run", step_script, ANY_KIND},
    {"upload", step_upload, ANY_KIND},
    {"local", step_script, ANY_KIND},
    {"tags", step_tags, ANY_KIND},
    {"error", step_error, ANY_KIND},
    {"timeout", step_timeout, ANY_KIND},
    {"idempotent", step_idempotent, ANY_KIND},
    {"retries", step_retries, ANY_KIND},
    {"delay", step_delay, ANY_KIND},
    {"ok_exit_codes", step_ok_exit_codes, SCRIPTS},
    {"ignore_errors", step_ignore_errors, ANY_KIND},
    {"chdir", step_chdir, SCRIPTS},
    {"env", step_env, SCRIPTS},
    {"shell_options", step_shell_options, SCRIPTS},
    {"template", NULL, ANY_KIND},
    {"wait_for", NULL, ANY_KIND},
    {"when", NULL, ANY_KIND},
    {"unless", step_unless, REMOTE},
    {"creates", step_creates, REMOTE},
    {"become", step_become, REMOTE},
    {"become_user", step_become_user, REMOTE},
    {"switch", NULL, ANY_KIND},
    {"run_once", step_run_once, ANY_KIND},
    {"throttle", step_throttle, ANY_KIND},
};
enum { STEP_KEYS = sizeof(step_keys) / sizeof(step_keys[0]) };
_Static_assert(STEP_KEYS == 25, "the keys of docs/actions.md");

/* ---------------------------------------------------------------- steps */

static const struct key_rule *
find_rule(struct decoder *d, const struct key_rule *rules, size_t count,
          const struct yaml_node *key)
{
    const char *names[KEYS_MAX];

    for (size_t i = 0; i < count; i++) {
        names[i] = rules[i].name;
        if (strcmp(key->text, rules[i].name) == 0) {
            if (rules[i].take) {
                return &rules[i];
            }
            yaml_not_yet(d->m, key, "%s", key->text);
            return NULL;
        }
    }
    const char *near = nearest_word(key->text, names, count);
    yaml_mistake(d->m, key, near ? "%.60s: unknown key: did you mean %s?" : "%.60s: unknown key",
                 key->text, near);
    return NULL;
}

static void
check_kind(struct decoder *d, const struct yaml_node *node, const struct action_step *s)
{
    for (size_t i = 0; i < node->count; i++) {
        for (size_t k = 0; k < STEP_KEYS; k++) {
            if (strcmp(node->keys[i]->text, step_keys[k].name) == 0 &&
                !(step_keys[k].kinds & 1U << s->kind)) {
                yaml_mistake(d->m, node->keys[i], "%s: not for a step of the kind %s",
                             step_keys[k].name, kind_names[s->kind]);
            }
        }
    }
    if (d->in_finally && s->kind == ACTION_UPLOAD) {
        yaml_mistake(d->m, node, "upload: cannot stand under finally: only run and local can");
    }
}

static bool
is_promised_kind(const struct yaml_node *node)
{
    return yaml_get(node, "template") || yaml_get(node, "wait_for");
}

static void
check_step(struct decoder *d, const struct yaml_node *node, const struct action_step *s)
{
    const struct yaml_node *retries = yaml_get(node, "retries");

    if (d->kinds == 0 && !is_promised_kind(node)) {
        yaml_mistake(d->m, node, "a step needs one of run, upload, local");
    } else if (d->kinds > 1) {
        yaml_mistake(d->m, node, "a step has one of run, upload, local, not %d", d->kinds);
    } else if (d->kinds == 1) {
        check_kind(d, node, s);
    }
    const struct yaml_node *user = yaml_get(node, "become_user");
    if (user && !s->become) {
        yaml_mistake(d->m, user, "become_user: only with become: true");
    }
    if (retries && !s->rule.idempotent) {
        yaml_mistake(d->m, retries,
                     "retries: only with idempotent: true, for a step that may run "
                     "twice");
    }
}

static void
read_step(struct decoder *d, const struct yaml_node *node, size_t number, struct action_step *s)
{
    *s = (struct action_step){
        .mode = MODE_DEFAULT, .set_e = true, .line = node->line, .col = node->col};
    d->kinds = 0;
    if (node->kind != YAML_NODE_MAP) {
        expected(d, node, "steps", "a step: `run: ...`, `upload: ...` or `local: ...`");
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct key_rule *rule = find_rule(d, step_keys, STEP_KEYS, node->keys[i]);
        if (rule) {
            rule->take(d, node->items[i], rule->name, s);
        }
    }
    check_step(d, node, s);
    if (!s->name) {
        s->name = xasprintf("%s %zu", kind_names[s->kind], number);
    }
}

static int
read_steps(struct decoder *d, const struct yaml_node *v, const char *key,
           struct action_step **ret_steps, size_t *ret_count)
{
    if (v->kind != YAML_NODE_LIST || v->count == 0) {
        return expected(d, v, key, "a list of steps");
    }
    if (v->count > STEPS_MAX) {
        return yaml_mistake(d->m, v, "%s: %zu steps: at most %d", key, v->count, STEPS_MAX);
    }
    *ret_steps = xcalloc(v->count, sizeof(**ret_steps));
    *ret_count = v->count;
    for (size_t i = 0; i < v->count; i++) {
        read_step(d, v->items[i], i + 1, &(*ret_steps)[i]);
    }
    return 0;
}

/* ---------------------------------------------------------------- keys of an action */

static int
top_name(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    char *written = NULL;

    (void)s;
    if (take_text(d, v, key, &written)) {
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
    return take_text(d, v, key, &d->a->description);
}

static int
top_mutating(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    (void)s;
    return take_bool(d, v, key, &d->a->mutating);
}

static int
top_produces(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    (void)s;
    if (!is_tag(v) || yaml_is_null(v)) {
        return expected(d, v, key, "a word of letters, digits, '_', '.' and '-'");
    }
    return take_text(d, v, key, &d->a->produces);
}

static int
top_steps(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    (void)s;
    d->in_finally = false;
    return read_steps(d, v, key, &d->a->steps, &d->a->step_count);
}

static int
top_finally(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    (void)s;
    d->in_finally = true;
    return read_steps(d, v, key, &d->a->finally_steps, &d->a->finally_count);
}

static const struct key_rule top_keys[] = {
    {"name", top_name, 0},         {"description", top_description, 0},
    {"mutating", top_mutating, 0}, {"produces", top_produces, 0},
    {"steps", top_steps, 0},       {"finally", top_finally, 0},
    {"health_check", NULL, 0},     {"rollback", NULL, 0},
};
enum { TOP_KEYS = sizeof(top_keys) / sizeof(top_keys[0]) };
_Static_assert(TOP_KEYS == 8, "the keys of docs/actions.md");

static void
read_top(struct decoder *d, const struct yaml_node *root)
{
    for (size_t i = 0; i < root->count; i++) {
        const struct key_rule *rule = find_rule(d, top_keys, TOP_KEYS, root->keys[i]);
        if (rule) {
            rule->take(d, root->items[i], rule->name, NULL);
        }
    }
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

struct action *
action_of_script(const char *name, const char *script)
{
    struct action *a = xcalloc(1, sizeof(*a));

    a->name = xstrdup(name);
    a->description = xstrdup("");
    a->produces = xstrdup("");
    a->steps = xcalloc(1, sizeof(*a->steps));
    a->step_count = 1;
    a->steps[0] = (struct action_step){.kind = ACTION_RUN,
                                       .name = xstrdup(name),
                                       .script = xstrdup(script),
                                       .mode = MODE_DEFAULT,
                                       .verbatim = true};
    return a;
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
    free(a->name);
    free(a->description);
    free(a->file);
    free(a->dir);
    free(a->produces);
    free(a);
}
