/*
 * fake_front.h - a front without terminal, loop or runs: pages of servers are driven, and what they
 * ask of others is written down.
 *
 * Holds a root of its own with an environment `test`.  A test's binary has no other front: all that
 * the pages call is defined here.
 */
#ifndef UNIT_FRONT_FAKE_FRONT_H
#define UNIT_FRONT_FAKE_FRONT_H

#include "front/servers.h"

#include "cli/command.h"
#include "cli/secrets.h"
#include "store/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/config/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEARD_MAX = 16 * 1024, OVER_MAX = 8 };

struct work {
    int unused;
};

struct front {
    struct folder folder;
    struct cli cli;
    struct secrets secrets;
    struct loaded loaded;
    bool open;
    unsigned version;
    struct event_base *base;
    struct page *top; /* what front_top says */
    struct page *servers;        /* owned */
    struct page *over[OVER_MAX]; /* owned: pages that were pushed */
    size_t over_count, popped;
    char heard[HEARD_MAX]; /* a line for each thing asked of others */
    char said[1024];       /* the last message */
    char asked[4096];      /* the open question */
    void (*answer)(void *arg, bool yes);
    void *answer_arg;
    struct work work;
    struct queue_list queue;
    bool queue_runs;
    struct work_test test; /* of every host */
    struct feed *feed;     /* of a run under way; NULL: none */
    int64_t wall_ms;
};

static inline void
hear(struct front *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline void
hear(struct front *f, const char *fmt, ...)
{
    const size_t len = strlen(f->heard);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(f->heard + len, sizeof(f->heard) - len, fmt, ap);
    va_end(ap);
}

/* What was asked of others since last time. */
static inline void
heard_is(struct front *f, const char *expected)
{
    assert_string_equal(f->heard, expected);
    f->heard[0] = '\0';
}

static inline const char *
joined(const struct strv *names)
{
    static char text[4096];

    text[0] = '\0';
    for (size_t i = 0; i < names->count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s", names->items[i]);
    return text;
}

/* ---------------------------------------------------------------- front.h */

struct cli *
front_cli(struct front *f)
{
    return &f->cli;
}

struct event_base *
front_base(struct front *f)
{
    return f->base;
}

struct screen *
front_screen(struct front *f)
{
    (void)f;
    return NULL;
}

bool
screen_is_ascii(const struct screen *s)
{
    (void)s;
    return false;
}

int64_t
front_wall_ms(const struct front *f)
{
    return f->wall_ms;
}

void
front_changed(struct front *f)
{
    (void)f;
}

void
front_say(struct front *f, unsigned look, const char *fmt, ...)
{
    va_list ap;

    (void)look;
    va_start(ap, fmt);
    vsnprintf(f->said, sizeof(f->said), fmt, ap);
    va_end(ap);
}

void
front_push(struct front *f, struct page *p)
{
    if (p == NULL)
        return;
    assert_true(f->over_count < OVER_MAX);
    f->over[f->over_count++] = p;
}

void
front_pop(struct front *f)
{
    f->popped++;
}

struct page *
front_top(struct front *f)
{
    static const struct page_ops nothing = {.where = AT_TEXT};
    static struct page another = {.ops = &nothing};

    return f->top != NULL ? f->top : &another;
}

void
front_go(struct front *f, enum where where)
{
    hear(f, "go %d\n", (int)where);
}

struct page *
front_page(struct front *f, enum where where)
{
    assert_int_equal(where, AT_SERVERS);
    return f->servers;
}

void
front_type(struct front *f, const char *text)
{
    hear(f, "type %s\n", text);
}

void
front_ask(struct front *f, const char *text, const char *word, void (*answer)(void *arg, bool yes),
          void *arg)
{
    (void)word;
    snprintf(f->asked, sizeof(f->asked), "%s", text);
    f->answer = answer;
    f->answer_arg = arg;
}

static inline void
fake_load(struct front *f, const char *env)
{
    struct mistakes m = {0};
    struct err err = {0};

    loaded_release(&f->loaded);
    f->version++;
    f->open =
        load_quietly(&f->loaded, &f->cli, env, NULL, &m, &err) == 0 || f->loaded.inventory != NULL;
    mistakes_release(&m);
    if (!f->open)
        loaded_release(&f->loaded);
}

bool
front_open_env(struct front *f, const char *name)
{
    hear(f, "open %s\n", name);
    return true;
}

const struct loaded *
front_env(const struct front *f)
{
    return f->open ? &f->loaded : NULL;
}

const char *
front_env_name(const struct front *f)
{
    return f->open ? f->loaded.env : NULL;
}

void
front_reload_env(struct front *f)
{
    fake_load(f, "test");
}

void
front_refresh_env(struct front *f)
{
    front_reload_env(f);
}

unsigned
front_env_version(const struct front *f)
{
    return f->version;
}

struct page *
page_hostlog_new(struct front *f, const char *env, const char *run_id, const char *host)
{
    hear(f, "log %s %.8s %s\n", env, run_id, host);
    return NULL;
}

/* ---------------------------------------------------------------- work.h */

struct work *
front_work(struct front *f)
{
    return &f->work;
}

static inline struct front *
front_of(const struct work *w)
{
    return (struct front *)((uintptr_t)w - offsetof(struct front, work));
}

void
work_propose(struct work *w, const char *action, const struct strv *hosts)
{
    hear(front_of(w), "propose %s%s\n", action, joined(hosts));
}

void
work_test(struct work *w, const struct strv *hosts)
{
    hear(front_of(w), "test%s\n", joined(hosts));
}

struct work_test
work_test_of(const struct work *w, const char *env, const char *host)
{
    (void)env;
    (void)host;
    return front_of(w)->test;
}

struct feed *
work_feed(struct work *w)
{
    return front_of(w)->feed;
}

struct run *
work_run(struct work *w)
{
    return (struct run *)front_of(w)->feed; /* never looked into */
}

const char *
work_env(const struct work *w)
{
    return front_of(w)->feed == NULL ? NULL : "test";
}

const char *
work_action(const struct work *w)
{
    return front_of(w)->feed == NULL ? NULL : "deploy";
}

void
work_verb(struct work *w, enum verb verb, const char *host, int32_t number)
{
    (void)host;
    hear(front_of(w), "verb %s %d\n", verb_name(verb), (int)number);
}

const struct queue_list *
work_queue(struct work *w)
{
    return &front_of(w)->queue;
}

bool
work_queue_runs(const struct work *w)
{
    return front_of(w)->queue_runs;
}

void
work_start_stop(struct work *w)
{
    hear(front_of(w), "start or stop\n");
}

void
work_clear(struct work *w)
{
    hear(front_of(w), "clear\n");
}

/* ---------------------------------------------------------------- the stage */

static inline int
stage_up(void **state)
{
    struct front *f = xcalloc(1, sizeof(*f));

    folder_make(&f->folder);
    folder_text(&f->folder, "inventory/test/config.yml", "max_parallel_workers: 3\n");
    folder_text(&f->folder, "inventory/test/hosts.yml",
                "all:\n"
                "  vars: {tier: gold, app_port: 8080}\n"
                "  children:\n"
                "    web:\n"
                "      hosts:\n"
                "        web-10: {ansible_host: 10.0.0.10, ansible_port: 2222, role: front}\n"
                "        web-9: {ansible_host: 10.0.0.9, tier: silver}\n"
                "    db:\n"
                "      hosts:\n"
                "        db-1: {ansible_host: 'fe80::1', app_port: 443}\n");
    f->cli.root = xstrdup(f->folder.path);
    f->cli.secrets = &f->secrets;
    f->cli.empty_ok = true;
    f->base = event_base_new();
    f->wall_ms = 1795470400000;
    fake_load(f, "test");
    assert_true(f->open);
    f->servers = page_servers_new(f);
    *state = f;
    return 0;
}

static inline int
stage_down(void **state)
{
    struct front *f = *state;

    for (size_t i = 0; i < f->over_count; i++)
        f->over[i]->ops->free(f->over[i]);
    f->servers->ops->free(f->servers);
    loaded_release(&f->loaded);
    vault_free(f->cli.vault);
    free(f->cli.root);
    event_base_free(f->base);
    folder_remove(&f->folder);
    free(f);
    return 0;
}

/* A run of web-10 and web-9 that has ended. */
static inline void
fake_run(struct front *f, const char *action, enum outcome second)
{
    static const char *const hosts[] = {"web-10", "web-9"};
    const struct run_start start = {.env = "test",
                                    .action = action,
                                    .strategy = "rolling",
                                    .mutating = true,
                                    .wall_ms = f->wall_ms - 130000,
                                    .release = "v2",
                                    .produces = "deployed",
                                    .plan_json = "{}",
                                    .hosts = hosts,
                                    .host_count = 2,
                                    .pid = getpid()};
    char *path = xasprintf("%s/var/runs.db", f->folder.path);
    struct store *s = store_open(path, false, NULL);

    assert_non_null(s);
    struct journal *j = journal_begin(s, &start, NULL);
    assert_non_null(j);
    for (int32_t i = 0; i < 2; i++) {
        const enum outcome o = i == 0 ? OUTCOME_OK : second;
        const struct host_end end = {.host = i,
                                     .outcome = o,
                                     .started_ms = 0,
                                     .finished_ms = 5000,
                                     .reason = o == OUTCOME_OK ? "" : "step 3 Switch: exit 3",
                                     .release = o == OUTCOME_OK ? "v2" : "",
                                     .tried = o == OUTCOME_OK ? "" : "v2",
                                     .boot_id = ""};
        assert_int_equal(journal_host_end(j, &end, NULL), 0);
    }
    assert_int_equal(journal_finish(j, 5000, f->wall_ms - 125000, 2, "", NULL), 0);
    assert_int_equal(store_commit(s, NULL), 0);
    journal_free(j);
    store_close(s);
    free(path);
}

/* The page as text, empty rows behind each other as one. */
static inline char *
picture_of(struct page *p, int rows, int cols, bool ascii)
{
    struct canvas *c = canvas_new(rows, cols, ascii);

    p->ops->draw(p, c, canvas_box(c));
    char *text = canvas_dump(c);
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (!(from[0] == '\n' && from[1] == '\n' && from[2] == '\n'))
            *to++ = *from;
    }
    *to = '\0';
    canvas_free(c);
    return text;
}

/* cmocka cuts long messages. */
static inline void
fake_differs(const char *text, const char *expected)
{
    fprintf(stderr, "shown:\n%s\nexpected:\n%s\n", text, expected);
    fail();
}

static inline void
shows(struct page *p, int rows, int cols, bool ascii, const char *expected)
{
    char *text = picture_of(p, rows, cols, ascii);

    if (strcmp(text, expected) != 0)
        fake_differs(text, expected);
    free(text);
}

static inline bool
seen(struct page *p, const char *part)
{
    char *text = picture_of(p, 40, 140, false);
    const bool found = strstr(text, part) != NULL;

    free(text);
    return found;
}

static inline void
sees(struct page *p, const char *part)
{
    char *text = picture_of(p, 40, 140, false);

    if (strstr(text, part) == NULL)
        fail_msg("not in it: %s\n%s", part, text);
    free(text);
}

static inline void
type_into(struct page *p, const char *text)
{
    for (; *text != '\0'; text++) {
        const struct key k = {.code = KEYC_CHAR, .ch = (uint32_t)(unsigned char)*text};
        assert_true(p->ops->key(p, &k));
    }
}

static inline void
press_in(struct page *p, enum key_code code)
{
    const struct key k = {.code = code};

    assert_true(p->ops->key(p, &k));
}

#define STAGED(t) cmocka_unit_test_setup_teardown(t, stage_up, stage_down)

#endif
