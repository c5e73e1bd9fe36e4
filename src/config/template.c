/*
 * template.c - `{{ }}` expressions and their filters.
 *
 * Decides what an expression means and which values may stand in a script unquoted.  Owns nothing
 * but what it is working on.  Never runs anything, never reads a file, never shows a value in a
 * message: it might be a secret.
 */
#include "config/template.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/nearest.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SHOWN_MAX = 80, EXPRESSIONS_MAX = 100000 /* in one text, values included */ };

/* One value being rendered; the chain shows a value that leads back to itself. */
struct frame {
    const struct value *v;
    const struct frame *up;
    int depth;
};

/* A text being read. */
struct reader {
    const char *p;             /* next byte, NUL-terminated */
    const char *begun;         /* where the last `{` of the outermost text began */
    const struct scope *scope; /* NULL: check the syntax only */
    const char *context;
    const struct frame *frame;
    bool shell;
    int *left; /* expressions that may still be read */
    struct err *err;
};

/* What an expression has come to so far. */
struct result {
    const struct value *v; /* borrowed, or owned below; NULL: undefined */
    struct value *owned;
    char *name; /* as written, for messages; owned */
    char *why;  /* the message if it stays undefined; owned */
    bool safe;  /* quoted, or written in the template itself */
};

struct filter {
    const char *name;
    enum { ARG_NONE, ARG_TEXT, ARG_SCALAR } arg;
    int (*apply)(struct reader *rd, struct result *r, const struct value *arg);
};

static int render(struct reader *rd, struct buf *out);

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
    if (len == 0 || !is_letter(name[0]))
        return false;
    for (size_t i = 1; i < len; i++)
        if (!template_is_word(name[i]))
            return false;
    return true;
}

const struct value *
template_find(const struct scope *scope, const char *name)
{
    const struct value *const dicts[] = {scope->extra, scope->magic, scope->vars};

    for (size_t i = 0; i < sizeof(dicts) / sizeof(dicts[0]); i++) {
        const struct value *v = dicts[i] ? value_dict_get(dicts[i], name) : NULL;
        if (v)
            return v;
    }
    return NULL;
}

static void
result_release(struct result *r)
{
    value_free(r->owned);
    free(r->name);
    free(r->why);
    *r = (struct result){0};
}

static void
result_own(struct result *r, struct value *v)
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

static void
skip_blanks(struct reader *rd)
{
    while (*rd->p == ' ' || *rd->p == '\t' || *rd->p == '\n')
        rd->p++;
}

static int
bad_syntax(struct reader *rd, const char *expected)
{
    char got[8] = "its end";

    if (*rd->p) {
        const size_t n = utf8_decode(rd->p, strlen(rd->p), NULL);
        memset(got, 0, sizeof(got));
        memcpy(got, n ? rd->p : "?", n ? n : 1);
    }
    return err_set(rd->err, ERR_CONFIG, "%s: in {{ }}: expected %s, got '%s'", rd->context,
                   expected, got);
}

static char *
read_word(struct reader *rd)
{
    const char *begin = rd->p;

    while (is_letter(*rd->p) || (rd->p > begin && is_digit(*rd->p)))
        rd->p++;
    return rd->p == begin ? NULL : xstrndup(begin, (size_t)(rd->p - begin));
}

/* 'text' or "text", with \' \" \\ \n \t inside. */
static struct value *
read_string(struct reader *rd)
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
        if (*rd->p == 'n' || *rd->p == 't')
            buf_adds(&b, *rd->p == 'n' ? "\n" : "\t");
        else
            buf_addc(&b, *rd->p);
    }
    if (*rd->p == quote) {
        rd->p++;
        v = value_textn(b.data, b.len);
    } else {
        bad_syntax(rd, "a closing quote");
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
    if (end == rd->p || errno != 0)
        return bad_syntax(rd, "a whole number");
    rd->p = end;
    *ret = n;
    return 0;
}

static struct value *
read_literal(struct reader *rd)
{
    int64_t n = 0;

    if (*rd->p == '\'' || *rd->p == '"')
        return read_string(rd);
    if (!is_digit(*rd->p) && *rd->p != '-') {
        bad_syntax(rd, "'text' or a number");
        return NULL;
    }
    if (read_integer(rd, &n))
        return NULL;
    struct value *v = value_new(VALUE_INT);
    v->integer = n;
    return v;
}

/* ---------------------------------------------------------------- looking up */

static const char *
kind_name(enum value_kind k)
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

    for (size_t d = 0; d < sizeof(dicts) / sizeof(dicts[0]); d++)
        for (size_t i = 0; dicts[d] && i < dicts[d]->count; i++)
            strv_add(&known, dicts[d]->keys[i]);
    const char *near = nearest_word(name, (const char *const *)known.items, known.count);
    char *why = near
                    ? xasprintf("'%.*s' is undefined; did you mean %s?", NAME_SHOWN_MAX, name, near)
                    : xasprintf("'%.*s' is undefined", NAME_SHOWN_MAX, name);
    strv_clear(&known);
    return why;
}

static void
step_key(struct result *r, const char *key)
{
    if (!r->v)
        return;
    if (r->v->kind != VALUE_DICT) {
        undefined(r, xasprintf("'%s' is %s and has no '%s'", r->name, kind_name(r->v->kind), key));
        return;
    }
    const struct value *in = value_dict_get(r->v, key);
    if (in) {
        r->v = in;
        return;
    }
    const char *near = nearest_word(key, (const char *const *)r->v->keys, r->v->count);
    undefined(r, near ? xasprintf("'%s.%s' is undefined; did you mean %s?", r->name, key, near)
                      : xasprintf("'%s.%s' is undefined", r->name, key));
}

static void
step_index(struct result *r, int64_t i)
{
    if (!r->v)
        return;
    if (r->v->kind != VALUE_LIST)
        undefined(r, xasprintf("'%s' is %s and not a list", r->name, kind_name(r->v->kind)));
    else if (i < 0 || (uint64_t)i >= r->v->count)
        undefined(r,
                  xasprintf("'%s[%" PRId64 "]' is undefined: it has %zu", r->name, i, r->v->count));
    else
        r->v = r->v->items[i];
}

static int
read_index(struct reader *rd, struct result *r)
{
    rd->p++;
    skip_blanks(rd);
    struct value *at = read_literal(rd);
    if (!at)
        return -1;
    if (at->kind == VALUE_INT)
        step_index(r, at->integer);
    else
        step_key(r, at->text);
    value_free(at);
    skip_blanks(rd);
    if (*rd->p != ']')
        return bad_syntax(rd, "]");
    rd->p++;
    return 0;
}

static int
read_attribute(struct reader *rd, struct result *r)
{
    rd->p++;
    char *key = read_word(rd);
    if (!key)
        return bad_syntax(rd, "a name after the dot");
    step_key(r, key);
    free(key);
    return 0;
}

static int
read_path(struct reader *rd, struct result *r)
{
    const char *begin = rd->p;

    r->name = read_word(rd);
    if (!r->name)
        return bad_syntax(rd, "a variable");
    if (rd->scope) {
        r->v = template_find(rd->scope, r->name);
        if (!r->v)
            undefined(r, why_no_variable(rd->scope, r->name));
    }
    while (*rd->p == '.' || *rd->p == '[') {
        if (*rd->p == '.' ? read_attribute(rd, r) : read_index(rd, r))
            return -1;
        free(r->name);
        r->name = xstrndup(begin, (size_t)(rd->p - begin));
    }
    return 0;
}

/* ---------------------------------------------------------------- values */

static bool
is_template(const struct value *v)
{
    return v->kind == VALUE_TEXT && strstr(v->text, "{{") != NULL;
}

/* The text of a scalar, rendered if it holds an expression of its own. */
static int
expand(struct reader *rd, const struct value *v, const char *name, struct buf *out)
{
    if (!is_template(v)) {
        if (value_to_text(v, out) == 0 && !out->full)
            return 0;
        if (out->full)
            return err_set(rd->err, ERR_CONFIG, "%s: '%s' is too long", rd->context, name);
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is %s: use join, [n] or .key", rd->context,
                       name, kind_name(v->kind));
    }
    for (const struct frame *f = rd->frame; f; f = f->up)
        if (f->v == v)
            return err_set(rd->err, ERR_CONFIG, "%s: '%s' leads back to itself", rd->context, name);
    const struct frame frame = {
        .v = v, .up = rd->frame, .depth = rd->frame ? rd->frame->depth + 1 : 1};
    if (frame.depth > TEMPLATE_DEPTH_MAX)
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is nested more than %d variables deep",
                       rd->context, name, TEMPLATE_DEPTH_MAX);
    /* The rule of quoting is about the whole value, where it ends up. */
    struct reader in = *rd;
    in.p = v->text;
    in.frame = &frame;
    in.shell = false;
    return render(&in, out);
}

/* Undefined and null end here; what is left is a scalar of plain text, or a list or dict. */
static int
settle(struct reader *rd, struct result *r)
{
    if (!r->v)
        return err_set(rd->err, ERR_CONFIG, "%s: %s", rd->context, r->why);
    if (r->v->kind == VALUE_NULL)
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is null: give it a value or a default('...')",
                       rd->context, r->name);
    if (r->owned == r->v || !is_template(r->v))
        return 0;
    struct buf text;
    buf_init(&text, TEMPLATE_TEXT_MAX);
    const int rc = expand(rd, r->v, r->name, &text);
    if (rc == 0)
        result_own(r, value_textn(text.data, text.len));
    buf_release(&text);
    return rc;
}

static int
settle_text(struct reader *rd, struct result *r, struct buf *out)
{
    if (settle(rd, r))
        return -1;
    const int rc = value_to_text(r->v, out);
    if (out->full)
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is too long", rd->context, r->name);
    if (rc)
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is %s: use join, [n] or .key", rd->context,
                       r->name, kind_name(r->v->kind));
    return 0;
}

/* ---------------------------------------------------------------- filters */

static int
apply_default(struct reader *rd, struct result *r, const struct value *arg)
{
    (void)rd;
    if (!r->v || r->v->kind == VALUE_NULL)
        result_own(r, value_copy(arg));
    return 0;
}

static int
apply_quote(struct reader *rd, struct result *r, const struct value *arg)
{
    struct buf text, quoted;
    int rc = -1;

    (void)arg;
    buf_init(&text, TEMPLATE_TEXT_MAX);
    buf_init(&quoted, TEMPLATE_TEXT_MAX);
    if (settle_text(rd, r, &text))
        goto out;
    escape_shell(&quoted, text.data, text.len);
    if (quoted.full) {
        err_set(rd->err, ERR_CONFIG, "%s: '%s' is too long", rd->context, r->name);
        goto out;
    }
    result_own(r, value_textn(quoted.data, quoted.len));
    r->safe = true;
    rc = 0;
out:
    buf_release(&text);
    buf_release(&quoted);
    return rc;
}

static int
text_to_integer(const char *text, int64_t *ret)
{
    char *end;

    errno = 0;
    const long long n = strtoll(text, &end, 10);
    if (end == text || *end || errno != 0)
        return -1;
    *ret = n;
    return 0;
}

static int
apply_int(struct reader *rd, struct result *r, const struct value *arg)
{
    int64_t n = 0;
    bool ok = true;

    (void)arg;
    if (settle(rd, r))
        return -1;
    switch (r->v->kind) {
    case VALUE_INT:
        return 0;
    case VALUE_BOOL:
        n = r->v->boolean;
        break;
    case VALUE_FLOAT:
        ok = r->v->real > -9e18 && r->v->real < 9e18;
        n = ok ? (int64_t)r->v->real : 0;
        break;
    case VALUE_TEXT:
        ok = text_to_integer(r->v->text, &n) == 0;
        break;
    case VALUE_NULL:
    case VALUE_LIST:
    case VALUE_DICT:
        ok = false;
        break;
    }
    if (!ok)
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is no whole number", rd->context, r->name);
    struct value *v = value_new(VALUE_INT);
    v->integer = n;
    result_own(r, v);
    return 0;
}

static int
change_case(struct reader *rd, struct result *r, char first, char last, int by)
{
    struct buf text;

    buf_init(&text, TEMPLATE_TEXT_MAX);
    const int rc = settle_text(rd, r, &text);
    for (size_t i = 0; rc == 0 && i < text.len; i++)
        if (text.data[i] >= first && text.data[i] <= last)
            text.data[i] = (char)(text.data[i] + by);
    if (rc == 0)
        result_own(r, value_textn(text.data, text.len));
    buf_release(&text);
    return rc;
}

static int
apply_lower(struct reader *rd, struct result *r, const struct value *arg)
{
    (void)arg;
    return change_case(rd, r, 'A', 'Z', 'a' - 'A');
}

static int
apply_upper(struct reader *rd, struct result *r, const struct value *arg)
{
    (void)arg;
    return change_case(rd, r, 'a', 'z', 'A' - 'a');
}

static int
apply_join(struct reader *rd, struct result *r, const struct value *arg)
{
    struct buf text;
    int rc = -1;

    if (settle(rd, r))
        return -1;
    if (r->v->kind == VALUE_TEXT) /* a list of one, and default('') of no list */
        return 0;
    if (r->v->kind != VALUE_LIST)
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is %s: join needs a list", rd->context,
                       r->name, kind_name(r->v->kind));
    buf_init(&text, TEMPLATE_TEXT_MAX);
    for (size_t i = 0; i < r->v->count; i++) {
        if (i > 0)
            buf_add(&text, arg->text, arg->len);
        if (expand(rd, r->v->items[i], r->name, &text))
            goto out;
    }
    result_own(r, value_textn(text.data, text.len));
    rc = 0;
out:
    buf_release(&text);
    return rc;
}

static const struct filter filters[] = {
    {"default", ARG_SCALAR, apply_default}, {"quote", ARG_NONE, apply_quote},
    {"int", ARG_NONE, apply_int},           {"lower", ARG_NONE, apply_lower},
    {"upper", ARG_NONE, apply_upper},       {"join", ARG_TEXT, apply_join},
};
enum { FILTERS = sizeof(filters) / sizeof(filters[0]) };
_Static_assert(FILTERS == 6, "the filters of the reference, docs/actions.md");

static const struct filter *
find_filter(struct reader *rd, const char *name)
{
    const char *names[FILTERS];

    for (size_t i = 0; i < FILTERS; i++) {
        names[i] = filters[i].name;
        if (strcmp(name, names[i]) == 0)
            return &filters[i];
    }
    const char *near = nearest_word(name, names, FILTERS);
    err_set(rd->err, ERR_CONFIG,
            "%s: there is no filter '%.*s'%s%s; there are default, quote, int, lower, upper, join",
            rd->context, NAME_SHOWN_MAX, name, near ? ": did you mean " : "", near ? near : "");
    return NULL;
}

/* The argument in parentheses; *ret is NULL for a filter that takes none. */
static int
read_argument(struct reader *rd, const struct filter *f, struct value **ret)
{
    *ret = NULL;
    skip_blanks(rd);
    if (f->arg == ARG_NONE)
        return *rd->p == '(' ? bad_syntax(rd, "no argument") : 0;
    if (*rd->p != '(')
        return bad_syntax(rd, "('...')");
    rd->p++;
    skip_blanks(rd);
    if (f->arg == ARG_TEXT && *rd->p != '\'' && *rd->p != '"')
        return bad_syntax(rd, "'text'");
    struct value *arg = read_literal(rd);
    if (!arg)
        return -1;
    skip_blanks(rd);
    if (*rd->p != ')') {
        value_free(arg);
        return bad_syntax(rd, ")");
    }
    rd->p++;
    *ret = arg;
    return 0;
}

static int
read_filter(struct reader *rd, struct result *r)
{
    struct value *arg;

    rd->p++;
    skip_blanks(rd);
    char *name = read_word(rd);
    if (!name)
        return bad_syntax(rd, "a filter");
    const struct filter *f = find_filter(rd, name);
    free(name);
    if (!f || read_argument(rd, f, &arg))
        return -1;
    const int rc = rd->scope ? f->apply(rd, r, arg) : 0;
    value_free(arg);
    skip_blanks(rd);
    return rc;
}

/* ---------------------------------------------------------------- rendering */

static bool
is_plain(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!template_is_word(bytes[i]) && (bytes[i] == '\0' || !strchr("./:@%+,=-", bytes[i])))
            return false;
    return true;
}

static int
put_result(struct reader *rd, struct result *r, struct buf *out)
{
    const size_t before = out->len;

    if (settle_text(rd, r, out))
        return -1;
    if (rd->shell && !r->safe && !is_plain(out->data + before, out->len - before))
        return err_set(rd->err, ERR_CONFIG,
                       "%s: '%s' holds bytes the shell would act on: write {{ %s | quote }}",
                       rd->context, r->name, r->name);
    return 0;
}

static int
read_expression(struct reader *rd, struct result *r)
{
    skip_blanks(rd);
    if (*rd->p == '\'' || *rd->p == '"') {
        struct value *v = read_string(rd);
        if (!v)
            return -1;
        r->name = xstrdup("a text");
        r->safe = true;
        result_own(r, v);
    } else if (read_path(rd, r)) {
        return -1;
    }
    skip_blanks(rd);
    while (*rd->p == '|')
        if (read_filter(rd, r))
            return -1;
    if (rd->p[0] != '}' || rd->p[1] != '}')
        return bad_syntax(rd, "| or }}");
    rd->p += 2;
    return 0;
}

static int
render_expression(struct reader *rd, struct buf *out)
{
    struct result r = {0};

    if (--*rd->left < 0)
        return err_set(rd->err, ERR_CONFIG, "%s: more than %d {{ }} in one text", rd->context,
                       EXPRESSIONS_MAX);
    rd->p += 2;
    int rc = read_expression(rd, &r);
    if (rc == 0 && rd->scope)
        rc = put_result(rd, &r, out);
    result_release(&r);
    return rc;
}

static int
refuse_statement(const struct reader *rd)
{
    return err_set(rd->err, ERR_CONFIG,
                   "%s: {%c is not supported: only {{ }} is; for the two characters themselves "
                   "write {{ '{%c' }}",
                   rd->context, rd->p[1], rd->p[1]);
}

static int
render(struct reader *rd, struct buf *out)
{
    while (*rd->p) {
        const size_t plain = strcspn(rd->p, "{");
        buf_add(out, rd->p, plain);
        rd->p += plain;
        if (!rd->frame)
            rd->begun = rd->p;
        if (rd->p[0] == '{' && rd->p[1] == '{') {
            if (render_expression(rd, out))
                return -1;
        } else if (rd->p[0] == '{' && (rd->p[1] == '%' || rd->p[1] == '#')) {
            return refuse_statement(rd);
        } else if (rd->p[0] == '{') {
            buf_addc(out, *rd->p++);
        }
        if (out->full)
            return err_set(rd->err, ERR_CONFIG, "%s: the text is too long", rd->context);
    }
    return 0;
}

int
template_render(const char *text, const struct scope *scope, bool shell, const char *context,
                struct buf *out, size_t *ret_at, struct err *err)
{
    int left = EXPRESSIONS_MAX;
    struct reader rd = {.p = text,
                        .begun = text,
                        .scope = scope,
                        .context = context,
                        .shell = shell,
                        .left = &left,
                        .err = err};

    assert(text && context && out);
    const int rc = render(&rd, out);
    if (rc)
        *ret_at = (size_t)(rd.begun - text);
    return rc;
}

int
render_text(const char *text, const struct scope *scope, bool shell, const char *context,
            struct buf *out, struct err *err)
{
    size_t at = 0;

    assert(scope);
    return template_render(text, scope, shell, context, out, &at, err);
}

int
template_value(const struct value *v, const char *name, const struct scope *scope,
               const char *context, struct buf *out, struct err *err)
{
    int left = EXPRESSIONS_MAX;
    struct reader rd = {.p = "", .scope = scope, .context = context, .left = &left, .err = err};

    return expand(&rd, v, name, out);
}

int
template_check(const char *text, const char *context, struct err *err)
{
    struct buf out;
    size_t at = 0;

    buf_init(&out, TEMPLATE_TEXT_MAX);
    const int rc = template_render(text, NULL, false, context, &out, &at, err);
    buf_release(&out);
    return rc;
}
