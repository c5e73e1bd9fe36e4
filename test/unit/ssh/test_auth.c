/*
 * test_auth.c - which ways in are tried, in which order, and what is said when none leads in.
 *
 * The server does as the user name says.  Agents are real ones behind a child that makes them slow,
 * silent or unwilling.
 */
#include "ssh/agent.h"
#include "unit/ssh/agents.h"
#include "unit/ssh/keygen.h"
#include "unit/ssh/rig.h"
#include "unit/ssh/server.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char password[] = "geheim-9";

static struct zygote *zygote; /* started before libssh, as main() does */
static struct event_base *base;
static struct server server;
static char folder[] = "/tmp/im-auth-XXXXXX";
static char host_key[64], good[64], other[64], third[64];
static ssh_key good_public; /* the one that the server takes */

/* ---------------------------------------------------------------- the server */

/* libssh would have callbacks instead; messages one after another are what a forked child needs. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* Answer a request to log in; the user says how. */
struct login {
    char user[64];
    int refused;
    int passed;
};

static void
refuse(ssh_session s, ssh_message m, struct login *l, int methods)
{
    const char *user = l->user;

    l->refused++;
    if (strcmp(user, "impatient") == 0 && l->refused == 2) {
        (void)ssh_session_set_disconnect_message(s, "Too many authentication failures");
        ssh_disconnect(s);
        _exit(0);
    }
    if (strcmp(user, "slams") == 0) {
        _exit(0);
    }
    (void)ssh_message_auth_set_methods(m, methods);
    (void)ssh_message_reply_default(m);
}

static void
pass(ssh_message m, struct login *l, int wanted, int methods)
{
    if (++l->passed < wanted) {
        (void)ssh_message_auth_set_methods(m, methods);
        (void)ssh_message_auth_reply_success(m, 1);
    } else {
        (void)ssh_message_auth_reply_success(m, 0);
    }
}

static int
methods_left(const char *user, int passed)
{
    static const struct {
        const char *user;
        int passed; /* at least */
        int methods;
    } rows[] = {
        {"key", 0, SSH_AUTH_METHOD_PUBLICKEY},
        {"impatient", 0, SSH_AUTH_METHOD_PUBLICKEY},
        {"key+key", 0, SSH_AUTH_METHOD_PUBLICKEY},
        {"key+password", 0, SSH_AUTH_METHOD_PUBLICKEY},
        {"password+key", 1, SSH_AUTH_METHOD_PUBLICKEY},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(user, rows[i].user) == 0 && passed >= rows[i].passed) {
            return rows[i].methods;
        }
    }
    return strncmp(user, "ask", 3) == 0 ? SSH_AUTH_METHOD_INTERACTIVE | SSH_AUTH_METHOD_PASSWORD
                                        : SSH_AUTH_METHOD_PASSWORD;
}

static void
on_key(ssh_session s, ssh_message m, struct login *l)
{
    const char *user = l->user;
    ssh_key key = ssh_message_auth_pubkey(m);
    const bool takes = strstr(user, "key") != NULL &&
                       (strncmp(user, "password+", 9) != 0 || l->passed > 0) &&
                       ssh_key_cmp(key, good_public, SSH_KEY_CMP_PUBLIC) == 0;
    const int after =
        strcmp(user, "key+key") == 0 ? SSH_AUTH_METHOD_PUBLICKEY : SSH_AUTH_METHOD_PASSWORD;
    const int others = methods_left(user, l->passed);

    if (!takes) {
        refuse(s, m, l, others);
    } else if (ssh_message_auth_publickey_state(m) == SSH_PUBLICKEY_STATE_NONE) {
        (void)ssh_message_auth_reply_pk_ok_simple(m);
    } else if (ssh_message_auth_publickey_state(m) == SSH_PUBLICKEY_STATE_VALID) {
        pass(m, l, strchr(user, '+') == NULL || l->passed > 0 ? 0 : 2, after);
    } else {
        refuse(s, m, l, others);
    }
}

static void
on_password(ssh_session s, ssh_message m, struct login *l)
{
    const char *user = l->user;
    const bool right = strcmp(ssh_message_auth_password(m), password) == 0;

    if (strcmp(user, "expired") == 0) {
        const char *prompts[] = {"New password: "};
        char echo[] = {0};
        /* The number of its message is that of SSH_MSG_USERAUTH_PASSWD_CHANGEREQ. */
        (void)ssh_message_auth_interactive_request(m, "", "", 1, prompts, echo);
    } else if (!right || strcmp(user, "ask-two") == 0) {
        refuse(s, m, l, SSH_AUTH_METHOD_PASSWORD);
    } else {
        pass(m, l, strcmp(user, "password+key") == 0 ? 2 : 0, SSH_AUTH_METHOD_PUBLICKEY);
    }
}

static void
on_interactive(ssh_session s, ssh_message m, struct login *l)
{
    const char *user = l->user;
    const char *prompts[] = {"Password: ", "Code\033[31m: "};
    char echo[] = {0, 1};

    if (!ssh_message_auth_kbdint_is_response(m)) {
        if (strcmp(user, "ask-echo") == 0) {
            (void)ssh_message_auth_interactive_request(m, "", "", 1, prompts + 1, echo + 1);
        } else {
            (void)ssh_message_auth_interactive_request(
                m, "n", "i", strcmp(user, "ask-two") == 0 ? 2 : 1, prompts, echo);
        }
        return;
    }
    const int count = ssh_userauth_kbdint_getnanswers(s);
    const char *answer = count < 1 ? "" : ssh_userauth_kbdint_getanswer(s, 0);
    if (count == 1 && strcmp(answer, password) != 0) {
        refuse(s, m, l, SSH_AUTH_METHOD_INTERACTIVE | SSH_AUTH_METHOD_PASSWORD);
    } else if (count == 1 && strcmp(user, "ask-twice") == 0) {
        (void)ssh_message_auth_interactive_request(m, "", "", 1, prompts, echo);
    } else if (strcmp(user, "ask-for-ever") == 0 ||
               (count == 1 && strcmp(user, "ask-and-tell") == 0)) {
        (void)ssh_message_auth_interactive_request(m, "", "Welcome", 0, prompts, echo);
    } else {
        (void)ssh_message_auth_reply_success(m, 0);
    }
}

static void
serve(ssh_bind b, int fd)
{
    ssh_session s = ssh_new();
    struct login login = {0};
    ssh_message m;

    if (ssh_bind_accept_fd(b, s, fd) != SSH_OK || ssh_handle_key_exchange(s) != SSH_OK) {
        _exit(0);
    }
    while ((m = ssh_message_get(s)) != NULL) {
        const int subtype = ssh_message_subtype(m);
        if (login.user[0] == '\0' && ssh_message_auth_user(m) != NULL) { /* an answer has none */
            (void)snprintf(login.user, sizeof(login.user), "%s", ssh_message_auth_user(m));
        }
        if (ssh_message_type(m) != SSH_REQUEST_AUTH) {
            (void)ssh_message_reply_default(m);
        } else if (subtype == SSH_AUTH_METHOD_PUBLICKEY) {
            on_key(s, m, &login);
        } else if (subtype == SSH_AUTH_METHOD_PASSWORD) {
            on_password(s, m, &login);
        } else if (subtype == SSH_AUTH_METHOD_INTERACTIVE) {
            on_interactive(s, m, &login);
        } else {
            _exit(9); /* "none" is a round trip a host, and must not be asked */
        }
        ssh_message_free(m);
    }
    _exit(0);
}

/* ---------------------------------------------------------------- the rig */

static void
make_key(char *path, size_t size, const char *name)
{
    ssh_key key = NULL;
    char public_path[80];

    (void)snprintf(path, size, "%s/%s", folder, name);
    (void)snprintf(public_path, sizeof(public_path), "%s.pub", path);
    assert_int_equal(ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key), SSH_OK);
    assert_int_equal(ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path), SSH_OK);
    assert_int_equal(ssh_pki_export_pubkey_file(key, public_path), SSH_OK);
    assert_int_equal(chmod(path, 0600), 0);
    if (strcmp(name, "good") == 0) {
        assert_int_equal(ssh_pki_export_privkey_to_pubkey(key, &good_public), SSH_OK);
    }
    ssh_key_free(key);
}

static int
setup(void **state)
{
    (void)state;
    zygote = zygote_start(NULL);
    if (zygote == NULL || ssh_init() != SSH_OK || mkdtemp(folder) == NULL) {
        return -1;
    }
    make_key(host_key, sizeof(host_key), "host");
    make_key(good, sizeof(good), "good");
    make_key(other, sizeof(other), "other");
    make_key(third, sizeof(third), "third");
    server = server_start_with(host_key, serve);
    base = event_base_new();
    zygote_attach(zygote, base);
    return 0;
}

static int
teardown(void **state)
{
    char command[96];

    (void)state;
    server_stop(&server);
    zygote_free(zygote);
    event_base_free(base);
    ssh_key_free(good_public);
    (void)ssh_finalize();
    (void)snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

/* One login to the end; true if it went in. */
struct outcome {
    bool in;
    enum cause cause;
    char text[1024];
};

static void
log_in(struct target *t, struct agents *agents, const char *const *key_paths, struct outcome *ret)
{
    struct rig r = {.base = base, .zygote = zygote, .keyring = keyring_new()};

    rig_open(&r);
    struct pool_config config = rig_config(&r);
    config.agents = agents;
    for (size_t i = 0; key_paths != NULL && key_paths[i] != NULL; i++) {
        enum keyring_found found;
        assert_int_equal(keyring_look(r.keyring, key_paths[i], &found, NULL), 0);
    }
    for (size_t i = 0; t->certificate_paths != NULL && t->certificate_paths[i] != NULL; i++) {
        assert_int_equal(keyring_load_cert(r.keyring, t->certificate_paths[i], NULL), 0);
    }
    t->name = "web-01";
    t->address = "127.0.0.1";
    t->port = server.port;
    t->key_paths = key_paths;
    r.pool = pool_new(&config);
    r.kind = "connected";
    pool_connect(r.pool, 0, t);
    while (strstr(r.log.data, "connect") == NULL) {
        assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
    }
    *ret = (struct outcome){.in = strncmp(r.log.data, "connected", 9) == 0};
    (void)snprintf(ret->text, sizeof(ret->text), "%s", r.text);
    if (!ret->in) {
        ret->cause = (enum cause)atoi(r.log.data + strlen("connect_failed "));
    }
    rig_close(&r);
    keyring_free(r.keyring);
}

static void
assert_in(const struct outcome *o, const char *who)
{
    if (!o->in) {
        fail_msg("%s: not let in: %s", who, o->text);
    }
}

static void
assert_out(const struct outcome *o, const char *who, enum cause cause, const char *text)
{
    if (o->in || o->cause != cause || strcmp(o->text, text) != 0) {
        fail_msg("%s: expected %d \"%s\", got %d \"%s\"%s", who, (int)cause, text, (int)o->cause,
                 o->text, o->in ? " and in" : "");
    }
}

/* ---------------------------------------------------------------- without an agent */

static void
test_tries_each_way_in_the_order_of_ssh(void **state)
{
    static const struct {
        const char *user;
        const char *const paths[3];
        bool with_password;
    } rows[] = {
        {"key", {good}, false},         {"key", {other, good}, false},
        {"key", {good, other}, false},  {"password", {NULL}, true},
        {"password", {other}, true},    {"ask", {NULL}, true},
        {"ask", {other}, true},         {"ask-and-tell", {other}, true},
        {"key+password", {good}, true}, {"key+password", {other, good}, true},
        {"password+key", {good}, true}, {"password+key", {other, good}, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct target t = {.user = rows[i].user,
                           .password = rows[i].with_password ? password : NULL};
        struct outcome o;
        log_in(&t, NULL, rows[i].paths, &o);
        assert_in(&o, rows[i].user);
    }
}

static void
test_a_denial_says_what_was_tried_and_what_is_left(void **state)
{
    static const struct {
        const char *user;
        const char *const paths[3];
        const char *password;
        const char *text; /* %s: path of `other` */
    } rows[] = {
        {"key", {other}, NULL, "auth: key %s not accepted as key"},
        {"key", {other, third}, NULL, "auth: key %s and 1 more not accepted as key"},
        {"password",
         {other},
         NULL,
         "auth: key %s not accepted as password: the server would still take: password"},
        {"password",
         {other},
         "falsch",
         "auth: key %s, the password not accepted as password: the server would still take: "
         "password"},
        {"ask",
         {other},
         "falsch",
         "auth: key %s, the password not accepted as ask: the server would still take: password, "
         "keyboard-interactive"},
        {"key+password",
         {good},
         NULL,
         "auth: one method passed, then: nothing to go on with as key+password: the server would "
         "still take: password"},
        {"key+password",
         {good},
         "falsch",
         "auth: one method passed, then: the password not accepted as key+password: the server "
         "would still take: password"},
        {"key+key",
         {good},
         password,
         "auth: one method passed, then: nothing to go on with as "
         "key+key: the server would still take: publickey"},
        {"expired",
         {other},
         password,
         "auth: the password of expired has expired: log in and change it"},
        {"ask-two",
         {other},
         password,
         "auth: key %s, the password not accepted as ask-two: the server would still take: "
         "password; it asked \"Password: \", which a password does not answer"},
        {"slams", {other}, NULL, "auth: closed by the server"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct target t = {.user = rows[i].user, .password = rows[i].password};
        struct outcome o;
        char text[512];
        const char *mark = strstr(rows[i].text, "%s");
        (void)snprintf(text, sizeof(text), "%.*s%s%s",
                       mark == NULL ? (int)strlen(rows[i].text) : (int)(mark - rows[i].text),
                       rows[i].text, mark == NULL ? "" : other, mark == NULL ? "" : mark + 2);
        log_in(&t, NULL, rows[i].paths, &o);
        assert_out(&o, rows[i].user, strcmp(rows[i].user, "slams") == 0 ? CAUSE_LOST : CAUSE_AUTH,
                   text);
    }
}

static void
test_a_question_that_shows_what_is_typed_is_not_answered(void **state)
{
    struct target t = {.user = "ask-echo", .password = password};
    struct outcome o;

    (void)state;
    log_in(&t, NULL, NULL, &o); /* then the password itself is taken */
    assert_in(&o, "ask-echo");
    t.user = "ask-for-ever";
    log_in(&t, NULL, NULL, &o);
    assert_out(&o, t.user, CAUSE_AUTH,
               "auth: nothing to log in with as ask-for-ever; it asked \"\", which a password does "
               "not answer");
    t.user = "ask-twice";
    log_in(&t, NULL, NULL, &o);
    assert_out(&o, t.user, CAUSE_AUTH,
               "auth: nothing to log in with as ask-twice; it asked \"Password: \", which a "
               "password does not answer");
}

static void
test_too_many_failures_are_a_denial(void **state)
{
    static const char *const paths[] = {other, third, good, NULL};
    struct target t = {.user = "impatient"};
    struct outcome o;

    (void)state;
    log_in(&t, NULL, paths, &o);
    assert_false(o.in);
    assert_int_equal(o.cause, CAUSE_AUTH);
    if (strstr(o.text, "Too many authentication failures") == NULL) {
        fail_msg("%s", o.text);
    }
}

/* ---------------------------------------------------------------- with an agent */

/* What test/check/valgrind.supp says of libssh's list of keys, for the other checker, which has no
 * names of libssh's functions. */
const char *
__lsan_default_suppressions(void)
{
    return "leak:libssh.so\n";
}

static void
with_agent(const char *how, const char *user, const char *const *paths, bool only,
           struct outcome *ret)
{
    static const char *const held[] = {other, good, NULL};
    struct agent_rig a;
    struct agents *agents = agents_new();

    agent_start(&a, folder, how, held);
    assert_int_equal(agents_load(agents, a.path, NULL), 2);
    /* A deadline that is met only by who never answers, and one that nobody meets. */
    const bool never = strcmp(how, "silent") == 0 || strcmp(how, "drops") == 0;
    agents_attach(agents, base, never ? 300 : 60000);
    struct target t = {.user = user, .agent = a.path, .identities_only = only};
    log_in(&t, agents, paths, ret);
    agents_free(agents);
    agent_stop(&a);
}

static void
test_keys_of_an_agent_lead_in_whether_it_is_quick_or_slow(void **state)
{
    static const char *const kinds[] = {"quick", "slow", "hangup"};
    static const char *const named[] = {good, NULL};

    (void)state;
    if (!agent_here()) {
        skip();
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct outcome o;
        with_agent(kinds[i], "key", NULL, false, &o);
        assert_in(&o, kinds[i]);
        with_agent(kinds[i], "key", named, true, &o);
        assert_in(&o, kinds[i]);
    }
}

static void
test_identities_only_leaves_out_what_is_not_named(void **state)
{
    static const char *const named[] = {third, NULL};
    struct outcome o;
    char text[256];

    (void)state;
    if (!agent_here()) {
        skip();
    }
    with_agent("quick", "key", named, true, &o);
    (void)snprintf(text, sizeof(text), "auth: key %s not accepted as key", third);
    assert_out(&o, "only", CAUSE_AUTH, text);
    with_agent("quick", "key", named, false, &o);
    assert_in(&o, "not only");
    with_agent("quick", "password", named, false, &o);
    (void)snprintf(text, sizeof(text),
                   "auth: key %s not accepted as password: the server would still take: password",
                   third);
    assert_out(&o, "a server that takes no keys is shown one", CAUSE_AUTH, text);
}

/* An IdentityFile that is only a .pub: the agent has the rest. */
static void
test_a_public_key_names_one_of_the_agent(void **state)
{
    char public_path[80];
    const char *const named[] = {public_path, NULL};
    struct outcome o;

    (void)state;
    if (!agent_here()) {
        skip();
    }
    (void)snprintf(public_path, sizeof(public_path), "%s.pub", good);
    with_agent("quick", "key", named, true, &o);
    assert_in(&o, "a .pub");
    (void)snprintf(public_path, sizeof(public_path), "%s.pub", other);
    with_agent("quick", "key", named, true, &o);
    assert_out(&o, "another .pub", CAUSE_AUTH, "auth: 1 key of the agent not accepted as key");
}

static void
test_an_agent_that_fails_is_no_denial(void **state)
{
    static const struct {
        const char *how;
        const char *text; /* behind the path */
    } rows[] = {{"silent", " has not answered for 0.3 s"},
                {"drops", " has not answered for 0.3 s"},
                {"garbage", " is gone: Message too long"},
                {"refuses", NULL}};

    (void)state;
    if (!agent_here()) {
        skip();
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct outcome o;
        with_agent(rows[i].how, "key", NULL, false, &o);
        assert_false(o.in);
        assert_int_equal(o.cause, CAUSE_CONNECT);
        assert_non_null(
            strstr(o.text, rows[i].text == NULL ? "; the agent would not sign" : rows[i].text));
    }
}

static void
test_an_agent_that_died_is_told_at_once_to_everybody(void **state)
{
    static const char *const held[] = {good, NULL};
    struct agents *agents = agents_new();
    struct agent_rig a;
    struct outcome o;

    (void)state;
    if (!agent_here()) {
        skip();
    }
    agent_start(&a, folder, "quick", held);
    assert_int_equal(agents_load(agents, a.path, NULL), 1);
    agents_attach(agents, base, 60000); /* waits for no deadline */
    agent_stop(&a);
    struct target t = {.user = "key", .agent = a.path};
    for (int i = 0; i < 3; i++) {
        log_in(&t, agents, NULL, &o);
        assert_false(o.in);
        assert_int_equal(o.cause, CAUSE_CONNECT);
        assert_non_null(strstr(o.text, " is gone: "));
    }
    t.user = "password"; /* and other ways lead in */
    t.password = password;
    log_in(&t, agents, NULL, &o);
    assert_in(&o, "password");
    agents_free(agents);
}

static void
test_many_logins_share_a_slow_agent(void **state)
{
    enum { LOGINS = 8 };
    static const char *const held[] = {good, NULL};
    struct rig r = {.base = base, .zygote = zygote, .keyring = keyring_new()};
    struct agents *agents = agents_new();
    struct agent_rig a;

    (void)state;
    if (!agent_here()) {
        skip();
    }
    agent_start(&a, folder, "slow", held);
    assert_int_equal(agents_load(agents, a.path, NULL), 1);
    agents_attach(agents, base, 60000);
    rig_open(&r);
    struct pool_config config = rig_config(&r);
    config.agents = agents;
    r.pool = pool_new(&config);
    const struct target t = {.name = "web-01",
                             .address = "127.0.0.1",
                             .port = server.port,
                             .user = "key",
                             .agent = a.path};
    for (int i = 0; i < LOGINS; i++) {
        pool_connect(r.pool, i, &t);
    }
    assert_true(rig_wait(&r, "connected", LOGINS));
    for (int i = 0; i < LOGINS; i++) { /* and some that are freed while they wait for it */
        pool_connect(r.pool, LOGINS + i, &t);
    }
    assert_true(rig_wait(&r, "connected", 1));
    rig_close(&r);
    keyring_free(r.keyring);
    agents_free(agents);
    agent_stop(&a);
}

static void
on_wake(void *arg)
{
    (void)arg;
}

/* Else hosts that log in at once would be denied where their sockets take all the descriptors. */
static void
test_a_login_with_an_agent_costs_no_descriptor(void **state)
{
    static const char *const held[] = {good, NULL};
    struct agents *agents = agents_new();
    struct agent_rig a;
    struct rlimit before;

    (void)state;
    if (!agent_here()) {
        skip();
    }
    agent_start(&a, folder, "quick", held);
    assert_int_equal(agents_load(agents, a.path, NULL), 1);
    agents_attach(agents, base, 60000);
    const struct pubkey *key = agents_key(agents, a.path, 0);
    const struct agent_offer offer = {.shown = key, .signs = key};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct agent_login *one = agent_login_new(agents, a.path, &offer, 1, on_wake, NULL);
    struct agent_login *two = agent_login_new(agents, a.path, &offer, 1, on_wake, NULL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_non_null(one);
    assert_non_null(two);
    const int fd = agent_login_fd(one);
    assert_int_equal(agent_login_fd(two), fd);
    agent_login_free(one); /* the other is still answered there */
    assert_int_equal(send(fd, "\0\0\0\1\x0b", 5, 0), 5);
    char list[4];
    assert_int_equal(recv(fd, list, sizeof(list), 0), sizeof(list));
    agent_login_free(two);
    agents_free(agents);
    agent_stop(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries_each_way_in_the_order_of_ssh),
        cmocka_unit_test(test_a_denial_says_what_was_tried_and_what_is_left),
        cmocka_unit_test(test_a_question_that_shows_what_is_typed_is_not_answered),
        cmocka_unit_test(test_too_many_failures_are_a_denial),
        cmocka_unit_test(test_keys_of_an_agent_lead_in_whether_it_is_quick_or_slow),
        cmocka_unit_test(test_identities_only_leaves_out_what_is_not_named),
        cmocka_unit_test(test_a_public_key_names_one_of_the_agent),
        cmocka_unit_test(test_an_agent_that_fails_is_no_denial),
        cmocka_unit_test(test_an_agent_that_died_is_told_at_once_to_everybody),
        cmocka_unit_test(test_many_logins_share_a_slow_agent),
        cmocka_unit_test(test_a_login_with_an_agent_costs_no_descriptor),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
