/*
 * cmd_inventory.c - the hosts of an environment: a name a line, or Ansible's --list as JSON.
 *
 * Decides which forms there are.  Connects to nothing, writes nothing.
 */
#include "cli/command.h"
#include "cli/inventory_json.h"
#include "cli/load.h"

#include <string.h>

enum { JSON_BYTES_MAX = 256 * 1024 * 1024 };

static int
print_json(const struct loaded *l, struct err *err)
{
    struct buf out;
    int rc;

    buf_init(&out, JSON_BYTES_MAX);
    rc = inventory_json(l->inventory, l->hosts, l->host_count, &out, err);
    if (rc == 0) {
        fwrite(out.data, 1, out.len, stdout);
    }
    buf_release(&out);
    return rc;
}

int
cmd_inventory(struct cli *c, struct err *err)
{
    const char *what = cli_word(c, 0);
    struct loaded l = {0};
    int rc;

    if (strcmp(what, "graph") == 0 || strcmp(what, "host") == 0 || strcmp(what, "vars") == 0) {
        return err_set(err, ERR_NOT_YET, "not yet: inventory %s", what);
    }
    if (strcmp(what, "list") != 0 || cli_word(c, 1) == NULL) {
        return err_set(err, ERR_USAGE, "usage: " CLI_NAME " inventory list ENV [--json]");
    }
    rc = load_all(&l, c->root, cli_word(c, 1), NULL, &c->options, err);
    if (rc == 0 && c->options.json) {
        rc = print_json(&l, err);
    }
    for (size_t i = 0; rc == 0 && !c->options.json && i < l.host_count; i++) {
        puts(inventory_host(l.inventory, l.hosts[i])->name);
    }
    loaded_release(&l);
    return rc;
}
