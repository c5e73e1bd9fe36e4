/*
 * ending.c - see ending.h.
 *
 * Decides which of the last words are left out.  Owns nothing.
 */
#include "fleet/ending.h"

#include <libssh/server.h>
#include <string.h>
#include <sys/wait.h>

static const struct behave usual;

static void
send_own(ssh_channel channel, int status)
{
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        (void)ssh_channel_request_send_exit_signal(channel, name != NULL ? name : "KILL", 0, "",
                                                   "");
    } else {
        (void)ssh_channel_request_send_exit_status(channel, WEXITSTATUS(status));
    }
}

void
ending_status(ssh_channel channel, const struct behave *behave, int status)
{
    const struct behave *b = behave == NULL ? &usual : behave;

    if (b->nostatus) {
        return;
    }
    if (b->signal[0] != '\0') {
        (void)ssh_channel_request_send_exit_signal(channel, b->signal, 0, "", "");
    } else if (b->status > 0) {
        (void)ssh_channel_request_send_exit_status(channel, (int)(uint32_t)(b->status - 1));
    } else {
        send_own(channel, status);
    }
    if (b->twice) {
        (void)ssh_channel_request_send_exit_status(channel, 42);
    }
}

int
ending_close(ssh_channel channel, const struct behave *behave, bool answered)
{
    const struct behave *b = behave == NULL ? &usual : behave;
    int rc = SSH_OK;

    if (b->linger && !answered) {
        return SSH_OK;
    }
    if (!answered && !b->noeof) {
        rc = ssh_channel_send_eof(channel);
    }
    if (rc == SSH_OK && (!b->noclose || answered)) {
        rc = ssh_channel_close(channel);
    }
    return rc;
}
