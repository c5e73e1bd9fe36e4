/*
 * other.c - the run that another process has under way on the open environment.
 *
 * Decides by the environment's lock whether there is one.  Owns the connections to it.  Never
 * waits.
 */
#include "front/other.h"

#include "front/onlooker.h"
#include "front/work.h"

#include "app/verbs.h"
#include "base/xalloc.h"
#include "store/lock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct other {
    struct front *f;           /* borrowed */
    struct onlooker *onlooker; /* owned; NULL: nothing is seen of it */
    struct snapshot known;     /* what the lock says; env NULL: there is none */
    char *note;                /* owned: why nothing is seen; or NULL */
    char *asked;               /* owned: the line that a question is about */
};

struct other *
other_new(struct front *f)
{
    struct other *o = xcalloc(1, sizeof(*o));

    o->f = f;
    o->known = snapshot_empty();
    return o;
}

static void
forget(struct other *o)
{
    onlooker_free(o->onlooker);
    o->onlooker = NULL;
    snapshot_release(&o->known);
    free(o->note);
    o->note = NULL;
}

void
other_free(struct other *o)
{
    if (o == NULL) {
        return;
    }
    forget(o);
    free(o->asked);
    free(o);
}

/* ---------------------------------------------------------------- is there one */

static void
on_news(void *arg)
{
    struct other *o = arg;

    front_changed(o->f);
}

static bool
is_known(const struct other *o, const struct lock_holder *h)
{
    return o->known.run != NULL && strcmp(o->known.run, h->run) == 0 &&
           (o->onlooker == NULL || !onlooker_is_over(o->onlooker));
}

static void
begin(struct other *o, const struct lock_holder *h, const char *env)
{
    struct err err = {0};

    forget(o);
    o->known.run = xstrdup(h->run);
    o->known.env = xstrdup(env);
    o->known.action = xstrdup(h->what[0] != '\0' ? h->what : "a run");
    o->known.pid = h->pid;
    if (h->run[0] != '\0') {
        o->onlooker =
            onlooker_new(front_base(o->f), front_cli(o->f)->root, h->run, on_news, o, &err);
        o->note = o->onlooker == NULL ? xstrdup(err.text) : NULL;
    }
}

const struct snapshot *
other_seen(const struct other *o)
{
    if (o->known.env == NULL) {
        return NULL;
    }
    return o->onlooker != NULL && onlooker_seen(o->onlooker) != NULL ? onlooker_seen(o->onlooker)
                                                                     : &o->known;
}

/* It is not shown any more: what it came to. */
static void
say_over(struct other *o)
{
    const struct snapshot *s = other_seen(o);

    if (s == NULL) {
        return;
    }
    if (s->exit_code < 0) {
        front_say(o->f, LOOK_PLAIN, "%s %s of another process is over: see History", s->action,
                  s->env);
    } else {
        front_say(o->f, s->exit_code == 0 ? LOOK_OK : LOOK_BAD,
                  "%s %s of another process is over, exit %d: see History", s->action, s->env,
                  (int)s->exit_code);
    }
}

void
other_look(struct other *o, bool keep)
{
    const char *env = front_env_name(o->f);
    struct lock_holder holder = {0};
    char *dir;
    bool held;

    if (work_run(front_work(o->f)) != NULL || env == NULL) {
        forget(o);
        return;
    }
    dir = xasprintf("%s/var", front_cli(o->f)->root);
    held = lock_probe(dir, env, &holder, NULL) == 1 && holder.pid != getpid();
    free(dir);
    if (held && !is_known(o, &holder)) {
        begin(o, &holder, env);
    } else if (!held && !(keep && o->onlooker != NULL && onlooker_seen(o->onlooker) != NULL)) {
        say_over(o);
        forget(o);
    }
}

const char *
other_note(const struct other *o)
{
    return o->note;
}

/* ---------------------------------------------------------------- verbs */

static void
on_answered(void *arg, bool ok, const char *text)
{
    struct other *o = arg;

    front_say(o->f, ok ? LOOK_OK : LOOK_BAD, "%s", text);
}

static void
say(struct other *o)
{
    struct err err = {0};

    if (o->onlooker == NULL || onlooker_is_over(o->onlooker)) {
        front_say(o->f, LOOK_WARN, "the run cannot be reached");
    } else if (onlooker_say(o->onlooker, o->asked, on_answered, o, &err) != 0) {
        front_say(o->f, LOOK_BAD, "%s", err.text);
    }
}

static void
on_yes(void *arg, bool yes)
{
    if (yes) {
        say(arg);
    }
}

static char *
line_of(enum verb verb, const char *host, int32_t number)
{
    switch (verb_operand(verb)) {
    case OPERAND_HOST:
        return xasprintf("%s %s", verb_name(verb), host);
    case OPERAND_NUMBER:
        return xasprintf("%s %d", verb_name(verb), (int)number);
    case OPERAND_NONE:
        break;
    }
    return xstrdup(verb_name(verb));
}

void
other_verb(struct other *o, enum verb verb, const char *host, int32_t number)
{
    const char *question = work_question(verb);

    if (verb_operand(verb) == OPERAND_HOST && host == NULL) {
        front_say(o->f, LOOK_WARN, "%s: which host? type :%s HOST", verb_name(verb),
                  verb_name(verb));
        return;
    }
    if (question != NULL) {
        front_ask(o->f, question, NULL, on_yes, o); /* one that is open is answered first */
    }
    free(o->asked);
    o->asked = line_of(verb, host, number);
    if (question == NULL) {
        say(o);
    }
}
