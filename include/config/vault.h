/*
 * vault.h - what ansible-vault has encrypted: single values and whole files.
 *
 * `$ANSIBLE_VAULT;1.1;AES256` and `1.2;AES256;label` (the label is not looked at: there is one
 * password).  To open one takes some 5 ms, so each is opened once and kept.  What was opened and
 * the password are wiped when they are freed.
 */
#ifndef CONFIG_VAULT_H
#define CONFIG_VAULT_H

#include "base/buf.h"
#include "base/err.h"
#include "config/value.h"
#include "config/yaml.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    VAULT_PASSWORD_MAX = 64 * 1024,  /* bytes of the password file */
    VAULT_SALT_MAX = 1024,           /* bytes */
    VAULT_KEPT_MAX = 64 << 20,       /* bytes of all that is kept opened */
    VAULT_TEXT_MAX = 8 << 20,        /* bytes of one opened value */
    VAULT_OVERHEAD_MAX = 4096 + 160, /* of a file, past four bytes and a bit for each it holds */
};

struct vault;

/* Run the program at path with these arguments (NULL-terminated) and append what it prints; as for
 * executable inventories.  -1 and err, without the path, where it cannot be run or fails. */
typedef int vault_run_fn(void *arg, const char *path, const char *const *argv, struct buf *out,
                         struct err *err);

/* Read the password, once; NULL: there is none, and nothing can be opened.  A file that is
 * executable is run by `run` (NULL: refused as not yet), a pipe is read to its end.  What
 * everybody may write, or somebody else but root owns, is refused.  NULL and err. */
struct vault *vault_new(const char *password_file, vault_run_fn *run, void *arg, struct err *err);
void vault_free(struct vault *v); /* NULL is fine */

/* Append the plain bytes to out.  v may be NULL: no password.  err says why not, without the place;
 * ERR_CONFIG. */
int vault_open(struct vault *v, const char *text, size_t len, struct buf *out, struct err *err);

/* Append the text of any scalar, opened if it is a vault: UTF-8 without a NUL, which is never
 * rendered as a template.  err begins with the value's place. */
int vault_value(struct vault *v, const struct value *value, struct buf *out, struct err *err);
/* The same, for a caller who wipes and frees it. */
int vault_text(struct vault *v, const struct value *value, char **ret, struct err *err);

/* Whether the file at path is encrypted as a whole; false where it cannot be read. */
bool vault_is_file(const char *path);

/* yaml_load of a file that may be encrypted as a whole; then all it holds is secret.  bytes_max is
 * of the YAML. */
struct yaml *vault_load_yaml(struct vault *v, const char *path, size_t bytes_max,
                             enum yaml_repeat repeat, struct mistakes *m);

/* What is wrong with the form of a vault's text; NULL: nothing. */
const char *vault_check(const char *text, size_t len);

/* ---- the form, apart from the password */

struct vault_blob {
    unsigned char *bytes; /* owned: all below point into it */
    const unsigned char *salt, *digest, *cipher;
    size_t salt_len, cipher_len; /* digest has HASH_SHA256_BYTES */
};

/* NULL, or what is wrong; b is to be released only after NULL. */
const char *vault_blob_parse(struct vault_blob *b, const char *text, size_t len);
void vault_blob_release(struct vault_blob *b);

#endif
