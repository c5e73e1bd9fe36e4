/*
 * nodeset_expand.c - reads web[01-03,7],@db!db-2 as ClusterShell's parser does.
 *
 * Decides where an operand ends and what a bracket with digits beside it means (NodeSet.py,
 * _scan_string).  Owns its sets until it returns.  Never guesses: what is read in two ways by
 * ClusterShell itself is refused.
 */
#include "base/nodeset.h"

#include "base/glob.h"
#include "base/map.h"
#include "base/rangeset.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A name under way: texts and brackets in turn. */
struct part {
    char *text;         /* owned: before the bracket */
    struct strv values; /* owned: of the bracket; empty in the last part */
};

struct operand {
    struct part *parts; /* owned */
    size_t count, cap;
};

struct expansion {
    const struct nodeset_world *world; /* borrowed; NULL: none */
    struct map *set;                   /* owned: name -> itself, anything */
    size_t work;                       /* names made so far */
    const char *at;                    /* borrowed: the operand at hand, for messages */
    struct err *err;                   /* borrowed */
};

static int
complain(const struct expansion *e, const char *at, const char *why)
{
    return err_set(e->err, ERR_USAGE, "nodeset: at '%.60s': %s", at, why);
}

static int
check_work(const struct expansion *e)
{
    return e->work > NODESET_WORK_MAX ? complain(e, e->at, "too many names on the way") : 0;
}

/* ---- the parts of an operand */

static void
release_operand(struct operand *o)
{
    for (size_t i = 0; i < o->count; i++) {
        free(o->parts[i].text);
        strv_clear(&o->parts[i].values);
    }
    free(o->parts);
    *o = (struct operand){0};
}

static struct part *
add_part(struct operand *o, const char *text, size_t len)
{
    o->parts = xgrow(o->parts, o->count, &o->cap, sizeof(*o->parts));
    o->parts[o->count] = (struct part){.text = xstrndup(text, len)};
    return &o->parts[o->count++];
}

static size_t
leading_digits(const char *p)
{
    return strspn(p, "0123456789");
}

static size_t
trailing_digits(const char *p, size_t len)
{
    size_t n = 0;

    while (n < len && p[len - n - 1] >= '0' && p[len - n - 1] <= '9') {
        n++;
    }
    return n;
}

/* [1-3]5 is 15, 25, 35: each number gets the digits, and a range a step of their size. */
static void
shift_ranges(struct buf *out, const char *inside, size_t len, const char *digits, size_t count)
{
    for (size_t from = 0; from <= len;) {
        const size_t n = strcspn(inside + from, ",]");
        const char *dash = memchr(inside + from, '-', n);
        if (from > 0) {
            (void)buf_addc(out, ',');
        }
        if (dash != NULL) {
            (void)buf_add(out, inside + from, (size_t)(dash - inside) - from);
            (void)buf_add(out, digits, count);
            (void)buf_add(out, dash, n - ((size_t)(dash - inside) - from));
        } else {
            (void)buf_add(out, inside + from, n);
        }
        (void)buf_add(out, digits, count);
        if (dash != NULL) {
            (void)buf_adds(out, "/1");
            for (size_t i = 0; i < count; i++) {
                (void)buf_addc(out, '0');
            }
        }
        from += n + 1;
    }
}

/* 1[9-10] reads as 19 and 110; ClusterShell 1.9.1 makes 19 to 110 of it. */
static bool
is_ambiguous(const struct strv *values)
{
    struct digits *list = xcalloc(values->count, sizeof(*list));
    bool found = false;

    for (size_t i = 0; i < values->count; i++) {
        list[i] = (struct digits){values->items[i], strlen(values->items[i])};
    }
    const size_t n = rangeset_sort(list, values->count);
    for (size_t i = 1; i < n && !found; i++) {
        found = list[i].len > list[i - 1].len && digits_follow(&list[i - 1], &list[i]);
    }
    free(list);
    return found;
}

static int
prefix_values(struct expansion *e, struct strv *values, const char *digits, size_t count)
{
    if (count == 0) {
        return 0;
    }
    if (is_ambiguous(values)) {
        return complain(e, digits, "digits stand before a range that gets one digit longer");
    }
    if (count > NODESET_NAME_BYTES_MAX) {
        return complain(e, digits, "a name is too long");
    }
    for (size_t i = 0; i < values->count; i++) {
        char *longer = xasprintf("%.*s%s", (int)count, digits, values->items[i]);
        free(values->items[i]);
        values->items[i] = longer;
    }
    return 0;
}

/* *p is at text before a bracket, whose place is open; leaves it behind the bracket and the digits
 * that belong to it. */
static int
read_bracket(struct expansion *e, struct operand *o, const char **p, const char *open)
{
    const char *close = strchr(open, ']');
    const size_t before = (size_t)(open - *p);
    const size_t digits = trailing_digits(*p, before);

    if (close == NULL) {
        return complain(e, *p, "a bracket is never closed");
    }
    if (memchr(*p, ']', before) != NULL) {
        return complain(e, *p, "a bracket closes that was not opened");
    }
    const size_t after = leading_digits(close + 1);
    const size_t len = (size_t)(close - open) - 1;
    if (after > NODESET_NAME_BYTES_MAX || (after > 0 && memchr(open, '/', len) != NULL)) {
        return complain(e, open, "digits stand behind a range with a step");
    }
    struct buf inside;
    buf_init(&inside, (size_t)1 << 28);
    if (after > 0) {
        shift_ranges(&inside, open + 1, len, close + 1, after);
    } else {
        (void)buf_add(&inside, open + 1, len);
    }
    struct part *part = add_part(o, *p, before - digits);
    int rc = rangeset_parse(inside.data, inside.len, NODESET_NAMES_MAX, &part->values, e->err);
    if (rc == 0) {
        rc = prefix_values(e, &part->values, open - digits, digits);
    }
    buf_release(&inside);
    e->work += part->values.count;
    if (rc == 0) {
        rc = check_work(e);
    }
    *p = close + 1 + after;
    return rc == 0 && **p == '[' ? complain(e, *p, "a bracket opens right behind another") : rc;
}

/* The next bracket or operator, or the end. */
static const char *
find_stop(const char *p)
{
    return p + strcspn(p, "[,!&^");
}

/* Read one operand at *p and leave *p at its operator, or at the end. */
static int
read_operand(struct expansion *e, struct operand *o, const char **p)
{
    const char *stop = find_stop(*p);

    while (*stop == '[') {
        if (read_bracket(e, o, p, stop) < 0) {
            return -1;
        }
        stop = find_stop(*p);
    }
    size_t len = (size_t)(stop - *p);
    if (memchr(*p, ']', len) != NULL) {
        return complain(e, e->at, "a bracket closes that was not opened");
    }
    while (len > 0 && strchr(" \t\n\v\f\r", (*p)[len - 1]) != NULL) {
        len--;
    }
    if (len > 0 || o->count == 0) {
        (void)add_part(o, *p, len);
    }
    *p = stop;
    return o->count == 1 && o->parts[0].values.count == 0 && len == 0
               ? complain(e, e->at, "a name is missing")
               : 0;
}

/* ---- names of an operand */

static int
count_names(struct expansion *e, const struct operand *o)
{
    size_t total = 1;

    for (size_t i = 0; i < o->count; i++) {
        const size_t n = o->parts[i].values.count;
        if (n > NODESET_NAMES_MAX / total) {
            return complain(e, e->at, "more than 100000 names");
        }
        total *= n > 0 ? n : 1;
    }
    e->work += total;
    return check_work(e);
}

static void
make_name(struct buf *name, const struct operand *o, const size_t *at)
{
    buf_clear(name);
    for (size_t i = 0; i < o->count; i++) {
        const struct part *part = &o->parts[i];
        (void)buf_adds(name, part->text);
        if (part->values.count > 0) {
            (void)buf_adds(name, part->values.items[at[i]]);
        }
    }
}

/* Every combination of the brackets' values, the last one turning fastest. */
static int
make_names(struct expansion *e, const struct operand *o, struct strv *names)
{
    size_t *at = xcalloc(o->count, sizeof(*at));
    struct buf name;
    size_t i = o->count;

    buf_init(&name, NODESET_NAME_BYTES_MAX);
    while (i > 0 && !name.full) {
        make_name(&name, o, at);
        strv_addn(names, name.data, name.len);
        for (i = o->count; i > 0; i--) {
            if (++at[i - 1] < o->parts[i - 1].values.count) {
                break;
            }
            at[i - 1] = 0;
        }
    }
    const bool full = name.full;
    buf_release(&name);
    free(at);
    return full ? complain(e, e->at, "a name is too long") : 0;
}

static bool
is_wild(const struct operand *o)
{
    bool found = false;

    for (size_t i = 0; i < o->count; i++) {
        found = found || strpbrk(o->parts[i].text, "*?") != NULL;
    }
    return found;
}

static int
add_all(struct expansion *e, struct strv *names)
{
    const struct strv *all = e->world->all(e->world->ctx);

    e->work += all->count;
    for (size_t i = 0; i < all->count; i++) {
        strv_add(names, all->items[i]);
    }
    return 0;
}

static int
add_groups(struct expansion *e, const struct strv *words, struct strv *names)
{
    int rc = 0;

    for (size_t i = 0; i < words->count && rc == 0; i++) {
        const size_t before = names->count;
        rc = strcmp(words->items[i], "@*") == 0
                 ? add_all(e, names)
                 : e->world->group(e->world->ctx, words->items[i] + 1, names, e->err);
        e->work += names->count - before;
        if (rc == 0) {
            rc = check_work(e);
        }
    }
    return rc;
}

static int
add_matching(struct expansion *e, const struct strv *masks, struct strv *names)
{
    const struct strv *all = e->world->all(e->world->ctx);
    struct map *seen = map_new(NULL);
    int rc = 0;

    for (size_t m = 0; m < masks->count && rc == 0; m++) {
        struct glob *g = glob_new(masks->items[m]);
        bool found = false;
        for (size_t i = 0; i < all->count; i++) {
            if (glob_match(g, all->items[i])) {
                found = true;
                map_set(seen, all->items[i], e);
            }
        }
        e->work += all->count;
        rc = found ? check_work(e)
                   : err_set(e->err, ERR_NO_MATCH, "no host matches '%s'", masks->items[m]);
        glob_free(g);
    }
    void *iter = NULL;
    const char *name = NULL;
    while (rc == 0 && map_next(seen, &iter, &name) != NULL) {
        strv_add(names, name);
    }
    map_free(seen);
    return rc;
}

static int
check_known(struct expansion *e, const struct strv *names)
{
    int rc = 0;

    for (size_t i = 0; i < names->count && rc == 0; i++) {
        rc = e->world->known(e->world->ctx, names->items[i], e->err);
    }
    return rc;
}

static int
resolve(struct expansion *e, const struct operand *o, struct strv *names)
{
    struct strv words = {0};

    assert(o->count > 0); /* read_operand has seen to it */
    int rc = count_names(e, o);

    if (rc == 0) {
        rc = make_names(e, o, &words);
    }
    if (rc < 0) {
        strv_clear(&words);
        return -1;
    }
    if (e->world != NULL && o->parts[0].text[0] == '@') {
        rc = add_groups(e, &words, names);
    } else if (e->world != NULL && is_wild(o)) {
        rc = add_matching(e, &words, names);
    } else {
        rc = e->world != NULL ? check_known(e, &words) : 0;
        *names = words;
        words = (struct strv){0};
    }
    strv_clear(&words);
    return rc;
}

/* ---- sets */

static struct map *
set_of(const struct strv *names)
{
    struct map *set = map_new(NULL);

    for (size_t i = 0; i < names->count; i++) {
        map_set(set, names->items[i], set);
    }
    return set;
}

static void
keep_common(struct expansion *e, const struct map *other)
{
    struct map *kept = map_new(NULL);
    const char *name = NULL;
    void *iter = NULL;

    while (map_next(e->set, &iter, &name) != NULL) {
        if (map_get(other, name) != NULL) {
            map_set(kept, name, kept);
        }
    }
    map_free(e->set);
    e->set = kept;
}

static int
apply(struct expansion *e, char kind, const struct strv *names)
{
    struct map *other = kind == '&' || kind == '^' ? set_of(names) : NULL;
    const char *name = NULL;
    void *iter = NULL;

    e->work += kind == '&' ? map_count(e->set) : 0;
    if (kind == '&') {
        keep_common(e, other);
    } else if (kind == '^') {
        while (map_next(other, &iter, &name) != NULL) {
            if (map_get(e->set, name) != NULL) {
                map_remove(e->set, name);
            } else {
                map_set(e->set, name, e);
            }
        }
    }
    for (size_t i = 0; other == NULL && i < names->count; i++) {
        if (kind == '!') {
            map_remove(e->set, names->items[i]);
        } else {
            map_set(e->set, names->items[i], e);
        }
    }
    map_free(other);
    if (map_count(e->set) > NODESET_NAMES_MAX) {
        return complain(e, e->at, "more than 100000 names");
    }
    return check_work(e);
}

static int
run(struct expansion *e, const char *text)
{
    const char *p = text;
    char kind = ',';
    int rc = 0;

    while (rc == 0) {
        struct operand o = {0};
        struct strv names = {0};
        p += strspn(p, " \t\n\v\f\r");
        e->at = p;
        rc = read_operand(e, &o, &p);
        if (rc == 0) {
            rc = resolve(e, &o, &names);
        }
        if (rc == 0) {
            rc = apply(e, kind, &names);
        }
        release_operand(&o);
        strv_clear(&names);
        kind = *p;
        if (kind == '\0') {
            break;
        }
        p++;
    }
    return rc;
}

int
nodeset_expand(const char *text, const struct nodeset_world *world, struct strv *ret_names,
               struct err *err)
{
    struct expansion e = {.world = world, .err = err, .set = map_new(NULL)};
    const char *name = NULL;
    void *iter = NULL;
    int rc = 0;

    if (strnlen(text, (size_t)NODESET_TEXT_MAX + 1) > NODESET_TEXT_MAX) {
        rc = err_set(err, ERR_USAGE, "nodeset: more than %d bytes", NODESET_TEXT_MAX);
    } else {
        rc = run(&e, text);
    }
    while (rc == 0 && map_next(e.set, &iter, &name) != NULL) {
        strv_add(ret_names, name);
    }
    map_free(e.set);
    return rc;
}
