/*
 * become_vars.h - what the variables of a host say of sudo and of passwords, as Ansible takes them.
 *
 * ansible_become, where it is set, decides over `become` of a step, both ways; ansible_become_user
 * over its `become_user`.  Of several names for one thing the last of these that is set counts:
 * ansible_become_password, ansible_become_pass, ansible_sudo_pass; ansible_become_user,
 * ansible_sudo_user.  (Ansible 2.14, task_executor.py and plugins/become/sudo.py; tried.)
 *
 * Errors are ERR_CONFIG: "hosts.yml:3:5: ansible_become: expected true or false".  No value is
 * ever in a message.
 */
#ifndef CONFIG_BECOME_VARS_H
#define CONFIG_BECOME_VARS_H

#include "config/render.h"

#include <stdbool.h>
#include <stddef.h>

enum { BECOME_VARS_PASSWORD_MAX = 1024 }; /* bytes; what ssh/become.h takes */

/* Put the host's word over the step's: *wanted and *user (owned, NULL: root) are changed where the
 * variables say something.  What is wanted must be sudo's: another method, program or flags are
 * errors then. */
int become_vars_apply(const struct scope *scope, bool *wanted, char **user, struct err *err);

/* The password; NULL: none is said, "": there is none.  The caller's, who wipes it. */
int become_vars_password(const struct scope *scope, char **ret, struct err *err);

/* The same for the login by SSH: the last that is set of ansible_password, ansible_ssh_pass,
 * ansible_ssh_password (plugins/connection/ssh.py). */
int become_vars_login(const struct scope *scope, char **ret, struct err *err);

/* A name that sudo takes for neither an option nor a number. */
bool become_vars_is_user(const char *name);
/* One line that is not too long. */
bool become_vars_is_password(const char *text);

/* The name of variable i, for who checks an inventory; NULL past the last. */
const char *become_vars_name(size_t i);
/* What v should be as variable i; NULL: it is that, or only a run can tell ({{ }}). */
const char *become_vars_expected(size_t i, const struct value *v);

#endif
