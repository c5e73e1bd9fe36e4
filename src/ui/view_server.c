/*
 * view_server.c - the details of a server as they look: a line of what changes, then a text.
 *
 * Decides where the two stand.  Owns nothing.
 */
#include "ui/view_server.h"

#include <string.h>

void
view_server_draw(const struct view_server *v, struct canvas *c, struct box box)
{
    const unsigned look = LOOK_HEAD | LOOK_BOLD;
    char place[64];
    int col = box.col + 1;
    int left = box.cols - 1;

    const int used = canvas_text(c, box.row, col, left, look, v->name) + 2;
    col += used;
    left -= used;
    for (size_t i = 0; i < VIEW_SERVER_NOTES && left > 0; i++) {
        if (v->notes[i].text[0] != '\0') {
            const int more =
                canvas_text(c, box.row, col, left, v->notes[i].look, v->notes[i].text) + 2;
            col += more;
            left -= more;
        }
    }
    if (box.rows < 3) {
        return;
    }
    pager_draw(v->pager, c, (struct box){box.row + 1, box.col, box.rows - 2, box.cols});
    pager_place(v->pager, place);
    place[strcspn(place, ",")] = '\0'; /* nothing comes, so nothing is followed */
    canvas_right(c, box.row + box.rows - 1, box.col, box.cols - 1, LOOK_DIM, place);
}
