/*
 * cmd_logs.c - what the hosts of a run said.
 *
 * Decides which run is meant: an environment's newest, or a run by its id or the beginning of it.
 * Reads only.  Bytes are escaped on a terminal unless --raw.
 */
#include "base/escape.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/past.h"
#include "cli/place.h"
#include "store/hostlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct print {
    bool escaped;
    bool line_open;
};

static void
print_line(const char *bytes, size_t len)
{
    struct buf b;

    buf_init(&b, 12 * len + 1);
    escape_terminal(&b, bytes, len);
    fwrite(b.data, 1, b.len, stdout);
    buf_release(&b);
}

static int
print_piece(void *arg, const char *bytes, size_t len)
{
    struct print *p = arg;

    if (len > 0)
        p->line_open = bytes[len - 1] != '\n';
    if (!p->escaped)
        return fwrite(bytes, 1, len, stdout) == len ? 0 : 1;
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        const size_t part = end != NULL ? (size_t)(end - bytes) : len;
        print_line(bytes, part);
        if (end != NULL)
            putchar('\n');
        bytes += part + (end != NULL);
        len -= part + (end != NULL);
    }
    return ferror(stdout) ? 1 : 0;
}

static int
print_host(const struct cli *c, const struct run_row *run, const char *host, bool titled,
           struct err *err)
{
    struct print p = {.escaped = cli_escapes(stdout) && !c->options.raw};
    char *dir = xasprintf("%s/var/log", c->root);
    int rc;

    if (titled)
        printf("==> %s <==\n", host);
    rc = hostlog_read(dir, run->env, run->id, host, print_piece, &p, err);
    free(dir);
    if (rc >= 0 && titled && p.line_open)
        putchar('\n');
    return rc < 0 ? -1 : 0;
}

/* All hosts of the run that have a log. */
static int
print_all(const struct cli *c, struct store *s, const struct run_row *run, struct err *err)
{
    struct host_list hosts = {0};
    int rc = history_hosts(s, run->id, &hosts, err);

    for (size_t i = 0; rc == 0 && i < hosts.count; i++) {
        struct err mine = {0};
        if (hosts.rows[i].outcome == OUTCOME_UNTOUCHED)
            continue;
        if (print_host(c, run, hosts.rows[i].name, true, &mine) == 0)
            continue;
        if (mine.kind == ERR_NO_MATCH)
            continue; /* it said nothing */
        rc = err_set(err, mine.kind, "%s", mine.text);
    }
    host_list_release(&hosts);
    return rc;
}

static int
find_run(const struct cli *c, struct store *s, struct run_list *ret_runs, struct err *err)
{
    const char *word = cli_word(c, 0);
    struct strv envs = {0};
    bool is_env;

    place_envs(c->root, &envs);
    is_env = word != NULL && strv_has(&envs, word);
    strv_clear(&envs);
    if (word != NULL && !is_env)
        return history_find(s, word, ret_runs, err);
    if (history_runs(s, word, 1, ret_runs, err) != 0)
        return -1;
    if (ret_runs->count == 0)
        return err_set(err, ERR_NO_MATCH, "no run yet");
    return 0;
}

int
cmd_logs(struct cli *c, struct err *err)
{
    struct store *s = past_open(c->root, err);
    struct run_list runs = {0};
    int rc = -1;

    if (s == NULL || find_run(c, s, &runs, err) != 0)
        goto out;
    rc = cli_word(c, 1) != NULL ? print_host(c, &runs.rows[0], cli_word(c, 1), false, err)
                                : print_all(c, s, &runs.rows[0], err);
out:
    run_list_release(&runs);
    store_close(s);
    return rc;
}
