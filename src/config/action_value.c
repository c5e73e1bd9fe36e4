/*
 * action_value.c - the values an action file is made of: texts, templates, numbers, keys.
 *
 * Decides what a value of each kind may look like and tells what it is instead.  Owns nothing.
 */
#include "config/action_read.h"

#include "base/duration.h"
#include "base/xalloc.h"
#include "config/action_place.h"
#include "config/ansible_words.h"
#include "config/nearest.h"
#include "config/template.h"
#include "config/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
action_expected(struct decoder *d, const struct yaml_node *v, const char *key, const char *what)
{
    (void)yaml_expected(d->m, v, key, "%s", what);
    return -1;
}

int
action_text(struct decoder *d, const struct yaml_node *v, const char *key, char **ret)
{
    if (v->kind != YAML_NODE_SCALAR || yaml_is_null(v)) {
        return action_expected(d, v, key, "a text");
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

int
action_template(struct decoder *d, const struct yaml_node *v, const char *key,
                struct action_step *s, char **ret)
{
    if (action_text(d, v, key, ret)) {
        return -1;
    }
    action_place_note(s, *ret, v, d->bytes);
    return check_template(d, v, key, s, *ret);
}

int
action_bool(struct decoder *d, const struct yaml_node *v, const char *key, bool *ret)
{
    bool read = false;

    if (v->kind != YAML_NODE_SCALAR || v->style != YAML_STYLE_PLAIN ||
        !value_reads_bool(v->text, &read)) {
        return action_expected(d, v, key, "true or false");
    }
    *ret = read;
    return 0;
}

int
action_number(struct decoder *d, const struct yaml_node *v, const char *key, long max, long *ret)
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
        return action_expected(d, v, key, what);
    }
    *ret = n;
    return 0;
}

int
action_duration(struct decoder *d, const struct yaml_node *v, const char *key, int64_t *ret_ms)
{
    if (v->kind != YAML_NODE_SCALAR || duration_parse(v->text, ret_ms)) {
        return action_expected(d, v, key, "a duration such as 500ms, 30s or 1h30m");
    }
    return 0;
}

bool
action_is_word(const struct yaml_node *v)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "_.-";

    return v->kind == YAML_NODE_SCALAR && v->len > 0 && strspn(v->text, letters) == v->len;
}

static bool
is_kind(const char *key)
{
    static const char *const kinds[] = {"run",   "upload", "template", "wait_for",
                                        "local", "http",   "tcp"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(key, kinds[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* What is called so in a playbook was meant, rather than what is spelled nearly so. */
static void
tell_unknown(struct decoder *d, const struct yaml_node *key, const char *near)
{
    bool verb = false;
    const char *hint = ansible_words_hint(key->text, &verb);

    if (hint) {
        yaml_mistake(d->m, key, "%.60s: unknown key: %s", key->text, hint);
    } else if (near) {
        yaml_mistake(d->m, key, "%.60s: unknown key: did you mean %s?", key->text, near);
        verb = is_kind(near);
    } else {
        yaml_mistake(d->m, key, "%.60s: unknown key", key->text);
    }
    d->misread += verb;
}

static const struct action_rule *
find_rule(struct decoder *d, const struct action_rule *rules, size_t count,
          const struct yaml_node *key)
{
    const char *names[ACTION_KEYS_MAX];

    for (size_t i = 0; i < count; i++) {
        names[i] = rules[i].name;
        if (strcmp(key->text, rules[i].name) == 0) {
            if (rules[i].take || rules[i].text) {
                return &rules[i];
            }
            yaml_not_yet(d->m, key, "%s", key->text);
            return NULL;
        }
    }
    tell_unknown(d, key, nearest_word(key->text, names, count));
    return NULL;
}

static void
take_text(struct decoder *d, const struct yaml_node *v, const struct action_rule *rule,
          struct action_step *s)
{
    char **text = (char **)(void *)((char *)s + rule->text);

    if (action_template(d, v, rule->name, s, text) == 0 && rule->nonempty && !(*text)[0]) {
        (void)action_expected(d, v, rule->name, rule->nonempty);
    }
}

void
action_take_keys(struct decoder *d, const struct yaml_node *map, const struct action_rule *rules,
                 size_t count, struct action_step *s)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct action_rule *rule = find_rule(d, rules, count, map->keys[i]);
        if (rule && rule->take) {
            rule->take(d, map->items[i], rule->name, s);
        } else if (rule) {
            take_text(d, map->items[i], rule, s);
        }
    }
}
