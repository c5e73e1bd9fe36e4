/*
 * template_state.h - what the files of the template share: a text being read, a value so far.
 *
 * Only template.c, template_read.c, template_filter.c and condition.c include this.
 */
#ifndef CONFIG_TEMPLATE_STATE_H
#define CONFIG_TEMPLATE_STATE_H

#include "config/template.h"

enum {
    NAME_SHOWN_MAX = 80,
    TEMPLATE_EXPRESSIONS_MAX = 100000, /* in one text, values included */
};

/* One value being rendered; the chain shows a value that leads back to itself. */
struct frame {
    const struct value *v;
    const struct frame *up;
    int depth;
};

/* A text being read. */
struct reader {
    const char *p;             /* next byte, NUL-terminated */
    const char *begun;         /* where the last `{` of the outermost text began */
    const struct scope *scope; /* NULL: check the syntax only */
    const char *context;
    const char *inside; /* what is being read, for messages: "{{ }}" */
    const struct frame *frame;
    bool shell;
    bool *secret; /* set where a secret goes in; NULL: nobody asks */
    int *left;    /* expressions that may still be read */
    struct err *err;
};

/* What an expression has come to so far. */
struct result {
    const struct value *v; /* borrowed, or owned below; NULL: undefined */
    struct value *owned;
    char *name;  /* as written, for messages; owned */
    char *why;   /* the message if it stays undefined; owned */
    bool safe;   /* quoted, or written in the template itself */
    bool secret; /* v, or what v was made of, must not be shown */
};

/* ---- template_read.c: the letters of an expression. */

/* What returns int or a value tells its error; read_word does not. */
void template_skip_blanks(struct reader *rd);
int template_bad_syntax(struct reader *rd, const char *expected);
char *template_read_word(struct reader *rd);            /* owned; NULL: none stands here */
struct value *template_read_string(struct reader *rd);  /* owned; 'text' or "text" */
struct value *template_read_literal(struct reader *rd); /* owned; a string or a whole number */
/* name.key[0]['key']: looked up in the scope where there is one. */
int template_read_path(struct reader *rd, struct result *r);

/* "a list", "a number", for messages. */
const char *template_kind_name(enum value_kind k);
void template_result_release(struct result *r);
void template_result_own(struct result *r, struct value *v); /* takes v */

/* ---- template.c: values */

/* Undefined and null end here; what is left is a scalar of plain text, or a list or dict. */
int template_settle(struct reader *rd, struct result *r);
int template_settle_text(struct reader *rd, struct result *r, struct buf *out);
/* The text of a scalar, rendered if it holds an expression of its own, opened if it is a vault.
 * *ret_secret is set to true if a secret went in, else left. */
int template_expand(struct reader *rd, const struct value *v, const char *name, struct buf *out,
                    bool *ret_secret);
/* Remember a text that must not be shown. */
void template_note_secret(const struct reader *rd, const char *text, size_t len);

/* ---- template_filter.c */

/* At a `|`: read one filter with its argument and put r through it. */
int template_apply_filter(struct reader *rd, struct result *r);

#endif
