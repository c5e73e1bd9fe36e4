/*
 * secrets.c - what is secret leaves the environment before any child could inherit it.
 *
 * Decides which names are secret.  Owns the only copies until secrets_release.  Never leaves the
 * bytes where /proc/PID/environ shows them, which unsetenv alone would.
 */
#include "cli/secrets.h"

#include "base/xalloc.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct name {
    const char *name;
    size_t field; /* offset in struct secrets */
} names[] = {
    {"IM_KEY_PASSPHRASE", offsetof(struct secrets, key_passphrase)},
    {"IM_SSH_PASSWORD", offsetof(struct secrets, ssh_password)},
    {"IM_BECOME_PASSWORD", offsetof(struct secrets, become_password)},
    {"IM_VAULT_PASSWORD_FILE", offsetof(struct secrets, vault_password_file)},
};
enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) };
_Static_assert(NAME_COUNT * sizeof(char *) == sizeof(struct secrets), "a name a secret");

static char **
field_of(struct secrets *s, size_t i)
{
    return (char **)((char *)s + names[i].field);
}

/* A name may stand there more than once: the first counts, as for getenv, which sees no other. */
static char *
take(const char *name)
{
    const size_t len = strlen(name);
    char *given = NULL;

    for (char **e = environ; e != NULL && *e != NULL; e++) {
        if (strncmp(*e, name, len) != 0 || (*e)[len] != '=') {
            continue;
        }
        char *value = *e + len + 1;
        if (given == NULL && *value != '\0') {
            given = xstrdup(value);
        }
        explicit_bzero(value, strlen(value));
    }
    unsetenv(name);
    return given;
}

void
secrets_take(struct secrets *ret)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        *field_of(ret, i) = take(names[i].name);
    }
}

void
secrets_set(char **secret, char *value)
{
    if (*secret != NULL) {
        explicit_bzero(*secret, strlen(*secret));
        free(*secret);
    }
    *secret = value;
}

void
secrets_release(struct secrets *s)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        secrets_set(field_of(s, i), NULL);
    }
}
