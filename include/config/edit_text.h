/*
 * edit_text.h - a text that is changed in places: ranges, lines, indentation.  Private to edit*.c.
 *
 * A line ends with \n, \r\n or \r; what is put in ends as the lines around it do.
 */
#ifndef CONFIG_EDIT_TEXT_H
#define CONFIG_EDIT_TEXT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Put text in the place of the bytes [start,end). */
void edit_splice(struct buf *b, size_t start, size_t end, const char *text);
void edit_cut(struct buf *b, size_t start, size_t end);

/* The beginning of the line that holds byte at; its end without what ends it; and the beginning of
 * the next, or the end of the text. */
size_t edit_line_start(const struct buf *b, size_t at);
size_t edit_line_end(const struct buf *b, size_t at);
size_t edit_line_next(const struct buf *b, size_t at);
int edit_line_number(const struct buf *b, size_t at); /* from 1 */
/* Blanks before byte at on its line; -1: something else is there too. */
int edit_indent_of(const struct buf *b, size_t at);

/* Put lines behind the line that holds byte at, or before it.  Each line of text ends with \n, and
 * each tab at its beginning stands for `step` blanks after the first `indent`. */
void edit_put_behind(struct buf *b, size_t at, int indent, int step, const char *text);
void edit_put_before(struct buf *b, size_t at, int indent, int step, const char *text);

#endif
