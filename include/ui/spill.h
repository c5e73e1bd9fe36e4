/*
 * spill.h - bytes that wait for a slow reader, on disk: first in, first out.
 *
 * The file has no name (O_TMPFILE, 0600, or unlinked at once), so nothing is left of it whatever
 * happens, and is made when the first bytes come.
 */
#ifndef UI_SPILL_H
#define UI_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SPILL_BYTES_MAX = 1 << 30 }; /* on disk; past it spill_is_full, and events alone are taken */

struct spill;

/* dir is copied; it need not be there yet. */
struct spill *spill_new(const char *dir);
void spill_free(struct spill *s); /* NULL is fine */

/* All of the bytes or none: -1 if they cannot be written, for good then: disk full, no such folder,
 * or a sixteenth more than SPILL_BYTES_MAX. */
int spill_add(struct spill *s, const char *bytes, size_t len);
/* Take up to max of the oldest bytes; 0: there are none, or (then all are lost) they cannot be
 * read. */
size_t spill_take(struct spill *s, char *ret_bytes, size_t max);
int64_t spill_pending(const struct spill *s); /* bytes; of NULL: 0 */
/* Nothing that can be left out should be added: there is too much, or it cannot be written. */
bool spill_is_full(const struct spill *s);

#endif
