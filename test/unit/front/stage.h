/*
 * stage.h - a front without a terminal: its pages are ours, and tell what was asked of them.
 *
 * Owns a project in a folder under /tmp.  Keys are given as the screen would give them; the loop
 * turns only where a test says so.
 */
#ifndef UNIT_FRONT_STAGE_H
#define UNIT_FRONT_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "front/front_state.h"
#include "unit/config/folder.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stage_page {
    struct page page; /* first */
    struct page_ops ops;
    enum act act;   /* the last one it was told */
    enum act takes; /* it takes this one, and no other */
    uint32_t takes_key;
    char text[64]; /* the last filter, search or command */
    bool without;
    bool takes_commands, pops_itself;
    int ticks;
    int *freed; /* counts; or NULL */
};

struct stage {
    struct folder folder;
    struct secrets secrets;
    struct cli cli;
    struct front *front;
    struct stage_page *bar[VIEW_PAGES];
};

static inline struct stage_page *
stage_of(struct page *p)
{
    return (struct stage_page *)p;
}

static inline void
stage_draw(struct page *p, struct canvas *c, struct box box)
{
    (void)p;
    (void)canvas_text(c, box.row, box.col, box.cols, LOOK_PLAIN, "the body");
}

static inline bool
stage_key(struct page *p, const struct key *k)
{
    return k->code == KEYC_CHAR && k->ch == stage_of(p)->takes_key;
}

static inline bool
stage_act(struct page *p, enum act act)
{
    struct stage_page *s = stage_of(p);

    s->act = act;
    if (act == s->takes && s->pops_itself) {
        front_pop(p->front);
        s->act = ACT_NONE; /* still there */
    }
    return act == s->takes;
}

static inline void
stage_filter(struct page *p, const char *text, bool without)
{
    (void)snprintf(stage_of(p)->text, sizeof(stage_of(p)->text), "%s", text);
    stage_of(p)->without = without;
}

static inline void
stage_search(struct page *p, const char *text)
{
    (void)snprintf(stage_of(p)->text, sizeof(stage_of(p)->text), "search %s", text);
}

static inline bool
stage_command(struct page *p, const char *word, const char *rest)
{
    (void)snprintf(stage_of(p)->text, sizeof(stage_of(p)->text), "%.30s|%.30s", word, rest);
    return stage_of(p)->takes_commands;
}

static inline void
stage_tick(struct page *p, int64_t wall_ms)
{
    (void)wall_ms;
    stage_of(p)->ticks++;
}

static inline void
stage_free(struct page *p)
{
    if (stage_of(p)->freed != NULL) {
        ++*stage_of(p)->freed;
    }
    free(p);
}

static inline struct stage_page *
stage_page(struct front *f, enum where where)
{
    struct stage_page *s = xcalloc(1, sizeof(*s));

    s->ops = (struct page_ops){
        .where = where,
        .title = where_name(where),
        .draw = stage_draw,
        .key = stage_key,
        .act = stage_act,
        .filter = stage_filter,
        .search = stage_search,
        .command = stage_command,
        .tick = stage_tick,
        .free = stage_free,
    };
    s->page = (struct page){.ops = &s->ops, .front = f};
    return s;
}

static inline void
stage_make(struct stage *s)
{
    *s = (struct stage){0};
    folder_make(&s->folder);
    folder_text(&s->folder, "inventory/prod/config.yml", "max_parallel_workers: 3\n");
    folder_text(&s->folder, "inventory/prod/hosts.yml",
                "all:\n  hosts:\n    web-01:\n    web-02:\n    db-01:\n");
    s->cli.root = s->folder.path;
    s->cli.secrets = &s->secrets;
    s->front = front_new(&s->cli);
    for (int i = 0; i < VIEW_PAGES; i++) {
        s->bar[i] = stage_page(s->front, view_page(i));
        s->front->bar[i] = &s->bar[i]->page;
    }
}

static inline void
stage_end(struct stage *s)
{
    front_free(s->front);
    vault_free(s->cli.vault);
    folder_remove(&s->folder);
}

/* Events that are due. */
static inline void
stage_turn(struct stage *s)
{
    (void)event_base_loop(s->front->base, EVLOOP_NONBLOCK);
}

static inline void
stage_press(struct stage *s, enum key_code code)
{
    front_key(s->front, &(struct key){.code = code});
}

static inline void
stage_type(struct stage *s, const char *text)
{
    for (; *text != '\0'; text++) {
        front_key(s->front, &(struct key){.code = KEYC_CHAR, .ch = (unsigned char)*text});
    }
}

static inline void
stage_control(struct stage *s, char ch)
{
    front_key(s->front, &(struct key){.code = KEYC_CHAR, .ch = (uint32_t)ch, .ctrl = true});
}

/* What is seen at 80x24; the caller frees it. */
static inline char *
stage_seen(struct stage *s)
{
    struct canvas *c = canvas_new(24, 80, false);

    front_draw(s->front, c);
    char *text = canvas_dump(c);
    canvas_free(c);
    return text;
}

static inline void
stage_sees(struct stage *s, const char *text)
{
    char *seen = stage_seen(s);

    if (strstr(seen, text) == NULL) {
        print_error("not seen: %s\n%s", text, seen);
    }
    assert_non_null(strstr(seen, text));
    free(seen);
}

static inline bool
stage_left(struct stage *s)
{
    return event_base_got_break(s->front->base) != 0;
}

/* Of each test: a stage of its own, its state. */
static inline int
stage_begin(void **state)
{
    struct stage *s = xcalloc(1, sizeof(*s));

    stage_make(s);
    *state = s;
    return 0;
}

static inline int
stage_finish(void **state)
{
    stage_end(*state);
    free(*state);
    return 0;
}

#define STAGE_TEST(test) cmocka_unit_test_setup_teardown(test, stage_begin, stage_finish)

#endif
