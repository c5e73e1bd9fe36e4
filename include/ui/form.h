/*
 * form.h - fields that are filled in, each told right or wrong as it is typed.
 */
#ifndef UI_FORM_H
#define UI_FORM_H

#include "base/err.h"
#include "ui/canvas.h"
#include "ui/key.h"

#include <stdbool.h>
#include <stddef.h>

enum { FORM_FIELDS_MAX = 32 };

struct form_field {
    const char *name;   /* static */
    const char *help;   /* one line for the field under the cursor; static or borrowed */
    const char *preset; /* shown dim where nothing is typed; or NULL */
    const char *const
        *choices; /* NULL-terminated: Left, Right and Space change it; NULL: free text */
    bool hidden;  /* shown as `*` */
    bool fixed;   /* shown, not to be changed */
    /* -1 and what is wrong with the text, for people, without the name of the field; NULL: all is
     * right. */
    int (*check)(void *arg, const char *text, struct err *err);
};

struct form;

/* fields: borrowed.  values: as they begin, one a field, NULL is "". */
struct form *form_new(const char *title, const struct form_field *fields, size_t count,
                      const char *const *values, void *check_arg);
void form_free(struct form *f); /* NULL is fine */

/* Whether a key is one of a form; others (F1, the mouse, Ctrl-C) are the key table's. */
bool form_takes(const struct key *k);

enum form_result { FORM_GOES_ON, FORM_DONE, FORM_CANCELLED };
/* Typing, Tab and arrows between fields; Enter on the last one or on any with all right: DONE
 * (refused, with the cursor on the first wrong one, while something is wrong); Esc: CANCELLED,
 * asked once more where something was changed. */
enum form_result form_key(struct form *f, const struct key *k);
const char *form_value(const struct form *f, size_t field);
bool form_changed(const struct form *f);
/* Go to a field, and show what is wrong with it. */
void form_go(struct form *f, size_t field);
size_t form_at(const struct form *f); /* the field under the cursor */
/* Something is wrong with the whole, told below the fields until the next key; NULL: nothing. */
void form_blame(struct form *f, const char *text);
/* Something to be known, which keeps nobody from going on; stays until it is set anew. */
void form_note(struct form *f, const char *text);
void form_draw(struct form *f, struct canvas *c, struct box box);

#endif
