/*
 * edit_compare.c - whether an inventory says just what was meant, and else what it said before.
 *
 * Decides by the drafts: every group, child, member and variable, in order.  Owns nothing.
 */
#include "config/edit_state.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { FACTS_MAX = 512 << 20 };

/* What is left out of the facts, and what is called otherwise in them. */
struct lens {
    const char *skip_host, *skip_group; /* or NULL */
    const char *from, *to;              /* of a host; or NULL */
    const char *skip_vars;              /* of this host; or NULL */
};

static const char *
called(const struct lens *l, const char *host)
{
    if (l->skip_host != NULL && strcmp(host, l->skip_host) == 0) {
        return NULL;
    }
    return l->from != NULL && strcmp(host, l->from) == 0 ? l->to : host;
}

static void
add_vars(const struct value *dict, const char *kind, const char *of, struct buf *out)
{
    for (size_t i = 0; i < dict->count; i++) {
        (void)buf_addf(out, "%s %s %s ", kind, of, dict->keys[i]);
        value_to_json(dict->items[i], out);
        (void)buf_addf(out, " %d%d\n", dict->items[i]->vault, dict->items[i]->secret);
    }
}

static void
add_group(const struct draft_group *g, const struct lens *l, struct buf *out)
{
    (void)buf_addf(out, "group %s %lld\n", g->name, (long long)g->priority);
    add_vars(g->vars, "variable of group", g->name, out);
    for (size_t i = 0; i < g->children.count; i++) {
        const char *child = g->children.items[i]->name;
        if (l->skip_group == NULL || strcmp(child, l->skip_group) != 0) {
            (void)buf_addf(out, "child of %s: %s\n", g->name, child);
        }
    }
    for (size_t i = 0; i < g->hosts.count; i++) {
        const char *host = called(l, g->hosts.items[i]->name);
        if (host != NULL) {
            (void)buf_addf(out, "host of %s: %s\n", g->name, host);
        }
    }
}

static void
add_facts(const struct draft *d, const struct lens *l, struct buf *out)
{
    const struct draft_group *g;
    const struct draft_host *h;
    void *iter = NULL;

    while ((g = map_next(d->groups, &iter, NULL)) != NULL) {
        if (l->skip_group == NULL || strcmp(g->name, l->skip_group) != 0) {
            add_group(g, l, out);
        }
    }
    iter = NULL;
    while ((h = map_next(d->hosts, &iter, NULL)) != NULL) {
        const char *name = called(l, h->name);
        if (name != NULL) {
            (void)buf_addf(out, "host %s\n", name);
        }
        if (name != NULL && (l->skip_vars == NULL || strcmp(name, l->skip_vars) != 0)) {
            add_vars(h->vars, "variable of", name, out);
        }
    }
}

/* The first line in which they differ, as far as it goes into a message. */
static int
tell_difference(const struct buf *was, const struct buf *now, struct err *err)
{
    size_t line = 0;

    for (size_t i = 0; was->data[i] == now->data[i]; i++) {
        line = was->data[i] == '\n' ? i + 1 : line;
    }
    const char *old = was->data + line;
    const char *new = now->data + line;
    return err_set(err, ERR_CONFIG,
                   "nothing was written: more than that would change (%.*s; then %.*s): change it "
                   "by hand",
                   (int)(strcspn(old, "\n") > 80 ? 80 : strcspn(old, "\n")), old,
                   (int)(strcspn(new, "\n") > 80 ? 80 : strcspn(new, "\n")), new);
}

static int
compare_facts(const struct draft *was, const struct lens *was_lens, const struct draft *now,
              const struct lens *now_lens, struct err *err)
{
    struct buf old, new;
    int rc = 0;

    buf_init(&old, FACTS_MAX);
    buf_init(&new, FACTS_MAX);
    add_facts(was, was_lens, &old);
    add_facts(now, now_lens, &new);
    if (old.full || new.full) {
        rc = err_set(err, ERR_CONFIG, "the inventory is too large to be changed here");
    } else if (old.len != new.len || memcmp(old.data, new.data, old.len) != 0) {
        rc = tell_difference(&old, &new, err);
    }
    buf_release(&old);
    buf_release(&new);
    return rc;
}

/* ---------------------------------------------------------------- the host itself */

static int
not_meant(const char *host, const char *what, struct err *err)
{
    return err_set(err, ERR_CONFIG,
                   "nothing was written: %s would not be as meant (%.100s): change it by hand",
                   host, what);
}

static int
check_vars(const struct draft_host *h, const struct value *meant, struct err *err)
{
    for (size_t i = 0; i < meant->count; i++) {
        const struct value *v = value_dict_get(h->vars, meant->keys[i]);
        if (v == NULL || !value_is_same(v, meant->items[i])) {
            return not_meant(h->name, meant->keys[i], err);
        }
    }
    for (size_t i = 0; i < h->vars->count; i++) {
        if (value_dict_get(meant, h->vars->keys[i]) == NULL) {
            return not_meant(h->name, h->vars->keys[i], err);
        }
    }
    return 0;
}

/* A new host is in its group and in no other, or in none. */
static int
check_groups(const struct draft *now, const struct draft_host *h, const struct edit_meant *meant,
             struct err *err)
{
    bool good = true;

    for (size_t i = 0; i < h->groups.count; i++) {
        const struct draft_group *g = h->groups.items[i];
        good = good && (meant->group == NULL ? g == now->all || g == now->ungrouped
                                             : strcmp(g->name, meant->group) == 0);
    }
    return good && h->groups.count > 0 ? 0 : not_meant(h->name, "its groups", err);
}

/* A group that was made for it has nothing else. */
static int
check_new_group(const struct draft *now, const char *group, struct err *err)
{
    const struct draft_group *g = map_get(now->groups, group);
    const bool good = g != NULL && g->hosts.count == 1 && g->children.count == 0 &&
                      g->vars->count == 0 && g->parents.count == 1 &&
                      g->parents.items[0] == now->all;

    return good ? 0 : not_meant(group, "a new group", err);
}

int
edit_compare(struct draft *was, struct draft *now, const struct edit_meant *meant, struct err *err)
{
    const struct draft_host *h = meant->to == NULL ? NULL : map_get(now->hosts, meant->to);
    struct lens old = {0};
    struct lens new = {0};
    int rc = 0;

    if (meant->from == NULL || meant->to == NULL) {
        const char *host = meant->from == NULL ? meant->to : meant->from;
        old.skip_host = host;
        new.skip_host = meant->from == NULL ? host : NULL;
    } else {
        old.from = meant->from;
        old.to = meant->to;
        old.skip_vars = meant->to;
        new.skip_vars = meant->to;
    }
    const bool new_group =
        meant->from == NULL && meant->group != NULL && map_get(was->groups, meant->group) == NULL;
    new.skip_group = new_group ? meant->group : NULL;
    if (meant->to != NULL && h == NULL) {
        return not_meant(meant->to, "it is not there", err);
    }
    rc = compare_facts(was, &old, now, &new, err);
    rc = rc == 0 && h != NULL ? check_vars(h, meant->vars, err) : rc;
    rc = rc == 0 && h != NULL && meant->from == NULL ? check_groups(now, h, meant, err) : rc;
    return rc == 0 && new_group ? check_new_group(now, meant->group, err) : rc;
}
