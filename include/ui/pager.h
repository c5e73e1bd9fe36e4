/*
 * pager.h - lines to be read: scrolled, searched, followed at their end.
 *
 * Keeps at most `lines_max` lines and `bytes_max` bytes, the newest; a line is cut at
 * PAGER_LINE_BYTES.  Bytes come in pieces and are anybody's.  ANSI colors (SGR) are understood as
 * looks of text that screen can show (bold, dim, red, green, yellow), until the line ends; the
 * order to erase the rest of a line (ESC [ K) is passed over; everything else is escaped.  Pure.
 */
#ifndef UI_PAGER_H
#define UI_PAGER_H

#include "ui/canvas.h"
#include "ui/keymap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGER_LINE_BYTES = 4096 };

struct pager;

struct pager *pager_new(size_t lines_max, size_t bytes_max);
void pager_free(struct pager *p); /* NULL is fine */
/* No lines any more; filter, search and whether it follows stay. */
void pager_clear(struct pager *p);
/* Take len bytes; \r\n is \n; a lone \r begins the line anew. */
void pager_add(struct pager *p, const char *bytes, size_t len);
size_t pager_lines(const struct pager *p); /* kept, the one that has not ended too */
/* The look of a whole line, by what it says, where it has no color of its own; NULL: plain.  Asked
 * for each line that is drawn. */
void pager_color(struct pager *p, unsigned (*look)(const char *bytes, size_t len));

/* Only lines with (not: without) these words (ui/words.h), "" or NULL: all. */
void pager_filter(struct pager *p, const char *text, bool without);
const char *pager_filter_text(const struct pager *p); /* "" none; "!web" of one that leaves out */
/* Mark what is found, and go to the next one from here (backwards: the one before); false: nowhere
 * (it begins again at the other end).  The same text again goes on.  "" or NULL: no search. */
bool pager_search(struct pager *p, const char *text, bool backwards);
const char *pager_search_text(const struct pager *p);

/* Whether it stays at the end as lines come: so it begins; scrolling up ends that, going to the end
 * begins it again. */
bool pager_follows(const struct pager *p);
/* ACT_UP ... ACT_BOTTOM, ACT_LEFT, ACT_RIGHT, ACT_FOLLOW, ACT_SEARCH_NEXT, ACT_SEARCH_PREVIOUS;
 * false: not an act of texts. */
bool pager_act(struct pager *p, enum act act);
/* The wheel over the box it was drawn in last; false: not that. */
bool pager_wheel(struct pager *p, const struct key *k);
void pager_draw(struct pager *p, struct canvas *c, struct box box);
/* "312-341/2000, follows" */
void pager_place(const struct pager *p, char ret[64]);

#endif
