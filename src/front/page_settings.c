/*
 * page_settings.c - every key of config.yml: what it is, where it stands, what it may be.
 *
 * Decides which environment is meant, and when the file is read again: when it has changed.  Owns
 * what was read.  Writes through config/edit.h, which keeps what people wrote.
 */
#include "front/page_settings.h"

#include "base/xalloc.h"
#include "config/settings.h"
#include "front/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct settings_page *
mine(struct page *p)
{
    return (struct settings_page *)p;
}

/* ---------------------------------------------------------------- keys */

/* Those that matter most come first, then all in the order of their groups. */
static void
order_keys(struct settings_page *s)
{
    static const char *const first[] = {"max_parallel_workers", "deployment_strategy",
                                        "provisioning_strategy"};
    enum { FIRST = sizeof(first) / sizeof(first[0]) };
    size_t n = 0;

    for (size_t i = 0; i < FIRST; i++) {
        s->index[n++] = settings_find(first[i]);
    }
    for (int g = 0; g < SETTINGS_GROUPS; g++) {
        for (size_t i = 0; i < s->count; i++) {
            const bool is_first = i == s->index[0] || i == s->index[1] || i == s->index[FIRST - 1];
            if (settings_group_of(i) == (enum settings_group)g && !is_first) {
                s->index[n++] = i;
            }
        }
    }
}

static void
fill_rows(struct settings_page *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct view_setting *row = &s->rows[i];
        const struct edit_setting *read = &s->read[s->index[i]];
        (void)settings_row(s->index[i], &row->key, &row->preset, &row->doc);
        row->group = settings_group_name(settings_group_of(s->index[i]));
        row->value = read->text;
        row->line = read->line;
        row->bad = read->bad;
    }
}

static bool
fits(const struct settings_page *s, const struct view_setting *row)
{
    char *text = xasprintf("%s %s %s %s", row->key, row->value == NULL ? "" : row->value, row->doc,
                           row->group);
    const bool is = words_fit(&s->filter, text, strlen(text));

    free(text);
    return is;
}

/* The cursor stays on its key, if that is still shown. */
static void
show_rows(struct settings_page *s)
{
    const size_t row = s->at < s->shown_count ? s->shown[s->at] : 0;

    s->shown_count = 0;
    s->at = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (fits(s, &s->rows[i])) {
            s->at = i <= row ? s->shown_count : s->at;
            s->shown[s->shown_count++] = i;
        }
    }
}

/* ---------------------------------------------------------------- reading */

static void
forget(struct settings_page *s)
{
    edit_settings_release(s->read);
    memset(s->read, 0, s->count * sizeof(*s->read));
    strv_clear(&s->mistakes);
    s->mistake_count = 0;
    free(s->env);
    free(s->path);
    free(s->file);
    s->env = s->path = s->file = NULL;
}

const char *
settings_near_root(const struct settings_page *s, const char *text)
{
    const char *root = front_cli(s->page.front)->root;
    const size_t len = strlen(root);

    return strncmp(text, root, len) == 0 && text[len] == '/' ? text + len + 1 : text;
}

static void
read_file(struct settings_page *s, const char *env)
{
    struct mistakes m = {0};
    char *name = xstrdup(env);

    forget(s);
    s->env = name;
    s->file = xasprintf("inventory/%s/config.yml", env);
    s->path = xasprintf("%s/%s", front_cli(s->page.front)->root, s->file);
    if (stat(s->path, &s->stamp) < 0) {
        s->stamp = (struct stat){0};
    }
    edit_settings_read(s->path, s->read, &m);
    for (size_t i = 0; i < m.errors.count; i++) {
        strv_add(&s->mistakes, settings_near_root(s, m.errors.items[i]));
    }
    s->mistake_count = (size_t)m.count;
    mistakes_release(&m);
    fill_rows(s);
    show_rows(s);
}

static bool
has_changed(const struct settings_page *s)
{
    struct stat st = {0};

    if (stat(s->path, &st) < 0) {
        st = (struct stat){0};
    }
    return st.st_ino != s->stamp.st_ino || st.st_size != s->stamp.st_size ||
           st.st_mtim.tv_sec != s->stamp.st_mtim.tv_sec ||
           st.st_mtim.tv_nsec != s->stamp.st_mtim.tv_nsec;
}

static void
fetch(struct settings_page *s)
{
    const char *env = s->asked != NULL ? s->asked : front_env_name(s->page.front);

    if (env == NULL) {
        forget(s);
    } else if (s->env == NULL || strcmp(s->env, env) != 0 || has_changed(s)) {
        read_file(s, env);
    }
}

static void
settings_tick(struct page *p, int64_t wall_ms)
{
    (void)wall_ms;
    fetch(mine(p));
}

/* ---------------------------------------------------------------- writing */

bool
settings_at(const struct settings_page *s, size_t *ret_index)
{
    if (s->env == NULL || s->at >= s->shown_count) {
        return false;
    }
    *ret_index = s->index[s->shown[s->at]];
    return true;
}

/* What holds now, and from when on. */
static void
tell_written(struct settings_page *s, const char *key)
{
    struct front *f = s->page.front;
    const struct edit_setting *now = &s->read[settings_find(key)];
    const char *env = work_env(front_work(f));
    const bool runs = work_run(front_work(f)) != NULL && env != NULL && strcmp(env, s->env) == 0;
    const char *until = runs ? "; the run under way keeps what it began with" : "";

    if (now->text != NULL) {
        front_say(f, LOOK_OK, "%s: %s stands in %s:%d%s", key, now->text, s->file, now->line,
                  until);
    } else {
        front_say(f, LOOK_OK, "%s is not in %s any more: the default counts%s", key, s->file,
                  until);
    }
}

int
settings_write(struct settings_page *s, const char *key, const char *value, struct err *err)
{
    struct front *f = s->page.front;
    const char *open = front_env_name(f);

    if (edit_setting(s->path, key, value, err) < 0) {
        return -1;
    }
    char *env = xstrdup(s->env);
    read_file(s, env);
    if (open != NULL && strcmp(open, env) == 0 && work_run(front_work(f)) == NULL) {
        front_reload_env(f); /* while a run is under way the tick sees when it may */
    }
    free(env);
    tell_written(s, key);
    front_changed(f);
    return 0;
}

static void
on_unset(void *arg, bool yes)
{
    struct settings_page *s = arg;
    struct err err = {0};

    if (yes && settings_write(s, s->unsetting, NULL, &err) < 0) {
        front_say(s->page.front, LOOK_BAD, "%s", settings_near_root(s, err.text));
    }
}

/* What somebody wrote goes, and perhaps a comment of theirs. */
static bool
unset_at(struct settings_page *s)
{
    struct front *f = s->page.front;
    size_t i = 0;

    if (!settings_at(s, &i)) {
        return false;
    }
    const struct view_setting *row = &s->rows[s->shown[s->at]];
    if (row->value == NULL) {
        front_say(f, LOOK_WARN, "%s is not in %s: the default counts already", row->key, s->file);
        return true;
    }
    char *text = xasprintf("Take %s out of %s:%d?\nIt is %.200s there; then the default counts: "
                           "%s.  A comment in its lines goes with it.",
                           row->key, s->file, row->line, row->value,
                           row->preset == NULL ? "unset" : row->preset);
    s->unsetting = row->key;
    front_ask(f, text, NULL, on_unset, s);
    free(text);
    return true;
}

/* `set KEY VALUE`, `unset KEY`. */
static bool
set_typed(struct settings_page *s, const char *word, const char *rest)
{
    struct front *f = s->page.front;
    const bool set = strcmp(word, "set") == 0;
    struct err err = {0};
    const size_t len = strcspn(rest, " :=");
    char *key = xstrndup(rest, len);
    const char *value = rest + len + strspn(rest + len, " :=");

    if (!set && (strcmp(word, "unset") != 0 || rest[0] == '\0')) {
        free(key);
        return false;
    }
    fetch(s);
    if (s->env == NULL) {
        front_say(f, LOOK_WARN, "no environment is open");
    } else if (len == 0 || (set && value[0] == '\0') || (!set && value[0] != '\0')) {
        front_say(f, LOOK_WARN, set ? ":set KEY VALUE" : ":unset KEY");
    } else if (settings_write(s, key, set ? value : NULL, &err) < 0) {
        front_say(f, LOOK_BAD, "%s: %s", key, settings_near_root(s, err.text));
    }
    free(key);
    return true;
}

static bool
settings_command(struct page *p, const char *word, const char *rest)
{
    return set_typed(mine(p), word, rest);
}

void
front_set(struct front *f, const char *rest)
{
    struct page *p = front_page(f, AT_SETTINGS);

    if (p != NULL) {
        (void)set_typed(mine(p), "set", rest);
    }
}

/* ---------------------------------------------------------------- acts */

static void
go(struct settings_page *s, long by)
{
    const long last = (long)s->shown_count - 1;
    long at = (long)s->at + by;

    at = at > last ? last : at;
    s->at = at < 0 ? 0 : (size_t)at;
}

static bool
move(struct settings_page *s, enum act act)
{
    const struct {
        enum act act;
        long by;
    } moves[] = {
        {ACT_UP, -1},
        {ACT_DOWN, 1},
        {ACT_PAGE_UP, -view_settings_page(s->drawn)},
        {ACT_PAGE_DOWN, view_settings_page(s->drawn)},
        {ACT_TOP, -(long)s->count},
        {ACT_BOTTOM, (long)s->count},
    };

    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        if (moves[i].act == act) {
            go(s, moves[i].by);
            return true;
        }
    }
    return false;
}

static void
set_filter(struct settings_page *s, const char *text, bool without)
{
    words_set(&s->filter, text, without);
    show_rows(s);
    front_changed(s->page.front);
}

static bool
settings_act(struct page *p, enum act act)
{
    struct settings_page *s = mine(p);
    size_t i = 0;

    if (act == ACT_ENTER || act == ACT_EDIT) {
        if (settings_at(s, &i)) {
            front_push(p->front, page_setting_new(s));
            return true;
        }
        return false;
    }
    if (act == ACT_DELETE) {
        return unset_at(s);
    }
    if (act == ACT_BACK && s->filter.count > 0) {
        set_filter(s, "", false);
        return true;
    }
    return move(s, act);
}

static bool
settings_key(struct page *p, const struct key *k)
{
    struct settings_page *s = mine(p);
    const struct view_settings v = settings_view(s, NULL);
    size_t at = 0;

    if (k->code != KEYC_CLICK || !view_settings_click(&v, s->drawn, k->row, &at)) {
        return false;
    }
    s->at = at;
    return true;
}

static void
settings_filter(struct page *p, const char *text, bool without)
{
    set_filter(mine(p), text, without);
}

/* ---------------------------------------------------------------- showing */

/* That of the line of the key under the cursor; else the first. */
static const char *
mistake_to_show(const struct settings_page *s)
{
    const struct view_setting *row = s->at < s->shown_count ? &s->rows[s->shown[s->at]] : NULL;
    const char *found = s->mistakes.count > 0 ? s->mistakes.items[0] : NULL;

    if (row != NULL && row->bad && s->file != NULL) {
        char *place = xasprintf("%s:%d:", s->file, row->line);
        for (size_t i = 0; i < s->mistakes.count; i++) {
            if (strncmp(s->mistakes.items[i], place, strlen(place)) == 0) {
                found = s->mistakes.items[i];
                break;
            }
        }
        free(place);
    }
    return found;
}

struct view_settings
settings_view(struct settings_page *s, const struct view_setting_edit *edit)
{
    size_t i = 0;

    s->allowed[0] = '\0';
    if (settings_at(s, &i)) {
        settings_allowed(i, s->allowed, sizeof(s->allowed));
    }
    return (struct view_settings){
        .file = s->file,
        .rows = s->rows,
        .shown = s->shown,
        .shown_count = s->shown_count,
        .at = s->at,
        .top = &s->top,
        .allowed = s->allowed,
        .filter = words_shown(&s->filter),
        .mistake = mistake_to_show(s),
        .mistake_count = s->mistake_count,
        .edit = edit,
    };
}

static void
settings_draw(struct page *p, struct canvas *c, struct box box)
{
    const struct view_settings v = settings_view(mine(p), NULL);

    mine(p)->drawn = box;
    view_settings_draw(&v, c, box);
}

static void
settings_subtitle(struct page *p, char *ret, size_t size)
{
    const struct settings_page *s = mine(p);

    (void)snprintf(ret, size, "%s%s%s", s->file == NULL ? "" : s->file,
                   s->filter.count > 0 ? "  /" : "", words_shown(&s->filter));
}

static void
settings_free(struct page *p)
{
    struct settings_page *s = mine(p);

    forget(s);
    words_release(&s->filter);
    free(s->asked);
    free(s->index);
    free(s->read);
    free(s->rows);
    free(s->shown);
    free(s);
}

/* env: NULL: the one that is open. */
static struct page *
settings_new(struct front *f, const char *env)
{
    static const struct page_ops ops = {
        .where = AT_SETTINGS,
        .title = "Settings",
        .draw = settings_draw,
        .subtitle = settings_subtitle,
        .key = settings_key,
        .act = settings_act,
        .filter = settings_filter,
        .command = settings_command,
        .tick = settings_tick,
        .free = settings_free,
    };
    struct settings_page *s = xcalloc(1, sizeof(*s));
    const char *key, *preset, *doc;

    s->page = (struct page){.ops = &ops, .front = f};
    s->asked = env == NULL ? NULL : xstrdup(env);
    s->count = settings_row(SIZE_MAX, &key, &preset, &doc);
    s->index = xcalloc(s->count, sizeof(*s->index));
    s->read = xcalloc(s->count, sizeof(*s->read));
    s->rows = xcalloc(s->count, sizeof(*s->rows));
    s->shown = xcalloc(s->count, sizeof(*s->shown));
    order_keys(s);
    fetch(s);
    return &s->page;
}

struct page *
page_settings_new(struct front *f)
{
    return settings_new(f, NULL);
}

/* Another than the open one is a page of its own, over the one that was seen. */
void
front_show_settings(struct front *f, const char *env)
{
    const char *open = front_env_name(f);

    if (env == NULL || (open != NULL && strcmp(env, open) == 0)) {
        front_go(f, AT_SETTINGS);
    } else {
        front_push(f, settings_new(f, env));
    }
}
