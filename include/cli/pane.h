/*
 * pane.h - snapshots on stdout: in place on a terminal, else a line a change.
 */
#ifndef CLI_PANE_H
#define CLI_PANE_H

#include "base/err.h"
#include "cli/command.h"
#include "ui/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

struct pane;

/* Take stdout over.  A signal that ends or stops us finds the terminal as it was.  NULL and err. */
struct pane *pane_open(const struct cli *c, struct err *err);

/* Readable when a signal has come: call pane_signals. */
int pane_fd(const struct pane *s);
void pane_signals(struct pane *s);

void pane_show(struct pane *s, const struct snapshot *snapshot, int64_t now_ms);
/* False: the reader has left. */
bool pane_is_wanted(const struct pane *s);

/* Give the terminal back, with the last snapshot (NULL: none) left on it. */
void pane_close(struct pane *s, const struct snapshot *last, int64_t now_ms);

/* Whether colors are wanted on a stdout that is a terminal or not. */
bool pane_wants_color(const struct cli *c, bool terminal);

#endif
