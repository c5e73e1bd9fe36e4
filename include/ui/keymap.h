/*
 * keymap.h - which key means what where: the one table for dispatch, for the bar below, for help
 * and for the `:` line.
 *
 * A key belongs to one or more places; the first row that fits counts.  ACT_FILTER asks for words
 * that rows must have (with a `!` before them: must not), ACT_SEARCH for words to go to.  What a
 * page does with an act is its own business; what nobody takes is told as not possible there.
 */
#ifndef UI_KEYMAP_H
#define UI_KEYMAP_H

#include "base/buf.h"
#include "ui/key.h"

#include <stdbool.h>
#include <stddef.h>

/* Where a key is pressed: bits. */
enum where {
    AT_ENVS = 1 << 0,
    AT_SERVERS = 1 << 1,
    AT_SERVER = 1 << 2, /* the details of one */
    AT_RUN = 1 << 3,
    AT_HISTORY = 1 << 4,
    AT_CHART = 1 << 5, /* one run looked back at */
    AT_SETTINGS = 1 << 6,
    AT_LOG = 1 << 7,  /* debug.log */
    AT_TEXT = 1 << 8, /* any longer text: output of a host, help */
    AT_FORM = 1 << 9,
    AT_ASK = 1 << 10,     /* a question */
    AT_CONFIRM = 1 << 11, /* what an action would do, before it does */
    AT_ALL = (1 << 12) - 1,
    AT_LISTS = AT_ENVS | AT_SERVERS | AT_RUN | AT_HISTORY | AT_SETTINGS,
};

enum act {
    ACT_NONE,
    /* moving */
    ACT_UP,
    ACT_DOWN,
    ACT_PAGE_UP,
    ACT_PAGE_DOWN,
    ACT_TOP,
    ACT_BOTTOM,
    ACT_LEFT,
    ACT_RIGHT,
    ACT_ENTER, /* into, or yes */
    ACT_BACK,  /* out of, or no */
    /* pages */
    ACT_PAGE_ENVS,
    ACT_PAGE_SERVERS,
    ACT_PAGE_RUN,
    ACT_PAGE_HISTORY,
    ACT_PAGE_SETTINGS,
    ACT_PAGE_LOG,
    ACT_NEXT_PAGE,
    ACT_PREVIOUS_PAGE,
    ACT_HELP,
    ACT_COMMAND,
    ACT_QUIT,
    ACT_INTERRUPT,
    ACT_REDRAW,
    ACT_SUSPEND,
    ACT_REFRESH,
    /* lists and texts */
    ACT_MARK,
    ACT_MARK_ALL,
    ACT_FILTER,
    ACT_SEARCH,
    ACT_SORT,
    ACT_SORT_REVERSE,
    ACT_SEARCH_NEXT,
    ACT_SEARCH_PREVIOUS,
    ACT_FOLLOW,
    ACT_FULL_SCREEN,
    /* things */
    ACT_ADD,
    ACT_EDIT,
    ACT_DELETE,
    /* servers */
    ACT_CHECK,
    ACT_PROVISION,
    ACT_DEPLOY,
    ACT_UPDATE,
    ACT_ROLLBACK_ACTION,
    ACT_RUN_ACTION,
    ACT_TEST,
    ACT_TEST_MARKED,
    ACT_LOGS,
    ACT_BROWSE,
    /* the queue */
    ACT_QUEUE,
    ACT_START_STOP,
    ACT_CLEAR_QUEUE,
    /* the run under way */
    ACT_PAUSE,
    ACT_CONTINUE,
    ACT_PROMOTE,
    ACT_ABORT,
    ACT_KILL,
    ACT_ROLL_BACK,
    ACT_SKIP,
    ACT_RETRY,
    ACT_MORE_WORKERS,
    ACT_FEWER_WORKERS,
    /* of a run that is over */
    ACT_RETRY_FAILED,
    ACT_NEARER,
    ACT_FARTHER,
};
enum { ACTS = ACT_FARTHER + 1 };

struct binding {
    unsigned where; /* of enum where */
    struct key key; /* NONE: only by its word */
    enum act act;
    const char *word; /* for the `:` line, or NULL */
    const char *hint; /* for the bar below, short; NULL: not there */
    const char *help; /* a sentence; NULL: another row of the same act has it */
};

extern const struct binding keymap[];
extern const size_t keymap_count;

/* Whether a key that was pressed is that of a row; what was pasted is none. */
bool keymap_is(const struct key *row, const struct key *k);
/* What a key means at a place (one bit); NULL: nothing. */
const struct binding *keymap_find(enum where at, const struct key *k);
/* The row with this word, or a unique beginning of it, at a place; NULL. */
const struct binding *keymap_word(enum where at, const char *word);
/* The words there are at a place, at most max; returns how many. */
size_t keymap_words(enum where at, const char *ret_words[], size_t max);
/* "Envs", "Servers": a place in the head of help. */
const char *where_name(enum where at);
/* Append what is possible at a place, then what is everywhere: a line an act, with its keys, its
 * word and its help. */
void keymap_help(enum where at, struct buf *out);

#endif
