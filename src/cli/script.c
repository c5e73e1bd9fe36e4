/*
 * script.c - the words after `exec ENV --` as one script.
 *
 * Decides how words become a script: one is a script, several are an argv.  Owns nothing.  Never
 * lets the remote shell split or expand a word of an argv again.
 */
#include "cli/script.h"

#include "base/escape.h"

#include <string.h>

void
script_of_words(struct buf *out, char *const *words, size_t count)
{
    if (count == 1) {
        buf_adds(out, words[0]);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buf_addc(out, ' ');
        }
        escape_shell(out, words[i], strlen(words[i]));
    }
}
