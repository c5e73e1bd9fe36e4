/*
 * render.c - a step made ready for one host: its conditions, its guard, the script with its
 * exports.
 *
 * Decides which variables a script may see, in which order the parts of a script stand, and where a
 * secret may.  Files are render_file.c's, waiting is render_wait.c's.  Never connects, never
 * writes.
 */
#include "config/render.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/become_vars.h"
#include "config/condition.h"
#include "config/render_state.h"
#include "config/template.h"
#include "config/yaml.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXPORT_MAX = 100 * 1024,
    GUARD_MAX = 64 * 1024, /* of a frame: ssh/frame.h */
};

/* Where byte `at` of one of the step's texts stands in the file. */
static void
prefix_place(const struct render_job *job, const char *text, size_t at)
{
    const struct action_spot spot = action_place_of(job->step, text, at);

    if (job->action->file) {
        err_prefix(job->err, "%s:%d:%d", job->action->file, spot.line, spot.col);
    } else {
        err_prefix(job->err, "%s", job->context);
    }
}

/* Render one of the step's own texts; a mistake is told at its own line of the file. */
int
render_part(const struct render_job *job, const char *text, bool shell, struct buf *out)
{
    size_t at = 0;

    job->scope->taint->tainted = false;
    if (template_render(text, job->scope, shell, "", out, &at, job->err) == 0) {
        return 0;
    }
    prefix_place(job, text, at);
    return -1;
}

int
render_part_text(const struct render_job *job, const char *text, char **ret)
{
    struct buf out;

    buf_init(&out, TEMPLATE_TEXT_MAX);
    const int rc = render_part(job, text, false, &out);
    if (rc == 0) {
        *ret = buf_detach(&out);
    }
    buf_release(&out);
    return rc;
}

int
render_open_text(const struct render_job *job, const char *key, const char *text, char **ret)
{
    char *made = NULL;

    if (render_part_text(job, text, &made)) {
        return -1;
    }
    if (job->scope->taint->tainted) {
        free(made);
        (void)err_set(job->err, ERR_CONFIG, ": %s: a secret would be seen here", key);
        prefix_place(job, text, 0);
        return -1;
    }
    *ret = made;
    return 0;
}

/* For people: secrets are `***`. */
static int
make_error(const struct render_job *job, struct rendered *ret)
{
    struct render_job shown = *job;
    struct scope scope = *job->scope;

    if (!job->step->error) {
        return 0;
    }
    scope.mask = true;
    shown.scope = &scope;
    return render_part_text(&shown, job->step->error, &ret->error);
}

/* ---------------------------------------------------------------- exports */

static bool
is_listed(const char *name, size_t len)
{
    /* The shell's own; the last five stop bash, where sh is bash, when they are set. */
    static const char *const never[] = {"PATH",     "IFS",       "HOME",     "ENV",
                                        "PS4",      "UID",       "PPID",     "EUID",
                                        "BASHOPTS", "SHELLOPTS", "BASH_ENV", "BASH_VERSINFO"};

    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        if (strlen(never[i]) == len && memcmp(never[i], name, len) == 0) {
            return true;
        }
    }
    return false;
}

bool
template_may_export(const char *name, size_t len)
{
    static const char ansible[] = "ansible_", loader[] = "LD_";

    if (!template_is_name(name, len) || is_listed(name, len)) {
        return false;
    }
    return !(len >= sizeof(ansible) - 1 && memcmp(name, ansible, sizeof(ansible) - 1) == 0) &&
           !(len >= sizeof(loader) - 1 && memcmp(name, loader, sizeof(loader) - 1) == 0);
}

/* A secret is not exported: what is, /proc/PID/environ and `ps e` show.  unset, because a variable
 * that came with the environment would stay exported. */
static void
put_assignment(const struct render_job *job, const char *name, const char *bytes, size_t len,
               struct buf *out)
{
    const bool secret = job->scope->taint->tainted;

    buf_addf(out, secret ? "unset %s; %s=" : "%s=", name, name);
    if (secret && job->scope->mask) {
        buf_adds(out, "'***'");
    } else {
        escape_shell(out, bytes, len);
    }
    if (!secret) {
        buf_addf(out, "; export %s", name);
    }
    buf_addc(out, '\n');
}

/* Whether it is a secret, the scope's taint says. */
static int
put_export(const struct render_job *job, const char *name, const char *bytes, size_t len,
           struct buf *out)
{
    if (len > EXPORT_MAX) {
        return err_set(job->err, ERR_CONFIG,
                       "%s: '%s' has %zu bytes: a script is given at most %d in one variable",
                       job->context, name, len, EXPORT_MAX);
    }
    if (memchr(bytes, '\0', len)) {
        return err_set(job->err, ERR_CONFIG, "%s: '%s' holds a NUL, which no shell can take",
                       job->context, name);
    }
    put_assignment(job, name, bytes, len, out);
    return 0;
}

static int
export_variable(const struct render_job *job, const char *name, struct buf *out)
{
    const struct value *v = template_find(job->scope, name);
    struct buf text;

    if (!v || v->kind == VALUE_LIST || v->kind == VALUE_DICT) {
        return 0;
    }
    buf_init(&text, TEMPLATE_TEXT_MAX);
    job->scope->taint->tainted = false;
    int rc = template_value(v, name, job->scope, job->context, &text, job->err);
    if (rc == 0) {
        rc = put_export(job, name, text.data, text.len, out);
    }
    buf_release(&text);
    return rc;
}

static size_t
word_length(const char *text)
{
    size_t len = 0;

    while (template_is_word(text[len])) {
        len++;
    }
    return len;
}

static bool
is_set_by_env(const struct action_step *step, const char *name)
{
    for (size_t i = 0; i < step->env_count; i++) {
        if (strcmp(step->env[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Add the variables that text mentions as whole words, each once: `2x` mentions no x. */
static void
collect_mentioned(const struct render_job *job, const char *text, struct strv *names)
{
    for (size_t len; text && *text; text += len ? len : 1) {
        len = word_length(text);
        if (!template_may_export(text, len)) {
            continue;
        }
        char *name = xstrndup(text, len);
        if (template_find(job->scope, name) && !is_set_by_env(job->step, name) &&
            !strv_has(names, name)) {
            strv_take(names, name);
        } else {
            free(name);
        }
    }
}

/* What text mentions, and chdir, and what stands under env. */
static int
put_exports(const struct render_job *job, const char *text, struct buf *out)
{
    const struct action_step *step = job->step;
    struct strv names = {0};
    struct buf value;
    int rc = 0;

    buf_init(&value, TEMPLATE_TEXT_MAX);
    collect_mentioned(job, text, &names);
    collect_mentioned(job, step->chdir, &names);
    for (size_t i = 0; rc == 0 && i < names.count; i++) {
        rc = export_variable(job, names.items[i], out);
    }
    for (size_t i = 0; rc == 0 && i < step->env_count; i++) {
        buf_clear(&value);
        rc = render_part(job, step->env[i].value, false, &value);
        if (rc == 0) {
            rc = put_export(job, step->env[i].name, value.data, value.len, out);
        }
    }
    buf_release(&value);
    strv_clear(&names);
    return rc;
}

/* ---------------------------------------------------------------- scripts */

static int
put_chdir(const struct render_job *job, struct buf *out)
{
    char *path = NULL;
    int rc = 0;

    if (!job->step->chdir) {
        return 0;
    }
    if (render_open_text(job, "chdir", job->step->chdir, &path)) {
        return -1;
    }
    if (path[0] == '\0') {
        rc = err_set(job->err, ERR_CONFIG, "%s: chdir is empty", job->context);
    } else {
        /* Said out loud, because shell_options "" must not run the body elsewhere. */
        buf_adds(out, "CDPATH='' cd -- ");
        escape_shell(out, path, strlen(path));
        buf_adds(out, " || exit 1\n");
    }
    free(path);
    return rc;
}

static int
put_body(const struct render_job *job, struct buf *out)
{
    if (!job->step->verbatim) {
        return render_part(job, job->step->script, true, out);
    }
    buf_adds(out, job->step->script);
    return 0;
}

int
render_take_script(const struct render_job *job, struct buf *script, struct rendered *ret)
{
    if (script->full) {
        return err_set(job->err, ERR_CONFIG, "%s: the script is longer than %d bytes", job->context,
                       TEMPLATE_TEXT_MAX);
    }
    ret->script_len = script->len;
    ret->script = buf_detach(script);
    return 0;
}

/* The body is rendered first: it knows the line of a mistake, an export only the step. */
static int
make_script(const struct render_job *job, struct rendered *ret)
{
    struct buf out, body;
    int rc = -1;

    buf_init(&out, TEMPLATE_TEXT_MAX);
    buf_init(&body, TEMPLATE_TEXT_MAX);
    if (put_body(job, &body) || put_exports(job, job->step->script, &out)) {
        goto out;
    }
    if (job->step->set_e) {
        buf_adds(&out, "set -e\n");
    }
    if (put_chdir(job, &out)) {
        goto out;
    }
    buf_add(&out, body.data, body.len);
    if (out.len == 0 || out.data[out.len - 1] != '\n') {
        buf_addc(&out, '\n');
    }
    rc = render_take_script(job, &out, ret);
out:
    buf_release(&out);
    buf_release(&body);
    return rc;
}

/* ---------------------------------------------------------------- guards and users */

/* `[ -e '/path' ] && exit 0`: either of the two may say that there is nothing to do. */
static int
put_creates(const struct render_job *job, struct buf *out)
{
    char *path = NULL;

    if (!job->step->creates) {
        return 0;
    }
    if (render_open_text(job, "creates", job->step->creates, &path)) {
        return -1;
    }
    if (path[0] == '\0') {
        free(path);
        return err_set(job->err, ERR_CONFIG, "%s: creates is empty", job->context);
    }
    buf_adds(out, "[ -e ");
    escape_shell(out, path, strlen(path));
    buf_adds(out, " ] && exit 0\n");
    free(path);
    return 0;
}

static int
make_guard(const struct render_job *job, struct rendered *ret)
{
    const struct action_step *step = job->step;
    struct buf out, body;
    int rc = -1;

    if (!step->unless && !step->creates) {
        return 0;
    }
    buf_init(&out, TEMPLATE_TEXT_MAX);
    buf_init(&body, TEMPLATE_TEXT_MAX);
    if ((step->unless && render_part(job, step->unless, true, &body)) ||
        put_exports(job, step->unless, &out) || put_chdir(job, &out) || put_creates(job, &out)) {
        goto out;
    }
    buf_adds(&out, step->unless ? body.data : "exit 1");
    buf_addc(&out, '\n');
    if (out.full || body.full || out.len > GUARD_MAX) {
        err_set(job->err, ERR_CONFIG, "%s: unless and its variables are longer than %d bytes",
                job->context, GUARD_MAX);
        goto out;
    }
    ret->guard_len = out.len;
    ret->guard = buf_detach(&out);
    rc = 0;
out:
    buf_release(&out);
    buf_release(&body);
    return rc;
}

/* What the step says of sudo; the variables of the host have the last word. */
static int
make_user(const struct render_job *job, struct rendered *ret)
{
    ret->become = job->step->become;
    if (job->step->become_user &&
        render_open_text(job, "become_user", job->step->become_user, &ret->become_user)) {
        return -1;
    }
    if (ret->become_user && !become_vars_is_user(ret->become_user)) {
        return err_set(job->err, ERR_CONFIG, "%s: become_user: expected the name of a user",
                       job->context);
    }
    if (job->step->kind == ACTION_LOCAL) {
        return 0;
    }
    return become_vars_apply(job->scope, &ret->become, &ret->become_user, job->err);
}

/* ---------------------------------------------------------------- a step */

int
render_when(const struct action *a, const struct action_step *step, const struct scope *scope,
            struct err *err)
{
    for (size_t i = 0; i < step->when_count; i++) {
        const struct action_condition *c = &step->when[i];
        bool holds = false;
        if (condition_holds(c->text, scope, &holds, err)) {
            err_prefix(err, "%s:%d:%d: ", a->file, c->line, c->col);
            return -1;
        }
        if (!holds) {
            return 0;
        }
    }
    return 1;
}

static int
make_step(const struct render_job *job, struct rendered *ret)
{
    const int wanted = render_when(job->action, job->step, job->scope, job->err);

    if (wanted <= 0) {
        ret->skipped = wanted == 0;
        return wanted;
    }
    if (render_open_text(job, "name", job->step->name, &ret->name) || make_error(job, ret)) {
        return -1;
    }
    if (make_guard(job, ret) || make_user(job, ret)) {
        return -1;
    }
    switch (job->step->kind) {
    case ACTION_UPLOAD:
        return render_upload(job, ret);
    case ACTION_TEMPLATE:
        return render_template_file(job, ret);
    case ACTION_WAIT_FOR:
        return render_wait(job, ret);
    case ACTION_HTTP:
    case ACTION_TCP:
        return render_probe(job, ret);
    case ACTION_RUN:
    case ACTION_LOCAL:
        return make_script(job, ret);
    }
    assert(false && "a kind of step");
    return -1;
}

int
render_step(const struct action *a, const struct action_step *step, const char *root,
            const struct scope *scope, struct rendered *ret, struct err *err)
{
    struct taint taint = {0};
    struct scope tainted = *scope;
    struct render_job job = {
        .action = a, .step = step, .root = root, .scope = &tainted, .err = err};
    const struct value *host = template_find(scope, "inventory_hostname");
    struct rendered made = {0};

    assert(a && step && root && ret);
    tainted.taint = &taint;
    if (a->file) {
        (void)snprintf(job.context, sizeof(job.context), "%s:%d:%d", a->file, step->line,
                       step->col);
    } else {
        (void)snprintf(job.context, sizeof(job.context), "%s", a->name);
    }
    const int rc = make_step(&job, &made);
    made.secrets = taint.texts;
    if (rc) {
        rendered_release(&made);
        if (host && host->kind == VALUE_TEXT) {
            err_prefix(err, "%s: ", host->text);
        }
        return -1;
    }
    *ret = made;
    return 0;
}

static void
wipe(char *bytes, size_t len)
{
    if (bytes) {
        explicit_bzero(bytes, len);
    }
}

void
rendered_release(struct rendered *r)
{
    if (r->secrets.count > 0) {
        wipe(r->script, r->script_len);
        wipe(r->guard, r->guard_len);
        wipe(r->content, r->content_len);
        wipe(r->path, r->path ? strlen(r->path) : 0);
    }
    for (size_t i = 0; i < r->secrets.count; i++) {
        wipe(r->secrets.items[i], strlen(r->secrets.items[i]));
    }
    strv_clear(&r->secrets);
    free(r->name);
    free(r->script);
    free(r->guard);
    free(r->become_user);
    free(r->content);
    free(r->src);
    free(r->dest);
    free(r->path);
    free(r->host);
    free(r->ca);
    free(r->awaited);
    free(r->error);
    *r = (struct rendered){0};
}

/* ---------------------------------------------------------------- -e */

static int
add_file(struct value *dict, const char *path, struct vault *vault, struct mistakes *m)
{
    struct yaml *y = vault_load_yaml(vault, path, YAML_SMALL_MAX, YAML_REPEAT_LAST, m);
    const struct yaml_node *root = y ? yaml_root(y) : NULL;
    struct value *v = root ? value_of_node(root, m) : NULL;

    if (v && v->kind != VALUE_DICT) {
        yaml_expected(m, root, "-e", "NAME: value pairs");
    }
    for (size_t i = 0; v && v->kind == VALUE_DICT && i < v->count; i++) {
        value_dict_set(dict, v->keys[i], value_copy(v->items[i]));
    }
    value_free(v);
    yaml_close(y);
    return m->count ? -1 : 0;
}

static int
add_pair(struct value *dict, const char *arg, struct err *err)
{
    const char *equals = strchr(arg, '=');

    if (!equals || !template_is_name(arg, (size_t)(equals - arg))) {
        return err_set(err, ERR_USAGE, "-e: expected NAME=VALUE or @FILE, got '%.80s'", arg);
    }
    char *name = xstrndup(arg, (size_t)(equals - arg));
    value_dict_set(dict, name, value_text(equals + 1));
    free(name);
    return 0;
}

int
render_extra(struct value *dict, const char *arg, struct vault *vault, struct err *err)
{
    struct mistakes m = {0};
    int rc;

    if (arg[0] != '@') {
        return add_pair(dict, arg, err);
    }
    rc = add_file(dict, arg + 1, vault, &m);
    if (rc) {
        err_set(err, m.not_yet ? ERR_NOT_YET : ERR_CONFIG, "%s",
                m.errors.count ? m.errors.items[0] : "-e: the file cannot be used");
    }
    mistakes_release(&m);
    return rc;
}
