/*
 * noise.c - see noise.h.
 *
 * Decides how many.  Owns nothing: what it opens libssh frees with the session.
 */
#include "fleet/noise.h"

#include <stdbool.h>

enum { PACKETS = 50, CHANNELS = 5 };

void
noise_make(ssh_session session, enum noise kind)
{
    const bool all = kind == NOISE_ALL;

    for (int i = 0; i < PACKETS; i++) {
        if (all || kind == NOISE_DEBUG) {
            (void)ssh_send_debug(session, "\033[31mdebug\r\nof a server", 1);
        }
        if (all || kind == NOISE_IGNORE) {
            (void)ssh_send_ignore(session, "ignore me");
        }
    }
    if (all || kind == NOISE_GLOBAL) {
        (void)ssh_channel_listen_forward(session, "127.0.0.1", 1, NULL);
    }
    for (int i = 0; i < CHANNELS && (all || kind == NOISE_CHANNEL); i++) {
        ssh_channel channel = ssh_channel_new(session);
        if (channel != NULL) {
            (void)ssh_channel_open_x11(channel, "127.0.0.1", 6000);
        }
    }
}
