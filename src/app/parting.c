/*
 * parting.c - hosts parted by the values of variables: max_parallel_by, budget_by, sequence_by.
 *
 * Decides which hosts have one value, by its text.  Owns the numbers it gives.  Never guesses: a
 * host without a value is an error, since a limit that it escapes is none.
 */
#include "app/parting.h"

#include "base/map.h"
#include "base/nodeset.h"
#include "base/xalloc.h"
#include "config/nearest.h"
#include "config/render.h"
#include "config/template.h"

#include <stdlib.h>

enum { NAMES_BYTES_MAX = ERR_TEXT_MAX / 2, VALUE_BYTES_MAX = 4096 };

struct looking {
    const struct run_request *request;
    const char *const *names;
    struct value *magic; /* set for one host at a time */
    const char *key;     /* of config.yml */
    const char *variable;
    struct err *err;
};

static struct scope
scope_of(const struct looking *l, size_t host, struct taint *taint)
{
    const struct run_request *q = l->request;

    inventory_magic(q->inventory, q->hosts[host], l->magic);
    return (struct scope){
        .extra = q->extra,
        .magic = l->magic,
        .vars = inventory_vars(q->inventory, q->hosts[host]),
        .vault = q->vault,
        .taint = taint,
    };
}

static const char *
near_of(const struct looking *l, size_t host)
{
    const struct value *vars = inventory_vars(l->request->inventory, l->request->hosts[host]);

    return nearest_word(l->variable, (const char *const *)vars->keys, vars->count);
}

/* Told at once for all hosts that lack it. */
static int
complain(const struct looking *l, const char *const *without, size_t count, const char *near)
{
    struct buf names;

    buf_init(&names, NAMES_BYTES_MAX);
    nodeset_fold(&names, without, count);
    (void)err_set(l->err, ERR_CONFIG, "%s: %s: %s %s no such variable%s%s%s", l->key, l->variable,
                  names.full ? "many hosts" : names.data, count == 1 ? "has" : "have",
                  near == NULL ? "" : " (did you mean ", near == NULL ? "" : near,
                  near == NULL ? "" : "?)");
    buf_release(&names);
    return -1;
}

static int
check_all_have(const struct looking *l)
{
    const size_t count = l->request->host_count;
    const char **without = xcalloc(count, sizeof(*without));
    const char *near = NULL;
    size_t missing = 0;

    for (size_t i = 0; i < count; i++) {
        const struct scope scope = scope_of(l, i, NULL);
        if (template_find(&scope, l->variable) == NULL) {
            near = missing == 0 ? near_of(l, i) : near;
            without[missing++] = l->names[i];
        }
    }
    const int rc = missing == 0 ? 0 : complain(l, without, missing, near);
    free(without);
    return rc;
}

static int
refuse(const struct looking *l, size_t host, const char *what)
{
    return err_set(l->err, ERR_CONFIG, "%s: %s: %s: expected a text, got %s", l->key, l->variable,
                   l->names[host], what);
}

static int
text_of(const struct looking *l, size_t host, struct buf *out)
{
    struct taint taint = {0};
    const struct scope scope = scope_of(l, host, &taint);
    const struct value *v = template_find(&scope, l->variable);
    int rc = 0;

    if (v->kind == VALUE_LIST || v->kind == VALUE_DICT) {
        rc = refuse(l, host, v->kind == VALUE_LIST ? "a list" : "a mapping");
    } else if (template_value(v, l->variable, &scope, l->names[host], out, l->err) < 0) {
        err_prefix(l->err, "%s: %s: ", l->key, l->variable);
        rc = -1;
    } else if (taint.tainted) {
        rc = refuse(l, host, "a secret");
    } else if (out->len == 0) {
        rc = refuse(l, host, "nothing");
    } else if (out->full) {
        rc = refuse(l, host, "one that is too long");
    }
    strv_clear(&taint.texts);
    return rc;
}

/* The number of the text among those that came before. */
static int32_t
number_of(struct map *numbers, const char *text)
{
    int32_t *n = map_get(numbers, text);

    if (n == NULL) {
        n = xcalloc(1, sizeof(*n));
        *n = (int32_t)map_count(numbers);
        map_set(numbers, text, n);
    }
    return *n;
}

static int
part(struct looking *l, const char *key, const char *variable, struct plan_parting *ret,
     struct strv *ret_values)
{
    const size_t count = l->request->host_count;

    l->key = key;
    l->variable = variable;
    ret->variable = variable;
    if (check_all_have(l) < 0) {
        return -1;
    }
    int32_t *values = xcalloc(count, sizeof(*values));
    struct map *numbers = map_new(free);
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        struct buf text;
        buf_init(&text, VALUE_BYTES_MAX);
        rc = text_of(l, i, &text);
        values[i] = rc == 0 ? number_of(numbers, text.data) : 0;
        if (rc == 0 && (size_t)values[i] == ret_values->count) {
            strv_add(ret_values, text.data);
        }
        buf_release(&text);
    }
    ret->value_of = values;
    ret->value_count = (int32_t)map_count(numbers);
    map_free(numbers);
    return rc;
}

static int
part_by(struct looking *l, const char *key, const struct settings_by *by, struct plan_parting *ret,
        struct strv *ret_values, int32_t *ret_count)
{
    for (int32_t i = 0; i < by->count; i++) {
        *ret_count = i + 1;
        ret[i].limit = by->parts[i].limit;
        if (part(l, key, by->parts[i].variable, &ret[i], &ret_values[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

int
partings_fill(const struct run_request *q, const char *const *names, struct partings *ret,
              struct err *err)
{
    const struct settings *s = q->settings;
    struct looking l = {.request = q, .names = names, .magic = value_new(VALUE_DICT), .err = err};
    struct strv sequence = {0};
    int rc;

    *ret = (struct partings){.has_sequence = s->sequence_by != NULL};
    value_dict_set(l.magic, "env", value_text(q->env));
    value_dict_set(l.magic, "action", value_text(q->action->name));
    value_dict_set(l.magic, "groups", inventory_groups_value(q->inventory));
    rc = part_by(&l, "max_parallel_by", &s->max_parallel_by, ret->parallel_by, ret->parallel_values,
                 &ret->parallel_by_count);
    if (rc == 0) {
        rc = part_by(&l, "budget_by", &s->budget_by, ret->budget_by, ret->budget_values,
                     &ret->budget_by_count);
    }
    if (rc == 0 && s->sequence_by != NULL) {
        rc = part(&l, "sequence_by", s->sequence_by, &ret->sequence_by, &sequence);
    }
    strv_clear(&sequence);
    value_free(l.magic);
    return rc;
}

static void
free_values(struct plan_parting *p)
{
    free((void *)(uintptr_t)p->value_of);
    p->value_of = NULL;
}

void
partings_release(struct partings *p)
{
    for (int32_t i = 0; i < p->parallel_by_count; i++) {
        free_values(&p->parallel_by[i]);
        strv_clear(&p->parallel_values[i]);
    }
    for (int32_t i = 0; i < p->budget_by_count; i++) {
        free_values(&p->budget_by[i]);
        strv_clear(&p->budget_values[i]);
    }
    free_values(&p->sequence_by);
    *p = (struct partings){0};
}
