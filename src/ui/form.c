/*
 * form.c - fields that are filled in, each told right or wrong as it is typed.
 *
 * Decides where the cursor goes, and when what was typed may be taken.  Owns the texts.  What is
 * right, the checks of its owner say.  Never writes anything.
 */
#include "ui/form.h"

#include "base/xalloc.h"
#include "ui/input.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    INPUT_CELLS_MAX = 44,
    INPUT_CELLS_MIN = 12,
    TELL_ROWS_MAX = 4, /* of one text below the fields */
    BELOW_ROWS = 6,    /* kept for those texts, where the box has so many */
};

struct field {
    struct input input;
    char *begun; /* owned: the text it began with */
    char *wrong; /* owned: what is wrong with it; NULL: nothing */
    bool seen;   /* typed into, or left, or asked for: what is wrong may be told */
};

struct form {
    const char *title;               /* borrowed */
    const struct form_field *fields; /* borrowed */
    struct field *states;            /* owned: one a field */
    size_t count;
    size_t at;
    size_t first; /* drawn from here on */
    void *check_arg;
    char *blame, *note; /* owned, or NULL */
    bool leaving;       /* Esc was pressed once, with something changed */
};

/* ---------------------------------------------------------------- fields */

static void
set_text(char **owned, const char *text)
{
    char *copy = text == NULL ? NULL : xstrdup(text);

    free(*owned);
    *owned = copy;
}

static void
check_field(struct form *f, size_t i)
{
    const struct form_field *field = &f->fields[i];
    struct err err = {0};

    if (field->check == NULL || field->fixed ||
        field->check(f->check_arg, f->states[i].input.text, &err) == 0) {
        set_text(&f->states[i].wrong, NULL);
    } else {
        set_text(&f->states[i].wrong, err.text[0] == '\0' ? "not possible" : err.text);
    }
}

/* The first field that is wrong; count: none is. */
static size_t
first_wrong(struct form *f)
{
    size_t found = f->count;

    for (size_t i = f->count; i-- > 0;) {
        check_field(f, i);
        found = f->states[i].wrong != NULL ? i : found;
    }
    return found;
}

/* The next field that may be changed, round the ends; the same if there is none. */
static size_t
field_after(const struct form *f, size_t from, bool back)
{
    for (size_t n = 1; n <= f->count; n++) {
        const size_t i = (from + (back ? f->count - n : n)) % f->count;
        if (!f->fields[i].fixed) {
            return i;
        }
    }
    return from;
}

/* The last that may be changed. */
static size_t
last_field(const struct form *f)
{
    return field_after(f, 0, true);
}

struct form *
form_new(const char *title, const struct form_field *fields, size_t count,
         const char *const *values, void *check_arg)
{
    struct form *f = xcalloc(1, sizeof(*f));

    assert(count > 0 && count <= FORM_FIELDS_MAX);
    f->title = title;
    f->fields = fields;
    f->count = count;
    f->check_arg = check_arg;
    f->states = xcalloc(count, sizeof(*f->states));
    for (size_t i = 0; i < count; i++) {
        const char *text = values == NULL || values[i] == NULL ? "" : values[i];
        if (fields[i].choices != NULL && text[0] == '\0') {
            text = fields[i].choices[0];
        }
        input_set(&f->states[i].input, text);
        f->states[i].begun = xstrdup(f->states[i].input.text);
        f->states[i].seen = f->states[i].input.len > 0; /* what stands there already */
        check_field(f, i);
    }
    f->at = field_after(f, count - 1, false);
    return f;
}

void
form_free(struct form *f)
{
    if (f == NULL) {
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        explicit_bzero(f->states[i].input.text, sizeof(f->states[i].input.text));
        free(f->states[i].begun);
        free(f->states[i].wrong);
    }
    free(f->states);
    free(f->blame);
    free(f->note);
    free(f);
}

const char *
form_value(const struct form *f, size_t field)
{
    assert(field < f->count);
    return f->states[field].input.text;
}

bool
form_changed(const struct form *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->states[i].input.text, f->states[i].begun) != 0) {
            return true;
        }
    }
    return false;
}

size_t
form_at(const struct form *f)
{
    return f->at;
}

void
form_go(struct form *f, size_t field)
{
    assert(field < f->count);
    f->states[f->at].seen = true;
    f->states[field].seen = true;
    check_field(f, field);
    f->at = f->fields[field].fixed ? f->at : field;
}

void
form_blame(struct form *f, const char *text)
{
    set_text(&f->blame, text);
}

void
form_note(struct form *f, const char *text)
{
    set_text(&f->note, text);
}

/* ---------------------------------------------------------------- keys */

static void
move(struct form *f, bool back)
{
    f->states[f->at].seen = true;
    f->at = field_after(f, f->at, back);
}

/* The choice after the one that stands there, or before it. */
static void
choose(struct form *f, bool back)
{
    const char *const *choices = f->fields[f->at].choices;
    struct input *input = &f->states[f->at].input;
    size_t count = 0;
    size_t now = 0;

    for (; choices[count] != NULL; count++) {
        now = strcmp(choices[count], input->text) == 0 ? count : now;
    }
    if (count > 0) {
        input_set(input, choices[(now + (back ? count - 1 : 1)) % count]);
    }
}

static void
type(struct form *f, const struct key *k)
{
    struct field *state = &f->states[f->at];

    if (f->fields[f->at].fixed) {
        return;
    }
    if (f->fields[f->at].choices != NULL) {
        if (k->code == KEYC_LEFT || k->code == KEYC_RIGHT ||
            (k->code == KEYC_CHAR && k->ch == ' ' && !k->pasted)) {
            choose(f, k->code == KEYC_LEFT);
        }
    } else if (!input_key(&state->input, k)) {
        return;
    }
    state->seen = true;
    check_field(f, f->at);
}

static enum form_result
enter(struct form *f)
{
    const size_t wrong = first_wrong(f);

    if (wrong == f->count) {
        return FORM_DONE;
    }
    if (f->at != last_field(f) && f->states[f->at].wrong == NULL) {
        move(f, false);
    } else {
        form_go(f, wrong);
    }
    return FORM_GOES_ON;
}

static enum form_result
escape(struct form *f, bool again)
{
    if (again || !form_changed(f)) {
        return FORM_CANCELLED;
    }
    f->leaving = true;
    return FORM_GOES_ON;
}

bool
form_takes(const struct key *k)
{
    if (k->code == KEYC_CHAR && k->ctrl && (k->ch == 'c' || k->ch == 'z' || k->ch == 'l')) {
        return false;
    }
    return k->code < KEYC_F1;
}

enum form_result
form_key(struct form *f, const struct key *k)
{
    const bool again = f->leaving;

    if (k->code == KEYC_NONE || (k->pasted && k->code != KEYC_CHAR)) {
        return FORM_GOES_ON; /* the end of a pasted line is no Enter */
    }
    f->leaving = false;
    form_blame(f, NULL);
    if (k->code == KEYC_ESC) {
        return escape(f, again);
    }
    if (k->code == KEYC_ENTER) {
        return enter(f);
    }
    if (k->code == KEYC_TAB || k->code == KEYC_DOWN) {
        move(f, false);
    } else if (k->code == KEYC_BACKTAB || k->code == KEYC_UP) {
        move(f, true);
    } else {
        type(f, k);
    }
    return FORM_GOES_ON;
}

/* ---------------------------------------------------------------- drawing */

/* How many bytes of text fit into width cells, ended between words where that can be. */
static size_t
fitting(const struct canvas *c, const char *text, size_t len, int width)
{
    size_t fits = 0;
    size_t word = 0;

    for (size_t i = 1; i <= len && canvas_width_of(c, text, i) <= width; i++) {
        if (i == len || ((unsigned char)text[i] & 0xc0) != 0x80) {
            fits = i;
        }
        if (i < len && text[i] == ' ') {
            word = i;
        }
    }
    if (fits == 0) {
        return len; /* no room for anything: the canvas cuts it */
    }
    return fits == len || word == 0 ? fits : word;
}

/* Draw text over several rows; the row behind it. */
static int
tell(struct canvas *c, struct box box, int row, unsigned look, const char *text)
{
    const int end = box.row + box.rows;
    size_t len = text == NULL ? 0 : strlen(text);

    for (int n = 0; len > 0 && row < end; n++, row++) {
        const bool last = n == TELL_ROWS_MAX - 1 || row == end - 1;
        const size_t part = last ? len : fitting(c, text, len, box.cols);
        canvas_bytes(c, row, box.col, box.cols, look, text, part);
        text += part;
        len -= part;
        while (len > 0 && *text == ' ') {
            text++;
            len--;
        }
        if (last) {
            return row + 1;
        }
    }
    return row;
}

static int
label_width(const struct form *f, const struct canvas *c)
{
    int width = 0;

    for (size_t i = 0; i < f->count; i++) {
        const int w = canvas_width_of(c, f->fields[i].name, strlen(f->fields[i].name));
        width = w > width ? w : width;
    }
    return width;
}

static void
draw_value(struct form *f, struct canvas *c, size_t i, struct box at)
{
    const struct form_field *field = &f->fields[i];
    struct field *state = &f->states[i];

    if (i == f->at && !field->fixed && field->choices == NULL) {
        input_draw(&state->input, c, at.row, at.col, at.cols, field->hidden);
        canvas_tint(c, at.row, at.col, at.cols, LOOK_PLAIN | LOOK_REVERSE);
    } else if (field->choices != NULL) {
        canvas_print(c, at.row, at.col, at.cols,
                     i == f->at ? LOOK_PLAIN | LOOK_REVERSE : LOOK_PLAIN, "< %s >",
                     state->input.text);
    } else if (field->hidden) {
        canvas_text(c, at.row, at.col, at.cols, LOOK_PLAIN, state->input.len > 0 ? "********" : "");
    } else {
        canvas_text(c, at.row, at.col, at.cols, field->fixed ? LOOK_DIM : LOOK_PLAIN,
                    state->input.text);
    }
    if (state->input.len == 0 && field->preset != NULL) { /* in brackets: not all have colors */
        canvas_print(c, at.row, at.col, at.cols, LOOK_DIM | (i == f->at ? LOOK_REVERSE : 0), "(%s)",
                     field->preset);
    }
}

static void
draw_field(struct form *f, struct canvas *c, size_t i, int row, struct box box)
{
    const struct field *state = &f->states[i];
    const int labels = label_width(f, c);
    const int from = box.col + 2 + labels + 2;
    const int room = box.col + box.cols - from;
    const int cells = room / 2 > INPUT_CELLS_MAX ? INPUT_CELLS_MAX : room / 2;
    const int width = cells < INPUT_CELLS_MIN ? (room < 2 ? 0 : room - 2) : cells;
    const int behind = from + width + 1;

    if (i == f->at) {
        canvas_ornament(c, row, box.col, LOOK_KEY, ORN_BUSY);
    }
    canvas_text(c, row, box.col + 2, labels, i == f->at ? LOOK_HEAD | LOOK_BOLD : LOOK_HEAD,
                f->fields[i].name);
    draw_value(f, c, i, (struct box){row, from, 1, width});
    if (state->wrong != NULL && state->seen) {
        canvas_ornament(c, row, behind, LOOK_BAD, ORN_BAD);
        canvas_text(c, row, behind + 2, box.col + box.cols - behind - 2, LOOK_BAD, state->wrong);
    } else if (state->wrong == NULL && state->input.len > 0 && !f->fields[i].fixed) {
        canvas_ornament(c, row, behind, LOOK_OK, ORN_OK);
    }
}

/* Help, and what is wrong: of the field under the cursor, of the whole. */
static void
draw_below(const struct form *f, struct canvas *c, struct box box, int row)
{
    const struct field *state = &f->states[f->at];

    row = tell(c, box, row, LOOK_DIM, f->fields[f->at].help);
    if (state->wrong != NULL && state->seen) {
        row = tell(c, box, row, LOOK_BAD, state->wrong);
    }
    row = tell(c, box, row, LOOK_WARN, f->note);
    row = tell(c, box, row, LOOK_BAD | LOOK_BOLD, f->blame);
    if (f->leaving) {
        (void)tell(c, box, row, LOOK_WARN | LOOK_BOLD,
                   "Esc once more: what was typed is lost.  Any other key: go on.");
    }
}

void
form_draw(struct form *f, struct canvas *c, struct box box)
{
    const int below = box.rows > BELOW_ROWS + 4 ? BELOW_ROWS : 0;
    const int rows = box.rows - 2 - below; /* for fields: title, a blank row */
    const size_t shown = rows < 1 ? 1 : (size_t)rows;

    if (f->at < f->first || f->count <= shown) {
        f->first = f->count <= shown ? 0 : f->at;
    } else if (f->at >= f->first + shown) {
        f->first = f->at - shown + 1;
    }
    canvas_text(c, box.row, box.col, box.cols, LOOK_HEAD | LOOK_BOLD, f->title);
    int row = box.row + 2;
    for (size_t i = f->first; i < f->count && i < f->first + shown && row < box.row + box.rows;
         i++) {
        draw_field(f, c, i, row++, box);
    }
    draw_below(f, c, box, row + 1);
}
