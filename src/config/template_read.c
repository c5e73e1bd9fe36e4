/*
 * template_read.c - the inside of `{{ }}`: words, strings, numbers, and paths looked up.
 *
 * Decides what a name means in a scope, and what to say where it means nothing.  Owns nothing.
 * Never renders: a value that holds `{{ }}` is left as it is.
 */
#include "config/template_state.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/nearest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool
template_is_word(char c)
{
    return is_letter(c) || is_digit(c);
}

bool
template_is_name(const char *name, size_t len)
{
    if (len == 0 || !is_letter(name[0])) {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if (!template_is_word(name[i])) {
            return false;
        }
    }
    return true;
}

const struct value *
template_find(const struct scope *scope, const char *name)
{
    const struct value *const dicts[] = {scope->extra, scope->magic, scope->vars};

    for (size_t i = 0; i < sizeof(dicts) / sizeof(dicts[0]); i++) {
        const struct value *v = dicts[i] ? value_dict_get(dicts[i], name) : NULL;
        if (v) {
            return v;
        }
    }
    return NULL;
}

void
template_result_release(struct result *r)
{
    value_free(r->owned);
    free(r->name);
    free(r->why);
    *r = (struct result){0};
}

void
template_result_own(struct result *r, struct value *v)
{
    value_free(r->owned);
    r->owned = v;
    r->v = v;
}

static void
undefined(struct result *r, char *why)
{
    r->v = NULL;
    free(r->why);
    r->why = why;
}

/* ---------------------------------------------------------------- reading */

void
template_skip_blanks(struct reader *rd)
{
    while (*rd->p == ' ' || *rd->p == '\t' || *rd->p == '\n') {
        rd->p++;
    }
}

int
template_bad_syntax(struct reader *rd, const char *expected)
{
    struct buf got;

    buf_init(&got, 16);
    if (*rd->p) {
        const size_t n = utf8_decode(rd->p, strlen(rd->p), NULL);
        escape_line(&got, rd->p, n ? n : 1);
    } else {
        buf_adds(&got, "its end");
    }
    err_set(rd->err, ERR_CONFIG, "%s: in %s: expected %s, got '%s'", rd->context, rd->inside,
            expected, got.data);
    buf_release(&got);
    return -1;
}

char *
template_read_word(struct reader *rd)
{
    const char *begin = rd->p;

    while (is_letter(*rd->p) || (rd->p > begin && is_digit(*rd->p))) {
        rd->p++;
    }
    return rd->p == begin ? NULL : xstrndup(begin, (size_t)(rd->p - begin));
}

/* 'text' or "text", with \' \" \\ \n \t inside. */
struct value *
template_read_string(struct reader *rd)
{
    const char quote = *rd->p++;
    struct value *v = NULL;
    struct buf b;

    buf_init(&b, TEMPLATE_TEXT_MAX);
    for (; *rd->p && *rd->p != quote; rd->p++) {
        if (*rd->p != '\\' || !rd->p[1]) {
            buf_addc(&b, *rd->p);
            continue;
        }
        rd->p++;
        if (*rd->p == 'n' || *rd->p == 't') {
            buf_adds(&b, *rd->p == 'n' ? "\n" : "\t");
        } else {
            buf_addc(&b, *rd->p);
        }
    }
    if (*rd->p == quote) {
        rd->p++;
        v = value_textn(b.data, b.len);
    } else {
        template_bad_syntax(rd, "a closing quote");
    }
    buf_release(&b);
    return v;
}

static int
read_integer(struct reader *rd, int64_t *ret)
{
    char *end;

    errno = 0;
    const long long n = strtoll(rd->p, &end, 10);
    if (end == rd->p || errno != 0) {
        return template_bad_syntax(rd, "a whole number");
    }
    rd->p = end;
    *ret = n;
    return 0;
}

struct value *
template_read_literal(struct reader *rd)
{
    int64_t n = 0;

    if (*rd->p == '\'' || *rd->p == '"') {
        return template_read_string(rd);
    }
    if (!is_digit(*rd->p) && *rd->p != '-') {
        template_bad_syntax(rd, "'text' or a number");
        return NULL;
    }
    if (read_integer(rd, &n)) {
        return NULL;
    }
    return value_int(n);
}

/* ---------------------------------------------------------------- looking up */

const char *
template_kind_name(enum value_kind k)
{
    static const char *const names[] = {
        [VALUE_NULL] = "null",      [VALUE_BOOL] = "true or false", [VALUE_INT] = "a number",
        [VALUE_FLOAT] = "a number", [VALUE_TEXT] = "a text",        [VALUE_LIST] = "a list",
        [VALUE_DICT] = "a dict",
    };
    _Static_assert(sizeof(names) / sizeof(names[0]) == VALUE_DICT + 1, "a name a kind");
    return names[k];
}

static char *
why_no_variable(const struct scope *scope, const char *name)
{
    struct strv known = {0};
    const struct value *const dicts[] = {scope->extra, scope->magic, scope->vars};

    for (size_t d = 0; d < sizeof(dicts) / sizeof(dicts[0]); d++) {
        for (size_t i = 0; dicts[d] && i < dicts[d]->count; i++) {
            strv_add(&known, dicts[d]->keys[i]);
        }
    }
    const char *near = nearest_word(name, (const char *const *)known.items, known.count);
    char *why = near
                    ? xasprintf("'%.*s' is undefined; did you mean %s?", NAME_SHOWN_MAX, name, near)
                    : xasprintf("'%.*s' is undefined", NAME_SHOWN_MAX, name);
    strv_clear(&known);
    return why;
}

/* As written, on one line and not too long to be read; the caller's. */
static char *
shown(const char *text, size_t len)
{
    struct buf b;

    buf_init(&b, 4 * NAME_SHOWN_MAX + 4);
    escape_line(&b, text, len < NAME_SHOWN_MAX ? len : NAME_SHOWN_MAX);
    buf_adds(&b, len > NAME_SHOWN_MAX ? "..." : "");
    char *line = buf_detach(&b);
    buf_release(&b);
    return line;
}

static char *
why_no_key(const struct result *r, const char *key)
{
    char *word = shown(key, strlen(key));
    const char *near = r->v->kind == VALUE_DICT
                           ? nearest_word(key, (const char *const *)r->v->keys, r->v->count)
                           : NULL;
    char *why;

    if (r->v->kind != VALUE_DICT) {
        why =
            xasprintf("'%s' is %s and has no '%s'", r->name, template_kind_name(r->v->kind), word);
    } else if (near) {
        why = xasprintf("'%s.%s' is undefined; did you mean %s?", r->name, word, near);
    } else {
        why = xasprintf("'%s.%s' is undefined", r->name, word);
    }
    free(word);
    return why;
}

static void
step_key(struct result *r, const char *key)
{
    if (!r->v) {
        return;
    }
    const struct value *in = r->v->kind == VALUE_DICT ? value_dict_get(r->v, key) : NULL;
    if (in) {
        r->v = in;
    } else {
        undefined(r, why_no_key(r, key));
    }
}

static void
step_index(struct result *r, int64_t i)
{
    if (!r->v) {
        return;
    }
    if (r->v->kind != VALUE_LIST) {
        undefined(r,
                  xasprintf("'%s' is %s and not a list", r->name, template_kind_name(r->v->kind)));
    } else if (i < 0 || (uint64_t)i >= r->v->count) {
        undefined(r,
                  xasprintf("'%s[%" PRId64 "]' is undefined: it has %zu", r->name, i, r->v->count));
    } else {
        r->v = r->v->items[i];
    }
}

static int
read_index(struct reader *rd, struct result *r)
{
    rd->p++;
    template_skip_blanks(rd);
    struct value *at = template_read_literal(rd);
    if (!at) {
        return -1;
    }
    if (at->kind == VALUE_INT) {
        step_index(r, at->integer);
    } else {
        step_key(r, at->text);
    }
    value_free(at);
    template_skip_blanks(rd);
    if (*rd->p != ']') {
        return template_bad_syntax(rd, "]");
    }
    rd->p++;
    return 0;
}

static int
read_attribute(struct reader *rd, struct result *r)
{
    rd->p++;
    char *key = template_read_word(rd);
    if (!key) {
        return template_bad_syntax(rd, "a name after the dot");
    }
    step_key(r, key);
    free(key);
    return 0;
}

int
template_read_path(struct reader *rd, struct result *r)
{
    const char *begin = rd->p;

    r->name = template_read_word(rd);
    if (!r->name) {
        return template_bad_syntax(rd, "a variable");
    }
    if (rd->scope) {
        r->v = template_find(rd->scope, r->name);
        if (!r->v) {
            undefined(r, why_no_variable(rd->scope, r->name));
        }
    }
    while (*rd->p == '.' || *rd->p == '[') {
        if (*rd->p == '.' ? read_attribute(rd, r) : read_index(rd, r)) {
            return -1;
        }
        free(r->name);
        r->name = shown(begin, (size_t)(rd->p - begin));
    }
    return 0;
}
