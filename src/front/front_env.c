/*
 * front_env.c - the environment that is open: read, read again, closed.
 *
 * Decides when it is read: when asked for, and when its files have changed.  Owns what was read.
 * While a run is under way no program is run and nothing large is read: that would keep the run.
 */
#include "front/front_state.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Of all files, while a run is under way: some milliseconds, and what somebody asks for. */
    BYTES_BY_ITSELF = 128 * 1024,
    BYTES_ASKED_FOR = 1024 * 1024,
    MISTAKES_BYTES_MAX = 1 << 20,
};

static const char running[] =
    "a run is under way here: an executable inventory is run when it is over";

const struct loaded *
front_env(const struct front *f)
{
    return f->env.open ? &f->env.loaded : NULL;
}

const char *
front_env_name(const struct front *f)
{
    return f->env.open ? f->env.loaded.env : NULL;
}

unsigned
front_env_version(const struct front *f)
{
    return f->env.version;
}

void
env_close(struct front *f)
{
    if (f->env.open) {
        loaded_release(&f->env.loaded);
    }
    watched_free(f->env.watched);
    f->env = (struct opened){.version = f->env.version + 1};
}

/* ---------------------------------------------------------------- what is wrong */

char *
front_near_root(const struct front *f, const char *text)
{
    const char *root = f->cli->root;
    const size_t len = strlen(root);
    struct buf near;

    buf_init(&near, strlen(text) + 1);
    for (const char *p = text; *p != '\0';) {
        const bool begins = p == text || p[-1] == ' ';
        if (begins && len > 1 && strncmp(p, root, len) == 0 && p[len] == '/') {
            p += len + 1;
        } else {
            (void)buf_addc(&near, *p++);
        }
    }
    char *out = buf_detach(&near);
    buf_release(&near);
    return out;
}

static void
add_lines(const struct front *f, struct buf *out, const char *before, const struct strv *lines,
          int count)
{
    for (size_t i = 0; i < lines->count; i++) {
        char *near = front_near_root(f, lines->items[i]);
        (void)buf_addf(out, "%s%s\n", before, near);
        free(near);
    }
    if ((size_t)count > lines->count) {
        (void)buf_addf(out, "%s... and %zu more\n", before, (size_t)count - lines->count);
    }
}

void
front_show_mistakes(struct front *f, const char *title, const struct mistakes *m)
{
    struct buf text;

    buf_init(&text, MISTAKES_BYTES_MAX);
    add_lines(f, &text, "", &m->errors, m->count);
    if (m->warned > 0) {
        (void)buf_adds(&text, "\n");
        add_lines(f, &text, "warning: ", &m->warnings, m->warned);
    }
    front_push(f, page_text_new(f, title, text.data));
    buf_release(&text);
}

static void
say_warnings(struct front *f, const struct mistakes *m)
{
    if (m->warned > 0) {
        char *near = front_near_root(f, m->warnings.items[0]);
        front_say(f, LOOK_WARN, "warning: %s%s", near,
                  m->warned > 1 ? " (and more: validate)" : "");
        free(near);
    }
}

/* ---------------------------------------------------------------- reading */

static int
read_env(struct front *f, const char *name, struct loaded *l, struct mistakes *m, struct err *err)
{
    int rc;

    f->cli->no_scripts = work_run(f->work) != NULL ? running : NULL;
    f->cli->empty_ok = true;
    rc = load_quietly(l, f->cli, name, NULL, m, err);
    f->cli->no_scripts = NULL;
    f->cli->empty_ok = false;
    return rc;
}

/* What was read takes the place of what was open. */
static void
take(struct front *f, struct loaded *l, struct watched *watched)
{
    if (f->env.open) {
        loaded_release(&f->env.loaded);
    }
    watched_free(f->env.watched);
    f->env = (struct opened){
        .open = true, .loaded = *l, .version = f->env.version + 1, .watched = watched};
}

static struct watched *
watch(const struct front *f, const char *name)
{
    char *dir = xasprintf("%s/inventory/%s", f->cli->root, name);
    struct watched *w = watched_new(dir);

    free(dir);
    return w;
}

/* A run is under way, and would have to wait for it. */
static bool
keeps_run(struct front *f, const struct watched *w, int64_t bytes_max)
{
    return work_run(f->work) != NULL && watched_bytes(w) > bytes_max;
}

/* Why it is not open now. */
static void
tell_refusal(struct front *f, const char *name, const struct mistakes *m, const struct err *err)
{
    if (m->count == 1 && strstr(m->errors.items[0], running) != NULL) {
        front_say(f, LOOK_WARN, "%s: %s", name, running);
    } else if (m->count > 0) {
        char *title = xasprintf("Mistakes of %s", name);
        front_show_mistakes(f, title, m);
        free(title);
        front_say(f, LOOK_BAD, "mistakes: it was not opened");
    } else {
        front_say(f, LOOK_BAD, "%s", err->text);
    }
}

/* The guide's two lines. */
static void
log_mode(struct front *f)
{
    struct err err = {0};

    if (app_tell_mode(f->cli->root, f->cli->options.log_file, &f->env.loaded.settings, &err) != 0) {
        front_say(f, LOOK_BAD, "%s", err.text);
    }
}

static bool
same_mode(const struct settings *a, const struct settings *b)
{
    return a->policy.workers == b->policy.workers && a->workers_given == b->workers_given &&
           a->deployment_strategy == b->deployment_strategy;
}

bool
front_open_env(struct front *f, const char *name)
{
    struct watched *watched = watch(f, name); /* before: what changes meanwhile is seen */
    struct mistakes m = {0};
    struct err err = {0};
    struct loaded l = {0};
    bool read = false;

    if (keeps_run(f, watched, BYTES_ASKED_FOR)) {
        (void)err_set(&err, ERR_USAGE, "%s is large: it can be opened when the run is over", name);
    } else {
        read = read_env(f, name, &l, &m, &err) == 0;
    }
    if (read) {
        take(f, &l, watched);
        say_warnings(f, &m);
        log_mode(f);
    } else {
        loaded_release(&l);
        watched_free(watched);
        tell_refusal(f, name, &m, &err);
    }
    mistakes_release(&m);
    front_changed(f);
    return read;
}

/* One that has mistakes now stays as it was.  False: something was told. */
static bool
reload(struct front *f)
{
    char *name = xstrdup(f->env.loaded.env);
    struct watched *watched = watch(f, name);
    struct mistakes m = {0};
    struct err err = {0};
    struct loaded l;
    const bool read = read_env(f, name, &l, &m, &err) == 0;
    const bool quiet = read && m.warned == 0;

    if (read) {
        const bool same = same_mode(&f->env.loaded.settings, &l.settings);
        take(f, &l, watched);
        say_warnings(f, &m);
        if (!same) {
            log_mode(f);
        }
    } else {
        loaded_release(&l);
        watched_free(f->env.watched);
        f->env.watched = watched;
        f->env.stale = false;
        char *near = front_near_root(f, m.errors.count > 0 ? m.errors.items[0] : err.text);
        front_say(f, LOOK_BAD, "not read again: %s", near);
        free(near);
    }
    mistakes_release(&m);
    free(name);
    front_changed(f);
    return quiet;
}

void
front_reload_env(struct front *f)
{
    if (f->env.open) {
        (void)reload(f);
    }
}

/* ---------------------------------------------------------------- files that change */

static bool
is_typing(struct front *f)
{
    return f->question.kind != ASK_NONE || f->line.kind != LINE_NONE ||
           (front_top(f)->ops->where & (AT_FORM | AT_ASK)) != 0;
}

void
env_tick(struct front *f)
{
    if (!f->env.open) {
        return;
    }
    f->env.stale = f->env.stale || watched_changed(f->env.watched);
    if (!f->env.stale || is_typing(f)) {
        return;
    }
    if (!keeps_run(f, f->env.watched, BYTES_BY_ITSELF)) {
        (void)reload(f);
    } else if (!f->env.told_stale) {
        f->env.told_stale = true;
        front_say(f, LOOK_WARN, "files of %s have changed: read again when the run is over",
                  f->env.loaded.env);
    }
}

void
front_refresh_env(struct front *f)
{
    if (!f->env.open) {
        return;
    }
    if (keeps_run(f, f->env.watched, BYTES_ASKED_FOR)) {
        f->env.stale = f->env.told_stale = true;
        front_say(f, LOOK_WARN, "read again when the run is over: %s is large", f->env.loaded.env);
    } else if (reload(f)) {
        front_say(f, LOOK_OK, "%s is read again: %zu server%s", f->env.loaded.env,
                  inventory_count(f->env.loaded.inventory),
                  inventory_count(f->env.loaded.inventory) == 1 ? "" : "s");
    }
}
