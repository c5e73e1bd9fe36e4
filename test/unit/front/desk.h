/*
 * desk.h - a front without a screen, for tests of what works behind it: it keeps what it is told.
 *
 * Stands in for front*.c by defining their functions, so that the archive's own are not linked. The
 * environment is real, its only host is this machine.
 */
#ifndef UNIT_FRONT_DESK_H
#define UNIT_FRONT_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "front/work_state.h"
#include "store/history.h"
#include "ui/canvas.h"

#include <ftw.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DESK_ROWS = 30, DESK_COLS = 100, DESK_TURNS_MAX = 100000 };

struct front {
    struct cli cli;
    struct secrets secrets;
    struct event_base *base;
    struct work *work;
    char root[64];
    struct page *page; /* owned: pushed over the others; NULL: none is */
    struct page *dead; /* owned: popped */
    enum where at;     /* gone to last */
    char said[4096];   /* the message line */
    unsigned look;
    char *mistakes; /* owned: of the page of mistakes; NULL: none was shown */
    char *question; /* owned; NULL: none is asked */
    void (*answer)(void *arg, bool yes);
    void *answer_arg;
    int exit_code; /* -1: not left */
    int64_t wall_ms;
};

/* ---------------------------------------------------------------- what work asks of a front */

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

struct work *
front_work(struct front *f)
{
    return f->work;
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

    va_start(ap, fmt);
    (void)vsnprintf(f->said, sizeof(f->said), fmt, ap);
    va_end(ap);
    f->look = look;
}

void
front_pop(struct front *f)
{
    assert_non_null(f->page);
    assert_null(f->dead);
    f->dead = f->page;
    f->page = NULL;
}

void
front_push(struct front *f, struct page *p)
{
    assert_null(f->page);
    f->page = p;
}

void
front_go(struct front *f, enum where where)
{
    if (f->page != NULL) {
        front_pop(f);
    }
    f->at = where;
}

void
front_leave(struct front *f, int exit_code)
{
    f->exit_code = exit_code;
}

void
front_ask(struct front *f, const char *text, const char *word, void (*answer)(void *arg, bool yes),
          void *arg)
{
    assert_null(word);
    free(f->question);
    f->question = xstrdup(text);
    f->answer = answer;
    f->answer_arg = arg;
}

const char *
front_env_name(const struct front *f)
{
    (void)f;
    return "test";
}

char *
front_near_root(const struct front *f, const char *text)
{
    (void)f;
    return xstrdup(text);
}

void
front_show_mistakes(struct front *f, const char *title, const struct mistakes *m)
{
    free(f->mistakes);
    f->mistakes = xasprintf("%s\n%s", title, m->errors.items[0]);
}

/* ---------------------------------------------------------------- the desk */

static inline void
desk_write(const struct front *f, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", f->root, name);
    FILE *out = fopen(path, "we");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    free(path);
}

static inline void
desk_folder(const struct front *f, const char *name)
{
    char *path = xasprintf("%s/%s", f->root, name);

    assert_int_equal(mkdir(path, 0700), 0);
    free(path);
}

/* An action of one step, which runs script here. */
static inline void
desk_action(const struct front *f, const char *name, const char *script)
{
    char *file = xasprintf("inventory/test/actions/%s.yml", name);
    char *text = xasprintf("name: %s\ndescription: It is a test.\nmutating: true\nrollback: []\n"
                           "steps:\n  - {name: Only, run: \"%s\"}\n",
                           name, script);

    desk_write(f, file, text);
    free(file);
    free(text);
}

static struct zygote *desk_zygote; /* of the process; forked before anything is */

static inline struct front *
desk_open(void)
{
    struct front *f = xcalloc(1, sizeof(*f));

    (void)snprintf(f->root, sizeof(f->root), "/tmp/im-front-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    assert_int_equal(setenv("HOME", f->root, 1), 0);
    (void)unsetenv("SSH_AUTH_SOCK");
    desk_folder(f, "inventory");
    desk_folder(f, "inventory/test");
    desk_folder(f, "inventory/test/actions");
    desk_write(f, "inventory/test/config.yml", "max_parallel_workers: 3\n");
    desk_write(f, "inventory/test/hosts.yml",
               "all:\n  hosts:\n    here: {ansible_connection: local}\n");
    f->cli = (struct cli){.zygote = desk_zygote, .secrets = &f->secrets, .root = f->root};
    f->cli.options.forks = -1;
    f->base = app_loop_new();
    f->exit_code = -1;
    f->wall_ms = 1000;
    f->work = work_new(f);
    return f;
}

static inline void
desk_bury(struct front *f)
{
    if (f->dead != NULL) {
        f->dead->ops->free(f->dead);
        f->dead = NULL;
    }
}

static inline int
desk_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void
desk_close(struct front *f)
{
    desk_bury(f);
    if (f->page != NULL) {
        f->page->ops->free(f->page);
    }
    work_free(f->work);
    assert_int_equal(event_base_get_num_events(f->base, EVENT_BASE_COUNT_ADDED), 0);
    event_base_free(f->base);
    vault_free(f->cli.vault);
    free(f->mistakes);
    free(f->question);
    assert_int_equal(nftw(f->root, desk_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(f);
}

static inline void
desk_turn(struct front *f)
{
    assert_int_equal(event_base_loop(f->base, EVLOOP_ONCE), 0);
    desk_bury(f);
}

/* Until nothing is under way. */
static inline void
desk_turn_until_over(struct front *f)
{
    for (int i = 0; f->work->run != NULL; i++) {
        assert_in_range(i, 0, DESK_TURNS_MAX);
        desk_turn(f);
    }
}

static inline void
desk_said(const struct front *f, const char *part)
{
    if (strstr(f->said, part) == NULL) {
        fail_msg("«%s» is not in «%s»", part, f->said);
    }
}

/* The page that is pushed, as it is seen. */
static inline void
desk_sees(struct front *f, const char *part)
{
    struct canvas *c = canvas_new(DESK_ROWS, DESK_COLS, false);

    assert_non_null(f->page);
    f->page->ops->draw(f->page, c, canvas_box(c));
    char *text = canvas_dump(c);
    if (strstr(text, part) == NULL) {
        fail_msg("«%s» is not in\n%s", part, text);
    }
    free(text);
    canvas_free(c);
}

static inline void
desk_act(struct front *f, enum act act)
{
    assert_non_null(f->page);
    assert_true(f->page->ops->act(f->page, act));
    desk_bury(f);
}

static inline void
desk_propose(struct front *f, const char *action)
{
    struct strv hosts = {0};

    strv_add(&hosts, "here");
    work_propose(f->work, action, &hosts);
    strv_clear(&hosts);
}

/* Proposed, and started or queued at once. */
static inline void
desk_do(struct front *f, const char *action, enum act act)
{
    desk_propose(f, action);
    desk_act(f, act);
}

static inline void
desk_answer(struct front *f, bool yes)
{
    assert_non_null(f->question);
    free(f->question);
    f->question = NULL;
    f->answer(f->answer_arg, yes);
}

#endif
