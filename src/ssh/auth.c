/*
 * auth.c - the state that logs in: each way in turn, until the server says yes or takes no more.
 *
 * Decides what is tried in which order (ssh_config(5), PreferredAuthentications) and what a denial
 * says.  Owns the login at the agent while it lasts.  Never asks "none" first: that would cost a
 * round trip a host.  Never sends a password twice: accounts lock.
 */
#include "ssh/slot.h"

#include "base/xalloc.h"
#include "ssh/auth_offers.h"
#include "ssh/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { QUESTION_BYTES_MAX = 256 };

/* Words for a denial: a session has none of them as a rule, and there are thousands of sessions. */
static void
note(char **to, const char *text)
{
    free(*to);
    *to = text[0] == '\0' ? NULL : xstrdup(text);
}

/* ---------------------------------------------------------------- keys of files */

static bool
was_taken(const struct slot_auth *a, ssh_key key)
{
    for (int i = 0; i < a->accepted && i < AUTH_PARTIAL_MAX; i++) {
        if (a->taken[i] == key) {
            return true;
        }
    }
    return false;
}

/* The key at our place: with each of the certificates, then plain.  NULL: not this one. */
static ssh_key
key_here(const struct slot *s)
{
    const struct slot_auth *a = &s->auth;
    const char *path = s->target->key_paths[a->key];
    const char *const *certs = s->target->certificate_paths;
    ssh_key key = certs != NULL && certs[a->cert] != NULL
                      ? keyring_certified(s->config->keyring, path, certs[a->cert])
                      : keyring_get(s->config->keyring, path);

    return key == NULL || was_taken(a, key) ? NULL : key;
}

static void
key_past(struct slot *s)
{
    const char *const *certs = s->target->certificate_paths;
    struct slot_auth *a = &s->auth;

    if (certs != NULL && certs[a->cert] != NULL) {
        a->cert++;
    } else {
        a->cert = 0;
        a->key++;
    }
}

static bool
key_ready(struct slot *s)
{
    const char *const *paths = s->target->key_paths;

    while (paths != NULL && paths[s->auth.key] != NULL) {
        if (key_here(s) != NULL) {
            return true;
        }
        key_past(s);
    }
    return false;
}

static enum session_auth
key_try(struct slot *s)
{
    struct slot_auth *a = &s->auth;
    ssh_key key = key_here(s);
    const enum session_auth answer = session_auth_key(s->session, key);

    if (answer == AUTH_PARTIAL) {
        a->taken[a->accepted] = key;
    }
    if (answer == AUTH_DENIED && a->last_key != a->key) {
        a->last_key = a->key;
        a->first_key = a->keys_denied++ == 0 ? a->key : a->first_key;
    }
    return answer;
}

/* ---------------------------------------------------------------- keys of the agent */

static void
on_agent(void *arg)
{
    slot_kick(arg);
}

static void
drop_agent(struct slot *s)
{
    if (s->auth.agent != NULL) {
        session_forget_agent(s->session);
        agent_login_free(s->auth.agent);
        s->auth.agent = NULL;
    }
}

static bool
agent_ready(struct slot *s)
{
    const struct target *t = s->target;
    struct slot_auth *a = &s->auth;

    if (a->agent == NULL && !a->agent_done && t->agent != NULL && s->config->agents != NULL) {
        struct auth_offers offers = {0};
        auth_offers_make(&offers, t, s->config->keyring, s->config->agents);
        if (offers.count > 0) {
            a->agent = agent_login_new(s->config->agents, t->agent, offers.items, offers.count,
                                       on_agent, s);
        }
        free(offers.items);
        a->agent_done = a->agent == NULL;
    }
    return a->agent != NULL;
}

static enum session_auth
agent_try(struct slot *s)
{
    struct slot_auth *a = &s->auth;
    enum session_auth answer = AUTH_DENIED;

    if (!agent_login_is_dead(a->agent)) {
        answer = session_auth_agent(s->session, a->agent);
    }
    if (agent_login_trouble_is_new(a->agent)) {
        s->config->events.warning(s->config->arg, s->id, agent_login_trouble(a->agent));
    }
    if (answer == AUTH_DENIED) {
        a->agent_keys = (int)agent_login_offers(a->agent);
        note(&a->trouble, agent_login_trouble(a->agent));
    }
    return answer;
}

static void
agent_past(struct slot *s)
{
    drop_agent(s);
    s->auth.agent_done = true;
}

/* ---------------------------------------------------------------- the password */

static bool
interactive_ready(struct slot *s)
{
    return s->target->password != NULL && !s->auth.interactive_done;
}

static enum session_auth
interactive_try(struct slot *s)
{
    struct slot_auth *a = &s->auth;
    struct buf question;

    buf_init(&question, QUESTION_BYTES_MAX);
    const enum session_auth answer =
        session_auth_interactive(s->session, s->target->password, &a->questions, &question);
    a->password_denied = answer == AUTH_DENIED && a->questions.answered;
    if (answer == AUTH_ASKS) {
        note(&a->question, question.data);
        a->asked = true;
    }
    buf_release(&question);
    return answer;
}

static void
interactive_past(struct slot *s)
{
    s->auth.interactive_done = true;
}

static bool
password_ready(struct slot *s)
{
    return s->target->password != NULL && !s->auth.password_done && !s->auth.questions.answered;
}

static enum session_auth
password_try(struct slot *s)
{
    const enum session_auth answer = session_auth_password(s->session, s->target->password);

    s->auth.password_denied = answer == AUTH_DENIED;
    return answer;
}

static void
password_past(struct slot *s)
{
    s->auth.password_done = true;
}

/* ---------------------------------------------------------------- the order */

static const struct login_way {
    int method;
    bool (*ready)(struct slot *s); /* there is something to try */
    enum session_auth (*try)(struct slot *s);
    void (*past)(struct slot *s); /* not this again */
} ways[] = {
    {SSH_AUTH_METHOD_PUBLICKEY, key_ready, key_try, key_past},
    {SSH_AUTH_METHOD_PUBLICKEY, agent_ready, agent_try, agent_past},
    {SSH_AUTH_METHOD_INTERACTIVE, interactive_ready, interactive_try, interactive_past},
    {SSH_AUTH_METHOD_PASSWORD, password_ready, password_try, password_past},
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

/* ---------------------------------------------------------------- saying no */

static void
add_word(struct buf *out, const char *word)
{
    (void)buf_addf(out, "%s%s", out->len > 0 ? ", " : "", word);
}

/* "key PATH", "3 keys of the agent", "the password". */
static void
list_tried(const struct slot *s, struct buf *out)
{
    const struct slot_auth *a = &s->auth;
    char words[64];

    if (a->keys_denied == 1) {
        (void)buf_addf(out, "key %s", s->target->key_paths[a->first_key]);
    } else if (a->keys_denied > 1) {
        (void)buf_addf(out, "key %s and %d more", s->target->key_paths[a->first_key],
                       a->keys_denied - 1);
    }
    if (a->agent_keys > 0 && a->trouble == NULL) {
        (void)snprintf(words, sizeof(words), "%d key%s of the agent", a->agent_keys,
                       a->agent_keys == 1 ? "" : "s");
        add_word(out, words);
    }
    if (a->password_denied) {
        add_word(out, "the password");
    }
}

static void
add_reasons(const struct slot *s, bool tried, struct buf *out)
{
    const char *const *paths = s->target->key_paths;
    const struct slot_auth *a = &s->auth;
    struct buf methods;

    buf_init(&methods, 256);
    session_methods(s->session, &methods);
    /* A server that takes keys only, refused ours: to say `publickey` would lead astray. */
    const bool keys_only = strcmp(methods.data, "publickey") == 0;
    if (a->heard && (!keys_only || a->keys_denied + a->agent_keys == 0)) {
        (void)buf_addf(out, ": the server would %stake: %s",
                       tried || a->accepted > 0 || a->asked ? "still " : "", methods.data);
    }
    if (a->asked) {
        (void)buf_addf(out, "; it asked \"%s\", which a password does not answer",
                       a->question == NULL ? "" : a->question);
    }
    if (a->trouble != NULL) {
        (void)buf_addf(out, "; %s", a->trouble);
    }
    for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
        if (keyring_found(s->config->keyring, paths[i]) == KEYRING_LOCKED) {
            (void)buf_addf(out, "; key %s has a passphrase, and was not opened", paths[i]);
        }
    }
    buf_release(&methods);
}

/* An agent that did not sign is no denial by the server, and must not trip the breaker. */
static enum slot_step
denied(struct slot *s)
{
    const struct slot_auth *a = &s->auth;
    struct buf tried;
    struct buf reasons;

    buf_init(&tried, ERR_TEXT_MAX);
    buf_init(&reasons, ERR_TEXT_MAX);
    list_tried(s, &tried);
    add_reasons(s, tried.len > 0, &reasons);
    const bool unasked = s->target->password != NULL && a->heard && !a->asked;
    const char *what = tried.len > 0     ? " not accepted"
                       : a->accepted > 0 ? "nothing to go on with"
                       : unasked         ? "no key, and no password is taken"
                                         : "nothing to log in with";
    const enum slot_step step =
        slot_fail(s, a->trouble != NULL ? CAUSE_CONNECT : CAUSE_AUTH, "%s%s%s as %s%s",
                  a->accepted > 0 ? "one method passed, then: " : "", tried.data, what,
                  s->target->user, reasons.data);
    buf_release(&tried);
    buf_release(&reasons);
    return step;
}

/* sshd ends the connection after MaxAuthTries refusals, others after fewer and without a word. */
static enum slot_step
failed(struct slot *s)
{
    struct slot_auth *a = &s->auth;

    (void)slot_fail_ssh(s, CAUSE_LOST, "");
    if (strcasestr(s->text, "too many") == NULL && strcasestr(s->text, "max auth") == NULL &&
        a->denials == 0) {
        return SLOT_FAIL;
    }
    s->cause = CAUSE_AUTH;
    const size_t keys = a->agent == NULL ? 0 : agent_login_offers(a->agent);
    const size_t len = strlen(s->text);
    if (keys > 1) {
        (void)snprintf(s->text + len, ERR_TEXT_MAX - len,
                       " (the agent has %zu keys: IdentitiesOnly and IdentityFile choose)", keys);
    }
    return SLOT_FAIL;
}

/* ---------------------------------------------------------------- the state */

/* Taken, and more is wanted: what was refused before may be taken now. */
static void
begin_again(struct slot *s, const struct login_way *way)
{
    struct slot_auth *a = &s->auth;

    a->heard = true;
    if (way->try == agent_try) {
        if (!agent_login_next(a->agent)) {
            agent_past(s);
        }
    } else {
        way->past(s);
    }
    if (way->method != SSH_AUTH_METHOD_PUBLICKEY) {
        a->key = a->cert = 0;
        a->agent_done = a->agent != NULL;
    }
    a->accepted++;
    a->way = a->accepted < AUTH_PARTIAL_MAX ? 0 : WAYS;
}

/* False: the answer ends the state, or has to be waited for. */
static bool
move_on(struct slot *s, const struct login_way *way, enum session_auth answer)
{
    struct slot_auth *a = &s->auth;

    switch (answer) {
    case AUTH_DENIED:
    case AUTH_ASKS:
        a->heard = a->heard || session_knows_methods(s->session);
        a->denials += answer == AUTH_DENIED && a->trouble == NULL;
        way->past(s);
        return true;
    case AUTH_PARTIAL:
        begin_again(s, way);
        return true;
    case AUTH_OK:
    case AUTH_AGAIN:
    case AUTH_LATER:
    case AUTH_CHANGE:
    case AUTH_FAIL:
        break;
    }
    return false;
}

enum slot_step
step_auth(struct slot *s)
{
    struct slot_auth *a = &s->auth;

    a->waits = false;
    while (a->way < WAYS) {
        const struct login_way *way = &ways[a->way];
        if ((a->heard && !session_takes(s->session, way->method)) || !way->ready(s)) {
            a->way++;
            continue;
        }
        const enum session_auth answer = way->try(s);
        if (move_on(s, way, answer)) {
            continue;
        }
        if (answer == AUTH_OK) {
            drop_agent(s);
            session_attach(s->session);
            return SLOT_DONE;
        }
        a->waits = answer == AUTH_LATER;
        if (answer == AUTH_CHANGE) {
            return slot_fail(s, CAUSE_AUTH, "the password of %s has expired: log in and change it",
                             s->target->user);
        }
        return answer == AUTH_FAIL ? failed(s) : SLOT_WAIT;
    }
    return denied(s);
}

void
auth_release(struct slot *s)
{
    drop_agent(s);
    note(&s->auth.question, "");
    note(&s->auth.trouble, "");
}
