/*
 * front_ask.c - questions over a page.
 *
 * Decides what a key answers.  Owns the question that is open.  Every question is answered once:
 * with no, if anything comes between.
 */
#include "front/front_state.h"

#include "base/xalloc.h"
#include "ui/view_ask.h"

#include <stdlib.h>
#include <string.h>

static void
answer(struct front *f, bool yes)
{
    struct question q = f->question;

    f->question = (struct question){.kind = ASK_NONE};
    if (q.answer != NULL) {
        q.answer(q.arg, yes);
    }
    free(q.text);
    free(q.word);
    front_changed(f);
}

void
ask_cancel(struct front *f)
{
    if (f->question.kind != ASK_NONE) {
        answer(f, false);
    }
}

static void
ask(struct front *f, enum question_kind kind, const char *text, const char *word)
{
    ask_cancel(f);
    f->question.kind = kind;
    f->question.text = xstrdup(text);
    f->question.word = word == NULL ? NULL : xstrdup(word);
    input_set(&f->question.typed, "");
    front_changed(f);
}

void
front_ask(struct front *f, const char *text, const char *word, void (*fn)(void *arg, bool yes),
          void *arg)
{
    ask(f, word == NULL ? ASK_KEY : ASK_WORD, text, word);
    f->question.answer = fn;
    f->question.arg = arg;
}

void
ask_leave(struct front *f)
{
    char *text = xasprintf("%s of %s is under way.\n\n"
                           "l  leaves the screen; the run goes on here, told in plain lines.\n"
                           "a  starts no further host, and leaves when those in flight are done.",
                           work_action(f->work), work_env(f->work));

    ask(f, ASK_LEAVE, text, NULL);
    free(text);
}

/* ---------------------------------------------------------------- keys */

static void
key_of_word(struct front *f, const struct key *k)
{
    struct question *q = &f->question;

    if (k->code == KEYC_ESC) {
        answer(f, false);
    } else if (k->code != KEYC_ENTER) {
        (void)input_key(&q->typed, k);
    } else if (!k->pasted && strcmp(q->typed.text, q->word) == 0) {
        answer(f, true);
    } else {
        front_say(f, LOOK_WARN, "type the name as it is, or Esc");
    }
}

static void
key_of_leave(struct front *f, const struct key *k)
{
    const bool is_plain = k->code == KEYC_CHAR && !k->ctrl && !k->alt && !k->pasted;
    const bool is_over = work_run(f->work) == NULL; /* since it was asked */

    if (is_plain && (k->ch == 'l' || k->ch == 'a')) {
        answer(f, false);
        if (is_over) {
            front_leave(f, 0);
        } else if (k->ch == 'l') {
            front_detach(f);
        } else {
            (void)work_interrupt(f->work);
            work_leave_when_over(f->work);
        }
    } else if (k->code == KEYC_ESC || (is_plain && (k->ch == 's' || k->ch == 'n'))) {
        answer(f, false);
    }
}

void
ask_key(struct front *f, const struct key *k)
{
    if (f->question.kind == ASK_WORD) {
        key_of_word(f, k);
    } else if (f->question.kind == ASK_LEAVE) {
        key_of_leave(f, k);
    } else {
        const struct binding *b = keymap_find(AT_ASK, k);
        if (b != NULL && (b->act == ACT_ENTER || b->act == ACT_BACK)) {
            answer(f, b->act == ACT_ENTER);
        }
    }
    front_changed(f);
}

void
ask_draw(struct front *f, struct canvas *c, struct box box)
{
    static const struct view_hint keys[] = {{"y", "yes", ACT_ENTER}, {"n", "no", ACT_BACK}};
    static const struct view_hint words[] = {{"Enter", "do it", ACT_ENTER},
                                             {"Esc", "no", ACT_BACK}};
    static const struct view_hint leave[] = {
        {"l", "leave", ACT_NONE}, {"a", "abort", ACT_NONE}, {"Esc", "stay", ACT_BACK}};
    struct question *q = &f->question;
    struct view_ask v = {.text = q->text, .word = q->word, .typed = &q->typed};

    switch (q->kind) {
    case ASK_NONE:
        return;
    case ASK_KEY:
        v.choices = keys;
        v.choice_count = sizeof(keys) / sizeof(keys[0]);
        break;
    case ASK_WORD:
        v.choices = words;
        v.choice_count = sizeof(words) / sizeof(words[0]);
        break;
    case ASK_LEAVE:
        v.choices = leave;
        v.choice_count = sizeof(leave) / sizeof(leave[0]);
        break;
    }
    view_ask_draw(&v, c, box);
}
