/*
 * page_setting.c - one key of config.yml while its value is typed or chosen, over the Settings
 * page.
 *
 * Decides what a key press means meanwhile.  What would do is asked with each of them.  Owns the
 * text.
 */
#include "base/xalloc.h"
#include "config/settings.h"
#include "front/page_settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct setting_page {
    struct page page;          /* first: the two are cast into each other */
    struct settings_page *all; /* borrowed: lives as long as the screen does */
    const char *key;           /* static */
    struct input input;
    const char *const *choices; /* static; NULL: any text */
    size_t choice;
    char *wrong; /* owned; NULL: it would do */
};

static struct setting_page *
mine(struct page *p)
{
    return (struct setting_page *)p;
}

static const char *
value_of(const struct setting_page *s)
{
    return s->choices != NULL ? s->choices[s->choice] : s->input.text;
}

static void
blame(struct setting_page *s, const char *text)
{
    free(s->wrong);
    s->wrong = text == NULL ? NULL : xstrdup(text);
}

static void
check(struct setting_page *s)
{
    struct err err = {0};

    blame(s, edit_check_setting(s->key, value_of(s), &err) < 0 ? err.text : NULL);
}

/* ---------------------------------------------------------------- keys */

static size_t
count_choices(const struct setting_page *s)
{
    size_t n = 1; /* there is always one */

    while (s->choices[n] != NULL) {
        n++;
    }
    return n;
}

/* The next one that begins with this letter. */
static void
choose_letter(struct setting_page *s, uint32_t ch)
{
    const size_t count = count_choices(s);

    for (size_t i = 1; i <= count; i++) {
        const size_t n = (s->choice + i) % count;
        if ((uint32_t)(unsigned char)s->choices[n][0] == ch) {
            s->choice = n;
            return;
        }
    }
}

static void
choose(struct setting_page *s, const struct key *k)
{
    const size_t count = count_choices(s);

    if (k->code == KEYC_LEFT || k->code == KEYC_UP || k->code == KEYC_BACKTAB) {
        s->choice = (s->choice + count - 1) % count;
    } else if (k->code == KEYC_RIGHT || k->code == KEYC_DOWN || k->code == KEYC_TAB ||
               (k->code == KEYC_CHAR && k->ch == ' ')) {
        s->choice = (s->choice + 1) % count;
    } else if (k->code == KEYC_CHAR && !k->ctrl && !k->alt) {
        choose_letter(s, k->ch);
    }
}

static void
enter(struct setting_page *s)
{
    struct err err = {0};

    check(s);
    if (s->wrong != NULL) {
        return;
    }
    if (settings_write(s->all, s->key, value_of(s), &err) < 0) {
        blame(s, settings_near_root(s->all, err.text));
    } else {
        front_pop(s->page.front);
    }
}

static bool
setting_key(struct page *p, const struct key *k)
{
    struct setting_page *s = mine(p);

    if (k->code == KEYC_ESC) {
        front_pop(p->front);
    } else if (k->code == KEYC_ENTER) {
        if (!k->pasted) {
            enter(s);
        }
    } else if (s->choices != NULL) {
        choose(s, k);
        check(s);
    } else if (input_key(&s->input, k)) {
        check(s);
    }
    front_changed(p->front);
    return true; /* nothing else is meant by a key while one types */
}

/* There is one field: no next one. */
static bool
setting_possible(struct page *p, enum act act)
{
    (void)p;
    return act != ACT_DOWN;
}

/* ---------------------------------------------------------------- showing */

static void
setting_draw(struct page *p, struct canvas *c, struct box box)
{
    struct setting_page *s = mine(p);
    const struct view_setting_edit edit = {
        .input = &s->input, .choices = s->choices, .choice = s->choice, .wrong = s->wrong};
    const struct view_settings v = settings_view(s->all, &edit);

    s->all->drawn = box;
    view_settings_draw(&v, c, box);
}

static void
setting_subtitle(struct page *p, char *ret, size_t size)
{
    struct page *all = &mine(p)->all->page;

    all->ops->subtitle(all, ret, size);
}

static void
setting_free(struct page *p)
{
    free(mine(p)->wrong);
    free(p);
}

/* The one of the choices that a value is: `yes` is true. */
static size_t
choice_of(const char *const *choices, const char *value)
{
    static const char *const trues[] = {"yes", "on", "true"};

    for (size_t i = 0; choices[i] != NULL; i++) {
        if (strcasecmp(choices[i], value) == 0) {
            return i;
        }
    }
    for (size_t i = 0; i < sizeof(trues) / sizeof(trues[0]); i++) {
        if (choices[0] != NULL && choices[1] != NULL && strcasecmp(trues[i], value) == 0 &&
            strcmp(choices[1], "true") == 0) {
            return 1;
        }
    }
    return 0;
}

struct page *
page_setting_new(struct settings_page *all)
{
    static const struct page_ops ops = {
        .where = AT_FORM,
        .title = "Settings",
        .draw = setting_draw,
        .subtitle = setting_subtitle,
        .key = setting_key,
        .possible = setting_possible,
        .free = setting_free,
    };
    const char *key = "", *preset = NULL, *doc = "";
    const char *value = "";
    size_t i = 0;

    if (!settings_at(all, &i)) {
        return NULL;
    }
    struct setting_page *s = xcalloc(1, sizeof(*s));
    (void)settings_row(i, &key, &preset, &doc);
    if (all->read[i].text != NULL) {
        value = all->read[i].text;
    } else if (preset != NULL) {
        value = preset;
    }
    s->page = (struct page){.ops = &ops, .front = all->page.front};
    s->all = all;
    s->key = key;
    s->choices = settings_choices(i);
    if (s->choices != NULL) {
        s->choice = choice_of(s->choices, value);
    }
    input_set(&s->input, value);
    if (value[0] != '\0') {
        check(s);
    }
    return &s->page;
}
