/*
 * edit_check.c - whether what somebody types can be a host, an address, a port, a key file, ...
 *
 * Decides what a form takes, which is at most what the inventory takes.  Owns nothing.  Never
 * connects, and reads no key.
 */
#include "config/edit.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/edit_vars.h"
#include "config/inventory_read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 1024, ENV_NAME_MAX = 64 };

static const char name_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

static bool
is_template(const char *text)
{
    return strstr(text, "{{") != NULL;
}

/* A byte that no name has, shown; else NULL. */
static int
refuse_name(const char *what, const char *text, struct err *err)
{
    const size_t good = strspn(text, name_letters);
    struct buf shown;

    if (text[0] == '\0') {
        return err_set(err, ERR_CONFIG, "%s is needed", what);
    }
    if (text[0] == '.' || text[0] == '-') {
        return err_set(err, ERR_CONFIG, "%s begins with a letter, a digit or _", what);
    }
    if (text[good] == '\0') {
        return err_set(err, ERR_CONFIG, "%s has at most %d bytes", what, HOST_NAME_MAX_BYTES);
    }
    size_t len = utf8_decode(text + good, strlen(text + good), NULL);
    buf_init(&shown, 64);
    escape_line(&shown, text + good, len > 0 ? len : 1);
    (void)err_set(err, ERR_CONFIG, "%s has letters, digits, '.', '_' and '-', not '%s'", what,
                  shown.data);
    buf_release(&shown);
    return -1;
}

int
edit_check_name(void *arg, const char *text, struct err *err)
{
    (void)arg;
    return host_name_valid(text) ? 0 : refuse_name("a name", text, err);
}

int
edit_check_group(void *arg, const char *text, struct err *err)
{
    (void)arg;
    return text[0] == '\0' || group_name_valid(text) ? 0 : refuse_name("a group", text, err);
}

int
edit_check_env(void *arg, const char *text, struct err *err)
{
    (void)arg;
    if (!group_name_valid(text)) {
        return refuse_name("an environment", text, err);
    }
    if (text[0] == '_') {
        return err_set(err, ERR_CONFIG, "an environment does not begin with _");
    }
    if (strlen(text) > ENV_NAME_MAX) {
        return err_set(err, ERR_CONFIG, "an environment has at most %d letters", ENV_NAME_MAX);
    }
    return 0;
}

/* What no variable of a connection may have (inventory_connect.c). */
static int
check_plain(const char *text, bool blanks, struct err *err)
{
    const size_t len = strlen(text);

    if (len > TEXT_MAX) {
        return err_set(err, ERR_CONFIG, "more than %d bytes", TEXT_MAX);
    }
    if (!utf8_valid(text, len)) {
        return err_set(err, ERR_CONFIG, "not UTF-8");
    }
    if (text[0] == '-') {
        return err_set(err, ERR_CONFIG, "it must not begin with -");
    }
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c < ' ' || c == 0x7f) {
            return err_set(err, ERR_CONFIG, "a control character in it");
        }
        if (c == ' ' && !blanks) {
            return err_set(err, ERR_CONFIG, "a blank in it");
        }
    }
    return 0;
}

/* Labels of letters, digits, - and _, as DNS and ssh_config's aliases have them. */
static int
check_labels(const char *text, struct err *err)
{
    enum { LABEL_MAX = 63 };

    for (const char *at = text;; at++) {
        const size_t len = strcspn(at, ".");
        if (len == 0 && at[0] == '\0' && at > text) {
            return 0; /* a dot at the end */
        }
        if (len == 0 || len > LABEL_MAX) {
            return err_set(err, ERR_CONFIG,
                           "between dots there are 1 to %d letters: an address like 10.0.0.7, "
                           "2001:db8::7 or web-01.example.com",
                           LABEL_MAX);
        }
        at += len;
        if (*at == '\0') {
            return 0;
        }
    }
}

static bool
is_v6(const char *text)
{
    struct in6_addr v6;
    const char *scope = strchr(text, '%');
    const size_t len = scope == NULL ? strlen(text) : (size_t)(scope - text);
    char bare[INET6_ADDRSTRLEN];

    if (len >= sizeof(bare) || (scope != NULL && scope[1] == '\0')) {
        return false;
    }
    memcpy(bare, text, len);
    bare[len] = '\0';
    return inet_pton(AF_INET6, bare, &v6) == 1;
}

int
edit_check_address(void *arg, const char *text, struct err *err)
{
    struct in_addr v4;

    (void)arg;
    if (text[0] == '\0' || is_template(text)) {
        return 0;
    }
    if (check_plain(text, false, err) < 0) {
        return -1;
    }
    if (inet_pton(AF_INET, text, &v4) == 1 || is_v6(text)) {
        return 0;
    }
    if (strchr(text, ':') != NULL) {
        return err_set(err, ERR_CONFIG,
                       strchr(text, ':') == strrchr(text, ':')
                           ? "the port has a field of its own"
                           : "no IPv6 address: it looks like 2001:db8::7");
    }
    if (text[strspn(text, "0123456789.")] == '\0') {
        return err_set(err, ERR_CONFIG, "no IPv4 address: four numbers from 0 to 255, 10.0.0.7");
    }
    if (text[strspn(text, name_letters)] != '\0') {
        return refuse_name("an address", text, err);
    }
    return check_labels(text, err);
}

int
edit_check_port(void *arg, const char *text, struct err *err)
{
    const size_t len = strlen(text);

    (void)arg;
    if (len == 0 || is_template(text)) {
        return 0;
    }
    const long port = len <= 5 && strspn(text, "0123456789") == len ? strtol(text, NULL, 10) : 0;
    if (port < 1 || port > 65535 || text[0] == '0') {
        return err_set(err, ERR_CONFIG, "a port is a number from 1 to 65535");
    }
    return 0;
}

int
edit_check_user(void *arg, const char *text, struct err *err)
{
    (void)arg;
    return text[0] == '\0' || is_template(text) ? 0 : check_plain(text, false, err);
}

int
edit_check_key_file(void *arg, const char *text, struct err *err)
{
    struct stat st;
    int rc = 0;

    if (text[0] == '\0' || is_template(text)) {
        return 0;
    }
    if (check_plain(text, true, err) < 0) {
        return -1;
    }
    char *path = inventory_key_file(arg, text);
    const size_t len = strlen(path);
    if (stat(path, &st) < 0 || access(path, R_OK) < 0) {
        rc = err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        rc = err_set(err, ERR_CONFIG, "%s: not a file", path);
    } else if (len > 4 && strcmp(path + len - 4, ".pub") == 0) {
        rc = err_set(err, ERR_CONFIG, "%s: the public half: the key file is the one without .pub",
                     path);
    } else if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0 && st.st_uid == geteuid()) {
        rc = err_set(err, ERR_CONFIG, "%s: others may read it: chmod 600", path);
    }
    free(path);
    return rc;
}

int
edit_check_vars(void *arg, const char *text, struct err *err)
{
    struct edit_vars vars;
    const int rc = edit_vars_read(text, &vars, err);

    (void)arg;
    edit_vars_release(&vars);
    return rc;
}
