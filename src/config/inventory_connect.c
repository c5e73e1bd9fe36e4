/*
 * inventory_connect.c - how to reach a host: the connection variables among its merged ones.
 *
 * Decides what an address, a port, a user and a key file may look like: nothing that a program
 * could take for an option, no control bytes.  Arguments of ssh are ssh_args.c's.  `{{ }}` in them
 * is rendered, with the variables of the host.  Owns nothing.  Opens no key.
 */
#include "config/inventory_state.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/become_vars.h"
#include "config/render.h"
#include "config/ssh_args.h"
#include "config/vault.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024, PORT_MAX = 65535 };

enum row {
    ROW_HOST,
    ROW_SSH_HOST,
    ROW_PORT,
    ROW_SSH_PORT,
    ROW_USER,
    ROW_SSH_USER,
    ROW_KEY,
    ROW_SSH_KEY,
    ROW_CONNECTION,
    ROW_SSH_ARGS,
    ROW_COMMON_ARGS,
    ROW_EXTRA_ARGS,
    ROWS /* those of sudo and the passwords follow: become_vars.h names them */
};

static const char *const rows[] = {
    [ROW_HOST] = "ansible_host",
    [ROW_SSH_HOST] = "ansible_ssh_host",
    [ROW_PORT] = "ansible_port",
    [ROW_SSH_PORT] = "ansible_ssh_port",
    [ROW_USER] = "ansible_user",
    [ROW_SSH_USER] = "ansible_ssh_user",
    [ROW_KEY] = "ansible_private_key_file",
    [ROW_SSH_KEY] = "ansible_ssh_private_key_file",
    [ROW_CONNECTION] = "ansible_connection",
    [ROW_SSH_ARGS] = "ansible_ssh_args",
    [ROW_COMMON_ARGS] = "ansible_ssh_common_args",
    [ROW_EXTRA_ARGS] = "ansible_ssh_extra_args",
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) == ROWS, "a name a row");

size_t
inventory_connect_count(void)
{
    size_t count = ROWS;

    while (become_vars_name(count - ROWS) != NULL) {
        count++;
    }
    return count;
}

const char *
inventory_connect_name(size_t i)
{
    const char *name = i < ROWS ? rows[i] : become_vars_name(i - ROWS);

    assert(name != NULL);
    return name;
}

/* ---------------------------------------------------------------- mistakes */

/* "file:line:col: HOST: VARIABLE: ..."; once for a place. */
static int
refuse(const struct connect_request *r, size_t row, bool not_yet, const char *text)
{
    const char *name = inventory_connect_name(row);
    const struct host *h = inventory_host(r->inv, r->index);
    const struct value *v = r->values[row];
    char *place =
        v->file == NULL ? xstrdup("-e: ") : xasprintf("%s:%d:%d: ", v->file, v->line, v->col);
    char *key = xasprintf("%s%s", place, name);

    if (map_get(r->told, key) == NULL) {
        map_set(r->told, key, r->told);
        if (not_yet) {
            (void)mistakes_not_yet(r->m, "%s%s: not yet: %s", place, h->name, text);
        } else {
            (void)mistakes_add(r->m, "%s%s: %s: %s", place, h->name, name, text);
        }
    }
    free(key);
    free(place);
    return -1;
}

static int
expected(const struct connect_request *r, size_t row, const char *what)
{
    char *text = xasprintf("expected %s", what);

    (void)refuse(r, row, false, text);
    free(text);
    return -1;
}

/* ---------------------------------------------------------------- values */

/* Which of two names counts: Ansible's ssh plugin lets the second of its list win. */
static enum row
pick(const struct connect_request *r, enum row row, enum row ssh_row)
{
    const struct value *v = r->values[ssh_row];

    return v != NULL && v->kind != VALUE_NULL ? ssh_row : row;
}

static bool
is_set(const struct connect_request *r, enum row row)
{
    return r->values[row] != NULL && r->values[row]->kind != VALUE_NULL;
}

/* A template as the text it comes to, or a copy of the text.  NULL: m has the mistake. */
static char *
render(const struct connect_request *r, enum row row)
{
    const struct value *v = r->values[row];
    struct err err = {0};
    struct buf out;
    char *text = NULL;

    if (v->vault) {
        if (vault_text(r->inv->vault, v, &text, &err) < 0) {
            const char *why = strstr(err.text, ": ");
            (void)refuse(r, row, false, why == NULL ? err.text : why + 2);
        }
        return text;
    }
    if (strstr(v->text, "{%") != NULL) {
        (void)refuse(r, row, false, "{% %} is not supported, only {{ }}");
        return NULL;
    }
    if (strstr(v->text, "{{") == NULL) {
        return xstrdup(v->text);
    }
    struct value *magic = value_new(VALUE_DICT);
    inventory_magic(r->inv, r->index, magic);
    /* `groups` is lent, and taken out before magic is freed */
    value_dict_add(magic, "groups", NULL);
    *r->groups = *r->groups == NULL ? inventory_groups_value(r->inv) : *r->groups;
    struct value borrowed = **r->groups;
    magic->items[magic->count - 1] = &borrowed;
    const struct scope scope = {
        .extra = r->inv->extra, .magic = magic, .vars = r->vars, .vault = r->inv->vault};
    buf_init(&out, TEXT_MAX);
    if (render_text(v->text, &scope, false, rows[row], &out, &err) == 0) {
        text = buf_detach(&out);
    } else {
        const char *why = strstr(err.text, ": ");
        (void)refuse(r, row, err.kind == ERR_NOT_YET, why == NULL ? err.text : why + 2);
    }
    magic->items[magic->count - 1] = NULL;
    value_free(magic);
    buf_release(&out);
    return text;
}

static bool
is_plain(const char *text, bool blanks)
{
    const size_t len = strlen(text);

    if (len > TEXT_MAX || !utf8_valid(text, len)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c < ' ' || c == 0x7f || (c == ' ' && !blanks)) {
            return false;
        }
    }
    return true;
}

static bool
is_harmless(const char *text, bool blanks)
{
    return text[0] != '\0' && text[0] != '-' && is_plain(text, blanks);
}

/* *ret is replaced if the variable is set. */
static int
take_text(const struct connect_request *r, enum row row, const char *what, bool blanks, char **ret)
{
    const struct value *v = r->values[row];

    if (!is_set(r, row)) {
        return 0;
    }
    if (v->kind != VALUE_TEXT) {
        return expected(r, row, what);
    }
    char *text = render(r, row);
    if (text == NULL) {
        return -1;
    }
    if (!is_harmless(text, blanks)) {
        free(text);
        return expected(r, row, what);
    }
    free(*ret);
    *ret = text;
    return 0;
}

static int
take_port(const struct connect_request *r, enum row row, int *ret)
{
    static const char what[] = "a number from 1 to 65535";
    const struct value *v = r->values[row];
    int64_t port = 0;

    if (!is_set(r, row)) {
        return 0;
    }
    if (v->kind == VALUE_INT) {
        port = v->integer;
    } else if (v->kind == VALUE_TEXT) {
        char *text = render(r, row);
        if (text == NULL) {
            return -1;
        }
        if (strlen(text) <= 5 && strspn(text, "0123456789") == strlen(text)) {
            port = strtol(text, NULL, 10);
        }
        free(text);
    }
    if (port < 1 || port > PORT_MAX) {
        return expected(r, row, what);
    }
    *ret = (int)port;
    return 0;
}

char *
inventory_key_file(const char *root, const char *text)
{
    const char *home = getenv("HOME");

    if (text[0] == '/') {
        return xstrdup(text);
    }
    if (strncmp(text, "~/", 2) == 0 && home != NULL) {
        return xasprintf("%s%s", home, text + 1);
    }
    return xasprintf("%s/%s", root, text);
}

/* Empty, null or false: as if it were not there. */
static bool
is_off(const struct value *v)
{
    return v == NULL || v->kind == VALUE_NULL || (v->kind == VALUE_BOOL && !v->boolean) ||
           (v->kind == VALUE_TEXT && v->len == 0);
}

/* Ansible's other ways to speak SSH are SSH to us; its full names are taken, too. */
static int
take_connection(const struct connect_request *r, bool *ret_local)
{
    static const char prefix[] = "ansible.builtin.";
    static const struct {
        const char *name;
        bool local;
    } ways[] = {{"ssh", false},
                {"local", true},
                {"smart", false},
                {"paramiko", false},
                {"paramiko_ssh", false}};
    char *text = NULL;

    if (is_off(r->values[ROW_CONNECTION])) {
        return 0;
    }
    if (take_text(r, ROW_CONNECTION, "ssh or local", false, &text) < 0) {
        return -1;
    }
    const bool full = text != NULL && strncmp(text, prefix, strlen(prefix)) == 0;
    bool known = text == NULL;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && !known; i++) {
        known = strcmp(text + (full ? strlen(prefix) : 0), ways[i].name) == 0;
        *ret_local = known && ways[i].local;
    }
    free(text);
    return known ? 0 : expected(r, ROW_CONNECTION, "ssh or local");
}

/* Append what one of the variables says to lines; the first of them gives the place. */
static int
take_args(const struct connect_request *r, enum row row, struct strv *lines, struct host *h)
{
    const struct value *v = r->values[row];
    struct ssh_args args = {0};

    if (is_off(v)) {
        return 0;
    }
    if (v->kind != VALUE_TEXT) {
        return expected(r, row, "arguments of ssh");
    }
    char *text = render(r, row);
    if (text == NULL) {
        return -1;
    }
    const char *why = is_plain(text, true) ? ssh_args_read(text, &args)
                                           : "control bytes in it, or more than 1024 bytes";
    const int rc = why == NULL ? 0 : refuse(r, row, false, why);
    for (size_t i = 0; rc == 0 && i < args.lines.count; i++) {
        strv_add(lines, args.lines.items[i]);
    }
    if (rc == 0 && args.file != NULL) {
        free(h->ssh_config);
        h->ssh_config = strcmp(args.file, "none") == 0 ? xstrdup("none")
                                                       : inventory_key_file(r->root, args.file);
    }
    if (h->ssh_where == NULL && v->file != NULL) {
        h->ssh_where = xasprintf("%s:%d:%d", v->file, v->line, v->col);
    }
    ssh_args_release(&args);
    free(text);
    return rc;
}

/* What they come to is looked at when a step is rendered: they may be templates. */
static int
check_become(const struct connect_request *r)
{
    int rc = 0;

    for (size_t i = 0; become_vars_name(i) != NULL; i++) {
        const struct value *v = r->values[ROWS + i];
        const char *what = v == NULL ? NULL : become_vars_expected(i, v);
        if (what != NULL) {
            rc = expected(r, ROWS + i, what);
        }
    }
    return rc;
}

int
inventory_connect(const struct connect_request *r, struct host *h)
{
    char *key = NULL;
    int rc = check_become(r);

    rc |= take_connection(r, &h->local);
    h->address = xstrdup(h->name);
    h->port = 0;
    rc |= take_text(r, pick(r, ROW_HOST, ROW_SSH_HOST), "a name or an address", false, &h->address);
    rc |= take_port(r, pick(r, ROW_PORT, ROW_SSH_PORT), &h->port);
    rc |= take_text(r, pick(r, ROW_USER, ROW_SSH_USER), "the name of a user", false, &h->user);
    rc |= take_text(r, pick(r, ROW_KEY, ROW_SSH_KEY), "the path of a key file", true, &key);
    if (key != NULL) {
        h->key_path = inventory_key_file(r->root, key);
        free(key);
    }
    rc |= take_args(r, ROW_SSH_ARGS, &h->ssh_first, h);
    rc |= take_args(r, ROW_COMMON_ARGS, &h->ssh_options, h);
    rc |= take_args(r, ROW_EXTRA_ARGS, &h->ssh_options, h);
    return rc;
}
