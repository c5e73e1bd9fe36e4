/*
 * fuzz_yaml.c - any bytes are a tree whose places are in the file, or a mistake with a place.
 */
#include "config/value.h"
#include "config/yaml.h"
#include "fuzz/fuzz.h"

static size_t
walk(const struct yaml_node *n, size_t len, int depth)
{
    size_t nodes = 1;

    FUZZ_CHECK(depth <= YAML_DEPTH_MAX + 1);
    FUZZ_CHECK(n->line >= 1 && n->col >= 1);
    FUZZ_CHECK(n->start <= n->end && n->end <= len);
    for (size_t i = 0; n->kind != YAML_NODE_SCALAR && i < n->count; i++) {
        nodes += walk(n->items[i], len, depth + 1);
    }
    FUZZ_CHECK(nodes <= YAML_NODES_MAX);
    return nodes;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const enum yaml_repeat repeats[] = {YAML_REPEAT_ERROR, YAML_REPEAT_LAST};

    for (int i = 0; i < 2; i++) {
        struct mistakes m = {0};
        struct yaml *y =
            yaml_parse((const char *)bytes, len, "input.yml", YAML_SMALL_MAX, repeats[i], &m);
        FUZZ_CHECK((y == NULL) == (m.count > 0));
        const struct yaml_node *root = y == NULL ? NULL : yaml_root(y);
        if (root != NULL) {
            (void)walk(root, len, 0);
            struct value *v = value_of_node(root, &m);
            FUZZ_CHECK((v == NULL) == (m.count > 0));
            value_free(v);
        }
        for (size_t k = 0; k < m.errors.count; k++) {
            FUZZ_CHECK(strncmp(m.errors.items[k], "input.yml:", 10) == 0);
            FUZZ_CHECK(strchr(m.errors.items[k], '\n') == NULL);
        }
        yaml_close(y);
        mistakes_release(&m);
    }
    return 0;
}
