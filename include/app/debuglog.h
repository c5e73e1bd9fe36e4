/*
 * debuglog.h - debug.log: what each slot did, in lines that users grep.
 *
 * `YYYY/MM/DD HH:MM:SS.uuuuuu [TAG] text`, local time, whole lines a write, appended; 0600;
 * reopened when the file is renamed or deleted.  Lost lines (disk full) never stop a run.
 */
#ifndef APP_DEBUGLOG_H
#define APP_DEBUGLOG_H

#include "base/err.h"

struct debuglog;

/* NULL and ERR_IO if the file cannot be opened (a symlink is refused). */
struct debuglog *debuglog_open(const char *path, struct err *err);
void debuglog_close(struct debuglog *l); /* NULL is fine */

/* Bytes that are not printable are escaped: one record stays one line.  suffix may be "". */
void debuglog_line(struct debuglog *l, const char *tag, const char *suffix, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Its file may have been renamed: that is seen before each line, and here without one. */
void debuglog_reopen(struct debuglog *l);
/* Lines are kept until debuglog_flush or until there are many: for a time that ends soon, as a turn
 * of the loop does.  Elsewhere each is written at once. */
void debuglog_hold(struct debuglog *l);
void debuglog_flush(struct debuglog *l);

#endif
