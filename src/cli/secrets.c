/*
 * secrets.c - what is secret leaves the environment before any child could inherit it.
 *
 * Decides which names are secret.  Owns nothing yet: no secret is used, so none is kept.  Never
 * leaves the bytes where /proc/PID/environ shows them, which unsetenv alone would.
 */
#include "cli/secrets.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {"IM_KEY_PASSPHRASE", "IM_SSH_PASSWORD", "IM_BECOME_PASSWORD",
                                    "IM_VAULT_PASSWORD_FILE"};

/* A name may stand there more than once: getenv sees only the first. */
static const char *
take(const char *name)
{
    const size_t len = strlen(name);
    const char *given = NULL;

    for (char **e = environ; e != NULL && *e != NULL; e++) {
        if (strncmp(*e, name, len) != 0 || (*e)[len] != '=') {
            continue;
        }
        if ((*e)[len + 1] != '\0') {
            given = name;
        }
        explicit_bzero(*e + len + 1, strlen(*e + len + 1));
    }
    unsetenv(name);
    return given;
}

const char *
secrets_take(void)
{
    const char *first = NULL;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *given = take(names[i]);
        first = first != NULL ? first : given;
    }
    return first;
}
