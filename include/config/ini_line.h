/*
 * ini_line.h - the lines of an INI inventory, and the white space in them, as Python has both.
 */
#ifndef CONFIG_INI_LINE_H
#define CONFIG_INI_LINE_H

#include <stddef.h>

/* A run of bytes of a line; borrowed. */
struct ini_piece {
    const char *text;
    size_t len;
};

/* The bytes of the line that begins here, without its end, and those of its end, as Python's
 * splitlines: \n, \r\n, \r, \v, \f, and what Unicode calls the end of a line. */
size_t ini_line_len(const char *text, size_t len, size_t *ret_break);
/* Without the white space at both ends, as Python's str.strip() knows it. */
struct ini_piece ini_strip(struct ini_piece p);
/* The bytes of a group's name at the start: anything but `:`, `]` and white space. */
size_t ini_name_len(const char *text, size_t len);

#endif
