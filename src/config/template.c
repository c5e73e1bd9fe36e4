/*
 * template.c - a text with `{{ }}` in it becomes a text without.
 *
 * Decides which values may stand in a script unquoted, how deep values may nest, and what a secret
 * has gone into.  Owns nothing but what it is working on.  Never runs anything, never reads a file,
 * never shows a value in a message: it might be a secret.
 */
#include "config/template_state.h"

#include "base/xalloc.h"

#include <assert.h>
#include <string.h>

static int render(struct reader *rd, struct buf *out);

/* ---------------------------------------------------------------- values */

static bool
is_template(const struct value *v)
{
    return v->kind == VALUE_TEXT && strstr(v->text, "{{") != NULL;
}

void
template_note_secret(const struct reader *rd, const char *text, size_t len)
{
    struct taint *t = rd->scope ? rd->scope->taint : NULL;

    if (!t || len == 0) {
        return;
    }
    for (size_t i = 0; i < t->texts.count; i++) {
        if (strncmp(t->texts.items[i], text, len) == 0 && t->texts.items[i][len] == '\0') {
            return;
        }
    }
    strv_addn(&t->texts, text, len);
}

/* A context that ends with the name has told it, and the vault tells the place. */
static void
tell_vault(struct reader *rd, const char *name)
{
    const size_t context_len = strlen(rd->context);
    const size_t len = strlen(name);

    if (context_len > len && strcmp(rd->context + context_len - len, name) == 0) {
        err_prefix(rd->err, "'%s': ", name);
    } else {
        err_prefix(rd->err, "%s: '%s': ", rd->context, name);
    }
}

/* Its text without any rendering. */
static int
put_text(struct reader *rd, const struct value *v, const char *name, struct buf *out)
{
    const size_t before = out->len;

    if (v->vault) {
        if (vault_value(rd->scope->vault, v, out, rd->err)) {
            tell_vault(rd, name);
            return -1;
        }
    } else if (value_to_text(v, out) && !out->full) {
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is %s: use join, [n] or .key", rd->context,
                       name, template_kind_name(v->kind));
    }
    if (out->full) {
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is too long", rd->context, name);
    }
    /* True and False are words of everybody. */
    if (v->secret && v->kind != VALUE_BOOL) {
        template_note_secret(rd, out->data + before, out->len - before);
    }
    return 0;
}

int
template_expand(struct reader *rd, const struct value *v, const char *name, struct buf *out,
                bool *ret_secret)
{
    *ret_secret = *ret_secret || v->secret;
    if (!is_template(v)) {
        return put_text(rd, v, name, out);
    }
    for (const struct frame *f = rd->frame; f; f = f->up) {
        if (f->v == v) {
            return err_set(rd->err, ERR_CONFIG, "%s: '%s' leads back to itself", rd->context, name);
        }
    }
    const struct frame frame = {
        .v = v, .up = rd->frame, .depth = rd->frame ? rd->frame->depth + 1 : 1};
    if (frame.depth > TEMPLATE_DEPTH_MAX) {
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is nested more than %d variables deep",
                       rd->context, name, TEMPLATE_DEPTH_MAX);
    }
    /* The rule of quoting is about the whole value, where it ends up. */
    struct reader in = *rd;
    in.p = v->text;
    in.frame = &frame;
    in.inside = "{{ }}";
    in.shell = false;
    in.secret = ret_secret;
    const size_t before = out->len;
    const int rc = render(&in, out);
    if (rc == 0 && v->secret) {
        template_note_secret(rd, out->data + before, out->len - before);
    }
    return rc;
}

/* Undefined and null end here; what is left is a scalar of plain text, or a list or dict. */
int
template_settle(struct reader *rd, struct result *r)
{
    if (!r->v) {
        return err_set(rd->err, ERR_CONFIG, "%s: %s", rd->context, r->why);
    }
    if (r->v->kind == VALUE_NULL) {
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is null: give it a value or a default('...')",
                       rd->context, r->name);
    }
    const bool is_scalar = r->v->kind != VALUE_LIST && r->v->kind != VALUE_DICT;
    if (r->owned == r->v || !(is_template(r->v) || (r->v->secret && is_scalar))) {
        return 0;
    }
    struct buf text;
    buf_init(&text, TEMPLATE_TEXT_MAX);
    const int rc = template_expand(rd, r->v, r->name, &text, &r->secret);
    if (rc == 0 && r->v->kind == VALUE_TEXT) { /* a secret number stays one */
        template_result_own(r, value_textn(text.data, text.len));
    }
    buf_release(&text);
    return rc;
}

int
template_settle_text(struct reader *rd, struct result *r, struct buf *out)
{
    if (template_settle(rd, r)) {
        return -1;
    }
    const int rc = value_to_text(r->v, out);
    if (out->full) {
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is too long", rd->context, r->name);
    }
    if (rc) {
        return err_set(rd->err, ERR_CONFIG, "%s: '%s' is %s: use join, [n] or .key", rd->context,
                       r->name, template_kind_name(r->v->kind));
    }
    return 0;
}

/* ---------------------------------------------------------------- rendering */

static bool
is_plain(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!template_is_word(bytes[i]) && (bytes[i] == '\0' || !strchr("./:@%+,=-", bytes[i]))) {
            return false;
        }
    }
    return true;
}

static int
put_result(struct reader *rd, struct result *r, struct buf *out)
{
    const size_t before = out->len;

    if (template_settle_text(rd, r, out)) {
        return -1;
    }
    if (rd->shell && !r->safe && !is_plain(out->data + before, out->len - before)) {
        return err_set(rd->err, ERR_CONFIG,
                       "%s: '%s' holds bytes the shell would act on: write {{ %s | quote }}",
                       rd->context, r->name, r->name);
    }
    if (!r->secret) {
        return 0;
    }
    if (rd->secret) {
        *rd->secret = true;
    }
    if (rd->scope->mask && !rd->frame) {
        out->len = before;
        (void)buf_adds(out, "***");
    }
    return 0;
}

static int
read_expression(struct reader *rd, struct result *r)
{
    template_skip_blanks(rd);
    if (*rd->p == '\'' || *rd->p == '"') {
        struct value *v = template_read_string(rd);
        if (!v) {
            return -1;
        }
        r->name = xstrdup("a text");
        r->safe = true;
        template_result_own(r, v);
    } else if (template_read_path(rd, r)) {
        return -1;
    }
    template_skip_blanks(rd);
    while (*rd->p == '|') {
        if (template_apply_filter(rd, r)) {
            return -1;
        }
    }
    if (rd->p[0] != '}' || rd->p[1] != '}') {
        return template_bad_syntax(rd, "| or }}");
    }
    rd->p += 2;
    return 0;
}

static int
render_expression(struct reader *rd, struct buf *out)
{
    struct result r = {0};

    if (--*rd->left < 0) {
        return err_set(rd->err, ERR_CONFIG, "%s: more than %d {{ }} in one text", rd->context,
                       TEMPLATE_EXPRESSIONS_MAX);
    }
    rd->p += 2;
    int rc = read_expression(rd, &r);
    if (rc == 0 && rd->scope) {
        rc = put_result(rd, &r, out);
    }
    template_result_release(&r);
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
        if (!rd->frame) {
            rd->begun = rd->p;
        }
        if (rd->p[0] == '{' && rd->p[1] == '{') {
            if (render_expression(rd, out)) {
                return -1;
            }
        } else if (rd->p[0] == '{' && (rd->p[1] == '%' || rd->p[1] == '#')) {
            return refuse_statement(rd);
        } else if (rd->p[0] == '{') {
            buf_addc(out, *rd->p++);
        }
        if (out->full) {
            return err_set(rd->err, ERR_CONFIG, "%s: the text is too long", rd->context);
        }
    }
    return 0;
}

int
template_render(const char *text, const struct scope *scope, bool shell, const char *context,
                struct buf *out, size_t *ret_at, struct err *err)
{
    int left = TEMPLATE_EXPRESSIONS_MAX;
    struct reader rd = {.p = text,
                        .begun = text,
                        .scope = scope,
                        .context = context,
                        .inside = "{{ }}",
                        .shell = shell,
                        .secret = scope && scope->taint ? &scope->taint->tainted : NULL,
                        .left = &left,
                        .err = err};

    assert(text && context && out);
    const int rc = render(&rd, out);
    if (rc) {
        *ret_at = (size_t)(rd.begun - text);
    }
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
    int left = TEMPLATE_EXPRESSIONS_MAX;
    struct reader rd = {
        .p = "", .scope = scope, .context = context, .inside = "{{ }}", .left = &left, .err = err};
    bool secret = false;

    const int rc = template_expand(&rd, v, name, out, &secret);
    if (scope->taint && secret) {
        scope->taint->tainted = true;
    }
    return rc;
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
