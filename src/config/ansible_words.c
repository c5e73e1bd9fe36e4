/*
 * ansible_words.c - what a word of a playbook is called in an action.
 *
 * Decides which of Ansible's keys and modules are known, and what is said of each.  Owns a table.
 * Never takes such a key: it is a mistake, and this is its hint.
 */
#include "config/ansible_words.h"

#include <stddef.h>
#include <string.h>

static const char module[] = "there are no modules: write a script, `run: ...`";
static const char loop[] = "there are no loops but those of the shell, in `run:`";
static const char file[] = "a file or folder is sent with `upload: {src: ..., dest: ...}`";
static const char steps[] = "the tasks are `steps:`";
static const char config[] = "waves, strategy and limits stand in config.yml";
static const char result[] = "no step knows the result of another: write both in one `run:`";

static const struct {
    const char *word;
    bool verb;
    const char *hint;
} words[] = {
    {"shell", true, "write `run:`"},
    {"command", true, "write `run:`"},
    {"raw", true, "write `run:`"},
    {"script", true, "write `run:`, or `upload:` and `run:`"},
    {"local_action", true, "write `local:`"},
    {"copy", true, file},
    {"synchronize", true, file},
    {"unarchive", true, "write `upload:`, then `run: tar -xzf ...`"},
    {"wait_for_connection", true, "write `wait_for:`"},
    {"uri", true, "write a health check: `http: {port: ..., path: ...}`"},
    {"assert", true, "write `run: test ...`"},
    {"fail", true, "write `run: exit 1` with `error:`"},
    {"debug", true, "write `run: echo ...`"},
    {"block", true, "a step is one thing: write its tasks as steps"},
    {"include_tasks", true, "an action is one file: write its tasks as steps"},
    {"import_tasks", true, "an action is one file: write its tasks as steps"},
    {"include_role", true, "there are no roles: write their tasks as steps"},
    {"import_role", true, "there are no roles: write their tasks as steps"},
    {"set_fact", true, "variables stand in the inventory, group_vars or `env:`"},
    {"file", true, module},
    {"lineinfile", true, module},
    {"get_url", true, module},
    {"apt", true, module},
    {"dnf", true, module},
    {"yum", true, module},
    {"package", true, module},
    {"pip", true, module},
    {"npm", true, module},
    {"git", true, module},
    {"service", true, module},
    {"systemd", true, module},
    {"user", true, module},
    {"cron", true, module},
    {"stat", true, module},
    {"docker_container", true, module},
    {"loop", false, loop},
    {"with_items", false, loop},
    {"until", false, "write `idempotent: true` with `retries:` and `delay:`, or `wait_for:`"},
    {"register", false, result},
    {"changed_when", false, result},
    {"notify", false, result},
    {"failed_when", false, "write `ok_exit_codes:`, or let the script say `exit 1`"},
    {"environment", false, "write `env:`"},
    {"vars", false, "variables stand in the inventory, group_vars or `env:`"},
    {"vars_files", false, "variables stand in the inventory, group_vars or `-e @FILE`"},
    {"args", false, "chdir and creates stand in the step itself"},
    {"delegate_to", false, "for this machine write `local:`; there is no other"},
    {"become_method", false, "it is sudo; see ansible_become_method in docs/config.md"},
    {"remote_user", false, "write ansible_user in the inventory"},
    {"no_log", false, "secrets are never shown: see docs/secrets.md"},
    {"hosts", false, "-l chooses the hosts"},
    {"tasks", false, steps},
    {"pre_tasks", false, steps},
    {"post_tasks", false, steps},
    {"roles", false, "there are no roles: write their tasks as `steps:`"},
    {"handlers", false, result},
    {"serial", false, config},
    {"strategy", false, config},
    {"max_fail_percentage", false, config},
    {"any_errors_fatal", false, config},
    {"gather_facts", false, "there are no facts: a script asks the host itself"},
};

const char *
ansible_words_hint(const char *key, bool *ret_verb)
{
    static const char builtin[] = "ansible.builtin.";

    if (strncmp(key, builtin, sizeof(builtin) - 1) == 0) {
        key += sizeof(builtin) - 1;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].word, key) == 0) {
            *ret_verb = words[i].verb;
            return words[i].hint;
        }
    }
    /* namespace.collection.module */
    const char *dot = strchr(key, '.');
    if (dot != NULL && strchr(dot + 1, '.') != NULL) {
        *ret_verb = true;
        return module;
    }
    return NULL;
}
