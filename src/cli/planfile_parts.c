/*
 * planfile_parts.c - what of a run is compared with its plan, as it is now.
 *
 * Decides what counts as the same.  Reads files; writes none.
 */
#include "cli/planfile_parts.h"

#include "base/xalloc.h"
#include "config/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VARS_BYTES_MAX = 64 << 20 };

static void
digest_hex(const char *bytes, size_t len, char ret[HASH_SHA256_HEX])
{
    struct hash *h = hash_new();

    hash_update(h, bytes, len);
    hash_finish(h, ret);
    hash_free(h);
}

void
planfile_vars_digest(const struct run_request *r, int32_t host, char ret[HASH_SHA256_HEX])
{
    const size_t at = r->hosts[host];
    const struct host *h = inventory_host(r->inventory, at);
    struct buf text;

    buf_init(&text, VARS_BYTES_MAX);
    value_to_json(inventory_vars(r->inventory, at), &text);
    for (size_t i = 0; i < h->groups.count; i++) {
        buf_addf(&text, "\n%s", h->groups.items[i]);
    }
    digest_hex(text.data, text.len, ret);
    buf_release(&text);
}

struct value *
planfile_settings(const struct loaded *l, struct err *err)
{
    char *path = xasprintf("%s/config.yml", l->env_dir);
    struct value *dict = NULL;
    struct mistakes m = {0};
    struct yaml *y = NULL;

    if (access(path, F_OK) == 0) {
        y = yaml_load(path, YAML_SMALL_MAX, YAML_REPEAT_LAST, &m);
    }
    if (y != NULL && yaml_root(y) != NULL && yaml_root(y)->kind == YAML_NODE_MAP) {
        dict = value_of_node(yaml_root(y), &m);
    } else if (m.count == 0) {
        dict = value_new(VALUE_DICT);
    }
    if (dict == NULL) {
        err_set(err, ERR_CONFIG, "%s", m.errors.count > 0 ? m.errors.items[0] : path);
    }
    yaml_close(y);
    mistakes_release(&m);
    free(path);
    return dict;
}

char *
planfile_path(const struct run_request *r, const char *path)
{
    const size_t len = strlen(r->root);

    return xstrdup(strncmp(path, r->root, len) == 0 && path[len] == '/' ? path + len + 1 : path);
}

struct value *
planfile_action(const struct loaded *l, const struct run_request *r, struct err *err)
{
    struct mistakes m = {0};
    struct yaml *y = yaml_load(l->action->file, YAML_SMALL_MAX, YAML_REPEAT_ERROR, &m);
    struct value *dict = NULL;
    char hex[HASH_SHA256_HEX];
    size_t len = 0;

    if (y == NULL) {
        err_set(err, ERR_CONFIG, "%s", m.errors.count > 0 ? m.errors.items[0] : l->action->file);
    } else {
        const char *bytes = yaml_bytes(y, &len);
        char *path = planfile_path(r, l->action->file);
        digest_hex(bytes, len, hex);
        dict = value_new(VALUE_DICT);
        value_dict_set(dict, "path", value_text(path));
        value_dict_set(dict, "sha256", value_text(hex));
        free(path);
    }
    yaml_close(y);
    mistakes_release(&m);
    return dict;
}
