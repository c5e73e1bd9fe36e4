/*
 * process.h - what runs behind a channel: a shell of a real child, or an answer made up.
 *
 * Reads and writes never block: each takes or gives what it can, and `wake` is called from the
 * event loop when trying again makes sense.  Knows nothing of libssh.
 */
#ifndef FLEET_PROCESS_H
#define FLEET_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct fleet;
struct process;

typedef void process_wake_fn(void *arg);

struct process_request {
    const char *command;
    const char *folder; /* borrowed until the process is freed */
    const char *client; /* borrowed likewise */
    process_wake_fn *wake;
    void *arg;
};

/* Never NULL; a shell that cannot be started ends with status 254 and a word on stderr. */
struct process *process_new(struct fleet *fleet, const struct process_request *request);
/* Closes our ends; a child goes on, as under sshd. */
void process_free(struct process *p); /* NULL is fine */

/* How many bytes were taken; 0: wait for wake. */
size_t process_write(struct process *p, const char *bytes, size_t len);
void process_eof(struct process *p);

/* stream 0 is stdout, 1 stderr.  0: nothing now, wait for wake.  -1: its end. */
ssize_t process_read(struct process *p, int stream, char *ret_bytes, size_t max);
/* There may be more, but not in this turn: wake soon. */
void process_later(struct process *p, int stream);

/* True once it is reaped; *ret_status is waitpid's. */
bool process_ended(const struct process *p, int *ret_status);
void process_signal(struct process *p, int signal_number);

/* For children_new. */
void process_child_ended(void *process, int status);

#endif
