/*
 * become_vars.c - the become variables of a host, and the password of its login: their names, what
 * may stand in them.
 *
 * Decides who wins, a host or a step.  Owns nothing.  Never shows a value: some are passwords.
 */
#include "config/become_vars.h"

#include "base/xalloc.h"
#include "config/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { USER_MAX = 32, NAME_BYTES_MAX = 512 };

enum what { WISH, USER, PASSWORD, METHOD, PROGRAM, FLAGS, LOGIN };

static const struct {
    const char *name;
    enum what what;
} rows[] = {
    {"ansible_become", WISH},          {"ansible_become_user", USER},
    {"ansible_sudo_user", USER},       {"ansible_become_password", PASSWORD},
    {"ansible_become_pass", PASSWORD}, {"ansible_sudo_pass", PASSWORD},
    {"ansible_become_method", METHOD}, {"ansible_become_exe", PROGRAM},
    {"ansible_sudo_exe", PROGRAM},     {"ansible_become_flags", FLAGS},
    {"ansible_sudo_flags", FLAGS},     {"ansible_password", LOGIN},
    {"ansible_ssh_pass", LOGIN},       {"ansible_ssh_password", LOGIN},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* ---------------------------------------------------------------- what may stand in them */

/* 1, 0, or -1: neither.  Ansible's words, in any case. */
static int
truth_of(const char *text)
{
    static const char *const words[2][6] = {{"n", "no", "off", "0", "false", "f"},
                                            {"y", "yes", "on", "1", "true", "t"}};

    for (int truth = 0; truth < 2; truth++) {
        for (size_t i = 0; i < 6; i++) {
            if (strcasecmp(text, words[truth][i]) == 0) {
                return truth;
            }
        }
    }
    return -1;
}

bool
become_vars_is_user(const char *name)
{
    static const char rest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.-";
    const size_t len = strlen(name);

    return len > 0 && len <= USER_MAX && strspn(name, rest) == len &&
           strchr("0123456789.-", name[0]) == NULL;
}

bool
become_vars_is_password(const char *text)
{
    return strlen(text) <= BECOME_VARS_PASSWORD_MAX && strpbrk(text, "\r\n") == NULL;
}

/* NULL: text is fine. */
static const char *
misfit(enum what what, const char *text)
{
    switch (what) {
    case WISH:
        return truth_of(text) >= 0 ? NULL : "true or false";
    case USER:
        return text[0] == '\0' || become_vars_is_user(text) ? NULL : "the name of a user";
    case PASSWORD:
    case LOGIN:
        return become_vars_is_password(text) ? NULL : "one line of at most 1024 bytes";
    case METHOD:
        return text[0] == '\0' || strcmp(text, "sudo") == 0 ||
                       strcmp(text, "ansible.builtin.sudo") == 0
                   ? NULL
                   : "sudo: there is no other method";
    case PROGRAM:
        return text[0] == '\0' || strcmp(text, "sudo") == 0 ? NULL
                                                            : "nothing: sudo is found by its name";
    case FLAGS:
        return text[0] == '\0' ? NULL : "nothing: sudo is given -n, or -S with a password";
    }
    return NULL;
}

const char *
become_vars_name(size_t i)
{
    return i < ROWS ? rows[i].name : NULL;
}

const char *
become_vars_expected(size_t i, const struct value *v)
{
    const char *expected = NULL;
    struct buf text;

    if (v->kind == VALUE_NULL) {
        return NULL;
    }
    if (v->kind == VALUE_LIST || v->kind == VALUE_DICT) {
        return "a text";
    }
    buf_init(&text, TEMPLATE_TEXT_MAX);
    if (value_to_text(v, &text) == 0 && strstr(text.data, "{{") == NULL) {
        expected = misfit(rows[i].what, text.data);
    }
    explicit_bzero(text.data, text.cap);
    buf_release(&text);
    return expected;
}

/* ---------------------------------------------------------------- of one host */

/* The last of the variables for this that is set; NULL: none is. */
static const struct value *
find(const struct scope *scope, enum what what, const char **ret_name)
{
    const struct value *found = NULL;

    for (size_t i = 0; i < ROWS; i++) {
        const struct value *v = rows[i].what == what ? template_find(scope, rows[i].name) : NULL;
        if (v != NULL && v->kind != VALUE_NULL) {
            found = v;
            *ret_name = rows[i].name;
        }
    }
    return found;
}

/* Its text, rendered and looked at; NULL: none is set.  The caller wipes it. */
static int
text_of(const struct scope *scope, enum what what, char **ret, struct err *err)
{
    const char *name = NULL;
    const struct value *v = find(scope, what, &name);
    char place[NAME_BYTES_MAX];
    struct buf text;

    *ret = NULL;
    if (v == NULL) {
        return 0;
    }
    if (v->file == NULL) {
        (void)snprintf(place, sizeof(place), "%s", name);
    } else {
        (void)snprintf(place, sizeof(place), "%s:%d:%d: %s", v->file, v->line, v->col, name);
    }
    if (v->kind == VALUE_LIST || v->kind == VALUE_DICT) {
        return err_set(err, ERR_CONFIG, "%s: expected a text", place);
    }
    buf_init(&text, TEMPLATE_TEXT_MAX);
    int rc = template_value(v, name, scope, place, &text, err);
    const char *expected = rc == 0 ? misfit(what, text.data) : NULL;
    if (expected != NULL) {
        rc = err_set(err, ERR_CONFIG, "%s: expected %s", place, expected);
    }
    if (rc == 0) {
        *ret = xstrdup(text.data);
    }
    explicit_bzero(text.data, text.cap);
    buf_release(&text);
    return rc;
}

/* Nothing but a look at it. */
static int
check(const struct scope *scope, enum what what, struct err *err)
{
    char *text = NULL;
    const int rc = text_of(scope, what, &text, err);

    free(text);
    return rc;
}

int
become_vars_apply(const struct scope *scope, bool *wanted, char **user, struct err *err)
{
    char *wish = NULL;
    char *name = NULL;

    if (text_of(scope, WISH, &wish, err) < 0) {
        return -1;
    }
    if (wish != NULL) {
        *wanted = truth_of(wish) == 1;
        free(wish);
    }
    if (!*wanted) {
        return 0;
    }
    if (check(scope, METHOD, err) < 0 || check(scope, PROGRAM, err) < 0 ||
        check(scope, FLAGS, err) < 0 || text_of(scope, USER, &name, err) < 0) {
        return -1;
    }
    if (name != NULL) {
        free(*user);
        *user = name[0] == '\0' ? NULL : xstrdup(name);
        free(name);
    }
    return 0;
}

int
become_vars_password(const struct scope *scope, char **ret, struct err *err)
{
    return text_of(scope, PASSWORD, ret, err);
}

int
become_vars_login(const struct scope *scope, char **ret, struct err *err)
{
    return text_of(scope, LOGIN, ret, err);
}
