/*
 * front_command.c - the `:` line: words of the key table, of the page, and a few of our own.
 *
 * Decides what a word means and what could stand there.  Owns nothing.  What is said first: a word
 * with something behind it belongs to the page if it wants it; any beginning that is unique will
 * do.
 */
#include "front/front_state.h"

#include "base/xalloc.h"
#include "cli/place.h"
#include "config/action.h"
#include "config/nearest.h"
#include "config/settings.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_LISTED_MAX = 256, HOSTS_LISTED_MAX = 2000, LISTED_BYTES = 512 };

/* ---------------------------------------------------------------- words of our own */

static void
do_open(struct front *f, const char *rest)
{
    if (front_open_env(f, rest)) {
        front_go(f, AT_SERVERS);
    }
}

static void
do_mark(struct front *f, const char *rest)
{
    struct err err = {0};

    if (front_env(f) == NULL) {
        front_say(f, LOOK_WARN, "no environment is open");
    } else if (front_mark_pattern(f, rest, &err) != 0) {
        front_say(f, LOOK_BAD, "%s", err.text);
    }
}

static void
do_run(struct front *f, const char *rest)
{
    struct strv names = {0};

    if (front_env(f) != NULL) {
        front_chosen(f, &names);
    }
    if (names.count > 0) {
        work_propose(f->work, rest, &names);
    } else {
        front_say(f, LOOK_WARN, "%s: %s", rest,
                  front_env(f) == NULL ? "no environment is open" : "there is no server");
    }
    strv_clear(&names);
}

static void
do_filter(struct front *f, const char *rest)
{
    struct page *p = front_top(f);
    const bool without = rest[0] == '!';

    if (p->ops->filter == NULL) {
        front_say(f, LOOK_WARN, "nothing can be filtered here");
    } else {
        p->ops->filter(p, rest + without, without);
    }
}

static void
list_envs(struct front *f, struct strv *ret)
{
    place_envs(f->cli->root, ret);
}

static void
list_actions(struct front *f, struct strv *ret)
{
    const struct loaded *l = front_env(f);

    if (l != NULL) {
        action_names(f->cli->root, l->env_dir, ret);
    }
}

/* Groups and hosts; of very many hosts the first ones. */
static void
list_hosts(struct front *f, struct strv *ret)
{
    const struct loaded *l = front_env(f);
    const struct strv *groups = l == NULL ? NULL : inventory_groups(l->inventory);

    for (size_t i = 0; groups != NULL && i < groups->count; i++) {
        strv_add(ret, groups->items[i]);
    }
    for (size_t i = 0; l != NULL && i < inventory_count(l->inventory) && i < HOSTS_LISTED_MAX;
         i++) {
        strv_add(ret, inventory_host(l->inventory, i)->name);
    }
}

static void
list_keys(struct front *f, struct strv *ret)
{
    const char *key, *preset, *doc;

    (void)f;
    for (size_t i = 0; i < settings_row(SIZE_MAX, &key, &preset, &doc); i++) {
        (void)settings_row(i, &key, &preset, &doc);
        strv_add(ret, key);
    }
}

struct own {
    const char *word;
    const char *what; /* has to stand behind it */
    void (*fn)(struct front *f, const char *rest);
    void (*list)(struct front *f, struct strv *ret); /* what could; NULL: not known */
    const char *help;
};

static const struct own owns[] = {
    {"open", "ENV", do_open, list_envs, "Open an environment."},
    {"run", "ACTION", do_run, list_actions, "Any action, for the marked servers; asks first."},
    {"mark", "PATTERN", do_mark, list_hosts, "Mark servers as `-l` selects them: web:!web-01."},
    {"set", "KEY VALUE", front_set, list_keys, "A key of config.yml of the open environment."},
    {"filter", "WORDS", do_filter, NULL, "Only rows with these words; `!` before them: without."},
};
enum { OWNS = sizeof(owns) / sizeof(owns[0]) };

static const struct own *
own_of(const char *word)
{
    for (size_t i = 0; i < OWNS; i++) {
        if (strcmp(owns[i].word, word) == 0) {
            return &owns[i];
        }
    }
    return NULL;
}

void
command_help(struct buf *out)
{
    (void)buf_adds(out, "\nOn the `:` line\n");
    for (size_t i = 0; i < OWNS; i++) {
        char *text = xasprintf(":%s %s", owns[i].word, owns[i].what);
        (void)buf_addf(out, "  %-28s %s\n", text, owns[i].help);
        free(text);
    }
}

/* ---------------------------------------------------------------- what a word means */

/* The row with just this word. */
static const struct binding *
row_of(struct front *f, const char *word)
{
    const struct binding *b = keymap_word(front_top(f)->ops->where, word);

    return b != NULL && strcmp(b->word, word) == 0 ? b : NULL;
}

/* All words there are here, each once. */
static void
list_words(struct front *f, struct strv *ret)
{
    const char *words[WORDS_LISTED_MAX];
    const size_t count = keymap_words(front_top(f)->ops->where, words, WORDS_LISTED_MAX);

    for (size_t i = 0; i < count; i++) {
        if (!strv_has(ret, words[i])) {
            strv_add(ret, words[i]);
        }
    }
    for (size_t i = 0; i < OWNS; i++) {
        if (!strv_has(ret, owns[i].word)) {
            strv_add(ret, owns[i].word);
        }
    }
}

static void
keep_beginning(struct strv *v, const char *text)
{
    struct strv kept = {0};

    for (size_t i = 0; i < v->count; i++) {
        if (strncmp(v->items[i], text, strlen(text)) == 0) {
            strv_add(&kept, v->items[i]);
        }
    }
    strv_clear(v);
    *v = kept;
}

static void
tell_several(struct front *f, const char *word, const struct strv *words)
{
    struct buf list;

    buf_init(&list, LISTED_BYTES);
    for (size_t i = 0; i < words->count; i++) {
        (void)buf_addf(&list, "%s%s", i == 0 ? "" : ", ", words->items[i]);
    }
    front_say(f, LOOK_WARN, "%s is short for several: %s", word, list.data);
    buf_release(&list);
}

/* The word that is meant by a beginning of it; NULL, and it was told why not.  The caller frees
 * it. */
static char *
whole_word(struct front *f, const char *word)
{
    struct strv words = {0};
    struct strv all = {0};
    char *found = NULL;

    list_words(f, &words);
    list_words(f, &all);
    keep_beginning(&words, word);
    if (words.count == 1) {
        found = xstrdup(words.items[0]);
    } else if (words.count > 1) {
        tell_several(f, word, &words);
    } else {
        const char *near = nearest_word(word, (const char *const *)all.items, all.count);
        front_say(f, LOOK_WARN, "there is no :%.60s here%s%s%s", word,
                  near != NULL ? "; did you mean :" : "", near != NULL ? near : "",
                  near != NULL ? "?" : "");
    }
    strv_clear(&words);
    strv_clear(&all);
    return found;
}

static void
run_whole(struct front *f, const char *word, const char *rest)
{
    const struct own *own = own_of(word);
    const struct binding *row = row_of(f, word);

    if (own != NULL && rest[0] != '\0') {
        own->fn(f, rest);
    } else if (row != NULL && rest[0] == '\0') {
        front_act(f, row);
    } else if (row != NULL) {
        front_say(f, LOOK_WARN, ":%s takes nothing more", word);
    } else if (own != NULL) {
        front_say(f, LOOK_WARN, ":%s %s", word, own->what);
    }
}

void
command_run(struct front *f, const char *text)
{
    struct page *p = front_top(f);
    char *line = xstrdup(text + strspn(text, " "));
    size_t len = strlen(line);

    while (len > 0 && line[len - 1] == ' ') {
        line[--len] = '\0';
    }
    const size_t word_len = strcspn(line, " ");
    char *rest = line + word_len + strspn(line + word_len, " ");
    char *word = xstrndup(line, word_len);
    const bool is_row = row_of(f, word) != NULL && rest[0] == '\0';
    if (len > 0 && (is_row || p->ops->command == NULL || !p->ops->command(p, word, rest))) {
        const bool known = row_of(f, word) != NULL || own_of(word) != NULL;
        char *whole = known ? xstrdup(word) : whole_word(f, word);
        if (whole != NULL) {
            run_whole(f, whole, rest);
        }
        free(whole);
    }
    free(word);
    free(line);
    front_changed(f);
}

size_t
command_complete(struct front *f, const char *text, struct strv *ret)
{
    const size_t begin = strspn(text, " ");
    const size_t word_len = strcspn(text + begin, " ");
    size_t at = begin;

    if (text[begin + word_len] == '\0') {
        list_words(f, ret);
    } else {
        char *word = xstrndup(text + begin, word_len);
        const struct own *own = own_of(word);
        at = begin + word_len + strspn(text + begin + word_len, " ");
        if (own != NULL && own->list != NULL) {
            own->list(f, ret);
        }
        free(word);
    }
    keep_beginning(ret, text + at);
    strv_sort(ret);
    return at;
}
