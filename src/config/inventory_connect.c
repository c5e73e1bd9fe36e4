/*
 * inventory_connect.c - how to reach a host: the connection variables among its merged ones.
 *
 * Decides what an address, a port, a user and a key file may look like: nothing that a program
 * could take for an option, no control bytes.  What is promised for later is refused as "not yet".
 * Owns nothing.  Opens no key.
 */
#include "config/inventory_read.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/become_vars.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024, PORT_MAX = 65535, PORT_DEFAULT = 22 };

/* Variables that mean something to us, and not yet. */
static const char *const later[] = {
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
};

struct reading {
    const struct value *vars;
    const struct host *host;
    struct map *told;
    struct mistakes *m;
};

/* A variable with the name it had before. */
struct variable {
    const char *name, *old_name;
};

static const struct value *
find(const struct reading *r, const struct variable *var)
{
    const struct value *v = value_dict_get(r->vars, var->name);

    return v != NULL ? v : value_dict_get(r->vars, var->old_name);
}

/* "file:line:col: HOST: VARIABLE: expected ..."; once for a place. */
static int
refuse(const struct reading *r, const char *name, const struct value *v, bool not_yet,
       const char *text)
{
    const struct host *h = r->host;
    char *place = xasprintf("%s:%d:%d: ", v->file == NULL ? h->file : v->file,
                            v->file == NULL ? h->line : v->line, v->file == NULL ? h->col : v->col);
    char *key = xasprintf("%s%s", place, name);

    if (map_get(r->told, key) == NULL) {
        map_set(r->told, key, r->told);
        if (not_yet) {
            (void)mistakes_not_yet(r->m, "%s%s: not yet: %s", place, h->name, text);
        } else {
            (void)mistakes_add(r->m, "%s%s: %s: expected %s", place, h->name, name, text);
        }
    }
    free(key);
    free(place);
    return -1;
}

static bool
is_harmless(const struct value *v, bool blanks)
{
    if (v->kind != VALUE_TEXT || v->len == 0 || v->len > TEXT_MAX || v->text[0] == '-' ||
        !utf8_valid(v->text, v->len)) {
        return false;
    }
    for (size_t i = 0; i < v->len; i++) {
        const unsigned char c = (unsigned char)v->text[i];
        if (c < ' ' || c == 0x7f || (c == ' ' && !blanks)) {
            return false;
        }
    }
    return true;
}

static int
take_text(const struct reading *r, const struct variable *var, const char *what, bool blanks,
          char **ret)
{
    const struct value *v = find(r, var);

    if (v == NULL || v->kind == VALUE_NULL) {
        return 0;
    }
    if (v->kind == VALUE_TEXT && strstr(v->text, "{{") != NULL) {
        char *text = xasprintf("%s with {{ }}", var->name);
        (void)refuse(r, var->name, v, true, text);
        free(text);
        return -1;
    }
    if (!is_harmless(v, blanks)) {
        return refuse(r, var->name, v, false, what);
    }
    free(*ret);
    *ret = xstrdup(v->text);
    return 0;
}

static int
take_port(const struct reading *r, int *ret)
{
    static const struct variable var = {"ansible_port", "ansible_ssh_port"};
    const struct value *v = find(r, &var);
    int64_t port = 0;

    if (v == NULL || v->kind == VALUE_NULL) {
        return 0;
    }
    if (v->kind == VALUE_INT) {
        port = v->integer;
    } else if (v->kind == VALUE_TEXT && v->len <= 5 && strspn(v->text, "0123456789") == v->len) {
        port = strtol(v->text, NULL, 10);
    }
    if (port < 1 || port > PORT_MAX) {
        return refuse(r, var.name, v, false, "a number from 1 to 65535");
    }
    *ret = (int)port;
    return 0;
}

static char *
key_file(const char *root, const char *text)
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

static int
check_later(const struct reading *r)
{
    static const char connection[] = "ansible_connection";
    const struct value *way = value_dict_get(r->vars, connection);
    int rc = 0;

    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        const struct value *v = value_dict_get(r->vars, later[i]);
        if (v != NULL && v->kind != VALUE_NULL && !(v->kind == VALUE_BOOL && !v->boolean)) {
            rc = refuse(r, later[i], v, true, later[i]);
        }
    }
    if (way != NULL && (way->kind != VALUE_TEXT || strcmp(way->text, "ssh") != 0)) {
        rc = refuse(r, connection, way, true, "ansible_connection other than ssh");
    }
    return rc;
}

/* What they come to is looked at when a step is rendered: they may be templates. */
static int
check_become(const struct reading *r)
{
    const char *name;
    int rc = 0;

    for (size_t i = 0; (name = become_vars_name(i)) != NULL; i++) {
        const struct value *v = value_dict_get(r->vars, name);
        const char *expected = v == NULL ? NULL : become_vars_expected(i, v);
        if (expected != NULL) {
            rc = refuse(r, name, v, false, expected);
        }
    }
    return rc;
}

int
inventory_connect(const char *root, const struct value *vars, struct host *h, struct map *told,
                  struct mistakes *m)
{
    static const struct variable address = {"ansible_host", "ansible_ssh_host"};
    static const struct variable user = {"ansible_user", "ansible_ssh_user"};
    static const struct variable key_var = {"ansible_ssh_private_key_file",
                                            "ansible_private_key_file"};
    const struct reading r = {.vars = vars, .host = h, .told = told, .m = m};
    char *key = NULL;
    int rc = check_later(&r);

    rc |= check_become(&r);
    h->address = xstrdup(h->name);
    h->port = PORT_DEFAULT;
    rc |= take_text(&r, &address, "a name or an address", false, &h->address);
    rc |= take_port(&r, &h->port);
    rc |= take_text(&r, &user, "the name of a user", false, &h->user);
    rc |= take_text(&r, &key_var, "the path of a key file", true, &key);
    if (key != NULL) {
        h->key_path = key_file(root, key);
        free(key);
    }
    return rc;
}
