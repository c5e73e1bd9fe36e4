/*
 * page_settings.h - what the Settings page and the one that edits a key over it share.
 */
#ifndef FRONT_PAGE_SETTINGS_H
#define FRONT_PAGE_SETTINGS_H

#include "config/edit.h"
#include "front/front.h"
#include "ui/view_settings.h"
#include "ui/words.h"

#include <stddef.h>
#include <sys/stat.h>

enum { SETTINGS_ALLOWED_BYTES = 256 };

struct settings_page {
    struct page page;          /* first: the two are cast into each other */
    char *asked;               /* owned: the environment that is meant; NULL: the open one */
    char *env;                 /* owned: the one that was read; NULL: none */
    char *path, *file;         /* owned: of its config.yml; as it is shown */
    struct stat stamp;         /* of the file when it was read; zeroed: it was not there */
    size_t count;              /* of keys */
    size_t *index;             /* owned: by row, the number of the key in the table of settings */
    struct edit_setting *read; /* owned: by number of the key */
    struct view_setting *rows; /* owned */
    size_t *shown;             /* owned: rows that the filter leaves */
    size_t shown_count, at, top;
    struct words filter;
    struct strv mistakes;
    size_t mistake_count;
    char allowed[SETTINGS_ALLOWED_BYTES];
    const char *unsetting; /* static: the key that a question is about */
    struct box drawn;
};

/* What the view shall draw; edit may be NULL. */
struct view_settings settings_view(struct settings_page *s, const struct view_setting_edit *edit);
/* The number of the key under the cursor; false: there is none. */
bool settings_at(const struct settings_page *s, size_t *ret_index);
/* Write a key (NULL: take it out), read all anew and tell it. */
int settings_write(struct settings_page *s, const char *key, const char *value, struct err *err);

/* A message with paths from the root on; borrowed. */
const char *settings_near_root(const struct settings_page *s, const char *text);

/* A page over it that edits the key under its cursor. */
struct page *page_setting_new(struct settings_page *s);

#endif
