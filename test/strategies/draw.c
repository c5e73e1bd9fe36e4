/*
 * draw.c - the pictures of docs/strategies.md: each strategy on twelve hosts, run by the real core.
 *
 *   draw DIR         write the files DIR/NAME.svg
 *   draw --check DIR say which of them differ from what would be written; exit 1 then
 *
 * A picture is a row of `pictures`.  Times are invented: about two seconds to connect, ten for the
 * steps, two for a check.
 */
#include "strategies/chart.h"

#include <stdio.h>
#include <string.h>

enum { SVG_BYTES_MAX = 20000 };

#define STEPS                                                                                      \
    .host_count = 12, .steps = {{.idempotent = true}, {.idempotent = true}, {.idempotent = true}}, \
    .step_ms = {4000, 2000, 4000}, .step_count = 3, .checked = true

#define GATE .gate_enabled = true, .gate_successes = 1, .gate_retries = 1, .gate_interval_ms = 1000

static const struct picture {
    const char *file;
    const char *title;
    const char *config;
    struct world_case c;
} pictures[] = {
    {
        .file = "sequential",
        .title = "sequential: one host at a time",
        .config = "deployment_strategy: sequential",
        .c = {STEPS,
              .policy = {.strategy = STRATEGY_SEQUENTIAL, .seed = 1, .has_budget = true, GATE}},
    },
    {
        .file = "parallel",
        .title = "parallel: a slot that gets free takes the next host",
        .config = "deployment_strategy: parallel, max_parallel_workers: 4",
        .c = {STEPS, .policy = {.strategy = STRATEGY_PARALLEL,
                                .workers = 4,
                                .seed = 2,
                                .has_budget = true,
                                GATE}},
    },
    {
        .file = "rolling",
        .title = "rolling: wave by wave, with a pause between",
        .config = "deployment_strategy: rolling, max_parallel_workers: 4, serial: [1, 3, 4], "
                  "wave_pause: 5s",
        .c = {STEPS, .policy = {.strategy = STRATEGY_ROLLING,
                                .workers = 4,
                                .seed = 3,
                                .serial = {{1, false}, {3, false}, {4, false}},
                                .serial_count = 3,
                                .wave_pause_ms = 5000,
                                .has_budget = true,
                                GATE}},
    },
};

static const struct picture *
draw(struct buf *out, size_t number)
{
    const struct picture *p = &pictures[number];
    struct err err = {0};
    static struct trail trail;

    if (world_run(&p->c, &trail, &err) != 0) {
        (void)fprintf(stderr, "%s: %s\n", p->file, err.text);
        return NULL;
    }
    chart_draw(
        out, &(struct chart){.title = p->title, .config = p->config, .c = &p->c, .trail = &trail});
    if (out->full) {
        (void)fprintf(stderr, "%s: more than %d bytes\n", p->file, SVG_BYTES_MAX);
        return NULL;
    }
    return p;
}

static int
write_file(const char *path, const struct buf *bytes)
{
    FILE *f = fopen(path, "wb");

    if (f == NULL || fwrite(bytes->data, 1, bytes->len, f) != bytes->len || fclose(f) != 0) {
        perror(path);
        return -1;
    }
    return 0;
}

static int
compare_file(const char *path, const struct buf *bytes)
{
    char there[SVG_BYTES_MAX + 1];
    FILE *f = fopen(path, "rb");
    size_t len = 0;

    if (f != NULL) {
        len = fread(there, 1, sizeof(there), f);
        (void)fclose(f);
    }
    if (len == bytes->len && memcmp(there, bytes->data, len) == 0) {
        return 0;
    }
    (void)fprintf(stderr, "%s: not what the core does: run make strategies\n", path);
    return -1;
}

int
main(int argc, char **argv)
{
    const bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
    int failed = 0;
    char path[4096];

    if (argc != 2 && !check) {
        (void)fprintf(stderr, "usage: draw [--check] DIR\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++) {
        struct buf out;

        buf_init(&out, SVG_BYTES_MAX);
        const struct picture *p = draw(&out, i);
        if (p == NULL) {
            failed++;
        } else {
            (void)snprintf(path, sizeof(path), "%s/%s.svg", argv[argc - 1], p->file);
            failed += (check ? compare_file(path, &out) : write_file(path, &out)) != 0;
        }
        buf_release(&out);
    }
    return failed == 0 ? 0 : 1;
}
