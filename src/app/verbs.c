/*
 * verbs.c - what may be asked of a run, as a line.
 *
 * Decides which words there are and what stands behind each.  Owns nothing; whether a verb fits the
 * run is the core's to say.
 */
#include "app/verbs.h"

#include "base/buf.h"
#include "base/escape.h"
#include "config/nearest.h"
#include "core/policy.h"

#include <stdbool.h>
#include <string.h>

enum { SHOWN_BYTES = 60, NUMBER_DIGITS = 5 };

static const enum verb_operand operands[] = {
    [VERB_PAUSE] = OPERAND_NONE, [VERB_CONTINUE] = OPERAND_NONE, [VERB_PROMOTE] = OPERAND_NONE,
    [VERB_ABORT] = OPERAND_NONE, [VERB_KILL] = OPERAND_NONE,     [VERB_ROLLBACK] = OPERAND_NONE,
    [VERB_SKIP] = OPERAND_HOST,  [VERB_RETRY] = OPERAND_HOST,    [VERB_WORKERS] = OPERAND_NUMBER,
};
_Static_assert(sizeof(operands) / sizeof(operands[0]) == VERBS, "say what stands behind a verb");

enum verb_operand
verb_operand(enum verb v)
{
    return operands[v];
}

/* The verb of this name, or -1. */
static int
verb_find(const char *name)
{
    for (int v = 0; v < VERBS; v++) {
        if (strcmp(verb_name((enum verb)v), name) == 0) {
            return v;
        }
    }
    return -1;
}

static int
complain(const char *word, struct err *err)
{
    const char *words[VERBS + 2];
    struct buf shown;

    for (int v = 0; v < VERBS; v++) {
        words[v] = verb_name((enum verb)v);
    }
    words[VERBS] = "status";
    words[VERBS + 1] = "watch";
    const char *near = nearest_word(word, words, VERBS + 2);
    buf_init(&shown, 4 * SHOWN_BYTES + 1);
    escape_line(&shown, word, strnlen(word, SHOWN_BYTES));
    (void)err_set(err, ERR_USAGE, "there is no verb '%s'%s%s%s", shown.data,
                  near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                  near != NULL ? "?" : "");
    buf_release(&shown);
    return -1;
}

static int
read_number(const char *text, int32_t *ret, struct err *err)
{
    const size_t len = strlen(text);
    int32_t n = 0;

    for (size_t i = 0; i < len && len <= NUMBER_DIGITS; i++) {
        if (text[i] < '0' || text[i] > '9') {
            n = POLICY_WORKERS_MAX + 1;
            break;
        }
        n = n * 10 + (text[i] - '0');
    }
    if (len == 0 || len > NUMBER_DIGITS || n > POLICY_WORKERS_MAX) {
        return err_set(err, ERR_USAGE, "workers: expected a number from 0 to %d",
                       (int)POLICY_WORKERS_MAX);
    }
    *ret = n;
    return 0;
}

static int
read_operand(struct asked_verb *a, const char *rest, struct err *err)
{
    const char *name = verb_name(a->verb);

    switch (verb_operand(a->verb)) {
    case OPERAND_NONE:
        return rest == NULL ? 0 : err_set(err, ERR_USAGE, "nothing stands behind %s", name);
    case OPERAND_HOST:
        if (rest == NULL || rest[0] == '\0') {
            return err_set(err, ERR_USAGE, "%s needs the name of a host", name);
        }
        a->host = rest;
        return 0;
    case OPERAND_NUMBER:
        return read_number(rest == NULL ? "" : rest, &a->number, err);
    }
    return -1;
}

/* rest: what is behind the space after the first word; NULL: nothing. */
static int
read_words(const char *word, const char *rest, struct asked_verb *ret, struct err *err)
{
    struct asked_verb a = {.ask = ASK_VERB};
    const int verb = verb_find(word);

    if (verb >= 0) {
        a.verb = (enum verb)verb;
    } else if (strcmp(word, "status") == 0 || strcmp(word, "watch") == 0) {
        a.ask = word[0] == 's' ? ASK_STATUS : ASK_WATCH;
    } else {
        return complain(word, err);
    }
    if (a.ask != ASK_VERB && rest != NULL) {
        return err_set(err, ERR_USAGE, "nothing stands behind %s", word);
    }
    if (a.ask == ASK_VERB && read_operand(&a, rest, err) != 0) {
        return -1;
    }
    *ret = a;
    return 0;
}

int
verbs_read(const char *line, size_t len, struct asked_verb *ret, struct err *err)
{
    enum { WORD_BYTES = 16 };
    bool plain = true;
    const char *space;
    char word[WORD_BYTES];

    for (size_t i = 0; i < len; i++) {
        plain = plain && (unsigned char)line[i] >= ' ' && line[i] != '\x7f';
    }
    if (!plain) {
        return err_set(err, ERR_USAGE, "a line of text was expected");
    }
    space = strchr(line, ' ');
    const size_t word_len = space == NULL ? len : (size_t)(space - line);
    if (word_len >= sizeof(word)) {
        return complain(line, err);
    }
    memcpy(word, line, word_len);
    word[word_len] = '\0';
    return read_words(word, space == NULL ? NULL : space + 1, ret, err);
}
