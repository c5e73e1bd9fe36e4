/*
 * view_frame.h - what stands around every page: the bars above and below, and a line to type in.
 *
 * Above: the six pages with the current one in brackets, the environment, the run under way; then
 * what the page shows.  Below: a message or the line that is typed, and the keys that do something
 * here.  Where there are few lines the page has them.
 */
#ifndef UI_VIEW_FRAME_H
#define UI_VIEW_FRAME_H

#include "ui/canvas.h"
#include "ui/input.h"
#include "ui/keymap.h"

#include <stdbool.h>
#include <stddef.h>

enum { VIEW_PAGES = 6, VIEW_HINTS_MAX = 32 };

/* A key that may be pressed, and a word for it. */
struct view_hint {
    char key[16];
    const char *text; /* static */
    enum act act;
};

/* All borrowed. */
struct view_frame {
    int current; /* of the pages, from 0 */
    const char *title;
    const char *subtitle; /* "": none */
    const char *env;      /* "": none is open */
    const char *run;      /* "deploy prod 4/9"; "": none is under way */
    const char *message;  /* "": none */
    unsigned message_look;
    const struct view_hint *hints; /* the last one is always shown */
    size_t hint_count;
    const char *prompt; /* of the line that is typed; NULL: none is */
    struct input *input;
};

/* The page of the bar with this number; 0 to VIEW_PAGES-1. */
enum where view_page(int n);

/* The hints of a place, at most VIEW_HINTS_MAX, with that for help at the end; returns how many. */
size_t view_hints(enum where at, struct view_hint ret[VIEW_HINTS_MAX]);

/* What is left for the page. */
struct box view_frame_body(struct box box);
void view_frame_draw(const struct view_frame *v, struct canvas *c, struct box box);
/* What a click at a cell means, drawn so: ACT_PAGE_..., the act of a hint, ACT_NONE. */
enum act view_frame_click(const struct view_frame *v, const struct canvas *c, struct box box,
                          int row, int col);

#endif
