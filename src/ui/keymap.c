/*
 * keymap.c - the table of keys, and how it is searched.
 *
 * Decides what a key means where.  Owns nothing.  Never acts.
 */
#include "ui/keymap.h"

#include <stdio.h>
#include <string.h>

/* Where something is scrolled; where nothing is typed or asked. */
enum {
    AT_SCROLLED = AT_LISTS | AT_SERVER | AT_CHART | AT_LOG | AT_TEXT | AT_CONFIRM,
    AT_SORTED = (AT_LISTS & ~AT_SETTINGS) | AT_CHART,
    AT_SIDEWAYS = AT_SCROLLED & ~(AT_CHART | AT_SETTINGS | AT_CONFIRM),
    AT_PAGES = AT_ALL & ~(AT_FORM | AT_ASK),
};

const struct binding keymap[] = {
    {AT_ENVS,
     {.code = KEYC_ENTER},
     ACT_ENTER,
     NULL,
     "open",
     "Open the environment under the cursor."},
    {AT_ENVS, {.code = KEYC_CHAR, .ch = 'n'}, ACT_ADD, "new", "new", "Make a new environment."},
    {AT_ENVS,
     {.code = KEYC_CHAR, .ch = 'D'},
     ACT_DELETE,
     "delete",
     "delete",
     "Delete the environment; asks, and tells what goes."},
    {AT_ENVS,
     {.code = KEYC_CHAR, .ch = 'e'},
     ACT_EDIT,
     NULL,
     "settings",
     "Its settings (config.yml), whether it can be opened or not."},
    {AT_SERVERS,
     {.code = KEYC_ENTER},
     ACT_ENTER,
     NULL,
     "details",
     "All that is known of the server: every variable, and where it comes from."},
    {AT_SERVERS,
     {.code = KEYC_CHAR, .ch = ' '},
     ACT_MARK,
     NULL,
     "mark",
     "Mark it, or not any more."},
    {AT_SERVERS,
     {.code = KEYC_CHAR, .ch = 'a'},
     ACT_MARK_ALL,
     "all",
     "all",
     "Mark all that are shown; none, if all are."},
    {AT_SERVERS | AT_SERVER,
     {.code = KEYC_CHAR, .ch = 'd'},
     ACT_DEPLOY,
     "deploy",
     "deploy",
     "Deploy to the marked servers (else the one under the cursor); asks first."},
    {AT_SERVERS | AT_SERVER,
     {.code = KEYC_CHAR, .ch = 'p'},
     ACT_PROVISION,
     "provision",
     "provision",
     "Provision them."},
    {AT_SERVERS | AT_SERVER,
     {.code = KEYC_CHAR, .ch = 'v'},
     ACT_CHECK,
     "check",
     "verify",
     "Look at them, change nothing (check)."},
    {AT_SERVERS | AT_SERVER,
     {.code = KEYC_CHAR, .ch = 'u'},
     ACT_UPDATE,
     "update",
     NULL,
     "Update them."},
    {AT_SERVERS | AT_SERVER,
     {.code = KEYC_CHAR, .ch = 'B'},
     ACT_ROLLBACK_ACTION,
     "back",
     NULL,
     "Roll them back, each to the release it had before."},
    {AT_SERVERS | AT_SERVER,
     {.code = KEYC_CHAR, .ch = 'A'},
     ACT_RUN_ACTION,
     "run",
     NULL,
     "Any other action: type its name."},
    {AT_SERVERS | AT_SERVER,
     {.code = KEYC_CHAR, .ch = 't'},
     ACT_TEST,
     "test",
     "test",
     "Log in to this server, and take the time."},
    {AT_SERVERS,
     {.code = KEYC_CHAR, .ch = 'T'},
     ACT_TEST_MARKED,
     "testall",
     NULL,
     "The same of all that are marked, side by side."},
    {AT_SERVERS | AT_SERVER | AT_RUN,
     {.code = KEYC_CHAR, .ch = 'l'},
     ACT_LOGS,
     "logs",
     "logs",
     "What the server said in its last run."},
    {AT_SERVERS | AT_SERVER,
     {.code = KEYC_CHAR, .ch = 'o'},
     ACT_BROWSE,
     "browse",
     NULL,
     "Open it in the browser: its variable `url`, else http, its address and app_port."},
    {AT_SERVERS | AT_SERVER | AT_SETTINGS,
     {.code = KEYC_CHAR, .ch = 'e'},
     ACT_EDIT,
     "edit",
     "edit",
     "Edit it."},
    {AT_SERVERS,
     {.code = KEYC_CHAR, .ch = 'n'},
     ACT_ADD,
     "add",
     "add",
     "Add a server to the inventory."},
    {AT_SERVERS | AT_SERVER,
     {.code = KEYC_CHAR, .ch = 'D'},
     ACT_DELETE,
     "delete",
     NULL,
     "Take the server out of the inventory; asks first."},
    {AT_SETTINGS, {.code = KEYC_ENTER}, ACT_ENTER, NULL, NULL, "Edit it."},
    {AT_SETTINGS,
     {.code = KEYC_CHAR, .ch = 'D'},
     ACT_DELETE,
     "unset",
     "default",
     "Back to the default: take the key out of config.yml; asks first."},
    {AT_RUN,
     {.code = KEYC_ENTER},
     ACT_ENTER,
     NULL,
     NULL,
     "The output of the host on the whole screen."},
    {AT_RUN,
     {.code = KEYC_CHAR, .ch = 'f'},
     ACT_FULL_SCREEN,
     "output",
     "output",
     "The output of the host on the whole screen."},
    {AT_RUN,
     {.code = KEYC_CHAR, .ch = 'p'},
     ACT_PAUSE,
     "pause",
     "pause",
     "Start no further host until it is continued."},
    {AT_RUN, {.code = KEYC_CHAR, .ch = 'c'}, ACT_CONTINUE, "continue", "continue", "Go on."},
    {AT_RUN,
     {.code = KEYC_CHAR, .ch = 'm'},
     ACT_PROMOTE,
     "promote",
     "promote",
     "The canary, or the wave, is well: go on to the others."},
    {AT_RUN,
     {.code = KEYC_CHAR, .ch = 'A'},
     ACT_ABORT,
     "abort",
     "abort",
     "Start no new host; those in flight come to their end."},
    {AT_RUN,
     {.code = KEYC_CHAR, .ch = 'K'},
     ACT_KILL,
     "kill",
     NULL,
     "Kill the commands on the hosts; asks first."},
    {AT_RUN,
     {.code = KEYC_CHAR, .ch = 'B'},
     ACT_ROLL_BACK,
     "rollback",
     NULL,
     "Halt, and take back what was done; asks first."},
    {AT_RUN,
     {.code = KEYC_CHAR, .ch = 'S'},
     ACT_SKIP,
     "skip",
     NULL,
     "Leave out the host under the cursor."},
    {AT_RUN,
     {.code = KEYC_CHAR, .ch = 'R'},
     ACT_RETRY,
     "retry",
     "retry",
     "The host under the cursor once more; of a run that is over, all that are not there yet."},
    {AT_RUN,
     {.code = KEYC_CHAR, .ch = '+'},
     ACT_MORE_WORKERS,
     "workers",
     NULL,
     "A worker more (`:workers N` says how many)."},
    {AT_RUN, {.code = KEYC_CHAR, .ch = '='}, ACT_MORE_WORKERS, NULL, NULL, NULL},
    {AT_RUN, {.code = KEYC_CHAR, .ch = '-'}, ACT_FEWER_WORKERS, NULL, NULL, "A worker less."},
    {AT_HISTORY,
     {.code = KEYC_ENTER},
     ACT_ENTER,
     NULL,
     "open",
     "The run: who was in which slot when, and how each host ended."},
    {AT_CHART,
     {.code = KEYC_ENTER},
     ACT_ENTER,
     NULL,
     "log",
     "What the host under the cursor said."},
    {AT_HISTORY | AT_CHART,
     {.code = KEYC_CHAR, .ch = 'R'},
     ACT_RETRY_FAILED,
     "again",
     "retry",
     "The run once more, for the hosts that are not there yet; asks first."},
    {AT_CHART, {.code = KEYC_LEFT}, ACT_LEFT, NULL, NULL, "The host before in the same slot."},
    {AT_CHART, {.code = KEYC_RIGHT}, ACT_RIGHT, NULL, NULL, "The host behind it in the same slot."},
    {AT_CHART,
     {.code = KEYC_CHAR, .ch = '+'},
     ACT_NEARER,
     "nearer",
     "nearer",
     "Half of the time on the whole width, around the cursor."},
    {AT_CHART, {.code = KEYC_CHAR, .ch = '='}, ACT_NEARER, NULL, NULL, NULL},
    {AT_CHART, {.code = KEYC_CHAR, .ch = '-'}, ACT_FARTHER, "farther", NULL, "Twice the time."},
    {AT_ENVS | AT_HISTORY | AT_CHART | AT_SETTINGS,
     {.code = KEYC_CHAR, .ch = 'l'},
     ACT_LOGS,
     "logs",
     NULL,
     "The log: of the host, else debug.log."},
    {AT_LOG | AT_TEXT | AT_SERVER,
     {.code = KEYC_CHAR, .ch = 'n'},
     ACT_SEARCH_NEXT,
     NULL,
     "next",
     "The next place that was searched for."},
    {AT_LOG | AT_TEXT | AT_SERVER,
     {.code = KEYC_CHAR, .ch = 'N'},
     ACT_SEARCH_PREVIOUS,
     NULL,
     NULL,
     "The one before."},
    {AT_LOG | AT_TEXT | AT_SERVER,
     {.code = KEYC_CHAR, .ch = 'F'},
     ACT_FOLLOW,
     "follow",
     "follow",
     "Stay at the end as lines come, or not."},
    {AT_LOG | AT_TEXT | AT_SERVER,
     {.code = KEYC_CHAR, .ch = '/'},
     ACT_SEARCH,
     NULL,
     "search",
     "Search."},
    {AT_LOG,
     {.code = KEYC_CHAR, .ch = '&'},
     ACT_FILTER,
     "filter",
     "filter",
     "Only lines with these words; `!` before them: without; `:worker 3`, `:host web-01`: of one."},
    {AT_TEXT | AT_SERVER,
     {.code = KEYC_CHAR, .ch = '&'},
     ACT_FILTER,
     "filter",
     "filter",
     "Only lines with these words; `!` before them: without."},
    {AT_LISTS | AT_CHART,
     {.code = KEYC_CHAR, .ch = '/'},
     ACT_FILTER,
     "filter",
     "filter",
     "Only rows with these words; `/!` without."},
    {AT_SORTED, {.code = KEYC_CHAR, .ch = '>'}, ACT_SORT, "sort", NULL, "Sort by the next column."},
    {AT_SORTED,
     {.code = KEYC_CHAR, .ch = '<'},
     ACT_SORT_REVERSE,
     "reverse",
     NULL,
     "The other way round."},
    {AT_ENVS | AT_SERVERS | AT_SERVER | AT_RUN,
     {.code = KEYC_CHAR, .ch = 's'},
     ACT_START_STOP,
     "start",
     "start/stop",
     "Start the queue, one action after the other; or stop after the one under way."},
    {AT_ENVS | AT_SERVERS | AT_SERVER | AT_RUN,
     {.code = KEYC_CHAR, .ch = 'x'},
     ACT_CLEAR_QUEUE,
     "clear",
     NULL,
     "Empty the queue; asks first."},
    {AT_CONFIRM,
     {.code = KEYC_ENTER},
     ACT_ENTER,
     NULL,
     "start",
     "Start it; beside a run: queue it."},
    {AT_CONFIRM,
     {.code = KEYC_CHAR, .ch = 'w'},
     ACT_QUEUE,
     "queue",
     "queue",
     "Let it wait in the queue, which `s` starts."},
    {AT_FORM,
     {.code = KEYC_ENTER},
     ACT_ENTER,
     NULL,
     "save",
     "Save, if all is right; else on to the next field, or to the first that is wrong."},
    {AT_FORM, {.code = KEYC_TAB}, ACT_DOWN, NULL, "next", "The next field; Down too."},
    {AT_FORM, {.code = KEYC_BACKTAB}, ACT_UP, NULL, NULL, "The field before; Up too."},
    {AT_FORM,
     {.code = KEYC_ESC},
     ACT_BACK,
     NULL,
     "cancel",
     "Leave it; once more where something was typed."},
    {AT_ASK, {.code = KEYC_CHAR, .ch = 'y'}, ACT_ENTER, NULL, NULL, "Yes."},
    {AT_ASK, {.code = KEYC_CHAR, .ch = 'n'}, ACT_BACK, NULL, NULL, "No."},
    {AT_ASK, {.code = KEYC_ENTER}, ACT_ENTER, NULL, "yes", "Yes."},
    {AT_ASK, {.code = KEYC_ESC}, ACT_BACK, NULL, "no", "No."},
    {AT_SCROLLED, {.code = KEYC_UP}, ACT_UP, NULL, NULL, "Up."},
    {AT_SCROLLED, {.code = KEYC_CHAR, .ch = 'k'}, ACT_UP, NULL, NULL, NULL},
    {AT_SCROLLED, {.code = KEYC_DOWN}, ACT_DOWN, NULL, NULL, "Down."},
    {AT_SCROLLED, {.code = KEYC_CHAR, .ch = 'j'}, ACT_DOWN, NULL, NULL, NULL},
    {AT_SCROLLED, {.code = KEYC_PAGE_UP}, ACT_PAGE_UP, NULL, NULL, "A page up."},
    {AT_LOG | AT_TEXT, {.code = KEYC_CHAR, .ch = 'b'}, ACT_PAGE_UP, NULL, NULL, NULL},
    {AT_SCROLLED, {.code = KEYC_CHAR, .ch = 'b', .ctrl = true}, ACT_PAGE_UP, NULL, NULL, NULL},
    {AT_SCROLLED, {.code = KEYC_PAGE_DOWN}, ACT_PAGE_DOWN, NULL, NULL, "A page down."},
    {AT_LOG | AT_TEXT, {.code = KEYC_CHAR, .ch = ' '}, ACT_PAGE_DOWN, NULL, NULL, NULL},
    {AT_SCROLLED, {.code = KEYC_CHAR, .ch = 'f', .ctrl = true}, ACT_PAGE_DOWN, NULL, NULL, NULL},
    {AT_SCROLLED, {.code = KEYC_HOME}, ACT_TOP, "top", NULL, "To the beginning."},
    {AT_SCROLLED, {.code = KEYC_CHAR, .ch = 'g'}, ACT_TOP, NULL, NULL, NULL},
    {AT_SCROLLED, {.code = KEYC_END}, ACT_BOTTOM, "bottom", NULL, "To the end."},
    {AT_SCROLLED, {.code = KEYC_CHAR, .ch = 'G'}, ACT_BOTTOM, NULL, NULL, NULL},
    {AT_SIDEWAYS, {.code = KEYC_LEFT}, ACT_LEFT, NULL, NULL, "To the left."},
    {AT_SIDEWAYS, {.code = KEYC_RIGHT}, ACT_RIGHT, NULL, NULL, "To the right."},
    {AT_PAGES,
     {.code = KEYC_CHAR, .ch = '1'},
     ACT_PAGE_ENVS,
     "environments",
     NULL,
     "The environments."},
    {AT_PAGES,
     {.code = KEYC_CHAR, .ch = '2'},
     ACT_PAGE_SERVERS,
     "servers",
     NULL,
     "The servers of the open one."},
    {AT_PAGES,
     {.code = KEYC_CHAR, .ch = '3'},
     ACT_PAGE_RUN,
     "watch",
     NULL,
     "The run under way, or the last one."},
    {AT_PAGES, {.code = KEYC_CHAR, .ch = '4'}, ACT_PAGE_HISTORY, "history", NULL, "Earlier runs."},
    {AT_PAGES,
     {.code = KEYC_CHAR, .ch = '5'},
     ACT_PAGE_SETTINGS,
     "settings",
     NULL,
     "Every key of config.yml."},
    {AT_PAGES, {.code = KEYC_CHAR, .ch = '6'}, ACT_PAGE_LOG, "log", NULL, "debug.log."},
    {AT_PAGES, {.code = KEYC_TAB}, ACT_NEXT_PAGE, NULL, NULL, "The next page."},
    {AT_PAGES, {.code = KEYC_BACKTAB}, ACT_PREVIOUS_PAGE, NULL, NULL, "The page before."},
    {AT_PAGES,
     {.code = KEYC_CHAR, .ch = 'r'},
     ACT_REFRESH,
     "refresh",
     NULL,
     "Read everything again."},
    {AT_PAGES, {.code = KEYC_CHAR, .ch = '?'}, ACT_HELP, "help", "help", "This help."},
    {AT_PAGES, {.code = KEYC_F1}, ACT_HELP, NULL, NULL, NULL},
    {AT_PAGES,
     {.code = KEYC_CHAR, .ch = ':'},
     ACT_COMMAND,
     NULL,
     NULL,
     "A command: `:deploy`, `:workers 5`, `:mark web-*`; Tab completes it."},
    {AT_PAGES, {.code = KEYC_ESC}, ACT_BACK, NULL, NULL, "Back; ends a filter first."},
    {AT_SERVER | AT_CHART | AT_TEXT | AT_CONFIRM,
     {.code = KEYC_CHAR, .ch = 'q'},
     ACT_BACK,
     NULL,
     "back",
     NULL},
    {AT_SERVER | AT_CHART | AT_TEXT | AT_CONFIRM,
     {.code = KEYC_NONE},
     ACT_QUIT,
     "quit",
     NULL,
     "Leave; asks where a run is under way."},
    {AT_PAGES, {.code = KEYC_BACKSPACE}, ACT_BACK, NULL, NULL, NULL},
    {AT_PAGES & ~(AT_SERVER | AT_CHART | AT_TEXT | AT_CONFIRM),
     {.code = KEYC_CHAR, .ch = 'q'},
     ACT_QUIT,
     "quit",
     "quit",
     "Leave; asks where a run is under way."},
    {AT_ALL,
     {.code = KEYC_CHAR, .ch = 'c', .ctrl = true},
     ACT_INTERRUPT,
     NULL,
     NULL,
     "A run under way: start no further host; again: kill; a third time: leave. Without one: "
     "end what is typed, else leave."},
    {AT_ALL,
     {.code = KEYC_CHAR, .ch = 'z', .ctrl = true},
     ACT_SUSPEND,
     NULL,
     NULL,
     "Back to the shell for a while; `fg` comes back."},
    {AT_ALL,
     {.code = KEYC_CHAR, .ch = 'l', .ctrl = true},
     ACT_REDRAW,
     NULL,
     NULL,
     "Draw the screen anew."},
};
const size_t keymap_count = sizeof(keymap) / sizeof(keymap[0]);

bool
keymap_is(const struct key *row, const struct key *k)
{
    if (row->code == KEYC_NONE || row->code != k->code || k->pasted) {
        return false;
    }
    if (row->ctrl != k->ctrl || row->alt != k->alt) {
        return false;
    }
    return k->code == KEYC_CHAR ? row->ch == k->ch : row->shift == k->shift;
}

const struct binding *
keymap_find(enum where at, const struct key *k)
{
    for (size_t i = 0; i < keymap_count; i++) {
        if ((keymap[i].where & (unsigned)at) != 0 && keymap_is(&keymap[i].key, k)) {
            return &keymap[i];
        }
    }
    return NULL;
}

const struct binding *
keymap_word(enum where at, const char *word)
{
    const size_t len = strlen(word);
    const struct binding *begins = NULL;
    size_t count = 0;

    for (size_t i = 0; i < keymap_count && len > 0; i++) {
        const struct binding *b = &keymap[i];
        if (b->word == NULL || (b->where & (unsigned)at) == 0 || strncmp(b->word, word, len) != 0) {
            continue;
        }
        if (b->word[len] == '\0') {
            return b;
        }
        begins = b;
        count++;
    }
    return count == 1 ? begins : NULL;
}

size_t
keymap_words(enum where at, const char *ret_words[], size_t max)
{
    size_t count = 0;

    for (size_t i = 0; i < keymap_count && count < max; i++) {
        if (keymap[i].word != NULL && (keymap[i].where & (unsigned)at) != 0) {
            ret_words[count++] = keymap[i].word;
        }
    }
    return count;
}

static const struct {
    enum where at;
    const char *name;
} places[] = {
    {AT_ENVS, "Envs"},         {AT_SERVERS, "Servers"}, {AT_SERVER, "Server"},
    {AT_RUN, "Run"},           {AT_HISTORY, "History"}, {AT_CHART, "One run"},
    {AT_SETTINGS, "Settings"}, {AT_LOG, "Log"},         {AT_TEXT, "Text"},
    {AT_FORM, "Form"},         {AT_ASK, "A question"},  {AT_CONFIRM, "Confirm"},
};

const char *
where_name(enum where at)
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (places[i].at == at) {
            return places[i].name;
        }
    }
    return "everywhere";
}

/* The keys of an act at a place, "Up, k"; of the rows from `from` on that say the same. */
static void
add_keys(struct buf *out, enum where at, size_t from)
{
    size_t count = 0;

    for (size_t i = from; i < keymap_count; i++) {
        const struct binding *b = &keymap[i];
        char name[16];
        if (b->act != keymap[from].act || (b->where & (unsigned)at) == 0 ||
            b->key.code == KEYC_NONE) {
            continue;
        }
        key_name(&b->key, name);
        (void)buf_addf(out, "%s%s", count++ == 0 ? "" : ", ", name);
    }
}

/* Whether an earlier row of the same place has told of this act. */
static bool
is_told(enum where at, size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (keymap[i].act == keymap[row].act && (keymap[i].where & (unsigned)at) != 0) {
            return true;
        }
    }
    return keymap[row].help == NULL;
}

enum { KEYS_WIDTH = 14, WORD_WIDTH = 13, HELP_WIDTH = 47, KEYS_BYTES = 256 };

/* Whole words, in lines of HELP_WIDTH: a screen of 80 columns has room for them. */
static void
help_text(struct buf *out, const char *text)
{
    const int indent = 2 + KEYS_WIDTH + 1 + WORD_WIDTH + 1;

    while (strlen(text) > HELP_WIDTH) {
        int len = HELP_WIDTH;
        while (len > 0 && text[len] != ' ') {
            len--;
        }
        len = len > 0 ? len : HELP_WIDTH;
        (void)buf_addf(out, "%.*s\n%*s", len, text, indent, "");
        text += len;
        text += strspn(text, " ");
    }
    (void)buf_addf(out, "%s\n", text);
}

static void
help_row(struct buf *out, enum where at, size_t row)
{
    const struct binding *b = &keymap[row];
    char word[32] = "";
    struct buf keys;

    buf_init(&keys, KEYS_BYTES);
    add_keys(&keys, at, row);
    if (b->word != NULL) {
        (void)snprintf(word, sizeof(word), ":%s", b->word);
    }
    if (keys.len > KEYS_WIDTH) { /* on a line of their own */
        (void)buf_addf(out, "  %s\n", keys.data);
        buf_clear(&keys);
    }
    (void)buf_addf(out, "  %-*s %-*s ", KEYS_WIDTH, keys.data, WORD_WIDTH, word);
    help_text(out, b->help);
    buf_release(&keys);
}

/* Rows for a few places, and those for most. */
static bool
is_wide(const struct binding *b)
{
    return (b->where & (unsigned)AT_LISTS) == (unsigned)AT_LISTS ||
           b->where == (unsigned)AT_SORTED || b->where == (unsigned)AT_SIDEWAYS ||
           b->where == (unsigned)AT_ALL || b->where == (unsigned)AT_PAGES ||
           b->where == (unsigned)AT_SCROLLED;
}

void
keymap_help(enum where at, struct buf *out)
{
    for (int wide = 0; wide < 2; wide++) {
        (void)buf_addf(out, "%s\n", wide == 0 ? where_name(at) : "\nEverywhere");
        for (size_t i = 0; i < keymap_count; i++) {
            if ((keymap[i].where & (unsigned)at) != 0 && is_wide(&keymap[i]) == (wide == 1) &&
                !is_told(at, i)) {
                help_row(out, at, i);
            }
        }
    }
}
