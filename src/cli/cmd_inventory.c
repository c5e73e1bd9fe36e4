/*
 * cmd_inventory.c - the hosts of an environment: a name a line, or Ansible's --list as JSON.
 *
 * Decides the shape only.  Connects to nothing, writes nothing.
 */
#include "cli/command.h"
#include "cli/load.h"

#include <string.h>

enum { JSON_BYTES_MAX = 256 * 1024 * 1024 };

static void
add_string(struct buf *out, const char *text)
{
    struct value *v = value_text(text);

    value_to_json(v, out);
    value_free(v);
}

static void
add_list(struct buf *out, const char *key, char *const *items, size_t count)
{
    buf_addf(out, "\"%s\":[", key);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        add_string(out, items[i]);
    }
    buf_addc(out, ']');
}

static void
add_hostvars(struct buf *out, const struct loaded *l)
{
    buf_adds(out, "{\"_meta\":{\"hostvars\":{");
    for (size_t i = 0; i < l->host_count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        add_string(out, inventory_host(l->inventory, l->hosts[i])->name);
        buf_addc(out, ':');
        value_to_json(inventory_vars(l->inventory, l->hosts[i]), out);
    }
    buf_adds(out, "}},");
}

static bool
is_selected(const struct loaded *l, const char *name)
{
    for (size_t i = 0; i < l->host_count; i++)
        if (strcmp(inventory_host(l->inventory, l->hosts[i])->name, name) == 0)
            return true;
    return false;
}

static void
add_groups(struct buf *out, const struct loaded *l)
{
    const struct strv *groups = inventory_groups(l->inventory);

    for (size_t i = 0; i < groups->count; i++) {
        const struct strv *members = inventory_members(l->inventory, groups->items[i]);
        struct strv some = {0};
        for (size_t k = 0; members != NULL && k < members->count; k++)
            if (is_selected(l, members->items[k]))
                strv_add(&some, members->items[k]);
        if (strcmp(groups->items[i], "all") != 0) {
            buf_addc(out, ',');
            add_string(out, groups->items[i]);
            buf_adds(out, ":{");
            add_list(out, "hosts", some.items, some.count);
            buf_addc(out, '}');
        }
        strv_clear(&some);
    }
}

static void
print_json(const struct loaded *l)
{
    const struct strv *groups = inventory_groups(l->inventory);
    struct strv children = {0};
    struct buf out;

    buf_init(&out, JSON_BYTES_MAX);
    for (size_t i = 0; i < groups->count; i++)
        if (strcmp(groups->items[i], "all") != 0)
            strv_add(&children, groups->items[i]);
    add_hostvars(&out, l);
    buf_adds(&out, "\"all\":{");
    add_list(&out, "children", children.items, children.count);
    buf_addc(&out, '}');
    add_groups(&out, l);
    buf_adds(&out, "}\n");
    fwrite(out.data, 1, out.len, stdout);
    buf_release(&out);
    strv_clear(&children);
}

int
cmd_inventory(struct cli *c, struct err *err)
{
    const char *what = cli_word(c, 0);
    struct loaded l = {0};
    int rc;

    if (strcmp(what, "graph") == 0 || strcmp(what, "host") == 0 || strcmp(what, "vars") == 0)
        return err_set(err, ERR_NOT_YET, "not yet: inventory %s", what);
    if (strcmp(what, "list") != 0 || cli_word(c, 1) == NULL)
        return err_set(err, ERR_USAGE, "usage: " CLI_NAME " inventory list ENV [--json]");
    rc = load_all(&l, c->root, cli_word(c, 1), NULL, c->options.limit, err);
    if (rc == 0 && c->options.json)
        print_json(&l);
    for (size_t i = 0; rc == 0 && !c->options.json && i < l.host_count; i++)
        puts(inventory_host(l.inventory, l.hosts[i])->name);
    loaded_release(&l);
    return rc;
}
