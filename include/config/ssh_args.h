/*
 * ssh_args.h - ansible_ssh_common_args and its like: arguments of ssh as lines of ssh_config.
 */
#ifndef CONFIG_SSH_ARGS_H
#define CONFIG_SSH_ARGS_H

#include "base/strv.h"

struct ssh_args {
    struct strv lines; /* in order, as they would stand behind -o: `Port 22` */
    char *file;        /* owned: of -F; NULL: none */
};

/* Take text apart as Ansible does (Python's shlex.split), then as ssh does (getopt), and append to
 * ret.  NULL, or what is wrong (static).  Release ret in any case. */
const char *ssh_args_read(const char *text, struct ssh_args *ret);
void ssh_args_release(struct ssh_args *args);

#endif
