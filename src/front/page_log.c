/*
 * page_log.c - debug.log, or the file of --log-file, followed.
 *
 * Decides how much of it is kept, and what `:worker` and `:host` filter.  Owns the tail.
 */
#include "front/follow.h"
#include "front/tail.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LAST_BYTES = 256 * 1024, /* of what is there when it is opened */
    LINES_MAX = 100000,
    BYTES_MAX = 16 << 20,
    DIGITS_MAX = 6,
};

struct log_page {
    struct follow follow; /* first: the two are cast into each other */
    struct tail *tail;    /* owned */
};

static int64_t
log_next(void *arg, char *bytes, size_t size, bool *ret_anew, struct err *err)
{
    struct log_page *l = arg;
    const int64_t got = tail_next(l->tail, bytes, size, ret_anew, err);

    l->follow.state = tail_is_there(l->tail) ? NULL : "there is none yet";
    return got;
}

static bool
is_number(const char *text)
{
    const size_t len = strspn(text, "0123456789");

    return len > 0 && len <= DIGITS_MAX && text[len] == '\0';
}

/* `worker 3` and `host web-01`, as a filter of whole words; with nothing behind it: no filter. */
static bool
log_command(struct page *p, const char *word, const char *rest)
{
    const bool worker = strcmp(word, "worker") == 0;
    char *filter;

    if (!worker && strcmp(word, "host") != 0) {
        return false;
    }
    if (rest[0] == '\0') {
        follow_filter(p, "", false);
        return true;
    }
    if (worker ? !is_number(rest) : strpbrk(rest, "\" ") != NULL) {
        front_say(p->front, LOOK_WARN, ":%s takes %s", word,
                  worker ? "a number: `:worker 3`" : "one name: `:host web-01`");
        return true;
    }
    filter = xasprintf("\"%s%s\"", worker ? "Worker " : "", rest);
    follow_filter(p, filter, false);
    free(filter);
    return true;
}

static void
log_free(struct page *p)
{
    struct log_page *l = (struct log_page *)p;

    follow_release(&l->follow);
    tail_free(l->tail);
    free(l);
}

struct page *
page_log_new(struct front *f)
{
    static const struct page_ops ops = {
        .where = AT_LOG,
        .title = "Log",
        .draw = follow_draw,
        .key = follow_key,
        .act = follow_act,
        .possible = follow_possible,
        .filter = follow_filter,
        .search = follow_search,
        .command = log_command,
        .tick = follow_tick,
        .free = log_free,
    };
    const struct cli *c = front_cli(f);
    struct log_page *l = xcalloc(1, sizeof(*l));
    const struct follow_source source = {.next = log_next, .arg = l};
    char *path = c->options.log_file != NULL ? xstrdup(c->options.log_file)
                                             : xasprintf("%s/debug.log", c->root);

    follow_init(&l->follow, f, &ops, &source, path, LINES_MAX, BYTES_MAX);
    pager_color(l->follow.pager, view_log_look);
    l->tail = tail_new(path, LAST_BYTES);
    free(path);
    return &l->follow.page;
}
