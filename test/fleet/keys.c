/*
 * keys.c - reads and makes key files with libssh.
 *
 * Decides who may log in.  Owns the keys it loaded.  Never writes a private key that others can
 * read.
 */
#include "fleet/keys.h"

#include "base/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
keys_make_host_key(const char *path, enum ssh_keytypes_e type, int bits, struct err *err)
{
    ssh_key key = NULL;
    int rc = -1;

    if (access(path, F_OK) == 0) {
        return 0;
    }
    const mode_t old = umask(077);
    if (ssh_pki_generate(type, bits, &key) == SSH_OK &&
        ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path) == SSH_OK) {
        rc = 0;
    }
    (void)umask(old);
    ssh_key_free(key);
    return rc == 0 ? 0 : err_set(err, ERR_IO, "%s: the host key cannot be made", path);
}

static int
write_lines(FILE *file, const struct strv *addresses, int port, const char *type, const char *key)
{
    for (size_t i = 0; i < addresses->count; i++) {
        const char *address = addresses->items[i];
        const int n = port == 22 ? fprintf(file, "%s %s %s\n", address, type, key)
                                 : fprintf(file, "[%s]:%d %s %s\n", address, port, type, key);
        if (n < 0) {
            return -1;
        }
    }
    return 0;
}

int
keys_write_known_hosts(const char *path, const char *host_key, const struct strv *addresses,
                       int port, struct err *err)
{
    ssh_key key = NULL;
    char *text = NULL;
    FILE *file = NULL;
    int rc = -1;

    if (ssh_pki_import_privkey_file(host_key, NULL, NULL, NULL, &key) != SSH_OK ||
        ssh_pki_export_pubkey_base64(key, &text) != SSH_OK) {
        (void)err_set(err, ERR_IO, "%s: not a private key", host_key);
        goto out;
    }
    file = fopen(path, "we");
    if (file == NULL ||
        write_lines(file, addresses, port, ssh_key_type_to_char(ssh_key_type(key)), text) < 0 ||
        fflush(file) != 0) {
        (void)err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        goto out;
    }
    rc = 0;
out:
    if (file != NULL) {
        (void)fclose(file);
    }
    ssh_string_free_char(text);
    ssh_key_free(key);
    return rc;
}

static int
load_line(struct keys *keys, char *line, struct err *err)
{
    char *rest = NULL;
    const char *type = strtok_r(line, " \t\r\n", &rest);
    const char *text = strtok_r(NULL, " \t\r\n", &rest);
    ssh_key key = NULL;

    if (type == NULL || type[0] == '#') {
        return 0;
    }
    const enum ssh_keytypes_e kind = ssh_key_type_from_name(type);
    if (text == NULL || kind == SSH_KEYTYPE_UNKNOWN ||
        ssh_pki_import_pubkey_base64(text, kind, &key) != SSH_OK) {
        return err_set(err, ERR_CONFIG, "expected `TYPE KEY`, a public key");
    }
    keys->allowed = xgrow(keys->allowed, keys->count, &keys->cap, sizeof(ssh_key));
    keys->allowed[keys->count++] = key;
    return 0;
}

int
keys_load(struct keys *keys, const char *authorized_keys, struct err *err)
{
    FILE *file = fopen(authorized_keys, "re");
    char *line = NULL;
    size_t cap = 0;
    int rc = 0;

    if (file == NULL) {
        return err_set(err, ERR_IO, "%s: %s", authorized_keys, strerror(errno));
    }
    for (int number = 1; rc == 0 && getline(&line, &cap, file) >= 0; number++) {
        rc = load_line(keys, line, err);
        if (rc < 0) {
            err_prefix(err, "%s:%d: ", authorized_keys, number);
        }
    }
    free(line);
    (void)fclose(file);
    return rc;
}

void
keys_release(struct keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        ssh_key_free(keys->allowed[i]);
    }
    free(keys->allowed);
    *keys = (struct keys){0};
}

bool
keys_allow(const struct keys *keys, ssh_key key)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (ssh_key_cmp(keys->allowed[i], key, SSH_KEY_CMP_PUBLIC) == 0) {
            return true;
        }
    }
    return false;
}
