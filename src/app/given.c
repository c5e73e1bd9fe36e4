/*
 * given.c - what a run was given on the command line, in a form that can be kept.
 *
 * Decides what of it is a secret.  Owns nothing that lasts.  Reads no file.
 */
#include "app/given.h"

#include "base/xalloc.h"
#include "config/yaml.h"
#include "core/policy.h"

#include <stdlib.h>

static const char *const kinds[] = {
    [VALUE_NULL] = "nothing",   [VALUE_BOOL] = "true or false", [VALUE_INT] = "a number",
    [VALUE_FLOAT] = "a number", [VALUE_TEXT] = "a text",        [VALUE_LIST] = "a list",
    [VALUE_DICT] = "a dict"};

/* ---------------------------------------------------------------- to be kept */

static bool
holds_secret(const struct value *v)
{
    bool secret = v->secret;

    for (size_t i = 0; i < v->count && !secret; i++) {
        secret = holds_secret(v->items[i]);
    }
    return secret;
}

static struct value *
texts_of(const struct strv *texts)
{
    struct value *list = value_new(VALUE_LIST);

    for (size_t i = 0; texts != NULL && i < texts->count; i++) {
        value_list_add(list, value_text(texts->items[i]));
    }
    return list;
}

struct value *
given_value(const struct run_request *q)
{
    struct value *dict = value_new(VALUE_DICT);
    struct value *extra = value_new(VALUE_DICT);
    struct value *secret = value_new(VALUE_LIST);

    for (size_t i = 0; q->extra != NULL && i < q->extra->count; i++) {
        if (holds_secret(q->extra->items[i])) {
            value_list_add(secret, value_text(q->extra->keys[i]));
        } else {
            value_dict_set(extra, q->extra->keys[i], value_copy(q->extra->items[i]));
        }
    }
    value_dict_set(dict, "tags", texts_of(q->tags));
    value_dict_set(dict, "skip_tags", texts_of(q->skip_tags));
    value_dict_set(dict, "extra", extra);
    value_dict_set(dict, "extra_secret", secret);
    value_dict_set(dict, "workers", value_int(q->workers));
    return dict;
}

/* ---------------------------------------------------------------- and read again */

/* Takes over y, which may be NULL: m says why. */
static struct value *
dict_of(struct yaml *y, struct mistakes *m, const char *what, struct err *err)
{
    struct value *v = NULL;

    if (y != NULL && yaml_root(y) != NULL && yaml_root(y)->kind == YAML_NODE_MAP) {
        v = value_of_node(yaml_root(y), m);
    }
    if (v == NULL && m->errors.count > 0) {
        err_set(err, ERR_CONFIG, "%s", m->errors.items[0]);
    } else if (v == NULL) {
        err_set(err, ERR_CONFIG, "%s: expected a dict", what);
    }
    yaml_close(y);
    mistakes_release(m);
    return v;
}

struct value *
given_parse(const char *json, size_t len, const char *what, struct err *err)
{
    struct mistakes m = {0};
    struct yaml *y = yaml_parse(json, len, what, GIVEN_BYTES_MAX, YAML_REPEAT_ERROR, &m);

    return dict_of(y, &m, what, err);
}

struct value *
given_load(const char *path, struct err *err)
{
    struct mistakes m = {0};
    struct yaml *y = yaml_load(path, GIVEN_BYTES_MAX, YAML_REPEAT_ERROR, &m);

    return dict_of(y, &m, path, err);
}

const struct value *
given_member(const struct value *dict, const char *key, enum value_kind kind, struct err *err)
{
    const struct value *v = value_dict_get(dict, key);

    if (v != NULL && v->kind == kind) {
        return v;
    }
    err_set(err, ERR_CONFIG, "%s: expected %s, got %s", key, kinds[kind],
            v == NULL ? "nothing" : kinds[v->kind]);
    return NULL;
}

int
given_texts(const struct value *dict, const char *key, struct strv *ret, struct err *err)
{
    const struct value *list = given_member(dict, key, VALUE_LIST, err);

    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (list->items[i]->kind != VALUE_TEXT) {
            return err_set(err, ERR_CONFIG, "%s: expected texts, got %s", key,
                           kinds[list->items[i]->kind]);
        }
        strv_add(ret, list->items[i]->text);
    }
    return list == NULL ? -1 : 0;
}

int
given_read(const struct value *dict, struct given *ret, struct err *err)
{
    const struct value *extra = given_member(dict, "extra", VALUE_DICT, err);
    const struct value *workers =
        extra == NULL ? NULL : given_member(dict, "workers", VALUE_INT, err);

    *ret = (struct given){.workers = -1};
    if (workers == NULL || given_texts(dict, "tags", &ret->tags, err) != 0 ||
        given_texts(dict, "skip_tags", &ret->skip_tags, err) != 0 ||
        given_texts(dict, "extra_secret", &ret->secret, err) != 0) {
        return -1;
    }
    if (workers->integer < -1 || workers->integer > POLICY_WORKERS_MAX) {
        return err_set(err, ERR_CONFIG, "workers: out of range");
    }
    ret->extra = value_copy(extra);
    ret->workers = (int32_t)workers->integer;
    return 0;
}

void
given_release(struct given *g)
{
    strv_clear(&g->tags);
    strv_clear(&g->skip_tags);
    strv_clear(&g->secret);
    value_free(g->extra);
    *g = (struct given){.workers = -1};
}
