/*
 * template_filter.c - the filters of `{{ value | filter }}`.
 *
 * Decides what each makes of a value.  Owns nothing.  Never guesses: what a filter cannot take is
 * an error that names the variable, never its value.
 */
#include "config/template_state.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/nearest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct filter {
    const char *name;
    enum { ARG_NONE, ARG_TEXT, ARG_SCALAR } arg;
    int (*apply)(struct reader *rd, struct result *r, const struct value *arg);
};

static int
apply_default(struct reader *rd, struct result *r, const struct value *arg)
{
    (void)rd;
    if (!r->v || r->v->kind == VALUE_NULL) {
        template_result_own(r, value_copy(arg));
    }
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
    if (template_settle_text(rd, r, &text)) {
        goto out;
    }
    escape_shell(&quoted, text.data, text.len);
    if (quoted.full) {
        err_set(rd->err, ERR_CONFIG, "%s: '%s' is too long", rd->context, r->name);
        goto out;
    }
    template_result_own(r, value_textn(quoted.data, quoted.len));
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
    if (end == text || *end || errno != 0) {
        return -1;
    }
    *ret = n;
    return 0;
}

static int
apply_int(struct reader *rd, struct result *r, const struct value *arg)
{
    int64_t n = 0;
    bool ok = true;

    (void)arg;
    if (template_settle(rd, r)) {
        return -1;
    }
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
    if (!ok) {
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is no whole number", rd->context, r->name);
    }
    template_result_own(r, value_int(n));
    return 0;
}

static int
change_case(struct reader *rd, struct result *r, char first, char last, int by)
{
    struct buf text;

    buf_init(&text, TEMPLATE_TEXT_MAX);
    const int rc = template_settle_text(rd, r, &text);
    for (size_t i = 0; rc == 0 && i < text.len; i++) {
        if (text.data[i] >= first && text.data[i] <= last) {
            text.data[i] = (char)(text.data[i] + by);
        }
    }
    if (rc == 0) {
        template_result_own(r, value_textn(text.data, text.len));
    }
    if (rc == 0 && r->secret) { /* nobody would know it again */
        template_note_secret(rd, text.data, text.len);
    }
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

    if (template_settle(rd, r)) {
        return -1;
    }
    if (r->v->kind == VALUE_TEXT) { /* a list of one, and default('') of no list */
        return 0;
    }
    if (r->v->kind != VALUE_LIST) {
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is %s: join needs a list", rd->context,
                       r->name, template_kind_name(r->v->kind));
    }
    buf_init(&text, TEMPLATE_TEXT_MAX);
    for (size_t i = 0; i < r->v->count; i++) {
        if (i > 0) {
            buf_add(&text, arg->text, arg->len);
        }
        if (template_expand(rd, r->v->items[i], r->name, &text, &r->secret)) {
            goto out;
        }
    }
    template_result_own(r, value_textn(text.data, text.len));
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
        if (strcmp(name, names[i]) == 0) {
            return &filters[i];
        }
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
    template_skip_blanks(rd);
    if (f->arg == ARG_NONE) {
        return *rd->p == '(' ? template_bad_syntax(rd, "no argument") : 0;
    }
    if (*rd->p != '(') {
        return template_bad_syntax(rd, "('...')");
    }
    rd->p++;
    template_skip_blanks(rd);
    if (f->arg == ARG_TEXT && *rd->p != '\'' && *rd->p != '"') {
        return template_bad_syntax(rd, "'text'");
    }
    struct value *arg = template_read_literal(rd);
    if (!arg) {
        return -1;
    }
    template_skip_blanks(rd);
    if (*rd->p != ')') {
        value_free(arg);
        return template_bad_syntax(rd, ")");
    }
    rd->p++;
    *ret = arg;
    return 0;
}

int
template_apply_filter(struct reader *rd, struct result *r)
{
    struct value *arg;

    rd->p++;
    template_skip_blanks(rd);
    char *name = template_read_word(rd);
    if (!name) {
        return template_bad_syntax(rd, "a filter");
    }
    const struct filter *f = find_filter(rd, name);
    free(name);
    if (!f || read_argument(rd, f, &arg)) {
        return -1;
    }
    const int rc = rd->scope ? f->apply(rd, r, arg) : 0;
    value_free(arg);
    template_skip_blanks(rd);
    return rc;
}
