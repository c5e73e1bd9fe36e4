/*
 * condition.c - `when:` read and worked out in one pass, the letters by the template's reader.
 *
 * Decides what is true and what may be compared.  A part that cannot matter is read without a
 * scope: its syntax is checked, nothing is looked up.  Never shows a value: it might be a secret.
 */
#include "config/condition.h"

#include "base/xalloc.h"
#include "config/template_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int read_or(struct reader *rd, int depth, struct result *r);

/* ---------------------------------------------------------------- words */

/* Take word if it stands here, whole. */
static bool
take_word(struct reader *rd, const char *word)
{
    const size_t len = strlen(word);

    template_skip_blanks(rd);
    if (strncmp(rd->p, word, len) != 0 || template_is_word(rd->p[len])) {
        return false;
    }
    rd->p += len;
    return true;
}

static bool
take_sign(struct reader *rd, const char *sign)
{
    template_skip_blanks(rd);
    if (strncmp(rd->p, sign, strlen(sign)) != 0) {
        return false;
    }
    rd->p += strlen(sign);
    return true;
}

static void
set_bool(struct result *r, bool b)
{
    template_result_own(r, value_bool(b));
}

/* ---------------------------------------------------------------- values */

/* A value that can be looked at: defined, its own `{{ }}` rendered.  Null is one here. */
static int
settle(struct reader *rd, struct result *r)
{
    return r->v && r->v->kind == VALUE_NULL ? 0 : template_settle(rd, r);
}

static bool
reads_as_bool(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int
truth(struct reader *rd, struct result *r, bool *ret)
{
    if (settle(rd, r)) {
        return -1;
    }
    const struct value *v = r->v;
    switch (v->kind) {
    case VALUE_NULL:
        *ret = false;
        return 0;
    case VALUE_BOOL:
        *ret = v->boolean;
        return 0;
    case VALUE_INT:
        *ret = v->integer != 0;
        return 0;
    case VALUE_FLOAT:
        *ret = v->real < 0 || v->real > 0;
        return 0;
    case VALUE_TEXT:
        *ret = v->len > 0;
        if (reads_as_bool(v->text)) {
            return err_set(rd->err, ERR_CONFIG,
                           "%s: '%s' is a text that reads as true or false: compare it, as in "
                           "%s == 'true'",
                           rd->context, r->name, r->name);
        }
        return 0;
    case VALUE_LIST:
    case VALUE_DICT:
        *ret = v->count > 0;
        return 0;
    }
    assert(false && "a kind of value");
    return -1;
}

static bool
is_number(const struct value *v)
{
    return v->kind == VALUE_BOOL || v->kind == VALUE_INT || v->kind == VALUE_FLOAT;
}

static double
number_of(const struct value *v)
{
    if (v->kind == VALUE_FLOAT) {
        return v->real;
    }
    return v->kind == VALUE_BOOL ? (double)v->boolean : (double)v->integer;
}

/* As Python has it: True is 1 is 1.0, and a text is no number. */
static bool
is_equal(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_INT && b->kind == VALUE_INT) {
        return a->integer == b->integer;
    }
    if (is_number(a) && is_number(b)) {
        const double x = number_of(a);
        const double y = number_of(b);
        return !(x < y) && !(x > y) && x - y == x - y; /* nan is nobody's equal */
    }
    if (a->kind == VALUE_TEXT && b->kind == VALUE_TEXT) {
        return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
    }
    return a->kind == VALUE_NULL && b->kind == VALUE_NULL;
}

static bool
is_scalar(const struct value *v)
{
    return v->kind != VALUE_LIST && v->kind != VALUE_DICT;
}

static int
compare(struct reader *rd, struct result *a, struct result *b, bool *ret)
{
    if (settle(rd, a) || settle(rd, b)) {
        return -1;
    }
    const struct result *odd = is_scalar(a->v) ? b : a;
    if (!is_scalar(odd->v)) {
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is %s: use in, [n] or .key", rd->context,
                       odd->name, template_kind_name(odd->v->kind));
    }
    *ret = is_equal(a->v, b->v);
    return 0;
}

static int
find_in_list(struct reader *rd, const struct value *item, const struct result *list, bool *ret)
{
    for (size_t i = 0; i < list->v->count && !*ret; i++) {
        struct result one = {.v = list->v->items[i], .name = xstrdup(list->name)};
        const int rc = settle(rd, &one);
        *ret = rc == 0 && is_equal(item, one.v);
        template_result_release(&one);
        if (rc) {
            return -1;
        }
    }
    return 0;
}

static int
find_in(struct reader *rd, struct result *a, struct result *b, bool *ret)
{
    if (settle(rd, a) || settle(rd, b)) {
        return -1;
    }
    *ret = false;
    if (!is_scalar(a->v)) {
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is %s: cannot be looked for", rd->context,
                       a->name, template_kind_name(a->v->kind));
    }
    if (b->v->kind == VALUE_LIST) {
        return find_in_list(rd, a->v, b, ret);
    }
    if (b->v->kind == VALUE_DICT) {
        *ret = a->v->kind == VALUE_TEXT && value_dict_get(b->v, a->v->text);
        return 0;
    }
    if (a->v->kind == VALUE_TEXT && b->v->kind == VALUE_TEXT) {
        *ret = strstr(b->v->text, a->v->text) != NULL;
        return 0;
    }
    return err_set(rd->err, ERR_CONFIG, "%s: '%s' is %s: nothing is in it", rd->context, b->name,
                   template_kind_name(b->v->kind));
}

/* ---------------------------------------------------------------- reading */

static int
read_group(struct reader *rd, int depth, struct result *r)
{
    rd->p++;
    if (depth >= CONDITION_DEPTH_MAX) {
        return err_set(rd->err, ERR_CONFIG, "%s: more than %d parentheses in each other",
                       rd->context, CONDITION_DEPTH_MAX);
    }
    if (read_or(rd, depth + 1, r)) {
        return -1;
    }
    return take_sign(rd, ")") ? 0 : template_bad_syntax(rd, ")");
}

/* true, false and none, in the two ways Ansible takes; false: something else stands here. */
static bool
take_constant(struct reader *rd, struct result *r)
{
    if (take_word(rd, "true") || take_word(rd, "True")) {
        set_bool(r, true);
    } else if (take_word(rd, "false") || take_word(rd, "False")) {
        set_bool(r, false);
    } else if (take_word(rd, "none") || take_word(rd, "None")) {
        template_result_own(r, value_new(VALUE_NULL));
    } else {
        return false;
    }
    r->name = xstrdup("a constant");
    return true;
}

static bool
at_operator(struct reader *rd)
{
    static const char *const words[] = {"and", "or", "not", "in", "is"};
    const char *begin = rd->p;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const bool here = take_word(rd, words[i]);
        rd->p = begin;
        if (here) {
            return true;
        }
    }
    return false;
}

static int
read_operand(struct reader *rd, int depth, struct result *r)
{
    template_skip_blanks(rd);
    if (*rd->p == '(') {
        return read_group(rd, depth, r);
    }
    if (*rd->p == '{') {
        return err_set(rd->err, ERR_CONFIG, "%s: names stand here without {{ }}", rd->context);
    }
    if (*rd->p == '\'' || *rd->p == '"' || *rd->p == '-' || (*rd->p >= '0' && *rd->p <= '9')) {
        struct value *v = template_read_literal(rd);
        if (v) {
            r->name = xstrdup(v->kind == VALUE_TEXT ? "a text" : "a number");
            template_result_own(r, v);
        }
        return v ? 0 : -1;
    }
    if (take_constant(rd, r)) {
        return 0;
    }
    return at_operator(rd) ? template_bad_syntax(rd, "a value") : template_read_path(rd, r);
}

typedef int (*relation_fn)(struct reader *rd, struct result *a, struct result *b, bool *ret);

static int
read_related(struct reader *rd, int depth, struct result *r, relation_fn related, bool wanted)
{
    struct result other = {0};
    bool is = false;

    int rc = read_operand(rd, depth, &other);
    if (rc == 0 && rd->scope) {
        rc = related(rd, r, &other, &is);
    }
    template_result_release(&other);
    set_bool(r, is == wanted);
    return rc;
}

static int
read_test(struct reader *rd, struct result *r)
{
    const bool wanted = !take_word(rd, "not");

    const bool undefined = take_word(rd, "undefined");
    if (!undefined && !take_word(rd, "defined")) {
        return template_bad_syntax(rd, "defined or undefined");
    }
    set_bool(r, (r->v != NULL) == (wanted != undefined));
    return 0;
}

static int
read_comparison(struct reader *rd, int depth, struct result *r)
{
    if (read_operand(rd, depth, r)) {
        return -1;
    }
    if (take_sign(rd, "==")) {
        return read_related(rd, depth, r, compare, true);
    }
    if (take_sign(rd, "!=")) {
        return read_related(rd, depth, r, compare, false);
    }
    if (take_word(rd, "in")) {
        return read_related(rd, depth, r, find_in, true);
    }
    if (take_word(rd, "is")) {
        return read_test(rd, r);
    }
    if (take_word(rd, "not")) {
        return take_word(rd, "in") ? read_related(rd, depth, r, find_in, false)
                                   : template_bad_syntax(rd, "in");
    }
    return 0;
}

static int
read_not(struct reader *rd, int depth, struct result *r)
{
    bool negated = false;
    bool wanted = true;
    bool is = false;

    while (take_word(rd, "not")) {
        negated = true;
        wanted = !wanted;
    }
    if (read_comparison(rd, depth, r)) {
        return -1;
    }
    if (!negated || !rd->scope) {
        return 0;
    }
    if (truth(rd, r, &is)) {
        return -1;
    }
    set_bool(r, is == wanted);
    return 0;
}

typedef int (*level_fn)(struct reader *rd, int depth, struct result *r);

/* a WORD b WORD c: what follows the first that comes to `settled` is only read. */
static int
read_chain(struct reader *rd, int depth, struct result *r, const char *word, bool settled,
           level_fn next)
{
    const struct scope *scope = rd->scope;
    bool is = !settled;
    int rc = next(rd, depth, r);

    while (rc == 0 && take_word(rd, word)) {
        struct result right = {0};
        if (rd->scope) {
            rc = truth(rd, r, &is);
            rd->scope = is == settled ? NULL : scope;
        }
        rc = rc ? rc : next(rd, depth, &right);
        if (rc == 0 && rd->scope) {
            rc = truth(rd, &right, &is);
        }
        template_result_release(&right);
        set_bool(r, is);
    }
    rd->scope = scope;
    return rc;
}

static int
read_and(struct reader *rd, int depth, struct result *r)
{
    return read_chain(rd, depth, r, "and", false, read_not);
}

static int
read_or(struct reader *rd, int depth, struct result *r)
{
    return read_chain(rd, depth, r, "or", true, read_and);
}

static int
work_out(const char *text, const struct scope *scope, bool *ret, struct err *err)
{
    int left = 0;
    struct reader rd = {.p = text,
                        .begun = text,
                        .scope = scope,
                        .context = "when",
                        .inside = "the condition",
                        .left = &left,
                        .err = err};
    struct result r = {0};

    left = TEMPLATE_EXPRESSIONS_MAX;
    int rc = read_or(&rd, 0, &r);
    template_skip_blanks(&rd);
    if (rc == 0 && *rd.p) {
        rc = template_bad_syntax(&rd, "and, or or its end");
    }
    if (rc == 0 && scope) {
        rc = truth(&rd, &r, ret);
    }
    template_result_release(&r);
    return rc;
}

int
condition_check(const char *text, struct err *err)
{
    return work_out(text, NULL, NULL, err);
}

int
condition_holds(const char *text, const struct scope *scope, bool *ret, struct err *err)
{
    assert(scope && ret);
    return work_out(text, scope, ret, err);
}
