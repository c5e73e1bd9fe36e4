/*
 * edit_host.c - a host of an environment: read, put in, changed, taken out.
 *
 * Decides which file and which variable a change is about, and what is meant by it; edit_compare.c
 * judges what comes out.  Owns the files' bytes while it works.  Writes nothing that was not
 * judged.
 */
#include "config/edit_state.h"

#include "base/xalloc.h"
#include "config/edit_vars.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CHANGES_MAX = 10000, TEXT_MAX = 1 << 20 };

/* ---------------------------------------------------------------- patterns */

int
edit_pattern_is(const char *pattern, const char *name, int *ret_port, char ret_why[160])
{
    char why[128];
    struct strv names = {0};
    char *bare = host_pattern_split(pattern, ret_port);
    int is = strcmp(bare, name) == 0 ? 1 : 0;

    if (is == 0 && strchr(bare, '[') != NULL && host_range_expand(bare, &names, why) == 0 &&
        strv_has(&names, name)) {
        (void)snprintf(ret_why, 160, "%.60s is one of %.60s: change it by hand", name, pattern);
        is = -1;
    }
    strv_clear(&names);
    free(bare);
    return is;
}

/* ---------------------------------------------------------------- a change under way */

struct change {
    struct edit_sources s;
    struct draft *was; /* owned */
    struct err *err;   /* borrowed */
};

static int
begin(struct change *c, const char *env_dir, struct err *err)
{
    *c = (struct change){.err = err};
    if (edit_sources_read(&c->s, env_dir, err) < 0) {
        return -1;
    }
    c->was = edit_sources_draft(&c->s, false, err);
    return c->was == NULL ? -1 : 0;
}

static void
change_release(struct change *c)
{
    draft_free(c->was);
    edit_sources_release(&c->s);
}

/* Judge what came out, and write it. */
static int
finish(struct change *c, const struct edit_meant *meant)
{
    struct draft *now = edit_sources_draft(&c->s, true, c->err);
    int rc = now == NULL ? -1 : edit_compare(c->was, now, meant, c->err);

    draft_free(now);
    rc = rc < 0 ? -1 : edit_sources_check(&c->s, meant, c->err);
    return rc < 0 ? -1 : edit_sources_write(&c->s, c->err);
}

static struct draft_host *
find_host(const struct change *c, const char *name)
{
    struct draft_host *h = map_get(c->was->hosts, name);

    if (h == NULL) {
        (void)err_set(c->err, ERR_NO_MATCH, "%s: no such server in the files of the inventory%s",
                      name, c->s.whole ? "" : " that can be changed");
    }
    return h;
}

/* A name for a host: nobody's yet. */
static int
check_free(const struct change *c, const char *name)
{
    const struct draft_host *h = map_get(c->was->hosts, name);

    if (edit_check_name(NULL, name, c->err) < 0) {
        return -1;
    }
    if (h != NULL) {
        return err_set(c->err, ERR_CONFIG, "%s is there already: %s:%d", name, h->place.file,
                       h->place.line);
    }
    if (map_get(c->was->groups, name) != NULL) {
        return err_set(c->err, ERR_CONFIG, "%s is the name of a group", name);
    }
    return 0;
}

/* ---------------------------------------------------------------- in all files */

/* Until there is nothing left to do; how often it was done, or -1. */
static int
do_all(struct change *c, enum edit_op op, const char *name, const char *text)
{
    int count = 0;

    for (size_t i = 0; i < c->s.count; i++) {
        struct edit_source *s = &c->s.items[i];
        int rc = s->kind == NULL ? 0 : 1;
        while (rc > 0 && (rc = s->kind->ops[op](&s->file, name, text, c->err)) > 0) {
            if (++count > CHANGES_MAX) {
                return err_set(c->err, ERR_CONFIG, "%s: is in too many places: change it by hand",
                               name);
            }
        }
        if (rc < 0) {
            return -1;
        }
    }
    return count;
}

/* Where it stands last, since that counts. */
static int
replace_last(struct change *c, const char *name, const struct edit_var *v)
{
    int rc = 0;

    for (size_t i = c->s.count; i > 0 && rc == 0; i--) {
        struct edit_source *s = &c->s.items[i - 1];
        rc = s->kind == NULL ? 0 : s->kind->replace(&s->file, name, v, c->err);
    }
    return rc;
}

static int
put_first(struct change *c, const char *name, const struct edit_var *v)
{
    int rc = 0;

    for (size_t i = 0; i < c->s.count && rc == 0; i++) {
        struct edit_source *s = &c->s.items[i];
        rc = s->kind == NULL ? 0 : s->kind->put(&s->file, name, v, c->err);
    }
    return rc;
}

static bool
is_number(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* The port that counts stands behind the name: `web-01:22`. */
static bool
is_in_name(const struct change *c, const char *name, const struct edit_var *v)
{
    const struct draft_host *h = map_get(c->was->hosts, name);

    return strcmp(v->name, "ansible_port") == 0 && h != NULL &&
           value_dict_get(h->vars, v->name) != NULL;
}

static int
set_var(struct change *c, const char *name, const struct edit_var *v)
{
    int rc = replace_last(c, name, v);

    if (rc == 0 && is_in_name(c, name, v)) {
        char port[32];
        const bool number = v->value->kind == VALUE_INT;
        (void)snprintf(port, sizeof(port), "%lld", (long long)v->value->integer);
        rc = do_all(c, EDIT_REPORT, name, number ? port : NULL);
        rc = rc > 0 && !number ? 0 : rc;
    }
    return rc == 0 ? put_first(c, name, v) : rc;
}

/* ---------------------------------------------------------------- fields */

/* The variable of a field that counts, or is to be written. */
static const char *
name_of_field(const struct value *vars, int field)
{
    const struct edit_field *f = edit_field(field);
    const struct value *counts = value_dict_get(vars, f->counts);

    if (counts != NULL && counts->kind != VALUE_NULL) {
        return f->counts;
    }
    return value_dict_get(vars, f->other) != NULL ? f->other : f->fresh;
}

/* As a form shows it: "" for nothing. */
static char *
text_of_field(const struct value *vars, int field)
{
    const struct value *v = value_dict_get(vars, name_of_field(vars, field));
    struct buf text;

    buf_init(&text, TEXT_MAX);
    if (v != NULL && !v->secret && value_to_text(v, &text) < 0) {
        buf_clear(&text);
    }
    char *copy = xstrdup(text.data);
    buf_release(&text);
    return copy;
}

/* A port is a number, all else text. */
static struct value *
value_of_field(int field, const char *text)
{
    return field == EDIT_PORT && is_number(text) && strlen(text) <= 5
               ? value_int(strtol(text, NULL, 10))
               : value_text(text);
}

static const char *
given(const struct edit_host *h, int field)
{
    const char *const texts[] = {[EDIT_ADDRESS] = h->address,
                                 [EDIT_PORT] = h->port,
                                 [EDIT_USER] = h->user,
                                 [EDIT_KEY_FILE] = h->key_file};

    return texts[field] == NULL ? "" : texts[field];
}

/* What was typed; the key file was looked at by who has the root. */
static int
check_given(const struct edit_host *h, struct err *err)
{
    static int (*const checks[])(void *, const char *,
                                 struct err *) = {[EDIT_ADDRESS] = edit_check_address,
                                                  [EDIT_PORT] = edit_check_port,
                                                  [EDIT_USER] = edit_check_user,
                                                  [EDIT_KEY_FILE] = edit_check_user};

    for (int f = 0; f < EDIT_KEY_FILE; f++) {
        if (checks[f](NULL, given(h, f), err) < 0) {
            return -1;
        }
    }
    return 0;
}

int
edit_read_host(const char *env_dir, const char *name, struct strv *ret, struct err *err)
{
    struct change c;
    struct buf vars;
    int rc = begin(&c, env_dir, err);
    const struct draft_host *h = rc < 0 ? NULL : find_host(&c, name);

    buf_init(&vars, TEXT_MAX);
    if (h != NULL) {
        for (int f = 0; f < EDIT_VARS; f++) {
            strv_take(ret, text_of_field(h->vars, f));
        }
        edit_vars_write(h->vars, edit_is_field, &vars);
        strv_add(ret, vars.data);
    }
    buf_release(&vars);
    change_release(&c);
    return h == NULL ? -1 : 0;
}

/* ---------------------------------------------------------------- changing */

static void
forget(struct value *dict, const char *key)
{
    for (size_t i = 0; i < dict->count; i++) {
        if (strcmp(dict->keys[i], key) == 0) {
            free(dict->keys[i]);
            value_free(dict->items[i]);
            dict->count--;
            memmove(dict->keys + i, dict->keys + i + 1, (dict->count - i) * sizeof(char *));
            memmove(dict->items + i, dict->items + i + 1,
                    (dict->count - i) * sizeof(struct value *));
            return;
        }
    }
}

static int
unset_field(struct change *c, const char *name, int field, struct value *meant)
{
    const struct edit_field *f = edit_field(field);
    const char *const names[] = {f->counts, f->other};

    for (size_t i = 0; i < 2; i++) {
        if (do_all(c, EDIT_UNSET, name, names[i]) < 0) {
            return -1;
        }
        forget(meant, names[i]);
    }
    return field == EDIT_PORT && do_all(c, EDIT_REPORT, name, NULL) < 0 ? -1 : 0;
}

static int
change_field(struct change *c, const char *name, int field, const char *text, struct value *meant)
{
    const char *var = name_of_field(meant, field);
    char *was = text_of_field(meant, field);
    const struct value *old = value_dict_get(meant, var);
    int rc = 0;

    if (strcmp(was, text) == 0) {
        rc = 0;
    } else if (text[0] == '\0') {
        rc = unset_field(c, name, field, meant);
    } else {
        struct value *v = value_of_field(field, text);
        if (old != NULL && old->kind == VALUE_TEXT && v->kind == VALUE_INT) {
            value_free(v); /* a port that is a text stays one */
            v = value_text(text);
        }
        const struct edit_var one = {.name = var, .value = v};
        rc = set_var(c, name, &one) < 0 ? -1 : 0;
        value_dict_set(meant, var, v);
    }
    free(was);
    return rc;
}

/* Those that are typed; those that were shown and are typed no more. */
static int
change_vars(struct change *c, const char *name, const char *text, struct value *meant)
{
    struct value *was = value_copy(meant);
    struct edit_vars now;
    int rc = edit_vars_read(text, &now, c->err);

    for (size_t i = 0; rc == 0 && i < now.dict->count; i++) {
        const struct value *old = value_dict_get(was, now.dict->keys[i]);
        const struct edit_var v = {now.dict->keys[i], now.dict->items[i], now.texts.items[i]};
        if (old == NULL || !value_is_same(old, v.value)) {
            rc = set_var(c, name, &v) < 0 ? -1 : 0;
            value_dict_set(meant, v.name, value_copy(v.value));
        }
    }
    for (size_t i = 0; rc == 0 && i < was->count; i++) {
        if (value_dict_get(now.dict, was->keys[i]) == NULL &&
            edit_vars_shows(was, i, edit_is_field)) {
            rc = do_all(c, EDIT_UNSET, name, was->keys[i]) < 0 ? -1 : 0;
            forget(meant, was->keys[i]);
        }
    }
    edit_vars_release(&now);
    value_free(was);
    return rc;
}

static int
change_all(struct change *c, const char *name, const struct edit_host *h, struct value *meant)
{
    int rc = check_given(h, c->err);

    for (int f = 0; f < EDIT_VARS && rc == 0; f++) {
        rc = change_field(c, name, f, given(h, f), meant);
    }
    if (rc == 0 && h->vars != NULL) {
        rc = change_vars(c, name, h->vars, meant);
    }
    if (rc == 0 && strcmp(h->name, name) != 0) {
        rc = check_free(c, h->name) < 0 || do_all(c, EDIT_RENAME, name, h->name) < 0 ? -1 : 0;
    }
    return rc;
}

int
edit_change_host(const char *env_dir, const char *name, const struct edit_host *h, struct err *err)
{
    struct change c;
    struct value *meant = NULL;
    int rc = begin(&c, env_dir, err);
    const struct draft_host *was = rc < 0 ? NULL : find_host(&c, name);

    rc = was == NULL ? -1 : 0;
    if (rc == 0 && map_get(c.was->groups, name) != NULL) {
        rc = err_set(err, ERR_CONFIG, "%s is the name of a group too: change it by hand", name);
    }
    if (rc == 0) {
        meant = value_copy(was->vars);
        rc = change_all(&c, name, h, meant);
    }
    if (rc == 0) {
        const struct edit_meant all = {.from = name, .to = h->name, .vars = meant};
        rc = finish(&c, &all);
    }
    value_free(meant);
    change_release(&c);
    return rc;
}

/* ---------------------------------------------------------------- adding */

/* All that is typed, as variables. */
static int
collect(const struct edit_host *h, struct value *dict, struct strv *texts, struct err *err)
{
    struct edit_vars more = {0};
    int rc = check_given(h, err);

    for (int f = 0; f < EDIT_VARS && rc == 0; f++) {
        const char *text = given(h, f);
        if (text[0] != '\0') {
            value_dict_add(dict, edit_field(f)->fresh, value_of_field(f, text));
            strv_add(texts, "");
        }
    }
    rc = rc < 0 ? -1 : edit_vars_read(h->vars == NULL ? "" : h->vars, &more, err);
    for (size_t i = 0; rc == 0 && i < more.dict->count; i++) {
        value_dict_set(dict, more.dict->keys[i], value_copy(more.dict->items[i]));
        strv_add(texts, more.texts.items[i]);
    }
    edit_vars_release(&more);
    return rc;
}

/* Beside its like, in the file that has them; else in the first that can be changed. */
static int
add_to_files(struct change *c, const struct edit_new *n)
{
    int rc = 0;

    for (int create = 0; create < 2; create++) {
        for (size_t i = 0; i < c->s.count && rc == 0; i++) {
            struct edit_source *s = &c->s.items[i];
            rc = s->kind == NULL ? 0 : s->kind->add(&s->file, n, create == 1, c->err);
        }
    }
    if (rc == 0) {
        rc = err_set(c->err, ERR_CONFIG,
                     "%s: no file of this inventory can be changed: a program "
                     "or encrypted",
                     c->s.count > 0 ? c->s.items[0].file.path : c->s.dir);
    }
    return rc < 0 ? -1 : 0;
}

static int
check_new(const struct change *c, const struct edit_host *h, const char *group)
{
    if (check_free(c, h->name) < 0 || edit_check_group(NULL, group == NULL ? "" : group, c->err)) {
        return -1;
    }
    if (group != NULL && (strcmp(group, h->name) == 0 || map_get(c->was->hosts, group) != NULL)) {
        return err_set(c->err, ERR_CONFIG, "%s is the name of a server", group);
    }
    return 0;
}

static const char *
group_of(const struct edit_host *h)
{
    const bool none = h->group == NULL || h->group[0] == '\0' || strcmp(h->group, "all") == 0 ||
                      strcmp(h->group, "ungrouped") == 0;

    return none ? NULL : h->group;
}

int
edit_add_host(const char *env_dir, const struct edit_host *h, struct err *err)
{
    struct change c;
    struct value *meant = value_new(VALUE_DICT);
    struct strv texts = {0};
    struct edit_var *vars = NULL;
    const char *group = group_of(h);
    int rc = begin(&c, env_dir, err);

    rc = rc < 0 || check_new(&c, h, group) < 0 ? -1 : collect(h, meant, &texts, err);
    if (rc == 0) {
        assert(texts.count == meant->count);
        vars = xcalloc(meant->count, sizeof(*vars));
        for (size_t i = 0; i < meant->count; i++) {
            vars[i] = (struct edit_var){meant->keys[i], meant->items[i], texts.items[i]};
        }
        const struct edit_new n = {h->name, group, vars, meant->count};
        rc = add_to_files(&c, &n);
    }
    if (rc == 0) {
        const struct edit_meant all = {.to = h->name, .vars = meant, .group = group};
        rc = finish(&c, &all);
    }
    free(vars);
    strv_clear(&texts);
    value_free(meant);
    change_release(&c);
    return rc;
}

/* ---------------------------------------------------------------- removing */

void
edit_host_files(const char *env_dir, const char *name, struct strv *ret)
{
    static const char *const folders[] = {"host_vars", "hosts/host_vars"};
    static const char *const ends[] = {"", ".yml", ".yaml", ".json"};
    struct stat st;

    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 4; k++) {
            char *shown = xasprintf("%s/%s%s", folders[i], name, ends[k]);
            char *path = xasprintf("%s/%s", env_dir, shown);
            if (stat(path, &st) == 0) {
                strv_take(ret, xasprintf("%s%s", shown, S_ISDIR(st.st_mode) ? "/" : ""));
            }
            free(path);
            free(shown);
        }
    }
}

int
edit_remove_host(const char *env_dir, const char *name, struct strv *ret_left, struct err *err)
{
    struct change c;
    int rc = begin(&c, env_dir, err);

    rc = rc < 0 || find_host(&c, name) == NULL || do_all(&c, EDIT_REMOVE, name, NULL) < 0 ? -1 : 0;
    if (rc == 0) {
        const struct edit_meant all = {.from = name};
        rc = finish(&c, &all);
    }
    if (rc == 0) {
        edit_host_files(env_dir, name, ret_left);
    }
    change_release(&c);
    return rc;
}
