/*
 * child.h - a command on a pseudo terminal of its own, as the leader of a session.
 *
 * The slave is kept open, so that its settings can be looked at after the command has ended.
 */
#ifndef TUI_CHILD_H
#define TUI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

enum { CHILD_NAME_MAX = 64 };

struct child {
    int master, slave; /* owned; -1: hung up */
    pid_t pid;
    struct termios before; /* the terminal's settings when it began */
    int status;            /* of waitpid, the newest */
    bool over, stopped;
    char name[CHILD_NAME_MAX]; /* of the slave */
};

/* -1: it cannot be begun, and why is in errno. */
int child_start(struct child *c, char **argv, const char *folder, int rows, int cols);
int child_resize(struct child *c, int rows, int cols);
/* Look whether it has stopped, gone on, or ended. */
void child_look(struct child *c);
/* To the process, or (group) to whoever is in the foreground. */
int child_signal(struct child *c, int number, bool group);
/* The other end of the terminal goes away, as when a window is closed. */
void child_hang_up(struct child *c);
/* End it, whatever it does: hang up, then SIGKILL for it and its session. */
void child_end(struct child *c);
/* Are the settings those of the beginning? */
bool child_settings_are_same(const struct child *c, struct termios *ret_now);

#endif
