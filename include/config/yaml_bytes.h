/*
 * yaml_bytes.h - the bytes of a YAML file before libyaml sees them.
 *
 * One pass finds what libyaml is slow or unclear about: bad UTF-8, NUL and other control bytes,
 * UTF-16, directives.  Turns libyaml's character offsets into byte offsets.
 */
#ifndef CONFIG_YAML_BYTES_H
#define CONFIG_YAML_BYTES_H

#include "config/mistakes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yaml_bytes {
    char *data; /* owned, NUL-terminated */
    size_t len;
    size_t bom;      /* bytes of a byte order mark at the start, not part of the text: 0 or 3 */
    bool ascii;      /* a character is a byte */
    uint32_t *marks; /* owned: byte offset of every 64th character; NULL when ascii */
    size_t mark_count;
};

/* Read a whole file of at most max bytes; a larger one is refused unread. */
int yaml_bytes_read(struct yaml_bytes *b, const char *path, size_t max, struct mistakes *m);
/* Check data (set by the caller or yaml_bytes_read); -1 and one mistake at the first bad byte. */
int yaml_bytes_check(struct yaml_bytes *b, const char *path, struct mistakes *m);
/* The byte offset of a character, counted after the byte order mark. */
size_t yaml_bytes_offset(const struct yaml_bytes *b, size_t character);
void yaml_bytes_release(struct yaml_bytes *b);

#endif
