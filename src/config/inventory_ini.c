/*
 * inventory_ini.c - reads hosts.ini: [group], [group:children], [group:vars], a host a line.
 *
 * Decides as Ansible's ini plugin (plugins/inventory/ini.py), line by line, the order of additions
 * included.  Every mistake names file:line:col.  Owns nothing of the draft.
 */
#include "config/inventory_read.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/ini_line.h"
#include "config/ini_value.h"

#include <stdlib.h>
#include <string.h>

enum section { SECTION_HOSTS, SECTION_CHILDREN, SECTION_VARS };

/* A group that was spoken of before it was there. */
struct pending {
    struct place place;
    enum section section;      /* CHILDREN: named as a child; VARS: its variables came first */
    struct group_refs parents; /* owned array, of CHILDREN */
};

struct ini {
    struct draft *d;
    struct mistakes *m;
    struct map *pending; /* owned: group -> struct pending */
    struct draft_group *group;
    enum section section;
    struct place at;
    const char *line; /* whole, of this many bytes */
    size_t len;
};

/* ---------------------------------------------------------------- messages */

static struct place
place_of(const struct ini *i, const char *at)
{
    struct place p = i->at;

    p.col = 1;
    for (const char *c = i->line; c < at; c++) {
        p.col += ((unsigned char)*c & 0xc0) != 0x80;
    }
    return p;
}

/* "file:line:col: TEXT: WHY"; the text is cut and escaped. */
static int
refuse(const struct ini *i, struct ini_piece p, const char *why)
{
    const struct place at = place_of(i, p.text);
    char *text = xstrndup(p.text, p.len);

    (void)name_refuse(i->m, &at, "", text, why);
    free(text);
    return -1;
}

/* ---------------------------------------------------------------- sections */

static void
free_pending(void *p)
{
    free(((struct pending *)p)->parents.items);
    free(p);
}

/* A comment, or nothing, after a section or a child. */
static bool
is_rest(const char *text, size_t len)
{
    const struct ini_piece rest = ini_strip((struct ini_piece){text, len});

    return rest.len == 0 || rest.text[0] == '#';
}

/* The group now has a section of its own: its parents wait no longer. */
static int
settle(struct ini *i, const char *name)
{
    struct pending *p = map_get(i->pending, name);
    struct draft_group *g = map_get(i->d->groups, name);
    int rc = 0;

    if (p == NULL) {
        return 0;
    }
    for (size_t k = 0; p->section == SECTION_CHILDREN && k < p->parents.count && rc == 0; k++) {
        rc = draft_child(p->parents.items[k], g, &p->place, i->m);
    }
    map_remove(i->pending, name);
    return rc;
}

static int
open_section(struct ini *i, struct ini_piece name, enum section section)
{
    const struct place at = place_of(i, name.text);
    char *text = xstrndup(name.text, name.len);
    const bool known = map_get(i->d->groups, text) != NULL;
    int rc = -1;

    i->section = section;
    if (!known && section == SECTION_VARS && map_get(i->pending, text) == NULL) {
        struct pending *p = xcalloc(1, sizeof(*p));
        p->place = at;
        p->section = SECTION_VARS;
        map_set(i->pending, text, p);
    }
    i->group = draft_group(i->d, text, &at, i->m);
    if (i->group != NULL) {
        rc = section != SECTION_VARS ? settle(i, text) : 0;
    }
    free(text);
    return rc;
}

/* [name], [name:children], [name:vars], a comment after it.  false: not a section at all. */
static bool
read_section(struct ini *i, struct ini_piece line, int *ret_rc)
{
    static const char *const kinds[] = {"hosts", "children", "vars"};
    const char *end = line.text + line.len;
    const struct ini_piece name = {line.text + 1, ini_name_len(line.text + 1, line.len - 1)};
    const char *close = name.text + name.len;
    struct ini_piece kind = {"hosts", 5};

    if (name.len > 0 && close < end && *close == ':') {
        kind.text = close + 1;
        kind.len = ini_name_len(kind.text, (size_t)(end - kind.text));
        close = kind.text + kind.len;
    }
    if (name.len == 0 || kind.len == 0 || close >= end || *close != ']' ||
        !is_rest(close + 1, (size_t)(end - close - 1))) {
        return false;
    }
    for (int k = 0; k < 3; k++) {
        if (kind.len == strlen(kinds[k]) && strncmp(kind.text, kinds[k], kind.len) == 0) {
            *ret_rc = open_section(i, name, (enum section)k);
            return true;
        }
    }
    i->group = NULL;
    *ret_rc = refuse(i, kind, "unknown kind of section: there are hosts, vars and children");
    return true;
}

/* ---------------------------------------------------------------- lines */

static struct value *
read_value(const struct ini *i, struct ini_piece shown, const char *text, size_t len)
{
    const struct place at = place_of(i, shown.text);
    const char *why = NULL;
    struct value *v = ini_value_read(text, len, &why);

    if (v == NULL) {
        (void)refuse(i, shown, why);
        return NULL;
    }
    v->file = at.file;
    v->line = at.line;
    v->col = at.col;
    return v;
}

static int
read_variable(struct ini *i, struct ini_piece line)
{
    const char *equals = memchr(line.text, '=', line.len);

    if (equals == NULL) {
        return refuse(i, line, "expected key=value");
    }
    const struct ini_piece key =
        ini_strip((struct ini_piece){line.text, (size_t)(equals - line.text)});
    const struct ini_piece text =
        ini_strip((struct ini_piece){equals + 1, line.len - (size_t)(equals + 1 - line.text)});
    struct value *v = read_value(i, text.len > 0 ? text : line, text.text, text.len);
    if (v == NULL) {
        return -1;
    }
    char *name = xstrndup(key.text, key.len);
    const int rc = draft_group_var(i->d, i->group, name, v, i->m);
    free(name);
    return rc;
}

static int
read_child(struct ini *i, struct ini_piece line)
{
    const struct ini_piece name = {line.text, ini_name_len(line.text, line.len)};
    const struct place at = place_of(i, line.text);
    int rc = 0;

    if (name.len == 0 || !is_rest(name.text + name.len, line.len - name.len)) {
        return refuse(i, line, "expected the name of a group");
    }
    char *text = xstrndup(name.text, name.len);
    struct draft_group *child = map_get(i->d->groups, text);
    struct pending *p = map_get(i->pending, text);
    if (child != NULL) {
        rc = draft_child(i->group, child, &at, i->m);
    } else {
        if (p == NULL) {
            p = xcalloc(1, sizeof(*p));
            p->place = at;
            p->section = SECTION_CHILDREN;
            map_set(i->pending, text, p);
        }
        p->parents.items = xgrow(p->parents.items, p->parents.count, &p->parents.cap,
                                 sizeof(struct draft_group *));
        p->parents.items[p->parents.count++] = i->group;
    }
    free(text);
    return rc;
}

/* The variable of one word; NULL: m has the mistake. */
static struct value *
read_word(const struct ini *i, struct ini_piece shown, const char *equals, size_t number)
{
    if (equals == NULL) {
        (void)refuse(i, shown, "expected key=value");
        return NULL;
    }
    if (number > INVENTORY_VARS_MAX) {
        (void)refuse(i, shown, "more than 2000 variables here");
        return NULL;
    }
    return read_value(i, shown, equals + 1, strlen(equals + 1));
}

/* The variables of a line, each with its place; NULL: m has the mistake. */
static struct value *
read_words(const struct ini *i, struct ini_piece line, const struct ini_words *words)
{
    struct value *vars = value_new(VALUE_DICT);

    for (size_t k = 1; k < words->text.count; k++) {
        const char *word = words->text.items[k];
        const char *equals = strchr(word, '=');
        const size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);
        const size_t at = words->at[k];
        const struct ini_piece shown = {line.text + at, len < line.len - at ? len : line.len - at};
        struct value *v = read_word(i, shown, equals, k);
        if (v == NULL) {
            value_free(vars);
            return NULL;
        }
        char *key = xstrndup(word, len);
        value_dict_set(vars, key, v);
        free(key);
    }
    return vars;
}

/* The hosts of a line share its variables: each has copies of its own. */
static int
add_host(struct ini *i, const char *name, int port, const struct place *at,
         const struct value *vars)
{
    struct draft_host *h = draft_host(i->d, i->group, name, port, at, i->m);
    int rc = h == NULL ? -1 : 0;

    for (size_t k = 0; rc == 0 && k < vars->count; k++) {
        rc = draft_host_var(i->d, h, vars->keys[k], value_copy(vars->items[k]), i->m);
    }
    return rc;
}

static int
add_hosts(struct ini *i, struct ini_piece line, const struct ini_words *words)
{
    const struct place at = place_of(i, line.text);
    const char *pattern = words->text.items[0];
    struct value *vars = NULL;
    struct strv names = {0};
    char why[128];
    int port = 0;
    int rc = 0;

    if (strcmp(pattern, "---") == 0) {
        return refuse(i, line, "this begins a YAML file: name it hosts.yml");
    }
    if (draft_expand(i->d, pattern, &names, &port, why) < 0) {
        rc = name_refuse(i->m, &at, "host", pattern, why);
    } else if (pattern[strlen(pattern) - 1] == ':') {
        rc = name_refuse(i->m, &at, "host", pattern, "a port is missing after the colon");
    } else {
        vars = read_words(i, line, words);
        rc = vars == NULL ? -1 : 0;
    }
    /* One mistake is enough of a range: its hosts share name and variables. */
    for (size_t k = 0; vars != NULL && k < names.count && rc == 0; k++) {
        rc = add_host(i, names.items[k], port, &at, vars);
    }
    value_free(vars);
    strv_clear(&names);
    return rc;
}

static int
read_host(struct ini *i, struct ini_piece line)
{
    struct ini_words words;
    const char *why = NULL;
    int rc;

    if (ini_words_split(&words, line.text, line.len, &why) < 0) {
        rc = refuse(i, line, why);
    } else if (words.text.count == 0 || words.text.items[0][0] == '\0') {
        rc = refuse(i, line, "expected the name of a host");
    } else {
        rc = add_hosts(i, line, &words);
    }
    ini_words_release(&words);
    return rc;
}

/* Comments may be of any bytes: only what is read must be text. */
static int
check_text(const struct ini *i, struct ini_piece line)
{
    unsigned code = 0;
    size_t n;

    for (size_t at = 0; at < line.len; at += n) {
        n = utf8_decode(line.text + at, line.len - at, &code);
        if (n == 0 || ((code < 0x20 || code == 0x7f) && code != '\t')) {
            const struct place p = place_of(i, line.text + at);
            return mistakes_add(i->m, "%s:%d:%d: not %s: byte 0x%02x", p.file, p.line, p.col,
                                n == 0 ? "UTF-8" : "text", (unsigned char)line.text[at]);
        }
    }
    return 0;
}

static int
read_line(struct ini *i)
{
    const struct ini_piece line = ini_strip((struct ini_piece){i->line, i->len});
    int rc = 0;

    if (line.len == 0 || line.text[0] == '#' || line.text[0] == ';') {
        return 0;
    }
    if (line.len > INI_LINE_MAX) {
        const struct place at = place_of(i, line.text);
        return mistakes_add(i->m, "%s:%d:%d: a line of more than %d MiB", at.file, at.line, at.col,
                            INI_LINE_MAX >> 20);
    }
    if (check_text(i, line) < 0) {
        return -1;
    }
    if (line.text[0] == '[') {
        if (read_section(i, line, &rc)) {
            return rc;
        }
        if (line.text[line.len - 1] == ']') {
            return refuse(i, line,
                          "expected [group], [group:vars] or [group:children], without "
                          "spaces");
        }
    }
    if (i->group == NULL) {
        return 0; /* of a section that was refused */
    }
    switch (i->section) {
    case SECTION_HOSTS:
        return read_host(i, line);
    case SECTION_CHILDREN:
        return read_child(i, line);
    case SECTION_VARS:
        return read_variable(i, line);
    }
    return 0;
}

static int
tell_pending(const struct ini *i)
{
    const struct pending *p = NULL;
    const char *name = NULL;
    void *iter = NULL;
    int rc = 0;

    while ((p = map_next(i->pending, &iter, &name)) != NULL) {
        rc = name_refuse(i->m, &p->place, "group", name,
                         p->section == SECTION_VARS
                             ? "has variables, and no section [...] of its own"
                             : "is a child, and has no section [...] of its own");
    }
    return rc;
}

int
inventory_parse_ini(struct draft *d, const char *bytes, size_t len, const char *path,
                    struct mistakes *m)
{
    struct ini i = {.d = d,
                    .m = m,
                    .pending = map_new(free_pending),
                    .group = d->ungrouped,
                    .at = {.file = yaml_intern(path)}};
    size_t skip = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    int rc = 0;

    for (size_t at = skip; at < len && d->values <= INVENTORY_VALUES_MAX; at += i.len + skip) {
        i.at.line++;
        i.line = bytes + at;
        i.len = ini_line_len(i.line, len - at, &skip);
        if (read_line(&i) < 0) {
            rc = -1;
        }
    }
    if (rc == 0) {
        rc = tell_pending(&i);
    }
    map_free(i.pending);
    return rc;
}
