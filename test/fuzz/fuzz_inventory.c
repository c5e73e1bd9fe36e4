/*
 * fuzz_inventory.c - any hosts.yml is read within bounds; names that come out of it are names.
 */
#include "config/inventory_read.h"
#include "fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct draft *d = draft_new();
    struct mistakes m = {0};
    struct yaml *y = yaml_load(fuzz_file(bytes, len), YAML_INVENTORY_MAX, YAML_REPEAT_LAST, &m);
    const struct yaml_node *root = y == NULL ? NULL : yaml_root(y);
    const bool is_map = root != NULL && !yaml_is_null(root);
    const int rc = is_map ? inventory_parse_yaml(d, root, &m) : y == NULL ? -1 : 0;
    const struct draft_host *h;
    void *iter = NULL;

    FUZZ_CHECK((rc < 0) == (m.count > 0));
    while ((h = map_next(d->hosts, &iter, NULL)) != NULL) {
        FUZZ_CHECK(host_name_valid(h->name));
    }
    for (size_t k = 0; k < m.errors.count; k++) {
        FUZZ_CHECK(strchr(m.errors.items[k], '\n') == NULL);
    }
    yaml_close(y);
    draft_free(d);
    mistakes_release(&m);
    return 0;
}
