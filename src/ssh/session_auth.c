/*
 * session_auth.c - libssh's ways to log in, without waiting.
 *
 * Decides which answers of libssh mean what, and which question a password may answer.  Owns
 * nothing.  Never asks anybody.
 */
#include "ssh/session_kind.h"

#include "base/escape.h"
#include "ssh/agent.h"

#include <string.h>

/* A server may send texts without a question before and after its one; not for ever. */
enum { ROUNDS_MAX = 8, QUESTION_BYTES_MAX = 200 };

/* A fatal error in here says AGAIN for ever: look at the connection itself. */
static enum session_auth
told(const struct session *s, int rc)
{
    if (rc == SSH_AUTH_SUCCESS) {
        return AUTH_OK;
    }
    if (!session_alive(s)) {
        return AUTH_FAIL;
    }
    switch (rc) {
    case SSH_AUTH_DENIED:
        return AUTH_DENIED;
    case SSH_AUTH_PARTIAL:
        return AUTH_PARTIAL;
    case SSH_AUTH_AGAIN:
        return AUTH_AGAIN;
    default:
        return AUTH_FAIL;
    }
}

/* ---------------------------------------------------------------- methods */

static const struct {
    int bit;
    const char *name;
} methods[] = {
    {SSH_AUTH_METHOD_PUBLICKEY, "publickey"},
    {SSH_AUTH_METHOD_PASSWORD, "password"},
    {SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive"},
    {SSH_AUTH_METHOD_HOSTBASED, "hostbased"},
    {SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi-with-mic"},
};

bool
session_takes(const struct session *s, int method)
{
    return (ssh_userauth_list(session_libssh(s), NULL) & method) != 0;
}

void
session_methods(const struct session *s, struct buf *out)
{
    const char *comma = "";

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (session_takes(s, methods[i].bit)) {
            (void)buf_addf(out, "%s%s", comma, methods[i].name);
            comma = ", ";
        }
    }
    if (comma[0] == '\0') {
        (void)buf_adds(out, "none");
    }
}

/* libssh refuses some keys by itself, and then its list means nothing.  What the server refused has
 * this error, which libssh sets with the list. */
bool
session_knows_methods(const struct session *s)
{
    const char *text = ssh_get_error(session_libssh(s));

    return text != NULL && strncmp(text, "Access denied for", 17) == 0;
}

/* ---------------------------------------------------------------- ways */

enum session_auth
session_auth_key(struct session *s, ssh_key key)
{
    return told(s, ssh_userauth_publickey(session_libssh(s), NULL, key));
}

enum session_auth
session_auth_agent(struct session *s, struct agent_login *login)
{
    ssh_session ssh = session_libssh(s);

    if (agent_login_state(login) == AGENT_WAITS) {
        return AUTH_LATER;
    }
    (void)ssh_set_agent_socket(ssh, agent_login_fd(login));
    for (;;) {
        const int rc = ssh_userauth_agent(ssh, NULL);
        if (rc == SSH_AUTH_PARTIAL) {
            (void)agent_login_next(login);
        }
        if (rc != SSH_AUTH_ERROR || !session_alive(s)) {
            return told(s, rc);
        }
        /* Nothing was sent: it had no signature. */
        switch (agent_login_state(login)) {
        case AGENT_WAITS:
            return AUTH_LATER;
        case AGENT_REFUSED:
            if (!agent_login_next(login)) {
                return AUTH_DENIED;
            }
            break;
        case AGENT_DEAD:
            return AUTH_DENIED;
        case AGENT_IDLE:
            return AUTH_FAIL;
        }
    }
}

void
session_forget_agent(struct session *s)
{
    (void)ssh_set_agent_socket(session_libssh(s), -1);
}

/* What cannot be read is told by libssh as an error beside AGAIN. */
static enum session_auth
told_interactive(const struct session *s, int rc)
{
    ssh_session ssh = session_libssh(s);

    if (rc == SSH_AUTH_AGAIN && ssh_get_error_code(ssh) == SSH_FATAL) {
        const char *text = ssh_get_error(ssh);
        if (strstr(text, "INFO_REQUEST") != NULL || strstr(text, "prompts") != NULL) {
            return AUTH_FAIL;
        }
    }
    return told(s, rc);
}

enum session_auth
session_auth_interactive(struct session *s, const char *password, struct session_questions *q,
                         struct buf *out)
{
    ssh_session ssh = session_libssh(s);

    for (;;) {
        const int rc = ssh_userauth_kbdint(ssh, NULL, NULL);
        if (rc != SSH_AUTH_INFO) {
            return told_interactive(s, rc);
        }
        const int count = ssh_userauth_kbdint_getnprompts(ssh);
        char echo = 0;
        const char *prompt = count < 1 ? "" : ssh_userauth_kbdint_getprompt(ssh, 0, &echo);
        prompt = prompt == NULL ? "" : prompt;
        const bool ours = count == 1 && echo == 0 && !q->answered;
        if (++q->rounds > ROUNDS_MAX || (count != 0 && !ours)) {
            const size_t len = strnlen(prompt, QUESTION_BYTES_MAX);
            escape_line(out, prompt, len);
            (void)buf_adds(out, prompt[len] == '\0' ? "" : "...");
            return AUTH_ASKS;
        }
        if (ours) {
            (void)ssh_userauth_kbdint_setanswer(ssh, 0, password);
            q->answered = true;
        }
    }
}

/* SSH_MSG_USERAUTH_PASSWD_CHANGEREQ (RFC 4252 8) has the number 60, which libssh takes for an
 * attack here. */
enum session_auth
session_auth_password(struct session *s, const char *password)
{
    ssh_session ssh = session_libssh(s);
    const enum session_auth answer = told(s, ssh_userauth_password(ssh, NULL, password));
    const bool change =
        answer == AUTH_FAIL && strstr(ssh_get_error(ssh), "rejected packet (type 60)") != NULL;

    return change ? AUTH_CHANGE : answer;
}
