/*
 * edit_hosts_yaml.c - a host in hosts.yml: every place that names it.
 *
 * Decides which of several places counts: the last.  Each function reads the text anew and changes
 * it once.  Owns nothing of the file.
 */
#include "config/edit_hosts_yaml.h"

#include "base/xalloc.h"
#include "config/edit_text.h"
#include "config/edit_vars.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

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

/* They are as deep as YAML_DEPTH_MAX lets them. */
int
edit_walk(struct walk *w, const struct yaml_node *map)
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
                rc = edit_walk(w, body->items[k]);
            }
        }
    }
    return rc;
}

void
edit_walk_release(struct walk *w)
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
        rc = edit_walk(&w, y.root);
    }
    if (rc == 0 && w.site_count > 0) {
        rc = fn(&y, &w, arg, err);
    }
    edit_walk_release(&w);
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
        return edit_yaml_refuse_shared(y, site_key(s), err);
    }
    return 0;
}

/* So can what is said of it here. */
static int
check_body(const struct edit_yaml *y, const struct site *s, struct err *err)
{
    const struct yaml_node *body = body_of(s);

    if (check_site(y, s, err) < 0) {
        return -1;
    }
    return body != NULL && edit_yaml_is_shared(y, NULL, body)
               ? edit_yaml_refuse_shared(y, site_key(s), err)
               : 0;
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
    if (check_body(y, &w->sites[site], err) < 0 ||
        edit_yaml_remove(y, body_of(&w->sites[site]), entry, err) < 0) {
        return -1;
    }
    return 1;
}

static int
yaml_unset(struct edit_file *f, const char *name, const char *var, struct err *err)
{
    return with_sites(f, name, unset_last, var, err);
}

int
edit_var_text(const struct edit_var *v, char quote, struct buf *out, struct err *err)
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
    rc = check_body(y, &w->sites[site], err);
    rc = rc < 0 ? -1 : edit_var_text(&other, quote, &text, err);
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
    rc = rc < 0 ? -1 : edit_var_text(v, 0, &text, err);
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

const struct edit_kind edit_kind_yaml = {
    .ops = {[EDIT_RENAME] = yaml_rename,
            [EDIT_REMOVE] = yaml_remove,
            [EDIT_UNSET] = yaml_unset,
            [EDIT_REPORT] = yaml_port},
    .replace = yaml_replace,
    .put = yaml_put,
    .add = edit_yaml_add,
};
