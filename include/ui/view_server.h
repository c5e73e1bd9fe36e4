/*
 * view_server.h - the details of one server as they look.
 */
#ifndef UI_VIEW_SERVER_H
#define UI_VIEW_SERVER_H

#include "ui/canvas.h"
#include "ui/pager.h"

enum { VIEW_SERVER_NOTES = 3, VIEW_SERVER_NOTE_BYTES = 256 };

/* Something that changes while one looks: how far it is, its test. */
struct view_server_note {
    char text[VIEW_SERVER_NOTE_BYTES]; /* "": nothing */
    unsigned look;
};

struct view_server {
    const char *name; /* borrowed */
    struct view_server_note notes[VIEW_SERVER_NOTES];
    struct pager *pager; /* borrowed: what stands below */
};

void view_server_draw(const struct view_server *v, struct canvas *c, struct box box);

#endif
