/*
 * edit_hosts_ini.c - a host in hosts.ini: every line that names it, and where a new one belongs.
 *
 * Decides which section a line is of as inventory_ini.c does.  Each function looks at the text anew
 * and changes it once.  Owns nothing of the file.
 */
#include "config/edit_state.h"

#include "base/xalloc.h"
#include "config/edit_text.h"
#include "config/ini_line.h"
#include "config/ini_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20, NAME_MAX_BYTES = 256 };

/* Walks over the lines; of one with hosts, its words. */
struct lines {
    const struct edit_file *f;
    size_t at, next;            /* the line, and the one behind it */
    struct ini_piece line;      /* stripped */
    char group[NAME_MAX_BYTES]; /* of the section; "" before the first */
    bool hosts;                 /* it is a section of hosts */
    bool head;                  /* the line is a section's first */
};

static void
lines_begin(struct lines *l, const struct edit_file *f)
{
    const struct buf *b = &f->now;

    *l = (struct lines){.f = f, .hosts = true};
    l->next = b->len >= 3 && memcmp(b->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static void
open_section(struct lines *l)
{
    const size_t len = ini_name_len(l->line.text + 1, l->line.len - 1);
    const char *behind = l->line.text + 1 + len;
    const char *end = l->line.text + l->line.len;

    l->head = true;
    l->hosts = behind < end && (*behind == ']' || strncmp(behind, ":hosts]", 7) == 0);
    l->group[0] = '\0';
    if (len < sizeof(l->group) && l->line.text != NULL) {
        memcpy(l->group, l->line.text + 1, len);
        l->group[len] = '\0';
    }
}

/* A range may begin with a bracket too: `[2001:db8::1]:22`, as far as it is no section. */
static bool
is_section(struct ini_piece line)
{
    const size_t len = line.len > 0 ? ini_name_len(line.text + 1, line.len - 1) : 0;
    const char *close = line.len > 0 ? memchr(line.text, ']', line.len) : NULL;
    struct ini_piece rest;

    if (line.len == 0 || line.text[0] != '[' || len == 0 || close == NULL) {
        return false;
    }
    rest.text = close + 1;
    rest.len = line.len - (size_t)(close + 1 - line.text);
    rest = ini_strip(rest);
    if (rest.len > 0 && rest.text[0] != '#') {
        return false;
    }
    return line.text[1 + len] == ']' ||
           memchr(line.text + len + 2, ':', (size_t)(close - line.text) - len - 1) == NULL;
}

static bool
lines_next(struct lines *l)
{
    const struct buf *b = &l->f->now;
    size_t skip = 0;

    if (l->next >= b->len) {
        return false;
    }
    l->at = l->next;
    const size_t len = ini_line_len(b->data + l->at, b->len - l->at, &skip);
    l->next = l->at + len + skip;
    l->line = ini_strip((struct ini_piece){b->data + l->at, len});
    l->head = false;
    if (is_section(l->line)) {
        open_section(l);
    }
    return true;
}

/* It names hosts. */
static bool
is_host_line(const struct lines *l)
{
    return l->hosts && !l->head && l->line.len > 0 && l->line.text[0] != '#' &&
           l->line.text[0] != ';';
}

static int
refuse(const struct lines *l, const char *what, struct err *err)
{
    return err_set(err, ERR_CONFIG, "%s:%d: %s", l->f->path, edit_line_number(&l->f->now, l->at),
                   what);
}

/* The next line that names the host, with its words, which the caller releases after 1. */
static int
next_site(struct lines *l, const char *host, struct ini_words *ret, int *ret_port, struct err *err)
{
    char why[160];
    const char *wrong = NULL;

    while (lines_next(l)) {
        if (!is_host_line(l)) {
            continue;
        }
        int is = ini_words_split(ret, l->line.text, l->line.len, &wrong);
        is = is < 0 || ret->text.count == 0
                 ? 0
                 : edit_pattern_is(ret->text.items[0], host, ret_port, why);
        if (is > 0) {
            return 1;
        }
        ini_words_release(ret);
        if (is < 0) {
            return refuse(l, why, err);
        }
    }
    return 0;
}

/* Where a word of the line begins and ends in the text. */
static size_t
word_at(const struct lines *l, const struct ini_words *w, size_t k)
{
    return (size_t)(l->line.text - l->f->now.data) + w->at[k];
}

static size_t
word_end(const struct lines *l, const struct ini_words *w, size_t k)
{
    return (size_t)(l->line.text - l->f->now.data) + w->end[k];
}

/* ---------------------------------------------------------------- names */

static int
set_name(struct edit_file *f, const struct lines *l, const struct ini_words *w, const char *name,
         const char *port)
{
    char *text = port == NULL             ? xstrdup(name)
                 : strchr(name, ':') != 0 ? xasprintf("[%s]:%s", name, port)
                                          : xasprintf("%s:%s", name, port);
    const bool same = strcmp(text, w->text.items[0]) == 0;

    if (!same) {
        edit_splice(&f->now, word_at(l, w, 0), word_end(l, w, 0), text);
    }
    free(text);
    return same ? 0 : 1;
}

static int
ini_rename(struct edit_file *f, const char *name, const char *to, struct err *err)
{
    struct lines l;
    struct ini_words w;
    char port_text[16];
    int port = 0;

    lines_begin(&l, f);
    int rc = next_site(&l, name, &w, &port, err);
    if (rc > 0) {
        (void)snprintf(port_text, sizeof(port_text), "%d", port);
        rc = set_name(f, &l, &w, to, port == 0 ? NULL : port_text);
        ini_words_release(&w);
    }
    return rc;
}

static int
ini_port(struct edit_file *f, const char *name, const char *port, struct err *err)
{
    struct lines l;
    struct ini_words w;
    int was = 0;
    int rc;

    lines_begin(&l, f);
    while ((rc = next_site(&l, name, &w, &was, err)) > 0) {
        const int set = was == 0 ? 0 : set_name(f, &l, &w, name, port);
        ini_words_release(&w);
        if (was != 0) {
            return set;
        }
    }
    return rc;
}

static int
ini_remove(struct edit_file *f, const char *name, const char *text, struct err *err)
{
    struct lines l;
    struct ini_words w;
    int port = 0;

    lines_begin(&l, f);
    (void)text;
    const int rc = next_site(&l, name, &w, &port, err);
    if (rc > 0) {
        ini_words_release(&w);
        edit_cut(&f->now, l.at, l.next);
    }
    return rc;
}

/* ---------------------------------------------------------------- variables */

/* The last word of the line that sets the variable; 0: none. */
static size_t
find_word(const struct ini_words *w, const char *var)
{
    const size_t len = strlen(var);

    for (size_t k = w->text.count - 1; k > 0; k--) {
        if (strncmp(w->text.items[k], var, len) == 0 && w->text.items[k][len] == '=') {
            return k;
        }
    }
    return 0;
}

/* The value as a word reads as it. */
static bool
reads_as(const char *word, const struct value *v)
{
    struct ini_words words;
    const char *why = NULL;
    struct value *read = NULL;
    bool same = false;

    if (ini_words_split(&words, word, strlen(word), &why) == 0 && words.text.count == 1) {
        const char *equals = strchr(words.text.items[0], '=');
        read = equals == NULL ? NULL : ini_value_read(equals + 1, strlen(equals + 1), &why);
        same = read != NULL && value_is_same(read, v);
    }
    value_free(read);
    ini_words_release(&words);
    return same;
}

/* Python's words for what JSON calls otherwise. */
static void
add_literal(const struct value *v, struct buf *out)
{
    if (v->kind == VALUE_BOOL) {
        (void)buf_adds(out, v->boolean ? "True" : "False");
    } else if (v->kind == VALUE_NULL) {
        (void)buf_adds(out, "None");
    } else {
        value_to_json(v, out);
    }
}

static void
add_way(const struct edit_var *v, int way, struct buf *out)
{
    static const char *const ways[][2] = {
        {"", ""}, {"'", "'"}, {"\"", "\""}, {"\"'", "'\""}, {"'\"", "\"'"}};
    struct buf text;

    buf_init(&text, TEXT_MAX);
    if (v->value->kind == VALUE_TEXT) {
        (void)buf_add(&text, v->value->text, v->value->len);
    } else {
        add_literal(v->value, &text);
    }
    (void)buf_addf(out, "%s=%s%s%s", v->name, ways[way][0], text.data, ways[way][1]);
    buf_release(&text);
}

enum { WAYS = 5 };

/* `name=value` as it must stand on the line. */
static int
word_of(const struct edit_var *v, struct buf *out, struct err *err)
{
    struct buf word;
    int rc = -1;

    buf_init(&word, TEXT_MAX);
    for (int way = 0; way < WAYS && rc < 0; way++) {
        buf_clear(&word);
        add_way(v, way, &word);
        if (!word.full && reads_as(word.data, v->value) &&
            strpbrk(word.data, "\r\n\v\f\x1c\x1d\x1e") == NULL) {
            rc = buf_adds(out, word.data);
        }
    }
    buf_release(&word);
    return rc == 0 ? 0
                   : err_set(err, ERR_CONFIG,
                             "%s: this value cannot be written in INI: put it "
                             "into host_vars",
                             v->name);
}

/* Find the last line with the variable: 1, and its number of lines that name the host. */
static int
find_last(const struct edit_file *f, const char *name, const char *var, size_t *ret_at,
          struct err *err)
{
    struct lines l;
    struct ini_words w;
    int port = 0;
    int found = 0;
    int rc;

    lines_begin(&l, f);
    while ((rc = next_site(&l, name, &w, &port, err)) > 0) {
        if (find_word(&w, var) > 0) {
            found = 1;
            *ret_at = l.at;
        }
        ini_words_release(&w);
    }
    return rc < 0 ? -1 : found;
}

/* Go to the line that begins at `at` and read its words again. */
static void
go_to(struct lines *l, const struct edit_file *f, size_t at, struct ini_words *w)
{
    const char *why = NULL;

    lines_begin(l, f);
    while (lines_next(l) && l->at < at) {}
    (void)ini_words_split(w, l->line.text, l->line.len, &why);
}

static int
ini_unset(struct edit_file *f, const char *name, const char *var, struct err *err)
{
    struct lines l;
    struct ini_words w;
    size_t at = 0;
    const int found = find_last(f, name, var, &at, err);

    if (found > 0) {
        go_to(&l, f, at, &w);
        const size_t k = find_word(&w, var);
        edit_cut(&f->now, word_end(&l, &w, k - 1), word_end(&l, &w, k));
        ini_words_release(&w);
    }
    return found;
}

static int
ini_replace(struct edit_file *f, const char *name, const struct edit_var *v, struct err *err)
{
    struct lines l;
    struct ini_words w;
    struct buf word;
    size_t at = 0;
    int rc = find_last(f, name, v->name, &at, err);

    buf_init(&word, TEXT_MAX);
    if (rc > 0 && word_of(v, &word, err) < 0) {
        rc = -1;
    }
    if (rc > 0) {
        go_to(&l, f, at, &w);
        const size_t k = find_word(&w, v->name);
        edit_splice(&f->now, word_at(&l, &w, k), word_end(&l, &w, k), word.data);
        ini_words_release(&w);
    }
    buf_release(&word);
    return rc;
}

static int
ini_put(struct edit_file *f, const char *name, const struct edit_var *v, struct err *err)
{
    struct lines l;
    struct ini_words w;
    struct buf word;
    int port = 0;

    lines_begin(&l, f);
    int rc = next_site(&l, name, &w, &port, err);
    if (rc <= 0) {
        return rc;
    }
    buf_init(&word, TEXT_MAX);
    (void)buf_addc(&word, ' ');
    if (word_of(v, &word, err) < 0) {
        rc = -1;
    } else {
        const size_t end = word_end(&l, &w, w.text.count - 1);
        edit_splice(&f->now, end, end, word.data);
    }
    buf_release(&word);
    ini_words_release(&w);
    return rc;
}

/* ---------------------------------------------------------------- a new host */

static int
write_line(const struct edit_new *n, struct buf *out, struct err *err)
{
    int rc = buf_adds(out, n->name);

    for (size_t i = 0; i < n->count && rc == 0; i++) {
        (void)buf_addc(out, ' ');
        rc = word_of(&n->vars[i], out, err);
    }
    (void)buf_addc(out, '\n');
    return rc;
}

/* The last host of the group, else the head of its section; false: it has none here. */
static bool
find_place(const struct edit_file *f, const char *group, size_t *ret_at)
{
    struct lines l;
    bool found = false;
    bool host = false;

    lines_begin(&l, f);
    while (lines_next(&l)) {
        const bool ours = l.hosts && strcmp(l.group, group) == 0;
        if (ours && is_host_line(&l)) {
            host = true;
            found = true;
            *ret_at = l.at;
        } else if (ours && l.head && !host) {
            found = true;
            *ret_at = l.at;
        }
    }
    return found;
}

/* Before the first section and what is said of it right above; where there is none, at the end. */
static void
put_at_top(struct edit_file *f, const char *line)
{
    struct lines l;
    size_t at = 0;
    char *more = xasprintf("%s\n", line);

    lines_begin(&l, f);
    at = l.next;
    while (lines_next(&l) && !l.head) {
        if (l.line.len == 0 || strchr("#;", l.line.text[0]) == NULL) {
            at = l.next;
        }
    }
    if (!l.head) {
        edit_put_behind(&f->now, f->now.len, 0, 0, line);
    } else if (at == 0 || at == 3) {
        edit_put_before(&f->now, l.at, 0, 0, more); /* the comment is the head of the file */
    } else {
        edit_put_before(&f->now, at, 0, 0, more);
    }
    free(more);
}

static void
put_at_end(struct edit_file *f, const char *group, const char *line)
{
    char *text = xasprintf("%s[%s]\n%s", f->now.len == 0 ? "" : "\n", group, line);

    edit_put_behind(&f->now, f->now.len, 0, 0, text);
    free(text);
}

static int
ini_add(struct edit_file *f, const struct edit_new *n, bool create, struct err *err)
{
    struct buf line;
    size_t at = 0;
    int rc;

    buf_init(&line, TEXT_MAX);
    rc = write_line(n, &line, err) < 0 ? -1 : 1;
    if (rc > 0 && (find_place(f, n->group == NULL ? "" : n->group, &at) ||
                   (n->group == NULL && find_place(f, "ungrouped", &at)))) {
        edit_put_behind(&f->now, at, 0, 0, line.data);
    } else if (rc > 0 && !create) {
        rc = 0;
    } else if (rc > 0 && n->group == NULL) {
        put_at_top(f, line.data);
    } else if (rc > 0) {
        put_at_end(f, n->group, line.data);
    }
    buf_release(&line);
    return rc;
}

const struct edit_kind edit_kind_ini = {
    .ops = {[EDIT_RENAME] = ini_rename,
            [EDIT_REMOVE] = ini_remove,
            [EDIT_UNSET] = ini_unset,
            [EDIT_REPORT] = ini_port},
    .replace = ini_replace,
    .put = ini_put,
    .add = ini_add,
};
