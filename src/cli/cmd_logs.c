/*
 * cmd_logs.c - what the hosts of a run said.
 *
 * Decides what is printed of a host that has no log.  Reads only.  Bytes are escaped on a terminal
 * unless --raw.
 */
#include "base/escape.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/past.h"
#include "config/nearest.h"
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

    if (len > 0) {
        p->line_open = bytes[len - 1] != '\n';
    }
    if (!p->escaped) {
        return fwrite(bytes, 1, len, stdout) == len ? 0 : 1;
    }
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        const size_t part = end != NULL ? (size_t)(end - bytes) : len;
        print_line(bytes, part);
        if (end != NULL) {
            putchar('\n');
        }
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

    if (titled) {
        printf("==> %s <==\n", host);
    }
    rc = hostlog_read(dir, run->env, run->id, host, print_piece, &p, err);
    free(dir);
    if (rc >= 0 && titled && p.line_open) {
        putchar('\n');
    }
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
        if (hosts.rows[i].outcome == OUTCOME_UNTOUCHED) {
            continue;
        }
        if (print_host(c, run, hosts.rows[i].name, true, &mine) == 0) {
            continue;
        }
        if (mine.kind == ERR_NO_MATCH) {
            continue; /* it said nothing */
        }
        rc = err_set(err, mine.kind, "%s", mine.text);
    }
    host_list_release(&hosts);
    return rc;
}

/* A host without a log said nothing, if the run had it at all. */
static int
tell_silent(struct store *s, const struct run_row *run, const char *host, struct err *err)
{
    struct host_list hosts = {0};
    const char **names;
    const char *near;
    bool found = false;

    if (history_hosts(s, run->id, &hosts, err) != 0) {
        return -1;
    }
    names = xcalloc(hosts.count, sizeof(*names));
    for (size_t i = 0; i < hosts.count; i++) {
        names[i] = hosts.rows[i].name;
        found = found || strcmp(names[i], host) == 0;
    }
    near = found ? NULL : nearest_word(host, names, hosts.count);
    if (found) {
        fprintf(stderr, "%s said nothing in run %s\n", host, run->id);
    } else if (near != NULL) {
        err_set(err, ERR_NO_MATCH, "no host '%s' in run %s; did you mean %s?", host, run->id, near);
    } else {
        err_set(err, ERR_NO_MATCH, "no host '%s' in run %s", host, run->id);
    }
    free(names);
    host_list_release(&hosts);
    return found ? 0 : -1;
}

static int
print_one(const struct cli *c, struct store *s, const struct run_row *run, struct err *err)
{
    const char *host = cli_word(c, 1);
    struct err mine = {0};

    if (host == NULL) {
        return print_all(c, s, run, err);
    }
    if (print_host(c, run, host, false, &mine) == 0) {
        return 0;
    }
    if (mine.kind == ERR_NO_MATCH) {
        return tell_silent(s, run, host, err);
    }
    return err_set(err, mine.kind, "%s", mine.text);
}

int
cmd_logs(struct cli *c, struct err *err)
{
    struct store *s = past_open(c->root, err);
    struct run_list runs = {0};
    int rc = -1;

    if (s != NULL) {
        rc = past_find(c->root, s, cli_word(c, 0), &runs, err);
    }
    if (rc == 0 && runs.count == 0) {
        fputs("no run yet\n", stderr);
    } else if (rc == 0) {
        rc = print_one(c, s, &runs.rows[0], err);
    }
    run_list_release(&runs);
    store_close(s);
    return rc;
}
