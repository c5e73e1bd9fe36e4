/*
 * edit_sources.c - the files of an inventory while a host is changed in them.
 *
 * Decides which of them can be changed.  Owns their bytes.  Writes all that have changed, or none.
 */
#include "config/edit_state.h"

#include "base/xalloc.h"
#include "config/inventory_find.h"

#include <stdlib.h>
#include <string.h>

/* A name without extension is YAML if it is a mapping (inventory_find.c). */
static bool
is_mapping(const struct edit_file *f)
{
    struct mistakes m = {0};
    struct yaml *y =
        yaml_parse(f->was.data, f->was.len, f->path, YAML_INVENTORY_MAX, YAML_REPEAT_LAST, &m);
    const struct yaml_node *root = y == NULL ? NULL : yaml_root(y);
    const bool map = root != NULL && root->kind == YAML_NODE_MAP;

    yaml_close(y);
    mistakes_release(&m);
    return map;
}

static int
read_source(struct edit_source *s, const char *path, struct err *err)
{
    const enum inventory_kind kind = inventory_kind(path);

    if (kind == INVENTORY_PROGRAM || kind == INVENTORY_VAULT || kind == INVENTORY_TOML) {
        s->file.path = xstrdup(path);
        return 0;
    }
    if (edit_file_read(&s->file, path, YAML_INVENTORY_MAX, false, err) < 0) {
        return -1;
    }
    s->ini = kind == INVENTORY_INI || (kind == INVENTORY_UNNAMED && !is_mapping(&s->file));
    s->kind = s->ini ? &edit_kind_ini : &edit_kind_yaml;
    return 0;
}

int
edit_sources_read(struct edit_sources *s, const char *env_dir, struct err *err)
{
    struct mistakes m = {0};
    struct strv paths = {0};
    int rc = inventory_sources(env_dir, &paths, &m);

    *s = (struct edit_sources){.dir = env_dir, .whole = true};
    s->items = xcalloc(paths.count, sizeof(*s->items));
    if (rc < 0) {
        (void)err_set(err, ERR_CONFIG, "%s", m.errors.items[0]);
    }
    for (size_t i = 0; i < paths.count && rc == 0; i++) {
        s->count = i + 1;
        rc = read_source(&s->items[i], paths.items[i], err);
        s->whole = s->whole && s->items[i].kind != NULL;
    }
    strv_clear(&paths);
    mistakes_release(&m);
    return rc;
}

void
edit_sources_release(struct edit_sources *s)
{
    for (size_t i = 0; i < s->count; i++) {
        edit_file_release(&s->items[i].file);
    }
    free(s->items);
    *s = (struct edit_sources){0};
}

/* ---------------------------------------------------------------- what they say */

static int
parse(struct draft *d, const struct edit_source *s, const struct buf *bytes, struct mistakes *m)
{
    if (s->ini) {
        return inventory_parse_ini(d, bytes->data, bytes->len, s->file.path, m);
    }
    struct yaml *y =
        yaml_parse(bytes->data, bytes->len, s->file.path, YAML_INVENTORY_MAX, YAML_REPEAT_LAST, m);
    const struct yaml_node *root = y == NULL ? NULL : yaml_root(y);
    int rc = y == NULL ? -1 : 0;

    if (root != NULL && !yaml_is_null(root)) {
        rc = inventory_parse_yaml(d, root, m);
    }
    yaml_close(y);
    return rc;
}

struct draft *
edit_sources_draft(const struct edit_sources *s, bool now, struct err *err)
{
    struct draft *d = draft_new();
    struct mistakes m = {0};
    int rc = 0;

    for (size_t i = 0; i < s->count && rc == 0; i++) {
        const struct edit_source *one = &s->items[i];
        if (one->kind != NULL) {
            rc = parse(d, one, now ? &one->file.now : &one->file.was, &m);
        }
    }
    if (rc < 0 || draft_reconcile(d, &m) < 0) {
        (void)err_set(err, ERR_CONFIG, "%s",
                      m.errors.count > 0 ? m.errors.items[0] : "the inventory has a mistake");
        draft_free(d);
        d = NULL;
    }
    mistakes_release(&m);
    return d;
}

int
edit_sources_write(struct edit_sources *s, struct err *err)
{
    struct edit_file *files = xcalloc(s->count, sizeof(*files));
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i].kind != NULL) {
            files[count++] = s->items[i].file; /* lent */
        }
    }
    const int rc = edit_file_write_all(files, count, err);
    free(files);
    return rc;
}

/* ---------------------------------------------------------------- as it would be */

static struct inventory *
load(const struct edit_sources *s, bool now, struct mistakes *m)
{
    struct inventory_instead *instead = xcalloc(s->count, sizeof(*instead));
    struct inventory_request r = {
        .root = s->dir, .dir = s->dir, .empty_ok = true, .instead = instead};

    for (size_t i = 0; i < s->count; i++) {
        const struct edit_file *f = &s->items[i].file;
        const struct buf *bytes = now ? &f->now : &f->was;
        instead[r.instead_count++] = (struct inventory_instead){f->path, bytes->data, bytes->len};
    }
    struct inventory *inv = inventory_load(&r, m);
    free(instead);
    return inv;
}

static bool
has_host(const struct inventory *inv, const char *name)
{
    for (size_t i = 0; i < inventory_count(inv); i++) {
        if (strcmp(inventory_host(inv, i)->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The last warning that speaks of the host: it is the same machine as another. */
static int
refuse_twin(const struct mistakes *m, const char *name, struct err *err)
{
    for (size_t i = m->warnings.count; i > 0; i--) {
        if (strstr(m->warnings.items[i - 1], name) != NULL) {
            return err_set(err, ERR_CONFIG, "%s", m->warnings.items[i - 1]);
        }
    }
    return err_set(err, ERR_CONFIG, "%s is the same machine as another server", name);
}

int
edit_sources_check(const struct edit_sources *s, const struct edit_meant *meant, struct err *err)
{
    struct mistakes before = {0};
    struct mistakes after = {0};
    struct inventory *was = s->whole ? load(s, false, &before) : NULL;
    struct inventory *now = was == NULL ? NULL : load(s, true, &after);
    int rc = 0;

    if (was != NULL && now == NULL) {
        rc = err_set(err, ERR_CONFIG, "%s", after.errors.items[0]);
    } else if (now != NULL && meant->to != NULL && !has_host(now, meant->to) &&
               (meant->from == NULL || has_host(was, meant->from))) {
        rc = refuse_twin(&after, meant->to, err);
    }
    inventory_free(was);
    inventory_free(now);
    mistakes_release(&before);
    mistakes_release(&after);
    return rc;
}
