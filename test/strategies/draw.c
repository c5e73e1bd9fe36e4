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

#define HOSTS .host_count = 12, .step_ms = {4000, 2000, 4000}, .step_count = 3, .checked = true
#define APP HOSTS, .steps = {{.idempotent = true}, {.idempotent = true}, {.idempotent = true}}
#define BUDGET(n) .has_budget = true, .max_fail = {n, false}
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
        .c = {APP, .policy = {.strategy = STRATEGY_SEQUENTIAL, .seed = 1, BUDGET(0), GATE}},
    },
    {
        .file = "parallel",
        .title = "parallel: a slot that gets free takes the next host",
        .config = "deployment_strategy: parallel, max_parallel_workers: 4",
        .c = {APP,
              .policy = {.strategy = STRATEGY_PARALLEL, .workers = 4, .seed = 2, BUDGET(0), GATE}},
    },
    {
        .file = "rolling",
        .title = "rolling: wave by wave, with a pause between",
        .config = "deployment_strategy: rolling, max_parallel_workers: 4, serial: [1, 3, 4], "
                  "wave_pause: 5s",
        .c = {APP, .policy = {.strategy = STRATEGY_ROLLING,
                              .workers = 4,
                              .seed = 3,
                              .serial = {{1, false}, {3, false}, {4, false}},
                              .serial_count = 3,
                              .wave_pause_ms = 5000,
                              BUDGET(0),
                              GATE}},
    },
    {
        .file = "all_at_once",
        .title = "all_at_once: one wave of all hosts",
        .config = "deployment_strategy: all_at_once, max_parallel_workers: 12",
        .c = {APP,
              .policy =
                  {.strategy = STRATEGY_ALL_AT_ONCE, .workers = 12, .seed = 4, BUDGET(0), GATE}},
    },
    {
        .file = "canary_auto",
        .title = "canary, promote: auto: one host first, then waves of four",
        .config = "deployment_strategy: canary, canary: 1, max_parallel_workers: 4, "
                  "host_bake: 3s, wave_bake: 10s",
        .c = {APP, .policy = {.strategy = STRATEGY_CANARY,
                              .workers = 4,
                              .seed = 5,
                              .canary = {1, false},
                              .promote = PROMOTE_AUTO,
                              .host_bake_ms = 3000,
                              .wave_bake_ms = 10000,
                              BUDGET(0),
                              GATE}},
    },
    {
        .file = "canary_manual",
        .title = "canary, promote: manual: goes on when the operator says so",
        .config = "deployment_strategy: canary, canary: 2, promote: manual, "
                  "max_parallel_workers: 4, serial: 5",
        .c = {APP,
              .policy = {.strategy = STRATEGY_CANARY,
                         .workers = 4,
                         .seed = 6,
                         .canary = {2, false},
                         .promote = PROMOTE_MANUAL,
                         .answerable = true,
                         .serial = {{5, false}},
                         .serial_count = 1,
                         BUDGET(0),
                         GATE},
              .verbs = {{.when = RUN_PROMOTING, .after_ms = 25000, .verb = VERB_PROMOTE}}},
    },
    {
        .file = "blue_green",
        .title = "blue_green: all are prepared, then all are switched",
        .config = "deployment_strategy: blue_green, max_parallel_workers: 4, wave_pause: 5s; "
                  "the step Switch has switch: true",
        .c = {HOSTS,
              .steps = {{.idempotent = true},
                        {.idempotent = true},
                        {.idempotent = true, .switches = true}},
              .policy = {.strategy = STRATEGY_BLUE_GREEN,
                         .workers = 4,
                         .seed = 7,
                         .wave_pause_ms = 5000,
                         BUDGET(0),
                         GATE}},
    },
    {
        .file = "max_parallel_by",
        .title = "rolling with max_parallel_by: never two hosts of a zone at once",
        .config = "deployment_strategy: rolling, max_parallel_workers: 6, serial: 6, "
                  "max_parallel_by: {zone: 1}",
        .c = {APP, .zones = 3, .parallel_by = {1, false},
              .policy = {.strategy = STRATEGY_ROLLING,
                         .workers = 6,
                         .seed = 8,
                         .serial = {{6, false}},
                         .serial_count = 1,
                         BUDGET(0),
                         GATE}},
    },
    {
        .file = "sequence_by",
        .title = "rolling with sequence_by: one zone after the other",
        .config = "deployment_strategy: rolling, max_parallel_workers: 4, sequence_by: zone, "
                  "wave_bake: 5s",
        .c = {APP, .zones = 3, .sequence_by = true,
              .policy = {.strategy = STRATEGY_ROLLING,
                         .workers = 4,
                         .seed = 9,
                         .wave_bake_ms = 5000,
                         BUDGET(0),
                         GATE}},
    },
    {
        .file = "budget",
        .title = "more failures than max_fail: no host is started any more",
        .config = "deployment_strategy: rolling, max_parallel_workers: 4, max_fail: 1, "
                  "on_failure: stop",
        .c = {APP, .rules = {{TROUBLE_FAILS, .host = 1, .step = 1}, {TROUBLE_SICK, .host = 6}},
              .policy = {.strategy = STRATEGY_ROLLING, .workers = 4, .seed = 10, BUDGET(1), GATE}},
    },
    {
        .file = "rollback",
        .title = "the same with on_failure: rollback: back, the last one first",
        .config = "deployment_strategy: rolling, max_parallel_workers: 4, max_fail: 1, "
                  "on_failure: rollback",
        .c = {APP, .can_roll_back = true,
              .rules = {{TROUBLE_FAILS, .host = 1, .step = 1}, {TROUBLE_SICK, .host = 6}},
              .policy = {.strategy = STRATEGY_ROLLING,
                         .workers = 4,
                         .seed = 10,
                         .on_failure = ON_FAILURE_ROLLBACK,
                         BUDGET(1),
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
