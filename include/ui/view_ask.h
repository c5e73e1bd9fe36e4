/*
 * view_ask.h - a question over a page.
 */
#ifndef UI_VIEW_ASK_H
#define UI_VIEW_ASK_H

#include "ui/canvas.h"
#include "ui/input.h"
#include "ui/view_frame.h"

#include <stddef.h>

/* All borrowed. */
struct view_ask {
    const char *text;    /* lines; the first stands out; long ones are wrapped */
    const char *word;    /* to be typed for a yes; NULL: a key is enough */
    struct input *typed; /* of the word */
    const struct view_hint *choices;
    size_t choice_count;
};

/* In the middle of box, over what stands there.  Lines for which there is no room are counted. */
void view_ask_draw(const struct view_ask *v, struct canvas *c, struct box box);

#endif
