/*
 * action_step.c - the steps of an action decoded: one row a key, with the kinds it goes with.
 *
 * Decides what may stand in a step, by the list it is in.  Renders nothing.
 */
#include "config/action_read.h"

#include "base/xalloc.h"
#include "config/condition.h"
#include "config/template.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 1000, RETRIES_MAX = 1000, EXIT_CODE_MAX = 255, MODE_MAX = 07777 };
enum {
    WAIT_MS = 300 * 1000, /* Ansible's */
    WAIT_GRACE_MS = 10 * 1000,
};

enum {
    RUN = 1U << ACTION_RUN,
    LOCAL = 1U << ACTION_LOCAL,
    FILES = 1U << ACTION_UPLOAD | 1U << ACTION_TEMPLATE,
    SCRIPTS = RUN | LOCAL,
    REMOTE = RUN | FILES | 1U << ACTION_WAIT_FOR,
    ANY_KIND = REMOTE | LOCAL,
};

static const char *const kind_names[] = {
    [ACTION_RUN] = "run",           [ACTION_UPLOAD] = "upload",     [ACTION_LOCAL] = "local",
    [ACTION_TEMPLATE] = "template", [ACTION_WAIT_FOR] = "wait_for", [ACTION_HTTP] = "http",
    [ACTION_TCP] = "tcp",
};
_Static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == ACTION_TCP + 1, "a name a kind");

static const char *const list_names[] = {[ACTION_IN_STEPS] = "steps",
                                         [ACTION_IN_ROLLBACK] = "rollback",
                                         [ACTION_IN_FINALLY] = "finally"};

const char *
action_kind_name(enum action_kind kind)
{
    return kind_names[kind];
}

/* ---------------------------------------------------------------- keys of a step */

int
action_take_script(struct decoder *d, const struct yaml_node *v, const char *key,
                   struct action_step *s)
{
    s->kind = strcmp(key, "local") == 0 ? ACTION_LOCAL : ACTION_RUN;
    s->rule.local = s->kind == ACTION_LOCAL;
    d->kinds++;
    if (action_template(d, v, key, s, &s->script)) {
        return -1;
    }
    return s->script[0] ? 0 : action_expected(d, v, key, "a script");
}

/* ---- what stands under upload, template and wait_for */

static int
part_mode(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    char *end = NULL;
    long mode = -1;

    if (v->kind == YAML_NODE_SCALAR && v->len > 0 && strspn(v->text, "01234567") == v->len) {
        mode = strtol(v->text, &end, 8);
    }
    if (mode < 0 || mode > MODE_MAX) {
        return action_expected(d, v, key, "octal digits such as \"0644\"");
    }
    s->mode = (unsigned)mode;
    return 0;
}

static int
part_state(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    const char *text = v->kind == YAML_NODE_SCALAR ? v->text : "";

    s->absent = strcmp(text, "absent") == 0 || strcmp(text, "stopped") == 0;
    if (!s->absent && strcmp(text, "present") != 0 && strcmp(text, "started") != 0) {
        return action_expected(d, v, key, "present or absent (of a port: started or stopped)");
    }
    return 0;
}

static int
step_timeout(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s);

static const struct action_rule file_parts[] = {
    {"src", ACTION_TEXT(src, NULL), 0},
    {"dest", ACTION_TEXT(dest, NULL), 0},
    {"mode", part_mode, 0, NULL, 0},
};
static const struct action_rule wait_parts[] = {
    {"port", ACTION_TEXT(port, NULL), 0},  {"path", ACTION_TEXT(path, NULL), 0},
    {"host", ACTION_TEXT(host, NULL), 0},  {"state", part_state, 0, NULL, 0},
    {"timeout", step_timeout, 0, NULL, 0},
};
enum { FILE_PARTS = 3, WAIT_PARTS = 5 };

static int
step_file(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    s->kind = strcmp(key, "template") == 0 ? ACTION_TEMPLATE : ACTION_UPLOAD;
    d->kinds++;
    if (v->kind != YAML_NODE_MAP) {
        return action_expected(d, v, key, "{src: ..., dest: ...}");
    }
    action_take_keys(d, v, file_parts, FILE_PARTS, s);
    if (!yaml_get(v, "src")) {
        yaml_mistake(d->m, v, "%s: src is missing", key);
    }
    if (!yaml_get(v, "dest")) {
        yaml_mistake(d->m, v, "%s: dest is missing", key);
    }
    return 0;
}

static int
step_wait_for(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    s->kind = ACTION_WAIT_FOR;
    s->rule.idempotent = true;
    s->rule.looks = true;
    d->kinds++;
    if (v->kind != YAML_NODE_MAP) {
        return action_expected(d, v, key, "{port: ...} or {path: ...}");
    }
    if (!yaml_get(v, "port") == !yaml_get(v, "path")) {
        yaml_mistake(d->m, v, "%s: expected one of port and path", key);
    }
    if (yaml_get(v, "host") && !yaml_get(v, "port")) {
        yaml_mistake(d->m, yaml_get(v, "host"), "host: only with port");
    }
    action_take_keys(d, v, wait_parts, WAIT_PARTS, s);
    return 0;
}

static int
step_tags(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    const bool one = v->kind == YAML_NODE_SCALAR;

    if (v->kind == YAML_NODE_MAP || (one && yaml_is_null(v))) {
        return action_expected(d, v, key, "a list of words");
    }
    for (size_t i = 0; i < (one ? 1 : v->count); i++) {
        const struct yaml_node *tag = one ? v : v->items[i];
        if (action_is_word(tag)) {
            strv_add(&s->tags, tag->text);
        } else {
            action_expected(d, tag, key, "a word of letters, digits, '_', '.' and '-'");
        }
    }
    return 0;
}

int
action_take_env(struct decoder *d, const struct yaml_node *v, const char *key,
                struct action_step *s)
{
    if (v->kind != YAML_NODE_MAP) {
        return action_expected(d, v, key, "NAME: value pairs");
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
            action_template(d, v->items[i], name->text, s, &value);
        }
        if (value) {
            *e = (struct action_env){.name = xstrdup(name->text), .value = value};
        }
        s->env_count += value != NULL;
    }
    return 0;
}

int
action_take_shell_options(struct decoder *d, const struct yaml_node *v, const char *key,
                          struct action_step *s)
{
    if (v->kind != YAML_NODE_SCALAR || yaml_is_null(v) || v->len > 0) {
        return action_expected(d, v, key, "\"\" (no set -e)");
    }
    s->set_e = false;
    return 0;
}

int
action_take_when(struct decoder *d, const struct yaml_node *v, const char *key,
                 struct action_step *s)
{
    const bool one = v->kind == YAML_NODE_SCALAR;

    if (v->kind == YAML_NODE_MAP || (!one && v->count == 0)) {
        return action_expected(d, v, key, "a condition, or a list of some");
    }
    s->when = xcalloc(one ? 1 : v->count, sizeof(*s->when));
    for (size_t i = 0; i < (one ? 1 : v->count); i++) {
        const struct yaml_node *item = one ? v : v->items[i];
        struct action_condition *c = &s->when[s->when_count];
        struct err err = {0};
        if (action_text(d, item, key, &c->text)) {
            continue;
        }
        c->line = item->line;
        c->col = item->col;
        s->when_count++;
        if (condition_check(c->text, &err)) {
            yaml_mistake(d->m, item, "%s", err.text);
        }
    }
    return 0;
}

int
action_take_become(struct decoder *d, const struct yaml_node *v, const char *key,
                   struct action_step *s)
{
    return action_bool(d, v, key, &s->become);
}

static int
step_run_once(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    return action_bool(d, v, key, &s->rule.run_once);
}

/* The barrier of blue_green is in the steps, and nowhere else. */
static int
step_switch(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    if (d->list != ACTION_IN_STEPS) {
        return yaml_mistake(d->m, v, "%s: only under steps, not under %s", key,
                            list_names[d->list]);
    }
    return action_bool(d, v, key, &s->rule.switches);
}

static int
step_throttle(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    long n;

    if (action_number(d, v, key, POLICY_WORKERS_MAX, &n)) {
        return -1;
    }
    s->rule.throttle = (int32_t)n;
    return n > 0 ? 0 : action_expected(d, v, key, "a number of hosts from 1");
}

static int
step_timeout(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    if (s->timeout_ms > 0) { /* YAML knows a key given twice, but not beside and under wait_for */
        return yaml_mistake(d->m, v, "%s: given twice, beside wait_for and under it", key);
    }
    if (action_duration(d, v, key, &s->timeout_ms)) {
        return -1;
    }
    return s->timeout_ms > 0 ? 0 : action_expected(d, v, key, "a duration of more than 0");
}

static int
step_delay(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    return action_duration(d, v, key, &s->rule.delay_ms);
}

static int
step_idempotent(struct decoder *d, const struct yaml_node *v, const char *key,
                struct action_step *s)
{
    return action_bool(d, v, key, &s->rule.idempotent);
}

static int
step_ignore_errors(struct decoder *d, const struct yaml_node *v, const char *key,
                   struct action_step *s)
{
    return action_bool(d, v, key, &s->rule.ignore_errors);
}

static int
step_retries(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    long n;

    if (action_number(d, v, key, RETRIES_MAX, &n)) {
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
        return action_expected(d, v, key, "a list of numbers");
    }
    for (size_t i = 0; i < (one ? 1 : v->count); i++) {
        long code;
        if (action_number(d, one ? v : v->items[i], key, EXIT_CODE_MAX, &code) == 0) {
            s->rule.ok_codes[code / 8] |= (uint8_t)(1U << (code % 8));
        }
    }
    return 0;
}

static const struct action_rule step_keys[] = {
    {"name", ACTION_TEXT(name, NULL), ANY_KIND},
    {"run", action_take_script, 0, NULL, ANY_KIND},
    {"upload", step_file, 0, NULL, ANY_KIND},
    {"local", action_take_script, 0, NULL, ANY_KIND},
    {"tags", step_tags, 0, NULL, ANY_KIND},
    {"error", ACTION_TEXT(error, NULL), ANY_KIND},
    {"timeout", step_timeout, 0, NULL, ANY_KIND},
    {"idempotent", step_idempotent, 0, NULL, ANY_KIND},
    {"retries", step_retries, 0, NULL, ANY_KIND},
    {"delay", step_delay, 0, NULL, ANY_KIND},
    {"ok_exit_codes", step_ok_exit_codes, 0, NULL, SCRIPTS},
    {"ignore_errors", step_ignore_errors, 0, NULL, ANY_KIND},
    {"chdir", ACTION_TEXT(chdir, NULL), SCRIPTS},
    {"env", action_take_env, 0, NULL, SCRIPTS},
    {"shell_options", action_take_shell_options, 0, NULL, SCRIPTS},
    {"template", step_file, 0, NULL, ANY_KIND},
    {"wait_for", step_wait_for, 0, NULL, ANY_KIND},
    {"when", action_take_when, 0, NULL, ANY_KIND},
    {"unless", ACTION_TEXT(unless, "a script"), REMOTE},
    {"creates", ACTION_TEXT(creates, "a path"), REMOTE},
    {"become", action_take_become, 0, NULL, REMOTE},
    {"become_user", ACTION_TEXT(become_user, "the name of a user"), REMOTE},
    {"switch", step_switch, 0, NULL, ANY_KIND},
    {"run_once", step_run_once, 0, NULL, ANY_KIND},
    {"throttle", step_throttle, 0, NULL, ANY_KIND},
};
enum { STEP_KEYS = sizeof(step_keys) / sizeof(step_keys[0]) };
_Static_assert(STEP_KEYS == 25, "the keys of docs/actions.md");

/* ---------------------------------------------------------------- steps */

void
action_check_keys(struct decoder *d, const struct yaml_node *node, const struct action_rule *rules,
                  size_t count, const struct action_step *s)
{
    for (size_t i = 0; i < node->count; i++) {
        for (size_t k = 0; k < count; k++) {
            if (strcmp(node->keys[i]->text, rules[k].name) == 0 &&
                !(rules[k].kinds & 1U << s->kind)) {
                yaml_mistake(d->m, node->keys[i], "%s: not for a step of the kind %s",
                             rules[k].name, kind_names[s->kind]);
            }
        }
    }
}

void
action_check_become(struct decoder *d, const struct yaml_node *node, const struct action_step *s)
{
    const struct yaml_node *user = yaml_get(node, "become_user");

    if (user && !s->become) {
        yaml_mistake(d->m, user, "become_user: only with become: true");
    }
}

static void
check_kind(struct decoder *d, const struct yaml_node *node, const struct action_step *s)
{
    action_check_keys(d, node, step_keys, STEP_KEYS, s);
    if (d->list == ACTION_IN_FINALLY && FILES & 1U << s->kind) {
        yaml_mistake(d->m, node, "%s: cannot stand under finally: only run, wait_for and local can",
                     kind_names[s->kind]);
    }
}

static void
check_step(struct decoder *d, const struct yaml_node *node, const struct action_step *s)
{
    const struct yaml_node *retries = yaml_get(node, "retries");

    if (d->kinds == 0 && d->misread == 0) {
        yaml_mistake(d->m, node, "a step needs one of run, upload, template, wait_for, local");
    } else if (d->kinds > 1) {
        yaml_mistake(d->m, node, "a step has one of run, upload, template, wait_for, local, not %d",
                     d->kinds);
    } else if (d->kinds == 1) {
        check_kind(d, node, s);
    }
    action_check_become(d, node, s);
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
        .mode = ACTION_MODE_DEFAULT, .set_e = true, .line = node->line, .col = node->col};
    d->kinds = d->misread = 0;
    if (node->kind != YAML_NODE_MAP) {
        action_expected(d, node, list_names[d->list],
                        "a step: `run: ...`, `upload: ...` or another kind");
        return;
    }
    action_take_keys(d, node, step_keys, STEP_KEYS, s);
    check_step(d, node, s);
    if (s->kind == ACTION_WAIT_FOR) {
        s->wait_ms = s->timeout_ms > 0 ? s->timeout_ms : WAIT_MS;
        s->timeout_ms = s->wait_ms + WAIT_GRACE_MS;
    }
    if (!s->name) {
        s->name = xasprintf("%s %zu", kind_names[s->kind], number);
    }
}

int
action_read_list(struct decoder *d, const struct yaml_node *v, const char *key,
                 void (*read_one)(struct decoder *d, const struct yaml_node *node, size_t number,
                                  struct action_step *s),
                 struct action_step **ret_steps, size_t *ret_count)
{
    if (v->kind != YAML_NODE_LIST || v->count == 0) {
        return action_expected(d, v, key, "a list of steps");
    }
    if (v->count > STEPS_MAX) {
        return yaml_mistake(d->m, v, "%s: %zu items: at most %d", key, v->count, STEPS_MAX);
    }
    *ret_steps = xcalloc(v->count, sizeof(**ret_steps));
    *ret_count = v->count;
    for (size_t i = 0; i < v->count; i++) {
        read_one(d, v->items[i], i + 1, &(*ret_steps)[i]);
    }
    return 0;
}

int
action_read_steps(struct decoder *d, const struct yaml_node *v, const char *key,
                  struct action_step **ret_steps, size_t *ret_count)
{
    return action_read_list(d, v, key, read_step, ret_steps, ret_count);
}
