/*
 * simulate.c - what is said to go wrong, and with which hosts.
 *
 * Decides which words there are.  Owns the items it read.  Reads no file; what a nodeset means is
 * the inventory's business.
 */
#include "app/simulate.h"

#include "base/buf.h"
#include "base/duration.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "config/nearest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum effect_value { VALUE_NO, VALUE_STEP, VALUE_SLOW };

static const struct effect {
    const char *name;
    unsigned trouble;
    enum effect_value value;
} effects[] = {
    {"fail", TROUBLE_FAIL, VALUE_STEP},       {"unreachable", TROUBLE_UNREACHABLE, VALUE_NO},
    {"unknown", TROUBLE_UNKNOWN, VALUE_STEP}, {"unhealthy", TROUBLE_UNHEALTHY, VALUE_NO},
    {"late", TROUBLE_LATE, VALUE_NO},         {"slow", 0, VALUE_SLOW},
    {"flap", TROUBLE_FLAP, VALUE_STEP},
};
enum { EFFECTS = sizeof(effects) / sizeof(effects[0]) };

/* ---------------------------------------------------------------- reading */

static int
no_such_effect(const char *word, const char *selector, struct err *err)
{
    const char *names[EFFECTS];
    struct buf list;

    buf_init(&list, 256);
    for (size_t i = 0; i < EFFECTS; i++) {
        names[i] = effects[i].name;
        buf_addf(&list, "%s%s", i == 0 ? "" : i + 1 < EFFECTS ? ", " : " or ", names[i]);
    }
    const char *near = nearest_word(word, names, EFFECTS);
    if (near != NULL) {
        err_set(err, ERR_USAGE, "--simulate: %.100s: no effect '%.60s'; did you mean %s?", selector,
                word, near);
    } else {
        err_set(err, ERR_USAGE, "--simulate: %.100s: expected %s, got '%.60s'", selector, list.data,
                word);
    }
    buf_release(&list);
    return -1;
}

/* A number from 1; -1: it is none. */
static int32_t
read_number(const char *text)
{
    const size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 6 || text[digits] != '\0') {
        return -1;
    }
    const int32_t n = (int32_t)strtol(text, NULL, 10);
    return n > 0 ? n : -1;
}

/* `3x` and `1.5x` in thousandths; -1: it is none. */
static int64_t
read_times(const char *text)
{
    const size_t len = strlen(text);
    char number[16] = "";
    int64_t ms = 0;

    if (len < 2 || len > sizeof(number) || text[len - 1] != 'x' ||
        strspn(text, "0123456789.") != len - 1) {
        return -1;
    }
    memcpy(number, text, len - 1);
    return duration_parse(number, &ms) == 0 ? ms : -1; /* seconds in milliseconds: the same form */
}

static int
read_slow(struct simulate_item *item, const char *value, struct err *err)
{
    item->slow_ms = -1;
    if (value == NULL) {
        item->slow_milli = (int64_t)SIMULATE_SLOW_TIMES * 1000;
        return 0;
    }
    const int64_t milli = read_times(value);
    if (milli > 0) {
        item->slow_milli = milli;
        return 0;
    }
    if (milli != 0 && duration_parse(value, &item->slow_ms) == 0) {
        return 0;
    }
    return err_set(err, ERR_USAGE,
                   "--simulate: %.100s: slow: expected times like 3x, or a duration like 10m, got "
                   "'%.60s'",
                   item->selector, value);
}

static int
read_effect(struct simulate_item *item, struct err *err)
{
    const char *equals = strchr(item->effect, '=');
    const char *value = equals == NULL ? NULL : equals + 1;
    char *name = equals == NULL ? xstrdup(item->effect)
                                : xstrndup(item->effect, (size_t)(equals - item->effect));
    const struct effect *e = NULL;
    int rc = 0;

    for (size_t i = 0; i < EFFECTS; i++) {
        e = strcmp(effects[i].name, name) == 0 ? &effects[i] : e;
    }
    if (e == NULL) {
        rc = no_such_effect(name, item->selector, err);
    } else if (e->value == VALUE_SLOW) {
        rc = read_slow(item, value, err);
    } else if (value != NULL && e->value == VALUE_NO) {
        rc = err_set(err, ERR_USAGE, "--simulate: %.100s: %s takes no value", item->selector, name);
    } else if (value != NULL && (item->step = read_number(value)) < 0) {
        rc = err_set(err, ERR_USAGE,
                     "--simulate: %.100s: %s: expected the number of a step, from 1, got '%.60s'",
                     item->selector, name, value);
    }
    if (rc == 0) {
        item->trouble = e->trouble;
    }
    free(name);
    return rc;
}

static char *
trimmed(const char *text, size_t len)
{
    while (len > 0 && isspace((unsigned char)text[0])) {
        text++;
        len--;
    }
    while (len > 0 && isspace((unsigned char)text[len - 1])) {
        len--;
    }
    return xstrndup(text, len);
}

/* The last colon parts: an IPv6 address has others. */
static int
read_item(struct simulation *s, const char *text, size_t len, struct err *err)
{
    char *whole = trimmed(text, len);
    const char *colon = strrchr(whole, ':');
    int rc = 0;

    if (whole[0] == '\0') {
        goto out;
    }
    if (colon == NULL || colon == whole) {
        rc = err_set(err, ERR_USAGE,
                     "--simulate: expected HOSTS:EFFECT like web-03:fail, got '%.100s'", whole);
        goto out;
    }
    if (s->count == SIMULATE_ITEMS_MAX) {
        rc = err_set(err, ERR_USAGE, "--simulate: more than %d items", SIMULATE_ITEMS_MAX);
        goto out;
    }
    s->items = xgrow(s->items, s->count, &s->cap, sizeof(*s->items));
    struct simulate_item *item = &s->items[s->count++];
    *item = (struct simulate_item){.selector = trimmed(whole, (size_t)(colon - whole)),
                                   .effect = trimmed(colon + 1, strlen(colon + 1)),
                                   .slow_ms = -1};
    rc = read_effect(item, err);
out:
    free(whole);
    return rc;
}

/* Up to the next comma that is in no bracket. */
static size_t
item_len(const char *text)
{
    int depth = 0;
    size_t i = 0;

    for (; text[i] != '\0' && (text[i] != ',' || depth > 0); i++) {
        depth += text[i] == '[';
        depth -= text[i] == ']' && depth > 0;
    }
    return i;
}

int
simulate_parse(const char *text, struct simulation *ret, struct err *err)
{
    *ret = (struct simulation){0};
    if (strlen(text) > SIMULATE_TEXT_MAX) {
        return err_set(err, ERR_USAGE, "--simulate: more than %d bytes", SIMULATE_TEXT_MAX);
    }
    while (*text != '\0') {
        const size_t len = item_len(text);
        if (read_item(ret, text, len, err) != 0) {
            return -1;
        }
        text += len + (text[len] == ',');
    }
    return ret->count > 0 ? 0 : err_set(err, ERR_USAGE, "--simulate: there is nothing in it");
}

void
simulation_release(struct simulation *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->items[i].selector);
        free(s->items[i].effect);
    }
    free(s->items);
    *s = (struct simulation){0};
}

bool
simulate_needs_checks(const struct simulation *s)
{
    bool needs = false;

    for (size_t i = 0; i < s->count; i++) {
        needs =
            needs || (s->items[i].trouble & (TROUBLE_UNHEALTHY | TROUBLE_LATE | TROUBLE_FLAP)) != 0;
    }
    return needs;
}

/* ---------------------------------------------------------------- which hosts */

struct picking {
    const struct run_request *q;
    const char *const *names;
    bool *picked; /* owned: by host */
    size_t count;
};

static void
pick(struct picking *p, size_t host)
{
    p->count += !p->picked[host];
    p->picked[host] = true;
}

static int
pick_nodes(struct picking *p, const char *selector, struct err *err)
{
    size_t *found = NULL;
    size_t count = 0;
    size_t at = 0;

    if (inventory_select_nodes(p->q->inventory, selector, &found, &count, err) < 0) {
        err_prefix(err, "--simulate: ");
        return -1;
    }
    for (size_t i = 0; i < p->q->host_count; i++) { /* both ascend */
        while (at < count && found[at] < p->q->hosts[i]) {
            at++;
        }
        if (at < count && found[at] == p->q->hosts[i]) {
            pick(p, i);
        }
    }
    free(found);
    return 0;
}

static int
pick_name(struct picking *p, const char *name, struct err *err)
{
    const struct inventory *inv = p->q->inventory;

    for (size_t i = 0; i < p->q->host_count; i++) {
        if (strcmp(p->names[i], name) == 0) {
            pick(p, i);
            return 0;
        }
    }
    for (size_t i = 0; i < inventory_count(inv); i++) {
        if (strcmp(inventory_host(inv, i)->name, name) == 0) {
            return err_set(err, ERR_NO_MATCH, "--simulate: %.100s is no host of this plan", name);
        }
    }
    const char *near = nearest_word(name, p->names, p->q->host_count);
    return err_set(err, ERR_NO_MATCH, "--simulate: no host '%.100s'%s%.100s%s", name,
                   near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                   near != NULL ? "?" : "");
}

/* The text that a variable has for a host; NULL: none that may be seen.  free() it. */
static char *
text_of(const struct picking *p, size_t host, const char *variable)
{
    const struct value *v =
        value_dict_get(inventory_vars(p->q->inventory, p->q->hosts[host]), variable);
    struct buf text;
    char *detached = NULL;

    if (v == NULL || v->secret) {
        return NULL;
    }
    buf_init(&text, SIMULATE_TEXT_MAX);
    if (value_to_text(v, &text) == 0) {
        detached = buf_detach(&text);
    }
    buf_release(&text);
    return detached;
}

/* Words of the hosts: the names of their variables, or the values of one (variable not NULL). */
static struct map *
words_of(const struct picking *p, const char *variable)
{
    struct map *words = map_new(free);

    for (size_t i = 0; i < p->q->host_count; i++) {
        const struct value *vars = inventory_vars(p->q->inventory, p->q->hosts[i]);
        for (size_t k = 0; variable == NULL && k < vars->count; k++) {
            if (map_get(words, vars->keys[k]) == NULL) {
                map_set(words, vars->keys[k], xstrdup(vars->keys[k]));
            }
        }
        char *text = variable == NULL ? NULL : text_of(p, i, variable);
        if (text != NULL && map_get(words, text) == NULL) {
            map_set(words, text, xstrdup(text));
        }
        free(text);
    }
    return words;
}

static int
no_such_value(const struct picking *p, const char *variable, const char *value, struct err *err)
{
    struct map *words = words_of(p, variable);
    const bool known = map_count(words) > 0;

    if (!known) {
        map_free(words);
        words = words_of(p, NULL);
    }
    const char **list = xcalloc(map_count(words) + 1, sizeof(*list));
    void *iter = NULL;
    size_t count = 0;
    const char *word;
    while (map_next(words, &iter, &word) != NULL) {
        list[count++] = word;
    }
    const char *near = nearest_word(known ? value : variable, list, count);
    if (known) {
        err_set(err, ERR_NO_MATCH,
                "--simulate: no host of this plan has %.60s=%.100s%s%.60s%s%.100s%s", variable,
                value, near != NULL ? "; did you mean " : "", near != NULL ? variable : "",
                near != NULL ? "=" : "", near != NULL ? near : "", near != NULL ? "?" : "");
    } else {
        err_set(err, ERR_NO_MATCH,
                "--simulate: no host of this plan has a variable '%.60s'%s%.60s%s", variable,
                near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                near != NULL ? "?" : "");
    }
    free(list);
    map_free(words);
    return -1;
}

static int
pick_value(struct picking *p, const char *selector, struct err *err)
{
    const char *equals = strchr(selector, '=');
    char *variable = trimmed(selector, (size_t)(equals - selector));
    char *value = trimmed(equals + 1, strlen(equals + 1));
    int rc = 0;

    for (size_t i = 0; i < p->q->host_count; i++) {
        char *text = text_of(p, i, variable);
        if (text != NULL && strcmp(text, value) == 0) {
            pick(p, i);
        }
        free(text);
    }
    if (p->count == 0) {
        rc = no_such_value(p, variable, value, err);
    }
    free(variable);
    free(value);
    return rc;
}

static int
pick_selected(struct picking *p, const char *selector, struct err *err)
{
    if (strcmp(selector, "all") == 0) {
        for (size_t i = 0; i < p->q->host_count; i++) {
            pick(p, i);
        }
        return 0;
    }
    if (strchr(selector, '=') != NULL) {
        return pick_value(p, selector, err);
    }
    if (strpbrk(selector, "[]@*?!&^") == NULL) {
        return pick_name(p, selector, err);
    }
    if (pick_nodes(p, selector, err) != 0) {
        return -1;
    }
    return p->count > 0
               ? 0
               : err_set(err, ERR_NO_MATCH, "--simulate: none of %.100s is in this plan", selector);
}

/* ---------------------------------------------------------------- what becomes of them */

static int
check_item(const struct simulate_item *item, const struct plan *plan, struct err *err)
{
    const bool health = (item->trouble & (TROUBLE_UNHEALTHY | TROUBLE_LATE)) != 0;

    if (item->step > plan_step_count(plan)) {
        return err_set(err, ERR_USAGE, "--simulate: %.100s:%.60s: the plan has %d steps",
                       item->selector, item->effect, (int)plan_step_count(plan));
    }
    if (health && plan_check_count(plan) == 0) {
        return err_set(err, ERR_USAGE, "--simulate: %.100s:%.60s: the action has no health check",
                       item->selector, item->effect);
    }
    return 0;
}

static int64_t
slowed(const struct simulate_item *item, int64_t ms)
{
    if (item->slow_ms >= 0) {
        return item->slow_ms;
    }
    if (item->slow_milli == 0) {
        return ms;
    }
    return ms > POLICY_MS_MAX / item->slow_milli ? POLICY_MS_MAX : ms * item->slow_milli / 1000;
}

static void
change(const struct simulate_item *item, struct forecast_host *h)
{
    h->trouble |= item->trouble;
    h->work_ms = slowed(item, h->work_ms);
    if (item->step > 0) {
        h->step = item->step - 1;
    }
}

int
simulate_apply(const struct simulation *s, const struct run_request *q, const char *const *names,
               const struct plan *plan, struct forecast_host *hosts, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < s->count && rc == 0; i++) {
        struct picking p = {.q = q, .names = names};
        p.picked = xcalloc(q->host_count, sizeof(*p.picked));
        rc = check_item(&s->items[i], plan, err);
        if (rc == 0) {
            rc = pick_selected(&p, s->items[i].selector, err);
        }
        for (size_t k = 0; rc == 0 && k < q->host_count; k++) {
            if (p.picked[k]) {
                change(&s->items[i], &hosts[k]);
            }
        }
        free(p.picked);
    }
    return rc;
}
