/*
 * view_log.h - a log that is followed, and a line below that says where one is in it.
 *
 * For debug.log and the log of a host.
 */
#ifndef UI_VIEW_LOG_H
#define UI_VIEW_LOG_H

#include "ui/pager.h"

struct view_log {
    struct pager *pager; /* borrowed */
    const char *what;    /* borrowed: what is read, where it comes from */
    const char *state;   /* borrowed: why it ends here, or NULL */
};

void view_log_draw(const struct view_log *v, struct canvas *c, struct box box);

/* The look of a line of debug.log, by what it says; for pager_color. */
unsigned view_log_look(const char *bytes, size_t len);

#endif
