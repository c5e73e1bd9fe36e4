/*
 * edit_hosts_yaml.c - a host in hosts.yml: every place that names it, and where a new one belongs.
 *
 * Decides what is like a new host: the others of its group, whose style it takes.  Each function
 * reads the text anew and changes it once.  Owns nothing of the file.
 */
#include "config/edit_state.h"

#include "base/xalloc.h"
#include "config/edit_text.h"
#include "config/edit_vars.h"
#include "config/edit_yaml.h"

#include <stdlib.h>
#include <string.h>

enum { WHOLE = -1, TEXT_MAX = 1 << 20 };

/* A place that names a host: entry i of the mapping hosts; WHOLE: `hosts: web-01`. */
struct site {
    const struct yaml_node *body;      /* of the group */
    const struct yaml_node *hosts_key; /* of body */
    const struct yaml_node *hosts;
    long entry;
    int port; /* `web-01:22`; 0: none */
};

/* A place that names a group. */
struct spot {
    const struct yaml_node *parent, *key, *body; /* parent: the mapping that key is of */
};

struct walk {
    const struct edit_yaml *y;
    const char *host;   /* looked for; or NULL */
    const char *group;  /* likewise */
    struct site *sites; /* owned */
    size_t site_count, site_cap;
    struct spot *spots; /* owned */
    size_t spot_count, spot_cap;
    struct err *err;
};

/* ---------------------------------------------------------------- looking */

static const struct yaml_node *
site_key(const struct site *s)
{
    return s->entry == WHOLE ? s->hosts : s->hosts->keys[s->entry];
}

static int
look_at_host(struct walk *w, const struct site *site)
{
    const struct yaml_node *key = site_key(site);
    char why[160];
    int port = 0;
    const int is = edit_pattern_is(key->text, w->host, &port, why);

    if (is < 0) {
        return edit_yaml_refuse(w->y, key, why, w->err);
    }
    if (is > 0) {
        w->sites = xgrow(w->sites, w->site_count, &w->site_cap, sizeof(*w->sites));
        w->sites[w->site_count] = *site;
        w->sites[w->site_count++].port = port;
    }
    return 0;
}

static int
look_at_hosts(struct walk *w, const struct yaml_node *body, size_t part)
{
    struct site site = {.body = body, .hosts_key = body->keys[part], .hosts = body->items[part]};
    int rc = 0;

    if (w->host == NULL || yaml_is_null(site.hosts)) {
        return 0;
    }
    if (site.hosts->kind == YAML_NODE_SCALAR) {
        site.entry = WHOLE;
        return look_at_host(w, &site);
    }
    for (size_t i = 0; site.hosts->kind == YAML_NODE_MAP && i < site.hosts->count && rc == 0; i++) {
        site.entry = (long)i;
        rc = look_at_host(w, &site);
    }
    return rc;
}

/* Groups of a mapping: the root, or children.  They are as deep as YAML_DEPTH_MAX lets them. */
static int
look_at_groups(struct walk *w, const struct yaml_node *map)
{
    int rc = 0;

    for (size_t i = 0; map->kind == YAML_NODE_MAP && i < map->count && rc == 0; i++) {
        const struct yaml_node *body = map->items[i];
        if (w->group != NULL && strcmp(map->keys[i]->text, w->group) == 0) {
            w->spots = xgrow(w->spots, w->spot_count, &w->spot_cap, sizeof(*w->spots));
            w->spots[w->spot_count++] = (struct spot){map, map->keys[i], body};
        }
        for (size_t k = 0; body->kind == YAML_NODE_MAP && k < body->count && rc == 0; k++) {
            if (strcmp(body->keys[k]->text, "hosts") == 0) {
                rc = look_at_hosts(w, body, k);
            } else if (strcmp(body->keys[k]->text, "children") == 0) {
                rc = look_at_groups(w, body->items[k]);
            }
        }
    }
    return rc;
}

static void
walk_release(struct walk *w)
{
    free(w->sites);
    free(w->spots);
}

/* Read the file and find the sites of the host; then do something.  Both releases are here. */
static int
with_sites(struct edit_file *f, const char *host,
           int (*fn)(struct edit_yaml *y, const struct walk *w, const void *arg, struct err *err),
           const void *arg, struct err *err)
{
    struct edit_yaml y;
    struct walk w = {.y = &y, .host = host, .err = err};
    int rc = edit_yaml_read(&y, &f->now, f->path, YAML_INVENTORY_MAX, err);

    if (rc == 0 && y.root != NULL) {
        rc = look_at_groups(&w, y.root);
    }
    if (rc == 0 && w.site_count > 0) {
        rc = fn(&y, &w, arg, err);
    }
    walk_release(&w);
    edit_yaml_release(&y);
    return rc;
}

static const struct yaml_node *
body_of(const struct site *s)
{
    return s->entry == WHOLE ? NULL : s->hosts->items[s->entry];
}

/* It can be changed here: it stands in one place only. */
static int
check_site(const struct edit_yaml *y, const struct site *s, struct err *err)
{
    if (edit_yaml_is_shared(y, NULL, s->body) || edit_yaml_is_shared(y, s->body, s->hosts_key) ||
        edit_yaml_is_shared(y, NULL, s->hosts) ||
        (s->entry != WHOLE && edit_yaml_is_shared(y, s->hosts, site_key(s)))) {
        return edit_yaml_refuse(y, site_key(s),
                                "is used in several places (an anchor, an alias or <<): change it "
                                "by hand",
                                err);
    }
    return 0;
}

/* ---------------------------------------------------------------- names */

static int
rename_first(struct edit_yaml *y, const struct walk *w, const void *arg, struct err *err)
{
    const struct site *s = &w->sites[0];
    const char *to = arg;
    char *name =
        s->port == 0 ? xstrdup(to) : xasprintf(strchr(to, ':') ? "[%s]:%d" : "%s:%d", to, s->port);
    int rc = check_site(y, s, err);

    rc = rc < 0 ? -1 : edit_yaml_rename(y, site_key(s), name, err);
    free(name);
    return rc < 0 ? -1 : 1;
}

static int
yaml_rename(struct edit_file *f, const char *name, const char *to, struct err *err)
{
    return with_sites(f, name, rename_first, to, err);
}

/* arg: what `host:` becomes, without a port where NULL. */
static int
change_port(struct edit_yaml *y, const struct walk *w, const void *arg, struct err *err)
{
    const char *port = arg;

    for (size_t i = 0; i < w->site_count; i++) {
        const struct site *s = &w->sites[i];
        if (s->port == 0) {
            continue;
        }
        char *name = port == NULL
                         ? xstrdup(w->host)
                         : xasprintf(strchr(w->host, ':') ? "[%s]:%s" : "%s:%s", w->host, port);
        int rc = strcmp(name, site_key(s)->text) == 0 ? 0 : 1;
        if (rc > 0 &&
            (check_site(y, s, err) < 0 || edit_yaml_rename(y, site_key(s), name, err) < 0)) {
            rc = -1;
        }
        free(name);
        return rc;
    }
    return 0;
}

static int
yaml_port(struct edit_file *f, const char *name, const char *port, struct err *err)
{
    return with_sites(f, name, change_port, port, err);
}

static int
remove_first(struct edit_yaml *y, const struct walk *w, const void *arg, struct err *err)
{
    const struct site *s = &w->sites[0];
    int rc = check_site(y, s, err);

    (void)arg;
    if (rc == 0 && s->entry == WHOLE) {
        edit_cut(y->text, s->hosts->start, s->hosts->end);
    } else if (rc == 0) {
        rc = edit_yaml_remove(y, s->hosts, (size_t)s->entry, err);
    }
    return rc < 0 ? -1 : 1;
}

static int
yaml_remove(struct edit_file *f, const char *name, const char *text, struct err *err)
{
    return with_sites(f, name, remove_first, text, err);
}

/* ---------------------------------------------------------------- variables */

/* Where the variable stands last, which is what counts; false: nowhere. */
static bool
find_var(const struct walk *w, const char *var, size_t *ret_site, size_t *ret_entry)
{
    for (size_t i = w->site_count; i > 0; i--) {
        const struct yaml_node *body = body_of(&w->sites[i - 1]);
        for (size_t k = 0; body != NULL && body->kind == YAML_NODE_MAP && k < body->count; k++) {
            if (strcmp(body->keys[k]->text, var) == 0) {
                *ret_site = i - 1;
                *ret_entry = k;
                return true;
            }
        }
    }
    return false;
}

static int
unset_last(struct edit_yaml *y, const struct walk *w, const void *arg, struct err *err)
{
    size_t site = 0;
    size_t entry = 0;

    if (!find_var(w, arg, &site, &entry)) {
        return 0;
    }
    return check_site(y, &w->sites[site], err) < 0 ||
                   edit_yaml_is_shared(y, NULL, body_of(&w->sites[site]))
               ? -1
           : edit_yaml_remove(y, body_of(&w->sites[site]), entry, err) < 0 ? -1
                                                                           : 1;
}

static int
yaml_unset(struct edit_file *f, const char *name, const char *var, struct err *err)
{
    return with_sites(f, name, unset_last, var, err);
}

/* The text of a variable, as it is to be or in the quotes that stand there. */
static int
text_of(const struct edit_var *v, char quote, struct buf *out, struct err *err)
{
    if (v->text != NULL && v->text[0] != '\0') {
        return buf_adds(out, v->text);
    }
    if (edit_flow_text(v->value, quote, out) < 0) {
        return err_set(err, ERR_CONFIG, "%s: cannot be written in one line", v->name);
    }
    return 0;
}

static int
replace_last(struct edit_yaml *y, const struct walk *w, const void *arg, struct err *err)
{
    const struct edit_var *v = arg;
    size_t site = 0;
    size_t entry = 0;
    struct buf text;
    int rc;

    if (!find_var(w, v->name, &site, &entry)) {
        return 0;
    }
    const struct yaml_node *body = body_of(&w->sites[site]);
    const struct yaml_node *old = body->items[entry];
    const char quote = edit_yaml_quote(y, old);
    struct value *as_text = NULL;
    struct edit_var other = *v;
    if (quote != 0 && v->text == NULL && v->value->kind == VALUE_INT) {
        as_text = value_new(VALUE_TEXT); /* a port in quotes stays in quotes */
        as_text->text = xasprintf("%lld", (long long)v->value->integer);
        as_text->len = strlen(as_text->text);
        other.value = as_text;
    }
    buf_init(&text, TEXT_MAX);
    rc = check_site(y, &w->sites[site], err);
    rc = rc < 0 ? -1 : text_of(&other, quote, &text, err);
    rc = rc < 0 ? -1 : edit_yaml_replace(y, body, entry, text.data, err);
    buf_release(&text);
    value_free(as_text);
    return rc < 0 ? -1 : 1;
}

static int
yaml_replace(struct edit_file *f, const char *name, const struct edit_var *v, struct err *err)
{
    return with_sites(f, name, replace_last, v, err);
}

/* The first site with variables, else the first. */
static const struct site *
site_to_fill(const struct walk *w)
{
    for (size_t i = 0; i < w->site_count; i++) {
        const struct yaml_node *body = body_of(&w->sites[i]);
        if (body != NULL && body->kind == YAML_NODE_MAP && body->count > 0) {
            return &w->sites[i];
        }
    }
    return &w->sites[0];
}

static int
put_first(struct edit_yaml *y, const struct walk *w, const void *arg, struct err *err)
{
    const struct site *s = site_to_fill(w);
    const struct edit_var *v = arg;
    struct buf text;
    int rc = check_site(y, s, err);

    buf_init(&text, TEXT_MAX);
    rc = rc < 0 ? -1 : text_of(v, 0, &text, err);
    char *flow = xasprintf("%s: %s", v->name, text.data);
    char *whole = xasprintf("%s: {%s}", s->entry == WHOLE ? s->hosts->text : "", flow);
    char *lines = s->entry == WHOLE ? xasprintf("%s:\n\t%s\n", s->hosts->text, flow)
                                    : xasprintf("%s\n", flow);
    const struct edit_entry entry = {lines, s->entry == WHOLE ? whole : flow};
    if (rc == 0 && s->entry == WHOLE) {
        rc = edit_yaml_insert(y, s->body, s->hosts_key, s->hosts, &entry, err);
    } else if (rc == 0) {
        rc = edit_yaml_insert(y, s->hosts, site_key(s), body_of(s), &entry, err);
    }
    free(lines);
    free(whole);
    free(flow);
    buf_release(&text);
    return rc < 0 ? -1 : 1;
}

static int
yaml_put(struct edit_file *f, const char *name, const struct edit_var *v, struct err *err)
{
    return with_sites(f, name, put_first, v, err);
}

/* ---------------------------------------------------------------- a new host */

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
        rc = text_of(&n->vars[i], 0, &text, err);
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
        (void)look_at_groups(&w, y->root);
    }
    for (size_t i = 0; i < w.spot_count; i++) {
        const int is = worth(&w.spots[i]);
        if (is > best) {
            best = is;
            *ret = w.spots[i];
        }
    }
    walk_release(&w);
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

static int
yaml_add(struct edit_file *f, const struct edit_new *n, bool create, struct err *err)
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

const struct edit_kind edit_kind_yaml = {
    .ops = {[EDIT_RENAME] = yaml_rename,
            [EDIT_REMOVE] = yaml_remove,
            [EDIT_UNSET] = yaml_unset,
            [EDIT_REPORT] = yaml_port},
    .replace = yaml_replace,
    .put = yaml_put,
    .add = yaml_add,
};
