/*
 * yaml.c - builds the tree of a YAML file from libyaml's events.
 *
 * Owns every node and text of it, in one arena.  Decides the limits, what an alias stands for, what
 * `<<` merges and what a key given twice is.  The only user of libyaml; never calls its loader,
 * which is quadratic in anchors.
 */
#include "config/yaml.h"

#include "base/map.h"
#include "base/xalloc.h"
#include "config/value.h"
#include "config/yaml_bytes.h"
#include "config/yaml_json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { CHUNK_SIZE = 64 * 1024, FEW_KEYS = 8, ANCHOR_SHOWN = 60 };

struct chunk {
    struct chunk *next; /* owned */
    size_t used, size;
    _Alignas(max_align_t) char data[];
};

struct yaml {
    struct chunk *chunks; /* owned */
    struct yaml_bytes bytes;
    struct yaml_node *root; /* in the arena, or NULL */
    bool secret;
};

/* A list or map that is being read. */
struct level {
    struct yaml_node *node;
    struct yaml_node **keys;  /* owned; kept for the next one of this depth */
    struct yaml_node **items; /* owned; likewise */
    size_t count, keys_cap, items_cap;
    struct yaml_node *key; /* MAP: read, its value not yet */
    size_t before;         /* weight when it began */
    int height;            /* of the highest child so far; 0: scalars only */
    char *anchor;          /* owned; NULL: none */
};

/* A node that is read, as its parent and its aliases count it. */
struct made {
    struct yaml_node *node; /* NULL: named, and still being read */
    size_t weight;          /* nodes, aliases expanded */
    int height;             /* lists and maps in each other, aliases expanded; 0: a scalar */
};

struct reader {
    struct yaml *y;
    const char *path;
    const char *file; /* interned */
    enum yaml_repeat repeat;
    struct mistakes *m;
    struct map *anchors; /* name -> struct made (owned) */
    size_t weight;       /* nodes, aliases expanded */
    int documents;
    int depth;
    struct level levels[YAML_DEPTH_MAX];
};

/* ---------------------------------------------------------------- memory */

static void *
take(struct yaml *y, size_t size)
{
    const size_t need =
        (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);

    if (!y->chunks || y->chunks->size - y->chunks->used < need) {
        const size_t room = need > CHUNK_SIZE ? need : CHUNK_SIZE;
        struct chunk *c = xcalloc(1, sizeof(*c) + room);
        c->size = room;
        c->next = y->chunks;
        y->chunks = c;
    }
    void *p = y->chunks->data + y->chunks->used;
    y->chunks->used += need;
    return p;
}

static const char *
take_text(struct yaml *y, const void *bytes, size_t len)
{
    char *text = take(y, len + 1);

    if (len) {
        memcpy(text, bytes, len);
    }
    text[len] = '\0';
    return text;
}

static struct yaml_node **
take_list(struct yaml *y, struct yaml_node **list, size_t count)
{
    struct yaml_node **copy = take(y, (count + 1) * sizeof(struct yaml_node *));

    if (count) {
        memcpy(copy, list, count * sizeof(struct yaml_node *));
    }
    return copy;
}

/* ---------------------------------------------------------------- nodes */

static int
mistake_at(struct reader *r, const yaml_mark_t *mark, const char *text)
{
    return mistakes_add(r->m, "%s:%zu:%zu: %s", r->path, mark->line + 1, mark->column + 1, text);
}

static int
count_weight(struct reader *r, const yaml_mark_t *mark, size_t weight)
{
    r->weight += weight;
    if (r->weight <= YAML_NODES_MAX) {
        return 0;
    }
    return mistakes_add(r->m, "%s:%zu:%zu: more than %d values, aliases expanded", r->path,
                        mark->line + 1, mark->column + 1, YAML_NODES_MAX);
}

static struct yaml_node *
new_node(struct reader *r, enum yaml_kind kind, const yaml_event_t *e, const yaml_char_t *tag)
{
    struct yaml_node *n = take(r->y, sizeof(*n));

    n->kind = kind;
    n->secret = r->y->secret;
    n->file = r->file;
    n->line = (int)e->start_mark.line + 1;
    n->col = (int)e->start_mark.column + 1;
    n->start = yaml_bytes_offset(&r->y->bytes, e->start_mark.index);
    n->end = yaml_bytes_offset(&r->y->bytes, e->end_mark.index);
    if (tag) {
        n->tag = take_text(r->y, tag, strlen((const char *)tag));
    }
    return n;
}

/* Give a complete node to the level that is open. */
static int
attach(struct reader *r, struct yaml_node *node, int height)
{
    if (r->depth == 0) {
        r->y->root = node;
        return 0;
    }
    struct level *l = &r->levels[r->depth - 1];
    if (l->node->kind == YAML_NODE_MAP && !l->key) {
        if (node->kind != YAML_NODE_SCALAR) {
            return yaml_mistake(r->m, node, "expected a key, got %s",
                                node->kind == YAML_NODE_LIST
                                    ? "a list"
                                    : "a mapping (a value that begins with {{ needs quotes)");
        }
        l->key = node;
        node->typed = !value_is_text(node);
        return 0;
    }
    if (l->node->kind == YAML_NODE_MAP) {
        l->keys = xgrow(l->keys, l->count, &l->keys_cap, sizeof(struct yaml_node *));
        l->keys[l->count] = l->key;
        l->key = NULL;
    }
    l->items = xgrow(l->items, l->count, &l->items_cap, sizeof(struct yaml_node *));
    l->items[l->count++] = node;
    l->height = height > l->height ? height : l->height;
    return 0;
}

static void
set_anchor(struct reader *r, const char *name, const struct made *made)
{
    map_set(r->anchors, name, xmemdup(made, sizeof(*made)));
}

static enum yaml_style
style_of(yaml_scalar_style_t style)
{
    if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE) {
        return YAML_STYLE_LITERAL;
    }
    if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE) {
        return YAML_STYLE_QUOTED;
    }
    return YAML_STYLE_PLAIN;
}

static int
read_scalar(struct reader *r, const yaml_event_t *e)
{
    struct yaml_node *n = new_node(r, YAML_NODE_SCALAR, e, e->data.scalar.tag);

    n->style = style_of(e->data.scalar.style);
    if (memchr(e->data.scalar.value, '\0', e->data.scalar.length)) {
        return mistake_at(r, &e->start_mark, "a NUL (\"\\0\") in a text");
    }
    n->text = take_text(r->y, e->data.scalar.value, e->data.scalar.length);
    n->len = e->data.scalar.length;
    /* libyaml lets a literal end at the next token, comments between included. */
    const char *data = r->y->bytes.data;
    while (n->style == YAML_STYLE_LITERAL && n->end > n->start && n->end > 0 &&
           strchr(" \t\r\n", data[n->end - 1])) {
        n->end--;
    }
    if (e->data.scalar.anchor) {
        set_anchor(r, (const char *)e->data.scalar.anchor, &(struct made){n, 1, 0});
    }
    return count_weight(r, &e->start_mark, 1) ? -1 : attach(r, n, 0);
}

static int
too_deep(struct reader *r, const yaml_mark_t *mark)
{
    return mistakes_add(r->m, "%s:%zu:%zu: nested deeper than %d, aliases expanded", r->path,
                        mark->line + 1, mark->column + 1, YAML_DEPTH_MAX);
}

/* An anchor is letters, digits, - and _, of any length. */
static int
bad_alias(struct reader *r, const yaml_event_t *e, const char *before, const char *after)
{
    const char *name = r->y->secret ? "***" : (const char *)e->data.alias.anchor;

    return mistakes_add(r->m, "%s:%zu:%zu: alias: %s '&%.*s%s' %s", r->path, e->start_mark.line + 1,
                        e->start_mark.column + 1, before, ANCHOR_SHOWN, name,
                        strlen(name) > ANCHOR_SHOWN ? "..." : "", after);
}

static int
read_alias(struct reader *r, const yaml_event_t *e)
{
    const char *name = (const char *)e->data.alias.anchor;
    const struct made *a = map_get(r->anchors, name);

    if (!a) {
        return bad_alias(r, e, "no anchor", "before this alias");
    }
    if (!a->node) {
        return bad_alias(r, e, "it stands inside the anchor", "that it names");
    }
    if (r->depth + a->height > YAML_DEPTH_MAX) {
        return too_deep(r, &e->start_mark);
    }
    if (count_weight(r, &e->start_mark, a->weight)) {
        return -1;
    }
    struct yaml_node *n = new_node(r, a->node->kind, e, NULL);
    struct yaml_node copy = *a->node;
    copy.alias = true;
    copy.line = n->line;
    copy.col = n->col;
    copy.start = n->start;
    copy.end = n->end;
    *n = copy;
    return attach(r, n, a->height);
}

static int
open_level(struct reader *r, struct yaml_node *node, const yaml_event_t *e,
           const yaml_char_t *anchor)
{
    if (r->depth == YAML_DEPTH_MAX) {
        return too_deep(r, &e->start_mark);
    }
    struct level *l = &r->levels[r->depth++];
    l->node = node;
    l->count = 0;
    l->key = NULL;
    l->before = r->weight;
    l->height = 0;
    if (anchor) {
        l->anchor = xstrdup((const char *)anchor);
        set_anchor(r, l->anchor, &(struct made){NULL, 0, 0});
    }
    return count_weight(r, &e->start_mark, 1);
}

/* ---------------------------------------------------------------- keys */

/* The keys of a map that is being closed; as many slots as it can come to need. */
struct pairs {
    struct yaml_node **keys, **items; /* owned */
    bool *merged;                     /* owned: came from `<<` */
    size_t count;
    enum yaml_repeat repeat;
    struct map *places[2]; /* key -> its slot in keys, texts and what is typed; NULL: few */
};

static bool
is_merge(const struct yaml_node *key)
{
    return key->style == YAML_STYLE_PLAIN && !key->tag && strcmp(key->text, "<<") == 0;
}

/* Where the last of a key counts, `yes` and "yes" are two, as for Ansible.  Whether two that are
 * typed are one, as `yes` and `true`, is told where their values are read. */
static bool
counts_as_typed(enum yaml_repeat repeat, const struct yaml_node *key)
{
    return repeat == YAML_REPEAT_LAST && key->typed;
}

static bool
is_same_key(enum yaml_repeat repeat, const struct yaml_node *a, const struct yaml_node *b)
{
    return counts_as_typed(repeat, a) == counts_as_typed(repeat, b) &&
           strcmp(a->text, b->text) == 0;
}

static size_t
pairs_find(const struct pairs *p, const struct yaml_node *key) /* count: absent */
{
    struct map *places = p->places[counts_as_typed(p->repeat, key)];

    if (places) {
        struct yaml_node *const *slot = map_get(places, key->text);
        return slot ? (size_t)(slot - p->keys) : p->count;
    }
    size_t i = 0;
    while (i < p->count && !is_same_key(p->repeat, p->keys[i], key)) {
        i++;
    }
    return i;
}

static void
pairs_put(struct pairs *p, size_t at, struct yaml_node *key, struct yaml_node *item, bool merged)
{
    p->keys[at] = key;
    p->items[at] = item;
    p->merged[at] = merged;
    if (at < p->count) {
        return;
    }
    p->count++;
    struct map *places = p->places[counts_as_typed(p->repeat, key)];
    if (places) {
        map_set(places, key->text, &p->keys[at]);
    }
}

/* What comes later counts, in the place of the first. */
static void
merge_map(struct pairs *p, const struct yaml_node *from)
{
    for (size_t i = 0; i < from->count; i++) {
        pairs_put(p, pairs_find(p, from->keys[i]), from->keys[i], from->items[i], true);
    }
}

/* How many keys `<<: value` brings; -1: not mappings. */
static int
merge_size(struct reader *r, const struct yaml_node *value, size_t *ret)
{
    *ret += value->kind == YAML_NODE_MAP ? value->count : 0;
    bool good = value->kind != YAML_NODE_SCALAR;
    for (size_t i = 0; value->kind == YAML_NODE_LIST && i < value->count; i++) {
        good = good && value->items[i]->kind == YAML_NODE_MAP;
        *ret += value->items[i]->count;
    }
    return good ? 0 : yaml_expected(r->m, value, "<<", "a mapping or a list of mappings");
}

static int
given_twice(struct reader *r, const struct yaml_node *key, const struct yaml_node *first)
{
    struct buf name;

    buf_init(&name, 1024);
    yaml_show(key, &name);
    if (r->repeat == YAML_REPEAT_ERROR) {
        yaml_mistake(r->m, key, "%s: given twice, first on line %d", name.data, first->line);
    } else {
        yaml_warn(r->m, key, "%s: given twice: line %d counts, not line %d", name.data, key->line,
                  first->line);
    }
    buf_release(&name);
    return r->repeat == YAML_REPEAT_ERROR ? -1 : 0;
}

static int
put_own(struct reader *r, struct pairs *p, struct yaml_node *key, struct yaml_node *item)
{
    const size_t at = pairs_find(p, key);

    if (at < p->count && !p->merged[at] && given_twice(r, key, p->keys[at])) {
        return -1;
    }
    pairs_put(p, at, key, item, false);
    return 0;
}

static int
fill_pairs(struct reader *r, struct pairs *p, const struct level *l)
{
    int rc = 0;

    for (size_t i = 0; i < l->count; i++) {
        const struct yaml_node *from = l->items[i];
        if (!is_merge(l->keys[i])) {
            continue;
        }
        if (from->kind == YAML_NODE_MAP) {
            merge_map(p, from);
        }
        /* The first of a list counts, so it comes last (PyYAML, flatten_mapping). */
        for (size_t k = from->kind == YAML_NODE_LIST ? from->count : 0; k > 0; k--) {
            merge_map(p, from->items[k - 1]);
        }
    }
    for (size_t i = 0; i < l->count; i++) {
        if (!is_merge(l->keys[i]) && put_own(r, p, l->keys[i], l->items[i])) {
            rc = -1;
        }
    }
    return rc;
}

/* Few keys, none twice, nothing merged: the map is what was read. */
static bool
is_simple(const struct level *l, enum yaml_repeat repeat)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->count > FEW_KEYS || is_merge(l->keys[i])) {
            return false;
        }
        for (size_t k = 0; k < i; k++) {
            if (is_same_key(repeat, l->keys[i], l->keys[k])) {
                return false;
            }
        }
    }
    return true;
}

static int
close_map(struct reader *r, const struct level *l, const yaml_event_t *e)
{
    size_t brought = 0;
    struct pairs p = {.repeat = r->repeat};
    int rc = -1;

    if (is_simple(l, r->repeat)) {
        l->node->keys = take_list(r->y, l->keys, l->count);
        l->node->items = take_list(r->y, l->items, l->count);
        l->node->count = l->count;
        return 0;
    }

    for (size_t i = 0; i < l->count; i++) {
        if (is_merge(l->keys[i]) && merge_size(r, l->items[i], &brought)) {
            return -1;
        }
    }
    if (count_weight(r, &e->start_mark, brought)) {
        return -1;
    }
    const size_t most = l->count + brought;
    p.keys = xcalloc(most, sizeof(struct yaml_node *));
    p.items = xcalloc(most, sizeof(struct yaml_node *));
    p.merged = xcalloc(most, sizeof(*p.merged));
    for (size_t i = 0; i < 2 && most > FEW_KEYS; i++) {
        p.places[i] = map_new(NULL);
    }
    if (fill_pairs(r, &p, l) == 0) {
        l->node->keys = take_list(r->y, p.keys, p.count);
        l->node->items = take_list(r->y, p.items, p.count);
        l->node->count = p.count;
        rc = 0;
    }
    map_free(p.places[false]);
    map_free(p.places[true]);
    free(p.keys);
    free(p.items);
    free(p.merged);
    return rc;
}

static void
level_release(struct level *l)
{
    free(l->keys);
    free(l->items);
    free(l->anchor);
    *l = (struct level){0};
}

static int
close_level(struct reader *r, const yaml_event_t *e)
{
    assert(r->depth > 0);
    struct level *l = &r->levels[--r->depth];
    struct yaml_node *node = l->node;
    const int height = l->height + 1;
    int rc = 0;

    if (node->flow) {
        node->end = yaml_bytes_offset(&r->y->bytes, e->end_mark.index);
    }
    if (l->count && !(node->flow && strchr("]}", r->y->bytes.data[node->end - 1]))) {
        /* libyaml ends a block, and the pair of `[a: b ]`, at the next token */
        node->end = l->items[l->count - 1]->end;
    }
    if (node->kind == YAML_NODE_MAP) {
        rc = close_map(r, l, e);
    } else {
        node->items = take_list(r->y, l->items, l->count);
        node->count = l->count;
    }
    if (l->anchor) {
        set_anchor(r, l->anchor, &(struct made){node, r->weight - l->before, height});
        free(l->anchor);
        l->anchor = NULL;
    }
    return rc ? rc : attach(r, node, height);
}

/* ---------------------------------------------------------------- events */

static int
read_event(struct reader *r, const yaml_event_t *e)
{
    struct yaml_node *n = NULL;

    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(r, e);
    case YAML_ALIAS_EVENT:
        return read_alias(r, e);
    case YAML_SEQUENCE_START_EVENT:
        n = new_node(r, YAML_NODE_LIST, e, e->data.sequence_start.tag);
        n->flow = e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
        return open_level(r, n, e, e->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        n = new_node(r, YAML_NODE_MAP, e, e->data.mapping_start.tag);
        n->flow = e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
        return open_level(r, n, e, e->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_level(r, e);
    case YAML_DOCUMENT_START_EVENT:
        if (r->documents++) {
            return mistake_at(r, &e->start_mark, "a second document: expected one in a file");
        }
        return 0;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return 0;
    }
    return 0;
}

static int
syntax_mistake(struct reader *r, const yaml_parser_t *p)
{
    const char *problem = p->problem ? p->problem : "cannot be read";
    const char *hint = "";

    if (strstr(problem, "mapping values are not allowed")) {
        hint = " (two keys on one line? Text appended to a file whose last line has no newline "
               "ends up there)";
    } else if (strstr(problem, "cannot start any token")) {
        hint = " (a tab? Lines begin with blanks; a value that begins with @, % or ` needs quotes)";
    }
    return mistakes_add(r->m, "%s:%zu:%zu: not YAML: %s%s%s%s", r->path, p->problem_mark.line + 1,
                        p->problem_mark.column + 1, problem, p->context ? ", " : "",
                        p->context ? p->context : "", hint);
}

static int
take_event(void *arg, yaml_event_t *e)
{
    return read_event(arg, e);
}

/* Ansible takes what is JSON for JSON, whatever the file is named. */
static bool
is_json(const struct yaml_bytes *b)
{
    const char *text = b->data + b->bom;
    const char first = text[strspn(text, " \t\r\n")];

    return (first == '{' || first == '[') && json_valid(text, b->len - b->bom, NULL);
}

static int
read_events(struct reader *r)
{
    const struct yaml_bytes *b = &r->y->bytes;
    yaml_parser_t parser;
    bool ended = false;
    int rc = 0;

    if (is_json(b)) {
        return json_events(b->data + b->bom, b->len - b->bom, take_event, r);
    }
    if (!yaml_parser_initialize(&parser)) {
        abort();
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)b->data + b->bom, b->len - b->bom);
    while (rc == 0 && !ended) {
        yaml_event_t e;
        if (!yaml_parser_parse(&parser, &e)) {
            rc = syntax_mistake(r, &parser);
            break;
        }
        ended = e.type == YAML_STREAM_END_EVENT;
        rc = read_event(r, &e);
        yaml_event_delete(&e);
    }
    yaml_parser_delete(&parser);
    return rc;
}

static struct yaml *
build(struct yaml *y, const char *path, enum yaml_repeat repeat, struct mistakes *m)
{
    struct reader r = {.y = y, .path = path, .file = yaml_intern(path), .repeat = repeat, .m = m};

    r.anchors = map_new(free);
    const int rc = read_events(&r);
    for (int i = 0; i < YAML_DEPTH_MAX; i++) {
        level_release(&r.levels[i]);
    }
    map_free(r.anchors);
    if (rc == 0) {
        return y;
    }
    yaml_close(y);
    return NULL;
}

/* ---------------------------------------------------------------- public */

struct yaml *
yaml_load(const char *path, size_t bytes_max, enum yaml_repeat repeat, struct mistakes *m)
{
    struct yaml *y = xcalloc(1, sizeof(*y));

    if (yaml_bytes_read(&y->bytes, path, bytes_max, m) || yaml_bytes_check(&y->bytes, path, m)) {
        yaml_close(y);
        return NULL;
    }
    return build(y, path, repeat, m);
}

static struct yaml *
parse(const char *bytes, size_t len, const char *path, size_t bytes_max, enum yaml_repeat repeat,
      bool secret, struct mistakes *m)
{
    if (len > bytes_max) {
        mistakes_add(m, "%s:1:1: the file is larger than %zu MiB", path, bytes_max >> 20);
        return NULL;
    }
    struct yaml *y = xcalloc(1, sizeof(*y));
    y->bytes.data = xcalloc(len + 1, 1);
    if (len) {
        memcpy(y->bytes.data, bytes, len);
    }
    y->bytes.len = len;
    y->secret = secret;
    if (yaml_bytes_check(&y->bytes, path, m)) {
        yaml_close(y);
        return NULL;
    }
    return build(y, path, repeat, m);
}

struct yaml *
yaml_parse(const char *bytes, size_t len, const char *path, size_t bytes_max,
           enum yaml_repeat repeat, struct mistakes *m)
{
    return parse(bytes, len, path, bytes_max, repeat, false, m);
}

struct yaml *
yaml_parse_secret(const char *bytes, size_t len, const char *path, size_t bytes_max,
                  enum yaml_repeat repeat, struct mistakes *m)
{
    return parse(bytes, len, path, bytes_max, repeat, true, m);
}

void
yaml_close(struct yaml *y)
{
    if (!y) {
        return;
    }
    while (y->chunks) {
        struct chunk *next = y->chunks->next;
        if (y->secret) {
            explicit_bzero(y->chunks->data, y->chunks->used);
        }
        free(y->chunks);
        y->chunks = next;
    }
    if (y->secret) {
        explicit_bzero(y->bytes.data, y->bytes.len);
    }
    yaml_bytes_release(&y->bytes);
    free(y);
}

const struct yaml_node *
yaml_root(const struct yaml *y)
{
    return y->root;
}

const char *
yaml_bytes(const struct yaml *y, size_t *ret_len)
{
    *ret_len = y->bytes.len;
    return y->bytes.data;
}
