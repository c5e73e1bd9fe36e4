/*
 * confirm.c - the question before a run that changes something.
 *
 * Decides what counts as yes: y or yes, and nothing that only begins so.  Owns nothing.  Never
 * asks where nobody sits.
 */
#include "cli/confirm.h"

#include "cli/command.h"

#include <string.h>
#include <strings.h>

enum { ANSWER_BYTES = 16 };

static bool
is_yes(char *answer)
{
    answer[strcspn(answer, "\r\n")] = '\0';
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

int
confirm_ask(const struct question *q, struct err *err)
{
    char answer[ANSWER_BYTES] = "";

    if (!q->answered) {
        return err_set(err, ERR_USAGE, "%s, and nobody can be asked here: give --yes",
                       q->why != NULL ? q->why : "config.yml says confirm: true");
    }
    if (q->text != NULL) {
        cli_print(q->out, q->text);
    } else {
        fprintf(q->out, "%s on %zu host%s of ", q->action, q->hosts, q->hosts == 1 ? "" : "s");
        cli_print(q->out, q->env);
    }
    fputs("? [y/N] ", q->out);
    fflush(q->out);
    if (fgets(answer, sizeof(answer), q->in) == NULL) {
        fputc('\n', q->out); /* Ctrl-D leaves the cursor behind the question */
    }
    if (!is_yes(answer)) {
        return err_set(err, ERR_USAGE, "not confirmed; %s",
                       q->undone != NULL ? q->undone : "nothing was started");
    }
    return 0;
}
