/*
 * sshconfig_fill.c - the answer, from the lines that were found to count.
 *
 * Decides what each value comes to: paths, lists of algorithms, addresses, tokens; and what is
 * refused because it would make a connection less safe, or another one, if it were passed over.
 * Owns nothing.
 */
#include "ssh/sshconfig_state.h"

#include "base/escape.h"
#include "base/xalloc.h"

#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { PORT_DEFAULT = 22, NAME_BYTES_MAX = 1024 };

struct filling {
    const struct sshconfig_found *found;
    struct sshconfig_options *ret;
    struct sshconfig_tokens tokens;
    struct err *err;
};

static int
refuse(const struct filling *f, const struct sshconfig_line *line, const char *why)
{
    return sshconfig_refuse(line, f->found->query->where, f->err, "%s", why);
}

static const char *
text_of(const struct filling *f, enum sshconfig_key key)
{
    const struct sshconfig_line *line = f->found->first[key];

    return line == NULL ? NULL : line->args.items[0];
}

static int64_t
value_of(const struct filling *f, enum sshconfig_key key, int64_t otherwise)
{
    const struct sshconfig_line *line = f->found->first[key];

    return line == NULL ? otherwise : line->value;
}

static bool
is_none(const char *text)
{
    return strcasecmp(text, "none") == 0;
}

/* ---------------------------------------------------------------- what is refused */

static int
check_refused(const struct filling *f)
{
    static const struct {
        enum sshconfig_key key;
        const char *why;
    } rows[] = {
        {KEY_REVOKED, "not supported: a revoked key would be accepted; write `@revoked` lines into "
                      "a known_hosts file"},
        {KEY_KNOWN_HOSTS_COMMAND, "not supported: it would run a program for each host"},
        {KEY_BIND_INTERFACE, "not supported: another way to the host would be taken; BindAddress "
                             "is"},
        {KEY_CANONICALIZE, "not supported: names are looked up as they are written"},
        {KEY_CANONICAL_CNAMES, "not supported: names are looked up as they are written"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sshconfig_line *line = f->found->first[rows[i].key];
        if (line == NULL) {
            continue;
        }
        const bool off = line->keyword->kind == KIND_WORD      ? line->value == 0
                         : line->keyword->kind == KIND_COMMAND ? is_none(line->rest)
                                                               : is_none(line->args.items[0]);
        if (!off) {
            return refuse(f, line, rows[i].why);
        }
    }
    const struct sshconfig_line *pass = f->found->first[KEY_FDPASS];
    if (pass != NULL && pass->value != 0 && f->ret->proxy_command != NULL) {
        return refuse(f, pass, "not supported: ProxyCommand must carry the bytes itself");
    }
    return 0;
}

/* ---------------------------------------------------------------- where and who */

/* No option of a program, no blank or control byte: it goes into messages and resolvers. */
static bool
is_name(const char *text)
{
    const size_t len = strlen(text);

    if (len == 0 || len > NAME_BYTES_MAX || text[0] == '-' || !utf8_valid(text, len)) {
        return false;
    }
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p <= ' ' || *p == 0x7f) {
            return false;
        }
    }
    return true;
}

static int
fill_place(struct filling *f)
{
    struct sshconfig_options *o = f->ret;

    o->hostname = xstrdup(f->found->hostname);
    o->port = (int)value_of(f, KEY_PORT, 0);
    o->user = text_of(f, KEY_USER) == NULL ? NULL : xstrdup(text_of(f, KEY_USER));
    o->family = (int)value_of(f, KEY_FAMILY, AF_UNSPEC);
    if (!is_name(o->hostname)) {
        static const char why[] = "expected a name or an address";
        const struct sshconfig_line *line = f->found->first[KEY_HOSTNAME];
        return line != NULL ? refuse(f, line, why) : err_set(f->err, ERR_CONFIG, "%s", why);
    }
    if (o->user != NULL && !is_name(o->user)) {
        return refuse(f, f->found->first[KEY_USER], "expected the name of a user");
    }
    if (text_of(f, KEY_HOST_KEY_ALIAS) != NULL) {
        o->host_key_alias = xstrdup(text_of(f, KEY_HOST_KEY_ALIAS));
        for (char *p = o->host_key_alias; *p != '\0'; p++) {
            *p = (char)tolower((unsigned char)*p);
        }
    }
    return 0;
}

static int
fill_bind(struct filling *f)
{
    const struct addrinfo hints = {
        .ai_family = f->ret->family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    const char *text = text_of(f, KEY_BIND_ADDRESS);
    struct addrinfo *all = NULL;

    if (text == NULL) {
        return 0;
    }
    if (getaddrinfo(text, NULL, &hints, &all) != 0) {
        return refuse(f, f->found->first[KEY_BIND_ADDRESS],
                      f->ret->family == AF_UNSPEC
                          ? "expected an address of this machine, not a name"
                          : "expected an address of this machine, of the AddressFamily");
    }
    freeaddrinfo(all);
    f->ret->bind_address = xstrdup(text);
    return 0;
}

static void
fill_numbers(struct filling *f)
{
    struct sshconfig_options *o = f->ret;

    o->connect_timeout_ms = value_of(f, KEY_CONNECT_TIMEOUT, 0) * 1000;
    o->alive_interval_ms = value_of(f, KEY_ALIVE_INTERVAL, 0) * 1000;
    o->alive_count = (int)value_of(f, KEY_ALIVE_COUNT, 0);
    o->identities_only = value_of(f, KEY_IDENTITIES_ONLY, 0) != 0;
    o->checking = (enum host_key_checking)value_of(f, KEY_CHECKING, HOST_KEY_UNSET);
    o->rsa_bits_min = (int)value_of(f, KEY_RSA_BITS, 0);
    o->no_password = value_of(f, KEY_PASSWORD_AUTH, 1) == 0;
}

/* ---------------------------------------------------------------- files */

static int
add_path(const struct filling *f, const struct sshconfig_line *line, const char *text,
         struct strv *ret)
{
    const char *why = NULL;
    char *path = sshconfig_path(text, &f->tokens, &why);

    if (path == NULL) {
        return refuse(f, line, why);
    }
    strv_take(ret, path);
    return 0;
}

static int
fill_files(struct filling *f)
{
    const struct sshconfig_found *found = f->found;

    for (size_t i = 0; i < found->identity_count; i++) {
        const struct sshconfig_line *line = found->identities[i];
        if (!is_none(line->args.items[0]) &&
            add_path(f, line, line->args.items[0], &f->ret->identity_files) < 0) {
            return -1;
        }
    }
    f->ret->no_identity = found->identity_count > 0 && f->ret->identity_files.count == 0;
    for (size_t i = 0; i < found->certificate_count; i++) {
        const struct sshconfig_line *line = found->certificates[i];
        if (add_path(f, line, line->args.items[0], &f->ret->certificate_files) < 0) {
            return -1;
        }
    }
    return 0;
}

/* OpenSSH expands the user's files only, and so do we. */
static int
fill_known(struct filling *f, enum sshconfig_key key, bool expanded, struct strv *ret)
{
    const struct sshconfig_line *line = f->found->first[key];

    for (size_t i = 0; line != NULL && i < line->args.count; i++) {
        const char *text = line->args.items[i];
        if (is_none(text)) {
            strv_add(ret, "/dev/null");
        } else if (!expanded) {
            strv_add(ret, text);
        } else if (add_path(f, line, text, ret) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A path, "none", or NULL for the one everybody has (ssh.c, main). */
static int
fill_agent(struct filling *f)
{
    const struct sshconfig_line *line = f->found->first[KEY_IDENTITY_AGENT];
    const char *text = line == NULL ? NULL : line->args.items[0];
    const char *why = NULL;
    char **ret = &f->ret->identity_agent;

    if (text == NULL || strcmp(text, "SSH_AUTH_SOCK") == 0) {
        return 0;
    }
    if (strcmp(text, "none") == 0) {
        *ret = xstrdup("none");
    } else if (text[0] == '$' && text[1] != '{') {
        const char *path = getenv(text + 1);
        *ret = xstrdup(path == NULL || path[0] == '\0' ? "none" : path);
    } else {
        *ret = sshconfig_path(text, &f->tokens, &why);
    }
    return *ret != NULL ? 0 : refuse(f, line, why);
}

/* Who must not use keys has none, and no agent. */
static void
forbid_keys(struct filling *f)
{
    if (value_of(f, KEY_PUBKEY_AUTH, 1) == 0) {
        strv_clear(&f->ret->identity_files);
        strv_clear(&f->ret->certificate_files);
        free(f->ret->identity_agent);
        f->ret->identity_agent = xstrdup("none");
        f->ret->no_identity = true;
    }
}

/* ---------------------------------------------------------------- the way there */

/* What stands for a token goes to a shell, and names may come from an inventory that others write.
 * As OpenSSH has it since 9.6 (ssh.c, valid_hostname, valid_ruser). */
static bool
is_safe(const char *text, const char *forbidden)
{
    const size_t len = strlen(text);

    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f ||
            strchr(forbidden, text[i]) != NULL) {
            return false;
        }
    }
    return text[0] != '-' && (len == 0 || text[len - 1] != '\\');
}

static int
check_tokens(const struct filling *f, const struct sshconfig_line *command)
{
    static const char in_names[] = "'`\"$\\;&<>|(){}";
    static const char in_users[] = "'`\";&<>|(){}";
    const struct sshconfig_tokens *t = &f->tokens;

    if (is_safe(t->host, in_names) && is_safe(t->original, in_names) &&
        is_safe(t->alias, in_names) && is_safe(t->remote, in_users)) {
        return 0;
    }
    return refuse(f, command,
                  "refused: the name of the host or the user has a character in it that "
                  "means something to a shell");
}

static int
fill_proxy(struct filling *f)
{
    const struct sshconfig_line *jump = f->found->first[KEY_PROXY_JUMP];
    const struct sshconfig_line *command = f->found->first[KEY_PROXY_COMMAND];
    const char *why = NULL;

    if (jump != NULL && jump->value != 0) {
        f->ret->proxy_jump = xstrdup(jump->rest);
    }
    if (command == NULL || is_none(command->rest)) {
        return 0;
    }
    if (check_tokens(f, command) < 0) {
        return -1;
    }
    f->ret->proxy_command = sshconfig_percent(command->rest, "hknpr", &f->tokens, &why);
    return f->ret->proxy_command != NULL ? 0 : refuse(f, command, why);
}

/* ---------------------------------------------------------------- algorithms */

static int
fill_list(struct filling *f, enum sshconfig_key key, enum algorithms_kind kind, char **ret)
{
    const struct sshconfig_line *line = f->found->first[key];
    struct strv dropped = {0};
    int rc = 0;

    if (line == NULL) {
        return 0;
    }
    *ret = algorithms_list(f->found->config->algorithms, kind, line->args.items[0], &dropped);
    if (*ret == NULL) {
        rc = refuse(f, line, "nothing in it is supported");
    }
    for (size_t i = 0; i < dropped.count && rc == 0 && line->file != NULL && line->ours; i++) {
        strv_take(f->found->notes,
                  xasprintf("%s:%d: %s: %s is not supported, and left out", line->file,
                            line->number, line->keyword->said, dropped.items[i]));
    }
    strv_clear(&dropped);
    return rc;
}

static int
fill_lists(struct filling *f)
{
    struct sshconfig_options *o = f->ret;
    const char *host_keys = text_of(f, KEY_HOST_KEY_ALGORITHMS);

    o->host_key_exact = host_keys != NULL && host_keys[0] != '+' && host_keys[0] != '-';
    if (fill_list(f, KEY_KEX, ALGORITHMS_KEX, &o->kex) < 0 ||
        fill_list(f, KEY_CIPHERS, ALGORITHMS_CIPHERS, &o->ciphers) < 0 ||
        fill_list(f, KEY_MACS, ALGORITHMS_MACS, &o->macs) < 0 ||
        fill_list(f, KEY_HOST_KEY_ALGORITHMS, ALGORITHMS_HOST_KEYS, &o->host_key_algorithms) < 0) {
        return -1;
    }
    return fill_list(f, KEY_PUBKEY_ALGORITHMS, ALGORITHMS_PUBKEYS, &o->pubkey_algorithms);
}

/* A host that is its own jump host (ssh.c, main). */
static int
check_loop(struct filling *f)
{
    const struct sshconfig_options *o = f->ret;
    struct sshconfig_hop hops[SSHCONFIG_HOPS_MAX];
    const char *user = f->tokens.remote;
    bool loop = false;
    int count = 0;

    if (o->proxy_jump == NULL || sshconfig_hops(o->proxy_jump, hops, &count) < 0) {
        return 0;
    }
    for (int i = 0; i < count; i++) {
        loop = i == count - 1 && strcmp(hops[i].host, o->hostname) == 0 &&
               (hops[i].port > 0 ? hops[i].port : PORT_DEFAULT) ==
                   (o->port > 0 ? o->port : PORT_DEFAULT) &&
               strcmp(hops[i].user != NULL ? hops[i].user : user, user) == 0;
        sshconfig_hop_release(&hops[i]);
    }
    return loop ? refuse(f, f->found->first[KEY_PROXY_JUMP], "the host is its own jump host") : 0;
}

int
sshconfig_fill(struct sshconfig_found *found, struct sshconfig_options *ret, struct err *err)
{
    const struct sshconfig *c = found->config;
    struct filling f = {.found = found, .ret = ret, .err = err};
    char port[16];

    if (fill_place(&f) < 0 || fill_bind(&f) < 0) {
        return -1;
    }
    (void)snprintf(port, sizeof(port), "%d", ret->port > 0 ? ret->port : PORT_DEFAULT);
    /* %k is the alias as it is in lower case, else the name as it was given, as in OpenSSH */
    f.tokens = (struct sshconfig_tokens){
        .host = ret->hostname,
        .original = found->query->host,
        .alias = ret->host_key_alias != NULL ? ret->host_key_alias : found->query->host,
        .port = port,
        .remote = ret->user != NULL ? ret->user : c->user,
        .user = c->user,
        .home = c->home,
        .machine = c->machine,
        .uid = c->uid,
    };
    fill_numbers(&f);
    if (fill_files(&f) < 0 || fill_agent(&f) < 0 || fill_proxy(&f) < 0 ||
        fill_known(&f, KEY_USER_KNOWN_HOSTS, true, &ret->user_known_hosts) < 0 ||
        fill_known(&f, KEY_GLOBAL_KNOWN_HOSTS, false, &ret->global_known_hosts) < 0 ||
        fill_lists(&f) < 0 || check_loop(&f) < 0) {
        return -1;
    }
    forbid_keys(&f);
    return check_refused(&f);
}
