/*
 * cmd_ctl.c - a word to a run that is under way: pause, continue, promote, abort, kill, ...
 *
 * Decides which run is meant and what must be confirmed.  Owns the connection to it.  What the verb
 * may do is the run's to say; its answer is printed as it comes.
 */
#include "app/verbs.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/link.h"
#include "cli/running.h"
#include "cli/snapshot_read.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MS = 10000 };

/* The line of the words behind ENV, read as the run will read it; the caller's, also on errors. */
static int
line_of(const struct cli *c, struct asked_verb *ret, char **ret_line, struct err *err)
{
    const char *env = cli_word(c, 0);
    const char *operand = cli_word(c, 2);

    *ret_line = xasprintf("%s%s%s", cli_word(c, 1), operand != NULL ? " " : "",
                          operand != NULL ? operand : "");
    if (verbs_read(*ret_line, strlen(*ret_line), ret, err) != 0) {
        return -1;
    }
    if (ret->ask != ASK_VERB) {
        return err_set(err, ERR_USAGE, "that is `" CLI_NAME " status %s%s`", env,
                       ret->ask == ASK_WATCH ? " --watch" : "");
    }
    return 0;
}

static int
no_answer(const struct running *r, enum heard heard, struct err *err)
{
    if (heard == HEARD_END) {
        return err_set(err, ERR_IO, "the run %s ended before it answered", r->id);
    }
    return err_set(err, ERR_IO, "the run %s (pid %lld) does not answer", r->id, (long long)r->pid);
}

static int
reach(struct link *l, const struct cli *c, const struct running *r, struct err *err)
{
    struct err why = {0};
    bool none = false;

    if (link_open(l, c->root, r->id, &none, &why) == 0) {
        return 0;
    }
    if (!none) {
        return err_set(err, why.kind, "%s", why.text);
    }
    return err_set(err, ERR_IO,
                   "run %s has no control socket, or none yet; signals reach it: kill -TERM %lld "
                   "aborts it, a second one kills",
                   r->id, (long long)r->pid);
}

/* How many hosts are in flight. */
static int
count_in_flight(const struct cli *c, const struct running *r, int *ret_count, struct err *err)
{
    struct link l = {.fd = -1};
    struct snapshot s = snapshot_empty();
    char *line = NULL;
    int rc = reach(&l, c, r, err);

    if (rc == 0) {
        link_ask(&l, "status");
        const enum heard heard = link_hear(&l, ANSWER_MS, -1, &line);
        rc = heard != HEARD_LINE ? no_answer(r, heard, err)
                                 : snapshot_read(line, strlen(line), &s, err);
    }
    if (rc == 0) {
        *ret_count = s.active;
        snapshot_release(&s);
    }
    free(line);
    link_close(&l);
    return rc;
}

/* What cuts hosts off, or undoes what was done, is asked first where somebody sits.  The run is not
 * kept waiting for the answer. */
static int
confirm(const struct cli *c, const struct running *r, enum verb verb, struct err *err)
{
    struct question q = {
        .in = stdin, .out = stderr, .undone = "nothing was done", .answered = true};
    int active = 0;

    if (c->options.yes || (verb != VERB_KILL && verb != VERB_ROLLBACK) ||
        isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1) {
        return 0;
    }
    if (count_in_flight(c, r, &active, err) != 0) {
        return -1;
    }
    char *text = verb == VERB_KILL
                     ? xasprintf("kill %s of %s: cut off %d host%s in flight", r->action, r->env,
                                 active, active == 1 ? "" : "s")
                     : xasprintf("halt %s of %s, and roll back every host it has changed",
                                 r->action, r->env);
    q.text = text;
    const int rc = confirm_ask(&q, err);
    free(text);
    return rc;
}

/* "ok TEXT" or "no TEXT" */
static int
print_answer(const char *line, struct err *err)
{
    if (strncmp(line, "ok ", 3) == 0) {
        cli_print(stdout, line + 3);
        putchar('\n');
        return 0;
    }
    if (strncmp(line, "no ", 3) == 0) {
        return err_set(err, ERR_USAGE, "no: %s", line + 3);
    }
    return err_set(err, ERR_IO, "the run answered what is no answer: %.80s", line);
}

static int
speak(const struct cli *c, const struct running *r, const char *line, struct err *err)
{
    struct link l = {.fd = -1};
    char *answer = NULL;
    int rc = reach(&l, c, r, err);

    if (rc == 0) {
        link_ask(&l, line);
        const enum heard heard = link_hear(&l, ANSWER_MS, -1, &answer);
        rc = heard != HEARD_LINE ? no_answer(r, heard, err) : print_answer(answer, err);
    }
    free(answer);
    link_close(&l);
    return rc;
}

int
cmd_ctl(struct cli *c, struct err *err)
{
    struct running r = {0};
    struct asked_verb asked;
    char *line = NULL;
    int rc = line_of(c, &asked, &line, err);

    if (rc == 0) {
        rc = running_find(c, cli_word(c, 0), &r, err);
        if (rc == 0) {
            rc = err_set(err, ERR_NO_MATCH, "no run of %s is under way", cli_word(c, 0));
        } else if (rc == 1) {
            rc = confirm(c, &r, asked.verb, err) == 0 ? speak(c, &r, line, err) : -1;
        }
    }
    running_release(&r);
    free(line);
    return rc;
}
