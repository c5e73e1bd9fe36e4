/*
 * sshconfig_expand.c - tokens, ~ and ${ENV} in the values of ssh_config(5).
 *
 * Decides what each comes to (TOKENS, ENVIRONMENT VARIABLES there; misc.c).  Owns nothing.
 */
#include "ssh/sshconfig_state.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/xalloc.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>

enum { EXPANDED_BYTES_MAX = 65536, NAME_BYTES_MAX = 256 };

/* %C: what tells connections apart. */
static void
add_digest(struct buf *out, const struct sshconfig_tokens *t)
{
    unsigned char digest[HASH_SHA1_BYTES];
    struct buf all;

    buf_init(&all, EXPANDED_BYTES_MAX);
    (void)buf_addf(&all, "%s%s%s%s", t->machine, t->host, t->port, t->remote);
    hash_sha1(all.data, all.len, digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        (void)buf_addf(out, "%02x", digest[i]);
    }
    buf_release(&all);
}

static void
add_token(struct buf *out, char key, const struct sshconfig_tokens *t)
{
    const struct {
        char key;
        const char *text;
    } texts[] = {{'h', t->host},   {'n', t->original}, {'k', t->alias}, {'p', t->port},
                 {'r', t->remote}, {'u', t->user},     {'d', t->home},  {'l', t->machine}};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].key == key) {
            (void)buf_adds(out, texts[i].text);
        }
    }
    if (key == 'L') {
        (void)buf_add(out, t->machine, strcspn(t->machine, "."));
    } else if (key == 'i') {
        (void)buf_addf(out, "%lu", (unsigned long)t->uid);
    } else if (key == 'C') {
        add_digest(out, t);
    }
}

/* ${NAME} at p, behind the `${`.  Its end, or NULL and *ret_why. */
static const char *
add_env(struct buf *out, const char *p, const char **ret_why)
{
    const size_t len = strcspn(p, "}");
    char name[NAME_BYTES_MAX];

    if (p[len] == '\0' || len == 0 || len >= sizeof(name)) {
        *ret_why = "expected a name like ${HOME}";
        return NULL;
    }
    memcpy(name, p, len);
    name[len] = '\0';
    const char *value = getenv(name);
    if (value == NULL) {
        *ret_why = "an environment variable in it is not set";
        return NULL;
    }
    (void)buf_adds(out, value);
    return p + len;
}

/* NULL, and *ret_why.  which: the tokens; NULL: `%` means nothing. */
static char *
expand(const char *text, const char *which, bool env, const struct sshconfig_tokens *t,
       const char **ret_why)
{
    struct buf out;

    *ret_why = NULL;
    buf_init(&out, EXPANDED_BYTES_MAX);
    for (const char *p = text; *p != '\0' && *ret_why == NULL; p++) {
        if (env && p[0] == '$' && p[1] == '{') {
            const char *end = add_env(&out, p + 2, ret_why);
            p = end == NULL ? p : end;
        } else if (which == NULL || *p != '%' || p[1] == '%') {
            p += which != NULL && *p == '%';
            (void)buf_addc(&out, *p);
        } else if (p[1] == '\0' || strchr(which, p[1]) == NULL) {
            *ret_why = "a `%` in it is no token that may stand there (%% is a percent sign)";
        } else {
            add_token(&out, *++p, t);
        }
    }
    if (*ret_why == NULL && out.full) {
        *ret_why = "is too long";
    }
    char *expanded = *ret_why == NULL ? buf_detach(&out) : NULL;
    buf_release(&out);
    return expanded;
}

char *
sshconfig_percent(const char *text, const char *which, const struct sshconfig_tokens *t,
                  const char **ret_why)
{
    return expand(text, which, false, t, ret_why);
}

const char *
sshconfig_env_misfit(const char *text)
{
    const struct sshconfig_tokens none = {.host = ""};
    const char *why = NULL;

    free(expand(text, NULL, true, &none, &why));
    return why;
}

/* The home of `~` or `~name`, and the rest of the path. */
static char *
expand_tilde(const char *text, const char *home, const char **ret_why)
{
    const size_t len = strcspn(text, "/");
    const char *rest = text + len + strspn(text + len, "/");
    char name[NAME_BYTES_MAX];

    if (text[0] != '~') {
        return xstrdup(text);
    }
    if (len > 1 && len <= sizeof(name)) {
        memcpy(name, text + 1, len - 1);
        name[len - 1] = '\0';
        const struct passwd *pw = getpwnam(name);
        home = pw == NULL ? NULL : pw->pw_dir;
    }
    if (len > sizeof(name) || home == NULL) {
        *ret_why = "no such user";
        return NULL;
    }
    const size_t home_len = strlen(home);
    return xasprintf("%s%s%s", home, home_len > 0 && home[home_len - 1] == '/' ? "" : "/", rest);
}

char *
sshconfig_path(const char *text, const struct sshconfig_tokens *t, const char **ret_why)
{
    char *path = expand_tilde(text, t->home, ret_why);

    if (path == NULL) {
        return NULL;
    }
    char *expanded = expand(path, "CLiklnpudhr", true, t, ret_why);
    free(path);
    return expanded;
}
