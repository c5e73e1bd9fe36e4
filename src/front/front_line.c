/*
 * front_line.c - the line below: commands, filters, searches.
 *
 * Decides what a key does in it.  Owns what was typed before, by kind.
 */
#include "front/front_state.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
line_open(struct front *f, enum line_kind kind, const char *prompt, const char *text)
{
    struct line *l = &f->line;

    l->kind = kind;
    l->prompt[0] = prompt[0];
    l->prompt[1] = '\0';
    l->history_at = l->history[kind].count;
    input_set(&l->input, text);
    front_changed(f);
}

void
front_type(struct front *f, const char *text)
{
    line_open(f, LINE_COMMAND, ":", text);
}

void
line_close(struct front *f)
{
    f->line.kind = LINE_NONE;
    front_changed(f);
}

void
line_release(struct line *l)
{
    for (int i = 0; i < LINE_KINDS; i++) {
        strv_clear(&l->history[i]);
    }
}

static void
filter(struct front *f, const char *text)
{
    struct page *p = front_top(f);
    const bool without = text[0] == '!';

    p->ops->filter(p, text + without, without);
}

static void
remember(struct line *l)
{
    struct strv *v = &l->history[l->kind];

    if (l->input.len == 0 || (v->count > 0 && strcmp(v->items[v->count - 1], l->input.text) == 0)) {
        return;
    }
    if (v->count == FRONT_HISTORY_MAX) {
        struct strv kept = {0};
        for (size_t i = 1; i < v->count; i++) {
            strv_add(&kept, v->items[i]);
        }
        strv_clear(v);
        *v = kept;
    }
    strv_add(v, l->input.text);
}

static void
enter(struct front *f)
{
    const enum line_kind kind = f->line.kind;
    char *text = xstrdup(f->line.input.text);
    struct page *p = front_top(f);

    remember(&f->line);
    line_close(f);
    if (kind == LINE_COMMAND) {
        command_run(f, text);
    } else if (kind == LINE_SEARCH) {
        p->ops->search(p, text);
    } else {
        filter(f, text);
    }
    free(text);
}

static void
leave(struct front *f)
{
    if (f->line.kind == LINE_FILTER) {
        filter(f, "");
    }
    line_close(f);
}

static void
recall(struct line *l, int by)
{
    const struct strv *v = &l->history[l->kind];

    if (by < 0 && l->history_at > 0) {
        l->history_at--;
    } else if (by > 0 && l->history_at < v->count) {
        l->history_at++;
    } else {
        return;
    }
    input_set(&l->input, l->history_at < v->count ? v->items[l->history_at] : "");
}

/* As far as all candidates agree; several are told. */
static void
complete(struct front *f)
{
    struct input *in = &f->line.input;
    struct strv words = {0};
    const size_t begin = command_complete(f, in->text, &words);
    struct buf text;

    buf_init(&text, INPUT_BYTES_MAX);
    if (words.count > 0) {
        size_t same = strlen(words.items[0]);
        for (size_t i = 1; i < words.count; i++) {
            size_t n = 0;
            while (n < same && words.items[i][n] == words.items[0][n]) {
                n++;
            }
            same = n;
        }
        (void)buf_add(&text, in->text, begin);
        (void)buf_add(&text, words.items[0], same);
        (void)buf_adds(&text, words.count == 1 ? " " : "");
        input_set(in, text.data);
    }
    buf_clear(&text);
    for (size_t i = 0; words.count > 1 && i < words.count; i++) {
        (void)buf_addf(&text, "%s%s", i == 0 ? "" : "  ", words.items[i]);
    }
    if (text.len > 0) {
        front_say(f, LOOK_PLAIN, "%s", text.data);
    }
    buf_release(&text);
    strv_clear(&words);
}

void
line_key(struct front *f, const struct key *k)
{
    static const struct key space = {.code = KEYC_CHAR, .ch = ' ', .pasted = true};
    struct line *l = &f->line;

    if (k->code == KEYC_ENTER && k->pasted) {
        k = &space; /* a pasted text is never done by itself */
    }
    if (k->code == KEYC_ENTER) {
        enter(f);
    } else if (k->code == KEYC_ESC || (k->code == KEYC_BACKSPACE && l->input.len == 0)) {
        leave(f);
    } else if (k->code == KEYC_UP || k->code == KEYC_DOWN) {
        recall(l, k->code == KEYC_UP ? -1 : 1);
    } else if (k->code == KEYC_TAB && l->kind == LINE_COMMAND) {
        complete(f);
        return;
    } else if (!input_key(&l->input, k)) {
        return;
    }
    if (f->line.kind == LINE_FILTER) {
        filter(f, l->input.text);
    }
}
