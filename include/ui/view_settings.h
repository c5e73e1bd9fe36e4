/*
 * view_settings.h - the Settings page as it looks: every key of config.yml in groups, and what is
 * to be said of the one under the cursor, or typed for it.
 *
 * Draws what its struct says; who fetches and writes is front/page_settings.c.
 */
#ifndef UI_VIEW_SETTINGS_H
#define UI_VIEW_SETTINGS_H

#include "ui/canvas.h"
#include "ui/input.h"

#include <stdbool.h>
#include <stddef.h>

/* All texts borrowed. */
struct view_setting {
    const char *key, *group, *doc;
    const char *preset; /* NULL: unset */
    const char *value;  /* as it stands in the file; NULL: it does not */
    int line;           /* where */
    bool bad;           /* there is a mistake in that line */
};

/* What is typed or chosen for the key under the cursor. */
struct view_setting_edit {
    struct input *input;        /* borrowed; where choices is NULL */
    const char *const *choices; /* NULL-terminated */
    size_t choice;
    const char *wrong; /* NULL: it would do */
};

struct view_settings {
    const char *file; /* "inventory/prod/config.yml"; NULL: no environment is open */
    const struct view_setting *rows;
    const size_t *shown; /* rows that are seen, in their order; those of a group stand together */
    size_t shown_count;
    size_t at;           /* of shown: under the cursor */
    size_t *top;         /* borrowed: the first line that is drawn; kept between frames */
    const char *allowed; /* of the row under the cursor */
    const char *filter;  /* "": none */
    const char *mistake; /* of the file; NULL: none */
    size_t mistake_count;
    const struct view_setting_edit *edit; /* NULL: nothing is edited */
};

void view_settings_draw(const struct view_settings *v, struct canvas *c, struct box box);
/* How many rows of keys have room; what a page up or down moves by. */
int view_settings_page(struct box box);
/* The place in shown of what is drawn on this row; false: none is. */
bool view_settings_click(const struct view_settings *v, struct box box, int row, size_t *ret_at);

#endif
