/*
 * inventory.c - a large inventory: hosts with 3 variables each, in one or two of 200 groups with 50
 * variables each.
 *
 * Floor: libyaml's bare event loop over the same file; nothing that reads YAML with it is faster.
 */
#include "micro.h"

#include "config/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <yaml.h>

enum { GROUPS = 200, VARIABLES = 50 };

static void
write_group(FILE *f, int g, int64_t hosts)
{
    (void)fprintf(f, "    group_%03d:\n      vars:\n", g);
    for (int v = 0; v < VARIABLES; v++) {
        (void)fprintf(f, "        group_%03d_var_%02d: value-%d-of-%d\n", g, v, v, g);
    }
    (void)fputs("      hosts:\n", f);
    for (int64_t h = g; h < hosts; h += GROUPS) {
        (void)fprintf(f,
                      "        host-%05lld:\n          ansible_host: 10.%lld.%lld.%lld\n"
                      "          zone: zone-%lld\n          app_port: %lld\n",
                      (long long)h, (long long)(h >> 16), (long long)(h >> 8 & 255),
                      (long long)(h & 255), (long long)(h % 7), 8000 + (long long)(h % 100));
    }
    /* Every second host of the next group is in this one too. */
    for (int64_t h = (g + 1) % GROUPS; h < hosts; h += (int64_t)2 * GROUPS) {
        (void)fprintf(f, "        host-%05lld:\n", (long long)h);
    }
}

static int64_t
write_file(const char *path, int64_t hosts)
{
    FILE *f = fopen(path, "we");

    if (f == NULL) {
        micro_fail("cannot write the inventory");
    }
    (void)fputs("all:\n  children:\n", f);
    for (int g = 0; g < GROUPS; g++) {
        write_group(f, g, hosts);
    }
    const int64_t bytes = ftell(f);
    (void)fclose(f);
    return bytes;
}

static void
measure_events(const char *path, int64_t hosts, int64_t bytes)
{
    const struct micro_clock c = micro_begin();
    FILE *f = fopen(path, "rbe");
    yaml_parser_t parser;
    yaml_event_t e;
    int ended = 0;

    if (f == NULL || !yaml_parser_initialize(&parser)) {
        micro_fail("cannot read the inventory");
    }
    yaml_parser_set_input_file(&parser, f);
    while (!ended) {
        if (!yaml_parser_parse(&parser, &e)) {
            micro_fail("libyaml refuses the inventory");
        }
        ended = e.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&e);
    }
    yaml_parser_delete(&parser);
    (void)fclose(f);
    micro_end(&c, "libyaml, events only", hosts, bytes);
}

static void
measure_load(const char *root, const char *dir, int64_t hosts, int64_t bytes)
{
    const struct inventory_request request = {.root = root, .dir = dir};
    struct mistakes m = {0};
    const struct micro_clock c = micro_begin();
    struct inventory *inv = inventory_load(&request, &m);

    micro_end(&c, "load", hosts, bytes);
    if (inv == NULL || inventory_count(inv) != (size_t)hosts) {
        micro_fail("the inventory is not what was written");
    }
    inventory_free(inv);
    mistakes_release(&m);
}

void
micro_inventory(int rounds, int64_t size)
{
    char *root = micro_path(""), *above = micro_path("inventory");
    char *dir = micro_path("inventory/large"), *path = micro_path("inventory/large/hosts.yml");

    if (mkdir(above, 0700) != 0 || mkdir(dir, 0700) != 0) {
        micro_fail("no folder for the inventory");
    }
    const int64_t bytes = write_file(path, size);
    for (int i = 0; i < rounds; i++) {
        measure_events(path, size, bytes);
        measure_load(root, dir, size, bytes);
    }
    free(root);
    free(above);
    free(dir);
    free(path);
}
