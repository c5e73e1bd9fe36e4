/*
 * edit_vars.c - variables as one types them in a line, and as a line shows them.
 *
 * Decides which values can be shown in a line.  A text is right if YAML reads it as what was meant:
 * nothing here knows when a text needs quotes.  Owns nothing of the caller's.
 */
#include "config/edit_vars.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/edit.h"
#include "config/yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_ONE_MAX = 200, SHOWN_ALL_MAX = 2000, TEXT_MAX = 1 << 16 };

/* ---------------------------------------------------------------- names */

const struct edit_field *
edit_field(int field)
{
    static const struct edit_field fields[] = {
        [EDIT_ADDRESS] = {"ansible_ssh_host", "ansible_host", "ansible_host"},
        [EDIT_PORT] = {"ansible_ssh_port", "ansible_port", "ansible_port"},
        [EDIT_USER] = {"ansible_ssh_user", "ansible_user", "ansible_user"},
        [EDIT_KEY_FILE] = {"ansible_ssh_private_key_file", "ansible_private_key_file",
                           "ansible_ssh_private_key_file"},
    };
    _Static_assert(sizeof(fields) / sizeof(fields[0]) == EDIT_VARS, "names a field");

    return &fields[field];
}

bool
edit_is_field(const char *name)
{
    for (int f = 0; f < EDIT_VARS; f++) {
        const struct edit_field *field = edit_field(f);
        if (strcmp(field->counts, name) == 0 || strcmp(field->other, name) == 0) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- values */

static const struct yaml_node *
only_item(const struct yaml *y, size_t len)
{
    const struct yaml_node *root = y == NULL ? NULL : yaml_root(y);
    const bool good = root != NULL && root->kind == YAML_NODE_MAP && root->count == 1 &&
                      root->end == len && strcmp(root->keys[0]->text, "k") == 0;

    return good ? root->items[0] : NULL;
}

struct value *
edit_flow_value(const char *text, size_t len)
{
    struct mistakes m = {0};
    struct value *v = NULL;
    struct buf whole;

    if (len > 0 && strchr("&*!", text[0]) != NULL) {
        return NULL;
    }
    buf_init(&whole, TEXT_MAX);
    (void)buf_adds(&whole, "{k: ");
    (void)buf_add(&whole, text, len);
    (void)buf_addc(&whole, '}');
    struct yaml *y =
        whole.full ? NULL
                   : yaml_parse(whole.data, whole.len, "-", YAML_SMALL_MAX, YAML_REPEAT_ERROR, &m);
    const struct yaml_node *item = only_item(y, whole.len);
    if (item != NULL) {
        v = value_of_node(item, &m);
    }
    yaml_close(y);
    mistakes_release(&m);
    buf_release(&whole);
    return v;
}

static void
add_quoted(const char *text, size_t len, char quote, struct buf *out)
{
    (void)buf_addc(out, quote);
    for (size_t i = 0; i < len; i++) {
        (void)buf_adds(out, quote == '\'' && text[i] == '\'' ? "'" : "");
        (void)buf_addc(out, text[i]);
    }
    (void)buf_addc(out, quote);
}

/* The text of the value in one of the ways: plain, '...', "..." (as JSON). */
static void
add_way(const struct value *v, char quote, struct buf *out)
{
    if (v->kind == VALUE_TEXT && quote == '\'') {
        add_quoted(v->text, v->len, quote, out);
    } else if (v->kind == VALUE_TEXT && quote == 0) {
        (void)buf_add(out, v->text, v->len);
    } else {
        value_to_json(v, out);
    }
}

/* What can be typed, and shows as it is. */
static bool
is_plain(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) {
            return false;
        }
    }
    return utf8_valid(text, len);
}

static bool
reads_as(const char *text, size_t len, const struct value *v)
{
    struct value *read = is_plain(text, len) ? edit_flow_value(text, len) : NULL;
    const bool same = read != NULL && value_is_same(read, v);

    value_free(read);
    return same;
}

char
edit_quote(char c)
{
    if (c == '"' || c == '\'') {
        return c;
    }
    return 0;
}

int
edit_flow_text(const struct value *v, char quote, struct buf *out)
{
    const char ways[] = {quote, 0, '\'', '"'};
    struct buf text;
    int rc = -1;

    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; rc < 0 && i < sizeof(ways) && !v->secret; i++) {
        buf_clear(&text);
        add_way(v, ways[i], &text);
        if (!text.full && reads_as(text.data, text.len, v)) {
            rc = buf_add(out, text.data, text.len);
        }
    }
    buf_release(&text);
    return rc;
}

/* ---------------------------------------------------------------- shown */

static bool
shows(const struct value *v, const char *name, bool (*other)(const char *name), struct buf *text)
{
    buf_clear(text);
    return !other(name) && edit_flow_text(v, 0, text) == 0 && text->len <= SHOWN_ONE_MAX &&
           name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")] ==
               '\0';
}

/* Write up to the one numbered last; whether that is written. */
static bool
write_until(const struct value *dict, size_t last, bool (*other)(const char *name), struct buf *out)
{
    const size_t from = out->len;
    struct buf text;
    bool written = false;

    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; i < dict->count && i <= last; i++) {
        written = shows(dict->items[i], dict->keys[i], other, &text) &&
                  out->len - from + text.len < SHOWN_ALL_MAX;
        if (written) {
            (void)buf_addf(out, "%s%s=%s", out->len > from ? ", " : "", dict->keys[i], text.data);
        }
    }
    buf_release(&text);
    return written;
}

void
edit_vars_write(const struct value *dict, bool (*other)(const char *name), struct buf *out)
{
    (void)write_until(dict, SIZE_MAX, other, out);
}

bool
edit_vars_shows(const struct value *dict, size_t i, bool (*other)(const char *name))
{
    struct buf out;

    buf_init(&out, TEXT_MAX);
    const bool written = write_until(dict, i, other, &out);
    buf_release(&out);
    return written;
}

/* ---------------------------------------------------------------- typed */

/* Behind a text in quotes, which begins here. */
static size_t
skip_quoted(const char *text, size_t i)
{
    const char quote = text[i++];

    while (text[i] != '\0' && text[i] != quote) {
        i += quote == '"' && text[i] == '\\' && text[i + 1] != '\0' ? 2 : 1;
    }
    return i + (text[i] != '\0');
}

/* The end of a value: a comma outside of quotes and brackets, or the end.  Inside of a word a quote
 * is a letter. */
static size_t
value_len(const char *text)
{
    int depth = 0;
    size_t i = 0;

    while (text[i] != '\0' && (text[i] != ',' || depth > 0)) {
        const bool begins = i == 0 || strchr(" [{,:", text[i - 1]) != NULL;
        if (begins && edit_quote(text[i]) != 0) {
            i = skip_quoted(text, i);
            continue;
        }
        depth += text[i] == '[' || text[i] == '{' ? 1 : 0;
        depth -= text[i] == ']' || text[i] == '}' ? 1 : 0;
        i++;
    }
    return i;
}

static const char *
skip_blanks(const char *text)
{
    return text + strspn(text, " ");
}

/* NAME of NAME=; the text behind `=`; NULL and err. */
static const char *
read_name(const char *text, char **ret_name, struct err *err)
{
    const size_t len =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    const char *equals = skip_blanks(text + len);

    if (len == 0 || isdigit((unsigned char)text[0]) || *equals != '=') {
        (void)err_set(err, ERR_CONFIG,
                      "expected name=value, name=value; a name has letters, "
                      "digits and _");
        return NULL;
    }
    *ret_name = xstrndup(text, len);
    return skip_blanks(equals + 1);
}

static int
take_value(const char *name, const char *text, size_t len, struct edit_vars *v, struct err *err)
{
    while (len > 0 && text[len - 1] == ' ') {
        len--;
    }
    if (edit_is_field(name)) {
        return err_set(err, ERR_CONFIG, "%.60s has a field of its own", name);
    }
    if (value_dict_get(v->dict, name) != NULL) {
        return err_set(err, ERR_CONFIG, "%.60s: given twice", name);
    }
    struct value *value = edit_flow_value(text, len);
    if (value == NULL) {
        return err_set(err, ERR_CONFIG,
                       "%.60s: expected a value as in YAML; with , : # or { in it, in quotes",
                       name);
    }
    value_dict_add(v->dict, name, value);
    strv_addn(&v->texts, text, len);
    return 0;
}

int
edit_vars_read(const char *text, struct edit_vars *ret, struct err *err)
{
    const char *at = skip_blanks(text);
    int rc = 0;

    *ret = (struct edit_vars){.dict = value_new(VALUE_DICT)};
    if (!is_plain(text, strlen(text))) {
        return err_set(err, ERR_CONFIG, "a control character in it, or no UTF-8");
    }
    while (*at != '\0' && rc == 0) {
        char *name = NULL;
        const char *value = read_name(at, &name, err);
        if (value == NULL) {
            return -1;
        }
        const size_t len = value_len(value);
        rc = take_value(name, value, len, ret, err);
        at = skip_blanks(value + len + (value[len] == ','));
        free(name);
    }
    return rc;
}

void
edit_vars_release(struct edit_vars *v)
{
    value_free(v->dict);
    strv_clear(&v->texts);
    *v = (struct edit_vars){0};
}
