/*
 * view_frame.c - the bars above and below a page.
 *
 * Decides what is left out where there is little room: names of the other pages, then the line of
 * the title, then hints.  Owns nothing.
 */
#include "ui/view_frame.h"

#include "ui/wrap.h"

#include <stdio.h>
#include <string.h>

enum {
    ROWS_FOR_TITLE = 14,  /* lines in which the title has its own */
    ROWS_FOR_MESSAGE = 6, /* and in which the message has one */
    MESSAGE_LINES = 3,    /* of a long message, over the page */
    GAP = 2,              /* between two hints */
};

static const struct {
    enum where at;
    enum act act;
} pages[] = {
    {AT_ENVS, ACT_PAGE_ENVS},       {AT_SERVERS, ACT_PAGE_SERVERS},   {AT_RUN, ACT_PAGE_RUN},
    {AT_HISTORY, ACT_PAGE_HISTORY}, {AT_SETTINGS, ACT_PAGE_SETTINGS}, {AT_LOG, ACT_PAGE_LOG},
};
_Static_assert(sizeof(pages) / sizeof(pages[0]) == VIEW_PAGES, "a row a page");

enum where
view_page(int n)
{
    return pages[n].at;
}

size_t
view_hints(enum where at, struct view_hint ret[VIEW_HINTS_MAX])
{
    struct view_hint help = {.text = NULL};
    size_t count = 0;

    for (size_t i = 0; i < keymap_count && count < VIEW_HINTS_MAX - 1; i++) {
        const struct binding *b = &keymap[i];
        struct view_hint h = {.text = b->hint, .act = b->act};
        if (b->hint == NULL || (b->where & (unsigned)at) == 0 || b->key.code == KEYC_NONE) {
            continue;
        }
        key_name(&b->key, h.key);
        if (b->act == ACT_HELP) {
            help = h;
        } else {
            ret[count++] = h;
        }
    }
    if (help.text != NULL) {
        ret[count++] = help;
    }
    return count;
}

/* ---------------------------------------------------------------- what stands where */

struct heights {
    bool title, message;
};

static struct heights
heights_of(struct box box)
{
    return (struct heights){box.rows >= ROWS_FOR_TITLE, box.rows >= ROWS_FOR_MESSAGE};
}

struct box
view_frame_body(struct box box)
{
    const struct heights h = heights_of(box);
    const int above = 1 + h.title;
    const int below = 1 + h.message;

    box.row += above;
    box.rows = box.rows > above + below ? box.rows - above - below : 0;
    return box;
}

/* A part of a bar. */
struct spot {
    int col, width;
};

/* At the right end of the bar of pages: the run; the environment, where the title has no line. */
static int
right_width(const struct view_frame *v, const struct canvas *c, struct box box)
{
    int width = 0;

    if (v->env[0] != '\0' && !heights_of(box).title) {
        width += canvas_width_of(c, v->env, strlen(v->env)) + 2;
    }
    if (v->run[0] != '\0') {
        width += canvas_width_of(c, v->run, strlen(v->run)) + 4;
    }
    return width;
}

static void
lay_out_pages(const struct view_frame *v, const struct canvas *c, struct box box,
              struct spot ret[VIEW_PAGES])
{
    int all = 0;

    for (int i = 0; i < VIEW_PAGES; i++) {
        all += (int)strlen(where_name(pages[i].at)) + 4;
    }
    const bool named = all + right_width(v, c, box) <= box.cols;
    int col = box.col;
    for (int i = 0; i < VIEW_PAGES; i++) {
        const int name = (int)strlen(where_name(pages[i].at)) + 1;
        ret[i] = (struct spot){col, 3 + (named || i == v->current ? name : 0)};
        col += ret[i].width;
    }
}

/* Those that have room; the last one is at the right end. */
static size_t
lay_out_hints(const struct view_frame *v, const struct canvas *c, struct box box,
              struct spot ret[VIEW_HINTS_MAX])
{
    size_t count = v->hint_count < VIEW_HINTS_MAX ? v->hint_count : VIEW_HINTS_MAX;
    int end = box.col + box.cols;
    int col = box.col + 1;
    bool room = true;

    for (size_t k = 0; k < count; k++) {
        const size_t i = k == 0 ? count - 1 : k - 1; /* the last one first */
        const struct view_hint *h = &v->hints[i];
        const int width = canvas_width_of(c, h->key, strlen(h->key)) + 1 +
                          canvas_width_of(c, h->text, strlen(h->text));
        if (k == 0) {
            end -= width + 1;
            ret[i] = (struct spot){end, width};
            continue;
        }
        room = room && col + width + GAP <= end;
        ret[i] = (struct spot){col, room ? width : 0};
        col += width + GAP;
    }
    return count;
}

/* ---------------------------------------------------------------- drawing */

static void
draw_pages(const struct view_frame *v, struct canvas *c, struct box box)
{
    struct spot spots[VIEW_PAGES] = {0};

    canvas_fill(c, (struct box){box.row, box.col, 1, box.cols}, LOOK_TITLE);
    lay_out_pages(v, c, box, spots);
    for (int i = 0; i < VIEW_PAGES; i++) {
        const char *name = spots[i].width > 3 ? where_name(pages[i].at) : "";
        char text[32];
        (void)snprintf(text, sizeof(text), "%c%d%s%s%c", i == v->current ? '[' : ' ', i + 1,
                       name[0] != '\0' ? " " : "", name, i == v->current ? ']' : ' ');
        (void)canvas_text(c, box.row, spots[i].col, box.col + box.cols - spots[i].col,
                          i == v->current ? LOOK_TITLE | LOOK_BOLD : LOOK_TITLE, text);
    }
    const int left = spots[VIEW_PAGES - 1].col + spots[VIEW_PAGES - 1].width;
    const int room = box.col + box.cols - left;
    const int wanted = right_width(v, c, box);
    int col = wanted < room ? box.col + box.cols - wanted : left;
    const int end = box.col + box.cols - 1;
    if (v->run[0] != '\0' && col + 2 < end) {
        canvas_ornament(c, box.row, col, LOOK_TITLE | LOOK_BOLD, ORN_BUSY);
        col += 2;
        col += canvas_text(c, box.row, col, end - col, LOOK_TITLE | LOOK_BOLD, v->run) + 2;
    }
    if (v->env[0] != '\0' && !heights_of(box).title && col < end) {
        (void)canvas_text(c, box.row, col, end - col, LOOK_TITLE, v->env);
    }
}

static bool
is_of_name(char ch)
{
    return ch == '-' || ch == '_' || ch == '.' || ch == '/' || (ch >= '0' && ch <= '9') ||
           (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

/* Whether a text has the name as a word of its own: it need not stand in the line twice. */
static bool
names(const char *text, const char *name)
{
    const size_t len = strlen(name);

    for (const char *at = strstr(text, name); at != NULL && len > 0; at = strstr(at + 1, name)) {
        if ((at == text || !is_of_name(at[-1])) && !is_of_name(at[len])) {
            return true;
        }
    }
    return false;
}

static void
draw_title(const struct view_frame *v, struct canvas *c, struct box box, int row)
{
    const char *name = names(v->subtitle, v->env) ? "" : v->env;
    const int env = canvas_width_of(c, name, strlen(name));
    const int room = box.cols - 2 - (env > 0 && env + 2 < box.cols / 2 ? env + 2 : 0);
    const int used = canvas_text(c, row, box.col + 1, room, LOOK_PLAIN | LOOK_BOLD, v->title);

    if (v->subtitle[0] != '\0' && used + 3 < room) {
        (void)canvas_print(c, row, box.col + 1 + used, room - used, LOOK_PLAIN, ": %s",
                           v->subtitle);
    }
    (void)canvas_right(c, row, box.col + 1 + room, box.cols - 2 - room, LOOK_HEAD, name);
}

static void
draw_hints(const struct view_frame *v, struct canvas *c, struct box box, int row)
{
    struct spot spots[VIEW_HINTS_MAX] = {0};
    const size_t count = lay_out_hints(v, c, box, spots);

    canvas_fill(c, (struct box){row, box.col, 1, box.cols}, LOOK_TITLE);
    for (size_t i = 0; i < count; i++) {
        if (spots[i].width > 0) {
            const int used = canvas_text(c, row, spots[i].col, spots[i].width, LOOK_KEY | LOOK_BOLD,
                                         v->hints[i].key);
            (void)canvas_text(c, row, spots[i].col + used + 1, spots[i].width - used - 1,
                              LOOK_TITLE, v->hints[i].text);
        }
    }
}

/* A long one grows upwards, over the page. */
static void
draw_message(const struct view_frame *v, struct canvas *c, struct box box, int row)
{
    const int room = row - box.row < MESSAGE_LINES ? row - box.row : MESSAGE_LINES;
    struct wrap w = {
        .text = v->message, .len = strlen(v->message), .width = box.cols - 2, .rows_left = room};
    const char *line;
    size_t len;
    int count = 0;

    while (wrap_next(c, &w, &line, &len)) {
        count++;
    }
    if (count > 0) {
        const struct box at = {row - count + 1, box.col, count, box.cols};
        canvas_fill(c, at, LOOK_PLAIN);
        (void)wrap_draw(c, (struct box){at.row, at.col + 1, count, at.cols - 2}, v->message_look,
                        v->message);
    }
}

/* Where one types, a message stands above it. */
static void
draw_line(const struct view_frame *v, struct canvas *c, struct box box, int row)
{
    draw_message(v, c, box, v->prompt == NULL ? row : row - 1);
    if (v->prompt != NULL) {
        canvas_fill(c, (struct box){row, box.col, 1, box.cols}, LOOK_PLAIN);
        const int used = canvas_text(c, row, box.col, box.cols, LOOK_KEY | LOOK_BOLD, v->prompt);
        input_draw(v->input, c, row, box.col + used, box.cols - used - 1, false);
    }
}

void
view_frame_draw(const struct view_frame *v, struct canvas *c, struct box box)
{
    const struct heights h = heights_of(box);
    const int last = box.row + box.rows - 1;

    draw_pages(v, c, box);
    if (h.title) {
        draw_title(v, c, box, box.row + 1);
    }
    if (box.rows > 1) {
        draw_hints(v, c, box, last);
    }
    draw_line(v, c, box, h.message ? last - 1 : last);
}

enum act
view_frame_click(const struct view_frame *v, const struct canvas *c, struct box box, int row,
                 int col)
{
    struct spot page_spots[VIEW_PAGES] = {0};
    struct spot spots[VIEW_HINTS_MAX] = {0};

    lay_out_pages(v, c, box, page_spots);
    for (int i = 0; row == box.row && i < VIEW_PAGES; i++) {
        if (col >= page_spots[i].col && col < page_spots[i].col + page_spots[i].width) {
            return pages[i].act;
        }
    }
    const size_t count = row == box.row + box.rows - 1 ? lay_out_hints(v, c, box, spots) : 0;
    for (size_t i = 0; i < count; i++) {
        if (col >= spots[i].col && col < spots[i].col + spots[i].width) {
            return v->hints[i].act;
        }
    }
    return ACT_NONE;
}
