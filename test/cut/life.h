/*
 * life.h - whole lives of SSH sessions against a real sshd, each through a proxy that cuts it.
 *
 * A life is: connect, a step with output, an upload, two steps more, disconnect.  What the pool
 * told of it is noted and not judged.  There is one set of them in a process.
 */
#ifndef TEST_CUT_LIFE_H
#define TEST_CUT_LIFE_H

#include "base/err.h"
#include "core/fact.h"
#include "cut/proxy.h"
#include "ssh/target.h"

#include <stdbool.h>

struct zygote; /* proc/zygote.h */

enum { LIFE_STEPS = 4, LIFE_PATH_MAX = 160, LIFE_MARK_SIZE = 4, LIFE_UPLOAD = 1 };

enum answer { ANSWER_NONE, ANSWER_DONE, ANSWER_NOT_STARTED, ANSWER_UNKNOWN };
enum { ANSWERS = ANSWER_UNKNOWN + 1 };

/* One session. */
struct life {
    struct cut_plan plan;
    bool ahead;      /* it is said of each step how many follow */
    struct cut *cut; /* owned while it lasts */
    struct target target;
    int asked; /* steps */
    int answered;
    enum answer answers[LIFE_STEPS];
    int exit_code;
    bool connected;
    bool throttled;
    enum cause cause;
    char text[ERR_TEXT_MAX];      /* of the end of the session */
    char step_text[ERR_TEXT_MAX]; /* of the last answer */
    const char *end;              /* NULL: not yet */
    int ends;
    int odd; /* callbacks that should not have come */
    bool was_cut;
    enum cut_phase phase;
    bool eof_given;
    int seen[CUT_WAYS];
};

/* Start the sshd in a folder of its own, and the pool; zygote is borrowed.  -1: it does not start.
 */
int lives_start(struct zygote *zygote);
/* 0 when nothing is left of them. */
int lives_stop(void);

void lives_forget(void); /* those that were planned */
/* ahead: the channels of the next steps are sent ahead. */
void lives_plan(const struct cut_plan *plan, bool ahead);
/* Run all that are planned to their ends; -1: one has none. */
int lives_run(void);
int lives_count(void);
const struct life *life_at(int id);
/* The file that a step of the life leaves on the target: LIFE_MARK_SIZE bytes each time it runs. */
void life_mark(int id, int step, char ret_path[LIFE_PATH_MAX]);

#endif
