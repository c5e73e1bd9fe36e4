/*
 * inventory_ini.c - reads hosts.ini: [group], [group:children], [group:vars], a host a line.
 *
 * Decides as Ansible's ini plugin (plugins/inventory/ini.py), line by line, the order of additions
 * included.  Every mistake names file:line:col.  Owns nothing of the draft.
 */
#include "config/inventory_read.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/ini_value.h"
#include "config/yaml_bytes.h"

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

/* A run of bytes of the line. */
struct piece {
    const char *text;
    size_t len;
};

/* ---------------------------------------------------------------- white space */

/* Bytes of the white space that begins here, as Python's str.strip() knows it; 0: none. */
static size_t
blank_at(const char *text, size_t len)
{
    unsigned code = 0;
    const size_t n = utf8_decode(text, len, &code);
    const bool blank = (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x20) ||
                       code == 0x85 || code == 0xa0 || code == 0x1680 ||
                       (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
                       code == 0x202f || code == 0x205f || code == 0x3000;

    return n > 0 && blank ? n : 0;
}

static struct piece
strip(struct piece p)
{
    size_t n;
    size_t end = 0;

    while (p.len > 0 && (n = blank_at(p.text, p.len)) > 0) {
        p.text += n;
        p.len -= n;
    }
    for (size_t i = 0; i < p.len; i += n) {
        n = blank_at(p.text + i, p.len - i);
        end = n > 0 ? end : i + 1;
        n = n > 0 ? n : 1;
    }
    p.len = end;
    return p;
}

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
refuse(const struct ini *i, struct piece p, const char *why)
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
    const struct piece rest = strip((struct piece){text, len});

    return rest.len == 0 || rest.text[0] == '#';
}

/* The bytes of a group's name at the start: anything but `:`, `]` and white space. */
static size_t
name_len(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && text[n] != ':' && text[n] != ']' && blank_at(text + n, len - n) == 0) {
        n++;
    }
    return n;
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
open_section(struct ini *i, struct piece name, enum section section)
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
read_section(struct ini *i, struct piece line, int *ret_rc)
{
    static const char *const kinds[] = {"hosts", "children", "vars"};
    const char *end = line.text + line.len;
    const struct piece name = {line.text + 1, name_len(line.text + 1, line.len - 1)};
    const char *close = name.text + name.len;
    struct piece kind = {"hosts", 5};

    if (name.len > 0 && close < end && *close == ':') {
        kind.text = close + 1;
        kind.len = name_len(kind.text, (size_t)(end - kind.text));
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
read_value(const struct ini *i, struct piece shown, const char *text, size_t len)
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
read_variable(struct ini *i, struct piece line)
{
    const char *equals = memchr(line.text, '=', line.len);

    if (equals == NULL) {
        return refuse(i, line, "expected key=value");
    }
    const struct piece key = strip((struct piece){line.text, (size_t)(equals - line.text)});
    const struct piece text =
        strip((struct piece){equals + 1, line.len - (size_t)(equals + 1 - line.text)});
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
read_child(struct ini *i, struct piece line)
{
    const struct piece name = {line.text, name_len(line.text, line.len)};
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

static int
set_host_vars(struct ini *i, struct draft_host *h, struct piece line, const struct strv *words)
{
    for (size_t k = 1; k < words->count; k++) {
        const char *word = words->items[k];
        const char *equals = strchr(word, '=');
        /* where the word stands, unless quotes or backslashes are before its `=` */
        char *key = xstrndup(word, equals == NULL ? strlen(word) : (size_t)(equals - word));
        char *near = xasprintf(" %s%s", key, equals == NULL ? "" : "=");
        const char *found = memmem(line.text, line.len, near, strlen(near));
        const struct piece shown = {found == NULL ? line.text : found + 1,
                                    found == NULL ? line.len : strlen(key)};
        int rc = -1;
        if (equals == NULL) {
            rc = refuse(i, shown, "expected key=value");
        } else {
            struct value *v = read_value(i, shown, equals + 1, strlen(equals + 1));
            rc = v == NULL ? -1 : draft_host_var(i->d, h, key, v, i->m);
        }
        free(near);
        free(key);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

static int
add_hosts(struct ini *i, struct piece line, const struct strv *words)
{
    const struct place at = place_of(i, line.text);
    const char *pattern = words->items[0];
    struct strv names = {0};
    char why[128];
    int port = 0;
    int rc = 0;

    if (strcmp(pattern, "---") == 0) {
        return refuse(i, line, "this begins a YAML file: name it hosts.yml");
    }
    if (host_pattern_expand(pattern, &names, &port, why) < 0) {
        rc = name_refuse(i->m, &at, "host", pattern, why);
    } else if (pattern[strlen(pattern) - 1] == ':') {
        rc = name_refuse(i->m, &at, "host", pattern, "a port is missing after the colon");
    }
    /* One mistake is enough of a range: its hosts share name and variables. */
    for (size_t k = 0; k < names.count && rc == 0; k++) {
        struct draft_host *h = draft_host(i->d, i->group, names.items[k], port, &at, i->m);
        rc = h == NULL ? -1 : set_host_vars(i, h, line, words);
    }
    strv_clear(&names);
    return rc;
}

static int
read_host(struct ini *i, struct piece line)
{
    struct strv words = {0};
    const char *why = NULL;
    int rc;

    if (ini_words(line.text, line.len, &words, &why) < 0) {
        rc = refuse(i, line, why);
    } else if (words.count == 0 || words.items[0][0] == '\0') {
        rc = refuse(i, line, "expected the name of a host");
    } else {
        rc = add_hosts(i, line, &words);
    }
    strv_clear(&words);
    return rc;
}

/* Comments may be of any bytes: only what is read must be text. */
static int
check_text(const struct ini *i, struct piece line)
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
    const struct piece line = strip((struct piece){i->line, i->len});
    int rc = 0;

    if (line.len == 0 || line.text[0] == '#' || line.text[0] == ';') {
        return 0;
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

/* Python's splitlines: \n, \r\n, \r, \v, \f, and what Unicode calls the end of a line. */
static size_t
line_len(const char *text, size_t len, size_t *ret_break)
{
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '\r' && i + 1 < len && text[i + 1] == '\n') {
            *ret_break = 2;
            return i;
        }
        if ((c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e)) {
            *ret_break = 1;
            return i;
        }
        unsigned code = 0;
        const size_t n = c < 0x80 ? 1 : utf8_decode(text + i, len - i, &code);
        if (code == 0x85 || code == 0x2028 || code == 0x2029) {
            *ret_break = n;
            return i;
        }
    }
    *ret_break = 0;
    return len;
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

    for (size_t at = skip; at < len; at += i.len + skip) {
        i.at.line++;
        i.line = bytes + at;
        i.len = line_len(i.line, len - at, &skip);
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

int
inventory_read_ini(struct draft *d, const char *path, struct mistakes *m)
{
    struct yaml_bytes b = {0};
    int rc = yaml_bytes_read(&b, path, YAML_INVENTORY_MAX, m);

    if (rc == 0) {
        rc = inventory_parse_ini(d, b.data, b.len, path, m);
    }
    yaml_bytes_release(&b);
    return rc;
}
