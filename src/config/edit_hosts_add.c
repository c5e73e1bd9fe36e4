/*
 * edit_hosts_add.c - a new host in hosts.yml: where it belongs, and how it looks.
 *
 * Decides what is like it: the others of its group, whose style it takes.  Owns nothing of the
 * file.
 */
#include "config/edit_hosts_yaml.h"

#include "base/xalloc.h"
#include "config/edit_vars.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

/* The same host in both styles, and with the keys that must be made around it. */
struct fresh {
    struct buf lines, flow;
};

static void
fresh_init(struct fresh *e)
{
    buf_init(&e->lines, TEXT_MAX);
    buf_init(&e->flow, TEXT_MAX);
}

static void
fresh_release(struct fresh *e)
{
    buf_release(&e->lines);
    buf_release(&e->flow);
}

/* Put `key:` over it. */
static void
wrap(struct fresh *e, const char *key)
{
    struct buf lines, flow;

    buf_init(&lines, TEXT_MAX);
    buf_init(&flow, TEXT_MAX);
    (void)buf_addf(&lines, "%s:\n", key);
    for (const char *at = e->lines.data; *at != '\0';) {
        const size_t len = strcspn(at, "\n") + 1;
        (void)buf_addc(&lines, '\t');
        (void)buf_add(&lines, at, len);
        at += len;
    }
    (void)buf_addf(&flow, "%s: {%s}", key, e->flow.data);
    fresh_release(e);
    e->lines = lines;
    e->flow = flow;
}

/* The last of the hosts, which a new one shall look like; NULL: none. */
static const struct yaml_node *
last_host(const struct yaml_node *hosts, const struct yaml_node **ret_key)
{
    const struct yaml_node *body = NULL;

    for (size_t i = 0; hosts != NULL && hosts->kind == YAML_NODE_MAP && i < hosts->count; i++) {
        body = hosts->items[i]->kind == YAML_NODE_MAP || body == NULL ? hosts->items[i] : body;
        *ret_key = hosts->keys[i];
    }
    return body;
}

/* hosts: those it comes to; or NULL. */
static int
write_host(const struct edit_yaml *y, const struct edit_new *n, const struct yaml_node *hosts,
           struct fresh *e, struct err *err)
{
    const struct yaml_node *key = NULL;
    const struct yaml_node *like = last_host(hosts, &key);
    const bool in_line = like != NULL && like->kind == YAML_NODE_MAP && like->flow;
    struct value *name = value_text(n->name);
    struct buf vars, text;
    int rc;

    buf_init(&vars, TEXT_MAX);
    buf_init(&text, TEXT_MAX);
    rc = edit_flow_text(name, edit_yaml_quote(y, key), &text);
    char *shown = xstrdup(text.data);
    (void)buf_addf(&e->lines, "%s:%s\n", shown, n->count == 0 && in_line ? " {}" : "");
    for (size_t i = 0; i < n->count && rc == 0; i++) {
        buf_clear(&text);
        rc = edit_var_text(&n->vars[i], 0, &text, err);
        (void)buf_addf(&e->lines, "\t%s: %s\n", n->vars[i].name, text.data);
        (void)buf_addf(&vars, "%s%s: %s", i > 0 ? ", " : "", n->vars[i].name, text.data);
    }
    (void)buf_addf(&e->flow, "%s: {%s}", shown, vars.data);
    if (in_line && n->count > 0) {
        buf_clear(&e->lines);
        (void)buf_addf(&e->lines, "%s\n", e->flow.data);
    }
    free(shown);
    value_free(name);
    buf_release(&vars);
    buf_release(&text);
    return rc;
}

static const struct yaml_node *
part_of(const struct yaml_node *body, const char *name, const struct yaml_node **ret_key)
{
    for (size_t i = 0; body != NULL && body->kind == YAML_NODE_MAP && i < body->count; i++) {
        if (strcmp(body->keys[i]->text, name) == 0) {
            *ret_key = body->keys[i];
            return body->items[i];
        }
    }
    return NULL;
}

/* How much a place is one for hosts: it has some, it may have, it has other things, it is empty. */
static int
worth(const struct spot *s)
{
    const struct yaml_node *key = NULL;
    const struct yaml_node *hosts = part_of(s->body, "hosts", &key);

    if (hosts != NULL) {
        return hosts->kind == YAML_NODE_MAP && hosts->count > 0 ? 4 : 3;
    }
    return s->body->kind == YAML_NODE_MAP && s->body->count > 0 ? 2 : 1;
}

/* The best place of this group. */
static bool
find_group(const struct edit_yaml *y, const char *group, struct spot *ret)
{
    struct walk w = {.y = y, .group = group};
    int best = 0;

    if (y->root != NULL) {
        (void)edit_walk(&w, y->root);
    }
    for (size_t i = 0; i < w.spot_count; i++) {
        const int is = worth(&w.spots[i]);
        if (is > best) {
            best = is;
            *ret = w.spots[i];
        }
    }
    edit_walk_release(&w);
    return best > 0;
}

/* Without a group: where hosts of no group stand, else below `all`. */
static bool
find_ungrouped(const struct edit_yaml *y, struct spot *ret)
{
    struct spot all, ungrouped;
    const bool has_all = find_group(y, "all", &all);
    const bool has_ungrouped = find_group(y, "ungrouped", &ungrouped);

    *ret = has_all ? all : ungrouped;
    if (has_all && has_ungrouped && worth(&all) < 3 && worth(&ungrouped) >= 3) {
        *ret = ungrouped;
    }
    return has_all || has_ungrouped;
}

static int
add_to(struct edit_yaml *y, const struct spot *s, const struct edit_new *n, struct err *err)
{
    const struct yaml_node *hosts_key = NULL;
    const struct yaml_node *hosts = part_of(s->body, "hosts", &hosts_key);
    struct fresh e;
    int rc;

    fresh_init(&e);
    rc = write_host(y, n, hosts, &e, err);
    if (rc == 0 && hosts != NULL && hosts->kind == YAML_NODE_SCALAR && !yaml_is_null(hosts)) {
        char *old = xasprintf("%s:\n%s", hosts->text, e.lines.data); /* `hosts: web-01` */
        char *flow = xasprintf("%s: {}, %s", hosts->text, e.flow.data);
        const struct edit_entry both = {old, flow};
        rc = edit_yaml_insert(y, s->body, hosts_key, hosts, &both, err);
        free(old);
        free(flow);
    } else if (rc == 0 && hosts != NULL) {
        const struct edit_entry one = {e.lines.data, e.flow.data};
        rc = edit_yaml_insert(y, s->body, hosts_key, hosts, &one, err);
    } else if (rc == 0) {
        wrap(&e, "hosts");
        const struct edit_entry part = {e.lines.data, e.flow.data};
        rc = edit_yaml_insert(y, s->parent, s->key, s->body, &part, err);
    }
    fresh_release(&e);
    return rc < 0 ? -1 : 1;
}

/* With its group around it: below the children of `all`, where groups stand there; else at the
 * end. */
static int
add_group(struct edit_yaml *y, const struct edit_new *n, struct err *err)
{
    const struct yaml_node *all = yaml_get(y->root, "all");
    const struct yaml_node *key = NULL;
    const struct yaml_node *children = part_of(all, "children", &key);
    struct fresh e;
    int rc;

    fresh_init(&e);
    rc = write_host(y, n, NULL, &e, err);
    wrap(&e, "hosts");
    wrap(&e, n->group == NULL ? "all" : n->group);
    if (rc == 0 && n->group != NULL && children != NULL &&
        (children->kind == YAML_NODE_MAP || yaml_is_null(children))) {
        const struct edit_entry entry = {e.lines.data, e.flow.data};
        rc = edit_yaml_insert(y, all, key, children, &entry, err);
    } else if (rc == 0 && n->group != NULL && all != NULL && y->root->count == 1 &&
               children == NULL) {
        wrap(&e, "children");
        const struct edit_entry entry = {e.lines.data, e.flow.data};
        rc = edit_yaml_insert(y, y->root, y->root->keys[0], all, &entry, err);
    } else if (rc == 0) {
        const struct edit_entry entry = {e.lines.data, e.flow.data};
        rc = edit_yaml_insert(y, NULL, NULL, y->root, &entry, err);
    }
    fresh_release(&e);
    return rc < 0 ? -1 : 1;
}

int
edit_yaml_add(struct edit_file *f, const struct edit_new *n, bool create, struct err *err)
{
    struct edit_yaml y;
    struct spot s = {0};
    int rc = edit_yaml_read(&y, &f->now, f->path, YAML_INVENTORY_MAX, err);

    if (rc == 0) {
        const bool found = n->group == NULL ? find_ungrouped(&y, &s) : find_group(&y, n->group, &s);
        rc = found ? add_to(&y, &s, n, err) : create ? add_group(&y, n, err) : 0;
    }
    edit_yaml_release(&y);
    return rc;
}
