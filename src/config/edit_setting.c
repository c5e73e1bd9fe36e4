/*
 * edit_setting.c - one key of config.yml: read as it stands, set, taken out.
 *
 * Decides which of several places counts: the last.  Writes nothing that would not be read as what
 * was meant.  Owns the file's bytes while it works.
 */
#include "config/edit.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/edit_file.h"
#include "config/edit_vars.h"
#include "config/edit_yaml.h"
#include "config/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMES_MAX = 1000, TEXT_MAX = 1 << 16, OTHERS_MAX = 16 << 20 };

static size_t
rows(void)
{
    const char *key, *preset, *doc;

    return settings_row(SIZE_MAX, &key, &preset, &doc);
}

static const char *
key_of_row(size_t i)
{
    const char *key = "";
    const char *preset, *doc;

    (void)settings_row(i, &key, &preset, &doc);
    return key;
}

/* ---------------------------------------------------------------- one value */

/* The mistake without its place and key: "expected ..., got ...". */
static int
tell(const struct mistakes *m, const char *key, struct err *err)
{
    const char *text = m->errors.count > 0 ? m->errors.items[0] : "cannot be read";
    const char *at = strstr(text, key);

    if (at != NULL && strncmp(at + strlen(key), ": ", 2) == 0) {
        text = at + strlen(key) + 2;
    }
    return err_set(err, ERR_CONFIG, "%s", text);
}

static int
check_row(size_t i, const char *key, const char *value, struct err *err)
{
    struct mistakes m = {0};
    char *text = xasprintf("{k: %s}", value);
    struct yaml *y = yaml_parse(text, strlen(text), "-", YAML_SMALL_MAX, YAML_REPEAT_ERROR, &m);
    const struct yaml_node *item = y == NULL ? NULL : yaml_get(yaml_root(y), "k");
    int rc = 0;

    if (item == NULL || yaml_root(y)->count != 1 || yaml_root(y)->end != strlen(text)) {
        rc = err_set(err, ERR_CONFIG, "no value of YAML: with , : # or { in it, in quotes");
    } else if (settings_check_value(i, item, &m) < 0) {
        rc = tell(&m, key, err);
    }
    yaml_close(y);
    free(text);
    mistakes_release(&m);
    return rc;
}

int
edit_check_setting(const char *key, const char *value, struct err *err)
{
    const size_t i = settings_find(key);
    const char *near = i < rows() ? NULL : settings_nearest(key);

    if (i == rows()) {
        return err_set(err, ERR_CONFIG, "%.60s: unknown key%s%s%s", key,
                       near != NULL ? " (did you mean " : "", near != NULL ? near : "",
                       near != NULL ? "?)" : "");
    }
    if (value[strspn(value, " ")] == '\0') {
        return err_set(err, ERR_CONFIG, "a value is needed");
    }
    if (value[0] == '&' || value[0] == '*' || !utf8_valid(value, strlen(value)) ||
        strlen(value) > TEXT_MAX / 2) {
        return err_set(err, ERR_CONFIG, "no value of YAML for one line");
    }
    for (const char *c = value; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            return err_set(err, ERR_CONFIG, "a control character in it");
        }
    }
    return check_row(i, key, value, err);
}

/* ---------------------------------------------------------------- the whole file */

/* Key and value of all entries but one. */
static void
add_others(const struct edit_yaml *y, const char *key, struct buf *out)
{
    struct mistakes m = {0};

    for (size_t i = 0; y->root != NULL && i < y->root->count; i++) {
        const struct yaml_node *node = y->root->keys[i];
        if (strcmp(node->text, key) == 0) {
            continue;
        }
        struct value *v = value_of_node(y->root->items[i], &m);
        (void)buf_addf(out, "%s: ", node->text);
        if (v != NULL) {
            value_to_json(v, out);
        }
        (void)buf_addc(out, '\n');
        value_free(v);
    }
    mistakes_release(&m);
}

static int
compare_others(const struct edit_yaml *was, const struct edit_yaml *now, const char *key,
               struct err *err)
{
    struct buf old, new;
    int rc = 0;

    buf_init(&old, OTHERS_MAX);
    buf_init(&new, OTHERS_MAX);
    add_others(was, key, &old);
    add_others(now, key, &new);
    if (old.full || old.len != new.len || memcmp(old.data, new.data, old.len) != 0) {
        rc = err_set(err, ERR_CONFIG,
                     "nothing was written: more than %s would change: change it by hand", key);
    }
    buf_release(&old);
    buf_release(&new);
    return rc;
}

/* The key has the value that was typed, or is not there. */
static int
compare_key(const struct edit_yaml *y, const char *key, const char *value, struct err *err)
{
    const struct yaml_node *item = yaml_get(y->root, key);
    struct mistakes m = {0};
    struct value *is = item == NULL ? NULL : value_of_node(item, &m);
    struct value *meant = value == NULL ? NULL : edit_flow_value(value, strlen(value));
    const bool same =
        value == NULL ? item == NULL : is != NULL && meant != NULL && value_is_same(is, meant);

    value_free(is);
    value_free(meant);
    mistakes_release(&m);
    return same ? 0
                : err_set(err, ERR_CONFIG,
                          "nothing was written: %s would not be as meant: change it by hand", key);
}

/* How many mistakes the bytes have that are not known; the last of them goes into err, without its
 * place where it is one of the key that is changed. */
static int
count_mistakes(const struct edit_file *f, bool now, const char *key, const struct strv *known,
               struct strv *ret_all, struct err *err)
{
    const struct buf *bytes = now ? &f->now : &f->was;
    const size_t key_len = strlen(key);
    struct settings s;
    struct mistakes m = {0};
    int fresh = 0;

    (void)settings_parse(bytes->data, bytes->len, f->path, &s, &m);
    for (size_t i = 0; i < m.errors.count; i++) {
        const char *at = strstr(m.errors.items[i], ": "); /* lines may have moved */
        const char *text = at == NULL ? m.errors.items[i] : at + 2;
        if (known != NULL && !strv_has(known, text)) {
            const bool own = strncmp(text, key, key_len) == 0 && text[key_len] == ':';
            (void)err_set(err, ERR_CONFIG, "%s", own ? text + key_len + 2 : m.errors.items[i]);
            fresh++;
        }
        if (ret_all != NULL) {
            strv_add(ret_all, text);
        }
    }
    settings_release(&s);
    mistakes_release(&m);
    return fresh;
}

/* What was wrong with it may stay; nothing new may be. */
static int
judge(const struct edit_file *f, const char *key, const char *value, struct err *err)
{
    struct edit_yaml was = {0};
    struct edit_yaml now = {0};
    struct buf old = f->was;
    struct buf new = f->now;
    struct strv known = {0};
    int rc = edit_yaml_read(&was, &old, f->path, YAML_SMALL_MAX, err);

    rc = rc < 0 ? -1 : edit_yaml_read(&now, &new, f->path, YAML_SMALL_MAX, err);
    rc = rc < 0 ? -1 : compare_others(&was, &now, key, err);
    rc = rc < 0 ? -1 : compare_key(&now, key, value, err);
    if (rc == 0) {
        (void)count_mistakes(f, false, key, NULL, &known, NULL);
        rc = count_mistakes(f, true, key, &known, NULL, err) > 0 ? -1 : 0;
    }
    strv_clear(&known);
    edit_yaml_release(&was);
    edit_yaml_release(&now);
    return rc;
}

/* ---------------------------------------------------------------- changes */

static bool
find_entry(const struct edit_yaml *y, const char *key, size_t *ret)
{
    for (size_t i = 0; y->root != NULL && i < y->root->count; i++) {
        if (strcmp(y->root->keys[i]->text, key) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* 1: it was changed; 0: there was nothing to do. */
static int
change_once(struct edit_file *f, const char *key, const char *value, struct err *err)
{
    struct edit_yaml y;
    size_t i = 0;
    int rc = edit_yaml_read(&y, &f->now, f->path, YAML_SMALL_MAX, err);

    if (rc == 0 && y.root != NULL && y.root->kind != YAML_NODE_MAP) {
        rc = edit_yaml_refuse(&y, y.root, "expected keys like `max_parallel_workers: 3`", err);
    }
    if (rc == 0 && find_entry(&y, key, &i)) {
        rc = value == NULL ? edit_yaml_remove(&y, y.root, i, err)
                           : edit_yaml_replace(&y, y.root, i, value, err);
        rc = rc < 0 ? -1 : 1;
    } else if (rc == 0 && value != NULL) {
        char *flow = xasprintf("%s: %s", key, value);
        char *lines = xasprintf("%s\n", flow);
        const struct edit_entry entry = {lines, flow};
        rc = edit_yaml_insert(&y, NULL, NULL, y.root, &entry, err) < 0 ? -1 : 1;
        free(lines);
        free(flow);
    }
    edit_yaml_release(&y);
    return rc;
}

/* A key may stand there more than once: the last one counts, and is the one that is changed; all of
 * them go. */
static int
change(struct edit_file *f, const char *key, const char *value, struct err *err)
{
    int rc = change_once(f, key, value, err);

    for (int n = 0; rc > 0 && value == NULL; n++) {
        rc = n < TIMES_MAX ? change_once(f, key, value, err)
                           : err_set(err, ERR_CONFIG, "%s: %s is given too often", f->path, key);
    }
    return rc < 0 ? -1 : 0;
}

/* Blanks at both ends do not count. */
static char *
trimmed(const char *value)
{
    const char *from = value + strspn(value, " ");
    size_t len = strlen(from);

    while (len > 0 && from[len - 1] == ' ') {
        len--;
    }
    return xstrndup(from, len);
}

int
edit_setting(const char *config_path, const char *key, const char *value, struct err *err)
{
    struct edit_file f = {0};
    char *text = value == NULL ? NULL : trimmed(value);
    int rc = text == NULL ? 0 : edit_check_setting(key, text, err);

    if (rc == 0 && settings_find(key) == rows()) {
        rc = edit_check_setting(key, "x", err);
    }
    rc = rc < 0 ? -1 : edit_file_read(&f, config_path, YAML_SMALL_MAX, true, err);
    rc = rc < 0 ? -1 : change(&f, key, text, err);
    rc = rc < 0 ? -1 : judge(&f, key, text, err);
    if (rc == 0 && (f.is_new ? text != NULL : edit_file_changed(&f))) {
        rc = edit_file_write(&f, err);
    }
    edit_file_release(&f);
    free(text);
    return rc;
}

/* ---------------------------------------------------------------- reading */

/* As it was written, where that is one line; else as JSON, which is YAML too. */
static char *
text_of(const struct edit_yaml *y, const struct yaml_node *item)
{
    struct mistakes m = {0};
    struct buf text;

    if (!(item->kind != YAML_NODE_SCALAR && !item->flow) && item->style != YAML_STYLE_LITERAL &&
        !item->alias) {
        char *raw = xstrndup(y->text->data + item->start, item->end - item->start);
        if (strpbrk(raw, "\r\n") == NULL) {
            return raw;
        }
        free(raw);
    }
    struct value *v = value_of_node(item, &m);
    buf_init(&text, TEXT_MAX);
    if (v != NULL) {
        value_to_json(v, &text);
    }
    char *copy = xstrdup(text.data);
    buf_release(&text);
    value_free(v);
    mistakes_release(&m);
    return copy;
}

/* "path:LINE:..." of a mistake; 0: none. */
static int
line_of(const char *mistake, const char *path)
{
    const size_t len = strlen(path);

    return strncmp(mistake, path, len) == 0 && mistake[len] == ':' ? atoi(mistake + len + 1) : 0;
}

static void
read_rows(const struct edit_yaml *y, struct edit_setting *ret, const struct mistakes *m)
{
    for (size_t i = 0; y->root != NULL && i < rows(); i++) {
        size_t at = 0;
        if (!find_entry(y, key_of_row(i), &at)) {
            continue;
        }
        ret[i].text = text_of(y, y->root->items[at]);
        ret[i].line = y->root->keys[at]->line;
        for (size_t k = 0; k < m->errors.count; k++) {
            ret[i].bad = ret[i].bad || line_of(m->errors.items[k], y->path) == ret[i].line;
        }
    }
}

void
edit_settings_read(const char *config_path, struct edit_setting *ret, struct mistakes *m)
{
    struct edit_file f = {0};
    struct edit_yaml y = {0};
    struct settings s;
    struct err err = {0};

    memset(ret, 0, rows() * sizeof(*ret));
    if (edit_file_read(&f, config_path, YAML_SMALL_MAX, true, &err) < 0) {
        (void)mistakes_add(m, "%s", err.text);
    } else if (!f.is_new) {
        (void)settings_parse(f.was.data, f.was.len, config_path, &s, m);
        settings_release(&s);
        if (edit_yaml_read(&y, &f.now, config_path, YAML_SMALL_MAX, &err) == 0 && y.root != NULL &&
            y.root->kind == YAML_NODE_MAP) {
            read_rows(&y, ret, m);
        }
        edit_yaml_release(&y);
    }
    edit_file_release(&f);
}

void
edit_settings_release(struct edit_setting *settings)
{
    for (size_t i = 0; i < rows(); i++) {
        free(settings[i].text);
        settings[i].text = NULL;
    }
}

char *
edit_setting_text(const char *config_path, const char *key)
{
    struct edit_setting *all = xcalloc(rows(), sizeof(*all));
    struct mistakes m = {0};
    const size_t i = settings_find(key);
    char *text = NULL;

    edit_settings_read(config_path, all, &m);
    if (i < rows() && all[i].text != NULL) {
        text = xstrdup(all[i].text);
    }
    edit_settings_release(all);
    free(all);
    mistakes_release(&m);
    return text;
}
