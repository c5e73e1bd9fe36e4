/*
 * input.h - one line that is being typed.
 */
#ifndef UI_INPUT_H
#define UI_INPUT_H

#include "ui/canvas.h"
#include "ui/key.h"

#include <stdbool.h>
#include <stddef.h>

enum { INPUT_BYTES_MAX = 4096 };

struct input {
    char text[INPUT_BYTES_MAX]; /* NUL-terminated UTF-8 */
    size_t len, at;             /* bytes; at: where the cursor is */
    size_t first;               /* drawn from here on */
};

void input_set(struct input *in, const char *text); /* cut to the limit; the cursor at the end */
/* A character, Backspace, Delete, arrows, Home, End, Ctrl-A, -E, -U, -K, -W; false: not of a line
 * (Enter, Esc, Tab, Up, Down, ...). */
bool input_key(struct input *in, const struct key *k);
/* Draw it with the cursor in it; hidden: a `*` for each character. */
void input_draw(struct input *in, struct canvas *c, int row, int col, int width, bool hidden);

#endif
