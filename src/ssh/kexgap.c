/*
 * kexgap.c - plays a server's first words again, and listens to what libssh says of them.
 *
 * Decides how the gap is told.  Owns the second session for the time of the call.  Never touches
 * the socket of the first, and never waits: all the bytes are there before.
 */
#include "ssh/kexgap.h"

#include "base/escape.h"

#include <libssh/callbacks.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROUNDS_MAX = 8, SAID_MAX = 4096, LIST_SHOWN = 380 /* bytes of it in a message */ };

/* kex.c of libssh: "kex error : no match for method NAME: server [LIST], client [LIST]". */
static const char mark[] = "no match for method ";

static void
on_log(int priority, const char *function, const char *text, void *userdata)
{
    struct buf *said = userdata;

    (void)priority;
    (void)function;
    if (said != NULL && said->len == 0 && strstr(text, mark) != NULL) {
        (void)buf_adds(said, text);
    }
}

static void
play(ssh_session ssh, struct buf *said)
{
    const int level = ssh_get_log_level();

    (void)ssh_set_log_userdata(said);
    (void)ssh_set_log_callback(on_log);
    (void)ssh_set_log_level(SSH_LOG_TRACE); /* errors are logged at this level only */
    for (int i = 0; i < ROUNDS_MAX && said->len == 0; i++) {
        if (ssh_connect(ssh) == SSH_ERROR) {
            break;
        }
    }
    (void)ssh_set_log_level(level);
    (void)ssh_set_log_callback(NULL);
    (void)ssh_set_log_userdata(NULL);
}

/* A session like the first, on a socket where all that the server said is waiting, and its end. */
static ssh_session
second(ssh_session first, int fd)
{
    ssh_session ssh = NULL;

    if (ssh_options_copy(first, &ssh) != SSH_OK || ssh == NULL) {
        return NULL;
    }
    ssh_set_blocking(ssh, 0);
    (void)ssh_options_set(ssh, SSH_OPTIONS_FD, &fd);
    return ssh;
}

/* `[...]` after the word, or "". */
static void
add_list(struct buf *out, const char *text, const char *word)
{
    const char *at = strstr(text, word);
    const char *list = at == NULL ? "" : at + strlen(word);
    const size_t len = strcspn(list, "]");
    const size_t shown = len < LIST_SHOWN ? len : LIST_SHOWN;

    (void)buf_addc(out, '"');
    escape_line(out, list, shown);
    (void)buf_adds(out, shown < len ? "...\"" : "\"");
}

static void
tell(struct buf *out, const char *text)
{
    static const struct {
        const char *theirs, *ours;
    } names[] = {
        {"kex algos", "key exchange"},           {"server host key algo", "host key algorithm"},
        {"encryption client->server", "cipher"}, {"encryption server->client", "cipher"},
        {"mac algo client->server", "MAC"},      {"mac algo server->client", "MAC"},
    };
    const char *method = strstr(text, mark) + strlen(mark);
    const char *name = "algorithm";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(method, names[i].theirs, strlen(names[i].theirs)) == 0) {
            name = names[i].ours;
        }
    }
    (void)buf_addf(out, "no common %s: the server has ", name);
    add_list(out, text, "server [");
    (void)buf_adds(out, ", we have ");
    add_list(out, text, "client [");
}

bool
kexgap_find(ssh_session first, const struct buf *heard, struct buf *out)
{
    struct buf said;
    int pair[2];

    if (heard->len == 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
        return false;
    }
    buf_init(&said, SAID_MAX);
    (void)send(pair[1], heard->data, heard->len, MSG_NOSIGNAL);
    ssh_session ssh = second(first, pair[0]);
    if (ssh != NULL) {
        play(ssh, &said);
        if (ssh_get_fd(ssh) < 0) {
            pair[0] = -1; /* libssh has closed it */
        }
        ssh_free(ssh);
    }
    const bool found = said.len > 0;
    if (found) {
        tell(out, said.data);
    }
    if (pair[0] >= 0) {
        (void)close(pair[0]);
    }
    (void)close(pair[1]);
    buf_release(&said);
    return found;
}
