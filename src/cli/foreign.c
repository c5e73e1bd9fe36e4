/*
 * foreign.c - options of Ansible, clush and ssh that we have not, and what to do instead.
 *
 * Decides which are known and what is said.  Owns a table.  Never takes one: it is refused, and
 * this is the hint.
 */
#include "cli/foreign.h"

#include <stddef.h>
#include <string.h>

static const char inventory[] = "the environment is named: deploy ENV reads inventory/ENV/";
static const char module[] = "there are no modules: exec ENV -- COMMAND, or copy ENV SRC DEST";
static const char sudo[] = "sudo is asked for by ansible_become (-e ansible_become=true)";
static const char sudo_user[] = "the user of sudo is ansible_become_user";
static const char sudo_password[] =
    "the password of sudo is asked for by -K, or IM_BECOME_PASSWORD, or ansible_become_password in "
    "a vault";
static const char ssh_password[] =
    "the password of SSH is asked for by -k, or IM_SSH_PASSWORD, or ansible_password in a vault";
static const char login[] = "the user is ansible_user (-e ansible_user=me)";
static const char key[] = "the key is ansible_ssh_private_key_file (-e, or in the inventory)";
static const char vault[] = "IM_VAULT_PASSWORD_FILE names the file with the vault's password";
static const char jump[] =
    "a jump host is ProxyJump in ~/.ssh/config, or -J in ansible_ssh_common_args; the vault's "
    "password is in the file that IM_VAULT_PASSWORD_FILE names";
static const char plan[] = "`plan ACTION ENV` shows hosts and steps, -C what each would get";
static const char difference[] = "-C shows every script and file as it would be sent";
static const char timeout[] = "limits stand in config.yml: connect_timeout, step_timeout";
static const char exclude[] = "write -l 'all:!web-01' or -w '@*!web-01'";
static const char ssh_args[] =
    "arguments of ssh are ansible_ssh_common_args (-e, or in the inventory); ~/.ssh/config is read";
static const char strict[] = "host keys are checked; host_key_checking in config.yml";

static const struct {
    const char *name;
    const char *hint;
} foreign[] = {
    {"i", inventory},
    {"inventory", inventory},
    {"inventory-file", inventory},
    {"m", module},
    {"module-name", module},
    {"a", module},
    {"args", module},
    {"become", sudo},
    {"sudo", sudo},
    {"become-user", sudo_user},
    {"become-method", "sudo is the only one"},
    {"become-password-file", sudo_password},
    {"connection-password-file", ssh_password},
    {"conn-pass-file", ssh_password},
    {"u", login},
    {"user", login},
    {"remote-user", login},
    {"private-key", key},
    {"key-file", key},
    {"J", jump},
    {"p", "the port is ansible_port (-e ansible_port=2222)"},
    {"A", "an agent is never forwarded"},
    {"ask-vault-pass", vault},
    {"ask-vault-password", vault},
    {"vault-password-file", vault},
    {"vault-pass-file", vault},
    {"vault-id", vault},
    {"list-hosts", plan},
    {"list-tasks", plan},
    {"list-tags", plan},
    {"syntax-check", "`validate [ENV]` tells every mistake of every file"},
    {"D", difference},
    {"diff", difference},
    {"T", timeout},
    {"timeout", timeout},
    {"step", "a run is not asked step by step; -t runs those with a tag"},
    {"start-at-task", "-t runs the steps with a tag, --skip-tags the others"},
    {"ssh-common-args", ssh_args},
    {"ssh-extra-args", ssh_args},
    {"F", ssh_args},
    {"x", exclude},
    {"exclude", exclude},
    {"all", "without -l and -w all hosts are meant"},
    {"g", "groups are named by -l GROUP or -w @GROUP"},
    {"list", "`inventory list ENV`"},
    {"host", "`inventory host ENV HOST`"},
    {"graph", "`inventory graph ENV`"},
    {"host-key-checking", strict},
};

const char *
foreign_hint(const char *name)
{
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (strcmp(foreign[i].name, name) == 0) {
            return foreign[i].hint;
        }
    }
    return NULL;
}
