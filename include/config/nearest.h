/*
 * nearest.h - the word somebody probably meant.
 */
#ifndef CONFIG_NEAREST_H
#define CONFIG_NEAREST_H

#include <stddef.h>

/* The word of the list with the fewest letters to change, insert, drop or swap; NULL when none is
 * near (more than a third of the letters differ, and more than one).  The first of equals. */
const char *nearest_word(const char *word, const char *const *words, size_t count);

#endif
