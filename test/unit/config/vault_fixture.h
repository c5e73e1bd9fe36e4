/*
 * vault_fixture.h - a vault with a password, and one text that it opens.
 *
 * Owns nothing: what is made is the caller's.
 */
#ifndef TEST_CONFIG_VAULT_FIXTURE_H
#define TEST_CONFIG_VAULT_FIXTURE_H

#include "config/vault.h"

#include "folder.h"

/* s3cr3t Pa55's {{ word }}, by Ansible 2.14 with the password "correct horse". */
static const char plain_blob[] =
    "$ANSIBLE_VAULT;1.1;AES256\n"
    "39666132633363356639316632303531663636626133643438363236366338303365626639373966\n"
    "6532326561616538353934373637613133653431336565610a316431353432333538623738616133\n"
    "32383633663332623936303961356632393337353131616562393732356131303239626361396463\n"
    "3233383133613665660a323439323739613063643065623638306530333734643464353939663966\n"
    "61656333396461643835366366303830333739306661313365663733353238643633\n";

/* A vault with this password, from a file that is gone after. */
static inline struct vault *
vault_with(const char *password)
{
    struct err err = {0};
    struct folder f;

    folder_make(&f);
    folder_text(&f, "password", password);
    char *path = xasprintf("%s/password", f.path);
    struct vault *v = vault_new(path, NULL, NULL, &err);
    assert_string_equal(err.text, "");
    assert_non_null(v);
    free(path);
    folder_remove(&f);
    return v;
}

#endif
