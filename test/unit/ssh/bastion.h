/*
 * bastion.h - a real sshd to jump through, on two addresses, with keys that may and may not.
 */
#ifndef TEST_BASTION_H
#define TEST_BASTION_H

#include <libssh/libssh.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_GOOD, KEY_NO_FORWARDING, KEY_STRANGE };
enum { KEYS = KEY_STRANGE + 1 };

struct bastion {
    char folder[64];
    int port;
    char keys[KEYS][96];
};

/* Blocking; true if the command exits 0. */
__attribute__((format(printf, 1, 2))) static inline bool
shell(const char *fmt, ...)
{
    char command[1024];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(command, sizeof(command), fmt, ap);
    va_end(ap);
    return system(command) == 0;
}

static inline bool
bastion_key(struct bastion *b, int which, const char *options)
{
    ssh_key key = NULL;
    char *text = NULL;
    char path[128];
    bool good;

    (void)snprintf(path, sizeof(path), "%s/key%d", b->folder, which);
    memcpy(b->keys[which], path, sizeof(b->keys[which]));
    (void)snprintf(path, sizeof(path), "%s/authorized_keys", b->folder);
    good = ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK &&
           ssh_pki_export_privkey_file(key, NULL, NULL, NULL, b->keys[which]) == SSH_OK &&
           chmod(b->keys[which], 0600) == 0 && ssh_pki_export_pubkey_base64(key, &text) == SSH_OK;
    FILE *f = good && options != NULL ? fopen(path, "a") : NULL;
    if (f != NULL) {
        (void)fprintf(f, "%s ssh-ed25519 %s\n", options, text);
        (void)fclose(f);
    }
    ssh_string_free_char(text);
    ssh_key_free(key);
    return good;
}

static inline bool
bastion_start(struct bastion *b)
{
    char path[128];

    (void)snprintf(b->folder, sizeof(b->folder), "/tmp/im-bastion-XXXXXX");
    if (mkdtemp(b->folder) == NULL || chmod(b->folder, 0755) < 0 ||
        !shell("test/sshd/start %s 127.20.0.1 2 >/dev/null", b->folder)) {
        return false;
    }
    (void)snprintf(path, sizeof(path), "%s/port", b->folder);
    FILE *f = fopen(path, "r");
    const bool read = f != NULL && fscanf(f, "%d", &b->port) == 1;
    if (f != NULL) {
        (void)fclose(f);
    }
    return read && bastion_key(b, KEY_GOOD, "") &&
           bastion_key(b, KEY_NO_FORWARDING, "no-port-forwarding") &&
           bastion_key(b, KEY_STRANGE, NULL);
}

static inline void
bastion_stop(const struct bastion *b)
{
    (void)shell("test/sshd/stop %s && rm -rf %s", b->folder, b->folder);
}

/* So many lines of its log have the word. */
static inline int
bastion_count(const struct bastion *b, const char *word)
{
    char path[128];
    char line[1024];
    int count = 0;

    (void)snprintf(path, sizeof(path), "%s/sshd.log", b->folder);
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        count += strstr(line, word) != NULL;
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return count;
}

/* End the sessions, not the server: each is a process that watches and its child that speaks. */
static inline bool
bastion_cut(const struct bastion *b)
{
    return shell("c=$(for p in $(cat %s/pid); do ps -o pid= --ppid $p; done); [ -n \"$c\" ] && "
                 "kill -9 $c $(for p in $c; do ps -o pid= --ppid $p; done)",
                 b->folder);
}

/* It serves nobody. */
static inline bool
bastion_is_idle(const struct bastion *b)
{
    return shell("for p in $(cat %s/pid); do [ -z \"$(ps -o pid= --ppid $p)\" ] || exit 1; done",
                 b->folder);
}

#endif
